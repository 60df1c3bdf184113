/*
 * moment.h - a past run as it stood at one moment: its strands, their frames, the variables.
 *
 * Built on replay: the history is repeated as far as the moment and no further. A moment lies between two events: after
 * event n everything has happened that follows from it until the first strand would give event n + 1. Or it is that of
 * a visit to a step, before its first operation.
 *
 *	{"event": n, "ended": false, "focus": id of the strand that the moment is about, or null,
 *	 "variables": {all that an expression there sees}, "env": {what sys.get_env sees},
 *	 "strands": [{"strand": id, "step": "main.call" or null, "iteration": [..], "state": "waiting" or "ready",
 *	              "waits": {"function", "request", "since_us"} (when waiting for the world),
 *	              "frames": [{"routine", "branch": bool, "step", "variables": {..}}, ..] innermost first}]}
 *
 * Strands come in the order of their birth; one that waits for its branches is "waiting" without "waits". What secrets
 * the run had read is masked. A variable that is not assigned is left out.
 *
 * Depends on workflow/engine/rerun.h. One thread.
 */
#ifndef WORKFLOW_ENGINE_MOMENT_H
#define WORKFLOW_ENGINE_MOMENT_H

#include "workflow/engine/rerun.h"

struct moment_wanted {
	int step;     /* of the plan; -1: the moment after `event` */
	size_t visit; /* of the step, from 0 */
	size_t event; /* at least 1, at most the last one */
};

/* ERROR_NOT_FOUND for a visit or an event that is not in the history, ERROR_INPUT when the plan does not repeat it.
 * *moment is the caller's. */
int moment_of(const struct plan *plan, const struct history *history, const char *id, const struct moment_wanted *wanted,
	      struct value *moment, struct error *err);

#endif
