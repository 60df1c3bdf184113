/*
 * describe.h - the library for people, from its table: a function on a terminal, all of them as a page.
 *
 * FUNCTIONS.md in this room is what stdlib_describe_all writes; a test compares the two, and evaluates the
 * examples. Depends on workflow/stdlib/stdlib.h, lib/json.
 */
#ifndef WORKFLOW_STDLIB_DESCRIBE_H
#define WORKFLOW_STDLIB_DESCRIBE_H

#include "workflow/stdlib/stdlib.h"

#include <stdio.h>

/* "sys.get_env(name: string, default?: string) -> null|string": appended. */
void stdlib_signature(const struct stdlib_function *function, struct buf *out);
/* "number or string": appended. The kinds of a set, in get_type's words. */
void stdlib_types_text(unsigned types, struct buf *out);
/* "pure", "blocking" ...: what kind of function it is, and where it may be called. */
const char *stdlib_kind_text(const struct stdlib_function *function);

/* Signature, summary, errors, example: for a terminal. */
void stdlib_describe(const struct stdlib_function *function, FILE *out);
/* Name and summary of each, a line each. */
void stdlib_list_all(FILE *out);
/* All functions as one page of Markdown. */
void stdlib_describe_all(FILE *out);

#endif
