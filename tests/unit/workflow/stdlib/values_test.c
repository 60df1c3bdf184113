/* values_test.c - the helpers without a module (reference, 3.8). */
#include "tests/unit/workflow/stdlib/library.h"

static void numbers_are_read_from_text(void **state)
{
	static const struct library_case cases[] = {
		{"int", "[2.7]", "2"},
		{"int", "[-2.7]", "-2"},
		{"int", "[\"42\"]", "42"},
		{"int", "[\"-7\"]", "-7"},
		{"int", "[\"9223372036854775807\"]", "9223372036854775807"},
		{"int", "[5]", "5"},
		{"int", "[\"2.5\"]", "!ValueError"},
		{"int", "[\"\"]", "!ValueError"},
		{"int", "[\" 1\"]", "!ValueError"},
		{"int", "[\"0x10\"]", "!ValueError"},
		{"int", "[\"9223372036854775808\"]", "!ValueError"},
		{"int", "[1e300]", "!ValueError"},
		{"int", "[true]", "!TypeError"},
		{"int", "[null]", "!TypeError"},
		{"int", "[[]]", "!TypeError"},
		{"double", "[\"1.5\"]", "1.5"},
		{"double", "[3]", "3.0"},
		{"double", "[\"-1e3\"]", "-1000.0"},
		{"double", "[2.5]", "2.5"},
		{"double", "[\"abc\"]", "!ValueError"},
		{"double", "[\"nan\"]", "!ValueError"},
		{"double", "[\"1.5 \"]", "!ValueError"},
		{"double", "[false]", "!TypeError"},
		{"double", "[{}]", "!TypeError"},
	};

	(void)state;
	CHECK_ALL(cases);
}

/* Doubles as in 4.2. */
static void scalars_become_text(void **state)
{
	static const struct library_case cases[] = {
		{"string", "[1.7]", "\"1.7\""},
		{"string", "[-3]", "\"-3\""},
		{"string", "[true]", "\"true\""},
		{"string", "[\"x\"]", "\"x\""},
		{"string", "[1635892223.4459958]", "\"1635892223.4459958\""},
		{"string", "[2.0]", "\"2\""},
		{"string", "[1e21]", "\"1e+21\""},
		{"string", "[0.000001]", "\"0.000001\""},
		{"string", "[1e-7]", "\"1e-7\""},
		{"string", "[null]", "!TypeError"},
		{"string", "[[]]", "!TypeError"},
		{"string", "[\"b:x\"]", "!TypeError"},
	};

	(void)state;
	CHECK_ALL(cases);
}

/* Reference, 6.3: observed. */
static void string_of_a_map_has_the_documented_message(void **state)
{
	struct value out;
	struct value raised;

	(void)state;
	assert_int_equal(call_library("string", "[{}]", &out, &raised), -1);
	assert_true(slice_is(
		value_get_text(raised, "message"),
		"TypeError: unsupported operand type for string(): 'dict' (expecting number, string, or "
		"boolean)"));
	value_unref(raised);
}

static void sizes_types_and_choices(void **state)
{
	static const struct library_case cases[] = {
		{"keys", "[{\"b\": 1, \"a\": 2}]", "[\"a\", \"b\"]"},
		{"keys", "[[]]", "!TypeError"},
		{"len", "[\"h\\u00e9\\ud83d\\udcc4\"]", "3"},
		{"len", "[[1, 2]]", "2"},
		{"len", "[{\"a\": 1}]", "1"},
		{"len", "[5]", "!TypeError"},
		{"len", "[null]", "!TypeError"},
		{"len", "[\"b:abc\"]", "!TypeError"},
		{"default", "[null, 5]", "5"},
		{"default", "[false, 5]", "false"},
		{"default", "[0, 5]", "0"},
		{"default", "[\"\", 5]", "\"\""},
		{"if", "[true, 1, 2]", "1"},
		{"if", "[false, 1, 2]", "2"},
		{"if", "[null, 1, 2]", "2"},
		{"if", "[1, 1, 2]", "!TypeError"},
		{"if", "[\"\", 1, 2]", "!TypeError"},
		{"get_type", "[true]", "\"boolean\""},
		{"get_type", "[\"b:x\"]", "\"bytes\""},
		{"get_type", "[1.5]", "\"double\""},
		{"get_type", "[1]", "\"integer\""},
		{"get_type", "[[]]", "\"list\""},
		{"get_type", "[{}]", "\"map\""},
		{"get_type", "[\"x\"]", "\"string\""},
		{"get_type", "[null]", "\"null\""},
	};

	(void)state;
	CHECK_ALL(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_from_text),
		cmocka_unit_test(scalars_become_text),
		cmocka_unit_test(string_of_a_map_has_the_documented_message),
		cmocka_unit_test(sizes_types_and_choices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
