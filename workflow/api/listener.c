/* listener.c - the server, and the way of a request to the loop and back; see listener.h. */
#include "workflow/api/api_private.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <signal.h>
#include <stdio.h>

enum { THREADS = 8, QUEUE = 256, CONNECTIONS = 512, TIMEOUT_S = 60, IDLE_S = 5 };

/* ---- on the loop */

/* What the run took from the request it shares, and counts are no atomics: the thread finds nothing to let go of. */
void api_answer(struct api_request *request)
{
	struct api_listener *listener = request->listener;

	value_set(&request->request, value_null());
	pthread_mutex_lock(&listener->lock);
	request->is_answered = true;
	pthread_cond_broadcast(&listener->answered);
	pthread_mutex_unlock(&listener->lock);
}

static void fill_error(struct http_reply *reply, int code, const char *status, const char *message)
{
	struct value body = value_map_new();
	struct value error = value_map_new();

	value_put(&error, "code", value_int(code));
	value_put(&error, "message", value_string_z(message));
	value_put(&error, "status", value_string_z(status));
	value_put(&body, "error", error);
	reply->status = code;
	json_write(&reply->body, body);
	value_unref(body);
}

void api_refuse(struct api_request *request, int code, const char *status, const char *message)
{
	fill_error(request->reply, code, status, message);
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

static void on_requests(uv_async_t *async)
{
	struct api_request *request = take_inbox(async->data);

	while (request) {
		struct api_request *next = request->next; /* an answered request is gone */

		callback_receive(request);
		request = next;
	}
}

/* ---- on a thread of the server */

static void refuse_stopped(struct http_reply *reply)
{
	fill_error(reply, 503, "UNAVAILABLE", "the run is being stopped; it can be resumed");
}

/* Hand over and wait: the loop answers, or api_stop does. */
static void pass_on(struct api_listener *listener, struct api_request *request)
{
	pthread_mutex_lock(&listener->lock);
	if (listener->is_stopped) {
		refuse_stopped(request->reply);
		request->is_answered = true;
	} else {
		*listener->last = request;
		listener->last = &request->next;
		uv_async_send(&listener->async);
	}
	while (!request->is_answered)
		pthread_cond_wait(&listener->answered, &listener->lock);
	pthread_mutex_unlock(&listener->lock);
}

static void handle(void *ctx, const struct http_incoming *incoming, struct http_reply *reply)
{
	struct api_request request = {
		.listener = ctx, .path = incoming->path, .request = incoming_value(incoming), .reply = reply};

	pass_on(ctx, &request);
	value_unref(request.request); /* the loop never saw it */
}

/* What `lexflow serve` adds to the callbacks has its rows here, more special ones first. */
static const struct http_route routes[] = {
	{"*", "/v1/projects/*", handle, .any_body = true},
	{0},
};

/* ---- open and close */

struct api_listener *api_listen(uv_loop_t *loop, const struct api_options *options, struct error *err)
{
	struct api_listener *listener = mem_new(sizeof(*listener));
	struct http_server_options server = {
		.port = options->port,
		.routes = routes,
		.ctx = listener,
		.log = options->log,
		.threads = THREADS,
		.queue = QUEUE,
		.max_body_bytes = API_MAX_BODY,
		.connections = CONNECTIONS,
		.timeout_s = TIMEOUT_S,
		.idle_s = IDLE_S,
	};
	sigset_t all, before;

	listener->options = *options;
	listener->last = &listener->first;
	pthread_mutex_init(&listener->lock, NULL);
	pthread_cond_init(&listener->answered, NULL);
	uv_async_init(loop, &listener->async, on_requests);
	listener->async.data = listener;
	uv_unref((uv_handle_t *)&listener->async);
	sigfillset(&all); /* signals are the loop's: the server's threads inherit this mask */
	pthread_sigmask(SIG_BLOCK, &all, &before);
	listener->server = http_server_open(&server, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!listener->server) {
		api_close(listener);
		return NULL;
	}
	snprintf(listener->base, sizeof(listener->base), "http://127.0.0.1:%d",
		 http_server_port(listener->server));
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

	pthread_cond_destroy(&listener->answered);
	pthread_mutex_destroy(&listener->lock);
	mem_free(listener);
}

void api_close(struct api_listener *listener)
{
	if (!listener)
		return;
	api_stop(listener);
	http_server_close(listener->server); /* drains: every request has its answer */
	uv_close((uv_handle_t *)&listener->async, async_closed);
}
