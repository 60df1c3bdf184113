/* full_names_test.c - names said in short, found in full in the same text. Persons and bodies are invented. */

#include "steps/extract/full_names.h"
#include "steps/extract/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_full(const char *text, const char *name, const char *want)
{
	struct slice full;

	assert_true(full_name_find(slice_of(text), slice_of(name), &full));
	assert_int_equal(full.len, strlen(want));
	assert_memory_equal(full.ptr, want, full.len);
	assert_true(full.ptr >= text && full.ptr + full.len <= text + strlen(text));
}

static void assert_nowhere(const char *text, const char *name)
{
	struct slice full;

	assert_false(full_name_find(slice_of(text), slice_of(name), &full));
}

static void a_bracket_says_what_a_name_is_short_for(void **state)
{
	(void)state;
	assert_full("director of sales for Farrow Technologies, Inc. (\"Farrow\"), a maker. Farrow paid.",
		    "Farrow", "Farrow Technologies, Inc.");
	assert_full("against Bright Water Partners LP (the \"BWP\"), and BWP agreed", "BWP",
		    "Bright Water Partners LP");
	assert_full("Bank of Ostend (Ostend) will pay. Ostend also", "Ostend", "Bank of Ostend");
	assert_nowhere("a deferred prosecution agreement (\"Acme\")", "Acme");
}

static void given_names_stand_before_the_last_one(void **state)
{
	(void)state;
	assert_full("Stanhope pleaded guilty. Albert Jackson Stanhope was sentenced.", "Stanhope",
		    "Albert Jackson Stanhope");
	assert_full("It charged Albert \"Jack\" Stanhope, 58, pleaded guilty", "Stanhope", "Albert \"Jack\" Stanhope");
	assert_full("Against Toney B. Egglestone the", "Egglestone", "Toney B. Egglestone");
	assert_nowhere("SEC Charges Stanhope. Former Ambassador Stanhope said. In May Stanhope left.",
		       "Stanhope");
}

static void a_legal_form_ends_a_body_s_name(void **state)
{
	(void)state;
	assert_full("Alcanor agreed to pay. Alcanor-Lucid, S.A. is a company", "Alcanor",
		    "Alcanor-Lucid, S.A.");
	assert_full("against Hunter Wall, among others. Hunter Wall Commodities, LLC sold", "Hunter Wall",
		    "Hunter Wall Commodities, LLC");
	assert_nowhere("Cory Willard and Willard Advisory Group, LLC sold", "Cory Willard");
	assert_nowhere("Discovery Bank, The Loan Corporation", "Discovery Bank");
}

static void what_the_text_does_not_say_is_nowhere(void **state)
{
	(void)state;
	assert_nowhere("", "Acme");
	assert_nowhere("Acme", "Acme");
	assert_nowhere("Acmeville Inc.", "Acme");
	assert_nowhere("Acme, Acme. (\"Acme\")", "Acme");
}

static void names_of_one_family_are_two_bodies(void **state)
{
	(void)state;
	assert_false(names_alike(SLICE("Brun Capital LLC"), SLICE("Brun Capital Partners LP")));
	assert_true(names_alike(SLICE("Brun Capital"), SLICE("Brun Capital Partners LP")));
	assert_true(names_alike(SLICE("Rafael E. Pinto-Frances"), SLICE("Rafael Enrique Pinto Frances")));
	assert_false(names_alike(SLICE("Robert Leber"), SLICE("Amy Leber")));
	assert_true(names_alike(SLICE("Bribery Case Acme Scales Inc."), SLICE("Acme Scales Inc.")));
}

static void the_fuller_name_is_the_better_one(void **state)
{
	(void)state;
	assert_true(name_is_fuller(SLICE("Michael J. Segal"), SLICE("Michael Segal")));
	assert_true(name_is_fuller(SLICE("Farrow Technologies, Inc."), SLICE("Farrow")));
	assert_true(name_is_fuller(SLICE("Rafael Enrique Pinto Frances"), SLICE("Rafael E. Pinto-Frances")));
	assert_false(name_is_fuller(SLICE("KRB and Halbert"), SLICE("KRB")));
	assert_false(name_is_fuller(SLICE("Michael Segal"), SLICE("Michael J. Segal")));
	assert_true(name_is_fuller(SLICE("Acme Scales Inc."),
				   SLICE("Resolve Foreign Bribery Case Acme Scales Inc.")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bracket_says_what_a_name_is_short_for),
		cmocka_unit_test(given_names_stand_before_the_last_one),
		cmocka_unit_test(a_legal_form_ends_a_body_s_name),
		cmocka_unit_test(what_the_text_does_not_say_is_nowhere),
		cmocka_unit_test(names_of_one_family_are_two_bodies),
		cmocka_unit_test(the_fuller_name_is_the_better_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
