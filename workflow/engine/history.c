/*
 * history.c - events: recorded when live, compared when replayed (J3, J4).
 *
 * The past is a list of events and a position in it. A run that is behind its past takes from it what it
 * would have asked the world; every event it produces must be the one that stands there. When the
 * position reaches the end, the next event is recorded instead, and nothing else changes.
 */
#include "workflow/engine/engine_private.h"

#include <stdio.h>
#include <string.h>

int run_add_history(struct run *run, const struct event *event, struct error *err)
{
	struct error cause = {0};
	struct past *past;

	if (run->past_count == run->past_capacity)
		run->past = mem_grow(run->past, &run->past_capacity, sizeof(*run->past));
	past = &run->past[run->past_count];
	*past = (struct past){event->kind, event->strand, event->effect, event->time_us, value_null()};
	if (event->number != (int64_t)run->past_count + 1)
		return error_set(err, ERROR_IO, "the journal of run %s has a gap before event %lld", run->id,
				 (long long)event->number);
	if (journal_decode(event->content, &past->content, &cause) < 0)
		return error_set(err, ERROR_IO, "event %lld of run %s is damaged: %s",
				 (long long)event->number, run->id, cause.message);
	run->past_count++;
	if (event->kind == EVENT_CHANGED)
		change_expect(run, past->content);
	return 0;
}

void history_release(struct run *run)
{
	for (size_t i = 0; run->past && i < run->past_count; i++)
		value_unref(run->past[i].content);
	mem_free(run->past);
	run->past = NULL;
}

void diverge(struct run *run, const char *fmt, ...)
{
	struct buf text;
	va_list args;

	if (run->status != RUN_GOES_ON)
		return;
	buf_init(&text, 0);
	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	run->divergence = buf_take(&text);
	run->status = RUN_DIVERGED;
}

static const char *kind_name(enum event_kind kind)
{
	switch (kind) {
	case EVENT_STARTED:
		return "the start";
	case EVENT_ANNOUNCED:
		return "a call";
	case EVENT_ANSWERED:
		return "an answer";
	case EVENT_OBSERVED:
		return "an observation";
	case EVENT_LOGGED:
		return "a log line";
	case EVENT_ENDED:
		return "the end";
	case EVENT_OPENED:
		return "a callback endpoint";
	case EVENT_ARRIVED:
		return "a request to a callback";
	case EVENT_CHANGED:
		return "a change of variables";
	}
	return "an unknown event";
}

static bool same_member(struct value a, struct value b, const char *name)
{
	const struct value *x = value_get(a, name);
	const struct value *y = value_get(b, name);

	return x && y ? value_equal(*x, *y) : x == y;
}

static bool is_same(const struct past *past, enum event_kind kind, int64_t strand, int64_t effect,
		    struct value content)
{
	if (past->kind != kind || past->strand != strand || past->effect != effect)
		return false;
	if (kind == EVENT_ANNOUNCED)
		return same_member(past->content, content, "function") &&
		       same_member(past->content, content, "step") &&
		       same_member(past->content, content, "request");
	if (kind == EVENT_OBSERVED)
		return same_member(past->content, content, "function");
	if (kind == EVENT_OPENED)
		return same_member(past->content, content, "step") &&
		       same_member(past->content, content, "method");
	return true;
}

static void explain(struct run *run, const struct past *past, enum event_kind kind, int64_t strand, int64_t effect,
		    struct value content)
{
	struct slice was = value_get_text(past->content, "step");
	struct slice is = value_get_text(content, "step");

	if (past->kind == kind && was.len && slice_equal(was, is)) {
		diverge(run, "event %zu of run %s was %s in step %.*s; the definition now gives another one there%s",
			run->past_next + 1, run->id, kind_name(kind), SLICE_ARG(was),
			past->strand != strand || past->effect != effect ? ", at another place in the order"
			: same_member(past->content, content, "function") ? ", with other arguments"
									  : "");
		return;
	}
	diverge(run, "event %zu of run %s was %s%s%.*s; the definition now gives %s%s%.*s",
		run->past_next + 1, run->id, kind_name(past->kind), was.len ? " in step " : "",
		SLICE_ARG(was), kind_name(kind), is.len ? " in step " : "", SLICE_ARG(is));
}

static int64_t record(struct run *run, enum event_kind kind, int64_t strand, int64_t effect,
		      struct value content, int64_t time_us)
{
	struct event event = {run->next_event, kind, strand, effect, time_us, {0}};
	struct content_parts parts;
	struct buf text;
	int64_t ticket;

	buf_init(&text, 0);
	if (journal_encode_parts(&text, content, &parts) < 0)
		assert(0 && "content is bounded before it comes here");
	event.content = buf_slice(&text);
	event.parts = parts.count ? &parts : NULL;
	ticket = run->host->append(run->host->ctx, run, &event);
	buf_release(&text);
	return ticket;
}

/* `content` is masked: what the journal may hold. */
static const struct past *produce_masked(struct run *run, enum event_kind kind, int64_t strand, int64_t effect,
					 struct value content, int64_t *time_us, int64_t *ticket)
{
	const struct past *past = NULL;

	*ticket = 0;
	*time_us = 0;
	if (run->status == RUN_DIVERGED)
		return NULL;
	if (run->watch && !run->watch->is_live && run->past_next == run->past_count) {
		run->status = RUN_PAUSED; /* one that looks on does not go further than the history */
		return NULL;
	}
	if (run->past_next < run->past_count) {
		past = &run->past[run->past_next];
		if (!is_same(past, kind, strand, effect, content)) {
			explain(run, past, kind, strand, effect, content);
			return NULL;
		}
		run->past_next++;
		*time_us = past->time_us;
	} else {
		*time_us = run->host->wall_us(run->host->ctx);
		*ticket = record(run, kind, strand, effect, content, *time_us);
	}
	run->next_event++;
	return past;
}

const struct past *produce(struct run *run, enum event_kind kind, int64_t strand, int64_t effect,
			   struct value content, int64_t *time_us, int64_t *ticket)
{
	struct value masked = mask_hide(run->mask, content);
	const struct past *past = produce_masked(run, kind, strand, effect, masked, time_us, ticket);

	value_unref(masked);
	return past;
}

const struct past *next_past_answer(struct run *run)
{
	struct past *past;

	while (run->past_next < run->past_count && change_replay_env(run))
		;
	if (run->past_next >= run->past_count)
		return NULL;
	past = &run->past[run->past_next];
	if (past->kind == EVENT_ENDED && value_get_bool(past->content, "cancelled", false)) {
		run->status = RUN_STOPPED; /* from outside: nothing in the definition leads to it */
		return NULL;
	}
	if (past->kind != EVENT_ANSWERED && past->kind != EVENT_ARRIVED) {
		diverge(run, "event %zu of run %s was %s; the definition now waits there", run->past_next + 1,
			run->id, kind_name(past->kind));
		return NULL;
	}
	value_set(&past->content, mask_show(run->mask, past->content));
	run->past_next++;
	run->next_event++;
	return past;
}
