/*
 * limits.h - what an execution may use (reference, section 10). On by default, adjustable by name.
 *
 * A breach raises the error the service raises: ResourceLimitError (which nothing catches),
 * RecursionError, ParallelNestingError. Depends on lib/diag.
 */
#ifndef WORKFLOW_ENGINE_LIMITS_H
#define WORKFLOW_ENGINE_LIMITS_H

#include "lib/diag/error.h"

#include <stdint.h>
#include <stdio.h>

struct limits {
	int64_t steps;             /* executed in a run */
	int64_t memory_bytes;      /* all variables of a run */
	int64_t call_depth;        /* levels of routine calls, main included */
	int64_t parallel_depth;    /* parallel in parallel */
	int64_t parallel_branches; /* branches and iterations under way at once, in the whole run */
	int64_t branch_errors;     /* kept in the UnhandledBranchErrors of a run */
	int64_t response_bytes;    /* body of an HTTP response */
};

struct limits limits_default(void);
/* "name=value"; "off" as value lifts it. ERROR_INPUT names the known limits. */
int limits_set(struct limits *limits, const char *assignment, struct error *err);
/* The i-th limit, NULL past the last; *value is its current setting. */
const char *limits_at(const struct limits *limits, int i, int64_t *value);

#endif
