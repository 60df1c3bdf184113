/* patterns_test.c - compiled regular expressions are kept, a bounded number of them, and change no result. */
#include "tests/harness/evaluate.h"
#include "tests/unit/workflow/stdlib/library.h"
#include "workflow/stdlib/stdlib_private.h"

static struct regex *take_and_leave(const struct stdlib_context *context, const char *text)
{
	struct pattern pattern;
	struct error err = {0};
	struct regex *regex;

	assert_int_equal(pattern_take(context, slice_of(text), &pattern, &err), 0);
	regex = pattern.regex;
	pattern_leave(context, &pattern);
	return regex;
}

static void the_same_pattern_is_compiled_once(void **state)
{
	struct stdlib_context context = {.patterns = stdlib_patterns_new()};
	struct regex *a = take_and_leave(&context, "a+");
	struct regex *b = take_and_leave(&context, "b+");

	(void)state;
	assert_ptr_not_equal(a, b);
	assert_ptr_equal(take_and_leave(&context, "a+"), a);
	assert_ptr_equal(take_and_leave(&context, "b+"), b);
	assert_ptr_equal(take_and_leave(&context, "a+"), a);
	stdlib_patterns_free(context.patterns);
}

/* While a hundred others pass, the one in use stays; nothing else can be told from outside. */
static void only_the_latest_are_kept(void **state)
{
	struct stdlib_context context = {.patterns = stdlib_patterns_new()};
	struct regex *used = take_and_leave(&context, "used");
	char other[20];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(other, sizeof(other), "x{%d}", i + 1);
		take_and_leave(&context, other);
		assert_ptr_equal(take_and_leave(&context, "used"), used);
	}
	stdlib_patterns_free(context.patterns);
}

/* A pattern taken twice is two; both may be given back. */
static void a_pattern_in_use_is_not_lent_again(void **state)
{
	struct stdlib_context context = {.patterns = stdlib_patterns_new()};
	struct pattern first, second;
	struct error err = {0};

	(void)state;
	assert_int_equal(pattern_take(&context, SLICE("a"), &first, &err), 0);
	assert_int_equal(pattern_take(&context, SLICE("a"), &second, &err), 0);
	assert_ptr_not_equal(first.regex, second.regex);
	pattern_leave(&context, &first);
	pattern_leave(&context, &second);
	stdlib_patterns_free(context.patterns);
}

static void what_is_invalid_is_not_kept(void **state)
{
	struct stdlib_context context = {.patterns = stdlib_patterns_new()};
	struct pattern pattern;
	struct error err = {0};

	(void)state;
	assert_int_equal(pattern_take(&context, SLICE("("), &pattern, &err), -1);
	assert_int_equal(pattern_take(&context, SLICE("("), &pattern, &err), -1);
	stdlib_patterns_free(context.patterns);
	stdlib_patterns_free(NULL);
}

/* With and without a memory, the first time and the second. */
static void results_do_not_depend_on_it(void **state)
{
	struct stdlib_context contexts[] = {{.patterns = NULL}, {.patterns = stdlib_patterns_new()}};
	const struct stdlib_function *function = stdlib_find(SLICE("text.replace_all_regex"));
	struct value args[] = {value_string_z("a1b22"), value_string_z("[0-9]+"), value_string_z("#")};
	struct value out, raised;

	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_int_equal(function->call(&contexts[i % 2], args, &out, &raised), 0);
		assert_true(slice_is(value_text(out), "a#b#"));
		value_unref(out);
	}
	for (int i = 0; i < 3; i++)
		value_unref(args[i]);
	stdlib_patterns_free(contexts[1].patterns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_pattern_is_compiled_once),
		cmocka_unit_test(only_the_latest_are_kept),
		cmocka_unit_test(a_pattern_in_use_is_not_lent_again),
		cmocka_unit_test(what_is_invalid_is_not_kept),
		cmocka_unit_test(results_do_not_depend_on_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
