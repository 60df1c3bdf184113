/* rerun.c - surveys and reruns of one step, built on replay; see rerun.h. */
#include "workflow/engine/engine_private.h"

#include <string.h>

/* ---- history */

struct reading {
	struct history *history;
	struct error *err;
};

static bool add_event(void *ctx, const struct event *event)
{
	struct history *history = ((struct reading *)ctx)->history;
	struct event *copy;

	if (history->count == history->capacity)
		history->events = mem_grow(history->events, &history->capacity, sizeof(*history->events));
	copy = &history->events[history->count++];
	*copy = *event;
	copy->content.ptr = mem_strndup(event->content.ptr, event->content.len);
	return true;
}

static void read_limits(struct limits *limits, struct value recorded)
{
	for (size_t i = 0; i < value_len(recorded); i++) {
		struct slice name = value_map_key(recorded, i);
		struct buf assignment;

		buf_init(&assignment, 200);
		buf_printf(&assignment, "%.*s=%lld", SLICE_ARG(name),
			   (long long)value_get_int(recorded, name.ptr, INT64_MAX));
		limits_set(limits, buf_text(&assignment), NULL); /* one that is no longer known is no loss */
		buf_release(&assignment);
	}
}

static void refuse_rerun(const struct journal_run *row, struct error *err)
{
	error_set(err, ERROR_INPUT, "run %s did one step of run %s again; it has no history of its own", row->id,
		  row->parent_run);
	if (row->state == RUN_ACTIVE)
		error_hint(err, "lexflow cancel %s ends it, lexflow rerun %s %s does the step once more", row->id,
			   row->parent_run, row->parent_step);
	else
		error_hint(err, "lexflow rerun %s %s does the step once more", row->parent_run, row->parent_step);
}

static int read_start(struct history *history, const struct journal_run *row, struct error *err)
{
	struct value content;
	const struct value *argument, *env, *limits;

	if (history->count == 0 || history->events[0].kind != EVENT_STARTED) {
		error_set(err, ERROR_INPUT,
			  "run %s has no recorded start: it was interrupted before its first step", row->id);
		error_hint(err, "nothing of it was done; run its definition again%s%s",
			   row->state == RUN_ACTIVE ? ", and end this one: lexflow cancel " : "",
			   row->state == RUN_ACTIVE ? row->id : "");
		return -1;
	}
	if (journal_decode(history->events[0].content, &content, err) < 0)
		return -1;
	argument = value_get(content, "argument");
	env = value_get(content, "env");
	limits = value_get(content, "limits");
	history->argument = argument ? value_ref(*argument) : value_null();
	history->env = env ? value_ref(*env) : value_map_new();
	history->connectors = value_get(content, "connectors") ? value_ref(*value_get(content, "connectors"))
								: value_map_new();
	history->limits = limits_default();
	if (limits)
		read_limits(&history->limits, *limits);
	if (value_get(content, "rerun"))
		refuse_rerun(row, err);
	value_unref(content);
	return err->kind == ERROR_NONE ? 0 : -1;
}

int history_read(struct journal *journal, const struct journal_run *row, struct history *history,
		 struct error *err)
{
	struct reading reading = {history, err};

	*history = (struct history){0};
	if (journal_events(journal, row, 1, add_event, &reading, err) < 0 ||
	    read_start(history, row, err) < 0) {
		history_free(history);
		return -1;
	}
	return 0;
}

void history_free(struct history *history)
{
	for (size_t i = 0; i < history->count; i++)
		mem_free((char *)history->events[i].content.ptr);
	mem_free(history->events);
	value_unref(history->argument);
	value_unref(history->env);
	value_unref(history->connectors);
	*history = (struct history){0};
}

/* ---- repeating */

static struct run *repeat(const struct plan *plan, const struct history *history, const char *id,
			  const struct run_host *host, struct watch *watch, size_t *fits, struct error *err)
{
	struct run_options options = {.argument = history->argument,
				      .env = history->env,
				      .limits = history->limits,
				      .connectors = history->connectors,
				      .id = id,
				      .host = host};
	struct run *run = run_new(plan, &options);

	run->watch = watch;
	for (size_t i = 0; i < history->count; i++) {
		if (run_add_history(run, &history->events[i], err) < 0) {
			run_free(run);
			return NULL;
		}
	}
	run_begin(run);
	if (run->status != RUN_DIVERGED)
		return run;
	error_set(err, ERROR_INPUT, "%s", run->divergence);
	if (fits)
		*fits = run->past_next;
	run_free(run);
	return NULL;
}

/* A host for looking on: the history has all answers, and what lies beyond it does not happen. */
static int64_t drop_event(void *ctx, struct run *run, const struct event *event)
{
	(void)ctx;
	(void)run;
	(void)event;
	return 0;
}

static void ignore_effect(void *ctx, struct effect *effect)
{
	(void)ctx;
	(void)effect;
}

static int64_t no_time(void *ctx)
{
	(void)ctx;
	return 0;
}

static void no_random(void *ctx, unsigned char bytes[16])
{
	(void)ctx;
	memset(bytes, 0, 16);
}

static const struct run_host onlooker = {
	.append = drop_event,
	.perform = ignore_effect,
	.abandon = ignore_effect,
	.wall_us = no_time,
	.random = no_random,
};

struct run *history_repeat(const struct plan *plan, const struct history *history, const char *id, struct watch *watch,
			   size_t *fits, struct error *err)
{
	return repeat(plan, history, id, &onlooker, watch, fits, err);
}

int survey_step(const struct plan *plan, const struct history *history, const char *id, int step,
		struct survey *survey, struct error *err)
{
	struct watch *watch = mem_new(sizeof(*watch));
	struct run *run;

	watch->step = step;
	watch->visit_wanted = SIZE_MAX;
	run = history_repeat(plan, history, id, watch, NULL, err);
	if (!run)
		return -1;
	*survey = watch->survey;
	watch->survey = (struct survey){0};
	run_free(run);
	return 0;
}

int survey_usage(const struct plan *plan, const struct history *history, const char *id, struct value *usage,
		 struct error *err)
{
	struct watch *watch = mem_new(sizeof(*watch)); /* of no step: nothing is performed again */
	struct run *run;

	watch->step = -1;
	watch->visit_wanted = SIZE_MAX;
	run = history_repeat(plan, history, id, watch, NULL, err);
	if (!run)
		return -1;
	*usage = run_usage(run);
	run_free(run);
	return 0;
}

int survey_steps(const struct plan *plan, const struct history *history, const char *id,
		 struct step_figures *figures, struct error *err)
{
	struct watch *watch = mem_new(sizeof(*watch));
	struct run *run;

	watch->step = -1;
	watch->visit_wanted = SIZE_MAX;
	watch->tour = tour_new(figures);
	run = history_repeat(plan, history, id, watch, NULL, err);
	if (!run)
		return -1;
	run_free(run);
	return 0;
}

void survey_release(struct survey *survey)
{
	for (size_t i = 0; i < survey->count; i++) {
		value_unref(survey->visits[i].iteration);
		value_unref(survey->visits[i].outcome);
		value_unref(survey->visits[i].calls);
	}
	mem_free(survey->visits);
	*survey = (struct survey){0};
}

/* ---- doing it again */

/* The slot of a variable of this unit, the innermost of that name, or -1. */
static int find_slot(const struct unit *unit, struct slice name)
{
	for (int i = unit->slot_count; i-- > 0;) {
		if (unit->variables[i].text.ptr && slice_equal(unit->variables[i].text, name))
			return i;
	}
	return -1;
}

int rerun_check_set(const struct plan *plan, int step, struct value set, struct error *err)
{
	for (size_t i = 0; i < value_len(set); i++) {
		struct slice name = value_map_key(set, i);
		int around = step;

		while (around >= 0 && find_slot(&plan->units[plan->steps[around].unit], name) < 0)
			around = plan->steps[around].parent;
		if (around < 0)
			return error_set(err, ERROR_INPUT,
					 "--set: there is no variable \"%.*s\" at this step",
					 SLICE_ARG(name));
	}
	return 0;
}

bool frame_set(struct run *run, struct frame *frame, struct slice name, struct value v)
{
	int slot = -1;

	for (; frame; frame = frame->outer) {
		slot = find_slot(&run->plan->units[frame->unit], name);
		if (slot >= 0) {
			slot_set(run, frame, slot, value_ref(v));
			return true;
		}
	}
	return false;
}

struct run *rerun_new(const struct plan *plan, const struct history *history,
		      const struct rerun_request *request, const struct run_host *host, const char *id,
		      struct error *err)
{
	struct watch *watch;
	struct buf name;
	struct run *run;

	if (rerun_check_set(plan, request->step, request->set, err) < 0)
		return NULL;
	watch = mem_new(sizeof(*watch));
	watch->step = request->step;
	watch->visit_wanted = request->visit;
	watch->request = value_map_new();
	buf_init(&name, 0);
	plan_step_name(plan, request->step, &name);
	value_put(&watch->request, "run", value_string_z(request->parent));
	value_put(&watch->request, "step", value_string(buf_slice(&name)));
	value_put(&watch->request, "visit", value_int((int64_t)request->visit));
	value_put(&watch->request, "set", value_ref(request->set));
	buf_release(&name);
	run = repeat(plan, history, id, host, watch, NULL, err);
	if (!run)
		return NULL;
	if (!watch->strand) {
		error_set(err, ERROR_INPUT, "run %s did not come to this step", request->parent);
		run_free(run);
		return NULL;
	}
	for (size_t i = 0; i < value_len(request->set); i++)
		frame_set(run, watch->strand->top, value_map_key(request->set, i),
			  *value_map_at(request->set, i)); /* rerun_check_set has found it */
	return run;
}

enum run_status rerun_go_live(struct run *run)
{
	struct watch *watch = run->watch;
	struct value content;
	int64_t time_us, ticket;

	/* Everything else of the old run stands still: its calls are not waited for, its forks start nothing.
	 */
	while (run->effects)
		effect_free(run->effects);
	run->forks = NULL;
	run->branches = 0;
	run->ready_first = NULL;
	run->ready_last = &run->ready_first;
	run->past_next = run->past_count;
	run->is_live = true;
	run->next_event = run->next_effect = 1;
	run->figures = (struct run_figures){.strands_alive = run->figures.strands_alive};
	run->status = RUN_GOES_ON;
	watch->is_live = true;
	content = started_content(run);
	produce(run, EVENT_STARTED, 0, 0, content, &time_us, &ticket);
	value_unref(content);
	endpoints_reopen(run);
	watch->strand->state = STRAND_WAITING;
	strand_ready(watch->strand);
	return run_advance(run);
}

bool run_is_rerun(const struct run *run)
{
	return run->watch != NULL;
}

const struct visit *rerun_outcome(const struct run *run)
{
	return &run->watch->survey.visits[run->watch->visit_wanted];
}
