/*
 * wide.c - integers beyond 64 bits in JSON text, marked as doubles before it is read.
 *
 * jansson refuses them, or reads every integer of a text as a double. Here ".0" is put behind those that need
 * it, and the others stay exact (reference, 4.2). Strings are stepped over; whether the text is JSON is not
 * asked.
 */
#include "lib/json/wide.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Behind the string that begins at `i`. */
static size_t skip_string(struct slice text, size_t i)
{
	for (i++; i < text.len && text.ptr[i] != '"'; i++)
		i += text.ptr[i] == '\\';
	return i < text.len ? i + 1 : text.len;
}

/* Behind the number that begins at `i`. */
static size_t skip_number(struct slice text, size_t i, bool *is_integer)
{
	*is_integer = true;
	for (i++; i < text.len && (is_digit(text.ptr[i]) || strchr("+-.eE", text.ptr[i])); i++)
		*is_integer = *is_integer && is_digit(text.ptr[i]);
	return i;
}

/* `digits` is followed by something that is no digit. */
static bool is_wide(const char *digits)
{
	errno = 0;
	strtoll(digits, NULL, 10);
	return errno == ERANGE;
}

void json_mark_wide(struct buf *out, struct slice text)
{
	size_t start = 0;
	size_t i = 0;
	bool is_integer;

	while (i < text.len) {
		size_t number = i;

		if (text.ptr[i] == '"') {
			i = skip_string(text, i);
			continue;
		}
		if (!is_digit(text.ptr[i]) && text.ptr[i] != '-') {
			i++;
			continue;
		}
		i = skip_number(text, i, &is_integer);
		buf_add_slice(out, slice_sub(text, start, i));
		start = i;
		/* Copied first: the text ends somewhere, the buf with a NUL. */
		if (is_integer && i - number > 18 && is_wide(buf_text(out) + out->len - (i - number)))
			buf_add_text(out, ".0");
	}
	buf_add_slice(out, slice_sub(text, start, text.len));
}
