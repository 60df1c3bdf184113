/*
 * coverage_test.c - nothing of the language is without a case.
 *
 * The tables that the program is made from (functions, operators, limits, diagnostics) and the lists of the
 * reference (keywords, error tags) are looked up in the cases; what none of them mentions is printed and
 * fails. A mention is no proof, but a row that nobody wrote a case for cannot hide.
 */
#include "tests/conformance/cases.h"

#include "lib/mem/mem.h"
#include "workflow/engine/limits.h"
#include "workflow/expr/expr.h"
#include "workflow/plan/complaints.h"
#include "workflow/stdlib/stdlib.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { LEAST_CASES = 600 };

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-';
}

/* Does `word` stand in the text, with `after` behind it, and no part of a longer word? */
static bool mentions(struct slice text, const char *word, const char *after)
{
	struct slice what = slice_of(word);

	for (size_t at = slice_find(text, what, 0); at != SIZE_MAX; at = slice_find(text, what, at + 1)) {
		struct slice rest = slice_sub(text, at + what.len, text.len);

		if (at > 0 && is_word(text.ptr[at - 1]))
			continue;
		if (after[0] ? slice_starts(rest, slice_of(after)) : !rest.len || !is_word(rest.ptr[0]))
			return true;
	}
	return false;
}

/* In one of the parts (a NULL ends the list) of any case. */
static bool said(const struct cases *cases, const char *const *parts, const char *word, const char *after)
{
	for (size_t i = 0; i < cases->count; i++) {
		for (const char *const *part = parts; *part; part++) {
			if (mentions(case_part(&cases->items[i], *part), word, after))
				return true;
		}
	}
	return false;
}

static const char *const sources[] = {"workflow", "workflow.json", "expression", NULL};

/* Print what is missing; the test fails when there is any. */
static size_t miss(const char *what, const char *name)
{
	fprintf(stderr, "no case has the %s %s\n", what, name);
	return 1;
}

static void every_function_has_a_case(void **state)
{
	const struct stdlib_function *function;
	size_t missing = 0;

	for (size_t i = 0; (function = stdlib_at(i)); i++) {
		bool dotted = strchr(function->name, '.') != NULL;

		if (!said(*state, sources, function->name, dotted ? "" : "("))
			missing += miss("function", function->name);
	}
	assert_int_equal(missing, 0);
}

static void note_operators(const struct expr *tree, bool seen[OP_OR + 1])
{
	if (!tree)
		return;
	if (tree->kind == EXPR_UNARY || tree->kind == EXPR_BINARY)
		seen[tree->op] = true;
	note_operators(tree->left, seen);
	note_operators(tree->right, seen);
	for (size_t i = 0; i < tree->count; i++)
		note_operators(tree->items[i], seen);
}

static void every_operator_has_a_case(void **state)
{
	const struct cases *cases = *state;
	bool seen[OP_OR + 1] = {false};
	size_t missing = 0;

	for (size_t i = 0; i < cases->count; i++) {
		struct slice text = case_part(&cases->items[i], "expression");
		struct yaml_node scalar = {
			.kind = YAML_SCALAR, .text = text, .verbatim = true, .quoted = true};
		struct diags *diags = diags_new();
		struct arena arena;
		struct expr *tree;

		arena_init(&arena);
		tree = text.len ? expr_parse(&arena, &scalar, diags) : NULL;
		note_operators(tree, seen);
		if (tree)
			expr_release(tree);
		arena_release(&arena);
		diags_free(diags);
	}
	for (int op = 0; op <= OP_OR; op++) {
		if (!seen[op])
			missing += miss("operator", expr_op_name((enum expr_op)op));
	}
	assert_int_equal(missing, 0);
}

/* Reference, 13.1 and 3.2. */
static void every_keyword_has_a_case(void **state)
{
	static const char *const keys[] = {
		"main",
		"params",
		"steps",
		"assign",
		"call",
		"args",
		"result",
		"switch",
		"condition",
		"next",
		"for",
		"value",
		"index",
		"in",
		"range",
		"parallel",
		"shared",
		"branches",
		"concurrency_limit",
		"exception_policy",
		"try",
		"retry",
		"predicate",
		"max_retries",
		"backoff",
		"max_delay",
		"except",
		"initial_delay",
		"multiplier",
		"as",
		"raise",
		"return",
		"url",
		"method",
		"headers",
		"body",
		"query",
		"auth",
		"type",
		"scope",
		"scopes",
		"audience",
		"timeout",
		"skip_polling",
		"private_service_name",
		"code",
		"message",
		"tags",
		"connector_params",
		"ca_certificate",
		"polling_policy",
	};
	static const char *const words[] = {"end", "break", "continue", "continueAll", "and",
					    "or",  "not",   "in",       "AND",         "OR",
					    "NOT", "IN",    "TRUE",     "False",       "null"};
	size_t missing = 0;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!said(*state, sources, keys[i], ":"))
			missing += miss("keyword", keys[i]);
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!said(*state, sources, words[i], ""))
			missing += miss("word", words[i]);
	}
	assert_int_equal(missing, 0);
}

/* Reference, 6.2. */
static void every_error_tag_has_a_case(void **state)
{
	static const char *const tags[] = {
		"AuthError",         "ConnectionError",      "ConnectionFailedError",
		"HttpError",         "IndexError",           "KeyError",
		"LookupError",       "OperationError",       "RecursionError",
		"RuntimeError",      "ParallelNestingError", "ResourceLimitError",
		"ResponseTypeError", "SystemError",          "TimeoutError",
		"TypeError",         "UnhandledBranchError", "ValueError",
		"ZeroDivisionError",
	};
	static const char *const demanded[] = {"result",   "error",   "error-contains",
					       "expected", "context", NULL};
	size_t missing = 0;

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (!said(*state, demanded, tags[i], "") && !said(*state, sources, tags[i], ""))
			missing += miss("error tag", tags[i]);
	}
	assert_int_equal(missing, 0);
}

static void every_limit_has_a_case(void **state)
{
	static const char *const parts[] = {"limits", NULL};
	const struct limits limits = limits_default();
	size_t missing = 0;
	const char *name;
	int64_t setting;

	for (int i = 0; (name = limits_at(&limits, i, &setting)); i++) {
		if (!said(*state, parts, name, "="))
			missing += miss("limit", name);
	}
	assert_int_equal(missing, 0);
}

static void every_diagnostic_has_a_case(void **state)
{
	static const char *const parts[] = {"diags", NULL};
	const struct complaint *complaint;
	size_t missing = 0;

	for (size_t i = 0; (complaint = complaint_at(i)); i++) {
		if (!said(*state, parts, complaint->code, "]"))
			missing += miss("diagnostic", complaint->code);
	}
	assert_int_equal(missing, 0);
}

static void there_are_many_cases(void **state)
{
	const struct cases *cases = *state;
	size_t ends[4] = {0};

	for (size_t i = 0; i < cases->count; i++) {
		const struct one_case *one = &cases->items[i];

		ends[0] += one->is_expression;
		ends[1] += case_has(one, "result");
		ends[2] += case_has(one, "error") || case_has(one, "error-contains");
		ends[3] += case_has(one, "diags");
	}
	printf("# %zu cases: %zu expressions, %zu with a result, %zu with an error, %zu with diagnostics\n",
	       cases->count, ends[0], ends[1], ends[2], ends[3]);
	assert_true(cases->count >= LEAST_CASES);
}

int main(void)
{
	struct error err = {0};
	struct cases cases;
	int status;

	if (cases_read(&cases, "tests/conformance", &err) < 0) {
		fprintf(stderr, "%s (tests run from the top of the tree)\n", err.message);
		return 1;
	}
	{
		const struct CMUnitTest tests[] = {
			cmocka_unit_test_prestate(there_are_many_cases, &cases),
			cmocka_unit_test_prestate(every_function_has_a_case, &cases),
			cmocka_unit_test_prestate(every_operator_has_a_case, &cases),
			cmocka_unit_test_prestate(every_keyword_has_a_case, &cases),
			cmocka_unit_test_prestate(every_error_tag_has_a_case, &cases),
			cmocka_unit_test_prestate(every_limit_has_a_case, &cases),
			cmocka_unit_test_prestate(every_diagnostic_has_a_case, &cases),
		};

		status = cmocka_run_group_tests_name("coverage", tests, NULL, NULL);
	}
	cases_release(&cases);
	return status > 0;
}
