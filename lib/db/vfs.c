/* vfs.c - opening a WAL that is there; see vfs.h. */
#include "lib/db/vfs.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stddef.h>
#include <sys/stat.h>

static const char name[] = "lexflow";

/* Written once, under the once; read-only after. SQLite keeps the address. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sqlite3_vfs ours;
static const sqlite3_vfs *usual;
static int is_registered;

static int open_file(sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *file, int flags, int *out_flags)
{
	struct stat there;

	if ((flags & SQLITE_OPEN_WAL) && stat(path, &there) == 0 && there.st_size > 0)
		flags &= ~SQLITE_OPEN_CREATE;
	return usual->xOpen(vfs, path, file, flags, out_flags);
}

/* A copy of the usual one: its functions find what they need in pAppData, which is copied too. */
static void register_once(void)
{
	usual = sqlite3_vfs_find(NULL);
	if (!usual)
		return;
	ours = *usual;
	ours.pNext = NULL;
	ours.zName = name;
	ours.xOpen = open_file;
	is_registered = sqlite3_vfs_register(&ours, 0) == SQLITE_OK;
}

const char *vfs_name(void)
{
	pthread_once(&once, register_once);
	return is_registered ? name : NULL;
}
