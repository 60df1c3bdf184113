/* diag_test.c - mistakes come out in source order, with place, line, caret and hint. */
#include "lib/diag/diag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

enum { PRINTED_SIZE = 1000 };

static void print_to(struct diags *list, char text[PRINTED_SIZE])
{
	FILE *out = fmemopen(text, PRINTED_SIZE, "w");

	diags_print(list, out);
	fclose(out);
}

/* Editors jump to what we print, so the first line is a contract. */
static void print_is_file_line_column(void **state)
{
	struct diags *list = diags_new();
	char text[PRINTED_SIZE];

	(void)state;
	assert_int_equal(diags_error(list, (struct place){"a.yaml", 3, 7, 0}, "unknown-step",
				     "no step named \"%s\"", "x"),
			 -1);
	print_to(list, text);
	assert_string_equal(text, "a.yaml:3:7: error: no step named \"x\" [unknown-step]\n");
	diags_free(list);
}

/* Where the n-th line of a text begins. */
static const char *line_at(const char *text, int n)
{
	while (--n > 0)
		text = strchr(text, '\n') + 1;
	return text;
}

static void the_line_with_a_caret_below_the_token_and_the_hint_follow(void **state)
{
	static const char source[] = "main:\n    next: stor\n";
	struct diags *list = diags_new();
	char text[PRINTED_SIZE];

	(void)state;
	diags_source(list, "a.yaml", source, sizeof(source) - 1);
	diags_error(list, (struct place){"a.yaml", 2, 11, 0}, "unknown-step", "no step named \"stor\" here");
	diags_hint(list, "did you mean \"%s\"?", "store");
	print_to(list, text);
	assert_non_null(strstr(line_at(text, 2), "next: stor\n"));
	assert_int_equal(strchr(line_at(text, 3), '^') - line_at(text, 3),
			 strstr(text, "stor\n") - line_at(text, 2));
	assert_non_null(strstr(line_at(text, 4), "hint: did you mean \"store\"?\n"));
	diags_free(list);
}

static void entries_are_in_source_order(void **state)
{
	struct diags *list = diags_new();

	(void)state;
	diags_error(list, (struct place){"a", 9, 1, 0}, "late", "late");
	diags_warn(list, (struct place){"a", 2, 5, 0}, "middle", "middle");
	diags_error(list, (struct place){"a", 2, 1, 0}, "early", "early");
	assert_int_equal(diags_count(list), 3);
	assert_string_equal(diags_at(list, 0).code, "early");
	assert_string_equal(diags_at(list, 1).code, "middle");
	assert_string_equal(diags_at(list, 2).code, "late");
	diags_free(list);
}

static void warnings_are_no_errors(void **state)
{
	struct diags *list = diags_new();

	(void)state;
	diags_warn(list, (struct place){"a", 1, 1, 0}, "odd", "odd");
	assert_int_equal(diags_errors(list), 0);
	assert_int_equal(diags_warnings(list), 1);
	assert_true(diags_at(list, 0).warning);
	diags_free(list);
	diags_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(print_is_file_line_column),
		cmocka_unit_test(the_line_with_a_caret_below_the_token_and_the_hint_follow),
		cmocka_unit_test(entries_are_in_source_order),
		cmocka_unit_test(warnings_are_no_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
