/*
 * content.c - values as JSON and back, without loss.
 *
 * Plain JSON has no bytes, no NaN, and writes the double 3 like the integer 3; a replay that read an integer
 * where the run had a double would take another way (J4). So these travel as maps of one key: {"$bytes":
 * base64}, {"$double": text}. Bytes that are text, as the bodies of requests are, travel as {"$text": text}:
 * smaller, and one can read them in the database.
 *
 * A key that would be taken for one of these or for the place of a part (contents.c), and one that holds a NUL,
 * which the reader of JSON refuses, is written as "$0" and the key with %25 for % and %00 for NUL. That nests
 * nothing, so the depth of what is written is that of the value and one more.
 */
#include "workflow/journal/journal.h"
#include "lib/json/json.h"
#include "lib/load/crypto.h"
#include "lib/mem/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const marks[] = {"$bytes", "$double", "$text"};
static const char escaped[] = "$0";

static bool is_marked(struct value v)
{
	if (v.kind != VALUE_MAP || value_len(v) != 1)
		return false;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (slice_is(value_map_key(v, 0), marks[i]))
			return true;
	}
	return false;
}

static struct value mark(const char *name, struct value taken)
{
	struct value map = value_map_new();

	value_put(&map, name, taken);
	return map;
}

/* ---- writing */

static struct value wrap_bytes(struct slice bytes)
{
	size_t size = (bytes.len + 2) / 3 * 4;
	char *text;
	struct value v;

	if (utf8_is_valid(bytes) && !memchr(bytes.ptr, '\0', bytes.len))
		return mark("$text", value_string(bytes));
	text = mem_alloc(size + 1);
	EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)bytes.ptr, (int)bytes.len);
	v = mark("$bytes", value_string((struct slice){text, size}));
	mem_free(text);
	return v;
}

/* Finite doubles with a fraction or an exponent read back as they are. */
static struct value wrap_double(struct value v)
{
	struct buf text;
	struct value wrapped = v;

	if (!isfinite(v.as.number))
		return mark("$double", value_string_z(isnan(v.as.number) ? "nan"
						      : v.as.number > 0  ? "inf"
									 : "-inf"));
	buf_init(&text, 0);
	json_write_double(&text, v.as.number);
	if (!strpbrk(buf_text(&text), ".eE"))
		wrapped = mark("$double", value_stringf("%.17g", v.as.number)); /* keeps the sign of -0 */
	buf_release(&text);
	return wrapped;
}

static struct value wrap(struct value v, int depth);

/* Wrapping a scalar changes its kind, wrapping a container its block. */
static bool is_same(struct value a, struct value b)
{
	if (a.kind != b.kind)
		return false;
	if (a.kind == VALUE_LIST)
		return a.as.list == b.as.list;
	return a.kind != VALUE_MAP || a.as.map == b.as.map;
}

static struct value wrap_list(struct value list, int depth)
{
	struct value copy = value_ref(list);

	for (size_t i = 0; i < value_len(list); i++) {
		struct value item = *value_list_at(list, i), wrapped = wrap(item, depth + 1);

		if (!is_same(wrapped, item))
			value_set(value_list_change(&copy, i), wrapped);
		else
			value_unref(wrapped);
	}
	return copy;
}

static bool needs_escape(struct value map, struct slice key)
{
	if (key.len == 0 || key.ptr[0] != '$') /* most */
		return memchr(key.ptr, '\0', key.len) != NULL;
	return memchr(key.ptr, '\0', key.len) || slice_starts(key, slice_of(escaped)) || is_marked(map) ||
	       (value_len(map) == 1 && slice_is(key, "$content"));
}

static void escape_key(struct buf *out, struct slice key)
{
	buf_add_text(out, escaped);
	for (size_t i = 0; i < key.len; i++) {
		if (key.ptr[i] == '%' || key.ptr[i] == '\0')
			buf_printf(out, "%%%02x", (unsigned)(unsigned char)key.ptr[i]);
		else
			buf_add_char(out, key.ptr[i]);
	}
}

static void rename_key(struct value *map, struct slice key)
{
	struct value member = value_ref(*value_map_get(*map, key));
	struct buf name;

	buf_init(&name, 0);
	escape_key(&name, key);
	value_map_delete(map, key);
	value_map_set(map, buf_slice(&name), member);
	buf_release(&name);
}

static struct value wrap_map(struct value map, int depth)
{
	struct value copy = value_ref(map);

	for (size_t i = 0; i < value_len(map); i++) {
		struct slice key = value_map_key(map, i);
		struct value item = *value_map_at(map, i), wrapped = wrap(item, depth + 1);

		if (!is_same(wrapped, item))
			value_set(value_map_change(&copy, key), wrapped);
		else
			value_unref(wrapped);
		if (needs_escape(map, key))
			rename_key(&copy, key);
	}
	return copy;
}

/* A value that JSON can hold; what needs no change is shared with `v`. */
static struct value wrap(struct value v, int depth)
{
	if (depth > JSON_MAX_DEPTH) /* json_write will refuse it */
		return value_ref(v);
	switch (v.kind) {
	case VALUE_BYTES:
		return wrap_bytes(value_text(v));
	case VALUE_DOUBLE:
		return wrap_double(v);
	case VALUE_LIST:
		return wrap_list(v, depth);
	case VALUE_MAP:
		return wrap_map(v, depth);
	default:
		return value_ref(v);
	}
}

int journal_encode(struct buf *out, struct value v)
{
	struct value wrapped = wrap(v, 0);
	int result = json_write(out, wrapped);

	value_unref(wrapped);
	return result;
}

/* ---- writing in parts */

static bool is_plain_map(struct value v)
{
	if (v.kind != VALUE_MAP)
		return false;
	for (size_t i = 0; i < value_len(v); i++) {
		if (needs_escape(v, value_map_key(v, i)))
			return false;
	}
	return true;
}

static void add_part(struct content_parts *parts, size_t start, size_t end)
{
	if (end - start >= CONTENT_PART_BYTES && parts->count < CONTENT_MAX_PARTS)
		parts->at[parts->count++] = (struct content_part){start, end - start};
}

static int encode_members(struct buf *out, struct value map, int level, struct content_parts *parts);

/* A request or result as such is seldom the same twice, its body is: so a map of the first level goes in members. */
static int encode_member(struct buf *out, struct value v, int level, struct content_parts *parts)
{
	size_t start = out->len, before = parts->count;
	int result;

	if (level < 2 && is_plain_map(v))
		result = encode_members(out, v, level + 1, parts);
	else
		result = journal_encode(out, v);
	if (parts->count == before)
		add_part(parts, start, out->len);
	return result;
}

static int encode_members(struct buf *out, struct value map, int level, struct content_parts *parts)
{
	for (size_t i = 0; i < value_len(map); i++) {
		struct value key = value_string(value_map_key(map, i));
		int result;

		buf_add_char(out, i ? ',' : '{');
		result = json_write(out, key);
		value_unref(key);
		buf_add_char(out, ':');
		if (result < 0 || encode_member(out, *value_map_at(map, i), level, parts) < 0)
			return -1;
	}
	return buf_add_text(out, value_len(map) ? "}" : "{}");
}

int journal_encode_parts(struct buf *out, struct value content, struct content_parts *parts)
{
	parts->count = 0;
	if (value_size(content) < CONTENT_PART_BYTES / 2 || !is_plain_map(content)) /* most events */
		return journal_encode(out, content);
	return encode_members(out, content, 1, parts);
}

/* ---- reading */

static int unwrap_bytes(struct slice text, struct value *slot, struct error *err)
{
	unsigned char *bytes = mem_alloc(text.len / 4 * 3 + 1);
	int size = text.len % 4 ? -1 : EVP_DecodeBlock(bytes, (const unsigned char *)text.ptr, (int)text.len);

	for (size_t i = text.len; size > 0 && i > 0 && text.ptr[i - 1] == '='; i--)
		size--; /* EVP_DecodeBlock counts the padding */
	if (size >= 0)
		value_set(slot, value_bytes((struct slice){(char *)bytes, (size_t)size}));
	mem_free(bytes);
	return size >= 0 ? 0 : error_set(err, ERROR_INPUT, "event content: \"$bytes\" is not base64");
}

static int unwrap_double(struct slice text, struct value *slot, struct error *err)
{
	char copy[64];
	char *end;
	double number;

	snprintf(copy, sizeof(copy), "%.*s", SLICE_ARG(text));
	number = strtod(copy, &end);
	if (!*copy || *end)
		return error_set(err, ERROR_INPUT, "event content: \"$double\" is not a number");
	value_set(slot, value_double(number));
	return 0;
}

static int unwrap(struct value *slot, struct error *err);

static void unescape_key(struct buf *out, struct slice key)
{
	for (size_t i = strlen(escaped); i < key.len; i++) {
		if (key.ptr[i] != '%') {
			buf_add_char(out, key.ptr[i]);
			continue;
		}
		buf_add_char(out, i + 1 < key.len && key.ptr[i + 1] == '0' ? '\0' : '%');
		i += 2;
	}
}

/* The map with the keys that its author gave; most have none to give back. */
static void unescape_keys(struct value *slot)
{
	struct value map = value_null();
	struct buf name;

	buf_init(&name, 0);
	for (size_t i = 0; i < value_len(*slot); i++) {
		struct slice key = value_map_key(*slot, i);

		if (!slice_starts(key, slice_of(escaped)))
			continue;
		if (map.kind == VALUE_NULL)
			map = value_ref(*slot);
		buf_clear(&name);
		unescape_key(&name, key);
		value_map_delete(&map, key);
		value_map_set(&map, buf_slice(&name), value_ref(*value_map_at(*slot, i)));
	}
	buf_release(&name);
	if (map.kind == VALUE_MAP)
		value_set(slot, map);
}

static int unwrap_members(struct value *slot, struct error *err)
{
	size_t count = value_len(*slot);

	for (size_t i = 0; i < count; i++) {
		struct value *member = slot->kind == VALUE_LIST
					       ? value_list_change(slot, i)
					       : value_map_change(slot, value_map_key(*slot, i));

		if (unwrap(member, err) < 0)
			return -1;
	}
	if (slot->kind == VALUE_MAP)
		unescape_keys(slot);
	return 0;
}

/* json_read bounds the depth. */
static int unwrap(struct value *slot, struct error *err)
{
	struct value member;

	if (slot->kind != VALUE_LIST && slot->kind != VALUE_MAP)
		return 0;
	if (!is_marked(*slot))
		return unwrap_members(slot, err);
	member = *value_map_at(*slot, 0);
	if (member.kind != VALUE_STRING)
		return error_set(err, ERROR_INPUT, "event content: a marked value is no string");
	if (slice_is(value_map_key(*slot, 0), "$bytes"))
		return unwrap_bytes(value_text(member), slot, err);
	if (slice_is(value_map_key(*slot, 0), "$text")) {
		value_set(slot, value_bytes(value_text(member)));
		return 0;
	}
	return unwrap_double(value_text(member), slot, err);
}

int journal_decode(struct slice content, struct value *out, struct error *err)
{
	struct value v;

	if (json_read(content, &v, err) < 0)
		return -1;
	if (slice_find(content, SLICE("\"$"), 0) != SIZE_MAX && unwrap(&v, err) < 0) {
		value_unref(v);
		return -1;
	}
	*out = v;
	return 0;
}
