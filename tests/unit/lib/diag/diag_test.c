/* diag_test.c - mistakes come out in source order, with place, line, caret and hint. */
#include "lib/diag/diag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
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

/* Print one error at a place of a text. */
static void print_one(const char *source, struct place at, const char *message, char text[PRINTED_SIZE])
{
	struct diags *list = diags_new();

	diags_source(list, "a", source, strlen(source));
	diags_error(list, at, "odd", "%s", message);
	print_to(list, text);
	diags_free(list);
}

static void the_caret_is_as_long_as_the_construct(void **state)
{
	char text[PRINTED_SIZE];

	(void)state;
	print_one("next: stor\n", (struct place){"a", 1, 7, 4}, "x", text);
	assert_string_equal(line_at(text, 2), "    next: stor\n          ^~~~\n");
	print_one("ab\n", (struct place){"a", 1, 2, 50}, "x",
		  text); /* of several lines: to the end of this one */
	assert_string_equal(line_at(text, 2), "    ab\n     ^\n");
}

/* Two bytes of a letter are one column on the screen. */
static void the_caret_stands_below_letters_not_bytes(void **state)
{
	char text[PRINTED_SIZE];

	(void)state;
	print_one("\xc3\xa9\xc3\xa9 \xc3\xa9\xc3\xa9\n", (struct place){"a", 1, 6, 4}, "x", text);
	assert_string_equal(line_at(text, 3), "       ^~\n");
}

static void what_a_stranger_wrote_does_not_steer_the_terminal(void **state)
{
	char text[PRINTED_SIZE];

	(void)state;
	print_one("a\033[2Jb\xc2\x9b!\n", (struct place){"a", 1, 1, 1}, "no \"\033[2J\n\"", text);
	assert_string_equal(text, "a:1:1: error: no \"?[2J?\" [odd]\n    a?[2Jb?!\n    ^\n");
}

static void a_hundred_of_a_file_are_printed_and_the_rest_counted(void **state)
{
	struct diags *list = diags_new();
	size_t lines = 0;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	for (int i = 1; i <= DIAGS_SHOWN + 3; i++)
		diags_error(list, (struct place){"a", i, 1, 0}, "odd", "odd");
	diags_error(list, (struct place){"b", 1, 1, 0}, "odd", "odd");
	diags_print(list, out);
	fclose(out);
	for (const char *line = text; (line = strstr(line, "error:")); line++)
		lines++;
	assert_int_equal(lines, DIAGS_SHOWN + 1);
	assert_non_null(strstr(text, "\na: 3 more are not shown\nb:1:1: error:"));
	free(text);
	diags_free(list);
}

static void colours_are_only_in_the_coloured_form(void **state)
{
	struct diags *list = diags_new();
	char text[PRINTED_SIZE];
	FILE *out = fmemopen(text, PRINTED_SIZE, "w");

	(void)state;
	diags_error(list, (struct place){"a", 1, 1, 0}, "odd", "x");
	diags_print_coloured(list, out);
	fclose(out);
	assert_string_equal(text, "a:1:1: \033[1;31merror:\033[0m x [odd]\n");
	print_to(list, text);
	assert_null(strchr(text, '\033'));
	diags_free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(print_is_file_line_column),
		cmocka_unit_test(the_line_with_a_caret_below_the_token_and_the_hint_follow),
		cmocka_unit_test(entries_are_in_source_order),
		cmocka_unit_test(warnings_are_no_errors),
		cmocka_unit_test(the_caret_is_as_long_as_the_construct),
		cmocka_unit_test(the_caret_stands_below_letters_not_bytes),
		cmocka_unit_test(what_a_stranger_wrote_does_not_steer_the_terminal),
		cmocka_unit_test(a_hundred_of_a_file_are_printed_and_the_rest_counted),
		cmocka_unit_test(colours_are_only_in_the_coloured_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
