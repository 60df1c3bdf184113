/* text.c - slices, growing bytes, UTF-8; see text.h. */
#include "lib/text/text.h"

#include "lib/mem/mem.h"

#include <stdio.h>
#include <string.h>
#include <unicode/utf8.h>

struct slice slice_of(const char *text)
{
	return (struct slice){text, text ? strlen(text) : 0};
}

bool slice_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool slice_is(struct slice a, const char *text)
{
	return slice_equal(a, slice_of(text));
}

int slice_compare(struct slice a, struct slice b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter ? memcmp(a.ptr, b.ptr, shorter) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool slice_starts(struct slice text, struct slice prefix)
{
	return text.len >= prefix.len && slice_equal((struct slice){text.ptr, prefix.len}, prefix);
}

bool slice_ends(struct slice text, struct slice suffix)
{
	return text.len >= suffix.len &&
	       slice_equal((struct slice){text.ptr + (text.len - suffix.len), suffix.len}, suffix);
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct slice slice_trim(struct slice text)
{
	while (text.len && is_space(text.ptr[0])) {
		text.ptr++;
		text.len--;
	}
	while (text.len && is_space(text.ptr[text.len - 1]))
		text.len--;
	return text;
}

struct slice slice_sub(struct slice text, size_t start, size_t end)
{
	if (end > text.len)
		end = text.len;
	if (start > end)
		start = end;
	return (struct slice){start ? text.ptr + start : text.ptr, end - start}; /* NULL + 0 is not defined */
}

size_t slice_find(struct slice text, struct slice what, size_t from)
{
	const char *hit;

	if (from > text.len || what.len > text.len - from)
		return SIZE_MAX;
	if (what.len == 0)
		return from;
	hit = memmem(text.ptr + from, text.len - from, what.ptr, what.len);
	return hit ? (size_t)(hit - text.ptr) : SIZE_MAX;
}

void buf_init(struct buf *buf, size_t limit)
{
	*buf = (struct buf){.limit = limit ? limit : BUF_DEFAULT_LIMIT};
}

void buf_release(struct buf *buf)
{
	mem_free(buf->data);
	buf_init(buf, buf->limit);
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
	buf->full = false;
	if (buf->data)
		buf->data[0] = '\0';
}

static int reserve(struct buf *buf, size_t more)
{
	size_t wanted = buf->cap ? buf->cap : 256;

	if (more > buf->limit || buf->len > buf->limit - more) {
		buf->full = true;
		return -1;
	}
	while (wanted < buf->len + more + 1)
		wanted *= 2;
	if (wanted > buf->cap) {
		buf->data = mem_resize(buf->data, wanted);
		buf->cap = wanted;
	}
	return 0;
}

/* Most of what is added is short and there is room for it. */
static bool has_room(const struct buf *buf, size_t more)
{
	return more < buf->cap - buf->len && more <= buf->limit - buf->len;
}

int buf_add(struct buf *buf, const void *bytes, size_t size)
{
	if (!has_room(buf, size) && reserve(buf, size) < 0)
		return -1;
	if (size)
		memcpy(buf->data + buf->len, bytes, size);
	buf->len += size;
	buf->data[buf->len] = '\0';
	return 0;
}

int buf_add_text(struct buf *buf, const char *text)
{
	return buf_add(buf, text, strlen(text));
}

int buf_add_slice(struct buf *buf, struct slice text)
{
	return buf_add(buf, text.ptr, text.len);
}

int buf_add_char(struct buf *buf, char byte)
{
	if (!has_room(buf, 1) && reserve(buf, 1) < 0)
		return -1;
	buf->data[buf->len++] = byte;
	buf->data[buf->len] = '\0';
	return 0;
}

int buf_add_utf8(struct buf *buf, int32_t code_point)
{
	uint8_t bytes[U8_MAX_LENGTH];
	int32_t size = 0;
	UBool failed = false;

	U8_APPEND(bytes, size, U8_MAX_LENGTH, (uint32_t)code_point, failed);
	return failed ? buf_add(buf, "\xEF\xBF\xBD", 3) : buf_add(buf, bytes, (size_t)size);
}

int buf_vprintf(struct buf *buf, const char *fmt, va_list args)
{
	va_list again;
	int size;

	va_copy(again, args);
	size = vsnprintf(NULL, 0, fmt, args);
	if (size < 0 || reserve(buf, (size_t)size) < 0) {
		va_end(again);
		return -1;
	}
	vsnprintf(buf->data + buf->len, (size_t)size + 1, fmt, again);
	va_end(again);
	buf->len += (size_t)size;
	return 0;
}

int buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list args;
	int result;

	va_start(args, fmt);
	result = buf_vprintf(buf, fmt, args);
	va_end(args);
	return result;
}

struct slice buf_slice(const struct buf *buf)
{
	return (struct slice){buf_text(buf), buf->len};
}

const char *buf_text(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}

char *buf_take(struct buf *buf)
{
	char *data = buf->data ? buf->data : mem_strdup("");

	buf_init(buf, buf->limit);
	return data;
}

/* ICU's macros index with int32_t, so a text is walked in windows of at most this size. */
enum { WINDOW = 1 << 20 };

int32_t utf8_next(struct slice text, size_t *offset)
{
	const uint8_t *bytes = (const uint8_t *)text.ptr + *offset;
	size_t left = text.len - *offset;
	int32_t length = left > WINDOW ? WINDOW : (int32_t)left;
	int32_t i = 0;
	UChar32 c;

	U8_NEXT(bytes, i, length, c);
	*offset += (size_t)i;
	return c;
}

bool utf8_is_valid(struct slice text)
{
	size_t offset = 0;

	while (offset < text.len) {
		if ((unsigned char)text.ptr[offset] < 0x80)
			offset++;
		else if (utf8_next(text, &offset) < 0)
			return false;
	}
	return true;
}

size_t utf8_count(struct slice text)
{
	size_t offset = 0;
	size_t count = 0;

	for (; offset < text.len; count++) {
		if ((unsigned char)text.ptr[offset] < 0x80)
			offset++;
		else
			utf8_next(text, &offset);
	}
	return count;
}

size_t utf8_offset(struct slice text, size_t characters)
{
	size_t offset = 0;

	while (characters-- && offset < text.len)
		utf8_next(text, &offset);
	return offset;
}

int utf8_repair(struct buf *out, struct slice text)
{
	size_t offset = 0;

	while (offset < text.len) {
		size_t start = offset;
		int32_t c = utf8_next(text, &offset);
		int failed = c < 0 ? buf_add(out, "\xEF\xBF\xBD", 3)
				   : buf_add(out, text.ptr + start, offset - start);

		if (failed < 0)
			return -1;
	}
	return 0;
}
