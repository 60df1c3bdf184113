/* journal_test.c - workflow/journal: J1, J3 and J5 of its README, runs, and what happens when the disk fails.
 */
#include "workflow/journal/journal.h"
#include "lib/clock/clock.h"
#include "lib/mem/mem.h"
#include "tests/harness/folder.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* One process' end of a journal. */
struct desk {
	uv_loop_t loop;
	struct journal *journal;
	int64_t committed;
	int commits, failures;
	struct error error;
};

struct world {
	struct folder folder;
	const char *path; /* of the database */
	struct desk desk;
};

static void on_committed(void *ctx, int64_t ticket)
{
	struct desk *desk = ctx;

	assert_true(ticket > desk->committed);
	desk->committed = ticket;
	desk->commits++;
}

static void on_failed(void *ctx, const struct error *err)
{
	struct desk *desk = ctx;

	desk->failures++;
	desk->error = *err;
}

static bool has_nothing_to_do(void *ctx)
{
	(void)ctx;
	return true;
}

static void desk_open_as(struct desk *desk, const char *path, bool (*is_waiting)(void *ctx))
{
	struct journal_callbacks callbacks = {on_committed, on_failed, desk, is_waiting};
	struct error err = {0};

	*desk = (struct desk){0};
	uv_loop_init(&desk->loop);
	desk->journal = journal_open(path, DB_FULL, &desk->loop, &callbacks, &err);
	if (!desk->journal)
		fail_msg("%s", err.message);
}

static void desk_open(struct desk *desk, const char *path)
{
	desk_open_as(desk, path, NULL);
}

static void desk_close(struct desk *desk)
{
	journal_close(desk->journal);
	uv_run(&desk->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&desk->loop), 0);
}

static int set_up(void **state)
{
	struct world *world = mem_new(sizeof(*world));

	folder_make(&world->folder);
	world->path = mem_strdup(folder_path(&world->folder, "state.db"));
	desk_open(&world->desk, world->path);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	desk_close(&world->desk);
	folder_remove(&world->folder);
	mem_free((char *)world->path);
	mem_free(world);
	return 0;
}

static struct journal_run create(struct desk *desk, const char *id)
{
	struct journal_run run;
	struct error err = {0};

	if (journal_create(desk->journal, id, "workflow.yaml", SLICE("main: {}"), NULL, NULL, &run, &err) < 0)
		fail_msg("%s", err.message);
	return run;
}

static int64_t append(struct desk *desk, const struct journal_run *run, int64_t number, const char *content)
{
	struct event event = {
		.number = number,
		.kind = EVENT_LOGGED,
		.strand = 1,
		.time_us = 1700000000000000,
		.content = slice_of(content),
	};

	return journal_append(desk->journal, run, &event);
}

/* Until nothing is left to be told. */
static void settle(struct desk *desk)
{
	journal_flush(desk->journal);
	uv_run(&desk->loop, UV_RUN_DEFAULT);
}

static bool count_event(void *ctx, const struct event *event)
{
	(void)event;
	++*(int64_t *)ctx;
	return true;
}

/* As another process sees them: a journal of its own, opened for reading. */
static int64_t events_on_disk(const char *path, const char *id)
{
	struct error err = {0};
	struct journal *journal = journal_open(path, DB_FULL, NULL, NULL, &err);
	struct journal_run run;
	int64_t count = 0;

	assert_non_null(journal);
	if (journal_find(journal, id, &run, &err) < 0 ||
	    journal_events(journal, &run, 1, count_event, &count, &err) < 0)
		fail_msg("%s", err.message);
	assert_true(run.event_count <= count); /* the writer may go on between the two */
	journal_close(journal);
	return count;
}

static int64_t query(const char *path, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;
	int64_t number = -1;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		number = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return number;
}

/* ---- events */

struct seen {
	struct event events[10];
	char contents[10][100];
	size_t count, stop_at;
};

static bool see(void *ctx, const struct event *event)
{
	struct seen *seen = ctx;

	seen->events[seen->count] = *event;
	snprintf(seen->contents[seen->count], 100, "%.*s", SLICE_ARG(event->content));
	return ++seen->count != seen->stop_at;
}

static void events_come_back_as_they_were(void **state)
{
	struct world *world = *state;
	struct journal_run run = create(&world->desk, "one"), other = create(&world->desk, "two");
	const struct event events[] = {
		{1, EVENT_STARTED, 0, 0, 11, SLICE("{\"argument\":null}")},
		{2, EVENT_ANNOUNCED, 7, 1, -5, SLICE("{}")},
		{3, EVENT_ANSWERED, 7, 1, INT64_MAX, SLICE("\"\xc3\xa9\"")},
		{4, EVENT_ENDED, 0, 0, 0, SLICE("")},
	};
	struct seen seen = {0};
	struct error err = {0};

	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(journal_append(world->desk.journal, &run, &events[i]), 2 * i + 1);
		assert_int_equal(append(&world->desk, &other, (int64_t)i + 1, "{}"), 2 * i + 2);
	}
	settle(&world->desk);
	assert_int_equal(world->desk.committed, 8);
	assert_int_equal(journal_events(world->desk.journal, &run, 1, see, &seen, &err), 0);
	assert_int_equal(seen.count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(seen.events[i].number, events[i].number);
		assert_int_equal(seen.events[i].kind, events[i].kind);
		assert_int_equal(seen.events[i].strand, events[i].strand);
		assert_int_equal(seen.events[i].effect, events[i].effect);
		assert_int_equal(seen.events[i].time_us, events[i].time_us);
		assert_int_equal(strlen(seen.contents[i]), events[i].content.len);
		assert_memory_equal(seen.contents[i], events[i].content.ptr, events[i].content.len);
	}
	seen = (struct seen){.stop_at = 1};
	assert_int_equal(journal_events(world->desk.journal, &run, 3, see, &seen, &err), 0);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.events[0].number, 3);
}

static void the_content_is_copied_at_once(void **state)
{
	struct world *world = *state;
	struct journal_run run = create(&world->desk, "one");
	char content[] = "\"before\"";
	struct seen seen = {0};

	append(&world->desk, &run, 1, content);
	memcpy(content, "\"after!\"", sizeof(content));
	settle(&world->desk);
	assert_int_equal(journal_events(world->desk.journal, &run, 1, see, &seen, NULL), 0);
	assert_string_equal(seen.contents[0], "\"before\"");
}

struct watcher {
	struct world *world;
	int64_t told;
};

static void look_at_disk(void *ctx, int64_t ticket)
{
	struct watcher *watcher = ctx;

	watcher->told = ticket;
	assert_true(events_on_disk(watcher->world->path, "one") >= ticket);
}

/* J1: when a ticket is announced, another process can read its event. */
static void what_is_announced_is_on_disk(void **state)
{
	struct world *world = *state;
	struct watcher watcher = {world, 0};
	struct journal_callbacks callbacks = {look_at_disk, NULL, &watcher};
	struct desk desk = {0};
	struct journal_run run;
	struct error err = {0};

	uv_loop_init(&desk.loop);
	desk.journal = journal_open(world->path, DB_FULL, &desk.loop, &callbacks, &err);
	run = create(&desk, "one");
	assert_int_equal(events_on_disk(world->path, "one"), 0);
	for (int64_t turn = 0; turn < 20; turn++) {
		append(&desk, &run, 2 * turn + 1, "{}");
		append(&desk, &run, 2 * turn + 2, "{}");
		journal_flush(desk.journal);
		uv_run(&desk.loop, UV_RUN_NOWAIT);
	}
	settle(&desk);
	assert_int_equal(watcher.told, 40);
	desk_close(&desk);
}

/* While another process writes, three turns of the loop pile up: one is being committed, two make one group.
 */
static void what_queues_during_a_commit_is_the_next_commit(void **state)
{
	struct world *world = *state;
	struct journal_run run = create(&world->desk, "one");
	sqlite3 *other;

	assert_int_equal(sqlite3_open(world->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	for (int64_t turn = 1; turn <= 30; turn++) {
		append(&world->desk, &run, turn, "{}");
		journal_flush(world->desk.journal);
		if (turn == 1)
			usleep(20000); /* for the writer to take the first */
	}
	uv_run(&world->desk.loop, UV_RUN_NOWAIT);
	assert_int_equal(world->desk.committed, 0);
	assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	settle(&world->desk);
	assert_int_equal(world->desk.committed, 30);
	assert_true(world->desk.commits <= 2);
	assert_int_equal(events_on_disk(world->path, "one"), 30);
}

static void nothing_stays_queued_while_the_loop_sleeps(void **state)
{
	struct world *world = *state;
	struct journal_run run = create(&world->desk, "one");

	append(&world->desk, &run, 1, "{}"); /* and no flush */
	uv_run(&world->desk.loop, UV_RUN_DEFAULT);
	assert_int_equal(world->desk.committed, 1);
	assert_int_equal(uv_loop_alive(&world->desk.loop), 0); /* settled: the journal keeps no loop alive */
}

static int count_threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	int count = 0;

	while (readdir(tasks))
		count++;
	closedir(tasks);
	return count;
}

/* One turn of the loop each, and no thread to do it. */
static void who_only_waits_has_it_committed_at_once(void **state)
{
	struct world *world = *state;
	int threads = count_threads();
	struct desk desk;
	struct journal_run run;

	desk_open_as(&desk, world->path, has_nothing_to_do);
	run = create(&desk, "one");
	for (int64_t number = 1; number <= 10; number++) {
		append(&desk, &run, number, "{}");
		uv_run(&desk.loop, UV_RUN_NOWAIT);
		assert_int_equal(desk.committed, number);
		assert_int_equal(events_on_disk(world->path, "one"), number);
	}
	assert_int_equal(count_threads(), threads);
	assert_int_equal(uv_loop_alive(&desk.loop), 0);
	desk_close(&desk);
}

/* A loop that waited for the lock would never come to let go of it here. */
static void the_loop_does_not_wait_for_another_writer(void **state)
{
	struct world *world = *state;
	struct desk desk;
	struct journal_run run;
	sqlite3 *other;

	desk_open_as(&desk, world->path, has_nothing_to_do);
	run = create(&desk, "one");
	assert_int_equal(sqlite3_open(world->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	for (int64_t number = 1; number <= 3; number++) {
		append(&desk, &run, number, "{}");
		uv_run(&desk.loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(desk.committed, 0);
	assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	settle(&desk);
	assert_int_equal(desk.committed, 3);
	append(&desk, &run, 4, "{}");
	uv_run(&desk.loop, UV_RUN_NOWAIT);
	assert_int_equal(desk.committed, 4);
	assert_int_equal(desk.failures, 0);
	desk_close(&desk);
}

static void closing_commits_what_is_queued(void **state)
{
	struct world *world = *state;
	struct desk desk;
	struct journal_run run;

	desk_open(&desk, world->path);
	run = create(&desk, "one");
	for (int64_t i = 1; i <= 100; i++)
		append(&desk, &run, i, "{}");
	journal_finish(desk.journal, &run, RUN_FAILED);
	desk_close(&desk);
	assert_int_equal(events_on_disk(world->path, "one"), 100);
	assert_int_equal(query(world->path, "SELECT state FROM runs WHERE id = 'one'"), RUN_FAILED);
}

/* J3 */
static void a_hole_in_a_history_is_an_error(void **state)
{
	struct world *world = *state;
	struct journal_run run = create(&world->desk, "one");
	struct seen seen = {0};
	struct error err = {0};

	for (int64_t i = 1; i <= 5; i++)
		append(&world->desk, &run, i, "{}");
	settle(&world->desk);
	query(world->path, "DELETE FROM events WHERE number = 3");
	assert_int_equal(journal_events(world->desk.journal, &run, 1, see, &seen, &err), -1);
	assert_int_equal(seen.count, 2);
	assert_int_equal(err.kind, ERROR_IO);
	assert_non_null(strstr(err.message, "event 3 of run one is missing"));
}

/* ---- failure */

/* J3 again: the database refuses a number given twice. What came before in the same commit is not kept
 * either, and nothing that comes after. */
static void after_a_failure_nothing_more_is_written(void **state)
{
	struct world *world = *state;
	struct journal_run run = create(&world->desk, "one");

	append(&world->desk, &run, 1, "{}");
	settle(&world->desk);
	append(&world->desk, &run, 2, "{}");
	append(&world->desk, &run, 1, "{}");
	settle(&world->desk);
	assert_int_equal(world->desk.failures, 1);
	assert_int_equal(world->desk.error.kind, ERROR_IO);
	assert_non_null(strstr(world->desk.error.message, world->path));
	assert_int_equal(append(&world->desk, &run, 2, "{}"), 4);
	settle(&world->desk);
	assert_int_equal(world->desk.failures, 1);
	assert_int_equal(world->desk.committed, 1);
	assert_int_equal(events_on_disk(world->path, "one"), 1);
}

static void a_failure_on_the_loops_thread_ends_it_too(void **state)
{
	struct world *world = *state;
	struct desk desk;
	struct journal_run run;

	desk_open_as(&desk, world->path, has_nothing_to_do);
	run = create(&desk, "one");
	append(&desk, &run, 1, "{}");
	uv_run(&desk.loop, UV_RUN_DEFAULT);
	append(&desk, &run, 2, "{}");
	append(&desk, &run, 1, "{}");
	uv_run(&desk.loop, UV_RUN_DEFAULT);
	append(&desk, &run, 2, "{}");
	uv_run(&desk.loop, UV_RUN_DEFAULT);
	assert_int_equal(desk.failures, 1);
	assert_int_equal(desk.committed, 1);
	assert_int_equal(events_on_disk(world->path, "one"), 1);
	desk_close(&desk);
}

/* A limit on the size of files stands for the full disk: the same error of the same write. */
static void a_full_disk_keeps_what_was_announced(void **state)
{
	struct world *world = *state;
	struct journal_run run = create(&world->desk, "one");
	struct rlimit old, small = {.rlim_cur = 600 << 10, .rlim_max = RLIM_INFINITY};
	char content[3000];
	int64_t number = 0;

	memset(content, '7', sizeof(content) - 1);
	content[sizeof(content) - 1] = '\0';
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, SIG_IGN);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	while (!world->desk.failures && number < 10000) {
		append(&world->desk, &run, ++number, content);
		settle(&world->desk);
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(world->desk.failures, 1);
	assert_non_null(strstr(world->desk.error.message, world->path));
	assert_int_not_equal(world->desk.error.hint[0], '\0');
	assert_true(world->desk.committed > 10);
	desk_close(&world->desk);
	assert_int_equal(events_on_disk(world->path, "one"), world->desk.committed);
	desk_open(&world->desk, world->path);
	assert_int_equal(journal_own(world->desk.journal, &run, NULL), 0); /* and the run goes on */
	append(&world->desk, &run, run.event_count + 1, "{}");
	settle(&world->desk);
	assert_int_equal(world->desk.committed, 1);
}

/* ---- death (J1, J5) */

/* In a program of its own (this one again): appends for ever and tells its stdout every ticket that was
 * announced. */
static void tell_ticket(void *ctx, int64_t ticket)
{
	assert_int_equal(write(*(int *)ctx, &ticket, sizeof(ticket)), sizeof(ticket));
}

static _Noreturn void append_for_ever(const char *path, const char *id)
{
	int fd = STDOUT_FILENO;
	struct journal_callbacks callbacks = {tell_ticket, NULL, &fd};
	struct desk desk = {0};
	struct journal_run run;

	uv_loop_init(&desk.loop);
	desk.journal = journal_open(path, DB_FULL, &desk.loop, &callbacks, NULL);
	run = create(&desk, id);
	for (int64_t number = 1;; number++) {
		append(&desk, &run, number, "{}");
		if (number % 3 == 0)
			journal_flush(desk.journal);
		uv_run(&desk.loop, UV_RUN_NOWAIT);
	}
}

static void killed_at_any_time_it_keeps_what_it_announced(void **state)
{
	struct world *world = *state;

	for (int round = 1; round <= 5; round++) {
		int64_t told = 0, ticket;
		struct journal_run run;
		struct error err = {0};
		char id[20];
		int fds[2];
		pid_t pid;

		snprintf(id, sizeof(id), "round-%d", round);
		assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
		pid = fork();
		if (pid == 0) {
			dup2(fds[1], STDOUT_FILENO);
			execl("/proc/self/exe", "journal_test", world->path, id, (char *)NULL);
			_exit(127);
		}
		close(fds[1]);
		while (told < 20 * round && read(fds[0], &ticket, sizeof(ticket)) == sizeof(ticket))
			told = ticket;
		assert_int_equal(journal_find(world->desk.journal, id, &run, &err), 0);
		assert_int_equal(journal_own(world->desk.journal, &run, &err), -1); /* it is alive */
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		while (read(fds[0], &ticket, sizeof(ticket)) == sizeof(ticket))
			told = ticket;
		close(fds[0]);
		assert_int_equal(journal_own(world->desk.journal, &run, NULL), 0); /* the lock died with it */
		assert_true(events_on_disk(world->path, id) >= told);
		journal_disown(world->desk.journal, &run);
	}
}

/* ---- owners (J5) */

static void a_run_has_one_owner(void **state)
{
	struct world *world = *state;
	struct journal_run run = create(&world->desk, "mine"), same;
	struct desk other;
	struct error err = {0};
	char owner[60];

	desk_open(&other, world->path);
	assert_int_equal(journal_find(other.journal, "mine", &same, &err), 0);
	assert_true(journal_is_owned(other.journal, &same));
	assert_int_equal(journal_own(other.journal, &same, &err), -1);
	assert_int_equal(err.kind, ERROR_BUSY);
	snprintf(owner, sizeof(owner), "run mine is owned by process %d", (int)getpid());
	assert_memory_equal(err.message, owner, strlen(owner));
	error_clear(&err);
	assert_int_equal(journal_own(world->desk.journal, &run, &err), -1); /* not even twice by the same */
	journal_disown(world->desk.journal, &run);
	assert_false(journal_is_owned(other.journal, &same));
	assert_int_equal(journal_own(other.journal, &same, NULL), 0);
	assert_int_equal(journal_own(world->desk.journal, &run, NULL), -1);
	desk_close(&other); /* lets go of what it had */
	assert_int_equal(journal_own(world->desk.journal, &run, NULL), 0);
}

static void owning_shows_the_run_as_its_last_owner_left_it(void **state)
{
	struct world *world = *state;
	struct journal_run run = create(&world->desk, "one"), old;
	struct desk other;

	desk_open(&other, world->path);
	assert_int_equal(journal_find(other.journal, "one", &old, NULL), 0);
	append(&world->desk, &run, 1, "{}");
	append(&world->desk, &run, 2, "{}");
	journal_finish(world->desk.journal, &run, RUN_SUCCEEDED);
	settle(&world->desk);
	journal_disown(world->desk.journal, &run);
	assert_int_equal(old.state, RUN_ACTIVE);
	assert_int_equal(journal_own(other.journal, &old, NULL), 0);
	assert_int_equal(old.state, RUN_SUCCEEDED);
	assert_int_equal(old.event_count, 2);
	assert_int_equal(old.owner_pid, getpid());
	desk_close(&other);
}

static void several_writers_share_a_database(void **state)
{
	enum { EVENTS = 200 };
	struct world *world = *state;
	struct journal_run run = create(&world->desk, "here"), there;
	struct desk other;

	desk_open(&other, world->path);
	there = create(&other, "there");
	for (int64_t i = 1; i <= EVENTS; i++) {
		append(&world->desk, &run, i, "{}");
		append(&other, &there, i, "{}");
		journal_flush(world->desk.journal);
		journal_flush(other.journal);
	}
	settle(&world->desk);
	settle(&other);
	assert_int_equal(world->desk.failures + other.failures, 0);
	assert_int_equal(events_on_disk(world->path, "here"), EVENTS);
	assert_int_equal(events_on_disk(world->path, "there"), EVENTS);
	desk_close(&other);
}

/* ---- runs */

static void a_run_is_made_at_once(void **state)
{
	struct world *world = *state;
	struct journal_run run, found;
	struct error err = {0};
	struct buf source;

	clock_hold(1700000000000000);
	assert_int_equal(journal_create(world->desk.journal, "r-1_A", "a/b.yaml", SLICE("x\0\xff"), "parent",
					"main.step", &run, &err),
			 0);
	/* SHA-256 of 78 00 ff: printf 'x\0\377' | sha256sum */
	assert_string_equal(run.definition_hash,
			    "f2d2155891173cd00326ee53efd7308f108621b55e3a2d5b7bd0f98f423bdef7");
	journal_finish(world->desk.journal, &run, RUN_CANCELLED);
	clock_advance_ms(1);
	settle(&world->desk);
	clock_release();
	assert_int_equal(journal_find(world->desk.journal, "r-1_A", &found, &err), 0);
	assert_string_equal(found.id, "r-1_A");
	assert_string_equal(found.file, "a/b.yaml");
	assert_string_equal(found.parent_run, "parent");
	assert_string_equal(found.parent_step, "main.step");
	assert_string_equal(found.definition_hash, run.definition_hash);
	assert_int_equal(found.row, run.row);
	assert_int_equal(found.start_us, 1700000000000000);
	assert_int_equal(found.end_us, 1700000000000000);
	assert_int_equal(found.state, RUN_CANCELLED);
	buf_init(&source, 0);
	assert_int_equal(journal_source(world->desk.journal, &found, &source, &err), 0);
	assert_int_equal(source.len, 3);
	assert_memory_equal(source.data, "x\0\xff", 3);
	buf_release(&source);
}

static int find(const char *path, const char *id)
{
	struct error err = {0};
	struct journal *reader = journal_open(path, DB_FULL, NULL, NULL, &err);
	struct journal_run found;
	int result;

	assert_non_null(reader);
	result = journal_find(reader, id, &found, &err);
	journal_close(reader);
	return result;
}

/* One commit for the row and the first events: before it another process sees neither, after it both. */
static void a_begun_run_is_there_with_its_first_event(void **state)
{
	struct world *world = *state;
	struct journal_run run;
	struct error err = {0};

	create(&world->desk, "older");
	assert_int_equal(journal_begin(world->desk.journal, "begun", "f.yaml", SLICE("x"), &run, &err), 0);
	append(&world->desk, &run, 1, "{}");
	assert_int_equal(find(world->path, "begun"), -1);
	settle(&world->desk);
	assert_int_equal(find(world->path, "begun"), 0);
	assert_int_equal(events_on_disk(world->path, "begun"), 1);
}

/* The job that fails must not undo the one that is held. */
static void a_run_that_cannot_be_made_leaves_the_begun_one(void **state)
{
	struct world *world = *state;
	struct journal_run run, second;
	struct error err = {0};

	assert_int_equal(journal_begin(world->desk.journal, "begun", "f.yaml", SLICE("x"), &run, &err), 0);
	assert_int_equal(journal_begin(world->desk.journal, "begun", "f.yaml", SLICE("x"), &second, &err), -1);
	assert_int_equal(find(world->path, "begun"), 0);
	append(&world->desk, &run, 1, "{}");
	settle(&world->desk);
	assert_int_equal(events_on_disk(world->path, "begun"), 1);
}

static void equal_definitions_are_kept_once(void **state)
{
	struct world *world = *state;

	create(&world->desk, "one");
	create(&world->desk, "two");
	assert_int_equal(query(world->path, "SELECT count(*) FROM definitions"), 1);
}

static void ids_are_checked_and_made(void **state)
{
	static const char *const bad[] = {
		"a b",  "a/b", "é",
		"last", "a.b", "0123456789012345678901234567890123456789012345678901234567890123"};
	struct world *world = *state;
	struct journal_run run, other;
	struct error err = {0};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		error_clear(&err);
		assert_int_equal(
			journal_create(world->desk.journal, bad[i], "f", SLICE(""), "", "", &run, &err), -1);
		assert_int_equal(err.kind, ERROR_INPUT);
	}
	create(&world->desk, "012345678901234567890123456789012345678901234567890123456789012"); /* 63 */
	create(&world->desk, "taken");
	error_clear(&err);
	assert_int_equal(journal_create(world->desk.journal, "taken", "f", SLICE(""), "", "", &run, &err),
			 -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(strstr(err.message, "taken"));
	run = create(&world->desk, NULL);
	other = create(&world->desk, "");
	assert_string_not_equal(run.id, other.id);
	for (const char *at = run.id; *at; at++)
		assert_true(islower(*at) || isdigit(*at));
}

static void runs_are_found_by_id_prefix_and_last(void **state)
{
	struct world *world = *state;
	struct journal *journal = world->desk.journal;
	struct journal_run run;
	struct error err = {0};

	assert_int_equal(journal_find(journal, "last", &run, &err), -1);
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	create(&world->desk, "abc");
	create(&world->desk, "abcd");
	create(&world->desk, "xyz");
	assert_int_equal(journal_find(journal, "abc", &run, NULL), 0); /* whole id before prefix */
	assert_string_equal(run.id, "abc");
	assert_int_equal(journal_find(journal, "x", &run, NULL), 0);
	assert_string_equal(run.id, "xyz");
	assert_int_equal(journal_find(journal, "last", &run, NULL), 0);
	assert_string_equal(run.id, "xyz");
	error_clear(&err);
	assert_int_equal(journal_find(journal, "ab", &run, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	for (size_t i = 0; i < 4; i++) {
		static const char *const missing[] = {"abce", "", "ABC", "%"};

		error_clear(&err);
		assert_int_equal(journal_find(journal, missing[i], &run, &err), -1);
		assert_int_equal(err.kind, ERROR_NOT_FOUND);
	}
}

static bool note_id(void *ctx, const struct journal_run *run)
{
	struct buf *ids = ctx;

	buf_printf(ids, "%s:%lld ", run->id, (long long)run->event_count);
	return strcmp(run->id, "two") != 0;
}

static void runs_are_listed_newest_first(void **state)
{
	struct world *world = *state;
	struct journal_run run = create(&world->desk, "one");
	struct buf ids;

	create(&world->desk, "two");
	create(&world->desk, "three");
	append(&world->desk, &run, 1, "{}");
	settle(&world->desk);
	buf_init(&ids, 0);
	assert_int_equal(journal_list(world->desk.journal, note_id, &ids, NULL), 0);
	assert_string_equal(buf_text(&ids), "three:0 two:0 "); /* stopped there */
	buf_release(&ids);
}

/* A rerun names its file and parent with the texts of the run just read. */
static void a_run_may_be_made_after_another(void **state)
{
	struct world *world = *state;
	struct journal *journal = world->desk.journal;
	struct journal_run first, found, second;

	assert_int_equal(
		journal_create(journal, "first", "f.yaml", SLICE(""), "older", "main.a", &first, NULL), 0);
	assert_int_equal(journal_find(journal, "first", &found, NULL), 0);
	assert_int_equal(
		journal_create(journal, "second", found.file, SLICE(""), found.id, "main.b", &second, NULL),
		0);
	assert_string_equal(second.file, "f.yaml");
	assert_string_equal(second.parent_run, "first");
	assert_int_equal(journal_find(journal, "second", &found, NULL), 0);
	assert_string_equal(found.file, "f.yaml");
	assert_string_equal(found.parent_step, "main.b");
}

static void a_file_that_is_no_database_is_refused(void **state)
{
	struct world *world = *state;
	const char *path = folder_write(&world->folder, "notes.txt",
					"these are notes, and long enough for a header of "
					"one hundred bytes, which SQLite wants to see.\n");
	struct journal_callbacks callbacks = {0};
	struct error err = {0};
	uv_loop_t loop;

	uv_loop_init(&loop);
	assert_null(journal_open(path, DB_FULL, &loop, &callbacks, &err));
	assert_non_null(strstr(err.message, path));
	error_clear(&err);
	assert_null(journal_open(path, DB_FULL, NULL, NULL, &err));
	assert_int_not_equal(err.kind, ERROR_NONE);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void the_default_path_follows_the_environment(void **state)
{
	static const struct {
		const char *lexflow, *state, *home, *path;
	} rows[] = {
		{"/a/b.db", "/s", "/h", "/a/b.db"},
		{NULL, "/s", "/h", "/s/lexflow/state.db"},
		{"", "/s", "/h", "/s/lexflow/state.db"},
		{NULL, NULL, "/h", "/h/.local/state/lexflow/state.db"},
		{NULL, "relative", "/h", "/h/.local/state/lexflow/state.db"}, /* XDG: to be ignored */
	};
	static const char *const names[] = {"LEXFLOW_STATE", "XDG_STATE_HOME", "HOME"};
	char *kept[3];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		kept[i] = mem_strdup(getenv(names[i]));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const values[] = {rows[i].lexflow, rows[i].state, rows[i].home};
		char *path;

		for (size_t k = 0; k < 3; k++) {
			if (values[k])
				setenv(names[k], values[k], 1);
			else
				unsetenv(names[k]);
		}
		path = journal_default_path();
		assert_string_equal(path, rows[i].path);
		mem_free(path);
	}
	for (size_t i = 0; i < 3; i++) {
		if (kept[i])
			setenv(names[i], kept[i], 1);
		else
			unsetenv(names[i]);
		mem_free(kept[i]);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(events_come_back_as_they_were),
		TEST(the_content_is_copied_at_once),
		TEST(what_is_announced_is_on_disk),
		TEST(what_queues_during_a_commit_is_the_next_commit),
		TEST(nothing_stays_queued_while_the_loop_sleeps),
		TEST(who_only_waits_has_it_committed_at_once),
		TEST(the_loop_does_not_wait_for_another_writer),
		TEST(closing_commits_what_is_queued),
		TEST(a_hole_in_a_history_is_an_error),
		TEST(after_a_failure_nothing_more_is_written),
		TEST(a_failure_on_the_loops_thread_ends_it_too),
		TEST(a_full_disk_keeps_what_was_announced),
		TEST(killed_at_any_time_it_keeps_what_it_announced),
		TEST(a_run_has_one_owner),
		TEST(owning_shows_the_run_as_its_last_owner_left_it),
		TEST(several_writers_share_a_database),
		TEST(a_run_is_made_at_once),
		TEST(a_begun_run_is_there_with_its_first_event),
		TEST(a_run_that_cannot_be_made_leaves_the_begun_one),
		TEST(equal_definitions_are_kept_once),
		TEST(ids_are_checked_and_made),
		TEST(runs_are_found_by_id_prefix_and_last),
		TEST(runs_are_listed_newest_first),
		TEST(a_run_may_be_made_after_another),
		TEST(a_file_that_is_no_database_is_refused),
		cmocka_unit_test(the_default_path_follows_the_environment),
	};

	if (argc == 3)
		append_for_ever(argv[1], argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
