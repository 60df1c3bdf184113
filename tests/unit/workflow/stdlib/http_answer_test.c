/* http_answer_test.c - what came back, as the workflow sees it (reference, 5.5 and 6.1 to 6.3). */
#include "tests/unit/workflow/stdlib/library.h"

/* The result for a raw answer, or the whole error. */
static void assert_answer(const char *raw, int result, const char *expected)
{
	struct value given = read_json(raw);
	struct value wanted = read_json(expected);
	struct value out = value_null();
	struct value raised = value_null();
	struct buf got;

	buf_init(&got, 0);
	assert_int_equal(stdlib_http_answer(given, &out, &raised), result);
	json_write(&got, result == 0 ? out : raised);
	if (!value_equal(result == 0 ? out : raised, wanted))
		fail_msg("%s gave %s", raw, buf_text(&got));
	buf_release(&got);
	value_unref(out);
	value_unref(raised);
	value_unref(wanted);
	value_unref(given);
}

#define ANSWER(type, body) \
	"{\"code\": 200, \"headers\": {\"Content-Type\": \"" type "\"}, \"body\": \"" body "\"}"

static void bodies_are_decoded_by_content_type(void **state)
{
	(void)state;
	assert_answer(ANSWER("application/json; charset=utf-8", "b:{\\\"a\\\": 1}"), 0,
		      "{\"code\": 200, \"headers\": {\"Content-Type\": \"application/json; charset=utf-8\"}, "
		      "\"body\": {\"a\": 1}}");
	assert_answer(ANSWER("application/problem+json", "b:[1]"), 0,
		      "{\"code\": 200, \"headers\": {\"Content-Type\": \"application/problem+json\"}, "
		      "\"body\": [1]}");
	assert_answer(ANSWER("text/html", "b:<p>\\u00e9"), 0, ANSWER("text/html", "<p>\\u00e9"));
	assert_answer(ANSWER("TEXT/plain;charset=\\\"ISO-8859-1\\\"", "b:x"), 0,
		      ANSWER("TEXT/plain;charset=\\\"ISO-8859-1\\\"", "x"));
	assert_answer(ANSWER("image/png", "b:png"), 0, ANSWER("image/png", "b:png"));
	assert_answer("{\"code\": 200, \"headers\": {}, \"body\": \"b:x\"}", 0,
		      "{\"code\": 200, \"headers\": {}, \"body\": \"b:x\"}");
}

static void latin1_text_is_read_by_its_charset(void **state)
{
	struct value raw = read_json(ANSWER("text/plain; charset=ISO-8859-1", ""));
	struct value out;
	struct value raised;

	(void)state;
	value_put(&raw, "body", value_bytes(SLICE("\xe9")));
	assert_int_equal(stdlib_http_answer(raw, &out, &raised), 0);
	assert_true(slice_is(value_get_text(out, "body"), "\xc3\xa9"));
	value_unref(out);
	value_unref(raw);
}

static void a_body_that_is_not_what_it_says_is_no_error(void **state)
{
	struct value raw = read_json(ANSWER("text/plain", ""));
	struct value out;
	struct value raised;

	(void)state;
	assert_answer(ANSWER("application/json", "b:not json"), 0, ANSWER("application/json", "not json"));
	value_put(&raw, "body", value_bytes(SLICE("a\xff")));
	assert_int_equal(stdlib_http_answer(raw, &out, &raised), 0);
	assert_true(slice_is(value_get_text(out, "body"), "a\xef\xbf\xbd"));
	value_unref(out);
	value_unref(raw);
}

static void empty_bodies_are_empty_text_or_null(void **state)
{
	(void)state;
	assert_answer(ANSWER("text/plain", "b:"), 0, ANSWER("text/plain", ""));
	assert_answer(
		ANSWER("application/json", "b:"), 0,
		"{\"code\": 200, \"headers\": {\"Content-Type\": \"application/json\"}, \"body\": null}");
	assert_answer("{\"code\": 204, \"headers\": {}}", 0,
		      "{\"code\": 204, \"headers\": {}, \"body\": \"\"}");
	assert_answer(ANSWER("image/png", "b:"), 0, ANSWER("image/png", "b:"));
}

static void statuses_from_400_on_are_errors_with_the_answer_in_them(void **state)
{
	(void)state;
	assert_answer("{\"code\": 404, \"headers\": {\"Content-Type\": \"application/json\"}, "
		      "\"body\": \"b:{\\\"why\\\": \\\"no\\\"}\"}",
		      -1,
		      "{\"tags\": [\"HttpError\"], \"code\": 404, "
		      "\"message\": \"HTTP server responded with error code 404\", "
		      "\"headers\": {\"Content-Type\": \"application/json\"}, \"body\": {\"why\": \"no\"}}");
	assert_answer("{\"code\": 399, \"headers\": {}, \"body\": \"b:\"}", 0,
		      "{\"code\": 399, \"headers\": {}, \"body\": \"\"}");
}

static void failures_carry_their_tag(void **state)
{
	(void)state;
	assert_answer(
		"{\"failure\": \"ConnectionFailedError\", \"message\": \"refused\"}", -1,
		"{\"tags\": [\"ConnectionFailedError\"], \"message\": \"ConnectionFailedError: refused\"}");
	assert_answer("{\"failure\": \"TimeoutError\", \"message\": \"too slow\"}", -1,
		      "{\"tags\": [\"TimeoutError\"], \"message\": \"TimeoutError: too slow\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies_are_decoded_by_content_type),
		cmocka_unit_test(latin1_text_is_read_by_its_charset),
		cmocka_unit_test(a_body_that_is_not_what_it_says_is_no_error),
		cmocka_unit_test(empty_bodies_are_empty_text_or_null),
		cmocka_unit_test(statuses_from_400_on_are_errors_with_the_answer_in_them),
		cmocka_unit_test(failures_carry_their_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
