/*
 * invent.h - a random definition, and a random world for it.
 *
 * A definition is a main and a subworkflow of nested steps: assign, switch, for (break, continue), parallel branches and
 * iterations with shared variables, try with retry (its predicate may raise) and except, raise, HTTP calls, sub calls
 * and recursion, callbacks, child runs, sleeps, logs, clock and uuid, a text that grows. It logs its variables often and
 * returns them all, so what differs is seen. It always ends.
 *
 * The same seed gives the same definition and world. Depends on lib/text, lib/value, workflow/engine.
 */
#ifndef TESTS_FAULT_INVENT_H
#define TESTS_FAULT_INVENT_H

#include "lib/text/text.h"
#include "lib/value/value.h"
#include "workflow/engine/limits.h"

#include <stdint.h>

/* The next number of a sequence that *seed (not 0) stands for. */
uint64_t invent_number(uint64_t *seed);
/* A definition in JSON; appended. */
void invent_definition(struct buf *out, uint64_t *seed);
/* The usual limits, or (one time in three) such as a run reaches. */
void invent_limits(struct limits *limits, uint64_t *seed);
/* Answers for tests/harness/play.h, `lines` of them. Owned by the caller. */
struct value invent_world(size_t lines, uint64_t *seed);

#endif
