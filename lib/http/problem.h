/*
 * problem.h - what went wrong with a request, as RFC 9457 writes it (application/problem+json).
 *
 *	{"type": "urn:lexflow:problem:invalid-input", "title": "...", "status": 422, "detail": "...", "hint":
 * "..."}
 *
 * `type` is stable between releases and is what a program looks at; `detail` is the fact, `hint` (absent
 * when there is none) the advice. The same object stands in an HTTP body, in the "error" member of a
 * filter's error line and in ingest's "failures". 429 and 503 may be tried again, the others may not.
 *
 * Depends on lib/diag, lib/value. Pure; any thread.
 */
#ifndef LIB_HTTP_PROBLEM_H
#define LIB_HTTP_PROBLEM_H

#include "lib/diag/error.h"
#include "lib/value/value.h"

enum problem {
	PROBLEM_MALFORMED_JSON, /* 400 */
	PROBLEM_FORBIDDEN_HOST, /* 403: a Host that is not this machine (DNS rebinding) */
	PROBLEM_NO_SUCH_ROUTE,  /* 404 */
	PROBLEM_NOT_FOUND,      /* 404: what the request refers to */
	PROBLEM_METHOD,         /* 405 */
	PROBLEM_TOO_LARGE,      /* 413 */
	PROBLEM_MEDIA_TYPE,     /* 415 */
	PROBLEM_INVALID_INPUT,  /* 422 */
	PROBLEM_LIMIT,          /* 422: deeper, longer or slower than allowed */
	PROBLEM_INTERNAL,       /* 500: disk, database, child process */
	PROBLEM_BUSY,           /* 503 */
	PROBLEM_OVERLOADED,     /* 503: the queue of the service is full */
	PROBLEM_SHUTTING_DOWN,  /* 503 */
	PROBLEM_DEADLINE,       /* 503: waited longer in the queue than the caller does */
};

int problem_status(enum problem problem);
bool problem_is_retryable(enum problem problem);
enum problem problem_kind(const struct error *err); /* of an error that is set */

/* The object; owned by the caller. `hint` NULL or "": none. */
struct value problem_new(enum problem problem, const char *detail, const char *hint);
struct value problem_of(const struct error *err);

#endif
