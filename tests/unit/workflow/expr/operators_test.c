/* operators_test.c - each operator on each pair of types (reference, 3.5 and 3.6). */
#include "workflow/expr/expr.h"

#include "lib/json/json.h"
#include "workflow/expr/raised.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

/* Operands and results as JSON; "bytes" and "inf" and "nan" stand for what JSON lacks, "!Tag" for an error.
 */
static struct value read_value(const char *text)
{
	struct error err = {0};
	struct value v;

	if (strcmp(text, "bytes") == 0)
		return value_bytes(SLICE("ab"));
	if (strcmp(text, "inf") == 0)
		return value_double(INFINITY);
	if (strcmp(text, "nan") == 0)
		return value_double(NAN);
	if (json_read(slice_of(text), &v, &err) < 0)
		fail_msg("%s: %s", text, err.message);
	return v;
}

static void assert_outcome(int result, struct value out, struct value raised, const char *expected,
			   const char *what)
{
	struct value wanted;

	if (expected[0] == '!') {
		if (result != -1 || !raised_has_tag(raised, expected + 1))
			fail_msg("%s: no %s", what, expected + 1);
		value_unref(raised);
		return;
	}
	if (result != 0)
		fail_msg("%s: raised %.*s", what, SLICE_ARG(value_get_text(raised, "message")));
	wanted = read_value(expected);
	if (out.kind != wanted.kind || !value_equal(out, wanted))
		fail_msg("%s: not %s", what, expected);
	value_unref(wanted);
	value_unref(out);
}

struct binary_case {
	const char *left;
	enum expr_op op;
	const char *right;
	const char *expected;
};

static void check_binary(const struct binary_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct value left = read_value(cases[i].left);
		struct value right = read_value(cases[i].right);
		struct value out = value_null();
		struct value raised = value_null();
		char what[200];
		int result;

		snprintf(what, sizeof(what), "%s %s %s", cases[i].left, expr_op_name(cases[i].op),
			 cases[i].right);
		result = expr_binary(cases[i].op, left, right, &out, &raised);
		assert_outcome(result, out, raised, cases[i].expected, what);
		value_unref(left);
		value_unref(right);
	}
}

#define CHECK_BINARY(cases) check_binary(cases, sizeof(cases) / sizeof((cases)[0]))

/* The table "Implicit data type conversions" (3.5). */
static void plus_adds_numbers_and_joins_text(void **state)
{
	static const struct binary_case cases[] = {
		{"1", OP_ADD, "2", "3"},
		{"1", OP_ADD, "2.5", "3.5"},
		{"1.5", OP_ADD, "1.5", "3.0"},
		{"\"n=\"", OP_ADD, "5", "\"n=5\""},
		{"1.5", OP_ADD, "\"v\"", "\"1.5v\""},
		{"\"is \"", OP_ADD, "true", "\"is true\""},
		{"false", OP_ADD, "\"\"", "\"false\""},
		{"\"a\"", OP_ADD, "\"b\"", "\"ab\""},
		{"\"\"", OP_ADD, "2.0", "\"2\""},
		{"1", OP_ADD, "true", "!TypeError"},
		{"1.5", OP_ADD, "true", "!TypeError"},
		{"true", OP_ADD, "false", "!TypeError"},
		{"null", OP_ADD, "1", "!TypeError"},
		{"\"a\"", OP_ADD, "null", "!TypeError"},
		{"\"a\"", OP_ADD, "[]", "!TypeError"},
		{"{}", OP_ADD, "\"a\"", "!TypeError"},
		{"\"a\"", OP_ADD, "bytes", "!TypeError"},
		{"[1]", OP_ADD, "[2]", "!TypeError"},
		{"bytes", OP_ADD, "bytes", "!TypeError"},
	};

	(void)state;
	CHECK_BINARY(cases);
}

static void minus_and_times_take_numbers_only(void **state)
{
	static const struct binary_case cases[] = {
		{"5", OP_SUBTRACT, "7", "-2"},
		{"5", OP_SUBTRACT, "0.5", "4.5"},
		{"3", OP_MULTIPLY, "4", "12"},
		{"3", OP_MULTIPLY, "0.5", "1.5"},
		{"\"5\"", OP_MULTIPLY, "2", "!TypeError"},
		{"\"a\"", OP_SUBTRACT, "\"a\"", "!TypeError"},
		{"true", OP_MULTIPLY, "1", "!TypeError"},
		{"null", OP_SUBTRACT, "1", "!TypeError"},
		{"[]", OP_MULTIPLY, "2", "!TypeError"},
	};

	(void)state;
	CHECK_BINARY(cases);
}

static void slash_always_gives_a_double(void **state)
{
	static const struct binary_case cases[] = {
		{"9", OP_DIVIDE, "5", "1.8"},
		{"4", OP_DIVIDE, "2", "2.0"},
		{"1", OP_DIVIDE, "0", "!ZeroDivisionError"},
		{"1.5", OP_DIVIDE, "0.0", "!ZeroDivisionError"},
		{"\"4\"", OP_DIVIDE, "2", "!TypeError"},
	};

	(void)state;
	CHECK_BINARY(cases);
}

static void floor_division_rounds_down_and_the_remainder_fits_it(void **state)
{
	static const struct binary_case cases[] = {
		{"7", OP_FLOOR_DIVIDE, "2", "3"},
		{"-7", OP_FLOOR_DIVIDE, "2", "-4"},
		{"7", OP_FLOOR_DIVIDE, "-2", "-4"},
		{"-7", OP_FLOOR_DIVIDE, "-2", "3"},
		{"-6", OP_FLOOR_DIVIDE, "2", "-3"},
		{"7.5", OP_FLOOR_DIVIDE, "2", "3.0"},
		{"-7.5", OP_FLOOR_DIVIDE, "2", "-4.0"},
		{"7", OP_REMAINDER, "3", "1"},
		{"-7", OP_REMAINDER, "3", "2"},
		{"7", OP_REMAINDER, "-3", "-2"},
		{"-7", OP_REMAINDER, "-3", "-1"},
		{"6", OP_REMAINDER, "3", "0"},
		{"7.5", OP_REMAINDER, "2", "1.5"},
		{"-7.5", OP_REMAINDER, "2", "0.5"},
		{"7", OP_FLOOR_DIVIDE, "0", "!ZeroDivisionError"},
		{"7", OP_REMAINDER, "0", "!ZeroDivisionError"},
		{"7.0", OP_REMAINDER, "0", "!ZeroDivisionError"},
		{"true", OP_REMAINDER, "2", "!TypeError"},
	};

	(void)state;
	CHECK_BINARY(cases);
}

static void integers_are_exact_and_overflow_is_a_value_error(void **state)
{
	static const struct binary_case cases[] = {
		{"9223372036854775806", OP_ADD, "1", "9223372036854775807"},
		{"9223372036854775807", OP_ADD, "1", "!ValueError"},
		{"-9223372036854775807", OP_SUBTRACT, "1", "-9223372036854775808"},
		{"-9223372036854775808", OP_SUBTRACT, "1", "!ValueError"},
		{"4611686018427387904", OP_MULTIPLY, "2", "!ValueError"},
		{"9007199254740993", OP_MULTIPLY, "1", "9007199254740993"},
		{"-9223372036854775808", OP_FLOOR_DIVIDE, "-1", "!ValueError"},
		{"-9223372036854775808", OP_REMAINDER, "-1", "0"},
		{"1e308", OP_MULTIPLY, "10", "inf"},
	};

	(void)state;
	CHECK_BINARY(cases);
}

static void equality_is_deep_and_by_value_and_null_equals_only_null(void **state)
{
	static const struct binary_case cases[] = {
		{"1", OP_EQUAL, "1.0", "true"},
		{"1", OP_EQUAL, "2", "false"},
		{"9007199254740993", OP_EQUAL, "9007199254740992.0", "false"},
		{"null", OP_EQUAL, "null", "true"},
		{"null", OP_EQUAL, "0", "false"},
		{"\"\"", OP_NOT_EQUAL, "null", "true"},
		{"null", OP_EQUAL, "[]", "false"},
		{"\"a\"", OP_EQUAL, "\"a\"", "true"},
		{"\"a\"", OP_EQUAL, "\"A\"", "false"},
		{"true", OP_NOT_EQUAL, "false", "true"},
		{"[1, [2]]", OP_EQUAL, "[1.0, [2]]", "true"},
		{"{\"a\": 1, \"b\": 2}", OP_EQUAL, "{\"b\": 2, \"a\": 1}", "true"},
		{"{\"a\": 1}", OP_EQUAL, "{\"a\": 1, \"b\": 2}", "false"},
		{"[1]", OP_EQUAL, "[\"1\"]", "false"},
		{"bytes", OP_EQUAL, "bytes", "true"},
		{"nan", OP_EQUAL, "nan", "false"},
		{"\"1\"", OP_EQUAL, "1", "!TypeError"},
		{"true", OP_EQUAL, "\"true\"", "!TypeError"},
		{"[]", OP_NOT_EQUAL, "{}", "!TypeError"},
		{"bytes", OP_EQUAL, "\"ab\"", "!TypeError"},
	};

	(void)state;
	CHECK_BINARY(cases);
}

static void order_is_for_two_numbers_or_two_strings(void **state)
{
	static const struct binary_case cases[] = {
		{"1", OP_LESS, "2", "true"},
		{"2", OP_LESS, "2", "false"},
		{"2", OP_LESS_EQUAL, "2.0", "true"},
		{"1.5", OP_GREATER, "1", "true"},
		{"-2", OP_GREATER_EQUAL, "-1.5", "false"},
		{"9007199254740993", OP_GREATER, "9007199254740992.0", "true"},
		{"9007199254740992.0", OP_LESS, "9007199254740993", "true"},
		{"9223372036854775807", OP_LESS, "9223372036854775808.0", "true"},
		{"-9223372036854775808", OP_GREATER_EQUAL, "-9223372036854775808.0", "true"},
		{"\"a\"", OP_LESS, "\"b\"", "true"},
		{"\"Z\"", OP_LESS, "\"a\"", "true"},
		{"\"\xef\xbf\xbd\"", OP_LESS, "\"\xf0\x9f\x93\x84\"", "true"}, /* U+FFFD, U+1F4C4 */
		{"\"a\"", OP_GREATER_EQUAL, "\"ab\"", "false"},
		{"nan", OP_LESS_EQUAL, "nan", "false"},
		{"1", OP_GREATER_EQUAL, "nan", "false"},
		{"1", OP_LESS, "\"2\"", "!TypeError"},
		{"null", OP_LESS, "1", "!TypeError"},
		{"true", OP_LESS, "true", "!TypeError"},
		{"[1]", OP_GREATER, "[0]", "!TypeError"},
		{"{}", OP_LESS_EQUAL, "{}", "!TypeError"},
	};

	(void)state;
	CHECK_BINARY(cases);
}

static void in_looks_for_keys_and_elements(void **state)
{
	static const struct binary_case cases[] = {
		{"\"a\"", OP_IN, "{\"a\": null}", "true"}, {"\"b\"", OP_IN, "{\"a\": 1}", "false"},
		{"2", OP_IN, "[1, 2.0]", "true"},          {"\"1\"", OP_IN, "[1, null]", "false"},
		{"null", OP_IN, "[null]", "true"},         {"{\"a\": [1]}", OP_IN, "[{\"a\": [1]}]", "true"},
		{"1", OP_IN, "{\"1\": 1}", "!TypeError"},  {"\"a\"", OP_IN, "\"abc\"", "!TypeError"},
		{"\"a\"", OP_IN, "1", "!TypeError"},
	};

	(void)state;
	CHECK_BINARY(cases);
}

/* Reference 6.3: the text is observed, without the tag in front. */
static void in_null_has_the_documented_message(void **state)
{
	struct value key = value_string_z("k");
	struct value out;
	struct value raised;

	(void)state;
	assert_int_equal(expr_binary(OP_IN, key, value_null(), &out, &raised), -1);
	assert_true(slice_is(value_get_text(raised, "message"),
			     "The argument of 'in' must be a dict or an array; got: null"));
	value_unref(raised);
	value_unref(key);
}

static void minus_and_not_in_front(void **state)
{
	static const struct {
		enum expr_op op;
		const char *operand, *expected;
	} cases[] = {
		{OP_NOT, "true", "false"},         {OP_NOT, "false", "true"},
		{OP_NOT, "null", "!TypeError"},    {OP_NOT, "\"k\"", "!TypeError"},
		{OP_NOT, "0", "!TypeError"},       {OP_NEGATE, "5", "-5"},
		{OP_NEGATE, "1.5", "-1.5"},        {OP_NEGATE, "\"5\"", "!TypeError"},
		{OP_NEGATE, "true", "!TypeError"}, {OP_NEGATE, "-9223372036854775808", "!ValueError"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct value operand = read_value(cases[i].operand);
		struct value out = value_null();
		struct value raised = value_null();
		int result = expr_unary(cases[i].op, operand, &out, &raised);

		assert_outcome(result, out, raised, cases[i].expected, cases[i].operand);
		value_unref(operand);
	}
}

static void index_reads_lists_and_maps(void **state)
{
	static const struct {
		const char *container, *index, *expected;
	} cases[] = {
		{"[10, 20]", "0", "10"},
		{"[10, 20]", "1", "20"},
		{"[10, 20]", "2", "!IndexError"},
		{"[10, 20]", "-1", "!IndexError"},
		{"[]", "0", "!LookupError"},
		{"[10]", "0.0", "!TypeError"},
		{"[10]", "\"0\"", "!TypeError"},
		{"{\"a b\": 1}", "\"a b\"", "1"},
		{"{\"a\": 1}", "\"b\"", "!KeyError"},
		{"{\"a\": 1}", "\"b\"", "!LookupError"},
		{"{\"a\": 1}", "0", "!TypeError"},
		{"\"abc\"", "0", "!TypeError"},
		{"null", "0", "!TypeError"},
		{"5", "0", "!TypeError"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct value container = read_value(cases[i].container);
		struct value index = read_value(cases[i].index);
		struct value out = value_null();
		struct value raised = value_null();
		int result = expr_index(container, index, &out, &raised);

		assert_outcome(result, out, raised, cases[i].expected, cases[i].container);
		value_unref(container);
		value_unref(index);
	}
}

/* Reference 6.3: the message and both tags are observed. */
static void a_missing_key_is_named(void **state)
{
	struct value map = read_value("{\"a\": 1}");
	struct value expected = read_value(
		"{\"message\": \"KeyError: key not found: foo\", \"tags\": [\"KeyError\", \"LookupError\"]}");
	struct value text = value_string_z("x");
	struct value out;
	struct value raised;

	(void)state;
	assert_int_equal(expr_member(map, SLICE("foo"), &out, &raised), -1);
	assert_true(value_equal(raised, expected));
	value_unref(raised);
	assert_int_equal(expr_member(map, SLICE("a"), &out, &raised), 0);
	assert_int_equal(out.as.integer, 1);
	assert_int_equal(expr_member(text, SLICE("a"), &out, &raised), -1);
	assert_true(raised_has_tag(raised, "TypeError"));
	value_unref(raised);
	value_unref(text);
	value_unref(expected);
	value_unref(map);
}

/* A workflow can nest a list a hundred thousand deep, one assignment at a time. */
static void comparing_what_is_nested_too_deep_is_an_error_not_a_crash(void **state)
{
	struct value deep = value_list_new(0);
	struct value out;
	struct value raised;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		struct value outer = value_list_new(1);

		value_list_push(&outer, deep);
		deep = outer;
	}
	assert_true(expr_is_too_deep(deep));
	assert_int_equal(expr_binary(OP_EQUAL, deep, deep, &out, &raised), -1);
	assert_true(raised_has_tag(raised, "ResourceLimitError"));
	value_unref(raised);
	value_unref(deep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plus_adds_numbers_and_joins_text),
		cmocka_unit_test(minus_and_times_take_numbers_only),
		cmocka_unit_test(slash_always_gives_a_double),
		cmocka_unit_test(floor_division_rounds_down_and_the_remainder_fits_it),
		cmocka_unit_test(integers_are_exact_and_overflow_is_a_value_error),
		cmocka_unit_test(equality_is_deep_and_by_value_and_null_equals_only_null),
		cmocka_unit_test(order_is_for_two_numbers_or_two_strings),
		cmocka_unit_test(in_looks_for_keys_and_elements),
		cmocka_unit_test(in_null_has_the_documented_message),
		cmocka_unit_test(minus_and_not_in_front),
		cmocka_unit_test(index_reads_lists_and_maps),
		cmocka_unit_test(a_missing_key_is_named),
		cmocka_unit_test(comparing_what_is_nested_too_deep_is_an_error_not_a_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
