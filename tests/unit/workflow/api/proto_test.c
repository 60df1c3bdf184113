/* proto_test.c - proto3 JSON as the reference, 9.1, has it: what is read of a body, masks, moments, partial answers. */
#include "workflow/api/proto.h"

#include "lib/json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const struct proto_field fields[] = {
	{.name = "argument", .kind = PROTO_TEXT},
	{.name = "callLogLevel", .kind = PROTO_ENUM, .names = proto_call_log_levels},
	{.name = "isFast", .kind = PROTO_BOOL},
	{.name = "labels", .kind = PROTO_TEXTS},
	{.name = "count", .kind = PROTO_INT},
	{.name = "state", .kind = PROTO_OUTPUT},
	{0},
};

static struct value parsed(const char *json)
{
	struct value v = value_null();

	assert_int_equal(json_read(slice_of(json), &v, NULL), 0);
	return v;
}

static void assert_json(struct value v, const char *wanted)
{
	struct buf text;

	buf_init(&text, 0);
	json_write(&text, v);
	assert_string_equal(buf_text(&text), wanted);
	buf_release(&text);
}

/* What is read of a body; `wanted` NULL: it is refused. */
static void expect(const char *body, const char *wanted)
{
	struct value given = parsed(body), read;
	struct status status = {0};
	int result = proto_read(given, fields, &read, &status);

	assert_int_equal(result, wanted ? 0 : -1);
	assert_int_equal(status.code, wanted ? STATUS_OK : STATUS_INVALID_ARGUMENT);
	if (wanted)
		assert_json(read, wanted);
	value_unref(read);
	value_unref(given);
}

static void both_spellings_of_a_name_are_taken(void **state)
{
	(void)state;
	expect("{\"callLogLevel\": \"LOG_NONE\"}", "{\"callLogLevel\":\"LOG_NONE\"}");
	expect("{\"call_log_level\": \"LOG_NONE\"}", "{\"callLogLevel\":\"LOG_NONE\"}");
}

static void enums_are_names_or_numbers(void **state)
{
	(void)state;
	expect("{\"callLogLevel\": 2}", "{\"callLogLevel\":\"LOG_ERRORS_ONLY\"}");
	expect("{\"callLogLevel\": \"LOG_MOST\"}", NULL);
	expect("{\"callLogLevel\": 4}", NULL);
}

static void defaults_mean_not_set(void **state)
{
	(void)state;
	expect("{\"callLogLevel\": \"CALL_LOG_LEVEL_UNSPECIFIED\", \"isFast\": false, \"argument\": \"\", \"labels\": {}, "
	       "\"count\": 0}",
	       "{}");
	expect("{\"argument\": null}", "{}");
	expect("null", "{}");
}

static void int64_is_a_number_or_a_text(void **state)
{
	(void)state;
	expect("{\"count\": \"9007199254740993\"}", "{\"count\":9007199254740993}");
	expect("{\"count\": 12}", "{\"count\":12}");
	expect("{\"count\": \"1x\"}", NULL);
	expect("{\"count\": 1.5}", NULL);
}

static void what_is_of_another_kind_or_unknown_is_refused(void **state)
{
	struct value given = parsed("{\"x\": 1}"), read;
	struct status status = {0};

	(void)state;
	expect("{\"argument\": {}}", NULL);
	expect("{\"labels\": {\"a\": 1}}", NULL);
	expect("{\"isFast\": \"true\"}", NULL);
	expect("[]", NULL);
	assert_int_equal(proto_read(given, fields, &read, &status), -1);
	assert_string_equal(status.message, "Invalid JSON payload received. Unknown name \"x\": Cannot find field.");
	value_unref(read);
	value_unref(given);
}

static void what_only_the_server_sets_is_let_through(void **state)
{
	(void)state;
	expect("{\"state\": \"ACTIVE\", \"argument\": \"1\"}", "{\"argument\":\"1\"}");
}

static void masks_name_fields(void **state)
{
	struct status status = {0};

	(void)state;
	assert_true(proto_mask_has(SLICE("labels,call_log_level"), "callLogLevel"));
	assert_true(proto_mask_has(SLICE("labels.env"), "labels"));
	assert_true(proto_mask_has(SLICE("*"), "argument"));
	assert_false(proto_mask_has(SLICE("labels"), "argument"));
	assert_int_equal(proto_mask_check(SLICE("labels,callLogLevel"), fields, &status), 0);
	assert_int_equal(proto_mask_check(SLICE("labels,nope"), fields, &status), -1);
	assert_int_equal(status.code, STATUS_INVALID_ARGUMENT);
}

static void moments_are_rfc_3339(void **state)
{
	int64_t us;

	(void)state;
	assert_true(proto_read_time(SLICE("1970-01-02T00:00:01.5Z"), &us));
	assert_int_equal(us, 86401500000);
	assert_true(proto_read_time(SLICE("1970-01-01T02:00:00+02:00"), &us));
	assert_int_equal(us, 0);
	assert_true(proto_read_time(SLICE("1970-01-02"), &us));
	assert_int_equal(us, 86400000000);
	assert_true(proto_read_time(SLICE("1970-01-01T00:00:00.123456789Z"), &us)); /* nanoseconds are taken, cut off */
	assert_int_equal(us, 123456);
	assert_false(proto_read_time(SLICE("1970-13-01"), &us));
	assert_false(proto_read_time(SLICE("1970-01-01T00:00:00"), &us));
	assert_false(proto_read_time(SLICE("yesterday"), &us));
	assert_false(proto_read_time(SLICE(""), &us));
}

static void durations_are_decimal_seconds(void **state)
{
	struct value map = value_map_new();
	int64_t us;

	(void)state;
	assert_true(proto_read_duration(SLICE("20s"), &us));
	assert_int_equal(us, 20000000);
	assert_true(proto_read_duration(SLICE("1.5s"), &us));
	assert_int_equal(us, 1500000);
	assert_false(proto_read_duration(SLICE("20"), &us));
	assert_false(proto_read_duration(SLICE("s"), &us));
	proto_put_duration(&map, "duration", 10157992);
	assert_json(map, "{\"duration\":\"10.157992s\"}");
	value_unref(map);
}

static void expect_selection(const char *answer, const char *selection, const char *wanted)
{
	struct value whole = parsed(answer);
	struct value part = proto_select(whole, slice_of(selection));

	assert_json(part, wanted);
	value_unref(part);
	value_unref(whole);
}

static void a_partial_answer_has_what_was_asked_for(void **state)
{
	static const char list[] = "{\"all\": [{\"name\": \"a\", \"x\": {\"y\": 1, \"z\": 2}}], \"next\": \"t\"}";

	(void)state;
	expect_selection(list, "", "{\"all\":[{\"name\":\"a\",\"x\":{\"y\":1,\"z\":2}}],\"next\":\"t\"}");
	expect_selection(list, "next", "{\"next\":\"t\"}");
	expect_selection(list, "all(name)", "{\"all\":[{\"name\":\"a\"}]}");
	expect_selection(list, "all(name,x/z),next", "{\"all\":[{\"name\":\"a\",\"x\":{\"z\":2}}],\"next\":\"t\"}");
	expect_selection(list, "all/x/y", "{\"all\":[{\"x\":{\"y\":1}}]}");
	expect_selection(list, "nothing", "{}");
	expect_selection(list, "all(((((((((((((((((((((((((((((((", "{\"all\":[{}]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_spellings_of_a_name_are_taken),
		cmocka_unit_test(enums_are_names_or_numbers),
		cmocka_unit_test(defaults_mean_not_set),
		cmocka_unit_test(int64_is_a_number_or_a_text),
		cmocka_unit_test(what_is_of_another_kind_or_unknown_is_refused),
		cmocka_unit_test(what_only_the_server_sets_is_let_through),
		cmocka_unit_test(masks_name_fields),
		cmocka_unit_test(moments_are_rfc_3339),
		cmocka_unit_test(durations_are_decimal_seconds),
		cmocka_unit_test(a_partial_answer_has_what_was_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
