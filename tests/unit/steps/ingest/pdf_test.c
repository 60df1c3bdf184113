/* pdf_test.c - a text layer with its pages, or a reason why there is none. The files are made here; their
 * table of objects is left out, which poppler makes good. */
#include "steps/ingest/parsed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define LINE                                                                                               \
	"The Commission orders Acme Grain to pay a civil penalty of one million dollars within ten days, " \
	"with interest"

static int setup(void **state)
{
	struct parsed *parsed = malloc(sizeof(*parsed));

	parsed_init(parsed);
	*state = parsed;
	return 0;
}

static int teardown(void **state)
{
	parsed_release(*state);
	free(*state);
	return 0;
}

/* One page for each text; "" is a blank page. */
static void make_pdf(struct buf *pdf, const char *const *texts, size_t count, const char *trailer)
{
	buf_add_text(
		pdf,
		"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[");
	for (size_t i = 0; i < count; i++)
		buf_printf(pdf, "%zu 0 R ", 10 + 2 * i);
	buf_printf(
		pdf,
		"]/Count %zu>>\nendobj\n3 0 obj\n<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>\nendobj\n",
		count);
	for (size_t i = 0; i < count; i++)
		buf_printf(pdf,
			   "%zu 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F "
			   "3 0 R>>>>"
			   "/Contents %zu 0 R>>\nendobj\n%zu 0 obj\n<</Length %zu>>stream\nBT /F 10 Tf 50 "
			   "700 Td (%s) Tj ET\n"
			   "endstream\nendobj\n",
			   10 + 2 * i, 11 + 2 * i, 11 + 2 * i, strlen(texts[i]) + 33, texts[i]);
	buf_printf(pdf, "trailer\n<</Root 1 0 R %s>>\n%%%%EOF\n", trailer);
}

static int parse(struct parsed *parsed, const char *const *texts, size_t count, const char *trailer,
		 struct error *err)
{
	struct buf pdf;
	int status;

	buf_init(&pdf, 0);
	make_pdf(&pdf, texts, count, trailer);
	status = pdf_parse(buf_slice(&pdf), parsed, err);
	buf_release(&pdf);
	return status;
}

static void pages_are_parted_by_form_feeds(void **state)
{
	const char *const texts[] = {LINE " one", LINE " two"};
	struct parsed *parsed = *state;
	struct error err = {0};
	struct slice text;

	assert_int_equal(parse(parsed, texts, 2, "", &err), 0);
	text = buf_slice(&parsed->text);
	assert_true(slice_find(text, SLICE(LINE " one"), 0) < slice_find(text, SLICE("\f"), 0));
	assert_true(slice_find(text, SLICE("\f"), 0) < slice_find(text, SLICE(LINE " two"), 0));
	assert_false(slice_ends(text, SLICE("\f"))); /* no third page */
	assert_int_equal(value_len(parsed->warnings), 0);
}

static void a_page_without_text_is_warned_of(void **state)
{
	const char *const texts[] = {LINE " and costs", "", LINE " and costs"};
	struct parsed *parsed = *state;
	struct error err = {0};

	assert_int_equal(parse(parsed, texts, 3, "", &err), 0);
	assert_int_equal(value_len(parsed->warnings), 1);
	assert_true(slice_starts(value_text(*value_list_at(parsed->warnings, 0)),
				 SLICE("no text on page 2 of 3")));
}

static void a_scan_needs_character_recognition(void **state)
{
	const char *const blank[] = {"", ""};
	const char *const cover[] = {LINE " and costs", "", "", "", ""};
	const char *const stamped[] = {"Case 1:31-cv-00001 Document 1 Filed 01/02/31 Page 1 of 2",
				       "Case 1:31-cv-00001 Document 1 Filed 01/02/31 Page 2 of 2"};
	struct error err = {0};

	assert_int_equal(parse(*state, blank, 2, "", &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(strstr(err.message, "no text layer"));
	assert_non_null(strstr(err.hint, "OCR"));
	error_clear(&err);
	assert_int_equal(parse(*state, stamped, 2, "", &err), -1);
	assert_non_null(strstr(err.message, "no text layer"));
	error_clear(&err);
	buf_clear(&((struct parsed *)*state)->text);
	assert_int_equal(parse(*state, cover, 5, "", &err), -1);
	assert_non_null(strstr(err.message, "no text layer"));
}

static void an_encrypted_file_asks_for_its_password(void **state)
{
	const char *const texts[] = {LINE};
	struct error err = {0};

	/* keys that no password makes (ISO 32000-1, 7.6.3) */
	assert_int_equal(parse(*state, texts, 1,
			       "/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]"
			       "/Encrypt<</Filter/Standard/V 1/R 2/P -4"
			       "/O<000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f>"
			       "/U<000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f>>>",
			       &err),
			 -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(strstr(err.message, "encrypted"));
}

static void a_damaged_file_is_told(void **state)
{
	struct error err = {0};

	assert_int_equal(pdf_parse(SLICE("%PDF-1.7\nand nothing that follows the rules"), *state, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(strstr(err.message, "damaged"));
}

static void without_pdftotext_the_hint_names_the_package(void **state)
{
	struct error err = {0};
	char *path = strdup(getenv("PATH"));

	setenv("PATH", "/proc/nonexistent", 1);
	assert_int_equal(pdf_parse(SLICE("%PDF-1.7\n"), *state, &err), -1);
	setenv("PATH", path, 1);
	free(path);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(strstr(err.message, "pdftotext"));
	assert_true(err.hint[0] != '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(pages_are_parted_by_form_feeds),
		TEST(a_page_without_text_is_warned_of),
		TEST(a_scan_needs_character_recognition),
		TEST(an_encrypted_file_asks_for_its_password),
		TEST(a_damaged_file_is_told),
		TEST(without_pdftotext_the_hint_names_the_package),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
