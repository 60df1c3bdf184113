/*
 * outbox_private.h - what outbox.c (the writer), outbox_reader.c and outbox_look.c share.
 */
#ifndef STEPS_STORE_OUTBOX_PRIVATE_H
#define STEPS_STORE_OUTBOX_PRIVATE_H

#include "steps/store/outbox.h"

#include <pthread.h>

/* States of a delivery in the table. A delivered one has no row. */
enum { DELIVERY_WAITING = 0, DELIVERY_PARKED = 1 };

struct mark {
	struct mark *next;
	int64_t entry;
	int sink; /* index in outbox->sinks */
	enum outbox_outcome outcome;
	int attempts;
	char *reason; /* owned, or NULL */
};

/* One accept that waits; lives on the stack of its thread. */
struct ticket {
	struct ticket *next;
	struct slice document, key, record;
	bool is_done;
	struct error err;
};

struct outbox {
	char *path;
	struct db *db;                   /* the writer's, once it runs */
	int64_t sinks[OUTBOX_MAX_SINKS]; /* keys in table sinks */
	size_t sink_count;
	int lock; /* file descriptor of the lock file; owned when is_owner */
	bool is_owner;

	pthread_t writer;
	bool has_writer;
	pthread_mutex_t mutex;   /* guards what follows, and is_owner */
	pthread_cond_t queued;   /* for the writer */
	pthread_cond_t answered; /* for those who wait on a ticket */
	struct ticket *tickets, **last_ticket;
	struct mark *marks, **last_mark;
	size_t mark_count;
	bool is_closing;
	bool is_notifying; /* the listener is being called */

	void (*added)(void *ctx);
	void *added_ctx;
	int64_t accepted; /* since keys were pruned last */
};

struct db *outbox_database(const char *path, struct error *err);

#endif
