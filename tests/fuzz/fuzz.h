/*
 * fuzz.h - one function per parser: any bytes in, no crash and no broken promise out.
 *
 *	libFuzzer ─ bytes ─▶ fuzz_NAME ─▶ the parser, and an oracle that says what must be true of its answer
 *
 * A function takes any bytes, bounds its own work, leaves nothing behind and ends the process by
 * fuzz_fail when the oracle is not content. entry.c makes a libFuzzer program of each; the same functions
 * run over the kept corpus under the normal compiler (tests/unit/workflow/fuzz, tests/unit/steps/STEP).
 *
 * Depends on lib and on what the harness tests: workflow, or one step.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "lib/text/text.h"

typedef void fuzz_function(struct slice input);

struct fuzz_target {
	const char *name; /* of the folder under corpus/ and of the program */
	fuzz_function *run;
};

/* Those of the runner, ended by a row without a name. */
extern const struct fuzz_target fuzz_targets[];

/* All of a table over the corpus, a test for each; returns the exit status. Runs in the root of the tree. */
int fuzz_run_kept(const struct fuzz_target *targets);

/* YAML text -> nodes: places lie in the source, typing and yaml_value take every tree. */
void fuzz_yaml(struct slice input);
/* JSON text -> value -> JSON text -> value: the same value, the same text. */
void fuzz_json(struct slice input);
/* Bytes -> a value of any shape -> the journal's form -> the same value. */
void fuzz_value(struct slice input);
/* Expression -> tree -> text -> tree: the same tree. */
void fuzz_expr(struct slice input);
/* Definition -> plan: printed and drawn in every form, or refused with a place in the source. */
void fuzz_plan(struct slice input);
/* Definition, NUL, answers -> a run; repeated from a prefix of its events: the same events (J4). */
void fuzz_run(struct slice input);

/* Filter, fields, order, token, body of a request to the API: taken, or refused with a status. */
void fuzz_request(struct slice input);
/* Any bytes as the text of a document: words lie where they are said to, whatever comes before them; scores are
 * finite. */
void fuzz_classify_text(struct slice input);
/* A model file whose size and checksum are set right, all else any bytes: refused with a reason, or usable. */
void fuzz_classify_model(struct slice input);

/* Any bytes as a text: what each recogniser of extract finds goes forward, lies in the text, can be written. */
void fuzz_recognise(struct slice input);

/* The oracle's verdict: message on stderr, then abort. */
_Noreturn void fuzz_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
