/*
 * complaints.h - every code that a diagnostic of a definition can have, as one table.
 *
 * `lexflow help CODE`, the rules of the SARIF output and the tests read it: a code that the sources use and
 * the table lacks fails a test, and so does a row whose wrong example is not refused, or whose right one is.
 *
 * Rows are in the order of the passes: YAML, expressions, form, names, warnings. Static data.
 */
#ifndef WORKFLOW_PLAN_COMPLAINTS_H
#define WORKFLOW_PLAN_COMPLAINTS_H

#include "lib/text/text.h"

#include <stdbool.h>
#include <stddef.h>

struct complaint {
	const char *code;
	bool is_warning;
	const char *meaning; /* sentences, wrapped by whoever prints them */
	const char *wrong;   /* a whole definition; a text that begins with "#" describes one */
	const char *right;   /* the same, repaired */
	const char *source;  /* section of the language reference */
};

/* The i-th row, NULL past the last. */
const struct complaint *complaint_at(size_t i);
/* NULL when there is no such code. */
const struct complaint *complaint_find(struct slice code);
/* The code nearest to a misspelt one, or NULL. */
const struct complaint *complaint_nearest(struct slice code);

#endif
