/* text_test.c - slices never leave their bytes, a buf never passes its limit, UTF-8 counts code points. */
#include "lib/text/text.h"

#include "lib/mem/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static void a_slice_compares_by_bytes(void **state)
{
	(void)state;
	assert_true(slice_is(SLICE("order"), "order"));
	assert_false(slice_is(SLICE("order"), "orders"));
	assert_true(slice_equal(slice_of(NULL), SLICE("")));
	assert_true(slice_compare(SLICE("a"), SLICE("ab")) < 0);
	assert_true(slice_compare(SLICE("b"), SLICE("ab")) > 0);
	/* U+00E9 is C3 A9, so it comes after every ASCII letter. */
	assert_true(slice_compare(SLICE("\xc3\xa9"), SLICE("z")) > 0);
}

static void starts_ends_and_trim(void **state)
{
	(void)state;
	assert_true(slice_starts(SLICE("file:///x"), SLICE("file://")));
	assert_false(slice_starts(SLICE("fi"), SLICE("file")));
	assert_true(slice_ends(SLICE("a.pdf"), SLICE(".pdf")));
	assert_true(slice_is(slice_trim(SLICE(" \t\r\n x y \v\f")), "x y"));
	assert_int_equal(slice_trim(SLICE(" \n ")).len, 0);
}

static void a_part_is_clamped(void **state)
{
	(void)state;
	assert_true(slice_is(slice_sub(SLICE("abcdef"), 2, 4), "cd"));
	assert_true(slice_is(slice_sub(SLICE("abc"), 1, 99), "bc"));
	assert_int_equal(slice_sub(SLICE("abc"), 5, 9).len, 0);
	assert_int_equal(slice_sub(SLICE("abc"), 2, 1).len, 0);
}

static void find_gives_the_first_place_at_or_after(void **state)
{
	(void)state;
	assert_int_equal(slice_find(SLICE("abcabc"), SLICE("bc"), 0), 1);
	assert_int_equal(slice_find(SLICE("abcabc"), SLICE("bc"), 2), 4);
	assert_int_equal(slice_find(SLICE("abc"), SLICE("abcd"), 0), SIZE_MAX);
	assert_int_equal(slice_find(SLICE("abc"), SLICE("x"), 0), SIZE_MAX);
	assert_int_equal(slice_find(SLICE("abc"), SLICE("c"), 7), SIZE_MAX);
}

static void a_buf_is_a_string_at_every_moment(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 0);
	assert_string_equal(buf_text(&buf), "");
	buf_add_text(&buf, "total ");
	buf_printf(&buf, "%d %s", 42, "euros");
	buf_add_char(&buf, '.');
	assert_string_equal(buf_text(&buf), "total 42 euros.");
	buf_clear(&buf);
	assert_string_equal(buf_text(&buf), "");
	buf_release(&buf);
}

static void an_append_beyond_the_limit_changes_nothing(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 8);
	assert_int_equal(buf_add_text(&buf, "12345678"), 0);
	assert_false(buf.full);
	assert_int_equal(buf_add_char(&buf, '9'), -1);
	assert_true(buf.full);
	assert_string_equal(buf_text(&buf), "12345678");
	assert_int_equal(buf_printf(&buf, "%s", "more"), -1);
	assert_string_equal(buf_text(&buf), "12345678");
	buf_release(&buf);
}

static void taken_bytes_outlive_the_buf(void **state)
{
	struct buf buf;
	char *text;

	(void)state;
	buf_init(&buf, 0);
	buf_add_text(&buf, "kept");
	text = buf_take(&buf);
	assert_int_equal(buf.len, 0);
	buf_release(&buf);
	assert_string_equal(text, "kept");
	mem_free(text);
}

static void characters_are_code_points(void **state)
{
	struct slice euro = SLICE("a\xe2\x82\xac\xf0\x9f\x93\x84z"); /* a, U+20AC, U+1F4C4, z */

	(void)state;
	assert_int_equal(utf8_count(euro), 4);
	assert_int_equal(utf8_offset(euro, 0), 0);
	assert_int_equal(utf8_offset(euro, 2), 4);
	assert_int_equal(utf8_offset(euro, 3), 8);
	assert_int_equal(utf8_offset(euro, 99), euro.len);
}

/* Table 3-7 of the Unicode Standard says which sequences are well-formed. */
static void ill_formed_utf8_is_told(void **state)
{
	static const char *const bad[] = {
		"\x80", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xff",
	};

	(void)state;
	assert_true(utf8_is_valid(SLICE("d\xc3\xa9lib\xc3\xa9ration")));
	assert_true(utf8_is_valid(SLICE("")));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(utf8_is_valid(slice_of(bad[i])));
}

static void next_walks_and_says_what_is_bad(void **state)
{
	struct slice text = SLICE("\xc3\xa9\xffx");
	size_t offset = 0;

	(void)state;
	assert_int_equal(utf8_next(text, &offset), 0xe9);
	assert_int_equal(utf8_next(text, &offset), -1);
	assert_int_equal(offset, 3);
	assert_int_equal(utf8_next(text, &offset), 'x');
	assert_int_equal(offset, text.len);
}

static void repair_replaces_what_is_ill_formed(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 0);
	assert_int_equal(utf8_repair(&out, SLICE("a\xff"
						 "b\xc3\xa9")),
			 0);
	assert_string_equal(buf_text(&out), "a\xef\xbf\xbd"
					    "b\xc3\xa9");
	buf_release(&out);
}

static void a_code_point_is_written_as_utf8(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 0);
	buf_add_utf8(&out, 'x');
	buf_add_utf8(&out, 0xe9);
	buf_add_utf8(&out, 0x20ac);
	buf_add_utf8(&out, 0x1f4c4);
	assert_string_equal(buf_text(&out), "x\xc3\xa9\xe2\x82\xac\xf0\x9f\x93\x84");
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slice_compares_by_bytes),
		cmocka_unit_test(starts_ends_and_trim),
		cmocka_unit_test(a_part_is_clamped),
		cmocka_unit_test(find_gives_the_first_place_at_or_after),
		cmocka_unit_test(a_buf_is_a_string_at_every_moment),
		cmocka_unit_test(an_append_beyond_the_limit_changes_nothing),
		cmocka_unit_test(taken_bytes_outlive_the_buf),
		cmocka_unit_test(characters_are_code_points),
		cmocka_unit_test(ill_formed_utf8_is_told),
		cmocka_unit_test(next_walks_and_says_what_is_bad),
		cmocka_unit_test(repair_replaces_what_is_ill_formed),
		cmocka_unit_test(a_code_point_is_written_as_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
