/*
 * call_log.c - what call steps call, and what comes of it, in the shape of EngineCallLog (reference, 11.7).
 *
 *	BEGUN -> SUCCEEDED
 *	      -> EXCEPTION_RAISED [-> EXCEPTION_HANDLED, when a try of the same routine takes it]
 *
 * Whatever is replayed is not told again. Nothing here changes the run or its events: the times of a line are for people.
 */
#include "workflow/engine/engine_private.h"

#include "lib/clock/clock.h"
#include "lib/json/json.h"
#include "workflow/connector/connector.h"

#include <string.h>
#include <strings.h>

enum { TEXT_MAX = 4096 }; /* bytes of an argument, a response, a message */

void run_log_calls(struct run *run, enum call_log level)
{
	run->call_log = run->host->called ? level : CALL_LOG_NONE;
}

/* The call step whose operation is before the frame's pc, or NULL. */
static const struct plan_call *find_call(const struct plan *plan, const struct frame *frame)
{
	int from = 0, to = plan->call_count;

	while (from < to) {
		int middle = from + (to - from) / 2;

		if (plan->calls[middle].op < frame->pc - 1)
			from = middle + 1;
		else
			to = middle;
	}
	return from < plan->call_count && plan->calls[from].op == frame->pc - 1 ? &plan->calls[from] : NULL;
}

static bool is_live(const struct run *run)
{
	return run->past_next >= run->past_count && run->status == RUN_GOES_ON;
}

/* ---- what may be shown */

/* Without the values of Authorization headers, wherever they are. `v` is not nested too deeply. Taken. */
static struct value redacted(struct value v)
{
	struct value copy;

	if (v.kind != VALUE_MAP && v.kind != VALUE_LIST)
		return v;
	copy = v.kind == VALUE_MAP ? value_map_new() : value_list_new(value_len(v));
	for (size_t i = 0; i < value_len(v); i++) {
		struct slice key = v.kind == VALUE_MAP ? value_map_key(v, i) : SLICE("");

		if (v.kind == VALUE_LIST)
			value_list_push(&copy, redacted(value_ref(*value_list_at(v, i))));
		else if (key.len == 13 && strncasecmp(key.ptr, "Authorization", 13) == 0)
			value_map_set(&copy, key, value_string_z("[redacted]"));
		else
			value_map_set(&copy, key, redacted(value_ref(*value_map_at(v, i))));
	}
	value_unref(v);
	return copy;
}

/* Masked before it is cut: half of a secret would not be found. Owned by the caller. */
static struct value shown(const struct run *run, struct value v)
{
	struct value plain = shown_error(v);
	struct value masked = run_masked(run, plain);

	value_unref(plain);
	return redacted(masked);
}

static struct value cut(struct slice text)
{
	size_t end = TEXT_MAX;

	if (text.len <= TEXT_MAX)
		return value_string(text);
	while (end > 0 && ((unsigned char)text.ptr[end] & 0xc0) == 0x80)
		end--;
	return value_stringf("%.*s ... (cut off)", SLICE_ARG(slice_sub(text, 0, end)));
}

/* As JSON in a text, which bytes have a form in, too. */
static struct value serialized(const struct run *run, struct value v)
{
	struct value plain = shown(run, v), result;
	struct buf text;

	buf_init(&text, 0);
	journal_encode(&text, plain);
	result = cut(buf_slice(&text));
	buf_release(&text);
	value_unref(plain);
	return result;
}

/* A named argument is the value itself, or the beginning of its text. */
static struct value named(const struct run *run, struct value v)
{
	struct value plain = shown(run, v), result;
	struct buf text;

	buf_init(&text, 0);
	journal_encode(&text, plain);
	if (text.len > TEXT_MAX || json_read(buf_slice(&text), &result, NULL) < 0)
		result = cut(buf_slice(&text));
	buf_release(&text);
	value_unref(plain);
	return result;
}

static struct value positional(const struct run *run, struct value v)
{
	struct value argument = value_map_new(), plain;

	if (v.kind == VALUE_STRING) {
		plain = shown(run, v);
		value_put(&argument, "argument", cut(value_text(plain)));
		value_unref(plain);
	} else {
		value_put(&argument, "argument", serialized(run, v));
	}
	return argument;
}

static struct value message_of(const struct run *run, struct value raised)
{
	struct value plain = shown(run, raised), result;
	struct buf text;

	buf_init(&text, 0);
	error_head(&text, plain);
	result = cut(buf_slice(&text));
	buf_release(&text);
	value_unref(plain);
	return result;
}

static struct value time_text(int64_t wall_us)
{
	char text[CLOCK_TEXT_SIZE];

	return value_string_z(clock_format_utc(wall_us, text));
}

/* ---- the arguments, which stand on the stack in the order of the parameters */

static struct slice parameter(const struct plan *plan, const struct op *op, size_t i)
{
	const struct routine *routine;

	if (op->code != CODE_CALL_ROUTINE)
		return slice_of(plan->functions[op->arg]->params[i].name);
	routine = plan->units[op->arg].is_builtin ? &plan->builtin->routines[op->arg - plan->first_builtin]
						  : &plan->definition->routines[op->arg];
	return routine->params[i].name.text;
}

static void put_named(const struct run *run, struct value *map, const struct op *op, const struct value *args,
		      struct slice name)
{
	for (size_t i = 0; i < op->count; i++) {
		if (slice_equal(parameter(run->plan, op, i), name))
			value_map_set(map, name, named(run, args[i]));
	}
}

static struct value arguments(const struct run *run, const struct call *call, const struct op *op,
			      const struct value *args)
{
	bool is_connector = connector_is_name(call->callee.text) && !connector_helper(call->callee.text);
	bool is_positional = call->args_kind == ARGS_POSITIONAL;
	struct value list = value_list_new(0), map = value_map_new(), begun = value_map_new();

	for (size_t i = 0; i < call->arg_count; i++) {
		struct slice name = is_positional ? SLICE("") : call->arg_names[i].text;
		const struct value *given = is_connector ? value_map_get(args[1], name) : NULL; /* (name, args) */

		if (is_positional)
			value_list_push(&list, positional(run, args[i]));
		else if (given)
			value_map_set(&map, name, named(run, *given));
		else
			put_named(run, &map, op, args, name);
	}
	value_put(&begun, is_positional ? "args" : "namedArgs", is_positional ? value_ref(list) : value_ref(map));
	value_unref(list);
	value_unref(map);
	return begun;
}

/* ---- the lines */

/* `member` names what is special to the state; `detail` is taken. */
static void tell(struct run *run, const struct frame *frame, const struct call *call, const char *state,
		 const char *member, struct value detail)
{
	int step = frame_step(run->plan, frame);
	struct value line = value_map_new();

	value_put(&line, "activityTime", time_text(run->host->wall_us(run->host->ctx)));
	value_put(&line, "state", value_string_z(state));
	value_put(&line, "step", value_string(step < 0 ? SLICE("") : run->plan->steps[step].name));
	value_put(&line, "callee", value_string(call->callee.text));
	value_put(&line, member, detail);
	run->host->called(run->host->ctx, run, line);
	value_unref(line);
}

/* What an earlier process called began when the history says that it was there; replay asks no clock (J4). */
void call_begins(struct strand *strand, struct frame *frame)
{
	struct run *run = strand->run;
	const struct plan_call *call = find_call(run->plan, frame);
	const struct op *op = &run->plan->ops[frame->pc - 1];

	if (!call)
		return;
	if (!is_live(run)) {
		frame->called_us = run->now_us ? run->now_us : run->started_us;
		return;
	}
	frame->called_us = run->host->wall_us(run->host->ctx);
	if (run->call_log == CALL_LOG_ALL)
		tell(run, frame, call->call, "BEGUN", "begun",
		     arguments(run, call->call, op, &frame->stack[frame->depth - op->count]));
}

void call_returned(struct strand *strand)
{
	struct run *run = strand->run;
	const struct frame *frame = strand->top;
	const struct plan_call *call = find_call(run->plan, frame);
	struct value detail;

	if (!call || run->call_log != CALL_LOG_ALL || !is_live(run))
		return;
	detail = value_map_new();
	value_put(&detail, "callStartTime", time_text(frame->called_us));
	value_put(&detail, "response", serialized(run, frame->stack[frame->depth - 1]));
	tell(run, frame, call->call, "SUCCEEDED", "succeeded", detail);
}

void call_raised(struct strand *strand, struct value raised, struct value trace, bool is_handled)
{
	struct run *run = strand->run;
	const struct frame *frame = strand->top;
	const struct plan_call *call = find_call(run->plan, frame);
	struct value detail;

	if (!call || !is_live(run))
		return;
	detail = value_map_new();
	value_put(&detail, "callStartTime", time_text(frame->called_us));
	value_put(&detail, "exception", message_of(run, raised));
	if (value_len(trace) > 0)
		value_put(&detail, "origin", value_string(value_get_text(*value_list_at(trace, 0), "step")));
	tell(run, frame, call->call, "EXCEPTION_RAISED", "exceptionRaised", value_ref(detail));
	if (is_handled)
		tell(run, frame, call->call, "EXCEPTION_HANDLED", "exceptionHandled", value_ref(detail));
	value_unref(detail);
}
