/*
 * cases.h - the .cases files of tests/conformance: README.md there says what a case looks like.
 *
 *	file ─▶ cases, each a place, a title and named parts ("workflow", "args", "result" ...)
 *
 * Two forms. A file that holds a line "=== TITLE" holds cases with parts: "name: text" lines above the
 * first "--- name" line, then a part for each such line up to the next one. A file without is a list of
 * expressions, three lines a case: its parts are "expression", "vars" and "expected".
 *
 * Texts point into the files, which live as long as the list. One thread. Depends on lib.
 */
#ifndef TESTS_CONFORMANCE_CASES_H
#define TESTS_CONFORMANCE_CASES_H

#include "lib/diag/error.h"
#include "lib/mem/mem.h"
#include "lib/text/text.h"

#include <stdbool.h>
#include <stddef.h>

enum { CASE_MAX_PARTS = 16 };

struct case_part {
	const char *name; /* of the table in cases.c */
	struct slice text;
	int line; /* of the text's first line, from 1 */
};

struct one_case {
	const char *file; /* from the top of the tree */
	int line;
	const char *title; /* "FILE:LINE TITLE" */
	bool is_expression;
	struct case_part parts[CASE_MAX_PARTS];
	size_t part_count;
};

struct cases {
	struct arena arena;
	struct one_case *items;
	size_t count, capacity;
};

/* Every .cases file below `folder`, by name. -1 and `err` when a file cannot be read or is not of the form:
 * the message begins with FILE:LINE. */
int cases_read(struct cases *cases, const char *folder, struct error *err);
void cases_release(struct cases *cases);

/* The text of a part; ptr NULL when the case has none. */
struct slice case_part(const struct one_case *one, const char *name);
bool case_has(const struct one_case *one, const char *name);
/* Keep the cases whose title holds `filter` (NULL or "": all). */
void cases_filter(struct cases *cases, const char *filter);

#endif
