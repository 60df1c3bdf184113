/*
 * words.h - the words of a text, one pass over its bytes, each as a 64-bit hash.
 *
 * A word is a longest run of letters and digits; case is folded for ASCII and Latin-1 letters, soft hyphens
 * are passed over, and the ligatures that PDF files are full of (fi, fl ...) are spelled out. Letters of
 * other scripts count as they are. A word of digits alone is the word "0": which number it is says little
 * about a document, that there is one says something. Ill-formed UTF-8 gives odd words, never a read past the
 * end.
 *
 * The hash takes the folded bytes in groups of eight, each added by MurmurHash3's finaliser
 * (github.com/aappleby/smhasher). It is part of the model format: to change it is to change MODEL_VERSION.
 *
 * Depends on lib/text. Nothing is allocated; a reader has one owner.
 */
#ifndef STEPS_CLASSIFY_WORDS_H
#define STEPS_CLASSIFY_WORDS_H

#include "lib/text/text.h"

#include <stddef.h>
#include <stdint.h>

struct word {
	uint64_t hash;
	uint32_t start; /* bytes from the start of the text */
	uint32_t end;
};

struct words {
	const unsigned char *text; /* borrowed */
	size_t size;               /* bytes */
	size_t at;
};

void words_init(struct words *words, struct slice text); /* reads at most 4 GiB of it */

/* Fill `list` with the next words, as many as there are up to `capacity`; 0 at the end of the text. */
size_t words_read(struct words *words, struct word *list, size_t capacity);

/* Append the word as it is hashed: folded, ligatures spelled out, "0" for a number. */
void word_write(struct buf *out, struct slice text, struct word word);

/* The finaliser: spreads every bit of a hash over all of it. */
static inline uint64_t word_mix(uint64_t hash)
{
	hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdu;
	hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53u;
	return hash ^ (hash >> 33);
}

#endif
