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

struct waits {
	struct value list; /* the first of them, in the order of the announcements */
	size_t count;	   /* of all */
};

/* Accepts a failed one in waits_release. */
int waits_read(struct journal *journal, const struct journal_run *run, size_t most, struct waits *waits,
	       struct error *err);
void waits_release(struct waits *waits);
/* Append one in a line of text; no control character is in it. */
void wait_add(struct buf *line, struct value wait);
/* A line for each, the first ten. */
void waits_print(const struct waits *waits);

#endif
