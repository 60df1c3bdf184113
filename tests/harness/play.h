/*
 * play.h - a run whose world is a script: no network, no clock, no disk.
 *
 * Events are kept, effects are answered one at a time in the order of their announcement (or the reverse):
 * HTTP calls by the script's lines in turn, waits at once (and noted). Wall time starts at a fixed point and
 * moves by what was waited for.
 *
 * A script line: {"code": 200, "headers": {...}, "body": any JSON}, with "text" in the place of "body" for
 * what is no JSON, or {"failure": "ConnectionError", "message": "..."}; with "url" the call's URL must be
 * that one. An answer of a run of another definition is {"child": {"result": v}} or {"child": {"raised":
 * error}}; with "workflow" it must be that one.
 *
 * A request to a callback: {"callback": {"method": "POST", "body": v, ...}}, sent as soon as every strand
 * waits and the endpoint is open; "endpoint": 0 (the first) or another; "status": 200, 404, 405 or 429 is
 * what the sender must be told, 0: whatever it is. A line may have members of several kinds, and is then for whatever
 * comes next. {"timeout": 0} lets the time of the first await run out; so does the end of
 * the script.
 */
#ifndef TESTS_HARNESS_PLAY_H
#define TESTS_HARNESS_PLAY_H

#include "workflow/engine/run.h"

enum { PLAY_MAX_EVENTS = 4096, PLAY_MAX_PENDING = 256, PLAY_START_S = 1700000000 };

/* What a scripted run is given. Lent. */
struct play_world {
	struct value argument;
	struct value env;        /* map of strings; null: STORE_URL alone */
	struct value connectors; /* of run_options; null: none */
	struct value script;
	struct limits limits;
	bool reversed; /* answer the newest effect first */
	uint64_t shuffle; /* answer in an order that follows from this number; 0: not shuffled */
};

struct play {
	const struct plan *plan;
	struct value script; /* list of lines; lent */
	size_t next_line;
	size_t past_count; /* events of the past */
	bool reversed;     /* answer the newest effect first */
	uint64_t shuffle;  /* of play_world */
	char problem[300]; /* what the script does not provide for, which ends the play; or "" */

	struct event events[PLAY_MAX_EVENTS]; /* content owned */
	size_t lines_used[PLAY_MAX_EVENTS];   /* lines of the script used up when the event was recorded */
	size_t event_count;
	struct effect *pending[PLAY_MAX_PENDING];
	size_t pending_count, pending_peak;
	struct value calls; /* list of requests made */
	struct value waits; /* list of seconds waited */
	struct value logs;  /* list of entries that sys.log told */
	int64_t wall_us;
	struct run_host host;
	struct run *run;
};

/* A world without a run: for a run that is made in another way (rerun_new) with play->host. */
void play_init(struct play *play, const struct plan *plan, struct value script);

/* `argument` is lent. With `past` the run first repeats the first `past_count` events of another play. */
void play_begin(struct play *play, const struct plan *plan, struct value argument,
		const struct limits *limits, struct value script, const struct play *past, size_t past_count);
/* The same with more of the world said. What the past used up of the script (past->lines_used) is the
 * caller's to skip. */
void play_begin_in(struct play *play, const struct plan *plan, const struct play_world *world,
		   const struct play *past, size_t past_count);
/* RUN_GOES_ON: the play stopped, play->problem says why. */
enum run_status play_to_end(struct play *play);
void play_release(struct play *play);

#endif
