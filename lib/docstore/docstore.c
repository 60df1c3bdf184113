/* docstore.c - a folder of documents named by their hash; docstore.h has the design. */
#include "lib/docstore/docstore.h"

#define OPENSSL_SUPPRESS_DEPRECATED /* see docstore_hash */

#include "lib/clock/clock.h"
#include "lib/docstore/location.h"
#include "lib/mem/mem.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/sha.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct docstore {
	char *root;         /* absolute, without a slash at the end */
	int root_fd;        /* -1: not open */
	int64_t opened_us;  /* makes temporary names of one process id differ over time */
	atomic_uint writes; /* temporary names given out */
};

/* Younger than this, a document may be in the page cache only: another process put it and has not synced
 * it yet. The kernel writes dirty data back long before (30 s by default). */
enum { SETTLED_S = 120 };
/* A temporary file this old belongs to a process that died. */
enum { ABANDONED_S = 24 * 60 * 60 };

static const char temporary_folder[] = "tmp";

/* By the functions beneath EVP: they alone can be linked without the rest of libcrypto, whose opening and set-up
 * would be a good part of a short run. OpenSSL 3 calls them deprecated because no provider can replace them. */
void docstore_hash(struct slice content, char hash[DOCSTORE_HASH_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[SHA256_DIGEST_LENGTH];
	SHA256_CTX sha256;

	static_assert(SHA256_DIGEST_LENGTH * 2 + 1 == DOCSTORE_HASH_SIZE, "two digits a byte");
	SHA256_Init(&sha256);
	SHA256_Update(&sha256, content.len ? content.ptr : "", content.len);
	SHA256_Final(digest, &sha256);
	for (unsigned i = 0; i < SHA256_DIGEST_LENGTH; i++) {
		hash[2 * i] = digits[digest[i] >> 4];
		hash[2 * i + 1] = digits[digest[i] & 15];
	}
	hash[2 * SHA256_DIGEST_LENGTH] = '\0';
}

/* ---- opening */

/* mkdir -p; documents are nobody else's business, so 0700. */
static int make_folders(const char *path, struct error *err)
{
	char *copy = mem_strdup(path);
	int status = 0;

	for (char *slash = strchr(copy + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST) {
			status = error_set(err, ERROR_IO, "cannot make the folder %s: %s", copy,
					   strerror(errno));
			break;
		}
		if (!slash)
			break;
		*slash = '/';
	}
	mem_free(copy);
	return status;
}

/* What processes that were killed in mid-write left behind. Failing to tidy up is no reason to fail. */
static void sweep_abandoned(struct docstore *store)
{
	int fd = openat(store->root_fd, temporary_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	int64_t now_s = clock_wall_us() / 1000000;
	struct dirent *entry;
	struct stat status;

	if (!folder) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(folder)) != NULL)
		if (fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(status.st_mode) && status.st_mtime + ABANDONED_S < now_s)
			unlinkat(fd, entry->d_name, 0);
	closedir(folder);
}

static int open_root(struct docstore *store, const char *path, struct error *err)
{
	char absolute[PATH_MAX];

	if (make_folders(path, err) < 0)
		return -1;
	if (!realpath(path, absolute))
		return error_set(err, ERROR_IO, "cannot use the folder %s: %s", path, strerror(errno));
	store->root = mem_strdup(absolute);
	store->root_fd = open(absolute, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->root_fd < 0)
		return error_set(err, ERROR_IO, "cannot open the folder %s: %s", absolute, strerror(errno));
	if (mkdirat(store->root_fd, temporary_folder, 0700) < 0 && errno != EEXIST)
		return error_set(err, ERROR_IO, "cannot write into the folder %s: %s", absolute,
				 strerror(errno));
	return 0;
}

struct docstore *docstore_open(const char *where, struct error *err)
{
	struct docstore *store = mem_new(sizeof(*store));
	char *path = NULL;

	store->root_fd = -1;
	store->opened_us = clock_wall_us();
	path = location_folder(where, err);
	if (!path || open_root(store, path, err) < 0)
		goto fail;
	sweep_abandoned(store);
	mem_free(path);
	return store;

fail:
	mem_free(path);
	docstore_close(store);
	return NULL;
}

void docstore_close(struct docstore *store)
{
	if (!store)
		return;
	if (store->root_fd >= 0)
		close(store->root_fd);
	mem_free(store->root);
	mem_free(store);
}

const char *docstore_root(const struct docstore *store)
{
	return store->root;
}

/* ---- writing */

enum { NAME_SIZE = DOCSTORE_HASH_SIZE + 3 }; /* "ab/" and the hash */

static void document_name(const char hash[DOCSTORE_HASH_SIZE], char name[NAME_SIZE])
{
	memcpy(name, hash, 2);
	name[2] = '/';
	memcpy(name + 3, hash, DOCSTORE_HASH_SIZE);
}

static int put_failed(const struct docstore *store, const char *what, struct error *err)
{
	int cause = errno;

	error_set(err, ERROR_IO, "cannot %s in the document store %s: %s", what, store->root,
		  strerror(cause));
	if (cause == ENOSPC || cause == EDQUOT)
		error_hint(err, "free some space, or set DOCUMENT_STORE to a folder on another disk");
	else if (cause == EACCES || cause == EROFS)
		error_hint(err, "set DOCUMENT_STORE to a folder that can be written");
	return -1;
}

/* Is this very content there already? A torn copy (see docstore.h) is not. `fd` stays open when it is. */
static bool has_content(const struct docstore *store, const char *name, struct slice content, int *fd)
{
	struct stat status;
	char piece[1 << 16];
	size_t seen = 0;
	ssize_t got = 0;

	*fd = openat(store->root_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (*fd < 0)
		return false;
	if (fstat(*fd, &status) == 0 && S_ISREG(status.st_mode) && (size_t)status.st_size == content.len) {
		while (seen < content.len && (got = read(*fd, piece, sizeof(piece))) > 0 &&
		       (size_t)got <= content.len - seen &&
		       memcmp(piece, content.ptr + seen, (size_t)got) == 0)
			seen += (size_t)got;
		if (seen == content.len)
			return true;
	}
	close(*fd);
	*fd = -1;
	return false;
}

static bool is_settled(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && status.st_ctime + SETTLED_S < clock_wall_us() / 1000000;
}

static int write_all(int fd, struct slice content)
{
	for (size_t done = 0; done < content.len;) {
		ssize_t wrote = write(fd, content.ptr + done, content.len - done);

		if (wrote < 0 && errno != EINTR)
			return -1;
		if (wrote > 0)
			done += (size_t)wrote;
	}
	return 0;
}

static int rename_into_place(struct docstore *store, const char *temporary, const char *name)
{
	char folder[3] = {name[0], name[1], '\0'};

	if (renameat(store->root_fd, temporary, store->root_fd, name) == 0)
		return 0;
	if (errno != ENOENT || (mkdirat(store->root_fd, folder, 0700) < 0 && errno != EEXIST))
		return -1;
	return renameat(store->root_fd, temporary, store->root_fd, name);
}

/* Write the document under its name. The open file, to be synced and closed; or -1. */
static int write_document(struct docstore *store, const char *name, struct slice content, struct error *err)
{
	char temporary[96];
	int fd;

	snprintf(temporary, sizeof(temporary), "%s/%ld-%lld-%u", temporary_folder, (long)getpid(),
		 (long long)store->opened_us, atomic_fetch_add(&store->writes, 1));
	fd = openat(store->root_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return put_failed(store, "make a file", err);
	if (write_all(fd, content) < 0) {
		put_failed(store, "write a document", err);
		goto fail;
	}
	if (rename_into_place(store, temporary, name) < 0) {
		put_failed(store, "rename a document", err);
		goto fail;
	}
	return fd;

fail:
	close(fd);
	unlinkat(store->root_fd, temporary, 0);
	return -1;
}

static int put(struct docstore *store, struct slice content, bool sync, struct buf *uri,
	       char hash[DOCSTORE_HASH_SIZE], struct error *err)
{
	char name[NAME_SIZE];
	bool settled = false;
	int status = 0;
	int fd;

	docstore_hash(content, hash);
	document_name(hash, name);
	if (has_content(store, name, content, &fd))
		settled = is_settled(fd);
	else
		fd = write_document(store, name, content, err);
	if (fd < 0)
		return -1;
	if (sync && !settled && fsync(fd) < 0)
		status = put_failed(store, "sync a document", err);
	close(fd);
	if (status == 0 && location_uri(uri, store->root, name) < 0)
		return error_set(err, ERROR_LIMIT, "no room for the URI of document %s", hash);
	return status;
}

int docstore_put(struct docstore *store, struct slice content, struct buf *uri, char hash[DOCSTORE_HASH_SIZE],
		 struct error *err)
{
	return put(store, content, true, uri, hash, err);
}

int docstore_put_later(struct docstore *store, struct slice content, struct buf *uri,
		       char hash[DOCSTORE_HASH_SIZE], struct error *err)
{
	return put(store, content, false, uri, hash, err);
}

int docstore_sync(struct docstore *store, struct error *err)
{
	return syncfs(store->root_fd) < 0 ? put_failed(store, "sync the documents", err) : 0;
}

/* ---- reading */

/* The part of a path below the root, "ab/<hash>"; NULL when it is nothing of this store. */
static const char *name_of(const struct docstore *store, const char *path)
{
	size_t root = strlen(store->root);
	const char *name = path + root + 1;

	if (strncmp(path, store->root, root) != 0 || path[root] != '/' || strlen(name) != NAME_SIZE - 1)
		return NULL;
	if (strspn(name + 3, "0123456789abcdef") != DOCSTORE_HASH_SIZE - 1)
		return NULL;
	return name[2] == '/' && strncmp(name, name + 3, 2) == 0 ? name : NULL;
}

static int read_file(int fd, const char *name, struct buf *content, struct error *err)
{
	char piece[1 << 16];

	for (;;) {
		ssize_t got = read(fd, piece, sizeof(piece));

		if (got == 0)
			return 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set(err, ERROR_IO, "cannot read document %s: %s", name, strerror(errno));
		if (buf_add(content, piece, (size_t)got) < 0)
			return error_set(err, ERROR_LIMIT, "document %s is larger than %zu bytes", name,
					 content->limit);
	}
}

static int get(struct docstore *store, const char *name, struct buf *content, struct error *err)
{
	size_t start = content->len;
	char hash[DOCSTORE_HASH_SIZE];
	int fd = openat(store->root_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int status;

	if (fd < 0)
		return error_set(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_IO,
				 "no document %s in the document store %s: %s", name + 3, store->root,
				 strerror(errno));
	status = read_file(fd, name + 3, content, err);
	close(fd);
	if (status < 0)
		return -1;
	docstore_hash((struct slice){buf_text(content) + start, content->len - start}, hash);
	if (strcmp(hash, name + 3) != 0) {
		error_set(err, ERROR_IO, "document %s in %s is damaged: its hash is %s", name + 3,
			  store->root, hash);
		error_hint(err, "ingest the source again: that replaces the damaged copy");
		return -1;
	}
	return 0;
}

int docstore_get(struct docstore *store, struct slice uri, struct buf *content, struct error *err)
{
	char *path = location_path(uri, err);
	const char *name = path ? name_of(store, path) : NULL;
	int status = -1;

	if (name) {
		status = get(store, name, content, err);
	} else if (path) {
		error_set(err, ERROR_INPUT, "%.*s is not in the document store %s",
			  SLICE_ARG(slice_sub(uri, 0, 300)), store->root);
		error_hint(err, "all steps need the same DOCUMENT_STORE");
	}
	mem_free(path);
	return status;
}
