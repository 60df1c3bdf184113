/* sources.c - files of a source; see sources.h. */
#include "steps/ingest/sources.h"

#include "lib/docstore/location.h"
#include "lib/mem/mem.h"

#include <errno.h>
#include <fts.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool sources_is_within(const char *path, const char *root)
{
	char real_path[PATH_MAX];
	char real_root[PATH_MAX];
	size_t size;

	if (!root)
		return true;
	if (!realpath(path, real_path) || !realpath(root, real_root))
		return false;
	size = strlen(real_root);
	if (size == 1) /* "/" */
		return true;
	return strncmp(real_path, real_root, size) == 0 &&
	       (real_path[size] == '/' || real_path[size] == '\0');
}

static int add(struct sources *sources, const char *path, struct error *err)
{
	if (sources->count >= SOURCES_MAX)
		return error_set(err, ERROR_LIMIT, "more than %d files in one source", SOURCES_MAX);
	if (sources->count == sources->capacity)
		sources->paths = mem_grow(sources->paths, &sources->capacity, sizeof(*sources->paths));
	sources->paths[sources->count++] = mem_strdup(path);
	return 0;
}

static bool is_unreadable(const FTSENT *entry)
{
	return entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS ||
	       entry->fts_info == FTS_SLNONE;
}

static int add_folder(struct sources *sources, const char *folder, struct error *err)
{
	char *const roots[] = {(char *)(uintptr_t)folder, NULL};
	FTS *walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;
	int status = 0;

	if (!walk)
		return error_set(err, ERROR_IO, "cannot read the folder %s: %s", folder, strerror(errno));
	while (status == 0 && (entry = fts_read(walk)) != NULL) {
		bool hidden = entry->fts_level > 0 && entry->fts_name[0] == '.';

		if (hidden && entry->fts_info == FTS_D)
			fts_set(walk, entry, FTS_SKIP);
		else if (!hidden && entry->fts_info == FTS_F)
			status = add(sources, entry->fts_path, err);
		else if (!hidden && is_unreadable(entry))
			status = add(sources, entry->fts_path, err); /* reading it will fail, and say so */
	}
	fts_close(walk);
	return status;
}

static int add_path(struct sources *sources, const char *path, const char *root, struct error *err)
{
	struct stat status;

	if (!sources_is_within(path, root)) {
		error_set(err, ERROR_INPUT, "%s is outside %s", path, root);
		error_hint(err, "this service reads below its --root only");
		return -1;
	}
	if (stat(path, &status) < 0)
		return error_set(err, errno == ENOENT || errno == ENOTDIR ? ERROR_NOT_FOUND : ERROR_IO,
				 "%s: %s", path, strerror(errno));
	if (S_ISDIR(status.st_mode))
		return add_folder(sources, path, err);
	if (!S_ISREG(status.st_mode))
		return error_set(err, ERROR_INPUT, "%s is neither a file nor a folder", path);
	return add(sources, path, err);
}

static int add_glob(struct sources *sources, const char *pattern, const char *root, struct error *err)
{
	glob_t found = {0};
	int status = glob(pattern, GLOB_NOSORT, NULL, &found);

	if (status == GLOB_NOMATCH)
		status = error_set(err, ERROR_NOT_FOUND, "no file matches %s", pattern);
	else if (status != 0)
		status = error_set(err, ERROR_IO, "cannot look for %s", pattern);
	for (size_t i = 0; i < found.gl_pathc && status == 0; i++)
		status = add_path(sources, found.gl_pathv[i], root, err);
	globfree(&found);
	return status;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A glob may match a folder and what is in it. */
static void sort_and_drop_repeats(struct sources *sources)
{
	size_t kept = 0;

	if (sources->count == 0)
		return;
	qsort(sources->paths, sources->count, sizeof(*sources->paths), compare_paths);
	for (size_t i = 0; i < sources->count; i++) {
		if (kept > 0 && strcmp(sources->paths[kept - 1], sources->paths[i]) == 0)
			mem_free(sources->paths[i]);
		else
			sources->paths[kept++] = sources->paths[i];
	}
	sources->count = kept;
}

/* The path in a source; NULL for a scheme that is not served. Owned. */
static char *path_of(struct slice source, struct error *err)
{
	size_t scheme = slice_find(slice_sub(source, 0, 32), SLICE("://"), 0);

	if (slice_starts(source, SLICE("file://")))
		return location_path(source, err);
	if (source.len && memchr(source.ptr, '\0', source.len)) {
		error_set(err, ERROR_INPUT, "\"source\" holds a NUL character, which no path does");
		return NULL;
	}
	if (scheme == SIZE_MAX)
		return mem_strndup(source.ptr, source.len);
	error_set(err, ERROR_INPUT, "%.*s: sources are files, folders and globs; %.*s is not read here",
		  SLICE_ARG(slice_sub(source, 0, 200)), SLICE_ARG(slice_sub(source, 0, scheme + 3)));
	error_hint(err, "fetch the documents into a folder (for a bucket: mount it) and give that");
	return NULL;
}

int sources_list(struct sources *sources, struct slice source, const char *root, struct error *err)
{
	char *path = path_of(source, err);
	struct stat status;
	int result = -1;

	*sources = (struct sources){0};
	if (!path)
		return -1;
	if (path[0] == '\0')
		error_set(err, ERROR_INPUT, "\"source\" is empty: a file, a folder or a glob is needed");
	else if (strpbrk(path, "*?[") && lstat(path, &status) < 0) /* a file of that very name goes first */
		result = add_glob(sources, path, root, err);
	else
		result = add_path(sources, path, root, err);
	mem_free(path);
	if (result < 0)
		sources_release(sources);
	else
		sort_and_drop_repeats(sources);
	return result;
}

void sources_release(struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		mem_free(sources->paths[i]);
	mem_free(sources->paths);
	*sources = (struct sources){0};
}

struct value sources_token(const struct sources *sources, size_t i)
{
	struct value result;
	struct buf token;

	buf_init(&token, 0);
	location_encode(&token, sources->paths[i]);
	result = value_string(buf_slice(&token));
	buf_release(&token);
	return result;
}

size_t sources_after(const struct sources *sources, struct slice token)
{
	char *path = location_decode(token);
	struct slice last = path ? slice_of(path) : token;
	size_t low = 0;
	size_t high = sources->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (slice_compare(slice_of(sources->paths[middle]), last) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	mem_free(path);
	return low;
}

struct value sources_name(const char *path)
{
	char *folder = path[0] == '/' ? NULL : getcwd(NULL, 0);
	struct value result;
	struct buf uri;

	buf_init(&uri, 0);
	if (utf8_is_valid(slice_of(path)) || (path[0] != '/' && !folder)) {
		result = value_string_repaired(slice_of(path));
	} else {
		buf_add_text(&uri, "file://");
		if (folder && strcmp(folder, "/") != 0)
			location_encode(&uri, folder);
		if (folder)
			buf_add_char(&uri, '/');
		location_encode(&uri, path);
		result = value_string(buf_slice(&uri));
	}
	buf_release(&uri);
	free(folder);
	return result;
}
