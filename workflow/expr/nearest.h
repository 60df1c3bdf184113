/*
 * nearest.h - "did you mean": which of many words is closest to the one that was written.
 *
 * Offer every candidate, then ask. Closeness is the number of letters left out, added, changed or
 * swapped; a word is close when that is at most a third of its length, and at most six.
 *
 * Depends on lib/text. Words are borrowed.
 */
#ifndef WORKFLOW_EXPR_NEAREST_H
#define WORKFLOW_EXPR_NEAREST_H

#include "lib/text/text.h"

struct nearest {
	struct slice word;
	struct slice best; /* borrowed from the candidate */
	size_t distance;   /* of `best`; beyond the allowed one while there is none */
};

void nearest_init(struct nearest *nearest, struct slice word);
void nearest_offer(struct nearest *nearest, struct slice candidate);
/* The closest candidate, the first of equals; ptr NULL when none is close. */
struct slice nearest_best(const struct nearest *nearest);

#endif
