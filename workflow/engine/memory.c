/*
 * memory.c - the limits that a run meets while it computes: steps, memory, strings, result (reference, 4.3, 4.6, 10
 * and 11.3).
 *
 * The size of all variables is kept as a sum: each slot that changes takes its old size out and puts its new one in.
 * Containers keep their own sums (value_size), so this costs the same for a number and for a map of a thousand
 * entries. A value that stands in two variables counts twice, as if it had been copied: that is what the language
 * says it was. The argument counts as the parameter of main that it becomes, or by itself when main has none.
 */
#include "workflow/engine/engine_private.h"

#include "lib/json/json.h"

enum { BUSY_STEPS = 1000 };

/* ---- memory */

static void change_memory(struct run *run, size_t before, size_t after)
{
	run->memory_bytes += (int64_t)after - (int64_t)before;
	if (run->memory_bytes > run->figures.memory_peak_bytes)
		run->figures.memory_peak_bytes = run->memory_bytes;
}

static bool over(struct run *run)
{
	run->over_limit = true;
	return false;
}

static bool memory_left(struct run *run, struct value *raised)
{
	if (run->memory_bytes <= run->limits.memory_bytes)
		return true;
	raise_plain(raised, "ResourceLimitError",
		    "ResourceLimitError: Memory usage limit exceeded (limit memory_bytes: %lld)",
		    (long long)run->limits.memory_bytes);
	return over(run);
}

bool memory_fits(struct run *run, size_t before, size_t after, struct value *raised)
{
	change_memory(run, before, after);
	return memory_left(run, raised);
}

void slot_set(struct run *run, struct frame *frame, int slot, struct value taken)
{
	if (is_variable(run, frame, slot))
		change_memory(run, held_size(frame->slots[slot]), held_size(taken));
	value_set(&frame->slots[slot], taken);
}

void clear_slots(struct run *run, struct frame *frame, int from, int to)
{
	for (int i = from; i < to; i++)
		slot_set(run, frame, i, (struct value){.kind = (enum value_kind)VALUE_UNSET});
}

/* ---- steps */

/* Memory is looked at here too: what a call or a loop puts into variables is found at the step after it. */
bool count_steps(struct run *run, int64_t steps, struct value *raised)
{
	run->figures.steps += steps;
	if (run->figures.steps >= run->busy_at) {
		run->busy_at = run->figures.steps + BUSY_STEPS;
		if (run->host->busy)
			run->host->busy(run->host->ctx);
	}
	if (run->figures.steps <= run->limits.steps)
		return memory_left(run, raised);
	raise_plain(raised, "ResourceLimitError", "ResourceLimitError: more than %lld steps (limit steps)",
		    (long long)run->limits.steps);
	return over(run);
}

/* ---- strings */

struct unseen {
	struct value *items;
	size_t count, capacity;
};

/* Only what is large as a whole can hold something large. On a heap stack: depth is not bounded here. */
static void look_into(struct unseen *unseen, struct value v, int64_t limit)
{
	if (v.kind < VALUE_STRING || v.kind == VALUE_BYTES || value_size(v) <= (size_t)limit)
		return;
	if (unseen->count == unseen->capacity)
		unseen->items = mem_grow(unseen->items, &unseen->capacity, sizeof(*unseen->items));
	unseen->items[unseen->count++] = v;
}

static bool has_long_string(struct value v, int64_t limit)
{
	struct unseen unseen = {0};
	bool found = false;

	look_into(&unseen, v, limit);
	while (unseen.count && !found) {
		struct value next = unseen.items[--unseen.count];

		found = next.kind == VALUE_STRING;
		for (size_t i = 0; next.kind == VALUE_LIST && i < value_len(next); i++)
			look_into(&unseen, *value_list_at(next, i), limit);
		for (size_t i = 0; next.kind == VALUE_MAP && i < value_len(next); i++) {
			found = found || value_map_key(next, i).len > (size_t)limit;
			look_into(&unseen, *value_map_at(next, i), limit);
		}
	}
	mem_free(unseen.items);
	return found;
}

bool strings_fit(struct run *run, struct value v, struct value *raised)
{
	if (v.kind < VALUE_STRING || !has_long_string(v, run->limits.string_bytes))
		return true;
	return string_fits(run, SIZE_MAX, raised);
}

bool string_fits(struct run *run, size_t bytes, struct value *raised)
{
	if (bytes <= (uint64_t)run->limits.string_bytes)
		return true;
	raise_plain(raised, "ResourceLimitError", "ResourceLimitError: a string of more than %lld bytes (limit string_bytes)",
		    (long long)run->limits.string_bytes);
	return over(run);
}

/* ---- what comes in, what goes out */

bool argument_fits(struct run *run, bool is_variable, struct value *raised)
{
	return strings_fit(run, run->argument, raised) &&
	       memory_fits(run, 0, is_variable ? 0 : value_size(run->argument), raised);
}

bool result_fits(const struct run *run, struct value result, struct value *raised)
{
	enum { WIDEST = 8 }; /* a byte of text is at most six of JSON, a scalar of size 8 has up to 25 characters */
	struct buf text;
	bool fits;

	if (run->limits.result_bytes / WIDEST >= (int64_t)value_size(result))
		return true;
	buf_init(&text, (size_t)run->limits.result_bytes);
	fits = json_write(&text, result) == 0 && !text.full;
	buf_release(&text);
	if (!fits)
		raise_plain(raised, "ResultSizeLimitExceededError",
			    "ResultSizeLimitExceededError: a result of more than %lld bytes (limit result_bytes)",
			    (long long)run->limits.result_bytes);
	return fits;
}
