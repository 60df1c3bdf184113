/* db_test.c - opening, refusing and filling databases. The words of SQLite's documentation and of db.h. */
#include "lib/db/db.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { APP = 0x1eaf0001 };

static const char *const one[] = {"CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT NOT NULL) STRICT"};
static const char *const two[] = {"CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT NOT NULL) STRICT",
				  "ALTER TABLE t ADD COLUMN y INT; UPDATE t SET y = 7"};

struct place_on_disk {
	char folder[64];
	char path[128];
};

static int setup(void **state)
{
	struct place_on_disk *place = calloc(1, sizeof(*place));

	strcpy(place->folder, "/tmp/db_test.XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	snprintf(place->path, sizeof(place->path), "%s/x.db", place->folder);
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place_on_disk *place = *state;
	char command[128];

	chmod(place->folder, 0700);
	snprintf(command, sizeof(command), "rm -rf '%s'", place->folder);
	free(place);
	return system(command);
}

static struct db *open_one(const char *path)
{
	struct error err = {0};
	struct db *db = db_open(path, DB_FULL, APP, one, 1, &err);

	assert_string_equal(err.message, "");
	assert_non_null(db);
	return db;
}

static int64_t number(struct db *db, const char *sql)
{
	struct error err = {0};
	sqlite3_stmt *stmt = db_prepare(db, sql, &err);
	int64_t result;

	assert_non_null(stmt);
	assert_int_equal(db_step(db, stmt, &err), 1);
	result = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return result;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void folders_above_are_made_and_the_file_is_private(void **state)
{
	struct place_on_disk *place = *state;
	char path[160];
	struct stat status;
	struct db *db;

	snprintf(path, sizeof(path), "%s/a/b/x.db", place->folder);
	db = open_one(path);
	assert_string_equal(db_path(db), path);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	snprintf(path, sizeof(path), "%s/a", place->folder);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	db_close(db);
}

static void settings_are_ours(void **state)
{
	struct place_on_disk *place = *state;
	struct db *db = open_one(place->path);
	struct error err = {0};
	sqlite3_stmt *stmt = db_prepare(db, "PRAGMA journal_mode", &err);

	assert_int_equal(db_step(db, stmt, &err), 1);
	assert_true(slice_is(db_column_text(stmt, 0), "wal"));
	sqlite3_reset(stmt);
	assert_int_equal(number(db, "PRAGMA synchronous"), 2); /* FULL */
	assert_int_equal(number(db, "PRAGMA foreign_keys"), 1);
	assert_int_equal(number(db, "PRAGMA application_id"), APP);
	assert_int_equal(number(db, "PRAGMA user_version"), 1);
	db_close(db);
}

static void migrations_keep_the_data(void **state)
{
	struct place_on_disk *place = *state;
	struct error err = {0};
	struct db *db = open_one(place->path);

	assert_int_equal(db_exec(db, "INSERT INTO t(x) VALUES ('kept')", &err), 0);
	db_close(db);
	db = db_open(place->path, DB_NORMAL, APP, two, 2, &err);
	assert_non_null(db);
	assert_int_equal(number(db, "SELECT y FROM t WHERE x = 'kept'"), 7);
	assert_int_equal(number(db, "PRAGMA user_version"), 2);
	db_close(db);
}

static void a_broken_migration_changes_nothing(void **state)
{
	struct place_on_disk *place = *state;
	const char *const bad[] = {one[0], "CREATE TABLE half(a INT) STRICT; no such statement"};
	struct error err = {0};
	struct db *db = open_one(place->path);

	db_close(db);
	assert_null(db_open(place->path, DB_FULL, APP, bad, 2, &err));
	assert_int_equal(err.kind, ERROR_IO);
	db = open_one(place->path);
	assert_int_equal(number(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), 0);
	db_close(db);
}

static void a_text_file_is_refused_and_left_alone(void **state)
{
	struct place_on_disk *place = *state;
	struct error err = {0};
	struct stat status;

	write_file(place->path,
		   "This is a letter, and a long one: it does not begin as a database does.\n"
		   "It goes on for more than a hundred bytes, so that the header could be there.\n");
	assert_null(db_open(place->path, DB_FULL, APP, one, 1, &err));
	assert_int_equal(err.kind, ERROR_IO);
	assert_non_null(strstr(err.message, place->path));
	assert_non_null(strstr(err.message, "is not a database"));
	assert_string_not_equal(err.hint, "");
	assert_int_equal(stat(place->path, &status), 0);
	assert_int_equal(status.st_size, 72 + 77);
}

static void another_program_s_database_is_refused(void **state)
{
	struct place_on_disk *place = *state;
	struct error err = {0};
	sqlite3 *handle;

	assert_int_equal(sqlite3_open(place->path, &handle), SQLITE_OK);
	sqlite3_exec(handle, "CREATE TABLE bookmarks(url)", NULL, NULL, NULL);
	sqlite3_close(handle);
	assert_null(db_open(place->path, DB_FULL, APP, one, 1, &err));
	assert_int_equal(err.kind, ERROR_IO);
	assert_non_null(strstr(err.message, "of another program"));

	assert_int_equal(sqlite3_open(place->path, &handle), SQLITE_OK); /* not even switched to WAL */
	assert_int_equal(sqlite3_exec(handle, "SELECT 1 FROM t", NULL, NULL, NULL), SQLITE_ERROR);
	sqlite3_close(handle);
}

static void a_newer_version_is_refused(void **state)
{
	struct place_on_disk *place = *state;
	struct error err = {0};

	db_close(db_open(place->path, DB_FULL, APP, two, 2, &err));
	assert_null(db_open(place->path, DB_FULL, APP, one, 1, &err));
	assert_int_equal(err.kind, ERROR_IO);
	assert_non_null(strstr(err.message, "newer version (schema 2, this program knows 1)"));
	assert_non_null(strstr(err.hint, "newer program"));
}

static void a_full_database_says_so_and_keeps_what_it_has(void **state)
{
	struct place_on_disk *place = *state;
	struct error err = {0};
	struct db *db = open_one(place->path);

	assert_int_equal(db_exec(db, "INSERT INTO t(x) VALUES ('first')", &err), 0);
	assert_int_equal(db_exec(db, "PRAGMA max_page_count = 4", &err), 0);
	assert_int_equal(db_begin(db, &err), 0);
	assert_int_equal(db_exec(db, "INSERT INTO t(x) VALUES (hex(zeroblob(100000)))", &err), -1);
	assert_true(db_is_full(db));
	assert_false(db_is_busy(db));
	assert_int_equal(err.kind, ERROR_IO);
	assert_non_null(strstr(err.message, "disk is full"));
	assert_non_null(strstr(err.hint, "space"));
	db_rollback(db);
	assert_int_equal(number(db, "SELECT count(*) FROM t"), 1);
	db_close(db);
}

/* A file size limit is what a full disk looks like to write(2), but for the errno. */
static void a_file_size_limit_counts_as_full(void **state)
{
	struct place_on_disk *place = *state;
	pid_t child;
	int status;

	db_close(open_one(place->path));
	child = fork();
	if (child == 0) {
		struct rlimit limit = {64 << 10, 64 << 10};
		struct error err = {0};
		struct db *db;

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		db = db_open(place->path, DB_FULL, APP, one, 1, &err);
		if (!db)
			_exit(10);
		if (db_exec(db, "INSERT INTO t(x) VALUES (hex(zeroblob(100000)))", &err) == 0)
			_exit(11);
		_exit(db_is_full(db) && strstr(err.message, "disk is full") ? 0 : 12);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_locked_database_is_busy(void **state)
{
	struct place_on_disk *place = *state;
	struct error err = {0};
	struct db *holder = open_one(place->path);
	struct db *other = open_one(place->path);

	assert_int_equal(db_exec(other, "PRAGMA busy_timeout = 1", &err), 0);
	assert_int_equal(db_begin(holder, &err), 0);
	assert_int_equal(db_begin(other, &err), -1);
	assert_true(db_is_busy(other));
	assert_int_equal(err.kind, ERROR_BUSY);
	assert_non_null(strstr(err.message, "locked"));
	db_rollback(holder);
	error_clear(&err);
	assert_int_equal(db_begin(other, &err), 0);
	db_close(other);
	db_close(holder);
}

static void a_read_only_file_says_so(void **state)
{
	struct place_on_disk *place = *state;
	struct error err = {0};
	struct db *db = open_one(place->path);

	assert_int_equal(db_exec(db, "PRAGMA query_only = ON", &err), 0);
	assert_int_equal(db_exec(db, "INSERT INTO t(x) VALUES ('no')", &err), -1);
	assert_int_equal(err.kind, ERROR_IO);
	assert_non_null(strstr(err.message, "may only be read"));
	assert_non_null(strstr(err.hint, "permission"));
	db_close(db);
}

static void a_folder_that_cannot_be_is_named(void **state)
{
	struct place_on_disk *place = *state;
	struct error err = {0};
	char path[160];

	write_file(place->path, "a file");
	snprintf(path, sizeof(path), "%s/inside/y.db", place->path);
	assert_null(db_open(path, DB_FULL, APP, one, 1, &err));
	assert_int_equal(err.kind, ERROR_IO);
	assert_non_null(strstr(err.message, path));
	assert_string_not_equal(err.hint, "");
	error_clear(&err);
	assert_null(db_open(place->folder, DB_FULL, APP, one, 1, &err)); /* a folder is no database */
	assert_int_equal(err.kind, ERROR_IO);
}

static void statements_are_cached_by_text(void **state)
{
	struct place_on_disk *place = *state;
	struct error err = {0};
	struct db *db = open_one(place->path);
	char sql[64];
	sqlite3_stmt *stmt;

	snprintf(sql, sizeof(sql), "SELECT x FROM t WHERE id = ?");
	stmt = db_prepare(db, sql, &err);
	assert_ptr_equal(db_prepare(db, "SELECT x FROM t WHERE id = ?", &err), stmt);
	snprintf(sql, sizeof(sql), "SELECT count(*) FROM t"); /* the same pointer, another text */
	assert_ptr_not_equal(db_prepare(db, sql, &err), stmt);
	assert_null(db_prepare(db, "SELECT x FROM nowhere", &err));
	assert_non_null(strstr(err.message, "nowhere"));
	db_close(db);
}

static void text_blobs_and_null_survive(void **state)
{
	struct place_on_disk *place = *state;
	struct error err = {0};
	struct db *db = open_one(place->path);
	sqlite3_stmt *stmt = db_prepare(db, "SELECT ?1, ?2, ?3, ?4, typeof(?2)", &err);

	db_bind_text(stmt, 1, (struct slice){"a\0b", 3});
	db_bind_text(stmt, 2, (struct slice){NULL, 0});
	db_bind_blob(stmt, 3, SLICE(""));
	db_bind_int(stmt, 4, INT64_MIN);
	assert_int_equal(db_step(db, stmt, &err), 1);
	assert_int_equal(db_column_text(stmt, 0).len, 3);
	assert_null(db_column_text(stmt, 1).ptr);
	assert_non_null(db_column_blob(stmt, 2).ptr);
	assert_int_equal(db_column_blob(stmt, 2).len, 0);
	assert_true(sqlite3_column_int64(stmt, 3) == INT64_MIN);
	assert_true(slice_is(db_column_text(stmt, 4), "null"));
	sqlite3_reset(stmt);
	db_close(db);
}

static void a_failed_insert_leaves_the_statement_usable(void **state)
{
	struct place_on_disk *place = *state;
	struct error err = {0};
	struct db *db = open_one(place->path);
	sqlite3_stmt *stmt = db_prepare(db, "INSERT INTO t(id, x) VALUES (1, ?)", &err);

	db_bind_text(stmt, 1, SLICE("once"));
	assert_int_equal(db_run(db, stmt, &err), 0);
	assert_int_equal(db_last_row(db), 1);
	assert_int_equal(db_run(db, stmt, &err), -1); /* the key is taken */
	assert_int_equal(err.kind, ERROR_IO);
	assert_non_null(db_prepare(db, "INSERT INTO t(id, x) VALUES (1, ?)", NULL));
	assert_int_equal(number(db, "SELECT count(*) FROM t"), 1);
	db_close(db);
}

/* Overwriting beats appending: the WAL must not grow with the number of commits. */
static void the_wal_is_reused(void **state)
{
	struct place_on_disk *place = *state;
	struct error err = {0};
	struct db *db = db_open(place->path, DB_OFF, APP, one, 1, &err);
	char wal[160];
	struct stat before, after;

	snprintf(wal, sizeof(wal), "%s-wal", place->path);
	for (int i = 0; i < 3000; i++)
		assert_int_equal(db_exec(db, "INSERT INTO t(x) VALUES (hex(zeroblob(500)))", &err), 0);
	assert_int_equal(stat(wal, &before), 0);
	for (int i = 0; i < 6000; i++)
		assert_int_equal(db_exec(db, "INSERT INTO t(x) VALUES (hex(zeroblob(500)))", &err), 0);
	assert_int_equal(stat(wal, &after), 0);
	assert_true(after.st_size < before.st_size * 3 / 2);
	db_close(db);
}

static void a_wal_may_be_kept(void **state)
{
	struct place_on_disk *place = *state;
	struct error err = {0};
	struct db *db = open_one(place->path);
	char wal[160];
	struct stat there;

	snprintf(wal, sizeof(wal), "%s-wal", place->path);
	assert_int_equal(db_exec(db, "INSERT INTO t(x) VALUES ('kept')", &err), 0);
	db_close(db);
	assert_int_equal(stat(wal, &there), -1); /* unless asked for */

	db = open_one(place->path);
	db_keep_wal(db, 20);
	assert_int_equal(db_exec(db, "INSERT INTO t(x) VALUES ('kept')", &err), 0);
	db_close(db);
	assert_int_equal(stat(wal, &there), 0);

	db = open_one(place->path);
	db_keep_wal(db, 20);
	assert_int_equal(number(db, "SELECT count(*) FROM t WHERE x = 'kept'"), 2);
	for (int i = 0; i < 30; i++) /* a commit writes a page at least */
		assert_int_equal(db_exec(db, "INSERT INTO t(x) VALUES ('more')", &err), 0);
	db_close(db);
	assert_int_equal(stat(wal, &there), 0);
	assert_true(there.st_size > 30 * 4096);
	assert_int_equal(unlink(wal), 0); /* by then all was in the database */
	db = open_one(place->path);
	assert_int_equal(number(db, "SELECT count(*) FROM t"), 32);
	db_close(db);
}

/* Who comes next overwrites it: no commit has to wait for the file to grow. */
static void a_wal_that_was_kept_is_overwritten(void **state)
{
	struct place_on_disk *place = *state;
	struct error err = {0};
	char wal[160];
	struct stat first, last;

	snprintf(wal, sizeof(wal), "%s-wal", place->path);
	for (int turn = 0; turn < 3; turn++) {
		struct db *db = open_one(place->path);

		db_keep_wal(db, 20);
		assert_int_equal(number(db, "SELECT count(*) FROM t"), turn * 40);
		for (int i = 0; i < 40; i++)
			assert_int_equal(db_exec(db, "INSERT INTO t(x) VALUES ('more')", &err), 0);
		db_close(db);
		assert_int_equal(stat(wal, turn ? &last : &first), 0);
	}
	assert_true(last.st_size < first.st_size * 3 / 2);
}

static void a_reader_leaves_a_kept_wal_alone(void **state)
{
	struct place_on_disk *place = *state;
	struct error err = {0};
	struct db *db = open_one(place->path);
	char wal[160];
	struct stat before, after;

	snprintf(wal, sizeof(wal), "%s-wal", place->path);
	db_keep_wal(db, 20);
	assert_int_equal(db_exec(db, "INSERT INTO t(x) VALUES ('kept')", &err), 0);
	db_close(db);
	assert_int_equal(stat(wal, &before), 0);
	db = open_one(place->path);
	db_keep_wal(db, 20);
	assert_int_equal(number(db, "SELECT count(*) FROM t"), 1);
	db_close(db);
	assert_int_equal(stat(wal, &after), 0);
	assert_int_equal(after.st_size, before.st_size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		CASE(folders_above_are_made_and_the_file_is_private),
		CASE(settings_are_ours),
		CASE(migrations_keep_the_data),
		CASE(a_broken_migration_changes_nothing),
		CASE(a_text_file_is_refused_and_left_alone),
		CASE(another_program_s_database_is_refused),
		CASE(a_newer_version_is_refused),
		CASE(a_full_database_says_so_and_keeps_what_it_has),
		CASE(a_file_size_limit_counts_as_full),
		CASE(a_locked_database_is_busy),
		CASE(a_read_only_file_says_so),
		CASE(a_folder_that_cannot_be_is_named),
		CASE(statements_are_cached_by_text),
		CASE(text_blobs_and_null_survive),
		CASE(a_failed_insert_leaves_the_statement_usable),
		CASE(the_wal_is_reused),
		CASE(a_wal_may_be_kept),
		CASE(a_wal_that_was_kept_is_overwritten),
		CASE(a_reader_leaves_a_kept_wal_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
