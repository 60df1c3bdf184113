/* value_test.c - values are shared without being changed under anyone, and changed without being copied. */
#include "lib/value/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

static struct value numbers(int64_t count)
{
	struct value list = value_list_new(0);

	for (int64_t i = 0; i < count; i++)
		value_list_push(&list, value_int(i));
	return list;
}

static void a_holder_never_sees_the_change_of_another(void **state)
{
	struct value mine = numbers(3), yours = value_ref(mine);

	(void)state;
	value_list_push(&yours, value_int(99));
	assert_int_equal(value_len(mine), 3);
	assert_int_equal(value_len(yours), 4);
	value_set(value_list_change(&yours, 0), value_string_z("changed"));
	assert_int_equal(value_list_at(mine, 0)->as.integer, 0);
	value_unref(mine);
	assert_int_equal(value_list_at(yours, 3)->as.integer, 99);
	value_unref(yours);
}

static void nested_values_are_copied_on_the_way_to_a_change(void **state)
{
	struct value outer = value_map_new(), copy;

	(void)state;
	value_put(&outer, "inner", value_map_new());
	copy = value_ref(outer);
	value_put(value_map_change(&copy, SLICE("inner")), "k", value_int(1));
	assert_null(value_get(*value_get(outer, "inner"), "k"));
	assert_int_equal(value_get_int(*value_get(copy, "inner"), "k", 0), 1);
	value_unref(outer);
	value_unref(copy);
}

static void a_sole_holder_changes_in_place(void **state)
{
	struct value list = numbers(1);
	const void *block = list.as.list;

	(void)state;
	value_list_push(&list, value_int(1));
	assert_ptr_equal(list.as.list, block);
	value_unref(list);
}

static void a_map_keeps_its_keys_sorted_by_bytes(void **state)
{
	static const char *const keys[] = {"b", "", "é", "a", "B", "aa"};
	static const char *const sorted[] = {"", "B", "a", "aa", "b", "é"};
	struct value map = value_map_new();

	(void)state;
	for (int i = 0; i < 6; i++)
		value_put(&map, keys[i], value_int(i));
	value_put(&map, "a", value_string_z("again"));
	assert_int_equal(value_len(map), 6);
	for (size_t i = 0; i < 6; i++)
		assert_true(slice_is(value_map_key(map, i), sorted[i]));
	assert_true(slice_is(value_get_text(map, "a"), "again"));
	value_unref(map);
}

static void a_deleted_key_is_gone(void **state)
{
	struct value map = value_map_new();

	(void)state;
	value_put(&map, "k", value_int(1));
	assert_true(value_map_delete(&map, SLICE("k")));
	assert_false(value_map_delete(&map, SLICE("k")));
	assert_null(value_get(map, "k"));
	value_unref(map);
}

static void a_list_takes_an_element_anywhere(void **state)
{
	struct value list = numbers(2);

	(void)state;
	value_list_insert(&list, 0, value_int(-1));
	value_list_insert(&list, 3, value_int(2));
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(value_list_at(list, i)->as.integer, (int64_t)i - 1);
	value_unref(list);
}

/* The language compares int and double by value (reference, 3.5), other kinds never. */
static void equality_is_deep_and_by_value(void **state)
{
	struct value a = numbers(3), b = numbers(3);

	(void)state;
	assert_true(value_equal(a, b));
	value_list_push(&b, value_null());
	assert_false(value_equal(a, b));
	assert_true(value_equal(value_int(1), value_double(1.0)));
	assert_false(value_equal(value_int(1), value_bool(true)));
	assert_false(value_equal(value_double(NAN), value_double(NAN)));
	assert_true(value_equal(value_null(), value_null()));
	value_unref(a);
	value_unref(b);
}

/* 2^53 + 1 has no double: equal by value must not mean equal after rounding. */
static void large_ints_are_not_rounded_in_comparison(void **state)
{
	(void)state;
	assert_false(value_equal(value_int(9007199254740993), value_int(9007199254740992)));
	assert_false(value_equal(value_int(9007199254740993), value_double(9007199254740992.0)));
}

static void a_member_of_another_kind_gives_the_fallback(void **state)
{
	struct value map = value_map_new();

	(void)state;
	value_put(&map, "n", value_string_z("7"));
	assert_int_equal(value_get_int(map, "n", -1), -1);
	assert_int_equal(value_get_text(map, "missing").len, 0);
	assert_true(value_get_bool(map, "missing", true));
	assert_null(value_get(value_int(1), "n"));
	value_unref(map);
}

static void the_words_for_kinds_are_those_of_get_type(void **state)
{
	(void)state;
	assert_string_equal(value_kind_name(VALUE_INT), "integer");
	assert_string_equal(value_kind_name(VALUE_BOOL), "boolean");
	assert_string_equal(value_kind_name(VALUE_MAP), "map");
	assert_string_equal(value_kind_name(VALUE_NULL), "null");
	assert_string_equal(value_kind_name(VALUE_DOUBLE), "double");
	assert_string_equal(value_kind_name(VALUE_BYTES), "bytes");
}

/* A list in a list in a list ...: freeing it must not need as much stack. */
static void dropping_a_deep_value_needs_no_deep_stack(void **state)
{
	struct value deep = value_null();

	(void)state;
	for (int i = 0; i < 1000000; i++) {
		struct value outer = value_list_new(1);

		value_list_push(&outer, deep);
		deep = outer;
	}
	value_unref(deep);
}

/* In place while there is one holder; a second holder keeps what it has. */
static void a_string_grows(void **state)
{
	struct value text = value_string_z("a");
	struct value held;

	(void)state;
	for (int i = 0; i < 1000; i++)
		value_string_append(&text, SLICE("bc"));
	assert_int_equal(value_len(text), 2001);
	assert_int_equal(value_text(text).ptr[2001], '\0');
	assert_memory_equal(value_text(text).ptr, "abcbc", 5);
	assert_memory_equal(value_text(text).ptr + 1996, "cbcbc", 5);

	held = value_ref(text);
	value_string_append(&text, value_text(held));
	assert_int_equal(value_len(held), 2001);
	assert_int_equal(value_len(text), 4002);
	value_string_append(&held, SLICE(""));
	assert_int_equal(value_len(held), 2001);
	value_unref(held);
	value_unref(text);
}

/* 8 for the list, 8 for each number. */
static void a_kept_size_spares_adding_up(void **state)
{
	struct value list = value_list_new(0);

	(void)state;
	value_list_push(&list, value_int(1));
	value_list_push(&list, value_int(2));
	assert_int_equal(value_size(list), 24);
	value_set(value_list_change(&list, 0), value_string_z("abc"));
	value_keep_size(list, 19);
	assert_int_equal(value_size(list), 19);
	value_keep_size(list, 0); /* it is not known: it is added up again */
	assert_int_equal(value_size(list), 19);
	value_unref(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_holder_never_sees_the_change_of_another),
		cmocka_unit_test(nested_values_are_copied_on_the_way_to_a_change),
		cmocka_unit_test(a_sole_holder_changes_in_place),
		cmocka_unit_test(a_map_keeps_its_keys_sorted_by_bytes),
		cmocka_unit_test(a_deleted_key_is_gone),
		cmocka_unit_test(a_list_takes_an_element_anywhere),
		cmocka_unit_test(equality_is_deep_and_by_value),
		cmocka_unit_test(large_ints_are_not_rounded_in_comparison),
		cmocka_unit_test(a_member_of_another_kind_gives_the_fallback),
		cmocka_unit_test(the_words_for_kinds_are_those_of_get_type),
		cmocka_unit_test(dropping_a_deep_value_needs_no_deep_stack),
		cmocka_unit_test(a_string_grows),
		cmocka_unit_test(a_kept_size_spares_adding_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
