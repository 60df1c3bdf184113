/* explain.c - a text or a record in, the notes of trace.c out, by field, for people or as JSON. */

#include "steps/extract/explain.h"
#include "lib/clock/clock.h"
#include "lib/json/json.h"
#include "lib/opt/opt.h"
#include "steps/extract/extract.h"
#include "steps/extract/models.h"

#include <errno.h>
#include <string.h>

enum { QUOTE_WIDTH = 70 };

static const struct opt_option options[] = {
	{"type", 't', OPT_TEXT, "TYPE", NULL, NULL, "document type, where the record does not say it"},
	{"language", 'l', OPT_TEXT, "CODE", NULL, NULL, "language, where the record does not say it: en, fr"},
	{"field", 'f', OPT_TEXT, "NAME", NULL, NULL, "this field alone"},
	{"models", 0, OPT_TEXT, "FOLDER", NULL, "EXTRACT_MODELS",
	 "your own extraction models, TYPE.yaml each, before those that ship"},
	{"all", 'a', OPT_FLAG, NULL, NULL, NULL, "rules that match nowhere too"},
	{"json", 0, OPT_FLAG, NULL, NULL, NULL, "one JSON object: model, fields, unknown, trace"},
	{"help", 'h', OPT_FLAG, NULL, NULL, NULL, "print this"},
	{0},
};
static const struct opt_option *const tables[] = {options, NULL};
static const struct opt_command command = {
	.name = "extract explain",
	.operands = "FILE",
	.summary = "say which rule gave which value, and what was refused and why",
	.example = "ingest decision.pdf | classify | extract explain -\nextract explain --type complaint "
		   "complaint.txt",
	.tables = tables,
};

/* What is to be explained. */
struct subject {
	struct value record; /* owned; a map, or null for a plain text */
	struct buf text;
	const char *type, *language;
};

static int read_all(const char *path, struct buf *text, struct error *err)
{
	FILE *file = strcmp(path, "-") != 0 ? fopen(path, "r") : stdin;
	char chunk[8192];
	size_t got;

	if (!file)
		return error_set(err, ERROR_NOT_FOUND, "cannot read %s: %s", path, strerror(errno));
	while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buf_add(text, chunk, got);
	if (file != stdin)
		fclose(file);
	if (text->full)
		return error_set(err, ERROR_LIMIT, "%s is longer than %d bytes", path, EXTRACT_MAX_BYTES);
	return 0;
}

/* A record brings its text along or says where it is: a file:// of the document store is a plain file. */
static int take_record(struct subject *subject, struct error *err)
{
	struct slice inside = value_get_text(subject->record, "text");
	struct slice uri = value_get_text(subject->record, "text_uri");
	char path[4096] = "";

	subject->text.len = 0;
	if (inside.len)
		return buf_add_slice(&subject->text, inside);
	if (!slice_starts(uri, SLICE("file://")) || uri.len >= sizeof(path))
		return error_set(err, ERROR_INPUT,
				 "the record has neither \"text\" nor a \"text_uri\" that is a file");
	memcpy(path, uri.ptr + strlen("file://"), uri.len - strlen("file://"));
	return read_all(path, &subject->text, err);
}

static int read_subject(struct subject *subject, const char *path, struct error *err)
{
	struct error other = {0};
	struct slice text;

	if (read_all(path, &subject->text, err) < 0)
		return -1;
	text = slice_trim(buf_slice(&subject->text));
	if (text.len && text.ptr[0] == '{' && !json_read(text, &subject->record, &other) &&
	    take_record(subject, err) < 0)
		return -1;
	if (!utf8_is_valid(buf_slice(&subject->text)))
		return error_set(err, ERROR_INPUT, "%s is not UTF-8", path);
	return 0;
}

/* --type beats the record, as flags beat everything. */
static struct slice type_of(const struct subject *subject)
{
	const struct value *classes = value_get(subject->record, "classification");
	const struct value *type = classes ? value_get(*classes, "doc_type") : NULL;

	if (subject->type)
		return slice_of(subject->type);
	return type ? value_get_text(*type, "value") : (struct slice){0};
}

/* On one line, shortened. */
static void print_quote(struct slice quote, FILE *out)
{
	bool gap = false;
	size_t shown = 0;

	fputc('"', out);
	for (size_t i = 0; i < quote.len; i++) {
		bool blank = (unsigned char)quote.ptr[i] <= ' ';

		if (shown >= QUOTE_WIDTH && ((unsigned char)quote.ptr[i] & 0xc0) != 0x80)
			break;
		if (!blank || !gap) {
			fputc(blank ? ' ' : quote.ptr[i], out);
			shown++;
		}
		gap = blank;
	}
	fputs(shown >= QUOTE_WIDTH ? "...\"" : "\"", out);
}

static void print_members(struct value members, FILE *out)
{
	for (size_t i = 0; i < value_len(members); i++)
		fprintf(out, "%s%.*s=%.*s", i ? ", " : "", SLICE_ARG(value_map_key(members, i)),
			SLICE_ARG(value_text(*value_map_at(members, i))));
}

static void print_note(struct value note, FILE *out)
{
	struct slice verdict = value_get_text(note, "verdict"), why = value_get_text(note, "why");
	const struct value *span = value_get(note, "span"), *gives = value_get(note, "gives");

	fprintf(out, "  %c %.*s %.*s: %.*s", slice_is(verdict, "taken") ? '+' : '-',
		SLICE_ARG(value_get_text(note, "at")), SLICE_ARG(value_get_text(note, "rule")),
		SLICE_ARG(verdict));
	if (span) {
		fprintf(out, ", %lld-%lld ", (long long)value_get_int(*span, "start", 0),
			(long long)value_get_int(*span, "end", 0));
		print_quote(value_get_text(note, "quote"), out);
	}
	if (gives) {
		fputs("\n      ", out);
		print_members(*gives, out);
	}
	if (why.len)
		fprintf(out, "\n      %.*s", SLICE_ARG(why));
	fputc('\n', out);
}

static void print_field(const struct opts *opts, struct slice name, struct value extraction,
			struct value trace)
{
	struct value values = *value_map_get(*value_get(extraction, "fields"), name);
	const struct value *unknown = value_map_get(*value_get(extraction, "unknown"), name);

	if (unknown)
		printf("%.*s: unknown, %.*s\n", SLICE_ARG(name), SLICE_ARG(value_text(*unknown)));
	else
		printf("%.*s: %zu\n", SLICE_ARG(name), values.kind == VALUE_LIST ? value_len(values) : 1);
	for (size_t i = 0; i < value_len(trace); i++) {
		struct value note = *value_list_at(trace, i);

		if (slice_equal(value_get_text(note, "field"), name) &&
		    (value_get(note, "span") || opt_flag(opts, "all")))
			print_note(note, stdout);
	}
}

static void print_text(const struct opts *opts, struct value extraction, struct value trace)
{
	struct value fields = *value_get(extraction, "fields");
	const char *only = opt_text(opts, "field");

	printf("model %.*s, %.*s\n", SLICE_ARG(value_get_text(extraction, "model")),
	       SLICE_ARG(value_get_text(extraction, "model_from")));
	for (size_t i = 0; i < value_len(fields); i++)
		if (!only || slice_is(value_map_key(fields, i), only))
			print_field(opts, value_map_key(fields, i), extraction, trace);
}

static int print_json(struct value *extraction, struct value trace)
{
	struct buf out;
	int result;

	buf_init(&out, 0);
	value_put(extraction, "trace", value_ref(trace));
	result = json_write(&out, *extraction);
	puts(buf_text(&out));
	buf_release(&out);
	return result;
}

static int explain(const struct opts *opts, struct subject *subject, struct error *err)
{
	struct models *models = models_open(opt_text(opts, "models"), err);
	struct slice language =
		subject->language ? slice_of(subject->language) : value_get_text(subject->record, "language");
	const struct model *model = models ? models_get(models, type_of(subject), language, err) : NULL;
	const struct value *pages = value_get(subject->record, "pages");
	struct value trace = value_list_new(0), extraction;

	if (model) {
		extraction =
			extract_explained(model, buf_slice(&subject->text), pages ? *pages : value_null(),
					  clock_monotonic_ms() + EXTRACT_TIME_MS, &trace);
		if (opt_flag(opts, "json"))
			print_json(&extraction, trace);
		else
			print_text(opts, extraction, trace);
		value_unref(extraction);
	}
	value_unref(trace);
	models_close(models);
	return model ? 0 : -1;
}

int explain_verb(int argc, char **argv)
{
	struct error err = {0};
	struct opts *opts = opt_parse(&command, argc, argv, &err);
	struct subject subject = {.record = value_null()};

	buf_init(&subject.text, EXTRACT_MAX_BYTES);
	if (opts && opt_flag(opts, "help")) {
		opt_help(&command, stdout);
	} else if (opts) {
		subject.type = opt_text(opts, "type");
		subject.language = opt_text(opts, "language");
		if (opt_operands(opts) != 1)
			error_set(&err, ERROR_INPUT, "one FILE, or - for standard input, is needed");
		else if (!read_subject(&subject, opt_operand(opts, 0), &err))
			explain(opts, &subject, &err);
	}
	if (err.kind != ERROR_NONE)
		fprintf(stderr, "extract explain: %s%s%s\n", err.message, err.hint[0] ? "\n  hint: " : "",
			err.hint);
	value_unref(subject.record);
	buf_release(&subject.text);
	opts_free(opts);
	return err.kind == ERROR_NONE ? 0 : error_exit_status(&err);
}
