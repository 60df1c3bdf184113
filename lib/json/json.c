/* json.c - JSON text <-> values; see json.h. */
#include "lib/json/json.h"
#include "lib/json/wide.h"

#include "lib/mem/mem.h"

#include <jansson.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/*
 * jansson makes a block for each node, each text and each table of a tree that we read once and drop. Its
 * memory comes from an arena that one json_read owns: nothing is freed piece by piece, and the tree goes with
 * the arena.
 */
static _Thread_local struct arena *reading;

static void *take_memory(size_t size)
{
	return arena_take(reading, size);
}

static void leave_memory(void *block)
{
	(void)block;
}

static void use_arena(void)
{
	json_set_alloc_funcs(take_memory, leave_memory);
}

static int from_jansson(const json_t *json, int depth, struct value *out);

static int read_object(const json_t *json, int depth, struct value *out)
{
	const char *key;
	json_t *member;

	*out = value_map_new();
	json_object_foreach((json_t *)json, key, member)
	{
		struct value v;

		if (from_jansson(member, depth + 1, &v) < 0) {
			value_unref(*out);
			return -1;
		}
		value_map_set(out, slice_of(key), v);
	}
	return 0;
}

static int read_array(const json_t *json, int depth, struct value *out)
{
	*out = value_list_new(json_array_size(json));
	for (size_t i = 0; i < json_array_size(json); i++) {
		struct value v;

		if (from_jansson(json_array_get(json, i), depth + 1, &v) < 0) {
			value_unref(*out);
			return -1;
		}
		value_list_push(out, v);
	}
	return 0;
}

/* -1 when nested too deep; *out is then nothing. */
static int from_jansson(const json_t *json, int depth, struct value *out)
{
	if (depth > JSON_MAX_DEPTH)
		return -1;
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return read_object(json, depth, out);
	case JSON_ARRAY:
		return read_array(json, depth, out);
	case JSON_STRING:
		*out = value_string((struct slice){json_string_value(json), json_string_length(json)});
		return 0;
	case JSON_INTEGER:
		*out = value_int(json_integer_value(json));
		return 0;
	case JSON_REAL:
		*out = value_double(json_real_value(json));
		return 0;
	case JSON_TRUE:
	case JSON_FALSE:
		*out = value_bool(json_is_true(json));
		return 0;
	case JSON_NULL:
		break;
	}
	*out = value_null();
	return 0;
}

static int read_tree(struct slice text, struct value *out, struct error *err)
{
	json_error_t failure;
	size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
	json_t *json = json_loadb(text.ptr ? text.ptr : "", text.len, flags, &failure);
	struct value made;

	/* An integer beyond 64 bits becomes a double, the others stay exact (reference, 4.2). */
	if (!json && json_error_code(&failure) == json_error_numeric_overflow) {
		struct buf marked;

		buf_init(&marked, text.len * 2 + 2);
		json_mark_wide(&marked, text);
		json = json_loadb(buf_text(&marked), marked.len, flags, &failure);
		buf_release(&marked);
	}
	if (!json)
		return error_set(err, ERROR_INPUT, "line %d, column %d: %s", failure.line, failure.column,
				 failure.text);
	if (from_jansson(json, 0, &made) < 0)
		return error_set(err, ERROR_LIMIT, "nested deeper than %d levels", JSON_MAX_DEPTH);
	*out = made;
	return 0;
}

int json_read(struct slice text, struct value *out, struct error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct arena arena;
	int result;

	pthread_once(&once, use_arena);
	arena_init(&arena);
	reading = &arena;
	result = read_tree(text, out, err);
	reading = NULL;
	arena_release(&arena);
	return result;
}

/* ---- writing */

struct writer {
	struct buf *out;
	bool indented;
	struct slice prefix;
	struct slice indent;
};

/* Decimal digits of `n`, written backwards from the end of `room`; returns the first. */
static char *decimal_digits(uint64_t n, char *end)
{
	do
		*--end = (char)('0' + n % 10);
	while (n /= 10);
	return end;
}

/*
 * The short way for numbers as people write them: find the fewest fraction digits k for which n / 10^k is the
 * number, n whole. Both are exact doubles, and division rounds correctly, so the equality says that the decimal
 * reads back; below 10^15 no other decimal of that length does.
 */
static bool write_plain_double(struct buf *out, double number)
{
	static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
	double size = fabs(number);
	char room[32];
	char *end = room + sizeof(room);

	if (!(size >= 1e-6 && size < 1e15))
		return false;
	for (int k = 0; k < 10; k++) {
		double n = nearbyint(size * powers[k]);
		char *first;

		if (n >= 1e15)
			return false;
		if (n / powers[k] != size)
			continue;
		first = decimal_digits((uint64_t)n, end);
		while (end - first <= k)
			*--first = '0';
		if (number < 0)
			buf_add_char(out, '-');
		buf_add(out, first, (size_t)(end - first - k));
		if (k) {
			buf_add_char(out, '.');
			buf_add(out, end - k, (size_t)k);
		}
		return true;
	}
	return false;
}

static void write_int(struct buf *out, int64_t number)
{
	char room[24];
	char *end = room + sizeof(room);
	char *first = decimal_digits(number < 0 ? 0 - (uint64_t)number : (uint64_t)number, end);

	if (number < 0)
		*--first = '-';
	buf_add(out, first, (size_t)(end - first));
}

void json_write_double(struct buf *out, double number)
{
	char digits[40];
	char *exponent;
	int decimal;
	int count;

	if (number == 0) {
		buf_add_text(out, signbit(number) ? "-0" : "0");
		return;
	}
	if (write_plain_double(out, number))
		return;
	for (int precision = 0; precision <= 17; precision++) {
		snprintf(digits, sizeof(digits), "%.*e", precision, fabs(number));
		if (strtod(digits, NULL) == fabs(number))
			break;
	}
	if (number < 0)
		buf_add_char(out, '-');
	exponent = strchr(digits, 'e');
	decimal = (int)strtol(exponent + 1, NULL, 10); /* of d.ddd x 10^decimal */
	if (digits[1] == '.')
		memmove(digits + 1, digits + 2, (size_t)(exponent - digits) - 2);
	count = (int)(exponent - digits) - (exponent - digits > 1 ? 1 : 0);
	if (decimal >= 21 || decimal < -6) {
		buf_add_char(out, digits[0]);
		if (count > 1)
			buf_printf(out, ".%.*s", count - 1, digits + 1);
		buf_printf(out, "e%+d", decimal);
	} else if (decimal < 0) {
		buf_add_text(out, "0.");
		for (int i = -1; i > decimal; i--)
			buf_add_char(out, '0');
		buf_printf(out, "%.*s", count, digits);
	} else if (count <= decimal + 1) {
		buf_printf(out, "%.*s", count, digits);
		for (int i = count; i < decimal + 1; i++)
			buf_add_char(out, '0');
	} else {
		buf_printf(out, "%.*s.%.*s", decimal + 1, digits, count - decimal - 1, digits + decimal + 1);
	}
}

static void write_string(struct buf *out, struct slice text)
{
	static const char hex[] = "0123456789abcdef";
	size_t start = 0;

	buf_add_char(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		const char *escape = NULL;

		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
			continue;
		buf_add(out, text.ptr + start, i - start);
		start = i + 1;
		if (c == '"')
			escape = "\\\"";
		else if (c == '\\')
			escape = "\\\\";
		else if (c == '\n')
			escape = "\\n";
		else if (c == '\r')
			escape = "\\r";
		else if (c == '\t')
			escape = "\\t";
		if (escape) {
			buf_add_text(out, escape);
		} else {
			buf_add_text(out, "\\u00");
			buf_add_char(out, hex[c >> 4]);
			buf_add_char(out, hex[c & 15]);
		}
	}
	buf_add(out, text.ptr + start, text.len - start);
	buf_add_char(out, '"');
}

static void new_line(const struct writer *writer, int depth)
{
	if (!writer->indented)
		return;
	buf_add_char(writer->out, '\n');
	buf_add_slice(writer->out, writer->prefix);
	for (int i = 0; i < depth; i++)
		buf_add_slice(writer->out, writer->indent);
}

static int write_value(const struct writer *writer, struct value v, int depth);

static int write_list(const struct writer *writer, struct value list, int depth)
{
	buf_add_char(writer->out, '[');
	for (size_t i = 0; i < value_len(list); i++) {
		if (i)
			buf_add_char(writer->out, ',');
		new_line(writer, depth + 1);
		if (write_value(writer, *value_list_at(list, i), depth + 1) < 0)
			return -1;
	}
	if (value_len(list))
		new_line(writer, depth);
	return buf_add_char(writer->out, ']');
}

static int write_map(const struct writer *writer, struct value map, int depth)
{
	buf_add_char(writer->out, '{');
	for (size_t i = 0; i < value_len(map); i++) {
		if (i)
			buf_add_char(writer->out, ',');
		new_line(writer, depth + 1);
		write_string(writer->out, value_map_key(map, i));
		buf_add_text(writer->out, writer->indented ? ": " : ":");
		if (write_value(writer, *value_map_at(map, i), depth + 1) < 0)
			return -1;
	}
	if (value_len(map))
		new_line(writer, depth);
	return buf_add_char(writer->out, '}');
}

static int write_value(const struct writer *writer, struct value v, int depth)
{
	if (depth > JSON_MAX_DEPTH || writer->out->full)
		return -1;
	switch (v.kind) {
	case VALUE_NULL:
		return buf_add_text(writer->out, "null");
	case VALUE_BOOL:
		return buf_add_text(writer->out, v.as.boolean ? "true" : "false");
	case VALUE_INT:
		write_int(writer->out, v.as.integer);
		break;
	case VALUE_DOUBLE:
		if (!isfinite(v.as.number))
			return -1;
		json_write_double(writer->out, v.as.number);
		break;
	case VALUE_STRING:
		write_string(writer->out, value_text(v));
		break;
	case VALUE_BYTES:
		return -1;
	case VALUE_LIST:
		return write_list(writer, v, depth);
	case VALUE_MAP:
		return write_map(writer, v, depth);
	}
	return writer->out->full ? -1 : 0;
}

int json_write(struct buf *out, struct value v)
{
	struct writer writer = {.out = out};

	return write_value(&writer, v, 0);
}

int json_write_indented(struct buf *out, struct value v, struct slice prefix, struct slice indent)
{
	struct writer writer = {out, true, prefix, indent};

	return write_value(&writer, v, 0);
}

/* ---- JSON Lines */

void json_lines_init(struct json_lines *lines, FILE *file, size_t max_line)
{
	*lines = (struct json_lines){.file = file, .max_line = max_line};
	buf_init(&lines->text, max_line);
}

void json_lines_release(struct json_lines *lines)
{
	buf_release(&lines->text);
}

/* 1 with a line in lines->text (which is `full` when the line was too long), 0 at the end. */
static int read_line(struct json_lines *lines)
{
	int c;

	buf_clear(&lines->text);
	while ((c = getc_unlocked(lines->file)) != EOF && c != '\n')
		buf_add_char(&lines->text, (char)c); /* too long: keep reading to the end of the line */
	return c == EOF && lines->text.len == 0 ? 0 : 1;
}

int json_lines_next(struct json_lines *lines, struct value *out, struct error *err)
{
	struct error cause = {0};
	struct slice text;

	do {
		if (!read_line(lines))
			return 0;
		lines->line++;
		if (lines->text.full)
			return error_set(err, ERROR_LIMIT, "record %zu: longer than %zu bytes", lines->line,
					 lines->max_line);
		text = slice_trim(buf_slice(&lines->text));
	} while (text.len == 0);
	if (json_read(text, out, &cause) < 0)
		return error_set(err, ERROR_INPUT, "record %zu is not JSON: %s", lines->line, cause.message);
	return 1;
}
