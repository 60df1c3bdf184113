/*
 * db.c - opening, statements, transactions; see db.h.
 *
 * The WAL is checkpointed every CHECKPOINT_PAGES pages and never truncated while a connection is open, so
 * that a commit overwrites blocks the file already has: on ext4 that is 1.25 to 1.5 times faster than a
 * sync which also has to grow the file. The last connection to close removes it, as SQLite does by
 * itself: a WAL left behind could be replayed into a file that was restored from a backup. db_keep_wal trades that
 * for a quick end, and for a next program whose commits need not grow a file either.
 */
#include "lib/db/db.h"

#include "lib/db/fault.h"
#include "lib/db/vfs.h"
#include "lib/kill/kill.h"
#include "lib/mem/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CHECKPOINT_PAGES = 1000,
	/* of a WAL that is kept: commits of many pages write the same ones again and again, and fewer checkpoints copy
	 * each of them less often */
	CHECKPOINT_COMMITS = 200,
	MOST_WAL_PAGES = 4 * CHECKPOINT_PAGES,
	WAL_PAGE = 4096 + 24, /* with the header of its frame */
};

struct statement {
	const char *key; /* the caller's pointer: found without comparing texts of other statements */
	char *sql;       /* owned copy */
	sqlite3_stmt *stmt;
};

struct db {
	sqlite3 *handle;
	char *path;
	struct statement *statements;
	size_t count, capacity;
	int result;         /* of the call that failed last */
	int kept_wal_pages; /* 0: the last to close removes it */
	int wal_pages;	    /* after the last commit here */
	int commits;	    /* here, since the last checkpoint */
};

static int fault(struct db *db, int result, const char *doing, struct error *err)
{
	db->result = result;
	return db_fault(db->handle, db->path, result, doing, err);
}

/* ---- the file */

static int make_folders(const char *path, struct error *err)
{
	char *copy = mem_strdup(path);
	int status = 0;

	for (char *slash = strchr(copy + 1, '/'); slash && status == 0; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST) {
			status = error_set(err, ERROR_IO, "cannot make folder %s for database %s: %s", copy,
					   path, strerror(errno));
			error_hint(err, "give a path in a folder that you may write to");
		}
		*slash = '/';
	}
	mem_free(copy);
	return status;
}

/* SQLite would make it readable for all. An existing file is not opened here: closing it would drop the
 * locks that other connections of this process hold. */
static int make_file(const char *path, struct error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno == EEXIST)
		return 0;
	error_set(err, ERROR_IO, "cannot make database %s: %s", path, strerror(errno));
	if (errno == ENOSPC || errno == EDQUOT)
		error_hint(err, "free some space on the disk");
	else
		error_hint(err, "give a path in a folder that you may write to");
	return -1;
}

/* ---- settings and schema */

static int query_int(struct db *db, const char *sql, int64_t *number, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(db, sql, err);
	int row = stmt ? db_step(db, stmt, err) : -1;

	if (row < 0)
		return -1;
	*number = row ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_reset(stmt);
	return 0;
}

/* Two processes that make the same file at once collide in the switch to WAL, where SQLite does not wait. */
static int use_wal(struct db *db, struct error *err)
{
	int result = SQLITE_BUSY;

	for (int waited_ms = 0; result == SQLITE_BUSY && waited_ms < DB_BUSY_MS; waited_ms += 10) {
		if (waited_ms)
			usleep(10000);
		result = sqlite3_exec(db->handle, "PRAGMA journal_mode = WAL", NULL, NULL, NULL) & 0xff;
	}
	return result == SQLITE_OK ? 0 : fault(db, sqlite3_extended_errcode(db->handle), "open", err);
}

static int configure(struct db *db, enum db_durability durability, struct error *err)
{
	static const char *const synchronous[] = {
		[DB_FULL] = "FULL",
		[DB_NORMAL] = "NORMAL",
		[DB_OFF] = "OFF",
	};
	char sql[256];

	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, DB_BUSY_MS);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	snprintf(sql, sizeof(sql),
		 "PRAGMA synchronous = %s; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
		 "PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = %d",
		 synchronous[durability], CHECKPOINT_PAGES);
	return db_exec(db, sql, err);
}

/* Whose file is it? Before anything is written to it, the switch to WAL included. */
static int check_owner(struct db *db, uint32_t application_id, size_t known, struct error *err)
{
	int64_t id, version, tables;

	if (query_int(db, "PRAGMA application_id", &id, err) < 0 ||
	    query_int(db, "PRAGMA user_version", &version, err) < 0 ||
	    query_int(db, "SELECT count(*) FROM sqlite_schema", &tables, err) < 0)
		return -1;
	if ((uint32_t)id != application_id && (id != 0 || version != 0 || tables != 0)) {
		error_set(err, ERROR_IO,
			  "%s is a database of another program (application id %08x, expected %08x)",
			  db->path, (unsigned)id, (unsigned)application_id);
		error_hint(err, "give another path; the file was not changed");
		return -1;
	}
	if (version > (int64_t)known) {
		error_set(err, ERROR_IO,
			  "%s was written by a newer version (schema %lld, this program knows %zu)", db->path,
			  (long long)version, known);
		error_hint(err, "use the newer program, or give another path; the file was not changed");
		return -1;
	}
	return 0;
}

static int migrate_one(struct db *db, uint32_t application_id, const char *const *migrations, size_t count,
		       bool *done, struct error *err)
{
	int64_t version;
	char sql[128];

	if (db_begin(db, err) < 0)
		return -1;
	if (query_int(db, "PRAGMA user_version", &version, err) < 0)
		goto fail;
	*done = version >= (int64_t)count; /* perhaps by another process meanwhile */
	if (*done) {
		db_rollback(db);
		return 0;
	}
	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %lld",
		 (int)application_id, (long long)version + 1);
	if (db_exec(db, migrations[version], err) < 0 || db_exec(db, sql, err) < 0)
		goto fail;
	kill_point("migrate.before-commit");
	if (db_commit(db, err) < 0)
		goto fail;
	kill_point("migrate.after-commit");
	return 0;

fail:
	db_rollback(db);
	return -1;
}

static int migrate(struct db *db, uint32_t application_id, const char *const *migrations, size_t count,
		   struct error *err)
{
	int64_t version;
	bool done;

	if (query_int(db, "PRAGMA user_version", &version, err) < 0)
		return -1;
	done = version >= (int64_t)count;
	while (!done) {
		if (migrate_one(db, application_id, migrations, count, &done, err) < 0)
			return -1;
	}
	return 0;
}

struct db *db_open(const char *path, enum db_durability durability, uint32_t application_id,
		   const char *const *migrations, size_t count, struct error *err)
{
	struct db *db = mem_new(sizeof(*db));
	int result;

	db->path = mem_strdup(path);
	if (make_folders(path, err) < 0 || make_file(path, err) < 0)
		goto fail;
	result = sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
				 vfs_name());
	if (result != SQLITE_OK) {
		fault(db, result, "open", err);
		goto fail;
	}
	if (configure(db, durability, err) < 0 || check_owner(db, application_id, count, err) < 0 ||
	    use_wal(db, err) < 0 || migrate(db, application_id, migrations, count, err) < 0)
		goto fail;
	return db;

fail:
	db_close(db);
	return NULL;
}

/* ---- a WAL that is kept */

static int after_commit(void *ctx, sqlite3 *handle, const char *name, int pages)
{
	struct db *db = ctx;

	db->wal_pages = pages;
	db->commits++;
	if (pages >= MOST_WAL_PAGES || (pages >= CHECKPOINT_PAGES && db->commits >= CHECKPOINT_COMMITS)) {
		sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
		db->commits = 0;
	}
	return SQLITE_OK; /* a checkpoint that could not be made comes with a later commit */
}

void db_keep_wal(struct db *db, int pages)
{
	db->kept_wal_pages = pages;
	sqlite3_wal_hook(db->handle, after_commit, db);
}

static bool is_wal_huge(const struct db *db)
{
	const char *path = sqlite3_filename_wal(sqlite3_db_filename(db->handle, "main"));
	struct stat wal;

	return stat(path, &wal) < 0 || wal.st_size > (off_t)MOST_WAL_PAGES * WAL_PAGE * 5 / 4;
}

/* All of it into the database, then a commit that changes nothing: it begins the WAL anew, so that whoever opens the
 * database next reads that one page of it, however long the file is. Not while others use it. */
static bool empty_wal(struct db *db)
{
	int64_t version;
	char sql[64];

	sqlite3_busy_timeout(db->handle, 0);
	if (sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL) != SQLITE_OK ||
	    query_int(db, "PRAGMA user_version", &version, NULL) < 0)
		return false;
	snprintf(sql, sizeof(sql), "PRAGMA synchronous = NORMAL; PRAGMA user_version = %lld", (long long)version);
	return db_exec(db, sql, NULL) == 0;
}

static bool leaves_wal(struct db *db)
{
	if (!db->kept_wal_pages || is_wal_huge(db))
		return false;
	return db->wal_pages <= db->kept_wal_pages || empty_wal(db);
}

void db_close(struct db *db)
{
	if (!db)
		return;
	if (db->handle && leaves_wal(db))
		sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	for (size_t i = 0; i < db->count; i++) {
		sqlite3_finalize(db->statements[i].stmt);
		mem_free(db->statements[i].sql);
	}
	mem_free(db->statements);
	sqlite3_close(db->handle);
	mem_free(db->path);
	mem_free(db);
}

const char *db_path(const struct db *db)
{
	return db->path;
}

/* ---- statements */

/* By pointer first: nearly every text is a literal. The text is compared all the same, since a pointer may
 * be a buffer that now holds something else. */
static struct statement *find_statement(struct db *db, const char *sql)
{
	for (size_t i = 0; i < db->count; i++) {
		if (db->statements[i].key == sql && strcmp(db->statements[i].sql, sql) == 0)
			return &db->statements[i];
	}
	for (size_t i = 0; i < db->count; i++) {
		if (strcmp(db->statements[i].sql, sql) == 0)
			return &db->statements[i];
	}
	return NULL;
}

sqlite3_stmt *db_prepare(struct db *db, const char *sql, struct error *err)
{
	struct statement *found = find_statement(db, sql);
	sqlite3_stmt *stmt;
	int result;

	if (found) {
		sqlite3_reset(found->stmt);
		sqlite3_clear_bindings(found->stmt);
		return found->stmt;
	}
	result = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
	if (result != SQLITE_OK) {
		fault(db, result, "use", err);
		return NULL;
	}
	if (db->count == db->capacity)
		db->statements = mem_grow(db->statements, &db->capacity, sizeof(*db->statements));
	db->statements[db->count++] = (struct statement){.key = sql, .sql = mem_strdup(sql), .stmt = stmt};
	return stmt;
}

void db_bind_text(sqlite3_stmt *stmt, int index, struct slice text)
{
	if (text.ptr)
		sqlite3_bind_text64(stmt, index, text.ptr, text.len, SQLITE_TRANSIENT, SQLITE_UTF8);
	else
		sqlite3_bind_null(stmt, index);
}

void db_bind_blob(sqlite3_stmt *stmt, int index, struct slice blob)
{
	if (blob.ptr)
		sqlite3_bind_blob64(stmt, index, blob.ptr, blob.len, SQLITE_TRANSIENT);
	else
		sqlite3_bind_null(stmt, index);
}

void db_bind_int(sqlite3_stmt *stmt, int index, int64_t number)
{
	sqlite3_bind_int64(stmt, index, number);
}

int db_step(struct db *db, sqlite3_stmt *stmt, struct error *err)
{
	int result = sqlite3_step(stmt);

	if (result == SQLITE_ROW)
		return 1;
	if (result == SQLITE_DONE) {
		sqlite3_reset(stmt);
		return 0;
	}
	fault(db, result, "use", err);
	sqlite3_reset(stmt);
	return -1;
}

int db_run(struct db *db, sqlite3_stmt *stmt, struct error *err)
{
	int row;

	do {
		row = db_step(db, stmt, err);
	} while (row > 0);
	return row;
}

struct slice db_column_text(sqlite3_stmt *stmt, int column)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	return (struct slice){text, text ? (size_t)sqlite3_column_bytes(stmt, column) : 0};
}

struct slice db_column_blob(sqlite3_stmt *stmt, int column)
{
	const char *bytes = sqlite3_column_blob(stmt, column);
	int size = sqlite3_column_bytes(stmt, column);

	if (!bytes && sqlite3_column_type(stmt, column) != SQLITE_NULL)
		bytes = ""; /* SQLite gives NULL for a blob of no bytes */
	return (struct slice){bytes, (size_t)size};
}

int db_exec(struct db *db, const char *sql, struct error *err)
{
	int result = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return result == SQLITE_OK ? 0 : fault(db, result, "use", err);
}

int64_t db_last_row(const struct db *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}

/* ---- transactions */

static int run_text(struct db *db, const char *sql, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(db, sql, err);

	return stmt ? db_run(db, stmt, err) : -1;
}

int db_begin(struct db *db, struct error *err)
{
	return run_text(db, "BEGIN IMMEDIATE", err);
}

int db_try_begin(struct db *db, struct error *err)
{
	struct error error = {0};
	int result;

	sqlite3_busy_timeout(db->handle, 0);
	result = db_begin(db, &error);
	sqlite3_busy_timeout(db->handle, DB_BUSY_MS);
	if (result == 0)
		return 1;
	if (db_is_busy(db))
		return 0;
	if (err)
		*err = error;
	return -1;
}

int db_commit(struct db *db, struct error *err)
{
	return run_text(db, "COMMIT", err);
}

void db_rollback(struct db *db)
{
	if (!sqlite3_get_autocommit(db->handle))
		run_text(db, "ROLLBACK", NULL);
}

bool db_is_busy(const struct db *db)
{
	return db_result_is_busy(db->result);
}

bool db_is_full(const struct db *db)
{
	return db_result_is_full(db->handle, db->result);
}
