/*
 * memory.c - the limits that a run meets while it computes: steps and memory (reference, 4.6 and 10).
 *
 * Adding up all variables costs time in proportion to them, so it is done after a number of stores that
 * grows with the last sum: a constant cost per store, and a breach is seen at most that many stores late.
 */
#include "workflow/engine/engine_private.h"

enum { STORES_BETWEEN = 16, BYTES_PER_STORE = 256 };

static size_t frame_size(const struct run *run, const struct frame *frame)
{
	size_t size = 0;

	for (int i = 0; i < run->plan->units[frame->unit].slot_count; i++) {
		if (frame->slots[i].kind != (enum value_kind)VALUE_UNSET &&
		    run->plan->units[frame->unit].variables[i].text.ptr)
			size += value_size(frame->slots[i]);
	}
	return size;
}

static int64_t measure(const struct run *run)
{
	size_t size = value_size(run->argument);

	for (const struct strand *strand = run->strands; strand; strand = strand->next) {
		for (const struct frame *frame = strand->top; frame; frame = frame->caller)
			size += frame_size(run, frame);
	}
	return (int64_t)size;
}

bool memory_fits(struct run *run, struct value *raised)
{
	int64_t size;

	if (++run->stores < run->measure_after)
		return true;
	size = measure(run);
	run->stores = 0;
	run->measure_after = STORES_BETWEEN + size / BYTES_PER_STORE;
	if (size > run->figures.memory_peak_bytes)
		run->figures.memory_peak_bytes = size;
	if (size <= run->limits.memory_bytes)
		return true;
	run->over_limit = true;
	raise_plain(raised, "ResourceLimitError", "ResourceLimitError: Memory usage limit exceeded");
	return false;
}

bool count_step(struct run *run, struct value *raised)
{
	if (++run->figures.steps <= run->limits.steps)
		return true;
	run->over_limit = true;
	raise_plain(raised, "ResourceLimitError", "ResourceLimitError: more than %lld steps (limit steps)",
		    (long long)run->limits.steps);
	return false;
}
