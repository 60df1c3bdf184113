/* folder.c - temporary folders; see folder.h. */
#include "tests/harness/folder.h"

#include "lib/mem/mem.h"
#include "lib/text/text.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void folder_make(struct folder *folder)
{
	const char *where = getenv("TMPDIR");

	*folder = (struct folder){0};
	if (!where || strlen(where) > sizeof(folder->path) - sizeof("/lexflow-XXXXXX"))
		where = "/tmp";
	snprintf(folder->path, sizeof(folder->path), "%s/lexflow-XXXXXX", where);
	assert_non_null(mkdtemp(folder->path));
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

void folder_remove(struct folder *folder)
{
	nftw(folder->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	for (size_t i = 0; i < 4; i++)
		mem_free(folder->joined[i]);
}

const char *folder_path(struct folder *folder, const char *name)
{
	char **joined = &folder->joined[folder->turn++ % 4];
	struct buf path;

	buf_init(&path, 0);
	buf_printf(&path, "%s/%s", folder->path, name);
	mem_free(*joined);
	*joined = buf_take(&path);
	return *joined;
}

const char *folder_write(struct folder *folder, const char *name, const char *text)
{
	const char *path = folder_path(folder, name);
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fputs(text, file) >= 0, 1);
	assert_int_equal(fclose(file), 0);
	return path;
}
