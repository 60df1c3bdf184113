/*
 * vfs.h - SQLite's way to files, but for one thing: a WAL that is there is opened, not made.
 *
 * SQLite opens each WAL with SQLITE_OPEN_CREATE and therefore syncs the folder with the first commit of each
 * connection, in case the file is new. For a program that opens a database to commit once this doubles what the
 * commit costs. A WAL that already has content was made, and its folder synced, by the commit that wrote it.
 *
 * Private to lib/db. Depends on SQLite. Safe from any thread.
 */
#ifndef LIB_DB_VFS_H
#define LIB_DB_VFS_H

/* The name for sqlite3_open_v2; NULL, the usual way, if it cannot be registered. */
const char *vfs_name(void);

#endif
