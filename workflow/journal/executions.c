/* executions.c - runs that were asked for through the API; see executions.h. */
#include "workflow/journal/executions.h"

#include "lib/clock/clock.h"
#include "lib/json/json.h"
#include "lib/mem/mem.h"
#include "workflow/journal/journal_private.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define COLUMNS \
	"SELECT r.row, r.id, r.definition, r.file, r.state, r.start_us, r.end_us, r.owner_pid, " \
	"coalesce((SELECT max(number) FROM events WHERE run = r.row), 0), e.workflow, e.revision, " \
	"coalesce((SELECT id FROM revisions WHERE row = e.revision), ''), e.create_us, e.parent, e.fields, e.argument " \
	"FROM executions e JOIN runs r ON r.row = e.run "

void journal_execution_release(struct journal_execution *execution)
{
	value_unref(execution->file);
	value_unref(execution->parent);
	value_unref(execution->fields);
	value_unref(execution->argument);
	*execution = (struct journal_execution){0};
}

/* ---- making one */

enum { RANDOM_BITS = 10, ROW_TRIES = 100 };

/* A row that nobody has: larger than the last one given here, and not locked. */
static int choose_row(struct journal *journal, int64_t *row, struct error *err)
{
	for (int i = 0; i < ROW_TRIES; i++) {
		uint16_t bits = 0;
		int taken;

		if (getrandom(&bits, sizeof(bits), 0) != sizeof(bits))
			break;
		*row = (clock_wall_us() << RANDOM_BITS) | (bits & ((1 << RANDOM_BITS) - 1));
		if (*row <= journal->last_entered)
			*row = journal->last_entered + 1;
		journal->last_entered = *row;
		taken = locks_take(journal->locks, *row, err);
		if (taken != 0)
			return taken < 0 ? -1 : 0;
	}
	return error_set(err, ERROR_BUSY, "no row for a new run could be locked");
}

/* The texts of an execution, in the order of its record, each ended by a NUL. */
enum { TEXT_ID, TEXT_HASH, TEXT_FILE, TEXT_PARENT, TEXT_FIELDS, TEXT_ARGUMENT, TEXT_COUNT };

static void add_text(struct buf *content, struct slice text)
{
	buf_add_slice(content, text);
	buf_add_char(content, '\0');
}

enum { ROW_IS_NEW, ROW_EXISTS };

/* JSON and names hold no NUL: it is escaped in the one and refused in the others. */
static int64_t queue(struct journal *journal, const struct journal_execution *execution, int row)
{
	const struct journal_run *run = &execution->run;
	struct record record = {.kind = RECORD_EXECUTION,
				.event_kind = (int)run->state,
				.run = run->row,
				.number = execution->workflow,
				.strand = row,
				.effect = execution->revision,
				.time_us = execution->create_us};
	struct buf content;
	int64_t ticket;

	buf_init(&content, 0);
	add_text(&content, slice_of(run->id));
	add_text(&content, slice_of(run->definition_hash));
	add_text(&content, value_text(execution->file));
	add_text(&content, value_text(execution->parent));
	json_write(&content, execution->fields);
	buf_add_char(&content, '\0');
	add_text(&content, value_text(execution->argument));
	record.content_len = content.len;
	ticket = journal_queue(journal, &record, buf_slice(&content));
	buf_release(&content);
	return ticket;
}

int64_t journal_enter(struct journal *journal, struct journal_execution *execution, struct error *err)
{
	struct journal_run *run = &execution->run;

	if (choose_row(journal, &run->row, err) < 0)
		return -1;
	execution->create_us = clock_wall_us();
	run->start_us = run->state == RUN_QUEUED ? 0 : execution->create_us;
	run->owner_pid = getpid();
	run->parent_run = run->parent_step = "";
	return queue(journal, execution, ROW_IS_NEW);
}

int64_t journal_enter_made(struct journal *journal, struct journal_execution *execution)
{
	execution->create_us = execution->run.start_us;
	return queue(journal, execution, ROW_EXISTS);
}

int64_t journal_ticket(const struct journal *journal)
{
	return journal->ticket;
}

bool journal_is_settled(const struct journal *journal)
{
	return journal->settled == journal->ticket;
}

int64_t journal_begun(struct journal *journal, struct journal_run *run)
{
	struct record record = {.kind = RECORD_BEGUN, .run = run->row, .time_us = clock_wall_us()};

	run->state = RUN_ACTIVE;
	run->start_us = record.time_us;
	return journal_queue(journal, &record, SLICE(""));
}

/* ---- on the writer's thread */

static int insert_run(struct db *db, const struct record *record, const struct slice *texts, struct error *err)
{
	sqlite3_stmt *stmt =
		db_prepare(db,
			   "INSERT INTO runs (row, id, definition, file, parent_run, parent_step, state, start_us, end_us, "
			   "owner_pid, origin) VALUES (?1, ?2, ?3, ?4, '', '', ?5, ?6, 0, ?7, 0)",
			   err);

	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, record->run);
	db_bind_text(stmt, 2, texts[TEXT_ID]);
	db_bind_text(stmt, 3, texts[TEXT_HASH]);
	db_bind_text(stmt, 4, texts[TEXT_FILE]);
	db_bind_int(stmt, 5, record->event_kind);
	db_bind_int(stmt, 6, record->event_kind == RUN_QUEUED ? 0 : record->time_us);
	db_bind_int(stmt, 7, getpid());
	return db_run(db, stmt, err);
}

static int insert_execution(struct db *db, const struct record *record, const struct slice *texts, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(db, "INSERT INTO executions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", err);

	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, record->run);
	db_bind_int(stmt, 2, record->number);
	db_bind_int(stmt, 3, record->effect);
	db_bind_text(stmt, 4, texts[TEXT_PARENT]);
	db_bind_int(stmt, 5, record->time_us);
	db_bind_text(stmt, 6, texts[TEXT_FIELDS]);
	db_bind_text(stmt, 7, texts[TEXT_ARGUMENT]);
	return db_run(db, stmt, err);
}

int execution_write(struct db *db, const struct record *record, const char *content, struct error *err)
{
	struct slice texts[TEXT_COUNT];

	for (int i = 0; i < TEXT_COUNT; i++) {
		texts[i] = slice_of(content);
		content += texts[i].len + 1;
	}
	if (record->strand == ROW_IS_NEW && insert_run(db, record, texts, err) < 0)
		return -1;
	return insert_execution(db, record, texts, err);
}

int execution_write_begun(struct db *db, const struct record *record, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(db, "UPDATE runs SET state = 0, start_us = ?2 WHERE row = ?1", err);

	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, record->run);
	db_bind_int(stmt, 2, record->time_us);
	return db_run(db, stmt, err);
}

static int put_fields(struct db *db, void *ctx, struct error *err)
{
	const struct journal_execution *execution = ctx;
	sqlite3_stmt *stmt = db_prepare(db, "UPDATE executions SET fields = ?2 WHERE run = ?1", err);
	struct buf json;

	if (!stmt)
		return -1;
	buf_init(&json, 0);
	json_write(&json, execution->fields);
	db_bind_int(stmt, 1, execution->run.row);
	db_bind_text(stmt, 2, buf_slice(&json));
	buf_release(&json);
	return db_run(db, stmt, err);
}

int journal_put_execution(struct journal *journal, const struct journal_execution *execution, struct error *err)
{
	struct journal_execution copy = *execution;

	return writer_call(journal->writer, put_fields, &copy, err);
}

/* ---- reading */

static void copy_text(char *to, size_t size, struct slice text)
{
	snprintf(to, size, "%.*s", (int)text.len, text.ptr ? text.ptr : "");
}

static void take(sqlite3_stmt *stmt, struct journal_execution *out)
{
	*out = (struct journal_execution){
		.run = {.row = sqlite3_column_int64(stmt, 0),
			.state = (enum run_state)sqlite3_column_int(stmt, 4),
			.start_us = sqlite3_column_int64(stmt, 5),
			.end_us = sqlite3_column_int64(stmt, 6),
			.owner_pid = sqlite3_column_int64(stmt, 7),
			.event_count = sqlite3_column_int64(stmt, 8),
			.parent_run = "",
			.parent_step = ""},
		.workflow = sqlite3_column_int64(stmt, 9),
		.revision = sqlite3_column_int64(stmt, 10),
		.create_us = sqlite3_column_int64(stmt, 12),
		.file = value_string_repaired(db_column_text(stmt, 3)),
		.parent = value_string_repaired(db_column_text(stmt, 13)),
		.fields = journal_fields(db_column_text(stmt, 14)),
		.argument = value_string_repaired(db_column_text(stmt, 15)),
	};
	out->run.file = value_text(out->file).ptr;
	copy_text(out->run.id, sizeof(out->run.id), db_column_text(stmt, 1));
	copy_text(out->run.definition_hash, sizeof(out->run.definition_hash), db_column_text(stmt, 2));
	copy_text(out->revision_id, sizeof(out->revision_id), db_column_text(stmt, 11));
}

int journal_execution(struct journal *journal, const char *id, struct journal_execution *out, struct error *err)
{
	sqlite3_stmt *stmt = reader_prepare(journal->reader, COLUMNS "WHERE r.id = ?1", err);
	int found;

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, slice_of(id));
	found = reader_step(journal->reader, stmt, err);
	if (found == 1)
		take(stmt, out);
	sqlite3_reset(stmt);
	return found;
}

static int each_execution(struct journal *journal, sqlite3_stmt *stmt,
			  bool (*each)(void *ctx, const struct journal_execution *execution), void *ctx,
			  struct error *err)
{
	bool goes_on = true;
	int found = 0;

	while (goes_on && (found = reader_step(journal->reader, stmt, err)) == 1) {
		struct journal_execution execution;

		take(stmt, &execution);
		goes_on = each(ctx, &execution);
		journal_execution_release(&execution);
	}
	sqlite3_reset(stmt);
	return found < 0 ? -1 : 0;
}

/* What SQL sorts by; the row decides between equals, in the direction of the newest first. */
static void add_order(struct buf *sql, const struct execution_query *query)
{
	static const char *const columns[] = {
		[EXECUTION_ID] = "r.id",	    [EXECUTION_STATE] = "r.state",
		[EXECUTION_CREATED] = "e.create_us", [EXECUTION_STARTED] = "r.start_us",
		[EXECUTION_ENDED] = "r.end_us",	    [EXECUTION_DURATION] = "max(r.end_us - r.start_us, 0)",
		[EXECUTION_REVISION] = "e.revision",
	};

	buf_add_text(sql, "ORDER BY ");
	for (size_t i = 0; i < query->key_count; i++)
		buf_printf(sql, "%s%s, ", columns[query->keys[i] & ~EXECUTION_DESC],
			   query->keys[i] & EXECUTION_DESC ? " DESC" : "");
	buf_add_text(sql, "e.run DESC LIMIT -1 OFFSET ?4");
}

int journal_executions(struct journal *journal, const struct execution_query *query,
		       bool (*each)(void *ctx, const struct journal_execution *execution), void *ctx,
		       struct error *err)
{
	sqlite3_stmt *stmt;
	struct buf sql;

	buf_init(&sql, 0);
	buf_add_text(&sql, COLUMNS "WHERE e.workflow = ?1 AND e.parent = ?2 AND e.run < ?3 ");
	add_order(&sql, query);
	stmt = reader_prepare(journal->reader, buf_text(&sql), err);
	buf_release(&sql);
	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, query->workflow);
	db_bind_text(stmt, 2, query->parent);
	db_bind_int(stmt, 3, query->before);
	db_bind_int(stmt, 4, query->skip);
	return each_execution(journal, stmt, each, ctx, err);
}

int journal_unfinished(struct journal *journal, int64_t workflow,
		       bool (*each)(void *ctx, const struct journal_execution *execution), void *ctx,
		       struct error *err)
{
	sqlite3_stmt *stmt = reader_prepare(
		journal->reader, COLUMNS
		"WHERE r.state IN (0, 4) AND (?1 = 0 OR e.workflow = ?1) AND NOT (r.origin = 2 AND EXISTS "
		"(SELECT 1 FROM runs p WHERE p.id = r.parent_run AND p.state = 0)) ORDER BY r.row",
		err);

	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, workflow);
	return each_execution(journal, stmt, each, ctx, err);
}
