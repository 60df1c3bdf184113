/*
 * lines.h - running text put together from the pieces a markup gives.
 *
 * White space between pieces collapses to one space, breaks add up to the larger one and never stand at the
 * start; soft hyphens and zero-width marks, which only tell a browser where to break, are left out.
 *
 * Depends on lib/text. One owner.
 */
#ifndef STEPS_INGEST_LINES_H
#define STEPS_INGEST_LINES_H

#include "lib/text/text.h"

struct text_lines {
	struct buf *out; /* lent */
	int breaks;      /* newlines to write before the next piece */
	bool space;      /* a space to write before the next piece */
	bool tab;        /* a tab instead */
	bool page;       /* a form feed */
	bool verbatim;   /* white space is kept: preformatted text */
};

/* Pieces are UTF-8. 0, or -1 when the buf is full. */
int text_lines_add(struct text_lines *lines, struct slice piece);
void text_lines_break(struct text_lines *lines, int newlines); /* at least so many */
void text_lines_line(struct text_lines *lines);                /* one more, as <br> does */
void text_lines_tab(struct text_lines *lines);                 /* between the cells of a row */
void text_lines_page(struct text_lines *lines);

#endif
