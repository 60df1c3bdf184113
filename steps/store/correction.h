/*
 * correction.h - what a person said about a value of a record, and putting it into the record.
 *
 *	{"document": "1a2b…", "field": "money", "value": {…}, "span": {…}, "correct": {…}}	a line of review, judged
 *	{"id": "1a2b…", "doc_date": {…}, "parties": […]}					whole fields, as annotated
 *
 * In the first form `value` and `span` say which item is meant, `correct` what is true: true (it is right), false or
 * null (there is no such thing), or the item as it should be; without `value` an item is added. In the second every
 * field stands for all its items. "doc_type" and "matters" are fields of the classification, all others of the
 * extraction.
 *
 * A correction is about an item, not about a place in a list, so that it can be applied to any later extraction of
 * the same document: the item it means is the one with the same members, else the only one that overlaps its span.
 * Applying is idempotent. What was corrected has "reviewed": true and confidence 1; the fields are listed in
 * extraction.reviewed.
 *
 * Depends on lib/{text,diag,value,json}. Pure; values follow value.h's rule.
 */
#ifndef STEPS_STORE_CORRECTION_H
#define STEPS_STORE_CORRECTION_H

#include "lib/diag/error.h"
#include "lib/value/value.h"

#include <stdbool.h>

struct correction {
	struct value field; /* its name */
	struct value was; /* the item that is meant, its span in it; null: none (added, or the whole field) */
	struct value becomes; /* an item, a list of them, or null */
	bool is_whole;        /* it stands for all items of the field */
	bool of_list;         /* the field is a list, even where a record lacks it */
};

void correction_release(struct correction *correction);

/* The id that a line is about; empty when it is no correction. Lent. */
struct slice correction_document(struct value line);

/* The corrections of a line, for `record` as it is stored: they are given to `each`, which owns them. How many, or
 * -1 with ERROR_INPUT. A line of review that nobody judged (no "correct") holds none. */
int correction_read(struct value line, struct value record, void (*each)(void *ctx, struct correction *taken),
		    void *ctx, struct error *err);

/* Changes the record. */
void correction_apply(const struct correction *correction, struct value *record);

/* The members of an item that are its value: its texts, without the quote and what else tells of its finding. */
struct value correction_members(struct value item);

#endif
