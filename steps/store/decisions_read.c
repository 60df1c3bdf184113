/* decisions_read.c - listing, searching and showing decisions; see decisions.h. */
#include "steps/store/decisions_private.h"

#include <string.h>

enum { MAX_QUERY = 4096 };

static int each_row(struct decisions *decisions, sqlite3_stmt *stmt, decisions_each *each, void *ctx,
		    struct error *err)
{
	int found;

	while ((found = db_step(decisions->db, stmt, err)) > 0) {
		struct decisions_row row = {
			.id = db_column_text(stmt, 0),
			.source = db_column_text(stmt, 1),
			.doc_type = db_column_text(stmt, 2),
			.title = db_column_text(stmt, 3),
			.doc_date = db_column_text(stmt, 4),
			.language = db_column_text(stmt, 5),
			.parties = db_column_text(stmt, 6),
			.sanction = db_column_text(stmt, 7),
			.stored_at = db_column_text(stmt, 8),
			.snippet = db_column_text(stmt, 9),
		};

		each(ctx, &row);
	}
	return found;
}

int decisions_list(struct decisions *decisions, const char *type, long limit, decisions_each *each, void *ctx,
		   struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(
		decisions->db,
		"SELECT id, source, doc_type, title, doc_date, language, parties, sanction, stored_at, NULL"
		" FROM decisions WHERE ?1 IS NULL OR doc_type = ?1"
		" ORDER BY doc_date DESC NULLS LAST, source LIMIT ?2",
		err);

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, slice_of(type));
	db_bind_int(stmt, 2, limit > 0 ? limit : -1);
	return each_row(decisions, stmt, each, ctx, err);
}

/* A hit in the title weighs most, then one among the parties. */
int decisions_search(struct decisions *decisions, const char *query, const char *type, long limit,
		     decisions_each *each, void *ctx, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(decisions->db,
					"SELECT id, source, doc_type, decisions.title, doc_date, language, "
					"decisions.parties, sanction,"
					" stored_at, snippet(texts, -1, char(1), char(2), ' … ', 24)"
					" FROM texts JOIN decisions ON row = texts.rowid"
					" WHERE texts MATCH ?1 AND (?2 IS NULL OR doc_type = ?2)"
					" ORDER BY bm25(texts, 8.0, 4.0, 1.0) LIMIT ?3",
					err);

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, slice_of(query));
	db_bind_text(stmt, 2, slice_of(type));
	db_bind_int(stmt, 3, limit > 0 ? limit : -1);
	return each_row(decisions, stmt, each, ctx, err);
}

void decisions_query(struct buf *query, struct slice operand)
{
	bool is_prefix;

	operand = slice_trim(operand);
	is_prefix = operand.len > 1 && operand.ptr[operand.len - 1] == '*';
	operand.len -= is_prefix;
	if (!operand.len || operand.len > MAX_QUERY)
		return;
	buf_add_text(query, query->len ? " \"" : "\"");
	for (size_t i = 0; i < operand.len; i++) {
		if (operand.ptr[i] == '"')
			buf_add_char(query, '"'); /* doubled inside a string */
		buf_add_char(query, operand.ptr[i]);
	}
	buf_add_text(query, is_prefix ? "\"*" : "\"");
}

int decisions_get(struct decisions *decisions, const char *id, struct buf *json, struct error *err)
{
	sqlite3_stmt *stmt =
		db_prepare(decisions->db,
			   "SELECT record, id = ?1 FROM decisions WHERE substr(id, 1, length(?1)) = ?1"
			   " ORDER BY id <> ?1 LIMIT 2",
			   err);
	bool is_exact;
	int row;

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, slice_of(id));
	row = id[0] ? db_step(decisions->db, stmt, err) : 0;
	if (row < 0)
		return -1;
	if (row == 0) {
		error_set(err, ERROR_NOT_FOUND, "no decision has the id %s", id);
		error_hint(err, "`store list --format json` prints ids whole");
		return -1;
	}
	is_exact = sqlite3_column_int(stmt, 1);
	row = buf_add_slice(json, db_column_text(stmt, 0));
	if (!is_exact && row == 0 && db_step(decisions->db, stmt, err) > 0) {
		row = error_set(err, ERROR_INPUT, "several decisions have ids that begin with %s", id);
		error_hint(err, "give more of the id");
	}
	sqlite3_reset(stmt);
	return row;
}

int decisions_failures(struct decisions *decisions,
		       void (*each)(void *ctx, const struct decisions_failure *failure), void *ctx,
		       struct error *err)
{
	sqlite3_stmt *stmt =
		db_prepare(decisions->db, "SELECT source, message FROM failures ORDER BY source", err);
	int row;

	if (!stmt)
		return -1;
	while ((row = db_step(decisions->db, stmt, err)) > 0) {
		struct decisions_failure failure = {db_column_text(stmt, 0), db_column_text(stmt, 1)};

		each(ctx, &failure);
	}
	return row;
}

int64_t decisions_count(struct decisions *decisions, const char *type, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(
		decisions->db, "SELECT count(*) FROM decisions WHERE ?1 IS NULL OR doc_type = ?1", err);
	int64_t count;

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, slice_of(type));
	if (db_step(decisions->db, stmt, err) < 0)
		return -1;
	count = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return count;
}
