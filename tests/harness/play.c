/* play.c - a scripted world; see play.h. */
#include "tests/harness/play.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t append(void *ctx, struct run *run, const struct event *event)
{
	struct play *play = ctx;
	struct event *copy = &play->events[play->event_count++];

	(void)run;
	assert(play->event_count < PLAY_MAX_EVENTS);
	*copy = *event;
	copy->content.ptr = mem_strndup(event->content.ptr, event->content.len);
	play->lines_used[play->event_count - 1] = play->next_line;
	return (int64_t)play->event_count;
}

static void perform(void *ctx, struct effect *effect)
{
	struct play *play = ctx;

	assert(play->pending_count < PLAY_MAX_PENDING);
	play->pending[play->pending_count++] = effect;
	if (play->pending_count > play->pending_peak)
		play->pending_peak = play->pending_count;
}

static void forget(void *ctx, struct effect *effect)
{
	struct play *play = ctx;

	for (size_t i = 0; i < play->pending_count; i++) {
		if (play->pending[i] != effect)
			continue;
		memmove(&play->pending[i], &play->pending[i + 1],
			(--play->pending_count - i) * sizeof(struct effect *));
		return;
	}
}

static int64_t wall_us(void *ctx)
{
	return ((struct play *)ctx)->wall_us;
}

static void random_bytes(void *ctx, unsigned char bytes[16])
{
	(void)ctx;
	memset(bytes, 0xa5, 16);
}

static void logged(void *ctx, struct run *run, struct value entry, int64_t ticket)
{
	struct play *play = ctx;

	(void)run;
	(void)ticket;
	value_list_push(&play->logs, value_ref(entry));
}

void play_init(struct play *play, const struct plan *plan, struct value script)
{
	memset(play, 0, sizeof(*play));
	play->plan = plan;
	play->script = script;
	play->wall_us = (int64_t)PLAY_START_S * 1000000;
	play->calls = value_list_new(0);
	play->waits = value_list_new(0);
	play->logs = value_list_new(0);
	play->host = (struct run_host){play, append, perform, forget, wall_us, random_bytes, logged};
}

void play_begin_in(struct play *play, const struct plan *plan, const struct play_world *world,
		   const struct play *past, size_t past_count)
{
	struct run_options options = {.argument = world->argument,
				      .env = value_ref(world->env),
				      .limits = world->limits,
				      .id = "play",
				      .host = &play->host};
	struct error err = {0};

	play_init(play, plan, world->script);
	play->reversed = world->reversed;
	if (past_count)
		play->wall_us = past->events[past_count - 1].time_us;
	if (value_is_null(options.env)) {
		options.env = value_map_new();
		value_put(&options.env, "STORE_URL", value_string_z("http://store.test/"));
	}
	play->run = run_new(plan, &options);
	value_unref(options.env);
	for (size_t i = 0; i < past_count; i++) {
		if (run_add_history(play->run, &past->events[i], &err) < 0) {
			fprintf(stderr, "%s\n", err.message);
			abort();
		}
	}
	run_begin(play->run);
}

void play_begin(struct play *play, const struct plan *plan, struct value argument,
		const struct limits *limits, struct value script, const struct play *past, size_t past_count)
{
	struct play_world world = {.argument = argument, .env = value_null(), .script = script};

	world.limits = limits ? *limits : limits_default();
	play_begin_in(play, plan, &world, past, past_count);
}

static struct value scripted_answer(struct play *play, const struct effect *effect)
{
	struct value line, raw, body;
	const struct value *member;
	struct buf text;

	if (play->next_line >= value_len(play->script)) {
		snprintf(play->problem, sizeof(play->problem), "the script has no answer %zu (%.*s)",
			 play->next_line + 1, SLICE_ARG(value_get_text(effect->request, "url")));
		return value_null();
	}
	line = *value_list_at(play->script, play->next_line++);
	if (value_get(line, "url") &&
	    !slice_equal(value_get_text(line, "url"), value_get_text(effect->request, "url"))) {
		snprintf(play->problem, sizeof(play->problem), "call %zu went to %.*s", play->next_line,
			 SLICE_ARG(value_get_text(effect->request, "url")));
		return value_null();
	}
	if (value_get(line, "failure"))
		return value_ref(line);
	raw = value_map_new();
	value_put(&raw, "code", value_int(value_get_int(line, "code", 200)));
	value_put(&raw, "headers", value_map_new());
	member = value_get(line, "headers");
	if (member)
		value_put(&raw, "headers", value_ref(*member));
	else
		value_put(value_map_change(&raw, SLICE("headers")), "Content-Type",
			  value_string_z("application/json"));
	buf_init(&text, 0);
	member = value_get(line, "body");
	if (member)
		json_write(&text, *member);
	body = value_bytes(buf_slice(&text));
	value_put(&raw, "body", body);
	buf_release(&text);
	return raw;
}

/* By number, not by the order they were performed in: what a replay performs again comes late. */
static struct effect *next_effect(const struct play *play)
{
	struct effect *chosen = play->pending[0];

	for (size_t i = 1; i < play->pending_count; i++) {
		if ((play->pending[i]->number < chosen->number) != play->reversed)
			chosen = play->pending[i];
	}
	return chosen;
}

static void answer_one(struct play *play)
{
	struct effect *effect = next_effect(play);
	const struct value *seconds = value_get(effect->request, "seconds");
	struct value raw = value_null();

	forget(play, effect);
	if (effect->kind == EFFECT_SLEEP && seconds) {
		value_list_push(&play->waits, value_ref(*seconds));
		play->wall_us += (int64_t)(value_number(*seconds) * 1e6);
	} else if (effect->kind == EFFECT_HTTP) {
		value_list_push(&play->calls, value_ref(effect->request));
		raw = scripted_answer(play, effect);
	}
	if (!play->problem[0])
		run_answer(effect, raw, value_null());
}

enum run_status play_to_end(struct play *play)
{
	while (run_status(play->run) == RUN_GOES_ON && !play->problem[0]) {
		if (play->pending_count)
			answer_one(play);
		else
			snprintf(play->problem, sizeof(play->problem), "the run waits for nothing");
	}
	return run_status(play->run);
}

void play_release(struct play *play)
{
	run_free(play->run);
	for (size_t i = 0; i < play->event_count; i++)
		mem_free((char *)play->events[i].content.ptr);
	value_unref(play->calls);
	value_unref(play->waits);
	value_unref(play->logs);
}
