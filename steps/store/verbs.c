/* verbs.c - the table of verbs and what they share; see verbs.h. */
#include "steps/store/verbs.h"

#include "steps/store/sink.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct step_verb store_verbs[] = {
	{"list", "what is stored, as a table", list_main},
	{"search", "full-text search in what is stored", search_main},
	{"show", "one record by its id", show_main},
	{"correct", "keep what a person says about stored values", correct_main},
	{"reviewed", "what people said, as annotated records to train on", reviewed_main},
	{"outbox", "what is accepted and not yet delivered", outbox_main},
	{0},
};

const struct opt_option verb_options[] = {
	{"database", 0, OPT_TEXT, "PATH", NULL, "STORE_DATABASE",
	 "the database of decisions; $XDG_STATE_HOME/lexflow/decisions.db unless set"},
	{"format", 0, OPT_TEXT, "table|json", "table", NULL, "json: one object a line"},
	{"help", 'h', OPT_FLAG, NULL, NULL, NULL, "print this"},
	{0},
};

const struct opt_option verb_list_options[] = {
	{"type", 't', OPT_TEXT, "TYPE", NULL, NULL, "only documents of this type, such as press_release"},
	{"limit", 'n', OPT_COUNT, "N", "100", NULL, "at most N rows, 0 for all"},
	{0},
};

int verb_fail(const char *verb, const struct error *err)
{
	fflush(stdout);
	fprintf(stderr, "%s: %s\n", verb, err->message);
	if (err->hint[0])
		fprintf(stderr, "hint: %s\n", err->hint);
	return error_exit_status(err);
}

struct opts *verb_parse(const struct opt_command *command, int argc, char **argv, int *status)
{
	struct error err = {0};
	struct opts *opts = opt_parse(command, argc, argv, &err);

	if (!opts) {
		*status = verb_fail(command->name, &err);
		return NULL;
	}
	if (!opt_flag(opts, "help"))
		return opts;
	opt_help(command, stdout);
	opts_free(opts);
	*status = 0;
	return NULL;
}

int verb_wants_json(const struct opts *opts, struct error *err)
{
	const char *format = opt_text(opts, "format");

	if (strcmp(format, "json") == 0)
		return 1;
	if (strcmp(format, "table") == 0)
		return 0;
	return error_set(err, ERROR_INPUT, "--format is table or json, not %s", format);
}

void verb_print_json(struct value taken)
{
	struct buf line;

	buf_init(&line, 0);
	json_write(&line, taken);
	fprintf(stdout, "%s\n", buf_text(&line));
	buf_release(&line);
	value_unref(taken);
}

struct slice verb_base_name(struct slice source)
{
	size_t start;

	while (source.len && source.ptr[source.len - 1] == '/')
		source.len--;
	start = source.len;
	while (start && source.ptr[start - 1] != '/')
		start--;
	return slice_sub(source, start, source.len);
}

struct value verb_text_or_null(struct slice text)
{
	return text.len ? value_string(text) : value_null();
}

struct decisions *verb_open(const struct opts *opts, struct error *err)
{
	char *path = sink_database_path(opt_text(opts, "database"), err);
	struct decisions *decisions = NULL;

	if (path && access(path, F_OK) < 0) {
		error_set(err, ERROR_NOT_FOUND, "there is no database %s", path);
		error_hint(err,
			   "`ingest FILE… | classify | extract | store` fills one; --database names another");
	} else if (path) {
		decisions = decisions_open(path, err);
	}
	mem_free(path);
	return decisions;
}

int verb_look(const struct opt_command *command, int argc, char **argv,
	      int (*look)(struct decisions *decisions, const struct opts *opts, bool json, struct error *err))
{
	struct error err = {0};
	struct decisions *decisions;
	int status, json;
	struct opts *opts = verb_parse(command, argc, argv, &status);

	if (!opts)
		return status;
	json = verb_wants_json(opts, &err);
	decisions = json < 0 ? NULL : verb_open(opts, &err);
	if (!decisions || look(decisions, opts, json, &err) < 0)
		status = verb_fail(command->name, &err);
	else
		status = 0;
	decisions_close(decisions);
	opts_free(opts);
	return status;
}
