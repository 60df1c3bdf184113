/*
 * recognise.h - the general recognisers by name: what stands where in a text, and what it means.
 *
 *	text ─▶ recogniser (money.h, numbers.h, dates.h, citations.h, courts.h) ─▶ places and values
 *
 * A recogniser knows no document type and no field; models decide what a finding is worth. Here they are
 * reachable one by one, for `extract recognise` and for tests.
 *
 * Depends on the recognisers, lib/value. No state. A list is as long as the text has findings.
 */
#ifndef STEPS_EXTRACT_RECOGNISE_H
#define STEPS_EXTRACT_RECOGNISE_H

#include "lib/value/value.h"
#include "steps/extract/words.h"

/* One finding. */
struct recognised {
	size_t start, end;  /* bytes of the text */
	struct value value; /* a map; owned by whoever asked */
};

struct recogniser {
	const char *name;  /* "money" */
	const char *about; /* one line */
	/* The first finding that begins at `from` or later. */
	bool (*next)(struct slice text, size_t from, enum tongue tongue, struct recognised *found);
};

/* Ended by a row without a name. */
extern const struct recogniser recognisers[];

const struct recogniser *recogniser_named(struct slice name); /* or NULL */

/* [{"start": 0, "end": 3, "quote": "$10", "value": {...}}, ...]; places in code points. `text` is UTF-8. */
struct value recognise(const struct recogniser *recogniser, struct slice text, enum tongue tongue);

/* extract recognise KIND [--language en|fr] [--lines] [FILE]; returns the exit status. */
int recognise_verb(int argc, char **argv);

#endif
