/*
 * journal_private.h - the parts of a journal, for this room alone.
 *
 * journal.c is the loop's side; writer.c the thread that commits; lock.c who owns a run; read.c the reading
 * connection; schema.c the tables; content.c values as JSON; contents.c what is stored once; gc.c what is deleted;
 * cancel.c the wish that a run end.
 */
#ifndef WORKFLOW_JOURNAL_PRIVATE_H
#define WORKFLOW_JOURNAL_PRIVATE_H

#include "workflow/journal/journal.h"

/* ---- schema.c */

enum { JOURNAL_APPLICATION_ID = 0x6c786a31 }; /* "lxj1" */
extern const char *const journal_migrations[];
extern const size_t journal_migration_count;

enum { JOURNAL_WAL_PAGES = 48 }; /* left for the next program to read: half a dozen short runs */

/* ---- lock.c: one byte of a file beside the database for each run, locked by its owner (J5) */

struct locks; /* opaque */

struct locks *locks_open(const char *database, struct error *err);
void locks_close(struct locks *locks); /* NULL is fine; lets go of all */
/* 1: taken; 0: another holds it (also: we do, already); -1: error. From any thread. */
int locks_take(struct locks *locks, int64_t row, struct error *err);
void locks_drop(struct locks *locks, int64_t row);
bool locks_is_held(struct locks *locks, int64_t row); /* by anyone */
int locks_touch(struct locks *locks, struct error *err); /* change the time of the file: whoever watches it wakes */
const char *locks_path(const struct locks *locks);

/* ---- writer.c: the thread that commits */

/* What is queued for the database, in order; each record is followed by its content and parts. */
enum record_kind { RECORD_EVENT, RECORD_END, RECORD_EXECUTION, RECORD_BEGUN };

struct record {
	enum record_kind kind;
	int event_kind; /* of an event; the state of an end */
	int64_t run;	/* row */
	int64_t number, strand, effect;
	int64_t time_us;
	size_t content_len;
	size_t part_count; /* struct content_part follow the content */
};

/* One turn of the loop: records and the ticket of the last. Used again and again. */
struct batch {
	struct batch *next;
	struct buf records;
	int64_t ticket;
};

struct writer; /* opaque */

/* Takes over `db`, which is the writer's thread's while that works, and the caller's while it rests. `notify` is called
 * on that thread (on the caller's for a push that follows writer_hold) after each commit and after a failure. */
struct writer *writer_new(struct db *db, void (*notify)(void *ctx), void *ctx);
/* Commits what was pushed, ends the thread, closes the database. NULL is fine. */
void writer_free(struct writer *writer);
void writer_push(struct writer *writer, struct batch *taken);
/* Commit on the caller's thread, if the writer rests and no other process writes: true, and there are news (no
 * `notify`). False: nothing was done, the batch is still the caller's. */
bool writer_commit(struct writer *writer, struct batch *taken);

struct writer_news {
	int64_t committed;   /* ticket */
	bool failed;	     /* for good; `error` says why */
	struct error error;
	struct batch *spent; /* to be used again; owned by the caller */
};
void writer_take_news(struct writer *writer, struct writer_news *news);

/* A transaction of its own, on the writer's thread unless that rests, waited for. 0 once committed. */
typedef int writer_job(struct db *db, void *ctx, struct error *err);
int writer_call(struct writer *writer, writer_job *job, void *ctx, struct error *err);
/* The same, committed at the latest with the first push; what the job wrote is seen by nobody before. */
int writer_hold(struct writer *writer, writer_job *job, void *ctx, struct error *err);

void batch_free(struct batch *batch);

/* ---- contents.c: parts of contents, stored once by their SHA-256, large ones compressed */

/* What of a content is stored with its event: parts are put into `contents` and {"$content": hash} in their places. */
int contents_put(struct db *db, int64_t run, struct slice content, const struct content_part *parts, size_t count,
		 struct buf *out, struct error *err);
/* The content whole again; appended. */
int contents_restore(struct db *db, struct slice stored, struct buf *out, struct error *err);

/* ---- read.c */

struct reader; /* opaque: a connection, opened when first needed, and the texts it last lent */

struct reader *reader_new(const char *path);
void reader_free(struct reader *reader); /* NULL is fine */
int reader_open(struct reader *reader, struct error *err);
/* 1, 0 when there is none, -1. */
int reader_run(struct reader *reader, int64_t row, struct journal_run *run, struct error *err);
/* Point a run at copies of these texts, good until the next read. */
void reader_lend(struct reader *reader, struct journal_run *run, struct slice file, struct slice parent_run,
		 struct slice parent_step);

/* The runs that go on and are wished ended, at most `size`; how many, or -1. */
int reader_cancels(struct reader *reader, int64_t *rows, int size, struct error *err);

/* For statements of other files: prepared and stepped on the reading connection. */
sqlite3_stmt *reader_prepare(struct reader *reader, const char *sql, struct error *err);
int reader_step(struct reader *reader, sqlite3_stmt *stmt, struct error *err); /* as db_step */

/* ---- workflows.c, executions.c */
struct value journal_fields(struct slice json); /* a map; empty for what is none */
int execution_write(struct db *db, const struct record *record, const char *content, struct error *err);
int execution_write_begun(struct db *db, const struct record *record, struct error *err);

/* ---- cancel.c */
struct cancel_watch; /* opaque */
void cancels_close(struct cancel_watch *watch); /* NULL is fine */

struct journal {
	char *path;
	struct locks *locks;
	struct reader *reader;
	struct writer *writer; /* NULL: reading only */
	struct journal_callbacks callbacks;
	uv_async_t async;     /* the writer's voice */
	uv_prepare_t prepare; /* flushes before the loop goes to sleep */
	int handles;	      /* libuv handles not closed yet */
	struct batch *filling; /* this turn's records, or NULL */
	struct batch *spare;   /* to be used again */
	int64_t ticket;	       /* of the last append */
	int64_t settled;       /* the loop was told about tickets up to here */
	int64_t last_entered;  /* row that executions.c gave last */
	bool failed;
	struct cancel_watch *cancels; /* NULL: nobody looks for wishes */
};

/* ---- journal.c: queue a record of any kind; its ticket */
int64_t journal_queue(struct journal *journal, const struct record *record, struct slice content);

#endif
