/* exchange.c - one request and its answer; see server_private.h. */
#include "lib/http/server_private.h"

#include "lib/clock/clock.h"
#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define JSON_TYPE "application/json"
#define PROBLEM_TYPE "application/problem+json"

/* A body beyond its limit is still read and thrown away up to so many times the limit, since a client that is
 * cut off in the middle of sending sees a broken connection and not the 413. */
enum { SWALLOW_FACTOR = 4 };

struct slice http_incoming_header(const struct http_incoming *incoming, const char *name)
{
	return slice_of(MHD_lookup_connection_value(incoming->exchange->connection, MHD_HEADER_KIND, name));
}

struct fields {
	http_field *each;
	void *ctx;
};

static enum MHD_Result one_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_size,
				 const char *value, size_t value_size)
{
	const struct fields *fields = cls;

	(void)kind;
	fields->each(fields->ctx, (struct slice){name ? name : "", name ? name_size : 0},
		     (struct slice){value ? value : "", value ? value_size : 0});
	return MHD_YES;
}

void http_incoming_headers(const struct http_incoming *incoming, http_field *each, void *ctx)
{
	struct fields fields = {each, ctx};

	MHD_get_connection_values_n(incoming->exchange->connection, MHD_HEADER_KIND, one_field, &fields);
}

void http_incoming_query(const struct http_incoming *incoming, http_field *each, void *ctx)
{
	struct fields fields = {each, ctx};

	MHD_get_connection_values_n(incoming->exchange->connection, MHD_GET_ARGUMENT_KIND, one_field,
				    &fields);
}

bool http_incoming_is_last(const struct http_incoming *incoming)
{
	return atomic_load(&incoming->exchange->server->draining);
}

void http_reply_problem(struct http_reply *reply, enum problem problem, const char *detail, const char *hint)
{
	struct value body = problem_new(problem, detail, hint);

	reply->status = problem_status(problem);
	reply->content_type = PROBLEM_TYPE;
	buf_clear(&reply->body);
	json_write(&reply->body, body);
	buf_add_char(&reply->body, '\n');
	value_unref(body);
}

static void refuse(struct http_exchange *exchange, enum problem problem, const char *detail, const char *hint)
{
	const struct http_server_options *options = &exchange->server->options;

	if (exchange->is_refused)
		return;
	exchange->is_refused = true;
	if (options->refuse)
		options->refuse(options->ctx, &exchange->reply, problem, detail, hint);
	else
		http_reply_problem(&exchange->reply, problem, detail, hint);
}

/* ---- the head */

static struct slice header(const struct http_exchange *exchange, const char *name)
{
	return http_incoming_header(&exchange->incoming, name);
}

static bool is_word(struct slice text, const char *word)
{
	return text.len == strlen(word) && strncasecmp(text.ptr, word, text.len) == 0;
}

/* "localhost", "127.0.0.1" or "[::1]", with any port or none. */
static bool is_local_name(struct slice host)
{
	size_t end = host.len;

	while (end > 0 && host.ptr[end - 1] >= '0' && host.ptr[end - 1] <= '9')
		end--;
	if (end > 0 && host.ptr[end - 1] == ':')
		host.len = end - 1;
	return is_word(host, "localhost") || is_word(host, "127.0.0.1") || is_word(host, "[::1]");
}

/* application/json, or any type ending in +json; parameters are of no account, JSON is UTF-8. */
static bool is_json_type(struct slice type)
{
	size_t semicolon = slice_find(type, SLICE(";"), 0);

	type = slice_trim(slice_sub(type, 0, semicolon));
	if (type.len > 5 && is_word(slice_sub(type, type.len - 5, type.len), "+json"))
		return true;
	return is_word(type, JSON_TYPE);
}

static bool is_method(const char *method, const struct http_route *route)
{
	return strcmp(method, route->method) == 0 || strcmp(route->method, "*") == 0 ||
	       (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

static bool is_path(const char *path, const struct http_route *route)
{
	size_t stem = strcspn(route->path, "*");

	return route->path[stem] ? strncmp(path, route->path, stem) == 0 : strcmp(path, route->path) == 0;
}

static void find_route(struct http_exchange *exchange)
{
	const struct http_incoming *incoming = &exchange->incoming;
	char detail[300];

	for (const struct http_route *route = exchange->server->options.routes; route->method; route++) {
		if (!is_path(incoming->path, route))
			continue;
		if (is_method(incoming->method, route)) {
			exchange->route = route;
			return;
		}
		snprintf(exchange->allow + strlen(exchange->allow),
			 sizeof(exchange->allow) - strlen(exchange->allow), "%s%s",
			 exchange->allow[0] ? ", " : "", route->method);
	}
	snprintf(detail, sizeof(detail), "%.20s %.200s", incoming->method, incoming->path);
	if (exchange->allow[0])
		refuse(exchange, PROBLEM_METHOD, detail, "the header Allow lists the methods it takes");
	else
		refuse(exchange, PROBLEM_NO_SUCH_ROUTE, detail, "GET /openapi.json lists what there is");
}

static void check_declared_body(struct http_exchange *exchange)
{
	struct slice type = header(exchange, MHD_HTTP_HEADER_CONTENT_TYPE);
	struct slice encoding = header(exchange, MHD_HTTP_HEADER_CONTENT_ENCODING);
	char detail[200];

	if (!is_json_type(type)) {
		snprintf(detail, sizeof(detail), "Content-Type is \"%.*s\"", (int)slice_sub(type, 0, 100).len,
			 type.ptr ? type.ptr : "");
		refuse(exchange, PROBLEM_MEDIA_TYPE, detail,
		       "send the header Content-Type: application/json");
	} else if (encoding.len && !is_word(encoding, "identity")) {
		snprintf(detail, sizeof(detail), "Content-Encoding is \"%.*s\"",
			 (int)slice_sub(encoding, 0, 100).len, encoding.ptr);
		refuse(exchange, PROBLEM_MEDIA_TYPE, detail, "send the body as it is");
	}
}

static void refuse_size(struct http_exchange *exchange)
{
	char detail[100];

	snprintf(detail, sizeof(detail), "the limit is %zu bytes", exchange->server->options.max_body_bytes);
	refuse(exchange, PROBLEM_TOO_LARGE, detail, "send documents by reference (text_uri), not by value");
}

static size_t declared_size(const struct http_exchange *exchange)
{
	struct slice length = header(exchange, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return length.len ? (size_t)strtoull(length.ptr, NULL, 10) : 0; /* libmicrohttpd has checked it */
}

static void check_head(struct http_exchange *exchange)
{
	struct http_server *server = exchange->server;

	if (server->listener.is_loopback && !is_local_name(header(exchange, MHD_HTTP_HEADER_HOST)))
		refuse(exchange, PROBLEM_FORBIDDEN_HOST,
		       "this service answers to localhost and 127.0.0.1 only",
		       "listen on another address with --host to be called by name");
	else if (!exchange->incoming.path)
		refuse(exchange, PROBLEM_NO_SUCH_ROUTE, "the path holds %00", NULL);
	else
		find_route(exchange);
	if (!exchange->is_refused && strcmp(exchange->incoming.method, "POST") == 0 &&
	    !exchange->route->any_body)
		check_declared_body(exchange);
	if (!exchange->is_refused && declared_size(exchange) > server->options.max_body_bytes)
		refuse_size(exchange);
}

struct http_exchange *exchange_begin(struct http_server *server, struct MHD_Connection *connection,
				     const char *method, const char *path)
{
	struct http_exchange *exchange = mem_new(sizeof(*exchange));
	int64_t now_us = clock_monotonic_us();

	exchange->server = server;
	exchange->connection = connection;
	exchange->incoming = (struct http_incoming){
		.method = method,
		.path = path,
		.received_us = now_us,
		.deadline_ms = now_us / 1000 + (int64_t)server->options.timeout_s * 1000,
		.exchange = exchange,
	};
	exchange->reply = (struct http_reply){.status = 200, .content_type = JSON_TYPE};
	buf_init(&exchange->reply.body, 0);
	buf_init(&exchange->body, server->options.max_body_bytes);
	check_head(exchange);
	return exchange;
}

/* A client that asks first (Expect: 100-continue) reads the answer before it sends; one that announces far
 * too much is not worth reading to the end. */
bool exchange_is_hopeless(const struct http_exchange *exchange)
{
	return exchange->is_refused &&
	       (is_word(header(exchange, MHD_HTTP_HEADER_EXPECT), "100-continue") ||
		declared_size(exchange) / SWALLOW_FACTOR > exchange->server->options.max_body_bytes);
}

/* ---- the body */

bool exchange_receive(struct http_exchange *exchange, const char *bytes, size_t size)
{
	struct http_server *server = exchange->server;

	exchange->received += size;
	if (clock_monotonic_ms() > exchange->incoming.deadline_ms ||
	    exchange->received / SWALLOW_FACTOR > server->options.max_body_bytes)
		return false;
	if (exchange->is_refused)
		return true;
	if (exchange->received > server->options.max_body_bytes) {
		refuse_size(exchange);
		return true;
	}
	if (atomic_fetch_add(&server->bytes, size) + size > server->options.max_total_bytes) {
		atomic_fetch_sub(&server->bytes, size);
		refuse(exchange, PROBLEM_OVERLOADED, "the requests under way are too large together",
		       "send fewer requests at a time");
		return true;
	}
	buf_add(&exchange->body, bytes, size); /* within its limit: it is the one just checked */
	return true;
}

/* ---- the answer */

/* From here on it belongs to the I/O thread. */
static void resume(struct http_exchange *exchange)
{
	exchange->state = EXCHANGE_ANSWERED;
	MHD_resume_connection(exchange->connection);
}

void http_answer(const struct http_incoming *incoming)
{
	resume((struct http_exchange *)incoming->exchange);
}

void exchange_handle(struct http_exchange *exchange)
{
	const struct http_server *server = exchange->server;

	if (clock_monotonic_ms() > exchange->incoming.deadline_ms)
		http_reply_problem(&exchange->reply, PROBLEM_DEADLINE,
				   "no thread was free before the caller's time was up", NULL);
	else
		exchange->route->handle(server->options.ctx, &exchange->incoming, &exchange->reply);
	if (exchange->state == EXCHANGE_QUEUED)
		resume(exchange);
}

/* Counts the exchange among those a drain waits for, unless the drain is over. A request counts once it is
 * here as a whole: one that is still being sent may never end, and libmicrohttpd on epoll does not even
 * notice a client that sent a part of it and hung up at once; it goes when it has been idle for too long. */
static bool enter(struct http_exchange *exchange)
{
	struct http_server *server = exchange->server;

	pthread_mutex_lock(&server->lock);
	exchange->is_counted = !server->closed;
	server->active += exchange->is_counted;
	pthread_mutex_unlock(&server->lock);
	return exchange->is_counted;
}

enum MHD_Result exchange_dispatch(struct http_exchange *exchange)
{
	exchange->incoming.body = buf_slice(&exchange->body);
	if (!exchange->is_refused && !enter(exchange))
		refuse(exchange, PROBLEM_SHUTTING_DOWN, "the service has finished its work", NULL);
	if (!exchange->is_refused && !exchange->route->is_inline) {
		/* Suspended before it is handed over: who gets it may be done with it before this returns. */
		exchange->state = EXCHANGE_QUEUED;
		MHD_suspend_connection(exchange->connection);
		if (exchange->route->is_deferred) {
			exchange->route->handle(exchange->server->options.ctx, &exchange->incoming, &exchange->reply);
			return MHD_YES;
		}
		if (workers_push(&exchange->server->workers, exchange))
			return MHD_YES;
		refuse(exchange, PROBLEM_OVERLOADED, "all threads are busy and the queue is full",
		       "try again, or run more instances");
		resume(exchange);
		return MHD_YES;
	}
	if (!exchange->is_refused)
		exchange_handle(exchange);
	exchange->state = EXCHANGE_ANSWERED;
	return exchange_send(exchange);
}

static void add_headers(const struct http_exchange *exchange, struct MHD_Response *response)
{
	const struct http_reply *reply = &exchange->reply;
	long retry_after_s = reply->retry_after_s;
	char seconds[24];

	if (reply->content_type)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
	if (retry_after_s == 0 && (reply->status == 429 || reply->status == 503))
		retry_after_s = 1;
	if (retry_after_s > 0) {
		snprintf(seconds, sizeof(seconds), "%ld", retry_after_s);
		MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
	}
	if (reply->status == 405 && (reply->allow || exchange->allow[0]))
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW,
					reply->allow ? reply->allow : exchange->allow);
	if (exchange->must_close || atomic_load(&exchange->server->draining))
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
}

enum MHD_Result exchange_send(struct http_exchange *exchange)
{
	struct http_reply *reply = &exchange->reply;
	struct MHD_Response *response;
	size_t size = reply->body.len;
	char *body = buf_take(&reply->body);
	enum MHD_Result result;

	response = MHD_create_response_from_buffer(size, body, MHD_RESPMEM_MUST_FREE); /* by free() */
	if (!response) {
		mem_free(body);
		return MHD_NO;
	}
	add_headers(exchange, response);
	result = MHD_queue_response(exchange->connection, (unsigned int)reply->status, response);
	MHD_destroy_response(response);
	return result;
}

void exchange_end(struct http_exchange *exchange)
{
	struct http_server *server = exchange->server;

	atomic_fetch_sub(&server->bytes, exchange->body.len);
	pthread_mutex_lock(&server->lock);
	if (exchange->is_counted && --server->active == 0)
		pthread_cond_broadcast(&server->quiet);
	pthread_mutex_unlock(&server->lock);
	buf_release(&exchange->body);
	buf_release(&exchange->reply.body);
	mem_free(exchange);
}
