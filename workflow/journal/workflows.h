/*
 * workflows.h - what was deployed: workflows, their revisions, and the operations that made them.
 *
 *	workflow ─┬─ revision 000001-a4d ─ definition (source, by its hash)
 *	          └─ revision 000002-0c1 ─ definition
 *
 * A change is one transaction with its operation and is on disk when the function returns: deploying is rare, and the
 * loop waits for it. What the API only stores and gives back (labels, description, environment ...) is a map, `fields`;
 * which of them belong to a revision is the API's matter.
 *
 * A workflow of the parent "-" comes from a file and is there in every project and location.
 *
 * Depends on workflow/journal/journal.h. From the thread of the journal; the records are the caller's to release.
 */
#ifndef WORKFLOW_JOURNAL_WORKFLOWS_H
#define WORKFLOW_JOURNAL_WORKFLOWS_H

#include "workflow/journal/journal.h"

enum { REVISION_ID_SIZE = 16, OPERATIONS_KEPT = 10000 };

struct journal_revision {
	int64_t row, number, create_us;
	char id[REVISION_ID_SIZE]; /* "000001-a4d" */
	char definition_hash[65];
	struct value file;   /* string: the name that the source is compiled under */
	struct value fields; /* map */
};

struct journal_workflow {
	int64_t row, create_us, update_us; /* row 0: not stored yet */
	struct value parent, id;	   /* strings */
	struct value file;		   /* string: where it comes from, "" when it was deployed */
	struct value fields;		   /* map */
	struct journal_revision revision;  /* the latest */
};

struct journal_operation {
	int64_t row;
	struct value parent, id; /* strings */
	struct value content;	 /* map: the operation as the API shows it, but for its name */
};

void journal_revision_release(struct journal_revision *revision);
void journal_workflow_release(struct journal_workflow *workflow);
void journal_operation_release(struct journal_operation *operation);

/* With its latest revision: 1, 0 when there is none, -1. */
int journal_workflow(struct journal *journal, struct slice parent, struct slice id, struct journal_workflow *out,
		     struct error *err);
/* The same in whichever project and location, the one that was changed last. */
int journal_workflow_anywhere(struct journal *journal, struct slice id, struct journal_workflow *out, struct error *err);
/* One revision of a workflow by its id; by its row (of whichever workflow). As above. */
int journal_revision(struct journal *journal, int64_t workflow, struct slice id, struct journal_revision *out,
		     struct error *err);
int journal_revision_at(struct journal *journal, int64_t row, struct journal_revision *out, struct error *err);
/* The source of a definition by its hash; appended. ERROR_NOT_FOUND. */
int journal_definition(struct journal *journal, const char *hash, struct buf *source, struct error *err);

/* Those of one parent in the order of their ids, behind `after`. What `each` gets is lent; it may read, but not list
 * workflows; it returns false to stop. */
int journal_workflows(struct journal *journal, struct slice parent, struct slice after,
		      bool (*each)(void *ctx, const struct journal_workflow *workflow), void *ctx, struct error *err);
/* Newest first, those with a number below `before`. */
int journal_revisions(struct journal *journal, int64_t workflow, int64_t before,
		      bool (*each)(void *ctx, const struct journal_revision *revision), void *ctx, struct error *err);

/* Give `revision` what the next one of its workflow has: number, id, hash of the source, moment. */
int journal_next_revision(struct journal_revision *revision, struct slice source, struct error *err);
/* Store a workflow: a new one (row 0; it is set), or changed `fields`, `file` and update_us. With `source` also its
 * `revision`, which journal_next_revision has made (its row is set); with `operation` that, too. ERROR_BUSY when another
 * process was quicker with a workflow of this name, or a revision of this number. */
int journal_put_workflow(struct journal *journal, struct journal_workflow *workflow, const struct slice *source,
			 const struct journal_operation *operation, struct error *err);
/* With its revisions and what the API knows of its executions; their runs stay in the journal. */
int journal_delete_workflow(struct journal *journal, int64_t row, const struct journal_operation *operation,
			    struct error *err);

int journal_operation(struct journal *journal, struct slice parent, struct slice id, struct journal_operation *out,
		      struct error *err); /* 1, 0, -1 */
/* Newest first, those with a row below `before`; the newest OPERATIONS_KEPT are kept. */
int journal_operations(struct journal *journal, struct slice parent, int64_t before,
		       bool (*each)(void *ctx, const struct journal_operation *operation), void *ctx,
		       struct error *err);
int journal_delete_operation(struct journal *journal, int64_t row, struct error *err);

#endif
