/*
 * kept.c - the inputs kept by the fuzzers, each through its harness: what once failed stays mended.
 *
 * A harness that finds something ends the process; the name of the input is then the last line on stderr.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define FOLDER "tests/fuzz/corpus"

static void run_file(const struct fuzz_target *target, const char *name)
{
	char path[600];
	char chunk[4096];
	struct buf input;
	size_t size;
	FILE *in;

	snprintf(path, sizeof(path), FOLDER "/%s/%s", target->name, name);
	in = fopen(path, "rb");
	if (!in)
		fail_msg("cannot read %s", path);
	buf_init(&input, 0);
	while ((size = fread(chunk, 1, sizeof(chunk), in)) > 0)
		buf_add(&input, chunk, size);
	fclose(in);
	fprintf(stderr, "# %s\n", path); /* TAP takes it for a remark */
	target->run(buf_slice(&input));
	buf_release(&input);
}

static void run_folder(void **state)
{
	const struct fuzz_target *target = *state;
	char path[600];
	struct dirent *entry;
	size_t count = 0;
	DIR *folder;

	snprintf(path, sizeof(path), FOLDER "/%s", target->name);
	folder = opendir(path);
	if (!folder)
		fail_msg("there is no %s", path);
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		run_file(target, entry->d_name);
		count++;
	}
	closedir(folder);
	assert_true(count > 0);
	target->run((struct slice){"", 0});
}

int fuzz_run_kept(const struct fuzz_target *targets)
{
	struct CMUnitTest tests[16] = {{0}};
	size_t count = 0;

	for (const struct fuzz_target *target = targets; target->name; target++) {
		tests[count].name = target->name;
		tests[count].test_func = run_folder;
		tests[count++].initial_state = (void *)target;
	}
	return _cmocka_run_group_tests("corpus", tests, count, NULL, NULL);
}
