/*
 * preload_fail.c - the n-th call of a kind fails: put before a process with LD_PRELOAD.
 *
 *	FAIL_CALL   write (a regular file; ENOSPC), sync (EIO), memory, thread (EAGAIN), open (EMFILE)
 *	FAIL_NTH    1, 2, 3 ...; 0: none fails
 *	FAIL_ON     1: all after the n-th fail, too, as on a disk that stays full
 *	FAIL_COUNT  a file for the number of such calls, written at the end of a process that ends by itself
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum kind { WRITE, SYNC, MEMORY, THREAD, OPEN, NONE };

static enum kind chosen = NONE;
static long nth;
static bool goes_on;
static atomic_long calls;

/* glibc's own names for what stands behind ours. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

__attribute__((constructor)) static void begin(void)
{
	static const char *const names[] = {"write", "sync", "memory", "thread", "open"};
	const char *call = getenv("FAIL_CALL"), *number = getenv("FAIL_NTH");

	nth = number ? strtol(number, NULL, 10) : 0;
	goes_on = getenv("FAIL_ON") != NULL;
	for (int k = 0; call && k < NONE; k++) {
		if (strcmp(call, names[k]) == 0)
			chosen = (enum kind)k;
	}
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("FAIL_COUNT");
	long count = atomic_load(&calls);
	FILE *out;

	chosen = NONE;
	out = path ? fopen(path, "we") : NULL;
	if (out) {
		fprintf(out, "%ld\n", count);
		fclose(out);
	}
}

static bool fails(enum kind kind, int number)
{
	long call;

	if (kind != chosen)
		return false;
	call = atomic_fetch_add(&calls, 1) + 1;
	if (nth == 0 || call < nth || (call > nth && !goes_on))
		return false;
	errno = number;
	return true;
}

static void *real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static bool is_file(int fd)
{
	struct stat about;

	return fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
}

ssize_t write(int fd, const void *data, size_t size)
{
	ssize_t (*call)(int, const void *, size_t) = real("write");

	return is_file(fd) && fails(WRITE, ENOSPC) ? -1 : call(fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
	ssize_t (*call)(int, const void *, size_t, off_t) = real("pwrite");

	return is_file(fd) && fails(WRITE, ENOSPC) ? -1 : call(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
	ssize_t (*call)(int, const void *, size_t, off64_t) = real("pwrite64");

	return is_file(fd) && fails(WRITE, ENOSPC) ? -1 : call(fd, data, size, at);
}

int ftruncate64(int fd, off64_t size)
{
	int (*call)(int, off64_t) = real("ftruncate64");

	return fails(WRITE, ENOSPC) ? -1 : call(fd, size);
}

int ftruncate(int fd, off_t size)
{
	int (*call)(int, off_t) = real("ftruncate");

	return fails(WRITE, ENOSPC) ? -1 : call(fd, size);
}

int fsync(int fd)
{
	int (*call)(int) = real("fsync");

	return fails(SYNC, EIO) ? -1 : call(fd);
}

int fdatasync(int fd)
{
	int (*call)(int) = real("fdatasync");

	return fails(SYNC, EIO) ? -1 : call(fd);
}

void *malloc(size_t size)
{
	return fails(MEMORY, ENOMEM) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails(MEMORY, ENOMEM) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails(MEMORY, ENOMEM) ? NULL : __libc_realloc(old, size);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*main)(void *), void *ctx)
{
	int (*call)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = real("pthread_create");

	return fails(THREAD, EAGAIN) ? EAGAIN : call(thread, attributes, main, ctx);
}

static int open_with(const char *name, const char *path, int flags, mode_t mode)
{
	int (*call)(const char *, int, ...) = real(name);

	return fails(OPEN, EMFILE) ? -1 : call(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list rest;
	mode_t mode;

	va_start(rest, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
	va_end(rest);
	return open_with("open", path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list rest;
	mode_t mode;

	va_start(rest, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
	va_end(rest);
	return open_with("open64", path, flags, mode);
}
