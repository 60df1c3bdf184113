/*
 * execute.c - the operations, one after the other, until the strand waits or ends.
 *
 * An operation that fails leaves what it popped to be dropped with the rest of the stack: an error always
 * empties it (plan.h).
 */
#include "workflow/engine/engine_private.h"

#include <string.h>

static inline enum outcome done(int failed)
{
	return failed ? RAISED : GO;
}

static enum outcome load(const struct run *run, struct frame *frame, const struct op *op,
			 struct value *raised)
{
	const struct frame *home = frame_out(frame, op->level);
	struct value v = home->slots[op->arg];

	if (v.kind == (enum value_kind)VALUE_UNSET) {
		struct slice name = run->plan->units[home->unit].variables[op->arg].text;

		return done(raise_error(raised, "KeyError", "variable \"%.*s\" has not been assigned",
					SLICE_ARG(name)));
	}
	push(frame, value_ref(v));
	return GO;
}

static enum outcome unary(struct frame *frame, const struct op *op, struct value *raised)
{
	struct value *operand = &frame->stack[frame->depth - 1];
	struct value result;

	if (expr_unary((enum expr_op)op->arg, *operand, &result, raised) < 0)
		return RAISED;
	value_set(operand, result);
	return GO;
}

static enum outcome binary(struct run *run, struct frame *frame, const struct op *op, struct value *raised)
{
	struct value *left = &frame->stack[frame->depth - 2];
	struct value result;

	if (expr_binary((enum expr_op)op->arg, left[0], left[1], &result, raised) < 0)
		return RAISED;
	if (result.kind == VALUE_STRING && !string_fits(run, value_len(result), raised)) {
		value_unref(result);
		return RAISED;
	}
	value_unref(pop(frame));
	value_set(left, result);
	return GO;
}

static enum outcome member(const struct run *run, struct frame *frame, const struct op *op,
			   struct value *raised)
{
	struct value *map = &frame->stack[frame->depth - 1];
	struct value result;

	if (expr_member(*map, value_text(run->plan->constants[op->arg]), &result, raised) < 0)
		return RAISED;
	value_set(map, result);
	return GO;
}

static enum outcome at_index(struct frame *frame, struct value *raised)
{
	struct value *container = &frame->stack[frame->depth - 2];
	struct value result;

	if (expr_index(container[0], container[1], &result, raised) < 0)
		return RAISED;
	value_unref(pop(frame));
	value_set(container, result);
	return GO;
}

static enum outcome map_put(struct frame *frame, struct value *raised)
{
	struct value *map = &frame->stack[frame->depth - 3];
	struct value key = map[1];

	if (key.kind != VALUE_STRING)
		return done(raise_error(raised, "TypeError", "a map key must be a string; got: %s",
					value_kind_name(key.kind)));
	value_map_set(map, value_text(key), pop(frame));
	value_unref(pop(frame));
	return GO;
}

static enum outcome logic(struct frame *frame, const struct op *op, bool decides, struct value *raised)
{
	struct value left = frame->stack[frame->depth - 1];

	if (left.kind != VALUE_BOOL)
		return done(raise_error(raised, "TypeError", "\"%s\" needs booleans; got: %s",
					op->code == CODE_AND ? "and" : "or", value_kind_name(left.kind)));
	if (left.as.boolean == decides)
		frame->pc = op->arg;
	else
		frame->depth--;
	return GO;
}

static enum outcome demand_bool(struct frame *frame, struct value *raised)
{
	struct value v = frame->stack[frame->depth - 1];

	if (v.kind == VALUE_BOOL)
		return GO;
	return done(raise_error(raised, "TypeError", "a boolean is needed here; got: %s",
				value_kind_name(v.kind)));
}

static enum outcome jump_unless(struct frame *frame, const struct op *op, struct value *raised)
{
	if (demand_bool(frame, raised) == RAISED)
		return RAISED;
	if (!pop(frame).as.boolean)
		frame->pc = op->arg;
	return GO;
}

static enum outcome call_library(struct strand *strand, struct frame *frame, const struct op *op,
				 struct value *raised)
{
	const struct stdlib_function *function = strand->run->plan->functions[op->arg];
	struct stdlib_context context = {.env = strand->run->env,
					 .connectors = strand->run->connectors,
					 .patterns = strand->run->patterns};
	struct value result;

	if (op->level && !count_steps(strand->run, 1, raised))
		return RAISED;
	if (function->kind == STDLIB_OBSERVE) {
		if (observe(strand, function, &result) < 0)
			return WAITS;
	} else if (function->kind == STDLIB_SECRET) {
		enum outcome outcome = secret_read(strand, &frame->stack[frame->depth - op->count], &result, raised);

		if (outcome != GO)
			return outcome;
	} else if (function->call(&context, &frame->stack[frame->depth - op->count], &result, raised) < 0) {
		return RAISED;
	} else if (function->kind == STDLIB_ENDPOINT) {
		enum outcome outcome = endpoint_open(strand, function, result, &result, raised);

		if (outcome != GO)
			return outcome;
	}
	for (int i = 0; i < op->count; i++)
		value_unref(pop(frame));
	push(frame, result);
	return done(!strings_fit(strand->run, result, raised));
}

static enum outcome call_routine(struct strand *strand, struct frame *frame, const struct op *op,
				 struct value *raised)
{
	struct run *run = strand->run;
	int levels = run->plan->units[op->arg].is_builtin ? 0 : 1;
	struct frame *callee;

	if (op->level && !count_steps(run, 1, raised))
		return RAISED;
	if (strand->call_depth + levels > run->limits.call_depth)
		return done(raise_error(raised, "RecursionError",
					"more than %lld levels of calls (limit call_depth)",
					(long long)run->limits.call_depth));
	callee = frame_new(run->plan, op->arg);
	for (int i = op->count; i-- > 0;)
		slot_set(run, callee, i, pop(frame));
	callee->caller = frame;
	strand->top = callee;
	strand->call_depth += levels;
	raise_peak(&run->figures.call_depth_peak, strand->call_depth);
	return GO;
}

static enum outcome give_back(struct strand *strand, struct frame *frame)
{
	struct value result = pop(frame);
	struct frame *caller = frame->caller;

	if (strand->run->watch)
		watch_gone(strand->run, frame, NULL);
	if (!caller) {
		strand_ended(strand, result, (struct value){.kind = (enum value_kind)VALUE_UNSET},
			     value_null());
		return ENDED;
	}
	strand->top = caller;
	strand->call_depth -= !is_builtin(strand->run, frame);
	frame_free(strand->run, frame);
	push(caller, result);
	if (strand->run->call_log)
		call_returned(strand);
	return GO;
}

static enum outcome step(struct strand *strand, struct frame *frame, const struct op *op,
			 struct value *raised)
{
	if (!count_steps(strand->run, op->count, raised))
		return RAISED;
	if (strand->run->changes)
		changes_apply(strand, frame, op->arg);
	if (strand->run->watch && strand->run->status == RUN_GOES_ON)
		watch_step(strand, frame, op->arg);
	return strand->run->status == RUN_GOES_ON ? GO : WAITS;
}

static enum outcome reraise(struct strand *strand, struct frame *frame, const struct op *op)
{
	return unwind(strand, value_ref(frame->slots[op->arg]), value_ref(frame->slots[op->arg + 1]));
}

static enum outcome list_push(struct frame *frame)
{
	value_list_push(&frame->stack[frame->depth - 2], frame->stack[frame->depth - 1]);
	frame->depth--;
	return GO;
}

static void arrange(const struct run *run, struct frame *frame, const struct op *op)
{
	struct value order = run->plan->constants[op->arg];
	struct value *values = &frame->stack[frame->depth - op->count];
	struct value arranged[PLAN_MAX_ARRANGED];

	for (size_t i = 0; i < op->count; i++)
		arranged[value_list_at(order, i)->as.integer] = values[i];
	memcpy(values, arranged, op->count * sizeof(*values));
}

/* The operations in three groups, in the order of plan.h: on values, on variables and the world, on the way that is taken. */

static inline enum outcome compute(struct strand *strand, struct frame *frame, const struct op *op,
				   struct value *raised)
{
	struct run *run = strand->run;

	switch ((enum code)op->code) {
	case CODE_CONSTANT:
		push(frame, value_ref(run->plan->constants[op->arg]));
		return GO;
	case CODE_LOAD:
		return load(run, frame, op, raised);
	case CODE_UNARY:
		return unary(frame, op, raised);
	case CODE_BINARY:
		return binary(run, frame, op, raised);
	case CODE_MEMBER:
		return member(run, frame, op, raised);
	case CODE_INDEX:
		return at_index(frame, raised);
	case CODE_LIST_NEW:
		push(frame, value_list_new(0));
		return GO;
	case CODE_LIST_PUSH:
		return list_push(frame);
	case CODE_MAP_NEW:
		push(frame, value_map_new());
		return GO;
	case CODE_MAP_PUT:
		return map_put(frame, raised);
	case CODE_AND:
	case CODE_OR:
		return logic(frame, op, op->code == CODE_OR, raised);
	case CODE_BOOL:
		return demand_bool(frame, raised);
	case CODE_POP:
		value_unref(pop(frame));
		return GO;
	case CODE_ARRANGE:
		arrange(run, frame, op);
		return GO;
	default:
		return ENDED;
	}
}

static inline enum outcome act(struct strand *strand, struct frame *frame, const struct op *op,
			       struct value *raised)
{
	switch ((enum code)op->code) {
	case CODE_CALL_LIBRARY:
		return call_library(strand, frame, op, raised);
	case CODE_CALL_ROUTINE:
		return call_routine(strand, frame, op, raised);
	case CODE_EFFECT:
		return effect_call(strand, frame, op, raised);
	case CODE_LOG:
		return log_call(strand, frame, op, raised);
	case CODE_STORE:
		return store(strand, frame, op, raised);
	case CODE_STORE_PATH:
		return store_path(strand, frame, op, raised);
	case CODE_APPEND_ITEM:
		return append_item(strand, frame, op, raised);
	case CODE_APPEND_TEXT:
		return append_text(strand, frame, op, raised);
	case CODE_CLEAR:
		clear_slots(strand->run, frame, op->arg, op->arg + op->count);
		return GO;
	default:
		return ENDED;
	}
}

static inline enum outcome move(struct strand *strand, struct frame *frame, const struct op *op,
				struct value *raised)
{
	struct run *run = strand->run;
	const struct plan *plan = run->plan;

	switch ((enum code)op->code) {
	case CODE_STEP:
		return step(strand, frame, op, raised);
	case CODE_COUNT:
		return done(!count_steps(run, op->arg, raised));
	case CODE_JUMP:
		frame->pc = op->arg;
		return GO;
	case CODE_JUMP_UNLESS:
		return jump_unless(frame, op, raised);
	case CODE_RETURN:
		return give_back(strand, frame);
	case CODE_RAISE:
		*raised = pop(frame);
		return RAISED;
	case CODE_RERAISE:
		return reraise(strand, frame, op);
	case CODE_FOR_LIST:
	case CODE_FOR_RANGE:
		return for_begin(strand, frame, op->arg, raised);
	case CODE_FOR_NEXT:
		return done(for_next(run, frame, &plan->loops[op->arg]) && !count_steps(run, 1, raised));
	case CODE_TRY:
		value_set(&frame->slots[plan->handlers[op->arg].hidden + 2], value_int(0));
		return GO;
	case CODE_RETRY:
		return retry(strand, frame, &plan->handlers[op->arg], raised);
	case CODE_PARALLEL:
		return fork_begin(strand, frame, &plan->forks[op->arg], raised);
	default:
		assert(0 && "a known operation");
		return ENDED;
	}
}

/* A call while calls are logged: those that are over at once are told of here, others where their result comes. */
static enum outcome call_logged(struct strand *strand, struct frame *frame, const struct op *op, struct value *raised)
{
	enum outcome outcome;

	call_begins(strand, frame);
	outcome = act(strand, frame, op, raised);
	if (outcome == GO && strand->top == frame)
		call_returned(strand);
	return outcome;
}

static inline enum outcome perform(struct strand *strand, struct frame *frame, const struct op *op,
				   struct value *raised)
{
	if (op->code <= CODE_ARRANGE)
		return compute(strand, frame, op, raised);
	if (op->code <= CODE_LOG && strand->run->call_log)
		return call_logged(strand, frame, op, raised);
	if (op->code <= CODE_CLEAR)
		return act(strand, frame, op, raised);
	return move(strand, frame, op, raised);
}

void strand_execute(struct strand *strand)
{
	struct run *run = strand->run;
	enum outcome outcome = GO;

	while (outcome == GO) {
		struct frame *frame = strand->top;
		struct value raised;

		if (run->watch) {
			watch_op(strand);
			if (run->status != RUN_GOES_ON)
				return;
		}
		outcome = perform(strand, frame, &run->plan->ops[frame->pc++], &raised);
		if (outcome == RAISED)
			outcome = unwind(strand, raised, trace_new(strand));
	}
}
