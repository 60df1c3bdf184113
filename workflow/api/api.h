/*
 * api.h - Workflows v1 and Workflow Executions v1: requests -> journal and engine -> JSON (reference, section 9).
 *
 *	listener ─▶ router ─▶ a method ─▶ journal (read) ───────────────▶ answer
 *	                        │  └─ launch ─▶ world: runs ─▶ journal ─▶ committed ─▶ answer
 *	                        └─ deploy ─▶ journal (one transaction) ──▶ answer
 *
 * All of it on the loop's thread. What a client is told is on disk before (J1 for acknowledgements). Runs that are
 * begun here are owned here until they end; at the most `concurrency` of them go on at once, more wait their turn in
 * the order they came (reference, 11.2).
 *
 * Depends on workflow/{plan,journal,engine}, lib/http. Who knows of services and connectors (rooms to the right) gives
 * the functions.
 */
#ifndef WORKFLOW_API_API_H
#define WORKFLOW_API_API_H

#include "lib/diag/error.h"
#include "lib/log/log.h"
#include "workflow/engine/world.h"

#include <uv.h>

enum { API_CONCURRENCY = 10000, API_BACKLOG = 100000 }; /* of the service (reference, section 10) */

struct api; /* opaque */

struct api_options {
	uv_loop_t *loop;
	struct world *world; /* lent, as all here */
	const struct logger *log;
	struct limits limits;	/* of each run */
	size_t concurrency, backlog; /* 0: API_CONCURRENCY, API_BACKLOG */
	const char *folder;	/* of definitions that are workflows everywhere (folder.h); NULL: none */
	struct catalog *catalog; /* of connectors, or NULL */

	/* The variables of services (a map of the caller's); complete `connectors` of a run, as in world_options; a run of
	 * an earlier process knows its services by the addresses in `env`. Each may be NULL. */
	struct value (*service_env)(void *ctx);
	int (*prepare)(void *ctx, const struct plan *plan, struct value *connectors, struct error *err);
	void (*adopt)(void *ctx, struct value env);
	void *ctx;
};

/* NULL with *err: the folder cannot be read. */
struct api *api_open(const struct api_options *options, struct error *err);
/* Take up what an earlier process left: runs go on, those that waited wait again. Returns when all are begun. */
int api_resume(struct api *api, struct error *err);
/* Watch a folder, "DIR=WORKFLOW": each file that is complete there begins an execution, once. After api_resume. */
int api_watch(struct api *api, const char *spec, struct error *err);
/* A run of the world has ended: was it one of these? To be called from world_options.ended. */
bool api_ended(struct api *api, struct run *run);
/* For world_options.find_definition: a workflow that a run starts by its id. */
int api_find_definition(struct api *api, struct slice workflow, struct buf *file, struct buf *source, struct error *err);
/* For world_options.made: what a run starts is an execution, too. */
void api_made(struct api *api, const struct journal_run *row, struct slice workflow, struct value env,
	      struct value argument);
/* How many go on, and how many wait. */
void api_figures(const struct api *api, size_t *active, size_t *queued);
/* Puts down its runs, which stay as the journal has them. Before the world is closed. NULL is fine. */
void api_close(struct api *api);

#endif
