/* view_test.c - what rules see of a text, and the way back. */

#include "steps/extract/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_view(enum view_kind kind, const char *text, const char *want)
{
	struct view view;

	view_init(&view, kind, slice_of(text));
	assert_int_equal(view.text.len, strlen(want));
	assert_memory_equal(view.text.ptr, want, view.text.len);
	view_release(&view);
}

static void blanks_quotes_and_dashes_are_of_one_kind(void **state)
{
	(void)state;
	assert_view(VIEW_LINES, "“Acme”  ’s\xc2\xa0\tfine – now\xc2\xad", "\"Acme\" 's fine - now\n");
	assert_view(VIEW_LINES, "a \r\n  b  \n\n\n\nc\fd", "a\nb\n\nc\nd\n");
	assert_view(VIEW_TEXT, "“as  is”", "“as  is”");
	assert_view(VIEW_FLOW, "", "");
}

static void caption_columns_go_and_brackets_stay(void **state)
{
	(void)state;
	assert_view(VIEW_LINES, "In the Matter of: )\n)\nAcme ) No. 1\n(a) and (b) ",
		    "In the Matter of:\nAcme No. 1\n(a) and (b)\n");
	assert_view(VIEW_LINES, "UNITED STATES §\n§\n7 U.S.C. § 6c", "UNITED STATES\n7 U.S.C. § 6c\n");
}

static void lines_of_a_paragraph_flow(void **state)
{
	(void)state;
	assert_view(VIEW_FLOW, "agreed to\npay $5\n\nNext.", "agreed to pay $5\nNext.\n");
	assert_view(VIEW_FLOW, "cease-and-\ndesist", "cease-and-desist\n");
	assert_view(VIEW_FLOW, "it was\n\nordered",
		    "it was ordered\n"); /* a small letter begins no paragraph */
	assert_view(VIEW_FLOW, "The end.\n\nordered", "The end.\nordered\n");
}

static void a_broken_paragraph_runs_on_and_a_heading_does_not(void **state)
{
	static const char broken[] =
		"Kevin Perry, individually and as principal agent of Lucrative Example\n\n"
		"Corporation, a company that solicited and misappropriated funds of others.";
	static const char heading[] =
		"CFTC Orders Example Trading LLC to Pay Restitution and a Civil Penalty\n\n"
		"Washington, DC - The Commission today announced that it filed charges.";

	(void)state;
	assert_view(VIEW_FLOW, broken,
		    "Kevin Perry, individually and as principal agent of Lucrative Example Corporation, a "
		    "company that "
		    "solicited and misappropriated funds of others.\n");
	assert_view(VIEW_FLOW, heading,
		    "CFTC Orders Example Trading LLC to Pay Restitution and a Civil Penalty\nWashington, DC "
		    "- The "
		    "Commission today announced that it filed charges.\n");
}

static void every_place_leads_back_to_the_document(void **state)
{
	static const char text[] = "a  “bé”\n\ncé – £5";
	struct view view;
	size_t at;

	(void)state;
	view_init(&view, VIEW_FLOW, SLICE(text));
	at = slice_find(view.text, SLICE("\"bé\""), 0);
	assert_int_equal(view_start(&view, at), strstr(text, "“") - text);
	assert_int_equal(view_end(&view, at + strlen("\"bé\"")), strstr(text, "”") - text + 3);
	at = slice_find(view.text, SLICE("£5"), 0);
	assert_int_equal(view_start(&view, at), strstr(text, "£") - text);
	assert_int_equal(view_end(&view, at + strlen("£5")), strlen(text));
	for (size_t i = 1; i < view.text.len; i++)
		assert_true(view_start(&view, i) >= view_start(&view, i - 1));
	view_release(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blanks_quotes_and_dashes_are_of_one_kind),
		cmocka_unit_test(caption_columns_go_and_brackets_stay),
		cmocka_unit_test(lines_of_a_paragraph_flow),
		cmocka_unit_test(a_broken_paragraph_runs_on_and_a_heading_does_not),
		cmocka_unit_test(every_place_leads_back_to_the_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
