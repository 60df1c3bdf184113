/* lines.c - pieces of markup to running text; see lines.h. */
#include "steps/ingest/lines.h"

static int write_gap(struct text_lines *lines)
{
	int status = 0;
	bool at_start = lines->out->len == 0;

	for (int i = 0; i < lines->breaks && !at_start && status == 0; i++)
		status = buf_add_char(lines->out, '\n');
	if (lines->page && !at_start && status == 0)
		status = buf_add_char(lines->out, '\f');
	if (lines->breaks == 0 && !lines->page && !at_start && status == 0) {
		if (lines->tab)
			status = buf_add_char(lines->out, '\t');
		else if (lines->space)
			status = buf_add_char(lines->out, ' ');
	}
	lines->breaks = 0;
	lines->space = lines->tab = lines->page = false;
	return status;
}

static bool is_white(int32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xA0 || c == 0x202F ||
	       (c >= 0x2000 && c <= 0x200A);
}

/* Soft hyphen, zero-width space, word joiner, byte order mark. */
static bool is_invisible(int32_t c)
{
	return c == 0xAD || c == 0x200B || c == 0x2060 || c == 0xFEFF || (c < 0x20 && c >= 0);
}

/* Trailing newlines wait as breaks do: what follows may be the end of the text. */
static int add_verbatim(struct text_lines *lines, struct slice piece)
{
	int newlines = 0;

	while (piece.len && (piece.ptr[piece.len - 1] == '\n' || piece.ptr[piece.len - 1] == '\r'))
		newlines += piece.ptr[--piece.len] == '\n';
	if (piece.len && (write_gap(lines) < 0 || buf_add_slice(lines->out, piece) < 0))
		return -1;
	text_lines_break(lines, newlines);
	return 0;
}

int text_lines_add(struct text_lines *lines, struct slice piece)
{
	if (lines->verbatim)
		return add_verbatim(lines, piece);
	for (size_t i = 0; i < piece.len;) {
		size_t start = i;
		int32_t c = utf8_next(piece, &i);

		if (is_white(c)) {
			lines->space = true;
			continue;
		}
		if (is_invisible(c))
			continue;
		if (write_gap(lines) < 0 || (c < 0 ? buf_add_utf8(lines->out, 0xFFFD)
						   : buf_add(lines->out, piece.ptr + start, i - start)) < 0)
			return -1;
	}
	return 0;
}

void text_lines_break(struct text_lines *lines, int newlines)
{
	if (lines->breaks < newlines)
		lines->breaks = newlines;
}

void text_lines_line(struct text_lines *lines)
{
	if (lines->breaks < 2)
		lines->breaks++;
}

void text_lines_tab(struct text_lines *lines)
{
	lines->tab = true;
}

void text_lines_page(struct text_lines *lines)
{
	text_lines_break(lines, 1);
	lines->page = true;
}
