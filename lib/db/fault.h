/*
 * fault.h - what SQLite said, as an error that a person can act on. Seen by lib/db alone.
 *
 * The primary result code picks kind, words and hint; where it only says "I/O error", the errno of the
 * system call that failed says more: a quota or a file size limit is a full disk too.
 */
#ifndef LIB_DB_FAULT_H
#define LIB_DB_FAULT_H

#include "lib/diag/error.h"

#include <sqlite3.h>
#include <stdbool.h>

/* Always -1. `doing` is a verb for "cannot VERB database PATH"; `handle` may be NULL. */
int db_fault(sqlite3 *handle, const char *path, int result, const char *doing, struct error *err);

bool db_result_is_busy(int result);
bool db_result_is_full(sqlite3 *handle, int result);

#endif
