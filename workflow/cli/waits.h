/*
 * waits.h - what a run that has not ended waits for, from its events.
 *
 *	{"for": "call", "sleep", "retry", "callback" or "execution", "step", "iteration", "since": time,
 *	 "until": time (of a wait that ends by itself; of a retry: its next attempt),
 *	 "method", "url", "workflow": as far as it has them,
 *	 "attempt": n, "of": m, "error": {...}: of a call that failed before, and of a retry: the attempt to come}
 *
 * An attempt is told from the events: of one strand, step and iteration, with a retry between the calls.
 *
 * Depends on workflow/{journal,cli}.
 */
#ifndef WORKFLOW_CLI_WAITS_H
#define WORKFLOW_CLI_WAITS_H

#include "workflow/cli/cli.h"

/* A list, in the order of the announcements; owned by the caller. */
int waits_read(struct journal *journal, const struct journal_run *run, struct value *waits, struct error *err);
/* A line for each, the first ten. */
void waits_print(struct value waits);

#endif
