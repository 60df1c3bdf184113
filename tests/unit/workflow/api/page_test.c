/* page_test.c - sizes, tokens and orders of lists (reference, 9.3 and 9.4), and the codes of errors (9.2). */
#include "workflow/api/page.h"

#include "lib/json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static int read_page(struct page *page, const char *path, const char *query, struct status *status)
{
	struct value v;
	int result;

	assert_int_equal(json_read(slice_of(query), &v, NULL), 0);
	result = page_read(page, slice_of(path), v, 100, 1000, status);
	value_unref(v);
	return result;
}

static size_t size_of(const char *query)
{
	struct status status = {0};
	struct page page;

	assert_int_equal(read_page(&page, "p", query, &status), 0);
	return page.size;
}

static void a_size_is_the_standard_one_or_at_the_most_the_largest(void **state)
{
	struct status status = {0};
	struct page page;

	(void)state;
	assert_int_equal(size_of("{}"), 100);
	assert_int_equal(size_of("{\"pageSize\": \"0\"}"), 100);
	assert_int_equal(size_of("{\"page_size\": \"7\"}"), 7);
	assert_int_equal(size_of("{\"pageSize\": \"5000\"}"), 1000);
	assert_int_equal(read_page(&page, "p", "{\"pageSize\": \"-1\"}", &status), -1);
	assert_int_equal(status.code, STATUS_INVALID_ARGUMENT);
}

/* The query of the next call: the same parameters and the token. */
static int follow(const char *path, const char *query, const char *next_path, const char *next_query, struct page *page)
{
	struct status status = {0};
	struct value answer = value_map_new(), v;
	int result;

	assert_int_equal(read_page(page, path, query, &status), 0);
	page_put_number(page, &answer, 4711);
	assert_int_equal(json_read(slice_of(next_query), &v, NULL), 0);
	value_put(&v, "pageToken", value_ref(*value_get(answer, "nextPageToken")));
	result = page_read(page, slice_of(next_path), v, 100, 1000, &status);
	value_unref(v);
	value_unref(answer);
	return result;
}

static void a_token_leads_on_in_the_same_list_only(void **state)
{
	struct page page;

	(void)state;
	assert_int_equal(follow("a", "{\"filter\": \"x\"}", "a", "{\"filter\": \"x\"}", &page), 0);
	assert_int_equal(page_number(&page, 0), 4711);
	assert_int_equal(follow("a", "{\"filter\": \"x\"}", "a", "{\"filter\": \"x\", \"pageSize\": \"3\"}", &page), 0);
	assert_int_equal(follow("a", "{\"filter\": \"x\"}", "a", "{\"filter\": \"y\"}", &page), -1);
	assert_int_equal(follow("a", "{}", "b", "{}", &page), -1);
}

static void what_is_no_token_is_refused(void **state)
{
	static const char *const tokens[] = {"x", "0123456789abcdef", "0123456789abcdefzz", "0123456789abcdef3"};
	struct page page;

	(void)state;
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		struct status status = {0};
		struct value v = value_map_new();

		value_put(&v, "pageToken", value_string_z(tokens[i]));
		assert_int_equal(page_read(&page, SLICE("a"), v, 1, 1, &status), -1);
		assert_int_equal(status.code, STATUS_INVALID_ARGUMENT);
		value_unref(v);
	}
}

static void an_order_names_known_fields(void **state)
{
	static const char *const names[] = {"startTime", "state", "duration", "endTime", NULL};
	struct status status = {0};
	struct order order;

	(void)state;
	assert_int_equal(order_read(&order, SLICE("startTime desc, state"), names, &status), 0);
	assert_int_equal(order.count, 2);
	assert_int_equal(order.at[0].field, 0);
	assert_true(order.at[0].is_descending);
	assert_int_equal(order.at[1].field, 1);
	assert_false(order.at[1].is_descending);
	assert_int_equal(order_read(&order, SLICE("start_time"), names, &status), 0);
	assert_int_equal(order_read(&order, SLICE("start_time sideways"), names, &status), -1);
	status = (struct status){0};
	assert_int_equal(order_read(&order, SLICE("row"), names, &status), -1);
	status = (struct status){0};
	assert_int_equal(order_read(&order, SLICE("state,state,state,state"), names, &status), -1);
}

static void each_code_has_its_status_of_http(void **state)
{
	static const struct {
		enum code_of_status code;
		int http;
		const char *name;
	} rows[] = {
		{STATUS_INVALID_ARGUMENT, 400, "INVALID_ARGUMENT"},
		{STATUS_FAILED_PRECONDITION, 400, "FAILED_PRECONDITION"},
		{STATUS_OUT_OF_RANGE, 400, "OUT_OF_RANGE"},
		{STATUS_UNAUTHENTICATED, 401, "UNAUTHENTICATED"},
		{STATUS_PERMISSION_DENIED, 403, "PERMISSION_DENIED"},
		{STATUS_NOT_FOUND, 404, "NOT_FOUND"},
		{STATUS_ALREADY_EXISTS, 409, "ALREADY_EXISTS"},
		{STATUS_ABORTED, 409, "ABORTED"},
		{STATUS_RESOURCE_EXHAUSTED, 429, "RESOURCE_EXHAUSTED"},
		{STATUS_CANCELLED, 499, "CANCELLED"},
		{STATUS_INTERNAL, 500, "INTERNAL"},
		{STATUS_UNIMPLEMENTED, 501, "UNIMPLEMENTED"},
		{STATUS_UNAVAILABLE, 503, "UNAVAILABLE"},
		{STATUS_DEADLINE_EXCEEDED, 504, "DEADLINE_EXCEEDED"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(status_http(rows[i].code), rows[i].http);
		assert_string_equal(status_name(rows[i].code), rows[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_size_is_the_standard_one_or_at_the_most_the_largest),
		cmocka_unit_test(a_token_leads_on_in_the_same_list_only),
		cmocka_unit_test(what_is_no_token_is_refused),
		cmocka_unit_test(an_order_names_known_fields),
		cmocka_unit_test(each_code_has_its_status_of_http),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
