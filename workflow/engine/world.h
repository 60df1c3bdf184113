/*
 * world.h - the real world of a run: journal, HTTP, timers, randomness.
 *
 *	run ─ append ─▶ journal ─ committed ─▶ world ─▶ HTTP call or timer ─▶ run_answer
 *
 * An effect waits here until the journal says that its announcement is on disk (J1). Answers and the
 * announcements that follow from them are appended in one turn of the loop and so share a commit (J2).
 *
 * One world serves any number of runs on one loop, its thread. Depends on workflow/{engine,journal},
 * lib/{http,log,clock}, libuv. Who knows of services (a room to the right) gives `route`.
 */
#ifndef WORKFLOW_ENGINE_WORLD_H
#define WORKFLOW_ENGINE_WORLD_H

#include "lib/log/log.h"
#include "lib/token/token.h"
#include "workflow/engine/rerun.h"
#include "workflow/engine/run.h"
#include "workflow/journal/journal.h"

#include <uv.h>

struct world; /* opaque */

/* "Connect there for this URL" or, connect_to NULL, why that is impossible. */
typedef void world_ready(void *ctx, const char *connect_to, const char *message);

/* What became of a request to a callback: it is on disk, or the journal failed before. */
typedef void world_arrived(void *ctx, bool is_recorded);

struct world_options {
	const char *state; /* path of the database */
	enum db_durability durability;
	const struct logger *log; /* for sys.log lines and ours; lent */
	bool allows_link_local;   /* calls to link-local addresses (lib/http/address.h), which are refused else */
	struct tokens *tokens;    /* for requests with `auth`; NULL: they are sent without one. Lent */

	/* True when the URL is a service of ours: `ready` is then called once, now or later. May be NULL. */
	bool (*route)(void *ctx, const char *url, world_ready *ready, void *ready_ctx);
	void (*unroute)(void *ctx, void *ready_ctx); /* forget a pending ready */
	void *route_ctx;

	/* Open the door for callbacks, if that was not done: "http://127.0.0.1:8787" is appended to `base`.
	 * `known` is the URL of a callback that an earlier process opened (the same address would be best), or
	 * NULL. -1 with *err. NULL: there are no callbacks. */
	int (*listen)(void *ctx, struct slice known, struct buf *base, struct error *err);
	/* Tell people of a callback, "POST", its URL, "main.open". May be NULL. */
	void (*opened)(void *ctx, struct run *run, struct slice method, struct slice url, struct slice step);
	void *callback_ctx;

	/* The definition of a workflow by its id: its source, and the name of its file (ID.yaml). -1 with *err:
	 * ERROR_NOT_FOUND and a hint where to put it. NULL: no run can start another. */
	int (*find_definition)(void *ctx, struct slice workflow, struct buf *file, struct buf *source,
			       struct error *err);
	/* Complete the `connectors` of its parent for the plan of a child. May be NULL. */
	int (*prepare)(void *ctx, const struct plan *plan, struct value *connectors, struct error *err);
	/* A run that another one starts has its row: who keeps more of runs adds that. `env` is the child's. May be NULL. */
	void (*made)(void *ctx, const struct journal_run *row, struct slice workflow, struct value env,
		     struct value argument);
	void *child_ctx;

	/* Others than runs are waited for by the loop (requests to a server): commits are always the writer's thread's. */
	bool has_visitors;

	/* The run is over (or diverged, or its rerun is done) and all of it is on disk. */
	void (*ended)(void *ctx, struct run *run);
	/* The journal cannot go on: nothing more is recorded or sent. Runs stay as the journal has them. */
	void (*failed)(void *ctx, const struct error *err);
	void *ctx;
};

/* What has happened since the world was opened. */
enum { WORLD_EFFECT_KINDS = 4, WORLD_LATENCIES = 9 };
extern const double world_latency_s[WORLD_LATENCIES]; /* upper bounds of the buckets below */
struct world_figures {
	int64_t events;			     /* appended to the journal */
	int64_t effects[WORLD_EFFECT_KINDS]; /* performed, by enum effect_kind */
	int64_t ended[4];		     /* runs, by enum run_state; those in RUN_ACTIVE's place cannot go on */
	int64_t steps;			     /* of the runs that ended */
	/* Of commits: from the first append that one holds until the loop hears of it. */
	int64_t commits, commit_us;
	int64_t latencies[WORLD_LATENCIES]; /* how many took at most so long, each bucket without the one before */
	size_t calls_under_way, waiting; /* now: HTTP calls and waits; things that wait for a commit */
};

struct world *world_open(uv_loop_t *loop, const struct world_options *options, struct error *err);
/* Free the runs before. Commits what is queued; the loop is run until the handles are closed. */
void world_close(struct world *world);
struct journal *world_journal(struct world *world);
struct world_figures world_figures(const struct world *world);

/* A fresh run of a plan under a row made by journal_create. Owned by the caller: world_free_run. */
struct run *world_start(struct world *world, const struct journal_run *row, const struct plan *plan,
			struct value argument, struct value env, struct value connectors,
			const struct limits *limits);
/* Go on with a run from its journal; the caller owns the row (journal_own). `connectors` null: as recorded. NULL with
 * *err. */
struct run *world_resume(struct world *world, const struct journal_run *row, const struct plan *plan,
			 struct value connectors, struct error *err);
/* Do one step of a past run again, as a run of its own under `row`. NULL with *err. */
struct run *world_rerun(struct world *world, const struct journal_run *row, const struct plan *plan,
			const struct history *history, const struct rerun_request *request,
			struct error *err);
/* A new run under `row` (journal_begin_redrive) that shares a history (history_redrive) and goes on from its end: the
 * events are copied, and what they leave unanswered is performed once the copies are on disk. NULL with *err. */
struct run *world_redrive(struct world *world, const struct journal_run *row, const struct plan *plan,
			  const struct history *history, struct value connectors, struct error *err);
/* After start, resume or rerun: go. `ended` may be called from the loop, never from inside. */
void world_begin(struct world *world, struct run *run);
/* Instead of world_begin, or after it: cancel the run (reference, 11.6); nothing that waits for the world leaves any
 * more. A run of this world that `lexflow cancel` names is cancelled by itself (workflow/journal/cancel.h). */
void world_stop(struct world *world, struct run *run);
void world_free_run(struct run *run); /* NULL is fine */

/* How many runs that runs started go on here; with `each` their ids, until it returns false. They go on when the
 * run that started them has ended. */
size_t world_children(const struct world *world, bool (*each)(void *ctx, const char *id), void *ctx);

/* `arrived` is called once, later or (nothing is queued) at once: all that was queued for the journal up to now is on
 * disk, or the journal failed. */
void world_when_recorded(struct world *world, world_arrived *arrived, void *arrived_ctx);

/* A request to a callback of any run. ARRIVAL_TAKEN: `arrived` is called once, later; else it is not.
 * `request` is lent (run.h). ARRIVAL_WRONG_METHOD: *allowed is the right one, if `allowed` is given; borrowed. */
enum arrival world_arrive(struct world *world, struct slice path, struct value request, struct slice *allowed,
			  world_arrived *arrived, void *arrived_ctx);

#endif
