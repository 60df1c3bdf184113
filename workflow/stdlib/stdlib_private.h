/*
 * stdlib_private.h - what the modules share: tables, checks of arguments, ways to answer.
 *
 * A `call` gets lent arguments and gives *out or *raised, never both. The checks raise the language's
 * TypeError with the names the author wrote, so every module words its complaints alike.
 */
#ifndef WORKFLOW_STDLIB_PRIVATE_H
#define WORKFLOW_STDLIB_PRIVATE_H

#include "lib/regex/regex.h"
#include "workflow/expr/raised.h"
#include "workflow/stdlib/stdlib.h"

/* Longest text and longest list one call makes. The documented limits (256 KB, 512 KB) are far below and
 * the engine's to check; these keep a hostile argument from unfolding in between. */
enum { STDLIB_MAX_TEXT = 16 << 20, STDLIB_MAX_ITEMS = 1 << 18 };

struct stdlib_module {
	const struct stdlib_function *functions;
	size_t count;
};

extern const struct stdlib_module stdlib_base64, stdlib_events, stdlib_executions, stdlib_hash, stdlib_http,
	stdlib_json, stdlib_list, stdlib_map, stdlib_math, stdlib_retry, stdlib_sys, stdlib_time, stdlib_uuid,
	stdlib_text, stdlib_text_regex, stdlib_values;

#define STDLIB_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define STDLIB_MODULE(name, table) const struct stdlib_module name = {table, STDLIB_COUNT(table)}
#define STDLIB_PARAMS(params) (params), STDLIB_COUNT(params)

/* ---- arguments.c */

/* "text.split": which function complains, and about which parameter; 0, or -1 and *raised. */
int want_string(struct value v, const char *function, const char *param, struct value *raised);
int want_bytes(struct value v, const char *function, const char *param, struct value *raised);
int want_int(struct value v, const char *function, const char *param, struct value *raised);
int want_number(struct value v, const char *function, const char *param, struct value *raised);
int want_bool(struct value v, const char *function, const char *param, struct value *raised);
int want_list(struct value v, const char *function, const char *param, struct value *raised);
int want_map(struct value v, const char *function, const char *param, struct value *raised);
/* TypeError "FUNCTION: PARAM must be WANTED, got KIND"; always -1. */
int raise_argument(struct value *raised, const char *function, const char *param, const char *wanted,
		   struct value got);

/* Store the result; always 0. */
int give(struct value *out, struct value taken);
/* The text of a buf, which is released: as a string or bytes; ResourceLimitError when it is full. */
int give_text(struct buf *text, struct value *out, struct value *raised);
int give_bytes(struct buf *bytes, struct value *out, struct value *raised);
/* Is there room for one more element? Else ResourceLimitError. */
int want_room(struct value list, struct value *raised);

/* ---- patterns.c */

struct pattern {
	char *text; /* owned */
	size_t len;
	struct regex *regex; /* owned; leftmost-longest */
};

/* A compiled regular expression, kept or new, to be given back by pattern_leave. -1 when it is invalid. */
int pattern_take(const struct stdlib_context *context, struct slice text, struct pattern *out,
		 struct error *err);
void pattern_leave(const struct stdlib_context *context, struct pattern *taken);

/* ---- http_auth.c: the request's "auth" (stdlib.h), from the argument and the url that is its audience by default */
int http_auth(struct value auth, struct value url, struct value *out, struct value *raised);

/* ---- url.c, charset.c, json.c, time.c: used by more than one module */

enum url_style { URL_PERCENT, URL_PLUS }; /* how a blank is written */
void url_encode(struct buf *out, struct slice text, enum url_style style);
/* 0, or -1 when a % is not followed by two hexadecimal digits. */
int url_decode(struct buf *out, struct slice text);

/* Bytes in a charset -> UTF-8 and back. 0; -1 unknown charset; -2 bytes or text that do not fit it. */
int charset_decode(struct buf *out, struct slice bytes, struct slice charset);
int charset_encode(struct buf *out, struct slice text, struct slice charset);

/* Compact JSON. ValueError when the value has no JSON form. */
int encode_json(struct buf *out, struct value v, const char *function, struct value *raised);

/* RFC 3339, section 5.6, at most six digits of fraction: seconds since the epoch. False when it is not. */
bool parse_timestamp(struct slice text, double *seconds);

#endif
