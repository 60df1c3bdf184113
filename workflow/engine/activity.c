/*
 * activity.c - one effect under way: an HTTP call (perhaps of a service that must be started first) or a wait.
 *
 *	activity_start ─▶ route? ─▶ http_client_send ─▶ run_answer
 *	          └─▶ timer ───────────────────────▶ run_answer
 */
#include "workflow/engine/trace.h"
#include "workflow/engine/world_private.h"

#include "lib/clock/clock.h"
#include "lib/kill/kill.h"
#include "lib/mem/mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { DEFAULT_TIMEOUT_S = 300, MAX_REDIRECTS = 10, OUR_HEADERS = 3 };

/* A wait is nothing but its timer: there may be ten thousand of them. */
struct activity {
	struct world *world;
	struct effect *effect;
	union {
		uv_timer_t timer; /* of a wait */
		struct {
			struct http_call *http; /* under way, or NULL */
			char *authorization;    /* "Bearer ..." for a call with auth; owned, a secret */
			bool is_asking;         /* for a token */
			bool routing;
		};
	};
};

static void timer_closed(uv_handle_t *handle)
{
	mem_free(handle->data);
}

/* The call is over; its memory goes when libuv lets go of the timer. */
static void activity_free(struct activity *activity)
{
	activity->effect->handle = NULL;
	activity->world->calls -= activity->effect->kind == EFFECT_HTTP;
	if (activity->effect->kind != EFFECT_HTTP) {
		uv_close((uv_handle_t *)&activity->timer, timer_closed);
		return;
	}
	if (activity->authorization)
		explicit_bzero(activity->authorization, strlen(activity->authorization));
	mem_free(activity->authorization);
	mem_free(activity);
}

static void answer(struct activity *activity, struct value raw, struct value timing)
{
	struct world *world = activity->world;
	struct effect *effect = activity->effect;
	struct run *run = effect->run;

	activity_free(activity);
	kill_point("effect.after-answer");
	run_answer(effect, raw, timing);
	world_settle(world, run);
}

/* ---- HTTP */

static struct value failure(const char *tag, const char *message)
{
	struct value raw = value_map_new();

	value_put(&raw, "failure", value_string_z(tag));
	value_put(&raw, "message", value_string_z(message));
	return raw;
}

static const char *failure_tag(enum http_outcome outcome)
{
	switch (outcome) {
	case HTTP_CONNECTION_FAILED:
		return "ConnectionFailedError";
	case HTTP_TIMED_OUT:
		return "TimeoutError";
	case HTTP_TOO_LARGE:
		return "ResourceLimitError";
	case HTTP_BAD_URL:
		return "ValueError";
	case HTTP_ANSWERED:
	case HTTP_CONNECTION_BROKEN:
	case HTTP_TOO_MANY_REDIRECTS:
		break;
	}
	return "ConnectionError";
}

static struct value response_value(const struct http_response *response)
{
	struct value raw, headers;

	if (response->outcome != HTTP_ANSWERED)
		return failure(failure_tag(response->outcome), response->message);
	raw = value_map_new();
	headers = value_map_new();
	for (size_t i = 0; i < response->header_count; i++) {
		struct buf text; /* header bytes need not be UTF-8 */

		buf_init(&text, 0);
		utf8_repair(&text, slice_of(response->headers[i].value));
		value_put(&headers, response->headers[i].name, value_string(buf_slice(&text)));
		buf_release(&text);
	}
	value_put(&raw, "code", value_int(response->status));
	value_put(&raw, "headers", headers);
	value_put(&raw, "body", value_bytes(response->body));
	return raw;
}

static void http_finished(void *ctx, const struct http_response *response)
{
	struct activity *activity = ctx;
	struct value timing = value_map_new();

	activity->http = NULL;
	value_put(&timing, "first_byte_us", value_int(response->first_byte_us));
	value_put(&timing, "done_us", value_int(response->done_us));
	answer(activity, response_value(response), timing);
}

static bool is_header(struct slice name, struct slice wanted)
{
	return name.len == wanted.len && strncasecmp(name.ptr, wanted.ptr, wanted.len) == 0;
}

static bool is_host(struct slice host, struct slice wanted)
{
	struct slice start = slice_sub(host, 0, wanted.len);

	return is_header(start, wanted) && (host.len == wanted.len || host.ptr[wanted.len] == ':');
}

/* The name under which a request has its key (J6), or NULL: the user chose another, or none for this host. */
static const char *key_header(const struct activity *activity)
{
	const struct value *chosen = value_get(run_connectors(activity->effect->run), "idempotency");
	struct slice host = http_url_host(value_get_text(activity->effect->request, "url").ptr);
	const struct value *off = chosen ? value_get(*chosen, "off") : NULL;
	struct slice name = chosen ? value_get_text(*chosen, "header") : SLICE("");

	for (size_t i = 0; off && i < value_len(*off); i++) {
		if (is_host(host, value_text(*value_list_at(*off, i))))
			return NULL;
	}
	if (slice_is(name, "off"))
		return NULL;
	return name.len ? name.ptr : "Idempotency-Key";
}

/* The definition's headers and ours into room for them all. Its Authorization gives way to the token that
 * `auth` asks for; its key against repetition stays, since the author knows what is to happen once, and so does its
 * trace. */
static size_t request_headers(const struct activity *activity, struct http_header *headers, const char *key,
			      const char *traceparent)
{
	const struct value *given = value_get(activity->effect->request, "headers");
	const char *key_name = key_header(activity);
	size_t count = 0;
	bool has_key = !key_name, has_trace = false;

	for (size_t i = 0; given && i < value_len(*given); i++) {
		struct slice name = value_map_key(*given, i);

		if (activity->authorization && is_header(name, SLICE("Authorization")))
			continue;
		has_key = has_key || is_header(name, slice_of(key_name));
		has_trace = has_trace || is_header(name, SLICE("traceparent"));
		headers[count++] = (struct http_header){name.ptr, value_text(*value_map_at(*given, i)).ptr};
	}
	if (activity->authorization)
		headers[count++] = (struct http_header){"Authorization", activity->authorization};
	if (!has_key)
		headers[count++] = (struct http_header){key_name, key};
	if (!has_trace)
		headers[count++] = (struct http_header){"traceparent", traceparent};
	return count;
}

static void send_http(struct activity *activity, const char *connect_to)
{
	struct value request = activity->effect->request;
	const struct value *timeout = value_get(request, "timeout");
	const struct value *body = value_get(request, "body");
	const struct value *given = value_get(request, "headers");
	const struct value *ca = value_get(request, "ca_certificate");
	struct http_header *headers =
		mem_alloc(((given ? value_len(*given) : 0) + OUR_HEADERS) * sizeof(*headers));
	char key[128], traceparent[TRACE_PARENT_SIZE];
	struct http_request http = {
		.method = value_get_text(request, "method").ptr,
		.url = value_get_text(request, "url").ptr,
		.headers = headers,
		.timeout_ms = DEFAULT_TIMEOUT_S * 1000,
		.response_limit = (size_t)run_limits(activity->effect->run)->response_bytes,
		.max_redirects = MAX_REDIRECTS,
		.connect_to = connect_to,
	};

	snprintf(key, sizeof(key), "%s/%lld", run_id(activity->effect->run),
		 (long long)activity->effect->number);
	run_traceparent(run_id(activity->effect->run), activity->effect->number, traceparent);
	http.header_count = request_headers(activity, headers, key, traceparent);
	if (timeout && value_is_number(*timeout))
		http.timeout_ms = (int64_t)ceil(value_number(*timeout) * 1000);
	if (ca)
		http.ca_pem = value_text(*ca);
	if (body && (body->kind == VALUE_BYTES || body->kind == VALUE_STRING))
		http.body = value_text(*body);
	activity->http = http_client_send(world_http(activity->world), &http, http_finished, activity);
	mem_free(headers); /* copied */
}

static void routed(void *ctx, const char *connect_to, const char *message)
{
	struct activity *activity = ctx;

	activity->routing = false;
	if (connect_to)
		send_http(activity, connect_to);
	else
		answer(activity, failure("ConnectionFailedError", message), value_null());
}

static void find_route(struct activity *activity)
{
	const struct world_options *options = &activity->world->options;
	const char *url = value_get_text(activity->effect->request, "url").ptr;

	activity->routing = true;
	if (options->route && options->route(options->route_ctx, url, routed, activity))
		return;
	activity->routing = false;
	send_http(activity, NULL);
}

static void authorized(void *ctx, const char *token, const char *message)
{
	struct activity *activity = ctx;
	struct buf text;

	activity->is_asking = false;
	if (!token) {
		answer(activity, failure("AuthError", message), value_null());
		return;
	}
	buf_init(&text, 0);
	buf_printf(&text, "Bearer %s", token);
	activity->authorization = buf_take(&text);
	find_route(activity);
}

/* The token first: it is asked for once the announcement is on disk, and is in no event. */
static void start_http(struct activity *activity)
{
	struct tokens *tokens = activity->world->options.tokens;
	const struct value *auth = value_get(activity->effect->request, "auth");

	if (!auth || !tokens) {
		find_route(activity);
		return;
	}
	activity->is_asking = true;
	if (slice_is(value_get_text(*auth, "type"), "OIDC"))
		tokens_ask(tokens, TOKEN_IDENTITY, value_get_text(*auth, "audience"), authorized, activity);
	else
		tokens_ask(tokens, TOKEN_ACCESS, value_get_text(*auth, "scopes"), authorized, activity);
}

/* ---- waits */

static void wait_over(uv_timer_t *timer)
{
	answer(timer->data, value_null(), value_null());
}

/* Milliseconds from now; a wait that fell due while nobody was there is over at once, one of so many seconds is never
 * longer than that, though the clock be set back, and none is longer than a thousand years, which a timer still can
 * count. */
static uint64_t wait_ms(const struct effect *effect)
{
	const struct value *seconds =
		value_get(effect->request, effect->kind == EFFECT_AWAIT ? "timeout" : "seconds");
	const struct value *until = value_get(effect->request, "until");
	double due_us = (double)effect->announced_us;
	double left_ms, longest_ms = 1000 * 365.25 * 86400e3;

	if (seconds && value_is_number(*seconds)) {
		due_us += value_number(*seconds) * 1e6;
		longest_ms = fmin(longest_ms, ceil(value_number(*seconds) * 1000));
	} else if (until && value_is_number(*until)) {
		due_us = value_number(*until) * 1e6;
	}
	if (effect_is_too_long(effect))
		return 0;
	left_ms = ceil((due_us - (double)clock_wall_us()) / 1000);
	return left_ms > 0 ? (uint64_t)fmax(0, fmin(left_ms, longest_ms)) : 0;
}

static void start_wait(struct activity *activity)
{
	uv_timer_init(activity->world->loop, &activity->timer);
	activity->timer.data = activity;
	uv_update_time(activity->world->loop);
	uv_timer_start(&activity->timer, wait_over, wait_ms(activity->effect), 0);
}

void activity_start(struct world *world, struct effect *effect)
{
	struct activity *activity;

	if (effect->kind == EFFECT_CHILD) {
		child_perform(world, effect);
		return;
	}
	activity = mem_new(sizeof(*activity));
	activity->world = world;
	activity->effect = effect;
	effect->handle = activity;
	world->calls += effect->kind == EFFECT_HTTP;
	if (effect->kind == EFFECT_HTTP)
		start_http(activity);
	else
		start_wait(activity);
}

static void stop_http(struct activity *activity)
{
	const struct world_options *options = &activity->world->options;

	if (activity->http)
		http_call_cancel(activity->http);
	if (activity->is_asking)
		tokens_cancel(options->tokens, activity);
	if (activity->routing && options->unroute)
		options->unroute(options->route_ctx, activity);
}

void activity_abandon(struct effect *effect)
{
	struct activity *activity = effect->handle;

	if (effect->kind == EFFECT_CHILD)
		child_abandon(effect);
	if (effect->kind == EFFECT_CHILD || !activity)
		return;
	if (effect->kind == EFFECT_HTTP)
		stop_http(activity);
	activity_free(activity);
}
