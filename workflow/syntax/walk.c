/* walk.c - going over a definition; see walk.h. */
#include "workflow/syntax/walk.h"

static bool give(struct inner *inner, enum inner_kind kind, struct block block)
{
	*inner = (struct inner){kind, block, {{NULL, 0}, {0}}};
	return true;
}

static bool parallel_inner(const struct parallel *parallel, size_t i, struct inner *inner)
{
	if (parallel->loop)
		return i == 0 && give(inner, INNER_ITERATION, parallel->loop->body);
	if (i >= parallel->branch_count)
		return false;
	give(inner, INNER_BRANCH, parallel->branches[i].body);
	inner->name = parallel->branches[i].name;
	return true;
}

bool step_inner(const struct step *step, size_t i, struct inner *inner)
{
	switch (step->kind) {
	case STEP_SWITCH:
		return i < step->as.cases.count &&
		       give(inner, INNER_ENTRY, (struct block){&step->as.cases.entries[i].body, 1});
	case STEP_FOR:
		return i == 0 && give(inner, INNER_LOOP, step->as.loop.body);
	case STEP_PARALLEL:
		return parallel_inner(&step->as.parallel, i, inner);
	case STEP_TRY:
		if (i == 0)
			return give(inner, INNER_TRY, step->as.attempt.body);
		return i == 1 && step->as.attempt.has_except &&
		       give(inner, INNER_HANDLER, step->as.attempt.handler);
	case STEP_STEPS:
		return i == 0 && give(inner, INNER_STEPS, step->as.steps);
	default:
		return false;
	}
}

static void visit_expr(const struct expr *expr, walk_visit *visit, void *context)
{
	if (expr)
		visit(context, NULL, expr);
}

static void visit_tree(const struct tree *tree, walk_visit *visit, void *context)
{
	if (tree)
		visit(context, tree, NULL);
}

static void retry_trees(const struct retry *retry, walk_visit *visit, void *context)
{
	visit_expr(retry->policy, visit, context);
	visit_expr(retry->predicate, visit, context);
	visit_tree(retry->max_retries, visit, context);
	visit_expr(retry->backoff, visit, context);
	visit_tree(retry->initial_delay, visit, context);
	visit_tree(retry->max_delay, visit, context);
	visit_tree(retry->multiplier, visit, context);
}

static void loop_trees(const struct loop *loop, walk_visit *visit, void *context)
{
	visit_tree(loop->in, visit, context);
	visit_tree(loop->range, visit, context);
}

static void assign_trees(const struct assign *assign, walk_visit *visit, void *context)
{
	for (size_t i = 0; i < assign->count; i++) {
		for (size_t j = 0; j < assign->items[i].path_count; j++)
			visit_expr(assign->items[i].path[j], visit, context);
		visit_tree(assign->items[i].value, visit, context);
	}
}

void step_trees(const struct step *step, walk_visit *visit, void *context)
{
	switch (step->kind) {
	case STEP_ASSIGN:
		assign_trees(&step->as.assign, visit, context);
		break;
	case STEP_CALL:
		for (size_t i = 0; i < step->as.call.arg_count; i++)
			visit_tree(step->as.call.args[i], visit, context);
		break;
	case STEP_SWITCH:
		for (size_t i = 0; i < step->as.cases.count; i++)
			visit_tree(step->as.cases.entries[i].condition, visit, context);
		break;
	case STEP_FOR:
		loop_trees(&step->as.loop, visit, context);
		break;
	case STEP_PARALLEL:
		visit_tree(step->as.parallel.concurrency_limit, visit, context);
		if (step->as.parallel.loop)
			loop_trees(step->as.parallel.loop, visit, context);
		break;
	case STEP_TRY:
		if (step->as.attempt.retry)
			retry_trees(step->as.attempt.retry, visit, context);
		break;
	case STEP_RAISE:
	case STEP_RETURN:
		visit_tree(step->as.value, visit, context);
		break;
	case STEP_STEPS:
	case STEP_NOTHING:
		break;
	}
}

void tree_exprs(const struct tree *tree, expr_visit *visit, void *context)
{
	if (tree->kind == TREE_EXPR && tree->expr)
		visit(context, tree->expr);
	for (size_t i = 0; i < tree->count; i++) {
		if (tree->kind == TREE_MAP)
			tree_exprs(tree->keys[i], visit, context);
		tree_exprs(tree->items[i], visit, context);
	}
}

struct expr_walk {
	expr_visit *visit;
	void *context;
};

static void visit_exprs(void *context, const struct tree *tree, const struct expr *expr)
{
	const struct expr_walk *walk = context;

	if (expr)
		walk->visit(walk->context, expr);
	else
		tree_exprs(tree, walk->visit, walk->context);
}

void step_exprs(const struct step *step, expr_visit *visit, void *context)
{
	struct expr_walk walk = {visit, context};

	step_trees(step, visit_exprs, &walk);
}
