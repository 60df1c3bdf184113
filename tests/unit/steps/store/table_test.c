/* table_test.c - widths on a terminal. Unicode Standard Annex 11 gives the wide characters. */
#include "steps/store/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void width_is_what_a_terminal_shows(void **state)
{
	(void)state;
	assert_int_equal(table_text_width(SLICE("abc")), 3);
	assert_int_equal(table_text_width(SLICE("Décision")), 8);
	assert_int_equal(table_text_width(SLICE("e\xCC\x81")), 1); /* e and a combining acute */
	assert_int_equal(table_text_width(SLICE("\xE6\xB1\xBA\xE5\xAE\x9A")), 4); /* two ideographs */
	assert_int_equal(table_text_width(SLICE("\xff\xfe")), 2);                 /* not UTF-8 */
}

static void expect_fit(const char *text, size_t width, const char *expected)
{
	struct buf out;

	buf_init(&out, 0);
	table_fit(&out, slice_of(text), width);
	assert_string_equal(buf_text(&out), expected);
	buf_release(&out);
}

static void long_text_ends_in_dots(void **state)
{
	(void)state;
	expect_fit("settlement", 10, "settlement");
	expect_fit("settlement", 7, "settle…");
	expect_fit("settlement", 1, "…");
	expect_fit("settlement", 0, "");
	expect_fit("\xE6\xB1\xBA\xE5\xAE\x9A\xE6\x9B\xB8", 4, "\xE6\xB1\xBA…"); /* no half ideograph */
}

static void documents_cannot_steer_the_terminal(void **state)
{
	(void)state;
	expect_fit("a\033[2Jb\nc\td", 20, "a [2Jb c d");
	expect_fit("a\xE2\x80\xAE"
		   "b",
		   20, "a b"); /* right-to-left override */
	expect_fit("a\xC2\x9B"
		   "b",
		   20, "a b"); /* CSI in one character */
}

static char *print(size_t width, const char *cell)
{
	static const struct table_column columns[] = {
		{"NAME", 9, 6, false}, {"N", 2, 1, true}, {"LAST", 6, 4, false}};
	struct table *table = table_new(columns, 3);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	table_add(table, slice_of(cell));
	table_add(table, SLICE("7"));
	table_add(table, SLICE("x"));
	table_add(table, SLICE("é"));
	table_add(table, SLICE("12"));
	table_add(table, SLICE(""));
	table_print(table, width, out);
	fclose(out);
	table_free(table);
	return text;
}

static void columns_line_up(void **state)
{
	char *text = print(0, "Banque");

	(void)state;
	assert_string_equal(text, "NAME     N  LAST\n"
				  "Banque   7  x\n"
				  "é       12\n");
	free(text);
}

static void the_widest_column_gives_way(void **state)
{
	char *text = print(18, "Banque Centrale de Tout");

	(void)state;
	assert_string_equal(text, "NAME       N  LAST\n"
				  "Banque …   7  x\n"
				  "é         12\n");
	free(text);
}

static void a_good_width_is_kept_while_another_column_can_give(void **state)
{
	static const struct table_column columns[] = {{"A", 4, 2, false}, {"B", 10, 2, false}};
	struct table *table = table_new(columns, 2);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	table_add(table, SLICE("aaaaaaaaaaaa"));
	table_add(table, SLICE("bbbbbbbbbbbb"));
	table_print(table, 16, out);
	fclose(out);
	assert_string_equal(text, "A     B\n"
				  "aaa…  bbbbbbbbb…\n");
	free(text);
	table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(width_is_what_a_terminal_shows),
		cmocka_unit_test(long_text_ends_in_dots),
		cmocka_unit_test(documents_cannot_steer_the_terminal),
		cmocka_unit_test(columns_line_up),
		cmocka_unit_test(the_widest_column_gives_way),
		cmocka_unit_test(a_good_width_is_kept_while_another_column_can_give),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
