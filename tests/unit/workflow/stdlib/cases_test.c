/*
 * cases_test.c - the expressions of tests/conformance/{expr,stdlib}, evaluated by operators and library
 * alone.
 *
 * tests/conformance/README.md says what a case looks like. There the engine runs them, as a plan; here they
 * are evaluated by a walk over the tree, which must agree, and with bytes among the variables.
 */
#include "tests/harness/evaluate.h"
#include "tests/unit/workflow/stdlib/library.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

static void assert_result(int result, struct value out, struct value raised, const char *expected,
			  const char *where)
{
	struct buf got;
	struct value wanted;

	buf_init(&got, 0);
	json_write(&got, result < 0 ? raised : out);
	if (expected[0] == '!') {
		if (result == 0 || !raised_has_tag(raised, expected + 2))
			fail_msg("%s: %s, not %s", where, buf_text(&got), expected);
	} else {
		wanted = read_json(expected);
		if (result < 0 || !is_same(out, wanted))
			fail_msg("%s: %s, not %s", where, buf_text(&got), expected);
		value_unref(wanted);
	}
	buf_release(&got);
	value_unref(result < 0 ? raised : out);
}

/* An expression stands in the file as it would in single quotes of YAML. */
static void run_case(const char *where, const char *expression, const char *variables, const char *expected)
{
	struct value bound = read_json(variables);
	struct value raised = value_null();
	struct value out = value_null();
	int result = evaluate_source(expression, bound, &out, &raised);

	assert_result(result, out, raised, expected, where);
	value_unref(bound);
}

/* The next line that is neither empty nor a comment, without its line break; false at the end. */
static bool next_line(FILE *file, int *number, char line[4096])
{
	while (fgets(line, 4096, file)) {
		(*number)++;
		line[strcspn(line, "\n")] = '\0';
		if (line[0] && line[0] != '#')
			return true;
	}
	return false;
}

/* How many expressions it holds. A file of whole definitions ("=== TITLE") holds none. */
static int run_file(const char *path)
{
	char where[220];
	char expression[4096];
	char variables[4096];
	char expected[4096];
	int number = 0;
	int cases = 0;
	FILE *file = fopen(path, "r");

	if (!file)
		fail_msg("cannot open %s", path);
	while (next_line(file, &number, expression) && strncmp(expression, "=== ", 4) != 0) {
		snprintf(where, sizeof(where), "%s:%d", path, number);
		if (!next_line(file, &number, variables) || !next_line(file, &number, expected))
			fail_msg("%s: a case has three lines", where);
		run_case(where, expression, variables, expected);
		cases++;
	}
	fclose(file);
	return cases;
}

static void run_folder(const char *pattern)
{
	glob_t found;
	int cases = 0;

	if (glob(pattern, 0, NULL, &found) != 0)
		fail_msg("no %s; run from the root of the tree", pattern);
	for (size_t i = 0; i < found.gl_pathc; i++)
		cases += run_file(found.gl_pathv[i]);
	globfree(&found);
	assert_true(cases > 0);
}

static void operators_and_access_agree_with_the_reference(void **state)
{
	(void)state;
	run_folder("tests/conformance/expr/*.cases");
}

static void the_library_agrees_with_the_reference(void **state)
{
	(void)state;
	run_folder("tests/conformance/stdlib/*.cases");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators_and_access_agree_with_the_reference),
		cmocka_unit_test(the_library_agrees_with_the_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
