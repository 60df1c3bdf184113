/* show.c - lexflow show: what a run did, from its events. */
#include "workflow/cli/connectors.h"
#include "workflow/cli/ending.h"
#include "workflow/cli/moment.h"
#include "workflow/cli/recorded.h"
#include "workflow/cli/visit.h"
#include "workflow/cli/waits.h"

#include "lib/clock/clock.h"
#include "lib/json/json.h"
#include "lib/log/log.h"
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

enum { SHOWN_CALLS = 20 };

struct story {
	struct effect_row *effects; /* [i] is effect i + 1 */
	size_t count, capacity;
	struct value end; /* content of EVENT_ENDED, or null */
	struct value start;
	struct waits waits; /* none once it has ended */
	struct buf failed_at; /* ending.h */
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
	waits_release(&story->waits);
	buf_release(&story->failed_at);
}

/* ---- calls */

static void add_raised(struct buf *line, struct value raised)
{
	struct slice message = value_get_text(raised, "message");
	struct buf text;

	buf_init(&text, 0);
	if (message.len)
		buf_add_slice(&text, message);
	else
		journal_encode(&text, raised);
	log_add_plain(line, slice_sub(buf_slice(&text), 0, 120));
	buf_release(&text);
}

static bool is_retry(const struct effect_row *row)
{
	return slice_is(value_get_text(row->announced, "function"), "retry");
}

static void add_target(struct buf *line, const struct effect_row *row)
{
	const struct value *request = value_get(row->announced, "request");
	struct slice url = request ? value_get_text(*request, "url") : SLICE("");

	log_add_plain(line, value_get_text(row->announced, "function"));
	if (url.len)
		buf_add_char(line, ' ');
	log_add_plain(line, url);
	if (request && value_get(*request, "attempt"))
		buf_printf(line, " (attempt %lld failed)", (long long)value_get_int(*request, "attempt", 0));
}

static void add_state(struct buf *line, const struct effect_row *row)
{
	const struct value *raised = value_get(row->answered, "raised");
	const struct value *result = value_get(row->answered, "result");
	char duration[32];

	if (row->answered.kind == VALUE_NULL) {
		buf_add_text(line, "waiting");
		return;
	}
	cli_format_duration(row->to_us - row->from_us, duration);
	buf_printf(line, "%s  ", duration);
	if (raised)
		add_raised(line, *raised);
	else if (result && value_get(*result, "code"))
		buf_printf(line, "%lld", (long long)value_get_int(*result, "code", 0));
	else
		buf_add_text(line, "done");
}

static void print_call(size_t number, const struct effect_row *row)
{
	struct buf line;

	buf_init(&line, 0);
	visit_add(&line, value_get_text(row->announced, "step"), value_get(row->announced, "iteration"));
	buf_add_text(&line, "  ");
	add_target(&line, row);
	buf_add_text(&line, "  ");
	add_state(&line, row);
	printf("  %5zu  %s\n", number, buf_text(&line));
	buf_release(&line);
}

static void print_calls(const struct story *story, bool all)
{
	size_t shown = 0;

	for (size_t i = 0; i < story->count && (all || shown < SHOWN_CALLS); i++) {
		const struct effect_row *row = &story->effects[i];

		if (!all && row->answered.kind != VALUE_NULL && !value_get(row->answered, "raised"))
			continue;
		if (shown++ == 0)
			puts(all ? "\ncalls" : "\nfailed or waiting calls (first 20)");
		print_call(i + 1, row);
	}
}

/* ---- summary by step */

static void count_one(struct value *step, const char *what)
{
	value_put(step, what, value_int(value_get_int(*step, what, 0) + 1));
}

/* The wait before the next attempt is no call. */
static void count_in(struct value *steps, const struct effect_row *row)
{
	struct slice name = value_get_text(row->announced, "step");
	struct value *step;

	if (!value_map_get(*steps, name))
		value_map_set(steps, name, value_map_new());
	step = value_map_change(steps, name);
	count_one(step, is_retry(row) ? "retries" : "calls");
	if (value_get(row->answered, "raised"))
		count_one(step, "failed");
	if (row->answered.kind == VALUE_NULL) {
		count_one(step, "waiting");
	} else if (!is_retry(row)) {
		count_one(step, "answered");
		value_put(step, "totalMicroseconds",
			  value_int(value_get_int(*step, "totalMicroseconds", 0) + row->to_us - row->from_us));
	}
}

static struct value step_summary(const struct story *story)
{
	struct value steps = value_map_new();

	for (size_t i = 0; i < story->count; i++)
		count_in(&steps, &story->effects[i]);
	return steps;
}

static void print_step(struct slice name, struct value step)
{
	int64_t answered = value_get_int(step, "answered", 0);
	char mean[32] = "-";
	struct buf text;

	if (answered > 0)
		cli_format_duration(value_get_int(step, "totalMicroseconds", 0) / answered, mean);
	buf_init(&text, 0);
	log_add_plain(&text, name);
	printf("  %-32s %7lld %7lld %7lld %8lld  %s\n", buf_text(&text),
	       (long long)value_get_int(step, "calls", 0), (long long)value_get_int(step, "failed", 0),
	       (long long)value_get_int(step, "retries", 0), (long long)value_get_int(step, "waiting", 0), mean);
	buf_release(&text);
}

static void print_steps(struct value steps)
{
	if (value_len(steps))
		printf("\n  %-32s %7s %7s %7s %8s  %s\n", "STEP", "CALLS", "FAILED", "RETRIES", "WAITING", "MEAN");
	for (size_t i = 0; i < value_len(steps); i++)
		print_step(value_map_key(steps, i), *value_map_at(steps, i));
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
	printf("run        %s\n", run->id);
	printf("state      %s", cli_state_name(recorded->journal, run));
	if (run->state == RUN_ACTIVE && journal_is_owned(recorded->journal, run))
		printf(" (process %lld)", (long long)run->owner_pid);
	printf("\ndefinition %s\n", buf_text(&recorded->file));
	print_origin(run);
	printf("started    %s\n", clock_format_utc(run->start_us, time));
	if (run->end_us) {
		cli_format_duration(run->end_us - run->start_us, duration);
		printf("ended      %s, after %s\n", clock_format_utc(run->end_us, time), duration);
	}
	printf("events     %lld\n", (long long)run->event_count);
	if (run->state == RUN_ACTIVE)
		waits_print(&story->waits);
}

static struct value story_limits(const struct story *story)
{
	const struct value *limits = value_get(story->start, "limits");

	return limits ? *limits : value_null();
}

static void print_story(const struct opts *opts, const struct recorded *recorded, const struct story *story)
{
	struct value steps = step_summary(story);
	struct value usage = recorded_usage(recorded, story->end);

	print_head(recorded, story);
	print_usage(usage, story_limits(story));
	print_steps(steps);
	value_unref(usage);
	value_unref(steps);
	print_calls(story, opt_flag(opts, "calls"));
	ending_print(opts, recorded, story->end, buf_text(&story->failed_at));
}

static void print_json_story(const struct recorded *recorded, const struct story *story)
{
	struct value root = value_map_new();
	const struct value *argument = value_get(story->start, "argument");
	char time[CLOCK_TEXT_SIZE];

	value_put(&root, "id", value_string_z(recorded->row.id));
	value_put(&root, "state", value_string_z(cli_state_name(recorded->journal, &recorded->row)));
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
		value_put(&root, "waits", value_ref(story->waits.list));
	if (story->failed_at.len)
		value_put(&root, "failedAt", value_string(buf_slice(&story->failed_at)));
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
	if (story->prints_events)
		return 0;
	ending_failed_at(recorded, &story->failed_at);
	if (recorded->row.state != RUN_ACTIVE)
		return 0;
	return waits_read(recorded->journal, &recorded->row, SIZE_MAX, &story->waits, err);
}

int cli_show(const struct opts *opts)
{
	struct story story = {.end = value_null(),
			      .start = value_null(),
			      .prints_events = opt_flag(opts, "events")};
	struct recorded recorded;
	struct error err = {0};
	int status = 0;

	buf_init(&story.failed_at, 0);
	if (recorded_open(&recorded, opts, &err) < 0 ||
	    (opt_given(opts, "at") ? show_moment(opts, &recorded, &err) : read_story(&recorded, &story, &err)) < 0)
		status = cli_fault(&err);
	else if (opt_given(opts, "at"))
		status = 0;
	else if (opt_flag(opts, "json"))
		print_json_story(&recorded, &story);
	else if (!story.prints_events)
		print_story(opts, &recorded, &story);
	story_release(&story);
	recorded_release(&recorded);
	return status;
}
