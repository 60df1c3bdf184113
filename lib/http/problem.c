/* problem.c - RFC 9457 problem details; see problem.h. */
#include "lib/http/problem.h"

#define URN "urn:lexflow:problem:"

static const struct {
	int status;
	const char *type;
	const char *title;
} kinds[] = {
	[PROBLEM_MALFORMED_JSON] = {400, URN "malformed-json", "This is not JSON"},
	[PROBLEM_FORBIDDEN_HOST] = {403, URN "forbidden-host", "The Host header does not name this machine"},
	[PROBLEM_NO_SUCH_ROUTE] = {404, URN "no-such-route", "There is nothing at this path"},
	[PROBLEM_NOT_FOUND] = {404, URN "not-found", "What the request refers to does not exist"},
	[PROBLEM_METHOD] = {405, URN "method-not-allowed", "The path does not take this method"},
	[PROBLEM_TOO_LARGE] = {413, URN "too-large", "The request is larger than this step takes"},
	[PROBLEM_MEDIA_TYPE] = {415, URN "unsupported-media-type", "The body is not declared as JSON"},
	[PROBLEM_INVALID_INPUT] = {422, URN "invalid-input", "The request cannot be processed as it is"},
	[PROBLEM_LIMIT] = {422, URN "limit-exceeded", "The request goes beyond a limit"},
	[PROBLEM_INTERNAL] = {500, URN "internal", "The service failed"},
	[PROBLEM_BUSY] = {503, URN "busy", "The service cannot do this now"},
	[PROBLEM_OVERLOADED] = {503, URN "overloaded", "Too many requests are waiting"},
	[PROBLEM_SHUTTING_DOWN] = {503, URN "shutting-down", "The service is about to end"},
	[PROBLEM_DEADLINE] = {503, URN "deadline-exceeded", "The request waited too long"},
};

int problem_status(enum problem problem)
{
	return kinds[problem].status;
}

bool problem_is_retryable(enum problem problem)
{
	return kinds[problem].status == 503 || kinds[problem].status == 429;
}

enum problem problem_kind(const struct error *err)
{
	switch (err->kind) {
	case ERROR_INPUT:
		return PROBLEM_INVALID_INPUT;
	case ERROR_NOT_FOUND:
		return PROBLEM_NOT_FOUND;
	case ERROR_LIMIT:
		return PROBLEM_LIMIT;
	case ERROR_BUSY:
		return PROBLEM_BUSY;
	case ERROR_NONE:
	case ERROR_IO:
		break;
	}
	return PROBLEM_INTERNAL;
}

/* Details quote what came from outside, so they are repaired before they become a string. */
struct value problem_new(enum problem problem, const char *detail, const char *hint)
{
	struct value result = value_map_new();

	value_put(&result, "type", value_string_z(kinds[problem].type));
	value_put(&result, "title", value_string_z(kinds[problem].title));
	value_put(&result, "status", value_int(kinds[problem].status));
	value_put(&result, "detail", value_string_repaired(slice_of(detail)));
	if (hint && *hint)
		value_put(&result, "hint", value_string_repaired(slice_of(hint)));
	return result;
}

struct value problem_of(const struct error *err)
{
	return problem_new(problem_kind(err), err->message, err->hint);
}
