/*
 * table.h - rows of text in columns that line up on a terminal.
 *
 * Widths are display columns: East Asian wide characters take two, combining marks none (ICU knows).
 * When the table is wider than it may be, the widest columns give way, down to their good widths and
 * then to their least ones; cut cells end in "…".
 * Control characters in a cell are shown as blanks: text from documents must not steer the terminal.
 *
 * Depends on lib/{mem,text}, ICU. One owner.
 */
#ifndef STEPS_STORE_TABLE_H
#define STEPS_STORE_TABLE_H

#include "lib/text/text.h"

#include <stdbool.h>
#include <stdio.h>

struct table_column {
	const char *name;  /* heading */
	size_t good_width; /* gives way last below this */
	size_t min_width;  /* never narrower than this, unless its content is */
	bool is_number;    /* right-aligned */
};

struct table; /* opaque */

struct table *table_new(const struct table_column *columns, size_t count); /* lent */
void table_free(struct table *table);
/* Fill the next cell, row by row. Copied. */
void table_add(struct table *table, struct slice text);
/* Width 0: as wide as it gets. */
void table_print(const struct table *table, size_t width, FILE *out);

/* Columns of the terminal on `out`; without one $COLUMNS, else 160. */
size_t table_terminal_width(FILE *out);

size_t table_text_width(struct slice text);
/* Text of at most `width` columns: cut with "…" if it is longer. Control characters become blanks. */
void table_fit(struct buf *out, struct slice text, size_t width);

#endif
