/* filing.c - the thread that files records in a database; see filing.h. */
#include "steps/store/filing.h"

#include "steps/store/decisions.h"

#include "lib/clock/clock.h"
#include "lib/http/backoff.h"
#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

enum {
	MAX_BATCH = 64,
	MAX_BATCH_BYTES = 4 << 20,
	MAX_TEXT = 32 << 20, /* of one document */
	POLL_MS = 250,       /* how soon records of other processes are seen */
	DRAIN_POLL_MS = 20,
	DRAIN_ATTEMPTS = 3,
};

struct item {
	int64_t number;
	char *record; /* owned */
	size_t size;
	char *refusal; /* why it can never be filed; owned, or NULL */
};

struct filing {
	const struct delivery_setup *setup;
	size_t sink;
	struct decisions *decisions;
	struct outbox_reader *reader;
	struct item batch[MAX_BATCH];
	size_t count;
	int64_t position; /* number of the entry read last */
	int failures;     /* in a row */
	struct buf text;

	pthread_t thread;
	bool has_thread;
	pthread_mutex_t mutex; /* guards what follows */
	pthread_cond_t changed;
	bool has_news, is_draining;
	int64_t deadline_ms;
};

/* ---- one batch */

static void take(void *ctx, const struct outbox_entry *entry)
{
	struct filing *filing = ctx;

	filing->batch[filing->count++] = (struct item){
		.number = entry->number,
		.record = mem_strndup(entry->record.ptr, entry->record.len),
		.size = entry->record.len,
	};
	filing->position = entry->number;
}

static void clear_batch(struct filing *filing)
{
	for (size_t i = 0; i < filing->count; i++) {
		mem_free(filing->batch[i].record);
		mem_free(filing->batch[i].refusal);
	}
	filing->count = 0;
}

/* The text that belongs to a record; empty when it cannot be had, which must not keep the record out. */
static struct slice find_text(struct filing *filing, const struct decision *decision, struct value record)
{
	const struct delivery_setup *setup = filing->setup;
	struct slice own = value_get_text(record, "text");
	struct error err = {0};

	if (own.len || !decision->text_uri.len || !setup->documents)
		return own;
	buf_clear(&filing->text);
	if (docstore_get(setup->documents, decision->text_uri, &filing->text, &err) == 0)
		return buf_slice(&filing->text);
	log_write(setup->log, LOG_WARNING, value_null(), "%.*s is stored without its text: %s",
		  SLICE_ARG(decision->id), err.message);
	return slice_of(NULL);
}

static int put_record(struct filing *filing, struct value record, struct slice json, struct error *err)
{
	struct decision decision;
	struct slice text;
	int wanted, status;

	decision_init(&decision, record);
	wanted = decisions_wants_text(filing->decisions, &decision, err);
	if (wanted > 0)
		text = find_text(filing, &decision, record);
	status = wanted < 0 ? -1
			    : decisions_put(filing->decisions, &decision, record, json, wanted ? &text : NULL,
					    err);
	decision_release(&decision);
	return status;
}

/* What people corrected stays, whatever was extracted since. */
static int put_decision(struct filing *filing, struct value *record, struct slice json, struct error *err)
{
	int corrections = decisions_correct(filing->decisions, value_get_text(*record, "id"), record, err);
	struct buf corrected;
	int status;

	if (corrections <= 0)
		return corrections < 0 ? -1 : put_record(filing, *record, json, err);
	buf_init(&corrected, 0);
	if (json_write(&corrected, *record) < 0)
		status = error_set(err, ERROR_LIMIT, "the corrected record is too large");
	else
		status = put_record(filing, *record, buf_slice(&corrected), err);
	buf_release(&corrected);
	return status;
}

/* A record was read once before it was accepted, so one that cannot be read now is damage: park it. */
static int put_item(struct filing *filing, struct item *item, struct error *err)
{
	struct slice json = {item->record, item->size};
	struct error bad = {0};
	struct value record;
	struct buf key;
	int status;

	mem_free(item->refusal); /* of an attempt before */
	item->refusal = NULL;
	if (json_read(json, &record, &bad) < 0) {
		item->refusal = mem_strdup(bad.message);
		return 0;
	}
	buf_init(&key, 0);
	if (decision_key(record, &key, &bad) < 0) {
		item->refusal = mem_strdup(bad.message);
		status = 0;
	} else if (decision_is_failure(record)) {
		status = decisions_put_failure(filing->decisions, buf_slice(&key), record, json, err);
	} else {
		status = put_decision(filing, &record, json, err);
	}
	buf_release(&key);
	value_unref(record);
	return status;
}

static int file_batch(struct filing *filing, struct error *err)
{
	struct db *db = decisions_db(filing->decisions);

	if (db_begin(db, err) < 0)
		return -1;
	for (size_t i = 0; i < filing->count; i++) {
		if (put_item(filing, &filing->batch[i], err) < 0) {
			db_rollback(db);
			return -1;
		}
	}
	if (db_commit(db, err) < 0) {
		db_rollback(db);
		return -1;
	}
	for (size_t i = 0; i < filing->count; i++) {
		const struct item *item = &filing->batch[i];

		outbox_mark(filing->setup->outbox, filing->sink, item->number,
			    item->refusal ? OUTBOX_PARKED : OUTBOX_DONE, 1, item->refusal);
	}
	clear_batch(filing);
	return 0;
}

static int fill_batch(struct filing *filing, struct error *err)
{
	if (filing->count)
		return 0; /* it failed before */
	return outbox_reader_next(filing->reader, filing->position, MAX_BATCH, MAX_BATCH_BYTES, take, filing,
				  err) < 0
		       ? -1
		       : 0;
}

/* ---- the thread */

/* Waits until there is news, the thread is to drain, or the time is over. */
static void rest(struct filing *filing, int64_t ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	until.tv_sec += (time_t)(ms / 1000) + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&filing->mutex);
	if (!filing->has_news)
		pthread_cond_timedwait(&filing->changed, &filing->mutex, &until);
	filing->has_news = false;
	pthread_mutex_unlock(&filing->mutex);
}

static bool is_draining(struct filing *filing, int64_t *left_ms)
{
	bool draining;

	pthread_mutex_lock(&filing->mutex);
	draining = filing->is_draining;
	*left_ms = filing->deadline_ms - clock_monotonic_ms();
	pthread_mutex_unlock(&filing->mutex);
	return draining;
}

static void note_failure(struct filing *filing, const struct error *err)
{
	filing->failures++;
	log_write(filing->setup->log, filing->failures == 1 ? LOG_ERROR : LOG_WARNING, value_null(),
		  "cannot store into %s, attempt %d: %s%s%s", filing->setup->sinks[filing->sink].name,
		  filing->failures, err->message, err->hint[0] ? "; " : "", err->hint);
	for (size_t i = 0; i < filing->count; i++)
		outbox_mark(filing->setup->outbox, filing->sink, filing->batch[i].number, OUTBOX_FAILED,
			    filing->failures, err->message);
}

/* One look at the outbox. How long to rest after it (0: not at all), or -1 when nothing waits. */
static int64_t look(struct filing *filing)
{
	struct error err = {0};

	if (!outbox_own(filing->setup->outbox)) /* another process delivers: come again */
		return outbox_reader_count(filing->reader, &err) == 0 ? -1 : DRAIN_POLL_MS;
	if (fill_batch(filing, &err) == 0) {
		if (!filing->count)
			return -1;
		if (file_batch(filing, &err) == 0) {
			filing->failures = 0;
			return 0;
		}
	}
	note_failure(filing, &err);
	return backoff_ms(filing->failures);
}

static void *deliver(void *arg)
{
	struct filing *filing = arg;
	int failures_before = 0;
	bool was_draining = false;

	for (;;) {
		int64_t left_ms;
		bool draining = is_draining(filing, &left_ms);
		int64_t wait_ms;

		if (draining && !was_draining)
			failures_before = filing->failures;
		was_draining = draining;
		if (draining && left_ms <= 0)
			break;
		wait_ms = look(filing);
		if (filing->failures < failures_before)
			failures_before = 0;
		if (draining && (wait_ms < 0 || filing->failures - failures_before >= DRAIN_ATTEMPTS))
			break;
		if (wait_ms < 0)
			wait_ms = POLL_MS;
		if (draining && wait_ms > left_ms)
			wait_ms = left_ms;
		if (wait_ms > 0)
			rest(filing, wait_ms);
	}
	return NULL;
}

struct filing *filing_start(const struct delivery_setup *setup, size_t sink, struct error *err)
{
	struct filing *filing = mem_new(sizeof(*filing));
	pthread_condattr_t monotonic;
	int failed;

	filing->setup = setup;
	filing->sink = sink;
	pthread_mutex_init(&filing->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&filing->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	buf_init(&filing->text, MAX_TEXT);
	filing->decisions = decisions_open(setup->sinks[sink].path, err);
	if (!filing->decisions)
		goto fail;
	filing->reader = outbox_reader_open(setup->outbox, sink, err);
	if (!filing->reader)
		goto fail;
	failed = pthread_create(&filing->thread, NULL, deliver, filing);
	if (failed) {
		error_set(err, ERROR_IO, "cannot start a delivery thread: %s", strerror(failed));
		goto fail;
	}
	filing->has_thread = true;
	return filing;

fail:
	filing_finish(filing);
	return NULL;
}

void filing_wake(struct filing *filing)
{
	pthread_mutex_lock(&filing->mutex);
	filing->has_news = true;
	pthread_cond_signal(&filing->changed);
	pthread_mutex_unlock(&filing->mutex);
}

void filing_drain(struct filing *filing, int64_t deadline_ms)
{
	pthread_mutex_lock(&filing->mutex);
	filing->is_draining = true;
	filing->has_news = true;
	filing->deadline_ms = deadline_ms;
	pthread_cond_signal(&filing->changed);
	pthread_mutex_unlock(&filing->mutex);
}

void filing_finish(struct filing *filing)
{
	if (!filing)
		return;
	if (filing->has_thread)
		pthread_join(filing->thread, NULL);
	clear_batch(filing);
	buf_release(&filing->text);
	outbox_reader_close(filing->reader);
	decisions_close(filing->decisions);
	pthread_mutex_destroy(&filing->mutex);
	pthread_cond_destroy(&filing->changed);
	mem_free(filing);
}
