/*
 * server_private.h - the parts of the server and how they hang together.
 *
 *	I/O thread (libmicrohttpd)                      worker threads
 *	exchange_begin    head: refuse or go on
 *	exchange_receive  body, bounded
 *	exchange_dispatch suspend, workers_push  ---->  handler fills the reply
 *	exchange_send     <---- MHD_resume_connection
 *	exchange_end      answered or broken off
 *
 * An exchange is owned by its connection (exchange_end frees it); while it is queued or handled the
 * connection is suspended, so libmicrohttpd leaves it and the request's headers alone and one thread at a
 * time touches it.
 */
#ifndef LIB_HTTP_SERVER_PRIVATE_H
#define LIB_HTTP_SERVER_PRIVATE_H

#include "lib/http/microhttpd.h"
#include "lib/http/server.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

/* ---- listen.c */

struct listener {
	int fd;
	int port;
	bool is_loopback;
	bool is_ipv6;
};

int listener_open(struct listener *listener, const char *host, int port, struct error *err);

/* ---- workers.c */

struct workers {
	pthread_mutex_t lock; /* of the list */
	sem_t ready;          /* one for each exchange in the list, and at the end one for each thread */
	struct http_exchange *first, *last; /* waiting, oldest first */
	int waiting, capacity;
	pthread_t *threads;
	int count;
};

int workers_start(struct workers *workers, int threads, int capacity, struct error *err);
/* False when the queue is full. */
bool workers_push(struct workers *workers, struct http_exchange *exchange);
void workers_stop(struct workers *workers);

/* ---- exchange.c */

enum exchange_state { EXCHANGE_RECEIVING, EXCHANGE_QUEUED, EXCHANGE_ANSWERED };

struct http_exchange {
	struct http_server *server;
	struct MHD_Connection *connection;
	const struct http_route *route; /* NULL when refused */
	enum exchange_state state;
	bool is_refused; /* reply is filled already; the body is read and thrown away */
	bool is_counted; /* in server->active */
	bool must_close;
	size_t received; /* bytes of body, kept or not */
	struct buf body;
	struct http_incoming incoming;
	struct http_reply reply;
	char allow[32]; /* of a 405 */
	struct http_exchange *next;
};

/* `path` NULL: one that holds a NUL, which is refused. */
struct http_exchange *exchange_begin(struct http_server *server, struct MHD_Connection *connection,
				     const char *method, const char *path);
bool exchange_is_hopeless(const struct http_exchange *exchange); /* answer now, do not read the body */
bool exchange_receive(struct http_exchange *exchange, const char *bytes, size_t size); /* false: hang up */
enum MHD_Result exchange_dispatch(struct http_exchange *exchange);
enum MHD_Result exchange_send(struct http_exchange *exchange);
void exchange_handle(struct http_exchange *exchange); /* on a worker */
void exchange_end(struct http_exchange *exchange);

/* ---- server.c */

struct http_server {
	struct http_server_options options; /* defaults filled in */
	struct listener listener;
	struct MHD_Daemon *daemon;
	struct workers workers;
	atomic_size_t bytes; /* of bodies under way */
	atomic_bool draining;
	pthread_mutex_t lock;
	pthread_cond_t quiet;
	int active;    /* exchanges received and not ended */
	bool closed;   /* no exchange may be queued any more */
	bool is_ready; /* lock and quiet exist */
};

#endif
