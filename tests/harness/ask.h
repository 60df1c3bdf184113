/*
 * ask.h - one HTTP call to a loopback port, and wait for the answer (libcurl).
 *
 * A connection is kept by an asker from one call to the next, so that keep-alive can be seen
 * (`connections`: how many the last call had to open). No proxy, ten seconds at most.
 *
 * Depends on lib/text, libcurl, cmocka. An asker belongs to one thread.
 */
#ifndef TESTS_HARNESS_ASK_H
#define TESTS_HARNESS_ASK_H

#include "lib/text/text.h"

struct asker {
	void *curl; /* owned */
	int port;
	long connections;
};

struct answer {
	int status;      /* 0: no answer */
	struct buf head; /* status line and headers as received */
	struct buf body;
};

void asker_init(struct asker *asker, int port);
void asker_release(struct asker *asker);

/* `body` NULL: no body. `headers`: "Name: value" texts, NULL-terminated, or NULL. A body without a
 * Content-Type among them is sent as application/json. The caller releases the answer. */
struct answer ask(struct asker *asker, const char *method, const char *path, struct slice body,
		  const char *const *headers);
struct answer ask_post(struct asker *asker, const char *path, const char *body);
struct answer ask_get(struct asker *asker, const char *path);
bool answer_has(const struct answer *answer, const char *header_line); /* "Retry-After: 7" */
void answer_release(struct answer *answer);

#endif
