/* document_test.c - the record of a file: what it says of the text is true of the text that was stored. */
#include "steps/ingest/document.h"

#include "tests/harness/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixture {
	struct folder folder;
	struct reader reader;
	struct value record;
	struct buf text;
	struct error err;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	folder_make(&f->folder);
	f->reader.documents = docstore_open(folder_path(&f->folder, "store"), &f->err);
	assert_non_null(f->reader.documents);
	f->reader.parsers = parsers_new(NULL);
	f->reader.languages = languages_new();
	f->reader.max_bytes = 1 << 20;
	buf_init(&f->text, 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	value_unref(f->record);
	buf_release(&f->text);
	languages_free(f->reader.languages);
	parsers_free(f->reader.parsers);
	docstore_close(f->reader.documents);
	folder_remove(&f->folder);
	free(f);
	return 0;
}

static void reads(struct fixture *f, const char *name, const char *content)
{
	const char *path = folder_write(&f->folder, name, content);

	assert_int_equal(document_read(&f->reader, path, true, &f->record, &f->err), 0);
	assert_int_equal(
		docstore_get(f->reader.documents, value_get_text(f->record, "text_uri"), &f->text, &f->err),
		0);
	assert_true(slice_is(value_get_text(f->record, "source"), path));
}

static void fails(struct fixture *f, const char *name, const char *content, const char *message)
{
	const char *path = folder_write(&f->folder, name, content);

	error_clear(&f->err);
	assert_int_equal(document_read(&f->reader, path, true, &f->record, &f->err), -1);
	assert_int_equal(f->err.kind, ERROR_INPUT);
	assert_non_null(strstr(f->err.message, message));
}

static bool is(const struct fixture *f, const char *member, const char *expected)
{
	return slice_is(value_get_text(f->record, member), expected);
}

static void plain_text_is_stored_byte_for_byte(void **state)
{
	struct fixture *f = *state;
	const char *text = "Release Number 9001\r\n\r\n  Acme Grain Pays $1 Million\t\n\n\n";

	reads(f, "x.txt", text);
	assert_string_equal(buf_text(&f->text), text);
	assert_true(is(f, "media_type", "text/plain"));
	assert_true(is(f, "title", "Acme Grain Pays $1 Million"));
	assert_int_equal(value_get_int(f->record, "chars", -1), strlen(text));
}

static void the_identity_is_that_of_the_file(void **state)
{
	struct fixture *f = *state;

	reads(f, "x.txt", "abc"); /* FIPS 180-4's example */
	assert_true(is(f, "sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	assert_true(is(f, "id", "ba7816bf8f01cfea414140de5dae2223"));
}

static void pages_count_characters_not_bytes(void **state)
{
	struct fixture *f = *state;
	const struct value *pages;

	reads(f, "x.txt", "é€\n\fdeux\f\ftrois\f");
	pages = value_get(f->record, "pages");
	assert_int_equal(value_len(*pages), 4); /* nothing follows the last form feed */
	assert_int_equal(value_list_at(*pages, 0)->as.integer, 0);
	assert_int_equal(value_list_at(*pages, 1)->as.integer, 4);
	assert_int_equal(value_list_at(*pages, 2)->as.integer, 9);
	assert_int_equal(value_list_at(*pages, 3)->as.integer, 10);
	assert_int_equal(value_get_int(f->record, "chars", -1), 16);
}

static void a_page_is_stored_as_its_text(void **state)
{
	struct fixture *f = *state;

	reads(f, "x.bin",
	      "<!doctype html><html><head><title>Order</title></head><body><nav>Home</nav><p>The fine is "
	      "&euro;5.</p>"
	      "<p>The Commission orders the respondent to pay it within ten days of the date of this order "
	      "and to "
	      "cease and desist from any further violation, and the order is final and binding on all "
	      "parties.</p>");
	assert_true(is(f, "media_type", "text/html"));
	assert_true(is(f, "title", "Order"));
	assert_true(is(f, "language", "en"));
	assert_true(slice_starts(buf_slice(&f->text), SLICE("The fine is €5.\n\nThe Commission")));
}

static void what_is_no_document_is_refused_with_its_reason(void **state)
{
	struct fixture *f = *state;

	fails(f, "a", "", "empty");
	fails(f, "b", " \n\t\n", "no text");
	fails(f, "c", "<html><body><script>x</script></body></html>", "no text");
	fails(f, "d",
	      "\x7F"
	      "ELF\x02\x01\x01",
	      "not read");
	fails(f, "e", "{\\rtf1 text}", "application/rtf");
	fails(f, "f", "<?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>", "error answer");
	fails(f, "g", "{\"error\": {\"code\": 404}}", "error answer");
	fails(f, "h", "<?xml version='1.0'?><invoice/>", "application/xml");
}

static void a_paper_about_errors_is_a_document(void **state)
{
	reads(*state, "x.txt", "The respondent's \"error\" was { found } to be an <Error> of law.");
}

static void a_missing_file_and_a_folder_are_told(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
		document_read(&f->reader, folder_path(&f->folder, "none"), true, &f->record, &f->err), -1);
	assert_int_equal(f->err.kind, ERROR_NOT_FOUND);
	error_clear(&f->err);
	assert_int_equal(document_read(&f->reader, f->folder.path, true, &f->record, &f->err), -1);
	assert_int_equal(f->err.kind, ERROR_INPUT);
}

static void a_large_file_is_refused(void **state)
{
	struct fixture *f = *state;

	f->reader.max_bytes = 10;
	assert_int_equal(document_read(&f->reader, folder_write(&f->folder, "x", "eleven bytes"), true,
				       &f->record, &f->err),
			 -1);
	assert_int_equal(f->err.kind, ERROR_LIMIT);
}

static void a_link_out_of_the_root_is_not_read(void **state)
{
	struct fixture *f = *state;

	f->reader.root = f->folder.path;
	assert_int_equal(symlink("/etc/passwd", folder_path(&f->folder, "link")), 0);
	assert_int_equal(
		document_read(&f->reader, folder_path(&f->folder, "link"), true, &f->record, &f->err), -1);
	assert_int_equal(f->err.kind, ERROR_INPUT);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(plain_text_is_stored_byte_for_byte),
		TEST(the_identity_is_that_of_the_file),
		TEST(pages_count_characters_not_bytes),
		TEST(a_page_is_stored_as_its_text),
		TEST(what_is_no_document_is_refused_with_its_reason),
		TEST(a_paper_about_errors_is_a_document),
		TEST(a_missing_file_and_a_folder_are_told),
		TEST(a_large_file_is_refused),
		TEST(a_link_out_of_the_root_is_not_read),
	};

	if (argc == 2 && strcmp(argv[1], PARSERS_VERB) == 0)
		return parsers_child(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
