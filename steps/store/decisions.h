/*
 * decisions.h - the database of decisions: one row each, searchable.
 *
 *	decisions          one row per document id, the columns of decision.h and the record as JSON
 *	parties, money,    what a record lists, one row an item, for queries in SQL
 *	legal_basis, measures
 *	texts              full-text index over title, parties and text, same row number
 *	failures           documents that could not be processed, by source
 *	corrections        what people said about items, applied to whatever is stored of the document
 *
 * Writing is by id: sending a record again replaces its row and never adds one. The text is indexed again
 * only when it, the title or the parties changed. A decision that arrives for a source removes the failure of
 * that source.
 *
 * One thread at a time. Depends on lib/{mem,text,diag,value,json,clock,db}, steps/store/decision.h.
 */
#ifndef STEPS_STORE_DECISIONS_H
#define STEPS_STORE_DECISIONS_H

#include "steps/store/decision.h"

#include "lib/db/db.h"
#include "lib/diag/error.h"
#include "lib/text/text.h"
#include "lib/value/value.h"

#include <stdint.h>

struct decisions; /* opaque */

struct decisions *decisions_open(const char *path, struct error *err);
void decisions_close(struct decisions *decisions); /* NULL is fine */
struct db *decisions_db(struct decisions *decisions);

/* Transactions are the caller's (db_begin, db_commit). `json` is the record's text as it is to be kept. */

/* Would the full-text index change? 1, 0, or -1. Lets the caller fetch a text only when it is needed. */
int decisions_wants_text(struct decisions *decisions, const struct decision *decision, struct error *err);
/* `text` NULL: leave the index as it is (decisions_wants_text said 0). */
int decisions_put(struct decisions *decisions, const struct decision *decision, struct value record,
		  struct slice json, const struct slice *text, struct error *err);
int decisions_put_failure(struct decisions *decisions, struct slice source, struct value record,
			  struct slice json, struct error *err);

/* ---- what people said (decisions_review.c); transactions are the caller's here too */

/* Applies the corrections of a document to a record of it that is about to be stored. How many, or -1. */
int decisions_correct(struct decisions *decisions, struct slice id, struct value *record, struct error *err);
/* Keeps what a line of corrections says (correction.h) and puts it into the stored record. How many corrections, or
 * -1: ERROR_NOT_FOUND when the document is not stored, ERROR_INPUT when the line is wrong. `reviewer` may be NULL. */
int decisions_review(struct decisions *decisions, struct value line, const char *reviewer, struct error *err);
/* Documents with corrections, by id: the record and its text (empty when there is none), lent for the call. */
int decisions_reviewed(struct decisions *decisions,
		       void (*each)(void *ctx, struct value record, struct slice text), void *ctx, struct error *err);

/* ---- reading */

struct decisions_row {
	struct slice id, source, doc_type, title, doc_date, language, parties, sanction, stored_at;
	struct slice snippet; /* of a search: hits between bytes 1 and 2 */
};
typedef void decisions_each(void *ctx, const struct decisions_row *row); /* row lent for the call */

/* Newest document first, undated ones last; `type` NULL: all; `limit` 0: no limit. */
int decisions_list(struct decisions *decisions, const char *type, long limit, decisions_each *each, void *ctx,
		   struct error *err);
/* Best hits first. `query` is FTS5's language: see decisions_query. */
int decisions_search(struct decisions *decisions, const char *query, const char *type, long limit,
		     decisions_each *each, void *ctx, struct error *err);
/* Add an operand of the command line to a query: its words as one phrase, a final * as a prefix. */
void decisions_query(struct buf *query, struct slice operand);
/* The record of an id or of a unique beginning of one, appended to `json`. ERROR_NOT_FOUND, ERROR_INPUT. */
int decisions_get(struct decisions *decisions, const char *id, struct buf *json, struct error *err);

struct decisions_failure {
	struct slice source, message;
};
int decisions_failures(struct decisions *decisions,
		       void (*each)(void *ctx, const struct decisions_failure *failure), void *ctx,
		       struct error *err);
/* Rows of decisions (of a type, or all), or -1. */
int64_t decisions_count(struct decisions *decisions, const char *type, struct error *err);

#endif
