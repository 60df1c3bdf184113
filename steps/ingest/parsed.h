/*
 * parsed.h - what every parser makes of a document.
 *
 * The text is UTF-8 in reading order, one line a paragraph; a form feed stands where a new page begins. The
 * title and the dates are those the format itself carries, so both may be missing.
 *
 * Depends on lib/text, lib/value. One owner.
 */
#ifndef STEPS_INGEST_PARSED_H
#define STEPS_INGEST_PARSED_H

#include "lib/diag/error.h"
#include "lib/text/text.h"
#include "lib/value/value.h"

struct parsed {
	struct buf text;
	struct buf title;
	struct value dates;    /* map: "published", "modified", "created" -> "2024-05-31" */
	struct value warnings; /* list of strings: what of the document is not in the text */
};

enum {
	PARSED_TEXT_LIMIT = 64 << 20, /* bytes; a text of 20,000 pages has a quarter of that */
	PARSED_TITLE_LIMIT = 4096,
};

void parsed_init(struct parsed *parsed);
void parsed_release(struct parsed *parsed);

/* Keep a date that begins as ISO 8601 has it (2024-05-31…) under this name, unless there is one already. */
void parsed_date(struct parsed *parsed, const char *name, struct slice text);

/* The parsers. 0, or -1 with ERROR_INPUT (not a document of this kind, or nothing in it) or ERROR_LIMIT.
 * html_parse takes UTF-8, docx_parse the file. Both are for untrusted bytes and run in the child of
 * parsers.h; they touch nothing but memory. */
int html_parse(struct slice html, struct parsed *parsed, struct error *err);
int docx_parse(struct slice file, struct parsed *parsed, struct error *err);
/* Starts pdftotext in a sandbox of its own, so it is called outside the child. */
int pdf_parse(struct slice file, struct parsed *parsed, struct error *err);

#endif
