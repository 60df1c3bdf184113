/* money_test.c - sums and number words; the forms are those of duckling's money and of the corpus' README. */

#include "steps/extract/money.h"
#include "steps/extract/numbers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_amount(const char *text, const char *want)
{
	struct buf out;

	buf_init(&out, 0);
	assert_true(money_amount(slice_of(text), &out));
	assert_string_equal(buf_text(&out), want);
	buf_release(&out);
}

static void assert_currency(const char *text, const char *want)
{
	struct buf out;

	buf_init(&out, 0);
	assert_true(money_currency(slice_of(text), &out));
	assert_string_equal(buf_text(&out), want);
	buf_release(&out);
}

static void figures_with_separators_and_cents(void **state)
{
	(void)state;
	assert_amount("$1,234,567.89", "1234567.89");
	assert_amount("$500", "500");
	assert_amount("$277,017.00", "277017");
	assert_amount("$1,385,901.40", "1385901.4");
	assert_amount("£25,000", "25000");
	assert_amount("$ 7,730,856", "7730856");
}

static void scale_words_move_the_point_exactly(void **state)
{
	(void)state;
	assert_amount("$1.2 million", "1200000");
	assert_amount("$45.372 million", "45372000");
	assert_amount("$3.75 million", "3750000");
	assert_amount("$1 billion", "1000000000");
	assert_amount("EUR 3.5m", "3500000");
	assert_amount("£1.2bn", "1200000000");
	assert_amount("$0.5 million", "500000");
	assert_amount("$0.1234567 million", "123456.7");
}

static void french_sums(void **state)
{
	(void)state;
	assert_amount("1 500 000 €", "1500000");
	assert_amount("1\xc2\xa0"
		      "500\xc2\xa0"
		      "000 €",
		      "1500000");
	assert_amount("2 millions d'euros", "2000000");
	assert_amount("1,5 million d'euros", "1500000");
	assert_amount("1.500.000 euros", "1500000");
	assert_amount("3 500,50 €", "3500.5");
}

static void blanks_that_ocr_put_into_groups(void **state)
{
	(void)state;
	assert_amount("$302, 977", "302977");
	assert_amount("$2,4 53,077,327", "2453077327");
	assert_amount("$500 2020", "500"); /* two numbers, not one */
}

static void figures_win_over_words_and_words_count_alone(void **state)
{
	(void)state;
	assert_amount("one hundred thousand dollars ($100,000)", "100000");
	assert_amount("five million dollars", "5000000");
	assert_amount("two hundred and twenty-five thousand dollars", "225000");
	assert_amount("two-hundred thousand dollars", "200000");
}

static void no_figure_and_no_number_word_is_no_amount(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 0);
	assert_false(money_amount(SLICE("a civil penalty"), &out));
	assert_false(money_amount(SLICE(""), &out));
	assert_false(
		money_amount(SLICE("1111111111111111111111111111"), &out)); /* more figures than a sum has */
	assert_int_equal(out.len, 0);
	buf_release(&out);
}

static void currencies_by_sign_word_and_code(void **state)
{
	struct buf out;

	(void)state;
	assert_currency("$100", "USD");
	assert_currency("US$ 5 million", "USD");
	assert_currency("USD 217,000,000", "USD");
	assert_currency("£200,000", "GBP");
	assert_currency("1 500 000 €", "EUR");
	assert_currency("2 millions d'euros", "EUR");
	assert_currency("CAD 893,837", "CAD");
	assert_currency("HK$3 million", "HKD");
	assert_currency("five hundred dollars", "USD");
	buf_init(&out, 0);
	assert_false(money_currency(SLICE("1,000 units"), &out));
	buf_release(&out);
}

static void assert_words(const char *text, uint64_t want, size_t want_used)
{
	size_t used;

	assert_int_equal(number_words(slice_of(text), &used), want);
	assert_int_equal(used, want_used);
}

static void number_words_add_and_multiply(void **state)
{
	(void)state;
	assert_words("one hundred seventy-one thousand eight hundred dollars", 171800, 46);
	assert_words("five million, nine hundred forty thousand, one hundred twenty four", 5940124, 66);
	assert_words("quatre-vingt-dix mille euros", 90000, 22);
	assert_words("deux cent mille", 200000, 15);
	assert_words("soixante-quinze", 75, 15);
	assert_words("cent vingt-trois millions", 123000000, 25);
	assert_words("penalty", 0, 0);
	assert_words("and five", 0, 0); /* a conjunction begins no number */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_with_separators_and_cents),
		cmocka_unit_test(scale_words_move_the_point_exactly),
		cmocka_unit_test(french_sums),
		cmocka_unit_test(blanks_that_ocr_put_into_groups),
		cmocka_unit_test(figures_win_over_words_and_words_count_alone),
		cmocka_unit_test(no_figure_and_no_number_word_is_no_amount),
		cmocka_unit_test(currencies_by_sign_word_and_code),
		cmocka_unit_test(number_words_add_and_multiply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
