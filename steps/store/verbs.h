/*
 * verbs.h - the further verbs of the program: looking at what is stored, and at what is not yet.
 *
 *	store list      decisions as a table, newest first
 *	store search    full-text search with the passage found
 *	store show      one record
 *	store correct   what a person says about stored values; kept for later extractions too
 *	store reviewed  that, as annotated records
 *	store outbox    what waits or was refused; --retry sends it again
 *
 * Each takes --database and --help, prints answers on stdout and talk on stderr, and returns the exit status
 * of design.md, section 6. Depends on decisions.h, outbox.h, delivery.h, table.h, lib/opt.
 */
#ifndef STEPS_STORE_VERBS_H
#define STEPS_STORE_VERBS_H

#include "steps/store/decisions.h"

#include "lib/diag/error.h"
#include "lib/opt/opt.h"
#include "lib/step/step.h"
#include "lib/text/text.h"
#include "lib/value/value.h"

extern const struct step_verb store_verbs[];

int list_main(int argc, char **argv);
int search_main(int argc, char **argv);
int show_main(int argc, char **argv);
int outbox_main(int argc, char **argv);
int correct_main(int argc, char **argv);
int reviewed_main(int argc, char **argv);

/* ---- what they share */

/* Options that all verbs have. */
extern const struct opt_option verb_options[];
/* --type and --limit. */
extern const struct opt_option verb_list_options[];

enum { VERB_SHORT_ID = 12 }; /* characters of an id in a table; `store show` takes any unique beginning */

/* Parses; NULL with *status when there is nothing more to do (--help, a mistake: said on stderr). */
struct opts *verb_parse(const struct opt_command *command, int argc, char **argv, int *status);
/* Says it on stderr; the exit status. */
int verb_fail(const char *verb, const struct error *err);
/* --format json? ERROR_INPUT for anything but table and json. 1, 0 or -1. */
int verb_wants_json(const struct opts *opts, struct error *err);
/* The database of --database. One that is not there is not made by looking at it: ERROR_NOT_FOUND. */
struct decisions *verb_open(const struct opts *opts, struct error *err);
/* All of a verb that looks into the database: `look` prints, 0 or -1 with *err. The exit status. */
int verb_look(const struct opt_command *command, int argc, char **argv,
	      int (*look)(struct decisions *decisions, const struct opts *opts, bool json, struct error *err));
struct value verb_text_or_null(struct slice text);
/* Print a map as one line of JSON; takes it. */
void verb_print_json(struct value taken);
/* The last part of a path or URL. */
struct slice verb_base_name(struct slice source);

#endif
