/* dates_test.c - dates as decisions write them; the forms are those of duckling's English and French dates.
 */

#include "steps/extract/dates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_date(const char *text, const char *want)
{
	struct buf out;

	buf_init(&out, 0);
	assert_true(date_normalise(slice_of(text), DATE_MONTH_FIRST, &out));
	assert_string_equal(buf_text(&out), want);
	buf_release(&out);
}

static void assert_no_date(const char *text)
{
	struct buf out;

	buf_init(&out, 0);
	assert_false(date_normalise(slice_of(text), DATE_MONTH_FIRST, &out));
	assert_int_equal(out.len, 0);
	buf_release(&out);
}

static void english_dates_in_both_orders(void **state)
{
	(void)state;
	assert_date("January 16, 2015", "2015-01-16");
	assert_date("Friday, May 11, 2018", "2018-05-11");
	assert_date("30 October 2020", "2020-10-30");
	assert_date("Jan. 22, 2015", "2015-01-22");
	assert_date("Sept. 9, 2011", "2011-09-09");
	assert_date("this 16th day of February, 2016", "2016-02-16");
	assert_date("on the 2nd day of July 2015", "2015-07-02");
}

static void marks_of_ocr_and_stamps_are_passed_over(void **state)
{
	(void)state;
	assert_date("JUL 24, 2020", "2020-07-24");
	assert_date("NOVEMBER 7 , 2019", "2019-11-07");
	assert_date("Sep 17. 2015", "2015-09-17");
	assert_date("FEB 21 2019", "2019-02-21");
}

static void french_dates_with_and_without_accents(void **state)
{
	(void)state;
	assert_date("1er mars 2021", "2021-03-01");
	assert_date("15 Février 2022", "2022-02-15");
	assert_date("03 Juin 2019", "2019-06-03");
	assert_date("le 7 décembre 2021", "2021-12-07");
	assert_date("14 aout 2015", "2015-08-14");
}

static void figures_follow_the_order_asked_for(void **state)
{
	struct buf out;

	(void)state;
	assert_date("2020-07-24", "2020-07-24");
	assert_date("12/30/14", "2014-12-30");
	assert_date("10/1/2007", "2007-10-01");
	assert_date("14/08/2015", "2015-08-14"); /* there is no month 14 */
	assert_date("07/04/98", "1998-07-04");
	buf_init(&out, 0);
	assert_true(date_normalise(SLICE("07/04/2020"), DATE_DAY_FIRST, &out));
	assert_string_equal(buf_text(&out), "2020-04-07");
	buf_release(&out);
}

static void days_that_do_not_exist_are_no_dates(void **state)
{
	(void)state;
	assert_date("February 29, 2020", "2020-02-29");
	assert_no_date("February 29, 2019");
	assert_no_date("April 31, 2020");
	assert_no_date("January 0, 2020");
	assert_no_date("2100-02-01");
}

static void words_between_break_a_date(void **state)
{
	(void)state;
	assert_no_date("May of 12 persons in 2015 persons");
	assert_no_date("from 2014 to 2016");
	assert_no_date("");
	assert_date("on 3 occasions before June 5, 2012", "2012-06-05");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(english_dates_in_both_orders),
		cmocka_unit_test(marks_of_ocr_and_stamps_are_passed_over),
		cmocka_unit_test(french_dates_with_and_without_accents),
		cmocka_unit_test(figures_follow_the_order_asked_for),
		cmocka_unit_test(days_that_do_not_exist_are_no_dates),
		cmocka_unit_test(words_between_break_a_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
