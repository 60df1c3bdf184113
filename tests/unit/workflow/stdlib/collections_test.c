/* collections_test.c - list.*, map.* and math.* (reference, 5.7). */
#include "tests/unit/workflow/stdlib/library.h"

#include <stdio.h>

static void a_list_gets_one_element_more(void **state)
{
	static const struct library_case cases[] = {
		{"list.concat", "[[1, 2], 3]", "[1, 2, 3]"}, {"list.concat", "[[1], [2, 3]]", "[1, [2, 3]]"},
		{"list.concat", "[[], null]", "[null]"},     {"list.prepend", "[[1, 2], 0]", "[0, 1, 2]"},
		{"list.concat", "[null, 1]", "!TypeError"},  {"list.prepend", "[\"abc\", 1]", "!TypeError"},
	};

	(void)state;
	CHECK_ALL(cases);
}

static void map_get_never_raises_for_what_is_missing(void **state)
{
	static const struct library_case cases[] = {
		{"map.get", "[{\"a\": 1}, \"a\"]", "1"},
		{"map.get", "[{\"a\": 1}, \"b\"]", "null"},
		{"map.get", "[{\"a\": {\"b\": {\"c\": 7}}}, [\"a\", \"b\", \"c\"]]", "7"},
		{"map.get", "[{\"a\": 5}, [\"a\", \"b\", \"c\"]]", "null"},
		{"map.get", "[null, \"a\"]", "null"},
		{"map.get", "[[1], \"a\"]", "null"},
		{"map.get", "[{\"a\": 1}, 5]", "!TypeError"},
		{"map.get", "[{\"a\": 1}, [\"a\", 1]]", "!TypeError"},
		{"map.get", "[{\"a\": 1}, null]", "!TypeError"},
	};

	(void)state;
	CHECK_ALL(cases);
}

static void maps_are_copied_without_and_merged(void **state)
{
	static const struct library_case cases[] = {
		{"map.delete", "[{\"a\": 1, \"b\": 2}, \"a\"]", "{\"b\": 2}"},
		{"map.delete", "[{\"a\": 1}, \"x\"]", "{\"a\": 1}"},
		{"map.delete", "[{\"a\": 1}, 1]", "!TypeError"},
		{"map.delete", "[[], \"a\"]", "!TypeError"},
		{"map.merge", "[{\"a\": 1, \"b\": {\"x\": 1}}, {\"b\": {\"y\": 2}, \"c\": 3}]",
		 "{\"a\": 1, \"b\": {\"y\": 2}, \"c\": 3}"},
		{"map.merge", "[{}, null]", "!TypeError"},
		{"map.merge_nested",
		 "[{\"a\": 1, \"b\": {\"x\": 1, \"z\": [1]}}, {\"b\": {\"y\": 2, \"z\": [2]}}]",
		 "{\"a\": 1, \"b\": {\"x\": 1, \"y\": 2, \"z\": [2]}}"},
		{"map.merge_nested", "[{\"a\": {\"b\": 1}}, {\"a\": 5}]", "{\"a\": 5}"},
		{"map.merge_nested", "[5, {}]", "!TypeError"},
	};

	(void)state;
	CHECK_ALL(cases);
}

/* Functions return copies: the argument of another holder stays as it was. */
static void arguments_stay_as_they_were(void **state)
{
	struct value list = read_json("[1]");
	struct value args[2] = {list, value_int(2)};
	struct value out;
	struct value raised;

	(void)state;
	assert_int_equal(stdlib_find(SLICE("list.concat"))->call(NULL, args, &out, &raised), 0);
	assert_int_equal(value_len(list), 1);
	assert_int_equal(value_len(out), 2);
	value_unref(out);
	value_unref(list);
}

static void numbers_keep_their_kind(void **state)
{
	static const struct library_case cases[] = {
		{"math.abs", "[-5]", "5"},
		{"math.abs", "[-2.5]", "2.5"},
		{"math.abs", "[-9223372036854775808]", "!ValueError"},
		{"math.floor", "[2.7]", "2"},
		{"math.floor", "[-2.1]", "-3"},
		{"math.floor", "[5]", "5"},
		{"math.floor", "[1e300]", "!ValueError"},
		{"math.max", "[1, 2]", "2"},
		{"math.max", "[2.5, 1]", "2.5"},
		{"math.max", "[1, 1.0]", "1"},
		{"math.min", "[1, 2.5]", "1"},
		{"math.min", "[-1.5, -2.5]", "-2.5"},
		{"math.abs", "[\"5\"]", "!TypeError"},
		{"math.max", "[1, null]", "!TypeError"},
		{"math.min", "[true, 1]", "!TypeError"},
		{"math.floor", "[null]", "!TypeError"},
	};

	(void)state;
	CHECK_ALL(cases);
}

static int call_two(const char *name, struct value a, struct value b, struct value *out, struct value *raised)
{
	struct value args[] = {a, b};

	return stdlib_find(slice_of(name))->call(NULL, args, out, raised);
}

/* {"k": {"k": ... {} ...}} */
static struct value nest_maps(int levels)
{
	struct value nested = value_map_new();

	while (--levels > 0) {
		struct value outer = value_map_new();

		value_put(&outer, "k", nested);
		nested = outer;
	}
	return nested;
}

/* Deeper than anything that is sent or kept; one shallow side makes the other a value like another. */
static void merging_does_not_recurse_without_end(void **state)
{
	struct value deep = nest_maps(100000);
	struct value shallow = nest_maps(2);
	struct value out, raised;

	(void)state;
	assert_int_equal(call_two("map.merge_nested", deep, deep, &out, &raised), -1);
	assert_true(raised_has_tag(raised, "ResourceLimitError"));
	value_unref(raised);
	assert_int_equal(call_two("map.merge_nested", shallow, deep, &out, &raised), 0);
	value_unref(out);
	assert_int_equal(call_two("map.merge", deep, deep, &out, &raised), 0);
	value_unref(out);
	value_unref(deep);
	value_unref(shallow);
}

/* Every second and every third number as keys: what the first has alone stays, the rest is the second's. */
static void large_maps_are_merged_entry_by_entry(void **state)
{
	struct value twos = value_map_new();
	struct value threes = value_map_new();
	struct value out, raised;
	char key[20];

	(void)state;
	for (int i = 0; i < 6000; i++) {
		snprintf(key, sizeof(key), "%04d", i);
		if (i % 2 == 0)
			value_put(&twos, key, value_int(2));
		if (i % 3 == 0)
			value_put(&threes, key, value_int(3));
	}
	assert_int_equal(call_two("map.merge", twos, threes, &out, &raised), 0);
	assert_int_equal(value_len(out), 4000);
	for (int i = 0; i < 6000; i++) {
		snprintf(key, sizeof(key), "%04d", i);
		assert_int_equal(value_get_int(out, key, 0), i % 3 == 0 ? 3 : i % 2 == 0 ? 2 : 0);
	}
	assert_int_equal(value_len(twos), 3000);
	assert_int_equal(value_len(threes), 2000);
	value_unref(out);
	value_unref(twos);
	value_unref(threes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_gets_one_element_more),
		cmocka_unit_test(map_get_never_raises_for_what_is_missing),
		cmocka_unit_test(maps_are_copied_without_and_merged),
		cmocka_unit_test(arguments_stay_as_they_were),
		cmocka_unit_test(numbers_keep_their_kind),
		cmocka_unit_test(merging_does_not_recurse_without_end),
		cmocka_unit_test(large_maps_are_merged_entry_by_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
