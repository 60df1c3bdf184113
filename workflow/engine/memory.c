/*
 * memory.c - the limits that a run meets while it computes: steps and memory (reference, 4.6 and 10).
 *
 * Adding up all variables costs time in proportion to them, so it is done after a number of stores that
 * grows with the last sum, or when the stores since then may have added much: text that is doubled in each
 * store outgrows the machine in thirty of them.
 */
#include "workflow/engine/engine_private.h"

enum { BUSY_STEPS = 1 << 10 }; /* a power of two */
enum { STORES_BETWEEN = 16, BYTES_PER_STORE = 256, BYTES_BETWEEN = 64 << 10 };

static const size_t most_bytes = (size_t)1 << 52; /* as in value_size: a sum beyond any limit */

static size_t frame_size(const struct run *run, const struct frame *frame)
{
	size_t size = 0;

	for (int i = 0; i < run->plan->units[frame->unit].slot_count; i++) {
		if (frame->slots[i].kind != (enum value_kind)VALUE_UNSET &&
		    run->plan->units[frame->unit].variables[i].text.ptr)
			size = size < most_bytes ? size + value_size(frame->slots[i]) : size;
	}
	return size;
}

static int64_t measure(const struct run *run)
{
	size_t size = value_size(run->argument);

	for (const struct strand *strand = run->strands; strand; strand = strand->next) {
		for (const struct frame *frame = strand->top; frame; frame = frame->caller)
			size = size < most_bytes ? size + frame_size(run, frame) : size;
	}
	return (int64_t)size;
}

bool memory_fits(struct run *run, size_t added, struct value *raised)
{
	int64_t size;

	run->grown += (int64_t)added;
	if (++run->stores < run->measure_after && run->grown < BYTES_BETWEEN)
		return true;
	size = measure(run);
	run->stores = run->grown = 0;
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
	if ((++run->figures.steps & (BUSY_STEPS - 1)) == 0 && run->host->busy)
		run->host->busy(run->host->ctx);
	if (run->figures.steps <= run->limits.steps)
		return true;
	run->over_limit = true;
	raise_plain(raised, "ResourceLimitError", "ResourceLimitError: more than %lld steps (limit steps)",
		    (long long)run->limits.steps);
	return false;
}
