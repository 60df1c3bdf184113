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
	struct play *play = ctx;
	size_t number = play->past_count + play->event_count;

	memset(bytes, 0xa5,
	       16); /* the same at the same place of the history, so that a replay may go on from there */
	bytes[14] = (unsigned char)(number >> 8);
	bytes[15] = (unsigned char)number;
}

static int listen_at(void *ctx, struct run *run, struct buf *base, struct error *err)
{
	(void)ctx, (void)run, (void)err;
	return buf_add_text(base, "http://127.0.0.1:8787");
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
	play->host = (struct run_host){.ctx = play,
				       .append = append,
				       .perform = perform,
				       .abandon = forget,
				       .wall_us = wall_us,
				       .random = random_bytes,
				       .logged = logged,
				       .listen = listen_at};
}

void play_begin_in(struct play *play, const struct plan *plan, const struct play_world *world,
		   const struct play *past, size_t past_count)
{
	struct run_options options = {.argument = world->argument,
				      .env = value_ref(world->env),
				      .connectors = world->connectors,
				      .limits = world->limits,
				      .id = "play",
				      .host = &play->host};
	struct error err = {0};

	play_init(play, plan, world->script);
	play->reversed = world->reversed;
	play->shuffle = world->shuffle;
	play->past_count = past_count;
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
	buf_add_slice(&text, value_get_text(line, "text"));
	body = value_bytes(buf_slice(&text));
	value_put(&raw, "body", body);
	buf_release(&text);
	return raw;
}

/* ---- callbacks and children */

static const struct value *line_of(const struct play *play, const char *kind)
{
	if (play->next_line >= value_len(play->script))
		return NULL;
	return value_get(*value_list_at(play->script, play->next_line), kind);
}

static struct value scripted_child(struct play *play, const struct effect *effect)
{
	const struct value *child = line_of(play, "child");
	struct slice wanted;

	if (!child) {
		snprintf(play->problem, sizeof(play->problem), "line %zu of the script is not of a child run",
			 play->next_line + 1);
		return value_null();
	}
	wanted = value_get_text(*value_list_at(play->script, play->next_line), "workflow");
	if (wanted.len && !slice_equal(wanted, value_get_text(effect->request, "workflow_id")))
		snprintf(play->problem, sizeof(play->problem), "line %zu: the run was of %.*s",
			 play->next_line + 1, SLICE_ARG(value_get_text(effect->request, "workflow_id")));
	play->next_line++;
	value_list_push(&play->calls, value_ref(effect->request));
	return value_ref(*child);
}

static struct value callback_request(struct value line, struct slice path)
{
	struct value request = value_ref(line);
	static const char *const defaults[] = {"query", "headers"};

	if (!value_get(line, "method"))
		value_put(&request, "method", value_string_z("POST"));
	value_put(&request, "url", value_string(path));
	for (size_t i = 0; i < 2; i++) {
		if (!value_get(line, defaults[i]))
			value_put(&request, defaults[i], value_map_new());
	}
	if (!value_get(line, "body"))
		value_put(&request, "body", value_null());
	return request;
}

/* The request that is next in the script, if the endpoint is open. */
static bool send_request(struct play *play)
{
	static const int statuses[] = {[ARRIVAL_TAKEN] = 200,
				       [ARRIVAL_UNKNOWN] = 404,
				       [ARRIVAL_WRONG_METHOD] = 405,
				       [ARRIVAL_REFUSED] = 429,
				       [ARRIVAL_TOO_DEEP] = 400,
				       [ARRIVAL_TOO_LARGE] = 413};
	const struct value *sent = line_of(play, "callback");
	struct callback callback;
	struct value line, request;
	struct slice path;
	enum arrival arrival;
	int64_t ticket;

	if (!sent)
		return false;
	line = *value_list_at(play->script, play->next_line);
	if (!run_callback_at(play->run, (size_t)value_get_int(line, "endpoint", 0), &callback))
		return false;
	path = slice_sub(callback.url, slice_find(callback.url, SLICE("/v1/"), 0), callback.url.len);
	if (value_get_text(line, "path").len)
		path = value_get_text(line, "path");
	request = callback_request(*sent, path);
	play->next_line++;
	arrival = run_arrive(play->run, path, request, &ticket);
	value_unref(request);
	if (value_get_int(line, "status", 200) != 0 && statuses[arrival] != value_get_int(line, "status", 200))
		snprintf(play->problem, sizeof(play->problem),
			 "line %zu of the script: its sender was told %d", play->next_line,
			 statuses[arrival]);
	return true;
}

/* An order among effects that is the same at the same place of the history, so that a replay may go on from there. */
static uint64_t shuffled(const struct play *play, const struct effect *effect)
{
	uint64_t place = (play->past_count + play->event_count) * 0x9e3779b97f4a7c15u;
	uint64_t mix = (play->shuffle ^ place ^ (uint64_t)effect->number) * 0xbf58476d1ce4e5b9u;

	return (mix ^ mix >> 29) * 0x94d049bb133111ebu;
}

static bool comes_before(const struct play *play, const struct effect *a, const struct effect *b)
{
	if (play->shuffle)
		return shuffled(play, a) < shuffled(play, b);
	return (a->number < b->number) != play->reversed;
}

/* By number, not by the order they were performed in: what a replay performs again comes late. */
static struct effect *next_effect(const struct play *play)
{
	struct effect *chosen = NULL;
	bool wants_timeout = line_of(play, "timeout") || play->next_line >= value_len(play->script);

	for (size_t i = 0; i < play->pending_count; i++) {
		struct effect *effect = play->pending[i];

		if (effect->kind == EFFECT_AWAIT && !wants_timeout)
			continue;
		if (!chosen || comes_before(play, effect, chosen))
			chosen = effect;
	}
	return chosen;
}

static void wait_in_vain(struct play *play, const struct effect *effect)
{
	double seconds = value_number(*value_get(effect->request, "timeout"));

	play->wall_us += (int64_t)(seconds * 1e6);
	play->next_line += line_of(play, "timeout") != NULL;
}

/* {"seconds": n} or {"until": seconds since the epoch}. */
static void wait_out(struct play *play, const struct effect *effect)
{
	const struct value *seconds = value_get(effect->request, "seconds");
	const struct value *until = value_get(effect->request, "until");
	struct value waited = seconds ? value_ref(*seconds) : value_int(0);
	double now = (double)play->wall_us / 1e6;

	if (until && value_number(*until) > now)
		waited = value_double(value_number(*until) - now);
	if (effect_is_too_long(effect))
		value_set(&waited, value_int(0));
	value_list_push(&play->waits, waited);
	play->wall_us += (int64_t)(value_number(waited) * 1e6);
}

static void answer_one(struct play *play)
{
	struct effect *effect = next_effect(play);
	struct value raw = value_null();

	if (!effect) {
		snprintf(play->problem, sizeof(play->problem),
			 "the run waits for callbacks, the script for something "
			 "else");
		return;
	}
	forget(play, effect);
	if (effect->kind == EFFECT_SLEEP) {
		wait_out(play, effect);
	} else if (effect->kind == EFFECT_HTTP) {
		value_list_push(&play->calls, value_ref(effect->request));
		raw = scripted_answer(play, effect);
	} else if (effect->kind == EFFECT_AWAIT) {
		wait_in_vain(play, effect);
	} else if (effect->kind == EFFECT_CHILD) {
		raw = scripted_child(play, effect);
	}
	if (!play->problem[0])
		run_answer(effect, raw, value_null());
}

enum run_status play_to_end(struct play *play)
{
	while (run_status(play->run) == RUN_GOES_ON && !play->problem[0]) {
		if (send_request(play))
			continue;
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
