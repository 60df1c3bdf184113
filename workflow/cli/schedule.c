/* schedule.c - lexflow schedule: when which workflow is started by itself, by whichever `lexflow serve` runs. */
#include "workflow/journal/schedules.h"
#include "workflow/cli/cli.h"

#include "lib/clock/clock.h"
#include "lib/cron/cron.h"
#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct opt_option options[] = {
	{"cron", 0, OPT_TEXT, "TIMES", NULL, NULL, "minute, hour, day of the month, month, day of the week: '0 5 * * 1-5'"},
	{"time-zone", 0, OPT_TEXT, "ZONE", "Etc/UTC", NULL, "in which the times are meant"},
	{"workflow", 0, OPT_TEXT, "ID", NULL, NULL, "what is started"},
	{"data", 0, OPT_TEXT, "JSON|@FILE|-", NULL, NULL, "its argument (default: null)"},
	{"catch-up", 0, OPT_TEXT, "none|last|all", "last", NULL, "which of the times at which no server ran are made up for"},
	{"parent", 0, OPT_TEXT, "NAME", "projects/lexflow-local/locations/us-central1", NULL,
	 "project and location that it is started in"},
	{"json", 0, OPT_FLAG, NULL, NULL, NULL, "list: an object a line"},
	{0},
};

static const struct opt_option *const tables[] = {options, cli_state_options, NULL};

const struct opt_command cli_schedule_command = {
	.name = "lexflow schedule",
	.operands = "add|list|pause|resume|delete [NAME]",
	.summary = "start a workflow at set times, whenever lexflow serve runs",
	.example = "lexflow schedule add nightly --cron '0 5 * * *' --time-zone Europe/Paris --workflow decisions \\\n"
		   "	--data '{\"source\": \"inbox\"}'\nlexflow schedule list",
	.tables = tables,
};

/* ---- add */

static int read_catch_up(const char *text, enum catch_up *out, struct error *err)
{
	static const char *const names[] = {
		[CATCH_UP_NONE] = "none", [CATCH_UP_LAST] = "last", [CATCH_UP_ALL] = "all"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			*out = (enum catch_up)i;
			return 0;
		}
	}
	return error_set(err, ERROR_INPUT, "--catch-up is none, last or all, not \"%.40s\"", text);
}

/* Letters, digits, "-" and "_", as runs and workflows have them. */
static int check_name(const char *what, const char *name, struct error *err)
{
	size_t len = name ? strlen(name) : 0;

	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)name[i]) && name[i] != '-' && name[i] != '_')
			len = 0;
	}
	if (len && len <= 64)
		return 0;
	error_set(err, ERROR_INPUT, name ? "%s: \"%.80s\" is no name" : "%s is missing", what, name);
	error_hint(err, "1 to 64 letters, digits, - and _");
	return -1;
}

static int check_times(const struct opts *opts, struct error *err)
{
	const char *times = opt_text(opts, "cron");
	struct cron *cron;
	int64_t next;

	if (!times) {
		error_set(err, ERROR_INPUT, "--cron is missing");
		error_hint(err, "--cron '0 5 * * *' is every day at five");
		return -1;
	}
	cron = cron_new(slice_of(times), slice_of(opt_text(opts, "time-zone")), err);
	if (!cron)
		return -1;
	next = cron_next(cron, clock_wall_us());
	cron_free(cron);
	return next ? 0 : error_set(err, ERROR_INPUT, "--cron \"%.80s\" never comes", times);
}

static int fill(const struct opts *opts, const char *name, struct schedule *schedule, struct error *err)
{
	struct value argument = value_null();
	struct buf json;

	if (check_name("NAME", name, err) < 0 || check_name("--workflow", opt_text(opts, "workflow"), err) < 0 ||
	    check_times(opts, err) < 0 || read_catch_up(opt_text(opts, "catch-up"), &schedule->catch_up, err) < 0 ||
	    cli_read_data(opt_text(opts, "data"), &argument, err) < 0)
		return -1;
	buf_init(&json, 0);
	json_write(&json, argument);
	schedule->name = value_string_z(name);
	schedule->parent = value_string_z(opt_text(opts, "parent"));
	schedule->workflow = value_string_z(opt_text(opts, "workflow"));
	schedule->cron = value_string_z(opt_text(opts, "cron"));
	schedule->zone = value_string_z(opt_text(opts, "time-zone"));
	schedule->argument = value_string(buf_slice(&json));
	schedule->create_us = schedule->done_us = clock_wall_us();
	value_unref(argument);
	buf_release(&json);
	return 0;
}

static int add(struct journal *journal, const struct opts *opts, const char *name, struct error *err)
{
	struct schedule schedule = {0};
	int result = fill(opts, name, &schedule, err);

	if (result == 0)
		result = journal_add_schedule(journal, &schedule, err);
	schedule_release(&schedule);
	return result;
}

/* ---- list */

static int64_t next_of(const struct schedule *schedule)
{
	struct cron *cron = cron_new(value_text(schedule->cron), value_text(schedule->zone), NULL);
	int64_t now = clock_wall_us();
	int64_t next = cron && !schedule->is_paused ? cron_next(cron, schedule->done_us > now ? schedule->done_us : now) : 0;

	cron_free(cron);
	return next;
}

static void print_json(const struct schedule *schedule, int64_t next_us)
{
	static const char *const catch_ups[] = {"none", "last", "all"};
	struct value v = value_map_new();
	char text[CLOCK_TEXT_SIZE];

	value_put(&v, "name", value_ref(schedule->name));
	value_put(&v, "workflow", value_ref(schedule->workflow));
	value_put(&v, "parent", value_ref(schedule->parent));
	value_put(&v, "cron", value_ref(schedule->cron));
	value_put(&v, "timeZone", value_ref(schedule->zone));
	value_put(&v, "argument", value_ref(schedule->argument));
	value_put(&v, "catchUp", value_string_z(catch_ups[schedule->catch_up <= CATCH_UP_ALL ? schedule->catch_up : 0]));
	value_put(&v, "paused", value_bool(schedule->is_paused));
	value_put(&v, "lastExecution", value_ref(schedule->execution));
	value_put(&v, "trouble", value_ref(schedule->trouble));
	value_put(&v, "next", next_us ? value_string_z(clock_format_utc(next_us, text)) : value_null());
	cli_print_json(v, false);
	value_unref(v);
}

static void print_text(const struct schedule *schedule, int64_t next_us)
{
	char text[CLOCK_TEXT_SIZE];

	printf("%-20.*s %-20.*s %-16.*s %-18.*s %s\n", SLICE_ARG(value_text(schedule->name)),
	       SLICE_ARG(value_text(schedule->workflow)), SLICE_ARG(value_text(schedule->cron)),
	       SLICE_ARG(value_text(schedule->zone)),
	       schedule->is_paused ? "paused" : next_us ? clock_format_utc(next_us, text) : "never");
	if (value_text(schedule->execution).len)
		printf("    last: %.*s\n", SLICE_ARG(value_text(schedule->execution)));
	if (value_text(schedule->trouble).len)
		printf("    not started: %.*s\n", SLICE_ARG(value_text(schedule->trouble)));
}

static bool print_one(void *ctx, const struct schedule *schedule)
{
	const struct opts *opts = ctx;

	if (opt_flag(opts, "json"))
		print_json(schedule, next_of(schedule));
	else
		print_text(schedule, next_of(schedule));
	return true;
}

static int list(struct journal *journal, const struct opts *opts, struct error *err)
{
	if (!opt_flag(opts, "json"))
		printf("%-20s %-20s %-16s %-18s %s\n", "NAME", "WORKFLOW", "TIMES", "ZONE", "NEXT");
	return journal_schedules(journal, print_one, (void *)opts, err);
}

/* ---- which */

static int act(struct journal *journal, const struct opts *opts, struct error *err)
{
	const char *verb = opt_operand(opts, 0), *name = opt_operand(opts, 1);

	if (!verb || strcmp(verb, "list") == 0)
		return list(journal, opts, err);
	if (strcmp(verb, "add") == 0)
		return add(journal, opts, name, err);
	if (strcmp(verb, "pause") != 0 && strcmp(verb, "resume") != 0 && strcmp(verb, "delete") != 0) {
		error_set(err, ERROR_INPUT, "lexflow schedule has no \"%.40s\"", verb);
		error_hint(err, "add, list, pause, resume or delete");
		return -1;
	}
	if (check_name("NAME", name, err) < 0)
		return -1;
	if (strcmp(verb, "delete") == 0)
		return journal_delete_schedule(journal, slice_of(name), err);
	return journal_pause_schedule(journal, slice_of(name), strcmp(verb, "pause") == 0, err);
}

static void ignore_news(void *ctx, int64_t ticket)
{
	(void)ctx;
	(void)ticket;
}

static void ignore_failure(void *ctx, const struct error *err)
{
	(void)ctx;
	(void)err;
}

int cli_schedule(const struct opts *opts)
{
	const struct journal_callbacks callbacks = {.committed = ignore_news, .failed = ignore_failure};
	char *path = opt_text(opts, "state") ? NULL : journal_default_path();
	struct error err = {0};
	struct journal *journal;
	uv_loop_t loop;
	int status = 0;

	uv_loop_init(&loop);
	journal = journal_open(path ? path : opt_text(opts, "state"), DB_FULL, &loop, &callbacks, &err);
	if (!journal || act(journal, opts, &err) < 0)
		status = cli_fault(&err);
	if (journal)
		journal_close(journal);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	mem_free(path);
	return status;
}
