/* run.c - the life of a run; see run.h. */
#include "workflow/engine/engine_private.h"

#include <string.h>

struct run *run_new(const struct plan *plan, const struct run_options *options)
{
	struct run *run = mem_new(sizeof(*run));

	run->plan = plan;
	run->host = options->host;
	run->limits = options->limits;
	run->allows_bytes = options->allows_bytes;
	run->id = mem_strdup(options->id);
	run->argument = value_ref(options->argument);
	run->env = value_ref(options->env);
	run->connectors = value_ref(options->connectors);
	run->patterns = stdlib_patterns_new();
	run->ready_last = &run->ready_first;
	run->next_event = run->next_strand = run->next_effect = 1;
	return run;
}

static void drop_effects(struct run *run)
{
	while (run->effects) {
		struct effect *effect = run->effects;

		run->host->abandon(run->host->ctx, effect);
		effect_free(effect);
	}
}

static void drop_strands(struct run *run)
{
	drop_effects(run);
	run->forks = NULL; /* each is freed with the strand that waits for it */
	/* Children point into the frames of the strands that forked them, so they go first: a child is
	 * always younger, and the list is youngest first. */
	while (run->strands)
		strand_free(run->strands);
	run->ready_first = NULL;
	run->ready_last = &run->ready_first;
}

void run_free(struct run *run)
{
	if (!run)
		return;
	drop_strands(run);
	watch_free(run->watch);
	changes_release(run);
	history_release(run);
	endpoints_release(run);
	value_unref(run->result);
	value_unref(run->argument);
	value_unref(run->env);
	value_unref(run->connectors);
	mask_free(run->mask);
	stdlib_patterns_free(run->patterns);
	mem_free(run->divergence);
	mem_free(run->id);
	mem_free(run);
}

struct value started_content(const struct run *run)
{
	struct value content = value_map_new();
	struct value limits = value_map_new();
	const char *name;
	int64_t setting;

	for (int i = 0; (name = limits_at(&run->limits, i, &setting)); i++)
		value_put(&limits, name, value_int(setting));
	if (run->watch)
		value_put(&content, "rerun", value_ref(run->watch->request));
	value_put(&content, "argument", value_ref(run->argument));
	value_put(&content, "env", value_ref(run->env));
	value_put(&content, "limits", limits);
	if (value_len(run->connectors) > 0)
		value_put(&content, "connectors", value_ref(run->connectors));
	return content;
}

enum run_status run_begin(struct run *run)
{
	struct value content = started_content(run);
	const struct unit *main_unit = &run->plan->units[run->plan->main];
	int64_t time_us, ticket;
	struct strand *strand;
	struct value raised;

	produce(run, EVENT_STARTED, 0, 0, content, &time_us, &ticket);
	value_unref(content);
	run->started_us = time_us;
	strand = strand_new(run, run->plan->main);
	if (main_unit->param_count > 0)
		slot_set(run, strand->top, 0, value_ref(run->argument));
	if (!argument_fits(run, main_unit->param_count > 0, &raised)) {
		strand_ended(strand, value_null(), raised, value_list_new(0));
		return run->status;
	}
	strand_ready(strand);
	return run_advance(run);
}

static struct strand *take_ready(struct run *run)
{
	struct strand *strand = run->ready_first;

	run->ready_first = strand->next_ready;
	if (!run->ready_first)
		run->ready_last = &run->ready_first;
	return strand;
}

static struct effect *find_effect(const struct run *run, int64_t number)
{
	struct effect *effect = run->effects;

	while (effect && effect->number != number)
		effect = effect->next;
	return effect;
}

/* What was announced by an earlier process and never answered is done again, under the same number (J6). */
static void perform_again(struct run *run)
{
	struct effect *next;

	for (struct effect *effect = run->effects; effect; effect = next) {
		next = effect->next;
		if (effect->ticket == 0)
			run->host->perform(run->host->ctx, effect);
	}
}

static bool replay_answer(struct run *run)
{
	const struct past *past = next_past_answer(run);
	struct effect *effect = past ? find_effect(run, past->effect) : NULL;

	if (!past)
		return false;
	if (past->kind == EVENT_ARRIVED)
		return replay_arrival(run, past);
	if (!effect) {
		diverge(run, "event %zu of run %s answers a call that the definition does not make",
			run->past_next, run->id);
		return false;
	}
	run->now_us = past->time_us;
	effect_answered(effect, past->content);
	return true;
}

enum run_status run_advance(struct run *run)
{
	do {
		while (run->ready_first && run->status == RUN_GOES_ON)
			strand_execute(take_ready(run));
	} while (run->status == RUN_GOES_ON && replay_answer(run));
	if (run->status == RUN_GOES_ON && run->past_count && !run->is_live && !run->watch) {
		run->is_live = true;
		history_release(run);
		change_env(run);
		endpoints_reopen(run);
		perform_again(run);
	}
	return run->status;
}

/* What the effect came to: {"result"} or {"raised"}. */
static struct value outcome_of(const struct effect *effect, struct value raw)
{
	struct value content = value_map_new();
	struct value result, raised;

	switch (effect->kind) {
	case EFFECT_SLEEP:
		if (wait_fits(effect, &raised))
			value_put(&content, "result", value_null());
		else
			value_put(&content, "raised", raised);
		return content;
	case EFFECT_AWAIT:
		raise_error(&raised, "TimeoutError", "no request came to the callback in time");
		value_put(&content, "raised", raised);
		return content;
	case EFFECT_CHILD:
		value_unref(content);
		return value_ref(raw);
	case EFFECT_HTTP:
		break;
	}
	if (stdlib_http_answer(raw, &result, &raised) < 0)
		value_put(&content, "raised", raised);
	else
		value_put(&content, "result", result);
	return content;
}

/* The answer as the journal keeps it, with how long it took. */
static struct value answer_content(const struct effect *effect, struct value raw, struct value timing)
{
	struct value content = outcome_of(effect, raw);
	struct value raised;

	if (expr_is_too_deep(content)) {
		raise_error(&raised, "ValueError", "the response is nested too deeply");
		value_map_delete(&content, SLICE("result"));
		value_put(&content, "raised", raised);
	}
	if (timing.kind == VALUE_MAP)
		value_put(&content, "timing", timing);
	return content;
}

enum run_status run_answer(struct effect *effect, struct value raw, struct value timing)
{
	struct run *run = effect->run;
	struct value content = answer_content(effect, raw, timing);
	int64_t time_us, ticket;

	assert(!run->ready_first && run->status == RUN_GOES_ON);
	produce(run, EVENT_ANSWERED, effect->strand->id, effect->number, content, &time_us, &ticket);
	run->now_us = time_us;
	effect_answered(effect, content);
	value_unref(content);
	value_unref(raw);
	return run_advance(run);
}

void run_end(struct run *run, enum run_status status, struct value result)
{
	struct value content;
	int64_t time_us, ticket;

	if (run->status != RUN_GOES_ON) { /* the last step of a rerun: it says itself how it ended */
		value_unref(result);
		return;
	}
	content = value_map_new();
	value_put(&content, status == RUN_RETURNED ? "result" : "error", value_ref(result));
	value_put(&content, "usage", run_usage(run));
	produce(run, EVENT_ENDED, 0, 0, content, &time_us, &ticket);
	value_unref(content);
	if (run->status == RUN_GOES_ON) {
		run->status = status;
		value_set(&run->result, result);
		drop_effects(run); /* a limit ends the run while other strands still wait */
	} else {
		value_unref(result);
	}
}

void run_stop(struct run *run)
{
	struct value content;
	int64_t time_us, ticket;

	if (run->status != RUN_GOES_ON)
		return;
	assert(!run->ready_first);
	content = value_map_new();
	value_put(&content, "cancelled", value_bool(true));
	value_put(&content, "usage", run_usage(run));
	produce(run, EVENT_ENDED, 0, 0, content, &time_us, &ticket);
	value_unref(content);
	run->status = RUN_STOPPED;
	drop_effects(run);
}

enum run_status run_status(const struct run *run)
{
	return run->status;
}

struct value run_result(const struct run *run)
{
	return run->result;
}

const char *run_divergence(const struct run *run)
{
	return run->divergence ? run->divergence : "";
}

struct run_figures run_figures(const struct run *run)
{
	return run->figures;
}

struct value run_usage(const struct run *run)
{
	const struct run_figures *figures = &run->figures;
	struct value usage = value_map_new();

	value_put(&usage, "steps", value_int(figures->steps));
	value_put(&usage, "memory_bytes", value_int(figures->memory_peak_bytes));
	value_put(&usage, "call_depth", value_int(figures->call_depth_peak));
	value_put(&usage, "parallel_depth", value_int(figures->parallel_depth_peak));
	value_put(&usage, "parallel_branches", value_int(figures->branches_peak));
	value_put(&usage, "branch_errors", value_int(run->branch_errors));
	value_put(&usage, "effects", value_int(figures->effects));
	return usage;
}

const char *run_id(const struct run *run)
{
	return run->id;
}

struct value run_masked(const struct run *run, struct value v)
{
	return mask_hide(run->mask, v);
}

const struct limits *run_limits(const struct run *run)
{
	return &run->limits;
}

struct value run_argument(const struct run *run)
{
	return run->argument;
}

struct value run_env(const struct run *run)
{
	return run->env;
}

struct value run_connectors(const struct run *run)
{
	return run->connectors;
}

void run_step_name(const struct run *run, int step, struct buf *out)
{
	if (step >= 0)
		plan_step_name(run->plan, step, out);
}

void run_set_user(struct run *run, void *user)
{
	run->user = user;
}

void *run_user(const struct run *run)
{
	return run->user;
}

void run_where(const struct run *run, struct buf *out)
{
	if (run->effects && run->effects->step >= 0)
		plan_step_name(run->plan, run->effects->step, out);
}
