/* list.c - lexflow list and lexflow logs. */
#include "workflow/cli/cli.h"
#include "workflow/cli/waits.h"

#include "lib/clock/clock.h"
#include "lib/json/json.h"
#include "lib/log/log.h"

#include <stdio.h>
#include <string.h>

static const struct opt_option list_options[] = {
	{"limit", 'n', OPT_COUNT, "N", "20", NULL, "newest runs shown (0: all)"},
	{"json", 0, OPT_FLAG, NULL, NULL, NULL, "one JSON object a line"},
	{0},
};

static const struct opt_option *const list_tables[] = {list_options, cli_state_options, NULL};

const struct opt_command cli_list_command = {
	.name = "lexflow list",
	.operands = "",
	.summary = "past and present runs, newest first",
	.example = "lexflow list -n 5",
	.tables = list_tables,
};

enum { SHOWN_WAITS = 3 };

struct listing {
	struct journal *journal;
	bool as_json;
	long left; /* 0 at the start: no bound */
	bool is_bounded;
};

/* Few runs have not ended, and the first of their waits tells most. */
static void read_waits(struct listing *listing, const struct journal_run *run, struct waits *waits)
{
	struct error ignored = {0}; /* a damaged history is still listed; show says what is wrong with it */

	if (run->state == RUN_ACTIVE)
		waits_read(listing->journal, run, SHOWN_WAITS, waits, &ignored);
}

static void list_json(struct listing *listing, const struct journal_run *run)
{
	struct value row = value_map_new();
	struct waits waits = {0};
	char text[CLOCK_TEXT_SIZE];

	value_put(&row, "id", value_string_z(run->id));
	value_put(&row, "state", value_string_z(cli_state_name(listing->journal, run)));
	value_put(&row, "file", value_string_z(run->file));
	value_put(&row, "startTime", value_string_z(clock_format_utc(run->start_us, text)));
	if (run->end_us)
		value_put(&row, "endTime", value_string_z(clock_format_utc(run->end_us, text)));
	if (run->origin != ORIGIN_ASKED) {
		value_put(&row, run->origin == ORIGIN_CHILD     ? "startedBy"
				: run->origin == ORIGIN_REDRIVE ? "redriveOf"
								: "rerunOf",
			  value_string_z(run->parent_run));
		value_put(&row, "step", value_string_z(run->parent_step));
	}
	if (run->state == RUN_ACTIVE) {
		read_waits(listing, run, &waits);
		value_put(&row, "waits", value_ref(waits.list));
		value_put(&row, "waitCount", value_int((int64_t)waits.count));
		waits_release(&waits);
	}
	cli_print_json(row, false);
	value_unref(row);
}

static void add_origin(struct buf *line, const struct journal_run *run)
{
	struct buf origin;

	buf_init(&origin, 0);
	if (run->origin == ORIGIN_RERUN)
		buf_printf(&origin, "  (%s of %s again)", run->parent_step, run->parent_run);
	else if (run->origin == ORIGIN_REDRIVE)
		buf_printf(&origin, "  (%s from %s on)", run->parent_run, run->parent_step);
	else if (run->origin == ORIGIN_CHILD)
		buf_printf(&origin, "  (by %s of %s)", run->parent_step, run->parent_run);
	log_add_plain(line, buf_slice(&origin));
	buf_release(&origin);
}

static void add_first_wait(struct buf *line, struct listing *listing, const struct journal_run *run)
{
	struct waits waits = {0};

	read_waits(listing, run, &waits);
	if (value_len(waits.list)) {
		buf_add_text(line, "\n    waits for ");
		wait_add(line, *value_list_at(waits.list, 0));
		if (waits.count > 1)
			buf_printf(line, "; and %zu more", waits.count - 1);
	}
	waits_release(&waits);
}

static void list_text(struct listing *listing, const struct journal_run *run)
{
	char started[CLOCK_TEXT_SIZE];
	char duration[32] = "-";
	struct buf line;

	clock_format_utc(run->start_us, started);
	started[19] = '\0';
	if (run->end_us)
		cli_format_duration(run->end_us - run->start_us, duration);
	buf_init(&line, 0);
	buf_printf(&line, "%-36s  %-11s  %s  %10s  ", run->id, cli_state_name(listing->journal, run), started, duration);
	log_add_plain(&line, slice_of(run->file));
	add_origin(&line, run);
	add_first_wait(&line, listing, run);
	puts(buf_text(&line));
	buf_release(&line);
}

static bool list_one(void *ctx, const struct journal_run *run)
{
	struct listing *listing = ctx;

	if (listing->as_json)
		list_json(listing, run);
	else
		list_text(listing, run);
	return !listing->is_bounded || --listing->left > 0;
}

int cli_list(const struct opts *opts)
{
	struct error err = {0};
	struct listing listing = {.journal = cli_open_journal(opts, &err),
				  .as_json = opt_flag(opts, "json"),
				  .left = opt_number(opts, "limit")};
	int status = 0;

	if (!listing.journal)
		return cli_fault(&err);
	listing.is_bounded = listing.left > 0;
	if (!listing.as_json)
		printf("%-36s  %-11s  %-19s  %10s  %s\n", "RUN", "STATE", "STARTED (UTC)", "DURATION",
		       "DEFINITION");
	if (journal_list(listing.journal, list_one, &listing, &err) < 0)
		status = cli_fault(&err);
	journal_close(listing.journal);
	return status;
}

/* ---- logs */

static const struct opt_option logs_options[] = {
	{"json", 0, OPT_FLAG, NULL, NULL, NULL, "one JSON object a line"},
	{0},
};

static const struct opt_option *const logs_tables[] = {logs_options, cli_state_options, NULL};

const struct opt_command cli_logs_command = {
	.name = "lexflow logs",
	.operands = "[RUN]",
	.summary = "what a run wrote with sys.log",
	.example = "lexflow logs last",
	.tables = logs_tables,
};

static bool log_one(void *ctx, const struct event *event)
{
	const bool *as_json = ctx;
	struct error err = {0};
	char time[CLOCK_TEXT_SIZE];
	struct value entry;
	struct buf text;

	if (event->kind != EVENT_LOGGED || journal_decode(event->content, &entry, &err) < 0)
		return true;
	buf_init(&text, 0);
	log_add_plain(&text, value_get_text(entry, "text"));
	clock_format_utc(event->time_us, time);
	if (*as_json) {
		value_put(&entry, "time", value_string_z(time));
		cli_print_json(entry, false);
	} else {
		printf("%s %-8.*s ", time, SLICE_ARG(value_get_text(entry, "severity")));
		if (value_get(entry, "json"))
			cli_print_json(*value_get(entry, "json"), false);
		else
			puts(buf_text(&text));
	}
	buf_release(&text);
	value_unref(entry);
	return true;
}

int cli_logs(const struct opts *opts)
{
	struct error err = {0};
	struct journal *journal = cli_open_journal(opts, &err);
	bool as_json = opt_flag(opts, "json");
	struct journal_run run;
	int status = 0;

	if (!journal)
		return cli_fault(&err);
	if (journal_find(journal, opt_operand(opts, 0) ? opt_operand(opts, 0) : "last", &run, &err) < 0 ||
	    journal_events(journal, &run, 1, log_one, &as_json, &err) < 0)
		status = cli_fault(&err);
	journal_close(journal);
	return status;
}
