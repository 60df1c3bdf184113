/*
 * listener.h - HTTP in, for runs and for the API: requests come on a thread and are answered by the loop.
 *
 *	I/O thread of lib/http                       the loop
 *	request, suspended, into the inbox  ────▶  a callback's run or a method decides; what must be on disk
 *	sends the reply                     ◀────  first is answered later
 *
 * No thread but the loop's touches a run. A request waits without a thread until it is answered, however that
 * goes: api_stop answers what is left with 503.
 *
 * `lexflow run` listens for callbacks alone (`api` NULL); `lexflow serve` for everything. On a loopback address names
 * other than localhost are refused (lib/http/server.h); elsewhere a token is asked for (guard.c). A request has at most
 * API_MAX_BODY bytes of body and 32 KiB of head. Opened and closed on the loop's thread.
 * Depends on workflow/engine/world.h, lib/http/server.h, libuv.
 */
#ifndef WORKFLOW_API_LISTENER_H
#define WORKFLOW_API_LISTENER_H

#include "lib/diag/error.h"
#include "lib/log/log.h"
#include "workflow/engine/world.h"

#include <uv.h>

/* The limit that holds for responses (reference, section 10) for what is sent to us, too. */
enum { API_MAX_BODY = 2 << 20 };

struct api;	     /* api.h */
struct api_listener; /* opaque */

struct api_listen_options {
	struct world *world; /* lent; the listener is stopped before the world is closed */
	struct api *api;     /* NULL: callbacks alone. Lent, as the texts */
	const struct logger *log;
	const char *host;  /* NULL: 127.0.0.1 */
	const char *token; /* asked for from everybody but senders to callbacks; NULL: from nobody */
	int port;	   /* 0: any free one */
};

/* Listens when it returns. ERROR_IO when the port cannot be had. */
struct api_listener *api_listen(uv_loop_t *loop, const struct api_listen_options *options, struct error *err);
int api_port(const struct api_listener *listener);
const char *api_base(const struct api_listener *listener); /* "http://127.0.0.1:8787" */
/* Take nothing more; what no route has seen is answered 503. Requests that wait for the world stay. NULL is
 * fine. */
void api_stop(struct api_listener *listener);
/* After the world is closed (so every request has its answer). The loop must run once more. NULL is fine. */
void api_close_listener(struct api_listener *listener);

#endif
