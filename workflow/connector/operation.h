/*
 * operation.h - long-running resources: which responses are some, when they are done, where to ask again.
 *
 * One table (operation.c) with a row for each kind; a row names the services whose connectors wait for it
 * (reference, 7.4), the response's schema in the discovery document, the member that tells its state, the
 * words of that member, where its error stands, and the path of the next look at it. Nothing here waits: the
 * routine `call` sleeps and asks, this module judges.
 *
 * Depends on lib/value, workflow/expr. Pure.
 */
#ifndef WORKFLOW_CONNECTOR_OPERATION_H
#define WORKFLOW_CONNECTOR_OPERATION_H

#include "lib/value/value.h"

/* The kind ("operation", "bigquery job") of a response, by its service and schema; NULL when it is not
 * awaited. */
const char *operation_kind(struct slice service, struct slice schema);

/* Look at a response. `root` is the service's address with its slash, `version` "v1", `args` those of the
 * call.
 *
 *	0 and *done true     it ended well
 *	0 and *done false    *url (owned) is where to ask again
 *	-1 and *raised       OperationError {"operation", "error"}: it failed; ResponseTypeError {"operation"}: it is
 *	                     not what it should be (reference, 7.4)
 */
int operation_progress(struct slice kind, struct value response, struct slice root, struct slice version,
		       struct value args, bool *done, struct value *url, struct value *raised);

#endif
