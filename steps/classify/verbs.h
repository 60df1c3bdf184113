/*
 * verbs.h - `classify train` and `classify evaluate`: making a model and measuring one.
 *
 * Both read labelled records (examples.h). Results are on stdout: tables for people, or with
 * --json one JSON value; talk is on stderr. They return the exit status of the program.
 * Depends on lib/{opt,json,value}, examples.h, report.h.
 */
#ifndef STEPS_CLASSIFY_VERBS_H
#define STEPS_CLASSIFY_VERBS_H

#include "lib/opt/opt.h"
#include "steps/classify/examples.h"
#include "steps/classify/report.h"

int train_verb(int argc, char **argv);
int evaluate_verb(int argc, char **argv);

/* The options that say where labelled records are, for both, and the records. */
extern const struct opt_option verb_source_options[];
int verb_examples(const struct opts *opts, const struct rules *rules, struct examples *examples,
		  struct error *err);
/* Print an error and its hint on stderr; returns the exit status that goes with it. */
int verb_failed(const char *verb, const struct error *err);

/* One JSON value, a line on stdout. */
void verb_print(struct value value);
/* Draw the picture of a report into the file that --report names, if it does. */
int verb_draw(const struct opts *opts, const struct report *report, struct error *err);

#endif
