/*
 * child.c - runs that runs start (reference, 5.3, and executions.* of stdlib.h): in this process, in this journal.
 *
 *	effect ─▶ id = hash(parent, effect) ─┬─ no such run: find its definition, make it, start it
 *	                                     ├─ it goes on here: wait for it
 *	                                     ├─ it stands still: go on with it
 *	                                     ├─ another process has it: look again every second
 *	                                     └─ it has ended: that is the answer
 *
 * The id is a function of parent and effect, so an effect that is performed again after a crash finds the run
 * it started before, and none is started twice (J6). A child is a run like any other: its events are its own,
 * it goes on when its parent ends, and `lexflow resume` goes on with it when it was interrupted.
 */
#include "workflow/engine/execution.h"
#include "workflow/engine/world_private.h"

#include "lib/docstore/docstore.h"
#include "workflow/expr/expr.h"
#include "workflow/expr/raised.h"
#include "lib/kill/kill.h"
#include "lib/mem/mem.h"

#include <stdio.h>
#include <string.h>

enum {
	CHILD_MAX_DEPTH = 20, /* children of children: as deep as calls may be (reference, 2.3) */
	CHILD_LIST_MAX = 100, /* a page of executions.list (reference, 9.4) */
	CHILD_POLL_MS = 1000,
	CHILD_ANSWER_MAX = 16 << 20,
};

struct child {
	struct world *world;
	struct journal_run row; /* file: below */
	char *file;
	struct plan *plan;     /* owned */
	struct run *run;       /* owned; NULL while another process has it */
	bool is_owned;         /* its lock is ours */
	struct effect *effect; /* that waits for the end; lent by the parent, or NULL */
	bool is_starting;      /* the effect waits for no end: it gets the execution object, once it has begun */
	uv_timer_t poll;
	struct child *next;
};

/* ---- answers */

/* Taken. What is larger than a response may be is the error of a response: the payload of a failed run is a
 * text that holds JSON, and that of the run that waited for it a text of that text, so it doubles with each
 * run that fails. */
static void answer(struct world *world, struct effect *effect, const char *member, struct value v)
{
	struct run *run = effect->run;
	struct value raw = value_map_new();
	int64_t limit = run_limits(run)->response_bytes;
	int64_t most =
		limit < CHILD_ANSWER_MAX ? limit : CHILD_ANSWER_MAX; /* a lifted one, too, fits an event */
	struct value raised;

	if (value_size(v) > (uint64_t)most || expr_is_too_deep(v)) {
		raise_error(&raised, "ResourceLimitError",
			    "an execution is larger than %lld bytes (limit %s)", (long long)most,
			    "response_bytes");
		value_set(&v, raised);
		member = "raised";
	}
	value_put(&raw, member, v);
	effect->handle = NULL;
	run_answer(effect, raw, value_null());
	world_settle(world, run);
}

/* As the API would say it: an HttpError with the body of reference 9.2, and a message that helps here. */
static struct value api_error(int code, const char *status, const struct error *err)
{
	struct value raised, error = value_map_new(), body = value_map_new(), headers = value_map_new();

	raise_plain(&raised, "HttpError", "%s%s%s", err->message, *err->hint ? "; " : "", err->hint);
	value_put(&error, "code", value_int(code));
	value_put(&error, "message", value_string_z(err->message));
	value_put(&error, "status", value_string_z(status));
	value_put(&body, "error", error);
	value_put(&headers, "Content-Type", value_string_z("application/json"));
	value_put(&raised, "code", value_int(code));
	value_put(&raised, "headers", headers);
	value_put(&raised, "body", body);
	return raised;
}

static void refuse(struct world *world, struct effect *effect, const struct error *err)
{
	if (err->kind == ERROR_NOT_FOUND)
		answer(world, effect, "raised", api_error(404, "NOT_FOUND", err));
	else if (err->kind == ERROR_INPUT)
		answer(world, effect, "raised", api_error(400, "FAILED_PRECONDITION", err));
	else
		answer(world, effect, "raised", api_error(500, "INTERNAL", err));
}

/* The end of a run, as who waits for it gets it. */
static void answer_end(struct world *world, struct effect *effect, const struct journal_run *row)
{
	struct error err = {0};
	struct value ended, execution;
	const struct value *result;

	if (execution_end(world->journal, row, &ended, &err) < 0) {
		refuse(world, effect, &err);
		return;
	}
	result = value_get(ended, "result");
	if (row->state == RUN_SUCCEEDED && result) {
		answer(world, effect, "result", value_ref(*result));
	} else if (execution_read(world->journal, row, &execution, &err) == 0) {
		answer(world, effect, "raised", execution_failure(execution));
		value_unref(execution);
	} else {
		refuse(world, effect, &err);
	}
	value_unref(ended);
}

/* Who does not wait gets the execution object. */
static void answer_object(struct world *world, struct effect *effect, const char *id);

/* ---- the list of those that go on here */

static struct child *find(const struct world *world, const char *id)
{
	struct child *child = world->children;

	while (child && strcmp(child->row.id, id) != 0)
		child = child->next;
	return child;
}

size_t world_children(const struct world *world, bool (*each)(void *ctx, const char *id), void *ctx)
{
	size_t count = 0;

	for (const struct child *child = world->children; child; child = child->next) {
		count++;
		if (each && !each(ctx, child->row.id))
			break;
	}
	return count;
}

static struct child *add(struct world *world, const struct journal_run *row)
{
	struct child *child = mem_new(sizeof(*child));

	child->world = world;
	child->file = mem_strdup(row->file);
	child->row = *row;
	child->row.file = child->file;
	child->row.parent_run = child->row.parent_step = "";
	uv_timer_init(world->loop, &child->poll);
	child->poll.data = child;
	child->next = world->children;
	world->children = child;
	return child;
}

static void poll_closed(uv_handle_t *handle)
{
	mem_free(handle->data);
}

/* The run goes from memory; in the journal it is as it is. */
static void drop(struct child *child)
{
	struct child **link = &child->world->children;

	while (*link != child)
		link = &(*link)->next;
	*link = child->next;
	if (child->effect)
		child->effect->handle = NULL;
	world_free_run(child->run);
	if (child->is_owned)
		journal_disown(child->world->journal, &child->row);
	plan_free(child->plan);
	mem_free(child->file);
	uv_close((uv_handle_t *)&child->poll, poll_closed);
}

void children_close(struct world *world)
{
	while (world->children)
		drop(world->children);
}

static void wait_for(struct child *child, struct effect *effect)
{
	child->effect = effect;
	effect->handle = child;
}

void child_abandon(struct effect *effect)
{
	struct child *child = effect->handle;

	if (child)
		child->effect = NULL; /* it goes its own way */
	effect->handle = NULL;
}

bool child_ended(struct world *world, const struct run *run)
{
	struct child *child = world->children;
	struct journal_run row;
	char id[sizeof(row.id)];
	struct effect *effect;
	struct error err = {0};
	bool wants_object;

	while (child && child->run != run)
		child = child->next;
	if (!child)
		return false;
	effect = child->effect;
	wants_object = child->is_starting;
	if (effect && run_status(run) == RUN_DIVERGED)
		error_set(&err, ERROR_IO, "%s", run_divergence(run));
	else if (effect && journal_get(world->journal, child->row.id, &row, &err) == 0)
		error_set(&err, ERROR_IO, "run %s is gone", child->row.id);
	snprintf(id, sizeof(id), "%s", child->row.id);
	drop(child);
	if (effect && wants_object)
		answer_object(world, effect, id);
	else if (effect && err.kind != ERROR_NONE)
		refuse(world, effect, &err);
	else if (effect)
		answer_end(world, effect, &row);
	return true;
}

/* ---- going on with one that exists */

static struct plan *compile(const char *file, struct slice source, struct error *err)
{
	struct diags *diags = diags_new();
	struct plan *plan = plan_read(file, source, diags);

	if (!plan && diags_count(diags)) {
		struct diag first = diags_at(diags, 0);

		error_set(err, ERROR_INPUT, "%s:%d:%d: %s", file, first.at.line, first.at.column,
			  first.message);
		error_hint(err, "lexflow check %s shows every mistake", file);
	}
	diags_free(diags);
	return plan;
}

/* Take the lock and compile what was recorded. 1; 0 when another process has the run; -1. */
static int own(struct child *child, struct error *err)
{
	struct world *world = child->world;
	struct journal_run row = child->row;
	struct buf source;

	if (journal_own(world->journal, &row, err) < 0) {
		if (err->kind != ERROR_BUSY)
			return -1;
		*err = (struct error){0};
		return 0;
	}
	child->is_owned = true;
	child->row.event_count = row.event_count; /* as its last owner left it */
	child->row.state = row.state;
	buf_init(&source, 0);
	if (journal_source(world->journal, &row, &source, err) == 0)
		child->plan = compile(child->file, buf_slice(&source), err);
	buf_release(&source);
	return child->plan ? 1 : -1;
}

static void look_again(uv_timer_t *timer);

/* Let a run go on from its journal. 1; 0 when another process has it, which is then waited for; -1. */
static int revive(struct child *child, struct error *err)
{
	int owned = own(child, err);

	if (owned == 0)
		uv_timer_start(&child->poll, look_again, CHILD_POLL_MS, 0);
	if (owned == 1)
		child->run = world_resume(child->world, &child->row, child->plan, value_null(), err);
	return owned == 1 && !child->run ? -1 : owned;
}

/* The run was another process's. It has ended, or that process has, or it is to be waited for. */
static void look_again(uv_timer_t *timer)
{
	struct child *child = timer->data;
	struct world *world = child->world;
	struct effect *effect = child->effect;
	struct error err = {0};
	struct journal_run row;
	int found = journal_get(world->journal, child->row.id, &row, &err);
	bool has_ended = found == 1 && row.state != RUN_ACTIVE;
	int revived = found == 1 && !has_ended ? revive(child, &err) : -1;

	if (revived == 1)
		world_begin(world, child->run);
	if (revived >= 0)
		return;
	drop(child);
	if (effect && has_ended)
		answer_end(world, effect, &row);
	else if (effect)
		refuse(world, effect, &err);
}

struct ids {
	char (*items)[64];
	size_t count, capacity;
};

static bool keep_active(void *ctx, const struct journal_run *row)
{
	struct ids *ids = ctx;

	if (row->state != RUN_ACTIVE || row->event_count == 0)
		return true; /* one that never began is started by the effect that asked for it */
	if (ids->count == ids->capacity)
		ids->items = mem_grow(ids->items, &ids->capacity, sizeof(*ids->items));
	memcpy(ids->items[ids->count++], row->id, sizeof(row->id));
	return true;
}

static void resume_one(struct world *world, const char *id)
{
	struct journal_run row;
	struct error err = {0};
	struct child *child;

	if (find(world, id) || journal_get(world->journal, id, &row, &err) != 1)
		return;
	child = add(world, &row);
	if (revive(child, &err) == 1) {
		world_begin(world, child->run);
		return;
	}
	if (err.kind != ERROR_NONE)
		log_write(world->options.log, LOG_WARNING, value_null(), "run %s does not go on: %s", id,
			  err.message);
	drop(child); /* nobody here waits for what another process does */
}

void children_resume(struct world *world, const char *parent)
{
	struct ids ids = {0};
	struct error err = {0};

	if (journal_children(world->journal, parent, keep_active, &ids, &err) < 0)
		log_write(world->options.log, LOG_WARNING, value_null(),
			  "runs that %s started are not found: %s", parent, err.message);
	for (size_t i = 0; i < ids.count; i++)
		resume_one(world, ids.items[i]);
	mem_free(ids.items);
}

/* ---- starting one */

/* 50 bits of a hash, written as fresh ids are: no prefix of a child's id is its parent's. */
static void child_id(const struct effect *effect, char id[16])
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
	static const char digits[] = "0123456789abcdef";
	char hash[DOCSTORE_HASH_SIZE];
	char text[128];
	int size = snprintf(text, sizeof(text), "%s/%lld", run_id(effect->run), (long long)effect->number);

	docstore_hash((struct slice){text, (size_t)size}, hash);
	for (size_t i = 0; i < 10; i++) {
		size_t byte = (size_t)(strchr(digits, hash[2 * i]) - digits) * 16 +
			      (size_t)(strchr(digits, hash[2 * i + 1]) - digits);

		id[i] = alphabet[byte & 31];
	}
	id[10] = '\0';
}

/* How many runs above this one started one another. */
static int depth_of(struct world *world, const char *id)
{
	struct journal_run row;
	struct error err = {0};
	char at[sizeof(row.id)];
	int depth = 0;

	snprintf(at, sizeof(at), "%s", id);
	while (depth <= CHILD_MAX_DEPTH && journal_get(world->journal, at, &row, &err) == 1 &&
	       row.origin == ORIGIN_CHILD) {
		snprintf(at, sizeof(at), "%s", row.parent_run);
		depth++;
	}
	return depth;
}

static void override(struct value *env, const char *name, struct slice given)
{
	if (given.len)
		value_put(env, name, value_string(given));
}

/* The parent's environment, but for what names the run. */
static struct value child_env(const struct effect *effect, const struct journal_run *row)
{
	struct value env = value_ref(run_env(effect->run));

	override(&env, "GOOGLE_CLOUD_PROJECT_ID", value_get_text(effect->request, "project_id"));
	override(&env, "GOOGLE_CLOUD_LOCATION", value_get_text(effect->request, "location"));
	override(&env, "GOOGLE_CLOUD_WORKFLOW_ID", execution_workflow(row->file));
	override(&env, "GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID", slice_of(row->id));
	value_put(&env, "GOOGLE_CLOUD_WORKFLOW_REVISION_ID",
		  value_stringf("000001-%.3s", row->definition_hash));
	return env;
}

static struct value argument_of(const struct effect *effect)
{
	const struct value *argument = value_get(effect->request, "argument");

	return argument ? *argument : value_null();
}

/* *connectors: what the parent has, and what the plan needs beyond. The caller's, whatever comes of it. */
static int prepare(struct world *world, const struct effect *effect, const struct plan *plan,
		   struct value *connectors, struct error *err)
{
	value_set(connectors, value_ref(run_connectors(effect->run)));
	if (!world->options.prepare)
		return 0;
	return world->options.prepare(world->options.child_ctx, plan, connectors, err);
}

/* A child, its row made or found without an event: give it its run. */
static void start(struct child *child, const struct effect *effect, struct value connectors)
{
	struct value env = child_env(effect, &child->row);

	child->run = world_start(child->world, &child->row, child->plan, argument_of(effect), env, connectors,
				 run_limits(effect->run));
	value_unref(env);
}

static int find_definition(struct world *world, struct slice workflow, struct buf *file, struct buf *source,
			   struct error *err)
{
	if (!world->options.find_definition) {
		error_set(err, ERROR_NOT_FOUND, "workflow \"%.*s\" is not known", SLICE_ARG(workflow));
		return -1;
	}
	return world->options.find_definition(world->options.child_ctx, workflow, file, source, err);
}

static int check_request(struct world *world, const struct effect *effect, struct error *err)
{
	struct value masked = run_masked(effect->run, argument_of(effect));
	bool is_clean = value_equal(masked, argument_of(effect));

	value_unref(masked);
	if (!is_clean) {
		error_set(err, ERROR_INPUT, "a secret cannot be handed to another run");
		error_hint(err, "let that run read the secret itself");
		return -1;
	}
	if (depth_of(world, run_id(effect->run)) >= CHILD_MAX_DEPTH) {
		error_set(err, ERROR_INPUT, "more than %d levels of runs that start runs", CHILD_MAX_DEPTH);
		return -1;
	}
	return 0;
}

static void tell_made(struct world *world, const struct effect *effect, const struct journal_run *row)
{
	struct value env;

	if (!world->options.made)
		return;
	env = child_env(effect, row);
	world->options.made(world->options.child_ctx, row, value_get_text(effect->request, "workflow_id"), env,
			    argument_of(effect));
	value_unref(env);
}

/* A run of its own under `id`, or NULL with *err. All that can be wrong with it is looked at before it has a row:
 * one that could not begin would stand there for ever. */
static struct child *make(struct world *world, const struct effect *effect, const char *id,
			  struct value *connectors, struct error *err)
{
	struct slice workflow = value_get_text(effect->request, "workflow_id");
	struct child *child = NULL;
	struct plan *plan = NULL;
	struct buf file, source, step;
	struct journal_run row;

	buf_init(&file, 0);
	buf_init(&source, 0);
	buf_init(&step, 0);
	run_step_name(effect->run, effect->step, &step);
	if (check_request(world, effect, err) == 0 &&
	    find_definition(world, workflow, &file, &source, err) == 0)
		plan = compile(buf_text(&file), buf_slice(&source), err);
	if (plan && prepare(world, effect, plan, connectors, err) == 0 &&
	    journal_create_child(world->journal, id, buf_text(&file), buf_slice(&source),
					 run_id(effect->run), buf_text(&step), &row, err) == 0) {
		child = add(world, &row);
		kill_point("child.after-create");
		child->is_owned = true;
		child->plan = plan;
		tell_made(world, effect, &row);
	} else {
		plan_free(plan);
	}
	buf_release(&file);
	buf_release(&source);
	buf_release(&step);
	return child;
}

/* The run of this effect, about to begin or (run NULL) another process's. NULL with *err. */
static struct child *provide(struct world *world, const struct effect *effect, const char *id,
			     const struct journal_run *known, struct error *err)
{
	struct value connectors = value_null();
	struct child *child = known ? add(world, known) : make(world, effect, id, &connectors, err);
	int result = child ? 1 : -1;

	if (known && known->event_count > 0)
		result = revive(child, err);
	else if (known) /* an earlier process made it and came no further */
		result = own(child, err);
	if (known && result == 1 && !child->run && prepare(world, effect, child->plan, &connectors, err) < 0)
		result = -1;
	if (result == 1 && !child->run)
		start(child, effect, connectors);
	value_unref(connectors);
	if (result >= 0)
		return child;
	if (child)
		drop(child);
	return NULL;
}

static struct value object_of(const struct child *child)
{
	struct value started = value_map_new();
	struct value execution;

	value_put(&started, "argument", value_ref(run_argument(child->run)));
	value_put(&started, "env", value_ref(run_env(child->run)));
	execution = execution_value(&child->row, started, value_null());
	value_unref(started);
	return execution;
}

static void answer_object(struct world *world, struct effect *effect, const char *id)
{
	const struct child *child = find(world, id);
	struct value execution;
	struct journal_run row;
	struct error err = {0};
	int found;

	if (child && child->run) {
		answer(world, effect, "result", object_of(child));
		return;
	}
	found = journal_get(world->journal, id, &row, &err);
	if (found == 0) {
		error_set(&err, ERROR_NOT_FOUND, "there is no execution %.80s", id);
		error_hint(&err, "lexflow list shows the runs");
	}
	if (found == 1 && execution_read(world->journal, &row, &execution, &err) == 0)
		answer(world, effect, "result", execution);
	else
		refuse(world, effect, &err);
}

/* Is a run that bears the id of our child our child? */
static int check_known(const struct effect *effect, const struct journal_run *row, struct error *err)
{
	if (row->origin == ORIGIN_CHILD && strcmp(row->parent_run, run_id(effect->run)) == 0)
		return 0;
	return error_set(err, ERROR_IO, "the id %s belongs to another run", row->id);
}

/* What the child does at once (one that is resumed cancels its parent, say) may end the effect and the child: the
 * effect is the child's while it begins, so its end takes it away. */
static void begin(struct child *child, struct effect *effect, bool waits)
{
	struct world *world = child->world;
	char id[sizeof(child->row.id)];

	memcpy(id, child->row.id, sizeof(id));
	wait_for(child, effect);
	child->is_starting = !waits;
	if (child->run)
		world_begin(world, child->run);
	child = waits ? NULL : find(world, id);
	if (!child || !child->effect)
		return;
	child->is_starting = false;
	child_abandon(effect);
	answer_object(world, effect, id);
}

static void start_run(struct world *world, struct effect *effect)
{
	bool waits = value_get_bool(effect->request, "wait", true);
	struct error err = {0};
	struct journal_run row;
	struct child *child;
	char id[16];
	int found = 0;

	child_id(effect, id);
	child = find(world, id);
	if (!child) {
		found = journal_get(world->journal, id, &row, &err);
		if (found == 1 && check_known(effect, &row, &err) < 0)
			found = -1;
		if (found == 1 && row.state != RUN_ACTIVE) {
			if (waits)
				answer_end(world, effect, &row);
			else
				answer_object(world, effect, id);
			return;
		}
		child = found < 0 ? NULL : provide(world, effect, id, found ? &row : NULL, &err);
		if (!child) {
			refuse(world, effect, &err);
			return;
		}
		begin(child, effect, waits);
	} else if (waits) {
		wait_for(child, effect);
	} else {
		answer_object(world, effect, id);
	}
}

/* ---- asking about them */

struct listing {
	struct slice workflow;
	struct ids ids;
};

static bool keep_of_workflow(void *ctx, const struct journal_run *row)
{
	struct listing *listing = ctx;
	struct ids *ids = &listing->ids;

	if (row->origin == ORIGIN_RERUN || !slice_equal(execution_workflow(row->file), listing->workflow))
		return true;
	if (ids->count == ids->capacity)
		ids->items = mem_grow(ids->items, &ids->capacity, sizeof(*ids->items));
	memcpy(ids->items[ids->count++], row->id, sizeof(row->id));
	return ids->count < CHILD_LIST_MAX;
}

static void list_runs(struct world *world, struct effect *effect)
{
	struct listing listing = {.workflow = execution_last_part(value_get_text(effect->request, "parent"))};
	struct value found = value_list_new(0), result = value_map_new();
	struct error err = {0};

	journal_list(world->journal, keep_of_workflow, &listing, &err);
	for (size_t i = 0; i < listing.ids.count && err.kind == ERROR_NONE; i++) {
		struct journal_run row;
		struct value execution;

		if (journal_get(world->journal, listing.ids.items[i], &row, &err) == 1 &&
		    execution_read(world->journal, &row, &execution, &err) == 0)
			value_list_push(&found, execution);
	}
	mem_free(listing.ids.items);
	value_put(&result, "executions", found);
	if (err.kind == ERROR_NONE) {
		answer(world, effect, "result", result);
		return;
	}
	value_unref(result);
	refuse(world, effect, &err);
}

/* A run of this process that a run started. Its own end comes when the journal has it, as any. */
static void cancel_run(struct world *world, struct effect *effect, const char *id)
{
	struct child *child = find(world, id);
	struct error err = {0};
	struct value execution;
	bool is_own;

	if (!child || !child->run || run_status(child->run) != RUN_GOES_ON) {
		error_set(&err, ERROR_INPUT, "execution %.80s does not go on in this process", id);
		refuse(world, effect, &err);
		return;
	}
	child->row.state = RUN_CANCELLED;
	execution = object_of(child);
	is_own = child->run == effect->run;
	run_stop(child->run); /* with all its effects; it is recorded before the answer that says so */
	world_settle(world, child->run);
	if (is_own)
		value_unref(execution);
	else
		answer(world, effect, "result", execution);
}

void child_perform(struct world *world, struct effect *effect)
{
	struct slice verb = value_get_text(effect->request, "verb");
	struct slice id = execution_last_part(value_get_text(effect->request, "name"));
	if (slice_is(verb, "start"))
		start_run(world, effect);
	else if (slice_is(verb, "get"))
		answer_object(world, effect, id.ptr ? id.ptr : "");
	else if (slice_is(verb, "cancel"))
		cancel_run(world, effect, id.ptr ? id.ptr : "");
	else
		list_runs(world, effect);
}
