/*
 * compare.h - where two runs went different ways, and what differs in what they asked, got and gave.
 *
 *	{"runs": [id, id], "same_definition": bool, "equal": bool,
 *	 "first": {"events": [n or null, m or null], "strand", "step", "differences": [line]} or null,
 *	 "calls": [{"step", "iteration", "time": which time there, from 1, "differences": [line]}],
 *	 "end": [line], "steps": {name: {"calls": [n, m], "microseconds": [n, m]}}, "microseconds": [n, m]}
 *
 * A line is "path: old -> new". The first difference is looked for strand by strand, so another order among parallel
 * strands is none; what the clock and chance gave is none either, nor is the id of a run. Calls are paired by step,
 * iteration and which time it is; one that has no partner is "only in ID". "equal" speaks of calls and ends, not of times.
 *
 * Depends on workflow/{journal,cli}.
 */
#ifndef WORKFLOW_CLI_COMPARE_H
#define WORKFLOW_CLI_COMPARE_H

#include "workflow/cli/recorded.h"

/* *comparison is the caller's. */
int runs_compare(const struct recorded *a, const struct recorded *b, struct value *comparison, struct error *err);

#endif
