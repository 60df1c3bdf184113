/*
 * reporters.h - the abbreviation of a reporter, code or journal at a place of a text.
 *
 * Spelling is forgiving about dots and blanks and strict about letters; the longest name that fits is meant.
 *
 * Depends on words.h; the table is reporters.def. No state.
 */
#ifndef STEPS_EXTRACT_REPORTERS_H
#define STEPS_EXTRACT_REPORTERS_H

#include "steps/extract/words.h"

enum printed { PRINTED_CASES, PRINTED_CODE, PRINTED_PAGES, PRINTED_JOURNAL, PRINTED_BEFORE };

struct reporter {
	enum printed what;
	const char *name;
	const char *court; /* or "" */
	const char *spellings;
};

struct reporter_match {
	const struct reporter *reporter; /* NULL: a journal known by its form */
	size_t end;                      /* byte after it, series included */
	struct slice series;             /* "2d", or empty */
};

/* The reporter that begins at byte `at`. */
bool reporter_at(struct slice text, size_t at, struct reporter_match *match);
/* "Minn. L. Rev.", "Yale L.J.": a journal by its form. */
bool journal_at(struct slice text, size_t at, struct reporter_match *match);

#endif
