/*
 * run.h - one run of a plan: strands, variables, effects; live or replayed.
 *
 *	host ── answer ──▶ run ── events, effects ──▶ host
 *
 * A run is a function of the plan, the argument and the answers, in their order. It calls the host to
 * record an event and to perform an effect, and never waits: when nothing is ready it returns, and the
 * host calls run_answer later. With a history it first repeats what the history says (replay): events
 * that it produces are compared with the recorded ones, answers and observations are taken from them; at
 * the end of the history it goes on live, without a seam.
 *
 * The strands of a run never execute at the same time. An answer is taken in only when no strand is
 * ready, which is what makes the order of the answers the only thing to record.
 *
 * One thread. Depends on workflow/{plan,stdlib,journal/journal.h for struct event}, lib.
 */
#ifndef WORKFLOW_ENGINE_RUN_H
#define WORKFLOW_ENGINE_RUN_H

#include "workflow/engine/limits.h"
#include "workflow/journal/journal.h"
#include "workflow/plan/plan.h"

#include <stdbool.h>
#include <stdint.h>

struct run;

enum effect_kind { EFFECT_HTTP, EFFECT_SLEEP, EFFECT_AWAIT, EFFECT_CHILD };

/* Something asked of the world. Owned by the run; lent to the host until answered or abandoned. */
struct effect {
	struct run *run;
	struct strand *strand; /* who waits */
	int64_t number;        /* within the run: half of the idempotency key */
	enum effect_kind kind;
	struct value request; /* stdlib.h says the shape */
	int64_t announced_us; /* wall time of the announcement, replayed with it */
	int64_t ticket; /* of the announcement in the journal; 0: it is on disk since an earlier process */
	int step;
	bool in_passing; /* the wait before a retry: nothing is pushed */
	void *handle;    /* the host's own */
	struct effect *previous, *next;
};

/* An address that others can send a request to (reference, section 8). Lent by the run. */
struct callback {
	const char *id;
	struct slice url, method, step;
	bool has_payload; /* a request came that no step has taken yet */
	struct value payload; /* that request, as await_callback gives it; else null */
	int64_t waiters;  /* steps that wait for one */
};

/* What a run asks of its surroundings. */
struct run_host {
	void *ctx;
	/* Record an event; returns the journal's ticket. */
	int64_t (*append)(void *ctx, struct run *run, const struct event *event);
	/* Do it once its announcement (effect->ticket) is on disk, then call run_answer. */
	void (*perform)(void *ctx, struct effect *effect);
	/* The run ended or the strand is gone: no answer is wanted. */
	void (*abandon)(void *ctx, struct effect *effect);
	int64_t (*wall_us)(void *ctx);
	void (*random)(void *ctx, unsigned char bytes[16]);
	/* sys.log: tell people once `ticket` is on disk. `entry` is lent. May be NULL. */
	void (*logged)(void *ctx, struct run *run, struct value entry, int64_t ticket);
	/* Where requests to callbacks come in, "http://127.0.0.1:8787": appended. -1 with *err when they cannot.
	 * NULL is a -1. */
	int (*listen)(void *ctx, struct run *run, struct buf *base, struct error *err);
	/* A line of the call log (call_log.c), to be told once the run's next event is on disk: a resumed run then tells
	 * none again. Lent. May be NULL. */
	void (*called)(void *ctx, struct run *run, struct value line);
	/* A callback can be sent to once `ticket` is on disk; 0: it was opened by an earlier process. Lent. May be
	 * NULL. */
	void (*opened)(void *ctx, struct run *run, const struct callback *callback, int64_t ticket);
	/* Every thousand steps or so: a run that computes for long tells its host that time passes. May be NULL. */
	void (*busy)(void *ctx);
};

struct run_options {
	struct value argument; /* lent */
	struct value env;      /* map of strings; lent: what sys.get_env sees */
	struct limits limits;
	const char *id;
	struct value connectors; /* of struct stdlib_context; lent: recorded when it holds anything */
	const struct run_host *host; /* lent for the life of the run */
	bool allows_bytes; /* a result without JSON form is no error: for looking at values */
};

/* RUN_PAUSED: a watched step was reached or left (rerun.h). RUN_STOPPED: cancelled. */
enum run_status { RUN_GOES_ON, RUN_RETURNED, RUN_RAISED, RUN_DIVERGED, RUN_PAUSED, RUN_STOPPED };

/* Figures of a run, for `show` and the progress line. */
struct run_figures {
	int64_t steps;
	int64_t effects, answered;
	int64_t strands_alive, strands_peak;
	int64_t memory_peak_bytes;
	int64_t branches_peak; /* branches and iterations under way at once, as limit parallel_branches counts them */
	int64_t call_depth_peak, parallel_depth_peak;
};

/* Is the argument within limit argument_bytes? A run with a larger one fails as it begins; better not begun. */
bool run_takes(const struct limits *limits, struct value argument);

/* The plan is lent and outlives the run. */
struct run *run_new(const struct plan *plan, const struct run_options *options);
void run_free(struct run *run); /* abandons what is under way; NULL is fine */

/* Before run_begin: the events of the past, numbers 1, 2 ... in order; content is copied. */
int run_add_history(struct run *run, const struct event *event, struct error *err);

/* Before run_begin: which calls of the definition's own call steps the host is told of (reference, 11.7). */
enum call_log { CALL_LOG_NONE, CALL_LOG_ERRORS, CALL_LOG_ALL };
void run_log_calls(struct run *run, enum call_log level);

/* Before run_begin: variables (a map; lent) that sys.get_env sees in place of those it had, from the end of the history on;
 * an event of the run. */
void run_change_env(struct run *run, struct value env);

/* Start, repeat the history if there is one, go on until every strand waits or the run has ended. */
enum run_status run_begin(struct run *run);

/* Is it a wait beyond limit sleep_seconds? The host answers it at once; the answer becomes a ValueError. */
bool effect_is_too_long(const struct effect *effect);

/* The answer to an effect, from the host. `raw` is taken: of stdlib_http_answer's form for HTTP, null for a
 * sleep and for an await whose time is up, {"result"} or {"raised"} for a child run. `timing` is taken: a map
 * for the journal, or null. */
enum run_status run_answer(struct effect *effect, struct value raw, struct value timing);

/* Cancel it (reference, 11.6): what is under way is abandoned, no `except` runs. Not from inside a host's call. */
void run_stop(struct run *run);

/* A request to a callback; `request` is lent: {"method", "url", "query", "headers", "body"} (reference, 8.2). */
enum arrival {
	ARRIVAL_TAKEN,	      /* recorded under *ticket; the sender may be told once that is on disk */
	ARRIVAL_UNKNOWN,      /* this run has no such callback (any more) */
	ARRIVAL_WRONG_METHOD, /* the callback stays as it is, here and below */
	ARRIVAL_REFUSED,      /* the last request still waits to be taken (reference, 8.3) */
	ARRIVAL_TOO_DEEP,     /* nested deeper than a value may be */
	ARRIVAL_TOO_LARGE,    /* for string_bytes or memory_bytes: no variable of this run could hold it */
};
enum arrival run_arrive(struct run *run, struct slice path, struct value request, int64_t *ticket);
/* The callback that a path leads to, in any state of the run; false when it is none of this run's. */
bool run_find_callback(const struct run *run, struct slice path, struct callback *callback);
/* The i-th callback of a run, oldest first; false past the last. */
bool run_callback_at(const struct run *run, size_t i, struct callback *callback);

enum run_status run_status(const struct run *run);
/* RUN_RETURNED: the result. RUN_RAISED: {"payload", "context", "stackTrace"}. Borrowed. */
struct value run_result(const struct run *run);
/* RUN_DIVERGED: what in the history the plan does not repeat. */
const char *run_divergence(const struct run *run);
struct run_figures run_figures(const struct run *run);
/* The most that the run has used so far, a map by the names of its limits, and "effects". Owned by the caller. The
 * last event of a run holds it as "usage". */
struct value run_usage(const struct run *run);
const char *run_id(const struct run *run);
/* A copy of `v` without the secrets that the run has read, for whoever shows it; owned by the caller. */
struct value run_masked(const struct run *run, struct value v);
const struct limits *run_limits(const struct run *run);
/* Of run_options; borrowed. */
struct value run_argument(const struct run *run);
struct value run_env(const struct run *run);
struct value run_connectors(const struct run *run);
void run_step_name(const struct run *run, int step, struct buf *out); /* "main.call": appended; nothing for -1 */
void run_set_user(struct run *run, void *user); /* a pointer for the host */
void *run_user(const struct run *run);
/* The step that the longest-waiting strand stands at, "main.classify": appended; nothing when none waits. */
void run_where(const struct run *run, struct buf *out);

#endif
