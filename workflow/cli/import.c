/* import.c - lexflow import: a bundle (bundle.h) becomes a run of this database. */
#include "workflow/cli/bundle.h"
#include "workflow/cli/cli.h"

#include "lib/json/json.h"
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

struct import {
	const struct opts *opts;
	struct json_lines lines;
	uv_loop_t loop;
	struct journal *journal;
	struct value head;
	struct journal_run run;
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

static int make_run(struct import *import, struct error *err)
{
	const char *id = opt_text(import->opts, "id") ? opt_text(import->opts, "id") : text(import, "id");
	struct slice source = value_get_text(import->head, "definition");
	const char *parent = text(import, "parent_run"), *step = text(import, "parent_step");

	if (*parent && value_get_int(import->head, "origin", 0) == ORIGIN_CHILD)
		return journal_create_child(import->journal, id, text(import, "file"), source, parent, step,
					    &import->run, err);
	return journal_create(import->journal, id, text(import, "file"), source, parent, step, &import->run, err);
}

/* ---- its events */

static int append(struct import *import, struct value line, int64_t number, struct error *err)
{
	const struct value *content = value_get(line, "content");
	struct event event = {.number = number,
			      .kind = (enum event_kind)value_get_int(line, "kind", 0),
			      .strand = value_get_int(line, "strand", 0),
			      .effect = value_get_int(line, "effect", 0),
			      .time_us = value_get_int(line, "time_us", 0)};
	struct content_parts parts;
	struct value decoded;
	struct buf written;
	int result = -1;

	if (!content || event.kind < EVENT_STARTED || event.kind > EVENT_ARRIVED || event.strand < 0 ||
	    event.effect < 0 || value_get_int(line, "number", 0) != number)
		return refuse(import, "this is not the next event", err);
	buf_init(&written, BUNDLE_LINE_BYTES);
	if (json_write(&written, *content) == 0 && journal_decode(buf_slice(&written), &decoded, err) == 0) {
		buf_clear(&written);
		result = journal_encode_parts(&written, decoded, &parts);
		value_unref(decoded);
	}
	event.content = buf_slice(&written);
	event.parts = &parts;
	if (result == 0)
		journal_append(import->journal, &import->run, &event);
	else if (err->kind == ERROR_NONE)
		refuse(import, "the event is too large or nested too deeply", err);
	buf_release(&written);
	return result;
}

static int append_all(struct import *import, struct error *err)
{
	struct value line;
	int64_t number = 0;
	int found, result = 0;

	while (result == 0 && (found = json_lines_next(&import->lines, &line, err)) != 0) {
		result = found < 0 ? -1 : append(import, line, ++number, err);
		if (found > 0)
			value_unref(line);
		journal_flush(import->journal);
	}
	if (result == 0 && number != value_get_int(import->head, "events", 0))
		result = refuse(import, "the bundle ends before its last event", err);
	uv_run(&import->loop, UV_RUN_DEFAULT); /* until all is committed */
	if (result == 0 && import->failure.kind != ERROR_NONE) {
		*err = import->failure;
		result = -1;
	}
	return result;
}

static int fill(struct import *import, struct error *err)
{
	struct journal_run *run = &import->run;

	if (make_run(import, err) < 0)
		return -1;
	if (append_all(import, err) < 0) {
		journal_set_past(import->journal, run, RUN_CANCELLED, err); /* no run without its end is left */
		return -1;
	}
	read_state(import, &run->state);
	run->start_us = value_get_int(import->head, "start_us", 0);
	run->end_us = value_get_int(import->head, "end_us", 0);
	return journal_set_past(import->journal, run, run->state, err);
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
	if (read_head(import, err) == 0 && open_journal(import, err) == 0)
		result = fill(import, err);
	journal_close(import->journal);
	uv_run(&import->loop, UV_RUN_DEFAULT);
	uv_loop_close(&import->loop);
	json_lines_release(&import->lines);
	value_unref(import->head);
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
