/*
 * report.h - how what a model says agrees with what the labels say.
 *
 * Three views of the same documents: right, extra and missed for each label; which label was taken for which,
 * where a document has one; and whether probabilities hold: of the answers that were said to be right nine
 * times in ten, how many were? The last as expected calibration error over ten bins (Naeini, Cooper and
 * Hauskrecht, AAAI 2015), and as a picture.
 *
 * Depends on lib/{value,text}, model.h. One owner.
 */
#ifndef STEPS_CLASSIFY_REPORT_H
#define STEPS_CLASSIFY_REPORT_H

#include "lib/value/value.h"
#include "steps/classify/model.h"

#include <stdio.h>

enum {
	REPORT_LABELS = 2 * MODEL_MAX_LABELS, /* those of the examples and those only the model knows */
	REPORT_BINS = 10,
};

/* Agreement of what a model says with the labels, for one label. */
struct tally {
	const char *name; /* borrowed */
	size_t right;     /* said and true */
	size_t extra;     /* said and not true */
	size_t missed;    /* true and not said */
};

struct bin {
	double said; /* sum of the probabilities of the best label */
	size_t right;
	size_t count;
};

struct report {
	struct tally tallies[REPORT_LABELS];
	size_t labels;
	bool many; /* a document may have several: nothing is taken for something else */
	/* [true][said]; the place after the last label is "none" in a row, "unknown" in a column */
	uint32_t taken[REPORT_LABELS + 1][REPORT_LABELS + 1];
	size_t documents;
	size_t right;     /* with exactly the true labels */
	size_t undecided; /* the best label was not probable enough */
	struct bin bins[REPORT_BINS];
};

/* Label number of a name, which is added when it is new and stays borrowed. */
size_t report_label(struct report *report, const char *name);

struct report_answer {
	bool truth[REPORT_LABELS];
	bool said[REPORT_LABELS];
	size_t best; /* the likeliest label, said or not */
	double probability;
	bool decided;
};

/* True when exactly the true labels were said. */
bool report_add(struct report *report, const struct report_answer *answer);

double tally_f1(const struct tally *tally); /* 0 where nothing is right */
double report_accuracy(const struct report *report);
/* Mean F1 of the labels that at least `least` documents have. */
double report_macro_f1(const struct report *report, size_t least);
double report_micro_f1(const struct report *report);
double report_calibration_error(const struct report *report);

/* Members of a map: documents, accuracy, macro_f1, micro_f1, unknown, calibration_error, labels, taken, bins. */
void report_put(const struct report *report, struct value *map);
/* Tables and a histogram for people. */
void report_print(const struct report *report, FILE *out);
/* The picture of the bins: probability said from left to right, share that was right upwards. */
void report_draw(const struct report *report, struct buf *svg);

#endif
