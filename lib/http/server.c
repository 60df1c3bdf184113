/* server.c - open, drain and close a server; see server.h and server_private.h. */
#include "lib/http/server_private.h"

#include "lib/clock/clock.h"
#include "lib/mem/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	DEFAULT_QUEUE = 1000,
	DEFAULT_BODY = 32 << 20,
	DEFAULT_TOTAL = 256 << 20,
	DEFAULT_CONNECTIONS = 4000,
	DEFAULT_TIMEOUT_S = 300,
	HEAD_BYTES = 32 << 10, /* memory of a connection for head and reading */
	SPARE_FILES = 64,      /* descriptors left for everything but connections */
	WORKERS_PER_IO = 4,    /* one thread moves bytes for so many that work */
};

/* libmicrohttpd hands over a path that ends where an escaped NUL was: the address as it was sent tells. What is
 * returned is the slot that on_request finds: the server itself stands for such a path, NULL for any other. */
static void *on_address(void *cls, const char *address, struct MHD_Connection *connection)
{
	struct slice path = slice_of(address);
	size_t query = slice_find(path, SLICE("?"), 0);

	(void)connection;
	path = slice_sub(path, 0, query);
	return slice_find(path, SLICE("%00"), 0) == SIZE_MAX ? NULL : cls;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload, size_t *size,
				  void **slot)
{
	bool is_cut = *slot == cls;
	struct http_exchange *exchange = is_cut ? NULL : *slot;

	(void)version;
	if (!exchange) {
		exchange = exchange_begin(cls, connection, method, is_cut ? NULL : url);
		*slot = exchange;
		if (!exchange_is_hopeless(exchange))
			return MHD_YES;
		exchange->must_close = true;
		exchange->state = EXCHANGE_ANSWERED;
	} else if (*size) {
		bool go_on = exchange_receive(exchange, upload, *size);

		*size = 0;
		return go_on ? MHD_YES : MHD_NO;
	}
	return exchange->state == EXCHANGE_RECEIVING ? exchange_dispatch(exchange) : exchange_send(exchange);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **slot,
			 enum MHD_RequestTerminationCode code)
{
	(void)connection, (void)code;
	if (*slot && *slot != cls)
		exchange_end(*slot);
	*slot = NULL;
}

/* libmicrohttpd reports every client that hangs up; that is for those who look for it. */
static void on_message(void *cls, const char *fmt, va_list args)
{
	const struct http_server *server = cls;
	char text[500];

	if (!server->options.log || server->options.log->threshold > LOG_DEBUG)
		return;
	vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\n")] = '\0';
	log_write(server->options.log, LOG_DEBUG, value_null(), "libmicrohttpd: %s", text);
}

static void fill_defaults(struct http_server_options *options)
{
	struct rlimit files;

	if (!options->host || !*options->host)
		options->host = "127.0.0.1";
	if (options->threads < 1)
		options->threads = 1;
	if (options->queue < 1)
		options->queue = DEFAULT_QUEUE;
	if (options->max_body_bytes == 0)
		options->max_body_bytes = DEFAULT_BODY;
	if (options->max_total_bytes == 0)
		options->max_total_bytes = DEFAULT_TOTAL;
	if (options->max_total_bytes < options->max_body_bytes)
		options->max_total_bytes = options->max_body_bytes;
	if (options->timeout_s < 1)
		options->timeout_s = DEFAULT_TIMEOUT_S;
	if (options->idle_s < 1)
		options->idle_s = options->timeout_s;
	if (options->connections < 1)
		options->connections = DEFAULT_CONNECTIONS;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur > 2 * SPARE_FILES &&
	    (rlim_t)options->connections > files.rlim_cur - SPARE_FILES)
		options->connections = (int)(files.rlim_cur - SPARE_FILES);
}

static int start_daemon(struct http_server *server, struct error *err)
{
	const struct http_server_options *options = &server->options;
	unsigned int flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
	int io_threads = (options->threads + WORKERS_PER_IO - 1) / WORKERS_PER_IO;
	struct MHD_OptionItem pool[] = {
		/* a pool of one is another, slower arrangement than no pool */
		{io_threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, io_threads, NULL},
		{MHD_OPTION_END, 0, NULL},
	};

	if (server->listener.is_ipv6)
		flags |= MHD_USE_IPv6;
	server->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, on_message, server,
		MHD_OPTION_LISTEN_SOCKET, server->listener.fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
		server, MHD_OPTION_CONNECTION_LIMIT, (unsigned int)options->connections,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)options->idle_s, MHD_OPTION_URI_LOG_CALLBACK,
		on_address, server,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_ARRAY, pool, MHD_OPTION_END);
	if (!server->daemon)
		return error_set(err, ERROR_IO, "cannot start the HTTP server: %s", strerror(errno));
	return 0;
}

struct http_server *http_server_open(const struct http_server_options *options, struct error *err)
{
	struct http_server *server = mem_new(sizeof(*server));
	pthread_condattr_t attributes;

	server->options = *options;
	fill_defaults(&server->options);
	if (listener_open(&server->listener, server->options.host, server->options.port, err) < 0)
		goto fail;
	pthread_mutex_init(&server->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&server->quiet, &attributes);
	pthread_condattr_destroy(&attributes);
	server->is_ready = true;
	if (workers_start(&server->workers, server->options.threads, server->options.queue, err) < 0)
		goto fail;
	if (start_daemon(server, err) < 0)
		goto fail;
	return server;

fail:
	http_server_close(server);
	return NULL;
}

int http_server_port(const struct http_server *server)
{
	return server->listener.port;
}

/* No new connections; those that exist get "Connection: close" with their next answer. The socket refuses from now on,
 * but stays until libmicrohttpd's thread, which may still poll it, has ended: its number must not be another's. */
static void stop_listening(struct http_server *server)
{
	if (atomic_exchange(&server->draining, true) || !server->daemon)
		return;
	MHD_quiesce_daemon(server->daemon);
	shutdown(server->listener.fd, SHUT_RD);
}

int http_server_drain(struct http_server *server, int64_t wait_ms)
{
	struct timespec until;
	int timed_out = 0;

	stop_listening(server);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(wait_ms / 1000);
	until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&server->lock);
	while (server->active > 0 && timed_out == 0)
		timed_out = pthread_cond_timedwait(&server->quiet, &server->lock, &until);
	/* From here on nothing is suspended any more, which MHD_stop_daemon insists on. */
	server->closed = server->active == 0;
	pthread_mutex_unlock(&server->lock);
	return server->closed ? 0 : -1;
}

void http_server_close(struct http_server *server)
{
	if (!server)
		return;
	if (server->daemon) {
		while (!server->closed && http_server_drain(server, 3600 * 1000) < 0)
			;
		MHD_stop_daemon(server->daemon);
	}
	if (server->listener.fd >= 0)
		close(server->listener.fd);
	workers_stop(&server->workers);
	if (server->is_ready) {
		pthread_cond_destroy(&server->quiet);
		pthread_mutex_destroy(&server->lock);
	}
	mem_free(server);
}
