/*
 * walk.h - going over a definition without knowing every kind of step.
 *
 *	step ──inner──▶ lists of steps that stand in it ──▶ steps ...
 *	     └─trees──▶ values and expressions of its own
 *
 * For whoever asks the same question of every step: diagnostics, pictures. What a damaged definition lacks
 * (definition.h) is left out. Pure; recursion follows the nesting, which YAML_MAX_DEPTH bounds.
 */
#ifndef WORKFLOW_SYNTAX_WALK_H
#define WORKFLOW_SYNTAX_WALK_H

#include "workflow/syntax/definition.h"

enum inner_kind {
	INNER_ENTRY,     /* the body of a switch entry: a list of one unnamed step */
	INNER_LOOP,      /* of an ordinary for */
	INNER_ITERATION, /* of a parallel for */
	INNER_BRANCH,
	INNER_TRY,
	INNER_HANDLER, /* except */
	INNER_STEPS,
};

/* A list of steps that stands in a step. */
struct inner {
	enum inner_kind kind;
	struct block block;
	struct name name; /* of a branch */
};

/* The i-th of them in source order; false past the last. */
bool step_inner(const struct step *step, size_t i, struct inner *inner);

/* Every tree and expression of the step itself, in source order; exactly one of the two is given. */
typedef void walk_visit(void *context, const struct tree *tree, const struct expr *expr);
void step_trees(const struct step *step, walk_visit *visit, void *context);

/* Every expression in a tree, keys included. */
typedef void expr_visit(void *context, const struct expr *expr);
void tree_exprs(const struct tree *tree, expr_visit *visit, void *context);
/* Every expression of the step itself. */
void step_exprs(const struct step *step, expr_visit *visit, void *context);

#endif
