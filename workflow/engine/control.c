/* control.c - loops, retry and the way of an error to whoever catches it. */
#include "workflow/engine/engine_private.h"

#include <math.h>

/* ---- for: hidden slots hold the list or the range's begin, the count, the next index */

static double number_at(struct value list, size_t i)
{
	return value_number(*value_list_at(list, i));
}

int range_bounds(struct value list, struct value *first, int64_t *count, struct value *raised)
{
	double span;

	if (list.kind != VALUE_LIST || value_len(list) != 2 || !value_is_number(*value_list_at(list, 0)) ||
	    !value_is_number(*value_list_at(list, 1)))
		return raise_error(raised, "TypeError", "a range is a list of two numbers");
	*first = *value_list_at(list, 0);
	span = floor(number_at(list, 1) - number_at(list, 0)) + 1;
	if (first->kind == VALUE_INT && value_list_at(list, 1)->kind == VALUE_INT) {
		int64_t from = first->as.integer;
		int64_t to = value_list_at(list, 1)->as.integer;

		if (__builtin_sub_overflow(to, from, count) || __builtin_add_overflow(*count, 1, count))
			return raise_error(raised, "ValueError", "the range is too long");
		*count = *count > 0 ? *count : 0;
		return 0;
	}
	if (!(span < 9e15))
		return raise_error(raised, "ValueError", "the range is too long");
	*count = span > 0 ? (int64_t)span : 0;
	return 0;
}

struct value range_at(struct value first, int64_t i)
{
	return first.kind == VALUE_INT ? value_int(first.as.integer + i)
				       : value_double(first.as.number + (double)i);
}

enum outcome for_begin(struct strand *strand, struct frame *frame, int number, struct value *raised)
{
	const struct plan_loop *loop = &strand->run->plan->loops[number];
	struct value *hidden = &frame->slots[loop->hidden];
	struct value list = frame->stack[frame->depth - 1];
	struct value first = list;
	int64_t count;

	if (!loop->is_range && list.kind != VALUE_LIST) {
		raise_error(raised, "TypeError", "\"in\" of a loop must be a list; got: %s",
			    value_kind_name(list.kind));
		return RAISED;
	}
	count = (int64_t)value_len(list);
	if (loop->is_range && range_bounds(list, &first, &count, raised) < 0)
		return RAISED;
	value_set(&hidden[0], value_ref(first));
	value_set(&hidden[1], value_int(count));
	value_set(&hidden[2], value_int(0));
	value_unref(pop(frame));
	return GO;
}

bool for_next(struct run *run, struct frame *frame, const struct plan_loop *loop)
{
	struct value *hidden = &frame->slots[loop->hidden];
	int64_t i = hidden[2].as.integer;

	if (i >= hidden[1].as.integer) {
		frame->pc = loop->exit; /* where a CLEAR empties what belongs to the loop */
		return false;
	}
	clear_slots(run, frame, loop->body_from, loop->body_to);
	slot_set(run, frame, loop->value,
		 loop->is_range ? range_at(hidden[0], i) : value_ref(*value_list_at(hidden[0], (size_t)i)));
	if (loop->index >= 0)
		slot_set(run, frame, loop->index, value_int(i));
	hidden[2] = value_int(i + 1);
	return true;
}

/* ---- retry (reference, 2.7): delay before retry n is min(initial * multiplier^(n-1), max) seconds */

/* The event tells people of the error and of the attempt; a strand that waits holds on to neither, since the next
 * attempt raises an error of its own. `hidden`: error, trace, attempts. */
static void wait_for_retry(struct strand *strand, struct value *hidden, double delay, struct value max_retries)
{
	struct value request = value_map_new(), wait = value_map_new();

	value_put(&wait, "seconds", value_double(delay));
	value_put(&request, "seconds", value_double(delay));
	value_put(&request, "attempt", value_ref(hidden[2]));
	value_put(&request, "max_retries", max_retries);
	value_put(&request, "error", shown_error(hidden[0]));
	effect_announce(strand, EFFECT_SLEEP, "retry", request, true);
	value_set(&strand->effect->request, wait);
	value_set(&hidden[0], value_null());
	value_set(&hidden[1], value_null());
}

enum outcome retry(struct strand *strand, struct frame *frame, const struct plan_handler *handler,
		   struct value *raised)
{
	const struct value *policy = &frame->stack[frame->depth - 4];
	struct value *attempts = &frame->slots[handler->hidden + 2];
	double delay;

	for (int i = 0; i < 4; i++) {
		if (!value_is_number(policy[i])) {
			raise_error(raised, "TypeError", "a retry policy is made of numbers; got: %s",
				    value_kind_name(policy[i].kind));
			return RAISED;
		}
	}
	if ((double)attempts->as.integer >= value_number(policy[0])) {
		frame->depth -= 4;
		frame->pc = handler->except;
		return GO;
	}
	delay = value_number(policy[1]) * pow(value_number(policy[3]), (double)attempts->as.integer);
	if (delay > value_number(policy[2]))
		delay = value_number(policy[2]);
	attempts->as.integer++;
	frame->depth -= 4; /* numbers: nothing to drop */
	wait_for_retry(strand, &frame->slots[handler->hidden], delay > 0 ? delay : 0, policy[0]);
	return WAITS;
}

/* ---- errors */

static const struct plan_handler *find_handler(const struct plan *plan, const struct frame *frame)
{
	int at = frame->pc - 1;

	for (int i = 0; i < plan->handler_count; i++) {
		const struct plan_handler *handler = &plan->handlers[i];

		if (handler->unit == frame->unit && handler->from <= at && at < handler->to)
			return handler;
	}
	return NULL;
}

static void empty_stack(struct frame *frame)
{
	while (frame->depth)
		value_unref(pop(frame));
}

enum outcome unwind(struct strand *strand, struct value raised, struct value trace)
{
	struct run *run = strand->run;

	for (;;) {
		struct frame *frame = strand->top;
		const struct plan_handler *handler = run->over_limit ? NULL : find_handler(run->plan, frame);

		if (run->call_log)
			call_raised(strand, raised, trace, handler != NULL);
		if (handler) {
			empty_stack(frame);
			clear_slots(run, frame, handler->own_from, handler->own_to);
			value_set(&frame->slots[handler->hidden], raised);
			value_set(&frame->slots[handler->hidden + 1], trace);
			frame->pc = handler->handler;
			if (run->watch)
				watch_caught(run, frame, frame->slots[handler->hidden]);
			return GO;
		}
		if (run->watch)
			watch_gone(run, frame, &raised);
		if (!frame->caller)
			break;
		strand->top = frame->caller;
		strand->call_depth -= !is_builtin(run, frame);
		frame_free(run, frame);
	}
	strand_ended(strand, value_null(), raised, trace);
	return ENDED;
}
