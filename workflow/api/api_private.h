/* api_private.h - a request between its thread and the loop, and the routes. */
#ifndef WORKFLOW_API_PRIVATE_H
#define WORKFLOW_API_PRIVATE_H

#include "lib/http/server.h"
#include "workflow/api/listener.h"

#include <pthread.h>

/* Lives on the stack of the thread that waits for the answer. */
struct api_request {
	struct api_listener *listener;
	const char *path;
	struct value request; /* {"method", "url", "query", "headers", "body"} (reference, 8.2) */
	struct http_reply *reply;
	bool is_answered; /* under the listener's lock */
	struct api_request *next;
};

struct api_listener {
	struct api_options options;
	struct http_server *server;
	char base[64];
	uv_async_t async;
	pthread_mutex_t lock; /* guards all below, and is_answered */
	pthread_cond_t answered;
	struct api_request *first, **last; /* the inbox */
	bool is_stopped;
};

/* ---- listener.c, on the loop */
/* The reply may be sent: from now on the request belongs to its thread. */
void api_answer(struct api_request *request);
/* The same with an error body (reference, 9.2): {"error": {"code", "message", "status"}}. */
void api_refuse(struct api_request *request, int code, const char *status, const char *message);

/* ---- incoming.c, on a thread */
struct value incoming_value(const struct http_incoming *incoming);

/* ---- callbacks.c, on the loop */
void callback_receive(struct api_request *request);

#endif
