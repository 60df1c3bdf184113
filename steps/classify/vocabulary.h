/*
 * vocabulary.h - the features of a set of examples, and the examples as vectors of them.
 *
 * One pass over the texts numbers every feature and counts it in each document; features of fewer than
 * `least` documents are dropped. `cues` may be NULL. The weighting is that of model.h: vectors made here
 * and scores made there must agree.
 *
 * Depends on examples.h, features.h, liblinear's feature_node. One owner.
 */
#ifndef STEPS_CLASSIFY_VOCABULARY_H
#define STEPS_CLASSIFY_VOCABULARY_H

#include "lib/mem/mem.h"
#include "steps/classify/examples.h"

#include <linear.h>

struct vocabulary_entry {
	uint64_t key;
	const char *words;  /* in the arena */
	uint32_t documents; /* that have it */
	uint32_t last;      /* document that was counted last, from 1 */
	uint32_t term;      /* place in that document's terms */
	bool kept;
	int id; /* of a kept one: dense, from 0 */
	float idf;
};

struct vocabulary_term {
	uint32_t entry;
	uint32_t count;
};

struct vocabulary_document {
	struct vocabulary_term *terms;
	size_t count;
	size_t capacity;
};

struct vocabulary {
	struct vocabulary_entry *entries;
	size_t count;
	size_t capacity;
	size_t kept;
	struct vocabulary_document *documents;
	size_t document_count;
	uint32_t *table;   /* entry + 1 by key */
	size_t table_size; /* a power of two */
	struct arena arena;
};

void vocabulary_init(struct vocabulary *vocabulary, const struct examples *examples, const struct cues *cues,
		     size_t least);
void vocabulary_release(struct vocabulary *vocabulary);

/* Keep the `most` features of greatest weight, weight[id] >= 0 given for each kept one, and number them anew.
 */
void vocabulary_cut(struct vocabulary *vocabulary, const double *weight, size_t most);

/* Every document as liblinear wants it: nodes by id + 1, a last one for the bias, an end mark. */
struct vectors {
	struct feature_node **rows;
	size_t count;
	int width; /* features and the bias */
};

/* Body, head and cues each get length weight[kind]. */
void vectors_init(struct vectors *vectors, const struct vocabulary *vocabulary,
		  const double weight[FEATURE_KINDS]);
void vectors_release(struct vectors *vectors);

#endif
