/* contents_test.c - workflow/journal: large parts of contents are stored once and come back whole. */
#include "lib/json/json.h"
#include "lib/mem/mem.h"
#include "tests/harness/folder.h"
#include "workflow/journal/journal_private.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct desk {
	struct folder folder;
	uv_loop_t loop;
	struct journal *journal;
	struct error failure;
};

static void on_committed(void *ctx, int64_t ticket)
{
	(void)ctx;
	(void)ticket;
}

static void on_failed(void *ctx, const struct error *err)
{
	((struct desk *)ctx)->failure = *err;
}

static const char *path(struct desk *desk)
{
	return folder_path(&desk->folder, "state.db");
}

static void open_journal(struct desk *desk)
{
	struct journal_callbacks callbacks = {on_committed, on_failed, desk};
	struct error err = {0};

	uv_loop_init(&desk->loop);
	desk->journal = journal_open(path(desk), DB_FULL, &desk->loop, &callbacks, &err);
	if (!desk->journal)
		fail_msg("%s", err.message);
}

static void close_journal(struct desk *desk)
{
	journal_close(desk->journal);
	uv_run(&desk->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&desk->loop), 0);
	assert_string_equal(desk->failure.message, "");
}

static int set_up(void **state)
{
	struct desk *desk = mem_new(sizeof(*desk));

	folder_make(&desk->folder);
	open_journal(desk);
	*state = desk;
	return 0;
}

static int tear_down(void **state)
{
	struct desk *desk = *state;

	if (desk->journal)
		close_journal(desk);
	folder_remove(&desk->folder);
	mem_free(desk);
	return 0;
}

static struct journal_run create(struct desk *desk, const char *id)
{
	struct journal_run run;
	struct error err = {0};

	if (journal_create(desk->journal, id, "w.yaml", SLICE("main: {}"), NULL, NULL, &run, &err) < 0)
		fail_msg("%s", err.message);
	return run;
}

static void append(struct desk *desk, const struct journal_run *run, int64_t number, struct value content)
{
	struct event event = {.number = number, .kind = EVENT_ANSWERED, .strand = 1, .effect = 1};
	struct content_parts parts;
	struct buf text;

	buf_init(&text, 0);
	assert_int_equal(journal_encode_parts(&text, content, &parts), 0);
	event.content = buf_slice(&text);
	event.parts = &parts;
	journal_append(desk->journal, run, &event);
	buf_release(&text);
}

static void settle(struct desk *desk)
{
	journal_flush(desk->journal);
	uv_run(&desk->loop, UV_RUN_DEFAULT);
}

static bool take(void *ctx, const struct event *event)
{
	struct error err = {0};
	struct value content;

	if (journal_decode(event->content, &content, &err) < 0)
		fail_msg("%s", err.message);
	value_list_push(ctx, content);
	return true;
}

/* The contents of a run's events, as a list. */
static struct value read_back(struct desk *desk, const struct journal_run *run)
{
	struct value list = value_list_new(0);
	struct error err = {0};

	if (journal_events(desk->journal, run, 1, take, &list, &err) < 0)
		fail_msg("%s", err.message);
	return list;
}

static int64_t ask(struct desk *desk, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;
	int64_t number;

	assert_int_equal(sqlite3_open(path(desk), &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	number = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return number;
}

/* `size` bytes that no two seeds share. */
static struct value text_of(size_t size, unsigned seed)
{
	struct buf text;
	struct value v;

	buf_init(&text, 0);
	while (text.len < size)
		buf_printf(&text, "%08x", seed = seed * 1664525 + 1013904223);
	v = value_string(slice_sub(buf_slice(&text), 0, size));
	buf_release(&text);
	return v;
}

static struct value answer(struct value body)
{
	struct value content = value_map_new(), result = value_map_new();

	value_put(&result, "body", body);
	value_put(&result, "code", value_int(200));
	value_put(&content, "result", result);
	return content;
}

static void same_body_is_stored_once_over_all_runs(void **state)
{
	struct desk *desk = *state;
	struct journal_run a = create(desk, "a"), b = create(desk, "b");
	struct value content = answer(text_of(100000, 1)), back;

	append(desk, &a, 1, content);
	append(desk, &a, 2, content);
	append(desk, &b, 1, content);
	settle(desk);
	assert_int_equal(ask(desk, "SELECT count(*) FROM contents"), 1);
	assert_int_equal(ask(desk, "SELECT count(*) FROM content_uses"), 2);
	assert_int_equal(ask(desk, "SELECT size FROM contents"), 100002);
	assert_true(ask(desk, "SELECT sum(length(content)) FROM events") < 600);
	back = read_back(desk, &a);
	assert_int_equal(value_len(back), 2);
	assert_true(value_equal(*value_list_at(back, 1), content));
	value_unref(back);
	value_unref(content);
}

static void large_parts_are_compressed(void **state)
{
	struct desk *desk = *state;
	struct journal_run run = create(desk, "a");
	struct value content = answer(text_of(100000, 2));

	append(desk, &run, 1, content);
	settle(desk);
	assert_int_equal(ask(desk, "SELECT codec FROM contents"), 1);
	assert_true(ask(desk, "SELECT length(bytes) FROM contents") < 70000); /* hexadecimal: half a byte each */
	value_unref(content);
}

/* A value shorter than the bound stays where one can read it. */
static void small_contents_stay_with_their_event(void **state)
{
	struct desk *desk = *state;
	struct journal_run run = create(desk, "a");
	struct value content = answer(text_of(509, 3)), larger = answer(text_of(510, 3)), back;

	append(desk, &run, 1, content); /* 511 bytes of JSON */
	settle(desk);
	assert_int_equal(ask(desk, "SELECT count(*) FROM contents WHERE size < 512"), 0);
	append(desk, &run, 2, larger); /* 512 */
	settle(desk);
	assert_int_equal(ask(desk, "SELECT count(*) FROM contents WHERE size = 512"), 1);
	back = read_back(desk, &run);
	assert_true(value_equal(*value_list_at(back, 0), content));
	assert_true(value_equal(*value_list_at(back, 1), larger));
	value_unref(back);
	value_unref(content);
	value_unref(larger);
}

/* What a workflow holds can look like our own mark, with or without a part beside it. */
static void a_map_that_looks_like_a_part_comes_back(void **state)
{
	static const char *const texts[] = {
		"{\"$content\":\"0000000000000000000000000000000000000000000000000000000000000000\"}",
		"{\"$content\":1}",
		"{\"result\":{\"$content\":\"x\"}}",
		("{\"result\":{\"body\":{\"$content\":"
		 "\"0000000000000000000000000000000000000000000000000000000000000000\"}}}"),
		"{\"result\":\"{\\\"$content\\\":\\\"00000000000000000000000000000000000000000000000000000000000000000\\\"}\"}",
		"{\"$0$content\":{\"$content\":{}}}",
	};
	struct desk *desk = *state;
	struct journal_run run = create(desk, "a");
	struct value expected = value_list_new(0), back;
	struct error err = {0};

	for (size_t i = 0; i < 2 * sizeof(texts) / sizeof(texts[0]); i++) {
		struct value v;

		assert_int_equal(json_read(slice_of(texts[i / 2]), &v, &err), 0);
		if (i % 2)
			value_put(&v, "large", text_of(600, 4));
		append(desk, &run, (int64_t)i + 1, v);
		value_list_push(&expected, v);
	}
	settle(desk);
	back = read_back(desk, &run);
	assert_true(value_equal(back, expected));
	value_unref(back);
	value_unref(expected);
}

/* Many large members: those beyond the bound stay inline, nothing is lost. */
static void more_parts_than_an_event_may_have(void **state)
{
	struct desk *desk = *state;
	struct journal_run run = create(desk, "a");
	struct value content = value_map_new(), back;
	char name[16];

	for (int i = 0; i < CONTENT_MAX_PARTS + 5; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		value_put(&content, name, text_of(700, (unsigned)i));
	}
	append(desk, &run, 1, content);
	settle(desk);
	assert_int_equal(ask(desk, "SELECT parts FROM events"), CONTENT_MAX_PARTS);
	back = read_back(desk, &run);
	assert_true(value_equal(*value_list_at(back, 0), content));
	value_unref(back);
	value_unref(content);
}

static bool ignore(void *ctx, const struct event *event)
{
	(void)ctx;
	(void)event;
	return true;
}

static void damage_is_said(void **state)
{
	struct desk *desk = *state;
	struct journal_run run = create(desk, "a");
	struct value content = answer(text_of(8000, 5));
	struct error err = {0};
	sqlite3 *db;

	append(desk, &run, 1, content);
	settle(desk);
	assert_int_equal(sqlite3_open(path(desk), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE contents SET bytes = x'00'", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(journal_events(desk->journal, &run, 1, ignore, NULL, &err), -1);
	assert_non_null(strstr(err.message, "is damaged"));
	err = (struct error){0};
	assert_int_equal(sqlite3_exec(db, "DELETE FROM contents", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(journal_events(desk->journal, &run, 1, ignore, NULL, &err), -1);
	assert_non_null(strstr(err.message, "is missing"));
	sqlite3_close(db);
	value_unref(content);
}

/* ---- versions */

/* A database as version 1 made it: a run that waits, one of whose contents looks like the mark of a part. */
static void make_version_1(struct desk *desk)
{
	struct error err = {0};
	struct db *db = db_open(path(desk), DB_FULL, JOURNAL_APPLICATION_ID, journal_migrations, 1, &err);

	if (!db || db_exec(db,
			   "INSERT INTO definitions VALUES ('d', x'6d61696e3a207b7d');"
			   "INSERT INTO runs VALUES (1, 'old', 'd', 'w.yaml', '', '', 0, 5, 0, 1);"
			   "INSERT INTO events VALUES (1, 1, 1, 1, 0, 0, 7, '{\"argument\":{\"$content\":\"x\"}}');"
			   "INSERT INTO events VALUES (2, 1, 2, 2, 0, 1, 8, '{\"step\":\"main.a\"}');",
			   &err) < 0)
		fail_msg("%s", err.message);
	db_close(db);
}

static void reopen_as_version_1(struct desk *desk)
{
	close_journal(desk);
	desk->journal = NULL;
	folder_remove(&desk->folder);
	folder_make(&desk->folder);
	make_version_1(desk);
}

static void a_database_of_version_1_goes_on(void **state)
{
	struct desk *desk = *state;
	struct value back, large = answer(text_of(5000, 6));
	struct journal_run run;
	struct error err = {0};

	reopen_as_version_1(desk);
	open_journal(desk);
	assert_int_equal(journal_find(desk->journal, "old", &run, &err), 0);
	assert_int_equal(journal_own(desk->journal, &run, &err), 0);
	assert_int_equal(run.event_count, 2);
	append(desk, &run, 3, large);
	settle(desk);
	back = read_back(desk, &run);
	assert_int_equal(value_len(back), 3);
	assert_true(slice_is(value_get_text(*value_get(*value_list_at(back, 0), "argument"), "$content"), "x"));
	assert_true(value_equal(*value_list_at(back, 2), large));
	value_unref(back);
	value_unref(large);
}

/* Kill -9 at any moment of the migration: the next one to open it finds it done or does it again. */
static void a_migration_that_was_killed_is_repeated(void **state)
{
	struct desk *desk = *state;
	struct journal_run run;
	struct error err = {0};

	for (useconds_t delay_us = 0; delay_us < 12000; delay_us += 1000) {
		pid_t child;

		reopen_as_version_1(desk);
		child = fork();
		if (child == 0) {
			open_journal(desk);
			_exit(0);
		}
		usleep(delay_us);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		open_journal(desk);
		assert_int_equal(journal_find(desk->journal, "old", &run, &err), 0);
		assert_int_equal(run.event_count, 2);
		assert_int_equal(ask(desk, "PRAGMA user_version"), (int64_t)journal_migration_count);
	}
}

static void a_newer_database_is_refused(void **state)
{
	struct desk *desk = *state;
	struct journal *journal;
	struct error err = {0};
	sqlite3 *db;

	close_journal(desk);
	desk->journal = NULL;
	assert_int_equal(sqlite3_open(path(desk), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	journal = journal_open(path(desk), DB_FULL, NULL, NULL, &err);
	assert_null(journal);
	assert_non_null(strstr(err.message, "newer"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(same_body_is_stored_once_over_all_runs),
		TEST(large_parts_are_compressed),
		TEST(small_contents_stay_with_their_event),
		TEST(a_map_that_looks_like_a_part_comes_back),
		TEST(more_parts_than_an_event_may_have),
		TEST(damage_is_said),
		TEST(a_database_of_version_1_goes_on),
		TEST(a_migration_that_was_killed_is_repeated),
		TEST(a_newer_database_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
