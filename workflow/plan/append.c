/*
 * append.c - assignments that add to what is there: x: ${list.concat(x, v)} and x: ${x + v}.
 *
 *	read the place, drop it (an error of reading it comes first, as ever);  v;  keys;  APPEND_ITEM or APPEND_TEXT
 *
 * Compiled as a call and a store they would copy x each time, and a loop that collects n results would take n * n.
 * Nothing else may see the place between its reading and the change: so not when v calls a routine, which may wait
 * while other branches go on.
 */
#include "workflow/plan/plan_private.h"

/* Recursion follows the tree, whose depth expr_parse bounds (EXPR_MAX_DEPTH). */
static bool calls_routine(struct compiler *c, const struct expr *expr)
{
	if (!expr)
		return false;
	if (expr->kind == EXPR_CALL) {
		struct slice name = expr_dotted(&c->plan->definition->arena, expr->left);

		if (!name.ptr || !stdlib_find(name) || find_routine(c, name) >= 0)
			return true;
	} else if (calls_routine(c, expr->left) || calls_routine(c, expr->right)) {
		return true;
	}
	for (size_t i = 0; i < expr->count; i++) {
		if (calls_routine(c, expr->items[i]))
			return true;
	}
	return false;
}

/* Is the element that `expr` (left.name, left[right]) reads the one that the key of an assignment names? Keys that are
 * texts, integers or variables only: what is evaluated twice must be cheap and give the same. */
static bool same_key(const struct expr *expr, const struct expr *key)
{
	const struct expr *index = expr->right;

	if (expr->kind == EXPR_MEMBER)
		return key->kind == EXPR_LITERAL && key->value.kind == VALUE_STRING &&
		       slice_equal(value_text(key->value), expr->name);
	if (expr->kind != EXPR_INDEX || index->kind != key->kind)
		return false;
	if (index->kind == EXPR_NAME)
		return slice_equal(index->name, key->name);
	return index->kind == EXPR_LITERAL && index->value.kind == key->value.kind &&
	       (key->value.kind == VALUE_STRING || key->value.kind == VALUE_INT) &&
	       value_equal(index->value, key->value);
}

static bool same_place(const struct expr *expr, const struct assignment *item)
{
	for (size_t i = item->path_count; i-- > 0;) {
		if ((expr->kind != EXPR_MEMBER && expr->kind != EXPR_INDEX) || !same_key(expr, item->path[i]))
			return false;
		expr = expr->left;
	}
	return expr->kind == EXPR_NAME && item->variable.text.ptr && slice_equal(expr->name, item->variable.text);
}

/* What is added, or NULL when the assignment is not of this form; *place is where it is read. */
static const struct expr *added(struct compiler *c, const struct assignment *item, const struct expr **place)
{
	const struct expr *expr = item->value && item->value->kind == TREE_EXPR ? item->value->expr : NULL;
	const struct expr *more = NULL;

	if (!expr)
		return NULL;
	if (expr->kind == EXPR_CALL && expr->count == 2 &&
	    slice_is(expr_dotted(&c->plan->definition->arena, expr->left), "list.concat")) {
		*place = expr->items[0];
		more = expr->items[1];
	} else if (expr->kind == EXPR_BINARY && expr->op == OP_ADD) {
		*place = expr->left;
		more = expr->right;
	}
	if (more && more->kind == EXPR_LITERAL && value_is_number(more->value))
		return NULL; /* counting: nothing is copied */
	return more && same_place(*place, item) && !calls_routine(c, more) ? more : NULL;
}

bool compile_append(struct compiler *c, const struct assignment *item)
{
	const struct expr *place = NULL;
	const struct expr *more = in_builtin(c) ? NULL : added(c, item, &place);
	int n = (int)item->path_count;
	struct variable variable;
	enum code code;

	if (!more)
		return false;
	code = item->value->expr->kind == EXPR_CALL ? CODE_APPEND_ITEM : CODE_APPEND_TEXT;
	compile_expr(c, place);
	emit(c, CODE_POP, 0, 0, 0, -1);
	compile_expr(c, more);
	for (int i = 0; i < n; i++)
		compile_expr(c, item->path[i]);
	if (!scope_writable(c, item->variable, &variable))
		variable = (struct variable){0};
	emit_at(c, item->value->expr->at, code, variable.level, n, variable.slot, -1 - n);
	return true;
}
