/* value.c - values of any shape through the journal's form; see fuzz.h. */
#include "tests/fuzz/fuzz.h"

#include "workflow/journal/journal.h"

#include <string.h>

/* The bytes as a stream of choices; at its end everything is 0. */
struct choices {
	struct slice rest;
	int nodes; /* that may still be made */
};

static unsigned char choose(struct choices *choices)
{
	unsigned char byte = choices->rest.len ? (unsigned char)choices->rest.ptr[0] : 0;

	choices->rest = slice_sub(choices->rest, 1, choices->rest.len);
	return byte;
}

static struct slice choose_bytes(struct choices *choices)
{
	size_t len = choose(choices) % 32;
	struct slice bytes = slice_sub(choices->rest, 0, len);

	choices->rest = slice_sub(choices->rest, len, choices->rest.len);
	return bytes;
}

static uint64_t choose_word(struct choices *choices)
{
	uint64_t word = 0;

	for (int i = 0; i < 8; i++)
		word = word << 8 | choose(choices);
	return word;
}

static struct value build(struct choices *choices, int depth);

static struct value build_container(struct choices *choices, int depth, bool is_map)
{
	struct value v = is_map ? value_map_new() : value_list_new(0);
	int count = choose(choices) % 8;

	for (int i = 0; i < count && --choices->nodes > 0; i++) {
		struct value key = is_map ? value_string_repaired(choose_bytes(choices)) : value_null();
		struct value item = build(choices, depth + 1);

		if (is_map)
			value_map_set(&v, value_text(key), item);
		else
			value_list_push(&v, item);
		value_unref(key);
	}
	return v;
}

static struct value build(struct choices *choices, int depth)
{
	double number;
	uint64_t word;

	switch (depth < 100 ? choose(choices) % 8 : 0) {
	case VALUE_BOOL:
		return value_bool(choose(choices) & 1);
	case VALUE_INT:
		return value_int((int64_t)choose_word(choices));
	case VALUE_DOUBLE:
		word = choose_word(choices);
		memcpy(&number, &word, sizeof(number));
		return value_double(number);
	case VALUE_STRING:
		return value_string_repaired(choose_bytes(choices));
	case VALUE_BYTES:
		return value_bytes(choose_bytes(choices));
	case VALUE_LIST:
	case VALUE_MAP:
		return build_container(choices, depth, choose(choices) & 1);
	default:
		return value_null();
	}
}

static void check_event(struct value v)
{
	struct error err = {0};
	struct buf first, second;
	struct value again;

	buf_init(&first, 0);
	buf_init(&second, 0);
	if (journal_encode(&first, v) == 0) {
		if (journal_decode(buf_slice(&first), &again, &err) < 0)
			fuzz_fail("%s: %s", err.message, buf_text(&first));
		if (journal_encode(&second, again) < 0 ||
		    !slice_equal(buf_slice(&first), buf_slice(&second)))
			fuzz_fail("encoded otherwise: %s, then %s", buf_text(&first), buf_text(&second));
		value_unref(again);
	}
	buf_release(&first);
	buf_release(&second);
}

/* Sizes kept in containers stay those of a walk over all of them; a copy is equal and stands alone. */
static void check_copy(struct value v)
{
	struct value copy = value_ref(v);
	size_t size = value_size(v);

	if (v.kind == VALUE_LIST) {
		value_list_push(&copy, value_int(1));
		if (value_size(v) != size || value_size(copy) != size + 8)
			fuzz_fail("a copy of %zu bytes has %zu after one more, the first %zu", size,
				  value_size(copy), value_size(v));
	}
	if (v.kind == VALUE_MAP) {
		value_map_set(&copy, SLICE("a key that no input makes so long"), value_int(1));
		if (value_size(v) != size || value_len(copy) != value_len(v) + 1)
			fuzz_fail("a map changed with its copy");
		value_map_delete(&copy, SLICE("a key that no input makes so long"));
		if (value_size(copy) != size)
			fuzz_fail("%zu bytes, %zu after putting and deleting", size, value_size(copy));
	}
	value_unref(copy);
}

void fuzz_value(struct slice input)
{
	struct choices choices = {input, 2000};
	struct value v = build(&choices, 0);

	check_copy(v);
	check_event(v);
	value_unref(v);
}
