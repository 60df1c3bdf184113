/* child_answer.c - what a run gets that starts others or asks about them (reference, 9.2 and 9.4). */
#include "workflow/engine/child_private.h"
#include "workflow/engine/execution.h"

#include "workflow/expr/expr.h"
#include "workflow/expr/raised.h"
#include "lib/mem/mem.h"

enum {
	CHILD_LIST_MAX = 100, /* a page of executions.list (reference, 9.4) */
	CHILD_ANSWER_MAX = 16 << 20,
};

/* Taken. What is larger than a response may be is the error of a response: the payload of a failed run is a
 * text that holds JSON, and that of the run that waited for it a text of that text, so it doubles with each
 * run that fails. */
void child_answer(struct world *world, struct effect *effect, const char *member, struct value v)
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

void child_refuse(struct world *world, struct effect *effect, const struct error *err)
{
	if (err->kind == ERROR_NOT_FOUND)
		child_answer(world, effect, "raised", api_error(404, "NOT_FOUND", err));
	else if (err->kind == ERROR_INPUT)
		child_answer(world, effect, "raised", api_error(400, "FAILED_PRECONDITION", err));
	else
		child_answer(world, effect, "raised", api_error(500, "INTERNAL", err));
}

/* The end of a run, as who waits for it gets it. */
void child_answer_end(struct world *world, struct effect *effect, const struct journal_run *row)
{
	struct error err = {0};
	struct value ended, execution;
	const struct value *result;

	if (execution_end(world->journal, row, &ended, &err) < 0) {
		child_refuse(world, effect, &err);
		return;
	}
	result = value_get(ended, "result");
	if (row->state == RUN_SUCCEEDED && result) {
		child_answer(world, effect, "result", value_ref(*result));
	} else if (execution_read(world->journal, row, &execution, &err) == 0) {
		child_answer(world, effect, "raised", execution_failure(execution));
		value_unref(execution);
	} else {
		child_refuse(world, effect, &err);
	}
	value_unref(ended);
}

/* ---- the execution object */

struct value child_object(const struct child *child)
{
	struct value started = value_map_new();
	struct value execution;

	value_put(&started, "argument", value_ref(run_argument(child->run)));
	value_put(&started, "env", value_ref(run_env(child->run)));
	execution = execution_value(&child->row, started, value_null());
	value_unref(started);
	return execution;
}

void child_answer_object(struct world *world, struct effect *effect, const char *id)
{
	const struct child *child = child_find(world, id);
	struct value execution;
	struct journal_run row;
	struct error err = {0};
	int found;

	if (child && child->run) {
		child_answer(world, effect, "result", child_object(child));
		return;
	}
	found = journal_get(world->journal, id, &row, &err);
	if (found == 0) {
		error_set(&err, ERROR_NOT_FOUND, "there is no execution %.80s", id);
		error_hint(&err, "lexflow list shows the runs");
	}
	if (found == 1 && execution_read(world->journal, &row, &execution, &err) == 0)
		child_answer(world, effect, "result", execution);
	else
		child_refuse(world, effect, &err);
}

/* ---- the list of them */

struct listing {
	struct slice workflow;
	struct run_ids ids;
};

static bool keep_of_workflow(void *ctx, const struct journal_run *row)
{
	struct listing *listing = ctx;

	if (row->origin == ORIGIN_RERUN || !slice_equal(execution_workflow(row->file), listing->workflow))
		return true;
	run_ids_add(&listing->ids, row);
	return listing->ids.count < CHILD_LIST_MAX;
}

void child_list(struct world *world, struct effect *effect)
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
		child_answer(world, effect, "result", result);
		return;
	}
	value_unref(result);
	child_refuse(world, effect, &err);
}
