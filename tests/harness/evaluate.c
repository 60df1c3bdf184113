/* evaluate.c - a walk over the tree of an expression; see evaluate.h. */
#include "tests/harness/evaluate.h"

#include "workflow/expr/raised.h"
#include "workflow/stdlib/stdlib.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

struct scope {
	struct arena arena;
	struct value variables; /* lent */
	struct value *raised;
};

static int evaluate(struct scope *scope, const struct expr *tree, struct value *out);

/* What is left out gets its default. */
static int call(struct scope *scope, const struct stdlib_function *function, const struct expr *tree,
		struct value *out)
{
	struct stdlib_context context = {.env = value_null()};
	struct value args[STDLIB_MAX_PARAMS];
	size_t given = 0;
	int result = 0;

	while (result == 0 && given < tree->count) {
		result = evaluate(scope, tree->items[given], &args[given]);
		given += result == 0;
	}
	for (size_t i = given; i < function->param_count; i++)
		args[i] = function->params[i].fallback;
	if (result == 0)
		result = function->call(&context, args, out, scope->raised);
	for (size_t i = 0; i < given; i++)
		value_unref(args[i]);
	return result;
}

static int evaluate_call(struct scope *scope, const struct expr *tree, struct value *out)
{
	struct slice name = expr_dotted(&scope->arena, tree->left);
	const struct stdlib_function *function = stdlib_find(name);

	if (!function || function->kind != STDLIB_PURE || tree->count > function->param_count)
		fail_msg("cannot call %.*s", SLICE_ARG(name));
	for (size_t i = tree->count; i < function->param_count; i++) {
		if (!function->params[i].optional)
			fail_msg("%.*s needs %s", SLICE_ARG(name), function->params[i].name);
	}
	return call(scope, function, tree, out);
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
			return raise_error(scope->raised, "TypeError", "not a boolean");
		}
		if (out->as.boolean == (tree->op == OP_OR))
			return 0;
	}
	return 0;
}

/* What takes the values of one or both sides. */
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
		result = expr_unary(tree->op, left, out, scope->raised);
	else if (tree->kind == EXPR_BINARY)
		result = expr_binary(tree->op, left, right, out, scope->raised);
	else if (tree->kind == EXPR_MEMBER)
		result = expr_member(left, tree->name, out, scope->raised);
	else
		result = expr_index(left, right, out, scope->raised);
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

int evaluate_tree(const struct expr *tree, struct value variables, struct value *out, struct value *raised)
{
	struct scope scope = {.variables = variables, .raised = raised};
	int result;

	arena_init(&scope.arena);
	result = evaluate(&scope, tree, out);
	arena_release(&scope.arena);
	return result;
}

struct expr *parse_source(struct arena *arena, const char *source)
{
	struct yaml_node scalar = {
		.kind = YAML_SCALAR, .text = slice_of(source), .verbatim = true, .quoted = true};
	struct diags *diags = diags_new();
	struct expr *tree = expr_is(&scalar) ? expr_parse(arena, &scalar, diags) : NULL;

	if (!tree)
		fail_msg("%s: %s", source,
			 diags_count(diags) ? diags_at(diags, 0).message : "not an expression");
	diags_free(diags);
	return tree;
}

int evaluate_source(const char *source, struct value variables, struct value *out, struct value *raised)
{
	struct arena arena;
	struct expr *tree;
	int result;

	arena_init(&arena);
	tree = parse_source(&arena, source);
	result = evaluate_tree(tree, variables, out, raised);
	expr_release(tree);
	arena_release(&arena);
	return result;
}

bool is_same(struct value a, struct value b)
{
	bool same = a.kind == b.kind && value_equal(a, b);

	for (size_t i = 0; same && a.kind == VALUE_LIST && i < value_len(a); i++)
		same = is_same(*value_list_at(a, i), *value_list_at(b, i));
	for (size_t i = 0; same && a.kind == VALUE_MAP && i < value_len(a); i++)
		same = is_same(*value_map_at(a, i), *value_map_at(b, i));
	return same;
}
