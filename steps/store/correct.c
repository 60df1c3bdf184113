/* correct.c - store correct and store reviewed: what people said, in and out; see correction.h. */
#include "steps/store/correction.h"
#include "steps/store/verbs.h"

#include "lib/json/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MAX_LINE = 4 << 20 };

/* One run of the verb: all of it or nothing. */
struct correcting {
	struct decisions *decisions;
	const char *reviewer;
	struct value changed; /* ids, as a map */
	long corrections;
};

static int correct_line(struct correcting *correcting, struct value line, struct error *err)
{
	int count = decisions_review(correcting->decisions, line, correcting->reviewer, err);

	if (count > 0)
		value_map_set(&correcting->changed, correction_document(line), value_bool(true));
	correcting->corrections += count > 0 ? count : 0;
	return count < 0 ? -1 : 0;
}

static int correct_file(struct correcting *correcting, const char *path, struct error *err)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	struct json_lines lines;
	struct error wrong = {0};
	struct value line;
	int status;

	if (!file)
		return error_set(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_IO, "%.300s: %s", path,
				 strerror(errno));
	json_lines_init(&lines, file, MAX_LINE);
	while ((status = json_lines_next(&lines, &line, err)) > 0) {
		status = correct_line(correcting, line, &wrong);
		value_unref(line);
		if (status < 0) {
			error_set(err, wrong.kind, "%.300s:%zu: %s", path, lines.line, wrong.message);
			error_hint(err, "%s", wrong.hint);
			break;
		}
	}
	json_lines_release(&lines);
	if (file != stdin)
		fclose(file);
	return status < 0 ? -1 : 0;
}

static int correct_all(struct correcting *correcting, const struct opts *opts, struct error *err)
{
	struct db *db = decisions_db(correcting->decisions);
	int status = db_begin(db, err);

	if (status < 0)
		return -1;
	if (opt_operands(opts) == 0)
		status = correct_file(correcting, "-", err);
	for (size_t i = 0; status == 0 && i < opt_operands(opts); i++)
		status = correct_file(correcting, opt_operand(opts, i), err);
	if (status == 0)
		status = db_commit(db, err);
	if (status < 0)
		db_rollback(db);
	return status;
}

/* The corrected records, for whoever keeps copies: `store correct FILE | store --sink URL`. */
static int print_changed(const struct correcting *correcting, struct error *err)
{
	struct buf json;
	int status = 0;

	buf_init(&json, 0);
	for (size_t i = 0; status == 0 && i < value_len(correcting->changed); i++) {
		struct slice id = value_map_key(correcting->changed, i);
		char text[DECISION_MAX_ID + 1];

		snprintf(text, sizeof(text), "%.*s", SLICE_ARG(id));
		buf_clear(&json);
		status = decisions_get(correcting->decisions, text, &json, err);
		if (status == 0)
			puts(buf_text(&json));
	}
	buf_release(&json);
	return status;
}

static int correct(struct decisions *decisions, const struct opts *opts, bool json, struct error *err)
{
	struct correcting correcting = {decisions, opt_text(opts, "by"), value_map_new(), 0};
	int status = correct_all(&correcting, opts, err);

	(void)json;
	if (status == 0)
		status = print_changed(&correcting, err);
	if (status == 0)
		fprintf(stderr, "%ld correction%s in %zu document%s\n", correcting.corrections,
			correcting.corrections == 1 ? "" : "s", value_len(correcting.changed),
			value_len(correcting.changed) == 1 ? "" : "s");
	value_unref(correcting.changed);
	return status;
}

int correct_main(int argc, char **argv)
{
	static const struct opt_option options[] = {
		{"by", 0, OPT_TEXT, "NAME", NULL, NULL, "who says so; kept with the corrections"},
		{0},
	};
	static const struct opt_option *const tables[] = {options, verb_options, NULL};
	static const struct opt_command command = {
		.name = "store correct",
		.operands = "[FILE]...",
		.summary = "keep what a person says about stored values, for this extraction and all later "
			   "ones; "
			   "prints the corrected records",
		.example = "extract review --database decisions.db >todo.jsonl\n"
			   "store correct --database decisions.db --by ann todo.jsonl",
		.tables = tables,
	};

	return verb_look(&command, argc, argv, correct);
}

/* ---- store reviewed */

/* Annotated records give these as plain texts. */
static bool is_plain(struct slice field)
{
	return slice_is(field, "authorities") || slice_is(field, "matters") || slice_is(field, "admission") ||
	       slice_is(field, "doc_type");
}

static struct value annotated_item(struct slice field, struct value item)
{
	struct value members = correction_members(item);
	const struct value *value = value_get(members, "value"), *quote = value_get(item, "quote");

	if (is_plain(field)) {
		struct value plain = value ? value_ref(*value) : value_null();

		value_unref(members);
		return plain;
	}
	if (quote && !value_is_null(item))
		value_put(&members, "quote", value_ref(*quote));
	return members;
}

static struct value annotated_field(struct slice name, struct value field)
{
	struct value list;

	if (value_is_null(field))
		return value_null();
	if (field.kind != VALUE_LIST)
		return annotated_item(name, field);
	list = value_list_new(value_len(field));
	for (size_t i = 0; i < value_len(field); i++)
		value_list_push(&list, annotated_item(name, *value_list_at(field, i)));
	return list;
}

/* The fields of a part of the record that somebody looked at. */
static void add_fields(struct value *out, const struct value *part, const char *inner)
{
	const struct value *names = part ? value_get(*part, "reviewed") : NULL;
	const struct value *fields = part && inner ? value_get(*part, inner) : part;

	for (size_t i = 0; names && fields && names->kind == VALUE_LIST && i < value_len(*names); i++) {
		struct slice name = value_text(*value_list_at(*names, i));
		const struct value *field = value_map_get(*fields, name);

		if (name.len && field)
			value_map_set(out, name, annotated_field(name, *field));
	}
}

static void print_reviewed(void *ctx, struct value record, struct slice text)
{
	static const char *const kept[] = {"id", "language", "title", "source"};
	const struct value *classification = value_get(record, "classification");
	const struct value *type = classification ? value_get(*classification, "doc_type") : NULL;
	struct value line = value_map_new();

	(void)ctx;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (value_get(record, kept[i]))
			value_put(&line, kept[i], value_ref(*value_get(record, kept[i])));
	if (type)
		value_put(&line, "doc_type", annotated_item(SLICE("doc_type"), *type));
	add_fields(&line, classification, NULL);
	add_fields(&line, value_get(record, "extraction"), "fields");
	if (text.len)
		value_put(&line, "text", value_string_repaired(text));
	verb_print_json(line);
}

static int reviewed(struct decisions *decisions, const struct opts *opts, bool json, struct error *err)
{
	(void)opts;
	(void)json;
	return decisions_reviewed(decisions, print_reviewed, NULL, err);
}

int reviewed_main(int argc, char **argv)
{
	static const struct opt_option *const tables[] = {verb_options, NULL};
	static const struct opt_command command = {
		.name = "store reviewed",
		.operands = "",
		.summary = "documents with corrections as annotated records, one JSON object a line: the "
			   "fields that "
			   "somebody looked at, and the text; what `train` learns from",
		.example = "store reviewed >reviewed.jsonl\n"
			   "classify train --labels index.jsonl --labels reviewed.jsonl --texts texts "
			   "--output my.model",
		.tables = tables,
	};

	return verb_look(&command, argc, argv, reviewed);
}
