/* cancel.c - the wish that a run end; see cancel.h. */
#include "workflow/journal/cancel.h"
#include "lib/clock/clock.h"
#include "lib/kill/kill.h"
#include "lib/mem/mem.h"
#include "workflow/journal/journal_private.h"

#include <assert.h>

/* Most runs are over before the first look and never pay for it. */
enum { FIRST_LOOK_MS = 100, POLL_MS = 1000, MAX_WISHES = 1000 };

struct cancel_watch {
	struct journal *journal;
	uv_timer_t timer;
	uv_fs_event_t touched;
	int handles; /* not closed yet */
	void (*asked)(void *ctx, int64_t row);
	void *ctx;
};

/* ---- who wishes */

static int write_wish(struct journal *journal, const char *sql, const struct journal_run *run, bool is_new,
		      struct error *err)
{
	struct db *db = db_open(journal->path, DB_FULL, JOURNAL_APPLICATION_ID, journal_migrations,
				journal_migration_count, err);
	sqlite3_stmt *stmt = db ? db_prepare(db, sql, err) : NULL;
	int result = -1;

	if (db)
		db_keep_wal(db, JOURNAL_WAL_PAGES);
	if (stmt) {
		db_bind_int(stmt, 1, run->row);
		if (is_new)
			db_bind_int(stmt, 2, clock_wall_us());
		result = db_run(db, stmt, err);
	}
	db_close(db);
	return result;
}

int journal_ask_cancel(struct journal *journal, const struct journal_run *run, struct error *err)
{
	if (write_wish(journal, "INSERT OR IGNORE INTO cancellations VALUES (?1, ?2)", run, true, err) < 0)
		return -1;
	kill_point("cancel.after-ask");
	return locks_touch(journal->locks, err);
}

int journal_forget_cancel(struct journal *journal, const struct journal_run *run, struct error *err)
{
	kill_point("cancel.before-forget");
	return write_wish(journal, "DELETE FROM cancellations WHERE run = ?1", run, false, err);
}

/* ---- who has nothing to repeat */

/* On the writer's thread. */
static int write_end(struct db *db, void *ctx, struct error *err)
{
	static const char *const texts[] = {
		"INSERT INTO events (run, number, kind, strand, effect, time_us, content) "
		"SELECT ?1, coalesce(max(number), 0) + 1, ?2, 0, 0, ?3, '{\"cancelled\":true}' FROM events WHERE run = ?1",
		"UPDATE runs SET state = ?2, end_us = ?3 WHERE row = ?1"};
	const int64_t codes[] = {EVENT_ENDED, RUN_CANCELLED};
	const struct journal_run *run = ctx;

	for (size_t i = 0; i < 2; i++) {
		sqlite3_stmt *stmt = db_prepare(db, texts[i], err);

		if (!stmt)
			return -1;
		db_bind_int(stmt, 1, run->row);
		db_bind_int(stmt, 2, codes[i]);
		db_bind_int(stmt, 3, run->end_us);
		if (db_run(db, stmt, err) < 0)
			return -1;
	}
	return 0;
}

int journal_cancel(struct journal *journal, struct journal_run *run, struct error *err)
{
	run->end_us = clock_wall_us();
	if (writer_call(journal->writer, write_end, run, err) < 0)
		return -1;
	run->state = RUN_CANCELLED;
	run->event_count++;
	return 0;
}

/* ---- who owns */

/* The rows are read before anything is called: what is called may read, too. A fault here (the database busy) is met
 * again at the next look. */
static void look(struct cancel_watch *watch)
{
	int64_t *rows = mem_alloc(MAX_WISHES * sizeof(*rows));
	struct error err = {0};
	int count = reader_cancels(watch->journal->reader, rows, MAX_WISHES, &err);

	if (count > 0)
		kill_point("cancel.before-stop");
	for (int i = 0; i < count; i++)
		watch->asked(watch->ctx, rows[i]);
	mem_free(rows);
}

static void on_touched(uv_fs_event_t *handle, const char *name, int events, int status)
{
	(void)name;
	(void)events;
	if (status == 0)
		look(handle->data);
}

static void on_poll(uv_timer_t *timer)
{
	look(timer->data);
}

/* The watch begins before the look, so nothing falls between them. */
static void on_first_look(uv_timer_t *timer)
{
	struct cancel_watch *watch = timer->data;

	if (uv_fs_event_start(&watch->touched, on_touched, locks_path(watch->journal->locks), 0) < 0)
		uv_timer_start(timer, on_poll, POLL_MS, POLL_MS);
	look(watch);
}

void journal_watch_cancels(struct journal *journal, void (*asked)(void *ctx, int64_t row), void *ctx)
{
	struct cancel_watch *watch = mem_new(sizeof(*watch));
	uv_loop_t *loop = journal->async.loop;

	assert(journal->writer && !journal->cancels);
	*watch = (struct cancel_watch){.journal = journal, .handles = 2, .asked = asked, .ctx = ctx};
	uv_timer_init(loop, &watch->timer);
	uv_fs_event_init(loop, &watch->touched);
	watch->timer.data = watch->touched.data = watch;
	uv_unref((uv_handle_t *)&watch->timer);
	uv_unref((uv_handle_t *)&watch->touched);
	uv_timer_start(&watch->timer, on_first_look, FIRST_LOOK_MS, 0);
	journal->cancels = watch;
}

static void closed(uv_handle_t *handle)
{
	struct cancel_watch *watch = handle->data;

	if (--watch->handles == 0)
		mem_free(watch);
}

void cancels_close(struct cancel_watch *watch)
{
	if (!watch)
		return;
	uv_close((uv_handle_t *)&watch->timer, closed);
	uv_close((uv_handle_t *)&watch->touched, closed);
}
