/* raised_test.c - errors of the workflow have the documented shape (reference, 6.1 and 6.3). */
#include "workflow/expr/raised.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void the_message_begins_with_the_tag(void **state)
{
	struct value raised;

	(void)state;
	assert_int_equal(raise_error(&raised, "TypeError", "%s is wrong", "this"), -1);
	assert_true(slice_is(value_get_text(raised, "message"), "TypeError: this is wrong"));
	assert_true(raised_has_tag(raised, "TypeError"));
	assert_false(raised_has_tag(raised, "LookupError"));
	value_unref(raised);
}

static void http_errors_and_plain_ones_do_not(void **state)
{
	struct value raised;

	(void)state;
	raise_error(&raised, "HttpError", "HTTP server responded with error code %d", 404);
	assert_true(slice_is(value_get_text(raised, "message"), "HTTP server responded with error code 404"));
	value_unref(raised);
	raise_plain(&raised, "TypeError", "as it is");
	assert_true(slice_is(value_get_text(raised, "message"), "as it is"));
	value_unref(raised);
}

static void lookups_have_two_tags_the_naming_one_first(void **state)
{
	struct value raised;

	(void)state;
	raise_error(&raised, "KeyError", "key not found: x");
	assert_true(slice_is(value_text(*value_list_at(*value_get(raised, "tags"), 0)), "KeyError"));
	assert_true(raised_has_tag(raised, "LookupError"));
	value_unref(raised);
}

static void anything_can_be_asked_for_its_tags(void **state)
{
	struct value map = value_map_new();

	(void)state;
	assert_false(raised_has_tag(value_null(), "TypeError"));
	assert_false(raised_has_tag(value_int(5), "TypeError"));
	value_put(&map, "tags", value_int(5));
	assert_false(raised_has_tag(map, "TypeError"));
	value_unref(map);
}

/* What is quoted may be cut within a character. */
static void the_message_is_valid_utf8(void **state)
{
	struct value raised;

	(void)state;
	raise_error(&raised, "ValueError", "%.1s", "\xc3\xa4");
	assert_true(utf8_is_valid(value_get_text(raised, "message")));
	value_unref(raised);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_message_begins_with_the_tag),
		cmocka_unit_test(http_errors_and_plain_ones_do_not),
		cmocka_unit_test(lookups_have_two_tags_the_naming_one_first),
		cmocka_unit_test(anything_can_be_asked_for_its_tags),
		cmocka_unit_test(the_message_is_valid_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
