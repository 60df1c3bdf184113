/*
 * verbs.h - `classify train` and `classify evaluate`: making a model and measuring one.
 *
 * Both read labelled records (examples.h). Results are on stdout, one JSON value or a table; talk is on
 * stderr. They return the exit status of the program. Depends on lib/{opt,json,value}, examples.h, model.h.
 */
#ifndef STEPS_CLASSIFY_VERBS_H
#define STEPS_CLASSIFY_VERBS_H

#include "lib/opt/opt.h"
#include "steps/classify/examples.h"

int train_verb(int argc, char **argv);
int evaluate_verb(int argc, char **argv);

/* The options that say where labelled records are, for both, and the records. */
extern const struct opt_option verb_source_options[];
int verb_examples(const struct opts *opts, const struct rules *rules, struct examples *examples,
		  struct error *err);
/* Print an error and its hint on stderr; returns the exit status that goes with it. */
int verb_failed(const char *verb, const struct error *err);

/* Agreement of what a model says with the labels, for one label. */
struct tally {
	const char *name; /* borrowed */
	size_t right;     /* said and true */
	size_t extra;     /* said and not true */
	size_t missed;    /* true and not said */
};

double tally_f1(const struct tally *tally); /* 0 where nothing is right */
/* Mean of the F1 of all labels that occur. */
double tally_macro(const struct tally *tallies, size_t count);

#endif
