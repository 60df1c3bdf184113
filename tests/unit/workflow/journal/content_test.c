/* content_test.c - workflow/journal/content.c: every value survives the way through the journal. */
#include "workflow/journal/journal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Writes, reads back, and demands the same kind and content. The text is what was written; released by the
 * caller. */
static struct buf pass(struct value v, struct value *back)
{
	struct error err = {0};
	struct buf text;

	buf_init(&text, 0);
	assert_int_equal(journal_encode(&text, v), 0);
	if (journal_decode(buf_slice(&text), back, &err) < 0)
		fail_msg("%s: %s", buf_text(&text), err.message);
	assert_int_equal(back->kind, v.kind);
	return text;
}

static void check(struct value taken, const char *written)
{
	struct value back;
	struct buf text = pass(taken, &back);

	if (written)
		assert_string_equal(buf_text(&text), written);
	assert_true(value_equal(taken, back));
	buf_release(&text);
	value_unref(back);
	value_unref(taken);
}

static struct value map_of(const char *key, struct value taken)
{
	struct value map = value_map_new();

	value_put(&map, key, taken);
	return map;
}

static void plain_values_are_plain_json(void **state)
{
	struct value map = map_of("b", value_string_z("x\"\n\xc3\xa9")), list = value_list_new(0);

	(void)state;
	value_list_push(&list, value_null());
	value_list_push(&list, value_bool(true));
	value_list_push(&list, value_int(INT64_MIN));
	value_list_push(&list, value_int(INT64_MAX));
	value_list_push(&list, value_double(0.1));
	value_put(&map, "a", list);
	value_put(&map, "$x", value_map_new());
	check(map, "{\"$x\":{},\"a\":[null,true,-9223372036854775808,9223372036854775807,0.1],"
		   "\"b\":\"x\\\"\\n\xc3\xa9\"}");
}

static void bytes_are_text_or_base64(void **state)
{
	(void)state;
	check(value_bytes(SLICE("")), "{\"$text\":\"\"}");
	check(value_bytes(SLICE("{\"a\":1}\xc3\xa9")), "{\"$text\":\"{\\\"a\\\":1}\xc3\xa9\"}");
	/* RFC 4648, section 9: illustrations; the first two bytes are no UTF-8 */
	check(value_bytes(SLICE("\x14\xfb\x9c\x03\xd9\x7e")), "{\"$bytes\":\"FPucA9l+\"}");
	check(value_bytes(SLICE("\x14\xfb\x9c\x03\xd9")), "{\"$bytes\":\"FPucA9k=\"}");
	check(value_bytes(SLICE("\x14\xfb\x9c\x03")), "{\"$bytes\":\"FPucAw==\"}");
	check(map_of("body", value_bytes(SLICE("a\0"))), "{\"body\":{\"$bytes\":\"YQA=\"}}");
}

/* get_type must say "double" after a replay, too. */
static void whole_doubles_stay_doubles(void **state)
{
	(void)state;
	check(value_double(3), "{\"$double\":\"3\"}");
	check(value_double(-1e15), "{\"$double\":\"-1000000000000000\"}");
	check(value_double(1e300), NULL);
	check(value_double(5e-324), NULL);
	check(value_double(INFINITY), "{\"$double\":\"inf\"}");
	check(value_double(-INFINITY), "{\"$double\":\"-inf\"}");
}

static void nan_and_negative_zero_survive(void **state)
{
	struct value back;
	struct buf text;

	(void)state;
	text = pass(value_double(NAN), &back);
	assert_true(isnan(back.as.number));
	buf_release(&text);
	text = pass(value_double(-0.0), &back);
	assert_true(back.as.number == 0 && signbit(back.as.number));
	buf_release(&text);
}

static void maps_that_look_like_marks_survive(void **state)
{
	struct value two = map_of("$bytes", value_string_z("AA=="));

	(void)state;
	check(map_of("$bytes", value_string_z("AA==")), "{\"$0$bytes\":\"AA==\"}");
	check(map_of("$text", value_string_z("x")), "{\"$0$text\":\"x\"}");
	check(map_of("$double", value_int(1)), "{\"$0$double\":1}");
	check(map_of("$0$bytes", map_of("$0", value_null())), "{\"$0$0$bytes\":{\"$0$0\":null}}");
	check(map_of("$bytes", value_bytes(SLICE("x"))), "{\"$0$bytes\":{\"$text\":\"x\"}}");
	check(map_of("x", map_of("$bytes", value_double(2))), NULL);
	value_put(&two, "other", value_null());
	check(two, "{\"$bytes\":\"AA==\",\"other\":null}"); /* two keys: no mark */
}

/* text.decode makes them: "\\u0000" in a key is more than the reader of JSON takes. */
static void keys_with_a_nul_survive(void **state)
{
	struct value map = map_of("a%00", value_int(1));

	(void)state;
	value_map_set(&map, SLICE("b\0%c"), value_double(2));
	value_map_set(&map, SLICE("\0"), map_of("k", value_bool(true)));
	check(map, "{\"$0%00\":{\"k\":true},\"$0b%00%25c\":{\"$double\":\"2\"},\"a%00\":1}");
}

/* What marks and escapes add must not grow with the depth: 500 levels are allowed, JSON ends at 512. */
static void escaping_nests_nothing(void **state)
{
	struct value deep = value_null();

	(void)state;
	for (int i = 0; i < 500; i++)
		deep = map_of(i % 2 ? "$bytes" : "$0", deep);
	check(deep, NULL);
}

static void what_is_encoded_is_left_as_it_was(void **state)
{
	struct value list = value_list_new(0), kept;
	struct buf text;

	(void)state;
	value_list_push(&list, value_double(1));
	value_list_push(&list, value_bytes(SLICE("x")));
	kept = value_ref(list);
	buf_init(&text, 0);
	assert_int_equal(journal_encode(&text, list), 0);
	assert_int_equal(value_list_at(kept, 0)->kind, VALUE_DOUBLE);
	assert_int_equal(value_list_at(kept, 1)->kind, VALUE_BYTES);
	buf_release(&text);
	value_unref(kept);
	value_unref(list);
}

static void what_is_too_deep_is_refused(void **state)
{
	struct value deep = value_null();
	struct buf text;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct value list = value_list_new(1);

		value_list_push(&list, deep);
		deep = list;
	}
	buf_init(&text, 0);
	assert_int_equal(journal_encode(&text, deep), -1);
	buf_release(&text);
	value_unref(deep);
}

static void damaged_content_is_refused(void **state)
{
	static const char *const bad[] = {"",
					  "{",
					  "{\"$bytes\":\"!!!!\"}",
					  "{\"$bytes\":\"AA\"}",
					  "{\"$bytes\":7}",
					  "{\"$double\":\"\"}",
					  "{\"$double\":\"1x\"}",
					  "[{\"$double\":null}]"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error err = {0};
		struct value v;

		assert_int_equal(journal_decode(slice_of(bad[i]), &v, &err), -1);
		assert_int_equal(err.kind, ERROR_INPUT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_values_are_plain_json),
		cmocka_unit_test(bytes_are_text_or_base64),
		cmocka_unit_test(whole_doubles_stay_doubles),
		cmocka_unit_test(nan_and_negative_zero_survive),
		cmocka_unit_test(maps_that_look_like_marks_survive),
		cmocka_unit_test(keys_with_a_nul_survive),
		cmocka_unit_test(escaping_nests_nothing),
		cmocka_unit_test(what_is_encoded_is_left_as_it_was),
		cmocka_unit_test(what_is_too_deep_is_refused),
		cmocka_unit_test(damaged_content_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
