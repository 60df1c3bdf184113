/*
 * precedence.h - how tightly operators bind: the levels of reference 3.3, loosest first.
 *
 * The parser climbs them, the printer puts brackets where a looser construct stands in a tighter one. Operators
 * of one level go from left to right. Private to workflow/expr.
 */
#ifndef WORKFLOW_EXPR_PRECEDENCE_H
#define WORKFLOW_EXPR_PRECEDENCE_H

#include "workflow/expr/expr.h"

enum precedence {
	PRECEDENCE_OR,
	PRECEDENCE_AND,
	PRECEDENCE_COMPARISON,
	PRECEDENCE_SUM,
	PRECEDENCE_PRODUCT,
	PRECEDENCE_SIGN,  /* "-x", "not x" */
	PRECEDENCE_WHOLE, /* of no operator: a name, a literal, a call */
};

int precedence(enum expr_op op); /* enum precedence */

#endif
