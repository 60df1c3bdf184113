/* review.c - extract review; see review.h. */
#include "steps/extract/review.h"

#include "lib/docstore/docstore.h"
#include "lib/json/json.h"
#include "lib/opt/opt.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_RECORD = 64 << 20,
	CONTEXT_MAX = 2000,
	DATABASE_ID = 0x4c584443, /* of steps/store, "LXDC" */
};

static const struct opt_option options[] = {
	{"below", 0, OPT_TEXT, "P", "0.7", NULL, "list values of less confidence than this, 0 to 1"},
	{"field", 0, OPT_TEXT, "NAME", NULL, NULL, "only values of this field"},
	{"limit", 'n', OPT_COUNT, "N", "0", NULL, "at most N lines, 0 for all"},
	{"context", 0, OPT_COUNT, "N", "120", NULL, "characters of the text on both sides"},
	{"database", 0, OPT_TEXT, "PATH", NULL, NULL,
	 "read a database that `store` filled instead of records"},
	{"documents", 0, OPT_TEXT, "URI", NULL, "DOCUMENT_STORE", "where the texts of documents are"},
	{"help", 'h', OPT_FLAG, NULL, NULL, NULL, "print this"},
	{0},
};
static const struct opt_option *const tables[] = {options, NULL};
static const struct opt_command command = {
	.name = "extract review",
	.operands = "[FILE]...",
	.summary =
		"values that a person should look at, one JSON object a line: add \"correct\" and give it to "
		"`store correct`",
	.example = "extract review --database decisions.db --below 0.6 >todo.jsonl\n"
		   "ingest decision.pdf | classify | extract | extract review",
	.tables = tables,
};

struct review {
	const char *field; /* or NULL */
	double below;
	long limit, count;
	size_t context; /* characters */
	const char *where;
	struct docstore *documents; /* opened at the first text_uri */
	bool has_documents;
	struct buf text; /* of the document at hand */
};

/* ---- one document */

struct document {
	struct value record;
	struct slice id, text;
	bool has_text;         /* it was looked for */
	struct slice own_text; /* of the database, or empty */
};

/* A context is a help: a text that is not to be had leaves it out. */
static struct slice text_of(struct review *review, struct document *document)
{
	struct slice uri = value_get_text(document->record, "text_uri");

	if (document->has_text)
		return document->text;
	document->has_text = true;
	document->text = value_get_text(document->record, "text");
	if (!document->text.len)
		document->text = document->own_text;
	if (document->text.len || !uri.len)
		return document->text;
	if (!review->has_documents)
		review->documents = docstore_open(review->where, NULL);
	review->has_documents = true;
	buf_clear(&review->text);
	if (review->documents && docstore_get(review->documents, uri, &review->text, NULL) == 0)
		document->text = buf_slice(&review->text);
	return document->text;
}

static void put_context(struct review *review, struct document *document, struct value item,
			struct value *line)
{
	const struct value *span = value_get(item, "span");
	int64_t start = span ? value_get_int(*span, "start", -1) : -1;
	int64_t end = span ? value_get_int(*span, "end", -1) : -1;
	struct slice text;
	size_t from, to;

	if (start < 0 || end < start || review->context == 0)
		return;
	text = text_of(review, document);
	from = (size_t)start > review->context ? (size_t)start - review->context : 0;
	to = (size_t)end - (size_t)start > CONTEXT_MAX ? (size_t)start + CONTEXT_MAX : (size_t)end;
	if (text.len)
		value_put(line, "context",
			  value_string_repaired(slice_sub(text, utf8_offset(text, from),
							  utf8_offset(text, to + review->context))));
}

/* The members that are the value: what tells of its finding stands beside it. */
static struct value members_of_item(struct value item)
{
	static const char *const beside[] = {"quote", "rule", "guess"};
	struct value members = value_map_new();

	for (size_t i = 0; i < value_len(item); i++)
		if (value_map_at(item, i)->kind == VALUE_STRING)
			value_map_set(&members, value_map_key(item, i), value_ref(*value_map_at(item, i)));
	for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++)
		value_map_delete(&members, slice_of(beside[i]));
	return members;
}

static void print_line(struct value taken)
{
	struct buf text;

	buf_init(&text, 0);
	if (json_write(&text, taken) == 0)
		puts(buf_text(&text));
	buf_release(&text);
	value_unref(taken);
}

static void list_item(struct review *review, struct document *document, struct slice field, struct value item)
{
	static const char *const beside[] = {"span", "quote", "page", "page_offset", "rule", "guess"};
	const struct value *sure = value_get(item, "confidence") ? value_get(item, "confidence")
								 : value_get(item, "probability");
	struct value line;

	if (!sure || !value_is_number(*sure) || value_number(*sure) >= review->below ||
	    value_get_bool(item, "reviewed", false) || (review->limit && review->count == review->limit))
		return;
	line = value_map_new();
	value_put(&line, "document", value_string(document->id));
	if (value_get_text(document->record, "source").len)
		value_put(&line, "source", value_string(value_get_text(document->record, "source")));
	value_put(&line, "field", value_string(field));
	value_put(&line, "value", members_of_item(item));
	value_put(&line, "confidence", value_ref(*sure));
	for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++)
		if (value_get(item, beside[i]))
			value_put(&line, beside[i], value_ref(*value_get(item, beside[i])));
	put_context(review, document, item, &line);
	print_line(line);
	review->count++;
}

static void list_field(struct review *review, struct document *document, struct slice name,
		       struct value field)
{
	if (review->field && !slice_is(name, review->field))
		return;
	if (field.kind == VALUE_MAP)
		list_item(review, document, name, field);
	for (size_t i = 0; field.kind == VALUE_LIST && i < value_len(field); i++)
		if (value_list_at(field, i)->kind == VALUE_MAP)
			list_item(review, document, name, *value_list_at(field, i));
}

static void list_record(struct review *review, struct value record, struct slice own_text)
{
	struct document document = {
		.record = record, .id = value_get_text(record, "id"), .own_text = own_text};
	const struct value *classification = value_get(record, "classification");
	const struct value *extraction = value_get(record, "extraction");
	const struct value *fields = extraction ? value_get(*extraction, "fields") : NULL;
	static const char *const labels[] = {"doc_type", "matters"};

	if (!document.id.len)
		return; /* a failure of a step before: nothing to look at */
	for (size_t i = 0; classification && i < sizeof(labels) / sizeof(labels[0]); i++)
		if (value_get(*classification, labels[i]))
			list_field(review, &document, slice_of(labels[i]),
				   *value_get(*classification, labels[i]));
	for (size_t i = 0; fields && fields->kind == VALUE_MAP && i < value_len(*fields); i++)
		list_field(review, &document, value_map_key(*fields, i), *value_map_at(*fields, i));
}

/* ---- where records are */

static int review_file(struct review *review, const char *path, struct error *err)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	struct json_lines lines;
	struct value record;
	int status;

	if (!file)
		return error_set(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_IO, "%.300s: %s", path,
				 strerror(errno));
	json_lines_init(&lines, file, MAX_RECORD);
	while ((status = json_lines_next(&lines, &record, err)) > 0) {
		list_record(review, record, slice_of(NULL));
		value_unref(record);
	}
	json_lines_release(&lines);
	if (file != stdin)
		fclose(file);
	return status;
}

static int read_rows(struct review *review, sqlite3 *db, struct error *err)
{
	sqlite3_stmt *stmt = NULL;
	int status =
		sqlite3_prepare_v2(db,
				   "SELECT record, (SELECT text FROM texts WHERE rowid = row) FROM decisions"
				   " ORDER BY row",
				   -1, &stmt, NULL);

	while (status == SQLITE_OK && (status = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct slice json = {(const char *)sqlite3_column_text(stmt, 0),
				     (size_t)sqlite3_column_bytes(stmt, 0)};
		struct slice text = {(const char *)sqlite3_column_text(stmt, 1),
				     (size_t)sqlite3_column_bytes(stmt, 1)};
		struct value record;

		if (json_read(json, &record, NULL) == 0) {
			list_record(review, record, text);
			value_unref(record);
		}
		status = SQLITE_OK;
	}
	if (status != SQLITE_DONE)
		error_set(err, ERROR_IO, "%s", sqlite3_errmsg(db));
	sqlite3_finalize(stmt);
	return status == SQLITE_DONE ? 0 : -1;
}

/* Only read, so that it may be another process's at this moment. */
static int review_database(struct review *review, const char *path, struct error *err)
{
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = NULL;
	bool is_ours = false;
	int status = -1;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
		error_set(err, ERROR_NOT_FOUND, "cannot open the database %.300s: %s", path,
			  sqlite3_errmsg(db));
		goto done;
	}
	sqlite3_busy_timeout(db, 5000);
	if (sqlite3_prepare_v2(db, "PRAGMA application_id", -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		is_ours = sqlite3_column_int(stmt, 0) == DATABASE_ID;
	sqlite3_finalize(stmt);
	if (is_ours)
		status = read_rows(review, db, err);
	else
		error_set(err, ERROR_INPUT, "%.300s is no database of decisions", path);
done:
	sqlite3_close(db);
	return status;
}

static int review_all(struct review *review, const struct opts *opts, struct error *err)
{
	const char *database = opt_text(opts, "database");
	int status = 0;

	if (database && opt_operands(opts))
		return error_set(err, ERROR_INPUT, "--database and files: one of them");
	if (database)
		return review_database(review, database, err);
	if (opt_operands(opts) == 0)
		return review_file(review, "-", err);
	for (size_t i = 0; status == 0 && i < opt_operands(opts); i++)
		status = review_file(review, opt_operand(opts, i), err);
	return status;
}

static int set_up(struct review *review, const struct opts *opts, struct error *err)
{
	const char *below = opt_text(opts, "below");
	char *end;

	*review = (struct review){.field = opt_text(opts, "field"),
				  .limit = opt_number(opts, "limit"),
				  .context = (size_t)opt_number(opts, "context"),
				  .where = opt_text(opts, "documents")};
	buf_init(&review->text, MAX_RECORD);
	review->below = strtod(below, &end);
	if (end == below || *end || !(review->below >= 0 && review->below <= 1))
		return error_set(err, ERROR_INPUT, "--below is a number from 0 to 1, not \"%.80s\"", below);
	if (review->context > CONTEXT_MAX)
		return error_set(err, ERROR_INPUT, "--context is at most %d characters", CONTEXT_MAX);
	return 0;
}

int review_verb(int argc, char **argv)
{
	struct error err = {0};
	struct opts *opts = opt_parse(&command, argc, argv, &err);
	struct review review = {.field = NULL};

	if (opts && opt_flag(opts, "help")) {
		opt_help(&command, stdout);
	} else if (opts && set_up(&review, opts, &err) == 0 && review_all(&review, opts, &err) == 0) {
		fprintf(stderr, "%ld value%s to look at\n", review.count, review.count == 1 ? "" : "s");
	}
	docstore_close(review.documents);
	buf_release(&review.text);
	opts_free(opts);
	if (err.kind == ERROR_NONE)
		return 0;
	fflush(stdout);
	fprintf(stderr, "extract review: %s\n", err.message);
	if (err.hint[0])
		fprintf(stderr, "hint: %s\n", err.hint);
	return error_exit_status(&err);
}
