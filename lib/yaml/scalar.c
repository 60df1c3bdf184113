/* scalar.c - what a scalar means, where its bytes stand, and trees as values; see yaml.h. */
#include "lib/yaml/yaml.h"

#include "lib/yaml/surrogates.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- typing: YAML 1.2 core schema */

static bool is_one_of(struct slice text, const char *const words[])
{
	for (; *words; words++) {
		if (slice_is(text, *words))
			return true;
	}
	return false;
}

static bool all_digits(struct slice text, int base)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool decimal = c >= '0' && c <= (base == 8 ? '7' : '9');
		bool hex = base == 16 && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));

		if (!decimal && !hex)
			return false;
	}
	return text.len > 0;
}

/* An integer beyond 64 bits becomes a double, as in JSON (reference, 4.2). The text of a scalar ends in
 * NUL, which strtoll and strtod want. */
static struct value read_integer(const char *digits, int base)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(digits, &end, base);
	if (errno != ERANGE)
		return value_int(number);
	if (base == 10)
		return value_double(strtod(digits, NULL));
	return value_double((double)strtoull(digits, NULL, base));
}

static bool read_int(struct slice text, struct value *out)
{
	struct slice digits = text;

	if (text.len > 2 && slice_starts(text, SLICE("0x")) && all_digits(slice_sub(text, 2, text.len), 16)) {
		*out = read_integer(text.ptr + 2, 16);
		return true;
	}
	if (text.len > 2 && slice_starts(text, SLICE("0o")) && all_digits(slice_sub(text, 2, text.len), 8)) {
		*out = read_integer(text.ptr + 2, 8);
		return true;
	}
	if (text.len > 1 && (text.ptr[0] == '-' || text.ptr[0] == '+'))
		digits = slice_sub(text, 1, text.len);
	if (!all_digits(digits, 10))
		return false;
	*out = read_integer(text.ptr, 10);
	return true;
}

static size_t skip_digits(struct slice text, size_t i)
{
	while (i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9')
		i++;
	return i;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool is_double(struct slice text)
{
	size_t i = text.len && (text.ptr[0] == '-' || text.ptr[0] == '+');
	size_t whole = skip_digits(text, i);
	size_t digits = whole - i;

	i = whole;
	if (i < text.len && text.ptr[i] == '.') {
		size_t end = skip_digits(text, i + 1);

		digits += end - i - 1;
		i = end;
	}
	if (!digits)
		return false;
	if (i < text.len && (text.ptr[i] == 'e' || text.ptr[i] == 'E')) {
		size_t start = i + 1;

		start += start < text.len && (text.ptr[start] == '-' || text.ptr[start] == '+');
		i = skip_digits(text, start);
		if (i == start)
			return false;
	}
	return i == text.len;
}

struct value yaml_scalar_value(const struct yaml_node *scalar)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const yes[] = {"true", "True", "TRUE", NULL};
	static const char *const no[] = {"false", "False", "FALSE", NULL};
	static const char *const infinite[] = {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", NULL};
	static const char *const minus[] = {"-.inf", "-.Inf", "-.INF", NULL};
	static const char *const nan_words[] = {".nan", ".NaN", ".NAN", NULL};
	struct slice text = scalar->text;
	struct value number;

	if (scalar->quoted)
		return value_string(text);
	if (is_one_of(text, nulls))
		return value_null();
	if (is_one_of(text, yes) || is_one_of(text, no))
		return value_bool(is_one_of(text, yes));
	if (read_int(text, &number))
		return number;
	if (is_double(text))
		return value_double(strtod(text.ptr, NULL));
	if (is_one_of(text, infinite) || is_one_of(text, minus))
		return value_double(is_one_of(text, minus) ? -INFINITY : INFINITY);
	if (is_one_of(text, nan_words))
		return value_double(NAN);
	return value_string(text);
}

/* ---- places */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t char_length(struct slice text, size_t i)
{
	size_t offset = i;

	utf8_next(text, &offset);
	return offset > i ? offset - i : 1;
}

/* Bytes of an escape in a double-quoted scalar. */
static size_t escape_length(struct slice raw, size_t i)
{
	switch (i + 1 < raw.len ? raw.ptr[i + 1] : '\0') {
	case 'x':
		return 4;
	case 'u':
		return surrogates_at(raw, i) ? SURROGATES_PAIR : 6;
	case 'U':
		return 10;
	default:
		return 2;
	}
}

/* One character of the source: its length, and whether it shows in the text as something not blank. */
static size_t raw_length(struct slice raw, size_t i, char quote, bool *shows)
{
	*shows = !is_blank(raw.ptr[i]);
	if (quote == '"' && raw.ptr[i] == '\\') {
		*shows = i + 1 >= raw.len || !strchr("tnr \t\r\n", raw.ptr[i + 1]);
		return escape_length(raw, i);
	}
	if (quote == '\'' && raw.ptr[i] == '\'')
		return 2;
	return char_length(raw, i);
}

/* Folding and block indentation change blanks alone: what is not blank stands in the source in the same
 * order. So the n-th such character of the text is the n-th of the source. */
static size_t raw_offset(struct slice raw, struct slice text, size_t offset)
{
	char quote = raw.len && (raw.ptr[0] == '"' || raw.ptr[0] == '\'') ? raw.ptr[0] : '\0';
	bool block = raw.len && (raw.ptr[0] == '|' || raw.ptr[0] == '>');
	size_t shown = 0;
	size_t i = quote ? 1 : 0;

	for (size_t t = 0; t < offset && t < text.len; t += char_length(text, t))
		shown += !is_blank(text.ptr[t]);
	while (block && i < raw.len && raw.ptr[i] != '\n')
		i++; /* the header */
	while (i < raw.len) {
		bool shows;
		size_t length = raw_length(raw, i, quote, &shows);

		if (shows && shown-- == 0)
			return i;
		i += length;
	}
	return raw.len;
}

struct place yaml_place(const struct yaml_node *scalar, size_t offset, size_t length)
{
	struct place at = scalar->at;
	size_t skipped;

	at.length = (int)length;
	if (scalar->verbatim) {
		at.column += (int)offset + (scalar->quoted ? 1 : 0);
		return at;
	}
	skipped = raw_offset(scalar->raw, scalar->text, offset);
	for (size_t i = 0; i < skipped; i++) {
		at.column++;
		if (scalar->raw.ptr[i] == '\n') {
			at.line++;
			at.column = 1;
		}
	}
	return at;
}

/* ---- trees as values */

struct value yaml_value(const struct yaml_node *node)
{
	struct value result;

	switch (node->kind) {
	case YAML_SCALAR:
		break;
	case YAML_LIST:
		result = value_list_new(node->count);
		for (size_t i = 0; i < node->count; i++)
			value_list_push(&result, yaml_value(node->items[i]));
		return result;
	case YAML_MAP:
		result = value_map_new();
		for (size_t i = 0; i < node->count; i++)
			value_map_set(&result, node->entries[i].key->text,
				      yaml_value(node->entries[i].value));
		return result;
	}
	return yaml_scalar_value(node);
}

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	for (size_t i = 0; map && map->kind == YAML_MAP && i < map->count; i++) {
		if (slice_is(map->entries[i].key->text, key))
			return map->entries[i].value;
	}
	return NULL;
}
