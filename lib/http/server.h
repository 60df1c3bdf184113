/*
 * server.h - HTTP in: a bounded libmicrohttpd server whose work runs on a pool of threads.
 *
 * One thread of libmicrohttpd (more on large machines) moves bytes on epoll: it receives a whole request,
 * suspends the connection and queues the request; a worker thread calls the route's handler and resumes the
 * connection. So long work never holds up other connections, and an inline route (health) answers even
 * when all workers are busy. A deferred route keeps the request and is answered by whoever calls http_answer: a
 * program with a loop of its own needs no thread for each request that waits. The queue is bounded by count and by
 * bytes: what does not fit is refused at once with 503 and Retry-After, before it can cost anything.
 *
 * Bounds: body (413), bytes and requests under way (503), headers (32 KiB, 431), connections, idle time,
 * time to receive a request. Errors are application/problem+json. On a loopback address a Host other than
 * localhost, 127.0.0.1 or [::1] is refused (DNS rebinding); a POST must be declared as JSON, which a page
 * of another site cannot send without asking first.
 *
 * Depends on lib/{mem,text,diag,value,json,clock,log}, libmicrohttpd. The options, routes and their context
 * outlive the server. Open and close from one thread; block the signals that this thread waits for first,
 * as the server's threads inherit its mask.
 */
#ifndef LIB_HTTP_SERVER_H
#define LIB_HTTP_SERVER_H

#include "lib/diag/error.h"
#include "lib/http/problem.h"
#include "lib/log/log.h"
#include "lib/text/text.h"

#include <stdbool.h>
#include <stdint.h>

struct http_server; /* opaque */

/* One request, lent for the call of its handler. */
struct http_incoming {
	const char *method;
	const char *path; /* decoded, without the query */
	struct slice body;
	int64_t received_us; /* clock_monotonic_us when its head was read */
	int64_t deadline_ms; /* clock_monotonic_ms at which the caller has given up */
	const struct http_exchange *exchange;
};

/* The first value of a header (name in any case), empty if absent. */
struct slice http_incoming_header(const struct http_incoming *incoming, const char *name);
/* Every header, and every parameter of the query with its escapes undone, in the order they came. Texts are
 * lent for the call of `each`; they are as the sender wrote them, not all UTF-8. */
typedef void http_field(void *ctx, struct slice name, struct slice value);
void http_incoming_headers(const struct http_incoming *incoming, http_field *each, void *ctx);
void http_incoming_query(const struct http_incoming *incoming, http_field *each, void *ctx);
/* Has the server been told to drain? */
bool http_incoming_is_last(const struct http_incoming *incoming);

/* What the handler answers: 200, application/json and an empty body unless it says otherwise. */
struct http_reply {
	int status;
	const char *content_type; /* borrowed, outlives the reply: a literal; NULL: no header */
	const char *allow;        /* of a 405: "GET, POST", a literal; or NULL */
	struct buf body;          /* made and released by the server */
	long retry_after_s;       /* 0: no header, or 1 where the status calls for one */
};

/* Fill a reply with a problem. */
void http_reply_problem(struct http_reply *reply, enum problem problem, const char *detail, const char *hint);

typedef void http_handler(void *ctx, const struct http_incoming *incoming, struct http_reply *reply);

struct http_route {
	const char *method; /* "GET" (which answers HEAD too), "POST", or "*" for any; NULL ends a table */
	const char *path;   /* whole; or a stem and a star: all that begins so */
	http_handler *handle;
	bool is_inline; /* answered on the I/O thread: must be quick and never wait */
	bool is_deferred; /* called as an inline one; request and reply are its own until it calls http_answer */
	bool any_body;  /* the body need not be declared as JSON */
};

/* Of a deferred route: the reply is filled and may be sent. From any thread, once. */
void http_answer(const struct http_incoming *incoming);

struct http_server_options {
	const char *host; /* address or name to bind; NULL: 127.0.0.1 */
	int port;         /* 0: any free one */
	const struct http_route *routes;
	void *ctx; /* of the handlers */
	/* How a request that no handler sees is refused; NULL: as a problem (http_reply_problem). */
	void (*refuse)(void *ctx, struct http_reply *reply, enum problem problem, const char *detail, const char *hint);
	const struct logger *log;
	int threads;            /* workers; at least 1 */
	int queue;              /* requests waiting for a worker; 0: 1000 */
	size_t max_body_bytes;  /* 0: 32 MiB */
	size_t max_total_bytes; /* bodies under way together; 0: 256 MiB, and at least one body */
	int connections;        /* 0: 4000 */
	int timeout_s;          /* a request from its head to a worker; 0: 300 */
	int idle_s;             /* connections on which nothing is sent or asked; 0: as timeout_s */
};

/* Listens when it returns. ERROR_IO with a hint when the address cannot be had. */
struct http_server *http_server_open(const struct http_server_options *options, struct error *err);
int http_server_port(const struct http_server *server); /* the one chosen when options said 0 */

/* Take no new connection, answer what was received as a whole, wait for it at most `wait_ms`. 0, or -1 when
 * requests are still under way: then the server cannot be closed and may only be left to die with the
 * process. */
int http_server_drain(struct http_server *server, int64_t wait_ms);
/* Ends the threads and frees. Drains first, without bound, if that was not done. NULL is fine. */
void http_server_close(struct http_server *server);

#endif
