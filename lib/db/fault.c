/* fault.c - SQLite's result codes in words; see fault.h. */
#include "lib/db/fault.h"

#include <errno.h>
#include <string.h>

bool db_result_is_busy(int result)
{
	int primary = result & 0xff;

	return primary == SQLITE_BUSY || primary == SQLITE_LOCKED;
}

static bool is_room_errno(int number)
{
	return number == ENOSPC || number == EDQUOT || number == EFBIG;
}

/* The errno of the call that failed. sqlite3_system_errno misses failures in COMMIT, which is where the WAL
 * is written, so the two files are asked themselves; each keeps its last one. */
static int last_errno(sqlite3 *handle)
{
	sqlite3_file *wal = NULL;
	int number = handle ? sqlite3_system_errno(handle) : 0;

	if (!handle || number)
		return number;
	sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
	if (wal && wal->pMethods)
		wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &number);
	if (!number)
		sqlite3_file_control(handle, "main", SQLITE_FCNTL_LAST_ERRNO, &number);
	return number;
}

bool db_result_is_full(sqlite3 *handle, int result)
{
	int primary = result & 0xff;

	return primary == SQLITE_FULL || (primary == SQLITE_IOERR && is_room_errno(last_errno(handle)));
}

static int refused(const char *path, const char *fact, const char *hint, struct error *err)
{
	error_set(err, ERROR_IO, "database %s: %s", path, fact);
	error_hint(err, "%s", hint);
	return -1;
}

static int other(sqlite3 *handle, const char *path, int result, const char *doing, struct error *err)
{
	const char *said = handle ? sqlite3_errmsg(handle) : sqlite3_errstr(result);
	int number = last_errno(handle);
	int primary = result & 0xff;

	if (number && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN))
		return error_set(err, ERROR_IO, "cannot %s database %s: %s (%s)", doing, path, said,
				 strerror(number));
	return error_set(err, ERROR_IO, "cannot %s database %s: %s", doing, path, said);
}

int db_fault(sqlite3 *handle, const char *path, int result, const char *doing, struct error *err)
{
	if (db_result_is_full(handle, result))
		return refused(path, "the disk is full",
			       "free some space and start again; everything acknowledged so far is safe",
			       err);
	if (db_result_is_busy(result)) {
		error_set(err, ERROR_BUSY, "database %s: locked by another process", path);
		error_hint(err, "try again when the other program is done; `fuser %s` names it", path);
		return -1;
	}
	switch (result & 0xff) {
	case SQLITE_NOTADB:
		error_set(err, ERROR_IO, "%s is not a database", path);
		error_hint(err, "give another path, or move the file away; it was not changed");
		return -1;
	case SQLITE_CORRUPT:
		return refused(path, "damaged (SQLite finds it malformed)",
			       "restore it from a backup, or save what is left with `sqlite3 FILE .recover`",
			       err);
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return refused(path, "may only be read",
			       "writing needs permission for the file and for its folder", err);
	default:
		other(handle, path, result, doing, err);
		if ((result & 0xff) == SQLITE_CANTOPEN)
			error_hint(err, "check that the folder exists and may be written to");
		return -1;
	}
}
