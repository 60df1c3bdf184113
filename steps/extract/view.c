/* view.c - two passes: characters into `lines`, then `lines` joined into `flow`. */

#include "steps/extract/view.h"
#include "lib/mem/mem.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

/* A paragraph's line is at least this long; shorter ones are headings and captions. */
enum { LONG_LINE = 50 };

static bool is_blank(int32_t c)
{
	return c == ' ' || c == '\t' || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
	       c == 0x202f || c == 0x205f || c == 0x3000;
}

/* The plain letter for a typographic one; 0 to drop it. Never more bytes than the original. */
static int32_t plain(int32_t c)
{
	switch (c) {
	case 0x2018:
	case 0x2019:
	case 0x201a:
	case 0x2032:
		return '\'';
	case 0x201c:
	case 0x201d:
	case 0x201e:
	case 0x00ab:
	case 0x00bb:
		return '"';
	case 0x2010:
	case 0x2011:
	case 0x2012:
	case 0x2013:
	case 0x2014:
	case 0x2015:
	case 0x2212:
		return '-';
	case 0x00ad:
	case 0x200b:
	case 0x200c:
	case 0x200d:
	case 0xfeff:
		return 0;
	default:
		return c;
	}
}

static void push(struct view *view, const char *bytes, size_t size, size_t origin)
{
	for (size_t i = 0; i < size; i++) {
		view->bytes[view->text.len] = bytes[i];
		view->origin[view->text.len++] = (uint32_t)origin;
	}
}

/* A byte that stands for itself whatever is around it: printable ASCII but what OCR makes of a column. */
static bool is_plain(unsigned char byte)
{
	return byte > ' ' && byte < 0x7f && byte != ')' && byte != '|';
}

/* Copies the plain bytes at `at`; where they end. */
static size_t push_plain(struct view *view, struct slice document, size_t at)
{
	size_t to = view->text.len;

	for (; at < document.len && is_plain((unsigned char)document.ptr[at]); at++, to++) {
		view->bytes[to] = document.ptr[at];
		view->origin[to] = (uint32_t)at;
	}
	view->text.len = to;
	return at;
}

static char last_byte(const struct view *view, size_t back)
{
	return view->text.len > back ? view->bytes[view->text.len - 1 - back] : '\n';
}

static char byte_at(struct slice text, size_t at)
{
	return at < text.len ? text.ptr[at] : '\n';
}

/* A section sign that announces no number stands for a line of the caption. */
static bool is_section_mark(struct slice document, size_t next, bool alone)
{
	size_t at = next;

	while (byte_at(document, at) == ' ' || byte_at(document, at) == '\t' || byte_at(document, at) == '\r')
		at++;
	if (byte_at(document, at) != '\n')
		return !isdigit((unsigned char)byte_at(document, at)) &&
		       (unsigned char)byte_at(document, at) != 0xc2;
	while (at < document.len && strchr(" \t\r\n", document.ptr[at]))
		at++;
	return alone || !isdigit((unsigned char)byte_at(document, at));
}

/* A column mark that OCR made of a caption's brackets: alone between blanks. */
static bool is_column_mark(struct slice document, size_t next, int32_t c, const struct view *view)
{
	char before = last_byte(view, 0), after = byte_at(document, next);

	if ((c != ')' && c != '|' && c != 0xa7) || (before != ' ' && before != '\n') ||
	    !strchr(" \t\r\n", after))
		return false;
	return c != 0xa7 || is_section_mark(document, next, before == '\n');
}

static void end_line(struct view *view, size_t origin)
{
	while (view->text.len && last_byte(view, 0) == ' ')
		view->text.len--;
	if (view->text.len && !(last_byte(view, 0) == '\n' && last_byte(view, 1) == '\n'))
		push(view, "\n", 1, origin);
}

static void build_lines(struct view *view)
{
	struct slice document = view->document;
	bool marked = false; /* the line has a column mark */
	size_t at = 0;

	while ((at = push_plain(view, document, at)) < document.len) {
		size_t start = at;
		int32_t c = utf8_next(document, &at);
		int32_t shown = plain(c);

		if (c == '\n' || c == '\f' || c == 0x2028 || c == 0x2029) {
			if (!marked || last_byte(view, 0) != '\n') /* nothing but marks: no empty line */
				end_line(view, start);
			marked = false;
		} else if (c == '\r' || shown == 0) {
			continue;
		} else if (is_blank(c) || is_column_mark(document, at, c, view)) {
			marked |= !is_blank(c);
			if (last_byte(view, 0) != ' ' && last_byte(view, 0) != '\n')
				push(view, " ", 1, start);
		} else if (shown != c) {
			char byte = (char)shown;

			push(view, &byte, 1, start);
		} else {
			push(view, document.ptr + start, at - start, start);
		}
	}
	end_line(view, document.len ? document.len - 1 : 0);
}

/* Pleadings are typed with every other line empty: there a blank line ends no paragraph. */
static bool is_double_spaced(struct slice lines)
{
	size_t breaks = 0, blanks = 0;

	for (size_t i = 0; i + 1 < lines.len; i++) {
		if (lines.ptr[i] != '\n')
			continue;
		breaks++;
		blanks += lines.ptr[i + 1] == '\n';
	}
	return breaks > 20 && blanks * 3 > breaks;
}

/* Headings are capitalised word by word; a line of running text has small words of some length. */
static bool is_running_text(const char *line, size_t length)
{
	size_t words = 0;

	for (size_t i = 0; i + 5 <= length; i++) {
		size_t small = 0;

		if (i > 0 && line[i - 1] != ' ')
			continue;
		while (i + small < length && islower((unsigned char)line[i + small]))
			small++;
		words += small >= 5;
	}
	return words >= 2;
}

/* The line before a blank line, as far as it is built: its bytes and the one it ends in. */
struct tail {
	const char *line;
	size_t length;
	char end;
};

/* Two long lines of running text without a stop between them are one paragraph, whatever stands between:
 * typists and OCR put empty lines at will. */
static bool runs_on(struct slice lines, size_t next, const struct tail *tail)
{
	size_t stop = slice_find(lines, SLICE("\n"), next);

	return tail->length >= LONG_LINE && next < lines.len && isalpha((unsigned char)lines.ptr[next]) &&
	       (stop == SIZE_MAX ? lines.len : stop) - next >= LONG_LINE &&
	       is_running_text(tail->line, tail->length);
}

/* What stands for the line break before `next`. */
static char joint(struct slice lines, size_t next, const struct tail *tail, bool blank, bool doubled)
{
	if (!blank)
		return ' ';
	if (strchr(".:;!?", tail->end))
		return '\n';
	if (next < lines.len && islower((unsigned char)lines.ptr[next]))
		return ' ';
	if (tail->end == '"')
		return '\n';
	return runs_on(lines, next, tail) || (doubled && tail->length >= LONG_LINE) ? ' ' : '\n';
}

/* Moves what stands up to the next newline; how many bytes. */
static size_t move_line(struct view *view, size_t to, size_t from, size_t end)
{
	const char *stop = memchr(view->bytes + from, '\n', end - from);
	size_t size = stop ? (size_t)(stop - (view->bytes + from)) : end - from;

	memmove(view->bytes + to, view->bytes + from, size);
	memmove(view->origin + to, view->origin + from, size * sizeof(*view->origin));
	return size;
}

/* In place: what is written never overtakes what is read. */
static void join_lines(struct view *view)
{
	struct slice lines = view->text; /* only what is not yet overwritten is read */
	size_t from = 0, to = 0, line_start = 0;
	bool doubled = is_double_spaced(lines);

	while (from < lines.len) {
		size_t moved = move_line(view, to, from, lines.len), next;
		struct tail tail;
		bool blank;

		to += moved;
		from += moved;
		if (from == lines.len)
			break;
		next = from + 1;
		blank = next < lines.len && view->bytes[next] == '\n';
		next += blank;
		if (next < lines.len && to > line_start && view->bytes[to - 1] == '-' && !blank &&
		    islower((unsigned char)view->bytes[next])) {
			from = next; /* a word broken at its hyphen */
			continue;
		}
		tail = (struct tail){view->bytes + line_start, to - line_start,
				     to ? view->bytes[to - 1] : '.'};
		view->bytes[to] = next >= lines.len ? '\n' : joint(lines, next, &tail, blank, doubled);
		view->origin[to] = view->origin[from];
		line_start = ++to;
		from = next;
	}
	view->text.len = to;
}

void view_init(struct view *view, enum view_kind kind, struct slice document)
{
	assert(document.len < UINT32_MAX);
	*view = (struct view){.text = document, .document = document};
	if (kind == VIEW_TEXT)
		return;
	view->bytes = mem_alloc(document.len + 2);
	view->origin = mem_alloc((document.len + 2) * sizeof(*view->origin));
	view->text = (struct slice){view->bytes, 0};
	build_lines(view);
	if (kind == VIEW_FLOW)
		join_lines(view);
}

void view_init_flow(struct view *view, const struct view *lines)
{
	*view = *lines;
	view->bytes = mem_alloc(lines->text.len + 2);
	view->origin = mem_alloc((lines->text.len + 2) * sizeof(*view->origin));
	memcpy(view->bytes, lines->text.ptr, lines->text.len);
	memcpy(view->origin, lines->origin, lines->text.len * sizeof(*view->origin));
	view->text.ptr = view->bytes;
	join_lines(view);
}

void view_release(struct view *view)
{
	mem_free(view->bytes);
	mem_free(view->origin);
	*view = (struct view){0};
}

size_t view_start(const struct view *view, size_t start)
{
	return view->origin ? view->origin[start] : start;
}

size_t view_end(const struct view *view, size_t end)
{
	size_t at;

	if (!view->origin)
		return end;
	at = view->origin[end - 1];
	utf8_next(view->document, &at);
	return at;
}
