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
} rows[] = {
	{"steps", offsetof(struct limits, steps), 100000},
	{"memory_bytes", offsetof(struct limits, memory_bytes), 512 << 10},
	{"call_depth", offsetof(struct limits, call_depth), 20},
	{"parallel_depth", offsetof(struct limits, parallel_depth), 2},
	{"parallel_branches", offsetof(struct limits, parallel_branches), 20},
	{"branch_errors", offsetof(struct limits, branch_errors), 100},
	{"response_bytes", offsetof(struct limits, response_bytes), 2 << 20},
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
	char names[200] = "";

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
