/* schedules.c - the table of schedules; see schedules.h. */
#include "workflow/journal/schedules.h"

#include "lib/docstore/docstore.h"
#include "workflow/journal/journal_private.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS \
	"SELECT row, name, parent, workflow, cron, zone, argument, catch_up, is_paused, create_us, done_us, execution, " \
	"trouble FROM schedules "

/* Runs have rows from 1 on: this byte of the locks is nobody's. */
static const int64_t schedules_row = 0;

void schedule_release(struct schedule *schedule)
{
	value_unref(schedule->name);
	value_unref(schedule->parent);
	value_unref(schedule->workflow);
	value_unref(schedule->cron);
	value_unref(schedule->zone);
	value_unref(schedule->argument);
	value_unref(schedule->execution);
	value_unref(schedule->trouble);
	*schedule = (struct schedule){0};
}

/* ---- reading */

static struct value string_at(sqlite3_stmt *stmt, int column)
{
	return value_string_repaired(db_column_text(stmt, column));
}

static void take(sqlite3_stmt *stmt, struct schedule *out)
{
	*out = (struct schedule){
		.row = sqlite3_column_int64(stmt, 0),
		.name = string_at(stmt, 1),
		.parent = string_at(stmt, 2),
		.workflow = string_at(stmt, 3),
		.cron = string_at(stmt, 4),
		.zone = string_at(stmt, 5),
		.argument = string_at(stmt, 6),
		.catch_up = (enum catch_up)sqlite3_column_int(stmt, 7),
		.is_paused = sqlite3_column_int(stmt, 8) != 0,
		.create_us = sqlite3_column_int64(stmt, 9),
		.done_us = sqlite3_column_int64(stmt, 10),
		.execution = string_at(stmt, 11),
		.trouble = string_at(stmt, 12),
	};
}

int journal_schedule(struct journal *journal, struct slice name, struct schedule *out, struct error *err)
{
	sqlite3_stmt *stmt = reader_prepare(journal->reader, COLUMNS "WHERE name = ?1", err);
	int found;

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, name);
	found = reader_step(journal->reader, stmt, err);
	if (found == 1)
		take(stmt, out);
	sqlite3_reset(stmt);
	return found;
}

int journal_schedules(struct journal *journal, bool (*each)(void *ctx, const struct schedule *schedule), void *ctx,
		      struct error *err)
{
	sqlite3_stmt *stmt = reader_prepare(journal->reader, COLUMNS "ORDER BY name", err);
	bool wants_more = true;
	int found = 0;

	if (!stmt)
		return -1;
	while (wants_more && (found = reader_step(journal->reader, stmt, err)) == 1) {
		struct schedule schedule;

		take(stmt, &schedule);
		wants_more = each(ctx, &schedule);
		schedule_release(&schedule);
	}
	sqlite3_reset(stmt);
	return found < 0 ? -1 : 0;
}

/* ---- writing, on the writer's thread */

static int name_is_taken(struct db *db, struct slice name, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(db, "SELECT 1 FROM schedules WHERE name = ?1", err);
	int found;

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, name);
	found = db_step(db, stmt, err);
	sqlite3_reset(stmt);
	return found;
}

static int add(struct db *db, void *ctx, struct error *err)
{
	struct schedule *schedule = ctx;
	const struct value *texts[] = {&schedule->name, &schedule->parent, &schedule->workflow,
				       &schedule->cron, &schedule->zone,   &schedule->argument};
	int taken = name_is_taken(db, value_text(schedule->name), err);
	sqlite3_stmt *stmt;

	if (taken > 0) {
		error_set(err, ERROR_INPUT, "there is a schedule \"%.*s\"", SLICE_ARG(value_text(schedule->name)));
		error_hint(err, "lexflow schedule delete it, or give this one another name");
	}
	if (taken != 0)
		return -1;
	stmt = db_prepare(db,
			  "INSERT INTO schedules (name, parent, workflow, cron, zone, argument, catch_up, is_paused, "
			  "create_us, done_us, execution, trouble) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, '', '')",
			  err);
	if (!stmt)
		return -1;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		db_bind_text(stmt, (int)i + 1, value_text(*texts[i]));
	db_bind_int(stmt, 7, schedule->catch_up);
	db_bind_int(stmt, 8, schedule->is_paused);
	db_bind_int(stmt, 9, schedule->create_us);
	db_bind_int(stmt, 10, schedule->done_us);
	if (db_run(db, stmt, err) < 0)
		return -1;
	schedule->row = db_last_row(db);
	return 0;
}

static int put(struct db *db, void *ctx, struct error *err)
{
	const struct schedule *schedule = ctx;
	sqlite3_stmt *stmt = db_prepare(
		db, "UPDATE schedules SET done_us = ?1, execution = ?2, trouble = ?3 WHERE row = ?4", err);

	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, schedule->done_us);
	db_bind_text(stmt, 2, value_text(schedule->execution));
	db_bind_text(stmt, 3, value_text(schedule->trouble));
	db_bind_int(stmt, 4, schedule->row);
	return db_run(db, stmt, err);
}

/* A statement on the schedule of this name, which returns its row. */
static int on_name(struct db *db, sqlite3_stmt *stmt, struct slice name, struct error *err)
{
	int found;

	db_bind_text(stmt, 1, name);
	found = db_step(db, stmt, err);
	sqlite3_reset(stmt);
	if (found == 0) {
		error_set(err, ERROR_NOT_FOUND, "there is no schedule \"%.*s\"", SLICE_ARG(name));
		error_hint(err, "lexflow schedule list");
	}
	return found == 1 ? 0 : -1;
}

struct pausing {
	struct slice name;
	bool is_paused;
};

static int pause_one(struct db *db, void *ctx, struct error *err)
{
	const struct pausing *pausing = ctx;
	sqlite3_stmt *stmt = db_prepare(db, "UPDATE schedules SET is_paused = ?2 WHERE name = ?1 RETURNING row", err);

	if (!stmt)
		return -1;
	db_bind_int(stmt, 2, pausing->is_paused);
	return on_name(db, stmt, pausing->name, err);
}

static int delete(struct db *db, void *ctx, struct error *err)
{
	const struct slice *name = ctx;
	sqlite3_stmt *stmt = db_prepare(db, "DELETE FROM schedules WHERE name = ?1 RETURNING row", err);

	return stmt ? on_name(db, stmt, *name, err) : -1;
}

/* ---- the loop's side */

int journal_add_schedule(struct journal *journal, struct schedule *schedule, struct error *err)
{
	return writer_call(journal->writer, add, schedule, err);
}

int journal_put_schedule(struct journal *journal, const struct schedule *schedule, struct error *err)
{
	struct schedule copy = *schedule;

	return writer_call(journal->writer, put, &copy, err);
}

int journal_pause_schedule(struct journal *journal, struct slice name, bool is_paused, struct error *err)
{
	struct pausing pausing = {.name = name, .is_paused = is_paused};

	return writer_call(journal->writer, pause_one, &pausing, err);
}

int journal_delete_schedule(struct journal *journal, struct slice name, struct error *err)
{
	return writer_call(journal->writer, delete, &name, err);
}

int journal_own_schedules(struct journal *journal, struct error *err)
{
	return locks_take(journal->locks, schedules_row, err);
}

void journal_disown_schedules(struct journal *journal)
{
	locks_drop(journal->locks, schedules_row);
}

void schedule_execution_id(const struct schedule *schedule, int64_t due_us, char id[64])
{
	char hash[DOCSTORE_HASH_SIZE];
	struct buf text;

	buf_init(&text, 0);
	buf_printf(&text, "schedule %lld %lld %lld", (long long)schedule->row, (long long)schedule->create_us,
		   (long long)due_us);
	docstore_hash(buf_slice(&text), hash);
	buf_release(&text);
	/* the version of a UUID that says that it is a hash of its maker's own kind (RFC 9562, 5.8) */
	snprintf(id, 64, "%.8s-%.4s-8%.3s-a%.3s-%.12s", hash, hash + 8, hash + 12, hash + 15, hash + 18);
}
