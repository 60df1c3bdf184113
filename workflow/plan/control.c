/*
 * control.c - loops, try and parallel.
 *
 *	for:	   list, FOR_LIST; next: FOR_NEXT (or exit); body; JUMP next; exit: CLEAR
 *	try:	   TRY; body; JUMP after; handler: predicate ... RETRY, JUMP body; except: steps; after:
 *	parallel:  JUMP over; the units of its branches; over: [limit] [list] PARALLEL
 *
 * A branch or iteration is a unit: its code stands inside that of the step, its variables do not.
 */
#include "workflow/plan/plan_private.h"

#include "lib/mem/mem.h"

static int hidden_slots(struct compiler *c, int count)
{
	int first = add_slot(c, (struct name){0});

	for (int i = 1; i < count; i++)
		add_slot(c, (struct name){0});
	return first;
}

/* Open a scope of loop, branch or except body with the names that come with it. */
static void open_scope(struct compiler *c, struct scope *scope)
{
	scope->parent = c->scope;
	c->scope = scope;
}

static void close_scope(struct compiler *c)
{
	struct scope *scope = c->scope;

	c->scope = scope->parent;
	scope_release(c, scope);
}

/* The name of a loop variable is not used outside of the loop, nor by a loop within it (reference, 2.5). */
static void check_loop_name(struct compiler *c, struct name name)
{
	struct variable known;

	if (!name.text.ptr || !scope_find(c, name.text, &known))
		return;
	if (known.symbol->is_of_loop) {
		diags_error(c->diags, name.at, "nested-loop-name",
			    "a loop around this one has the variable \"%.*s\" already", SLICE_ARG(name.text));
		diags_hint(c->diags, "it is in line %d; give this one another name", known.symbol->at.line);
	} else {
		diags_error(c->diags, name.at, "loop-name-outside",
			    "\"%.*s\" is a variable outside of this loop too", SLICE_ARG(name.text));
		diags_hint(c->diags, "that one is in line %d; give the loop's own another name",
			   known.symbol->at.line);
	}
}

static int bring_loop_name(struct compiler *c, struct name name)
{
	int slot = scope_bring(c, c->scope, name);

	if (name.text.ptr)
		scope_here(c->scope, name.text)->is_of_loop = true;
	return slot;
}

/* The two names that a loop brings. The scope that holds them is open already, and empty. */
static void declare_loop(struct compiler *c, const struct loop *loop, int *value, int *index)
{
	check_loop_name(c, loop->value);
	check_loop_name(c, loop->index);
	*value = bring_loop_name(c, loop->value);
	c->scope->is_incomplete = !loop->value.text.ptr;
	*index = loop->index.text.ptr ? bring_loop_name(c, loop->index) : -1;
}

/* A scope ends: what it held is free again. */
static void compile_clear(struct compiler *c, int from)
{
	int to = c->plan->units[c->unit].slot_count;

	for (int count; from < to; from += count) {
		count = to - from < UINT16_MAX ? to - from : UINT16_MAX;
		emit(c, CODE_CLEAR, 0, count, from, 0);
	}
}

/* ---- for */

static int add_loop(struct compiler *c, const struct loop *loop)
{
	struct plan *plan = c->plan;

	if ((size_t)plan->loop_count == c->loop_capacity)
		plan->loops = mem_grow(plan->loops, &c->loop_capacity, sizeof(*plan->loops));
	plan->loops[plan->loop_count] = (struct plan_loop){
		.parent = c->loop, .is_range = loop->range != NULL, .hidden = hidden_slots(c, 3)};
	return plan->loop_count++;
}

static const struct tree *loop_source(const struct loop *loop)
{
	return loop->range ? loop->range : loop->in;
}

void compile_for(struct compiler *c, const struct loop *loop)
{
	struct scope scope = {0};
	struct loop_exits exits = {.parent = c->exits};
	int number = add_loop(c, loop);
	int outer = c->loop;
	int value, index;

	compile_tree(c, loop_source(loop));
	emit_at(c, loop_source(loop) ? loop_source(loop)->at : c->at,
		loop->range ? CODE_FOR_RANGE : CODE_FOR_LIST, 0, 0, number, -1);
	open_scope(c, &scope);
	declare_loop(c, loop, &value, &index);
	c->plan->loops[number].value = value;
	c->plan->loops[number].index = index;
	c->plan->loops[number].body_from = c->plan->units[c->unit].slot_count;
	scope_declare_block(c, &scope, &loop->body);
	exits.next = emit(c, CODE_FOR_NEXT, 0, 0, number, 0);
	c->exits = &exits;
	c->loop = number;
	compile_block(c, &loop->body, true);
	c->plan->loops[number].body_to = c->plan->units[c->unit].slot_count;
	emit(c, CODE_JUMP, 0, 0, exits.next, 0);
	c->plan->loops[number].exit = c->plan->op_count;
	for (size_t i = 0; i < exits.break_count; i++)
		patch(c, exits.breaks[i]);
	compile_clear(c, c->plan->loops[number].hidden);
	mem_free(exits.breaks);
	c->exits = exits.parent;
	c->loop = outer;
	close_scope(c);
}

/* ---- try */

static int add_handler(struct compiler *c, struct plan_handler handler)
{
	struct plan *plan = c->plan;

	if ((size_t)plan->handler_count == c->handler_capacity)
		plan->handlers = mem_grow(plan->handlers, &c->handler_capacity, sizeof(*plan->handlers));
	plan->handlers[plan->handler_count] = handler;
	return plan->handler_count++;
}

static void push_number(struct compiler *c, const struct tree *tree, double fallback)
{
	if (tree)
		compile_tree(c, tree);
	else
		emit_constant(c, value_double(fallback));
}

static void push_backoff(struct compiler *c, const struct retry *retry)
{
	const struct stdlib_backoff *backoff = stdlib_backoff(SLICE("retry.default_backoff"));

	if (retry->backoff) {
		struct slice name = expr_dotted(&c->plan->definition->arena, retry->backoff);

		backoff = name.ptr ? stdlib_backoff(name) : NULL;
		if (!backoff) {
			diags_error(c->diags, expr_span(retry->backoff), "unknown-backoff",
				    "this is no backoff of the library");
			diags_hint(
				c->diags,
				"use ${retry.default_backoff}, or initial_delay, max_delay and multiplier");
			backoff = stdlib_backoff(SLICE("retry.default_backoff"));
		}
	}
	push_number(c, retry->backoff || retry->policy ? NULL : retry->initial_delay, backoff->initial_delay);
	push_number(c, retry->backoff || retry->policy ? NULL : retry->max_delay, backoff->max_delay);
	push_number(c, retry->backoff || retry->policy ? NULL : retry->multiplier, backoff->multiplier);
}

static void hint_policy(struct compiler *c, struct slice name)
{
	const struct stdlib_function *predicate = name.ptr ? stdlib_find(name) : NULL;

	if (predicate || (name.ptr && find_routine(c, name) >= 0))
		diags_hint(c->diags, "this is a predicate: write retry: {predicate: ${%.*s}, max_retries: 5}",
			   SLICE_ARG(name));
	else
		diags_hint(c->diags,
			   "use ${http.default_retry}, ${http.default_retry_non_idempotent}, or a map");
}

/* Returns the operation that jumps when the predicate refuses. */
static int compile_retry(struct compiler *c, const struct retry *retry, int handler, int hidden)
{
	const struct stdlib_policy *policy = NULL;
	int refused;

	c->at = retry->at;
	if (retry->policy) {
		struct slice name = expr_dotted(&c->plan->definition->arena, retry->policy);

		policy = name.ptr ? stdlib_policy(name) : NULL;
		if (!policy) {
			diags_error(c->diags, expr_span(retry->policy), "unknown-policy",
				    "this is no retry policy of the library");
			hint_policy(c, name);
			policy = stdlib_policy(SLICE("http.default_retry"));
		}
	}
	compile_count(c, true);
	emit(c, CODE_LOAD, 0, 0, hidden, 1);
	if (policy)
		compile_predicate_named(c, policy->predicate);
	else if (retry->predicate)
		compile_predicate(c, retry->predicate);
	refused = emit(c, CODE_JUMP_UNLESS, 0, 0, 0, -1);
	if (policy)
		emit_constant(c, value_int(policy->max_retries));
	else
		compile_tree(c, retry->max_retries);
	push_backoff(c, retry);
	emit(c, CODE_RETRY, 0, 0, handler, -4);
	return refused;
}

static void compile_except(struct compiler *c, const struct try_step *attempt, int hidden)
{
	struct scope scope = {0};
	int from = c->plan->units[c->unit].slot_count;

	compile_count(c, true);
	open_scope(c, &scope);
	if (attempt->as.text.ptr) {
		int slot = scope_bring(c, &scope, attempt->as);

		emit(c, CODE_LOAD, 0, 0, hidden, 1);
		emit(c, CODE_STORE, 0, 0, slot, -1);
	}
	scope_declare_block(c, &scope, &attempt->handler);
	compile_block(c, &attempt->handler, false);
	compile_clear(c, from);
	close_scope(c);
}

void compile_try(struct compiler *c, const struct try_step *attempt)
{
	struct plan_handler row = {.unit = c->unit, .hidden = hidden_slots(c, 3)};
	struct place at = c->at;
	int enter = emit(c, CODE_TRY, 0, 0, 0, 0);
	int number, after, refused = -1;

	row.from = c->plan->op_count;
	compile_count(c, true); /* each attempt */
	compile_block(c, &attempt->body, false);
	row.to = c->plan->op_count;
	after = emit(c, CODE_JUMP, 0, 0, 0, 0);
	row.handler = c->plan->op_count;
	/* Added behind the handlers of the body: the first that fits is the innermost. */
	number = add_handler(c, row);
	c->plan->ops[enter].arg = number;
	if (attempt->retry) {
		refused = compile_retry(c, attempt->retry, number, row.hidden);
		emit(c, CODE_JUMP, 0, 0, row.from, 0);
		patch(c, refused);
	}
	c->at = at;
	c->plan->handlers[number].except = c->plan->op_count;
	if (attempt->retry) /* an error of the predicate takes the place of the first (reference, 2.7) */
		add_handler(c, (struct plan_handler){.unit = c->unit,
						     .from = row.handler,
						     .to = c->plan->op_count,
						     .handler = c->plan->op_count,
						     .hidden = row.hidden,
						     .except = c->plan->op_count});
	c->plan->handlers[number].own_from = c->plan->units[c->unit].slot_count;
	if (attempt->has_except)
		compile_except(c, attempt, row.hidden);
	else
		emit(c, CODE_RERAISE, 0, 0, row.hidden, 0);
	c->plan->handlers[number].own_to = c->plan->units[c->unit].slot_count;
	patch(c, after);
}

/* ---- parallel */

/* Compile one branch or iteration as a unit of its own, keeping what belongs to the unit around it. */
static int compile_branch(struct compiler *c, const struct parallel *parallel, enum unit_kind kind,
			  struct name name, const struct loop *loop, const struct block *body,
			  struct plan_fork *fork)
{
	struct compiler around = *c;
	struct scope scope = {.parent = c->scope, .is_unit = true, .parallel = parallel, .at = c->at};
	struct loop_exits exits = {.is_parallel = true};
	int unit = add_unit(c, kind, name.text, c->plan->units[c->unit].routine);

	c->unit = unit;
	c->depth = 0;
	c->loop = -1;
	c->scope = &scope;
	c->labels = NULL;
	c->exits = loop ? &exits : NULL;
	if (loop)
		declare_loop(c, loop, &fork->value, &fork->index);
	compile_unit_body(c, body);
	scope_release(c, &scope);
	c->unit = around.unit;
	c->depth = around.depth;
	c->loop = around.loop;
	c->scope = around.scope;
	c->labels = around.labels;
	c->exits = around.exits;
	return unit;
}

static void check_shared(struct compiler *c, const struct parallel *parallel)
{
	for (size_t i = 0; i < parallel->shared_count; i++) {
		struct name name = parallel->shared[i];
		struct variable known;

		if (!name.text.ptr || is_doubtful(c, name.text))
			continue;
		if (scope_find(c, name.text, &known) && is_before(known.symbol->at, name.at))
			continue;
		diags_error(c->diags, name.at, "unknown-variable",
			    "shared variable \"%.*s\" does not exist before this step", SLICE_ARG(name.text));
		diags_hint(c->diags, "assign it in a step above, for example null");
	}
}

static int add_fork(struct compiler *c, struct plan_fork fork)
{
	struct plan *plan = c->plan;

	if ((size_t)plan->fork_count == c->fork_capacity)
		plan->forks = mem_grow(plan->forks, &c->fork_capacity, sizeof(*plan->forks));
	plan->forks[plan->fork_count] = fork;
	return plan->fork_count++;
}

static void check_limit(struct compiler *c, const struct tree *limit)
{
	struct value constant;

	if (!limit || limit->kind != TREE_EXPR || !fold_tree(limit, &constant))
		return;
	if (constant.kind != VALUE_INT || constant.as.integer < 1)
		diags_error(c->diags, limit->at, "bad-value", "concurrency_limit must be a positive integer");
	value_unref(constant);
}

void compile_parallel(struct compiler *c, const struct parallel *parallel)
{
	const struct loop *loop = parallel->loop;
	struct plan_fork fork = {.has_limit = parallel->concurrency_limit, .is_loop = loop, .index = -1};
	size_t count = loop ? 1 : parallel->branch_count;
	int *units = mem_alloc((count + 1) * sizeof(*units));
	int over = emit(c, CODE_JUMP, 0, 0, 0, 0);

	check_shared(c, parallel);
	check_limit(c, parallel->concurrency_limit);
	if (loop) {
		fork.is_range = loop->range != NULL;
		units[0] = compile_branch(c, parallel, UNIT_ITERATION, (struct name){0}, loop, &loop->body,
					  &fork);
	} else {
		for (size_t i = 0; i < count; i++)
			units[i] = compile_branch(c, parallel, UNIT_BRANCH, parallel->branches[i].name, NULL,
						  &parallel->branches[i].body, &fork);
	}
	patch(c, over);
	fork.units = units;
	fork.unit_count = (int)count;
	if (fork.has_limit)
		compile_tree(c, parallel->concurrency_limit);
	if (loop)
		compile_tree(c, loop_source(loop));
	emit(c, CODE_PARALLEL, 0, 0, add_fork(c, fork), -(int)fork.has_limit - (loop != NULL));
}
