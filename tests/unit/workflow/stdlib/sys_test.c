/* sys_test.c - sys.* and retry.* (reference, 5.9, 5.8 and 2.7). */
#include "tests/unit/workflow/stdlib/library.h"

static void variables_of_the_workflow_are_seen(void **state)
{
	static const struct library_case cases[] = {
		{"sys.get_env", "[\"NAME\"]", "\"value\""},
		{"sys.get_env", "[\"EMPTY\", \"x\"]", "\"\""},
		{"sys.get_env", "[\"MISSING\"]", "null"},
		{"sys.get_env", "[\"MISSING\", \"other\"]", "\"other\""},
		{"sys.get_env", "[\"PATH\"]", "null"},
		{"sys.get_env", "[5]", "!TypeError"},
		{"sys.get_env", "[\"NAME\", 5]", "!TypeError"},
	};

	(void)state;
	CHECK_ALL(cases);
}

/* data, severity, text, json, timeout */
static void a_log_call_makes_one_entry(void **state)
{
	static const struct library_case cases[] = {
		{"sys.log", "[\"hello\"]", "{\"severity\": \"DEFAULT\", \"text\": \"hello\"}"},
		{"sys.log", "[{\"a\": 1}, \"INFO\"]", "{\"severity\": \"INFO\", \"json\": {\"a\": 1}}"},
		{"sys.log", "[null, \"ERROR\", \"x\"]", "{\"severity\": \"ERROR\", \"text\": \"x\"}"},
		{"sys.log", "[null, null, {\"a\": 1}]",
		 "{\"severity\": \"DEFAULT\", \"text\": \"{\\\"a\\\":1}\"}"},
		{"sys.log", "[[1, 2]]", "{\"severity\": \"DEFAULT\", \"text\": \"[1,2]\"}"},
		{"sys.log", "[1.5]", "{\"severity\": \"DEFAULT\", \"text\": \"1.5\"}"},
		{"sys.log", "[true]", "{\"severity\": \"DEFAULT\", \"text\": \"true\"}"},
		{"sys.log", "[null, \"DEBUG\", null, {\"b\": 2}]",
		 "{\"severity\": \"DEBUG\", \"json\": {\"b\": 2}}"},
		{"sys.log", "[null, null, null, {}, 5]", "{\"severity\": \"DEFAULT\", \"json\": {}}"},
	};

	(void)state;
	CHECK_ALL(cases);
}

static void a_log_call_must_be_clear(void **state)
{
	static const struct library_case cases[] = {
		{"sys.log", "[]", "!TypeError"},
		{"sys.log", "[\"a\", null, \"b\"]", "!TypeError"},
		{"sys.log", "[null, null, \"a\", {}]", "!TypeError"},
		{"sys.log", "[null, null, null, \"text\"]", "!TypeError"},
		{"sys.log", "[\"b:x\"]", "!ValueError"}, /* 4.5: bytes cannot be logged */
		{"sys.log", "[{\"a\": \"b:x\"}]", "!ValueError"},
		{"sys.log", "[\"a\", \"LOUD\"]", "!ValueError"},
		{"sys.log", "[\"a\", 5]", "!TypeError"},
		{"sys.log", "[\"a\", null, null, null, \"5\"]", "!TypeError"},
	};

	(void)state;
	CHECK_ALL(cases);
}

static void sleeps_are_described(void **state)
{
	static const struct library_case cases[] = {
		{"sys.sleep", "[5]", "{\"seconds\": 5}"},
		{"sys.sleep", "[0.25]", "{\"seconds\": 0.25}"},
		{"sys.sleep", "[31536000]", "{\"seconds\": 31536000}"},
		{"sys.sleep", "[31557600001]", "!ValueError"},
		{"sys.sleep", "[-1]", "!ValueError"},
		{"sys.sleep", "[\"5\"]", "!TypeError"},
		{"sys.sleep", "[null]", "!TypeError"},
		{"sys.sleep_until", "[\"2024-05-08T12:01:00Z\"]", "{\"until\": 1715169660.0}"},
		{"sys.sleep_until", "[\"tomorrow\"]", "!ValueError"},
		{"sys.sleep_until", "[1715169660]", "!TypeError"},
	};

	(void)state;
	CHECK_ALL(cases);
}

/* The table of built-in predicates (2.7): HTTP 500 is in neither. */
static void predicates_know_what_is_worth_a_retry(void **state)
{
	static const struct {
		const char *error;
		bool idempotent, non_idempotent;
	} cases[] = {
		{"[{\"code\": 429, \"tags\": [\"HttpError\"]}]", true, true},
		{"[{\"code\": 502, \"tags\": [\"HttpError\"]}]", true, false},
		{"[{\"code\": 503, \"tags\": [\"HttpError\"]}]", true, true},
		{"[{\"code\": 504, \"tags\": [\"HttpError\"]}]", true, false},
		{"[{\"code\": 500, \"tags\": [\"HttpError\"]}]", false, false},
		{"[{\"code\": 404, \"tags\": [\"HttpError\"]}]", false, false},
		{"[{\"tags\": [\"ConnectionError\"]}]", true, false},
		{"[{\"tags\": [\"ConnectionFailedError\"]}]", true, true},
		{"[{\"tags\": [\"TimeoutError\"]}]", true, false},
		{"[{\"tags\": [\"TypeError\"]}]", false, false},
		{"[\"a raised string\"]", false, false},
		{"[null]", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		check("http.default_retry_predicate", cases[i].error, cases[i].idempotent ? "true" : "false");
		check("http.default_retry_predicate_non_idempotent", cases[i].error,
		      cases[i].non_idempotent ? "true" : "false");
		check("retry.always", cases[i].error, "true");
		check("retry.never", cases[i].error, "false");
	}
}

static void policies_are_names_not_functions(void **state)
{
	const struct stdlib_policy *policy = stdlib_policy(SLICE("http.default_retry"));
	const struct stdlib_backoff *backoff = stdlib_backoff(SLICE("retry.default_backoff"));

	(void)state;
	assert_string_equal(policy->predicate, "http.default_retry_predicate");
	assert_int_equal(policy->max_retries, 5);
	assert_string_equal(stdlib_policy(SLICE("http.default_retry_non_idempotent"))->predicate,
			    "http.default_retry_predicate_non_idempotent");
	assert_true(backoff->initial_delay == 1 && backoff->max_delay == 60 && backoff->multiplier == 1.25);
	assert_null(stdlib_policy(SLICE("retry.always")));
	assert_null(stdlib_backoff(SLICE("http.default_retry")));
	assert_null(stdlib_find(SLICE("http.default_retry")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_of_the_workflow_are_seen),
		cmocka_unit_test(a_log_call_makes_one_entry),
		cmocka_unit_test(a_log_call_must_be_clear),
		cmocka_unit_test(sleeps_are_described),
		cmocka_unit_test(predicates_know_what_is_worth_a_retry),
		cmocka_unit_test(policies_are_names_not_functions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
