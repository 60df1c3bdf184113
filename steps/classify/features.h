/*
 * features.h - what a document is judged by.
 *
 * Three kinds: the words of the text (body), the words of its first FEATURES_HEAD_BYTES (head), and the pairs
 * of neighbours there (head too). A heading says what a document is, the rest what it is about, so the two
 * are weighed apart (model.h). At most FEATURES_MAX_BYTES of a text are read: what comes later does not
 * change what a document is, and a hostile text cannot buy more work.
 *
 * Depends on words.h. Nothing is allocated; a reader has one owner.
 */
#ifndef STEPS_CLASSIFY_FEATURES_H
#define STEPS_CLASSIFY_FEATURES_H

#include "steps/classify/words.h"

#include <stdbool.h>

enum {
	FEATURES_HEAD_BYTES = 600,
	FEATURES_MAX_BYTES = 200 << 10,
	FEATURES_WORD_BYTES = 40, /* a longer run is no word: base64, scripts that put no spaces */
	FEATURES_BATCH = 768,     /* 256 words give at most three each */
};

struct feature {
	uint64_t key;   /* hash of kind and words; the lowest bit is set for the head */
	uint32_t start; /* bytes from the start of the trimmed text; a pair spans both words */
	uint32_t end;
};

struct features {
	struct slice text; /* trimmed and cut; borrowed */
	struct words words;
	struct word before; /* the word of the head last seen; all zero at its start */
};

static inline bool feature_is_head(uint64_t key)
{
	return key & 1;
}

void features_init(struct features *features, struct slice text);
/* Fill `list`, which holds FEATURES_BATCH, with the next features; 0 at the end. */
size_t features_read(struct features *features, struct feature *list);
/* Append the words of a feature, as they are hashed: "agreement", "plea agreement". */
void feature_write(struct buf *out, const struct features *features, struct feature feature);

#endif
