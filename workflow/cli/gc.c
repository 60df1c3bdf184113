/* gc.c - lexflow gc: delete old runs and what only they needed. */
#include "workflow/journal/gc.h"
#include "workflow/cli/cli.h"

#include "lib/clock/clock.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const struct opt_option options[] = {
	{"older-than", 0, OPT_TEXT, "AGE", "90d", NULL, "runs that ended so long ago: 90d, 12h, 30m, 0s"},
	{"keep", 0, OPT_COUNT, "N", "0", NULL, "the newest runs that stay whatever their age"},
	{"dry-run", 0, OPT_FLAG, NULL, NULL, NULL, "only say what would be deleted"},
	{"json", 0, OPT_FLAG, NULL, NULL, NULL, "the figures as one JSON object"},
	{0},
};

static const struct opt_option *const tables[] = {options, cli_state_options, NULL};

const struct opt_command cli_gc_command = {
	.name = "lexflow gc",
	.operands = "",
	.summary = "delete old runs that have ended, and what only they needed",
	.example = "lexflow gc --older-than 30d --keep 100 --dry-run",
	.tables = tables,
};

static int read_age(const char *text, int64_t *age_us, struct error *err)
{
	static const struct {
		char letter;
		int64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	static const int64_t max_age_s = 36525LL * 86400; /* a century */
	char *end = NULL;
	long long number;

	errno = 0;
	number = isdigit((unsigned char)*text) ? strtoll(text, &end, 10) : -1;
	for (size_t i = 0; number >= 0 && errno == 0 && i < sizeof(units) / sizeof(units[0]); i++) {
		if (end[0] == units[i].letter && !end[1] && number <= max_age_s / units[i].seconds) {
			*age_us = number * units[i].seconds * 1000000;
			return 0;
		}
	}
	error_set(err, ERROR_INPUT, "--older-than is a number and s, m, h, d or w, not \"%.40s\"", text);
	error_hint(err, "90d: runs that ended more than 90 days ago");
	return -1;
}

static const char *plural(int64_t count)
{
	return count == 1 ? "" : "s";
}

static void print_text(const struct gc_report *r, bool is_dry)
{
	printf("%s %lld run%s with %lld event%s", is_dry ? "would delete" : "deleted", (long long)r->runs,
	       plural(r->runs), (long long)r->events, plural(r->events));
	if (!is_dry)
		printf(", %lld content%s, %lld definition%s", (long long)r->contents, plural(r->contents),
		       (long long)r->definitions, plural(r->definitions));
	printf("; %lld run%s in the database\n", (long long)r->runs_left, plural(r->runs_left));
	if (r->is_packed)
		printf("the database had %lld bytes and has %lld\n", (long long)r->size_before,
		       (long long)r->size_after);
	else if (!is_dry && r->free_bytes)
		printf("%lld of its %lld bytes are free; later runs use them\n", (long long)r->free_bytes,
		       (long long)r->size_after);
}

static void print_json(const struct gc_report *r)
{
	struct value v = value_map_new();

	value_put(&v, "runs", value_int(r->runs));
	value_put(&v, "events", value_int(r->events));
	value_put(&v, "contents", value_int(r->contents));
	value_put(&v, "definitions", value_int(r->definitions));
	value_put(&v, "runsLeft", value_int(r->runs_left));
	value_put(&v, "sizeBefore", value_int(r->size_before));
	value_put(&v, "sizeAfter", value_int(r->size_after));
	value_put(&v, "freeBytes", value_int(r->free_bytes));
	value_put(&v, "packed", value_bool(r->is_packed));
	cli_print_json(v, false);
	value_unref(v);
}

int cli_gc(const struct opts *opts)
{
	struct gc_rules rules = {.keep = opt_number(opts, "keep"), .is_dry = opt_flag(opts, "dry-run")};
	struct gc_report report = {0};
	struct error err = {0};
	struct journal *journal = NULL;
	int64_t age_us;
	int status = 0;

	if (read_age(opt_text(opts, "older-than"), &age_us, &err) < 0)
		return cli_fault(&err);
	rules.before_us = clock_wall_us() - age_us;
	journal = cli_open_journal(opts, &err);
	if (!journal || journal_gc(journal, &rules, &report, &err) < 0)
		status = cli_fault(&err);
	else if (opt_flag(opts, "json"))
		print_json(&report);
	else
		print_text(&report, rules.is_dry);
	journal_close(journal);
	return status;
}
