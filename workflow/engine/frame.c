/* frame.c - frames and strands: making, linking, ending. */
#include "workflow/engine/engine_private.h"

struct frame *frame_new(const struct plan *plan, int unit)
{
	const struct unit *u = &plan->units[unit];
	size_t values = (size_t)(u->slot_count + u->stack_size);
	struct frame *frame = mem_alloc(sizeof(*frame) + values * sizeof(struct value));

	*frame = (struct frame){.unit = unit, .pc = u->entry, .stack = frame->slots + u->slot_count};
	for (int i = 0; i < u->slot_count; i++)
		frame->slots[i].kind = (enum value_kind)VALUE_UNSET;
	return frame;
}

void frame_free(struct run *run, struct frame *frame)
{
	size_t values;

	if (!frame)
		return;
	for (int i = 0; i < run->plan->units[frame->unit].slot_count; i++) {
		if (is_variable(run, frame, i))
			run->memory_bytes -= (int64_t)held_size(frame->slots[i]);
	}
	values = (size_t)(frame->stack - frame->slots) + (size_t)frame->depth;
	for (size_t i = 0; i < values; i++)
		value_unref(frame->slots[i]);
	mem_free(frame);
}

int frame_step(const struct plan *plan, const struct frame *frame)
{
	while (plan->units[frame->unit].is_builtin)
		frame = frame->caller ? frame->caller : frame->outer;
	return frame->pc > 0 ? plan->step_of[frame->pc - 1] : -1;
}

struct strand *strand_new(struct run *run, int unit)
{
	struct strand *strand = mem_new(sizeof(*strand));

	strand->id = run->next_strand++;
	strand->run = run;
	strand->top = frame_new(run->plan, unit);
	strand->call_depth = 1;
	strand->state = STRAND_WAITING;
	strand->next = run->strands;
	if (run->strands)
		run->strands->previous = strand;
	run->strands = strand;
	raise_peak(&run->figures.strands_peak, ++run->figures.strands_alive);
	raise_peak(&run->figures.call_depth_peak, strand->call_depth);
	return strand;
}

void strand_free(struct strand *strand)
{
	struct run *run = strand->run;

	while (strand->top) {
		struct frame *caller = strand->top->caller;

		frame_free(run, strand->top);
		strand->top = caller;
	}
	if (strand->fork)
		fork_free(strand->fork);
	if (strand->previous)
		strand->previous->next = strand->next;
	else
		run->strands = strand->next;
	if (strand->next)
		strand->next->previous = strand->previous;
	run->figures.strands_alive--;
	mem_free(strand);
}

void strand_ready(struct strand *strand)
{
	struct run *run = strand->run;

	assert(strand->state == STRAND_WAITING);
	strand->state = STRAND_READY;
	strand->next_ready = NULL;
	*run->ready_last = strand;
	run->ready_last = &strand->next_ready;
}
