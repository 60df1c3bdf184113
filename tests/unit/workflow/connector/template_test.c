/* What path templates make of arguments: RFC 6570, levels 1 and 2, and what template.h adds. */
#include "workflow/connector/template.h"
#include "workflow/expr/raised.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

/* The path with `name` = `text`, or "! TAG". */
static void expect(const char *path, const char *text, enum template_style style, const char *wanted)
{
	struct value args = value_map_new();
	struct value raised;
	struct buf out;

	value_put(&args, "name", value_string_z(text));
	buf_init(&out, 0);
	if (template_fill(&out, slice_of(path), args, style, &raised) < 0) {
		buf_clear(&out);
		buf_printf(&out, "! %.*s",
			   SLICE_ARG(value_text(*value_list_at(*value_get(raised, "tags"), 0))));
		value_unref(raised);
	}
	assert_string_equal(buf_text(&out), wanted);
	buf_release(&out);
	value_unref(args);
}

/* RFC 6570, 3.2.2: simple expansion escapes all but unreserved characters. */
static void simple_expansion_escapes(void **state)
{
	(void)state;
	expect("v1/{name}", "Hello World!", TEMPLATE_ENCODED, "v1/Hello%20World%21");
	expect("v1/{name}/x", "a/b", TEMPLATE_ENCODED, "v1/a%2Fb/x");
	expect("{name}", "50%", TEMPLATE_ENCODED, "50%25");
	expect("{name}", "a-b_c.d~e", TEMPLATE_ENCODED, "a-b_c.d~e");
	expect("{name}", "\xc3\xa9", TEMPLATE_ENCODED, "%C3%A9");
}

/* RFC 6570, 3.2.3: reserved characters and escapes stay. */
static void reserved_expansion_keeps_slashes_and_escapes(void **state)
{
	(void)state;
	expect("{+name}:run", "projects/p/x", TEMPLATE_ENCODED, "projects/p/x:run");
	expect("{+name}", "Hello World!", TEMPLATE_ENCODED, "Hello%20World!");
	expect("{+name}", "a%2Fb", TEMPLATE_ENCODED, "a%2Fb");
	expect("{+name}", "50%", TEMPLATE_ENCODED, "50%25");
}

static void an_argument_begins_no_query_and_no_fragment(void **state)
{
	(void)state;
	expect("{+name}", "a?b#c", TEMPLATE_ENCODED, "a%3Fb%23c");
	expect("{name}", "a?b#c", TEMPLATE_AS_GIVEN, "a%3Fb%23c");
}

static void dot_segments_are_refused(void **state)
{
	(void)state;
	expect("{+name}", "a/../b", TEMPLATE_ENCODED, "! ValueError");
	expect("{+name}", "a/%2e%2E/b", TEMPLATE_ENCODED, "! ValueError");
	expect("{name}", "..", TEMPLATE_ENCODED, "! ValueError");
	expect("{+name}", "./b", TEMPLATE_ENCODED, "! ValueError");
	expect("{+name}", "a/...", TEMPLATE_ENCODED, "a/...");
	expect("{+name}", "..a/b.", TEMPLATE_ENCODED, "..a/b.");
}

static void as_given_is_for_what_the_caller_encoded(void **state)
{
	(void)state;
	expect("b/{name}", "a%2Fb", TEMPLATE_AS_GIVEN, "b/a%2Fb");
	expect("b/{name}", "a%2Fb", TEMPLATE_ENCODED, "b/a%252Fb");
}

static void what_cannot_be_filled_raises(void **state)
{
	(void)state;
	expect("{other}", "x", TEMPLATE_ENCODED, "! KeyError");
	expect("{name}", "", TEMPLATE_ENCODED, "! ValueError");
	expect("{name", "x", TEMPLATE_ENCODED, "! ValueError");
	expect("{/name}", "x", TEMPLATE_ENCODED, "! ValueError");
	expect("{}", "x", TEMPLATE_ENCODED, "! ValueError");
	expect("", "x", TEMPLATE_ENCODED, "");
}

static void numbers_are_texts_and_lists_are_not(void **state)
{
	struct value args = value_map_new();
	struct value raised;
	struct buf out;

	(void)state;
	buf_init(&out, 0);
	value_put(&args, "n", value_int(7));
	value_put(&args, "l", value_list_new(0));
	assert_int_equal(template_fill(&out, SLICE("v{n}"), args, TEMPLATE_ENCODED, &raised), 0);
	assert_string_equal(buf_text(&out), "v7");
	assert_int_equal(template_fill(&out, SLICE("{l}"), args, TEMPLATE_ENCODED, &raised), -1);
	assert_true(raised_has_tag(raised, "TypeError"));
	value_unref(raised);
	value_unref(args);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(simple_expansion_escapes),
		cmocka_unit_test(reserved_expansion_keeps_slashes_and_escapes),
		cmocka_unit_test(an_argument_begins_no_query_and_no_fragment),
		cmocka_unit_test(dot_segments_are_refused),
		cmocka_unit_test(as_given_is_for_what_the_caller_encoded),
		cmocka_unit_test(what_cannot_be_filled_raises),
		cmocka_unit_test(numbers_are_texts_and_lists_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
