/*
 * cases_test.c - the expressions of tests/conformance/expr, evaluated by operators and library alone.
 *
 * The evaluator is the plainest one there is, a walk over the tree; the plan compiles instead, and must
 * agree.
 */
#include "tests/unit/workflow/stdlib/library.h"
#include "workflow/expr/expr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scope {
	struct arena arena;
	struct value variables;
	struct value raised;
};

static int evaluate(struct scope *scope, const struct expr *tree, struct value *out);

static int evaluate_call(struct scope *scope, const struct expr *tree, struct value *out)
{
	struct slice name = expr_dotted(&scope->arena, tree->left);
	const struct stdlib_function *function = stdlib_find(name);
	struct stdlib_context context = {.env = value_null()};
	struct value args[STDLIB_MAX_PARAMS];
	size_t given = 0;
	int result = 0;

	if (!function || function->kind != STDLIB_PURE || tree->count > function->param_count)
		fail_msg("cannot call %.*s", SLICE_ARG(name));
	while (result == 0 && given < tree->count) {
		result = evaluate(scope, tree->items[given], &args[given]);
		given += result == 0;
	}
	for (size_t i = given; i < function->param_count; i++)
		args[i] = function->params[i].fallback;
	if (result == 0)
		result = function->call(&context, args, out, &scope->raised);
	for (size_t i = 0; i < given; i++)
		value_unref(args[i]);
	return result;
}

static int evaluate_container(struct scope *scope, const struct expr *tree, struct value *out)
{
	struct value made = tree->kind == EXPR_LIST ? value_list_new(tree->count) : value_map_new();
	struct value item;

	for (size_t i = 0; i < tree->count; i++) {
		if (evaluate(scope, tree->items[i], &item) < 0) {
			value_unref(made);
			return -1;
		}
		if (tree->kind == EXPR_LIST)
			value_list_push(&made, item);
		else
			value_map_set(&made, tree->keys[i], item);
	}
	*out = made;
	return 0;
}

/* and, or: the right side only when the left does not decide; both sides boolean. */
static int evaluate_logic(struct scope *scope, const struct expr *tree, struct value *out)
{
	const struct expr *const sides[] = {tree->left, tree->right};

	for (int i = 0; i < 2; i++) {
		if (evaluate(scope, sides[i], out) < 0)
			return -1;
		if (out->kind != VALUE_BOOL) {
			value_unref(*out);
			return raise_error(&scope->raised, "TypeError", "not a boolean");
		}
		if (out->as.boolean == (tree->op == OP_OR))
			return 0;
	}
	return 0;
}

/* The operators that take the values of one or both sides. */
static int evaluate_operator(struct scope *scope, const struct expr *tree, struct value *out)
{
	struct value right = value_null();
	struct value left;
	int result;

	if (evaluate(scope, tree->left, &left) < 0)
		return -1;
	if (tree->right && evaluate(scope, tree->right, &right) < 0) {
		value_unref(left);
		return -1;
	}
	if (tree->kind == EXPR_UNARY)
		result = expr_unary(tree->op, left, out, &scope->raised);
	else if (tree->kind == EXPR_BINARY)
		result = expr_binary(tree->op, left, right, out, &scope->raised);
	else if (tree->kind == EXPR_MEMBER)
		result = expr_member(left, tree->name, out, &scope->raised);
	else
		result = expr_index(left, right, out, &scope->raised);
	value_unref(left);
	value_unref(right);
	return result;
}

static int evaluate(struct scope *scope, const struct expr *tree, struct value *out)
{
	const struct value *variable;

	switch (tree->kind) {
	case EXPR_LITERAL:
		*out = value_ref(tree->value);
		return 0;
	case EXPR_NAME:
		variable = value_map_get(scope->variables, tree->name);
		if (!variable)
			fail_msg("no variable %.*s", SLICE_ARG(tree->name));
		*out = value_ref(*variable);
		return 0;
	case EXPR_CALL:
		return evaluate_call(scope, tree, out);
	case EXPR_LIST:
	case EXPR_MAP:
		return evaluate_container(scope, tree, out);
	case EXPR_BINARY:
		if (tree->op == OP_AND || tree->op == OP_OR)
			return evaluate_logic(scope, tree, out);
		break;
	default:
		break;
	}
	return evaluate_operator(scope, tree, out);
}

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
		if (result < 0 || out.kind != wanted.kind || !value_equal(out, wanted))
			fail_msg("%s: %s, not %s", where, buf_text(&got), expected);
		value_unref(wanted);
	}
	buf_release(&got);
	value_unref(result < 0 ? raised : out);
}

/* An expression stands in the file as it would in single quotes of YAML. */
static void run_case(const char *where, const char *expression, const char *variables, const char *expected)
{
	struct scope scope = {.variables = read_json(variables), .raised = value_null()};
	struct yaml_node scalar = {
		.kind = YAML_SCALAR, .text = slice_of(expression), .verbatim = true, .quoted = true};
	struct diags *diags = diags_new();
	struct value out = value_null();
	struct expr *tree;
	int result;

	arena_init(&scope.arena);
	tree = expr_parse(&scope.arena, &scalar, diags);
	if (!tree)
		fail_msg("%s: %s", where, diags_at(diags, 0).message);
	result = evaluate(&scope, tree, &out);
	assert_result(result, out, scope.raised, expected, where);
	expr_release(tree);
	value_unref(scope.variables);
	diags_free(diags);
	arena_release(&scope.arena);
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

static void run_file(const char *name)
{
	char path[200];
	char where[220];
	char expression[4096];
	char variables[4096];
	char expected[4096];
	int number = 0;
	int cases = 0;
	FILE *file;

	snprintf(path, sizeof(path), "tests/conformance/expr/%s.cases", name);
	file = fopen(path, "r");
	if (!file)
		fail_msg("cannot open %s; run from the root of the tree", path);
	while (next_line(file, &number, expression)) {
		snprintf(where, sizeof(where), "%s:%d", path, number);
		if (!next_line(file, &number, variables) || !next_line(file, &number, expected))
			fail_msg("%s: a case has three lines", where);
		run_case(where, expression, variables, expected);
		cases++;
	}
	fclose(file);
	assert_true(cases > 0);
}

static void operators_agree_with_the_reference(void **state)
{
	(void)state;
	run_file("operators");
}

static void access_agrees_with_the_reference(void **state)
{
	(void)state;
	run_file("access");
}

static void the_library_agrees_with_the_reference(void **state)
{
	(void)state;
	run_file("library");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators_agree_with_the_reference),
		cmocka_unit_test(access_agrees_with_the_reference),
		cmocka_unit_test(the_library_agrees_with_the_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
