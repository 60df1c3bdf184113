/*
 * client.h - HTTP out: libcurl multi on a libuv loop, connections kept alive.
 *
 * A client belongs to one loop and its thread. Whoever calls bounds how many calls there are (the engine by its limits,
 * store by its delivery window). All of them run together, but for a burst: beyond 64 they take turns while calls end
 * within some milliseconds, and slow ones are joined by the rest, twice as many each time. A call's time to wait in line
 * is part of its timeout. No proxy is ever used for loopback addresses; TLS is verified.
 *
 * Depends on lib/mem, lib/text, lib/diag, libcurl, libuv.
 */
#ifndef LIB_HTTP_CLIENT_H
#define LIB_HTTP_CLIENT_H

#include "lib/diag/error.h"
#include "lib/text/text.h"

#include <stdint.h>
#include <uv.h>

struct http_header {
	const char *name; /* as sent, or on the way back in canonical form: Content-Type */
	const char *value;
};

struct http_request {
	const char *method;
	const char *url; /* whole, query included */
	const struct http_header *headers;
	size_t header_count;
	struct slice body;	 /* ptr NULL: none */
	int64_t timeout_ms;	 /* whole call, redirects included; above 0 */
	size_t response_limit;	 /* bytes of body */
	int max_redirects;	 /* 0: a redirect is an answer like another */
	const char *connect_to;	 /* "host:port" to connect to instead of the URL's, or NULL */
	const char *ca_file;	 /* NULL: the system's */
	struct slice ca_pem;	 /* certificates to trust in the place of ca_file; ptr NULL: none */
};

/* How a call ended; the words are those of the language's error tags (reference, 6.2). */
enum http_outcome {
	HTTP_ANSWERED,		/* a whole response is here, whatever its status */
	HTTP_CONNECTION_FAILED, /* no connection was made: nothing was sent */
	HTTP_CONNECTION_BROKEN, /* it broke before a whole response: may have been delivered */
	HTTP_TIMED_OUT,
	HTTP_TOO_LARGE,
	HTTP_BAD_URL,
	HTTP_TOO_MANY_REDIRECTS,
};

struct http_response {
	enum http_outcome outcome;
	int status;
	const struct http_header *headers; /* canonical names; repeated ones joined by ", " */
	size_t header_count;
	struct slice body; /* decoded (gzip) */
	const char *message; /* one line on what went wrong, or "" */
	int64_t sent_us, first_byte_us, done_us; /* since the call began */
};

typedef void http_done(void *ctx, const struct http_response *response); /* response lent for the call */

struct http_client; /* opaque */
struct http_call;   /* opaque */

struct http_client *http_client_new(uv_loop_t *loop);
/* Link-local addresses (address.h) are called, too; else a call to one, or that is redirected to one, is
 * HTTP_CONNECTION_FAILED. For calls whose URL comes from the operator, or who asked for it. */
void http_client_allow_link_local(struct http_client *client);
/* Calls still under way end without their callback. The loop must run once more to close handles. */
void http_client_free(struct http_client *client);

/* Starts at once, or as soon as it is its turn; everything in `request` is copied. `done` is called exactly once, from
 * the loop, never from inside http_client_send. */
struct http_call *http_client_send(struct http_client *client, const struct http_request *request, http_done *done,
				   void *ctx);
void http_call_cancel(struct http_call *call); /* `done` will not be called */

/* host[:port] of an http or https URL, without user information; borrowed. Empty when it is no such URL. */
struct slice http_url_host(const char *url);

#endif
