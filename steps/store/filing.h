/*
 * filing.h - delivery to a database of decisions: one thread, batches in one transaction each.
 *
 * Everything that waits is taken in order, at most 64 records or 4 MB at a time; the texts that the index
 * needs come from the document store. A record whose text is not to be had is filed without it. After a
 * failure the whole batch is tried again, since filing is by id and may be repeated.
 *
 * Depends on delivery.h, decisions.h, pthreads.
 */
#ifndef STEPS_STORE_FILING_H
#define STEPS_STORE_FILING_H

#include "steps/store/delivery.h"

struct filing; /* opaque */

/* Opens the database first, so that one that cannot be used is told to the caller. `setup` is lent. */
struct filing *filing_start(const struct delivery_setup *setup, size_t sink, struct error *err);
void filing_wake(struct filing *filing); /* something was added; any thread */
/* From now on end when nothing is left, when the database fails three times, or at the deadline. */
void filing_drain(struct filing *filing, int64_t deadline_ms);
void filing_finish(struct filing *filing); /* waits for the thread and frees; NULL is fine */

#endif
