/*
 * session.h - running a run from the command line: world, services, signals, progress, result.
 *
 *	session_open ─▶ a run from world_start / world_resume / world_rerun ─▶ session_go ─▶ session_close
 *
 * One run a session. Depends on workflow/{engine,services}, libuv.
 */
#ifndef WORKFLOW_CLI_SESSION_H
#define WORKFLOW_CLI_SESSION_H

#include "workflow/api/listener.h"
#include "workflow/cli/cli.h"
#include "workflow/engine/world.h"
#include "workflow/services/services.h"

#include <signal.h>
#include <uv.h>

struct session {
	uv_loop_t loop;
	struct logger log;
	struct services *services;
	struct tokens *tokens; /* of --auth; NULL: none */
	struct world *world;
	const struct opts *opts;   /* lent */
	struct catalog *catalog;   /* of connectors; lent, or NULL: those of the run that starts another */
	struct api_listener *listener; /* for callbacks; NULL while none was opened */
	int warned_port;	   /* of an earlier process, which is taken now */
	struct run *run;           /* owned */
	struct journal_run row; /* of the run; owned here (lock) once has_row */
	bool has_row;
	uv_signal_t on_interrupt, on_terminate;
	uv_timer_t progress;
	bool is_quiet, shows_progress;
	int64_t begun_us;
	bool is_over; /* the run has ended, or cannot go on */
	bool was_interrupted;
	bool is_cancelling; /* session_go ends the run instead of going on with it */
	struct error fault; /* of the journal */
};

/* `definition` is the path whose folder may hold infra/services.yaml; NULL or without one: no services.
 * `plan`: as for session_warm, or NULL while the services still have to adopt the addresses of an earlier
 * run. */
int session_open(struct session *session, const struct opts *opts, const char *definition,
		 const struct plan *plan, struct error *err);
/* The same for another host of runs than this one: `adapt` changes what the world is opened with. */
typedef void session_adapt(struct session *session, struct world_options *options);
int session_open_as(struct session *session, const struct opts *opts, const char *definition,
		    const struct plan *plan, session_adapt *adapt, struct error *err);
/* Start the services now if the plan names one of them: what later steps need loads while the first ones run.
 */
void session_warm(struct session *session, const struct plan *plan);
/* Run session->run to its end. Returns the exit status of an ended, diverged, interrupted or faulted run, all
 * of which it has reported on stderr; the result is for the caller to print. */
int session_go(struct session *session);
void session_reset(struct session *session); /* drop the run and its row: ready for another */
void session_close(struct session *session); /* accepts one half opened */

/* The variables that every definition sees, and those of the services. */
void session_env(const struct session *session, const char *definition, const char *run_id,
		 struct value *env);

/* ---- session_callbacks.c: for world_options; `ctx` is the session */
int session_listen(void *ctx, struct slice known, struct buf *base, struct error *err);
void session_opened(void *ctx, struct run *run, struct slice method, struct slice url, struct slice step);

/* ---- session_children.c: the same */
int session_find_definition(void *ctx, struct slice workflow, struct buf *file, struct buf *source,
			    struct error *err);
int session_prepare(void *ctx, const struct plan *plan, struct value *connectors, struct error *err);
/* The run has ended: let those that it started end, too, or say how to go on with them. */
void session_wait_for_children(struct session *session);

#endif
