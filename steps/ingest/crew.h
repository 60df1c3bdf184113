/*
 * crew.h - threads that help with the parts of a job.
 *
 * A job is a number of independent parts. Whoever has a job works on it, and helpers that are free join in;
 * so a job of one part costs no hand-over, and jobs of several callers share the helpers.
 *
 * Depends on lib/mem. Safe from any thread.
 */
#ifndef STEPS_INGEST_CREW_H
#define STEPS_INGEST_CREW_H

#include <stddef.h>

struct crew; /* opaque */

struct crew *crew_new(int helpers); /* threads start with the first job of several parts */
void crew_free(struct crew *crew);  /* after the last job; NULL is fine */

/* Calls part(ctx, i) once for each i below `count`, in any order and at the same time; returns when all are
 * done. */
void crew_run(struct crew *crew, size_t count, void (*part)(void *ctx, size_t i), void *ctx);

#endif
