/* world_private.h - the world's own state, shared by world.c and activity.c. */
#ifndef WORKFLOW_ENGINE_WORLD_PRIVATE_H
#define WORKFLOW_ENGINE_WORLD_PRIVATE_H

#include "lib/http/client.h"
#include "workflow/engine/world.h"

/* What happens when `ticket` is on disk. */
enum waiting_kind {
	WAITING_EFFECT,	 /* leaves */
	WAITING_LOG,	 /* is told */
	WAITING_CALL,	 /* a line of the call log: is told */
	WAITING_OPENED,	 /* a callback: people are told where it is */
	WAITING_ARRIVAL, /* of a request to one: its sender is answered */
	WAITING_END,	 /* of a run */
	WAITING_RECORDED, /* whoever acknowledges what was queued is told */
};

struct waiting {
	int64_t ticket;
	enum waiting_kind kind;
	struct effect *effect; /* lent by its run; NULL when abandoned */
	struct run *run;
	struct value entry; /* LOG, CALL: the line; OPENED: {"method", "url", "step"}; else null */
	world_arrived *arrived;
	void *arrived_ctx;
	struct waiting *next;
};

/* A run's user pointer. */
struct seat {
	struct journal_run row;
	struct world *world;
	struct run *run;
	bool is_resumed;
	bool has_begun;
	bool is_over; /* its end is queued */
	struct waiting *calls_first, *calls_last; /* lines of the call log: they wait for the run's next event */
	size_t call_count;
	int64_t shared; /* ticket of the last event that it shares with another run; 0: none */
	struct seat *next; /* all of the world */
};

struct world {
	uv_loop_t *loop; /* lent */
	struct world_options options;
	struct journal *journal;
	struct http_client *http; /* made at the first call */
	size_t calls;		  /* under way, from their start to their answer */
	struct run_host host;
	struct waiting *queue_first, **queue_last;
	bool release_now; /* effects of an earlier process wait in the queue */
	struct seat *seats;
	struct child *children; /* runs that runs started */
	struct world_figures figures;
	int64_t uncommitted, uncommitted_us; /* the first append that no commit was heard of: its ticket, when; or 0 */
};

/* ---- activity.c: one effect under way */
void activity_start(struct world *world, struct effect *effect);
void activity_abandon(struct effect *effect);

/* ---- child.c: runs that runs start */
void child_perform(struct world *world, struct effect *effect);
void child_abandon(struct effect *effect);
/* All of the run is on disk: was it a child? Then it is gone, and who waited for it has its answer. */
bool child_ended(struct world *world, const struct run *run);
/* Go on with those that a run started and that stand still. */
void children_resume(struct world *world, const char *parent);
void children_close(struct world *world); /* they stay resumable */

/* ---- world.c */
struct http_client *world_http(struct world *world);
/* After anything that made the run move: flush, or record its end. */
void world_settle(struct world *world, struct run *run);

#endif
