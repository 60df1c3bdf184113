/*
 * services.h - the step programs a run needs: start at the latest when first called, watch, address, stop.
 *
 * infra/services.yaml is the one list of services. Each gets a loopback address the moment a run begins,
 * so that its URL can be given to the definition as NAME_URL; the program is started when the first call
 * to that address is about to leave. The address is part of the run's history: a resumed or rerun run still
 * calls it, while the program may by then listen elsewhere; `services_route` gives the address of today.
 *
 * Depends on lib/{mem,text,diag,value,json,yaml,clock,log,proc,http}, libuv. One loop, its thread.
 */
#ifndef WORKFLOW_SERVICES_SERVICES_H
#define WORKFLOW_SERVICES_SERVICES_H

#include "lib/diag/error.h"
#include "lib/log/log.h"
#include "lib/value/value.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct services; /* opaque */

struct services_options {
	const char *file;	/* services.yaml; NULL: no services */
	const char *program_dir; /* where a command without a slash is looked for first (build/bin) */
	const struct logger *log;
	struct value env;	/* map: further environment for the children, lent */
	int64_t start_ms;	/* a service that does not answer so long after its start is given up; 0: 10 s */
	int64_t drain_ms;	/* from SIGTERM to SIGKILL; 0: 32 s, for store delivers its outbox for up to 30 s */
};

struct services *services_open(uv_loop_t *loop, const struct services_options *options, struct error *err);
/* SIGTERM to all, without waiting: they drain while the caller does other things. Nothing is started any more. */
void services_stop(struct services *services);
/* The same, then waits for them to drain (bounded, then SIGKILL) while running the loop. NULL is fine. */
void services_close(struct services *services);

/* NAME_URL of each service: {"CLASSIFY_URL": "http://127.0.0.1:41873", ...}; owned by the caller. */
struct value services_env(const struct services *services);
/* A run begun earlier knows the services by these addresses; route them too. `env` as services_env gave it. */
void services_adopt(struct services *services, struct value env);

/* The service that owns a URL's host and port is running: connect to `connect_to` ("127.0.0.1:port").
 * Or it cannot be had: connect_to NULL, `message` says why (command missing, exits at once, unhealthy). */
typedef void services_ready(void *ctx, const char *connect_to, const char *message);

/* False: no service of ours, call the URL as it is. True: `ready` will be called once, from the loop (or at
 * once when it already runs). */
bool services_route(struct services *services, const char *url, services_ready *ready, void *ctx);
/* Forget a pending `ready` with this ctx. */
void services_cancel(struct services *services, void *ctx);
/* Start all of them and do not wait: they load while the first one works. */
void services_warm(struct services *services);

#endif
