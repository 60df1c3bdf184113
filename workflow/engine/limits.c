/* limits.c - the execution limits and their names; see limits.h. */
#include "workflow/engine/limits.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	size_t offset;
	int64_t value;
	const char *what, *breach;
} rows[] = {
#define ROW(name, value, what, breach) {#name, offsetof(struct limits, name), value, what, breach}
	ROW(steps, 100000, "steps executed in a run", "ResourceLimitError"),
	ROW(memory_bytes, 512 << 10, "all variables together", "ResourceLimitError"),
	ROW(string_bytes, 256 << 10, "one string", "ResourceLimitError"),
	ROW(argument_bytes, 32 << 10, "the argument, as JSON", "the run is refused"),
	ROW(result_bytes, 512 << 10, "the result, as JSON", "ResultSizeLimitExceededError"),
	ROW(response_bytes, 2 << 20, "body of an HTTP response", "ResourceLimitError"),
	ROW(call_depth, 20, "calls within calls, main included", "RecursionError*"),
	ROW(parallel_depth, 2, "parallel steps within each other", "ParallelNestingError*"),
	ROW(parallel_branches, 20, "branches and iterations at once", "more wait"),
	ROW(branch_errors, 100, "errors kept of branches", "more are dropped"),
	ROW(sleep_seconds, 31536000, "one wait: a year", "ValueError*"),
	ROW(duration_seconds, 31536000, "a run: a year", "ResourceLimitError"),
#undef ROW
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static int64_t *field(struct limits *limits, int i)
{
	return (int64_t *)((char *)limits + rows[i].offset);
}

struct limits limits_default(void)
{
	struct limits limits;

	for (int i = 0; i < ROWS; i++)
		*field(&limits, i) = rows[i].value;
	return limits;
}

static int unknown_limit(const char *assignment, struct error *err)
{
	char names[400] = "";

	for (int i = 0; i < ROWS; i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", i ? ", " : "",
			 rows[i].name);
	error_set(err, ERROR_INPUT, "unknown limit in \"%s\"", assignment);
	error_hint(err, "the limits are %s; for example --limit steps=1000 or --limit steps=off", names);
	return -1;
}

int limits_set(struct limits *limits, const char *assignment, struct error *err)
{
	const char *equals = strchr(assignment, '=');
	char *end;

	for (int i = 0; equals && i < ROWS; i++) {
		size_t length = (size_t)(equals - assignment);

		if (strlen(rows[i].name) != length || strncmp(rows[i].name, assignment, length) != 0)
			continue;
		if (strcmp(equals + 1, "off") == 0) {
			*field(limits, i) = INT64_MAX;
			return 0;
		}
		errno = 0;
		*field(limits, i) = strtoll(equals + 1, &end, 10);
		if (errno || end == equals + 1 || *end || *field(limits, i) < 1)
			return error_set(err, ERROR_INPUT,
					 "\"%s\": a limit is a positive whole number or \"off\"", assignment);
		return 0;
	}
	return unknown_limit(assignment, err);
}

const char *limits_at(const struct limits *limits, int i, int64_t *value)
{
	if (i >= ROWS)
		return NULL;
	*value = *(const int64_t *)((const char *)limits + rows[i].offset);
	return rows[i].name;
}

void limits_print(FILE *out)
{
	fputs("What a run may use. `lexflow run --limit NAME=VALUE` changes one, `--limit NAME=off` lifts it.\n\n", out);
	for (int i = 0; i < ROWS; i++)
		fprintf(out, "  %-18s %9lld  %-34s %s\n", rows[i].name, (long long)rows[i].value, rows[i].what,
			rows[i].breach);
	fputs("\n  * can be caught by try; a ResourceLimitError or ResultSizeLimitExceededError ends the run\n\n"
	      "What a definition may be. `lexflow check` refuses more, and warns from 80 percent on.\n\n"
	      "  source 131072 bytes, expression 400 characters, 50 assignments in a step, 50 conditions in a\n"
	      "  switch, 10 parameters of a routine, 10 branches of a parallel step\n",
	      out);
}
