/* sanction_test.c - sums and words; kinds and status are those of the annotation guideline. */
#include "steps/store/sanction.h"

#include "lib/json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void expect(const char *money, const char *summary)
{
	struct error err = {0};
	struct sanction sanction;
	struct value list;

	assert_int_equal(json_read(slice_of(money), &list, &err), 0);
	sanction_init(&sanction, &list);
	assert_string_equal(buf_text(&sanction.summary), summary);
	sanction_release(&sanction);
	value_unref(list);
}

static void one_penalty_is_amount_and_kind(void **state)
{
	(void)state;
	expect("[{\"kind\":\"civil_penalty\",\"amount\":\"140000\",\"currency\":\"USD\",\"status\":"
	       "\"imposed\"}]",
	       "USD 140,000 civil penalty");
}

static void kinds_are_added_and_the_largest_named(void **state)
{
	(void)state;
	expect("[{\"kind\":\"disgorgement\",\"amount\":\"5309632\",\"currency\":\"USD\",\"status\":"
	       "\"imposed\"},"
	       "{\"kind\":\"prejudgment_interest\",\"amount\":\"1899510\",\"currency\":\"USD\",\"status\":"
	       "\"imposed\"},"
	       "{\"kind\":\"civil_penalty\",\"amount\":\"3600000\",\"currency\":\"USD\",\"status\":"
	       "\"imposed\"}]",
	       "USD 10,809,142 disgorgement and 2 more");
}

static void what_was_imposed_hides_what_was_sought(void **state)
{
	(void)state;
	expect("[{\"kind\":\"fine\",\"amount\":\"900\",\"currency\":\"EUR\",\"status\":\"sought\"},"
	       "{\"kind\":\"fine\",\"amount\":\"100\",\"currency\":\"EUR\",\"status\":\"agreed\"},"
	       "{\"kind\":\"fine\",\"amount\":\"5000\",\"currency\":\"EUR\",\"status\":\"maximum\"}]",
	       "EUR 100 fine");
	expect("[{\"kind\":\"fine\",\"amount\":\"900\",\"currency\":\"EUR\",\"status\":\"sought\"}]",
	       "EUR 900 fine sought");
	expect("[{\"kind\":\"fine\",\"amount\":\"99200396\",\"currency\":\"GBP\",\"status\":\"proposed\"}]",
	       "GBP 99,200,396 fine proposed");
}

static void maxima_credits_and_nothing_are_no_sanction(void **state)
{
	(void)state;
	expect("[{\"kind\":\"fine\",\"amount\":\"5000\",\"currency\":\"EUR\",\"status\":\"maximum\"},"
	       "{\"kind\":\"fine\",\"amount\":\"50\",\"currency\":\"EUR\",\"status\":\"credited\"}]",
	       "");
	expect("[]", "");
}

static void currencies_are_kept_apart_largest_first(void **state)
{
	(void)state;
	expect("[{\"kind\":\"fine\",\"amount\":\"10\",\"currency\":\"USD\",\"status\":\"imposed\"},"
	       "{\"kind\":\"fine\",\"amount\":\"50000000\",\"currency\":\"EUR\",\"status\":\"imposed\"}]",
	       "EUR 50,000,000 fine; USD 10 fine");
}

static void the_same_sanction_said_twice_counts_once(void **state)
{
	(void)state;
	expect("[{\"kind\":\"fine\",\"amount\":\"500\",\"currency\":\"USD\",\"status\":\"imposed\",\"party\":"
	       "\"A\"},"
	       "{\"kind\":\"fine\",\"amount\":\"500\",\"currency\":\"USD\",\"status\":\"imposed\",\"party\":"
	       "\"A\"},"
	       "{\"kind\":\"fine\",\"amount\":\"500\",\"currency\":\"USD\",\"status\":\"imposed\",\"party\":"
	       "\"B\"}]",
	       "USD 1,000 fine");
}

static void cents_are_exact(void **state)
{
	(void)state;
	expect("[{\"kind\":\"costs\",\"amount\":\"0.10\",\"currency\":\"USD\",\"status\":\"imposed\","
	       "\"party\":\"A\"},"
	       "{\"kind\":\"costs\",\"amount\":\"1234567.20\",\"currency\":\"USD\",\"status\":\"imposed\"}]",
	       "USD 1,234,567.30 costs");
}

static void bad_items_are_left_out(void **state)
{
	(void)state;
	expect("[null, 3, {\"amount\":\"ten\",\"currency\":\"USD\"}, "
	       "{\"amount\":\"-5\",\"currency\":\"USD\"},"
	       "{\"amount\":\"5\",\"currency\":\"DOLLARS\"}, {\"amount\":{},\"currency\":\"USD\"},"
	       "{\"amount\":\"99999999999999999999999999\",\"currency\":\"USD\"}]",
	       "");
	expect("[{\"kind\":\"fine\",\"amount\":700,\"currency\":\"USD\"}]", "USD 700 fine");
}

static void sums_beyond_the_range_are_not_wrapped(void **state)
{
	struct buf text;
	int64_t amount;

	(void)state;
	assert_true(sanction_parse_amount(SLICE("9000000000000"), &amount)); /* nine trillion */
	assert_true(amount == INT64_C(90000000000000000));
	assert_false(sanction_parse_amount(SLICE("92233720368547758070"), &amount));
	assert_false(sanction_parse_amount(SLICE(""), &amount));
	assert_false(sanction_parse_amount(SLICE("."), &amount));
	assert_false(sanction_parse_amount(SLICE("1.2.3"), &amount));
	assert_true(sanction_parse_amount(SLICE("0.12345678"), &amount)); /* finer than any currency */
	assert_true(amount == 1234);
	buf_init(&text, 0);
	sanction_format_amount(&text, amount);
	assert_string_equal(buf_text(&text), "0.1234");
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_penalty_is_amount_and_kind),
		cmocka_unit_test(kinds_are_added_and_the_largest_named),
		cmocka_unit_test(what_was_imposed_hides_what_was_sought),
		cmocka_unit_test(maxima_credits_and_nothing_are_no_sanction),
		cmocka_unit_test(currencies_are_kept_apart_largest_first),
		cmocka_unit_test(the_same_sanction_said_twice_counts_once),
		cmocka_unit_test(cents_are_exact),
		cmocka_unit_test(bad_items_are_left_out),
		cmocka_unit_test(sums_beyond_the_range_are_not_wrapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
