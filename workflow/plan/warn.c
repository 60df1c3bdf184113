/*
 * warn.c - what is legal and yet likely a mistake: variables and routines that nobody uses; the rest is in
 * warn_flow.c, warn_errors.c and warn_calls.c.
 */
#include "workflow/plan/plan_private.h"

#include "lib/mem/mem.h"
#include "workflow/syntax/walk.h"

#include <string.h>

static void warn_unused_variables(struct compiler *c)
{
	for (size_t i = 0; i < c->unused_count; i++) {
		const struct symbol *symbol = &c->unused[i];

		if (symbol->is_response) {
			diags_warn(c->diags, symbol->at, "unread-response",
				   "the response is kept in \"%.*s\" and never read",
				   SLICE_ARG(symbol->name));
			diags_hint(c->diags,
				   "leave \"result\" out: what is kept counts against the memory of the run");
		} else {
			diags_warn(c->diags, symbol->at, "unused-variable", "variable \"%.*s\" is never read",
				   SLICE_ARG(symbol->name));
			diags_hint(c->diags, "remove it, or begin its name with \"_\" if it is meant");
		}
	}
}

/* ---- routines */

struct uses {
	struct compiler *c;
	bool *used; /* [routine_count]; a routine is gone through when it is first marked */
};

static void use_block(struct uses *uses, const struct block *block);

static void use_routine(struct uses *uses, struct slice name)
{
	int routine = find_routine(uses->c, name);

	if (routine < 0 || uses->used[routine])
		return;
	uses->used[routine] = true;
	use_block(uses, &uses->c->plan->definition->routines[routine].body);
}

/* A name that stands alone is a call's, or a predicate's. */
static void use_expr(void *context, const struct expr *expr)
{
	if (expr->kind == EXPR_NAME)
		use_routine(context, expr->name);
	if (expr->left)
		use_expr(context, expr->left);
	if (expr->right)
		use_expr(context, expr->right);
	for (size_t i = 0; i < expr->count; i++)
		use_expr(context, expr->items[i]);
}

static void use_block(struct uses *uses, const struct block *block)
{
	for (size_t i = 0; i < block->count; i++) {
		const struct step *step = block->steps[i];
		struct inner inner;

		if (step->kind == STEP_CALL)
			use_routine(uses, step->as.call.callee.text);
		step_exprs(step, use_expr, uses);
		for (size_t j = 0; step_inner(step, j, &inner); j++)
			use_block(uses, &inner.block);
	}
}

static void warn_unused_routines(struct compiler *c)
{
	const struct definition *definition = c->plan->definition;
	struct uses uses = {c, mem_new(definition->routine_count * sizeof(bool))};

	use_routine(&uses, SLICE("main"));
	for (size_t i = 0; i < definition->routine_count; i++) {
		if (uses.used[i])
			continue;
		diags_warn(c->diags, definition->routines[i].name.at, "unused-routine",
			   "routine \"%.*s\" is never called", SLICE_ARG(definition->routines[i].name.text));
		diags_hint(c->diags, "neither main nor what it calls leads here; remove it, or call it");
	}
	mem_free(uses.used);
}

void warn_plan(struct compiler *c)
{
	const struct definition *definition = c->plan->definition;

	warn_unused_variables(c);
	warn_unused_routines(c);
	for (size_t i = 0; i < definition->routine_count; i++) {
		warn_flow(c, &definition->routines[i]);
		warn_calls(c, &definition->routines[i]);
	}
	warn_errors(c);
}
