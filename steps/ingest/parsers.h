/*
 * parsers.h - the parsers of untrusted bytes, in children of this program.
 *
 * A child is this program again with the verb `parse`: confined (lib/proc/sandbox.h) to memory and its
 * socket, asked one document at a time, and kept for the next. A document that makes it crash, hang or eat
 * memory is refused; the next one gets a fresh child. There are as many children as documents being parsed at
 * once.
 *
 * Depends on lib/{mem,text,diag,value,json,proc}, libmagic. Safe from any thread.
 */
#ifndef STEPS_INGEST_PARSERS_H
#define STEPS_INGEST_PARSERS_H

#include "steps/ingest/parsed.h"

/* The verb by which the child is called; its main is parsers_child. */
#define PARSERS_VERB "parse"

enum parse_kind {
	PARSE_HTML = 'h',
	PARSE_DOCX = 'd',
	PARSE_NAME = 'n', /* what is this file? its media type and description as the text: "image/png: PNG
			     image …" */
};

struct parsers; /* opaque */

/* `program`: what to start; NULL: the program that is running. */
struct parsers *parsers_new(const char *program);
void parsers_free(struct parsers *parsers); /* NULL is fine */

/* *parsed is initialised by the caller. 0, or -1 with ERROR_INPUT or ERROR_LIMIT (the document's fault) or
 * ERROR_IO (no child can be started). */
int parsers_ask(struct parsers *parsers, enum parse_kind kind, struct slice bytes, struct parsed *parsed,
		struct error *err);

/* main of the child. */
int parsers_child(int argc, char **argv);

#endif
