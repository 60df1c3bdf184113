/* world_private.h - the world's own state, shared by world.c and activity.c. */
#ifndef WORKFLOW_ENGINE_WORLD_PRIVATE_H
#define WORKFLOW_ENGINE_WORLD_PRIVATE_H

#include "lib/http/client.h"
#include "workflow/engine/world.h"

/* Something that happens when `ticket` is on disk: an effect leaves, a log line is told, a run is over. */
struct waiting {
	int64_t ticket;
	struct effect *effect; /* lent by its run; NULL when abandoned */
	struct run *run;
	bool is_end;
	struct value entry; /* log line, or null */
	struct waiting *next;
};

struct world {
	uv_loop_t *loop; /* lent */
	struct world_options options;
	struct journal *journal;
	struct http_client *http; /* made at the first call */
	struct run_host host;
	struct waiting *queue_first, **queue_last;
	bool release_now; /* effects of an earlier process wait in the queue */
};

/* ---- activity.c: one effect under way */
void activity_start(struct world *world, struct effect *effect);
void activity_abandon(struct effect *effect);

/* ---- world.c */
struct http_client *world_http(struct world *world);
/* After anything that made the run move: flush, or record its end. */
void world_settle(struct world *world, struct run *run);

#endif
