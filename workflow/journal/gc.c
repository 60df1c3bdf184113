/* gc.c - deleting runs; see gc.h. It has a connection of its own, so a reader is not in its way. */
#include "workflow/journal/gc.h"
#include "lib/kill/kill.h"
#include "lib/mem/mem.h"
#include "workflow/journal/journal_private.h"

#include <stdio.h>

enum { PACKED_QUARTERS = 4 }; /* pack when one page of so many is free */

struct collector {
	struct journal *journal;
	struct db *db;
	struct gc_report *report;
	int64_t *taken; /* rows whose locks we hold until their deletion is committed or undone */
	size_t taken_count, taken_capacity;
};

static int ask(struct db *db, const char *sql, int64_t *number, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(db, sql, err);
	int row = stmt ? db_step(db, stmt, err) : -1;

	if (row < 0)
		return -1;
	*number = row ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_reset(stmt);
	return 0;
}

/* ---- which */

static int select_ended(struct db *db, const struct gc_rules *rules, struct error *err)
{
	sqlite3_stmt *stmt;

	if (db_exec(db,
		    "CREATE TEMP TABLE doomed (row INTEGER PRIMARY KEY, events INTEGER);"
		    "CREATE TEMP TABLE loose (content INTEGER PRIMARY KEY)",
		    err) < 0)
		return -1;
	stmt = db_prepare(db,
			  "INSERT INTO doomed SELECT row, (SELECT count(*) FROM events WHERE run = r.row) FROM runs r "
			  "WHERE state NOT IN (0, 4) AND end_us < ?1 "
			  "AND row NOT IN (SELECT row FROM runs ORDER BY row DESC LIMIT ?2) "
			  "AND NOT (origin = 2 AND EXISTS (SELECT 1 FROM runs WHERE id = r.parent_run AND state = 0))",
			  err);
	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, rules->before_us);
	db_bind_int(stmt, 2, rules->keep);
	return db_run(db, stmt, err);
}

/* A rerun that stays keeps the run whose step it did again, which may be a rerun itself. */
static int spare_parents(struct db *db, struct error *err)
{
	int64_t spared;

	do {
		if (db_exec(db,
			    "DELETE FROM doomed WHERE row IN (SELECT p.row FROM runs k JOIN runs p ON p.id = k.parent_run "
			    "WHERE k.parent_run <> '' AND k.origin = 1 AND k.row NOT IN (SELECT row FROM doomed))",
			    err) < 0 ||
		    ask(db, "SELECT changes()", &spared, err) < 0)
			return -1;
	} while (spared > 0);
	return 0;
}

/* ---- deleting one */

static int run_sql(struct db *db, const char *sql, int64_t row, int64_t *count, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(db, sql, err);
	int64_t changed = 0;

	if (!stmt)
		return -1;
	if (sqlite3_bind_parameter_count(stmt) > 0)
		db_bind_int(stmt, 1, row);
	if (db_run(db, stmt, err) < 0 || ask(db, "SELECT changes()", &changed, err) < 0)
		return -1;
	if (count)
		*count += changed;
	return 0;
}

static int delete_contents(struct collector *c, int64_t row, struct error *err)
{
	struct db *db = c->db;

	if (run_sql(db, "INSERT INTO loose SELECT content FROM content_uses WHERE run = ?1", row, NULL, err) < 0 ||
	    run_sql(db, "DELETE FROM content_uses WHERE run = ?1", row, NULL, err) < 0 ||
	    run_sql(db,
		    "DELETE FROM contents WHERE row IN (SELECT content FROM loose) "
		    "AND NOT EXISTS (SELECT 1 FROM content_uses WHERE content = contents.row)",
		    0, &c->report->contents, err) < 0)
		return -1;
	return run_sql(db, "DELETE FROM loose", 0, NULL, err);
}

/* Since it was chosen somebody may have begun to do one of its steps again. */
static int is_wanted(struct db *db, int64_t row, int64_t *wanted, struct error *err)
{
	sqlite3_stmt *stmt =
		db_prepare(db,
			   "SELECT EXISTS (SELECT 1 FROM runs k WHERE k.parent_run <> '' AND k.origin = 1 AND "
			   "k.parent_run = (SELECT id FROM runs WHERE row = ?1) AND k.row NOT IN (SELECT row FROM doomed))",
			   err);
	int found;

	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, row);
	found = db_step(db, stmt, err);
	*wanted = found == 1 ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_reset(stmt);
	return found < 0 ? -1 : 0;
}

static int delete_owned(struct collector *c, int64_t row, struct error *err)
{
	struct gc_report *report = c->report;
	struct db *db = c->db;
	int64_t wanted;

	if (is_wanted(db, row, &wanted, err) < 0)
		return -1;
	if (wanted)
		return 0;
	if (run_sql(db, "DELETE FROM events WHERE run = ?1", row, &report->events, err) < 0 ||
	    delete_contents(c, row, err) < 0 ||
	    run_sql(db, "DELETE FROM cancellations WHERE run = ?1", row, NULL, err) < 0 ||
	    run_sql(db, "DELETE FROM runs WHERE row = ?1", row, &report->runs, err) < 0)
		return -1;
	return 0;
}

/* Whoever owns a run, ended or not, still needs it; and nobody may come to own one that is about to be gone. */
static int delete_run(struct collector *c, int64_t row, struct error *err)
{
	int taken = locks_take(c->journal->locks, row, err);

	if (taken <= 0)
		return taken;
	if (c->taken_count == c->taken_capacity)
		c->taken = mem_grow(c->taken, &c->taken_capacity, sizeof(*c->taken));
	c->taken[c->taken_count++] = row;
	return delete_owned(c, row, err);
}

static void drop_locks(struct collector *c)
{
	while (c->taken_count > 0)
		locks_drop(c->journal->locks, c->taken[--c->taken_count]);
}

/* ---- in transactions */

/* The next of the chosen: 1, 0 at their end, -1. */
static int next_doomed(struct db *db, int64_t after, int64_t *row, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(db, "SELECT row FROM doomed WHERE row > ?1 ORDER BY row LIMIT 1", err);
	int found;

	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, after);
	found = db_step(db, stmt, err);
	if (found == 1)
		*row = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return found;
}

/* From the run after *row on: 1 when there may be more. */
static int delete_next(struct collector *c, int64_t *row, struct error *err)
{
	int64_t enough = c->report->events + GC_EVENTS;
	int found = 1;

	for (int i = 0; found == 1 && i < GC_EVENTS && c->report->events < enough; i++) {
		found = next_doomed(c->db, *row, row, err);
		if (found == 1 && delete_run(c, *row, err) < 0)
			found = -1;
	}
	if (found >= 0 &&
	    run_sql(c->db, "DELETE FROM definitions WHERE NOT EXISTS (SELECT 1 FROM runs WHERE definition = hash) "
		    "AND NOT EXISTS (SELECT 1 FROM revisions WHERE definition = hash)",
		    0, &c->report->definitions, err) < 0)
		return -1;
	return found;
}

/* One transaction; as delete_next. */
static int delete_some(struct collector *c, int64_t *row, struct error *err)
{
	int found;

	if (db_begin(c->db, err) < 0)
		return -1;
	found = delete_next(c, row, err);
	kill_point("gc.before-commit");
	if (found < 0 || db_commit(c->db, err) < 0) {
		db_rollback(c->db);
		found = -1;
	}
	kill_point("gc.after-commit");
	drop_locks(c);
	return found;
}

static int delete_all(struct collector *c, struct error *err)
{
	struct gc_report done = *c->report;
	int64_t row = 0;
	int more;

	while ((more = delete_some(c, &row, err)) == 1)
		done = *c->report;
	if (more < 0)
		*c->report = done; /* what was rolled back is still there */
	return more;
}

/* ---- room */

static int measure(struct db *db, int64_t *size, int64_t *free_bytes, struct error *err)
{
	int64_t page, pages, unused;

	if (ask(db, "PRAGMA page_size", &page, err) < 0 || ask(db, "PRAGMA page_count", &pages, err) < 0 ||
	    ask(db, "PRAGMA freelist_count", &unused, err) < 0)
		return -1;
	*size = page * pages;
	*free_bytes = page * unused;
	return 0;
}

/* Free pages are used again in any case; that the file cannot be packed now is no fault. */
static int pack(struct collector *c, struct error *err)
{
	struct gc_report *report = c->report;
	struct error busy = {0};

	if (report->free_bytes == 0 || report->free_bytes * PACKED_QUARTERS < report->size_after)
		return 0;
	report->is_packed = db_exec(c->db, "VACUUM", &busy) == 0;
	kill_point("gc.after-pack");
	report->is_packed = report->is_packed && db_exec(c->db, "PRAGMA wal_checkpoint(TRUNCATE)", &busy) == 0;
	return measure(c->db, &report->size_after, &report->free_bytes, err);
}

static int count_doomed(struct collector *c, struct error *err)
{
	return ask(c->db, "SELECT count(*) FROM doomed", &c->report->runs, err) < 0 ||
			       ask(c->db, "SELECT sum(events) FROM doomed", &c->report->events, err) < 0
		       ? -1
		       : 0;
}

static int collect(struct collector *c, const struct gc_rules *rules, struct error *err)
{
	struct gc_report *report = c->report;

	if (measure(c->db, &report->size_before, &report->free_bytes, err) < 0 ||
	    select_ended(c->db, rules, err) < 0 || spare_parents(c->db, err) < 0)
		return -1;
	report->size_after = report->size_before;
	if (rules->is_dry)
		return count_doomed(c, err);
	if (delete_all(c, err) < 0 || measure(c->db, &report->size_after, &report->free_bytes, err) < 0)
		return -1;
	return pack(c, err);
}

int journal_gc(struct journal *journal, const struct gc_rules *rules, struct gc_report *report, struct error *err)
{
	struct collector c = {.journal = journal, .report = report};
	int result = -1;

	*report = (struct gc_report){0};
	c.db = db_open(journal->path, DB_FULL, JOURNAL_APPLICATION_ID, journal_migrations, journal_migration_count,
		       err);
	if (c.db && collect(&c, rules, err) == 0)
		result = ask(c.db, "SELECT count(*) FROM runs", &report->runs_left, err);
	db_close(c.db);
	mem_free(c.taken);
	return result;
}
