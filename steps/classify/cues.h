/*
 * cues.h - the words of the first page that say what is done: charges, orders, agreed, assessed.
 *
 * Whoever writes the rules of a type names them (rules.h). A cue is taken together with its neighbours, so
 * "jury charges" and "attorney charges" are two features, and so are "assessed a" and "agreed to".
 *
 * The set is a table of hashes with open addressing, in the form in which a model file holds it.
 * Depends on words.h. Read-only once filled.
 */
#ifndef STEPS_CLASSIFY_CUES_H
#define STEPS_CLASSIFY_CUES_H

#include "steps/classify/words.h"

#include <stdbool.h>

enum {
	CUES_SLOTS = 512,
	CUES_MAX = 200, /* so that a search soon meets an empty slot */
};

struct cues {
	uint64_t slots[CUES_SLOTS]; /* hashes of words, each at or after its own place; 0: empty */
};

/* 0, or -1 when `word` is not exactly one word or the set is full. A word that is there already is fine. */
int cues_add(struct cues *cues, struct slice word);
/* A search needs an empty slot to end at: what a file holds is asked once. */
bool cues_is_sound(const struct cues *cues);

static inline bool cues_has(const struct cues *cues, uint64_t hash)
{
	for (size_t at = hash % CUES_SLOTS; cues->slots[at]; at = (at + 1) % CUES_SLOTS) {
		if (cues->slots[at] == hash)
			return true;
	}
	return false;
}

#endif
