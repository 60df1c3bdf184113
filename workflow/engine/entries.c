/*
 * entries.c - the step entries of a run that is repeated; see entries.h.
 *
 * What is open is kept in the order it was opened, so the last one of a frame whose operations hold a step is that step's
 * parent. Iterations, branches, attempts and handlers have no operation that says they begin: they begin with the first
 * step in them.
 */
#include "workflow/engine/entries.h"

#include "lib/mem/mem.h"
#include "workflow/engine/engine_private.h"

#include <string.h>

/* What an open entry is of its step. */
enum part { PART_WHOLE, PART_ITERATION, PART_ATTEMPT, PART_HANDLER, PART_BRANCH };

struct open_entry {
	size_t item; /* in entries */
	const struct frame *frame;
	int step;
	enum part part;
	int64_t index; /* of an iteration */
};

struct ledger {
	struct entries *entries;
	bool has_variables;
	struct open_entry *open;
	size_t count, capacity;
};

const char *entry_state_name(enum entry_state state)
{
	static const char *const names[] = {"STATE_UNSPECIFIED", "STATE_IN_PROGRESS", "STATE_SUCCEEDED", "STATE_FAILED",
					    "STATE_CANCELLED"};

	return names[state];
}

/* ---- types */

static const char *call_type(const struct plan *plan, struct slice callee)
{
	if (slice_starts(callee, SLICE("googleapis.")))
		return "STEP_CONNECTOR_CALL";
	for (int i = 0; i < plan->unit_count && plan->units[i].kind == UNIT_ROUTINE; i++) {
		if (slice_equal(plan->units[i].name, callee))
			return "STEP_SUBWORKFLOW_CALL";
	}
	return "STEP_STD_LIB_CALL";
}

/* The fork of a parallel step; NULL when it has none of its own. */
static const struct plan_fork *fork_of(const struct plan *plan, int step)
{
	for (int pc = plan->steps[step].first; pc < plan->steps[step].end; pc++) {
		if (plan->ops[pc].code == CODE_PARALLEL && plan->step_of[pc] == step)
			return &plan->forks[plan->ops[pc].arg];
	}
	return NULL;
}

static bool is_parallel_loop(const struct plan *plan, int step)
{
	const struct plan_fork *fork = fork_of(plan, step);

	return fork && fork->is_loop;
}

static const char *type_of(const struct plan *plan, int number)
{
	const struct plan_step *step = &plan->steps[number];

	if (!step->name.len && step->parent >= 0 && plan->steps[step->parent].kind == STEP_SWITCH)
		return "STEP_CONDITION";
	switch (step->kind) {
	case STEP_NOTHING:
		return "STEP_GOTO";
	case STEP_ASSIGN:
		return "STEP_ASSIGN";
	case STEP_CALL:
		return call_type(plan, step->callee);
	case STEP_SWITCH:
		return "STEP_SWITCH";
	case STEP_FOR:
		return "STEP_FOR";
	case STEP_PARALLEL:
		return is_parallel_loop(plan, number) ? "STEP_PARALLEL_FOR" : "STEP_PARALLEL_BRANCH";
	case STEP_TRY:
		return "STEP_TRY_RETRY_EXCEPT";
	case STEP_RAISE:
		return "STEP_RAISE";
	case STEP_RETURN:
		return "STEP_RETURN";
	case STEP_STEPS:
		break;
	}
	return NULL;
}

/* ---- opening and closing */

static int64_t now_us(const struct run *run)
{
	return run->past_next ? run->past[run->past_next - 1].time_us : run->started_us;
}

/* Kept by the entries as the number of its parent; 0 for none. */
static struct entry *open_entry(struct strand *strand, struct open_entry what, int64_t parent)
{
	struct run *run = strand->run;
	struct ledger *ledger = run->watch->ledger;
	struct entries *entries = ledger->entries;
	const struct plan_step *step = &run->plan->steps[what.step];
	struct entry *entry;

	if (entries->count == entries->capacity)
		entries->items = mem_grow(entries->items, &entries->capacity, sizeof(*entries->items));
	if (ledger->count == ledger->capacity)
		ledger->open = mem_grow(ledger->open, &ledger->capacity, sizeof(*ledger->open));
	what.item = entries->count;
	ledger->open[ledger->count++] = what;
	entry = &entries->items[entries->count++];
	*entry = (struct entry){.type = type_of(run->plan, what.step),
				.routine = run->plan->units[step->routine].name,
				.step = step->name,
				.created_us = now_us(run),
				.updated_us = now_us(run),
				.state = ENTRY_IN_PROGRESS,
				.thread = strand->id,
				.parent = parent};
	return entry;
}

/* All that an expression in this frame sees. */
static struct value visible(const struct run *run, const struct frame *frame)
{
	struct value variables = value_map_new();

	for (; frame; frame = frame->outer) {
		const struct unit *unit = &run->plan->units[frame->unit];

		for (int i = 0; i < unit->slot_count; i++) {
			struct slice name = unit->variables[i].text;
			struct value v = frame->slots[i];

			if (name.ptr && v.kind != (enum value_kind)VALUE_UNSET && !value_map_get(variables, name))
				value_map_set(&variables, name, value_ref(v));
		}
	}
	return variables;
}

static void keep_variables(struct run *run, struct ledger *ledger, struct entry *entry, const struct frame *frame)
{
	struct entries *entries = ledger->entries;
	struct value all;

	if (!ledger->has_variables || entries->variable_bytes > ENTRIES_MAX_BYTES)
		return;
	all = visible(run, frame);
	entry->variables = run_masked(run, all);
	entries->variable_bytes += value_size(entry->variables);
	value_unref(all);
}

static void close_entry(struct run *run, size_t i, const struct value *raised)
{
	struct ledger *ledger = run->watch->ledger;
	struct open_entry *open = &ledger->open[i];
	struct entry *entry = &ledger->entries->items[open->item];

	entry->updated_us = now_us(run);
	entry->state = raised ? ENTRY_FAILED : ENTRY_SUCCEEDED;
	if (raised)
		entry->exception = run_masked(run, *raised);
	keep_variables(run, ledger, entry, open->frame);
	memmove(open, open + 1, (--ledger->count - i) * sizeof(*open));
}

/* ---- the parts that a step stands in */

static bool holds(const struct plan *plan, int outer, int inner)
{
	return plan->steps[outer].first <= plan->steps[inner].first && plan->steps[inner].first < plan->steps[outer].end;
}

/* The last open entry of a frame that a step stands in, or SIZE_MAX. */
static size_t parent_in(const struct run *run, const struct frame *frame, int step)
{
	const struct ledger *ledger = run->watch->ledger;

	for (size_t i = ledger->count; i-- > 0;) {
		const struct open_entry *open = &ledger->open[i];

		if (open->frame == frame && (open->part == PART_BRANCH || holds(run->plan, open->step, step)))
			return i;
	}
	return SIZE_MAX;
}

static int64_t number_of(const struct run *run, size_t open)
{
	return open == SIZE_MAX ? 0 : (int64_t)run->watch->ledger->open[open].item + 1;
}

static size_t last_of_frame(const struct run *run, const struct frame *frame)
{
	const struct ledger *ledger = run->watch->ledger;

	for (size_t i = ledger->count; i-- > 0;) {
		if (ledger->open[i].frame == frame)
			return i;
	}
	return SIZE_MAX;
}

/* A branch, or an iteration of a parallel loop, begins with its first step. */
static void enter_branch(struct strand *strand, struct frame *frame, int step)
{
	const struct plan *plan = strand->run->plan;
	struct run *run = strand->run;
	size_t outer = last_of_frame(run, frame->outer);
	bool is_loop = plan->units[frame->unit].kind == UNIT_ITERATION;
	int fork_step = outer == SIZE_MAX ? step : run->watch->ledger->open[outer].step;
	struct entry *entry = open_entry(
		strand, (struct open_entry){.frame = frame, .step = fork_step, .part = PART_BRANCH}, number_of(run, outer));

	entry->type = is_loop ? "STEP_FOR_ITERATION" : "STEP_PARALLEL_BRANCH_ENTRY";
	entry->progress = is_loop ? "PROGRESS_TYPE_PARALLEL_FOR" : "PROGRESS_TYPE_PARALLEL_BRANCH";
	entry->number = strand->index + 1;
	if (!is_loop && plan->units[frame->unit].name.len)
		entry->step = plan->units[frame->unit].name;
}

/* Where a step of this frame hangs when none of the frame is open. */
static int64_t parent_outside(struct strand *strand, struct frame *frame, int step)
{
	struct run *run = strand->run;

	if (frame->caller)
		return number_of(run, last_of_frame(run, frame->caller));
	if (!frame->outer)
		return 0;
	enter_branch(strand, frame, step);
	return (int64_t)run->watch->ledger->entries->count;
}

/* The last index of the loops around a step: that of the innermost. */
static int64_t innermost_index(const struct strand *strand, const struct frame *frame)
{
	struct value iteration = iteration_of(strand, frame);
	size_t length = value_len(iteration);
	int64_t index = length ? value_list_at(iteration, length - 1)->as.integer : 0;

	value_unref(iteration);
	return index;
}

static void enter_iteration(struct strand *strand, struct frame *frame, int loop_step)
{
	struct run *run = strand->run;
	int64_t index = innermost_index(strand, frame);
	size_t last = last_of_frame(run, frame);
	struct entry *entry;

	if (last != SIZE_MAX && run->watch->ledger->open[last].part == PART_ITERATION &&
	    run->watch->ledger->open[last].step == loop_step) {
		if (run->watch->ledger->open[last].index == index)
			return;
		close_entry(run, last, NULL);
		last = last_of_frame(run, frame);
	}
	entry = open_entry(strand,
			   (struct open_entry){.frame = frame, .step = loop_step, .part = PART_ITERATION, .index = index},
			   number_of(run, last));
	entry->type = "STEP_FOR_ITERATION";
	entry->progress = "PROGRESS_TYPE_FOR";
	entry->number = index + 1;
}

/* Does a step within a try step belong to its handler? */
static bool is_in_handler(const struct plan *plan, int try_step, int step)
{
	const struct plan_step *outer = &plan->steps[try_step];

	for (int i = 0; i < plan->handler_count; i++) {
		const struct plan_handler *handler = &plan->handlers[i];

		if (handler->unit == outer->unit && handler->from >= outer->first && handler->to <= outer->end &&
		    handler->except >= handler->to && plan->steps[step].first >= handler->except)
			return true;
	}
	return false;
}

/* The number of attempts that a try step has had: its closed ones hang on the same parent. */
static int64_t attempts_of(const struct ledger *ledger, int64_t parent)
{
	int64_t count = 0;

	for (size_t i = (size_t)parent; i < ledger->entries->count; i++) {
		const struct entry *entry = &ledger->entries->items[i];

		count += entry->parent == parent && entry->type && strcmp(entry->type, "STEP_TRY") == 0;
	}
	return count;
}

static void enter_attempt(struct strand *strand, struct frame *frame, int try_step, int step)
{
	struct run *run = strand->run;
	struct ledger *ledger = run->watch->ledger;
	enum part part = is_in_handler(run->plan, try_step, step) ? PART_HANDLER : PART_ATTEMPT;
	size_t last = last_of_frame(run, frame);
	struct entry *entry;
	int64_t parent;

	if (last != SIZE_MAX && ledger->open[last].step == try_step && ledger->open[last].part != PART_WHOLE) {
		if (ledger->open[last].part == part)
			return;
		close_entry(run, last, NULL);
		last = last_of_frame(run, frame);
	}
	parent = number_of(run, last);
	entry = open_entry(strand, (struct open_entry){.frame = frame, .step = try_step, .part = part}, parent);
	entry->type = part == PART_HANDLER ? "STEP_EXCEPT" : "STEP_TRY";
	if (part == PART_HANDLER)
		return;
	entry->number = attempts_of(ledger, parent);
	entry->progress = entry->number > 1 ? "PROGRESS_TYPE_RETRY" : NULL;
}

/* ---- what the watch tells */

void ledger_step(struct strand *strand, struct frame *frame, int step)
{
	struct run *run = strand->run;
	const struct plan *plan = run->plan;
	struct ledger *ledger = run->watch->ledger;
	int outer = plan->steps[step].parent;
	int64_t parent;

	for (size_t i = ledger->count; i-- > 0;) {
		if (ledger->open[i].frame == frame && ledger->open[i].step == step && ledger->open[i].part == PART_WHOLE)
			close_entry(run, i, NULL); /* it jumped to itself */
	}
	if (outer >= 0 && plan->steps[outer].unit == plan->steps[step].unit && plan->steps[outer].kind == STEP_FOR)
		enter_iteration(strand, frame, outer);
	if (outer >= 0 && plan->steps[outer].unit == plan->steps[step].unit && plan->steps[outer].kind == STEP_TRY)
		enter_attempt(strand, frame, outer, step);
	parent = number_of(run, parent_in(run, frame, step));
	if (!parent)
		parent = parent_outside(strand, frame, step);
	open_entry(strand, (struct open_entry){.frame = frame, .step = step}, parent);
}

/* A part of a step whose operations go on: an attempt whose error was caught, an iteration before the next. */
static bool is_over(const struct run *run, const struct frame *frame, const struct open_entry *open,
		    const struct value *raised)
{
	const struct plan *plan = run->plan;

	if (open->part == PART_ATTEMPT)
		return raised;
	return open->part == PART_ITERATION && plan->ops[frame->pc].code == CODE_FOR_NEXT &&
	       plan->step_of[frame->pc] == open->step;
}

void ledger_past(struct run *run, const struct frame *frame, const struct value *raised)
{
	struct ledger *ledger = run->watch->ledger;

	for (size_t i = ledger->count; i-- > 0;) {
		const struct plan_step *step = &run->plan->steps[ledger->open[i].step];

		if (ledger->open[i].frame != frame || ledger->open[i].part == PART_BRANCH)
			continue;
		if (frame->pc < step->first || frame->pc >= step->end || is_over(run, frame, &ledger->open[i], raised))
			close_entry(run, i, raised);
	}
}

void ledger_gone(struct run *run, const struct frame *frame, const struct value *raised)
{
	struct ledger *ledger = run->watch->ledger;

	for (size_t i = ledger->count; i-- > 0;) {
		if (ledger->open[i].frame == frame)
			close_entry(run, i, raised);
	}
}

struct ledger *ledger_new(struct entries *entries, bool has_variables)
{
	struct ledger *ledger = mem_new(sizeof(*ledger));

	ledger->entries = entries;
	ledger->has_variables = has_variables;
	return ledger;
}

void ledger_free(struct ledger *ledger)
{
	if (!ledger)
		return;
	mem_free(ledger->open);
	mem_free(ledger);
}

/* ---- the whole */

/* Brothers are linked when they are of one thread; children are linked whatever their threads. */
static void link_entries(struct entries *entries)
{
	int64_t *last = mem_new((entries->count + 1) * sizeof(*last));

	for (size_t i = 0; i < entries->count; i++) {
		struct entry *entry = &entries->items[i];
		int64_t number = (int64_t)i + 1, brother = last[entry->parent];

		if (!brother && entry->parent)
			entries->items[entry->parent - 1].first_child = number;
		if (brother) {
			struct entry *previous = &entries->items[brother - 1];

			previous->next_child = number;
			if (previous->thread == entry->thread) {
				previous->next = number;
				entry->previous = brother;
			}
		}
		last[entry->parent] = number;
	}
	mem_free(last);
}

int entries_of(const struct plan *plan, const struct history *history, const char *id, bool has_variables,
	       struct entries *out, struct error *err)
{
	struct watch *watch = mem_new(sizeof(*watch));
	struct run *run;
	bool has_ended;

	*out = (struct entries){0};
	watch->step = -1;
	watch->visit_wanted = SIZE_MAX;
	watch->ledger = ledger_new(out, has_variables);
	run = history_repeat(plan, history, id, watch, NULL, err);
	if (!run) {
		entries_release(out);
		return -1;
	}
	has_ended = history->count && history->events[history->count - 1].kind == EVENT_ENDED;
	run_free(run);
	for (size_t i = 0; has_ended && i < out->count; i++) {
		if (out->items[i].state == ENTRY_IN_PROGRESS)
			out->items[i].state = ENTRY_CANCELLED;
	}
	link_entries(out);
	return 0;
}

void entries_release(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		value_unref(entries->items[i].exception);
		value_unref(entries->items[i].variables);
	}
	mem_free(entries->items);
	*entries = (struct entries){0};
}
