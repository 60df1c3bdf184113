/*
 * error.h - a fault of the machine or of an input as a whole: what the operator must know.
 *
 * A function that can fail returns -1 or NULL and fills the caller's struct error; the first cause
 * wins, later calls change nothing. Mistakes in a definition go to struct diags instead (diag.h), and
 * errors of a running workflow are values.
 *
 * Depends on nothing. An error has one owner.
 */
#ifndef LIB_DIAG_ERROR_H
#define LIB_DIAG_ERROR_H

#include <stdarg.h>

enum error_kind {
	ERROR_NONE,
	ERROR_INPUT,	 /* what was given is wrong: exit 2, HTTP 400 or 422 */
	ERROR_NOT_FOUND, /* no such file, run, document: exit 4, HTTP 404 */
	ERROR_LIMIT,	 /* larger, deeper or slower than allowed: HTTP 413 or 422 */
	ERROR_BUSY,	 /* try again later: HTTP 503 */
	ERROR_IO,	 /* disk, socket, database, child process: exit 3, HTTP 500 */
};

struct error {
	enum error_kind kind; /* ERROR_NONE: nothing happened yet */
	char message[1000];   /* one line, no full stop: place and fact */
	char hint[300];	      /* what to do about it, or "" */
};

/* Always -1, so that a caller can `return error_set(...)`. `err` may be NULL. */
int error_set(struct error *err, enum error_kind kind, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Advice for the error that is set; ignored if there is none. */
void error_hint(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void error_clear(struct error *err);
/* The exit status of design.md, section 6: 2 for input, 3 for the machine, 4 for not found. */
int error_exit_status(const struct error *err);

#endif
