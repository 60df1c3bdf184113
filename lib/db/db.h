/*
 * db.h - SQLite opened our way.
 *
 * WAL kept and reused, foreign keys on, busy timeout, STRICT tables by the callers' schemas, statements
 * prepared once and cached by their text. Errors name the file and what SQLite said; a file that is not
 * a database, a full disk and a busy database have messages and hints of their own.
 *
 * Errors: ERROR_IO with advice for a file that is not ours (no database, another program's, a newer version's),
 * ERROR_BUSY for one that stays locked beyond DB_BUSY_MS, else ERROR_IO. After a failed step or commit the
 * statement is reset and the transaction is as SQLite left it: call db_rollback.
 *
 * A struct db belongs to one thread at a time. Depends on lib/mem, lib/text, lib/diag, SQLite.
 */
#ifndef LIB_DB_DB_H
#define LIB_DB_DB_H

#include "lib/diag/error.h"
#include "lib/text/text.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

enum db_durability { DB_FULL, DB_NORMAL, DB_OFF }; /* PRAGMA synchronous */

enum { DB_BUSY_MS = 5000 };

struct db; /* opaque */

/* Opens or makes the file (0600, folders above it made 0700) and brings its schema up to date:
 * migrations[i] is the SQL that leads from version i to i + 1 (PRAGMA user_version), each run in one
 * transaction. A file of a newer version, of another application id, or with foreign tables is refused. */
struct db *db_open(const char *path, enum db_durability durability, uint32_t application_id,
		   const char *const *migrations, size_t count, struct error *err);
void db_close(struct db *db); /* NULL is fine; rolls back what is open */
/* Let the last connection leave the WAL where it is: for a database that short programs open again and again, where
 * each would else sync four times to make, empty and remove it, and its commits wait for the file to grow. The next to
 * open it reads it through; when this connection has left more than so many pages in it, they are copied into the
 * database first. Database and WAL then belong together: neither may be copied or replaced alone. For every connection
 * to such a database, those that only read included. */
void db_keep_wal(struct db *db, int pages);
const char *db_path(const struct db *db);

/* A cached prepared statement, reset and with its bindings cleared. Borrowed: no finalize. NULL on error. */
sqlite3_stmt *db_prepare(struct db *db, const char *sql, struct error *err);
/* Copied by SQLite; ptr NULL binds NULL. */
void db_bind_text(sqlite3_stmt *stmt, int index, struct slice text);
void db_bind_blob(sqlite3_stmt *stmt, int index, struct slice blob);
void db_bind_int(sqlite3_stmt *stmt, int index, int64_t number);
/* 1: a row is there; 0: done (and reset); -1: error (and reset). */
int db_step(struct db *db, sqlite3_stmt *stmt, struct error *err);
/* Step a statement that gives no rows, to its end. 0 or -1. */
int db_run(struct db *db, sqlite3_stmt *stmt, struct error *err);
/* Borrowed until the next step; ptr NULL for NULL. */
struct slice db_column_text(sqlite3_stmt *stmt, int column);
struct slice db_column_blob(sqlite3_stmt *stmt, int column);
int db_exec(struct db *db, const char *sql, struct error *err); /* no results; may be several statements */
int64_t db_last_row(const struct db *db); /* key of the row inserted last on this connection */

int db_begin(struct db *db, struct error *err); /* IMMEDIATE */
/* The same without waiting for another process that writes: 1, 0 when there is one, -1. */
int db_try_begin(struct db *db, struct error *err);
int db_commit(struct db *db, struct error *err);
void db_rollback(struct db *db); /* does nothing outside a transaction */

/* True when the error just given was a database busy or locked beyond the timeout, or a full disk. */
bool db_is_busy(const struct db *db);
bool db_is_full(const struct db *db);

#endif
