/*
 * telling.h - the words that told a label from the others, as the examples have them.
 *
 * A weight alone says little: the largest ones belong to words that hardly any document has. What counts is
 * what a feature gave to the score of the documents that have the label, on average.
 *
 * Depends on learn.h. Nothing is kept.
 */
#ifndef STEPS_CLASSIFY_TELLING_H
#define STEPS_CLASSIFY_TELLING_H

#include "steps/classify/learn.h"

struct telling_word {
	const char *words; /* borrowed from the vocabulary */
	enum feature_kind kind;
	double share; /* of the score, mean over the label's examples */
};

/* Strongest first, at most `capacity` and only what spoke for the label; `weights` as learn_weights gives
 * them for these vectors. */
size_t telling_words(const struct vocabulary *vocabulary, const struct vectors *vectors,
		     const struct examples *examples, const double *weights, size_t label,
		     struct telling_word *list, size_t capacity);

#endif
