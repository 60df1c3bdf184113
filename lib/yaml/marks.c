/* marks.c - from libyaml's marks to places; see marks.h. */
#include "lib/yaml/marks.h"

#include "lib/mem/mem.h"
#include "lib/yaml/surrogates.h"

#include <limits.h>
#include <string.h>

static bool is_continuation(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

static void add_line(struct marks *marks, size_t byte)
{
	if (marks->line_count == marks->line_capacity)
		marks->lines = mem_grow(marks->lines, &marks->line_capacity, sizeof(*marks->lines));
	marks->lines[marks->line_count++] = byte;
}

/* Where the character after the one at `byte` begins. The last character of a rewritten pair stands for what
 * the rewriting left out, too. */
static size_t next_character(const struct marks *marks, size_t byte)
{
	enum { LAST = SURROGATES_REWRITTEN - 1 };
	size_t next = byte + 1;

	while (next < marks->text.len && is_continuation(marks->text.ptr[next]))
		next++;
	if (marks->has_pairs && byte >= LAST && surrogates_at(marks->text, byte - LAST))
		next += SURROGATES_PAIR - SURROGATES_REWRITTEN;
	return next;
}

static bool is_ascii(struct slice text)
{
	unsigned char all = 0;

	for (size_t i = 0; i < text.len; i++)
		all |= (unsigned char)text.ptr[i];
	return all < 0x80;
}

static void add_ascii_lines(struct marks *marks)
{
	const char *at = marks->text.ptr, *end = at + marks->text.len;

	while (at < end && (at = memchr(at, '\n', (size_t)(end - at))))
		add_line(marks, (size_t)(++at - marks->text.ptr));
}

void marks_init(struct marks *marks, const char *file, struct slice text, bool has_pairs)
{
	size_t characters = 0;

	*marks = (struct marks){.file = file, .text = text, .has_pairs = has_pairs};
	marks->is_ascii = !has_pairs && is_ascii(text);
	add_line(marks, 0);
	if (marks->is_ascii) {
		add_ascii_lines(marks);
		return;
	}
	for (size_t i = 0; i < text.len; i = next_character(marks, i)) {
		if (text.ptr[i] == '\n')
			add_line(marks, i + 1);
		if (characters++ % MARKS_STRIDE)
			continue;
		if (marks->stride_count == marks->stride_capacity)
			marks->strides =
				mem_grow(marks->strides, &marks->stride_capacity, sizeof(*marks->strides));
		marks->strides[marks->stride_count++] = i;
	}
}

void marks_release(struct marks *marks)
{
	mem_free(marks->strides);
	mem_free(marks->lines);
	*marks = (struct marks){0};
}

size_t marks_byte(const struct marks *marks, size_t character)
{
	size_t left = character % MARKS_STRIDE;
	size_t byte;

	if (marks->is_ascii)
		return character < marks->text.len ? character : marks->text.len;
	if (character / MARKS_STRIDE >= marks->stride_count)
		return marks->text.len;
	byte = marks->strides[character / MARKS_STRIDE];
	for (; left > 0 && byte < marks->text.len; left--)
		byte = next_character(marks, byte);
	return byte;
}

/* Index of the line that holds the byte. */
static size_t find_line(const struct marks *marks, size_t byte)
{
	size_t low = 0;
	size_t high = marks->line_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (marks->lines[middle] <= byte)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static int to_int(size_t number)
{
	return number > INT_MAX ? INT_MAX : (int)number;
}

struct place marks_place(const struct marks *marks, size_t byte, size_t length)
{
	size_t line = find_line(marks, byte);

	return (struct place){marks->file, to_int(line + 1), to_int(byte - marks->lines[line] + 1),
			      to_int(length)};
}

struct slice marks_line(const struct marks *marks, size_t byte)
{
	size_t start = marks->lines[find_line(marks, byte)];
	size_t end = start;

	while (end < marks->text.len && marks->text.ptr[end] != '\n' && marks->text.ptr[end] != '\r')
		end++;
	return slice_sub(marks->text, start, end);
}
