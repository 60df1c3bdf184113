/* outbox_reader.c - what waits for one sink, oldest first; see outbox.h. */
#include "steps/store/outbox_private.h"

#include "lib/mem/mem.h"

struct outbox_reader {
	struct db *db;
	int64_t sink; /* key in table sinks */
};

struct outbox_reader *outbox_reader_open(struct outbox *outbox, size_t sink, struct error *err)
{
	struct outbox_reader *reader = mem_new(sizeof(*reader));

	reader->db = outbox_database(outbox->path, err);
	reader->sink = outbox->sinks[sink];
	if (reader->db)
		return reader;
	outbox_reader_close(reader);
	return NULL;
}

void outbox_reader_close(struct outbox_reader *reader)
{
	if (!reader)
		return;
	db_close(reader->db);
	mem_free(reader);
}

static struct outbox_entry entry_of(sqlite3_stmt *stmt)
{
	return (struct outbox_entry){
		.number = sqlite3_column_int64(stmt, 0),
		.document = db_column_text(stmt, 1),
		.record = db_column_text(stmt, 2),
		.accepted_us = sqlite3_column_int64(stmt, 3),
	};
}

int outbox_reader_next(struct outbox_reader *reader, int64_t after, size_t limit, size_t bytes,
		       outbox_each *each, void *ctx, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(reader->db,
					"SELECT number, document, record, accepted_us FROM deliveries"
					" JOIN entries ON number = entry"
					" WHERE sink = ? AND entry > ? AND state = 0 ORDER BY entry LIMIT ?",
					err);
	size_t read = 0;
	int count = 0;
	int row;

	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, reader->sink);
	db_bind_int(stmt, 2, after);
	db_bind_int(stmt, 3, (int64_t)limit);
	while ((row = db_step(reader->db, stmt, err)) > 0) {
		struct outbox_entry entry = entry_of(stmt);

		each(ctx, &entry);
		count++;
		read += entry.record.len;
		if (read > bytes)
			break;
	}
	sqlite3_reset(stmt); /* an open read keeps the WAL from starting over */
	return row < 0 ? -1 : count;
}

int outbox_reader_get(struct outbox_reader *reader, int64_t number, outbox_each *each, void *ctx,
		      struct error *err)
{
	sqlite3_stmt *stmt =
		db_prepare(reader->db,
			   "SELECT number, document, record, accepted_us FROM entries WHERE number = ?", err);
	struct outbox_entry entry;
	int row;

	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, number);
	row = db_step(reader->db, stmt, err);
	if (row <= 0)
		return row;
	entry = entry_of(stmt);
	each(ctx, &entry);
	sqlite3_reset(stmt);
	return 1;
}

int64_t outbox_reader_count(struct outbox_reader *reader, struct error *err)
{
	sqlite3_stmt *stmt =
		db_prepare(reader->db, "SELECT count(*) FROM deliveries WHERE sink = ? AND state = 0", err);
	int64_t count;

	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, reader->sink);
	if (db_step(reader->db, stmt, err) < 0)
		return -1;
	count = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return count;
}
