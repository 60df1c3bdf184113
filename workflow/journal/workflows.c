/* workflows.c - what was deployed; see workflows.h. */
#include "workflow/journal/workflows.h"

#include "lib/clock/clock.h"
#include "lib/docstore/docstore.h"
#include "lib/json/json.h"
#include "lib/mem/mem.h"
#include "workflow/journal/journal_private.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define WORKFLOW_COLUMNS \
	"SELECT w.row, w.parent, w.id, w.file, w.fields, w.create_us, w.update_us, r.row, r.number, r.id, r.definition, " \
	"r.file, r.fields, r.create_us FROM workflows w JOIN revisions r ON r.workflow = w.row AND r.number = " \
	"(SELECT max(number) FROM revisions WHERE workflow = w.row) "
#define REVISION_COLUMNS "SELECT row, number, id, definition, file, fields, create_us FROM revisions "
#define OPERATION_COLUMNS "SELECT row, parent, id, content FROM operations "

void journal_revision_release(struct journal_revision *revision)
{
	value_unref(revision->file);
	value_unref(revision->fields);
	*revision = (struct journal_revision){0};
}

void journal_workflow_release(struct journal_workflow *workflow)
{
	value_unref(workflow->parent);
	value_unref(workflow->id);
	value_unref(workflow->file);
	value_unref(workflow->fields);
	journal_revision_release(&workflow->revision);
	*workflow = (struct journal_workflow){0};
}

void journal_operation_release(struct journal_operation *operation)
{
	value_unref(operation->parent);
	value_unref(operation->id);
	value_unref(operation->content);
	*operation = (struct journal_operation){0};
}

/* ---- reading */

static void copy_text(char *to, size_t size, struct slice text)
{
	snprintf(to, size, "%.*s", (int)text.len, text.ptr ? text.ptr : "");
}

/* What we wrote ourselves: something else in its place is as good as nothing. */
struct value journal_fields(struct slice json)
{
	struct value fields;

	if (json_read(json, &fields, NULL) < 0)
		return value_map_new();
	return fields;
}

static struct value string_at(sqlite3_stmt *stmt, int column)
{
	return value_string_repaired(db_column_text(stmt, column));
}

/* `at` is where its columns begin. */
static void take_revision(sqlite3_stmt *stmt, int at, struct journal_revision *out)
{
	*out = (struct journal_revision){
		.row = sqlite3_column_int64(stmt, at),
		.number = sqlite3_column_int64(stmt, at + 1),
		.create_us = sqlite3_column_int64(stmt, at + 6),
		.file = string_at(stmt, at + 4),
		.fields = journal_fields(db_column_text(stmt, at + 5)),
	};
	copy_text(out->id, sizeof(out->id), db_column_text(stmt, at + 2));
	copy_text(out->definition_hash, sizeof(out->definition_hash), db_column_text(stmt, at + 3));
}

static void take_workflow(sqlite3_stmt *stmt, struct journal_workflow *out)
{
	*out = (struct journal_workflow){
		.row = sqlite3_column_int64(stmt, 0),
		.parent = string_at(stmt, 1),
		.id = string_at(stmt, 2),
		.file = string_at(stmt, 3),
		.fields = journal_fields(db_column_text(stmt, 4)),
		.create_us = sqlite3_column_int64(stmt, 5),
		.update_us = sqlite3_column_int64(stmt, 6),
	};
	take_revision(stmt, 7, &out->revision);
}

static void take_operation(sqlite3_stmt *stmt, struct journal_operation *out)
{
	*out = (struct journal_operation){
		.row = sqlite3_column_int64(stmt, 0),
		.parent = string_at(stmt, 1),
		.id = string_at(stmt, 2),
		.content = journal_fields(db_column_text(stmt, 3)),
	};
}

int journal_workflow(struct journal *journal, struct slice parent, struct slice id, struct journal_workflow *out,
		     struct error *err)
{
	sqlite3_stmt *stmt =
		reader_prepare(journal->reader, WORKFLOW_COLUMNS "WHERE w.parent = ?1 AND w.id = ?2", err);
	int found;

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, parent);
	db_bind_text(stmt, 2, id);
	found = reader_step(journal->reader, stmt, err);
	if (found == 1)
		take_workflow(stmt, out);
	sqlite3_reset(stmt);
	return found;
}

int journal_workflow_anywhere(struct journal *journal, struct slice id, struct journal_workflow *out, struct error *err)
{
	sqlite3_stmt *stmt = reader_prepare(journal->reader,
					    WORKFLOW_COLUMNS "WHERE w.id = ?1 ORDER BY w.update_us DESC LIMIT 1", err);
	int found;

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, id);
	found = reader_step(journal->reader, stmt, err);
	if (found == 1)
		take_workflow(stmt, out);
	sqlite3_reset(stmt);
	return found;
}

static int one_revision(struct journal *journal, sqlite3_stmt *stmt, struct journal_revision *out, struct error *err)
{
	int found = reader_step(journal->reader, stmt, err);

	if (found == 1)
		take_revision(stmt, 0, out);
	sqlite3_reset(stmt);
	return found;
}

int journal_revision(struct journal *journal, int64_t workflow, struct slice id, struct journal_revision *out,
		     struct error *err)
{
	sqlite3_stmt *stmt =
		reader_prepare(journal->reader, REVISION_COLUMNS "WHERE workflow = ?1 AND id = ?2", err);

	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, workflow);
	db_bind_text(stmt, 2, id);
	return one_revision(journal, stmt, out, err);
}

int journal_revision_at(struct journal *journal, int64_t row, struct journal_revision *out, struct error *err)
{
	sqlite3_stmt *stmt = reader_prepare(journal->reader, REVISION_COLUMNS "WHERE row = ?1", err);

	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, row);
	return one_revision(journal, stmt, out, err);
}

int journal_definition(struct journal *journal, const char *hash, struct buf *source, struct error *err)
{
	sqlite3_stmt *stmt = reader_prepare(journal->reader, "SELECT source FROM definitions WHERE hash = ?1", err);
	int found;

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, slice_of(hash));
	found = reader_step(journal->reader, stmt, err);
	if (found == 1)
		buf_add_slice(source, db_column_blob(stmt, 0));
	sqlite3_reset(stmt);
	if (found == 0)
		error_set(err, ERROR_NOT_FOUND, "definition %s is missing", hash);
	return found == 1 ? 0 : -1;
}

int journal_workflows(struct journal *journal, struct slice parent, struct slice after,
		      bool (*each)(void *ctx, const struct journal_workflow *workflow), void *ctx, struct error *err)
{
	sqlite3_stmt *stmt = reader_prepare(
		journal->reader, WORKFLOW_COLUMNS "WHERE w.parent = ?1 AND w.id > ?2 ORDER BY w.id", err);
	int found = stmt ? 1 : -1;
	bool goes_on = true;

	if (stmt) {
		db_bind_text(stmt, 1, parent);
		db_bind_text(stmt, 2, after.ptr ? after : SLICE(""));
	}
	while (stmt && goes_on && (found = reader_step(journal->reader, stmt, err)) == 1) {
		struct journal_workflow workflow;

		take_workflow(stmt, &workflow);
		goes_on = each(ctx, &workflow);
		journal_workflow_release(&workflow);
	}
	if (stmt)
		sqlite3_reset(stmt);
	return found < 0 ? -1 : 0;
}

int journal_revisions(struct journal *journal, int64_t workflow, int64_t before,
		      bool (*each)(void *ctx, const struct journal_revision *revision), void *ctx, struct error *err)
{
	sqlite3_stmt *stmt =
		reader_prepare(journal->reader,
			       REVISION_COLUMNS "WHERE workflow = ?1 AND number < ?2 ORDER BY number DESC", err);
	int found = stmt ? 1 : -1;
	bool goes_on = true;

	if (stmt) {
		db_bind_int(stmt, 1, workflow);
		db_bind_int(stmt, 2, before);
	}
	while (stmt && goes_on && (found = reader_step(journal->reader, stmt, err)) == 1) {
		struct journal_revision revision;

		take_revision(stmt, 0, &revision);
		goes_on = each(ctx, &revision);
		journal_revision_release(&revision);
	}
	if (stmt)
		sqlite3_reset(stmt);
	return found < 0 ? -1 : 0;
}

int journal_operation(struct journal *journal, struct slice parent, struct slice id, struct journal_operation *out,
		      struct error *err)
{
	sqlite3_stmt *stmt =
		reader_prepare(journal->reader, OPERATION_COLUMNS "WHERE parent = ?1 AND id = ?2", err);
	int found;

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, parent);
	db_bind_text(stmt, 2, id);
	found = reader_step(journal->reader, stmt, err);
	if (found == 1)
		take_operation(stmt, out);
	sqlite3_reset(stmt);
	return found;
}

int journal_operations(struct journal *journal, struct slice parent, int64_t before,
		       bool (*each)(void *ctx, const struct journal_operation *operation), void *ctx,
		       struct error *err)
{
	sqlite3_stmt *stmt = reader_prepare(
		journal->reader, OPERATION_COLUMNS "WHERE parent = ?1 AND row < ?2 ORDER BY row DESC", err);
	int found = stmt ? 1 : -1;
	bool goes_on = true;

	if (stmt) {
		db_bind_text(stmt, 1, parent);
		db_bind_int(stmt, 2, before);
	}
	while (stmt && goes_on && (found = reader_step(journal->reader, stmt, err)) == 1) {
		struct journal_operation operation;

		take_operation(stmt, &operation);
		goes_on = each(ctx, &operation);
		journal_operation_release(&operation);
	}
	if (stmt)
		sqlite3_reset(stmt);
	return found < 0 ? -1 : 0;
}

/* ---- writing, on the writer's thread */

struct change {
	struct journal_workflow *workflow; /* NULL: delete `row` */
	const struct slice *source;
	const struct journal_operation *operation;
	int64_t row;
};

static void bind_json(sqlite3_stmt *stmt, int index, struct value v)
{
	struct buf text;

	buf_init(&text, 0);
	json_write(&text, v);
	db_bind_text(stmt, index, buf_slice(&text));
	buf_release(&text);
}

static int write_workflow(struct db *db, struct journal_workflow *workflow, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(
		db,
		workflow->row ? "UPDATE workflows SET fields = ?1, update_us = ?2, file = ?3 WHERE row = ?4" :
				"INSERT INTO workflows (fields, update_us, file, parent, id, create_us) "
				"VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
		err);

	if (!stmt)
		return -1;
	bind_json(stmt, 1, workflow->fields);
	db_bind_int(stmt, 2, workflow->update_us);
	db_bind_text(stmt, 3, value_text(workflow->file));
	if (workflow->row) {
		db_bind_int(stmt, 4, workflow->row);
		return db_run(db, stmt, err);
	}
	db_bind_text(stmt, 4, value_text(workflow->parent));
	db_bind_text(stmt, 5, value_text(workflow->id));
	db_bind_int(stmt, 6, workflow->create_us);
	if (db_run(db, stmt, err) < 0)
		return -1;
	workflow->row = db_last_row(db);
	return 0;
}

static int write_definition(struct db *db, const char *hash, struct slice source, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(db, "INSERT OR IGNORE INTO definitions VALUES (?1, ?2)", err);

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, slice_of(hash));
	db_bind_blob(stmt, 2, source.ptr ? source : SLICE(""));
	return db_run(db, stmt, err);
}

static int write_revision(struct db *db, struct journal_workflow *workflow, struct slice source, struct error *err)
{
	struct journal_revision *revision = &workflow->revision;
	sqlite3_stmt *stmt;

	if (write_definition(db, revision->definition_hash, source, err) < 0)
		return -1;
	stmt = db_prepare(db,
			  "INSERT INTO revisions (workflow, number, id, definition, file, fields, create_us) "
			  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
			  err);
	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, workflow->row);
	db_bind_int(stmt, 2, revision->number);
	db_bind_text(stmt, 3, slice_of(revision->id));
	db_bind_text(stmt, 4, slice_of(revision->definition_hash));
	db_bind_text(stmt, 5, value_text(revision->file));
	bind_json(stmt, 6, revision->fields);
	db_bind_int(stmt, 7, revision->create_us);
	if (db_run(db, stmt, err) < 0)
		return -1;
	revision->row = db_last_row(db);
	return 0;
}

static int write_operation(struct db *db, const struct journal_operation *operation, struct error *err)
{
	sqlite3_stmt *stmt =
		db_prepare(db, "INSERT INTO operations (parent, id, content) VALUES (?1, ?2, ?3)", err);

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, value_text(operation->parent));
	db_bind_text(stmt, 2, value_text(operation->id));
	bind_json(stmt, 3, operation->content);
	if (db_run(db, stmt, err) < 0)
		return -1;
	stmt = db_prepare(db, "DELETE FROM operations WHERE row <= ?1", err);
	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, db_last_row(db) - OPERATIONS_KEPT);
	return db_run(db, stmt, err);
}

/* Somebody else has this name, or this number. */
static int check_free(struct db *db, const struct change *change, struct error *err)
{
	const struct journal_workflow *workflow = change->workflow;
	sqlite3_stmt *stmt = db_prepare(
		db,
		workflow->row ? "SELECT 1 FROM revisions WHERE workflow = ?1 AND number >= ?2" :
				"SELECT 1 FROM workflows WHERE parent = ?1 AND id = ?2",
		err);
	int found;

	if (!stmt)
		return -1;
	if (workflow->row) {
		db_bind_int(stmt, 1, workflow->row);
		db_bind_int(stmt, 2, change->source ? workflow->revision.number : INT64_MAX);
	} else {
		db_bind_text(stmt, 1, value_text(workflow->parent));
		db_bind_text(stmt, 2, value_text(workflow->id));
	}
	found = db_step(db, stmt, err);
	sqlite3_reset(stmt);
	if (found > 0)
		return error_set(err, ERROR_BUSY, "workflow %.*s was changed by another process at the same time",
				 SLICE_ARG(value_text(workflow->id)));
	return found;
}

static int put(struct db *db, void *ctx, struct error *err)
{
	const struct change *change = ctx;

	if (check_free(db, change, err) < 0 ||
	    write_workflow(db, change->workflow, err) < 0 ||
	    (change->source && write_revision(db, change->workflow, *change->source, err) < 0))
		return -1;
	return change->operation ? write_operation(db, change->operation, err) : 0;
}

static int delete(struct db *db, void *ctx, struct error *err)
{
	const struct change *change = ctx;
	static const char *const statements[] = {"DELETE FROM executions WHERE workflow = ?1",
						 "DELETE FROM workflows WHERE row = ?1"};

	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		sqlite3_stmt *stmt = db_prepare(db, statements[i], err);

		if (!stmt)
			return -1;
		db_bind_int(stmt, 1, change->row);
		if (db_run(db, stmt, err) < 0)
			return -1;
	}
	return change->operation ? write_operation(db, change->operation, err) : 0;
}

static int delete_operation(struct db *db, void *ctx, struct error *err)
{
	const struct change *change = ctx;
	sqlite3_stmt *stmt = db_prepare(db, "DELETE FROM operations WHERE row = ?1", err);

	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, change->row);
	return db_run(db, stmt, err);
}

/* ---- the loop's side of it */

/* Three digits that nobody can guess from the last ones (reference, 9.3.1). */
int journal_next_revision(struct journal_revision *revision, struct slice source, struct error *err)
{
	uint16_t digits = 0;

	if (getrandom(&digits, sizeof(digits), 0) != sizeof(digits))
		return error_set(err, ERROR_IO, "no random bytes for the id of a revision");
	revision->number++;
	revision->row = 0;
	revision->create_us = clock_wall_us();
	snprintf(revision->id, sizeof(revision->id), "%06d-%03x", (int)(revision->number % 1000000), digits & 0xfff);
	docstore_hash(source, revision->definition_hash);
	return 0;
}

int journal_put_workflow(struct journal *journal, struct journal_workflow *workflow, const struct slice *source,
			 const struct journal_operation *operation, struct error *err)
{
	struct change change = {.workflow = workflow, .source = source, .operation = operation};
	int64_t row = workflow->row;

	if (writer_call(journal->writer, put, &change, err) == 0)
		return 0;
	workflow->row = row; /* rolled back */
	return -1;
}

int journal_delete_workflow(struct journal *journal, int64_t row, const struct journal_operation *operation,
			    struct error *err)
{
	struct change change = {.row = row, .operation = operation};

	return writer_call(journal->writer, delete, &change, err);
}

int journal_delete_operation(struct journal *journal, int64_t row, struct error *err)
{
	struct change change = {.row = row};

	return writer_call(journal->writer, delete_operation, &change, err);
}
