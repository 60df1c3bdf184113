/* moment.c - what a run holds at one moment of its replay; see moment.h. */
#include "workflow/engine/moment.h"
#include "workflow/engine/engine_private.h"

/* What of this frame has a name and a value; names that `out` has already stay as they are. */
static void add_variables(const struct run *run, const struct frame *frame, struct value *out)
{
	const struct unit *unit = &run->plan->units[frame->unit];

	for (int i = unit->slot_count; i-- > 0;) { /* of two with one name the inner one comes later */
		struct slice name = unit->variables[i].text;

		if (name.ptr && frame->slots[i].kind != (enum value_kind)VALUE_UNSET && !value_map_get(*out, name))
			value_map_set(out, name, value_ref(frame->slots[i]));
	}
}

static struct value frame_shown(const struct run *run, const struct frame *frame)
{
	const struct plan *plan = run->plan;
	struct value shown = value_map_new();
	struct value variables = value_map_new();

	add_variables(run, frame, &variables);
	value_put(&shown, "routine", value_string(plan->units[plan->units[frame->unit].routine].name));
	value_put(&shown, "branch", value_bool(frame->outer));
	value_put(&shown, "step", step_name(run, frame_step(plan, frame)));
	value_put(&shown, "variables", variables);
	return shown;
}

static struct value wait_shown(const struct run *run, const struct effect *effect)
{
	struct value wait = value_map_new();
	static const char *const functions[] = {"http", "sleep", "callback", "execution"};

	value_put(&wait, "function", value_string_z(functions[effect->kind]));
	value_put(&wait, "request", run_masked(run, effect->request));
	value_put(&wait, "since_us", value_int(effect->announced_us));
	return wait;
}

static const struct frame *own_frame(const struct run *run, const struct strand *strand)
{
	const struct frame *frame = strand->top;

	while (frame->caller && is_builtin(run, frame))
		frame = frame->caller;
	return frame;
}

static struct value strand_shown(const struct run *run, const struct strand *strand)
{
	const struct frame *top = own_frame(run, strand);
	struct value shown = value_map_new();
	struct value frames = value_list_new(0);
	bool waits = strand->effect || strand->fork;

	for (const struct frame *frame = top; frame; frame = frame->caller)
		value_list_push(&frames, frame_shown(run, frame));
	value_put(&shown, "strand", value_int(strand->id));
	value_put(&shown, "step", step_name(run, frame_step(run->plan, top)));
	value_put(&shown, "iteration", iteration_of(strand, top));
	value_put(&shown, "state", value_string_z(waits ? "waiting" : "ready"));
	if (strand->effect)
		value_put(&shown, "waits", wait_shown(run, strand->effect));
	value_put(&shown, "frames", frames);
	return shown;
}

/* The strand of the visit, else that of the event, else the oldest. */
static const struct strand *focus_of(const struct run *run, int64_t id)
{
	const struct strand *oldest = run->strands;

	if (run->watch->strand)
		return run->watch->strand;
	for (const struct strand *strand = run->strands; strand; strand = strand->next) {
		if (strand->id == id)
			return strand;
		oldest = strand;
	}
	return oldest;
}

static struct value visible(const struct run *run, const struct strand *strand)
{
	struct value variables = value_map_new();

	for (const struct frame *frame = own_frame(run, strand); frame; frame = frame->outer)
		add_variables(run, frame, &variables);
	return variables;
}

static struct value describe(const struct run *run, int64_t strand_id)
{
	const struct strand *focus = focus_of(run, strand_id);
	const struct strand *strand = run->strands;
	struct value moment = value_map_new();
	struct value strands = value_list_new(0);
	struct value masked;

	while (strand && strand->next)
		strand = strand->next;
	for (; strand; strand = strand->previous)
		value_list_push(&strands, strand_shown(run, strand));
	value_put(&moment, "event", value_int((int64_t)run->past_next));
	value_put(&moment, "ended",
		  value_bool(run->status == RUN_RETURNED || run->status == RUN_RAISED || run->status == RUN_STOPPED));
	value_put(&moment, "focus", focus ? value_int(focus->id) : value_null());
	value_put(&moment, "variables", focus ? visible(run, focus) : value_map_new());
	value_put(&moment, "env", value_ref(run->env));
	value_put(&moment, "strands", strands);
	masked = run_masked(run, moment);
	value_unref(moment);
	return masked;
}

int moment_of(const struct plan *plan, const struct history *history, const char *id, const struct moment_wanted *wanted,
	      struct value *moment, struct error *err)
{
	struct history part = *history;
	struct watch *watch;
	struct run *run;

	if (wanted->step < 0 && (wanted->event < 1 || wanted->event > history->count)) {
		error_set(err, ERROR_NOT_FOUND, "run %s has events 1 to %zu", id, history->count);
		error_hint(err, "lexflow show %s --events lists them", id);
		return -1;
	}
	if (wanted->step < 0)
		part.count = wanted->event;
	watch = mem_new(sizeof(*watch));
	watch->step = wanted->step;
	watch->visit_wanted = wanted->step < 0 ? SIZE_MAX : wanted->visit;
	run = history_repeat(plan, &part, id, watch, NULL, err);
	if (!run)
		return -1;
	if (wanted->step >= 0 && !watch->strand) {
		if (watch->survey.count == 0)
			error_set(err, ERROR_NOT_FOUND, "run %s never came to this step", id);
		else
			error_set(err, ERROR_NOT_FOUND, "run %s came to this step %zu times", id, watch->survey.count);
		error_hint(err, "lexflow graph %s shows which steps ran, and how often", id);
		run_free(run);
		return -1;
	}
	*moment = describe(run, history->events[part.count - 1].strand);
	run_free(run);
	return 0;
}
