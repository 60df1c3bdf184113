/*
 * peer.h - an HTTP server that does as its script says, byte by byte: the good and the bad peers of a client.
 *
 * It listens on a loopback port; the n-th request (over all connections) gets the n-th act, the last act is
 * repeated for the rest. Whole requests are kept as they came. Connections have a thread each, so a test of
 * one thread can run a loop beside them.
 *
 *	static const struct peer_act acts[] = {
 *		{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"},
 *		{.then = PEER_RESET},
 *	};
 *	struct peer *peer = peer_open(acts, 2);
 *
 * Depends on lib/mem, lib/text, cmocka.
 */
#ifndef TESTS_HARNESS_PEER_H
#define TESTS_HARNESS_PEER_H

#include <stdbool.h>
#include <stddef.h>

enum peer_then {
	PEER_KEEP,  /* wait for the next request */
	PEER_CLOSE, /* orderly */
	PEER_RESET, /* with RST */
	PEER_HOLD,  /* neither answer nor close until peer_close */
};

struct peer_act {
	const char *answer; /* bytes to send, or NULL; borrowed */
	size_t size;        /* of `answer`; 0: it is a text */
	int delay_ms;       /* before the answer */
	int pause_ms;       /* after it: a reset would overtake bytes that were not read yet */
	enum peer_then then;
	bool at_once; /* as soon as a connection is there, without a request */
};

struct peer; /* opaque */

struct peer *peer_open(const struct peer_act *acts, size_t count); /* acts are borrowed */
void peer_close(struct peer *peer);
int peer_port(const struct peer *peer);
/* "http://127.0.0.1:PORT" and the path; good until the next call. */
const char *peer_url(struct peer *peer, const char *path);
size_t peer_connections(struct peer *peer); /* accepted so far */
size_t peer_requests(struct peer *peer);    /* received whole so far */
/* The i-th request as it came, NUL-terminated; lent until peer_close. Fails the test when there is none. */
const char *peer_request(struct peer *peer, size_t i);

/* A loopback port on which nobody listens and nobody will: kept by a bound socket, which is *fd. */
int peer_dead_port(int *fd);

#endif
