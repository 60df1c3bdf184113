/*
 * heading.h - a title for a text that carries none.
 *
 * Decisions begin with what is no title: stamps of the court's filing system, letterheads, "FOR IMMEDIATE
 * RELEASE", a caption "UNITED STATES OF AMERICA / Before the / …". Of a paper with a caption the line in
 * capitals that says what it is ("ORDER INSTITUTING PROCEEDINGS …") is taken, of others the first block of
 * lines that is none of these; lines are joined.
 *
 * Depends on lib/text. No state.
 */
#ifndef STEPS_INGEST_HEADING_H
#define STEPS_INGEST_HEADING_H

#include "lib/text/text.h"

enum { HEADING_BYTES = 240 }; /* at most; cut between words */

/* Appends the heading, possibly nothing. One line, white space collapsed. */
void heading_find(struct slice text, struct buf *heading);
/* Appends `text` as one line of at most HEADING_BYTES. */
void heading_clean(struct slice text, struct buf *heading);

#endif
