/* diff.c - lexflow diff: two runs, where they parted and what differs. */
#include "workflow/cli/compare.h"
#include "workflow/cli/visit.h"

#include <stdio.h>

enum { SHOWN_CALLS = 20 };

static const struct opt_option options[] = {
	{"json", 0, OPT_FLAG, NULL, NULL, NULL, "all of it as one JSON object"},
	{"exit-code", 0, OPT_FLAG, NULL, NULL, NULL, "exit status 1 when calls or results differ"},
	{0},
};

static const struct opt_option *const tables[] = {options, cli_state_options, NULL};

const struct opt_command cli_diff_command = {
	.name = "lexflow diff",
	.operands = "RUN RUN",
	.summary = "where two runs parted, and how their calls, results and times differ",
	.example = "lexflow diff first last",
	.tables = tables,
};

static void print_lines(struct value lines)
{
	for (size_t i = 0; i < value_len(lines); i++)
		printf("    %.*s\n", SLICE_ARG(value_text(*value_list_at(lines, i))));
}

static void print_event(const char *run, struct value number)
{
	if (number.kind == VALUE_INT)
		printf(" event %lld of %s", (long long)number.as.integer, run);
	else
		printf(" nothing in %s", run);
}

static void print_first(struct value first, const char *a, const char *b)
{
	const struct value *events = value_get(first, "events");

	if (!events) {
		puts("no event differs");
		return;
	}
	printf("first difference:");
	print_event(a, *value_list_at(*events, 0));
	printf(",");
	print_event(b, *value_list_at(*events, 1));
	if (value_get_text(first, "step").len)
		printf(", step %.*s", SLICE_ARG(value_get_text(first, "step")));
	printf(" (strand %lld)\n", (long long)value_get_int(first, "strand", 0));
	print_lines(*value_get(first, "differences"));
}

static void print_calls(struct value calls)
{
	if (value_len(calls))
		puts("\ncalls");
	for (size_t i = 0; i < value_len(calls) && i < SHOWN_CALLS; i++) {
		struct value call = *value_list_at(calls, i);
		int64_t time = value_get_int(call, "time", 1);
		struct buf where;

		buf_init(&where, 0);
		visit_add(&where, value_get_text(call, "step"), value_get(call, "iteration"));
		if (time > 1)
			buf_printf(&where, ", time %lld", (long long)time);
		printf("  %s\n", buf_text(&where));
		buf_release(&where);
		print_lines(*value_get(call, "differences"));
	}
	if (value_len(calls) > SHOWN_CALLS)
		printf("  and %zu more; --json has them all\n", value_len(calls) - SHOWN_CALLS);
}

static void print_duration(struct value us)
{
	char text[32] = "-";

	if (us.kind == VALUE_INT)
		cli_format_duration(us.as.integer, text);
	printf("  %12s", text);
}

static void print_times(struct value comparison)
{
	struct value steps = *value_get(comparison, "steps");
	struct value whole = *value_get(comparison, "microseconds");

	printf("\n  %-32s %7s %7s  %12s  %12s\n", "STEP", "CALLS", "CALLS", "TIME", "TIME");
	for (size_t i = 0; i < value_len(steps); i++) {
		struct value calls = *value_get(*value_map_at(steps, i), "calls");
		struct value us = *value_get(*value_map_at(steps, i), "microseconds");

		printf("  %-32.*s %7lld %7lld", SLICE_ARG(value_map_key(steps, i)),
		       (long long)value_list_at(calls, 0)->as.integer, (long long)value_list_at(calls, 1)->as.integer);
		print_duration(*value_list_at(us, 0));
		print_duration(*value_list_at(us, 1));
		putchar('\n');
	}
	printf("  %-48s", "the whole run");
	print_duration(*value_list_at(whole, 0));
	print_duration(*value_list_at(whole, 1));
	putchar('\n');
}

static void print_text(struct value comparison, const char *a, const char *b)
{
	struct value end = *value_get(comparison, "end");

	if (!value_get_bool(comparison, "same_definition", true))
		puts("the definitions differ");
	print_first(*value_get(comparison, "first"), a, b);
	print_calls(*value_get(comparison, "calls"));
	if (value_len(end))
		puts("\nend");
	print_lines(end);
	print_times(comparison);
}

static void print_json(struct value comparison)
{
	struct buf text;

	buf_init(&text, 0);
	if (journal_encode(&text, comparison) == 0)
		printf("%s\n", buf_text(&text));
	buf_release(&text);
}

int cli_diff(const struct opts *opts)
{
	struct recorded a, b = {0};
	struct value comparison = value_null();
	struct error err = {0};
	int status = 0;

	if (recorded_find(&a, opts, opt_operand(opts, 0), &err) < 0 ||
	    recorded_find(&b, opts, opt_operand(opts, 1), &err) < 0 || runs_compare(&a, &b, &comparison, &err) < 0)
		status = cli_fault(&err);
	else if (opt_flag(opts, "json"))
		print_json(comparison);
	else
		print_text(comparison, a.row.id, b.row.id);
	if (status == 0 && opt_flag(opts, "exit-code") && !value_get_bool(comparison, "equal", true))
		status = EXIT_FAILED;
	value_unref(comparison);
	recorded_release(&b);
	recorded_release(&a);
	return status;
}
