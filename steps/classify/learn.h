/*
 * learn.h - from vectors and labels to weights and probabilities.
 *
 * For each label a linear support vector machine, squared hinge loss, against all others (liblinear:
 * Fan et al., JMLR 9, 2008). The solver shuffles with rand(), which is seeded here, so the same input gives
 * the same weights; therefore one thread at a time.
 *
 * Depends on vocabulary.h, liblinear.
 */
#ifndef STEPS_CLASSIFY_LEARN_H
#define STEPS_CLASSIFY_LEARN_H

#include "steps/classify/vocabulary.h"

struct learn_settings {
	double cost;      /* C: what a mistake costs */
	double tolerance; /* of the solver */
	size_t folds;     /* for calibration, at least 2 */
};

/* weights[label * width + id], the bias last in each row. Only examples with use[i] are learnt from; NULL:
 * all. */
void learn_weights(const struct vectors *vectors, const struct examples *examples, const bool *use,
		   const struct learn_settings *settings, double *weights);

/* scores[example * labels + label], each by a machine that did not see the example's group. */
void learn_scores(const struct vectors *vectors, const struct examples *examples,
		  const struct learn_settings *settings, double *scores);

/* Slope and offset of odds = exp(slope * score + offset) that make the `count` outcomes most likely. */
void learn_sigmoid(const double *scores, const bool *outcomes, size_t count, double *slope, double *offset);

#endif
