/* show.c - lexflow show: what a run did, from its events. */
#include "workflow/cli/connectors.h"
#include "workflow/cli/moment.h"
#include "workflow/cli/recorded.h"
#include "workflow/cli/waits.h"

#include "lib/clock/clock.h"
#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <stdio.h>
#include <string.h>

static const struct opt_option options[] = {
	{"calls", 0, OPT_FLAG, NULL, NULL, NULL, "each call, a line each"},
	{"events", 0, OPT_FLAG, NULL, NULL, NULL, "the events as recorded, one JSON object a line"},
	{"at", 0, OPT_TEXT, "EVENT|STEP[#N]", NULL, NULL,
	 "the variables after an event, or before the first (N-th) time of a step"},
	{"json", 0, OPT_FLAG, NULL, NULL, NULL, "the summary, or what --at gives, as one JSON object"},
	{0},
};

static const struct opt_option *const tables[] = {options, cli_secret_options, cli_state_options, NULL};

const struct opt_command cli_show_command = {
	.name = "lexflow show",
	.operands = "RUN",
	.summary = "what a run did: its steps, calls, failures and result",
	.example = "lexflow show last --calls\nlexflow show last --at main.extract",
	.tables = tables,
};

/* One effect, from its announcement to its answer. */
struct effect_row {
	struct value announced, answered; /* contents; answered null: still waited for */
	int64_t from_us, to_us;
};

struct story {
	struct effect_row *effects; /* [i] is effect i + 1 */
	size_t count, capacity;
	struct value end; /* content of EVENT_ENDED, or null */
	struct value start;
	struct value waits; /* waits.h; empty once it has ended */
	bool prints_events;
};

static void print_event(const struct event *event)
{
	static const char *const kinds[] = {"",         "started", "announced", "answered",
					    "observed", "logged",  "ended",     "opened",   "arrived",
					    "changed"};
	char time[CLOCK_TEXT_SIZE];

	printf("{\"number\":%lld,\"kind\":\"%s\",\"strand\":%lld,\"effect\":%lld,\"time\":\"%s\",\"content\":"
	       "%.*s}\n",
	       (long long)event->number, kinds[event->kind], (long long)event->strand,
	       (long long)event->effect, clock_format_utc(event->time_us, time), SLICE_ARG(event->content));
}

static struct effect_row *effect_row(struct story *story, int64_t number)
{
	while (story->count < (size_t)number) {
		if (story->count == story->capacity)
			story->effects = mem_grow(story->effects, &story->capacity, sizeof(*story->effects));
		story->effects[story->count++] =
			(struct effect_row){.announced = value_null(), .answered = value_null()};
	}
	return &story->effects[number - 1];
}

static bool take_event(void *ctx, const struct event *event)
{
	struct story *story = ctx;
	struct error err = {0};
	struct value content;

	if (story->prints_events) {
		print_event(event);
		return true;
	}
	if (journal_decode(event->content, &content, &err) < 0)
		return true;
	if (event->kind == EVENT_ANNOUNCED && event->effect > 0) {
		value_set(&effect_row(story, event->effect)->announced, content);
		effect_row(story, event->effect)->from_us = event->time_us;
	} else if (event->kind == EVENT_ANSWERED && event->effect > 0) {
		value_set(&effect_row(story, event->effect)->answered, content);
		effect_row(story, event->effect)->to_us = event->time_us;
	} else if (event->kind == EVENT_ENDED) {
		value_set(&story->end, content);
	} else if (event->kind == EVENT_STARTED) {
		value_set(&story->start, content);
	} else {
		value_unref(content);
	}
	return true;
}

static void story_release(struct story *story)
{
	for (size_t i = 0; i < story->count; i++) {
		value_unref(story->effects[i].announced);
		value_unref(story->effects[i].answered);
	}
	mem_free(story->effects);
	value_unref(story->end);
	value_unref(story->start);
	value_unref(story->waits);
}

/* ---- calls */

static void print_raised(struct value raised)
{
	struct slice message = value_get_text(raised, "message");
	struct buf text;

	if (message.len) {
		printf("%.*s", SLICE_ARG(slice_sub(message, 0, 120)));
		return;
	}
	buf_init(&text, 0);
	json_write(&text, raised);
	printf("%.120s", buf_text(&text));
	buf_release(&text);
}

static void print_target(const struct effect_row *row)
{
	const struct value *request = value_get(row->announced, "request");
	struct slice function = value_get_text(row->announced, "function");

	printf("%.*s", SLICE_ARG(function));
	if (request && value_get_text(*request, "url").len)
		printf(" %.*s", SLICE_ARG(value_get_text(*request, "url")));
	if (request && value_get(*request, "attempt"))
		printf(" (attempt %lld failed)", (long long)value_get_int(*request, "attempt", 0));
}

static void print_state(const struct effect_row *row)
{
	const struct value *raised = value_get(row->answered, "raised");
	const struct value *result = value_get(row->answered, "result");
	char duration[32];

	if (row->answered.kind == VALUE_NULL) {
		printf("waiting");
		return;
	}
	cli_format_duration(row->to_us - row->from_us, duration);
	printf("%s  ", duration);
	if (raised)
		print_raised(*raised);
	else if (result && value_get(*result, "code"))
		printf("%lld", (long long)value_get_int(*result, "code", 0));
	else
		printf("done");
}

static void print_calls(const struct story *story, bool failed_only, size_t limit)
{
	size_t shown = 0;

	for (size_t i = 0; i < story->count && shown < limit; i++) {
		const struct effect_row *row = &story->effects[i];
		const struct value *iteration = value_get(row->announced, "iteration");

		if (failed_only && row->answered.kind != VALUE_NULL && !value_get(row->answered, "raised"))
			continue;
		shown++;
		printf("  %5zu  %.*s", i + 1, SLICE_ARG(value_get_text(row->announced, "step")));
		for (size_t j = 0; iteration && j < value_len(*iteration); j++)
			printf("%s%lld%s", j ? "," : " [",
			       (long long)value_list_at(*iteration, j)->as.integer,
			       j + 1 == value_len(*iteration) ? "]" : "");
		printf("  ");
		print_target(row);
		printf("  ");
		print_state(row);
		putchar('\n');
	}
}

/* ---- summary by step */

static void count_in(struct value *steps, const struct effect_row *row)
{
	struct slice name = value_get_text(row->announced, "step");
	struct value *step;

	if (!value_map_get(*steps, name))
		value_map_set(steps, name, value_map_new());
	step = value_map_change(steps, name);
	value_put(step, "calls", value_int(value_get_int(*step, "calls", 0) + 1));
	if (value_get(row->answered, "raised"))
		value_put(step, "failed", value_int(value_get_int(*step, "failed", 0) + 1));
	if (row->answered.kind == VALUE_NULL)
		value_put(step, "waiting", value_int(value_get_int(*step, "waiting", 0) + 1));
	else
		value_put(
			step, "totalMicroseconds",
			value_int(value_get_int(*step, "totalMicroseconds", 0) + row->to_us - row->from_us));
}

static struct value step_summary(const struct story *story)
{
	struct value steps = value_map_new();

	for (size_t i = 0; i < story->count; i++)
		count_in(&steps, &story->effects[i]);
	return steps;
}

static void print_steps(struct value steps)
{
	if (value_len(steps))
		printf("\n  %-32s %7s %7s %8s  %s\n", "STEP", "CALLS", "FAILED", "WAITING", "MEAN");
	for (size_t i = 0; i < value_len(steps); i++) {
		struct value step = *value_map_at(steps, i);
		int64_t calls = value_get_int(step, "calls", 0);
		int64_t waiting = value_get_int(step, "waiting", 0);
		char mean[32] = "-";

		if (calls > waiting)
			cli_format_duration(value_get_int(step, "totalMicroseconds", 0) / (calls - waiting),
					    mean);
		printf("  %-32.*s %7lld %7lld %8lld  %s\n", SLICE_ARG(value_map_key(steps, i)),
		       (long long)calls, (long long)value_get_int(step, "failed", 0), (long long)waiting,
		       mean);
	}
}

static void print_origin(const struct journal_run *run)
{
	if (run->origin == ORIGIN_CHILD)
		printf("started by %s (%s)\n", run->parent_run, run->parent_step);
	else if (run->origin == ORIGIN_REDRIVE)
		printf("goes on    from %s of %s\n", run->parent_step, run->parent_run);
	else if (run->origin == ORIGIN_RERUN)
		printf("again      %s of %s\n", run->parent_step, run->parent_run);
}

static void print_head(const struct recorded *recorded, const struct story *story)
{
	const struct journal_run *run = &recorded->row;
	char time[CLOCK_TEXT_SIZE];
	char duration[32];
	bool is_owned = journal_is_owned(recorded->journal, run);

	printf("run        %s\n", run->id);
	printf("state      %s%s\n", run_state_name(run->state),
	       run->state == RUN_ACTIVE && !is_owned ? " (interrupted: lexflow resume goes on)" : "");
	printf("definition %s\n", buf_text(&recorded->file));
	print_origin(run);
	printf("started    %s\n", clock_format_utc(run->start_us, time));
	if (run->end_us) {
		cli_format_duration(run->end_us - run->start_us, duration);
		printf("ended      %s, after %s\n", clock_format_utc(run->end_us, time), duration);
	}
	printf("events     %lld\n", (long long)run->event_count);
	if (run->state == RUN_ACTIVE)
		waits_print(story->waits);
}

static void print_end(struct value end)
{
	const struct value *result = value_get(end, "result");
	const struct value *error = value_get(end, "error");

	if (result) {
		printf("\nresult     ");
		cli_print_json(*result, false);
	} else if (error) {
		printf("\nerror      %.*s\n", SLICE_ARG(value_get_text(*error, "context")));
	}
}

static struct value story_limits(const struct story *story)
{
	const struct value *limits = value_get(story->start, "limits");

	return limits ? *limits : value_null();
}

static void print_story(const struct recorded *recorded, const struct story *story, bool calls)
{
	struct value steps = step_summary(story);
	struct value usage = recorded_usage(recorded, story->end);

	print_head(recorded, story);
	print_usage(usage, story_limits(story));
	print_steps(steps);
	value_unref(usage);
	value_unref(steps);
	if (calls) {
		puts("\ncalls");
		print_calls(story, false, SIZE_MAX);
	} else {
		puts("\nfailed or waiting calls (first 20)");
		print_calls(story, true, 20);
	}
	print_end(story->end);
}

static void print_json_story(const struct recorded *recorded, const struct story *story)
{
	struct value root = value_map_new();
	const struct value *argument = value_get(story->start, "argument");
	char time[CLOCK_TEXT_SIZE];

	value_put(&root, "id", value_string_z(recorded->row.id));
	value_put(&root, "state", value_string_z(run_state_name(recorded->row.state)));
	value_put(&root, "startTime", value_string_z(clock_format_utc(recorded->row.start_us, time)));
	if (recorded->row.end_us)
		value_put(&root, "endTime", value_string_z(clock_format_utc(recorded->row.end_us, time)));
	value_put(&root, "events", value_int(recorded->row.event_count));
	value_put(&root, "steps", step_summary(story));
	value_put(&root, "usage", recorded_usage(recorded, story->end));
	value_put(&root, "limits", value_ref(story_limits(story)));
	if (argument)
		value_put(&root, "argument", value_ref(*argument));
	if (recorded->row.state == RUN_ACTIVE)
		value_put(&root, "waits", value_ref(story->waits));
	if (story->end.kind == VALUE_MAP)
		value_put(&root, "end", value_ref(story->end));
	cli_print_json(root, true);
	value_unref(root);
}

static int show_moment(const struct opts *opts, const struct recorded *recorded, struct error *err)
{
	struct value moment;
	struct buf text;

	if (cli_moment(opts, recorded, opt_text(opts, "at"), &moment, err) < 0)
		return -1;
	buf_init(&text, 0);
	if (!opt_flag(opts, "json"))
		cli_moment_print(moment);
	else if (journal_encode(&text, moment) == 0)
		printf("%s\n", buf_text(&text));
	buf_release(&text);
	value_unref(moment);
	return 0;
}

static int read_story(const struct recorded *recorded, struct story *story, struct error *err)
{
	if (journal_events(recorded->journal, &recorded->row, 1, take_event, story, err) < 0)
		return -1;
	if (recorded->row.state != RUN_ACTIVE || story->prints_events)
		return 0;
	return waits_read(recorded->journal, &recorded->row, &story->waits, err);
}

int cli_show(const struct opts *opts)
{
	struct story story = {.end = value_null(),
			      .start = value_null(),
			      .prints_events = opt_flag(opts, "events")};
	struct recorded recorded;
	struct error err = {0};
	int status = 0;

	if (recorded_open(&recorded, opts, &err) < 0 ||
	    (opt_given(opts, "at") ? show_moment(opts, &recorded, &err) : read_story(&recorded, &story, &err)) < 0)
		status = cli_fault(&err);
	else if (opt_given(opts, "at"))
		status = 0;
	else if (opt_flag(opts, "json"))
		print_json_story(&recorded, &story);
	else if (!story.prints_events)
		print_story(&recorded, &story, opt_flag(opts, "calls"));
	story_release(&story);
	recorded_release(&recorded);
	return status;
}
