/*
 * redrive.h - going on from a step of a past run, in a new one: rerun --from, and resume --source of a failed run.
 *
 * What --env, --set and --source say is taken in place of what the run recorded (workflow/engine/redrive.h says when it
 * fits). The new run prints its result as `run` does.
 *
 * Depends on workflow/{engine,services,cli}.
 */
#ifndef WORKFLOW_CLI_REDRIVE_H
#define WORKFLOW_CLI_REDRIVE_H

#include "workflow/cli/recorded.h"

extern const struct opt_option cli_change_options[]; /* --source --env --env-file */

/* What the options put in the place of the recorded. */
struct changed {
	const char *file; /* lent: of --source, or the recorded one */
	struct buf source;
	struct plan *plan;  /* owned; NULL: the definition is the recorded one */
	struct value given; /* --env, --env-file: a map */
};

/* Mistakes of the definition are printed. Returns 0, or an exit status; fill with zeros before. Accepts a failed one in
 * changed_release. */
int changed_read(struct changed *changed, const struct opts *opts, const struct recorded *recorded);
void changed_release(struct changed *changed);
const struct plan *changed_plan(const struct changed *changed, const struct recorded *recorded);

/* --set into a map. */
int cli_read_set(const struct opts *opts, struct value *set, struct error *err);

/* Go on from `step` ("main.extract#2"), NULL: from the one that failed. Returns the exit status; all is reported. */
int cli_redrive(const struct opts *opts, const struct recorded *recorded, const char *step);
/* Say from which step the changed definition could go on: the hint of `err`. `history` has the recorded environment. */
void cli_hint_safe_step(const struct recorded *recorded, const struct changed *changed, const struct history *history,
			size_t fits, struct error *err);

#endif
