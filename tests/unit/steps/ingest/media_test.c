/* media_test.c - formats are told by content. */
#include "steps/ingest/media.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#define BYTES(literal) media_of_bytes((struct slice){literal, sizeof(literal) - 1})

static void binary_formats_by_their_first_bytes(void **state)
{
	(void)state;
	assert_int_equal(BYTES("%PDF-1.7\n"), MEDIA_PDF);
	assert_int_equal(BYTES("\r\nsome mail header\r\n%PDF-1.4\n"), MEDIA_PDF);
	assert_int_equal(BYTES("PK\x03\x04\x14\0\x06\0\x08\0 word/document.xml"), MEDIA_DOCX);
	assert_int_equal(BYTES("PK\x03\x04\x14\0\x06\0\x08\0 xl/workbook.xml"), MEDIA_OTHER);
	assert_int_equal(BYTES("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), MEDIA_OTHER);
	assert_int_equal(BYTES("\x89PNG\r\n\x1A\n"), MEDIA_OTHER);
	assert_int_equal(BYTES("UNITED STATES OF AMERICA"), MEDIA_TEXT);
}

static void a_pdf_mark_far_inside_is_text(void **state)
{
	char text[3000];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text + 2000, "%PDF-1.4", 8);
	assert_int_equal(media_of_bytes((struct slice){text, sizeof(text)}), MEDIA_TEXT);
}

static enum media text_is(const char *text)
{
	return media_of_text(slice_of(text));
}

static void markup_by_its_root(void **state)
{
	(void)state;
	assert_int_equal(text_is("<!DOCTYPE html><html>"), MEDIA_HTML);
	assert_int_equal(text_is("  \n<!doctype HTML PUBLIC \"-//W3C//DTD\">"), MEDIA_HTML);
	assert_int_equal(text_is("<!-- saved from a site --><HTML lang=en>"), MEDIA_HTML);
	assert_int_equal(text_is("<?xml version=\"1.0\"?>\n<!DOCTYPE html><html/>"), MEDIA_HTML);
	assert_int_equal(text_is("<p>fragment</p>"), MEDIA_HTML);
	assert_int_equal(text_is("<?xml version=\"1.0\"?><decision/>"), MEDIA_XML);
	assert_int_equal(text_is("{\\rtf1\\ansi text}"), MEDIA_RTF);
}

static void text_that_speaks_of_markup_is_text(void **state)
{
	(void)state;
	assert_int_equal(text_is("The page began with <html> and"), MEDIA_TEXT);
	assert_int_equal(text_is("<<ORDER>>"), MEDIA_TEXT);
	assert_int_equal(text_is("<paragraph> 1"), MEDIA_TEXT);
	assert_int_equal(text_is("<!-- a comment without end"), MEDIA_TEXT);
	assert_int_equal(text_is(""), MEDIA_TEXT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(binary_formats_by_their_first_bytes),
		cmocka_unit_test(a_pdf_mark_far_inside_is_text),
		cmocka_unit_test(markup_by_its_root),
		cmocka_unit_test(text_that_speaks_of_markup_is_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
