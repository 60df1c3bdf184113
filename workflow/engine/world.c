/*
 * world.c - runs meet the world; see world.h.
 *
 * Effects announced but not yet on disk stand in one queue in the order of their tickets; each commit
 * releases a prefix of it. The same queue holds log lines (told once they are on disk) and the ends of
 * runs.
 */
#include "workflow/engine/world.h"

#include "lib/clock/clock.h"
#include "lib/http/client.h"
#include "lib/json/json.h"
#include "lib/kill/kill.h"
#include "lib/mem/mem.h"
#include "workflow/engine/world_private.h"
#include "workflow/journal/cancel.h"
#include "workflow/journal/executions.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* ---- the queue of what waits for the disk */

static void enqueue(struct world *world, struct waiting item)
{
	struct waiting *waiting = mem_alloc(sizeof(*waiting));

	*waiting = item;
	*world->queue_last = waiting;
	world->queue_last = &waiting->next;
}

static void dequeue(struct world *world, struct waiting *waiting)
{
	world->queue_first = waiting->next;
	if (!world->queue_first)
		world->queue_last = &world->queue_first;
	value_unref(waiting->entry);
	mem_free(waiting);
}

/* A map has no text of its own: it is told as JSON. */
static void tell_log(struct world *world, const struct waiting *waiting)
{
	const struct value *json = value_get(waiting->entry, "json");
	struct value fields = value_map_new();
	enum log_severity severity = LOG_INFO;
	struct buf text;

	for (int s = LOG_DEBUG; s <= LOG_CRITICAL; s++) {
		if (slice_is(value_get_text(waiting->entry, "severity"),
			     log_severity_name((enum log_severity)s)))
			severity = (enum log_severity)s;
	}
	buf_init(&text, 0);
	if (json)
		json_write(&text, *json);
	else
		buf_add_slice(&text, value_get_text(waiting->entry, "text"));
	value_put(&fields, "step", value_string(value_get_text(waiting->entry, "step")));
	log_write(world->options.log, severity, fields, "%s", buf_text(&text));
	buf_release(&text);
	value_unref(fields);
}

/* The call log is asked for by its level alone, and is JSON whatever the form of other lines. */
static void tell_call(const struct world *world, struct value line)
{
	struct logger log = *world->options.log;
	struct slice state = value_get_text(line, "state");
	bool has_failed = slice_is(state, "EXCEPTION_RAISED");

	log.format = LOG_JSON;
	log.threshold = LOG_INFO;
	log_write(&log, has_failed ? LOG_ERROR : LOG_INFO, line, "%.*s in step %.*s: %.*s",
		  SLICE_ARG(value_get_text(line, "callee")), SLICE_ARG(value_get_text(line, "step")), SLICE_ARG(state));
}

static void tell_opened(struct world *world, const struct waiting *waiting)
{
	if (world->options.opened)
		world->options.opened(world->options.callback_ctx, waiting->run,
				      value_get_text(waiting->entry, "method"),
				      value_get_text(waiting->entry, "url"),
				      value_get_text(waiting->entry, "step"));
}

static void release_one(struct world *world, struct waiting *waiting)
{
	switch (waiting->kind) {
	case WAITING_EFFECT:
		kill_point("effect.before-send");
		if (waiting->effect)
			activity_start(world, waiting->effect);
		break;
	case WAITING_LOG:
		tell_log(world, waiting);
		break;
	case WAITING_CALL:
		tell_call(world, waiting->entry);
		break;
	case WAITING_OPENED:
		tell_opened(world, waiting);
		break;
	case WAITING_ARRIVAL:
		kill_point("callback.before-ack");
		waiting->arrived(waiting->arrived_ctx, true);
		break;
	case WAITING_RECORDED:
		waiting->arrived(waiting->arrived_ctx, true);
		break;
	case WAITING_END:
		kill_point("run.after-end");
		if (!child_ended(world, waiting->run))
			world->options.ended(world->options.ctx, waiting->run);
		break;
	}
}

const double world_latency_s[WORLD_LATENCIES] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 1};

static void count_commit(struct world *world, int64_t ticket)
{
	int64_t took_us;

	if (!world->uncommitted || ticket < world->uncommitted)
		return;
	took_us = clock_monotonic_us() - world->uncommitted_us;
	world->uncommitted = 0;
	world->figures.commits++;
	world->figures.commit_us += took_us;
	for (size_t i = 0; i < WORLD_LATENCIES; i++) {
		if ((double)took_us <= world_latency_s[i] * 1e6) {
			world->figures.latencies[i]++;
			return;
		}
	}
}

struct world_figures world_figures(const struct world *world)
{
	struct world_figures figures = world->figures;

	figures.calls_under_way = world->calls;
	for (const struct waiting *waiting = world->queue_first; waiting; waiting = waiting->next)
		figures.waiting++;
	return figures;
}

static void committed(void *ctx, int64_t ticket)
{
	struct world *world = ctx;

	count_commit(world, ticket);
	while (world->queue_first && world->queue_first->ticket <= ticket) {
		struct waiting item = *world->queue_first;

		value_ref(item.entry);
		dequeue(world, world->queue_first);
		release_one(world, &item);
		value_unref(item.entry);
	}
}

/* Whatever comes meanwhile would have to wait for the commit, too; only calls give work that can be done beside it. */
static bool is_waiting(void *ctx)
{
	const struct world *world = ctx;

	return world->calls == 0 && !world->options.has_visitors;
}

/* Nothing more leaves (J1); who sent a request that is not on disk is told so. */
static void drop_queue(struct world *world)
{
	while (world->queue_first) {
		struct waiting item = *world->queue_first;

		dequeue(world, world->queue_first);
		if (item.arrived)
			item.arrived(item.arrived_ctx, false);
	}
}

static void failed(void *ctx, const struct error *err)
{
	struct world *world = ctx;

	drop_queue(world);
	world->options.failed(world->options.ctx, err);
}

/* ---- what a run asks */

/* Lines of the call log that no event follows yet; with more than so many, a run that only computes tells them at once. */
enum { CALLS_KEPT = 1000 };

/* They wait for the event that follows them; without a ticket they are told at once, or not at all. */
static void release_calls(struct world *world, struct seat *seat, int64_t ticket, bool is_told)
{
	while (seat->calls_first) {
		struct waiting *waiting = seat->calls_first;

		seat->calls_first = waiting->next;
		if (ticket)
			enqueue(world, (struct waiting){.kind = WAITING_CALL, .ticket = ticket, .entry = waiting->entry});
		else if (is_told)
			tell_call(world, waiting->entry);
		if (!ticket)
			value_unref(waiting->entry);
		mem_free(waiting);
	}
	seat->call_count = 0;
}

static void called(void *ctx, struct run *run, struct value line)
{
	struct seat *seat = run_user(run);
	struct waiting *waiting = mem_new(sizeof(*waiting));
	struct value labels = value_map_new();

	if (seat->call_count == CALLS_KEPT)
		release_calls(ctx, seat, 0, true);
	value_put(&labels, "workflows.googleapis.com/execution_id", value_string_z(run_id(run)));
	value_put(&labels, "workflows.googleapis.com/revision_id",
		  value_string(value_get_text(run_env(run), "GOOGLE_CLOUD_WORKFLOW_REVISION_ID")));
	waiting->entry = value_ref(line);
	value_put(&waiting->entry, "@type",
		  value_string_z("type.googleapis.com/google.cloud.workflows.type.EngineCallLog"));
	value_put(&waiting->entry, "executionId", value_string_z(run_id(run)));
	value_put(&waiting->entry, "logging.googleapis.com/labels", labels);
	if (seat->call_count++ == 0)
		seat->calls_first = waiting;
	else
		seat->calls_last->next = waiting;
	seat->calls_last = waiting;
}

static int64_t append(void *ctx, struct run *run, const struct event *event)
{
	struct world *world = ctx;
	struct seat *seat = run_user(run);
	int64_t ticket = journal_append(world->journal, &seat->row, event);

	if (seat->calls_first)
		release_calls(world, seat, ticket, true);
	world->figures.events++;
	if (!world->uncommitted) {
		world->uncommitted = ticket;
		world->uncommitted_us = clock_monotonic_us();
	}
	return ticket;
}

static void perform(void *ctx, struct effect *effect)
{
	struct world *world = ctx;
	const struct seat *seat = run_user(effect->run);
	int64_t ticket = effect->ticket ? effect->ticket : seat->shared;

	world->figures.effects[effect->kind]++;
	enqueue(world, (struct waiting){.kind = WAITING_EFFECT, .ticket = ticket, .effect = effect});
	if (ticket == 0)
		world->release_now = true; /* on disk since an earlier process */
}

static void abandon(void *ctx, struct effect *effect)
{
	struct world *world = ctx;

	for (struct waiting *waiting = world->queue_first; waiting; waiting = waiting->next) {
		if (waiting->effect == effect)
			waiting->effect = NULL;
	}
	activity_abandon(effect);
}

static int64_t wall_us(void *ctx)
{
	(void)ctx;
	return clock_wall_us();
}

static void random_bytes(void *ctx, unsigned char bytes[16])
{
	(void)ctx;
	if (getrandom(bytes, 16, 0) != 16)
		abort(); /* no entropy: nothing random can be promised */
}

static void logged(void *ctx, struct run *run, struct value entry, int64_t ticket)
{
	(void)run;
	enqueue(ctx, (struct waiting){.kind = WAITING_LOG, .ticket = ticket, .entry = value_ref(entry)});
}

/* ---- callbacks */

static int listen_for(void *ctx, struct run *run, struct buf *base, struct error *err)
{
	struct world *world = ctx;

	(void)run;
	if (!world->options.listen)
		return error_set(err, ERROR_INPUT, "there is no listener");
	return world->options.listen(world->options.callback_ctx, SLICE(""), base, err);
}

/* The address a callback of an earlier process now has: its path, behind the base of today. */
static void move_url(struct world *world, struct slice known, struct buf *url)
{
	struct error err = {0};
	size_t path = slice_find(known, SLICE("/v1/"), 0);

	if (world->options.listen &&
	    world->options.listen(world->options.callback_ctx, known, url, &err) < 0)
		log_write(world->options.log, LOG_ERROR, value_null(), "no callback can be received: %s",
			  err.message);
	else
		buf_add_slice(url, slice_sub(known, path, known.len));
}

static void opened(void *ctx, struct run *run, const struct callback *callback, int64_t ticket)
{
	struct world *world = ctx;
	const struct seat *seat = run_user(run);
	struct value entry = value_map_new();
	struct buf url;

	buf_init(&url, 0);
	if (ticket == 0) {
		move_url(world, callback->url, &url);
		ticket = seat->shared;
		world->release_now = world->release_now || ticket == 0;
	} else {
		buf_add_slice(&url, callback->url);
	}
	value_put(&entry, "method", value_string(callback->method));
	value_put(&entry, "url", value_string(buf_slice(&url)));
	value_put(&entry, "step", value_string(callback->step));
	enqueue(world, (struct waiting){.kind = WAITING_OPENED, .ticket = ticket, .run = run, .entry = entry});
	buf_release(&url);
}

/* The callback a path leads to, and its run. */
static struct run *find_callback(const struct world *world, struct slice path, struct callback *callback)
{
	for (const struct seat *seat = world->seats; seat; seat = seat->next) {
		if (run_status(seat->run) == RUN_GOES_ON && run_find_callback(seat->run, path, callback))
			return seat->run;
	}
	return NULL;
}

enum arrival world_arrive(struct world *world, struct slice path, struct value request, struct slice *allowed,
			  world_arrived *arrived, void *arrived_ctx)
{
	struct callback callback;
	struct run *run = find_callback(world, path, &callback);
	enum arrival arrival;
	int64_t ticket;

	if (!run)
		return ARRIVAL_UNKNOWN;
	if (allowed)
		*allowed = callback.method;
	arrival = run_arrive(run, path, request, &ticket);
	if (arrival != ARRIVAL_TAKEN)
		return arrival;
	enqueue(world, (struct waiting){.kind = WAITING_ARRIVAL,
					.ticket = ticket,
					.arrived = arrived,
					.arrived_ctx = arrived_ctx});
	world_settle(world, run);
	return ARRIVAL_TAKEN;
}

void world_when_recorded(struct world *world, world_arrived *arrived, void *arrived_ctx)
{
	if (journal_is_settled(world->journal)) {
		arrived(arrived_ctx, true);
		return;
	}
	enqueue(world, (struct waiting){.kind = WAITING_RECORDED,
					.ticket = journal_ticket(world->journal),
					.arrived = arrived,
					.arrived_ctx = arrived_ctx});
}

/* ---- runs */

/* Has the run neither ended nor gone? */
static bool is_seated(const struct world *world, const struct run *run)
{
	const struct seat *seat = world->seats;

	while (seat && seat->run != run)
		seat = seat->next;
	return seat && !seat->is_over;
}

void world_settle(struct world *world, struct run *run)
{
	struct seat *seat = run_user(run);
	enum run_state state = RUN_FAILED;
	int64_t ticket;

	if (world->release_now) {
		world->release_now = false;
		committed(world, 0);
		if (!is_seated(world, run)) /* what was released was answered at once: we have been here for it */
			return;
	}
	switch (run_status(run)) {
	case RUN_GOES_ON: /* what it asked for is committed before the loop sleeps */
		return;
	case RUN_DIVERGED: /* not ended: the run stays as its journal says */
		seat->is_over = true;
		enqueue(world, (struct waiting){.kind = WAITING_END, .run = run});
		committed(world, 0);
		return;
	case RUN_RETURNED:
		state = RUN_SUCCEEDED;
		break;
	case RUN_PAUSED:
		state = rerun_outcome(run)->has_failed ? RUN_FAILED : RUN_SUCCEEDED;
		break;
	case RUN_STOPPED:
		state = RUN_CANCELLED;
		break;
	case RUN_RAISED:
		break;
	}
	kill_point("run.before-end");
	seat->is_over = true;
	world->figures.ended[state]++;
	world->figures.steps += run_figures(run).steps;
	ticket = journal_finish(world->journal, &seat->row, state);
	enqueue(world, (struct waiting){.kind = WAITING_END, .ticket = ticket, .run = run});
}

/* What is queued is committed while the run computes on: nothing that waits for the disk waits for the run. */
static void busy(void *ctx)
{
	const struct world *world = ctx;

	journal_flush(world->journal);
}

static const struct run_host *host_of(struct world *world)
{
	world->host = (struct run_host){.ctx = world,
					.append = append,
					.perform = perform,
					.abandon = abandon,
					.wall_us = wall_us,
					.random = random_bytes,
					.busy = busy,
					.logged = logged,
					.called = called,
					.listen = listen_for,
					.opened = opened};
	return &world->host;
}

static struct run *take_seat(struct world *world, const struct journal_run *row, struct run *run)
{
	struct seat *seat = mem_new(sizeof(*seat));

	seat->row = *row;
	seat->world = world;
	seat->run = run;
	seat->next = world->seats;
	world->seats = seat;
	seat->row.file = seat->row.parent_run = seat->row.parent_step = "";
	run_set_user(run, seat);
	return run;
}

struct run *world_start(struct world *world, const struct journal_run *row, const struct plan *plan,
			struct value argument, struct value env, struct value connectors,
			const struct limits *limits)
{
	struct run_options options = {.argument = argument,
				      .env = env,
				      .limits = *limits,
				      .id = row->id,
				      .connectors = connectors,
				      .host = host_of(world)};

	return take_seat(world, row, run_new(plan, &options));
}

struct run *world_resume(struct world *world, const struct journal_run *row, const struct plan *plan,
			 struct value connectors, struct error *err)
{
	struct history history;
	struct run *run;

	if (history_read(world->journal, row, &history, err) < 0)
		return NULL;
	run = world_start(world, row, plan, history.argument, history.env,
			  value_is_null(connectors) ? history.connectors : connectors, &history.limits);
	for (size_t i = 0; i < history.count; i++) {
		if (run_add_history(run, &history.events[i], err) < 0) {
			world_free_run(run);
			run = NULL;
			break;
		}
	}
	history_free(&history);
	if (run)
		((struct seat *)run_user(run))->is_resumed = true;
	return run;
}

struct run *world_redrive(struct world *world, const struct journal_run *row, const struct plan *plan,
			  const struct history *history, struct value connectors, struct error *err)
{
	struct run *run = world_start(world, row, plan, history->argument, history->env, connectors, &history->limits);
	struct seat *seat = run_user(run);

	for (size_t i = 0; i < history->count; i++) {
		seat->shared = journal_append(world->journal, &seat->row, &history->events[i]);
		if (run_add_history(run, &history->events[i], err) < 0) {
			world_free_run(run);
			return NULL;
		}
	}
	return run;
}

struct run *world_rerun(struct world *world, const struct journal_run *row, const struct plan *plan,
			const struct history *history, const struct rerun_request *request, struct error *err)
{
	struct run *run = rerun_new(plan, history, request, host_of(world), row->id, err);

	return run ? take_seat(world, row, run) : NULL;
}

void world_begin(struct world *world, struct run *run)
{
	const struct seat *seat = run_user(run);
	bool is_resumed = seat->is_resumed;
	char id[sizeof(seat->row.id)];

	memcpy(id, seat->row.id, sizeof(id));
	((struct seat *)run_user(run))->has_begun = true;
	if (run_is_rerun(run))
		rerun_go_live(run);
	else
		run_begin(run);
	world_settle(world, run); /* a run that runs started may be gone after this */
	if (is_resumed)
		children_resume(world, id);
}

/* What begins only to end repeats its history first: its last event stands where the replay stands. */
void world_stop(struct world *world, struct run *run)
{
	struct seat *seat = run_user(run);

	if (!seat->has_begun)
		run_begin(run);
	seat->has_begun = true;
	run_stop(run);
	world_settle(world, run);
}

static void cancel_asked(void *ctx, int64_t row)
{
	struct world *world = ctx;

	for (struct seat *seat = world->seats; seat; seat = seat->next) {
		if (seat->row.row != row || !seat->has_begun || run_status(seat->run) != RUN_GOES_ON)
			continue;
		world_stop(world, seat->run); /* the run may be gone after this */
		return;
	}
}

void world_free_run(struct run *run)
{
	struct seat *seat = run ? run_user(run) : NULL;
	struct seat **link;

	if (!run)
		return;
	link = &seat->world->seats;
	while (*link != seat)
		link = &(*link)->next;
	*link = seat->next;
	release_calls(seat->world, seat, 0, false);
	run_free(run);
	mem_free(seat);
}

/* ---- the world itself */

struct world *world_open(uv_loop_t *loop, const struct world_options *options, struct error *err)
{
	struct world *world = mem_new(sizeof(*world));
	struct journal_callbacks callbacks = {committed, failed, world, is_waiting};

	world->loop = loop;
	world->options = *options;
	world->queue_last = &world->queue_first;
	world->journal = journal_open(options->state, options->durability, loop, &callbacks, err);
	if (!world->journal) {
		mem_free(world);
		return NULL;
	}
	journal_watch_cancels(world->journal, cancel_asked, world);
	return world;
}

struct http_client *world_http(struct world *world)
{
	if (!world->http) { /* a definition without calls pays nothing for it */
		world->http = http_client_new(world->loop);
		if (world->options.allows_link_local)
			http_client_allow_link_local(world->http);
	}
	return world->http;
}

void world_close(struct world *world)
{
	if (!world)
		return;
	children_close(world);
	drop_queue(world);
	if (world->http)
		http_client_free(world->http);
	journal_close(world->journal);
	uv_run(world->loop, UV_RUN_NOWAIT);
	mem_free(world);
}

struct journal *world_journal(struct world *world)
{
	return world->journal;
}
