/* print.c - a tree -> source that reads back as the same tree. */
#include "workflow/expr/expr.h"

#include "lib/json/json.h"
#include "workflow/expr/precedence.h"

#include <string.h>

static int binding(const struct expr *tree)
{
	switch (tree->kind) {
	case EXPR_BINARY:
	case EXPR_UNARY:
		return precedence(tree->op);
	case EXPR_LITERAL: /* a negative number is a minus and digits */
		return tree->value.kind == VALUE_INT && tree->value.as.integer < 0 ? PRECEDENCE_SIGN
										    : PRECEDENCE_WHOLE;
	default:
		return PRECEDENCE_WHOLE;
	}
}

static void print_within(struct buf *out, const struct expr *tree, int least)
{
	bool brackets = binding(tree) < least;

	if (brackets)
		buf_add_char(out, '(');
	expr_print(out, tree);
	if (brackets)
		buf_add_char(out, ')');
}

static void print_literal(struct buf *out, struct value v)
{
	size_t start = out->len;
	const char *text;

	if (json_write(out, v) < 0 || v.kind != VALUE_DOUBLE)
		return;
	text = buf_text(out) + start;
	if (!strpbrk(text, ".e"))
		buf_add_text(out, ".0"); /* stays a double */
}

static void print_items(struct buf *out, const struct expr *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		if (i)
			buf_add_text(out, ", ");
		if (tree->kind == EXPR_MAP) {
			struct value key = value_string(tree->keys[i]);

			json_write(out, key);
			buf_add_text(out, ": ");
			value_unref(key);
		}
		expr_print(out, tree->items[i]);
	}
}

void expr_print(struct buf *out, const struct expr *tree)
{
	switch (tree->kind) {
	case EXPR_LITERAL:
		print_literal(out, tree->value);
		break;
	case EXPR_NAME:
		buf_add_slice(out, tree->name);
		break;
	case EXPR_MEMBER:
		print_within(out, tree->left, PRECEDENCE_WHOLE);
		buf_add_char(out, '.');
		buf_add_slice(out, tree->name);
		break;
	case EXPR_INDEX:
		print_within(out, tree->left, PRECEDENCE_WHOLE);
		buf_add_char(out, '[');
		expr_print(out, tree->right);
		buf_add_char(out, ']');
		break;
	case EXPR_CALL:
		expr_print(out, tree->left);
		buf_add_char(out, '(');
		print_items(out, tree);
		buf_add_char(out, ')');
		break;
	case EXPR_UNARY:
		buf_add_text(out, tree->op == OP_NOT ? "not " : "-");
		print_within(out, tree->left, PRECEDENCE_SIGN);
		break;
	case EXPR_BINARY: /* to the left: the right side binds tighter */
		print_within(out, tree->left, binding(tree));
		buf_printf(out, " %s ", expr_op_name(tree->op));
		print_within(out, tree->right, binding(tree) + 1);
		break;
	case EXPR_LIST:
		buf_add_char(out, '[');
		print_items(out, tree);
		buf_add_char(out, ']');
		break;
	case EXPR_MAP:
		buf_add_char(out, '{');
		print_items(out, tree);
		buf_add_char(out, '}');
		break;
	}
}
