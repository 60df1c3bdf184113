/* compare.c - two runs side by side; see compare.h. */
#include "workflow/cli/compare.h"

#include "lib/mem/mem.h"

#include <stdio.h>
#include <stdlib.h>

/* One event, as far as two runs can have it in common. */
struct seen {
	enum event_kind kind;
	int64_t number, strand, effect, time_us;
	struct value content;
};

struct paired_call {
	struct value key;     /* [step, iteration, time] */
	struct value content; /* {"request", "result" or "raised"} */
	int64_t from_us, to_us;
	bool is_paired;
};

struct side {
	const struct recorded *recorded;
	struct seen *events;
	size_t count, capacity;
	struct paired_call *calls; /* [i] is effect i + 1 */
	size_t call_count, call_capacity;
	struct value times; /* "step iteration" -> calls so far */
	struct value end;
};

static struct value member(struct value map, const char *name)
{
	const struct value *v = value_get(map, name);

	return v ? value_ref(*v) : value_null();
}

static void copy_members(struct value *to, struct value from, const char *const *names)
{
	for (; *names; names++) {
		if (value_get(from, *names))
			value_put(to, *names, member(from, *names));
	}
}

/* What is not the world's doing of one run alone. */
static struct value comparable(enum event_kind kind, struct value content)
{
	static const char *const none[] = {NULL};
	static const char *const start[] = {"argument", NULL}, *const call[] = {"function", "step", "iteration", "request", NULL},
				 *const answer[] = {"result", "raised", NULL}, *const seen[] = {"function", "step", NULL},
				 *const end[] = {"result", "error", "cancelled", NULL},
				 *const log[] = {"severity", "text", "json", "step", NULL},
				 *const change[] = {"step", "visit", "set", "env", NULL};
	static const char *const *const kept[] = {
		[EVENT_STARTED] = start,  [EVENT_ANNOUNCED] = call, [EVENT_ANSWERED] = answer,
		[EVENT_OBSERVED] = seen,  [EVENT_LOGGED] = log,	    [EVENT_ENDED] = end,
		[EVENT_OPENED] = seen,	  [EVENT_ARRIVED] = none,   [EVENT_CHANGED] = change,
	};
	struct value result = value_map_new();

	if (kind > 0 && kind <= EVENT_CHANGED)
		copy_members(&result, content, kept[kind]);
	return result;
}

/* ---- reading */

static void add_call(struct side *side, const struct seen *seen)
{
	struct value step = member(seen->content, "step"), iteration = member(seen->content, "iteration");
	struct paired_call *call;
	struct buf place;
	int64_t time;

	if (side->call_count == side->call_capacity)
		side->calls = mem_grow(side->calls, &side->call_capacity, sizeof(*side->calls));
	call = &side->calls[side->call_count++];
	buf_init(&place, 0);
	journal_encode(&place, step);
	journal_encode(&place, iteration);
	time = value_get_int(side->times, buf_text(&place), 0) + 1;
	value_map_set(&side->times, buf_slice(&place), value_int(time));
	buf_release(&place);
	*call = (struct paired_call){.key = value_list_new(3), .content = value_map_new(), .from_us = seen->time_us};
	value_list_push(&call->key, step);
	value_list_push(&call->key, iteration);
	value_list_push(&call->key, value_int(time));
	value_put(&call->content, "request", member(seen->content, "request"));
}

static void add_answer(struct side *side, const struct seen *seen)
{
	static const char *const names[] = {"result", "raised", NULL};
	struct paired_call *call;

	if (seen->effect < 1 || (size_t)seen->effect > side->call_count)
		return;
	call = &side->calls[seen->effect - 1];
	copy_members(&call->content, seen->content, names);
	call->to_us = seen->time_us;
}

static bool take_event(void *ctx, const struct event *event)
{
	struct side *side = ctx;
	struct error ignored = {0};
	struct value content;
	struct seen *seen;

	if (journal_decode(event->content, &content, &ignored) < 0)
		content = value_map_new();
	if (side->count == side->capacity)
		side->events = mem_grow(side->events, &side->capacity, sizeof(*side->events));
	seen = &side->events[side->count++];
	*seen = (struct seen){event->kind,   event->number,  event->strand,
			      event->effect, event->time_us, comparable(event->kind, content)};
	if (seen->kind == EVENT_ANNOUNCED)
		add_call(side, seen);
	else if (seen->kind == EVENT_ANSWERED)
		add_answer(side, seen);
	else if (seen->kind == EVENT_ENDED)
		value_set(&side->end, value_ref(seen->content));
	value_unref(content);
	return true;
}

static void side_release(struct side *side)
{
	for (size_t i = 0; i < side->count; i++)
		value_unref(side->events[i].content);
	for (size_t i = 0; i < side->call_count; i++) {
		value_unref(side->calls[i].key);
		value_unref(side->calls[i].content);
	}
	mem_free(side->events);
	mem_free(side->calls);
	value_unref(side->times);
	value_unref(side->end);
}

/* ---- differences, as lines */

static struct value lines_of(struct value a, struct value b)
{
	struct value lines = value_list_new(0);
	char *text = NULL;
	size_t size = 0, from = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort(); /* no memory */
	cli_difference(a, b, out);
	fclose(out);
	for (size_t i = 0; i < size; i++) {
		if (text[i] != '\n')
			continue;
		value_list_push(&lines, value_string((struct slice){text + from + 2, i - from - 2}));
		from = i + 1;
	}
	free(text);
	return lines;
}

static struct value pair(struct value a, struct value b)
{
	struct value list = value_list_new(2);

	value_list_push(&list, a);
	value_list_push(&list, b);
	return list;
}

/* ---- the first difference */

static bool differs(const struct seen *a, const struct seen *b)
{
	return !a || !b || a->kind != b->kind || cli_difference(a->content, b->content, NULL) > 0;
}

static struct value first_found(const struct seen *a, const struct seen *b)
{
	struct value first = value_map_new();
	const struct seen *known = a ? a : b;

	value_put(&first, "events", pair(a ? value_int(a->number) : value_null(), b ? value_int(b->number) : value_null()));
	value_put(&first, "strand", value_int(known->strand));
	value_put(&first, "step", member(known->content, "step"));
	value_put(&first, "differences",
		  a && b ? lines_of(a->content, b->content) : value_list_new(0));
	return first;
}

/* Strand by strand, each in its order. */
static int in_strand_order(const void *a, const void *b)
{
	const struct seen *x = *(const struct seen *const *)a, *y = *(const struct seen *const *)b;

	if (x->strand != y->strand)
		return x->strand < y->strand ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static const struct seen **sorted_events(const struct side *side)
{
	const struct seen **events = mem_new((side->count + 1) * sizeof(*events)); /* NULL ends them */

	for (size_t i = 0; i < side->count; i++)
		events[i] = &side->events[i];
	qsort(events, side->count, sizeof(*events), in_strand_order);
	return events;
}

/* A pair of which one may be missing. */
struct parting {
	const struct seen *a, *b;
};

/* What comes first in a; what is only in b comes after that. */
static bool comes_before(const struct parting *x, const struct parting *y)
{
	if (!y->a && !y->b)
		return true;
	if (x->a && y->a)
		return x->a->number < y->a->number;
	return x->a ? true : !y->a && x->b->number < y->b->number;
}

/* The next pair of one strand. */
static struct parting pair_up(const struct seen *const *a, const struct seen *const *b)
{
	if (*a && *b && (*a)->strand == (*b)->strand)
		return (struct parting){*a, *b};
	if (*a && (!*b || (*a)->strand < (*b)->strand))
		return (struct parting){*a, NULL};
	return (struct parting){NULL, *b};
}

static const struct seen **skip_strand(const struct seen **at, int64_t strand)
{
	while (*at && (*at)->strand == strand)
		at++;
	return at;
}

static struct value first_difference(const struct side *a, const struct side *b)
{
	const struct seen **all_a = sorted_events(a), **all_b = sorted_events(b);
	const struct seen **at_a = all_a, **at_b = all_b;
	struct parting first = {NULL, NULL};

	while (*at_a || *at_b) {
		struct parting next = pair_up(at_a, at_b);

		if (!differs(next.a, next.b)) {
			at_a++;
			at_b++;
			continue;
		}
		if (comes_before(&next, &first))
			first = next;
		at_a = skip_strand(at_a, (next.a ? next.a : next.b)->strand);
		at_b = skip_strand(at_b, (next.a ? next.a : next.b)->strand);
	}
	mem_free(all_a);
	mem_free(all_b);
	return first.a || first.b ? first_found(first.a, first.b) : value_null();
}

/* ---- calls */

static struct value call_shown(const struct paired_call *call, struct value lines)
{
	struct value shown = value_map_new();

	value_put(&shown, "step", value_ref(*value_list_at(call->key, 0)));
	value_put(&shown, "iteration", value_ref(*value_list_at(call->key, 1)));
	value_put(&shown, "time", value_ref(*value_list_at(call->key, 2)));
	value_put(&shown, "differences", lines);
	return shown;
}

static struct value only_in(const struct side *side)
{
	struct value lines = value_list_new(1);

	value_list_push(&lines, value_stringf("only in %s", side->recorded->row.id));
	return lines;
}

/* Effects by their key, as text. */
static struct value index_of(const struct side *side)
{
	struct value index = value_map_new();

	for (size_t i = 0; i < side->call_count; i++) {
		struct buf key;

		buf_init(&key, 0);
		journal_encode(&key, side->calls[i].key);
		value_map_set(&index, buf_slice(&key), value_int((int64_t)i));
		buf_release(&key);
	}
	return index;
}

static struct paired_call *find_partner(const struct side *side, struct value index, const struct paired_call *call)
{
	struct buf key;
	int64_t i;

	buf_init(&key, 0);
	journal_encode(&key, call->key);
	i = value_get_int(index, buf_text(&key), -1);
	buf_release(&key);
	return i < 0 ? NULL : &side->calls[i];
}

static struct value compare_calls(const struct side *a, const struct side *b)
{
	struct value calls = value_list_new(0);
	struct value index = index_of(b);

	for (size_t i = 0; i < a->call_count; i++) {
		struct paired_call *partner = find_partner(b, index, &a->calls[i]);
		struct value lines = partner ? lines_of(a->calls[i].content, partner->content) : only_in(a);

		if (partner)
			partner->is_paired = true;
		if (value_len(lines))
			value_list_push(&calls, call_shown(&a->calls[i], lines));
		else
			value_unref(lines);
	}
	for (size_t i = 0; i < b->call_count; i++) {
		if (!b->calls[i].is_paired)
			value_list_push(&calls, call_shown(&b->calls[i], only_in(b)));
	}
	value_unref(index);
	return calls;
}

/* ---- times */

static void add_times(struct value *steps, const struct side *side, size_t which)
{
	static const char *const names[] = {"calls", "microseconds"};

	for (size_t i = 0; i < side->call_count; i++) {
		const struct paired_call *call = &side->calls[i];
		const struct value *name = value_list_at(call->key, 0);
		struct slice step = name->kind == VALUE_STRING ? value_text(*name) : SLICE("");
		const int64_t more[] = {1, call->to_us ? call->to_us - call->from_us : 0};
		struct value *row;

		if (!value_map_get(*steps, step))
			value_map_set(steps, step, value_map_new());
		row = value_map_change(steps, step);
		for (size_t n = 0; n < 2; n++) {
			const struct value *known = value_get(*row, names[n]);
			int64_t sums[2] = {0, 0};

			for (size_t j = 0; known && j < 2; j++)
				sums[j] = value_list_at(*known, j)->as.integer;
			sums[which] += more[n];
			value_put(row, names[n], pair(value_int(sums[0]), value_int(sums[1])));
		}
	}
}

static struct value run_time(const struct side *side)
{
	const struct journal_run *row = &side->recorded->row;

	return row->end_us ? value_int(row->end_us - row->start_us) : value_null();
}

/* ---- the whole */

static struct value describe(const struct side *a, const struct side *b)
{
	struct value comparison = value_map_new();
	struct value calls = compare_calls(a, b), end = lines_of(a->end, b->end), steps = value_map_new();

	add_times(&steps, a, 0);
	add_times(&steps, b, 1);
	value_put(&comparison, "runs",
		  pair(value_string_z(a->recorded->row.id), value_string_z(b->recorded->row.id)));
	value_put(&comparison, "same_definition",
		  value_bool(slice_is(slice_of(a->recorded->row.definition_hash), b->recorded->row.definition_hash)));
	value_put(&comparison, "equal", value_bool(value_len(calls) == 0 && value_len(end) == 0));
	value_put(&comparison, "first", first_difference(a, b));
	value_put(&comparison, "calls", calls);
	value_put(&comparison, "end", end);
	value_put(&comparison, "steps", steps);
	value_put(&comparison, "microseconds", pair(run_time(a), run_time(b)));
	return comparison;
}

int runs_compare(const struct recorded *a, const struct recorded *b, struct value *comparison, struct error *err)
{
	struct side left = {.recorded = a, .times = value_map_new(), .end = value_null()};
	struct side right = {.recorded = b, .times = value_map_new(), .end = value_null()};
	int status = -1;

	if (journal_events(a->journal, &a->row, 1, take_event, &left, err) == 0 &&
	    journal_events(b->journal, &b->row, 1, take_event, &right, err) == 0) {
		*comparison = describe(&left, &right);
		status = 0;
	}
	side_release(&left);
	side_release(&right);
	return status;
}
