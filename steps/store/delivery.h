/*
 * delivery.h - from the outbox to the sinks, behind the caller's back.
 *
 * Each database has a thread that files records in batches, one transaction each (filing.h). All URLs share
 * one thread with one event loop, which keeps many POSTs in flight (posting.h). Both read the outbox,
 * deliver, and mark; what fails stays in the outbox.
 *
 *	outbox -> filing  -> database of decisions
 *	       -> posting -> http://…
 *
 * Depends on outbox.h, sink.h, lib/docstore, lib/log.
 */
#ifndef STEPS_STORE_DELIVERY_H
#define STEPS_STORE_DELIVERY_H

#include "steps/store/outbox.h"
#include "steps/store/sink.h"

#include "lib/diag/error.h"
#include "lib/docstore/docstore.h"
#include "lib/log/log.h"

/* Lent for the life of the delivery. Sink i is number i of the outbox. */
struct delivery_setup {
	struct outbox *outbox;
	const struct sink *sinks;
	size_t count;
	struct docstore
		*documents; /* texts for the index; NULL: records without a text of their own get none */
	const struct logger *log;
	size_t window;     /* POSTs in flight, for each URL */
	const char *token; /* bearer token for URLs, or NULL */
};

struct delivery; /* opaque */

struct delivery *delivery_start(const struct delivery_setup *setup, struct error *err);
/* Deliver what can be delivered within the time, then end the threads and free everything. A sink that
 * fails three times meanwhile is given up; what is left stays in the outbox. NULL is fine. */
void delivery_finish(struct delivery *delivery, int64_t timeout_ms);

#endif
