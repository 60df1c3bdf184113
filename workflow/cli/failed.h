/*
 * failed.h - the step that a run failed at: the one to look at, to do again, to go on from.
 *
 * It stands on top of the stack trace of the error that ended the run. Came the run to it more than once, then the last
 * time that it failed is meant: what failed before was caught. Of a parallel step whose branches failed it is the branch
 * that failed first, since whoever goes on from a later one takes the earlier failure over.
 *
 * Depends on workflow/{engine,cli}.
 */
#ifndef WORKFLOW_CLI_FAILED_H
#define WORKFLOW_CLI_FAILED_H

#include "workflow/cli/recorded.h"

struct failed {
	char step[256]; /* "main.extract" */
	size_t visit;	/* which time, from 0 */
	size_t events;	/* of the history before it began */
};

/* 1; 0 when no step of the run failed; -1 when its history is not repeated (ERROR_INPUT) or read. */
int failed_find(const struct recorded *recorded, const struct history *history, struct failed *failed, struct error *err);

#endif
