/*
 * entries.h - the step entries of a past or present run (reference, 9.4.3 and 11.8), by repeating its history.
 *
 *	history ─ replay ─▶ each step, iteration, branch, attempt and handler that was entered: one entry, in that order
 *
 * An entry ends when its strand is past it, whichever way: with success, or with the error that left it. One that is open
 * when the history ends is in progress or, when the run has ended, cancelled. Its moments are those of the events
 * around: a step that asks nothing of the world takes no time. What secrets the run had read is masked.
 *
 * Depends on workflow/engine/rerun.h. One thread.
 */
#ifndef WORKFLOW_ENGINE_ENTRIES_H
#define WORKFLOW_ENGINE_ENTRIES_H

#include "workflow/engine/rerun.h"

enum entry_state { ENTRY_IN_PROGRESS = 1, ENTRY_SUCCEEDED, ENTRY_FAILED, ENTRY_CANCELLED };
const char *entry_state_name(enum entry_state state); /* "STATE_SUCCEEDED" */

struct entry {
	const char *type;     /* "STEP_ASSIGN"; NULL: the service has no name for it (nested steps) */
	const char *progress; /* "PROGRESS_TYPE_FOR" ..., or NULL */
	int64_t number;	      /* of the iteration, branch or attempt, from 1; 0: none */
	struct slice routine, step; /* of the plan; a part of a step bears the name of its step */
	int64_t created_us, updated_us;
	enum entry_state state;
	int64_t thread;			 /* strand, from 1 */
	int64_t parent, previous, next; /* numbers of entries, which begin at 1; 0: none */
	int64_t first_child, next_child; /* the children of one parent, linked */
	struct value exception; /* what left it; null unless it failed */
	struct value variables; /* in scope at its end, a map; null when not asked for */
};

struct entries {
	struct entry *items; /* entry number n is items[n - 1] */
	size_t count, capacity;
	size_t variable_bytes; /* held; ENTRIES_MAX_BYTES at the most, later entries have none */
};
enum { ENTRIES_MAX_BYTES = 64 << 20 };

/* -1 with *err when the plan does not repeat the history. The plan outlives the entries. */
int entries_of(const struct plan *plan, const struct history *history, const char *id, bool has_variables,
	       struct entries *out, struct error *err);
void entries_release(struct entries *entries);

#endif
