/* scalar_test.c - what a scalar means (YAML 1.2 core schema; reference, 1.5), and where its bytes stand. */
#include "lib/yaml/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

static struct value value_of(const char *text)
{
	struct diags *diags = diags_new();
	struct arena arena;
	struct yaml_node *node;
	struct value v;

	arena_init(&arena);
	node = yaml_read(&arena, "a.yaml", slice_of(text), diags);
	assert_non_null(node);
	v = yaml_scalar_value(node);
	diags_free(diags);
	arena_release(&arena);
	return v;
}

static void assert_value(const char *text, struct value expected)
{
	struct value v = value_of(text);

	if (v.kind != expected.kind || !value_equal(v, expected))
		fail_msg("%s is a %s", text, value_kind_name(v.kind));
	value_unref(v);
	value_unref(expected);
}

static void only_the_listed_words_are_booleans(void **state)
{
	static const char *const strings[] = {"yes", "no", "on", "off", "y", "tRUE", "'true'", "\"true\""};

	(void)state;
	assert_value("true", value_bool(true));
	assert_value("True", value_bool(true));
	assert_value("TRUE", value_bool(true));
	assert_value("false", value_bool(false));
	assert_value("False", value_bool(false));
	assert_value("FALSE", value_bool(false));
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		struct value v = value_of(strings[i]);

		assert_int_equal(v.kind, VALUE_STRING);
		value_unref(v);
	}
}

static void null_has_four_spellings(void **state)
{
	(void)state;
	assert_value("null", value_null());
	assert_value("~", value_null());
	assert_value("NULL", value_null());
	assert_value("'null'", value_string_z("null"));
}

static void integers_are_decimal_hexadecimal_or_octal(void **state)
{
	(void)state;
	assert_value("0", value_int(0));
	assert_value("-5", value_int(-5));
	assert_value("+12", value_int(12));
	assert_value("0x1F", value_int(31));
	assert_value("0o17", value_int(15));
	assert_value("017", value_int(17));
	assert_value("9223372036854775807", value_int(INT64_MAX));
	assert_value("-9223372036854775808", value_int(INT64_MIN));
	assert_value("9223372036854775808", value_double(9223372036854775808.0));
	assert_value("0o8", value_string_z("0o8"));
	assert_value("1_000", value_string_z("1_000"));
	assert_value("12:30:00", value_string_z("12:30:00"));
	assert_value("2024-01-01", value_string_z("2024-01-01"));
}

static void doubles_have_a_point_or_an_exponent(void **state)
{
	struct value nan_value;

	(void)state;
	assert_value("4.1", value_double(4.1));
	assert_value("-.5", value_double(-0.5));
	assert_value("5.", value_double(5));
	assert_value("1e3", value_double(1000));
	assert_value("1.5E-2", value_double(0.015));
	assert_value(".inf", value_double(INFINITY));
	assert_value("-.INF", value_double(-INFINITY));
	nan_value = value_of(".nan");
	assert_true(nan_value.kind == VALUE_DOUBLE && isnan(nan_value.as.number));
	assert_value("1e", value_string_z("1e"));
	assert_value(".", value_string_z("."));
	assert_value("1.2.3", value_string_z("1.2.3"));
	assert_value("0.0.0.0", value_string_z("0.0.0.0"));
}

/* The place of the first `needle` in the one value of a map with the key k. */
static void assert_found(const char *text, const char *needle, int line, int column)
{
	struct diags *diags = diags_new();
	struct arena arena;
	struct yaml_node *scalar;
	struct place at;

	arena_init(&arena);
	scalar = yaml_get(yaml_read(&arena, "a.yaml", slice_of(text), diags), "k");
	assert_non_null(scalar);
	at = yaml_place(scalar, slice_find(scalar->text, slice_of(needle), 0), slice_of(needle).len);
	if (at.line != line || at.column != column)
		fail_msg("%s: found at %d:%d, not at %d:%d", text, at.line, at.column, line, column);
	assert_int_equal(at.length, slice_of(needle).len);
	diags_free(diags);
	arena_release(&arena);
}

static void bytes_are_found_again_in_plain_and_quoted_scalars(void **state)
{
	(void)state;
	assert_found("k: ${a + b}\n", "b", 1, 10);
	assert_found("k: '${a + b}'\n", "b", 1, 11);
	assert_found("k: \"${a + b}\"\n", "b", 1, 11);
}

static void bytes_are_found_again_behind_escapes(void **state)
{
	(void)state;
	assert_found("k: \"${\\\"x\\\" + b}\"\n", "b", 1, 15); /* k: "${\"x\" + b}" */
	assert_found("k: '${''x'' + b}'\n", "b", 1, 15);       /* k: '${''x'' + b}' */
	assert_found("k: \"a\\u0041\\n b\"\n", "b", 1, 15);    /* k: "a\u0041\n b" */
	assert_found("k: \"\xc3\xa4\\tb\"\n", "b", 1, 9);      /* two bytes, an escape */
}

static void bytes_are_found_again_on_later_lines(void **state)
{
	(void)state;
	assert_found("k: ${a +\n   b}\n", "b", 2, 4);
	assert_found("k: >\n  ${a\n   + b}\n", "b", 3, 6);
	assert_found("k: |\n  ${a\n  + b}\n", "b", 3, 5);
	assert_found("k: \"${a \\\n  + b}\"\n", "b", 2, 5);
	assert_found("k: '${a\n\n\n  + b}'\n", "b", 4, 5);
}

static void files_of_our_own_are_read_as_values(void **state)
{
	struct diags *diags = diags_new();
	struct arena arena;
	struct value v;

	(void)state;
	arena_init(&arena);
	v = yaml_value(yaml_read(&arena, "a.yaml", SLICE("name: x\nlist: [1, two]\n7: ~\n"), diags));
	assert_true(slice_is(value_get_text(v, "name"), "x"));
	assert_int_equal(value_list_at(*value_get(v, "list"), 0)->as.integer, 1);
	assert_non_null(value_get(v, "7"));
	value_unref(v);
	diags_free(diags);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_listed_words_are_booleans),
		cmocka_unit_test(null_has_four_spellings),
		cmocka_unit_test(integers_are_decimal_hexadecimal_or_octal),
		cmocka_unit_test(doubles_have_a_point_or_an_exponent),
		cmocka_unit_test(bytes_are_found_again_in_plain_and_quoted_scalars),
		cmocka_unit_test(bytes_are_found_again_behind_escapes),
		cmocka_unit_test(bytes_are_found_again_on_later_lines),
		cmocka_unit_test(files_of_our_own_are_read_as_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
