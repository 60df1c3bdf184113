/*
 * outbox_verb.c - store outbox: what is accepted and not yet delivered; --retry sends it again.
 *
 * A retry delivers in this process when no other does; a service that runs on the same outbox sees the
 * entries by itself.
 */
#include "steps/store/delivery.h"
#include "steps/store/outbox.h"
#include "steps/store/sink.h"
#include "steps/store/store.h"
#include "steps/store/table.h"
#include "steps/store/verbs.h"

#include "lib/clock/clock.h"
#include "lib/mem/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct table_column columns[] = {
	{"ENTRY", 5, 5, true},     {"DOCUMENT", 32, 12, false}, {"SINK", 30, 12, false},
	{"STATE", 7, 7, false},    {"ATTEMPTS", 8, 8, true},    {"ACCEPTED", 19, 10, false},
	{"REASON", 60, 12, false},
};

struct entries {
	struct table *table; /* NULL: JSON */
	long parked, waiting;
};

static void add_entry(struct entries *entries, const struct outbox_row *row, const char *state,
		      const char *time)
{
	char number[32], attempts[32];

	snprintf(number, sizeof(number), "%" PRId64, row->number);
	snprintf(attempts, sizeof(attempts), "%d", row->attempts);
	table_add(entries->table, slice_of(number));
	table_add(entries->table, row->document);
	table_add(entries->table, row->sink);
	table_add(entries->table, slice_of(state));
	table_add(entries->table, slice_of(attempts));
	table_add(entries->table, (struct slice){time, 19}); /* to the second */
	table_add(entries->table, row->reason.len ? row->reason : SLICE("—"));
}

static void on_entry(void *ctx, const struct outbox_row *row)
{
	struct entries *entries = ctx;
	const char *state = row->is_parked ? "parked" : "waiting";
	char time[CLOCK_TEXT_SIZE];
	struct value map;

	clock_format_utc(row->accepted_us, time);
	if (row->is_parked)
		entries->parked++;
	else
		entries->waiting++;
	if (entries->table) {
		add_entry(entries, row, state, time);
		return;
	}
	map = value_map_new();
	value_put(&map, "entry", value_int(row->number));
	value_put(&map, "document", value_string(row->document));
	value_put(&map, "sink", value_string(row->sink));
	value_put(&map, "state", value_string_z(state));
	value_put(&map, "attempts", value_int(row->attempts));
	value_put(&map, "accepted", value_string_z(time));
	value_put(&map, "reason", verb_text_or_null(row->reason));
	verb_print_json(map);
}

static int print_entries(const char *path, bool json, struct error *err)
{
	struct entries entries = {0};
	struct db *db = outbox_look(path, err);
	int status;

	if (!db)
		return -1;
	if (!json)
		entries.table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	status = outbox_list(db, on_entry, &entries, err);
	if (status == 0 && entries.table && entries.parked + entries.waiting)
		table_print(entries.table, table_terminal_width(stdout), stdout);
	fflush(stdout);
	if (status == 0 && !json)
		fprintf(stderr, "%ld waiting, %ld parked in %s%s\n", entries.waiting, entries.parked, path,
			entries.parked ? "; `store outbox --retry` sends the parked ones again" : "");
	table_free(entries.table);
	db_close(db);
	return status;
}

/* ---- retry */

struct retry {
	struct sink sinks[OUTBOX_MAX_SINKS];
	const char *names[OUTBOX_MAX_SINKS];
	size_t count;
	struct error err;
};

static void add_sink(void *ctx, struct slice name, int64_t entries)
{
	struct retry *retry = ctx;
	char *spec = mem_strndup(name.ptr, name.len);

	(void)entries;
	if (retry->count < OUTBOX_MAX_SINKS &&
	    sink_init(&retry->sinks[retry->count], spec, &retry->err) == 0) {
		retry->names[retry->count] = retry->sinks[retry->count].name;
		retry->count++;
	}
	mem_free(spec);
}

/* A record may wait for a sink that no service is started with any more, so all sinks are tried. */
static int unpark(const char *path, struct retry *retry, struct error *err)
{
	struct db *db = outbox_look(path, err);
	int64_t count = db ? outbox_unpark(db, err) : -1;
	int status = count < 0 ? -1 : outbox_waiting(db, add_sink, retry, err);

	db_close(db);
	if (status == 0)
		fprintf(stderr, "%" PRId64 " parked record%s waiting again\n", count, count == 1 ? "" : "s");
	if (status == 0 && retry->err.kind != ERROR_NONE) {
		*err = retry->err;
		status = -1;
	}
	return status;
}

static int deliver(const char *path, const struct retry *retry, int64_t timeout_ms, struct error *err)
{
	const struct logger log = {
		.fd = STDERR_FILENO, .format = LOG_TEXT, .threshold = LOG_INFO, .component = "store"};
	const char *token = getenv("STORE_SINK_TOKEN");
	struct delivery_setup setup = {
		.sinks = retry->sinks,
		.count = retry->count,
		.log = &log,
		.window = STORE_WINDOW,
		.token = token && token[0] ? token : NULL,
	};
	struct delivery *delivery = NULL;

	setup.documents = docstore_open(getenv("DOCUMENT_STORE"), err);
	setup.outbox = setup.documents ? outbox_open(path, retry->names, retry->count, err) : NULL;
	if (setup.outbox)
		delivery = delivery_start(&setup, err);
	delivery_finish(delivery, timeout_ms);
	outbox_close(setup.outbox);
	docstore_close(setup.documents);
	return delivery ? 0 : -1;
}

static int send_again(const char *path, int64_t timeout_ms, struct error *err)
{
	struct retry retry = {0};
	int status = unpark(path, &retry, err);

	if (status == 0 && retry.count)
		status = deliver(path, &retry, timeout_ms, err);
	for (size_t i = 0; i < retry.count; i++)
		sink_release(&retry.sinks[i]);
	return status;
}

/* ---- the verb */

static const struct opt_option outbox_options[] = {
	{"retry", 0, OPT_FLAG, NULL, NULL, NULL, "deliver now: what waits, and what was refused before"},
	{"drain-timeout", 0, OPT_COUNT, "SECONDS", "30", NULL, "how long --retry may take"},
	{0},
};

static int run(const struct opts *opts, struct error *err)
{
	char *database = sink_database_path(opt_text(opts, "database"), err);
	char *path = database ? sink_outbox_path(database) : NULL;
	int json = verb_wants_json(opts, err);
	int status = -1;

	if (path && json >= 0 && access(path, F_OK) < 0) {
		error_set(err, ERROR_NOT_FOUND, "there is no outbox %s", path);
		error_hint(err,
			   "it is made by the first record that `store` accepts; --database names another");
	} else if (path && json >= 0) {
		status = opt_flag(opts, "retry")
				 ? send_again(path, (int64_t)opt_number(opts, "drain-timeout") * 1000, err)
				 : 0;
		if (status == 0)
			status = print_entries(path, json, err);
	}
	mem_free(path);
	mem_free(database);
	return status;
}

int outbox_main(int argc, char **argv)
{
	static const struct opt_option *const tables[] = {outbox_options, verb_options, NULL};
	static const struct opt_command command = {
		.name = "store outbox",
		.operands = "",
		.summary = "what is accepted and not yet delivered, and why",
		.example = "store outbox --retry",
		.tables = tables,
	};
	struct error err = {0};
	int status;
	struct opts *opts = verb_parse(&command, argc, argv, &status);

	if (!opts)
		return status;
	status = run(opts, &err) < 0 ? verb_fail(command.name, &err) : 0;
	opts_free(opts);
	return status;
}
