/*
 * evaluate.h - an expression evaluated in the plainest way there is: a walk over its tree.
 *
 * The plan compiles expressions to operations instead; a test that has both can compare. Operators and
 * library are the real ones. Names of nothing, and calls that ask the world, fail the test.
 *
 * Depends on workflow/{expr,stdlib}, cmocka.
 */
#ifndef TESTS_HARNESS_EVALUATE_H
#define TESTS_HARNESS_EVALUATE_H

#include "workflow/expr/expr.h"

/* The tree of "${...}", which stands in the arena; the test fails when it is none. */
struct expr *parse_source(struct arena *arena, const char *source);

/* `variables` (a map, lent) are what names stand for. 0 and *out, or -1 and *raised; the caller owns them. */
int evaluate_tree(const struct expr *tree, struct value variables, struct value *out, struct value *raised);
/* The same for "${...}". */
int evaluate_source(const char *source, struct value variables, struct value *out, struct value *raised);

/* Equal, and of the same kinds at every depth: 2 is not 2.0. */
bool is_same(struct value a, struct value b);

#endif
