/*
 * rerun.h - looking at the steps of a past run, and doing one again.
 *
 * Built on replay: a survey repeats the whole history without a world and notes each time the step was
 * entered, what it left behind or raised. A rerun repeats the history up to one of these visits, then
 * lets that strand alone go on, live, until it leaves the step; nothing else of the run moves.
 *
 * What a step leaves behind: {"variables": {name: value that changed}}, {"returned": v}, or {"raised": v}.
 *
 * Depends on workflow/engine/run.h. One thread.
 */
#ifndef WORKFLOW_ENGINE_RERUN_H
#define WORKFLOW_ENGINE_RERUN_H

#include "workflow/engine/run.h"

/* The recorded events of a run, held. */
struct history {
	struct event *events; /* content owned */
	size_t count, capacity;
	struct value argument, env, connectors; /* of EVENT_STARTED; owned */
	struct limits limits;
};

/* ERROR_INPUT for a run that is itself a rerun: its history begins elsewhere. */
int history_read(struct journal *journal, const struct journal_run *row, struct history *history,
		 struct error *err);
void history_free(struct history *history); /* what history_read filled */

struct visit {
	struct value iteration; /* list of loop indexes, outermost first */
	struct value outcome;   /* null while the visit never ended */
	bool is_complete, has_failed;
	size_t events;      /* of the history before it began */
	struct value calls; /* list of {"function", "step", "request"}: what it asked of the world */
};

struct survey {
	struct visit *visits; /* in the order they began */
	size_t count, capacity;
};

/* Every visit to a step that the history comes to; a run that was killed may have been further. -1 with
 * ERROR_INPUT when the plan does not repeat the history. */
int survey_step(const struct plan *plan, const struct history *history, const char *id, int step,
		struct survey *survey, struct error *err);
void survey_release(struct survey *survey);

/* What became of one step in a whole run. Times are those of the events around: a step that asks nothing of the
 * world takes none. */
struct step_figures {
	int64_t begun, succeeded, failed; /* visits; those that neither did nor failed are under way */
	int64_t total_us;                 /* of the ended visits; those of parallel strands add up */
	bool last_failed;
};

/* What a past run has used so far (run_usage), in one repetition of the history. Owned by the caller. */
int survey_usage(const struct plan *plan, const struct history *history, const char *id, struct value *usage,
		 struct error *err);
/* The figures of every step of the plan, in one repetition of the history: `figures` has plan->step_count, zeroed
 * by the caller. -1 as above. */
int survey_steps(const struct plan *plan, const struct history *history, const char *id,
		 struct step_figures *figures, struct error *err);

struct rerun_request {
	int step;
	size_t visit;       /* index in the survey */
	struct value set;   /* map name -> value: variables to change first */
	const char *parent; /* id of the run */
};

/* Are the variables of `set` (a map) known at the step? ERROR_INPUT names the first that is not. */
int rerun_check_set(const struct plan *plan, int step, struct value set, struct error *err);
/* Repeat the history up to the visit; the run then waits for rerun_go_live. NULL with *err. */
struct run *rerun_new(const struct plan *plan, const struct history *history,
		      const struct rerun_request *request, const struct run_host *host, const char *id,
		      struct error *err);
/* Let the strand go. RUN_PAUSED when the step is done. */
enum run_status rerun_go_live(struct run *run);
bool run_is_rerun(const struct run *run);
/* The visit as it came out this time; borrowed. */
const struct visit *rerun_outcome(const struct run *run);

#endif
