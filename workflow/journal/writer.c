/*
 * writer.c - the thread that commits: group commit without a clock.
 *
 *	loop:    append append flush | append flush | append flush |
 *	writer:                [ commit 1          ][ commit of both ]
 *
 * It takes whatever was pushed while the last commit ran, as one transaction; alone, a batch is committed at
 * once. Hence nothing waits longer than the commit before it, and a busy disk makes groups grow by itself.
 *
 * Two switches of threads cost as much as a commit. When nothing can happen before the next commit, the loop does it
 * itself (writer_commit), the more so as the thread rests then; it never waits there for another process, whose lock may
 * last for seconds. The thread is made when something is pushed for the first time, and a run of one strand has none.
 *
 * A short run ends before there is anything to share a commit with. So a job may leave its transaction open
 * (writer_hold) for the first push, which is then committed with it on the caller's thread.
 *
 * The first failure ends it for good: its transaction is rolled back, so the database holds exactly what was
 * announced as committed, and what is pushed later is thrown away.
 */
#include "workflow/journal/journal_private.h"
#include "lib/kill/kill.h"
#include "lib/mem/mem.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct job {
	writer_job *run; /* NULL: nothing asked */
	void *ctx;
	struct error *err;
	int result;
	bool begun, done;
};

struct writer {
	struct db *db; /* the thread's while it works; at rest, and without one, the caller's */
	bool has_thread; /* the caller's, as all up to the mutex */
	bool holds;      /* a transaction is open for the first push */
	void (*notify)(void *ctx);
	void *ctx;
	pthread_t thread;
	pthread_mutex_t mutex; /* guards all that follows */
	pthread_cond_t work, answer;
	struct batch *first, **last; /* pushed */
	struct batch *spent;
	struct job job;
	int64_t committed;
	bool working; /* the thread uses the database */
	bool stopping, failed;
	struct error error;
};

void batch_free(struct batch *batch)
{
	while (batch) {
		struct batch *next = batch->next;

		buf_release(&batch->records);
		mem_free(batch);
		batch = next;
	}
}

/* ---- on the thread */

/* What stays of a content with its event, once its parts are stored. */
static int put_parts(struct db *db, const struct record *record, const char *content, struct buf *rest,
		     struct error *err)
{
	struct content_part parts[CONTENT_MAX_PARTS];

	memcpy(parts, content + record->content_len, record->part_count * sizeof(parts[0]));
	buf_clear(rest);
	return contents_put(db, record->run, (struct slice){content, record->content_len}, parts, record->part_count,
			    rest, err);
}

/* The bytes stay where they are until the batch is spent, so SQLite need not copy them. */
static int write_event(struct db *db, sqlite3_stmt *insert, const struct record *record, struct slice content,
		       struct error *err)
{
	sqlite3_bind_int64(insert, 1, record->run);
	sqlite3_bind_int64(insert, 2, record->number);
	sqlite3_bind_int(insert, 3, record->event_kind);
	sqlite3_bind_int64(insert, 4, record->strand);
	sqlite3_bind_int64(insert, 5, record->effect);
	sqlite3_bind_int64(insert, 6, record->time_us);
	sqlite3_bind_text64(insert, 7, content.ptr, content.len, SQLITE_STATIC, SQLITE_UTF8);
	sqlite3_bind_int64(insert, 8, (int64_t)record->part_count);
	return db_step(db, insert, err);
}

static int write_end(struct db *db, const struct record *record, struct error *err)
{
	sqlite3_stmt *update = db_prepare(db, "UPDATE runs SET state = ?2, end_us = ?3 WHERE row = ?1", err);

	if (!update)
		return -1;
	db_bind_int(update, 1, record->run);
	db_bind_int(update, 2, record->event_kind);
	db_bind_int(update, 3, record->time_us);
	return db_step(db, update, err);
}

static int write_record(struct db *db, sqlite3_stmt *insert, const struct record *record, const char *content,
			struct buf *rest, struct error *err)
{
	if (record->kind == RECORD_END)
		return write_end(db, record, err);
	if (record->kind == RECORD_EXECUTION)
		return execution_write(db, record, content, err);
	if (record->kind == RECORD_BEGUN)
		return execution_write_begun(db, record, err);
	if (record->part_count == 0)
		return write_event(db, insert, record, (struct slice){content, record->content_len}, err);
	if (put_parts(db, record, content, rest, err) < 0)
		return -1;
	return write_event(db, insert, record, buf_slice(rest), err);
}

static int write_batch(struct db *db, const struct batch *batch, struct error *err)
{
	sqlite3_stmt *insert =
		db_prepare(db,
			   "INSERT INTO events (run, number, kind, strand, effect, time_us, content, parts) "
			   "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
			   err);
	const char *at = batch->records.data, *end = at + batch->records.len;
	struct record record;
	struct buf rest;
	int result = insert ? 0 : -1;

	buf_init(&rest, 0);
	while (result == 0 && at < end) {
		memcpy(&record, at, sizeof(record));
		at += sizeof(record);
		result = write_record(db, insert, &record, at, &rest, err);
		at += record.content_len + record.part_count * sizeof(struct content_part);
	}
	if (insert)
		sqlite3_clear_bindings(insert);
	buf_release(&rest);
	return result;
}

static int commit_batches(struct writer *writer, const struct batch *batch, int64_t *ticket,
			  struct error *err)
{
	struct db *db = writer->db;

	if (writer->holds) /* not written else: the loop reads it while the thread commits */
		writer->holds = false;
	else if (db_begin(db, err) < 0)
		return -1;
	for (; batch; batch = batch->next) {
		if (write_batch(db, batch, err) < 0)
			goto fail;
		*ticket = batch->ticket;
	}
	kill_point("journal.before-commit");
	if (db_commit(db, err) < 0)
		goto fail;
	kill_point("journal.after-commit");
	return 0;

fail:
	db_rollback(db);
	return -1;
}

static int do_job(struct db *db, const struct job *job)
{
	if (db_begin(db, job->err) < 0)
		return -1;
	if (job->run(db, job->ctx, job->err) == 0 && db_commit(db, job->err) == 0)
		return 0;
	db_rollback(db);
	return -1;
}

/* Called and left with the mutex held; the one who asked waits, so the job stays as it is. */
static void serve_job(struct writer *writer)
{
	int result;

	writer->job.begun = true;
	pthread_mutex_unlock(&writer->mutex);
	result = do_job(writer->db, &writer->job);
	pthread_mutex_lock(&writer->mutex);
	writer->job.result = result;
	writer->job.done = true;
	pthread_cond_broadcast(&writer->answer);
}

/* Called and left with the mutex held. */
static void serve_batches(struct writer *writer)
{
	struct batch *batches = writer->first, **last = writer->last;
	struct error error = {0};
	int64_t ticket = 0;
	int result;

	writer->first = NULL;
	writer->last = &writer->first;
	if (!writer->failed) {
		pthread_mutex_unlock(&writer->mutex);
		result = commit_batches(writer, batches, &ticket, &error);
		pthread_mutex_lock(&writer->mutex);
		if (result == 0) {
			writer->committed = ticket;
		} else {
			writer->failed = true;
			writer->error = error;
		}
	}
	*last = writer->spent;
	writer->spent = batches;
}

static void *writer_main(void *ctx)
{
	struct writer *writer = ctx;

	pthread_mutex_lock(&writer->mutex);
	for (;;) {
		writer->working = (writer->job.run && !writer->job.begun) || writer->first;
		if (writer->job.run && !writer->job.begun) {
			serve_job(writer);
		} else if (writer->first) {
			serve_batches(writer);
			writer->notify(writer->ctx);
		} else if (writer->stopping) {
			break;
		} else {
			pthread_cond_wait(&writer->work, &writer->mutex);
		}
	}
	pthread_mutex_unlock(&writer->mutex);
	return NULL;
}

/* ---- on the loop */

static bool start_thread(struct writer *writer)
{
	writer->has_thread = pthread_create(&writer->thread, NULL, writer_main, writer) == 0;
	return writer->has_thread;
}

/* Only the caller gives it work, so it goes on resting. */
static bool is_resting(struct writer *writer)
{
	bool rests;

	if (!writer->has_thread)
		return true;
	pthread_mutex_lock(&writer->mutex);
	rests = !writer->working && !writer->first;
	pthread_mutex_unlock(&writer->mutex);
	return rests;
}

/* Called with the mutex held, on the caller's thread or the writer's. */
static void add_batch(struct writer *writer, struct batch *taken)
{
	taken->next = NULL;
	*writer->last = taken;
	writer->last = &taken->next;
}

/* Commit on the caller's thread, which nobody disputes the database. */
static void serve_here(struct writer *writer, struct batch *taken)
{
	pthread_mutex_lock(&writer->mutex);
	add_batch(writer, taken);
	serve_batches(writer);
	pthread_mutex_unlock(&writer->mutex);
}

struct writer *writer_new(struct db *db, void (*notify)(void *ctx), void *ctx)
{
	struct writer *writer = mem_new(sizeof(*writer));

	writer->db = db;
	writer->notify = notify;
	writer->ctx = ctx;
	writer->last = &writer->first;
	pthread_mutex_init(&writer->mutex, NULL);
	pthread_cond_init(&writer->work, NULL);
	pthread_cond_init(&writer->answer, NULL);
	return writer;
}

void writer_free(struct writer *writer)
{
	if (!writer)
		return;
	if (writer->has_thread) {
		pthread_mutex_lock(&writer->mutex);
		writer->stopping = true;
		pthread_cond_signal(&writer->work);
		pthread_mutex_unlock(&writer->mutex);
		pthread_join(writer->thread, NULL);
	}
	db_close(writer->db); /* rolls back what is still held */
	batch_free(writer->spent);
	pthread_cond_destroy(&writer->answer);
	pthread_cond_destroy(&writer->work);
	pthread_mutex_destroy(&writer->mutex);
	mem_free(writer);
}

void writer_push(struct writer *writer, struct batch *taken)
{
	/* When held there is no lock to wait for, only the disk. Without room for a thread the loop waits for both. */
	if (writer->holds || (!writer->has_thread && !start_thread(writer))) {
		serve_here(writer, taken);
		writer->notify(writer->ctx);
		return;
	}
	pthread_mutex_lock(&writer->mutex);
	add_batch(writer, taken);
	pthread_cond_signal(&writer->work); /* a system call only when the writer sleeps */
	pthread_mutex_unlock(&writer->mutex);
}

bool writer_commit(struct writer *writer, struct batch *taken)
{
	if (!is_resting(writer))
		return false;
	if (!writer->holds)
		writer->holds = db_try_begin(writer->db, NULL) == 1; /* an error comes again, where it is told */
	if (!writer->holds)
		return false;
	serve_here(writer, taken);
	return true;
}

void writer_take_news(struct writer *writer, struct writer_news *news)
{
	pthread_mutex_lock(&writer->mutex);
	news->committed = writer->committed;
	news->failed = writer->failed;
	if (news->failed)
		news->error = writer->error;
	news->spent = writer->spent;
	writer->spent = NULL;
	pthread_mutex_unlock(&writer->mutex);
}

int writer_hold(struct writer *writer, writer_job *run, void *ctx, struct error *err)
{
	if (writer->has_thread || writer->holds)
		return writer_call(writer, run, ctx, err);
	if (db_begin(writer->db, err) < 0)
		return -1;
	writer->holds = run(writer->db, ctx, err) == 0;
	if (!writer->holds)
		db_rollback(writer->db);
	return writer->holds ? 0 : -1;
}

/* What is held must not be undone by a job that fails: it is committed first. */
static int release_held(struct writer *writer, struct error *err)
{
	if (!writer->holds)
		return 0;
	writer->holds = false;
	if (db_commit(writer->db, err) == 0)
		return 0;
	db_rollback(writer->db);
	return -1;
}

int writer_call(struct writer *writer, writer_job *run, void *ctx, struct error *err)
{
	int result;

	if (is_resting(writer)) {
		struct job job = {.run = run, .ctx = ctx, .err = err};

		return release_held(writer, err) < 0 ? -1 : do_job(writer->db, &job);
	}
	pthread_mutex_lock(&writer->mutex);
	assert(!writer->job.run); /* one caller, the loop's thread */
	writer->job = (struct job){.run = run, .ctx = ctx, .err = err};
	pthread_cond_signal(&writer->work);
	while (!writer->job.done)
		pthread_cond_wait(&writer->answer, &writer->mutex);
	result = writer->job.result;
	writer->job.run = NULL;
	pthread_mutex_unlock(&writer->mutex);
	return result;
}
