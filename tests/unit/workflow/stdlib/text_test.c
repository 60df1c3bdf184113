/* text_test.c - text.* (reference, 5.11). */
#include "tests/unit/workflow/stdlib/library.h"
#include "workflow/stdlib/stdlib_private.h"

#include "lib/mem/mem.h"

#include <string.h>

/* The examples of the page "Function: text.substring" and what 5.11 says of borders. */
static void substring_counts_characters_and_clamps(void **state)
{
	static const struct library_case cases[] = {
		{"text.substring", "[\"hello\", -10, 10]", "\"hello\""},
		{"text.substring", "[\"hello\", -3, 5]", "\"llo\""},
		{"text.substring", "[\"hello\", 0, -1]", "\"hell\""},
		{"text.substring", "[\"hello\", 50, 60]", "\"\""},
		{"text.substring", "[\"hello\", 1, 3]", "\"el\""},
		{"text.substring", "[\"hello\", 3, 1]", "\"\""},
		{"text.substring", "[\"h\\u00e9\\ud83d\\udcc4x\", 1, 3]", "\"\\u00e9\\ud83d\\udcc4\""},
		{"text.substring", "[\"\", 0, 1]", "\"\""},
		{"text.substring", "[\"hello\", -9223372036854775808, 9223372036854775807]", "\"hello\""},
		{"text.substring", "[\"hello\", 0.5, 2]", "!TypeError"},
		{"text.substring", "[\"hello\", 0, \"2\"]", "!TypeError"},
		{"text.substring", "[5, 0, 1]", "!TypeError"},
	};

	(void)state;
	CHECK_ALL(cases);
}

static void texts_are_found_split_and_replaced(void **state)
{
	static const struct library_case cases[] = {
		{"text.find_all", "[\"aaa\", \"aa\"]", "[0]"},
		{"text.find_all", "[\"\\u00e9a\\u00e9a\", \"a\"]", "[1, 3]"},
		{"text.find_all", "[\"abc\", \"x\"]", "[]"},
		{"text.find_all", "[null, \"x\"]", "!TypeError"},
		{"text.find_all", "[\"x\", 1]", "!TypeError"},
		{"text.split", "[\",a,\", \",\"]", "[\"\", \"a\", \"\"]"},
		{"text.split", "[\"a-b\", \"-\"]", "[\"a\", \"b\"]"},
		{"text.split", "[\"abc\", \"--\"]", "[\"abc\"]"},
		{"text.split", "[\"\", \",\"]", "[\"\"]"},
		{"text.split", "[\"abc\", \"\"]", "!ValueError"},
		{"text.split", "[[], \",\"]", "!TypeError"},
		{"text.replace_all", "[\"aaa\", \"aa\", \"b\"]", "\"ba\""},
		{"text.replace_all", "[\"a.b.c\", \".\", \"\"]", "\"abc\""},
		{"text.replace_all", "[\"\\u00e9b\", \"\", \"-\"]", "\"-\\u00e9-b-\""},
		{"text.replace_all", "[\"a\", \"a\", 1]", "!TypeError"},
		{"text.to_lower", "[\"\\u00c4BC\"]", "\"\\u00e4bc\""},
		{"text.to_upper", "[\"stra\\u00dfe\"]", "\"STRASSE\""},
		{"text.to_upper", "[\"\"]", "\"\""},
		{"text.to_lower", "[null]", "!TypeError"},
	};

	(void)state;
	CHECK_ALL(cases);
}

/* The rules are those of the page: leftmost-longest, no back-references, unanchored. */
static void regular_expressions_are_re2(void **state)
{
	static const struct library_case cases[] = {
		{"text.find_all_regex", "[\"ab\", \"a|ab\"]", "[{\"index\": 0, \"match\": \"ab\"}]"},
		{"text.find_all_regex", "[\"\\u00e91 22\", \"[0-9]+\"]",
		 "[{\"index\": 1, \"match\": \"1\"}, {\"index\": 3, \"match\": \"22\"}]"},
		{"text.find_all_regex", "[\"abc\", \"x\"]", "[]"},
		{"text.find_all_regex", "[\"b\", \"a*\"]",
		 "[{\"index\": 0, \"match\": \"\"}, {\"index\": 1, \"match\": \"\"}]"},
		{"text.match_regex", "[\"xaby\", \"ab\"]", "true"},
		{"text.match_regex", "[\"xaby\", \"^ab\"]", "false"},
		{"text.match_regex", "[\"ABC\", \"(?i)b\"]", "true"},
		{"text.match_regex", "[\"5\", \"[[:alpha:]]\"]", "false"},
		{"text.match_regex", "[\"x\", \"(\"]", "!ValueError"},
		{"text.match_regex", "[\"x\", \"(?=x)\"]", "!ValueError"},
		{"text.match_regex", "[1, \"x\"]", "!TypeError"},
		{"text.match_regex", "[\"x\", null]", "!TypeError"},
		{"text.replace_all_regex", "[\"a1b22\", \"[0-9]+\", \"#\"]", "\"a#b#\""},
		{"text.replace_all_regex", "[\"abc\", \"(b)\", \"$1\\\\1\"]", "\"a$1\\\\1c\""},
		{"text.replace_all_regex", "[\"\\u00e9b\", \"\", \"-\"]", "\"-\\u00e9-b-\""},
		{"text.replace_all_regex", "[\"baac\", \"a*\", \"x\"]", "\"xbxcx\""},
		{"text.replace_all_regex", "[\"a\", \"[\", \"x\"]", "!ValueError"},
		{"text.replace_all_regex", "[\"a\", \"a\", null]", "!TypeError"},
	};

	(void)state;
	CHECK_ALL(cases);
}

static void charsets_are_converted_both_ways(void **state)
{
	static const struct library_case cases[] = {
		{"text.encode", "[\"h\\u00e9\"]", "\"b:h\\u00e9\""},
		{"text.decode", "[\"b:h\\u00e9\"]", "\"h\\u00e9\""},
		{"text.decode", "[\"b:abc\", \"US-ASCII\"]", "\"abc\""},
		{"text.decode", "[\"b:h\\u00e9\", \"ISO-8859-1\"]", "\"h\\u00c3\\u00a9\""},
		{"text.decode", "[\"b:h\\u00e9\", \"US-ASCII\"]", "!ValueError"},
		{"text.encode", "[\"\\u00e9\", \"US-ASCII\"]", "!ValueError"},
		{"text.encode", "[\"abc\", \"utf-8\"]", "\"b:abc\""},
		{"text.encode", "[\"abc\", \"no-such\"]", "!ValueError"},
		{"text.decode", "[\"b:abc\", \"\"]", "!ValueError"},
		{"text.decode", "[\"abc\"]", "!TypeError"},
		{"text.encode", "[5]", "!TypeError"},
		{"text.encode", "[\"x\", 5]", "!TypeError"},
	};
	struct value args[2] = {value_bytes(SLICE("\xe9\xff")), value_null()};
	struct value out;
	struct value raised;

	(void)state;
	CHECK_ALL(cases);
	assert_int_equal(stdlib_find(SLICE("text.decode"))->call(NULL, args, &out, &raised), -1);
	assert_true(raised_has_tag(raised, "ValueError"));
	value_unref(raised);
	args[1] = value_string_z("ISO-8859-1");
	assert_int_equal(stdlib_find(SLICE("text.decode"))->call(NULL, args, &out, &raised), 0);
	assert_true(slice_is(value_text(out), "\xc3\xa9\xc3\xbf"));
	value_unref(out);
	value_unref(args[1]);
	value_unref(args[0]);
}

/* UTF-16 of anything comes back as it was, whatever the byte order. */
static void utf16_survives_the_round_trip(void **state)
{
	struct value args[2] = {value_string_z("h\xc3\xa9\xf0\x9f\x93\x84"), value_string_z("UTF-16")};
	struct value back[2];
	struct value out;
	struct value raised;

	(void)state;
	assert_int_equal(stdlib_find(SLICE("text.encode"))->call(NULL, args, &back[0], &raised), 0);
	assert_true(value_len(back[0]) >= 8);
	back[1] = args[1];
	assert_int_equal(stdlib_find(SLICE("text.decode"))->call(NULL, back, &out, &raised), 0);
	assert_true(value_equal(out, args[0]));
	value_unref(out);
	value_unref(back[0]);
	value_unref(args[0]);
	value_unref(args[1]);
}

/* The example of the page "Function: text.url_encode_plus". */
static void urls_are_percent_encoded(void **state)
{
	static const struct library_case cases[] = {
		{"text.url_encode_plus", "[\"a/b/c?item=d+e f\"]", "\"a%2Fb%2Fc%3Fitem%3Dd%2Be+f\""},
		{"text.url_encode", "[\"d+e f\"]", "\"d%2Be%20f\""},
		{"text.url_encode", "[\"aZ09.-_~\"]", "\"aZ09.-_%7E\""},
		{"text.url_encode", "[\"\\u00e9\"]", "\"%C3%A9\""},
		{"text.url_decode", "[\"a%2Fb+c%20d\"]", "\"a/b c d\""},
		{"text.url_decode", "[\"%c3%A9\"]", "\"\\u00e9\""},
		{"text.url_decode", "[\"%zz\"]", "!ValueError"},
		{"text.url_decode", "[\"%4\"]", "!ValueError"},
		{"text.url_decode", "[\"%\"]", "!ValueError"},
		{"text.url_decode", "[\"%ff\"]", "!ValueError"},
		{"text.url_encode", "[5]", "!TypeError"},
	};

	(void)state;
	CHECK_ALL(cases);
}

/* 200,000 places times 1,000 bytes would be 200 MB of text. */
static void a_replacement_cannot_unfold_without_bound(void **state)
{
	static char source[200001];
	static char repl[1001];
	struct value args[3];
	struct value out;
	struct value raised;

	(void)state;
	memset(source, 'a', sizeof(source) - 1);
	memset(repl, 'b', sizeof(repl) - 1);
	args[0] = value_string_z(source);
	args[1] = value_string_z("a");
	args[2] = value_string_z(repl);
	assert_int_equal(stdlib_find(SLICE("text.replace_all"))->call(NULL, args, &out, &raised), -1);
	assert_true(raised_has_tag(raised, "ResourceLimitError"));
	value_unref(raised);
	assert_int_equal(stdlib_find(SLICE("text.replace_all_regex"))->call(NULL, args, &out, &raised), -1);
	assert_true(raised_has_tag(raised, "ResourceLimitError"));
	value_unref(raised);
	for (int i = 0; i < 3; i++)
		value_unref(args[i]);
}

/* A text of `size` times the same letter. */
static struct value repeat(char letter, size_t size)
{
	char *text = mem_alloc(size);
	struct value v;

	memset(text, letter, size);
	v = value_string((struct slice){text, size});
	mem_free(text);
	return v;
}

/* One call makes no more than the bounds that stdlib_private.h names, whatever it is given. */
static void no_call_unfolds_without_bound(void **state)
{
	struct value long_text = repeat('a', STDLIB_MAX_ITEMS + 1);
	struct value blanks = repeat(' ', STDLIB_MAX_TEXT / 2);
	struct value letter = value_string_z("a");
	struct value list = value_list_new(1000);
	struct value indent = value_map_new();
	const struct {
		const char *name;
		struct value args[2];
	} cases[] = {
		{"text.find_all", {long_text, letter}},
		{"text.find_all_regex", {long_text, letter}},
		{"text.split", {long_text, letter}},
		{"text.url_encode", {blanks}},
		{"json.encode_to_string", {list, indent}},
		{"json.encode", {list, indent}},
	};

	(void)state;
	for (int i = 0; i < 1000; i++)
		value_list_push(&list, value_int(i));
	value_put(&indent, "indent", value_ref(long_text));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct value out = value_null();
		struct value raised = value_null();

		if (stdlib_find(slice_of(cases[i].name))->call(NULL, cases[i].args, &out, &raised) == 0)
			fail_msg("%s has no bound", cases[i].name);
		assert_true(raised_has_tag(raised, "ResourceLimitError"));
		value_unref(raised);
	}
	value_unref(long_text);
	value_unref(blanks);
	value_unref(letter);
	value_unref(list);
	value_unref(indent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(substring_counts_characters_and_clamps),
		cmocka_unit_test(texts_are_found_split_and_replaced),
		cmocka_unit_test(regular_expressions_are_re2),
		cmocka_unit_test(charsets_are_converted_both_ways),
		cmocka_unit_test(utf16_survives_the_round_trip),
		cmocka_unit_test(urls_are_percent_encoded),
		cmocka_unit_test(a_replacement_cannot_unfold_without_bound),
		cmocka_unit_test(no_call_unfolds_without_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
