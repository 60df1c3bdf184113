/*
 * limits.h - what an execution may use (reference, section 10). On by default, adjustable by name.
 *
 * A breach raises what the service raises and names the limit: ResourceLimitError and
 * ResultSizeLimitExceededError, which nothing catches; RecursionError, ParallelNestingError and ValueError, which
 * `try` may. The limits of a definition's text are no part of this: they are mistakes of the definition, found before
 * it runs (workflow/syntax, workflow/expr); limits_print lists them too. Depends on lib/diag.
 */
#ifndef WORKFLOW_ENGINE_LIMITS_H
#define WORKFLOW_ENGINE_LIMITS_H

#include "lib/diag/error.h"

#include <stdint.h>
#include <stdio.h>

struct limits {
	int64_t steps;             /* executed in a run: what counts is in the reference, 11.3 */
	int64_t memory_bytes;      /* all variables of a run, by the measure of value_size */
	int64_t string_bytes;      /* each string, in UTF-8 */
	int64_t argument_bytes;    /* the argument of a run, as JSON */
	int64_t result_bytes;      /* its result, as JSON */
	int64_t response_bytes;    /* body of an HTTP response */
	int64_t call_depth;        /* levels of routine calls, main included */
	int64_t parallel_depth;    /* parallel in parallel */
	int64_t parallel_branches; /* branches and iterations under way at once, in the whole run; more wait */
	int64_t branch_errors;     /* kept in UnhandledBranchErrors, in the whole run; more are dropped */
	int64_t sleep_seconds;     /* one wait: sys.sleep, and how far ahead sys.sleep_until may be */
	int64_t duration_seconds;  /* from the start of a run to its end */
};

struct limits limits_default(void);
/* "name=value"; "off" as value lifts it. ERROR_INPUT names the known limits. */
int limits_set(struct limits *limits, const char *assignment, struct error *err);
/* The i-th limit, NULL past the last; *value is its current setting. */
const char *limits_at(const struct limits *limits, int i, int64_t *value);
/* All limits with their defaults and what a breach does, for `lexflow help limits`. */
void limits_print(FILE *out);

#endif
