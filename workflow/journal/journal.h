/*
 * journal.h - the history of every run, append-only, in SQLite.
 *
 * One writer thread commits whatever has queued while the last commit ran (group commit) and says how
 * far it got; the loop waits for the disk only when there is nothing else to do. What the promises J1 to J5 ask of this
 * room is in README.md. Deciding what an event means is the engine's work.
 *
 * Threads: every function here is called from the loop's thread; the writer thread is private. Reading uses a
 * connection of its own. Depends on lib/{mem,text,diag,value,json,clock,db}, libuv.
 */
#ifndef WORKFLOW_JOURNAL_JOURNAL_H
#define WORKFLOW_JOURNAL_JOURNAL_H

#include "lib/db/db.h"
#include "lib/diag/error.h"
#include "lib/text/text.h"
#include "lib/value/value.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* ---- events */

enum event_kind {
	EVENT_STARTED = 1, /* content: the argument, env, limits: {"argument","env","limits"} */
	EVENT_ANNOUNCED,   /* an effect is about to leave: content {"kind","step","iteration","request", ...} */
	EVENT_ANSWERED,	   /* its answer: {"result": v} or {"raised": v}, and timings */
	EVENT_OBSERVED,	   /* sys.now, uuid.generate, answered in passing: {"function","value"} */
	EVENT_LOGGED,	   /* sys.log: {"severity","text"|"json","step"} */
	EVENT_ENDED,	   /* {"result": v}, {"error": {...}} or {"cancelled": true} */
	EVENT_OPENED,	   /* a callback endpoint: {"function","step","method","callback": id,"url"} or {..."raised"} */
	EVENT_ARRIVED,	   /* a request to one: {"callback": id, "payload": what await_callback gives} */
	EVENT_CHANGED,	   /* by hand: variables before a step {"step","visit","set"}; the environment {"env"} */
};

/* A stretch of an event's content that is stored by itself, once for all events that hold the same. */
struct content_part {
	size_t start, len; /* bytes of the content */
};
enum { CONTENT_MAX_PARTS = 16, CONTENT_PART_BYTES = 512 }; /* what is smaller stays where it is */
struct content_parts {
	size_t count;
	struct content_part at[CONTENT_MAX_PARTS]; /* in order, none within another */
};

struct event {
	int64_t number;	 /* 1, 2, 3 ... within the run, without a gap (J3) */
	enum event_kind kind;
	int64_t strand;	 /* who */
	int64_t effect;	 /* ANNOUNCED, ANSWERED: the effect's number within the run; else 0 */
	int64_t time_us; /* wall clock; for people, never for replay */
	struct slice content; /* JSON (journal_encode); borrowed */
	const struct content_parts *parts; /* of an append, by journal_encode_parts, or NULL; read back it is NULL */
};

/* ---- runs */

enum run_state { RUN_ACTIVE, RUN_SUCCEEDED, RUN_FAILED, RUN_CANCELLED, RUN_QUEUED /* waits for its turn */ };
const char *run_state_name(enum run_state state); /* "ACTIVE", "SUCCEEDED" ... as the API says */

/* Where a run comes from: what its parent is to it. */
enum run_origin {
	ORIGIN_ASKED, /* a person or program asked for it; no parent */
	ORIGIN_RERUN, /* does a step of its parent again */
	ORIGIN_CHILD, /* a step of its parent started it, and it goes its own way */
	ORIGIN_REDRIVE, /* shares the history of its parent up to a step, and went on from there */
};

struct journal_run {
	char id[64];
	int64_t row;		 /* key in the database */
	enum run_state state;
	char definition_hash[65]; /* SHA-256 of the source */
	const char *file;	 /* name the definition was given under; borrowed until the next read */
	enum run_origin origin;
	const char *parent_run;	 /* id of its parent, or "" */
	const char *parent_step; /* of the parent: "main.extract", or "" */
	int64_t start_us, end_us; /* end 0 while active */
	int64_t event_count;
	int64_t owner_pid;	 /* last owner; alive only if journal_owner says so */
};

struct journal; /* opaque */

struct journal_callbacks {
	/* On the loop: every append with a ticket <= `ticket` is on disk. */
	void (*committed)(void *ctx, int64_t ticket);
	/* On the loop, once: the writer cannot go on (disk full, I/O error). Nothing after the last
	 * committed ticket is on disk; what was committed stays. */
	void (*failed)(void *ctx, const struct error *err);
	void *ctx;
	/* On the loop, before it sleeps: is there nothing to do but wait for the commit of what is queued? It is then
	 * done on the loop's thread. NULL: never. */
	bool (*is_waiting)(void *ctx);
};

/* Opens or makes the database. `loop` NULL: reading only (list, show, logs), no writer thread. */
struct journal *journal_open(const char *path, enum db_durability durability, uv_loop_t *loop,
			     const struct journal_callbacks *callbacks, struct error *err);
/* Commits what is queued, ends the writer. The loop must run once more to close the handle. */
void journal_close(struct journal *journal);

/* The default path: $LEXFLOW_STATE, else $XDG_STATE_HOME/lexflow/state.db. Owned by the caller. */
char *journal_default_path(void);

/* Make a run and take its lock (J5). `id` NULL or "": a fresh one. The row is written at once
 * (committed), state ACTIVE. ERROR_INPUT when the id is taken or malformed ([A-Za-z0-9_-]{1,63}, not
 * "last"). The texts may be those of another run just read; `run` is not that one. */
int journal_create(struct journal *journal, const char *id, const char *file, struct slice source, const char *parent_run,
		   const char *parent_step, struct journal_run *run, struct error *err);
/* The same, but the row is written with the first flush after it: one commit for the row and the first events of a
 * run. Whoever calls this flushes soon, since other processes that write wait meanwhile. */
int journal_begin(struct journal *journal, const char *id, const char *file, struct slice source,
		  struct journal_run *run, struct error *err);
/* The same for a run that a step of another one starts: its origin is ORIGIN_CHILD. */
int journal_create_child(struct journal *journal, const char *id, const char *file, struct slice source,
			 const char *parent_run, const char *parent_step, struct journal_run *run,
			 struct error *err);
/* The same for a run that shares the history of another one up to a step: its origin is ORIGIN_REDRIVE, and its row is
 * written with the first flush after it, as that of journal_begin: the caller appends the shared events. */
int journal_begin_redrive(struct journal *journal, const char *file, struct slice source, const char *parent_run,
			  const char *parent_step, struct journal_run *run, struct error *err);
/* A run that was made in another database: file, origin, parent, state and times as in `past`. Its row is written with the
 * first flush after it; with all its events appended before that, there is the whole run or none. */
int journal_begin_past(struct journal *journal, const char *id, const struct journal_run *past, struct slice source,
		       struct journal_run *run, struct error *err);
/* Give a run that the caller owns another definition, at once. The texts outlive the use of `run`. */
int journal_redefine(struct journal *journal, struct journal_run *run, const char *file, struct slice source,
		     struct error *err);
/* Take the lock of an existing run to go on with it. ERROR_BUSY names the owner's process. */
int journal_own(struct journal *journal, struct journal_run *run, struct error *err);
void journal_disown(struct journal *journal, const struct journal_run *run);

/* Queue one event; its content is copied. Returns the ticket (grows by one with each append, over all
 * runs). The caller numbers events. */
int64_t journal_append(struct journal *journal, const struct journal_run *run, const struct event *event);
/* Queue the end of a run: state, end time (the EVENT_ENDED is appended by the caller before). */
int64_t journal_finish(struct journal *journal, const struct journal_run *run, enum run_state state);
/* Start a commit of what is queued at once; without it that comes before the loop goes to sleep. Cheap when nothing
 * is. */
void journal_flush(struct journal *journal);

/* ---- reading */

/* A run by id, by a unique prefix of it, or "last". ERROR_NOT_FOUND, ERROR_INPUT (ambiguous). */
int journal_find(struct journal *journal, const char *id, struct journal_run *run, struct error *err);
/* The source text of a run's definition; appended. */
int journal_source(struct journal *journal, const struct journal_run *run, struct buf *source, struct error *err);
/* Newest first; `each` returns false to stop. */
int journal_list(struct journal *journal, bool (*each)(void *ctx, const struct journal_run *run), void *ctx,
		 struct error *err);
/* Those that the run `parent` started, oldest first. `each` may call no function of the journal. */
int journal_children(struct journal *journal, const char *parent, bool (*each)(void *ctx, const struct journal_run *run),
		     void *ctx, struct error *err);
/* The run of exactly this id: 1, 0 when there is none, -1. */
int journal_get(struct journal *journal, const char *id, struct journal_run *run, struct error *err);
/* In order, from number `from` on. ERROR_IO for a gap, and for an event whose numbers cannot be. `each` of journal_list
 * may call it, too. */
int journal_events(struct journal *journal, const struct journal_run *run, int64_t from,
		   bool (*each)(void *ctx, const struct event *event), void *ctx, struct error *err);
/* Is the run's lock held by a living process? */
bool journal_is_owned(struct journal *journal, const struct journal_run *run);

/* ---- content: JSON in which every value survives the round trip: bytes as {"$text": "..."} if they are UTF-8, else
 * {"$bytes": "base64"}; doubles that JSON cannot tell from integers (or hold) as {"$double": "3"}; keys that
 * would be taken for these or for {"$content": hash} (contents.c), or hold a NUL, behind a "$0" (content.c) */

/* Appends. -1 (and *out as far as written) when nested deeper than JSON_MAX_DEPTH or beyond out's limit. */
int journal_encode(struct buf *out, struct value v);
/* The same for the content of an event; *parts: its large members and theirs, for struct event. */
int journal_encode_parts(struct buf *out, struct value content, struct content_parts *parts);
int journal_decode(struct slice content, struct value *out, struct error *err);

#endif
