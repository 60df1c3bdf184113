/*
 * launch.c - executions that go on here: begun, or waiting for their turn; ended, cancelled, taken up again.
 *
 *	launch ─▶ journal_enter ─┬─ ACTIVE ─▶ begin ─▶ world ─▶ api_ended ─▶ the next that waits
 *	                         └─ QUEUED ─▶ the line ──────────▶ begin
 *
 * An execution stays here, found by its id, until its end is on disk.
 */
#include "workflow/api/api_private.h"

#include "lib/clock/clock.h"
#include "lib/json/json.h"
#include "lib/mem/mem.h"
#include "workflow/engine/execution.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { BUCKETS_FIRST = 256 };

/* ---- the table, by id */

static size_t bucket_of(const struct api *api, const char *id)
{
	uint64_t hash = 1469598103934665603u; /* FNV-1a */

	for (; *id; id++)
		hash = (hash ^ (unsigned char)*id) * 1099511628211u;
	return (size_t)(hash & (api->bucket_count - 1));
}

struct launched *launched_find(const struct api *api, const char *id)
{
	struct launched *launched;

	if (!api->bucket_count)
		return NULL;
	launched = api->buckets[bucket_of(api, id)];
	while (launched && strcmp(launched->row.id, id) != 0)
		launched = launched->next_in_bucket;
	return launched;
}

bool is_begun(struct api *api, const char *id)
{
	struct journal_run run;

	return launched_find(api, id) || journal_get(api->journal, id, &run, NULL) == 1;
}

static void insert(struct api *api, struct launched *launched)
{
	struct launched **bucket = &api->buckets[bucket_of(api, launched->row.id)];

	launched->next_in_bucket = *bucket;
	*bucket = launched;
}

static void grow(struct api *api)
{
	struct launched **old = api->buckets;
	size_t old_count = api->bucket_count;

	api->bucket_count = old_count ? old_count * 2 : BUCKETS_FIRST;
	api->buckets = mem_new(api->bucket_count * sizeof(struct launched *));
	for (size_t i = 0; i < old_count; i++) {
		while (old[i]) {
			struct launched *launched = old[i];

			old[i] = launched->next_in_bucket;
			insert(api, launched);
		}
	}
	mem_free(old);
}

static void add(struct launched *launched)
{
	struct api *api = launched->api;

	if (api->launched_count >= api->bucket_count)
		grow(api);
	insert(api, launched);
	api->launched_count++;
}

/* Off the table, its lock given up; its run is gone already, or never was. */
static void drop(struct launched *launched)
{
	struct api *api = launched->api;
	struct launched **link = &api->buckets[bucket_of(api, launched->row.id)];

	while (*link != launched)
		link = &(*link)->next_in_bucket;
	*link = launched->next_in_bucket;
	api->launched_count--;
	world_free_run(launched->run);
	journal_disown(api->journal, &launched->row);
	compiled_drop(api, launched->compiled);
	value_unref(launched->file);
	value_unref(launched->parent);
	value_unref(launched->argument);
	value_unref(launched->workflow_id);
	value_unref(launched->connectors);
	mem_free(launched);
}

/* ---- what is logged of it (reference, 11.7) */

static enum call_log call_log_level(struct value execution, struct value workflow)
{
	struct slice level = value_get_text(execution, "callLogLevel");

	if (!level.len || slice_is(level, "CALL_LOG_LEVEL_UNSPECIFIED"))
		level = value_get_text(workflow, "callLogLevel");
	if (slice_is(level, "LOG_ALL_CALLS"))
		return CALL_LOG_ALL;
	return slice_is(level, "LOG_ERRORS_ONLY") ? CALL_LOG_ERRORS : CALL_LOG_NONE;
}

/* "ACTIVE" as it begins, its end once that is on disk. What it was given and gives may be secret: it is not told. */
static void log_state(const struct launched *launched, const char *state)
{
	const struct logger *log = launched->api->options.log;
	enum log_severity severity = strcmp(state, "FAILED") == 0 ? LOG_ERROR : LOG_INFO;
	struct value fields, labels;
	char time[CLOCK_TEXT_SIZE];

	if (severity < log->threshold)
		return;
	fields = value_map_new();
	labels = value_map_new();
	value_put(&labels, "workflows.googleapis.com/execution_id", value_string_z(launched->row.id));
	if (launched->compiled)
		value_put(&labels, "workflows.googleapis.com/revision_id", value_string_z(launched->compiled->id));
	value_put(&fields, "@type",
		  value_string_z("type.googleapis.com/google.cloud.workflows.type.ExecutionsSystemLog"));
	value_put(&fields, "state", value_string_z(state));
	value_put(&fields, "activityTime", value_string_z(clock_format_utc(clock_wall_us(), time)));
	value_put(&fields, "logging.googleapis.com/labels", labels);
	log_write(log, severity, fields, "execution %s of %.*s: %s", launched->row.id,
		  SLICE_ARG(value_text(launched->workflow_id)), state);
	value_unref(fields);
}

/* ---- beginning */

static struct slice path_part(struct slice parent, const char *before)
{
	size_t at = slice_find(parent, slice_of(before), 0);
	struct slice rest;

	if (at == SIZE_MAX)
		return SLICE("-");
	rest = slice_sub(parent, at + strlen(before), parent.len);
	return slice_sub(rest, 0, slice_find(rest, SLICE("/"), 0));
}

static void put_all(struct value *map, struct value more)
{
	for (size_t i = 0; i < value_len(more); i++)
		value_map_set(map, value_map_key(more, i), value_ref(*value_map_at(more, i)));
}

/* What sys.get_env sees: the services' addresses, what the revision sets, what the service itself does. */
static struct value env_of(const struct launched *launched)
{
	const struct api_options *options = &launched->api->options;
	struct value env = options->service_env ? options->service_env(options->ctx) : value_map_new();
	const struct value *own = value_get(launched->compiled->fields, "userEnvVars");
	struct slice parent = value_text(launched->parent), project = path_part(parent, "projects/");

	if (own)
		put_all(&env, *own);
	value_put(&env, "GOOGLE_CLOUD_PROJECT_ID", value_string(project));
	value_put(&env, "GOOGLE_CLOUD_PROJECT_NUMBER", value_string_z("100000000000"));
	value_put(&env, "GOOGLE_CLOUD_LOCATION", value_string(path_part(parent, "locations/")));
	value_put(&env, "GOOGLE_CLOUD_SERVICE_ACCOUNT_NAME",
		  value_stringf("lexflow@%.*s.iam.gserviceaccount.com", SLICE_ARG(project)));
	value_put(&env, "GOOGLE_CLOUD_WORKFLOW_ID", value_ref(launched->workflow_id));
	value_put(&env, "GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID", value_string_z(launched->row.id));
	value_put(&env, "GOOGLE_CLOUD_WORKFLOW_REVISION_ID", value_string_z(launched->compiled->id));
	return env;
}

static int prepare(struct api *api, const struct plan *plan, struct value *connectors, struct error *err)
{
	if (!api->options.prepare)
		return 0;
	return api->options.prepare(api->options.ctx, plan, connectors, err);
}

static void begin(struct launched *launched)
{
	struct api *api = launched->api;
	struct value env = env_of(launched);

	launched->run = world_start(api->options.world, &launched->row, launched->compiled->plan, launched->argument,
				    env, launched->connectors, &api->options.limits);
	value_set(&launched->argument, value_null());
	value_unref(env);
	api->active++;
	run_log_calls(launched->run, launched->call_log);
	log_state(launched, "ACTIVE");
	world_begin(api->options.world, launched->run);
}

/* ---- the line */

static void wait_in_line(struct launched *launched)
{
	struct api *api = launched->api;

	*api->queue_last = launched;
	api->queue_last = &launched->next_queued;
	api->queued++;
}

static void leave_line(struct launched *launched)
{
	struct api *api = launched->api;
	struct launched **link = &api->queue_first;

	while (*link && *link != launched)
		link = &(*link)->next_queued;
	if (!*link)
		return;
	*link = launched->next_queued;
	if (api->queue_last == &launched->next_queued)
		api->queue_last = link;
	launched->next_queued = NULL;
	api->queued--;
}

static void log_trouble(const struct launched *launched, const char *what, const struct error *err)
{
	struct value fields = value_map_new();

	value_put(&fields, "run", value_string_z(launched->row.id));
	log_write(launched->api->options.log, LOG_ERROR, fields, "execution %s %s: %s", launched->row.id, what,
		  err->message);
	value_unref(fields);
}

/* The next of those that wait. One that cannot begin (its revision is gone) ends as cancelled: it would stand there for
 * ever. */
static void begin_next(struct api *api)
{
	while (!api->is_closing && api->queue_first && api->active < api->options.concurrency) {
		struct launched *launched = api->queue_first;
		struct error err = {0};

		leave_line(launched);
		launched->compiled = compiled_take(api, launched->revision, &err);
		if (launched->compiled &&
		    prepare(api, launched->compiled->plan, &launched->connectors, &err) == 0) {
			journal_begun(api->journal, &launched->row);
			begin(launched);
		} else {
			log_trouble(launched, "cannot begin", &err);
			journal_finish(api->journal, &launched->row, RUN_CANCELLED);
			drop(launched);
		}
	}
}

/* ---- asking for one */

/* A random UUID, version 4, in lower case (reference, 9.4.1). */
static void make_id(char id[64])
{
	unsigned char b[16];
	struct buf text;

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		abort(); /* no entropy: nothing random can be promised */
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	buf_init(&text, 0);
	for (size_t i = 0; i < sizeof(b); i++)
		buf_printf(&text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
	memcpy(id, buf_text(&text), text.len + 1);
	buf_release(&text);
}

static int read_argument(struct api *api, struct slice argument, struct value *out, struct status *status)
{
	struct error err = {0};

	*out = value_null();
	if (argument.len && json_read(argument, out, &err) < 0)
		return status_set(status, STATUS_INVALID_ARGUMENT, "argument is not JSON: %s", err.message);
	if (run_takes(&api->options.limits, *out))
		return 0;
	value_unref(*out);
	return status_set(status, STATUS_INVALID_ARGUMENT, "argument is larger than %lld bytes",
			  (long long)api->options.limits.argument_bytes);
}

static int check_room(const struct api *api, bool may_wait, struct status *status)
{
	if (api->is_closing)
		return status_set(status, STATUS_UNAVAILABLE, "the server is being stopped");
	if (api->active < api->options.concurrency && !api->queue_first)
		return 0;
	if (may_wait && api->queued < api->options.backlog)
		return 0;
	return status_set(status, STATUS_RESOURCE_EXHAUSTED, "%zu executions go on and %zu wait: %s", api->active,
			  api->queued, may_wait ? "the backlog is full" : "this one may not wait");
}

static struct launched *make(struct api *api, const struct launch *what, const struct journal_workflow *workflow,
			     struct compiled *compiled)
{
	struct launched *launched = mem_new(sizeof(*launched));

	launched->api = api;
	launched->workflow = workflow->row;
	launched->revision = compiled->revision;
	launched->compiled = compiled;
	launched->file = value_ref(compiled->file);
	launched->parent = value_string(what->parent);
	launched->workflow_id = value_string(what->workflow);
	if (what->id)
		snprintf(launched->row.id, sizeof(launched->row.id), "%s", what->id);
	else
		make_id(launched->row.id);
	memcpy(launched->row.definition_hash, compiled->hash, sizeof(launched->row.definition_hash));
	launched->row.state = api->active < api->options.concurrency && !api->queue_first ? RUN_ACTIVE : RUN_QUEUED;
	launched->row.file = value_text(launched->file).ptr;
	return launched;
}

/* Into the journal, and what is told of it. */
static int enter(struct launched *launched, const struct launch *what, struct journal_execution *out,
		 struct status *status)
{
	struct error err = {0};

	*out = (struct journal_execution){
		.run = launched->row,
		.workflow = launched->workflow,
		.revision = launched->revision,
		.file = value_ref(launched->file),
		.parent = value_ref(launched->parent),
		.fields = value_ref(what->fields),
		.argument = value_string(what->argument.len ? what->argument : SLICE("null")),
	};
	memcpy(out->revision_id, launched->compiled->id, sizeof(out->revision_id));
	if (journal_enter(launched->api->journal, out, &err) < 0)
		return status_of_error(status, &err);
	launched->row = out->run;
	return 0;
}

static void go(struct launched *launched)
{
	struct api *api = launched->api;

	add(launched);
	if (launched->row.state == RUN_ACTIVE) {
		begin(launched);
		return;
	}
	compiled_drop(api, launched->compiled); /* compiled again when its turn comes, if it was forgotten */
	launched->compiled = NULL;
	wait_in_line(launched);
}

static int launch_revision(struct api *api, const struct launch *what, const struct journal_workflow *workflow,
			   struct journal_execution *out, struct status *status)
{
	struct error err = {0};
	struct compiled *compiled = compiled_take(api, workflow->revision.row, &err);
	struct launched *launched;
	struct value argument;

	if (!compiled)
		return status_of_error(status, &err);
	launched = make(api, what, workflow, compiled);
	if (read_argument(api, what->argument, &argument, status) < 0)
		goto fail;
	launched->argument = argument;
	launched->call_log = call_log_level(what->fields, workflow->fields);
	if (prepare(api, compiled->plan, &launched->connectors, &err) < 0)
		status_set(status, STATUS_FAILED_PRECONDITION, "%s%s%s", err.message, *err.hint ? "; " : "", err.hint);
	else if (enter(launched, what, out, status) == 0) {
		go(launched);
		return 0;
	} else {
		journal_execution_release(out);
	}
	value_unref(launched->argument);

fail:
	compiled_drop(api, compiled);
	value_unref(launched->file);
	value_unref(launched->parent);
	value_unref(launched->workflow_id);
	value_unref(launched->connectors);
	mem_free(launched);
	return -1;
}

int launch(struct api *api, const struct launch *what, struct journal_execution *out, struct status *status)
{
	struct journal_workflow workflow;
	int result;

	if (check_room(api, what->may_wait, status) < 0) {
		api->refused++;
		return -1;
	}
	if (find_workflow(api, what->parent, what->workflow, &workflow, status) < 0)
		return -1;
	result = launch_revision(api, what, &workflow, out, status);
	api->made += result == 0;
	journal_workflow_release(&workflow);
	return result;
}

void api_made(struct api *api, const struct journal_run *row, struct slice workflow, struct value env,
	      struct value argument)
{
	struct journal_execution execution = {.run = *row};
	struct journal_workflow found;
	struct error err = {0};
	struct buf json;

	if (journal_workflow_anywhere(api->journal, workflow, &found, &err) != 1)
		return;
	buf_init(&json, 0);
	journal_encode(&json, argument);
	execution.workflow = found.row;
	execution.revision = found.revision.row;
	execution.file = value_string_z(row->file);
	execution.parent = value_stringf("projects/%.*s/locations/%.*s",
					 SLICE_ARG(value_get_text(env, "GOOGLE_CLOUD_PROJECT_ID")),
					 SLICE_ARG(value_get_text(env, "GOOGLE_CLOUD_LOCATION")));
	execution.fields = value_map_new();
	execution.argument = value_string(buf_slice(&json));
	journal_enter_made(api->journal, &execution);
	journal_execution_release(&execution);
	journal_workflow_release(&found);
	buf_release(&json);
}

/* ---- ending */

bool api_ended(struct api *api, struct run *run)
{
	struct launched *launched = launched_find(api, run_id(run));
	struct error err = {0};

	if (!launched || launched->run != run)
		return false;
	if (run_status(run) == RUN_DIVERGED) {
		error_set(&err, ERROR_INPUT, "%s", run_divergence(run));
		log_trouble(launched, "cannot go on", &err);
	} else {
		log_state(launched, run_status(run) == RUN_RETURNED  ? "SUCCEEDED"
				    : run_status(run) == RUN_STOPPED ? "CANCELLED"
								     : "FAILED");
	}
	api->active--;
	drop(launched);
	begin_next(api);
	return true;
}

void launched_cancel(struct launched *launched)
{
	struct api *api = launched->api;

	if (launched->run) {
		if (run_status(launched->run) == RUN_GOES_ON)
			world_stop(api->options.world, launched->run);
		return;
	}
	leave_line(launched);
	journal_finish(api->journal, &launched->row, RUN_CANCELLED);
	log_state(launched, "CANCELLED");
	drop(launched);
}

size_t launched_cancel_all(struct api *api, int64_t workflow)
{
	size_t count = 0;

	for (size_t i = 0; i < api->bucket_count; i++) {
		struct launched *launched = api->buckets[i], *next;

		for (; launched; launched = next) {
			next = launched->next_in_bucket; /* a run that ends leaves the table later, when that is on disk */
			if (launched->workflow != workflow)
				continue;
			count++;
			launched_cancel(launched);
		}
	}
	return count;
}

void launched_release_all(struct api *api)
{
	for (size_t i = 0; i < api->bucket_count; i++) {
		while (api->buckets[i])
			drop(api->buckets[i]);
	}
	mem_free(api->buckets);
	api->buckets = NULL;
	api->bucket_count = 0;
}

/* ---- taking up what an earlier process left */

struct left {
	struct api *api;
	struct launched **items;
	size_t count, capacity;
};

static enum call_log kept_call_log(const struct launched *launched, const struct journal_execution *execution)
{
	struct journal_workflow workflow;
	struct status missing = {0};
	enum call_log level;

	if (find_workflow(launched->api, value_text(launched->parent), value_text(launched->workflow_id), &workflow,
			  &missing) < 0)
		return call_log_level(execution->fields, value_null());
	level = call_log_level(execution->fields, workflow.fields);
	journal_workflow_release(&workflow);
	return level;
}

static bool keep(void *ctx, const struct journal_execution *execution)
{
	struct left *left = ctx;
	struct launched *launched = mem_new(sizeof(*launched));

	launched->api = left->api;
	launched->row = execution->run;
	launched->workflow = execution->workflow;
	launched->revision = execution->revision;
	launched->file = value_ref(execution->file);
	launched->row.file = value_text(launched->file).ptr;
	launched->parent = value_ref(execution->parent);
	launched->workflow_id = value_string(execution_workflow(launched->row.file));
	launched->call_log = kept_call_log(launched, execution);
	if (json_read(value_text(execution->argument), &launched->argument, NULL) < 0)
		launched->argument = value_null();
	if (left->count == left->capacity)
		left->items = mem_grow(left->items, &left->capacity, sizeof(struct launched *));
	left->items[left->count++] = launched;
	return true;
}

/* One that had begun goes on from its journal; one that had not begins. */
static int revive(struct launched *launched, struct error *err)
{
	struct api *api = launched->api;
	struct history history;

	launched->compiled = compiled_take(api, launched->revision, err);
	if (!launched->compiled)
		return -1;
	if (launched->row.event_count == 0) {
		if (prepare(api, launched->compiled->plan, &launched->connectors, err) < 0)
			return -1;
		begin(launched);
		return 0;
	}
	if (history_read(api->journal, &launched->row, &history, err) < 0)
		return -1;
	if (api->options.adopt)
		api->options.adopt(api->options.ctx, history.env);
	launched->connectors = value_ref(history.connectors);
	history_free(&history);
	if (prepare(api, launched->compiled->plan, &launched->connectors, err) < 0)
		return -1;
	launched->run = world_resume(api->options.world, &launched->row, launched->compiled->plan,
				     launched->connectors, err);
	if (!launched->run)
		return -1;
	api->active++;
	run_log_calls(launched->run, launched->call_log);
	world_begin(api->options.world, launched->run);
	return 0;
}

/* False: another process has it, or it cannot go on: it stays as its journal says. */
static void take_up(struct launched *launched)
{
	struct api *api = launched->api;
	struct error err = {0};

	add(launched);
	if (journal_own(api->journal, &launched->row, &err) < 0) {
		if (err.kind != ERROR_BUSY)
			log_trouble(launched, "cannot go on", &err);
		drop(launched);
		return;
	}
	launched->row.file = value_text(launched->file).ptr;
	if (launched->row.state == RUN_QUEUED) {
		wait_in_line(launched);
	} else if (launched->row.state != RUN_ACTIVE) { /* it has ended meanwhile */
		drop(launched);
	} else if (revive(launched, &err) < 0) {
		log_trouble(launched, "cannot go on", &err);
		drop(launched);
	}
}

int api_resume(struct api *api, struct error *err)
{
	struct left left = {.api = api};
	int result = journal_unfinished(api->journal, 0, keep, &left, err);

	for (size_t i = 0; i < left.count; i++)
		take_up(left.items[i]);
	mem_free(left.items);
	begin_next(api);
	return result;
}
