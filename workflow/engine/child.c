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
#include "workflow/engine/child_private.h"
#include "workflow/engine/execution.h"

#include "lib/mem/mem.h"

#include <stdio.h>
#include <string.h>

enum { CHILD_POLL_MS = 1000 };

/* ---- the list of those that go on here */

struct child *child_find(const struct world *world, const char *id)
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

struct child *child_add(struct world *world, const struct journal_run *row)
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

void child_drop(struct child *child)
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
		child_drop(world->children);
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
	child_drop(child);
	if (effect && wants_object)
		child_answer_object(world, effect, id);
	else if (effect && err.kind != ERROR_NONE)
		child_refuse(world, effect, &err);
	else if (effect)
		child_answer_end(world, effect, &row);
	return true;
}

/* ---- going on with one that exists */

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
		child->plan = child_compile(child->file, buf_slice(&source), err);
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
	child_drop(child);
	if (effect && has_ended)
		child_answer_end(world, effect, &row);
	else if (effect)
		child_refuse(world, effect, &err);
}

void run_ids_add(struct run_ids *ids, const struct journal_run *row)
{
	if (ids->count == ids->capacity)
		ids->items = mem_grow(ids->items, &ids->capacity, sizeof(*ids->items));
	memcpy(ids->items[ids->count++], row->id, sizeof(row->id));
}

static bool keep_active(void *ctx, const struct journal_run *row)
{
	if (row->state == RUN_ACTIVE && row->event_count > 0) /* one that never began is started by the effect that asked */
		run_ids_add(ctx, row);
	return true;
}

static void resume_one(struct world *world, const char *id)
{
	struct journal_run row;
	struct error err = {0};
	struct child *child;

	if (child_find(world, id) || journal_get(world->journal, id, &row, &err) != 1)
		return;
	child = child_add(world, &row);
	if (revive(child, &err) == 1) {
		world_begin(world, child->run);
		return;
	}
	if (err.kind != ERROR_NONE)
		log_write(world->options.log, LOG_WARNING, value_null(), "run %s does not go on: %s", id,
			  err.message);
	child_drop(child); /* nobody here waits for what another process does */
}

void children_resume(struct world *world, const char *parent)
{
	struct run_ids ids = {0};
	struct error err = {0};

	if (journal_children(world->journal, parent, keep_active, &ids, &err) < 0)
		log_write(world->options.log, LOG_WARNING, value_null(),
			  "runs that %s started are not found: %s", parent, err.message);
	for (size_t i = 0; i < ids.count; i++)
		resume_one(world, ids.items[i]);
	mem_free(ids.items);
}

/* ---- starting one */

/* The run of this effect, about to begin or (run NULL) another process's. NULL with *err. */
static struct child *provide(struct world *world, const struct effect *effect, const char *id,
			     const struct journal_run *known, struct error *err)
{
	struct value connectors = value_null();
	struct child *child = known ? child_add(world, known) : child_make(world, effect, id, &connectors, err);
	int result = child ? 1 : -1;

	if (known && known->event_count > 0)
		result = revive(child, err);
	else if (known) /* an earlier process made it and came no further */
		result = own(child, err);
	if (known && result == 1 && !child->run && child_prepare(world, effect, child->plan, &connectors, err) < 0)
		result = -1;
	if (result == 1 && !child->run)
		child_launch(child, effect, connectors);
	value_unref(connectors);
	if (result >= 0)
		return child;
	if (child)
		child_drop(child);
	return NULL;
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
	child = waits ? NULL : child_find(world, id);
	if (!child || !child->effect)
		return;
	child->is_starting = false;
	child_abandon(effect);
	child_answer_object(world, effect, id);
}

static void start_run(struct world *world, struct effect *effect)
{
	bool waits = value_get_bool(effect->request, "wait", true);
	struct error err = {0};
	struct journal_run row;
	struct child *child;
	char id[CHILD_ID_SIZE];
	int found = 0;

	child_id(effect, id);
	child = child_find(world, id);
	if (!child) {
		found = journal_get(world->journal, id, &row, &err);
		if (found == 1 && check_known(effect, &row, &err) < 0)
			found = -1;
		if (found == 1 && row.state != RUN_ACTIVE) {
			if (waits)
				child_answer_end(world, effect, &row);
			else
				child_answer_object(world, effect, id);
			return;
		}
		child = found < 0 ? NULL : provide(world, effect, id, found ? &row : NULL, &err);
		if (!child) {
			child_refuse(world, effect, &err);
			return;
		}
		begin(child, effect, waits);
	} else if (waits) {
		wait_for(child, effect);
	} else {
		child_answer_object(world, effect, id);
	}
}

/* ---- asking about them */

/* A run of this process that a run started. Its own end comes when the journal has it, as any. */
static void cancel_run(struct world *world, struct effect *effect, const char *id)
{
	struct child *child = child_find(world, id);
	struct error err = {0};
	struct value execution;
	bool is_own;

	if (!child || !child->run || run_status(child->run) != RUN_GOES_ON) {
		error_set(&err, ERROR_INPUT, "execution %.80s does not go on in this process", id);
		child_refuse(world, effect, &err);
		return;
	}
	child->row.state = RUN_CANCELLED;
	execution = child_object(child);
	is_own = child->run == effect->run;
	run_stop(child->run); /* with all its effects; it is recorded before the answer that says so */
	world_settle(world, child->run);
	if (is_own)
		value_unref(execution);
	else
		child_answer(world, effect, "result", execution);
}

void child_perform(struct world *world, struct effect *effect)
{
	struct slice verb = value_get_text(effect->request, "verb");
	struct slice id = execution_last_part(value_get_text(effect->request, "name"));
	if (slice_is(verb, "start"))
		start_run(world, effect);
	else if (slice_is(verb, "get"))
		child_answer_object(world, effect, id.ptr ? id.ptr : "");
	else if (slice_is(verb, "cancel"))
		cancel_run(world, effect, id.ptr ? id.ptr : "");
	else
		child_list(world, effect);
}
