/*
 * store.c - assignments: to a variable, to a place in one, and those that only add to what is there.
 *
 *	x[k1]..[kn]: v		look: is there such a place?   descend: make what is missing, change   settle: sizes
 *
 * What fails leaves everything as it was, so all is looked at before anything is changed.
 *
 * x: ${list.concat(x, v)} and x: ${x + v} would copy x each time, since the variable still holds it while the new
 * value is made. The plan compiles them to operations of their own (plan/append.c) that add to the variable in place.
 */
#include "workflow/engine/engine_private.h"

enum outcome store(struct strand *strand, struct frame *frame, const struct op *op, struct value *raised)
{
	struct run *run = strand->run;
	struct frame *home = frame_out(frame, op->level);
	struct value *slot = &home->slots[op->arg];
	struct value taken = pop(frame);
	size_t before = held_size(*slot);
	size_t after = held_size(taken);

	value_set(slot, taken);
	if (run->watch)
		watch_store(strand, home, op->arg);
	if (!is_variable(run, home, op->arg))
		return GO;
	return memory_fits(run, before, after, raised) ? GO : RAISED;
}

/* ---- a place in a variable */

/* Where a key leads: *next is NULL for what is missing in a map, and from a missing map on. -1: no such
 * place. */
static int look(const struct value *place, bool is_first, struct value key, const struct value **next,
		struct value *raised)
{
	/* A map that is missing on the way is made (reference, 2.2), and null counts as missing. */
	bool missing = !place || (place->kind == VALUE_NULL && !is_first);

	*next = NULL;
	if (!missing && place->kind == VALUE_LIST) {
		if (key.kind != VALUE_INT)
			return raise_error(raised, "TypeError", "a list index must be an integer; got: %s",
					   value_kind_name(key.kind));
		if (key.as.integer < 0 || (uint64_t)key.as.integer >= value_len(*place))
			return raise_error(raised, "IndexError", "Index out of range");
		*next = value_list_at(*place, (size_t)key.as.integer);
		return 0;
	}
	if (key.kind != VALUE_STRING || (!missing && place->kind != VALUE_MAP))
		return raise_error(raised, "TypeError", "a member can be assigned in a map or list; got: %s",
				   missing ? "null"
				   : place->kind == (enum value_kind)VALUE_UNSET
					   ? "an unassigned variable"
					   : value_kind_name(place->kind));
	if (!missing)
		*next = value_map_get(*place, value_text(key));
	return 0;
}

/* The place itself, to be changed; what is missing on the way is made. After look found nothing wrong. */
static struct value *descend(struct value *place, struct value key)
{
	if (place->kind == VALUE_LIST)
		return value_list_change(place, (size_t)key.as.integer);
	if (place->kind == VALUE_NULL)
		*place = value_map_new();
	if (!value_map_get(*place, value_text(key)))
		value_map_set(place, value_text(key), value_null());
	return value_map_change(place, value_text(key));
}

/* A container on the way, and its size without what lies further along. */
struct passed {
	struct value *container;
	size_t besides;
};

/* The sizes that the containers keep are set again from the inside out: adding up a list of a thousand for each
 * assignment to one of its elements would make a loop over it quadratic. */
enum { KEPT = 8 };

struct way {
	struct value *keys;
	int count;
	struct passed passed[KEPT]; /* deeper ones are added up when somebody asks */
	struct value *place;     /* where the keys lead */
	size_t before;           /* of the variable */
};

static size_t besides(struct value container, struct value key)
{
	const struct value *child = container.kind == VALUE_LIST
					    ? value_list_at(container, (size_t)key.as.integer)
					    : value_map_get(container, value_text(key));
	size_t size = value_size(container);

	return child ? size - held_size(*child) : size + value_len(key);
}

static int way_look(const struct way *way, const struct value *from, struct value *raised)
{
	for (int i = 0; i < way->count; i++) {
		if (look(from, i == 0, way->keys[i], &from, raised) < 0)
			return -1;
	}
	return 0;
}

static void way_go(struct way *way, struct value *from)
{
	way->before = held_size(*from);
	way->place = from;
	for (int i = 0; i < way->count; i++) {
		if (i < KEPT)
			way->passed[i] = (struct passed){way->place, besides(*way->place, way->keys[i])};
		way->place = descend(way->place, way->keys[i]);
	}
}

static void way_settle(const struct way *way)
{
	size_t size = held_size(*way->place);

	if (way->count > KEPT)
		return;
	for (int i = way->count; i-- > 0;) {
		size += way->passed[i].besides;
		value_keep_size(*way->passed[i].container, size);
	}
}

/* After the place has its new content: drop the operands, count. */
static enum outcome stored(struct strand *strand, struct frame *frame, const struct op *op, struct way *way,
			   struct value *raised)
{
	struct run *run = strand->run;
	struct frame *home = frame_out(frame, op->level);

	way_settle(way);
	if (run->watch)
		watch_store(strand, home, op->arg);
	for (int i = 0; i < op->count; i++)
		value_unref(pop(frame));
	frame->depth--;
	if (!is_variable(run, home, op->arg))
		return GO;
	return memory_fits(run, way->before, held_size(home->slots[op->arg]), raised) ? GO : RAISED;
}

enum outcome store_path(struct strand *strand, struct frame *frame, const struct op *op, struct value *raised)
{
	struct value *operands = &frame->stack[frame->depth - 1 - op->count];
	struct value *slot = &frame_out(frame, op->level)->slots[op->arg];
	struct way way = {.keys = operands + 1, .count = op->count};

	if (way_look(&way, slot, raised) < 0)
		return RAISED;
	way_go(&way, slot);
	value_set(way.place, operands[0]);
	return stored(strand, frame, op, &way, raised);
}

/* ---- adding */

/* What stands at the place, for a first look; the plan has just read it there, so it is there. */
static const struct value *way_read(const struct way *way, const struct value *from)
{
	for (int i = 0; i < way->count; i++)
		from = from->kind == VALUE_LIST ? value_list_at(*from, (size_t)way->keys[i].as.integer)
						: value_map_get(*from, value_text(way->keys[i]));
	return from;
}

enum outcome append_item(struct strand *strand, struct frame *frame, const struct op *op, struct value *raised)
{
	struct value *operands = &frame->stack[frame->depth - 1 - op->count];
	struct value *slot = &frame_out(frame, op->level)->slots[op->arg];
	struct way way = {.keys = operands + 1, .count = op->count};
	const struct value *list = way_read(&way, slot);

	if (!count_steps(strand->run, 1, raised))
		return RAISED;
	if (list->kind != VALUE_LIST) { /* the function says what is wrong */
		const struct value arguments[] = {*list, operands[0]};
		struct value none;

		stdlib_find(SLICE("list.concat"))->call(&(struct stdlib_context){0}, arguments, &none, raised);
		return RAISED;
	}
	way_go(&way, slot);
	value_list_push(way.place, operands[0]);
	return stored(strand, frame, op, &way, raised);
}

enum outcome append_text(struct strand *strand, struct frame *frame, const struct op *op, struct value *raised)
{
	struct run *run = strand->run;
	struct value *operands = &frame->stack[frame->depth - 1 - op->count];
	struct value *slot = &frame_out(frame, op->level)->slots[op->arg];
	struct way way = {.keys = operands + 1, .count = op->count};
	const struct value *left = way_read(&way, slot);
	bool are_texts = left->kind == VALUE_STRING && operands[0].kind == VALUE_STRING;
	struct value sum = value_null();

	if (!are_texts && expr_binary(OP_ADD, *left, operands[0], &sum, raised) < 0)
		return RAISED;
	if (are_texts ? !string_fits(run, value_len(*left) + value_len(operands[0]), raised)
		      : !strings_fit(run, sum, raised)) {
		value_unref(sum);
		return RAISED;
	}
	way_go(&way, slot);
	if (are_texts)
		value_string_append(way.place, value_text(operands[0]));
	else
		value_set(way.place, sum);
	value_unref(operands[0]);
	return stored(strand, frame, op, &way, raised);
}
