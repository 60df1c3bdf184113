/* arrivals.c - the table of arrivals; see arrivals.h. */
#include "workflow/journal/arrivals.h"

#include "lib/clock/clock.h"
#include "lib/docstore/docstore.h"
#include "workflow/journal/journal_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names may hold every character, so the parts are told apart by their lengths. */
void arrival_execution_id(struct slice watch, struct slice name, const char *content, char id[64])
{
	char hash[DOCSTORE_HASH_SIZE];
	struct buf text;

	buf_init(&text, 0);
	buf_printf(&text, "arrival %zu %zu ", watch.len, name.len);
	buf_add_slice(&text, watch);
	buf_add_slice(&text, name);
	buf_add_text(&text, content);
	docstore_hash(buf_slice(&text), hash);
	buf_release(&text);
	/* the version of a UUID that says that it is a hash of its maker's own kind (RFC 9562, 5.8) */
	snprintf(id, 64, "%.8s-%.4s-8%.3s-a%.3s-%.12s", hash, hash + 8, hash + 12, hash + 15, hash + 18);
}

static int step_once(struct journal *journal, sqlite3_stmt *stmt, struct error *err)
{
	int found = reader_step(journal->reader, stmt, err);

	sqlite3_reset(stmt);
	return found;
}

int journal_knows_file(struct journal *journal, const struct file_arrival *arrival, struct error *err)
{
	sqlite3_stmt *stmt = reader_prepare(journal->reader,
					    "SELECT 1 FROM arrivals WHERE watch = ?1 AND name = ?2 AND size = ?3 AND "
					    "changed_ns = ?4",
					    err);

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, arrival->watch);
	db_bind_text(stmt, 2, arrival->name);
	db_bind_int(stmt, 3, arrival->size);
	db_bind_int(stmt, 4, arrival->changed_ns);
	return step_once(journal, stmt, err);
}

int journal_knows_arrival(struct journal *journal, const struct file_arrival *arrival, struct error *err)
{
	sqlite3_stmt *stmt = reader_prepare(journal->reader, "SELECT 1 FROM arrivals WHERE execution = ?1", err);

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, slice_of(arrival->execution));
	return step_once(journal, stmt, err);
}

/* On the writer's thread. */
static int put(struct db *db, void *ctx, struct error *err)
{
	const struct file_arrival *arrival = ctx;
	sqlite3_stmt *stmt = db_prepare(db,
					"INSERT INTO arrivals (execution, watch, name, size, changed_ns, time_us) "
					"VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (execution) DO UPDATE SET "
					"size = excluded.size, changed_ns = excluded.changed_ns",
					err);

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, slice_of(arrival->execution));
	db_bind_text(stmt, 2, arrival->watch);
	db_bind_text(stmt, 3, arrival->name);
	db_bind_int(stmt, 4, arrival->size);
	db_bind_int(stmt, 5, arrival->changed_ns);
	db_bind_int(stmt, 6, clock_wall_us());
	return db_run(db, stmt, err);
}

int journal_put_arrival(struct journal *journal, const struct file_arrival *arrival, struct error *err)
{
	struct file_arrival copy = *arrival;

	return writer_call(journal->writer, put, &copy, err);
}

/* A byte of the locks far beyond those of runs, which is found without a table: by 60 bits of a hash. */
static int64_t lock_of(struct slice watch)
{
	char hash[DOCSTORE_HASH_SIZE];

	docstore_hash(watch, hash);
	hash[15] = 0;
	return ((int64_t)1 << 61) + strtoll(hash, NULL, 16);
}

int journal_own_watch(struct journal *journal, struct slice watch, struct error *err)
{
	return locks_take(journal->locks, lock_of(watch), err);
}

void journal_disown_watch(struct journal *journal, struct slice watch)
{
	locks_drop(journal->locks, lock_of(watch));
}
