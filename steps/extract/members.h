/*
 * members.h - which members the items of a field have, and what may be in them, read off the field's rules.
 *
 * A member whose rules all give constants or look a table up has a vocabulary; one that some rule makes an amount,
 * a date or a currency has that form; any other is words. Whoever brings items from outside (a model elsewhere)
 * is held to this, and told it as a JSON Schema.
 *
 * Depends on model.h, lib/value. Values are the caller's.
 */
#ifndef STEPS_EXTRACT_MEMBERS_H
#define STEPS_EXTRACT_MEMBERS_H

#include "lib/value/value.h"
#include "steps/extract/model.h"

/* {NAME: VOCABULARY}: a list of strings, or null for a member that is open. */
struct value members_of(const struct field *field);

/* The value that the member takes from `said`: as it is, or as the member's normaliser makes it. False: it cannot
 * have such a value. `out` is an empty buf. */
bool members_take(const struct field *field, struct value members, struct slice name, struct slice said,
		  struct buf *out);

/* JSON Schema (of "strict" kind) for the fields of a model: members, "quote" and "confidence" for every item. */
struct value members_schema(const struct model *model);

#endif
