/*
 * effect.c - asking the world: announce, wait, take the answer; observations and log lines in passing.
 *
 *	announce -> EVENT_ANNOUNCED, host->perform;   answer -> EVENT_ANSWERED, the strand is ready
 */
#include "workflow/engine/engine_private.h"

#include "lib/json/json.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct value step_name(const struct run *run, int step)
{
	struct buf name;
	struct value result;

	if (step < 0)
		return value_null();
	buf_init(&name, 0);
	plan_step_name(run->plan, step, &name);
	result = value_string(buf_slice(&name));
	buf_release(&name);
	return result;
}

/* ---- what the journal keeps of a request: no credentials, text where bytes are text */

static struct value shown_headers(struct value headers)
{
	struct value shown = value_ref(headers);

	for (size_t i = 0; i < value_len(headers); i++) {
		struct slice name = value_map_key(headers, i);

		if (name.len == 13 && strncasecmp(name.ptr, "Authorization", 13) == 0)
			value_map_set(&shown, name, value_string_z("[redacted]"));
	}
	return shown;
}

static struct value shown_request(struct value request)
{
	struct value shown = value_ref(request);
	const struct value *headers = value_get(request, "headers");
	const struct value *body = value_get(request, "body");

	if (headers && headers->kind == VALUE_MAP)
		value_put(&shown, "headers", shown_headers(*headers));
	if (body && body->kind == VALUE_BYTES && utf8_is_valid(value_text(*body)))
		value_put(&shown, "body", value_string(value_text(*body)));
	return shown;
}

static struct value announcement(struct strand *strand, const struct effect *effect, const char *function)
{
	struct run *run = strand->run;
	struct value content = value_map_new();

	value_put(&content, "function", value_string_z(function));
	value_put(&content, "step", step_name(run, effect->step));
	value_put(&content, "iteration", iteration_of(strand, strand->top));
	value_put(&content, "request", shown_request(effect->request));
	return content;
}

static void link_effect(struct run *run, struct effect *effect)
{
	effect->previous = run->last_effect;
	if (effect->previous)
		effect->previous->next = effect;
	else
		run->effects = effect;
	run->last_effect = effect;
}

void effect_announce(struct strand *strand, enum effect_kind kind, const char *function, struct value request,
		     bool in_passing)
{
	struct run *run = strand->run;
	struct effect *effect = mem_new(sizeof(*effect));
	struct value content;
	const struct past *past;

	effect->run = run;
	effect->strand = strand;
	effect->number = run->next_effect++;
	effect->kind = kind;
	effect->request = request;
	effect->step = frame_step(run->plan, strand->top);
	effect->in_passing = in_passing;
	strand->effect = effect;
	strand->state = STRAND_WAITING;
	link_effect(run, effect);
	run->figures.effects++;

	content = announcement(strand, effect, function);
	past = produce(run, EVENT_ANNOUNCED, strand->id, effect->number, content, &effect->announced_us,
		       &effect->ticket);
	value_unref(content);
	if (run->watch && run->status == RUN_GOES_ON)
		watch_effect(effect, function);
	if (run->status != RUN_GOES_ON || (kind == EFFECT_AWAIT && callback_take(effect)))
		return;
	if (!past)
		run->host->perform(run->host->ctx, effect);
}

/* The journal holds JSON, whose depth is bounded: what is nested deeper raises. Drops `v` then. */
static bool is_unrecordable(struct value v, struct value *raised)
{
	if (!expr_is_too_deep(v))
		return false;
	raise_error(raised, "ValueError", "a value is nested too deeply to be sent or logged");
	value_unref(v);
	return true;
}

static enum effect_kind effect_kind_of(const struct stdlib_function *function)
{
	if (function->kind == STDLIB_HTTP)
		return EFFECT_HTTP;
	if (function->kind == STDLIB_AWAIT)
		return EFFECT_AWAIT;
	return function->kind == STDLIB_CHILD ? EFFECT_CHILD : EFFECT_SLEEP;
}

enum outcome effect_call(struct strand *strand, struct frame *frame, const struct op *op,
			 struct value *raised)
{
	const struct stdlib_function *function = strand->run->plan->functions[op->arg];
	struct stdlib_context context = {.env = strand->run->env, .connectors = strand->run->connectors};
	struct value request;

	if (function->call(&context, &frame->stack[frame->depth - op->count], &request, raised) < 0)
		return RAISED;
	if (is_unrecordable(request, raised))
		return RAISED;
	if (function->kind == STDLIB_AWAIT && !is_callback(strand->run, request)) {
		value_unref(request);
		raise_error(raised, "ValueError", "%s: not a callback of this execution", function->name);
		return RAISED;
	}
	for (int i = 0; i < op->count; i++)
		value_unref(pop(frame));
	effect_announce(strand, effect_kind_of(function), function->name, request, false);
	return WAITS;
}

void effect_free(struct effect *effect)
{
	struct run *run = effect->run;

	if (effect->previous)
		effect->previous->next = effect->next;
	else
		run->effects = effect->next;
	if (effect->next)
		effect->next->previous = effect->previous;
	else
		run->last_effect = effect->previous;
	if (effect->strand)
		effect->strand->effect = NULL;
	value_unref(effect->request);
	mem_free(effect);
}

void effect_answered(struct effect *effect, struct value content)
{
	struct strand *strand = effect->strand;
	struct run *run = effect->run;
	const struct value *raised = value_get(content, "raised");
	const struct value *result = value_get(content, "result");
	bool in_passing = effect->in_passing;
	struct value over = value_null();

	run->figures.answered++;
	effect_free(effect);
	if (!strings_fit(run, content, &over) || !duration_fits(run, &over))
		raised = &over;
	if (raised) {
		if (raised_has_tag(*raised, "ResourceLimitError"))
			run->over_limit = true;
		if (unwind(strand, value_ref(*raised), trace_new(strand)) == GO)
			strand_ready(strand);
		value_unref(over);
		return;
	}
	if (!in_passing) {
		push(strand->top, result ? value_ref(*result) : value_null());
		if (run->call_log)
			call_returned(strand);
	}
	strand_ready(strand);
}

/* ---- in passing */

static struct value ask_world(struct run *run, const struct stdlib_function *function)
{
	const struct run_host *host = run->host;
	unsigned char b[16];

	if (strcmp(function->name, "sys.now") == 0)
		return value_double((double)host->wall_us(host->ctx) / 1e6);
	host->random(host->ctx, b); /* uuid.generate: RFC 9562, version 4 */
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	return value_stringf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
			     b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
			     b[14], b[15]);
}

int observe(struct strand *strand, const struct stdlib_function *function, struct value *out)
{
	struct run *run = strand->run;
	struct value content = value_map_new();
	int64_t time_us, ticket;
	const struct past *past;
	const struct value *seen;

	value_put(&content, "function", value_string_z(function->name));
	value_put(&content, "step", step_name(run, frame_step(run->plan, strand->top)));
	if (run->past_next >= run->past_count)
		value_put(&content, "value", ask_world(run, function));
	past = produce(run, EVENT_OBSERVED, strand->id, 0, content, &time_us, &ticket);
	seen = value_get(past ? past->content : content, "value");
	*out = seen && run->status == RUN_GOES_ON ? value_ref(*seen) : value_null();
	value_unref(content);
	return run->status == RUN_GOES_ON ? 0 : -1;
}

enum outcome log_call(struct strand *strand, struct frame *frame, const struct op *op, struct value *raised)
{
	struct run *run = strand->run;
	const struct stdlib_function *function = run->plan->functions[op->arg];
	struct stdlib_context context = {.env = run->env, .connectors = run->connectors};
	struct value entry;
	int64_t time_us, ticket;

	if (function->call(&context, &frame->stack[frame->depth - op->count], &entry, raised) < 0)
		return RAISED;
	if (is_unrecordable(entry, raised))
		return RAISED;
	for (int i = 0; i < op->count; i++)
		value_unref(pop(frame));
	value_put(&entry, "step", step_name(run, frame_step(run->plan, frame)));
	if (!produce(run, EVENT_LOGGED, strand->id, 0, entry, &time_us, &ticket) && run->host->logged &&
	    run->status == RUN_GOES_ON) {
		struct value masked = run_masked(run, entry);

		run->host->logged(run->host->ctx, run, masked, ticket);
		value_unref(masked);
	}
	value_unref(entry);
	push(frame, value_null());
	return run->status == RUN_GOES_ON ? GO : WAITS;
}
