/* decisions_review.c - corrections in the database of decisions; see decisions.h and correction.h. */
#include "steps/store/decisions_private.h"

#include "steps/store/correction.h"

#include "lib/clock/clock.h"
#include "lib/json/json.h"

/* ---- applying them to a record */

/* What is in the table was written by us; what cannot be read is passed over. */
static void apply_row(sqlite3_stmt *stmt, struct value *record)
{
	struct correction correction = {
		.field = value_string_repaired(db_column_text(stmt, 0)),
		.was = value_null(),
		.becomes = value_null(),
		.is_whole = sqlite3_column_int(stmt, 3) != 0,
		.of_list = sqlite3_column_int(stmt, 4) != 0,
	};
	struct slice was = db_column_text(stmt, 1);

	if ((!was.ptr || json_read(was, &correction.was, NULL) == 0) &&
	    json_read(db_column_text(stmt, 2), &correction.becomes, NULL) == 0)
		correction_apply(&correction, record);
	correction_release(&correction);
}

int decisions_correct(struct decisions *decisions, struct slice id, struct value *record, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(decisions->db,
					"SELECT field, was, becomes, is_whole, of_list FROM corrections "
					"WHERE document = ? ORDER BY number",
					err);
	int count = 0, row;

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, id);
	while ((row = db_step(decisions->db, stmt, err)) > 0) {
		apply_row(stmt, record);
		count++;
	}
	return row < 0 ? -1 : count;
}

/* ---- keeping one */

struct review {
	struct decisions *decisions;
	struct slice document;
	const char *reviewer;
	struct value record;
	int status;
	struct error *err;
};

static void bind_correction(sqlite3_stmt *stmt, const struct review *review,
			    const struct correction *correction, struct slice was, struct slice becomes)
{
	db_bind_text(stmt, 1, review->document);
	db_bind_text(stmt, 2, value_text(correction->field));
	db_bind_text(stmt, 3, value_is_null(correction->was) ? slice_of(NULL) : was);
	db_bind_text(stmt, 4, becomes);
	db_bind_int(stmt, 5, correction->is_whole);
	db_bind_int(stmt, 6, correction->of_list);
}

/* The same said again moves behind what was said since. */
static int keep(const struct review *review, const struct correction *correction, struct error *err)
{
	struct db *db = review->decisions->db;
	sqlite3_stmt *forget =
		db_prepare(db,
			   "DELETE FROM corrections WHERE document = ? AND field = ? AND was IS ?"
			   " AND becomes = ? AND is_whole = ? AND of_list = ?",
			   err);
	sqlite3_stmt *add = db_prepare(
		db,
		"INSERT INTO corrections(document, field, was, becomes, is_whole, of_list, reviewer,"
		" reviewed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		err);
	char now[CLOCK_TEXT_SIZE];
	struct buf was, becomes;
	int status = forget && add ? 0 : -1;

	buf_init(&was, 0);
	buf_init(&becomes, 0);
	if (status == 0 &&
	    (json_write(&was, correction->was) < 0 || json_write(&becomes, correction->becomes) < 0))
		status = error_set(err, ERROR_LIMIT, "the correction is too large");
	if (status == 0) {
		bind_correction(forget, review, correction, buf_slice(&was), buf_slice(&becomes));
		bind_correction(add, review, correction, buf_slice(&was), buf_slice(&becomes));
		db_bind_text(add, 7, slice_of(review->reviewer));
		db_bind_text(add, 8, slice_of(clock_format_utc(clock_wall_us(), now)));
		status = db_run(db, forget, err) < 0 ? -1 : db_run(db, add, err);
	}
	buf_release(&was);
	buf_release(&becomes);
	return status;
}

static void take(void *ctx, struct correction *taken)
{
	struct review *review = ctx;

	if (review->status == 0)
		review->status = keep(review, taken, review->err);
	if (review->status == 0)
		correction_apply(taken, &review->record);
	correction_release(taken);
}

/* The record of this very id and its text, both appended. */
static int read_record(struct decisions *decisions, struct slice id, struct buf *json, struct buf *text,
		       struct error *err)
{
	sqlite3_stmt *stmt =
		db_prepare(decisions->db,
			   "SELECT record, (SELECT text FROM texts WHERE rowid = row) FROM decisions"
			   " WHERE id = ?",
			   err);
	int row;

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, id);
	row = db_step(decisions->db, stmt, err);
	if (row > 0 && (buf_add_slice(json, db_column_text(stmt, 0)) < 0 ||
			buf_add_slice(text, db_column_text(stmt, 1)) < 0))
		row = error_set(err, ERROR_LIMIT, "the record of %.*s is too large", SLICE_ARG(id));
	sqlite3_reset(stmt);
	if (row == 0) {
		error_set(err, ERROR_NOT_FOUND, "no decision has the id %.*s", SLICE_ARG(id));
		error_hint(err, "`store list --format json` prints ids whole");
		return -1;
	}
	return row < 0 ? -1 : 0;
}

static int put_again(struct decisions *decisions, struct value record, struct slice text, struct error *err)
{
	struct decision decision;
	struct buf json;
	int wanted, status = -1;

	buf_init(&json, 0);
	decision_init(&decision, record);
	wanted = decisions_wants_text(decisions, &decision, err);
	if (wanted >= 0 && json_write(&json, record) < 0)
		error_set(err, ERROR_LIMIT, "the corrected record is too large");
	else if (wanted >= 0)
		status = decisions_put(decisions, &decision, record, buf_slice(&json), wanted ? &text : NULL,
				       err);
	decision_release(&decision);
	buf_release(&json);
	return status;
}

int decisions_review(struct decisions *decisions, struct value line, const char *reviewer, struct error *err)
{
	struct review review = {decisions, correction_document(line), reviewer, value_null(), 0, err};
	struct buf json, text;
	int count = -1;

	if (review.document.len == 0)
		return error_set(err, ERROR_INPUT, "a correction names its \"document\", or its \"id\"");
	buf_init(&json, 0);
	buf_init(&text, 0);
	if (read_record(decisions, review.document, &json, &text, err) == 0 &&
	    json_read(buf_slice(&json), &review.record, err) == 0)
		count = correction_read(line, review.record, take, &review, err);
	if (review.status < 0)
		count = -1;
	if (count > 0 && put_again(decisions, review.record, buf_slice(&text), err) < 0)
		count = -1;
	value_unref(review.record);
	buf_release(&text);
	buf_release(&json);
	return count;
}

/* ---- reading them back */

int decisions_reviewed(struct decisions *decisions,
		       void (*each)(void *ctx, struct value record, struct slice text), void *ctx,
		       struct error *err)
{
	sqlite3_stmt *stmt =
		db_prepare(decisions->db,
			   "SELECT record, (SELECT text FROM texts WHERE rowid = row) FROM decisions"
			   " WHERE id IN (SELECT document FROM corrections) ORDER BY id",
			   err);
	int row;

	if (!stmt)
		return -1;
	while ((row = db_step(decisions->db, stmt, err)) > 0) {
		struct value record;

		if (json_read(db_column_text(stmt, 0), &record, err) < 0) {
			sqlite3_reset(stmt);
			return -1;
		}
		each(ctx, record, db_column_text(stmt, 1));
		value_unref(record);
	}
	return row;
}
