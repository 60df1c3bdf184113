/* status.c - how a method fails; see status.h. */
#include "workflow/api/status.h"

#include <stdarg.h>
#include <stdio.h>

struct row {
	const char *name;
	int http;
};

static const struct row rows[] = {
	[STATUS_OK] = {"OK", 200},
	[STATUS_CANCELLED] = {"CANCELLED", 499},
	[STATUS_UNKNOWN] = {"UNKNOWN", 500},
	[STATUS_INVALID_ARGUMENT] = {"INVALID_ARGUMENT", 400},
	[STATUS_DEADLINE_EXCEEDED] = {"DEADLINE_EXCEEDED", 504},
	[STATUS_NOT_FOUND] = {"NOT_FOUND", 404},
	[STATUS_ALREADY_EXISTS] = {"ALREADY_EXISTS", 409},
	[STATUS_PERMISSION_DENIED] = {"PERMISSION_DENIED", 403},
	[STATUS_RESOURCE_EXHAUSTED] = {"RESOURCE_EXHAUSTED", 429},
	[STATUS_FAILED_PRECONDITION] = {"FAILED_PRECONDITION", 400},
	[STATUS_ABORTED] = {"ABORTED", 409},
	[STATUS_OUT_OF_RANGE] = {"OUT_OF_RANGE", 400},
	[STATUS_UNIMPLEMENTED] = {"UNIMPLEMENTED", 501},
	[STATUS_INTERNAL] = {"INTERNAL", 500},
	[STATUS_UNAVAILABLE] = {"UNAVAILABLE", 503},
	[STATUS_DATA_LOSS] = {"DATA_LOSS", 500},
	[STATUS_UNAUTHENTICATED] = {"UNAUTHENTICATED", 401},
};

int status_http(enum code_of_status code)
{
	return rows[code].http;
}

const char *status_name(enum code_of_status code)
{
	return rows[code].name;
}

int status_set(struct status *status, enum code_of_status code, const char *fmt, ...)
{
	va_list args;

	if (status->code != STATUS_OK)
		return -1;
	status->code = code;
	va_start(args, fmt);
	vsnprintf(status->message, sizeof(status->message), fmt, args);
	va_end(args);
	return -1;
}

int status_of_error(struct status *status, const struct error *err)
{
	static const enum code_of_status codes[] = {
		[ERROR_NONE] = STATUS_UNKNOWN,	       [ERROR_INPUT] = STATUS_INVALID_ARGUMENT,
		[ERROR_NOT_FOUND] = STATUS_NOT_FOUND, [ERROR_LIMIT] = STATUS_INVALID_ARGUMENT,
		[ERROR_BUSY] = STATUS_UNAVAILABLE,     [ERROR_IO] = STATUS_INTERNAL,
	};

	return status_set(status, codes[err->kind], "%s%s%s", err->message, *err->hint ? "; " : "", err->hint);
}

struct value status_value(const struct status *status)
{
	struct value error = value_map_new();

	value_put(&error, "code", value_int((int64_t)status->code));
	value_put(&error, "message", value_string_repaired(slice_of(status->message)));
	return error;
}

struct value status_body(const struct status *status)
{
	struct value body = value_map_new();
	struct value error = status_value(status);

	value_put(&error, "code", value_int(status_http(status->code)));
	value_put(&error, "status", value_string_z(status_name(status->code)));
	value_put(&body, "error", error);
	return body;
}
