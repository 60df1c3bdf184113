/*
 * memory.c - the limits that a run meets: steps, memory, strings, argument and result, time (reference, 4.3, 4.6, 10
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
	raise_peak(&run->figures.memory_peak_bytes, run->memory_bytes);
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
	if (run->figures.steps - run->busy_at >= BUSY_STEPS) {
		run->busy_at = run->figures.steps;
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

bool has_long_string(struct value v, int64_t limit)
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

/* ---- time */

static double wait_seconds(const struct effect *effect)
{
	const struct value *seconds = value_get(effect->request, "seconds");
	const struct value *until = value_get(effect->request, "until");

	if (seconds && value_is_number(*seconds))
		return value_number(*seconds);
	return until && value_is_number(*until) ? value_number(*until) - (double)effect->announced_us / 1e6 : 0;
}

bool effect_is_too_long(const struct effect *effect)
{
	return effect->kind == EFFECT_SLEEP && !effect->in_passing &&
	       wait_seconds(effect) > (double)effect->run->limits.sleep_seconds;
}

/* Said by the answer, which the journal keeps: how far ahead a moment is depends on when that was asked. */
bool wait_fits(const struct effect *effect, struct value *raised)
{
	if (!effect_is_too_long(effect))
		return true;
	raise_error(raised, "ValueError", "a wait of more than %lld seconds (limit sleep_seconds)",
		    (long long)effect->run->limits.sleep_seconds);
	return false;
}

bool duration_fits(struct run *run, struct value *raised)
{
	if ((run->now_us - run->started_us) / 1000000 <= run->limits.duration_seconds)
		return true;
	raise_plain(raised, "ResourceLimitError",
		    "ResourceLimitError: a run of more than %lld seconds (limit duration_seconds)",
		    (long long)run->limits.duration_seconds);
	return over(run);
}

/* ---- what comes in, what goes out */

/* As JSON. A byte of text is at most six of JSON, a scalar, of size 8, has up to 25 characters. */
static bool json_fits(struct value v, int64_t limit)
{
	enum { WIDEST = 8 };
	struct buf text;
	bool fits;

	if (limit / WIDEST >= (int64_t)value_size(v))
		return true;
	buf_init(&text, (size_t)limit);
	fits = json_write(&text, v) == 0 && !text.full;
	buf_release(&text);
	return fits;
}

bool run_takes(const struct limits *limits, struct value argument)
{
	return json_fits(argument, limits->argument_bytes);
}

bool argument_fits(struct run *run, bool is_variable, struct value *raised)
{
	if (!run_takes(&run->limits, run->argument)) {
		raise_plain(raised, "ResourceLimitError",
			    "ResourceLimitError: an argument of more than %lld bytes (limit argument_bytes)",
			    (long long)run->limits.argument_bytes);
		return over(run);
	}
	return strings_fit(run, run->argument, raised) &&
	       memory_fits(run, 0, is_variable ? 0 : value_size(run->argument), raised);
}

bool result_fits(const struct run *run, struct value result, struct value *raised)
{
	if (json_fits(result, run->limits.result_bytes))
		return true;
	raise_plain(raised, "ResultSizeLimitExceededError",
		    "ResultSizeLimitExceededError: a result of more than %lld bytes (limit result_bytes)",
		    (long long)run->limits.result_bytes);
	return false;
}
