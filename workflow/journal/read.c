/*
 * read.c - the reading connection: what is committed, as one snapshot per call.
 *
 * It is opened when first needed (a run that is only written never pays for it) and never waits for the
 * writer: in WAL mode readers and the writer pass each other by.
 */
#include "workflow/journal/journal_private.h"
#include "lib/mem/mem.h"

#include <stdio.h>
#include <string.h>

struct reader {
	char *path;
	struct db *db;
	struct buf file, parent_run, parent_step; /* lent by the last read */
	struct buf whole;			  /* the content of an event, its parts in their places */
};

/* Of one event; the engine's limits are far below. */
enum { MAX_CONTENT_BYTES = 1 << 30 };

#define RUN_COLUMNS                                                                                       \
	"SELECT row, id, definition, file, parent_run, parent_step, state, start_us, end_us, owner_pid, " \
	"coalesce((SELECT max(number) FROM events WHERE run = runs.row), 0), origin FROM runs "

struct reader *reader_new(const char *path)
{
	struct reader *reader = mem_new(sizeof(*reader));

	reader->path = mem_strdup(path);
	buf_init(&reader->file, 0);
	buf_init(&reader->parent_run, 0);
	buf_init(&reader->parent_step, 0);
	buf_init(&reader->whole, MAX_CONTENT_BYTES);
	return reader;
}

void reader_free(struct reader *reader)
{
	if (!reader)
		return;
	db_close(reader->db);
	buf_release(&reader->file);
	buf_release(&reader->parent_run);
	buf_release(&reader->parent_step);
	buf_release(&reader->whole);
	mem_free(reader->path);
	mem_free(reader);
}

/* Durability is the writer's matter: this connection only reads. */
int reader_open(struct reader *reader, struct error *err)
{
	if (reader->db)
		return 0;
	reader->db = db_open(reader->path, DB_NORMAL, JOURNAL_APPLICATION_ID, journal_migrations,
			     journal_migration_count, err);
	if (!reader->db)
		return -1;
	db_keep_wal(reader->db, JOURNAL_WAL_PAGES);
	return 0;
}

sqlite3_stmt *reader_prepare(struct reader *reader, const char *sql, struct error *err)
{
	return reader_open(reader, err) == 0 ? db_prepare(reader->db, sql, err) : NULL;
}

int reader_step(struct reader *reader, sqlite3_stmt *stmt, struct error *err)
{
	return db_step(reader->db, stmt, err);
}

/* A text that was lent before may come back: a run made after the model of another. */
static const char *lend(struct buf *buf, struct slice text)
{
	if (text.ptr == buf->data && text.ptr)
		return buf->data;
	buf_clear(buf);
	buf_add_slice(buf, text);
	return buf_text(buf);
}

void reader_lend(struct reader *reader, struct journal_run *run, struct slice file, struct slice parent_run,
		 struct slice parent_step)
{
	run->file = lend(&reader->file, file);
	run->parent_run = lend(&reader->parent_run, parent_run);
	run->parent_step = lend(&reader->parent_step, parent_step);
}

static void copy_text(char *to, size_t size, struct slice text)
{
	snprintf(to, size, "%.*s", (int)(text.len < size ? text.len : size - 1), text.ptr ? text.ptr : "");
}

static void take_run(struct reader *reader, sqlite3_stmt *stmt, struct journal_run *run)
{
	*run = (struct journal_run){
		.row = sqlite3_column_int64(stmt, 0),
		.state = (enum run_state)sqlite3_column_int(stmt, 6),
		.start_us = sqlite3_column_int64(stmt, 7),
		.end_us = sqlite3_column_int64(stmt, 8),
		.owner_pid = sqlite3_column_int64(stmt, 9),
		.event_count = sqlite3_column_int64(stmt, 10),
		.origin = (enum run_origin)sqlite3_column_int(stmt, 11),
	};
	copy_text(run->id, sizeof(run->id), db_column_text(stmt, 1));
	copy_text(run->definition_hash, sizeof(run->definition_hash), db_column_text(stmt, 2));
	reader_lend(reader, run, db_column_text(stmt, 3), db_column_text(stmt, 4), db_column_text(stmt, 5));
}

/* The first row as a run, and whether there is another: 0, 1, 2, or -1. */
static int first_run(struct reader *reader, sqlite3_stmt *stmt, struct journal_run *run, struct error *err)
{
	int count = db_step(reader->db, stmt, err);

	if (count <= 0)
		return count;
	take_run(reader, stmt, run);
	count = db_step(reader->db, stmt, err);
	sqlite3_reset(stmt);
	return count < 0 ? -1 : 1 + count;
}

int reader_run(struct reader *reader, int64_t row, struct journal_run *run, struct error *err)
{
	sqlite3_stmt *stmt = reader_prepare(reader, RUN_COLUMNS "WHERE row = ?1", err);

	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, row);
	return first_run(reader, stmt, run, err);
}

/* ---- by name */

/* Ids hold no byte above 'z', so '~' closes the range of a prefix. */
static sqlite3_stmt *find_statement(struct reader *reader, const char *id, bool prefix, struct error *err)
{
	sqlite3_stmt *stmt;

	if (strcmp(id, "last") == 0)
		return reader_prepare(reader, RUN_COLUMNS "ORDER BY row DESC LIMIT 1", err);
	if (prefix)
		stmt = reader_prepare(reader, RUN_COLUMNS "WHERE id >= ?1 AND id < ?1 || '~' LIMIT 2", err);
	else
		stmt = reader_prepare(reader, RUN_COLUMNS "WHERE id = ?1", err);
	if (stmt)
		db_bind_text(stmt, 1, slice_of(id));
	return stmt;
}

int journal_find(struct journal *journal, const char *id, struct journal_run *run, struct error *err)
{
	struct reader *reader = journal->reader;
	int count = 0;

	for (int prefix = 0; prefix < 2 && count == 0 && *id; prefix++) {
		sqlite3_stmt *stmt = find_statement(reader, id, prefix, err);

		count = stmt ? first_run(reader, stmt, run, err) : -1;
	}
	if (count < 0 || count == 1)
		return count < 0 ? -1 : 0;
	if (count == 0) {
		error_set(err, ERROR_NOT_FOUND, "no run named %.80s in %s", *id ? id : "\"\"", journal->path);
		error_hint(err, "lexflow list shows the runs");
	} else {
		error_set(err, ERROR_INPUT, "more than one run begins with %.80s", id);
		error_hint(err, "give more of its id; lexflow list shows them");
	}
	return -1;
}

int journal_get(struct journal *journal, const char *id, struct journal_run *run, struct error *err)
{
	sqlite3_stmt *stmt = reader_prepare(journal->reader, RUN_COLUMNS "WHERE id = ?1", err);

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, slice_of(id));
	return first_run(journal->reader, stmt, run, err);
}

static int each_run(struct reader *reader, sqlite3_stmt *stmt,
		    bool (*each)(void *ctx, const struct journal_run *run), void *ctx, struct error *err)
{
	struct journal_run run;
	int row;

	while ((row = db_step(reader->db, stmt, err)) == 1) {
		take_run(reader, stmt, &run);
		if (!each(ctx, &run))
			break;
	}
	sqlite3_reset(stmt);
	return row < 0 ? -1 : 0;
}

int journal_list(struct journal *journal, bool (*each)(void *ctx, const struct journal_run *run), void *ctx,
		 struct error *err)
{
	sqlite3_stmt *stmt = reader_prepare(journal->reader, RUN_COLUMNS "ORDER BY row DESC", err);

	return stmt ? each_run(journal->reader, stmt, each, ctx, err) : -1;
}

int journal_children(struct journal *journal, const char *parent,
		     bool (*each)(void *ctx, const struct journal_run *run), void *ctx, struct error *err)
{
	sqlite3_stmt *stmt = reader_prepare(
		journal->reader,
		RUN_COLUMNS "WHERE parent_run = ?1 AND parent_run <> '' AND origin = 2 ORDER BY row", err);

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, slice_of(parent));
	return each_run(journal->reader, stmt, each, ctx, err);
}

int journal_source(struct journal *journal, const struct journal_run *run, struct buf *source,
		   struct error *err)
{
	sqlite3_stmt *stmt = reader_prepare(journal->reader, "SELECT source FROM definitions WHERE hash = ?1", err);
	int row;

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, slice_of(run->definition_hash));
	row = db_step(journal->reader->db, stmt, err);
	if (row < 0)
		return -1;
	if (row == 0)
		return error_set(err, ERROR_IO, "%s: the definition of run %s is missing", journal->path,
				 run->id);
	if (buf_add_slice(source, db_column_blob(stmt, 0)) < 0)
		row = error_set(err, ERROR_LIMIT, "%s: the definition of run %s is too large", journal->path,
				run->id);
	sqlite3_reset(stmt);
	return row < 0 ? -1 : 0;
}

int reader_cancels(struct reader *reader, int64_t *rows, int size, struct error *err)
{
	sqlite3_stmt *stmt = reader_prepare(reader,
					    "SELECT run FROM cancellations JOIN runs ON row = run WHERE state = 0 "
					    "LIMIT ?1",
					    err);
	int count = 0, row;

	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, size);
	while ((row = db_step(reader->db, stmt, err)) == 1)
		rows[count++] = sqlite3_column_int64(stmt, 0);
	return row < 0 ? -1 : count;
}

/* ---- events */

static struct event event_of(sqlite3_stmt *stmt)
{
	return (struct event){
		.number = sqlite3_column_int64(stmt, 0),
		.kind = (enum event_kind)sqlite3_column_int(stmt, 1),
		.strand = sqlite3_column_int64(stmt, 2),
		.effect = sqlite3_column_int64(stmt, 3),
		.time_us = sqlite3_column_int64(stmt, 4),
		.content = db_column_text(stmt, 5),
	};
}

static int not_as_written(const struct reader *reader, const struct journal_run *run, int64_t number, const char *what,
			  struct error *err)
{
	error_set(err, ERROR_IO, "%s: event %lld of run %s is %s", reader->path, (long long)number, run->id, what);
	error_hint(err, "restore the database from a backup; the other runs in it may be whole");
	return -1;
}

/* Who reads takes these for indexes. Effects are numbered densely, each announced by an event of its own. */
static bool is_sound(const struct event *event)
{
	return event->kind >= EVENT_STARTED && event->kind <= EVENT_CHANGED && event->strand >= 0 && event->effect >= 0 &&
	       event->effect <= event->number;
}

static int take_event(struct reader *reader, sqlite3_stmt *stmt, const struct journal_run *run, struct event *event,
		      struct error *err)
{
	*event = event_of(stmt);
	if (!is_sound(event))
		return not_as_written(reader, run, event->number, "damaged", err);
	if (sqlite3_column_int64(stmt, 6) == 0)
		return 0;
	buf_clear(&reader->whole);
	if (contents_restore(reader->db, event->content, &reader->whole, err) < 0)
		return -1;
	event->content = buf_slice(&reader->whole);
	return 0;
}

int journal_events(struct journal *journal, const struct journal_run *run, int64_t from,
		   bool (*each)(void *ctx, const struct event *event), void *ctx, struct error *err)
{
	sqlite3_stmt *stmt = reader_prepare(journal->reader,
				     "SELECT number, kind, strand, effect, time_us, content, parts FROM events "
				     "WHERE run = ?1 AND number >= ?2 ORDER BY number",
				     err);
	int64_t expected = from;
	struct event event;
	int row;

	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, run->row);
	db_bind_int(stmt, 2, from);
	while ((row = db_step(journal->reader->db, stmt, err)) == 1) {
		if (take_event(journal->reader, stmt, run, &event, err) < 0) {
			row = -1;
			break;
		}
		if (event.number != expected++) { /* J3: replay must not jump over a hole */
			row = not_as_written(journal->reader, run, expected - 1, "missing", err);
			break;
		}
		if (!each(ctx, &event))
			break;
	}
	sqlite3_reset(stmt);
	return row < 0 ? -1 : 0;
}
