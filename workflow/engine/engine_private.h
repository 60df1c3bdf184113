/*
 * engine_private.h - the parts of a run, seen by workflow/engine alone.
 *
 *	run ─┬─ strand ── frame ── frame (caller) ...
 *	     ├─ strand ── frame            outer ─▶ the frame that forked it
 *	     ├─ fork    a parallel step under way: its strand waits for its children
 *	     └─ effect  a strand waits for the world
 *
 * Nothing of a run lies on the C stack between two calls of the host.
 */
#ifndef WORKFLOW_ENGINE_ENGINE_PRIVATE_H
#define WORKFLOW_ENGINE_ENGINE_PRIVATE_H

#include "lib/mem/mem.h"
#include "workflow/connector/mask.h"
#include "workflow/engine/rerun.h"
#include "workflow/engine/run.h"
#include "workflow/expr/raised.h"

#include <assert.h>

/* The content of a variable that was never assigned on the path taken. */
enum { VALUE_UNSET = VALUE_MAP + 1 };

struct frame {
	struct frame *caller; /* owned; NULL at the bottom of a strand */
	struct frame *outer;  /* frame of the unit around a branch or iteration; NULL for a routine */
	int unit;
	int pc;              /* next operation */
	int depth;           /* of the expression stack */
	int64_t called_us;   /* when its call under way began; only while calls are logged */
	struct value *stack; /* behind the slots */
	struct value slots[];
};

enum strand_state { STRAND_READY, STRAND_WAITING, STRAND_DONE };

struct strand {
	int64_t id; /* dense within the run, in the order of birth */
	struct run *run;
	struct frame *top; /* owned */
	int call_depth;
	int parallel_depth;
	enum strand_state state;
	struct effect *effect; /* owned by the run; or NULL */
	struct fork *fork;     /* owned: its own parallel step under way; or NULL */
	struct fork *parent;   /* the fork it is a child of; NULL for main */
	int64_t index;         /* iteration or branch number in `parent` */
	struct strand *next_ready;
	struct strand *previous, *next; /* all of the run */
};

struct fork {
	const struct plan_fork *plan;
	struct strand *strand; /* waits for the children */
	struct frame *frame;
	struct value list;  /* in; null for ranges and branches */
	struct value first; /* range: its begin */
	int64_t count, started, running, limit;
	struct value failures; /* list of {"id", "error"} */
	struct value tags;     /* of the failures, each once */
	bool truncated;
	struct fork *next; /* all of the run */
};

/* One event of the past. */
struct past {
	enum event_kind kind;
	int64_t strand, effect, time_us;
	struct value content;
};

struct watch; /* below: a step that is looked at */
struct change; /* redrive.c: variables changed by hand at a step to come */

struct run {
	const struct plan *plan;
	const struct run_host *host;
	struct limits limits;
	char *id;
	struct value argument, env, connectors;
	struct mask *mask; /* owned: the secrets that were read; NULL while none was */
	struct stdlib_patterns *patterns; /* owned: what the library compiled */
	void *user;

	enum run_status status;
	struct value result; /* or the error report */
	char *divergence;

	struct strand *strands; /* all alive */
	struct strand *ready_first, **ready_last;
	struct effect *effects, *last_effect; /* announced, unanswered */
	struct fork *forks;     /* under way, oldest last */
	struct endpoint *endpoints; /* oldest first */

	int64_t next_event, next_strand, next_effect;
	int64_t branches; /* children that do not themselves wait for children */
	int64_t branch_errors; /* kept in UnhandledBranchErrors so far */
	struct run_figures figures;
	int64_t started_us, now_us;           /* of the first event, and of the last answer */
	int64_t memory_bytes;                 /* of all variables, exact: memory.c */
	int64_t busy_at;                      /* step at which the host was last told that time passes */
	bool allows_bytes;                    /* in the result */
	enum call_log call_log;
	bool over_limit;                      /* a ResourceLimitError is on its way: nothing catches it */

	struct past *past;
	size_t past_count, past_capacity, past_next;
	bool is_live;        /* what the past left unanswered was performed again */
	struct watch *watch; /* or NULL */
	struct change *changes; /* owned: of the past */
	struct value new_env;	/* given for the time after the past, or null */
};

enum outcome { GO, RAISED, WAITS, ENDED };

/* ---- frame.c */
struct frame *frame_new(const struct plan *plan, int unit);
void frame_free(struct run *run, struct frame *frame); /* its variables no longer count */
struct strand *strand_new(struct run *run, int unit);
void strand_free(struct strand *strand); /* unlinks it */
void strand_ready(struct strand *strand);
int frame_step(const struct plan *plan,
	       const struct frame *frame); /* step of the operation under way, or -1 */

/* Of a connector's own routine: part of the step that called it (plan.h). */
static inline bool is_builtin(const struct run *run, const struct frame *frame)
{
	return run->plan->units[frame->unit].is_builtin;
}

static inline void push(struct frame *frame, struct value taken)
{
	frame->stack[frame->depth++] = taken;
}

static inline struct value pop(struct frame *frame)
{
	return frame->stack[--frame->depth];
}

static inline void raise_peak(int64_t *peak, int64_t now)
{
	if (now > *peak)
		*peak = now;
}

/* The frame `level` units outward. */
static inline struct frame *frame_out(struct frame *frame, int level)
{
	while (level--)
		frame = frame->outer;
	return frame;
}

/* ---- execute.c */
/* Run a strand until it waits or ends. */
void strand_execute(struct strand *strand);

/* ---- control.c */
enum outcome for_begin(struct strand *strand, struct frame *frame, int loop, struct value *raised);
bool for_next(struct run *run, struct frame *frame, const struct plan_loop *loop); /* is there a next one? */
int range_bounds(struct value list, struct value *first, int64_t *count, struct value *raised);
struct value range_at(struct value first, int64_t i);
enum outcome retry(struct strand *strand, struct frame *frame, const struct plan_handler *handler,
		   struct value *raised);
/* Find who catches it; both values are taken. GO, or ENDED when the strand is over. */
enum outcome unwind(struct strand *strand, struct value raised, struct value trace);

/* ---- fork.c */
enum outcome fork_begin(struct strand *strand, struct frame *frame, const struct plan_fork *plan,
			struct value *raised);
/* A strand has ended: tell its fork, or the run. `raised` VALUE_UNSET: normally, with `value`. All taken. */
void strand_ended(struct strand *strand, struct value value, struct value raised, struct value trace);
void forks_start(struct run *run); /* children that now have room */
void fork_free(struct fork *fork);

/* ---- effect.c */
enum outcome effect_call(struct strand *strand, struct frame *frame, const struct op *op,
			 struct value *raised);
void effect_announce(struct strand *strand, enum effect_kind kind, const char *function, struct value request,
		     bool in_passing);
enum outcome log_call(struct strand *strand, struct frame *frame, const struct op *op, struct value *raised);
int observe(struct strand *strand, const struct stdlib_function *function, struct value *out);
void effect_answered(struct effect *effect,
		     struct value content); /* content lent: {"result"} or {"raised"} */
void effect_free(struct effect *effect);    /* unlinks it */

struct value step_name(const struct run *run, int step); /* "main.open", or null for none */

/* ---- call_log.c: only while calls are logged; nothing when the operation before the frame's pc is no call step's */
void call_begins(struct strand *strand, struct frame *frame); /* its arguments are on the stack */
void call_returned(struct strand *strand);		      /* its result is */
void call_raised(struct strand *strand, struct value raised, struct value trace, bool is_handled);

/* ---- callback.c */
/* Takes `request`, gives {"url"}; an event of its own, as observe. */
enum outcome endpoint_open(struct strand *strand, const struct stdlib_function *function, struct value request,
			   struct value *out, struct value *raised);
void endpoints_reopen(struct run *run); /* tell the host of those that the past opened */
void endpoints_release(struct run *run);
bool is_callback(const struct run *run, struct value request); /* of an await: of this run? */
/* Answer an await just announced with a request that came before; false when there is none. */
bool callback_take(struct effect *effect);
bool replay_arrival(struct run *run, const struct past *past);

/* ---- secret.c */
/* The content of a secret: GO and *out, or RAISED; WAITS when the run cannot go on. */
enum outcome secret_read(struct strand *strand, const struct value *args, struct value *out, struct value *raised);

/* ---- history.c */
/* Record an event, or compare it with the recorded one. `content` is lent. Gives the recorded event when
 * there was one, else NULL after appending (ticket and time are set). */
const struct past *produce(struct run *run, enum event_kind kind, int64_t strand, int64_t effect,
			   struct value content, int64_t *time_us, int64_t *ticket);
void diverge(struct run *run, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The recorded answer that comes next, or NULL when the history is used up. */
const struct past *next_past_answer(struct run *run);
void history_release(struct run *run); /* the events of the past; how many they were stays known */

/* ---- report.c */
struct value trace_new(const struct strand *strand); /* list of {"step","routine","position"} */
struct value shown_error(struct value raised); /* as the journal can hold it: a text in place of what nests too deeply */
struct value error_report(struct value raised,
			  struct value trace); /* lent; {"payload","context","stackTrace"} */
void error_head(struct buf *text, struct value raised); /* its message, in one line: appended */
bool has_json_form(struct value v);            /* bytes, NaN and infinity have none */
struct value iteration_of(const struct strand *strand,
			  const struct frame *frame); /* list of loop indexes, outermost first */

/* ---- memory.c */
/* What a variable holds, by the measure of value_size; 0 while it is unassigned. */
static inline size_t held_size(struct value v)
{
	if (v.kind < VALUE_STRING)
		return 8;
	return v.kind == (enum value_kind)VALUE_UNSET ? 0 : value_size(v);
}

/* Does this slot count: has it a name? */
static inline bool is_variable(const struct run *run, const struct frame *frame, int slot)
{
	return run->plan->units[frame->unit].variables[slot].text.ptr;
}

/* Put a value into a slot; clear_slots: slots [from, to) are unassigned from now on. The run's sum follows. */
void slot_set(struct run *run, struct frame *frame, int slot, struct value taken);
void clear_slots(struct run *run, struct frame *frame, int from, int to);
/* A variable that had `before` bytes has `after`. False when the run is over its limit (*raised is set). */
bool memory_fits(struct run *run, size_t before, size_t after, struct value *raised);
/* Count so many steps; false as above. */
bool count_steps(struct run *run, int64_t steps, struct value *raised);
/* Is every string in it within its limit? False as above. */
bool strings_fit(struct run *run, struct value v, struct value *raised);
bool has_long_string(struct value v, int64_t limit); /* of more bytes, anywhere in it */
bool string_fits(struct run *run, size_t bytes, struct value *raised);
/* The argument, which is a variable already or counts by itself; false as above. */
bool argument_fits(struct run *run, bool is_variable, struct value *raised);
/* sys.sleep and sys.sleep_until: false, with a ValueError, for a wait that is too long. */
bool wait_fits(const struct effect *effect, struct value *raised);
/* Has the run lasted too long by the time of its last answer? False as above. */
bool duration_fits(struct run *run, struct value *raised);
/* The result of the run as JSON; false with *raised set. */
bool result_fits(const struct run *run, struct value result, struct value *raised);

/* ---- store.c: assignments */
enum outcome store(struct strand *strand, struct frame *frame, const struct op *op, struct value *raised);
enum outcome store_path(struct strand *strand, struct frame *frame, const struct op *op, struct value *raised);
/* x: ${list.concat(x, v)} and x: ${x + v}, in place. */
enum outcome append_item(struct strand *strand, struct frame *frame, const struct op *op, struct value *raised);
enum outcome append_text(struct strand *strand, struct frame *frame, const struct op *op, struct value *raised);

/* ---- run.c */
struct value started_content(const struct run *run); /* of EVENT_STARTED */
enum run_status run_advance(struct run *run);
void run_end(struct run *run, enum run_status status, struct value result); /* taken */

/* ---- redrive.c: changes by hand (EVENT_CHANGED), in the order of the past */
void change_expect(struct run *run, struct value content); /* of the event added last to the past */
void changes_apply(struct strand *strand, struct frame *frame, int step);
void changes_release(struct run *run);
/* The event that stands next in the past: of the environment? Then it is taken in. */
bool change_replay_env(struct run *run);
void change_env(struct run *run); /* live: record new_env, if there is one */

/* ---- rerun.c */
/* Repeat the history, looking on with `watch` (taken). NULL with *err when the plan does not; *fits then says how many
 * events it repeated, if given. */
struct run *history_repeat(const struct plan *plan, const struct history *history, const char *id, struct watch *watch,
			   size_t *fits, struct error *err);
/* Give `name` a new value where the frame stands (lent); false when there is no such variable. */
bool frame_set(struct run *run, struct frame *frame, struct slice name, struct value v);

/* The steps that a repetition came to before `bound` events, for the last of them. */
struct trail {
	size_t bound;
	const bool *accepts; /* [step_count]; lent */
	size_t *visits;      /* [step_count]: so far; lent */
	int step;            /* the last one accepted, or -1 */
	size_t visit, events;
};

/* ---- watch.c: what happens to the visits of one step */
struct watch {
	int step;
	size_t visit_wanted; /* SIZE_MAX: only look on */
	bool is_live;        /* the wanted visit goes on against the world */
	struct survey survey;
	struct open_visit *open;
	size_t open_count, open_capacity;
	struct strand *strand; /* of the wanted visit */
	struct value request;  /* {"run", "step", "visit", "set"}: for EVENT_STARTED */
	struct tour *tour;     /* owned: all steps are looked at instead of one; or NULL */
	struct ledger *ledger; /* owned: every entry into a step is noted; or NULL */
	struct trail *trail;   /* lent; or NULL */
};

void watch_step(struct strand *strand, struct frame *frame, int step);       /* a step begins */
void watch_effect(const struct effect *effect, const char *function);         /* one is announced */
void watch_op(struct strand *strand);                                        /* an operation is next */
void watch_store(struct strand *strand, const struct frame *home, int slot); /* a variable is assigned */
void watch_caught(struct run *run, struct frame *frame,
		  struct value raised); /* `frame` goes on in a handler */
void watch_gone(struct run *run, struct frame *frame, const struct value *raised); /* returned, or raised */
void watch_free(struct watch *watch);

/* ---- entries.c: the same for every step, one by one; called by watch.c */
struct entries;
struct ledger *ledger_new(struct entries *entries, bool has_variables); /* lent */
void ledger_free(struct ledger *ledger);				  /* NULL is fine */
void ledger_step(struct strand *strand, struct frame *frame, int step);
/* It has left what its pc is not in, by an error if there is one. */
void ledger_past(struct run *run, const struct frame *frame, const struct value *raised);
void ledger_gone(struct run *run, const struct frame *frame, const struct value *raised);

/* ---- tour.c: the same for every step, counted; called by watch.c */
struct tour *tour_new(struct step_figures *figures); /* lent */
void tour_free(struct tour *tour);                   /* NULL is fine */
void tour_step(struct strand *strand, struct frame *frame, int step);
void tour_past(struct run *run, struct frame *frame, bool failed); /* it has left what its pc is not in */
void tour_gone(struct run *run, struct frame *frame, bool failed);

#endif
