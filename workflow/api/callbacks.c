/*
 * callbacks.c - requests to callbacks (reference, 8.3): into the run, and answered when they are on disk; and their
 * list (8.4).
 *
 * A sender that was told 200 can rely on it: the request is in the journal. Credentials are not asked for and
 * not kept: an Authorization header is hidden before the request becomes an event.
 */
#include "workflow/api/api_private.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"
#include "workflow/api/page.h"

#include <stdlib.h>
#include <string.h>

/* .../executions/E/callbacks/C */
bool is_callback_path(const char *path)
{
	const char *at = strstr(path, "/executions/");

	at = at ? strstr(at, "/callbacks/") : NULL;
	return at && at[strlen("/callbacks/")] != '\0';
}

/* 200 with an empty body, or 503: what was not recorded may be sent again. */
static void recorded(void *ctx, bool is_recorded)
{
	struct api_request *request = ctx;

	if (is_recorded) {
		request->reply->content_type = NULL;
		api_answer(request);
	} else {
		api_refuse(request, STATUS_UNAVAILABLE, "the request could not be recorded");
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

/* With a status of HTTP that has no code of its own. */
static void refuse_as(struct api_request *request, int http, const char *message)
{
	struct http_reply *reply = request->reply;
	struct status status = {0};
	struct value body, *error;

	status_set(&status, STATUS_INVALID_ARGUMENT, "%s", message);
	body = status_body(&status);
	error = value_map_change(&body, SLICE("error"));
	value_put(error, "code", value_int(http));
	reply->status = http;
	json_write(&reply->body, body);
	value_unref(body);
	api_answer(request);
}

static void refuse(struct api_request *request, enum arrival arrival, struct slice allowed)
{
	switch (arrival) {
	case ARRIVAL_TAKEN:
		break;
	case ARRIVAL_UNKNOWN:
		api_refuse(request, STATUS_NOT_FOUND, "there is no such callback, or its execution has ended");
		break;
	case ARRIVAL_WRONG_METHOD:
		request->reply->allow = literal(allowed);
		refuse_as(request, 405, "the callback takes another method");
		break;
	case ARRIVAL_REFUSED:
		api_refuse(request, STATUS_RESOURCE_EXHAUSTED,
			   "the last request to this callback has not been taken by a step yet");
		break;
	case ARRIVAL_TOO_DEEP:
		api_refuse(request, STATUS_INVALID_ARGUMENT, "the body is nested too deeply");
		break;
	case ARRIVAL_TOO_LARGE:
		refuse_as(request, 413,
			  "the request is larger than a variable of the run may be (limits string_bytes and "
			  "memory_bytes)");
		break;
	}
}

void callback_receive(struct api_request *request)
{
	struct value value = incoming_value(request->incoming);
	struct slice allowed = {0};
	enum arrival arrival;

	hide_credentials(&value);
	arrival = world_arrive(request->listener->options.world, slice_of(request->incoming->path), value, &allowed,
			       recorded, request);
	refuse(request, arrival, allowed);
	value_unref(value);
}

/* ---- the list */

enum { CALLBACKS_PAGE = 100, CALLBACKS_MAX = 10000 };

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct callback *)a)->id, ((const struct callback *)b)->id);
}

static struct value callback_resource(const struct api_call *call, const struct callback *callback)
{
	struct value resource = value_map_new();
	struct value payloads;
	struct buf json;

	value_put(&resource, "name", value_stringf("%.*s/%s", SLICE_ARG(call->path), callback->id));
	value_put(&resource, "method", value_string(callback->method));
	if (callback->has_payload) {
		payloads = value_list_new(1);
		buf_init(&json, 0);
		journal_encode(&json, callback->payload);
		value_list_push(&payloads, value_string(buf_slice(&json)));
		buf_release(&json);
		value_put(&resource, "availablePayloads", payloads);
	}
	if (callback->waiters)
		value_put(&resource, "waiters", value_stringf("%lld", (long long)callback->waiters));
	return resource;
}

static void add_page(struct api_call *call, const struct page *page, const struct callback *callbacks, size_t count)
{
	struct value list = value_list_new(0);
	size_t i = 0, shown = 0;

	while (i < count && strcmp(callbacks[i].id, page->position) <= 0)
		i++;
	for (; i < count && shown < page->size; i++, shown++)
		value_list_push(&list, callback_resource(call, &callbacks[i]));
	call->answer = value_map_new();
	if (i < count && i > 0)
		page_put_token(page, &call->answer, callbacks[i - 1].id);
	if (value_len(list))
		value_put(&call->answer, "callbacks", list);
	else
		value_unref(list);
}

/* Those of a run that goes on here; one that has ended, or waits, has none. */
int callbacks_list(struct api_call *call)
{
	struct journal_execution execution;
	const struct launched *launched;
	struct callback *callbacks;
	struct page page;
	size_t count = 0;

	if (execution_of_call(call, &execution) < 0)
		return -1;
	launched = launched_find(call->api, execution.run.id);
	journal_execution_release(&execution);
	if (page_read(&page, call->path, call->query, CALLBACKS_PAGE, CALLBACKS_PAGE, &call->status) < 0)
		return -1;
	callbacks = mem_alloc(CALLBACKS_MAX * sizeof(*callbacks));
	while (launched && launched->run && count < CALLBACKS_MAX &&
	       run_callback_at(launched->run, count, &callbacks[count]))
		count++;
	qsort(callbacks, count, sizeof(*callbacks), by_id);
	add_page(call, &page, callbacks, count);
	mem_free(callbacks);
	return 0;
}
