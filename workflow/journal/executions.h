/*
 * executions.h - runs that were asked for through the API, and what was asked.
 *
 * An execution is a run with more to it: its workflow and revision, the argument as it came, labels and levels. It is
 * made without waiting: row, lock and events go with the batch of this turn of the loop, so that the executions begun
 * while one commit runs share the next (journal.h, group commit). Whoever acknowledges one waits for its ticket.
 *
 * Its row is a moment in microseconds and ten random bits, not the next number, since nobody is asked for it: newer
 * runs still have larger rows. Its lock is taken before it is queued (J5); a row that another process has just chosen
 * is locked, and passed by.
 *
 * Depends on workflow/journal/journal.h. From the thread of the journal; records are the caller's to release.
 */
#ifndef WORKFLOW_JOURNAL_EXECUTIONS_H
#define WORKFLOW_JOURNAL_EXECUTIONS_H

#include "workflow/journal/workflows.h"

struct journal_execution {
	struct journal_run run; /* its texts are lent: by `file` below, the others empty */
	int64_t workflow, revision; /* rows */
	char revision_id[REVISION_ID_SIZE];
	int64_t create_us;
	struct value file;     /* string */
	struct value parent;   /* string: "projects/P/locations/L" */
	struct value fields;   /* map */
	struct value argument; /* string: JSON as it came */
};

void journal_execution_release(struct journal_execution *execution);

/* Make it, its lock taken. The caller has set the run's id, state (RUN_ACTIVE or RUN_QUEUED), file and definition_hash
 * (of a definition that is stored), and all else but revision_id; row, owner and times are set here. Its ticket, or -1. */
int64_t journal_enter(struct journal *journal, struct journal_execution *execution, struct error *err);
/* The same for a run that has its row already (one that a run started): `run` is as it is. Its ticket. */
int64_t journal_enter_made(struct journal *journal, struct journal_execution *execution);
/* The ticket of what was queued last: with it, all of it is on disk. */
int64_t journal_ticket(const struct journal *journal);
bool journal_is_settled(const struct journal *journal); /* nothing waits for a commit */
/* One that was queued begins. Its ticket. */
int64_t journal_begun(struct journal *journal, struct journal_run *run);

/* By its id: 1, 0 when there is none, -1. */
int journal_execution(struct journal *journal, const char *id, struct journal_execution *out, struct error *err);

/* What they can be sorted by, each with _DESC. */
enum execution_key {
	EXECUTION_ID,
	EXECUTION_STATE,
	EXECUTION_CREATED,
	EXECUTION_STARTED,
	EXECUTION_ENDED,
	EXECUTION_DURATION,
	EXECUTION_REVISION,
};
enum { EXECUTION_DESC = 0x100, EXECUTION_MAX_KEYS = 3 };

struct execution_query {
	int64_t workflow;    /* row */
	struct slice parent; /* only those asked for under it */
	int64_t before;	     /* newest first: only rows below it; INT64_MAX: from the newest on */
	int keys[EXECUTION_MAX_KEYS]; /* another order; then `skip` of them are passed by */
	size_t key_count;
	int64_t skip;
};

/* What `each` gets is lent; it may read anything but lists of executions, and returns false to stop. */
int journal_executions(struct journal *journal, const struct execution_query *query,
		       bool (*each)(void *ctx, const struct journal_execution *execution), void *ctx,
		       struct error *err);
/* Those of a workflow (0: of any) that have not ended, oldest first; without those that a run started which goes on
 * itself, and takes them along. */
int journal_unfinished(struct journal *journal, int64_t workflow,
		       bool (*each)(void *ctx, const struct journal_execution *execution), void *ctx,
		       struct error *err);
/* Store changed `fields`. */
int journal_put_execution(struct journal *journal, const struct journal_execution *execution, struct error *err);

#endif
