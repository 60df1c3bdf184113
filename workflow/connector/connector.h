/*
 * connector.h - what stands behind `call: googleapis.…`: routines in the workflow language itself.
 *
 *	call: googleapis.pubsub.v1.projects.topics.publish      a user's step
 *	   │ plan
 *	   ▼
 *	routine `call` of connector_routines()          requests are http.request, polls are sys.sleep:
 *	   │                                            ordinary effects, announced and replayed as such
 *	   ▼
 *	connector.prepare, connector.progress ...       pure functions that only these routines can name
 *
 * What a connector does (the request, its retries, polling, the end-to-end timeout: reference, 7.1 to 7.4) is
 * text in the language, so the engine has no code for it and replay needs none. What such a call must know of
 * the outside comes in one value, `connectors` of struct stdlib_context, recorded when the run starts:
 *
 *	{"methods": {name: descriptor}, "secrets": {NAME: FILE}}    descriptor.h says what a descriptor holds
 *
 * Depends on lib, workflow/{expr,stdlib}. Everything is read-only and safe from any thread.
 */
#ifndef WORKFLOW_CONNECTOR_CONNECTOR_H
#define WORKFLOW_CONNECTOR_CONNECTOR_H

#include "workflow/stdlib/stdlib.h"

/* Is this the name of a connector: googleapis.SERVICE.VERSION.….METHOD, or gke.NAME? Nothing else is asked.
 */
bool connector_is_name(struct slice name);

/* A name with a routine of its own, because the REST method is not what is called, or because a run can do it
 * here. Its parameters are those of the routine. */
struct connector_helper {
	const char *name;     /* "googleapis.secretmanager.v1.projects.secrets.versions.accessString" */
	const char *routine;  /* in connector_routines() */
	const char *method;   /* the connector that the routine calls in turn, when there is a descriptor; or
				 NULL */
	bool only_redirected; /* use the descriptor only if the user gave the service another address */
	bool in_expression;   /* the service allows it there, though it asks the world */
};

/* NULL: the name has none, and routine "call" performs it with (name, args). */
const struct connector_helper *connector_helper(struct slice name);
const struct connector_helper *connector_helper_at(size_t i); /* NULL past the last */

/* The definition that holds the routines, appended: `name: {params, steps}` (form B) without a main. */
void connector_routines(struct buf *out);
enum { CONNECTOR_CALL, CONNECTOR_UNAVAILABLE }; /* routines of (name, args) */
const char *connector_routine_name(int routine);

/* The functions that the routines may call besides the library; NULL when there is none of this name. */
const struct stdlib_function *connector_function(struct slice name);

#endif
