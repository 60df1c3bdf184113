/*
 * value.c - counted values; see value.h.
 *
 * Blocks carry their count in front. A list is one growing array, a map one array of entries sorted
 * by key: maps here are small (records, headers), where a binary search beats a hash and the order is
 * the one JSON output needs.
 */
#include "lib/value/value.h"

#include "lib/mem/mem.h"

#include <assert.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct value_text {
	size_t holders;
	size_t len;
	char data[]; /* NUL after len */
};

struct value_list {
	size_t holders;
	size_t size; /* value_size, or 0 while it must be added up */
	size_t len, capacity;
	struct value *items; /* owned */
};

struct entry {
	struct value_text *key;
	struct value value;
};

enum { FIRST_ENTRIES = 4 }; /* thousands of strands that wait each hold a request of one or two */

struct value_map {
	size_t holders;
	size_t size; /* as above */
	size_t len, capacity;
	struct entry *entries; /* owned, sorted by key */
};

static struct value_text *text_new(struct slice bytes)
{
	struct value_text *text = mem_alloc(sizeof(*text) + bytes.len + 1);

	text->holders = 1;
	text->len = bytes.len;
	if (bytes.len)
		memcpy(text->data, bytes.ptr, bytes.len);
	text->data[bytes.len] = '\0';
	return text;
}

static struct slice text_slice(const struct value_text *text)
{
	return (struct slice){text->data, text->len};
}

static void text_unref(struct value_text *text)
{
	if (--text->holders == 0)
		mem_free(text);
}

struct value value_null(void)
{
	return (struct value){.kind = VALUE_NULL};
}

struct value value_bool(bool boolean)
{
	return (struct value){.kind = VALUE_BOOL, .as.boolean = boolean};
}

struct value value_int(int64_t integer)
{
	return (struct value){.kind = VALUE_INT, .as.integer = integer};
}

struct value value_double(double number)
{
	return (struct value){.kind = VALUE_DOUBLE, .as.number = number};
}

struct value value_string(struct slice utf8)
{
	return (struct value){.kind = VALUE_STRING, .as.text = text_new(utf8)};
}

struct value value_string_z(const char *utf8)
{
	return value_string(slice_of(utf8));
}

struct value value_string_repaired(struct slice bytes)
{
	struct buf clean;
	struct value result;

	if (utf8_is_valid(bytes))
		return value_string(bytes);
	buf_init(&clean, 0);
	utf8_repair(&clean, bytes);
	result = value_string(buf_slice(&clean));
	buf_release(&clean);
	return result;
}

struct value value_stringf(const char *fmt, ...)
{
	struct buf text;
	struct value result;
	va_list args;

	buf_init(&text, 0);
	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	result = value_string(buf_slice(&text));
	buf_release(&text);
	return result;
}

struct value value_bytes(struct slice bytes)
{
	return (struct value){.kind = VALUE_BYTES, .as.text = text_new(bytes)};
}

struct value value_list_new(size_t capacity)
{
	struct value_list *list = mem_new(sizeof(*list));

	list->holders = 1;
	list->size = 8;
	if (capacity)
		list->items = mem_alloc(capacity * sizeof(*list->items));
	list->capacity = capacity;
	return (struct value){.kind = VALUE_LIST, .as.list = list};
}

struct value value_map_new(void)
{
	struct value_map *map = mem_new(sizeof(*map));

	map->holders = 1;
	map->size = 8;
	return (struct value){.kind = VALUE_MAP, .as.map = map};
}

struct value value_ref(struct value v)
{
	switch (v.kind) {
	case VALUE_STRING:
	case VALUE_BYTES:
		v.as.text->holders++;
		break;
	case VALUE_LIST:
		v.as.list->holders++;
		break;
	case VALUE_MAP:
		v.as.map->holders++;
		break;
	default:
		break;
	}
	return v;
}

/* Values to free, kept on a heap stack: a list nested a million deep must not exhaust the C stack. */
struct pending {
	struct value *items;
	size_t count, capacity;
};

static void pend(struct pending *work, struct value v)
{
	if (v.kind < VALUE_STRING)
		return;
	if (work->count == work->capacity)
		work->items = mem_grow(work->items, &work->capacity, sizeof(*work->items));
	work->items[work->count++] = v;
}

static void list_unref(struct value_list *list, struct pending *work)
{
	if (--list->holders)
		return;
	for (size_t i = 0; i < list->len; i++)
		pend(work, list->items[i]);
	mem_free(list->items);
	mem_free(list);
}

static void map_unref(struct value_map *map, struct pending *work)
{
	if (--map->holders)
		return;
	for (size_t i = 0; i < map->len; i++) {
		text_unref(map->entries[i].key);
		pend(work, map->entries[i].value);
	}
	mem_free(map->entries);
	mem_free(map);
}

static void unref_one(struct value v, struct pending *work)
{
	switch (v.kind) {
	case VALUE_STRING:
	case VALUE_BYTES:
		text_unref(v.as.text);
		break;
	case VALUE_LIST:
		list_unref(v.as.list, work);
		break;
	case VALUE_MAP:
		map_unref(v.as.map, work);
		break;
	default:
		break;
	}
}

void value_unref(struct value v)
{
	struct pending work = {0};

	if (v.kind < VALUE_STRING)
		return;
	unref_one(v, &work);
	while (work.count)
		unref_one(work.items[--work.count], &work);
	mem_free(work.items);
}

void value_set(struct value *slot, struct value taken)
{
	struct value old = *slot;

	*slot = taken;
	value_unref(old);
}

bool value_is_null(struct value v)
{
	return v.kind == VALUE_NULL;
}

bool value_is_number(struct value v)
{
	return v.kind == VALUE_INT || v.kind == VALUE_DOUBLE;
}

double value_number(struct value v)
{
	return v.kind == VALUE_INT ? (double)v.as.integer : v.as.number;
}

struct slice value_text(struct value v)
{
	if (v.kind != VALUE_STRING && v.kind != VALUE_BYTES)
		return (struct slice){"", 0};
	return text_slice(v.as.text);
}

size_t value_len(struct value v)
{
	switch (v.kind) {
	case VALUE_STRING:
	case VALUE_BYTES:
		return v.as.text->len;
	case VALUE_LIST:
		return v.as.list->len;
	case VALUE_MAP:
		return v.as.map->len;
	default:
		return 0;
	}
}

/* An int and a double are compared without rounding the int: 2^53 + 1 is not 2^53. */
static bool int_is_double(int64_t i, double d)
{
	return d >= -0x1p63 && d < 0x1p63 && (double)(int64_t)d == d && (int64_t)d == i;
}

static bool maps_equal(const struct value_map *a, const struct value_map *b)
{
	for (size_t i = 0; i < a->len; i++) {
		if (!slice_equal(text_slice(a->entries[i].key), text_slice(b->entries[i].key)) ||
		    !value_equal(a->entries[i].value, b->entries[i].value))
			return false;
	}
	return true;
}

bool value_equal(struct value a, struct value b)
{
	if (a.kind == VALUE_INT && b.kind == VALUE_DOUBLE)
		return int_is_double(a.as.integer, b.as.number);
	if (a.kind == VALUE_DOUBLE && b.kind == VALUE_INT)
		return int_is_double(b.as.integer, a.as.number);
	if (a.kind != b.kind)
		return false;
	switch (a.kind) {
	case VALUE_NULL:
		return true;
	case VALUE_BOOL:
		return a.as.boolean == b.as.boolean;
	case VALUE_INT:
		return a.as.integer == b.as.integer;
	case VALUE_DOUBLE:
		return a.as.number == b.as.number;
	case VALUE_STRING:
	case VALUE_BYTES:
		return slice_equal(text_slice(a.as.text), text_slice(b.as.text));
	case VALUE_LIST:
		if (a.as.list == b.as.list)
			return true;
		if (a.as.list->len != b.as.list->len)
			return false;
		for (size_t i = 0; i < a.as.list->len; i++) {
			if (!value_equal(a.as.list->items[i], b.as.list->items[i]))
				return false;
		}
		return true;
	case VALUE_MAP:
		return a.as.map == b.as.map ||
		       (a.as.map->len == b.as.map->len && maps_equal(a.as.map, b.as.map));
	}
	return false;
}

/* A block that stands in several places counts in each, so a few lines of a definition can stand for more bytes
 * than there are: each container keeps its sum, and sums end at this. */
static const size_t most_bytes = (size_t)1 << 52;

static size_t bounded_sum(size_t a, size_t b)
{
	return a + b < most_bytes ? a + b : most_bytes;
}

/* Where a container keeps its sum; NULL for others. */
static size_t *kept_size(struct value v)
{
	if (v.kind == VALUE_LIST)
		return &v.as.list->size;
	return v.kind == VALUE_MAP ? &v.as.map->size : NULL;
}

/* The size of an element if it is known; else 0, and the element waits. */
static size_t known_size(struct value v, struct pending *work)
{
	const size_t *kept = kept_size(v);

	if (!kept)
		return v.kind < VALUE_STRING ? 8 : v.as.text->len;
	if (!*kept)
		pend(work, v);
	return *kept;
}

static size_t own_size(struct value v, struct pending *work)
{
	size_t size = 8;

	for (size_t i = 0; v.kind == VALUE_LIST && i < v.as.list->len; i++)
		size = bounded_sum(size, known_size(v.as.list->items[i], work));
	for (size_t i = 0; v.kind == VALUE_MAP && i < v.as.map->len; i++) {
		size = bounded_sum(size, v.as.map->entries[i].key->len);
		size = bounded_sum(size, known_size(v.as.map->entries[i].value, work));
	}
	return size;
}

size_t value_size(struct value v)
{
	struct pending work = {0};
	size_t *kept = kept_size(v);
	size_t size = known_size(v, &work);

	while (work.count)
		size = bounded_sum(size, own_size(work.items[--work.count], &work));
	mem_free(work.items);
	if (kept)
		*kept = size;
	return size;
}

void value_keep_size(struct value container, size_t size)
{
	size_t *kept = kept_size(container);

	if (kept)
		*kept = size < most_bytes ? size : 0;
}

/* A container got one more element. */
static void grow_size(size_t *kept, struct value added, size_t key_size)
{
	if (*kept)
		*kept = bounded_sum(bounded_sum(*kept, key_size), value_size(added));
}

const char *value_kind_name(enum value_kind kind)
{
	static const char *const names[] = {"null",   "boolean", "integer", "double",
					    "string", "bytes",	 "list",    "map"};

	return names[kind];
}

/* ---- strings */

/* A block that is grown gets half as much again, which the C library remembers for us. */
void value_string_append(struct value *string, struct slice utf8)
{
	struct value_text *text = string->as.text;
	size_t old_len = text->len;
	size_t len = old_len + utf8.len;
	size_t bytes = sizeof(*text) + len + 1;

	assert(string->kind == VALUE_STRING);
	if (text->holders > 1) {
		text = mem_alloc(bytes);
		text->holders = 1;
		memcpy(text->data, string->as.text->data, old_len);
		text_unref(string->as.text);
	} else if (malloc_usable_size(text) < bytes) {
		text = mem_resize(text, bytes + bytes / 2);
	}
	if (utf8.len)
		memcpy(text->data + old_len, utf8.ptr, utf8.len);
	text->data[len] = '\0';
	text->len = len;
	string->as.text = text;
}

/* ---- lists */

/* Make `list` the sole holder of its block. */
static struct value_list *own_list(struct value *list)
{
	struct value_list *old = list->as.list;

	assert(list->kind == VALUE_LIST);
	if (old->holders == 1)
		return old;
	*list = value_list_new(old->len + 1);
	for (size_t i = 0; i < old->len; i++)
		list->as.list->items[i] = value_ref(old->items[i]);
	list->as.list->len = old->len;
	list->as.list->size = old->size;
	old->holders--;
	return list->as.list;
}

const struct value *value_list_at(struct value list, size_t i)
{
	assert(list.kind == VALUE_LIST && i < list.as.list->len);
	return &list.as.list->items[i];
}

void value_list_push(struct value *list, struct value taken)
{
	value_list_insert(list, value_len(*list), taken);
}

void value_list_insert(struct value *list, size_t i, struct value taken)
{
	struct value_list *own = own_list(list);

	assert(i <= own->len);
	if (own->len == own->capacity)
		own->items = mem_grow(own->items, &own->capacity, sizeof(*own->items));
	if (i < own->len)
		memmove(&own->items[i + 1], &own->items[i], (own->len - i) * sizeof(*own->items));
	own->items[i] = taken;
	own->len++;
	grow_size(&own->size, taken, 0);
}

struct value *value_list_change(struct value *list, size_t i)
{
	struct value_list *own = own_list(list);

	assert(i < own->len);
	own->size = 0;
	return &own->items[i];
}

/* ---- maps */

static struct value_map *own_map(struct value *map)
{
	struct value_map *old = map->as.map;
	struct value_map *own;

	assert(map->kind == VALUE_MAP);
	if (old->holders == 1)
		return old;
	*map = value_map_new();
	own = map->as.map;
	own->size = old->size;
	own->capacity = old->len + 1;
	own->entries = mem_alloc(own->capacity * sizeof(*own->entries));
	for (; own->len < old->len; own->len++) {
		own->entries[own->len] = old->entries[own->len];
		own->entries[own->len].key->holders++;
		value_ref(own->entries[own->len].value);
	}
	old->holders--;
	return own;
}

/* Index of the key, or of the place where it belongs. */
static size_t find_key(const struct value_map *map, struct slice key, bool *found)
{
	size_t low = 0;
	size_t high = map->len;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = slice_compare(text_slice(map->entries[middle].key), key);

		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct value *value_map_get(struct value map, struct slice key)
{
	bool found;
	size_t i;

	if (map.kind != VALUE_MAP)
		return NULL;
	i = find_key(map.as.map, key, &found);
	return found ? &map.as.map->entries[i].value : NULL;
}

const struct value *value_get(struct value map, const char *key)
{
	return value_map_get(map, slice_of(key));
}

void value_map_set(struct value *map, struct slice key, struct value taken)
{
	struct value_map *own = own_map(map);
	bool found;
	size_t i = find_key(own, key, &found);

	if (found) {
		own->size = 0;
		value_set(&own->entries[i].value, taken);
		return;
	}
	if (!own->entries) {
		own->capacity = FIRST_ENTRIES;
		own->entries = mem_alloc(own->capacity * sizeof(*own->entries));
	} else if (own->len == own->capacity) {
		own->entries = mem_grow(own->entries, &own->capacity, sizeof(*own->entries));
	}
	memmove(&own->entries[i + 1], &own->entries[i], (own->len - i) * sizeof(*own->entries));
	own->entries[i] = (struct entry){text_new(key), taken};
	own->len++;
	grow_size(&own->size, taken, key.len);
}

void value_put(struct value *map, const char *key, struct value taken)
{
	value_map_set(map, slice_of(key), taken);
}

bool value_map_delete(struct value *map, struct slice key)
{
	struct value_map *own;
	bool found;
	size_t i = find_key(map->as.map, key, &found);

	if (!found)
		return false;
	own = own_map(map);
	text_unref(own->entries[i].key);
	value_unref(own->entries[i].value);
	own->len--;
	own->size = 0;
	memmove(&own->entries[i], &own->entries[i + 1], (own->len - i) * sizeof(*own->entries));
	return true;
}

struct value *value_map_change(struct value *map, struct slice key)
{
	struct value_map *own = own_map(map);
	bool found;
	size_t i = find_key(own, key, &found);

	own->size = 0;
	return found ? &own->entries[i].value : NULL;
}

struct slice value_map_key(struct value map, size_t i)
{
	assert(map.kind == VALUE_MAP && i < map.as.map->len);
	return text_slice(map.as.map->entries[i].key);
}

const struct value *value_map_at(struct value map, size_t i)
{
	assert(map.kind == VALUE_MAP && i < map.as.map->len);
	return &map.as.map->entries[i].value;
}

struct slice value_get_text(struct value map, const char *key)
{
	const struct value *member = value_get(map, key);

	return member && member->kind == VALUE_STRING ? value_text(*member) : (struct slice){"", 0};
}

int64_t value_get_int(struct value map, const char *key, int64_t fallback)
{
	const struct value *member = value_get(map, key);

	return member && member->kind == VALUE_INT ? member->as.integer : fallback;
}

bool value_get_bool(struct value map, const char *key, bool fallback)
{
	const struct value *member = value_get(map, key);

	return member && member->kind == VALUE_BOOL ? member->as.boolean : fallback;
}
