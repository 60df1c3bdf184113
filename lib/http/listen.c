/* listen.c - the socket a server listens on; see server_private.h. */
#include "lib/http/server_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static bool is_loopback(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 ==
		       127;
	return address->sa_family == AF_INET6 &&
	       IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

static int chosen_port(int fd)
{
	struct sockaddr_storage bound;
	socklen_t size = sizeof(bound);

	if (getsockname(fd, (struct sockaddr *)&bound, &size) < 0)
		return -1;
	if (bound.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)(void *)&bound)->sin6_port);
	return ntohs(((struct sockaddr_in *)(void *)&bound)->sin_port);
}

/* What the operator can do about it depends on what the system said. */
static int refused(const char *host, int port, int reason, struct error *err)
{
	error_set(err, ERROR_IO, "cannot listen on %s:%d: %s", host, port, strerror(reason));
	if (reason == EADDRINUSE)
		error_hint(err, "another program has this port: stop it, or choose one with --port "
				"(--port 0 takes any that is free)");
	else if (reason == EACCES)
		error_hint(err, "ports below 1024 are for root: choose one with --port");
	else if (reason == EADDRNOTAVAIL)
		error_hint(err,
			   "the address belongs to no interface of this machine: choose one with --host");
	return -1;
}

/* TCP_NODELAY passes on to the accepted sockets, so an answer never waits for an acknowledgement. */
static int open_socket(const struct addrinfo *info)
{
	int on = 1, reason;
	int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
	    bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	reason = errno;
	close(fd);
	errno = reason;
	return -1;
}

int listener_open(struct listener *listener, const char *host, int port, struct error *err)
{
	struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	char service[16];
	int status;

	listener->fd = -1;
	if (port < 0 || port > 65535) {
		error_set(err, ERROR_INPUT, "%d is not a port", port);
		error_hint(err, "ports are 0 (any free one) to 65535");
		return -1;
	}
	snprintf(service, sizeof(service), "%d", port);
	status = getaddrinfo(host, service, &wanted, &found);
	if (status != 0) {
		error_set(err, ERROR_IO, "cannot listen on %.200s: %s", host, gai_strerror(status));
		error_hint(err, "give an address of this machine with --host, for example 127.0.0.1");
		return -1;
	}
	listener->fd = open_socket(found);
	if (listener->fd < 0) {
		refused(host, port, errno, err);
		goto done;
	}
	listener->port = chosen_port(listener->fd);
	listener->is_loopback = is_loopback(found->ai_addr);
	listener->is_ipv6 = found->ai_family == AF_INET6;
done:
	freeaddrinfo(found);
	return listener->fd < 0 ? -1 : 0;
}
