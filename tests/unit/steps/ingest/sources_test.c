/* sources_test.c - the files of a source, in an order that paging can rely on. */
#include "steps/ingest/sources.h"

#include "tests/harness/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int setup(void **state)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	folder_make(folder);
	folder_write(folder, "b.txt", "b");
	folder_write(folder, "a.txt", "a");
	folder_write(folder, "a-2.txt", "a2");
	assert_int_equal(mkdir(folder_path(folder, "a"), 0700), 0);
	folder_write(folder, "a/deep.html", "d");
	folder_write(folder, ".hidden", "h");
	assert_int_equal(mkdir(folder_path(folder, ".git"), 0700), 0);
	folder_write(folder, ".git/config", "h");
	*state = folder;
	return 0;
}

static int teardown(void **state)
{
	folder_remove(*state);
	free(*state);
	return 0;
}

/* The list as names below the folder, joined by blanks. */
static void lists(struct folder *folder, const char *source, const char *expected)
{
	struct sources sources;
	struct error err = {0};
	char found[1000] = "";

	assert_int_equal(sources_list(&sources, slice_of(source), NULL, &err), 0);
	for (size_t i = 0; i < sources.count; i++) {
		assert_memory_equal(sources.paths[i], folder->path, strlen(folder->path));
		strcat(strcat(found, i ? " " : ""), sources.paths[i] + strlen(folder->path) + 1);
	}
	assert_string_equal(found, expected);
	sources_release(&sources);
}

static enum error_kind refuses(const char *source, const char *root)
{
	struct sources sources;
	struct error err = {0};

	assert_int_equal(sources_list(&sources, slice_of(source), root, &err), -1);
	assert_int_equal(sources.count, 0);
	return err.kind;
}

static void a_folder_is_all_its_files_in_the_order_of_bytes(void **state)
{
	struct folder *folder = *state;

	lists(folder, folder->path, "a-2.txt a.txt a/deep.html b.txt"); /* '-' < '.' < '/' */
}

static void a_file_is_itself_even_hidden(void **state)
{
	lists(*state, folder_path(*state, "b.txt"), "b.txt");
	lists(*state, folder_path(*state, ".hidden"), ".hidden");
}

static void a_url_names_a_file(void **state)
{
	struct folder *folder = *state;
	char url[200];

	snprintf(url, sizeof(url), "file://%s/%%61.txt", folder->path);
	lists(folder, url, "a.txt");
}

static void a_glob_lists_each_file_once(void **state)
{
	lists(*state, folder_path(*state, "*.txt"), "a-2.txt a.txt b.txt");
	lists(*state, folder_path(*state, "a*"),
	      "a-2.txt a.txt a/deep.html"); /* a matches, and is a folder */
	lists(*state, folder_path(*state, "[b]*"), "b.txt");
}

static void a_name_with_a_star_is_a_name_first(void **state)
{
	folder_write(*state, "x*", "x");
	folder_write(*state, "xy", "y");
	lists(*state, folder_path(*state, "x*"), "x*");
}

static void a_loop_of_links_is_walked_once(void **state)
{
	assert_int_equal(symlink("..", folder_path(*state, "a/up")), 0);
	lists(*state, folder_path(*state, "a"), "a/deep.html a/up/a-2.txt a/up/a.txt a/up/b.txt");
}

static void pipes_are_left_out(void **state)
{
	assert_int_equal(mkfifo(folder_path(*state, "pipe"), 0600), 0);
	lists(*state, ((struct folder *)*state)->path, "a-2.txt a.txt a/deep.html b.txt");
	assert_int_equal(refuses(folder_path(*state, "pipe"), NULL), ERROR_INPUT);
}

static void what_is_not_there_is_not_found(void **state)
{
	assert_int_equal(refuses(folder_path(*state, "none"), NULL), ERROR_NOT_FOUND);
	assert_int_equal(refuses(folder_path(*state, "b.txt/none"), NULL), ERROR_NOT_FOUND);
	assert_int_equal(refuses(folder_path(*state, "*.pdf"), NULL), ERROR_NOT_FOUND);
	assert_int_equal(refuses("", NULL), ERROR_INPUT);
}

static void other_schemes_are_refused(void **state)
{
	(void)state;
	assert_int_equal(refuses("gs://bucket/prefix", NULL), ERROR_INPUT);
	assert_int_equal(refuses("https://example.org/x.pdf", NULL), ERROR_INPUT);
	assert_int_equal(refuses("file://relative", NULL), ERROR_INPUT);
}

static void nothing_outside_the_root_is_listed(void **state)
{
	struct folder *folder = *state;
	char *root = strdup(folder_path(folder, "a"));
	char path[300];
	struct sources sources;
	struct error err = {0};

	assert_int_equal(refuses(folder_path(folder, "b.txt"), root), ERROR_INPUT);
	assert_int_equal(refuses(folder_path(folder, "a-2.txt"), root),
			 ERROR_INPUT); /* a common prefix is no folder */
	snprintf(path, sizeof(path), "%s/../b.txt", root);
	assert_int_equal(refuses(path, root), ERROR_INPUT);
	assert_int_equal(symlink("/etc/passwd", folder_path(folder, "a/link")), 0);
	assert_int_equal(refuses(folder_path(folder, "a/link"), root), ERROR_INPUT);
	assert_int_equal(sources_list(&sources, slice_of(folder_path(folder, "a/deep.html")), root, &err), 0);
	sources_release(&sources);
	free(root);
}

static void the_next_page_begins_behind_the_token(void **state)
{
	struct sources sources;
	struct error err = {0};

	assert_int_equal(sources_list(&sources, slice_of(((struct folder *)*state)->path), NULL, &err), 0);
	assert_int_equal(sources_after(&sources, SLICE("")), 0);
	assert_int_equal(sources_after(&sources, slice_of(sources.paths[1])), 2);
	assert_int_equal(sources_after(&sources, slice_of(folder_path(*state, "a.tx"))),
			 1); /* gone in the meantime */
	assert_int_equal(sources_after(&sources, slice_of(sources.paths[3])), 4);
	sources_release(&sources);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(a_folder_is_all_its_files_in_the_order_of_bytes),
		TEST(a_file_is_itself_even_hidden),
		TEST(a_url_names_a_file),
		TEST(a_glob_lists_each_file_once),
		TEST(a_name_with_a_star_is_a_name_first),
		TEST(a_loop_of_links_is_walked_once),
		TEST(pipes_are_left_out),
		TEST(what_is_not_there_is_not_found),
		TEST(other_schemes_are_refused),
		TEST(nothing_outside_the_root_is_listed),
		TEST(the_next_page_begins_behind_the_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
