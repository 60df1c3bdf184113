/*
 * journal.c - the loop's side: runs are made and owned, events queued, commits announced; see journal.h.
 *
 * What a turn of the loop appends is one batch. journal_flush hands it to the writer (writer.c); a prepare handle does
 * so at the latest before the loop goes to sleep, so nothing can lie in memory while we wait for the world. When there
 * is nothing to do but wait for that commit, it is done there and then: no thread has to wake. The async handle keeps
 * the loop alive only while something is not settled.
 */
#include "workflow/journal/journal.h"
#include "workflow/journal/journal_private.h"
#include "lib/clock/clock.h"
#include "lib/docstore/docstore.h"
#include "lib/kill/kill.h"
#include "lib/mem/mem.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum {
	KEPT_BATCH_BYTES = 1 << 16, /* a larger batch gives its memory back */
	MAX_HELD_ROWS = 100,
	KEPT_BATCHES = 8,	    /* so do more of them */
	MAX_BATCH_BYTES = 1 << 30,
	ID_LENGTH = 10,
};

const char *run_state_name(enum run_state state)
{
	static const char *const names[] = {"ACTIVE", "SUCCEEDED", "FAILED", "CANCELLED", "QUEUED"};

	return state <= RUN_QUEUED ? names[state] : "UNKNOWN";
}

char *journal_default_path(void)
{
	const char *given = getenv("LEXFLOW_STATE"), *state = getenv("XDG_STATE_HOME"),
		   *home = getenv("HOME");
	struct buf path;

	if (given && *given)
		return mem_strdup(given);
	buf_init(&path, 0);
	if (state &&
	    *state ==
		    '/') { /* a relative one is to be ignored: XDG Base Directory, "Environment variables" */
		buf_printf(&path, "%s/lexflow/state.db", state);
		return buf_take(&path);
	}
	if (!home || !*home) {
		const struct passwd *user = getpwuid(getuid());

		home = user ? user->pw_dir : ".";
	}
	buf_printf(&path, "%s/.local/state/lexflow/state.db", home);
	return buf_take(&path);
}

/* ---- from the writer to the loop */

/* On the writer's thread. */
static void notify(void *ctx)
{
	struct journal *journal = ctx;

	uv_async_send(&journal->async);
}

static bool has_enough(const struct batch *spare)
{
	int count = 0;

	for (; spare && count < KEPT_BATCHES; spare = spare->next)
		count++;
	return count == KEPT_BATCHES;
}

static void reuse(struct journal *journal, struct batch *spent)
{
	while (spent) {
		struct batch *next = spent->next;

		if (spent->records.cap > KEPT_BATCH_BYTES)
			buf_release(&spent->records);
		buf_clear(&spent->records);
		spent->next = NULL;
		if (has_enough(journal->spare)) {
			batch_free(spent);
		} else {
			spent->next = journal->spare;
			journal->spare = spent;
		}
		spent = next;
	}
}

static void take_news(struct journal *journal)
{
	struct writer_news news = {0};
	bool first_failure;

	writer_take_news(journal->writer, &news);
	reuse(journal, news.spent);
	first_failure = news.failed && !journal->failed;
	journal->failed = news.failed;
	if (journal->failed || news.committed == journal->ticket)
		uv_unref((uv_handle_t *)&journal->async);
	if (news.committed > journal->settled) {
		journal->settled = news.committed;
		journal->callbacks.committed(journal->callbacks.ctx, news.committed);
	}
	if (first_failure)
		journal->callbacks.failed(journal->callbacks.ctx, &news.error);
}

static void on_news(uv_async_t *async)
{
	struct journal *journal = async->data;

	if (journal->writer)
		take_news(journal);
}

static bool commit_here(struct journal *journal)
{
	const struct journal_callbacks *callbacks = &journal->callbacks;
	struct batch *batch = journal->filling;

	if (!batch || !callbacks->is_waiting || !callbacks->is_waiting(callbacks->ctx) ||
	    !writer_commit(journal->writer, batch))
		return false;
	journal->filling = NULL;
	return true;
}

static void on_prepare(uv_prepare_t *prepare)
{
	struct journal *journal = prepare->data;

	if (commit_here(journal))
		take_news(journal);
	journal_flush(journal); /* what the news led to, too */
}

/* ---- open and close */

static void handle_closed(uv_handle_t *handle)
{
	struct journal *journal = handle->data;

	if (--journal->handles == 0)
		mem_free(journal);
}

static void attach(struct journal *journal, uv_loop_t *loop)
{
	uv_async_init(loop, &journal->async, on_news);
	uv_prepare_init(loop, &journal->prepare);
	journal->async.data = journal->prepare.data = journal;
	journal->handles = 2;
	uv_prepare_start(&journal->prepare, on_prepare);
	uv_unref((uv_handle_t *)&journal->async);
	uv_unref((uv_handle_t *)&journal->prepare);
}

struct journal *journal_open(const char *path, enum db_durability durability, uv_loop_t *loop,
			     const struct journal_callbacks *callbacks, struct error *err)
{
	struct journal *journal = mem_new(sizeof(*journal));
	struct db *db = NULL;

	journal->path = mem_strdup(path);
	journal->reader = reader_new(path);
	if (!loop && reader_open(journal->reader, err) < 0)
		goto fail;
	if (loop) { /* makes the folders, so it comes before the locks, which lie beside it */
		db = db_open(path, durability, JOURNAL_APPLICATION_ID, journal_migrations,
			     journal_migration_count, err);
		if (!db)
			goto fail;
		db_keep_wal(db, JOURNAL_WAL_PAGES);
	}
	journal->locks = locks_open(path, err);
	if (!journal->locks)
		goto fail;
	if (!loop)
		return journal;
	journal->callbacks = *callbacks;
	attach(journal, loop);
	journal->writer = writer_new(db, notify, journal);
	return journal;

fail:
	db_close(db);
	journal_close(journal);
	return NULL;
}

void journal_close(struct journal *journal)
{
	struct writer *writer;

	if (!journal)
		return;
	if (journal->writer)
		journal_flush(journal);
	cancels_close(journal->cancels);
	writer = journal->writer;
	journal->writer = NULL; /* a late on_news finds nothing to do */
	writer_free(writer);
	reader_free(journal->reader);
	locks_close(journal->locks); /* after the last commit: now another process may go on with our runs */
	batch_free(journal->filling);
	batch_free(journal->spare);
	mem_free(journal->path);
	if (!journal->handles) {
		mem_free(journal);
		return;
	}
	uv_close((uv_handle_t *)&journal->async, handle_closed);
	uv_close((uv_handle_t *)&journal->prepare, handle_closed);
}

/* ---- runs */

struct creation {
	struct journal *journal;
	bool named; /* by the caller */
	struct slice source;
	const char *file, *parent_run, *parent_step;
	enum run_origin origin;
	const struct journal_run *past; /* state and times of a run that was made elsewhere; or NULL */
	struct journal_run *run;
	bool locked;
};

static bool is_id(const char *id)
{
	size_t len = strlen(id);

	for (const char *at = id; *at; at++) {
		if (!isalnum((unsigned char)*at) && *at != '-' && *at != '_')
			return false;
	}
	return len >= 1 && len <= 63 && strcmp(id, "last") != 0;
}

/* 50 random bits: short enough to read out, and three or four characters name a run among thousands. */
static int make_id(char id[64], struct error *err)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned char bytes[ID_LENGTH];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return error_set(err, ERROR_IO, "cannot get random bytes: %s", strerror(errno));
	for (size_t i = 0; i < ID_LENGTH; i++)
		id[i] = alphabet[bytes[i] & 31];
	id[ID_LENGTH] = '\0';
	return 0;
}

static int id_is_free(struct db *db, const char *id, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(db, "SELECT 1 FROM runs WHERE id = ?1", err);
	int row;

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, slice_of(id));
	row = db_step(db, stmt, err);
	sqlite3_reset(stmt);
	return row < 0 ? -1 : !row;
}

static int choose_id(struct db *db, struct creation *creation, struct error *err)
{
	int is_free;

	do {
		if (!creation->named && make_id(creation->run->id, err) < 0)
			return -1;
		is_free = id_is_free(db, creation->run->id, err);
	} while (is_free == 0 && !creation->named);
	if (is_free == 0) {
		error_set(err, ERROR_INPUT, "there is a run named %s already", creation->run->id);
		error_hint(err, "choose another id, or resume that run");
		return -1;
	}
	return is_free < 0 ? -1 : 0;
}

static int insert_definition(struct db *db, const struct creation *creation, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(db, "INSERT OR IGNORE INTO definitions VALUES (?1, ?2)", err);

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, slice_of(creation->run->definition_hash));
	db_bind_blob(stmt, 2, creation->source.ptr ? creation->source : slice_of(""));
	return db_step(db, stmt, err);
}

static int insert_run(struct db *db, const struct creation *creation, struct error *err)
{
	const struct journal_run *run = creation->run;
	sqlite3_stmt *stmt = db_prepare(
		db,
		"INSERT INTO runs (id, definition, file, parent_run, parent_step, state, start_us, "
		"end_us, owner_pid, origin) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
		err);

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, slice_of(run->id));
	db_bind_text(stmt, 2, slice_of(run->definition_hash));
	db_bind_text(stmt, 3, slice_of(creation->file));
	db_bind_text(stmt, 4, slice_of(creation->parent_run));
	db_bind_text(stmt, 5, slice_of(creation->parent_step));
	db_bind_int(stmt, 6, run->state);
	db_bind_int(stmt, 7, run->start_us);
	db_bind_int(stmt, 8, run->end_us);
	db_bind_int(stmt, 9, run->owner_pid);
	db_bind_int(stmt, 10, creation->origin);
	return db_step(db, stmt, err);
}

static int move_row(struct db *db, struct journal_run *run, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(db, "UPDATE runs SET row = row + 1 WHERE row = ?1", err);

	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, run->row++);
	return db_run(db, stmt, err);
}

/* A process that dies while it makes a run lets go of the database before it lets go of the lock, and one that deletes
 * the newest run holds its lock a moment longer than the row: then the next row is ours. */
static int take_lock(struct db *db, struct creation *creation, struct error *err)
{
	struct journal_run *run = creation->run;
	int taken = locks_take(creation->journal->locks, run->row, err);

	for (int tries = 0; taken == 0 && tries < MAX_HELD_ROWS; tries++) {
		if (move_row(db, run, err) < 0)
			return -1;
		taken = locks_take(creation->journal->locks, run->row, err);
	}
	if (taken == 0)
		error_set(err, ERROR_BUSY, "the lock of new run %s is held by another process", run->id);
	creation->locked = taken == 1;
	return taken == 1 ? 0 : -1;
}

/* On the writer's thread. The lock comes before the commit: whoever sees the run finds it owned. */
static int create(struct db *db, void *ctx, struct error *err)
{
	struct creation *creation = ctx;

	if (choose_id(db, creation, err) < 0 || insert_definition(db, creation, err) < 0 ||
	    insert_run(db, creation, err) < 0)
		return -1;
	creation->run->row = db_last_row(db);
	if (take_lock(db, creation, err) < 0)
		return -1;
	kill_point("create.before-commit");
	return 0;
}

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

typedef int writer_way(struct writer *writer, writer_job *job, void *ctx, struct error *err);

static int make_run(struct creation creation, const char *id, writer_way *write, struct error *err)
{
	struct journal *journal = creation.journal;
	struct journal_run *run = creation.run;

	assert(journal->writer);
	creation.named = id && *id;
	if (creation.named && !is_id(id)) {
		error_set(err, ERROR_INPUT, "\"%.80s\" cannot name a run", id);
		error_hint(err, "an id has 1 to 63 letters, digits, - and _, and is not \"last\"");
		return -1;
	}
	*run = (struct journal_run){.state = RUN_ACTIVE,
				    .start_us = clock_wall_us(),
				    .owner_pid = getpid(),
				    .origin = creation.origin};
	if (creation.past) {
		run->state = creation.past->state;
		run->start_us = creation.past->start_us;
		run->end_us = creation.past->end_us;
	}
	if (creation.named)
		snprintf(run->id, sizeof(run->id), "%s", id);
	docstore_hash(creation.source, run->definition_hash);
	if (write(journal->writer, create, &creation, err) < 0) {
		if (creation.locked)
			locks_drop(journal->locks, run->row);
		return -1;
	}
	reader_lend(journal->reader, run, slice_of(creation.file), slice_of(creation.parent_run),
		    slice_of(creation.parent_step));
	return 0;
}

int journal_create(struct journal *journal, const char *id, const char *file, struct slice source,
		   const char *parent_run, const char *parent_step, struct journal_run *run,
		   struct error *err)
{
	struct creation creation = {
		.journal = journal,
		.source = source,
		.file = text_or_empty(file),
		.parent_run = text_or_empty(parent_run),
		.parent_step = text_or_empty(parent_step),
		.run = run,
	};

	creation.origin = *creation.parent_run ? ORIGIN_RERUN : ORIGIN_ASKED;
	return make_run(creation, id, writer_call, err);
}

int journal_create_child(struct journal *journal, const char *id, const char *file, struct slice source,
			 const char *parent_run, const char *parent_step, struct journal_run *run,
			 struct error *err)
{
	struct creation creation = {
		.journal = journal,
		.source = source,
		.file = text_or_empty(file),
		.parent_run = parent_run,
		.parent_step = text_or_empty(parent_step),
		.origin = ORIGIN_CHILD,
		.run = run,
	};

	return make_run(creation, id, writer_call, err);
}

int journal_begin(struct journal *journal, const char *id, const char *file, struct slice source,
		  struct journal_run *run, struct error *err)
{
	struct creation creation = {
		.journal = journal,
		.source = source,
		.file = text_or_empty(file),
		.parent_run = "",
		.parent_step = "",
		.run = run,
	};

	return make_run(creation, id, writer_hold, err);
}

int journal_begin_redrive(struct journal *journal, const char *file, struct slice source, const char *parent_run,
			  const char *parent_step, struct journal_run *run, struct error *err)
{
	struct creation creation = {
		.journal = journal,
		.source = source,
		.file = text_or_empty(file),
		.parent_run = parent_run,
		.parent_step = text_or_empty(parent_step),
		.origin = ORIGIN_REDRIVE,
		.run = run,
	};

	return make_run(creation, NULL, writer_hold, err);
}

int journal_begin_past(struct journal *journal, const char *id, const struct journal_run *past, struct slice source,
		       struct journal_run *run, struct error *err)
{
	struct creation creation = {
		.journal = journal,
		.source = source,
		.file = past->file,
		.parent_run = past->parent_run,
		.parent_step = past->parent_step,
		.origin = past->origin,
		.past = past,
		.run = run,
	};

	return make_run(creation, id, writer_hold, err);
}

/* On the writer's thread. */
static int redefine(struct db *db, void *ctx, struct error *err)
{
	const struct creation *creation = ctx;
	sqlite3_stmt *stmt = db_prepare(db, "UPDATE runs SET definition = ?2, file = ?3 WHERE row = ?1", err);

	if (!stmt || insert_definition(db, creation, err) < 0)
		return -1;
	db_bind_int(stmt, 1, creation->run->row);
	db_bind_text(stmt, 2, slice_of(creation->run->definition_hash));
	db_bind_text(stmt, 3, slice_of(creation->file));
	return db_step(db, stmt, err);
}

int journal_redefine(struct journal *journal, struct journal_run *run, const char *file, struct slice source,
		     struct error *err)
{
	struct creation creation = {.journal = journal, .source = source, .file = file, .run = run};

	docstore_hash(source, run->definition_hash);
	run->file = file;
	return writer_call(journal->writer, redefine, &creation, err);
}

/* On the writer's thread. */
static int sign(struct db *db, void *ctx, struct error *err)
{
	const struct journal_run *run = ctx;
	sqlite3_stmt *stmt = db_prepare(db, "UPDATE runs SET owner_pid = ?2 WHERE row = ?1", err);

	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, run->row);
	db_bind_int(stmt, 2, getpid());
	return db_step(db, stmt, err);
}

/* The name of a process, as the kernel has it; "" when it is gone or not ours to see. */
static void process_name(int64_t pid, char name[32])
{
	char path[64];
	FILE *file;

	name[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%lld/comm", (long long)pid);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(name, 32, file))
		name[strcspn(name, "\n")] = '\0';
	fclose(file);
}

static int owned_by_another(struct journal *journal, struct journal_run *run, struct error *err)
{
	char name[32];

	if (reader_run(journal->reader, run->row, run, err) < 0)
		return -1;
	process_name(run->owner_pid, name);
	error_set(err, ERROR_BUSY, "run %s is owned by process %lld%s%s%s", run->id,
		  (long long)run->owner_pid, *name ? " (" : "", name, *name ? ")" : "");
	error_hint(err, "wait until that process is done with it, or stop it; the run can then be resumed");
	return -1;
}

int journal_own(struct journal *journal, struct journal_run *run, struct error *err)
{
	int taken = locks_take(journal->locks, run->row, err);
	int found;

	assert(journal->writer);
	if (taken < 0)
		return -1;
	if (taken == 0)
		return owned_by_another(journal, run, err);
	if (writer_call(journal->writer, sign, run, err) < 0)
		goto fail;
	found = reader_run(journal->reader, run->row, run, err); /* as the last owner left it */
	if (found > 0)
		return 0;
	if (found == 0)
		error_set(err, ERROR_NOT_FOUND, "run %s is gone", run->id);

fail:
	locks_drop(journal->locks, run->row);
	return -1;
}

void journal_disown(struct journal *journal, const struct journal_run *run)
{
	locks_drop(journal->locks, run->row);
}

bool journal_is_owned(struct journal *journal, const struct journal_run *run)
{
	return locks_is_held(journal->locks, run->row);
}

/* ---- events */

static struct batch *batch_get(struct journal *journal)
{
	struct batch *batch = journal->filling;

	if (batch)
		return batch;
	batch = journal->spare;
	if (batch) {
		journal->spare = batch->next;
	} else {
		batch = mem_new(sizeof(*batch));
		buf_init(&batch->records, MAX_BATCH_BYTES);
	}
	batch->next = NULL;
	journal->filling = batch;
	return batch;
}

static int64_t queue(struct journal *journal, const struct record *record, struct slice content,
		     const struct content_part *parts)
{
	struct batch *batch;

	assert(journal->writer);
	if (journal->ticket++ == journal->settled)
		uv_ref((uv_handle_t *)&journal->async);
	if (journal->failed) {
		uv_unref((uv_handle_t *)&journal->async);
		return journal->ticket; /* never announced */
	}
	batch = batch_get(journal);
	buf_add(&batch->records, record, sizeof(*record));
	buf_add_slice(&batch->records, content);
	buf_add(&batch->records, parts, record->part_count * sizeof(*parts));
	assert(!batch->records.full); /* the engine's limits are far below */
	batch->ticket = journal->ticket;
	return journal->ticket;
}

int64_t journal_queue(struct journal *journal, const struct record *record, struct slice content)
{
	return queue(journal, record, content, NULL);
}

int64_t journal_append(struct journal *journal, const struct journal_run *run, const struct event *event)
{
	struct record record = {
		.kind = RECORD_EVENT,
		.event_kind = (int)event->kind,
		.run = run->row,
		.number = event->number,
		.strand = event->strand,
		.effect = event->effect,
		.time_us = event->time_us,
		.content_len = event->content.len,
		.part_count = event->parts ? event->parts->count : 0,
	};

	return queue(journal, &record, event->content, event->parts ? event->parts->at : NULL);
}

int64_t journal_finish(struct journal *journal, const struct journal_run *run, enum run_state state)
{
	struct record record = {
		.kind = RECORD_END,
		.event_kind = (int)state,
		.run = run->row,
		.time_us = clock_wall_us(),
	};

	return queue(journal, &record, slice_of(""), NULL);
}

void journal_flush(struct journal *journal)
{
	struct batch *batch = journal->filling;

	if (!batch)
		return;
	journal->filling = NULL;
	writer_push(journal->writer, batch);
}
