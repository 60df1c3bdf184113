/* peer.c - a scripted HTTP server; see peer.h. */
#include "tests/harness/peer.h"

#include "lib/mem/mem.h"
#include "lib/text/text.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { MAX_CONNECTIONS = 256, MAX_REQUESTS = 4096 };

struct connection {
	struct peer *peer;
	int fd;
	pthread_t thread;
};

struct peer {
	const struct peer_act *acts;
	size_t act_count;
	int listener, port;
	int stop[2]; /* a pipe: readable once the peer is to end */
	pthread_t thread;
	pthread_mutex_t mutex; /* guards what follows */
	struct connection connections[MAX_CONNECTIONS];
	size_t connection_count;
	char *requests[MAX_REQUESTS];
	size_t request_count, taken; /* acts given out */
	char url[200];
};

/* False when the peer is to end. */
static bool wait_readable(struct peer *peer, int fd, int timeout_ms)
{
	struct pollfd fds[2] = {{.fd = peer->stop[0], .events = POLLIN}, {.fd = fd, .events = POLLIN}};

	poll(fds, fd < 0 ? 1 : 2, timeout_ms);
	return fds[0].revents == 0;
}

/* ---- one connection */

static size_t body_size(const char *head)
{
	const char *line = strcasestr(head, "\r\nContent-Length:");

	return line ? (size_t)strtoul(line + 17, NULL, 10) : 0;
}

/* One whole request, or NULL at the end of the connection. The caller frees. */
static char *read_request(struct connection *connection)
{
	struct buf text;
	char chunk[4096];
	const char *end;
	ssize_t got;

	buf_init(&text, 0);
	for (;;) {
		end = strstr(buf_text(&text), "\r\n\r\n");
		if (end && text.len >= (size_t)(end - text.data) + 4 + body_size(text.data))
			return buf_take(&text);
		if (!wait_readable(connection->peer, connection->fd, -1))
			break;
		got = recv(connection->fd, chunk, sizeof(chunk), 0);
		if (got <= 0)
			break;
		buf_add(&text, chunk, (size_t)got);
	}
	buf_release(&text);
	return NULL;
}

static const struct peer_act *next_act(struct peer *peer, char *request)
{
	const struct peer_act *act;

	pthread_mutex_lock(&peer->mutex);
	act = &peer->acts[peer->taken < peer->act_count ? peer->taken : peer->act_count - 1];
	peer->taken++;
	if (request && peer->request_count < MAX_REQUESTS)
		peer->requests[peer->request_count++] = request;
	else
		mem_free(request);
	pthread_mutex_unlock(&peer->mutex);
	return act;
}

static bool next_is_at_once(struct peer *peer)
{
	bool at_once;

	pthread_mutex_lock(&peer->mutex);
	at_once = peer->acts[peer->taken < peer->act_count ? peer->taken : peer->act_count - 1].at_once;
	pthread_mutex_unlock(&peer->mutex);
	return at_once;
}

static void send_all(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		bytes += sent;
		size -= (size_t)sent;
	}
}

/* True to go on with the connection. */
static bool perform(struct connection *connection, const struct peer_act *act)
{
	struct linger hard = {.l_onoff = 1, .l_linger = 0};

	if (act->delay_ms && !wait_readable(connection->peer, -1, act->delay_ms))
		return false;
	if (act->answer)
		send_all(connection->fd, act->answer, act->size ? act->size : strlen(act->answer));
	if (act->pause_ms && !wait_readable(connection->peer, -1, act->pause_ms))
		return false;
	if (act->then == PEER_HOLD)
		wait_readable(connection->peer, -1, -1);
	if (act->then == PEER_RESET)
		setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	return act->then == PEER_KEEP;
}

static void *serve(void *ctx)
{
	struct connection *connection = ctx;
	bool open = true;

	while (open) {
		char *request = next_is_at_once(connection->peer) ? NULL : read_request(connection);

		if (!request && !next_is_at_once(connection->peer))
			break;
		open = perform(connection, next_act(connection->peer, request));
	}
	close(connection->fd);
	return NULL;
}

/* ---- the peer */

static void *accept_all(void *ctx)
{
	struct peer *peer = ctx;

	while (wait_readable(peer, peer->listener, -1)) {
		int fd = accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC);
		struct connection *connection;

		if (fd < 0)
			continue;
		pthread_mutex_lock(&peer->mutex);
		if (peer->connection_count == MAX_CONNECTIONS) {
			close(fd);
		} else {
			connection = &peer->connections[peer->connection_count++];
			*connection = (struct connection){.peer = peer, .fd = fd};
			pthread_create(&connection->thread, NULL, serve, connection);
		}
		pthread_mutex_unlock(&peer->mutex);
	}
	return NULL;
}

static int bind_loopback(int *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

int peer_dead_port(int *fd)
{
	int port;

	*fd = bind_loopback(&port);
	return port;
}

struct peer *peer_open(const struct peer_act *acts, size_t count)
{
	struct peer *peer = mem_new(sizeof(*peer));

	peer->acts = acts;
	peer->act_count = count;
	pthread_mutex_init(&peer->mutex, NULL);
	assert_int_equal(pipe2(peer->stop, O_CLOEXEC), 0);
	peer->listener = bind_loopback(&peer->port);
	assert_int_equal(listen(peer->listener, 256), 0);
	assert_int_equal(pthread_create(&peer->thread, NULL, accept_all, peer), 0);
	return peer;
}

void peer_close(struct peer *peer)
{
	assert_int_equal(write(peer->stop[1], "x", 1), 1);
	pthread_join(peer->thread, NULL);
	for (size_t i = 0; i < peer->connection_count; i++)
		pthread_join(peer->connections[i].thread, NULL);
	for (size_t i = 0; i < peer->request_count; i++)
		mem_free(peer->requests[i]);
	close(peer->listener);
	close(peer->stop[0]);
	close(peer->stop[1]);
	pthread_mutex_destroy(&peer->mutex);
	mem_free(peer);
}

int peer_port(const struct peer *peer)
{
	return peer->port;
}

const char *peer_url(struct peer *peer, const char *path)
{
	snprintf(peer->url, sizeof(peer->url), "http://127.0.0.1:%d%s", peer->port, path);
	return peer->url;
}

size_t peer_connections(struct peer *peer)
{
	size_t count;

	pthread_mutex_lock(&peer->mutex);
	count = peer->connection_count;
	pthread_mutex_unlock(&peer->mutex);
	return count;
}

size_t peer_requests(struct peer *peer)
{
	size_t count;

	pthread_mutex_lock(&peer->mutex);
	count = peer->request_count;
	pthread_mutex_unlock(&peer->mutex);
	return count;
}

const char *peer_request(struct peer *peer, size_t i)
{
	assert_true(i < peer_requests(peer));
	return peer->requests[i];
}
