/* disk.c - a disk that loses what was not synced; see disk.h. The VFS passes everything on to SQLite's own. */
#include "tests/harness/disk.h"

#include "lib/mem/mem.h"
#include "lib/text/text.h"

#include <assert.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILES = 8, SECTOR = 512 };

struct deed {
	enum disk_deed kind;
	int file;
	int64_t at; /* of a write; the size after a cut; a mark */
	size_t len;
	char *data; /* owned */
};

/* SQLite keeps the address of a VFS, so all of it lives as long as the process. */
static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *usual;
	pthread_mutex_t mutex; /* guards what follows while it records */
	char *folder;	       /* owned; NULL: it does not record */
	char *names[MAX_FILES];
	int name_count;
	struct deed *deeds;
	size_t count, capacity;
	size_t next;		 /* disk_step */
	size_t synced[MAX_FILES]; /* deeds of each file that its last sync covers */
	struct buf safe[MAX_FILES];
} disk = {.mutex = PTHREAD_MUTEX_INITIALIZER};

struct disk_file {
	sqlite3_file base;
	int file; /* -1: not remembered */
	sqlite3_file *usual;
};

/* ---- remembering */

/* The number of a file of the folder, or -1. With the mutex held. */
static int number_of(const char *path)
{
	const char *name = path ? strrchr(path, '/') : NULL;

	if (!name || !disk.folder || strncmp(path, disk.folder, (size_t)(name - path)) != 0 ||
	    disk.folder[name - path] != '\0')
		return -1;
	for (int i = 0; i < disk.name_count; i++) {
		if (strcmp(disk.names[i], name + 1) == 0)
			return i;
	}
	assert(disk.name_count < MAX_FILES);
	disk.names[disk.name_count] = mem_strdup(name + 1);
	return disk.name_count++;
}

static void remember(enum disk_deed kind, int file, int64_t at, const void *data, size_t len)
{
	if (file < 0)
		return;
	pthread_mutex_lock(&disk.mutex);
	if (disk.folder) {
		if (disk.count == disk.capacity)
			disk.deeds = mem_grow(disk.deeds, &disk.capacity, sizeof(*disk.deeds));
		disk.deeds[disk.count++] = (struct deed){
			.kind = kind, .file = file, .at = at, .len = len, .data = len ? mem_strndup(data, len) : NULL};
	}
	pthread_mutex_unlock(&disk.mutex);
}

/* ---- the VFS */

static sqlite3_file *usual(sqlite3_file *file)
{
	return ((struct disk_file *)file)->usual;
}

static int close_file(sqlite3_file *file)
{
	return usual(file)->pMethods->xClose(usual(file));
}

static int read_file(sqlite3_file *file, void *data, int size, sqlite3_int64 at)
{
	return usual(file)->pMethods->xRead(usual(file), data, size, at);
}

static int write_file(sqlite3_file *file, const void *data, int size, sqlite3_int64 at)
{
	remember(DISK_WROTE, ((struct disk_file *)file)->file, at, data, (size_t)size);
	return usual(file)->pMethods->xWrite(usual(file), data, size, at);
}

static int cut_file(sqlite3_file *file, sqlite3_int64 size)
{
	remember(DISK_CUT, ((struct disk_file *)file)->file, size, NULL, 0);
	return usual(file)->pMethods->xTruncate(usual(file), size);
}

static int sync_file(sqlite3_file *file, int flags)
{
	int result = usual(file)->pMethods->xSync(usual(file), flags);

	remember(DISK_SYNCED, ((struct disk_file *)file)->file, 0, NULL, 0);
	return result;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return usual(file)->pMethods->xFileSize(usual(file), size);
}

static int lock(sqlite3_file *file, int level)
{
	return usual(file)->pMethods->xLock(usual(file), level);
}

static int unlock(sqlite3_file *file, int level)
{
	return usual(file)->pMethods->xUnlock(usual(file), level);
}

static int is_reserved(sqlite3_file *file, int *result)
{
	return usual(file)->pMethods->xCheckReservedLock(usual(file), result);
}

static int control(sqlite3_file *file, int what, void *argument)
{
	return usual(file)->pMethods->xFileControl(usual(file), what, argument);
}

static int sector_size(sqlite3_file *file)
{
	return usual(file)->pMethods->xSectorSize(usual(file));
}

static int characteristics(sqlite3_file *file)
{
	return usual(file)->pMethods->xDeviceCharacteristics(usual(file));
}

static int shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **memory)
{
	return usual(file)->pMethods->xShmMap(usual(file), region, size, extend, memory);
}

static int shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
	return usual(file)->pMethods->xShmLock(usual(file), offset, count, flags);
}

static void shm_barrier(sqlite3_file *file)
{
	usual(file)->pMethods->xShmBarrier(usual(file));
}

static int shm_unmap(sqlite3_file *file, int delete)
{
	return usual(file)->pMethods->xShmUnmap(usual(file), delete);
}

/* Version 2: no memory map, whose writes would not be seen. */
static const sqlite3_io_methods methods = {2,	       close_file,  read_file, write_file,  cut_file,
					   sync_file,  file_size,   lock,      unlock,	    is_reserved,
					   control,    sector_size, characteristics, shm_map, shm_lock,
					   shm_barrier, shm_unmap};

static int open_file(sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *file, int flags, int *out_flags)
{
	struct disk_file *ours = (struct disk_file *)file;
	int result;

	(void)vfs;
	ours->base.pMethods = NULL;
	ours->usual = (sqlite3_file *)(ours + 1);
	result = disk.usual->xOpen(disk.usual, path, ours->usual, flags, out_flags);
	if (result != SQLITE_OK)
		return result;
	ours->base.pMethods = &methods;
	pthread_mutex_lock(&disk.mutex);
	ours->file = number_of(path);
	pthread_mutex_unlock(&disk.mutex);
	return SQLITE_OK;
}

static int delete_file(sqlite3_vfs *vfs, const char *path, int sync)
{
	int number;

	(void)vfs;
	pthread_mutex_lock(&disk.mutex);
	number = number_of(path);
	pthread_mutex_unlock(&disk.mutex);
	remember(DISK_DELETED, number, 0, NULL, 0);
	return disk.usual->xDelete(disk.usual, path, sync);
}

void disk_install(void)
{
	disk.usual = sqlite3_vfs_find(NULL);
	assert(disk.usual);
	disk.vfs = *disk.usual; /* the rest of its functions needs no more than its pAppData */
	disk.vfs.pNext = NULL;
	disk.vfs.zName = "disk";
	disk.vfs.szOsFile = (int)sizeof(struct disk_file) + disk.usual->szOsFile;
	disk.vfs.xOpen = open_file;
	disk.vfs.xDelete = delete_file;
	if (sqlite3_vfs_register(&disk.vfs, 1) != SQLITE_OK)
		abort();
}

/* ---- the test's side */

static void forget(void)
{
	for (size_t i = 0; i < disk.count; i++)
		mem_free(disk.deeds[i].data);
	mem_free(disk.deeds);
	for (int i = 0; i < disk.name_count; i++) {
		mem_free(disk.names[i]);
		buf_release(&disk.safe[i]);
		disk.synced[i] = 0;
	}
	mem_free(disk.folder);
	disk.deeds = NULL;
	disk.folder = NULL;
	disk.count = disk.capacity = disk.next = 0;
	disk.name_count = 0;
}

void disk_record(const char *folder)
{
	pthread_mutex_lock(&disk.mutex);
	forget();
	for (int i = 0; i < MAX_FILES; i++)
		buf_init(&disk.safe[i], 0);
	disk.folder = mem_strdup(folder);
	pthread_mutex_unlock(&disk.mutex);
}

void disk_mark(int64_t mark)
{
	remember(DISK_MARK, 0, mark, NULL, 0);
}

void disk_stop(void)
{
	pthread_mutex_lock(&disk.mutex);
	mem_free(disk.folder);
	disk.folder = NULL;
	pthread_mutex_unlock(&disk.mutex);
}

/* ---- what is found afterwards */

struct piece {
	int64_t at;
	size_t len; /* 0: a cut */
	const char *data;
};

static void fit(struct buf *content, size_t size)
{
	static const char zeros[SECTOR];

	while (content->len < size)
		buf_add(content, zeros, size - content->len < SECTOR ? size - content->len : SECTOR);
}

static void apply(struct buf *content, struct piece piece)
{
	fit(content, (size_t)piece.at + piece.len);
	if (piece.len)
		memcpy(content->data + piece.at, piece.data, piece.len);
	else
		content->len = (size_t)piece.at;
}

static struct piece piece_of(const struct deed *deed)
{
	return (struct piece){deed->at, deed->len, deed->data};
}

static bool is_change(const struct deed *deed, int file)
{
	return deed->file == file && (deed->kind == DISK_WROTE || deed->kind == DISK_CUT);
}

bool disk_step(enum disk_deed *deed, int64_t *mark)
{
	const struct deed *next = &disk.deeds[disk.next];
	int file;

	if (disk.next == disk.count)
		return false;
	file = next->file;
	*deed = next->kind;
	*mark = next->at;
	if (next->kind == DISK_SYNCED) {
		for (size_t i = disk.synced[file]; i < disk.next; i++) {
			if (is_change(&disk.deeds[i], file))
				apply(&disk.safe[file], piece_of(&disk.deeds[i]));
		}
	} else if (next->kind == DISK_DELETED) {
		buf_clear(&disk.safe[file]);
	}
	disk.next++;
	if (next->kind == DISK_SYNCED || next->kind == DISK_DELETED)
		disk.synced[file] = disk.next;
	return true;
}

static uint64_t throw(uint64_t *seed)
{
	uint64_t x = *seed; /* xorshift64, Marsaglia 2003 */

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*seed = x;
	return x >> 20;
}

struct pieces {
	struct piece *at;
	size_t count, capacity;
};

static void perhaps(struct pieces *pieces, struct piece piece, uint64_t *seed)
{
	if (throw(seed) & 1)
		return;
	if (pieces->count == pieces->capacity)
		pieces->at = mem_grow(pieces->at, &pieces->capacity, sizeof(*pieces->at));
	pieces->at[pieces->count++] = piece;
}

static void perhaps_sectors(struct pieces *pieces, struct piece whole, uint64_t *seed)
{
	if (whole.len == 0)
		perhaps(pieces, whole, seed);
	for (size_t done = 0; done < whole.len;) {
		size_t len = SECTOR - (size_t)(whole.at + (int64_t)done) % SECTOR;

		if (len > whole.len - done)
			len = whole.len - done;
		perhaps(pieces, (struct piece){whole.at + (int64_t)done, len, whole.data + done}, seed);
		done += len;
	}
}

static void add_some(struct buf *content, int file, uint64_t *seed)
{
	struct pieces pieces = {0};

	for (size_t i = disk.synced[file]; i < disk.next; i++) {
		if (is_change(&disk.deeds[i], file))
			perhaps_sectors(&pieces, piece_of(&disk.deeds[i]), seed);
	}
	for (size_t left = pieces.count; left > 0; left--) {
		size_t chosen = throw(seed) % left;

		apply(content, pieces.at[chosen]);
		pieces.at[chosen] = pieces.at[left - 1];
	}
	mem_free(pieces.at);
}

static void build_file(const char *folder, int file, enum disk_rest rest, uint64_t *seed)
{
	struct buf content, path;
	FILE *out;

	buf_init(&content, 0);
	buf_init(&path, 0);
	buf_add_slice(&content, buf_slice(&disk.safe[file]));
	for (size_t i = disk.synced[file]; rest == DISK_ALL && i < disk.next; i++) {
		if (is_change(&disk.deeds[i], file))
			apply(&content, piece_of(&disk.deeds[i]));
	}
	if (rest == DISK_SOME)
		add_some(&content, file, seed);
	buf_printf(&path, "%s/%s", folder, disk.names[file]);
	if (content.len > 0) {
		out = fopen(buf_text(&path), "we");
		if (!out || fwrite(content.data, 1, content.len, out) != content.len || fclose(out) != 0)
			abort();
	}
	buf_release(&path);
	buf_release(&content);
}

void disk_build(const char *folder, enum disk_rest rest, uint64_t *seed)
{
	for (int file = 0; file < disk.name_count; file++)
		build_file(folder, file, rest, seed);
}
