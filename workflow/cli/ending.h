/*
 * ending.h - how a run ended, where it failed, and which command to type next.
 *
 *	error      HTTP server responded with error code 503
 *	           in step "send", routine "main", line: 26
 *	failed at  main.send#2 (big.yaml:26)
 *
 *	next       lexflow show RUN --at main.send#2        # the variables before it
 *	           lexflow rerun RUN main.send --failed     # the step alone, again
 *	           lexflow rerun RUN --from main.send#2     # it and all after it, in a new run; --source FILE: mended
 *
 * A run that nobody goes on with has commands, too. They are complete, --state included: one copies them.
 *
 * Depends on workflow/{journal,engine,cli}.
 */
#ifndef WORKFLOW_CLI_ENDING_H
#define WORKFLOW_CLI_ENDING_H

#include "workflow/cli/recorded.h"

/* Where the run failed, "main.send#2"; appended. Nothing when it did not, or when its history is not repeated here. */
void ending_failed_at(const struct recorded *recorded, struct buf *at);
/* On stdout. `end`: the content of EVENT_ENDED, or null; `at`: of ending_failed_at. */
void ending_print(const struct opts *opts, const struct recorded *recorded, struct value end, const char *at);

#endif
