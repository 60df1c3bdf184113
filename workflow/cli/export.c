/*
 * export.c - lexflow export: a run as one file, for a bug report or a test; bundle.h says what is in it.
 *
 * What stands under the name of a secret is not only left out there: its value is hidden wherever it occurs, the
 * definition and the argument included, and always by the same word. So the history still repeats itself.
 */
#include "workflow/cli/bundle.h"
#include "workflow/cli/recorded.h"
#include "workflow/cli/spans.h"
#include "workflow/connector/mask.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct opt_option options[] = {
	{"output", 'o', OPT_TEXT, "FILE", "-", NULL, "where to; - is stdout"},
	{"format", 0, OPT_TEXT, "bundle|chrome|otlp", "bundle", NULL,
	 "bundle: everything; chrome, otlp: what took how long (Perfetto, OpenTelemetry)"},
	{"mask", 0, OPT_MANY, "NAME", NULL, NULL, "hide the values under this name, too"},
	{"secret", 0, OPT_MANY, "NAME=FILE", NULL, NULL, "hide the content of FILE"},
	{0},
};

static const struct opt_option *const tables[] = {options, cli_state_options, NULL};

const struct opt_command cli_export_command = {
	.name = "lexflow export",
	.operands = "RUN",
	.summary = "write a run with its definition and events into one file, without its secrets",
	.example = "lexflow export last -o run.jsonl\nlexflow export last --format chrome -o trace.json",
	.tables = tables,
};

struct bundle {
	const struct opts *opts;
	struct mask *mask;
	int secrets;
	FILE *out;
	bool is_damaged; /* an event cannot be read */
	struct error error;
};

/* ---- what is a secret */

enum { MIN_SECRET = 4, MAX_SECRET_FILE = 65536 }; /* a shorter value stands in any text by chance */

static void add_secret(struct bundle *bundle, struct slice name, struct slice secret)
{
	char nonce[24];

	if (secret.len < MIN_SECRET || slice_is(secret, "[redacted]") || slice_starts(secret, SLICE("[secret ")))
		return; /* the journal has none of these */
	snprintf(nonce, sizeof(nonce), "%d", ++bundle->secrets);
	mask_add(bundle->mask, name, slice_of(nonce), secret);
}

static bool holds(struct slice name, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i + len <= name.len; i++) {
		if (strncasecmp(name.ptr + i, word, len) == 0)
			return true;
	}
	return false;
}

static bool is_secret_name(const struct bundle *bundle, struct slice name)
{
	static const char *const words[] = {"authorization", "cookie",	"token",      "secret",	 "password",  "passwd",
					    "api-key",	     "apikey", "api_key",    "private_key", "credential", "access-key",
					    "access_key",    "auth-key", "x-goog-iam", "signature"};
	const char *given;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (holds(name, words[i]))
			return true;
	}
	for (size_t i = 0; (given = opt_many(bundle->opts, "mask", i)); i++) {
		if (name.len == strlen(given) && strncasecmp(name.ptr, given, name.len) == 0)
			return true;
	}
	return false;
}

/* "Bearer abc": the scheme is no secret, and abc alone is one, too. */
static void add_text(struct bundle *bundle, struct slice name, struct slice text)
{
	size_t space = slice_find(text, SLICE(" "), 0);

	if (space != SIZE_MAX && holds(name, "authorization"))
		add_secret(bundle, name, slice_sub(text, space + 1, text.len));
	else
		add_secret(bundle, name, text);
}

/* Events are no deeper than JSON may be. `name`: of the secret that `v` lies in, or empty. */
static void find_secrets(struct bundle *bundle, struct slice name, struct value v)
{
	for (size_t i = 0; v.kind == VALUE_LIST && i < value_len(v); i++)
		find_secrets(bundle, name, *value_list_at(v, i));
	for (size_t i = 0; v.kind == VALUE_MAP && i < value_len(v); i++) {
		struct slice key = value_map_key(v, i);

		find_secrets(bundle, name.len || !is_secret_name(bundle, key) ? name : key, *value_map_at(v, i));
	}
	if (name.len && (v.kind == VALUE_STRING || v.kind == VALUE_BYTES))
		add_text(bundle, name, value_text(v));
}

static int read_secrets(struct bundle *bundle, struct error *err)
{
	const char *given;

	for (size_t i = 0; (given = opt_many(bundle->opts, "secret", i)); i++) {
		const char *equals = strchr(given, '=');
		struct buf content;
		int result;

		if (!equals)
			return error_set(err, ERROR_INPUT, "--secret: \"%.80s\" is not NAME=FILE", given);
		buf_init(&content, MAX_SECRET_FILE);
		result = cli_read_file(equals + 1, MAX_SECRET_FILE, &content, err);
		if (result == 0)
			add_secret(bundle, (struct slice){given, (size_t)(equals - given)}, buf_slice(&content));
		buf_release(&content);
		if (result < 0)
			return -1;
	}
	return 0;
}

/* ---- writing */

static bool decode(struct bundle *bundle, const struct event *event, struct value *content)
{
	bundle->is_damaged = journal_decode(event->content, content, &bundle->error) < 0;
	return !bundle->is_damaged;
}

static bool look_at(void *ctx, const struct event *event)
{
	struct bundle *bundle = ctx;
	struct value content;

	if (!decode(bundle, event, &content))
		return false;
	find_secrets(bundle, SLICE(""), content);
	value_unref(content);
	return true;
}

static void write_value(struct bundle *bundle, struct value v)
{
	struct value hidden = mask_hide(bundle->mask, v);
	struct buf text;

	buf_init(&text, BUNDLE_LINE_BYTES);
	if (journal_encode(&text, hidden) < 0)
		bundle->is_damaged = error_set(&bundle->error, ERROR_LIMIT,
						"an event is too large to be exported") < 0;
	fputs(buf_text(&text), bundle->out);
	buf_release(&text);
	value_unref(hidden);
}

static bool write_event(void *ctx, const struct event *event)
{
	struct bundle *bundle = ctx;
	struct value content;

	if (!decode(bundle, event, &content))
		return false;
	fprintf(bundle->out, "{\"number\":%lld,\"kind\":%d,\"strand\":%lld,\"effect\":%lld,\"time_us\":%lld,\"content\":",
		(long long)event->number, (int)event->kind, (long long)event->strand, (long long)event->effect,
		(long long)event->time_us);
	write_value(bundle, content);
	fputs("}\n", bundle->out);
	value_unref(content);
	return !bundle->is_damaged;
}

static struct value head_of(const struct recorded *recorded, struct slice source)
{
	const struct journal_run *run = &recorded->row;
	struct value head = value_map_new();

	value_put(&head, "bundle", value_int(BUNDLE_VERSION));
	value_put(&head, "program", value_string_z("lexflow " LEXFLOW_VERSION));
	value_put(&head, "id", value_string_z(run->id));
	value_put(&head, "file", value_string_z(buf_text(&recorded->file)));
	value_put(&head, "state", value_string_z(run_state_name(run->state)));
	value_put(&head, "origin", value_int(run->origin));
	value_put(&head, "parent_run", value_string_z(run->parent_run));
	value_put(&head, "parent_step", value_string_z(run->parent_step));
	value_put(&head, "start_us", value_int(run->start_us));
	value_put(&head, "end_us", value_int(run->end_us));
	value_put(&head, "events", value_int(run->event_count));
	value_put(&head, "definition", value_string(source));
	return head;
}

static int write_bundle(struct bundle *bundle, struct recorded *recorded, struct error *err)
{
	struct value head;
	struct buf source;
	int result = -1;

	buf_init(&source, 0);
	if (journal_source(recorded->journal, &recorded->row, &source, err) == 0) {
		head = head_of(recorded, buf_slice(&source));
		write_value(bundle, head);
		fputc('\n', bundle->out);
		value_unref(head);
		result = journal_events(recorded->journal, &recorded->row, 1, write_event, bundle, err);
	}
	buf_release(&source);
	return result;
}

/* In the format that was asked for. */
static int write_run(struct bundle *bundle, struct recorded *recorded, struct error *err)
{
	const char *format = opt_text(bundle->opts, "format");

	if (strcmp(format, "bundle") == 0)
		return write_bundle(bundle, recorded, err);
	return spans_write(strcmp(format, "otlp") == 0 ? SPANS_OTLP : SPANS_CHROME, recorded, bundle->mask, bundle->out, err);
}

static int check_format(const char *format, struct error *err)
{
	if (strcmp(format, "bundle") == 0 || strcmp(format, "chrome") == 0 || strcmp(format, "otlp") == 0)
		return 0;
	return error_set(err, ERROR_INPUT, "--format is bundle, chrome or otlp, not \"%.40s\"", format);
}

static int export(struct bundle *bundle, struct recorded *recorded, const char *path, struct error *err)
{
	bool is_file = strcmp(path, "-") != 0;

	if (check_format(opt_text(bundle->opts, "format"), err) < 0 || read_secrets(bundle, err) < 0 ||
	    journal_events(recorded->journal, &recorded->row, 1, look_at, bundle, err) < 0)
		return -1;
	bundle->out = is_file ? fopen(path, "wxe") : stdout; /* 0666 less the umask; no file is written over */
	if (!bundle->out) {
		error_set(err, errno == EEXIST ? ERROR_INPUT : ERROR_IO, "cannot make %s: %s", path, strerror(errno));
		error_hint(err, errno == EEXIST ? "a file that is there already is not written over"
						: "give a path in a folder that you may write to");
		return -1;
	}
	if (!bundle->is_damaged)
		write_run(bundle, recorded, err);
	if (is_file && (ferror(bundle->out) | fclose(bundle->out)) && err->kind == ERROR_NONE)
		error_set(err, ERROR_IO, "cannot write %s", path);
	if (bundle->is_damaged && err->kind == ERROR_NONE)
		*err = bundle->error;
	return err->kind == ERROR_NONE ? 0 : -1;
}

int cli_export(const struct opts *opts)
{
	struct bundle bundle = {.opts = opts, .mask = mask_new()};
	struct recorded recorded;
	struct error err = {0};
	int status = 0;

	if (recorded_open(&recorded, opts, &err) < 0 ||
	    export(&bundle, &recorded, opt_text(opts, "output"), &err) < 0)
		status = cli_fault(&err);
	else if (strcmp(opt_text(opts, "output"), "-") != 0)
		fprintf(stderr, "run %s: %lld events; the values of %d secrets hidden. Read it before you hand it on.\n",
			recorded.row.id, (long long)recorded.row.event_count, bundle.secrets);
	recorded_release(&recorded);
	mask_free(bundle.mask);
	return status;
}
