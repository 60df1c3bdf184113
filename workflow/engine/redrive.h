/*
 * redrive.h - going on from the middle of a past run, in a new run, also with another definition.
 *
 *	old run   1 2 3 4 5 | 6 7 8            the step was entered when 5 events were recorded
 *	new run   1 2 3 4 5 (6: variables changed by hand) and on, live
 *
 * What is shared is a prefix of the one order of events: everything that was recorded, by whatever strand, before the
 * chosen visit to the step began. A call of another strand that was under way at that moment has no answer in the
 * prefix, so it is sent again, under the key of the new run; an answer that came later is not taken over.
 *
 * Another definition fits when it repeats that prefix, event for event: parts that ask nothing of the world may differ
 * as they like, and so may all that comes later.
 *
 * Depends on workflow/engine/rerun.h. One thread.
 */
#ifndef WORKFLOW_ENGINE_REDRIVE_H
#define WORKFLOW_ENGINE_REDRIVE_H

#include "workflow/engine/rerun.h"

struct redrive {
	const char *parent; /* id of the old run */
	const char *step;   /* "main.extract" */
	size_t visit;       /* of the step, from 0 */
	size_t events;      /* that are shared; at least 1 */
	struct value set;   /* map name -> value: variables to change at the visit; null: none. Lent */
	int64_t time_us;    /* of now, for the event that changes them */
};

/* Put the variables of `given` (a map) over the environment that the run began with, and over any that it was given since. */
int history_give_env(struct history *history, struct value given, struct error *err);

/* Make a history the beginning of a new run: its events past redrive->events are dropped, its start names the old run and
 * holds history->env, an EVENT_CHANGED follows if there is something to change. */
int history_redrive(struct history *history, const struct redrive *redrive, struct error *err);

/* Does the plan repeat the first `count` events? -1 with *err: ERROR_INPUT names the first event and step that differ; *fits
 * is how many it repeated before. */
int history_fits(const struct plan *plan, const struct history *history, const char *id, size_t count, size_t *fits,
		 struct error *err);

/* The last visit to a step, known to both plans by its name, that the old plan came to within the first `fits` events. */
struct entry {
	int step; /* of the old plan; -1: there is none */
	size_t visit, events;
};
struct entry history_last_entry(const struct plan *plan, const struct plan *changed, const struct history *history,
				const char *id, size_t fits);

#endif
