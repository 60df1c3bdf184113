/* execution_test.c - a run as the Execution resource (reference, 9.4.1), and the error of a failed one
 * (6.3, 7.4). */
#include "workflow/engine/execution.h"
#include "workflow/expr/raised.h"

#include "lib/json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const struct journal_run row = {
	.id = "abc",
	.state = RUN_FAILED,
	.definition_hash = "0123456789",
	.file = "wf/other.v2.yaml",
	.parent_run = "",
	.parent_step = "",
	.start_us = 1700000000000000,
	.end_us = 1700000001500000,
};

static struct value read_json(const char *json)
{
	struct error err = {0};
	struct value v;

	assert_int_equal(json_read(slice_of(json), &v, &err), 0);
	return v;
}

static void assert_text(struct value map, const char *key, const char *wanted)
{
	struct slice found = value_get_text(map, key);

	if (!slice_is(found, wanted))
		fail_msg("%s: wanted %s, found %.*s", key, wanted, SLICE_ARG(found));
}

static void a_failed_run(void **state)
{
	struct value started =
		read_json("{\"argument\": {\"a\": 1}, \"env\": {\"GOOGLE_CLOUD_PROJECT_ID\": \"p\", "
			  "\"GOOGLE_CLOUD_LOCATION\": \"l\"}}");
	struct value ended =
		read_json("{\"error\": {\"payload\": \"why\", \"context\": \"c\", \"stackTrace\": {}}}");
	struct value execution = execution_value(&row, started, ended);
	struct value raised = execution_failure(execution);

	(void)state;
	assert_text(execution, "name", "projects/p/locations/l/workflows/other/executions/abc");
	assert_text(execution, "state", "FAILED");
	assert_text(execution, "createTime", "2023-11-14T22:13:20.000000Z");
	assert_text(execution, "endTime", "2023-11-14T22:13:21.500000Z");
	assert_text(execution, "duration", "1.500000s");
	assert_text(execution, "argument", "{\"a\":1}"); /* a text that holds JSON */
	assert_text(*value_get(execution, "error"), "payload", "\"why\"");
	assert_null(value_get(execution, "result"));
	assert_text(raised, "message", "Execution failed or cancelled.");
	assert_true(raised_has_tag(raised, "OperationError"));
	assert_true(value_equal(*value_get(raised, "operation"), execution));
	assert_text(*value_get(raised, "error"), "payload", "\"why\"");
	value_unref(raised);
	value_unref(execution);
	value_unref(started);
	value_unref(ended);
}

static void a_running_one_has_no_end(void **state)
{
	struct journal_run active = row;
	struct value execution;

	(void)state;
	active.state = RUN_ACTIVE;
	active.end_us = 0;
	execution = execution_value(&active, value_null(), value_null());
	assert_text(execution, "state", "ACTIVE");
	assert_text(execution, "argument", "null");
	assert_null(value_get(execution, "endTime"));
	assert_null(value_get(execution, "error"));
	value_unref(execution);
}

static void names_and_files(void **state)
{
	(void)state;
	assert_true(slice_is(execution_workflow("/a/b.c/flow.yaml"), "flow"));
	assert_true(slice_is(execution_workflow("flow"), "flow"));
	assert_true(slice_is(execution_last_part(SLICE("projects/p/executions/x")), "x"));
	assert_true(slice_is(execution_last_part(SLICE("x")), "x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_run),
		cmocka_unit_test(a_running_one_has_no_end),
		cmocka_unit_test(names_and_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
