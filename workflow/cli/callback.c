/*
 * callback.c - lexflow callback: answer a callback that a run waits for, from the command line.
 *
 * The request goes the way of any sender, over HTTP to the process that has the run: that process alone may write to its
 * history. Which address it is stands in the history; when there are several, the one that a step waits at.
 */
#include "workflow/cli/recorded.h"

#include "lib/http/client.h"
#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 60000, ANSWER_MAX = 1 << 20 };

static const struct opt_option options[] = {
	{"data", 0, OPT_TEXT, "JSON|@FILE|-", NULL, NULL, "body of the request (default: none)"},
	{"callback", 0, OPT_TEXT, "ID|STEP", NULL, NULL,
	 "which one, by its id or the step that opened it (default: the one that is waited for)"},
	{0},
};

static const struct opt_option *const tables[] = {options, cli_state_options, NULL};

const struct opt_command cli_callback_command = {
	.name = "lexflow callback",
	.operands = "RUN",
	.summary = "send a request to a callback that a run waits for",
	.example = "lexflow callback last --data '{\"approved\": true}'",
	.tables = tables,
};

struct opened {
	struct value content; /* of EVENT_OPENED */
	int64_t waiters;
};

struct await {
	int64_t effect;
	size_t callback; /* index */
};

struct reading {
	struct opened *opened;
	size_t count, capacity;
	struct await *awaits;
	size_t await_count, await_capacity;
	struct error *err;
};

/* ---- what the history says */

static void note_opened(struct reading *reading, struct value content)
{
	if (!value_get_text(content, "url").len)
		return;
	if (reading->count == reading->capacity)
		reading->opened = mem_grow(reading->opened, &reading->capacity, sizeof(*reading->opened));
	reading->opened[reading->count++] = (struct opened){.content = value_ref(content)};
}

static void note_await(struct reading *reading, int64_t effect, struct value content)
{
	const struct value *request = value_get(content, "request");
	struct slice url = request ? value_get_text(*request, "url") : SLICE("");

	if (!slice_is(value_get_text(content, "function"), "events.await_callback"))
		return;
	for (size_t i = 0; i < reading->count; i++) {
		if (!slice_equal(value_get_text(reading->opened[i].content, "url"), url))
			continue;
		if (reading->await_count == reading->await_capacity)
			reading->awaits = mem_grow(reading->awaits, &reading->await_capacity, sizeof(*reading->awaits));
		reading->awaits[reading->await_count++] = (struct await){effect, i};
		reading->opened[i].waiters++;
		return;
	}
}

static void note_answer(struct reading *reading, int64_t effect)
{
	for (size_t i = 0; i < reading->await_count; i++) {
		if (reading->awaits[i].effect == effect)
			reading->opened[reading->awaits[i].callback].waiters--;
	}
}

static bool take_event(void *ctx, const struct event *event)
{
	struct reading *reading = ctx;
	struct value content = value_null();

	if (event->kind == EVENT_ANSWERED)
		note_answer(reading, event->effect);
	if (event->kind != EVENT_OPENED && event->kind != EVENT_ANNOUNCED)
		return true;
	if (journal_decode(event->content, &content, reading->err) < 0)
		return false;
	if (event->kind == EVENT_OPENED)
		note_opened(reading, content);
	else
		note_await(reading, event->effect, content);
	value_unref(content);
	return true;
}

/* ---- which one */

static bool is_named(struct value content, const char *name)
{
	struct slice step = value_get_text(content, "step");
	size_t dot = slice_find(step, SLICE("."), 0);

	return slice_is(value_get_text(content, "callback"), name) || slice_is(step, name) ||
	       (dot != SIZE_MAX && slice_is(slice_sub(step, dot + 1, step.len), name));
}

/* The only one that fits, or NULL and how many there are. */
static const struct opened *only_one(const struct reading *reading, const char *name, bool must_wait, size_t *count)
{
	const struct opened *found = NULL;

	*count = 0;
	for (size_t i = 0; i < reading->count; i++) {
		const struct opened *opened = &reading->opened[i];

		if ((name && !is_named(opened->content, name)) || (must_wait && opened->waiters == 0))
			continue;
		found = opened;
		(*count)++;
	}
	return *count == 1 ? found : NULL;
}

static const struct opened *choose(const struct reading *reading, const char *name, const char *run, struct error *err)
{
	size_t waited, all;
	const struct opened *found = only_one(reading, name, true, &waited);

	if (!found)
		found = only_one(reading, name, false, &all);
	if (found && waited < 2)
		return found;
	if (waited > 1 || (!found && all > 1)) {
		error_set(err, ERROR_INPUT, "run %s has %zu callbacks that fit", run, waited > 1 ? waited : all);
		error_hint(err, "say which with --callback ID, or the step that opened it; lexflow show %s lists them", run);
	} else {
		error_set(err, ERROR_NOT_FOUND, "run %s has %s", run, name ? "no such callback" : "opened no callback");
	}
	return NULL;
}

/* ---- sending */

struct sending {
	struct error *err;
	int status;
};

static void answered(void *ctx, const struct http_response *response)
{
	struct sending *sending = ctx;
	struct value body = value_null();
	const struct value *error;
	struct slice message;

	sending->status = response->status;
	if (response->outcome != HTTP_ANSWERED) {
		error_set(sending->err, ERROR_IO, "the callback cannot be reached: %s", response->message);
		error_hint(sending->err, "the process that has the run must be there: lexflow serve, or lexflow resume");
		return;
	}
	if (response->status < 300)
		return;
	json_read(response->body, &body, NULL);
	error = value_get(body, "error");
	message = error ? value_get_text(*error, "message") : SLICE("");
	error_set(sending->err,
		  response->status == 404 ? ERROR_NOT_FOUND : response->status == 429 ? ERROR_BUSY : ERROR_INPUT,
		  "it was refused with HTTP %d%s%.*s", response->status, message.len ? ": " : "", SLICE_ARG(message));
	value_unref(body);
}

static int send_request(const struct opened *opened, struct slice body, struct error *err)
{
	const struct http_header type = {"Content-Type", "application/json"};
	struct http_request request = {
		.method = value_get_text(opened->content, "method").ptr,
		.url = value_get_text(opened->content, "url").ptr,
		.headers = &type,
		.header_count = body.ptr ? 1 : 0,
		.body = body,
		.timeout_ms = TIMEOUT_MS,
		.response_limit = ANSWER_MAX,
	};
	struct sending sending = {.err = err};
	struct http_client *client;
	uv_loop_t loop;

	uv_loop_init(&loop);
	client = http_client_new(&loop);
	http_client_send(client, &request, answered, &sending);
	while (!sending.status && err->kind == ERROR_NONE)
		uv_run(&loop, UV_RUN_ONCE);
	http_client_free(client);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	return err->kind == ERROR_NONE ? 0 : -1;
}

static int send_data(const struct opts *opts, const struct opened *opened, struct error *err)
{
	struct value data;
	struct buf body;
	int result;

	if (!opt_given(opts, "data"))
		return send_request(opened, (struct slice){0}, err);
	if (cli_read_data(opt_text(opts, "data"), &data, err) < 0)
		return -1;
	buf_init(&body, 0);
	json_write(&body, data);
	result = send_request(opened, buf_slice(&body), err);
	buf_release(&body);
	value_unref(data);
	return result;
}

static int answer_callback(const struct opts *opts, const struct recorded *recorded, struct reading *reading,
			   struct error *err)
{
	const struct opened *opened;

	if (recorded->row.state != RUN_ACTIVE)
		return error_set(err, ERROR_INPUT, "run %s has ended (%s)", recorded->row.id,
				 run_state_name(recorded->row.state));
	if (journal_events(recorded->journal, &recorded->row, 1, take_event, reading, err) < 0 ||
	    err->kind != ERROR_NONE)
		return -1;
	opened = choose(reading, opt_text(opts, "callback"), recorded->row.id, err);
	if (!opened || send_data(opts, opened, err) < 0)
		return -1;
	fprintf(stderr, "callback of %.*s received\n", SLICE_ARG(value_get_text(opened->content, "step")));
	return 0;
}

int cli_callback(const struct opts *opts)
{
	struct recorded recorded;
	struct error err = {0};
	struct reading reading = {.err = &err};
	int status = 0;

	if (recorded_open(&recorded, opts, &err) < 0 || answer_callback(opts, &recorded, &reading, &err) < 0)
		status = cli_fault(&err);
	for (size_t i = 0; i < reading.count; i++)
		value_unref(reading.opened[i].content);
	mem_free(reading.opened);
	mem_free(reading.awaits);
	recorded_release(&recorded);
	return status;
}
