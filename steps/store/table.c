/* table.c - columns; see table.h. */
#include "steps/store/table.h"

#include "lib/load/icu.h"
#include "lib/mem/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { GAP = 2, DEFAULT_WIDTH = 160 };

struct table {
	const struct table_column *columns;
	size_t column_count;
	struct slice *cells; /* owned texts, row by row */
	size_t count, capacity;
};

/* ---- widths */

static size_t character_width(int32_t c)
{
	switch (u_charType(c)) {
	case U_NON_SPACING_MARK:
	case U_ENCLOSING_MARK:
	case U_FORMAT_CHAR:
		return 0;
	default:
		break;
	}
	switch (u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH)) {
	case U_EA_FULLWIDTH:
	case U_EA_WIDE:
		return 2;
	default:
		return 1;
	}
}

static bool is_control(int32_t c)
{
	/* Format characters steer too: one that reverses the writing direction would garble the row. */
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ||
	       (u_charType(c) == U_FORMAT_CHAR && u_charDirection(c) != U_BOUNDARY_NEUTRAL);
}

size_t table_text_width(struct slice text)
{
	size_t offset = 0;
	size_t width = 0;

	while (offset < text.len) {
		int32_t c = utf8_next(text, &offset);

		width += c < 0 || is_control(c) ? 1 : character_width(c);
	}
	return width;
}

void table_fit(struct buf *out, struct slice text, size_t width)
{
	bool is_cut = table_text_width(text) > width;
	size_t left = is_cut && width ? width - 1 : width;
	size_t offset = 0;

	while (offset < text.len) {
		size_t start = offset;
		int32_t c = utf8_next(text, &offset);
		size_t wide = c < 0 || is_control(c) ? 1 : character_width(c);

		if (wide > left)
			break;
		left -= wide;
		if (c < 0)
			buf_add_utf8(out, 0xfffd);
		else if (is_control(c))
			buf_add_char(out, ' ');
		else
			buf_add(out, text.ptr + start, offset - start);
	}
	if (is_cut && width)
		buf_add_text(out, "…");
}

size_t table_terminal_width(FILE *out)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	long given = columns ? strtol(columns, NULL, 10) : 0;

	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return given > 0 && given < 10000 ? (size_t)given : DEFAULT_WIDTH;
}

/* ---- the table */

struct table *table_new(const struct table_column *columns, size_t count)
{
	struct table *table = mem_new(sizeof(*table));

	assert(count > 0);
	table->columns = columns;
	table->column_count = count;
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->count; i++)
		mem_free((char *)table->cells[i].ptr);
	mem_free(table->cells);
	mem_free(table);
}

void table_add(struct table *table, struct slice text)
{
	if (table->count == table->capacity)
		table->cells = mem_grow(table->cells, &table->capacity, sizeof(*table->cells));
	table->cells[table->count++] =
		(struct slice){mem_strndup(text.ptr ? text.ptr : "", text.len), text.len};
}

static size_t sum(const size_t *widths, size_t count)
{
	size_t total = count ? (count - 1) * GAP : 0;

	for (size_t i = 0; i < count; i++)
		total += widths[i];
	return total;
}

/* Takes one from the widest column that may give. False when none may. */
static bool squeeze_one(const struct table *table, size_t *widths, bool hard)
{
	size_t widest = table->column_count;

	for (size_t i = 0; i < table->column_count; i++) {
		const struct table_column *column = &table->columns[i];

		if (widths[i] > (hard ? column->min_width : column->good_width) &&
		    (widest == table->column_count || widths[i] > widths[widest]))
			widest = i;
	}
	if (widest == table->column_count)
		return false;
	widths[widest]--;
	return true;
}

static void squeeze(const struct table *table, size_t *widths, size_t width)
{
	while (sum(widths, table->column_count) > width && squeeze_one(table, widths, false))
		;
	while (sum(widths, table->column_count) > width && squeeze_one(table, widths, true))
		;
}

static void print_row(const struct table *table, const struct slice *cells, const size_t *widths, FILE *out)
{
	struct buf line;
	size_t end;

	buf_init(&line, 0);
	for (size_t i = 0; i < table->column_count; i++) {
		size_t used = table_text_width(cells[i]);
		size_t blanks = used < widths[i] ? widths[i] - used : 0;

		if (i)
			buf_printf(&line, "%*s", GAP, "");
		if (table->columns[i].is_number)
			buf_printf(&line, "%*s", (int)blanks, "");
		table_fit(&line, cells[i], widths[i]);
		if (!table->columns[i].is_number)
			buf_printf(&line, "%*s", (int)blanks, "");
	}
	end = line.len;
	while (end && line.data[end - 1] == ' ')
		end--;
	fprintf(out, "%.*s\n", (int)end, buf_text(&line));
	buf_release(&line);
}

void table_print(const struct table *table, size_t width, FILE *out)
{
	struct slice *names = mem_new(table->column_count * sizeof(*names));
	size_t *widths = mem_new(table->column_count * sizeof(*widths));

	assert(table->column_count > 0);
	for (size_t i = 0; i < table->column_count; i++) {
		names[i] = slice_of(table->columns[i].name);
		widths[i] = table_text_width(names[i]);
	}
	for (size_t i = 0; i < table->count; i++) {
		size_t wide = table_text_width(table->cells[i]);

		if (wide > widths[i % table->column_count])
			widths[i % table->column_count] = wide;
	}
	if (width)
		squeeze(table, widths, width);
	print_row(table, names, widths, out);
	for (size_t i = 0; i + table->column_count <= table->count; i += table->column_count)
		print_row(table, table->cells + i, widths, out);
	mem_free(names);
	mem_free(widths);
}
