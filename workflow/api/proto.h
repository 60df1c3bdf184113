/*
 * proto.h - proto3 JSON (reference, 9.1): what a request body may hold, and how single values are written.
 *
 *	body (camelCase or snake_case) ── proto_read, by a table of fields ──▶ map in camelCase, every value of its kind
 *
 * What holds its default (empty text, false, 0, an empty map, ..._UNSPECIFIED) is left out of the map: it means "not
 * set". Fields that only the server sets are let through and dropped. An unknown one is INVALID_ARGUMENT in the words
 * of the service.
 *
 * Depends on workflow/api/status.h, lib/value. Pure; any thread.
 */
#ifndef WORKFLOW_API_PROTO_H
#define WORKFLOW_API_PROTO_H

#include "workflow/api/status.h"

#include <stdbool.h>
#include <stdint.h>

enum proto_kind {
	PROTO_TEXT,
	PROTO_BOOL,
	PROTO_INT,   /* a number, or a text that holds one */
	PROTO_ENUM,  /* a name, or its number; kept as the name */
	PROTO_TEXTS, /* map of texts */
	PROTO_ANY,   /* as it comes: a message that is looked at elsewhere */
	PROTO_OUTPUT, /* the server's: dropped */
};

struct proto_field {
	const char *name; /* camelCase; NULL ends a table */
	enum proto_kind kind;
	const char *const *names; /* of an enum, by number, ended by NULL */
};

extern const char *const proto_call_log_levels[];
extern const char *const proto_history_levels[];
extern const char *const proto_execution_views[];

/* *out is the caller's, also after -1. */
int proto_read(struct value body, const struct proto_field *fields, struct value *out, struct status *status);
/* One enum, by name or number (as text, too): its number, -1 when there is none such. */
int proto_enum(struct value v, const char *const *names);
/* "source_contents" -> "sourceContents", appended. */
void proto_camel(struct buf *out, struct slice name);

/* "sourceContents,user_env_vars": is `name` (camelCase, or the first part of what the mask names) in it? */
bool proto_mask_has(struct slice mask, const char *name);
/* Is every path of the mask one of the table's? INVALID_ARGUMENT names the first that is not. */
int proto_mask_check(struct slice mask, const struct proto_field *fields, struct status *status);
/* What `fields` of a request leaves of its answer: "name,state", "executions(name,state)", "executions/name", "*". */
struct value proto_select(struct value answer, struct slice fields);

void proto_put_time(struct value *map, const char *key, int64_t us);	/* nothing for 0 */
void proto_put_text(struct value *map, const char *key, struct slice text); /* nothing for "" */
/* "10.157992s" from microseconds. */
void proto_put_duration(struct value *map, const char *key, int64_t us);
/* RFC 3339, or a date alone; in microseconds. False for another text. */
bool proto_read_time(struct slice text, int64_t *us);
bool proto_read_duration(struct slice text, int64_t *us); /* "20s", "1.5s" */

#endif
