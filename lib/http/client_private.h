/*
 * client_private.h - a call and the connection pool behind it; for lib/http alone.
 *
 * client.c owns the loop's side (sockets, the timer, who is in flight), call.c one request and its response:
 * curl's easy handle, the texts curl borrows while it runs, what came back, and what curl's result means. A
 * finished call is kept with its handle and its memory for the next request.
 */
#ifndef LIB_HTTP_CLIENT_PRIVATE_H
#define LIB_HTTP_CLIENT_PRIVATE_H

#include "lib/http/client.h"

#include "lib/http/curl.h"
#include <stdbool.h>

/* A response header by offsets into call->head, because the text moves while it grows. */
struct http_field {
	size_t name, value;
};

struct http_call {
	struct http_client *client;
	struct http_call *prev, *next; /* in flight, or free */
	CURL *easy;
	http_done *done;
	void *ctx;
	int64_t begin_us;
	int64_t timeout_ms;
	int redirects_left;
	int64_t waited_us; /* for its turn, before curl got it */
	bool waiting;
	bool refused; /* by http_call_prepare: nothing was given to curl */

	/* the request; curl borrows all of it */
	struct buf text; /* NUL-separated: method, URL, address, header lines */
	struct buf body;
	bool has_body;
	size_t method, url, address; /* offsets into text; address 0: the URL's own */
	size_t *line_offsets;
	struct curl_slist *lines; /* header lines; data points into text */
	size_t line_count, line_capacity, offset_capacity;
	struct curl_slist connect_to;
	const char *default_ca; /* curl's own */
	bool own_ca, own_pem;   /* the handle is set to another */

	/* the response */
	enum http_outcome outcome; /* the callbacks' verdict when they stop a transfer, else HTTP_ANSWERED */
	struct buf head;
	struct http_field *fields;
	size_t field_count, field_capacity;
	struct http_header *headers; /* room for field_capacity */
	size_t header_capacity;
	struct buf content;
	bool head_complete; /* later header lines are trailers */
	char message[128];  /* why we refused or stopped, else "" */
	char curl_message[CURL_ERROR_SIZE];
};

struct http_call *http_call_new(struct http_client *client, const char *no_proxy);
void http_call_free(struct http_call *call);
/* Copies the request and configures the handle. -1: call->outcome and call->message say what is wrong. */
int http_call_prepare(struct http_call *call, const struct http_request *request);
/* Its turn has come: the time it waited counts. */
void http_call_retime(struct http_call *call);
/* A finished transfer: the response, lent until the call is used again. */
void http_call_respond(struct http_call *call, CURLcode result, struct http_response *response);
/* Turns a finished call into the request that its redirect asks for. 1: send it again; 0: it is no redirect
 * to follow; -1: one too many, outcome and message set. */
int http_call_redirect(struct http_call *call, CURLcode result);
/* Done with: lets go of large buffers. */
void http_call_rest(struct http_call *call);

bool http_client_allows_link_local(const struct http_client *client);

/* Sockets of calls are opened and closed by the client, which watches them across calls. */
curl_socket_t http_client_socket(struct http_client *client, int family, int type, int protocol);
int http_client_close_socket(void *client, curl_socket_t socket); /* a curl_closesocket_callback */

#endif
