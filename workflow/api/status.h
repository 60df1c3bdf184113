/*
 * status.h - how a method fails (reference, 9.2): google.rpc.Code, its name, its HTTP status, the error body.
 *
 * Depends on lib/{diag,value}. Pure; any thread.
 */
#ifndef WORKFLOW_API_STATUS_H
#define WORKFLOW_API_STATUS_H

#include "lib/diag/error.h"
#include "lib/value/value.h"

enum code_of_status { /* numbers of google.rpc.Code */
	STATUS_OK = 0,
	STATUS_CANCELLED = 1,
	STATUS_UNKNOWN = 2,
	STATUS_INVALID_ARGUMENT = 3,
	STATUS_DEADLINE_EXCEEDED = 4,
	STATUS_NOT_FOUND = 5,
	STATUS_ALREADY_EXISTS = 6,
	STATUS_PERMISSION_DENIED = 7,
	STATUS_RESOURCE_EXHAUSTED = 8,
	STATUS_FAILED_PRECONDITION = 9,
	STATUS_ABORTED = 10,
	STATUS_OUT_OF_RANGE = 11,
	STATUS_UNIMPLEMENTED = 12,
	STATUS_INTERNAL = 13,
	STATUS_UNAVAILABLE = 14,
	STATUS_DATA_LOSS = 15,
	STATUS_UNAUTHENTICATED = 16,
};

struct status {
	enum code_of_status code;
	char message[1400];
};

int status_http(enum code_of_status code);
const char *status_name(enum code_of_status code); /* "NOT_FOUND" */

/* The first cause stays. Always -1, so that a method can `return status_set(...)`. */
int status_set(struct status *status, enum code_of_status code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A fault of the machine or of an input as a status; its hint follows the message. Always -1. */
int status_of_error(struct status *status, const struct error *err);

/* {"error": {"code": HTTP status, "message", "status"}}, owned by the caller. */
struct value status_body(const struct status *status);
/* Of a long-running operation: {"code": number of google.rpc.Code, "message"}. */
struct value status_value(const struct status *status);

#endif
