/*
 * features.h - what a document is judged by.
 *
 * Four kinds in three vectors: the words of the text (body); the words of its first FEATURES_HEAD_BYTES and
 * the pairs of neighbours there (head); the pairs around a cue in the first FEATURES_CUE_BYTES (cues.h). A
 * heading says what a document is called, a verb of the first page what it does, the rest what it is about:
 * so the three are weighed apart (model.h). At most FEATURES_MAX_BYTES of a text are read: what comes later
 * does not change what a document is, and a hostile text cannot buy more work.
 *
 * Depends on words.h, cues.h. Nothing is allocated; a reader has one owner.
 */
#ifndef STEPS_CLASSIFY_FEATURES_H
#define STEPS_CLASSIFY_FEATURES_H

#include "steps/classify/cues.h"

enum {
	FEATURES_HEAD_BYTES = 600,
	FEATURES_CUE_BYTES = 2500, /* about a page without its margins */
	FEATURES_MAX_BYTES = 200 << 10,
	FEATURES_WORD_BYTES = 40, /* a longer run is no word: base64, scripts that put no spaces */
	FEATURES_BATCH = 1024,    /* 256 words give at most four each */
};

enum feature_kind { FEATURE_BODY, FEATURE_HEAD, FEATURE_CUE, FEATURE_KINDS };

struct feature {
	uint64_t key;   /* hash of kind and words; the two lowest bits are the kind */
	uint32_t start; /* bytes from the start of the trimmed text; a pair spans both words */
	uint32_t end;
};

struct features {
	struct slice text;       /* trimmed and cut; borrowed */
	const struct cues *cues; /* borrowed; NULL: none */
	struct words words;
	struct word before; /* the last word of the first page; all zero at its start */
	bool before_is_cue;
};

/* Of a key, or of its low half. FEATURE_KINDS for a number that is none. */
static inline enum feature_kind feature_kind(uint64_t key)
{
	return (enum feature_kind)(key & 3);
}

void features_init(struct features *features, struct slice text, const struct cues *cues);
/* Fill `list`, which holds FEATURES_BATCH, with the next features; 0 at the end. */
size_t features_read(struct features *features, struct feature *list);
/* Append the words of a feature, as they are hashed: "agreement", "plea agreement". */
void feature_write(struct buf *out, const struct features *features, struct feature feature);

#endif
