/*
 * diag.h - what is wrong with a definition, and where.
 *
 * The passes that read what a person wrote (yaml, syntax, expr, plan) append to one list and carry
 * on, so `lexflow check` shows every mistake at once. A pass that added an error returns NULL;
 * warnings alone do not fail it.
 *
 * Depends on lib/mem. A list has one owner and takes no lock.
 */
#ifndef LIB_DIAG_DIAG_H
#define LIB_DIAG_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A point in a source file. Lines and columns count from 1, columns in bytes; line 0 means the file
 * as a whole. `file` is borrowed and outlives the list. */
struct place {
	const char *file;
	int line;
	int column;
	int length; /* bytes of the construct, 0 when unknown: the stack trace's `length` */
};

struct diags; /* opaque: a growing list */

/* Never NULL: running out of memory ends the process (lib/mem/mem.h says why). */
struct diags *diags_new(void);
void diags_free(struct diags *list); /* NULL is fine */

/* The text of a file, so that diags_print can show the line. Copied. */
void diags_source(struct diags *list, const char *file, const char *text, size_t size);

/* Append. `code` is a literal such as "unknown-step" and never changes between releases. The message
 * is one line, no full stop, and is copied. diags_error returns -1 always, so that a parser can
 * `return diags_error(...)`. */
int diags_error(struct diags *list, struct place at, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void diags_warn(struct diags *list, struct place at, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Say what to do about the entry just added. */
void diags_hint(struct diags *list, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

size_t diags_errors(const struct diags *list);
size_t diags_warnings(const struct diags *list);

/* One entry, in source order; everything is borrowed until the list changes. */
struct diag {
	struct place at;
	bool warning;
	const char *code;
	const char *message;
	const char *hint; /* or NULL */
};
size_t diags_count(const struct diags *list);
struct diag diags_at(struct diags *list, size_t i);

/* Print in source order, with the line, and a caret that is as long as the construct where its length is
 * known:
 *
 *   workflow.yaml:14:15: error: no step named "stor" here [unknown-step]
 *           next: stor
 *                 ^~~~
 *     hint: did you mean "store"?
 *
 * Of one file at most DIAGS_SHOWN entries are printed, and then how many there are beyond. Control characters
 * of the source come out as "?": what a stranger wrote does not steer a terminal. */
enum { DIAGS_SHOWN = 100 };
void diags_print(struct diags *list, FILE *out);
/* The same, with the colours of a terminal. */
void diags_print_coloured(struct diags *list, FILE *out);

#endif
