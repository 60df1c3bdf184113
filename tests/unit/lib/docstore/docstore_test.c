/* docstore_test.c - documents by hash: one copy, whole or not at all, nothing of others. */
#include "lib/docstore/docstore.h"

#include "lib/mem/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* SHA-256 of "abc": FIPS 180-4 example (NIST, "SHA256.pdf"). */
#define ABC_HASH "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

struct fixture {
	char folder[64];
	struct docstore *store;
	struct buf uri, content;
	struct error err;
};

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status, (void)type, (void)place;
	return remove(path);
}

static int setup(void **state)
{
	struct fixture *f = mem_new(sizeof(*f));
	char where[80];

	strcpy(f->folder, "/tmp/docstore-test-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(where, sizeof(where), "%s/a b/documents", f->folder); /* a blank: the URI must encode it */
	f->store = docstore_open(where, &f->err);
	assert_non_null(f->store);
	buf_init(&f->uri, 0);
	buf_init(&f->content, 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	docstore_close(f->store);
	buf_release(&f->uri);
	buf_release(&f->content);
	nftw(f->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	mem_free(f);
	return 0;
}

static void put(struct fixture *f, const char *text, char hash[DOCSTORE_HASH_SIZE])
{
	buf_clear(&f->uri);
	assert_int_equal(docstore_put(f->store, slice_of(text), &f->uri, hash, &f->err), 0);
}

static char *path_of_abc(const struct fixture *f)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/a b/documents/ba/" ABC_HASH, f->folder);
	return path;
}

static void a_document_comes_back_by_its_uri(void **state)
{
	struct fixture *f = *state;
	char hash[DOCSTORE_HASH_SIZE];

	put(f, "abc", hash);
	assert_string_equal(hash, ABC_HASH);
	assert_memory_equal(f->uri.data, "file:///tmp/docstore-test-", 26);
	assert_non_null(strstr(f->uri.data, "/a%20b/documents/ba/" ABC_HASH));
	assert_int_equal(docstore_get(f->store, buf_slice(&f->uri), &f->content, &f->err), 0);
	assert_string_equal(buf_text(&f->content), "abc");
}

static void an_empty_document_is_a_document(void **state)
{
	struct fixture *f = *state;
	char hash[DOCSTORE_HASH_SIZE];

	put(f, "", hash);
	/* SHA-256 of nothing: NIST CAVP short message test, Len = 0 */
	assert_string_equal(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_int_equal(docstore_get(f->store, buf_slice(&f->uri), &f->content, &f->err), 0);
	assert_int_equal(f->content.len, 0);
}

static void the_same_content_is_kept_once(void **state)
{
	struct fixture *f = *state;
	char hash[DOCSTORE_HASH_SIZE];
	struct stat first, second;

	put(f, "abc", hash);
	assert_int_equal(stat(path_of_abc(f), &first), 0);
	put(f, "abc", hash);
	assert_int_equal(stat(path_of_abc(f), &second), 0);
	assert_int_equal(first.st_ino, second.st_ino);
}

static void a_document_put_for_later_is_there_after_the_sync(void **state)
{
	struct fixture *f = *state;
	char hash[DOCSTORE_HASH_SIZE];

	assert_int_equal(docstore_put_later(f->store, SLICE("abc"), &f->uri, hash, &f->err), 0);
	assert_int_equal(docstore_sync(f->store, &f->err), 0);
	assert_int_equal(docstore_get(f->store, buf_slice(&f->uri), &f->content, &f->err), 0);
	assert_string_equal(buf_text(&f->content), "abc");
}

static void overwrite(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void a_damaged_document_is_refused_and_healed_by_the_next_put(void **state)
{
	struct fixture *f = *state;
	char hash[DOCSTORE_HASH_SIZE];

	put(f, "abc", hash);
	overwrite(path_of_abc(f), "abd"); /* same size, other content */
	assert_int_equal(docstore_get(f->store, buf_slice(&f->uri), &f->content, &f->err), -1);
	assert_int_equal(f->err.kind, ERROR_IO);
	put(f, "abc", hash);
	buf_clear(&f->content);
	assert_int_equal(docstore_get(f->store, buf_slice(&f->uri), &f->content, &f->err), 0);
	assert_string_equal(buf_text(&f->content), "abc");
}

static void a_torn_document_is_replaced(void **state)
{
	struct fixture *f = *state;
	char hash[DOCSTORE_HASH_SIZE];

	put(f, "abc", hash);
	overwrite(path_of_abc(f), ""); /* what a crash before the sync can leave */
	put(f, "abc", hash);
	assert_int_equal(docstore_get(f->store, buf_slice(&f->uri), &f->content, &f->err), 0);
	assert_string_equal(buf_text(&f->content), "abc");
}

static enum error_kind get_fails(struct fixture *f, const char *uri)
{
	error_clear(&f->err);
	buf_clear(&f->content);
	assert_int_equal(docstore_get(f->store, slice_of(uri), &f->content, &f->err), -1);
	return f->err.kind;
}

static void only_documents_of_this_store_are_read(void **state)
{
	struct fixture *f = *state;
	char uri[300];

	assert_int_equal(get_fails(f, "file:///etc/passwd"), ERROR_INPUT);
	assert_int_equal(get_fails(f, "https://example.org/x"), ERROR_INPUT);
	assert_int_equal(get_fails(f, "file:///etc/%zz"), ERROR_INPUT);
	assert_int_equal(get_fails(f, "file:///etc/%00"), ERROR_INPUT);
	assert_int_equal(get_fails(f, ""), ERROR_INPUT);
	snprintf(uri, sizeof(uri), "file://%s/a%%20b/documents/../../../../etc/passwd", f->folder);
	assert_int_equal(get_fails(f, uri), ERROR_INPUT);
	snprintf(uri, sizeof(uri), "file://%s/a%%20b/documents/ab/" ABC_HASH, f->folder); /* wrong folder */
	assert_int_equal(get_fails(f, uri), ERROR_INPUT);
	snprintf(uri, sizeof(uri), "file://%s/a%%20b/documents/ba/" ABC_HASH, f->folder);
	assert_int_equal(get_fails(f, uri), ERROR_NOT_FOUND);
}

static void a_link_in_place_of_a_document_is_not_followed(void **state)
{
	struct fixture *f = *state;
	char hash[DOCSTORE_HASH_SIZE];

	put(f, "abc", hash);
	assert_int_equal(unlink(path_of_abc(f)), 0);
	assert_int_equal(symlink("/etc/passwd", path_of_abc(f)), 0);
	assert_int_equal(docstore_get(f->store, buf_slice(&f->uri), &f->content, &f->err), -1);
	assert_int_equal(f->content.len, 0);
}

static void the_reader_bounds_what_it_takes(void **state)
{
	struct fixture *f = *state;
	char hash[DOCSTORE_HASH_SIZE];
	struct buf small;

	put(f, "abc", hash);
	buf_init(&small, 2);
	assert_int_equal(docstore_get(f->store, buf_slice(&f->uri), &small, &f->err), -1);
	assert_int_equal(f->err.kind, ERROR_LIMIT);
	buf_release(&small);
}

static void a_bucket_is_refused_with_advice(void **state)
{
	struct error err = {0};

	(void)state;
	assert_null(docstore_open("gs://bucket/prefix", &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(strstr(err.message, "gs://bucket/prefix"));
	assert_true(err.hint[0] != '\0');
}

static void a_file_url_names_the_same_store(void **state)
{
	struct fixture *f = *state;
	char hash[DOCSTORE_HASH_SIZE];
	char where[120];
	struct docstore *other;

	put(f, "abc", hash);
	snprintf(where, sizeof(where), "file://%s/a%%20b/documents", f->folder);
	other = docstore_open(where, &f->err);
	assert_non_null(other);
	assert_string_equal(docstore_root(other), docstore_root(f->store));
	assert_int_equal(docstore_get(other, buf_slice(&f->uri), &f->content, &f->err), 0);
	docstore_close(other);
}

static void the_default_is_under_the_state_home(void **state)
{
	struct fixture *f = *state;
	char expected[120];
	struct docstore *store;

	setenv("XDG_STATE_HOME", f->folder, 1);
	store = docstore_open(NULL, &f->err);
	assert_non_null(store);
	snprintf(expected, sizeof(expected), "%s/lexflow/documents", f->folder);
	assert_string_equal(docstore_root(store), expected);
	docstore_close(store);
}

static void a_file_in_the_way_is_an_error(void **state)
{
	struct fixture *f = *state;
	char where[120];

	snprintf(where, sizeof(where), "%s/file", f->folder);
	overwrite(where, "x");
	error_clear(&f->err);
	assert_null(docstore_open(where, &f->err));
	assert_int_equal(f->err.kind, ERROR_IO);
	assert_non_null(strstr(f->err.message, where));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(a_document_comes_back_by_its_uri),
		TEST(an_empty_document_is_a_document),
		TEST(the_same_content_is_kept_once),
		TEST(a_document_put_for_later_is_there_after_the_sync),
		TEST(a_damaged_document_is_refused_and_healed_by_the_next_put),
		TEST(a_torn_document_is_replaced),
		TEST(only_documents_of_this_store_are_read),
		TEST(a_link_in_place_of_a_document_is_not_followed),
		TEST(the_reader_bounds_what_it_takes),
		TEST(a_bucket_is_refused_with_advice),
		TEST(a_file_url_names_the_same_store),
		TEST(the_default_is_under_the_state_home),
		TEST(a_file_in_the_way_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
