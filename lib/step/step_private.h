/*
 * step_private.h - what the two modes of a step share; see step.h.
 *
 *	step.c      command line, setup, help, schema
 *	filter.c    lines -> window of slots -> threads -> lines in the same order
 *	lines.c     reads lines, and can be stopped while it waits for one
 *	service.c   routes of the HTTP service; openapi.c describes them
 */
#ifndef LIB_STEP_STEP_PRIVATE_H
#define LIB_STEP_STEP_PRIVATE_H

#include "lib/http/problem.h"
#include "lib/step/step.h"

/* One process of a step, made once in step_main and read-only after (but what `documents` locks). */
struct step_run {
	const struct step *step;
	struct step_setup setup;
	struct logger log;
	void *state;
	size_t max_request_bytes;
	long timeout_s;
	int signal_fd; /* readable when SIGTERM or SIGINT came; both are blocked in all threads */
};

/* Exit status. The message of *err is printed by step_main when it is set. */
int step_filter(struct step_run *run, struct error *err);
int step_serve(struct step_run *run, struct error *err);

/* Which signal came (0: none). From now on a second one ends the process at once. */
int step_take_signal(struct step_run *run);

/* What --schema prints; owned by the caller. */
struct value step_schema(const struct step *step);
/* OpenAPI 3.1 of the service; owned by the caller. */
struct value step_openapi(const struct step *step, const char *predict_route);

/* apply, after the checks that are the same for all steps: a request is a map. */
int step_apply(struct step_run *run, struct step_call *call, struct value request, struct value *response,
	       struct error *err);
/* The request with an "error" member, which is a problem of this kind; owned by the caller. */
struct value step_failure(struct value request, enum problem kind, const struct error *err);

/* ---- lines.c */

enum lines_event { LINES_END, LINES_LINE, LINES_TOO_LONG, LINES_STOPPED, LINES_FAILED };

struct lines {
	int fd;
	int stop_fd;     /* reading ends when it is readable */
	size_t max_line; /* bytes */
	size_t number;   /* of the line just returned, from 1 */
	struct buf pending;
	size_t start;   /* of the next line in pending */
	size_t scanned; /* no newline between start and here */
	bool skipping;  /* in a line that is too long */
	bool at_end;
};

void lines_init(struct lines *lines, int fd, int stop_fd, size_t max_line);
void lines_release(struct lines *lines);
/* *line is lent until the next call; empty lines are skipped. */
enum lines_event lines_next(struct lines *lines, struct slice *line, struct error *err);

#endif
