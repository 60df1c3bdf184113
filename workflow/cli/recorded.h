/*
 * recorded.h - a past run as the journal has it: its row, its definition compiled again.
 *
 * Depends on workflow/{plan,journal,engine}.
 */
#ifndef WORKFLOW_CLI_RECORDED_H
#define WORKFLOW_CLI_RECORDED_H

#include "workflow/cli/cli.h"
#include "workflow/engine/rerun.h"

struct recorded {
	struct journal *journal; /* for reading; owned */
	struct journal_run row;
	struct buf file; /* name the definition was given under */
	struct plan *plan;
};

/* Find the run of this id (or "last"). Accepts a failed one in recorded_release. */
int recorded_find(struct recorded *recorded, const struct opts *opts, const char *id, struct error *err);
/* Find the run that the first operand names. Accepts a failed one in recorded_release. */
int recorded_open(struct recorded *recorded, const struct opts *opts, struct error *err);
void recorded_release(struct recorded *recorded);

/* What the run used (run_usage): from its last event, else by repeating its history. `end`: the content of that event,
 * or null. Null when the history cannot be repeated (a secret is gone). Owned by the caller. */
struct value recorded_usage(const struct recorded *recorded, struct value end);
/* A line for each, with its limit where there is one. */
void print_usage(struct value usage, struct value limits);

#endif
