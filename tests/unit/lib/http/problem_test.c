/* problem_test.c - problem details. Members and their meaning: RFC 9457, section 3.1; which statuses may be
 * tried again: RFC 9110, 15.6.4, and RFC 6585, section 4. */
#include "lib/http/problem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void an_error_becomes_a_problem_by_its_kind(void **state)
{
	static const struct {
		enum error_kind kind;
		int status;
		const char *type;
	} cases[] = {
		{ERROR_INPUT, 422, "urn:lexflow:problem:invalid-input"},
		{ERROR_LIMIT, 422, "urn:lexflow:problem:limit-exceeded"},
		{ERROR_NOT_FOUND, 404, "urn:lexflow:problem:not-found"},
		{ERROR_BUSY, 503, "urn:lexflow:problem:busy"},
		{ERROR_IO, 500, "urn:lexflow:problem:internal"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {0};
		struct value problem;

		error_set(&err, cases[i].kind, "what happened");
		problem = problem_of(&err);
		assert_true(slice_is(value_get_text(problem, "type"), cases[i].type));
		assert_int_equal(value_get_int(problem, "status", 0), cases[i].status);
		assert_true(slice_is(value_get_text(problem, "detail"), "what happened"));
		assert_null(value_get(problem, "hint"));
		value_unref(problem);
	}
}

static void only_503_is_worth_another_try(void **state)
{
	(void)state;
	for (enum problem i = PROBLEM_MALFORMED_JSON; i <= PROBLEM_DEADLINE; i++)
		assert_int_equal(problem_is_retryable(i), problem_status(i) == 503);
}

static void bytes_from_outside_in_the_detail_become_valid_utf8(void **state)
{
	struct value problem = problem_new(PROBLEM_NOT_FOUND, "caf\xe9.txt", "look \xff");

	(void)state;
	assert_true(slice_is(value_get_text(problem, "detail"), "caf\xef\xbf\xbd.txt")); /* U+FFFD */
	assert_true(utf8_is_valid(value_get_text(problem, "hint")));
	value_unref(problem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_becomes_a_problem_by_its_kind),
		cmocka_unit_test(only_503_is_worth_another_try),
		cmocka_unit_test(bytes_from_outside_in_the_detail_become_valid_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
