/*
 * template.h - the path templates of discovery documents: "v1/{+parent}/topics/{topic}".
 *
 *	{name}    percent-encoded, slashes too
 *	{+name}   slashes and the other characters that URLs reserve are kept, and so is %XX
 *
 * That is RFC 6570, levels 1 and 2, with two differences. A ? or # in {+name} is encoded, and a segment "." or
 * ".." is refused: an argument fills its place in the path and reaches no other method. And with
 * TEMPLATE_AS_GIVEN {name} is filled like {+name}, for Cloud Storage, whose callers encode object names
 * themselves (reference, 7.2).
 *
 * Depends on lib/text, lib/value, workflow/expr. Pure.
 */
#ifndef WORKFLOW_CONNECTOR_TEMPLATE_H
#define WORKFLOW_CONNECTOR_TEMPLATE_H

#include "lib/value/value.h"

enum template_style { TEMPLATE_ENCODED, TEMPLATE_AS_GIVEN };

/* Append `path` with the members of `args` (a map) filled in. -1 and *raised: KeyError for one that is
 * missing or null, TypeError for one that is no scalar, ValueError for an empty one, a dot segment, or a
 * template of another kind. */
int template_fill(struct buf *out, struct slice path, struct value args, enum template_style style,
		  struct value *raised);

#endif
