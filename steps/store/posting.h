/*
 * posting.h - delivery by HTTP POST: one thread, one event loop, many requests in flight.
 *
 * Each URL has a window of requests in flight. An answer 2xx is a delivery. What may pass by itself (no
 * connection, a time-out, 408, 425, 429, 5xx) is tried again with backoff or when Retry-After says; where it
 * concerns the whole sink (all of these but 500), the sink pauses and then one request tries it out. Anything
 * else is a refusal for good: the entry is parked with the reason.
 *
 * Two versions of one document never overtake each other. A request carries an Idempotency-Key that stays
 * the same over attempts and restarts.
 *
 * Depends on delivery.h, lib/http/client, libuv.
 */
#ifndef STEPS_STORE_POSTING_H
#define STEPS_STORE_POSTING_H

#include "steps/store/delivery.h"

struct posting; /* opaque */

/* For all sinks of the setup that are URLs. `setup` is lent. */
struct posting *posting_start(const struct delivery_setup *setup, struct error *err);
void posting_wake(struct posting *posting); /* something was added; any thread */
/* From now on end when nothing is left, when each sink that has something left failed three times, or at the
 * deadline. */
void posting_drain(struct posting *posting, int64_t deadline_ms);
void posting_finish(struct posting *posting); /* waits for the thread and frees; NULL is fine */

#endif
