/*
 * raised.h - an error of the workflow, as a value: {"message": ..., "tags": [...]}.
 *
 * What a step raises is routed by the engine to try/except; it is not a fault of the machine (struct
 * error) nor a mistake in the definition (struct diags). Tags and messages: reference, 6.2 and 6.3.
 *
 * Depends on lib/value.
 */
#ifndef WORKFLOW_EXPR_RAISED_H
#define WORKFLOW_EXPR_RAISED_H

#include "lib/value/value.h"

/* Fill *raised (owned by the caller, which passes it uninitialised) and return -1, so that an operator
 * can `return raise_error(raised, "TypeError", ...)`. The message becomes "TypeError: ..." when `tag` is
 * one whose messages begin with the tag (all but HttpError); LookupError is added for KeyError and
 * IndexError. */
int raise_error(struct value *raised, const char *tag, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same with the message exactly as given. */
int raise_plain(struct value *raised, const char *tag, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* How a message names the kind of a value: 'dict' for a map, else the words of get_type (reference, 6.3). */
const char *raised_kind(struct value v);

/* Does an error value carry this tag? False for values that are no maps. */
bool raised_has_tag(struct value raised, const char *tag);

#endif
