/*
 * moment.h - the variables of a past run at one moment: show --at, eval --at.
 *
 * A moment is an event ("12": after it) or a step ("main.add", "main.add#3": before its first or third time).
 *
 * Depends on workflow/{engine,cli}.
 */
#ifndef WORKFLOW_CLI_MOMENT_H
#define WORKFLOW_CLI_MOMENT_H

#include "workflow/cli/recorded.h"

/* *moment as workflow/engine/moment.h says; owned by the caller. */
int cli_moment(const struct opts *opts, const struct recorded *recorded, const char *at, struct value *moment,
	       struct error *err);
void cli_moment_print(struct value moment); /* as text */

#endif
