/*
 * preload_trace.c - what a process did to the files of a folder, and what it told the world meanwhile, in order.
 *
 * Put before a process with LD_PRELOAD. TRACE_FOLDER names the folder, TRACE_FILE gets a line for each deed, as JSON
 * lists: ["write", name, offset, "hex"], ["truncate", name, size], ["sync", name], ["syncdir"], ["create", name],
 * ["unlink", name]; and ["sent", "key"] for a request with that Idempotency-Key, ["said", "hex"] for standard output.
 * A deed to a file is written down when it is done, a word to the world before it is said: so what was acknowledged
 * stands after the syncs that it relied on, and nothing else does.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static char folder[4096];
static FILE *out;

__attribute__((constructor)) static void begin(void)
{
	const char *wanted = getenv("TRACE_FOLDER"), *path = getenv("TRACE_FILE");

	if (wanted && path && realpath(wanted, folder))
		out = fopen(path, "ae");
}

static void *real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

/* The name below the folder, "" for the folder itself; NULL when it is elsewhere. */
static const char *below(const char *path)
{
	size_t len = strlen(folder);

	if (!out || strncmp(path, folder, len) != 0 || (path[len] != '/' && path[len] != '\0'))
		return NULL;
	return path[len] ? path + len + 1 : "";
}

static const char *name_of(int fd, char path[4096])
{
	char link[64];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = out ? readlink(link, path, 4095) : -1;
	if (len < 0)
		return NULL;
	path[len] = '\0';
	return below(path);
}

static void note(const char *format, ...)
{
	va_list rest;

	pthread_mutex_lock(&order);
	va_start(rest, format);
	vfprintf(out, format, rest);
	va_end(rest);
	fflush(out);
	pthread_mutex_unlock(&order);
}

static char *hex(const void *data, size_t size)
{
	char *text = malloc(2 * size + 1);

	for (size_t i = 0; text && i < size; i++)
		snprintf(text + 2 * i, 3, "%02x", ((const unsigned char *)data)[i]);
	if (text)
		text[2 * size] = '\0';
	return text;
}

static void note_write(int fd, const void *data, ssize_t size, long long at)
{
	char path[4096];
	const char *name = size > 0 ? name_of(fd, path) : NULL;
	char *text = name ? hex(data, (size_t)size) : NULL;

	if (text)
		note("[\"write\", \"%s\", %lld, \"%s\"]\n", name, at, text);
	free(text);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
	ssize_t (*call)(int, const void *, size_t, off_t) = real("pwrite");
	ssize_t done = call(fd, data, size, at);

	note_write(fd, data, done, at);
	return done;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
	ssize_t (*call)(int, const void *, size_t, off64_t) = real("pwrite64");
	ssize_t done = call(fd, data, size, at);

	note_write(fd, data, done, at);
	return done;
}

ssize_t write(int fd, const void *data, size_t size)
{
	ssize_t (*call)(int, const void *, size_t) = real("write");
	char *text = out && fd == 1 ? hex(data, size) : NULL;
	ssize_t done;

	if (text)
		note("[\"said\", \"%s\"]\n", text);
	free(text);
	done = call(fd, data, size);
	if (fd > 2 && done > 0)
		note_write(fd, data, done, (long long)lseek(fd, 0, SEEK_CUR) - done);
	return done;
}

static void note_truncate(int fd, int done, long long size)
{
	char path[4096];
	const char *name = done == 0 ? name_of(fd, path) : NULL;

	if (name)
		note("[\"truncate\", \"%s\", %lld]\n", name, size);
}

int ftruncate(int fd, off_t size)
{
	int (*call)(int, off_t) = real("ftruncate");
	int done = call(fd, size);

	note_truncate(fd, done, size);
	return done;
}

int ftruncate64(int fd, off64_t size)
{
	int (*call)(int, off64_t) = real("ftruncate64");
	int done = call(fd, size);

	note_truncate(fd, done, size);
	return done;
}

static int synced(int fd, int done)
{
	char path[4096];
	const char *name = done == 0 ? name_of(fd, path) : NULL;

	if (name && *name)
		note("[\"sync\", \"%s\"]\n", name);
	else if (name)
		note("[\"syncdir\"]\n");
	return done;
}

int fsync(int fd)
{
	int (*call)(int) = real("fsync");

	return synced(fd, call(fd));
}

int fdatasync(int fd)
{
	int (*call)(int) = real("fdatasync");

	return synced(fd, call(fd));
}

int unlink(const char *path)
{
	int (*call)(const char *) = real("unlink");
	int done = call(path);
	const char *name = done == 0 ? below(path) : NULL;

	if (name)
		note("[\"unlink\", \"%s\"]\n", name);
	return done;
}

static int open_noted(const char *call_name, const char *path, int flags, mode_t mode)
{
	int (*call)(const char *, int, ...) = real(call_name);
	struct stat about;
	bool is_new = out && flags & O_CREAT && stat(path, &about) != 0;
	int fd = call(path, flags, mode);
	const char *name = fd >= 0 && is_new ? below(path) : NULL;

	if (name)
		note("[\"create\", \"%s\"]\n", name);
	return fd;
}

static mode_t mode_of(int flags, va_list rest)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
	va_list rest;
	mode_t mode;

	va_start(rest, flags);
	mode = mode_of(flags, rest);
	va_end(rest);
	return open_noted("open", path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list rest;
	mode_t mode;

	va_start(rest, flags);
	mode = mode_of(flags, rest);
	va_end(rest);
	return open_noted("open64", path, flags, mode);
}

static const char key_header[] = "Idempotency-Key: ";

ssize_t send(int fd, const void *data, size_t size, int flags)
{
	ssize_t (*call)(int, const void *, size_t, int) = real("send");
	const char *at = out ? memmem(data, size, key_header, sizeof(key_header) - 1) : NULL;
	const char *start = at ? at + sizeof(key_header) - 1 : NULL;
	const char *end = at ? memchr(start, '\r', size - (size_t)(start - (const char *)data)) : NULL;

	if (end)
		note("[\"sent\", \"%.*s\"]\n", (int)(end - start), start);
	return call(fd, data, size, flags);
}
