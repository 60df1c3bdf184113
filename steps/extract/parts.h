/*
 * parts.h - one stretch of text that holds several values: a list of names, a list of sections.
 *
 * Depends on lib/text.
 */
#ifndef STEPS_EXTRACT_PARTS_H
#define STEPS_EXTRACT_PARTS_H

#include "lib/text/text.h"

enum { PARTS_MAX = 64, PART_TEXT = 96 };

struct part {
	struct slice at;      /* where it stands; borrowed from the text */
	char text[PART_TEXT]; /* what it says, when that is more than what stands there; else "" */
};

struct parts {
	size_t count;
	struct part items[PARTS_MAX];
};

static inline struct slice part_text(const struct part *part)
{
	return part->text[0] ? slice_of(part->text) : part->at;
}

#endif
