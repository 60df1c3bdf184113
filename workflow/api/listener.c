/* listener.c - the server, and the way of a request to the loop and back; see listener.h. */
#include "workflow/api/api_private.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { CONNECTIONS = 4000, TIMEOUT_S = 60, IDLE_S = 5 };

static void fill_error(struct http_reply *reply, const struct status *status)
{
	struct value body = status_body(status);

	reply->status = status_http(status->code);
	buf_clear(&reply->body);
	json_write_indented(&reply->body, body, SLICE(""), SLICE("  "));
	buf_add_char(&reply->body, '\n');
	value_unref(body);
}

/* ---- on the loop */

void api_answer(struct api_request *request)
{
	http_answer(request->incoming);
	mem_free(request);
}

void api_refuse(struct api_request *request, enum code_of_status code, const char *message)
{
	struct status status = {0};

	status_set(&status, code, "%s", message);
	fill_error(request->reply, &status);
	api_answer(request);
}

static struct api_request *take_inbox(struct api_listener *listener)
{
	struct api_request *first;

	pthread_mutex_lock(&listener->lock);
	first = listener->first;
	listener->first = NULL;
	listener->last = &listener->first;
	pthread_mutex_unlock(&listener->lock);
	return first;
}

static void begin(struct api_request *request)
{
	struct api *api = request->listener->options.api;

	if (!api || is_callback_path(request->incoming->path))
		callback_receive(request);
	else if (!guard_admits(request))
		return;
	else if (strcmp(request->incoming->path, "/metrics") == 0)
		metrics_answer(api, request);
	else
		call_begin(api, request);
}

static void on_requests(uv_async_t *async)
{
	struct api_request *request = take_inbox(async->data);

	while (request) {
		struct api_request *next = request->next; /* an answered request is gone */

		begin(request);
		request = next;
	}
}

/* ---- on a thread of the server */

static void refuse_stopped(struct http_reply *reply)
{
	struct status status = {0};

	status_set(&status, STATUS_UNAVAILABLE, "the server is being stopped; runs can be resumed");
	fill_error(reply, &status);
}

static void hand_over(void *ctx, const struct http_incoming *incoming, struct http_reply *reply)
{
	struct api_listener *listener = ctx;
	struct api_request *request = mem_alloc(sizeof(*request));
	bool was_empty, is_stopped;

	*request = (struct api_request){.listener = listener, .incoming = incoming, .reply = reply};
	pthread_mutex_lock(&listener->lock);
	was_empty = !listener->first;
	is_stopped = listener->is_stopped;
	if (!is_stopped) {
		*listener->last = request;
		listener->last = &request->next;
	}
	pthread_mutex_unlock(&listener->lock);
	if (is_stopped) {
		refuse_stopped(reply);
		api_answer(request);
	} else if (was_empty) { /* else somebody has woken the loop, and it has not looked yet */
		uv_async_send(&listener->async);
	}
}

static void answer_health(void *ctx, const struct http_incoming *incoming, struct http_reply *reply)
{
	(void)ctx, (void)incoming;
	buf_add_text(&reply->body, "{\"status\": \"ok\"}\n");
}

/* What never reached a route speaks as a route does. */
static void refuse(void *ctx, struct http_reply *reply, enum problem problem, const char *detail, const char *hint)
{
	static const enum code_of_status codes[] = {
		[PROBLEM_MALFORMED_JSON] = STATUS_INVALID_ARGUMENT,
		[PROBLEM_FORBIDDEN_HOST] = STATUS_PERMISSION_DENIED,
		[PROBLEM_NO_SUCH_ROUTE] = STATUS_NOT_FOUND,
		[PROBLEM_NOT_FOUND] = STATUS_NOT_FOUND,
		[PROBLEM_METHOD] = STATUS_UNIMPLEMENTED,
		[PROBLEM_TOO_LARGE] = STATUS_INVALID_ARGUMENT,
		[PROBLEM_MEDIA_TYPE] = STATUS_INVALID_ARGUMENT,
		[PROBLEM_INVALID_INPUT] = STATUS_INVALID_ARGUMENT,
		[PROBLEM_LIMIT] = STATUS_INVALID_ARGUMENT,
		[PROBLEM_INTERNAL] = STATUS_INTERNAL,
		[PROBLEM_BUSY] = STATUS_UNAVAILABLE,
		[PROBLEM_OVERLOADED] = STATUS_UNAVAILABLE,
		[PROBLEM_SHUTTING_DOWN] = STATUS_UNAVAILABLE,
		[PROBLEM_DEADLINE] = STATUS_DEADLINE_EXCEEDED,
	};
	struct status status = {0};

	(void)ctx;
	status_set(&status, codes[problem], "%s%s%s", detail, hint ? "; " : "", hint ? hint : "");
	fill_error(reply, &status);
	if (problem == PROBLEM_TOO_LARGE || problem == PROBLEM_METHOD) /* these say more than their code */
		reply->status = problem_status(problem);
}

static const struct http_route routes[] = {
	{"GET", "/healthz", answer_health, .is_inline = true},
	{"GET", "/metrics", hand_over, .is_deferred = true},
	{"*", "/v1/projects/*", hand_over, .is_deferred = true, .any_body = true},
	{"*", "/v1beta/projects/*", hand_over, .is_deferred = true, .any_body = true},
	{0},
};

/* ---- open and close */

static int open_server(struct api_listener *listener, struct error *err)
{
	const struct api_listen_options *options = &listener->options;
	struct http_server_options server = {
		.host = options->host,
		.port = options->port,
		.routes = routes,
		.ctx = listener,
		.refuse = refuse,
		.log = options->log,
		.threads = 1,
		.max_body_bytes = API_MAX_BODY,
		.connections = CONNECTIONS,
		.timeout_s = TIMEOUT_S,
		.idle_s = IDLE_S,
	};
	sigset_t all, before;

	sigfillset(&all); /* signals are the loop's: the server's threads inherit this mask */
	pthread_sigmask(SIG_BLOCK, &all, &before);
	listener->server = http_server_open(&server, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return listener->server ? 0 : -1;
}

struct api_listener *api_listen(uv_loop_t *loop, const struct api_listen_options *options, struct error *err)
{
	struct api_listener *listener = mem_new(sizeof(*listener));
	const char *host = options->host ? options->host : "127.0.0.1";
	bool is_ipv6 = strchr(host, ':') != NULL;

	listener->options = *options;
	listener->last = &listener->first;
	pthread_mutex_init(&listener->lock, NULL);
	uv_async_init(loop, &listener->async, on_requests);
	listener->async.data = listener;
	uv_unref((uv_handle_t *)&listener->async);
	if (open_server(listener, err) < 0) {
		api_close_listener(listener);
		return NULL;
	}
	snprintf(listener->base, sizeof(listener->base), "http://%s%.64s%s:%d", is_ipv6 ? "[" : "", host,
		 is_ipv6 ? "]" : "", http_server_port(listener->server));
	return listener;
}

int api_port(const struct api_listener *listener)
{
	return http_server_port(listener->server);
}

const char *api_base(const struct api_listener *listener)
{
	return listener->base;
}

void api_stop(struct api_listener *listener)
{
	struct api_request *request;

	if (!listener)
		return;
	pthread_mutex_lock(&listener->lock);
	listener->is_stopped = true;
	pthread_mutex_unlock(&listener->lock);
	request = take_inbox(listener);
	while (request) {
		struct api_request *next = request->next;

		refuse_stopped(request->reply);
		api_answer(request);
		request = next;
	}
}

static void async_closed(uv_handle_t *handle)
{
	struct api_listener *listener = handle->data;

	pthread_mutex_destroy(&listener->lock);
	mem_free(listener);
}

void api_close_listener(struct api_listener *listener)
{
	if (!listener)
		return;
	api_stop(listener);
	http_server_close(listener->server); /* drains: every request has its answer */
	uv_close((uv_handle_t *)&listener->async, async_closed);
}
