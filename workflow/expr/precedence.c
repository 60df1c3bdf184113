/* precedence.c - how tightly operators bind; see precedence.h. */
#include "workflow/expr/precedence.h"

int precedence(enum expr_op op)
{
	switch (op) {
	case OP_OR:
		return PRECEDENCE_OR;
	case OP_AND:
		return PRECEDENCE_AND;
	case OP_LESS:
	case OP_LESS_EQUAL:
	case OP_GREATER:
	case OP_GREATER_EQUAL:
	case OP_EQUAL:
	case OP_NOT_EQUAL:
	case OP_IN:
		return PRECEDENCE_COMPARISON;
	case OP_ADD:
	case OP_SUBTRACT:
		return PRECEDENCE_SUM;
	case OP_MULTIPLY:
	case OP_DIVIDE:
	case OP_FLOOR_DIVIDE:
	case OP_REMAINDER:
		return PRECEDENCE_PRODUCT;
	default:
		return PRECEDENCE_SIGN;
	}
}
