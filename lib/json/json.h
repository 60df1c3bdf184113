/*
 * json.h - JSON text <-> values, and JSON Lines.
 *
 * Reading is jansson's. Writing is ours because the language fixes how numbers look (reference, 4.2:
 * the shortest decimal that reads back the same, exponents only below 1e-6 and from 1e21 on), which
 * jansson cannot do.
 *
 * Depends on lib/mem, lib/text, lib/diag, lib/value, jansson. Safe from any thread on separate values.
 */
#ifndef LIB_JSON_JSON_H
#define LIB_JSON_JSON_H

#include "lib/diag/error.h"
#include "lib/text/text.h"
#include "lib/value/value.h"

#include <stdio.h>

/* Nesting deeper than this is refused in both directions. */
enum { JSON_MAX_DEPTH = 512 };

/* One JSON value, white space around it allowed, nothing else. Numbers without fraction and exponent
 * are ints; those beyond 64 bits are doubles. 0, or -1 with ERROR_INPUT ("line L, column C: ...") or
 * ERROR_LIMIT (nested too deep); *out is then untouched. */
int json_read(struct slice text, struct value *out, struct error *err);

/* Append compact JSON, map keys sorted. -1 (and *out as far as written) when the value has no JSON form:
 * bytes, NaN, infinity, too deep, or the buf's limit. */
int json_write(struct buf *out, struct value v);

/* The same, each element on a line of its own: `indent` per level, `prefix` before each line but the first. */
int json_write_indented(struct buf *out, struct value v, struct slice prefix, struct slice indent);

/* The shortest decimal that reads back as this double, as the language prints it; not for NaN or infinity. */
void json_write_double(struct buf *out, double number);

/* JSON Lines: one value a line. `max_line` bytes bounds a record. */
struct json_lines {
	FILE *file; /* borrowed */
	size_t max_line;
	size_t line; /* of the record just read, from 1 */
	struct buf text;
};

void json_lines_init(struct json_lines *lines, FILE *file, size_t max_line);
void json_lines_release(struct json_lines *lines);
/* 1 and *out, 0 at the end, -1 with an error that names the line; after -1 the next call goes on with
 * the next line. Empty lines are skipped. */
int json_lines_next(struct json_lines *lines, struct value *out, struct error *err);

#endif
