/* execution.c - a run as the API shows it; see execution.h. */
#include "workflow/engine/execution.h"

#include "lib/clock/clock.h"
#include "workflow/expr/raised.h"

#include <string.h>

struct slice execution_workflow(const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *name = slash ? slash + 1 : file;

	return (struct slice){name, strcspn(name, ".")};
}

struct slice execution_last_part(struct slice name)
{
	size_t start = name.len;

	while (start > 0 && name.ptr[start - 1] != '/')
		start--;
	return slice_sub(name, start, name.len);
}

/* As a text that holds JSON. What has no JSON form is written as the journal writes it. */
static struct value json_text(struct value v)
{
	struct value text;
	struct buf json;

	buf_init(&json, 0);
	journal_encode(&json, v);
	text = value_string(buf_slice(&json));
	buf_release(&json);
	return text;
}

static void put_time(struct value *map, const char *key, int64_t us)
{
	char text[CLOCK_TEXT_SIZE];

	value_put(map, key, value_string_z(clock_format_utc(us, text)));
}

static struct slice env_of(struct value env, const char *name, const char *fallback)
{
	struct slice given = value_get_text(env, name);

	return given.len ? given : slice_of(fallback);
}

static struct value name_of(const struct journal_run *row, struct value started)
{
	const struct value *known = value_get(started, "env");
	struct value env = known ? *known : value_null();

	return value_stringf("projects/%.*s/locations/%.*s/workflows/%.*s/executions/%s",
			     SLICE_ARG(env_of(env, "GOOGLE_CLOUD_PROJECT_ID", "-")),
			     SLICE_ARG(env_of(env, "GOOGLE_CLOUD_LOCATION", "-")),
			     SLICE_ARG(execution_workflow(row->file)), row->id);
}

static void put_end(struct value *execution, struct value ended)
{
	const struct value *result = value_get(ended, "result");
	const struct value *error = value_get(ended, "error");
	struct value shown;

	if (result) {
		value_put(execution, "result", json_text(*result));
	} else if (error && error->kind == VALUE_MAP) {
		const struct value *payload = value_get(*error, "payload");

		shown = value_ref(*error);
		value_put(&shown, "payload", json_text(payload ? *payload : value_null()));
		value_put(execution, "error", shown);
	}
}

struct value execution_value(const struct journal_run *row, struct value started, struct value ended)
{
	struct value execution = value_map_new();
	const struct value *argument = value_get(started, "argument");

	value_put(&execution, "name", name_of(row, started));
	value_put(&execution, "state", value_string_z(run_state_name(row->state)));
	put_time(&execution, "createTime", row->start_us);
	put_time(&execution, "startTime", row->start_us);
	if (row->end_us) {
		put_time(&execution, "endTime", row->end_us);
		value_put(&execution, "duration",
			  value_stringf("%.6fs", (double)(row->end_us - row->start_us) / 1e6));
	}
	value_put(&execution, "argument", json_text(argument ? *argument : value_null()));
	value_put(&execution, "workflowRevisionId", value_stringf("000001-%.3s", row->definition_hash));
	put_end(&execution, ended);
	return execution;
}

/* ---- from the journal */

struct looking {
	enum event_kind kind;
	struct value content;
	struct error *err;
	bool is_bad;
};

static bool look(void *ctx, const struct event *event)
{
	struct looking *looking = ctx;

	if (event->kind == looking->kind)
		looking->is_bad = journal_decode(event->content, &looking->content, looking->err) < 0;
	return false;
}

/* The content of event `number` if it is of that kind, else null. */
static int read_event(struct journal *journal, const struct journal_run *row, int64_t number,
		      enum event_kind kind, struct value *content, struct error *err)
{
	struct looking looking = {.kind = kind, .content = value_null(), .err = err};

	*content = value_null();
	if (number > 0 && journal_events(journal, row, number, look, &looking, err) < 0)
		return -1;
	if (looking.is_bad)
		return -1;
	*content = looking.content;
	return 0;
}

int execution_end(struct journal *journal, const struct journal_run *row, struct value *ended,
		  struct error *err)
{
	return read_event(journal, row, row->event_count, EVENT_ENDED, ended, err);
}

int execution_read(struct journal *journal, const struct journal_run *row, struct value *out,
		   struct error *err)
{
	struct value started, ended;

	if (read_event(journal, row, 1, EVENT_STARTED, &started, err) < 0)
		return -1;
	if (execution_end(journal, row, &ended, err) < 0) {
		value_unref(started);
		return -1;
	}
	*out = execution_value(row, started, ended);
	value_unref(started);
	value_unref(ended);
	return 0;
}

struct value execution_failure(struct value execution)
{
	const struct value *error = value_get(execution, "error");
	struct value raised;

	raise_plain(&raised, "OperationError", "Execution failed or cancelled.");
	value_put(&raised, "operation", value_ref(execution));
	if (error)
		value_put(&raised, "error", value_ref(*error));
	return raised;
}
