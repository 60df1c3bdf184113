/* json_test.c - what is read is written back the same, numbers look as the language prints them. */
#include "lib/json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct value must_read(const char *text)
{
	struct value v = value_null();
	struct error err = {0};

	if (json_read(slice_of(text), &v, &err) < 0)
		fail_msg("%s: %s", text, err.message);
	return v;
}

static void assert_written(struct value taken, const char *expected)
{
	struct buf out;

	buf_init(&out, 0);
	assert_int_equal(json_write(&out, taken), 0);
	assert_string_equal(buf_text(&out), expected);
	buf_release(&out);
	value_unref(taken);
}

static void compact_output_has_sorted_keys(void **state)
{
	(void)state;
	assert_written(must_read(" { \"b\" : [ 1 , 2.5 , null ] , \"a\" : { \"y\" : true, \"x\": false } } "),
		       "{\"a\":{\"x\":false,\"y\":true},\"b\":[1,2.5,null]}");
}

/* RFC 8259, section 7: these must be escaped, the rest need not be. */
static void control_characters_are_escaped(void **state)
{
	(void)state;
	assert_written(value_string_z("\"\\/\n\r\t\x01"), "\"\\\"\\\\/\\n\\r\\t\\u0001\"");
	assert_written(must_read("\"\\u00e9\\ud83d\\udcc4\""), "\"\xc3\xa9\xf0\x9f\x93\x84\"");
}

static void ints_are_exact_and_larger_numbers_doubles(void **state)
{
	struct value v;

	(void)state;
	assert_written(must_read("9223372036854775807"), "9223372036854775807");
	assert_written(must_read("-9223372036854775808"), "-9223372036854775808");
	v = must_read("9223372036854775808");
	assert_int_equal(v.kind, VALUE_DOUBLE);
	assert_int_equal(must_read("5.0").kind, VALUE_DOUBLE);
	assert_int_equal(must_read("1e3").kind, VALUE_DOUBLE);
	assert_int_equal(must_read("-0").kind, VALUE_INT);
}

/* Only the integer that does not fit changes its kind; what looks like one in a string stays. */
static void one_large_number_leaves_the_others_exact(void **state)
{
	struct value v;

	(void)state;
	assert_written(must_read("[9007199254740993,18446744073709551616,-1,\"\\\"9223372036854775808\"]"),
		       "[9007199254740993,18446744073709552000,-1,\"\\\"9223372036854775808\"]");
	assert_written(must_read("{\"a\":-9223372036854775809,\"b\":-9223372036854775808}"),
		       "{\"a\":-9223372036854776000,\"b\":-9223372036854775808}");
	v = must_read("[1, 18446744073709551616]");
	assert_int_equal(value_list_at(v, 0)->kind, VALUE_INT);
	assert_int_equal(value_list_at(v, 1)->kind, VALUE_DOUBLE);
	value_unref(v);
	assert_written(must_read("18446744073709551616"), "18446744073709552000");
}

/* Reference, 4.2: shortest that reads back; exponents only below 1e-6 and from 1e21 on. */
static void doubles_look_as_the_language_prints_them(void **state)
{
	static const struct {
		double number;
		const char *text;
	} cases[] = {
		{1635892223.4459958, "1635892223.4459958"},
		{1.7, "1.7"},
		{80.6, "80.6"},
		{1715169660.0, "1715169660"},
		{0.1 + 0.2, "0.30000000000000004"},
		{1e20, "100000000000000000000"},
		{1e21, "1e+21"},
		{0.000001, "0.000001"},
		{1e-7, "1e-7"},
		{-2.5, "-2.5"},
		{5e-324, "5e-324"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_written(value_double(cases[i].number), cases[i].text);
}

static void what_has_no_json_form_is_refused(void **state)
{
	struct value bytes = value_bytes(SLICE("\x01")), list = value_list_new(1);
	struct buf out;

	(void)state;
	buf_init(&out, 0);
	assert_int_equal(json_write(&out, bytes), -1);
	assert_int_equal(json_write(&out, value_double(NAN)), -1);
	assert_int_equal(json_write(&out, value_double(INFINITY)), -1);
	value_list_push(&list, bytes);
	assert_int_equal(json_write(&out, list), -1);
	value_unref(list);
	buf_release(&out);
}

static void malformed_text_is_refused_with_its_place(void **state)
{
	static const char *const bad[] = {"",    "{",   "[1,]",   "{\"a\":1,}", "1 2",
					  "nul", "'a'", "\"\n\"", "[1",         "\"\\ud800\""};
	struct value v = value_int(7);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct error err = {0};

		if (json_read(slice_of(bad[i]), &v, &err) == 0)
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_non_null(strstr(err.message, "line "));
		assert_int_equal(v.as.integer, 7);
	}
}

static void depth_is_bounded_both_ways(void **state)
{
	struct value deep = value_null(), v;
	struct error err = {0};
	struct buf text;

	(void)state;
	buf_init(&text, 0);
	for (int i = 0; i < 100000; i++)
		buf_add_char(&text, '[');
	assert_int_equal(json_read(buf_slice(&text), &v, &err), -1);
	for (int i = 0; i < JSON_MAX_DEPTH + 10; i++) {
		struct value outer = value_list_new(1);

		value_list_push(&outer, deep);
		deep = outer;
	}
	buf_clear(&text);
	assert_int_equal(json_write(&text, deep), -1);
	value_unref(deep);
	buf_release(&text);
}

/* Both ways of writing: numbers of few digits, and those that need all seventeen. */
static void doubles_read_back_exactly(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, 0);
	srand48(4);
	for (int i = 0; i < 20000; i++) {
		double number = i % 2 ? drand48() * 1e9 : (double)(lrand48() % 1000000) / 1e4;

		buf_clear(&text);
		json_write_double(&text, number);
		if (strtod(buf_text(&text), NULL) != number)
			fail_msg("%.17g was written as %s", number, buf_text(&text));
		if (i % 2 == 0 && text.len > 8) /* six digits, a point, a zero in front */
			fail_msg("%.17g was written as %s, longer than need be", number, buf_text(&text));
	}
	buf_release(&text);
}

/* What can be read can be written: the outermost list is level 0. */
static void reading_and_writing_stop_at_the_same_depth(void **state)
{
	(void)state;
	for (int lists = JSON_MAX_DEPTH; lists <= JSON_MAX_DEPTH + 2; lists++) {
		struct error err = {0};
		struct buf text, again;
		struct value v = value_int(7);

		buf_init(&text, 0);
		buf_init(&again, 0);
		for (int i = 0; i < lists; i++)
			buf_add_char(&text, '[');
		for (int i = 0; i < lists; i++)
			buf_add_char(&text, ']');
		if (lists > JSON_MAX_DEPTH + 1) {
			assert_int_equal(json_read(buf_slice(&text), &v, &err), -1);
			assert_int_equal(err.kind, ERROR_LIMIT);
			assert_true(v.kind == VALUE_INT && v.as.integer == 7);
		} else {
			assert_int_equal(json_read(buf_slice(&text), &v, &err), 0);
			assert_int_equal(json_write(&again, v), 0);
			assert_string_equal(buf_text(&again), buf_text(&text));
			value_unref(v);
		}
		buf_release(&text);
		buf_release(&again);
	}
}

static void lines_go_on_after_a_bad_one(void **state)
{
	static char text[] = "{\"a\":1}\n\nnot json\n[2]\n3";
	FILE *file = fmemopen(text, sizeof(text) - 1, "r");
	struct json_lines lines;
	struct error err = {0};
	struct value v;

	(void)state;
	json_lines_init(&lines, file, 1000);
	assert_int_equal(json_lines_next(&lines, &v, &err), 1);
	assert_int_equal(value_get_int(v, "a", 0), 1);
	value_unref(v);
	assert_int_equal(json_lines_next(&lines, &v, &err), -1);
	assert_int_equal(lines.line, 3);
	error_clear(&err);
	assert_int_equal(json_lines_next(&lines, &v, &err), 1);
	value_unref(v);
	assert_int_equal(json_lines_next(&lines, &v, &err), 1);
	assert_int_equal(v.as.integer, 3);
	assert_int_equal(json_lines_next(&lines, &v, &err), 0);
	json_lines_release(&lines);
	fclose(file);
}

static void a_line_beyond_the_limit_is_an_error_not_a_cut(void **state)
{
	static char text[] = "\"0123456789012345678901234567890123456789\"\n1\n";
	FILE *file = fmemopen(text, sizeof(text) - 1, "r");
	struct json_lines lines;
	struct error err = {0};
	struct value v;

	(void)state;
	json_lines_init(&lines, file, 20);
	assert_int_equal(json_lines_next(&lines, &v, &err), -1);
	error_clear(&err);
	assert_int_equal(json_lines_next(&lines, &v, &err), 1);
	assert_int_equal(v.as.integer, 1);
	json_lines_release(&lines);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compact_output_has_sorted_keys),
		cmocka_unit_test(control_characters_are_escaped),
		cmocka_unit_test(ints_are_exact_and_larger_numbers_doubles),
		cmocka_unit_test(one_large_number_leaves_the_others_exact),
		cmocka_unit_test(doubles_look_as_the_language_prints_them),
		cmocka_unit_test(doubles_read_back_exactly),
		cmocka_unit_test(what_has_no_json_form_is_refused),
		cmocka_unit_test(malformed_text_is_refused_with_its_place),
		cmocka_unit_test(depth_is_bounded_both_ways),
		cmocka_unit_test(reading_and_writing_stop_at_the_same_depth),
		cmocka_unit_test(lines_go_on_after_a_bad_one),
		cmocka_unit_test(a_line_beyond_the_limit_is_an_error_not_a_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
