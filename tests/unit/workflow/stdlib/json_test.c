/* json_test.c - json.* (reference, 5.6). */
#include "tests/unit/workflow/stdlib/library.h"

static void decoding_takes_text_and_bytes(void **state)
{
	static const struct library_case cases[] = {
		{"json.decode", "[\"{\\\"a\\\": [1, 2.5, null, true]}\"]", "{\"a\": [1, 2.5, null, true]}"},
		{"json.decode", "[\"b: \\\"x\\\" \"]", "\"x\""},
		{"json.decode", "[\"5.0\"]", "5.0"},
		{"json.decode", "[\"9223372036854775807\"]", "9223372036854775807"},
		{"json.decode", "[\"\"]", "!ValueError"},
		{"json.decode", "[\"{} x\"]", "!ValueError"},
		{"json.decode", "[\"[1,]\"]", "!ValueError"},
		{"json.decode", "[\"{'a': 1}\"]", "!ValueError"},
		{"json.decode", "[5]", "!TypeError"},
		{"json.decode", "[null]", "!TypeError"},
		{"json.decode", "[{}]", "!TypeError"},
	};

	(void)state;
	CHECK_ALL(cases);
}

static void encoding_is_compact_without_indent(void **state)
{
	static const struct library_case cases[] = {
		{"json.encode_to_string", "[{\"key1\": \"hello\"}]", "\"{\\\"key1\\\":\\\"hello\\\"}\""},
		{"json.encode_to_string", "[{\"b\": 1, \"a\": [1, 2]}, false]",
		 "\"{\\\"a\\\":[1,2],\\\"b\\\":1}\""},
		{"json.encode", "[[1, null]]", "\"b:[1,null]\""},
		{"json.encode_to_string", "[2.0]", "\"2\""},
	};

	(void)state;
	CHECK_ALL(cases);
}

/* The layout is described in 5.6. */
static void indentation_puts_each_element_on_a_line(void **state)
{
	static const struct library_case cases[] = {
		{"json.encode_to_string", "[[1, 2], true]", "\"[\\n    1,\\n    2\\n]\""},
		{"json.encode_to_string", "[[1], {}]", "\"[\\n    1\\n]\""},
		{"json.encode_to_string", "[{\"a\": [1]}, {\"prefix\": \"> \", \"indent\": \"-\"}]",
		 "\"{\\n> -\\\"a\\\": [\\n> --1\\n> -]\\n> }\""},
		{"json.encode_to_string", "[[], true]", "\"[]\""},
	};

	(void)state;
	CHECK_ALL(cases);
}

static void what_has_no_json_form_is_a_value_error(void **state)
{
	static const struct library_case cases[] = {
		{"json.encode", "[\"b:x\"]", "!ValueError"},
		{"json.encode_to_string", "[{\"a\": [\"b:x\"]}]", "!ValueError"},
		{"json.encode_to_string", "[[\"b:x\"], true]", "!ValueError"},
		{"json.encode", "[1, \"  \"]", "!TypeError"},
		{"json.encode", "[1, {\"indent\": 2}]", "!TypeError"},
	};

	(void)state;
	CHECK_ALL(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decoding_takes_text_and_bytes),
		cmocka_unit_test(encoding_is_compact_without_indent),
		cmocka_unit_test(indentation_puts_each_element_on_a_line),
		cmocka_unit_test(what_has_no_json_form_is_a_value_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
