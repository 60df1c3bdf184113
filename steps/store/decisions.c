/* decisions.c - writing the database of decisions; see decisions.h. Reading is decisions_read.c. */
#include "steps/store/decisions_private.h"

#include "steps/store/schema.h"

#include "lib/clock/clock.h"
#include "lib/mem/mem.h"

#include <stdio.h>

/* Items of a record's lists that get rows of their own; the record keeps all of them. */
enum { MAX_ITEMS = 10000 };

struct decisions *decisions_open(const char *path, struct error *err)
{
	struct decisions *decisions = mem_new(sizeof(*decisions));

	decisions->db =
		db_open(path, DB_FULL, SCHEMA_APPLICATION_ID, schema_migrations, schema_migration_count, err);
	if (decisions->db)
		return decisions;
	decisions_close(decisions);
	return NULL;
}

void decisions_close(struct decisions *decisions)
{
	if (!decisions)
		return;
	db_close(decisions->db);
	mem_free(decisions);
}

struct db *decisions_db(struct decisions *decisions)
{
	return decisions->db;
}

/* An empty text is no text. */
static void bind(sqlite3_stmt *stmt, int index, struct slice text)
{
	db_bind_text(stmt, index, text.len ? text : slice_of(NULL));
}

/* ---- the row */

int decisions_wants_text(struct decisions *decisions, const struct decision *decision, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(
		decisions->db,
		"SELECT 1 FROM decisions WHERE id = ? AND text_uri IS ? AND title IS ? AND"
		" parties IS ? AND EXISTS (SELECT 1 FROM texts WHERE rowid = row AND text IS NOT NULL)",
		err);
	int row;

	if (!stmt)
		return -1;
	bind(stmt, 1, decision->id);
	bind(stmt, 2, decision->text_uri);
	bind(stmt, 3, decision->title);
	bind(stmt, 4, buf_slice(&decision->parties));
	row = db_step(decisions->db, stmt, err);
	sqlite3_reset(stmt);
	return row < 0 ? -1 : !row || !decision->text_uri.len;
}

static void bind_columns(sqlite3_stmt *stmt, const struct decision *decision, struct slice json,
			 struct slice now)
{
	const struct sanction *sanction = &decision->sanction;

	bind(stmt, 1, decision->id);
	db_bind_text(stmt, 2, decision->source.len ? decision->source : SLICE(""));
	bind(stmt, 3, decision->doc_type);
	if (decision->probability >= 0)
		sqlite3_bind_double(stmt, 4, decision->probability);
	bind(stmt, 5, decision->title);
	bind(stmt, 6, decision->doc_date);
	bind(stmt, 7, decision->language);
	bind(stmt, 8, decision->media_type);
	bind(stmt, 9, buf_slice(&decision->authorities));
	bind(stmt, 10, buf_slice(&decision->parties));
	bind(stmt, 11, buf_slice(&sanction->summary));
	bind(stmt, 12, slice_of(sanction->is_known ? sanction->currency : NULL));
	if (sanction->is_known)
		sqlite3_bind_double(stmt, 13, sanction->amount);
	bind(stmt, 14, decision->text_uri);
	bind(stmt, 15, decision->model);
	db_bind_text(stmt, 16, json);
	db_bind_text(stmt, 17, now);
}

/* The key of the row, or -1. */
static int64_t put_row(struct decisions *decisions, const struct decision *decision, struct slice json,
		       struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(
		decisions->db,
		"INSERT INTO decisions(id, source, doc_type, probability, title, doc_date, language, "
		"media_type,"
		" authorities, parties, sanction, currency, amount, text_uri, model, record, stored_at, "
		"updated_at)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?17)"
		" ON CONFLICT(id) DO UPDATE SET (source, doc_type, probability, title, doc_date, language, "
		"media_type,"
		" authorities, parties, sanction, currency, amount, text_uri, model, record, updated_at)"
		" = (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)"
		" RETURNING row",
		err);
	char now[CLOCK_TEXT_SIZE];
	int64_t row;

	if (!stmt)
		return -1;
	bind_columns(stmt, decision, json, slice_of(clock_format_utc(clock_wall_us(), now)));
	if (db_step(decisions->db, stmt, err) <= 0)
		return -1;
	row = sqlite3_column_int64(stmt, 0);
	return db_run(decisions->db, stmt, err) < 0 ? -1 : row;
}

/* ---- the lists */

struct child {
	const char *field;
	const char *clear, *insert;
	const char *members[6]; /* bound from ?4 on; the first must not be empty */
};

static const struct child children[] = {
	{"parties",
	 "DELETE FROM parties WHERE decision = ?",
	 "INSERT INTO parties(decision, position, reviewed, name, kind, role) VALUES (?, ?, ?, ?, ?, ?)",
	 {"name", "kind", "role"}},
	{"money",
	 "DELETE FROM money WHERE decision = ?",
	 "INSERT INTO money(decision, position, reviewed, amount, kind, currency, status, party)"
	 " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
	 {"amount", "kind", "currency", "status", "party"}},
	{"legal_basis",
	 "DELETE FROM legal_basis WHERE decision = ?",
	 "INSERT INTO legal_basis(decision, position, reviewed, instrument, provision) VALUES (?, ?, ?, ?, ?)",
	 {"instrument", "provision"}},
	{"measures",
	 "DELETE FROM measures WHERE decision = ?",
	 "INSERT INTO measures(decision, position, reviewed, kind) VALUES (?, ?, ?, ?)",
	 {"kind"}},
};

static int put_item(struct db *db, const struct child *child, int64_t row, size_t position, struct value item,
		    struct error *err)
{
	sqlite3_stmt *stmt;

	if (!value_get_text(item, child->members[0]).len)
		return 0;
	stmt = db_prepare(db, child->insert, err);
	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, row);
	db_bind_int(stmt, 2, (int64_t)position);
	db_bind_int(stmt, 3, value_get_bool(item, "reviewed", false));
	for (int i = 0; child->members[i]; i++)
		bind(stmt, i + 4, value_get_text(item, child->members[i]));
	return db_run(db, stmt, err);
}

static int put_children(struct decisions *decisions, int64_t row, struct value record, struct error *err)
{
	for (size_t c = 0; c < sizeof(children) / sizeof(children[0]); c++) {
		const struct value *list = decision_field(record, children[c].field);
		size_t items = list ? value_len(*list) : 0;
		sqlite3_stmt *stmt = db_prepare(decisions->db, children[c].clear, err);

		if (!stmt)
			return -1;
		db_bind_int(stmt, 1, row);
		if (db_run(decisions->db, stmt, err) < 0)
			return -1;
		for (size_t i = 0; i < items && i < MAX_ITEMS; i++) {
			if (put_item(decisions->db, &children[c], row, i, *value_list_at(*list, i), err) < 0)
				return -1;
		}
	}
	return 0;
}

/* ---- the index */

static int put_text(struct decisions *decisions, int64_t row, const struct decision *decision,
		    struct slice text, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(
		decisions->db,
		"INSERT OR REPLACE INTO texts(rowid, title, parties, text) VALUES (?, ?, ?, ?)", err);

	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, row);
	bind(stmt, 2, decision->title);
	bind(stmt, 3, buf_slice(&decision->parties));
	bind(stmt, 4, text);
	return db_run(decisions->db, stmt, err);
}

static int forget_failure(struct decisions *decisions, struct slice source, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(decisions->db, "DELETE FROM failures WHERE source = ?", err);

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, source);
	return db_run(decisions->db, stmt, err);
}

int decisions_put(struct decisions *decisions, const struct decision *decision, struct value record,
		  struct slice json, const struct slice *text, struct error *err)
{
	int64_t row = put_row(decisions, decision, json, err);

	if (row < 0 || put_children(decisions, row, record, err) < 0)
		return -1;
	if (text && put_text(decisions, row, decision, *text, err) < 0)
		return -1;
	return forget_failure(decisions, decision->source, err);
}

/* ---- failures */

static struct slice failure_message(struct value record)
{
	const struct value *error = value_get(record, "error");
	static const char *const names[] = {"detail", "message", "title"};

	if (error->kind == VALUE_STRING)
		return value_text(*error);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct slice text = value_get_text(*error, names[i]);

		if (text.len)
			return text;
	}
	return SLICE("failed without a message");
}

int decisions_put_failure(struct decisions *decisions, struct slice source, struct value record,
			  struct slice json, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(
		decisions->db,
		"INSERT OR REPLACE INTO failures(source, message, record, failed_at) VALUES (?, ?, ?, ?)",
		err);
	char now[CLOCK_TEXT_SIZE];

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, source);
	db_bind_text(stmt, 2, failure_message(record));
	db_bind_text(stmt, 3, json);
	db_bind_text(stmt, 4, slice_of(clock_format_utc(clock_wall_us(), now)));
	return db_run(decisions->db, stmt, err);
}
