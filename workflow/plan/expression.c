/* expression.c - expressions and trees of values -> stack operations, constants folded. */
#include "workflow/plan/plan_private.h"

#include "lib/mem/mem.h"

/* ---- folding */

/* What fails is left for run time, where a `try` may catch it. */
static bool fold_result(int failed, struct value raised)
{
	if (failed)
		value_unref(raised);
	return !failed;
}

static bool fold_binary(const struct expr *expr, struct value *out)
{
	struct value left, right, raised = value_null();
	bool folded = false;

	if (expr->op == OP_AND || expr->op == OP_OR || !fold_expr(expr->left, &left))
		return false;
	if (fold_expr(expr->right, &right)) {
		folded = fold_result(expr_binary(expr->op, left, right, out, &raised), raised);
		value_unref(right);
	}
	value_unref(left);
	return folded;
}

static bool fold_unary(const struct expr *expr, struct value *out)
{
	struct value operand, raised = value_null();
	bool folded;

	if (!fold_expr(expr->left, &operand))
		return false;
	folded = fold_result(expr_unary(expr->op, operand, out, &raised), raised);
	value_unref(operand);
	return folded;
}

static bool fold_items(const struct expr *expr, struct value *out)
{
	*out = expr->kind == EXPR_LIST ? value_list_new(expr->count) : value_map_new();
	for (size_t i = 0; i < expr->count; i++) {
		struct value item;

		if (!fold_expr(expr->items[i], &item)) {
			value_unref(*out);
			return false;
		}
		if (expr->kind == EXPR_LIST)
			value_list_push(out, item);
		else
			value_map_set(out, expr->keys[i], item);
	}
	return true;
}

bool fold_expr(const struct expr *expr, struct value *out)
{
	switch (expr->kind) {
	case EXPR_LITERAL:
		*out = value_ref(expr->value);
		return true;
	case EXPR_UNARY:
		return fold_unary(expr, out);
	case EXPR_BINARY:
		return fold_binary(expr, out);
	case EXPR_LIST:
	case EXPR_MAP:
		return fold_items(expr, out);
	default:
		return false;
	}
}

static bool fold_tree_map(const struct tree *tree, struct value *out)
{
	*out = value_map_new();
	for (size_t i = 0; i < tree->count; i++) {
		struct value item;

		if (tree->keys[i]->kind != TREE_CONSTANT || tree->keys[i]->constant.kind != VALUE_STRING ||
		    !fold_tree(tree->items[i], &item)) {
			value_unref(*out);
			return false;
		}
		value_map_set(out, value_text(tree->keys[i]->constant), item);
	}
	return true;
}

bool fold_tree(const struct tree *tree, struct value *out)
{
	switch (tree->kind) {
	case TREE_CONSTANT:
		*out = value_ref(tree->constant);
		return true;
	case TREE_EXPR:
		return tree->expr && fold_expr(tree->expr, out);
	case TREE_MAP:
		return fold_tree_map(tree, out);
	case TREE_LIST:
		break;
	}
	*out = value_list_new(tree->count);
	for (size_t i = 0; i < tree->count; i++) {
		struct value item;

		if (!fold_tree(tree->items[i], &item)) {
			value_unref(*out);
			return false;
		}
		value_list_push(out, item);
	}
	return true;
}

/* ---- operations */

struct place expr_span(const struct expr *expr)
{
	struct place at = expr_start(expr);

	if (expr->kind == EXPR_MEMBER && at.line == expr->at.line)
		at.length = expr->at.column + expr->at.length - at.column;
	return at;
}

struct place expr_start(const struct expr *expr)
{
	while (expr->left && expr->kind != EXPR_UNARY)
		expr = expr->left;
	return expr->at;
}

static void compile_name(struct compiler *c, const struct expr *expr)
{
	struct variable variable;

	if (scope_find(c, expr->name, &variable)) {
		variable.symbol->is_read = true;
		emit_at(c, expr->at, CODE_LOAD, variable.level, 0, variable.slot, 1);
		return;
	}
	c->depth++; /* as if it were there: the rest is still checked */
	if (is_doubtful_variable(c, expr->name))
		return;
	diags_error(c->diags, expr->at, "unknown-variable",
		    "\"%.*s\" is neither a variable of this scope nor a routine", SLICE_ARG(expr->name));
	hint_variable(c, expr->name);
}

static void compile_logic(struct compiler *c, const struct expr *expr)
{
	int shortcut;

	compile_expr(c, expr->left);
	shortcut = emit_at(c, expr->at, expr->op == OP_AND ? CODE_AND : CODE_OR, 0, 0, 0, -1);
	compile_expr(c, expr->right);
	emit_at(c, expr->at, CODE_BOOL, 0, 0, 0, 0);
	patch(c, shortcut);
}

static void compile_items(struct compiler *c, const struct expr *expr)
{
	bool is_list = expr->kind == EXPR_LIST;

	emit_at(c, expr->at, is_list ? CODE_LIST_NEW : CODE_MAP_NEW, 0, 0, 0, 1);
	for (size_t i = 0; i < expr->count; i++) {
		if (!is_list)
			emit_constant(c, value_string(expr->keys[i]));
		compile_expr(c, expr->items[i]);
		emit_at(c, expr->at, is_list ? CODE_LIST_PUSH : CODE_MAP_PUT, 0, 0, 0, is_list ? -1 : -2);
	}
}

static void compile_operator(struct compiler *c, const struct expr *expr)
{
	compile_expr(c, expr->left);
	if (expr->kind == EXPR_UNARY) {
		emit_at(c, expr->at, CODE_UNARY, 0, 0, (int32_t)expr->op, 0);
		return;
	}
	compile_expr(c, expr->right);
	emit_at(c, expr->at, CODE_BINARY, 0, 0, (int32_t)expr->op, -1);
}

/* Recursion follows the tree, whose depth expr_parse bounds (EXPR_MAX_DEPTH). */
void compile_expr(struct compiler *c, const struct expr *expr)
{
	struct value folded;

	if (fold_expr(expr, &folded)) {
		emit_at(c, expr->at, CODE_CONSTANT, 0, 0, add_constant(c, folded), 1);
		return;
	}
	switch (expr->kind) {
	case EXPR_LITERAL: /* always folded */
		break;
	case EXPR_NAME:
		compile_name(c, expr);
		break;
	case EXPR_MEMBER:
		compile_expr(c, expr->left);
		emit_at(c, expr->at, CODE_MEMBER, 0, 0, add_constant(c, value_string(expr->name)), 0);
		break;
	case EXPR_INDEX:
		compile_expr(c, expr->left);
		compile_expr(c, expr->right);
		emit_at(c, expr->at, CODE_INDEX, 0, 0, 0, -1);
		break;
	case EXPR_CALL:
		compile_expr_call(c, expr);
		break;
	case EXPR_UNARY:
	case EXPR_BINARY:
		if (expr->kind == EXPR_BINARY && (expr->op == OP_AND || expr->op == OP_OR))
			compile_logic(c, expr);
		else
			compile_operator(c, expr);
		break;
	case EXPR_LIST:
	case EXPR_MAP:
		compile_items(c, expr);
		break;
	}
}

void compile_tree(struct compiler *c, const struct tree *tree)
{
	struct value folded;
	bool is_list = tree && tree->kind == TREE_LIST;

	if (!tree || (tree->kind == TREE_EXPR && !tree->expr)) { /* could not be read */
		emit_constant(c, value_null());
		return;
	}
	if (fold_tree(tree, &folded)) {
		emit_at(c, tree->at, CODE_CONSTANT, 0, 0, add_constant(c, folded), 1);
		return;
	}
	if (tree->kind == TREE_EXPR) {
		const struct place *around = c->whole;

		c->whole = &tree->at;
		compile_expr(c, tree->expr);
		c->whole = around;
		return;
	}
	emit_at(c, tree->at, is_list ? CODE_LIST_NEW : CODE_MAP_NEW, 0, 0, 0, 1);
	for (size_t i = 0; i < tree->count; i++) {
		if (!is_list)
			compile_tree(c, tree->keys[i]);
		compile_tree(c, tree->items[i]);
		emit_at(c, tree->at, is_list ? CODE_LIST_PUSH : CODE_MAP_PUT, 0, 0, 0, is_list ? -1 : -2);
	}
}
