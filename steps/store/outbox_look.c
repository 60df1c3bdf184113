/* outbox_look.c - the outbox as an operator sees it; see outbox.h. */
#include "steps/store/outbox_private.h"

struct db *outbox_look(const char *path, struct error *err)
{
	return outbox_database(path, err);
}

int outbox_list(struct db *db, void (*each)(void *ctx, const struct outbox_row *row), void *ctx,
		struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(
		db,
		"SELECT number, document, name, reason, state, attempts, accepted_us FROM deliveries"
		" JOIN entries ON number = entry JOIN sinks ON sinks.id = sink ORDER BY number, sink",
		err);
	int row;

	if (!stmt)
		return -1;
	while ((row = db_step(db, stmt, err)) > 0) {
		struct outbox_row found = {
			.number = sqlite3_column_int64(stmt, 0),
			.document = db_column_text(stmt, 1),
			.sink = db_column_text(stmt, 2),
			.reason = db_column_text(stmt, 3),
			.is_parked = sqlite3_column_int(stmt, 4) == DELIVERY_PARKED,
			.attempts = sqlite3_column_int(stmt, 5),
			.accepted_us = sqlite3_column_int64(stmt, 6),
		};

		each(ctx, &found);
	}
	return row;
}

/* Under a new number, because a process that delivers right now has read past the old one. */
static int renumber(struct db *db, int64_t sink, int64_t entry, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(db,
					"INSERT INTO entries(document, accepted_us, record)"
					" SELECT document, accepted_us, record FROM entries WHERE number = ?",
					err);
	int64_t number;

	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, entry);
	if (db_run(db, stmt, err) < 0)
		return -1;
	number = db_last_row(db);
	stmt = db_prepare(db, "UPDATE deliveries SET entry = ?, state = 0 WHERE sink = ? AND entry = ?", err);
	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, number);
	db_bind_int(stmt, 2, sink);
	db_bind_int(stmt, 3, entry);
	return db_run(db, stmt, err);
}

/* The oldest parked delivery: 1, 0 when there is none, or -1. */
static int find_parked(struct db *db, int64_t *sink, int64_t *entry, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(
		db, "SELECT sink, entry FROM deliveries WHERE state = 1 ORDER BY entry, sink LIMIT 1", err);
	int row = stmt ? db_step(db, stmt, err) : -1;

	if (row > 0) {
		*sink = sqlite3_column_int64(stmt, 0);
		*entry = sqlite3_column_int64(stmt, 1);
		sqlite3_reset(stmt);
	}
	return row;
}

int64_t outbox_unpark(struct db *db, struct error *err)
{
	int64_t count = 0;
	int64_t sink, entry;
	int row;

	if (db_begin(db, err) < 0)
		return -1;
	while ((row = find_parked(db, &sink, &entry, err)) > 0) {
		if (renumber(db, sink, entry, err) < 0)
			goto fail;
		count++;
	}
	if (row < 0 ||
	    db_exec(db, "DELETE FROM entries WHERE number NOT IN (SELECT entry FROM deliveries)", err) < 0 ||
	    db_commit(db, err) < 0)
		goto fail;
	return count;

fail:
	db_rollback(db);
	return -1;
}

int outbox_waiting(struct db *db, void (*each)(void *ctx, struct slice sink, int64_t entries), void *ctx,
		   struct error *err)
{
	sqlite3_stmt *stmt =
		db_prepare(db,
			   "SELECT name, count(*) FROM deliveries JOIN sinks ON id = sink WHERE state = 0"
			   " GROUP BY sink ORDER BY sink",
			   err);
	int row;

	if (!stmt)
		return -1;
	while ((row = db_step(db, stmt, err)) > 0)
		each(ctx, db_column_text(stmt, 0), sqlite3_column_int64(stmt, 1));
	return row;
}
