/*
 * visit.h - a time that a run came to a step, as people read and write it: main.extract#2, main.extract [3,1].
 *
 * "#2" is the second time, counted over the whole run; "[3,1]" are the indexes of the loops around, outermost first.
 *
 * Depends on lib/{text,value,diag}.
 */
#ifndef WORKFLOW_CLI_VISIT_H
#define WORKFLOW_CLI_VISIT_H

#include "lib/diag/error.h"
#include "lib/text/text.h"
#include "lib/value/value.h"

#include <stddef.h>

/* "main.extract#2": the step as far as the '#' into `name`, the visit (from 0) into *visit; without one *visit stays.
 * ERROR_INPUT when it is no number from 1 on. */
int visit_read(const char *given, char name[256], size_t *visit, struct error *err);
/* "3,1" for [3, 1]; empty outside of loops, and for what is no list */
void visit_iteration(struct value iteration, char *text, size_t size);
/* Append "main.extract [3,1]"; `iteration` may be NULL. */
void visit_add(struct buf *line, struct slice step, const struct value *iteration);

#endif
