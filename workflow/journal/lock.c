/*
 * lock.c - who owns a run (J5).
 *
 * Open-file-description locks: they end with the process whatever ends it, they hold between two journals
 * of one process, too, and (unlike fcntl's classic locks) closing some other descriptor of the file does
 * not drop them. What they cannot tell is whether we hold the byte ourselves, hence the list.
 */
#include "workflow/journal/journal_private.h"
#include "lib/mem/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct locks {
	int fd;
	char *path;
	pthread_mutex_t mutex; /* runs are made on the writer's thread, given up on the loop's */
	int64_t *rows;         /* held by us */
	size_t count, capacity;
};

struct locks *locks_open(const char *database, struct error *err)
{
	struct locks *locks = mem_new(sizeof(*locks));
	struct buf path;

	buf_init(&path, 0);
	buf_printf(&path, "%s-runs", database);
	locks->path = buf_take(&path);
	pthread_mutex_init(&locks->mutex, NULL);
	locks->fd = open(locks->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (locks->fd < 0) {
		error_set(err, ERROR_IO, "cannot open %s: %s", locks->path, strerror(errno));
		error_hint(err, "it lies beside the database and must be writable, too");
		locks_close(locks);
		return NULL;
	}
	return locks;
}

void locks_close(struct locks *locks)
{
	if (!locks)
		return;
	if (locks->fd >= 0)
		close(locks->fd);
	pthread_mutex_destroy(&locks->mutex);
	mem_free(locks->rows);
	mem_free(locks->path);
	mem_free(locks);
}

static size_t find(const struct locks *locks, int64_t row)
{
	size_t i = 0;

	while (i < locks->count && locks->rows[i] != row)
		i++;
	return i;
}

static struct flock byte(int64_t row, short type)
{
	return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = row, .l_len = 1};
}

static int take(struct locks *locks, int64_t row, struct error *err)
{
	struct flock lock = byte(row, F_WRLCK);

	if (find(locks, row) < locks->count)
		return 0;
	if (fcntl(locks->fd, F_OFD_SETLK, &lock) < 0) {
		if (errno == EAGAIN || errno == EACCES)
			return 0;
		return error_set(err, ERROR_IO, "cannot lock %s: %s", locks->path, strerror(errno));
	}
	if (locks->count == locks->capacity)
		locks->rows = mem_grow(locks->rows, &locks->capacity, sizeof(*locks->rows));
	locks->rows[locks->count++] = row;
	return 1;
}

int locks_take(struct locks *locks, int64_t row, struct error *err)
{
	int result;

	pthread_mutex_lock(&locks->mutex);
	result = take(locks, row, err);
	pthread_mutex_unlock(&locks->mutex);
	return result;
}

void locks_drop(struct locks *locks, int64_t row)
{
	struct flock lock = byte(row, F_UNLCK);
	size_t i;

	pthread_mutex_lock(&locks->mutex);
	i = find(locks, row);
	if (i < locks->count) {
		locks->rows[i] = locks->rows[--locks->count];
		fcntl(locks->fd, F_OFD_SETLK, &lock);
	}
	pthread_mutex_unlock(&locks->mutex);
}

int locks_touch(struct locks *locks, struct error *err)
{
	if (futimens(locks->fd, NULL) < 0)
		return error_set(err, ERROR_IO, "cannot touch %s: %s", locks->path, strerror(errno));
	return 0;
}

const char *locks_path(const struct locks *locks)
{
	return locks->path;
}

bool locks_is_held(struct locks *locks, int64_t row)
{
	struct flock lock = byte(row, F_WRLCK);
	bool held;

	pthread_mutex_lock(&locks->mutex);
	held = find(locks, row) < locks->count ||
	       (fcntl(locks->fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK);
	pthread_mutex_unlock(&locks->mutex);
	return held;
}
