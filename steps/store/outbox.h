/*
 * outbox.h - what was acknowledged and is not yet delivered, on disk.
 *
 * A record is acknowledged when the row that holds it is committed with a sync. One writer thread commits
 * whatever has queued while the last commit ran (group commit), so the price of the sync is shared by all
 * threads that wait; marks of what was delivered travel in the same commits.
 *
 *	outbox_accept (any thread, waits) -> writer: entries + one delivery per sink -> outbox_reader_next
 *	  (one reader per sink) -> outbox_mark -> writer: delivery removed, entry with the last of them
 *
 * The file is its own, beside the database of decisions: with both in one file, a batch that indexes texts
 * holds the write lock and an acknowledgement waited up to 432 ms for it, against 16 ms (median of both below
 * 0.4 ms, and delivery twice as fast), measured with 8 KB records on the machine of the README.
 *
 * Any number of processes may accept into one outbox; one at a time delivers from it, the one that owns the
 * lock file. The lock dies with its process.
 *
 * Errors: a full disk or a busy database is ERROR_BUSY, since sending again later helps.
 * Depends on lib/{mem,text,diag,clock,db,docstore}, pthreads.
 */
#ifndef STEPS_STORE_OUTBOX_H
#define STEPS_STORE_OUTBOX_H

#include "lib/db/db.h"
#include "lib/diag/error.h"
#include "lib/text/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct outbox; /* opaque */

enum {
	OUTBOX_MAX_SINKS = 16,
	OUTBOX_MAX_KEY = 256, /* bytes of an Idempotency-Key */
	OUTBOX_KEY_DAYS = 7,  /* a repeated key is recognised for so long */
};

/* Opens or makes the file and starts the writer. What is accepted goes to these sinks (names, copied); rows
 * for sinks of earlier runs stay until those are configured again. */
struct outbox *outbox_open(const char *path, const char *const *sinks, size_t count, struct error *err);
/* Commits what is queued, ends the writer. No accept may be under way. NULL is fine. */
void outbox_close(struct outbox *outbox);

/* Called from the writer thread after each commit that added entries. When this returns, the listener set
 * before is not and will not be running. `added` may be NULL. */
void outbox_listen(struct outbox *outbox, void (*added)(void *ctx), void *ctx);

/* Returns when the record is on disk, or -1. A `key` (may be empty) seen before with the same record adds
 * nothing and is a success; with another record it stands for that one from now on. */
int outbox_accept(struct outbox *outbox, struct slice document, struct slice key, struct slice record,
		  struct error *err);

/* ---- delivering */

/* Is this process the one that delivers? Tries to become it. */
bool outbox_own(struct outbox *outbox);

enum outbox_outcome {
	OUTBOX_DONE,   /* delivered: forget it */
	OUTBOX_PARKED, /* refused for good: keep it, with the reason, until somebody asks to retry */
	OUTBOX_FAILED, /* not this time: note attempts and reason */
};

/* Queue a mark; it is committed soon. `reason` is copied, NULL for DONE. Marks that are lost in a crash mean
 * that the delivery is done again. */
void outbox_mark(struct outbox *outbox, size_t sink, int64_t entry, enum outbox_outcome outcome, int attempts,
		 const char *reason);

struct outbox_entry {
	int64_t number;        /* order of acceptance; never used twice */
	struct slice document; /* id of the record, or source of a failed one */
	struct slice record;   /* JSON */
	int64_t accepted_us;   /* wall clock; stays when a parked entry gets a new number */
};
typedef void outbox_each(void *ctx, const struct outbox_entry *entry); /* entry lent for the call */

struct outbox_reader; /* opaque; one thread */

struct outbox_reader *outbox_reader_open(struct outbox *outbox, size_t sink, struct error *err);
void outbox_reader_close(struct outbox_reader *reader);
/* The next entries after number `after` that wait for this sink, oldest first: at most `limit`, fewer when
 * their records pass `bytes`. `each` is lent the entry. How many, or -1. */
int outbox_reader_next(struct outbox_reader *reader, int64_t after, size_t limit, size_t bytes,
		       outbox_each *each, void *ctx, struct error *err);
/* One entry by its number: 1, 0 when it is no longer there, or -1. */
int outbox_reader_get(struct outbox_reader *reader, int64_t number, outbox_each *each, void *ctx,
		      struct error *err);
/* How many wait for this sink; -1 on error. */
int64_t outbox_reader_count(struct outbox_reader *reader, struct error *err);

/* ---- looking (verbs): on a connection of their own, without a writer */

struct outbox_row {
	int64_t number;
	struct slice document, sink, reason;
	bool is_parked;
	int attempts;
	int64_t accepted_us; /* wall clock */
};

/* Opens for the functions below; close with db_close. */
struct db *outbox_look(const char *path, struct error *err);
int outbox_list(struct db *db, void (*each)(void *ctx, const struct outbox_row *row), void *ctx,
		struct error *err);
/* Parked deliveries wait again, behind everything accepted so far. How many, or -1. */
int64_t outbox_unpark(struct db *db, struct error *err);
/* The sinks that something waits for, and how much. */
int outbox_waiting(struct db *db, void (*each)(void *ctx, struct slice sink, int64_t entries), void *ctx,
		   struct error *err);

#endif
