/*
 * watch.c - following the visits of one step: from the moment it is entered to the moment its strand is
 * past it, whichever way it leaves: by the next step, a jump, a return, an error.
 *
 * A visit remembers the variables as they were (one more holder each, so later changes copy) and which of
 * them its strand, or a child of it, assigned. What was assigned and differs at the end is what the step left
 * behind; what other strands did to shared variables meanwhile is not its doing.
 */
#include "workflow/engine/engine_private.h"

struct open_visit {
	size_t visit; /* in the survey */
	struct strand *strand;
	struct frame *frame;
	struct value *before; /* slots of the frame and of those outward; owned */
	bool *assigned;       /* [before_count]; owned */
	size_t before_count;
};

static size_t visible_slots(const struct run *run, const struct frame *frame)
{
	size_t count = 0;

	for (; frame; frame = frame->outer)
		count += (size_t)run->plan->units[frame->unit].slot_count;
	return count;
}

static struct value *snapshot(const struct run *run, const struct frame *frame)
{
	struct value *before = mem_alloc((visible_slots(run, frame) + 1) * sizeof(*before));
	size_t n = 0;

	for (; frame; frame = frame->outer) {
		for (int i = 0; i < run->plan->units[frame->unit].slot_count; i++)
			before[n++] = value_ref(frame->slots[i]);
	}
	return before;
}

static void snapshot_free(const struct open_visit *open)
{
	for (size_t i = 0; i < open->before_count; i++)
		value_unref(open->before[i]);
	mem_free(open->before);
	mem_free(open->assigned);
}

static bool is_unset(struct value v)
{
	return v.kind == (enum value_kind)VALUE_UNSET;
}

static struct value changes(const struct run *run, const struct open_visit *open)
{
	struct value variables = value_map_new();
	struct value outcome = value_map_new();
	size_t n = 0;

	for (const struct frame *frame = open->frame; frame; frame = frame->outer) {
		const struct unit *unit = &run->plan->units[frame->unit];

		for (int i = 0; i < unit->slot_count; i++, n++) {
			struct value now = frame->slots[i];

			if (open->assigned[n] && unit->variables[i].text.ptr && !is_unset(now) &&
			    (is_unset(open->before[n]) || !value_equal(now, open->before[n])))
				value_map_set(&variables, unit->variables[i].text, value_ref(now));
		}
	}
	value_put(&outcome, "variables", variables);
	return outcome;
}

static struct value one_member(const char *name, struct value v)
{
	struct value map = value_map_new();

	value_put(&map, name, value_ref(v));
	return map;
}

/* The rerun is over: its last event, then nothing of it moves any more. */
static void record_end(struct run *run, const struct visit *visit)
{
	struct value content = one_member("result", visit->outcome);
	int64_t time_us, ticket;

	produce(run, EVENT_ENDED, 0, 0, content, &time_us, &ticket);
	value_unref(content);
	run->status = RUN_PAUSED;
}

static void complete(struct run *run, size_t i, struct value outcome, bool failed)
{
	struct watch *watch = run->watch;
	struct open_visit open = watch->open[i];
	struct visit *visit = &watch->survey.visits[open.visit];

	visit->outcome = outcome;
	visit->is_complete = true;
	visit->has_failed = failed;
	snapshot_free(&open);
	watch->open[i] = watch->open[--watch->open_count];
	if (watch->is_live && open.visit == watch->visit_wanted)
		record_end(run, visit);
}

static void enter(struct strand *strand, struct frame *frame)
{
	struct run *run = strand->run;
	struct watch *watch = run->watch;
	struct survey *survey = &watch->survey;

	for (size_t i = 0; i < watch->open_count; i++) {
		if (watch->open[i].frame == frame) { /* the step jumped to itself */
			complete(run, i, changes(run, &watch->open[i]), false);
			break;
		}
	}
	if (survey->count == survey->capacity)
		survey->visits = mem_grow(survey->visits, &survey->capacity, sizeof(*survey->visits));
	survey->visits[survey->count] = (struct visit){.iteration = iteration_of(strand, frame),
								.events = run->past_next,
								.calls = value_list_new(0)};
	if (watch->open_count == watch->open_capacity)
		watch->open = mem_grow(watch->open, &watch->open_capacity, sizeof(*watch->open));
	watch->open[watch->open_count++] = (struct open_visit){
		.visit = survey->count,
		.strand = strand,
		.frame = frame,
		.before = snapshot(run, frame),
		.assigned = mem_new(visible_slots(run, frame) + 1),
		.before_count = visible_slots(run, frame),
	};
	if (survey->count == watch->visit_wanted) {
		watch->strand = strand;
		run->status = RUN_PAUSED;
	}
	survey->count++;
}

static void follow(struct trail *trail, const struct run *run, int step)
{
	size_t visit = trail->visits[step]++;

	if (run->past_next > trail->bound || !trail->accepts[step])
		return;
	trail->step = step;
	trail->visit = visit;
	trail->events = run->past_next;
}

void watch_step(struct strand *strand, struct frame *frame, int step)
{
	struct watch *watch = strand->run->watch;

	if (watch->trail)
		follow(watch->trail, strand->run, step);
	if (watch->ledger)
		ledger_step(strand, frame, step);
	else if (watch->tour)
		tour_step(strand, frame, step);
	else if (step == watch->step && !watch->is_live)
		enter(strand, frame);
}

static bool is_within(const struct strand *strand, const struct strand *ancestor)
{
	while (strand != ancestor && strand->parent)
		strand = strand->parent->strand;
	return strand == ancestor;
}

void watch_effect(const struct effect *effect, const char *function)
{
	struct watch *watch = effect->run->watch;

	for (size_t i = 0; i < watch->open_count; i++) {
		struct visit *visit = &watch->survey.visits[watch->open[i].visit];
		struct value call;

		if (watch->is_live || !is_within(effect->strand, watch->open[i].strand))
			continue;
		call = value_map_new();
		value_put(&call, "function", value_string_z(function));
		value_put(&call, "step", step_name(effect->run, effect->step));
		value_put(&call, "request", run_masked(effect->run, effect->request));
		value_list_push(&visit->calls, call);
	}
}

void watch_store(struct strand *strand, const struct frame *home, int slot)
{
	const struct run *run = strand->run;

	for (size_t i = 0; i < run->watch->open_count; i++) {
		struct open_visit *open = &run->watch->open[i];
		size_t n = (size_t)slot;

		for (const struct frame *frame = open->frame; frame; frame = frame->outer) {
			if (frame == home && is_within(strand, open->strand))
				open->assigned[n] = true;
			n += (size_t)run->plan->units[frame->unit].slot_count;
		}
	}
}

static bool is_past(const struct run *run, const struct frame *frame)
{
	const struct plan_step *step = &run->plan->steps[run->watch->step];

	return frame->pc < step->first || frame->pc >= step->end;
}

void watch_op(struct strand *strand)
{
	struct run *run = strand->run;
	struct watch *watch = run->watch;

	if (watch->ledger)
		ledger_past(run, strand->top, NULL);
	if (watch->tour)
		tour_past(run, strand->top, false);
	for (size_t i = 0; i < watch->open_count; i++) {
		struct open_visit *open = &watch->open[i];

		if (open->strand == strand && strand->top == open->frame && is_past(run, open->frame)) {
			complete(run, i, changes(run, open), false);
			return;
		}
	}
}

void watch_caught(struct run *run, struct frame *frame, struct value raised)
{
	if (run->watch->ledger)
		ledger_past(run, frame, &raised);
	if (run->watch->tour)
		tour_past(run, frame, true);
	for (size_t i = 0; i < run->watch->open_count; i++) {
		if (run->watch->open[i].frame == frame && is_past(run, frame)) {
			complete(run, i, one_member("raised", raised), true);
			return;
		}
	}
}

void watch_gone(struct run *run, struct frame *frame, const struct value *raised)
{
	if (run->watch->ledger)
		ledger_gone(run, frame, raised);
	if (run->watch->tour)
		tour_gone(run, frame, raised);
	for (size_t i = 0; i < run->watch->open_count; i++) {
		if (run->watch->open[i].frame != frame)
			continue;
		if (raised)
			complete(run, i, one_member("raised", *raised), true);
		else if (frame->caller || !frame->outer)
			complete(run, i, one_member("returned", frame->stack[0]), false);
		else /* the end of a branch */
			complete(run, i, changes(run, &run->watch->open[i]), false);
		return;
	}
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	for (size_t i = 0; i < watch->open_count; i++)
		snapshot_free(&watch->open[i]);
	mem_free(watch->open);
	ledger_free(watch->ledger);
	tour_free(watch->tour);
	survey_release(&watch->survey);
	value_unref(watch->request);
	mem_free(watch);
}
