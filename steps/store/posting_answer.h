/*
 * posting_answer.h - what an answer to a POST means for the record that was sent.
 *
 * The rules of posting.h as one pure function, so that they can be read and tested without a server.
 * Sources: RFC 9110 (status codes, Retry-After), RFC 8470 (425), draft-ietf-httpapi-idempotency-key-header.
 *
 * Depends on lib/http/client.h (types), outbox.h (types), lib/docstore (SHA-256).
 */
#ifndef STEPS_STORE_POSTING_ANSWER_H
#define STEPS_STORE_POSTING_ANSWER_H

#include "steps/store/outbox.h"

#include "lib/http/client.h"

enum answer_verdict {
	ANSWER_DELIVERED,
	ANSWER_REFUSED,     /* for good */
	ANSWER_FAILED,      /* this record, this time */
	ANSWER_SINK_FAILED, /* the sink as a whole, this time */
};

struct posting_answer {
	enum answer_verdict verdict;
	char reason[300];       /* one line; empty when delivered */
	int64_t retry_after_ms; /* -1: the server did not say */
};

void posting_answer_read(struct posting_answer *answer, const struct http_response *response);

enum { POSTING_KEY_SIZE = 64 };
/* The Idempotency-Key of an entry: time of acceptance and hash of the record, so the same over attempts and
 * restarts, and another one when the same record is sent to the store again. */
const char *posting_key(const struct outbox_entry *entry, char key[POSTING_KEY_SIZE]);

#endif
