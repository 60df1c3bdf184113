/*
 * warn_flow.c - steps that are never reached, and conditions that are always true or always false.
 *
 * A step is reached from the one before it when that one ends normally, and by every `next` that names it,
 * whether that `next` is itself reached or not. So a warning is never wrong, but a circle of steps that only
 * jump to each other is not noticed.
 */
#include "workflow/plan/plan_private.h"

#include "lib/mem/mem.h"
#include "workflow/syntax/walk.h"

struct flow {
	struct compiler *c;
	struct name *targets; /* owned: every `next` of the routine */
	size_t count, capacity;
};

/* ---- constants */

enum truth { UNKNOWN, ALWAYS, NEVER };

static enum truth truth_of(const struct expr *expr);

static bool is_same(const struct expr *a, const struct expr *b)
{
	if (a->kind != b->kind || a->op != b->op)
		return false;
	switch (a->kind) {
	case EXPR_LITERAL:
		return value_equal(a->value, b->value);
	case EXPR_NAME:
		return slice_equal(a->name, b->name);
	case EXPR_MEMBER:
		return slice_equal(a->name, b->name) && is_same(a->left, b->left);
	case EXPR_UNARY:
		return is_same(a->left, b->left);
	case EXPR_INDEX:
	case EXPR_BINARY:
		return is_same(a->left, b->left) && is_same(a->right, b->right);
	default: /* a call may give something else the second time */
		return false;
	}
}

static enum truth compare_same(enum expr_op op)
{
	switch (op) {
	case OP_EQUAL:
	case OP_LESS_EQUAL:
	case OP_GREATER_EQUAL:
		return ALWAYS;
	case OP_NOT_EQUAL:
	case OP_LESS:
	case OP_GREATER:
		return NEVER;
	default:
		return UNKNOWN;
	}
}

static bool is_type_call(const struct expr *expr)
{
	return expr->kind == EXPR_CALL && expr->left->kind == EXPR_NAME &&
	       slice_is(expr->left->name, "get_type");
}

/* get_type(x) == "int": the names that get_type gives are others (reference, 3.8). */
static const struct expr *wrong_type_name(const struct expr *expr)
{
	static const char *const names[] = {"boolean", "bytes", "double", "integer",
					    "list",    "map",   "string", "null"};
	const struct expr *name = expr->right;

	if (expr->kind != EXPR_BINARY || (expr->op != OP_EQUAL && expr->op != OP_NOT_EQUAL) ||
	    !is_type_call(expr->left) || name->kind != EXPR_LITERAL || name->value.kind != VALUE_STRING)
		return NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (slice_is(value_text(name->value), names[i]))
			return NULL;
	}
	return name;
}

static enum truth truth_of_binary(const struct expr *expr)
{
	enum truth left, right, decisive = expr->op == OP_AND ? NEVER : ALWAYS;

	if (wrong_type_name(expr))
		return expr->op == OP_EQUAL ? NEVER : ALWAYS;
	if (expr->op != OP_AND && expr->op != OP_OR)
		return is_same(expr->left, expr->right) ? compare_same(expr->op) : UNKNOWN;
	left = truth_of(expr->left);
	right = truth_of(expr->right);
	if (left == decisive || right == decisive)
		return decisive;
	return left == right ? left : UNKNOWN;
}

/* What it is whenever it gives a boolean at all. */
static enum truth truth_of(const struct expr *expr)
{
	struct value folded;
	enum truth operand;

	if (fold_expr(expr, &folded)) {
		bool is_bool = folded.kind == VALUE_BOOL;
		bool yes = is_bool && folded.as.boolean;

		value_unref(folded);
		return !is_bool ? UNKNOWN : yes ? ALWAYS : NEVER;
	}
	if (expr->kind == EXPR_BINARY)
		return truth_of_binary(expr);
	if (expr->kind != EXPR_UNARY || expr->op != OP_NOT)
		return UNKNOWN;
	operand = truth_of(expr->left);
	return operand == UNKNOWN ? UNKNOWN : operand == ALWAYS ? NEVER : ALWAYS;
}

static enum truth truth_of_condition(const struct tree *condition)
{
	if (condition->kind == TREE_EXPR)
		return truth_of(condition->expr);
	if (condition->kind != TREE_CONSTANT || condition->constant.kind != VALUE_BOOL)
		return UNKNOWN;
	return condition->constant.as.boolean ? ALWAYS : NEVER;
}

/* `true` itself: in the last entry the way to write a default. */
static bool is_literal(const struct tree *condition)
{
	return condition->kind == TREE_CONSTANT || condition->expr->kind == EXPR_LITERAL;
}

/* ---- conditions */

static struct place condition_place(const struct tree *condition)
{
	return condition->kind == TREE_EXPR ? expr_start(condition->expr) : condition->at;
}

static void warn_condition(struct flow *flow, const struct switch_step *cases, size_t i)
{
	const struct tree *condition = cases->entries[i].condition;
	enum truth truth = truth_of_condition(condition);
	struct diags *diags = flow->c->diags;
	const struct expr *name = condition->kind == TREE_EXPR ? wrong_type_name(condition->expr) : NULL;
	size_t below = cases->count - i - 1;

	if (truth == UNKNOWN || (truth == ALWAYS && !below && is_literal(condition)))
		return;
	diags_warn(diags, name ? name->at : condition_place(condition), "constant-condition",
		   "this condition is always %s", truth == ALWAYS ? "true" : "false");
	if (name)
		diags_hint(diags,
			   "get_type gives boolean, bytes, double, integer, list, map, string or null");
	else if (truth == ALWAYS && below)
		diags_hint(diags, "what stands below it in this switch is never looked at");
	else if (truth == NEVER)
		diags_hint(diags, "this entry is never taken");
	else
		diags_hint(diags, "write \"condition: true\" for the default");
}

/* The second of two equal conditions is only looked at when the first was false. */
static void warn_repeated(struct flow *flow, const struct switch_step *cases, size_t i)
{
	const struct tree *condition = cases->entries[i].condition;

	for (size_t j = 0; j < i && condition->kind == TREE_EXPR; j++) {
		const struct tree *before = cases->entries[j].condition;

		if (before->kind != TREE_EXPR || truth_of(before->expr) != UNKNOWN ||
		    !is_same(before->expr, condition->expr))
			continue;
		diags_warn(flow->c->diags, condition_place(condition), "constant-condition",
			   "this condition is always false here");
		diags_hint(flow->c->diags, "it is that of line %d, which is looked at first",
			   before->at.line);
		return;
	}
}

/* ---- steps */

static void collect_targets(struct flow *flow, const struct block *block)
{
	for (size_t i = 0; i < block->count; i++) {
		const struct step *step = block->steps[i];
		struct inner inner;

		if (flow->count == flow->capacity)
			flow->targets = mem_grow(flow->targets, &flow->capacity, sizeof(*flow->targets));
		if (step->next.text.ptr)
			flow->targets[flow->count++] = step->next;
		for (size_t j = 0; step_inner(step, j, &inner); j++)
			collect_targets(flow, &inner.block);
	}
}

static bool is_target(const struct flow *flow, struct name name)
{
	for (size_t i = 0; i < flow->count; i++) {
		if (name.text.ptr && slice_equal(flow->targets[i].text, name.text))
			return true;
	}
	return false;
}

static bool block_ends(struct flow *flow, const struct block *block);

/* Does it go on behind the switch? Every entry is looked at, for the steps in it. */
static bool switch_ends(struct flow *flow, const struct switch_step *cases)
{
	bool ends = false;
	bool decided = false;

	for (size_t i = 0; i < cases->count; i++) {
		struct block body = {&cases->entries[i].body, 1};
		bool entry_ends = block_ends(flow, &body);

		warn_condition(flow, cases, i);
		warn_repeated(flow, cases, i);
		ends = ends || (entry_ends && !decided);
		decided = decided || truth_of_condition(cases->entries[i].condition) == ALWAYS;
	}
	return ends || !decided;
}

/* Does the step end normally, so that the one below it is reached? */
static bool step_ends(struct flow *flow, const struct step *step)
{
	bool ends = step->kind != STEP_RETURN && step->kind != STEP_RAISE;
	struct inner inner;

	if (step->kind == STEP_SWITCH) {
		ends = switch_ends(flow, &step->as.cases);
	} else if (step->kind == STEP_TRY || step->kind == STEP_STEPS) {
		ends = false;
		for (size_t i = 0; step_inner(step, i, &inner); i++)
			ends = block_ends(flow, &inner.block) || ends;
	} else {
		for (size_t i = 0; step_inner(step, i, &inner); i++)
			block_ends(flow, &inner.block);
	}
	return ends && !step->next.text.ptr;
}

static bool block_ends(struct flow *flow, const struct block *block)
{
	bool reached = true;
	bool reported = false;

	for (size_t i = 0; i < block->count; i++) {
		const struct step *step = block->steps[i];

		reached = reached || is_target(flow, step->name);
		if (reached) {
			reported = false;
			reached = step_ends(flow, step);
			continue;
		}
		if (!reported) {
			diags_warn(flow->c->diags, step->name.at, "unreachable-step",
				   "step \"%.*s\" is never reached", SLICE_ARG(step->name.text));
			diags_hint(flow->c->diags,
				   "the step above it always goes elsewhere, and no \"next\" leads here");
		}
		reported = true;
	}
	return reached;
}

void warn_flow(struct compiler *c, const struct routine *routine)
{
	struct flow flow = {.c = c};

	collect_targets(&flow, &routine->body);
	block_ends(&flow, &routine->body);
	mem_free(flow.targets);
}
