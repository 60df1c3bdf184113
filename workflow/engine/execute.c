/*
 * execute.c - the operations, one after the other, until the strand waits or ends.
 *
 * An operation that fails leaves what it popped to be dropped with the rest of the stack: an error always
 * empties it (plan.h).
 */
#include "workflow/engine/engine_private.h"

#include <string.h>

static struct frame *frame_out(struct frame *frame, int level)
{
	while (level--)
		frame = frame->outer;
	return frame;
}

static inline enum outcome done(int failed)
{
	return failed ? RAISED : GO;
}

static enum outcome load(const struct run *run, struct frame *frame, const struct op *op,
			 struct value *raised)
{
	const struct frame *home = op->level ? frame_out(frame, op->level) : frame;
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

static enum outcome binary(struct frame *frame, const struct op *op, struct value *raised)
{
	struct value *left = &frame->stack[frame->depth - 2];
	struct value result;

	if (expr_binary((enum expr_op)op->arg, left[0], left[1], &result, raised) < 0)
		return RAISED;
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
	return GO;
}

static enum outcome call_routine(struct strand *strand, struct frame *frame, const struct op *op,
				 struct value *raised)
{
	struct run *run = strand->run;
	int levels = run->plan->units[op->arg].is_builtin ? 0 : 1;
	struct frame *callee;

	if (strand->call_depth + levels > run->limits.call_depth)
		return done(raise_error(raised, "RecursionError",
					"more than %lld levels of calls (limit call_depth)",
					(long long)run->limits.call_depth));
	callee = frame_new(run->plan, op->arg);
	for (int i = op->count; i-- > 0;)
		callee->slots[i] = pop(frame);
	callee->caller = frame;
	strand->top = callee;
	strand->call_depth += levels;
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
	frame_free(frame);
	push(caller, result);
	return GO;
}

static enum outcome store(struct strand *strand, struct frame *frame, const struct op *op,
			  struct value *raised)
{
	struct run *run = strand->run;
	struct frame *home = op->level ? frame_out(frame, op->level) : frame;
	struct value *slot = &home->slots[op->arg];
	size_t before = slot->kind == (enum value_kind)VALUE_UNSET ? 0 : value_size(*slot);
	size_t after;

	value_set(slot, pop(frame));
	if (run->watch)
		watch_store(strand, home, op->arg);
	after = value_size(*slot);
	return memory_fits(run, after > before ? after - before : 0, raised) ? GO : RAISED;
}

/* Where a key leads: *next is NULL for what is missing in a map, and from a missing map on. -1: no such
 * place. */
static int look(const struct value *place, bool is_first, struct value key, const struct value **next,
		struct value *raised)
{
	/* A map that is missing on the way is made (reference, 2.2), and null counts as missing. */
	bool missing = !place || (place->kind == VALUE_NULL && !is_first);

	*next = NULL;
	if (!missing && place->kind == VALUE_LIST) {
		if (key.kind != VALUE_INT)
			return raise_error(raised, "TypeError", "a list index must be an integer; got: %s",
					   value_kind_name(key.kind));
		if (key.as.integer < 0 || (uint64_t)key.as.integer >= value_len(*place))
			return raise_error(raised, "IndexError", "Index out of range");
		*next = value_list_at(*place, (size_t)key.as.integer);
		return 0;
	}
	if (key.kind != VALUE_STRING || (!missing && place->kind != VALUE_MAP))
		return raise_error(raised, "TypeError", "a member can be assigned in a map or list; got: %s",
				   missing ? "null"
				   : place->kind == (enum value_kind)VALUE_UNSET
					   ? "an unassigned variable"
					   : value_kind_name(place->kind));
	if (!missing)
		*next = value_map_get(*place, value_text(key));
	return 0;
}

/* The place itself, to be changed; what is missing on the way is made. After look found nothing wrong. */
static struct value *descend(struct value *place, struct value key)
{
	if (place->kind == VALUE_LIST)
		return value_list_change(place, (size_t)key.as.integer);
	if (place->kind == VALUE_NULL)
		*place = value_map_new();
	if (!value_map_get(*place, value_text(key)))
		value_map_set(place, value_text(key), value_null());
	return value_map_change(place, value_text(key));
}

/* Look first, then change: what fails leaves everything as it was. */
static enum outcome store_path(struct strand *strand, struct frame *frame, const struct op *op,
			       struct value *raised)
{
	struct run *run = strand->run;
	struct frame *home = op->level ? frame_out(frame, op->level) : frame;
	struct value *operands = &frame->stack[frame->depth - 1 - op->count];
	struct value *place = &home->slots[op->arg];
	const struct value *seen = place;
	size_t added = value_size(operands[0]);

	for (int i = 1; i <= op->count; i++) {
		if (look(seen, i == 1, operands[i], &seen, raised) < 0)
			return RAISED;
	}
	for (int i = 1; i <= op->count; i++)
		place = descend(place, operands[i]);
	value_set(place, operands[0]);
	if (run->watch)
		watch_store(strand, home, op->arg);
	for (int i = 0; i < op->count; i++)
		value_unref(pop(frame));
	frame->depth--;
	return memory_fits(run, added, raised) ? GO : RAISED;
}

static enum outcome step(struct strand *strand, struct frame *frame, const struct op *op,
			 struct value *raised)
{
	if (!count_step(strand->run, raised))
		return RAISED;
	if (strand->run->watch)
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

static inline enum outcome perform(struct strand *strand, struct frame *frame, const struct op *op,
				   struct value *raised)
{
	struct run *run = strand->run;
	const struct plan *plan = run->plan;

	switch ((enum code)op->code) {
	case CODE_CONSTANT:
		push(frame, value_ref(plan->constants[op->arg]));
		return GO;
	case CODE_LOAD:
		return load(run, frame, op, raised);
	case CODE_UNARY:
		return unary(frame, op, raised);
	case CODE_BINARY:
		return binary(frame, op, raised);
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
	case CODE_STEP:
		return step(strand, frame, op, raised);
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
		if (!count_step(run, raised))
			return RAISED;
		for_next(frame, &plan->loops[op->arg]);
		return GO;
	case CODE_TRY:
		value_set(&frame->slots[plan->handlers[op->arg].hidden + 2], value_int(0));
		return GO;
	case CODE_RETRY:
		return retry(strand, frame, &plan->handlers[op->arg], raised);
	case CODE_PARALLEL:
		return fork_begin(strand, frame, &plan->forks[op->arg], raised);
	}
	assert(0 && "a known operation");
	return ENDED;
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
