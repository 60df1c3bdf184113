/*
 * client.c - libcurl multi on a libuv loop; see client.h.
 *
 * Curl says which sockets and which moment it waits for; libuv waits. Two habits save work on the hot path:
 * the socket of a kept connection stays in the poll set between the calls that share it (curl would have it
 * taken out and put in again each time), and finished handles are used again.
 *
 * Only a connection that has carried a whole response is kept so. Curl closes its socket through our
 * callback, which ends the watch first; the socket of an attempt to connect it may close without a word
 * (7.88, cf_socket_close), and a watch left on it would be one on whatever gets the number next.
 *
 * A thousand calls at once would be a thousand connections at once: more than a listener's queue holds, so that some
 * are made a second later, and several times the work of a few connections that carry them one after the other. So a
 * window bounds how many are with curl, the rest waits in line. While calls end quickly the line moves on; when fewer
 * than a window of them ended within RAMP_MS, they take their time and need not wait for each other: the window doubles.
 */
#include "lib/http/client.h"
#include "lib/http/client_private.h"
#include "lib/mem/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	MAX_KEPT_CALLS = 256,        /* finished calls kept for the next */
	MAX_KEPT_CONNECTIONS = 4096, /* curl counts those in use, too */
	FIRST_WINDOW = 64,
	LAST_WINDOW = 1 << 20,
	RAMP_MS = 10,
};

/* A socket in the loop's poll set. */
struct watch {
	uv_poll_t poll;
	struct http_client *client;
	curl_socket_t socket;
	bool kept;  /* of a connection that stays after the call */
	bool idle;  /* curl does not ask for it now */
	int events; /* as libuv was told; 0: stopped */
};

struct slot {
	struct watch *watch; /* or NULL */
};

struct http_client {
	uv_loop_t *loop;
	CURLM *multi;
	uv_timer_t timer;
	long curl_timeout_ms; /* what curl wants of the timer; -1: nothing */
	struct http_call *active, *refused, *free_calls;
	struct http_call *waiting, *waiting_last; /* for their turn, in order */
	size_t active_count, window;
	bool allows_link_local;
	size_t ended; /* calls, since the last look at them */
	uv_timer_t ramp; /* runs while calls wait */
	bool is_ramping; /* it has run since */
	size_t free_count;
	struct slot *slots; /* by socket number */
	size_t slot_count;
	char *no_proxy;
	size_t handles; /* libuv handles that still need their close callback */
	bool closing;
};

/* ---- lists of calls */

static void push(struct http_call **list, struct http_call *call)
{
	call->prev = NULL;
	call->next = *list;
	if (*list)
		(*list)->prev = call;
	*list = call;
}

static void unlink_call(struct http_call **list, struct http_call *call)
{
	if (call->prev)
		call->prev->next = call->next;
	else
		*list = call->next;
	if (call->next)
		call->next->prev = call->prev;
	call->prev = call->next = NULL;
}

/* ---- the end of handles */

static void release_one(struct http_client *client)
{
	if (--client->handles || !client->closing)
		return;
	mem_free(client->slots);
	mem_free(client->no_proxy);
	mem_free(client);
}

static void watch_closed(uv_handle_t *handle)
{
	struct watch *watch = handle->data;
	struct http_client *client = watch->client;

	mem_free(watch);
	release_one(client);
}

static void timer_closed(uv_handle_t *handle)
{
	release_one(handle->data);
}

/* ---- sockets */

static struct watch *watch_get(struct http_client *client, curl_socket_t socket)
{
	return (size_t)socket < client->slot_count ? client->slots[socket].watch : NULL;
}

static struct watch *watch_new(struct http_client *client, curl_socket_t socket)
{
	struct watch *watch = mem_new(sizeof(*watch));

	if (uv_poll_init_socket(client->loop, &watch->poll, socket) != 0) {
		mem_free(watch);
		return NULL;
	}
	while (client->slot_count <= (size_t)socket) {
		size_t old = client->slot_count;

		client->slots = mem_grow(client->slots, &client->slot_count, sizeof(*client->slots));
		memset(client->slots + old, 0, (client->slot_count - old) * sizeof(*client->slots));
	}
	watch->poll.data = watch;
	watch->client = client;
	watch->socket = socket;
	client->handles++;
	client->slots[socket].watch = watch;
	return watch;
}

static void watch_drop(struct watch *watch)
{
	watch->client->slots[watch->socket].watch = NULL;
	uv_close((uv_handle_t *)&watch->poll, watch_closed);
}

static void take_finished(struct http_client *client);

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch_start(struct watch *watch, int events)
{
	if (watch->events != events)
		uv_poll_start(&watch->poll, events, on_poll);
	watch->events = events;
}

/* An error of the socket comes without saying which, and libuv has stopped watching. Curl shall read and
 * write and see for itself: told of an error it gives up at once, and would not send a request again that was
 * lost on a kept connection. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct watch *watch = poll->data;
	struct http_client *client = watch->client;
	curl_socket_t socket = watch->socket;
	int wanted = watch->events, flags = 0, running;

	if (status < 0 ||
	    watch->idle) { /* idle: the peer ends a connection at rest, curl finds out when it wants it */
		uv_poll_stop(poll);
		watch->events = 0;
	}
	if (watch->idle)
		return;
	if (status < 0 || events & UV_READABLE)
		flags |= CURL_CSELECT_IN;
	if (status < 0 || events & UV_WRITABLE)
		flags |= CURL_CSELECT_OUT;
	curl_multi_socket_action(client->multi, socket, flags, &running);
	if (status < 0 && watch_get(client, socket) == watch && !watch->idle && !watch->events)
		watch_start(watch, wanted); /* it was no error for curl */
	take_finished(client);
}

/* A connection at rest neither keeps the loop alive nor leaves the poll set. */
static void watch_rest(struct watch *watch)
{
	watch->idle = true;
	uv_unref((uv_handle_t *)&watch->poll);
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *ctx, void *unused)
{
	struct http_client *client = ctx;
	struct watch *watch = watch_get(client, socket);
	int events = 0;

	(void)easy;
	(void)unused;
	if (what == CURL_POLL_REMOVE) {
		if (watch && watch->kept)
			watch_rest(watch);
		else if (watch)
			watch_drop(watch);
		return 0;
	}
	if (!watch)
		watch = watch_new(client, socket);
	if (!watch)
		return -1;
	if (what & CURL_POLL_IN)
		events |= UV_READABLE;
	if (what & CURL_POLL_OUT)
		events |= UV_WRITABLE;
	if (watch->idle)
		uv_ref((uv_handle_t *)&watch->poll);
	watch->idle = false;
	watch_start(watch, events);
	return 0;
}

/* A watch that is there already was left by a socket closed without a word. Curl takes the new one for the
 * same and may ask nothing more, so it gets the old one's events. */
curl_socket_t http_client_socket(struct http_client *client, int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	struct watch *stale = fd < 0 ? NULL : watch_get(client, fd);
	struct watch *watch;
	int events;

	if (!stale)
		return fd < 0 ? CURL_SOCKET_BAD : fd;
	events = stale->idle ? 0 : stale->events;
	watch_drop(stale);
	watch = events ? watch_new(client, fd) : NULL;
	if (watch)
		watch_start(watch, events);
	return fd;
}

int http_client_close_socket(void *ctx, curl_socket_t socket)
{
	struct watch *watch = watch_get(ctx, socket);

	if (watch)
		watch_drop(watch); /* out of the poll set before the number can be used again */
	return close(socket);
}

/* The connection of a call that went well: from now on its socket is watched across calls. */
static void keep_socket(struct http_client *client, struct http_call *call)
{
	curl_socket_t socket = CURL_SOCKET_BAD;
	struct watch *watch;
	long connected = 0;

	curl_easy_getinfo(call->easy, CURLINFO_NUM_CONNECTS, &connected);
	if (!connected) /* on one we know; looking it up is a search among all */
		return;
	curl_easy_getinfo(call->easy, CURLINFO_ACTIVESOCKET, &socket);
	if (socket == CURL_SOCKET_BAD || watch_get(client, socket))
		return;
	watch = watch_new(client, socket);
	if (!watch)
		return;
	watch->kept = true;
	watch_rest(watch);
}

/* ---- the timer */

static void on_timer(uv_timer_t *timer);

static void arm(struct http_client *client)
{
	if (client->refused)
		uv_timer_start(&client->timer, on_timer, 0, 0);
	else if (client->curl_timeout_ms < 0)
		uv_timer_stop(&client->timer);
	else
		uv_timer_start(&client->timer, on_timer, (uint64_t)client->curl_timeout_ms, 0);
}

static int on_timeout_change(CURLM *multi, long timeout_ms, void *ctx)
{
	struct http_client *client = ctx;

	(void)multi;
	client->curl_timeout_ms = timeout_ms;
	if (!client->closing)
		arm(client);
	return 0;
}

/* ---- calls */

static void rest(struct http_client *client, struct http_call *call)
{
	http_call_rest(call);
	call->done = NULL;
	if (client->free_count >= MAX_KEPT_CALLS) {
		http_call_free(call);
		return;
	}
	push(&client->free_calls, call);
	client->free_count++;
}

static void finish(struct http_client *client, struct http_call *call, CURLcode result)
{
	struct http_response response;

	http_call_respond(call, result, &response);
	call->done(call->ctx, &response);
	rest(client, call);
}

/* ---- taking turns */

static void on_ramp(uv_timer_t *timer);

/* From now on, so that the loop looks at its sockets before the timer is due. */
static void start_ramp(struct http_client *client)
{
	client->ended = 0;
	uv_update_time(client->loop);
	uv_timer_start(&client->ramp, on_ramp, RAMP_MS, 0);
}

static void wait_in_line(struct http_client *client, struct http_call *call)
{
	if (!client->waiting) {
		client->is_ramping = false;
		start_ramp(client);
	}
	call->waiting = true;
	call->next = NULL;
	call->prev = client->waiting_last;
	if (call->prev)
		call->prev->next = call;
	else
		client->waiting = call;
	client->waiting_last = call;
}

static void leave_line(struct http_client *client, struct http_call *call)
{
	call->waiting = false;
	if (client->waiting_last == call)
		client->waiting_last = call->prev;
	unlink_call(&client->waiting, call);
	if (!client->waiting)
		uv_timer_stop(&client->ramp);
}

static void leave_curl(struct http_client *client, struct http_call *call)
{
	curl_multi_remove_handle(client->multi, call->easy);
	unlink_call(&client->active, call);
	client->active_count--;
	client->ended++;
	if (client->active_count == 0 && !client->waiting)
		client->window = FIRST_WINDOW;
}

static void refuse_later(struct http_client *client, struct http_call *call)
{
	call->refused = true;
	push(&client->refused, call);
	arm(client);
}

static void give_to_curl(struct http_client *client, struct http_call *call)
{
	CURLMcode code = curl_multi_add_handle(client->multi, call->easy);

	if (code == CURLM_OK) {
		push(&client->active, call);
		client->active_count++;
		return;
	}
	call->outcome = HTTP_CONNECTION_FAILED;
	snprintf(call->message, sizeof(call->message), "%s", curl_multi_strerror(code));
	refuse_later(client, call);
}

static void launch(struct http_client *client, struct http_call *call)
{
	if (client->waiting || client->active_count >= client->window)
		wait_in_line(client, call);
	else
		give_to_curl(client, call);
}

static void launch_waiting(struct http_client *client)
{
	struct http_call *call;

	while ((call = client->waiting) && client->active_count < client->window) {
		leave_line(client, call);
		http_call_retime(call);
		give_to_curl(client, call);
	}
}

static void on_ramp(uv_timer_t *timer)
{
	struct http_client *client = timer->data;

	if (client->is_ramping && client->ended < client->window && client->window < LAST_WINDOW)
		client->window *= 2;
	client->is_ramping = true;
	launch_waiting(client);
	if (client->waiting)
		start_ramp(client);
}

static void take_finished(struct http_client *client)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(client->multi, &left))) {
		CURLcode result = message->data.result;
		struct http_call *call = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
		if (result == CURLE_OK)
			keep_socket(client, call);
		leave_curl(client, call);
		if (http_call_redirect(call, result) == 1)
			launch(client, call);
		else
			finish(client, call, result);
	}
	launch_waiting(client);
}

static void on_timer(uv_timer_t *timer)
{
	struct http_client *client = timer->data;
	struct http_call *call;
	int running;

	client->curl_timeout_ms = -1;
	while ((call = client->refused)) {
		unlink_call(&client->refused, call);
		finish(client, call, CURLE_OK);
	}
	curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	take_finished(client);
}

struct http_call *http_client_send(struct http_client *client, const struct http_request *request,
				   http_done *done, void *ctx)
{
	struct http_call *call = client->free_calls;

	assert(!client->closing);
	if (call) {
		unlink_call(&client->free_calls, call);
		client->free_count--;
	} else {
		call = http_call_new(client, client->no_proxy);
	}
	call->done = done;
	call->ctx = ctx;
	if (http_call_prepare(call, request) < 0)
		refuse_later(client, call);
	else
		launch(client, call);
	return call;
}

void http_call_cancel(struct http_call *call)
{
	struct http_client *client = call->client;

	assert(call->done); /* a call that was answered is not the caller's any more */
	if (call->refused)
		unlink_call(&client->refused, call);
	else if (call->waiting)
		leave_line(client, call);
	else
		leave_curl(client, call);
	rest(client, call);
}

/* ---- the client */

/* Setting CURLOPT_NOPROXY hides no_proxy of the environment, so it is carried over. */
static char *no_proxy_list(void)
{
	const char *more = getenv("no_proxy");
	struct buf list;

	if (!more)
		more = getenv("NO_PROXY");
	buf_init(&list, 0);
	buf_add_text(&list, "127.0.0.0/8,localhost,::1");
	if (more && *more)
		buf_printf(&list, ",%s", more);
	return buf_take(&list);
}

struct http_client *http_client_new(uv_loop_t *loop)
{
	struct http_client *client = mem_new(sizeof(*client));

	client->loop = loop;
	client->curl_timeout_ms = -1;
	client->no_proxy = no_proxy_list();
	client->multi = curl_multi_init();
	if (!client->multi)
		abort(); /* out of memory: as lib/mem does */
	uv_timer_init(loop, &client->timer);
	uv_timer_init(loop, &client->ramp);
	client->timer.data = client->ramp.data = client;
	client->handles = 2;
	client->window = FIRST_WINDOW;
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timeout_change);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
	curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)MAX_KEPT_CONNECTIONS);
	curl_multi_setopt(client->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	return client;
}

bool http_client_allows_link_local(const struct http_client *client)
{
	return client->allows_link_local;
}

void http_client_allow_link_local(struct http_client *client)
{
	client->allows_link_local = true;
}

void http_client_free(struct http_client *client)
{
	struct http_call *call;

	if (!client)
		return;
	while ((call = client->refused ? client->refused : client->waiting ? client->waiting : client->active))
		http_call_cancel(call);
	client->closing = true;
	while ((call = client->free_calls)) {
		unlink_call(&client->free_calls, call);
		http_call_free(call);
	}
	curl_multi_cleanup(client->multi); /* closes the connections at rest, hence their watches */
	uv_close((uv_handle_t *)&client->timer, timer_closed);
	uv_close((uv_handle_t *)&client->ramp, timer_closed);
}
