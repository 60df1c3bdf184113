/*
 * callbacks.c - requests to callbacks (reference, 8.3): into the run, and answered when they are on disk.
 *
 * A sender that was told 200 can rely on it: the request is in the journal. Credentials are not asked for and
 * not kept: an Authorization header is hidden before the request becomes an event.
 */
#include "workflow/api/api_private.h"

#include <string.h>

/* 200 with an empty body, or 503: what was not recorded may be sent again. */
static void recorded(void *ctx, bool is_recorded)
{
	struct api_request *request = ctx;

	if (is_recorded) {
		request->reply->content_type = NULL;
		api_answer(request);
	} else {
		api_refuse(request, 503, "UNAVAILABLE", "the request could not be recorded");
	}
}

/* Allow wants a literal: the reply outlives the run. */
static const char *literal(struct slice method)
{
	static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (slice_is(method, methods[i]))
			return methods[i];
	}
	return "";
}

static void hide_credentials(struct value *request)
{
	struct value *headers = value_map_change(request, SLICE("headers"));

	if (value_get(*headers, "Authorization"))
		value_put(headers, "Authorization", value_string_z("[redacted]"));
}

void callback_receive(struct api_request *request)
{
	struct slice allowed;

	hide_credentials(&request->request);
	switch (world_arrive(request->listener->options.world, slice_of(request->path), request->request,
			     &allowed, recorded, request)) {
	case ARRIVAL_TAKEN:
		break;
	case ARRIVAL_UNKNOWN:
		api_refuse(request, 404, "NOT_FOUND",
			   "there is no such callback, or its execution has ended");
		break;
	case ARRIVAL_WRONG_METHOD:
		request->reply->allow = literal(allowed);
		api_refuse(request, 405, "INVALID_ARGUMENT", "the callback takes another method");
		break;
	case ARRIVAL_REFUSED:
		api_refuse(request, 429, "RESOURCE_EXHAUSTED",
			   "the last request to this callback has not been taken by a step yet");
		break;
	case ARRIVAL_TOO_DEEP:
		api_refuse(request, 400, "INVALID_ARGUMENT", "the body is nested too deeply");
		break;
	case ARRIVAL_TOO_LARGE:
		api_refuse(request, 413, "INVALID_ARGUMENT",
			   "the request is larger than a variable of the run may be (limits string_bytes and "
			   "memory_bytes)");
		break;
	}
}
