/* docx_test.c - WordprocessingML to text; files are made here, by libarchive's writer. */
#include "steps/ingest/parsed.h"

#include "lib/mem/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

#define W                                                                                       \
	"<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" " \
	"xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\"><w:body>"
#define END "</w:body></w:document>"
#define P(text) "<w:p><w:r><w:t>" text "</w:t></w:r></w:p>"

struct member {
	const char *name, *text;
};

struct fixture {
	struct parsed parsed;
	struct error err;
	char *zip;
	size_t size;
};

static int setup(void **state)
{
	struct fixture *f = mem_new(sizeof(*f));

	parsed_init(&f->parsed);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	parsed_release(&f->parsed);
	free(f->zip);
	mem_free(f);
	return 0;
}

static void make_zip(struct fixture *f, const struct member *members, size_t count)
{
	struct archive *zip = archive_write_new();
	size_t room = 1 << 20;

	f->zip = realloc(f->zip, room);
	assert_int_equal(archive_write_set_format_zip(zip), ARCHIVE_OK);
	assert_int_equal(archive_write_open_memory(zip, f->zip, room, &f->size), ARCHIVE_OK);
	for (size_t i = 0; i < count; i++) {
		struct archive_entry *entry = archive_entry_new();
		size_t size = strlen(members[i].text);

		archive_entry_set_pathname(entry, members[i].name);
		archive_entry_set_filetype(entry, AE_IFREG);
		archive_entry_set_size(entry, (la_int64_t)size);
		assert_int_equal(archive_write_header(zip, entry), ARCHIVE_OK);
		assert_int_equal(archive_write_data(zip, members[i].text, size), size);
		archive_entry_free(entry);
	}
	assert_int_equal(archive_write_free(zip), ARCHIVE_OK);
}

static int parse(struct fixture *f, const struct member *members, size_t count)
{
	make_zip(f, members, count);
	return docx_parse((struct slice){f->zip, f->size}, &f->parsed, &f->err);
}

static void gives(struct fixture *f, const char *document, const char *expected)
{
	const struct member members[] = {{"[Content_Types].xml", "<x/>"}, {"word/document.xml", document}};

	assert_int_equal(parse(f, members, 2), 0);
	assert_string_equal(buf_text(&f->parsed.text), expected);
}

static void fails(struct fixture *f, const char *document, enum error_kind kind)
{
	const struct member members[] = {{"word/document.xml", document}};

	assert_int_equal(parse(f, members, 1), -1);
	assert_int_equal(f->err.kind, kind);
}

static void paragraphs_are_lines(void **state)
{
	gives(*state,
	      W P("Order") "<w:p/>"
			   "<w:p><w:r><w:t>First </w:t></w:r><w:r><w:t>part</w:t></w:r></w:p>" P("end") END,
	      "Order\n\nFirst part\nend");
}

static void breaks_tabs_and_hyphens(void **state)
{
	gives(*state,
	      W "<w:p><w:pPr><w:tabs><w:tab "
		"w:val=\"left\"/></w:tabs></w:pPr><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/>"
		"<w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t></w:r></w:p>" END,
	      "a\tb\nc-d");
}

static void a_page_begins_after_a_form_feed(void **state)
{
	gives(*state, W P("one") "<w:p><w:r><w:br w:type=\"page\"/><w:t>two</w:t></w:r></w:p>" END,
	      "one\n\ftwo");
}

static void cells_of_a_row_stand_on_a_line(void **state)
{
	gives(*state,
	      W "<w:tbl><w:tr><w:tc>" P("Party") "</w:tc><w:tc>" P("Fine") "</w:tc></w:tr><w:tr><w:tc>" P(
		      "Acme") P("LLC") "</w:tc><w:tc>" P("$1") "</w:tc></w:tr></w:tbl>" P("end") END,
	      "Party\tFine\nAcme LLC\t$1\nend");
}

static void what_was_deleted_or_moved_away_is_gone(void **state)
{
	gives(*state,
	      W "<w:p><w:r><w:t>pays </w:t></w:r><w:del><w:r><w:delText>$1</w:delText></w:r></w:del>"
		"<w:moveFrom><w:r><w:t>old</w:t></w:r></w:moveFrom><w:ins><w:r><w:t>$2</w:t></w:r></w:ins></"
		"w:p>" END,
	      "pays $2");
}

static void one_rendering_of_alternatives_is_taken(void **state)
{
	gives(*state,
	      W "<w:p><mc:AlternateContent><mc:Choice Requires=\"wps\"><w:r><w:t>box</w:t></w:r></mc:Choice>"
		"<mc:Fallback><w:r><w:t>box</w:t></w:r></mc:Fallback></mc:AlternateContent></w:p>" END,
	      "box");
}

static void field_codes_are_not_text(void **state)
{
	gives(*state, W "<w:p><w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>1</w:t></w:r></w:p>" END,
	      "1");
}

static void notes_follow_the_body(void **state)
{
	struct fixture *f = *state;
	const struct member members[] = {
		{"word/document.xml",
		 W "<w:p><w:r><w:t>fined</w:t><w:footnoteReference w:id=\"2\"/><w:t>.</w:t></w:r></w:p>" END},
		{"word/footnotes.xml",
		 "<w:footnotes xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">"
		 "<w:footnote w:type=\"separator\" w:id=\"-1\">" P(
			 "line") "</w:footnote>"
				 "<w:footnote w:id=\"2\">" P(" see Act") "</w:footnote></w:footnotes>"},
	};

	assert_int_equal(parse(f, members, 2), 0);
	assert_string_equal(buf_text(&f->parsed.text), "fined[2].\n\n[2] see Act");
}

static void strict_files_are_read_too(void **state)
{
	gives(*state,
	      "<w:document xmlns:w=\"http://purl.oclc.org/ooxml/wordprocessingml/main\"><w:body>" P("strict")
		      END,
	      "strict");
}

static void properties_give_title_and_dates(void **state)
{
	struct fixture *f = *state;
	const struct member members[] = {
		{"word/document.xml", W P("x") END},
		{"docProps/core.xml", "<c:coreProperties xmlns:c=\"c\" xmlns:dc=\"d\" "
				      "xmlns:dcterms=\"t\"><dc:title>Final Order</dc:title>"
				      "<dcterms:created>2031-03-09T08:00:00Z</"
				      "dcterms:created><dcterms:modified>never</dcterms:modified>"
				      "</c:coreProperties>"},
	};

	assert_int_equal(parse(f, members, 2), 0);
	assert_string_equal(buf_text(&f->parsed.title), "Final Order");
	assert_true(slice_is(value_get_text(f->parsed.dates, "created"), "2031-03-09"));
	assert_null(value_get(f->parsed.dates, "modified"));
}

static void entities_are_not_expanded(void **state)
{
	fails(*state, "<!DOCTYPE d [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>" W P("&b;") END,
	      ERROR_INPUT);
}

static void damage_is_told(void **state)
{
	struct fixture *f = *state;
	const struct member other[] = {{"xl/workbook.xml", "<x/>"}};

	fails(f, W "<w:p><w:r><w:t>cut", ERROR_INPUT);
	error_clear(&f->err);
	assert_int_equal(parse(f, other, 1), -1);
	assert_non_null(strstr(f->err.message, "word/document.xml"));
	error_clear(&f->err);
	assert_int_equal(docx_parse(SLICE("PK\x03\x04 and nothing more"), &f->parsed, &f->err), -1);
	assert_int_equal(f->err.kind, ERROR_INPUT);
}

static void a_zip_bomb_is_stopped(void **state)
{
	size_t size = (size_t)129 << 20; /* one more than a member may have (docx.c, MEMBER_BYTES) */
	char *blanks = malloc(size + 1);

	memset(blanks, ' ', size);
	blanks[size] = '\0';
	fails(*state, blanks, ERROR_LIMIT);
	free(blanks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(paragraphs_are_lines),
		TEST(breaks_tabs_and_hyphens),
		TEST(a_page_begins_after_a_form_feed),
		TEST(cells_of_a_row_stand_on_a_line),
		TEST(what_was_deleted_or_moved_away_is_gone),
		TEST(one_rendering_of_alternatives_is_taken),
		TEST(field_codes_are_not_text),
		TEST(notes_follow_the_body),
		TEST(strict_files_are_read_too),
		TEST(properties_give_title_and_dates),
		TEST(entities_are_not_expanded),
		TEST(damage_is_told),
		TEST(a_zip_bomb_is_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
