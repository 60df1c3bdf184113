/*
 * outbox.c - accepting: tickets, the writer thread, group commit; see outbox.h.
 *
 * A ticket lies on the stack of the thread that waits for it. The writer takes the whole queue, commits it
 * in one transaction, and wakes all. When a commit fails every ticket in it gets the error, and the marks go
 * back to the queue: they cost nothing to keep and a repeated delivery to lose.
 */
#include "steps/store/outbox_private.h"

#include "lib/clock/clock.h"
#include "lib/docstore/docstore.h"
#include "lib/mem/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum {
	APPLICATION_ID = 0x4c58464f, /* "LXFO" */
	MAX_BATCH = 1000,            /* accepts in one transaction */
	MARK_DELAY_MS = 20,          /* how long marks alone wait for accepts to share a commit with */
	FAILED_DELAY_MS = 500,       /* between attempts to commit marks on a disk that refuses */
	PRUNE_EVERY = 5000,          /* accepts */
};

/* AUTOINCREMENT: a number must never return, since readers remember how far they got. */
static const char *const migrations[] = {
	"CREATE TABLE sinks(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;"
	"CREATE TABLE entries("
	" number INTEGER PRIMARY KEY AUTOINCREMENT,"
	" document TEXT NOT NULL,"
	" accepted_us INTEGER NOT NULL,"
	" record TEXT NOT NULL) STRICT;"
	"CREATE TABLE deliveries("
	" sink INTEGER NOT NULL REFERENCES sinks(id),"
	" entry INTEGER NOT NULL,"
	" state INTEGER NOT NULL DEFAULT 0," /* 0 waiting, 1 parked */
	" attempts INTEGER NOT NULL DEFAULT 0,"
	" reason TEXT,"
	" PRIMARY KEY(sink, entry)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX parked ON deliveries(entry) WHERE state = 1;"
	"CREATE TABLE keys(key TEXT PRIMARY KEY, hash TEXT NOT NULL, accepted_us INTEGER NOT NULL)"
	" STRICT, WITHOUT ROWID;"
	"CREATE INDEX keys_by_age ON keys(accepted_us);",
};

struct db *outbox_database(const char *path, struct error *err)
{
	return db_open(path, DB_FULL, APPLICATION_ID, migrations, sizeof(migrations) / sizeof(migrations[0]),
		       err);
}

/* ---- one transaction */

static int remember_key(struct outbox *outbox, const struct ticket *ticket, bool *is_repeat,
			struct error *err)
{
	char hash[DOCSTORE_HASH_SIZE];
	sqlite3_stmt *stmt = db_prepare(outbox->db, "SELECT hash FROM keys WHERE key = ?", err);
	int row;

	docstore_hash(ticket->record, hash);
	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, ticket->key);
	row = db_step(outbox->db, stmt, err);
	if (row < 0)
		return -1;
	*is_repeat = row && slice_is(db_column_text(stmt, 0), hash);
	sqlite3_reset(stmt);
	if (*is_repeat)
		return 0;
	stmt = db_prepare(outbox->db, "INSERT OR REPLACE INTO keys(key, hash, accepted_us) VALUES (?, ?, ?)",
			  err);
	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, ticket->key);
	db_bind_text(stmt, 2, slice_of(hash));
	db_bind_int(stmt, 3, clock_wall_us());
	return db_run(outbox->db, stmt, err);
}

static int add_deliveries(struct outbox *outbox, int64_t entry, struct error *err)
{
	for (size_t i = 0; i < outbox->sink_count; i++) {
		sqlite3_stmt *stmt =
			db_prepare(outbox->db, "INSERT INTO deliveries(sink, entry) VALUES (?, ?)", err);

		if (!stmt)
			return -1;
		db_bind_int(stmt, 1, outbox->sinks[i]);
		db_bind_int(stmt, 2, entry);
		if (db_run(outbox->db, stmt, err) < 0)
			return -1;
	}
	return 0;
}

static int add_entry(struct outbox *outbox, const struct ticket *ticket, size_t *added, struct error *err)
{
	bool is_repeat = false;
	sqlite3_stmt *stmt;

	if (ticket->key.len && remember_key(outbox, ticket, &is_repeat, err) < 0)
		return -1;
	if (is_repeat)
		return 0;
	stmt = db_prepare(outbox->db, "INSERT INTO entries(document, accepted_us, record) VALUES (?, ?, ?)",
			  err);
	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, ticket->document);
	db_bind_int(stmt, 2, clock_wall_us());
	db_bind_text(stmt, 3, ticket->record);
	if (db_run(outbox->db, stmt, err) < 0)
		return -1;
	++*added;
	return add_deliveries(outbox, db_last_row(outbox->db), err);
}

static int forget_delivered(struct outbox *outbox, const struct mark *mark, struct error *err)
{
	sqlite3_stmt *stmt =
		db_prepare(outbox->db, "DELETE FROM deliveries WHERE sink = ? AND entry = ?", err);

	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, outbox->sinks[mark->sink]);
	db_bind_int(stmt, 2, mark->entry);
	if (db_run(outbox->db, stmt, err) < 0)
		return -1;
	stmt = db_prepare(outbox->db,
			  "DELETE FROM entries WHERE number = ?1 AND NOT EXISTS (SELECT 1 FROM deliveries"
			  " WHERE sink IN (SELECT id FROM sinks) AND entry = ?1)",
			  err);
	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, mark->entry);
	return db_run(outbox->db, stmt, err);
}

static int apply_mark(struct outbox *outbox, const struct mark *mark, struct error *err)
{
	sqlite3_stmt *stmt;

	if (mark->outcome == OUTBOX_DONE)
		return forget_delivered(outbox, mark, err);
	stmt = db_prepare(
		outbox->db,
		"UPDATE deliveries SET state = ?, attempts = ?, reason = ? WHERE sink = ? AND entry = ?",
		err);
	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, mark->outcome == OUTBOX_PARKED ? DELIVERY_PARKED : DELIVERY_WAITING);
	db_bind_int(stmt, 2, mark->attempts);
	db_bind_text(stmt, 3, slice_of(mark->reason));
	db_bind_int(stmt, 4, outbox->sinks[mark->sink]);
	db_bind_int(stmt, 5, mark->entry);
	return db_run(outbox->db, stmt, err);
}

static int prune_keys(struct outbox *outbox, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(outbox->db, "DELETE FROM keys WHERE accepted_us < ?", err);

	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, clock_wall_us() - (int64_t)OUTBOX_KEY_DAYS * 86400 * 1000000);
	return db_run(outbox->db, stmt, err);
}

static int commit(struct outbox *outbox, const struct ticket *tickets, const struct mark *marks,
		  size_t *added, struct error *err)
{
	*added = 0;
	if (db_begin(outbox->db, err) < 0)
		return -1;
	for (const struct ticket *t = tickets; t; t = t->next) {
		if (add_entry(outbox, t, added, err) < 0)
			goto fail;
	}
	for (const struct mark *m = marks; m; m = m->next) {
		if (apply_mark(outbox, m, err) < 0)
			goto fail;
	}
	if (outbox->accepted >= PRUNE_EVERY) {
		outbox->accepted = 0;
		if (prune_keys(outbox, err) < 0)
			goto fail;
	}
	if (db_commit(outbox->db, err) < 0)
		goto fail;
	outbox->accepted += (int64_t)*added;
	return 0;

fail:
	db_rollback(outbox->db);
	if (db_is_full(outbox->db))
		err->kind = ERROR_BUSY; /* sending again helps, once there is room */
	return -1;
}

/* ---- the writer */

static void free_marks(struct mark *marks)
{
	while (marks) {
		struct mark *next = marks->next;

		mem_free(marks->reason);
		mem_free(marks);
		marks = next;
	}
}

static struct timespec after_ms(int64_t ms)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_nsec += (long)(ms % 1000) * 1000000;
	at.tv_sec += (time_t)(ms / 1000) + at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	return at;
}

/* Waits for work. Marks alone wait a little for an accept to share the sync with. Mutex held. */
static void wait_for_work(struct outbox *outbox, int64_t mark_delay_ms)
{
	struct timespec until;

	while (!outbox->tickets && !outbox->marks && !outbox->is_closing)
		pthread_cond_wait(&outbox->queued, &outbox->mutex);
	if (outbox->tickets || outbox->is_closing)
		return;
	until = after_ms(mark_delay_ms);
	while (!outbox->tickets && !outbox->is_closing) {
		if (pthread_cond_timedwait(&outbox->queued, &outbox->mutex, &until) == ETIMEDOUT)
			return;
	}
}

/* At most MAX_BATCH tickets off the queue. Mutex held. */
static struct ticket *take_tickets(struct outbox *outbox)
{
	struct ticket *first = outbox->tickets;
	struct ticket **end = &outbox->tickets;

	for (size_t i = 0; *end && i < MAX_BATCH; i++)
		end = &(*end)->next;
	outbox->tickets = *end;
	if (!outbox->tickets)
		outbox->last_ticket = &outbox->tickets;
	*end = NULL;
	return first;
}

/* Not committed: to the front of the queue again. Mutex held. */
static void put_back(struct outbox *outbox, struct mark *marks)
{
	struct mark **end = &marks;

	while (*end)
		end = &(*end)->next;
	*end = outbox->marks;
	if (!outbox->marks)
		outbox->last_mark = end == &marks ? &outbox->marks : end;
	outbox->marks = marks;
}

/* Tell the listener, unlocked: it takes locks of its own. Mutex held. */
static void notify(struct outbox *outbox)
{
	void (*added)(void *ctx) = outbox->added;
	void *ctx = outbox->added_ctx;

	outbox->is_notifying = true;
	pthread_mutex_unlock(&outbox->mutex);
	added(ctx);
	pthread_mutex_lock(&outbox->mutex);
	outbox->is_notifying = false;
	pthread_cond_broadcast(&outbox->answered);
}

/* One round: take, commit unlocked, answer. Mutex held. 0, or -1 when the commit failed. */
static int work(struct outbox *outbox)
{
	struct ticket *tickets = take_tickets(outbox);
	struct mark *marks = outbox->marks;
	struct error err = {0};
	size_t added;
	int status;

	outbox->marks = NULL;
	outbox->last_mark = &outbox->marks;
	pthread_mutex_unlock(&outbox->mutex);
	status = commit(outbox, tickets, marks, &added, &err);
	if (status == 0)
		free_marks(marks);
	pthread_mutex_lock(&outbox->mutex);
	for (struct ticket *t = tickets, *next; t; t = next) {
		next = t->next; /* its thread may be gone the moment it is done */
		t->err = err;
		t->is_done = true;
	}
	pthread_cond_broadcast(&outbox->answered);
	if (status < 0 && !outbox->is_closing)
		put_back(outbox, marks);
	else if (status < 0)
		free_marks(marks);
	if (status == 0 && added && outbox->added)
		notify(outbox);
	return status;
}

static void *write_all(void *arg)
{
	struct outbox *outbox = arg;
	int64_t mark_delay_ms = MARK_DELAY_MS;

	pthread_mutex_lock(&outbox->mutex);
	for (;;) {
		wait_for_work(outbox, mark_delay_ms);
		if (outbox->is_closing && !outbox->tickets && !outbox->marks)
			break;
		mark_delay_ms = work(outbox) < 0 ? FAILED_DELAY_MS : MARK_DELAY_MS;
	}
	pthread_mutex_unlock(&outbox->mutex);
	return NULL;
}

/* ---- opening */

static int register_sink(struct outbox *outbox, const char *name, struct error *err)
{
	sqlite3_stmt *stmt;
	int row;

	stmt = db_prepare(outbox->db, "INSERT INTO sinks(name) VALUES (?) ON CONFLICT DO NOTHING", err);
	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, slice_of(name));
	if (db_run(outbox->db, stmt, err) < 0)
		return -1;
	stmt = db_prepare(outbox->db, "SELECT id FROM sinks WHERE name = ?", err);
	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, slice_of(name));
	row = db_step(outbox->db, stmt, err);
	if (row <= 0)
		return -1;
	outbox->sinks[outbox->sink_count++] = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return 0;
}

static int open_lock(struct outbox *outbox, struct error *err)
{
	struct buf path;

	buf_init(&path, 0);
	buf_printf(&path, "%s.lock", outbox->path);
	outbox->lock = open(buf_text(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (outbox->lock < 0)
		error_set(err, ERROR_IO, "cannot open lock file %s: %s", buf_text(&path), strerror(errno));
	buf_release(&path);
	return outbox->lock < 0 ? -1 : 0;
}

static int start_writer(struct outbox *outbox, struct error *err)
{
	int failed = pthread_create(&outbox->writer, NULL, write_all, outbox);

	if (failed)
		return error_set(err, ERROR_IO, "cannot start the outbox's writer thread: %s",
				 strerror(failed));
	outbox->has_writer = true;
	return 0;
}

struct outbox *outbox_open(const char *path, const char *const *sinks, size_t count, struct error *err)
{
	struct outbox *outbox = mem_new(sizeof(*outbox));
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&outbox->mutex, NULL);
	pthread_cond_init(&outbox->queued, &monotonic);
	pthread_cond_init(&outbox->answered, NULL);
	pthread_condattr_destroy(&monotonic);
	outbox->path = mem_strdup(path);
	outbox->lock = -1;
	outbox->last_ticket = &outbox->tickets;
	outbox->last_mark = &outbox->marks;
	outbox->db = outbox_database(path, err);
	if (!outbox->db || open_lock(outbox, err) < 0)
		goto fail;
	if (count > OUTBOX_MAX_SINKS) {
		error_set(err, ERROR_INPUT, "%zu sinks are given, at most %d can be", count,
			  OUTBOX_MAX_SINKS);
		goto fail;
	}
	for (size_t i = 0; i < count; i++) {
		if (register_sink(outbox, sinks[i], err) < 0)
			goto fail;
	}
	if (prune_keys(outbox, err) < 0 || start_writer(outbox, err) < 0)
		goto fail;
	return outbox;

fail:
	outbox_close(outbox);
	return NULL;
}

void outbox_close(struct outbox *outbox)
{
	if (!outbox)
		return;
	if (outbox->has_writer) {
		pthread_mutex_lock(&outbox->mutex);
		outbox->is_closing = true;
		pthread_cond_signal(&outbox->queued);
		pthread_mutex_unlock(&outbox->mutex);
		pthread_join(outbox->writer, NULL);
	}
	free_marks(outbox->marks);
	db_close(outbox->db);
	if (outbox->lock >= 0)
		close(outbox->lock); /* after the marks: the next owner must see them */
	pthread_mutex_destroy(&outbox->mutex);
	pthread_cond_destroy(&outbox->queued);
	pthread_cond_destroy(&outbox->answered);
	mem_free(outbox->path);
	mem_free(outbox);
}

void outbox_listen(struct outbox *outbox, void (*added)(void *ctx), void *ctx)
{
	pthread_mutex_lock(&outbox->mutex);
	while (outbox->is_notifying)
		pthread_cond_wait(&outbox->answered, &outbox->mutex);
	outbox->added = added;
	outbox->added_ctx = ctx;
	pthread_mutex_unlock(&outbox->mutex);
}

/* ---- what other threads ask for */

int outbox_accept(struct outbox *outbox, struct slice document, struct slice key, struct slice record,
		  struct error *err)
{
	struct ticket ticket = {.document = document, .key = key, .record = record};

	if (key.len > OUTBOX_MAX_KEY)
		return error_set(err, ERROR_INPUT,
				 "the Idempotency-Key has %zu bytes, at most %d are allowed", key.len,
				 OUTBOX_MAX_KEY);
	pthread_mutex_lock(&outbox->mutex);
	*outbox->last_ticket = &ticket;
	/* The ticket leaves the queue before this function returns. */
	/* cppcheck-suppress autoVariables */
	outbox->last_ticket = &ticket.next;
	pthread_cond_signal(&outbox->queued);
	while (!ticket.is_done)
		pthread_cond_wait(&outbox->answered, &outbox->mutex);
	pthread_mutex_unlock(&outbox->mutex);
	if (ticket.err.kind == ERROR_NONE)
		return 0;
	if (err && err->kind == ERROR_NONE)
		*err = ticket.err;
	return -1;
}

void outbox_mark(struct outbox *outbox, size_t sink, int64_t entry, enum outbox_outcome outcome, int attempts,
		 const char *reason)
{
	struct mark *mark = mem_new(sizeof(*mark));

	mark->entry = entry;
	mark->sink = (int)sink;
	mark->outcome = outcome;
	mark->attempts = attempts;
	mark->reason = mem_strdup(reason);
	pthread_mutex_lock(&outbox->mutex);
	*outbox->last_mark = mark;
	outbox->last_mark = &mark->next;
	pthread_cond_signal(&outbox->queued);
	pthread_mutex_unlock(&outbox->mutex);
}

bool outbox_own(struct outbox *outbox)
{
	bool is_owner;

	pthread_mutex_lock(&outbox->mutex);
	if (!outbox->is_owner)
		outbox->is_owner = flock(outbox->lock, LOCK_EX | LOCK_NB) == 0;
	is_owner = outbox->is_owner;
	pthread_mutex_unlock(&outbox->mutex);
	return is_owner;
}
