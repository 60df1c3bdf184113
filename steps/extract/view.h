/*
 * view.h - a document as rules want to read it, with the way back to its own offsets.
 *
 *   text   the document as it is
 *   lines  one kind of space, quote and dash; no soft hyphens; OCR's caption columns ( ")" "|" "§" alone)
 *          gone; lines kept, at most one blank line in a row
 *   flow   the same with the lines of a paragraph joined by spaces; paragraphs end in a newline
 *
 * So a rule writes "agreed to pay" once and finds it over a line break. Offsets are bytes.
 *
 * Depends on lib/mem, lib/text. A built view is read-only and safe from any thread.
 */
#ifndef STEPS_EXTRACT_VIEW_H
#define STEPS_EXTRACT_VIEW_H

#include "lib/text/text.h"

enum view_kind { VIEW_TEXT, VIEW_LINES, VIEW_FLOW, VIEW_KINDS };

struct view {
	struct slice text;     /* VIEW_TEXT: the document itself, borrowed; else owned */
	struct slice document; /* borrowed */
	char *bytes;           /* owned */
	uint32_t *origin; /* owned: where in the document the character of each byte starts; NULL: identity */
};

void view_init(struct view *view, enum view_kind kind, struct slice document); /* document: valid UTF-8 */
/* `flow` of a document whose `lines` are there already; cheaper than anew. */
void view_init_flow(struct view *view, const struct view *lines);
void view_release(struct view *view);

/* Where in the document the characters [start, end) of the view begin and end; start < end. */
size_t view_start(const struct view *view, size_t start);
size_t view_end(const struct view *view, size_t end);

#endif
