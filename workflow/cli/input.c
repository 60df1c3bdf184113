/* input.c - files, definitions, arguments and environment from the command line. */
#include "workflow/cli/cli.h"

#include "lib/diag/diag.h"
#include "lib/json/json.h"
#include "lib/mem/mem.h"
#include "workflow/expr/expr.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An argument may be 32 KB in the service; a mistaken file must still be readable to be refused well. */
enum { DATA_LIMIT = 16 << 20, ENV_FILE_LIMIT = 1 << 20 };

int cli_read_file(const char *path, size_t limit, struct buf *out, struct error *err)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	struct stat info;
	char chunk[16384];
	size_t size;
	int result = 0;

	if (!file)
		return error_set(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_INPUT, "cannot read %s: %s",
				 path, strerror(errno));
	if (fstat(fileno(file), &info) == 0 && S_ISDIR(info.st_mode))
		result = error_set(err, ERROR_INPUT, "cannot read %s: it is a folder", path);
	while (result == 0 && (size = fread(chunk, 1, sizeof(chunk), file)) > 0) {
		if (out->len + size > limit || buf_add(out, chunk, size) < 0)
			result = error_set(err, ERROR_LIMIT, "%s is larger than %zu bytes", path, limit);
	}
	if (result == 0 && ferror(file))
		result = error_set(err, ERROR_IO, "cannot read %s: %s", path, strerror(errno));
	if (file != stdin)
		fclose(file);
	return result;
}

void cli_print_diags(struct diags *diags)
{
	const char *no_color = getenv("NO_COLOR"); /* no-color.org: set and not empty */

	if (isatty(STDERR_FILENO) && !(no_color && no_color[0]))
		diags_print_coloured(diags, stderr);
	else
		diags_print(diags, stderr);
}

void cli_mention_warnings(const char *path, const struct plan *plan)
{
	if (plan->warning_count)
		fprintf(stderr, "%s: %zu warning%s, shown by: lexflow check %s\n", path, plan->warning_count,
			plan->warning_count == 1 ? "" : "s", path);
}

struct plan *cli_read_plan(const char *path, struct buf *source, int *status)
{
	return cli_read_plan_with(path, NULL, source, status);
}

struct plan *cli_read_plan_with(const char *path, struct catalog *catalog, struct buf *source, int *status)
{
	struct error err = {0};
	struct diags *diags;
	struct plan *plan;

	if (cli_read_file(path, CLI_SOURCE_LIMIT, source, &err) < 0) {
		*status = cli_fault(&err);
		return NULL;
	}
	diags = diags_new();
	diags_source(diags, path, buf_text(source), source->len);
	plan = plan_read_with(path, buf_slice(source), catalog, diags);
	if (!plan)
		cli_print_diags(diags);
	*status = plan ? 0 : EXIT_USAGE;
	diags_free(diags);
	return plan;
}

int cli_read_data(const char *data, struct value *out, struct error *err)
{
	return cli_read_json("--data", data, out, err);
}

int cli_check_depth(const char *option, struct value given, struct error *err)
{
	if (!expr_is_too_deep(given))
		return 0;
	error_set(err, ERROR_INPUT, "%s is nested deeper than %d levels", option, EXPR_MAX_VALUE_DEPTH);
	error_hint(err, "what a run is given goes into its journal, whose depth is bounded");
	return -1;
}

int cli_read_json(const char *option, const char *given, struct value *out, struct error *err)
{
	struct error cause = {0};
	struct buf text;
	int result = 0;

	*out = value_null();
	if (!given)
		return 0;
	buf_init(&text, DATA_LIMIT);
	if (given[0] == '@')
		result = cli_read_file(given + 1, DATA_LIMIT, &text, err);
	else if (strcmp(given, "-") == 0)
		result = cli_read_file("-", DATA_LIMIT, &text, err);
	else
		buf_add_text(&text, given);
	if (result == 0 && json_read(buf_slice(&text), out, &cause) < 0) {
		result = error_set(err, ERROR_INPUT, "%s is not JSON: %s", option, cause.message);
		error_hint(err, "%s takes JSON, @FILE or - for stdin; a text needs its quotes: '\"text\"'",
			   option);
	} else if (result == 0) {
		result = cli_check_depth(option, *out, err);
	}
	buf_release(&text);
	return result;
}

/* Names are those the service allows: GOOGLE... and WORKFLOWS... are its own (reference, 5.9). */
static int add_variable(struct value *env, struct slice line, const char *from, struct error *err)
{
	size_t equals = slice_find(line, SLICE("="), 0);
	struct slice name = slice_sub(line, 0, equals);

	if (equals == SIZE_MAX || equals == 0) {
		error_set(err, ERROR_INPUT, "%s: \"%.*s\" is not NAME=VALUE", from, SLICE_ARG(line));
		return -1;
	}
	if (slice_starts(name, SLICE("GOOGLE")) || slice_starts(name, SLICE("WORKFLOWS")))
		return error_set(err, ERROR_INPUT,
				 "%s: names that begin with GOOGLE or WORKFLOWS belong to the service: %.*s",
				 from, SLICE_ARG(name));
	value_map_set(env, name, value_string(slice_sub(line, equals + 1, line.len)));
	return 0;
}

static int read_env_file(const char *path, struct value *env, struct error *err)
{
	struct buf text;
	struct slice rest;
	int result;

	buf_init(&text, ENV_FILE_LIMIT);
	result = cli_read_file(path, ENV_FILE_LIMIT, &text, err);
	rest = buf_slice(&text);
	while (result == 0 && rest.len) {
		size_t end = slice_find(rest, SLICE("\n"), 0);
		struct slice line = slice_trim(slice_sub(rest, 0, end));

		if (line.len && line.ptr[0] != '#')
			result = add_variable(env, line, path, err);
		rest = slice_sub(rest, end == SIZE_MAX ? rest.len : end + 1, rest.len);
	}
	buf_release(&text);
	return result;
}

int cli_read_env(const struct opts *opts, struct value *env, struct error *err)
{
	const char *given;

	*env = value_map_new();
	if (opt_text(opts, "env-file") && read_env_file(opt_text(opts, "env-file"), env, err) < 0)
		return -1;
	for (size_t i = 0; (given = opt_many(opts, "env", i)); i++) {
		if (add_variable(env, slice_of(given), "--env", err) < 0)
			return -1;
	}
	return 0;
}
