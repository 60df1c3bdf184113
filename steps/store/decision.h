/*
 * decision.h - a record as the row it becomes.
 *
 * Steps hand on records: nested, open, from outside. A decision is the flat view that a table can hold:
 * every member is found or empty, whatever shape the record has. The record itself is kept beside it as
 * JSON, so nothing is lost by flattening.
 *
 * Depends on lib/value, lib/text, lib/diag. Slices are borrowed from the record.
 */
#ifndef STEPS_STORE_DECISION_H
#define STEPS_STORE_DECISION_H

#include "steps/store/sanction.h"

#include "lib/diag/error.h"
#include "lib/text/text.h"
#include "lib/value/value.h"

#include <stdbool.h>

enum { DECISION_MAX_ID = 256 }; /* bytes of an id */

struct decision {
	struct slice id, source, media_type, language, title, text_uri;
	struct slice doc_type;           /* empty: not classified */
	double probability;              /* 0 to 1; negative: not known */
	struct slice doc_date;           /* ISO 8601 or empty */
	struct slice model;              /* of the extraction, "press_release@1" */
	struct buf authorities, parties; /* "A; B; C" */
	struct sanction sanction;
};

/* What a record is filed under, appended to `key`: its id. One with an "error" member: its source, else its id,
 * else what the step that failed had to name it by (README of steps: "operand", "line").
 * ERROR_INPUT when it has none of them, or an id that is too long or holds control characters. */
int decision_key(struct value record, struct buf *key, struct error *err);
bool decision_is_failure(struct value record); /* has an "error" member that is not null */

/* Accepts any record; end it with decision_release. */
void decision_init(struct decision *decision, struct value record);
void decision_release(struct decision *decision);

/* extraction.fields.NAME as a list, or NULL. */
const struct value *decision_field(struct value record, const char *name);
/* The text of an item: a string itself, or its member NAME. */
struct slice decision_item_text(struct value item, const char *name);

#endif
