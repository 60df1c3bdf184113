/*
 * run.c - any definition run in a world of bytes, then repeated from a prefix of its events; see fuzz.h.
 *
 * The input is a definition, a NUL and choices: which of the waiting effects is answered next, and how. Time
 * and chance are functions of the number of events so far, so that a repeated run sees the same world where
 * it goes on live. J4 is then: the same events, the same end.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"
#include "workflow/engine/run.h"

#include <string.h>

enum { MAX_STEPS = 2000, MAX_EFFECTS = 400, MAX_PENDING = 1024 };

struct world {
	const struct plan *plan;
	struct slice choices; /* empty in a repeated run */
	struct run_host host;
	struct run *run;
	struct event *events; /* of this run alone; content owned */
	size_t event_count, event_capacity;
	size_t past; /* events that were handed over as history */
	struct value answers[MAX_EFFECTS]; /* [number - 1]; owned */
	int64_t answer_order[MAX_EFFECTS];
	size_t answer_count;
	struct effect *pending[MAX_PENDING];
	size_t pending_count;
};

/* ---- the host of a run */

static int64_t append(void *ctx, struct run *run, const struct event *event)
{
	struct world *world = ctx;
	struct event *copy;

	(void)run;
	if (world->event_count == world->event_capacity)
		world->events = mem_grow(world->events, &world->event_capacity, sizeof(*world->events));
	copy = &world->events[world->event_count++];
	*copy = *event;
	copy->content.ptr = mem_strndup(event->content.ptr, event->content.len);
	if (event->number != (int64_t)(world->past + world->event_count))
		fuzz_fail("event %lld is number %zu (J3)", (long long)event->number,
			  world->past + world->event_count);
	return event->number;
}

static void perform(void *ctx, struct effect *effect)
{
	struct world *world = ctx;

	if (world->pending_count == MAX_PENDING)
		fuzz_fail("more than %d effects at once", MAX_PENDING);
	world->pending[world->pending_count++] = effect;
}

static void forget(void *ctx, struct effect *effect)
{
	struct world *world = ctx;

	for (size_t i = 0; i < world->pending_count; i++) {
		if (world->pending[i] == effect) {
			world->pending[i] = world->pending[--world->pending_count];
			return;
		}
	}
}

static int64_t wall_us(void *ctx)
{
	const struct world *world = ctx;

	return 1700000000000000 + (int64_t)(world->past + world->event_count) * 1000;
}

static void random_bytes(void *ctx, unsigned char bytes[16])
{
	const struct world *world = ctx;

	memset(bytes, (int)((world->past + world->event_count) & 0xff), 16);
}

static void world_init(struct world *world, const struct plan *plan, struct slice choices)
{
	struct run_options options = {.argument = value_int(3),
				      .env = value_map_new(),
				      .limits = limits_default(),
				      .id = "fuzz",
				      .host = &world->host};

	*world = (struct world){.plan = plan, .choices = choices};
	world->host = (struct run_host){.ctx = world,
					.append = append,
					.perform = perform,
					.abandon = forget,
					.wall_us = wall_us,
					.random = random_bytes};
	options.limits.steps = MAX_STEPS;
	world->run = run_new(plan, &options);
	value_unref(options.env);
}

static void world_release(struct world *world)
{
	run_free(world->run);
	for (size_t i = 0; i < world->event_count; i++)
		mem_free((char *)world->events[i].content.ptr);
	for (size_t i = 0; i < MAX_EFFECTS; i++)
		value_unref(world->answers[i]);
	mem_free(world->events);
}

/* ---- answers */

static unsigned choose(struct world *world, unsigned count)
{
	unsigned byte = world->choices.len ? (unsigned char)world->choices.ptr[0] : 0;

	world->choices = slice_sub(world->choices, 1, world->choices.len);
	return byte % count;
}

static struct value http_answer(struct world *world)
{
	static const char *const failures[] = {"ConnectionFailedError", "ConnectionError", "TimeoutError",
					       "ResourceLimitError"};
	static const int codes[] = {200, 200, 204, 404, 429, 500, 502, 503};
	static const char *const bodies[] = {"{\"a\": [1, 2.5], \"b\": null}", "\"text\"", "", "[[[{}]]]", "7",
					     "{not json"};
	static const char *const types[] = {"application/json", "text/plain", "application/octet-stream"};
	struct value raw = value_map_new();
	struct value headers = value_map_new();
	unsigned kind = choose(world, 6);

	if (kind == 5) {
		value_unref(headers);
		value_put(&raw, "failure", value_string_z(failures[choose(world, 4)]));
		value_put(&raw, "message", value_string_z("the script says so"));
		return raw;
	}
	value_put(&headers, "Content-Type", value_string_z(types[choose(world, 3)]));
	value_put(&raw, "headers", headers);
	value_put(&raw, "code", value_int(codes[choose(world, 8)]));
	value_put(&raw, "body", value_bytes(slice_of(bodies[choose(world, 6)])));
	return raw;
}

static bool answer(struct world *world, struct effect *effect, struct value raw)
{
	if (effect->number > MAX_EFFECTS || world->answer_count == MAX_EFFECTS) {
		value_unref(raw);
		return false;
	}
	world->answers[effect->number - 1] = value_ref(raw);
	world->answer_order[world->answer_count++] = effect->number;
	forget(world, effect);
	run_answer(effect, raw, value_null());
	return true;
}

/* By number: the order in which they are performed differs between a run and its repetition. */
static struct effect *oldest_after(const struct world *world, unsigned skip)
{
	struct effect *chosen = NULL;
	int64_t after = 0;

	for (unsigned n = 0; n <= skip; n++) {
		chosen = NULL;
		for (size_t i = 0; i < world->pending_count; i++) {
			struct effect *effect = world->pending[i];

			if (effect->number > after && (!chosen || effect->number < chosen->number))
				chosen = effect;
		}
		if (!chosen)
			break;
		after = chosen->number;
	}
	return chosen;
}

/* To the end, or to the bound on effects: then false. */
static bool go(struct world *world)
{
	run_begin(world->run);
	while (run_status(world->run) == RUN_GOES_ON) {
		struct effect *effect;

		if (world->pending_count == 0)
			fuzz_fail("the run waits for nothing");
		effect = oldest_after(world, choose(world, (unsigned)world->pending_count));
		if (!answer(world, effect,
			    effect->kind == EFFECT_HTTP ? http_answer(world) : value_null()))
			return false;
	}
	return true;
}

/* ---- the oracle */

static struct effect *find(const struct world *world, int64_t number)
{
	for (size_t i = 0; i < world->pending_count; i++) {
		if (world->pending[i]->number == number)
			return world->pending[i];
	}
	fuzz_fail("repeated: effect %lld is not waited for (J6)", (long long)number);
}

static void compare_events(const struct world *first, const struct world *again)
{
	for (size_t i = 0; i < again->event_count; i++) {
		const struct event *b = &again->events[i];
		const struct event *a = &first->events[again->past + i];

		if (again->past + i >= first->event_count)
			fuzz_fail("repeated from %zu: one more event, %.*s", again->past, SLICE_ARG(b->content));
		if (a->kind != b->kind || a->strand != b->strand || a->effect != b->effect ||
		    a->time_us != b->time_us || !slice_equal(a->content, b->content))
			fuzz_fail("repeated from %zu: event %zu was %.*s, is %.*s (J4)", again->past,
				  again->past + i + 1, SLICE_ARG(a->content), SLICE_ARG(b->content));
	}
}

/* The first `count` events, then live with the answers of the first time. */
static void repeat(const struct world *first, size_t count)
{
	struct error err = {0};
	struct world *again = mem_new(sizeof(*again));

	world_init(again, first->plan, (struct slice){0});
	again->past = count;
	for (size_t i = 0; i < count; i++) {
		if (run_add_history(again->run, &first->events[i], &err) < 0)
			fuzz_fail("%s", err.message);
	}
	run_begin(again->run);
	for (size_t i = count; i < first->event_count && run_status(again->run) == RUN_GOES_ON; i++) {
		int64_t number = first->events[i].effect;

		if (first->events[i].kind != EVENT_ANSWERED)
			continue;
		if (!answer(again, find(again, number), value_ref(first->answers[number - 1])))
			fuzz_fail("more effects than the first time");
	}
	if (run_status(again->run) == RUN_DIVERGED)
		fuzz_fail("repeated from %zu: %s", count, run_divergence(again->run));
	compare_events(first, again);
	if (run_status(again->run) != run_status(first->run))
		fuzz_fail("repeated from %zu: another end", count);
	if (again->past + again->event_count != first->event_count)
		fuzz_fail("repeated from %zu: %zu events of %zu", count, again->past + again->event_count,
			  first->event_count);
	world_release(again);
	mem_free(again);
}

static void check(struct world *world)
{
	size_t prefix;

	if (!go(world) || world->event_count == 0)
		return;
	if (run_status(world->run) == RUN_DIVERGED)
		fuzz_fail("a first run diverged: %s", run_divergence(world->run));
	prefix = 1 + (choose(world, 256) * world->event_count / 256);
	repeat(world, prefix);
	if (prefix != world->event_count)
		repeat(world, world->event_count);
}

void fuzz_run(struct slice input)
{
	size_t end = slice_find(input, (struct slice){"", 1}, 0);
	struct diags *diags = diags_new();
	struct plan *plan = plan_read("fuzz.yaml", slice_sub(input, 0, end), diags);
	struct world *world;

	if (plan) {
		world = mem_new(sizeof(*world));
		world_init(world, plan, end == SIZE_MAX ? (struct slice){0} : slice_sub(input, end + 1, input.len));
		check(world);
		world_release(world);
		mem_free(world);
	}
	plan_free(plan);
	diags_free(diags);
}
