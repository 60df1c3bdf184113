/*
 * grounding.h - where in a text a quote stands that somebody else gave.
 *
 * A quote from outside may differ from the text in white space only. The text is made single-blanked once, with
 * the way back; each quote is then looked for by memmem, so the work is linear whatever either of them holds.
 *
 * Depends on lib/{mem,text,value}. One thread; the text is lent.
 */
#ifndef STEPS_EXTRACT_GROUNDING_H
#define STEPS_EXTRACT_GROUNDING_H

#include "lib/text/text.h"
#include "lib/value/value.h"

#include <stdbool.h>
#include <stdint.h>

struct grounding {
	struct slice text;
	char *single; /* the text with runs of white space as one blank; owned */
	uint32_t *
		origin; /* byte of the text that each byte of `single` came from, and one past the last; owned */
	size_t length; /* of single */
};

/* Bytes of the text. */
struct ground {
	size_t start, end;
};

void grounding_init(struct grounding *grounding, struct slice text); /* below 4 GiB */
void grounding_release(struct grounding *grounding);

/* The place of the quote: at code point `near` if it stands there, else its first place. False: nowhere.
 * `near` SIZE_MAX: no such wish. */
bool grounding_find(const struct grounding *grounding, struct slice quote, size_t near,
		    struct ground *ground);

/* "span" (code points), "quote" (the text's own words) and, with `pages` a list, "page" and "page_offset" of an item. */
void grounding_put(const struct grounding *grounding, struct ground ground, struct value pages,
		   struct value *item);

#endif
