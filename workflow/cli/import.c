/* import.c - lexflow import: a bundle (bundle.h) becomes a run of this database. */
#include "workflow/cli/bundle.h"
#include "workflow/cli/cli.h"

#include "lib/json/json.h"
#include "lib/kill/kill.h"
#include "lib/mem/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct opt_option options[] = {
	{"id", 0, OPT_TEXT, "ID", NULL, NULL, "id of the run here (default: the one it had)"},
	{0},
};

static const struct opt_option *const tables[] = {options, cli_state_options, NULL};

const struct opt_command cli_import_command = {
	.name = "lexflow import",
	.operands = "FILE",
	.summary = "make an exported run one of this database, to look at it and to repeat it",
	.example = "lexflow import run.jsonl --state /tmp/report.db",
	.tables = tables,
};

enum { MAX_BYTES = 512 << 20 }; /* of all events: they are in memory until they are committed together */

struct line {
	struct event event;
	struct content_parts parts;
	size_t at; /* of its content */
};

struct import {
	const struct opts *opts;
	struct json_lines lines;
	uv_loop_t loop;
	struct journal *journal;
	struct value head;
	struct journal_run run;
	struct line *events;
	size_t count, capacity;
	struct buf contents;
	struct error failure; /* of the journal */
};

static void committed(void *ctx, int64_t ticket)
{
	(void)ctx;
	(void)ticket;
}

static void failed(void *ctx, const struct error *err)
{
	((struct import *)ctx)->failure = *err;
}

static int refuse(const struct import *import, const char *what, struct error *err)
{
	error_set(err, ERROR_INPUT, "%s:%zu: %s", opt_operand(import->opts, 0), import->lines.line, what);
	error_hint(err, "a bundle is what lexflow export writes");
	return -1;
}

/* ---- the run */

static int read_state(const struct import *import, enum run_state *state)
{
	for (int i = RUN_ACTIVE; i <= RUN_CANCELLED; i++) {
		if (slice_is(value_get_text(import->head, "state"), run_state_name((enum run_state)i))) {
			*state = (enum run_state)i;
			return 0;
		}
	}
	return -1;
}

static int read_head(struct import *import, struct error *err)
{
	enum run_state state;
	int found = json_lines_next(&import->lines, &import->head, err);

	if (found < 0)
		return -1;
	if (found == 0 || value_get_int(import->head, "bundle", 0) == 0 || read_state(import, &state) < 0)
		return refuse(import, "this is no bundle", err);
	if (value_get_int(import->head, "bundle", 0) > BUNDLE_VERSION)
		return refuse(import, "the bundle was written by a newer version", err);
	return 0;
}

static const char *text(const struct import *import, const char *name)
{
	struct slice found = value_get_text(import->head, name);

	return found.ptr ? found.ptr : "";
}

/* ---- its events */

static bool is_next(const struct import *import, const struct event *event, const struct value *content)
{
	return content && event->kind >= EVENT_STARTED && event->kind <= EVENT_CHANGED && event->strand >= 0 &&
	       event->effect >= 0 && event->number == (int64_t)import->count;
}

/* As journal_encode writes it, whatever the bundle has. */
static int take_content(struct import *import, struct value content, struct content_parts *parts, struct error *err)
{
	struct value decoded;
	struct buf written, encoded;
	int result = -1;

	buf_init(&written, BUNDLE_LINE_BYTES);
	buf_init(&encoded, BUNDLE_LINE_BYTES);
	if (json_write(&written, content) == 0 && journal_decode(buf_slice(&written), &decoded, err) == 0) {
		result = journal_encode_parts(&encoded, decoded, parts);
		value_unref(decoded);
	}
	if (result == 0)
		result = buf_add_slice(&import->contents, buf_slice(&encoded));
	buf_release(&encoded);
	buf_release(&written);
	return result;
}

static int take_event(struct import *import, struct value line, struct error *err)
{
	const struct value *content = value_get(line, "content");
	struct line *taken;

	if (import->count == import->capacity)
		import->events = mem_grow(import->events, &import->capacity, sizeof(*import->events));
	taken = &import->events[import->count++];
	*taken = (struct line){.at = import->contents.len};
	taken->event = (struct event){.number = value_get_int(line, "number", 0),
				      .kind = (enum event_kind)value_get_int(line, "kind", 0),
				      .strand = value_get_int(line, "strand", 0),
				      .effect = value_get_int(line, "effect", 0),
				      .time_us = value_get_int(line, "time_us", 0)};
	if (!is_next(import, &taken->event, content))
		return refuse(import, "this is not the next event", err);
	if (take_content(import, *content, &taken->parts, err) == 0)
		return 0;
	return err->kind != ERROR_NONE ? -1 : refuse(import, "the event is too large or nested too deeply", err);
}

static int read_events(struct import *import, struct error *err)
{
	struct value line;
	int found, result = 0;

	buf_init(&import->contents, MAX_BYTES);
	while (result == 0 && (found = json_lines_next(&import->lines, &line, err)) != 0) {
		result = found < 0 ? -1 : take_event(import, line, err);
		if (found > 0)
			value_unref(line);
	}
	if (result == 0 && import->count == 0)
		result = refuse(import, "the bundle has no events", err);
	if (result == 0 && (int64_t)import->count != value_get_int(import->head, "events", 0))
		result = refuse(import, "the bundle ends before its last event", err);
	return result;
}

/* ---- into the database, with one commit: killed at any moment there is the whole run or none */

static int begin(struct import *import, struct error *err)
{
	const char *id = opt_text(import->opts, "id") ? opt_text(import->opts, "id") : text(import, "id");
	struct journal_run past = {.file = text(import, "file"),
				   .parent_run = text(import, "parent_run"),
				   .parent_step = text(import, "parent_step"),
				   .start_us = value_get_int(import->head, "start_us", 0),
				   .end_us = value_get_int(import->head, "end_us", 0)};
	int64_t origin = value_get_int(import->head, "origin", ORIGIN_ASKED);

	read_state(import, &past.state);
	if (*past.parent_run && origin > ORIGIN_ASKED && origin <= ORIGIN_REDRIVE)
		past.origin = (enum run_origin)origin;
	return journal_begin_past(import->journal, id, &past, value_get_text(import->head, "definition"), &import->run,
				  err);
}

static int write_run(struct import *import, struct error *err)
{
	if (begin(import, err) < 0)
		return -1;
	for (size_t i = 0; i < import->count; i++) {
		struct line *line = &import->events[i];
		size_t end = i + 1 < import->count ? line[1].at : import->contents.len;

		line->event.content = (struct slice){import->contents.data + line->at, end - line->at};
		line->event.parts = &line->parts;
		journal_append(import->journal, &import->run, &line->event);
	}
	kill_point("import.before-commit");
	journal_flush(import->journal);
	uv_run(&import->loop, UV_RUN_DEFAULT); /* until it is told */
	if (import->failure.kind == ERROR_NONE)
		return 0;
	*err = import->failure;
	return -1;
}

/* ---- the command */

static int open_journal(struct import *import, struct error *err)
{
	struct journal_callbacks callbacks = {committed, failed, import};
	const char *given = opt_text(import->opts, "state");
	char *path = given ? mem_strdup(given) : journal_default_path();

	import->journal = journal_open(path, DB_FULL, &import->loop, &callbacks, err);
	mem_free(path);
	return import->journal ? 0 : -1;
}

static int import_file(struct import *import, FILE *file, struct error *err)
{
	int result = -1;

	json_lines_init(&import->lines, file, BUNDLE_LINE_BYTES);
	uv_loop_init(&import->loop);
	if (read_head(import, err) == 0 && read_events(import, err) == 0 && open_journal(import, err) == 0)
		result = write_run(import, err);
	journal_close(import->journal);
	uv_run(&import->loop, UV_RUN_DEFAULT);
	uv_loop_close(&import->loop);
	json_lines_release(&import->lines);
	value_unref(import->head);
	mem_free(import->events);
	buf_release(&import->contents);
	return result;
}

int cli_import(const struct opts *opts)
{
	const char *path = opt_operand(opts, 0);
	struct import import = {.opts = opts, .head = value_null()};
	struct error err = {0};
	FILE *file;
	int status = 0;

	if (!path) {
		error_set(&err, ERROR_INPUT, "which FILE?");
		error_hint(&err, "lexflow export RUN -o FILE writes one");
		return cli_fault(&err);
	}
	file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (!file) {
		error_set(&err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_IO, "cannot read %s: %s", path,
			  strerror(errno));
		return cli_fault(&err);
	}
	if (import_file(&import, file, &err) < 0)
		status = cli_fault(&err);
	else
		printf("%s\n", import.run.id);
	if (file != stdin)
		fclose(file);
	return status;
}
