/*
 * execution.h - a run as the API shows it: the Execution resource (reference, 9.4.1).
 *
 * {"name", "state", "createTime", "startTime", "endTime", "duration", "argument", "result" | "error",
 * "workflowRevisionId"}: times are RFC 3339, argument, result and error.payload are texts that hold JSON.
 *
 * Pure but for execution_read, which reads two events. Depends on workflow/journal, lib.
 */
#ifndef WORKFLOW_ENGINE_EXECUTION_H
#define WORKFLOW_ENGINE_EXECUTION_H

#include "workflow/journal/journal.h"

/* The resource of a run. `started` is the content of its EVENT_STARTED, `ended` that of its EVENT_ENDED; null
 * when there is none (yet). Owned by the caller. */
struct value execution_value(const struct journal_run *row, struct value started, struct value ended);
/* The same from the journal. */
int execution_read(struct journal *journal, const struct journal_run *row, struct value *out,
		   struct error *err);
/* The content of the run's last event, if that is its end; else null. */
int execution_end(struct journal *journal, const struct journal_run *row, struct value *ended,
		  struct error *err);

/* The id of a workflow by the name of its file: what stands before the first dot. A part of `file`. */
struct slice execution_workflow(const char *file);
/* "projects/P/locations/L/workflows/W/executions/ID" -> "ID": what stands behind the last slash. */
struct slice execution_last_part(struct slice name);

/* The error of a call that waits for a run which failed: OperationError (reference, 6.3). `execution` is
 * lent. */
struct value execution_failure(struct value execution);

#endif
