/* The table of long-running resources, row by row: when each is done, failed, and asked again where. */
#include "workflow/connector/operation.h"

#include "lib/json/json.h"
#include "workflow/expr/raised.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct value read(const char *text)
{
	struct error err = {0};
	struct value v;

	assert_int_equal(json_read(slice_of(text), &v, &err), 0);
	return v;
}

/* `wanted`: "done", a URL, or "! TAG". */
static void expect(const char *service, const char *schema, const char *response, const char *wanted)
{
	const char *kind = operation_kind(slice_of(service), slice_of(schema));
	struct value v = read(response);
	struct value args = read("{\"parent\":\"projects/p\"}");
	struct value url = value_null(), raised;
	struct buf found;
	bool done;

	assert_non_null(kind);
	buf_init(&found, 0);
	if (operation_progress(slice_of(kind), v, SLICE("https://x.test/"), SLICE("v1"), args, &done, &url,
			       &raised) < 0) {
		buf_printf(&found, "! %.*s",
			   SLICE_ARG(value_text(*value_list_at(*value_get(raised, "tags"), 0))));
		assert_true(value_equal(*value_get(raised, "operation"), v));
		value_unref(raised);
	} else {
		buf_add_slice(&found, done ? SLICE("done") : value_text(url));
	}
	assert_string_equal(buf_text(&found), wanted);
	buf_release(&found);
	value_unref(url);
	value_unref(args);
	value_unref(v);
}

static void operations_of_aip_151(void **state)
{
	static const char *const schemas[] = {"Operation", "GoogleLongrunningOperation"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		expect("cloudbuild", schemas[i], "{\"name\":\"operations/a\"}",
		       "https://x.test/v1/operations/a");
		expect("run", schemas[i], "{\"name\":\"operations/a\",\"done\":false}",
		       "https://x.test/v1/operations/a");
		expect("spanner", schemas[i], "{\"name\":\"a\",\"done\":true,\"response\":{}}", "done");
		expect("spanner", schemas[i], "{\"name\":\"a\",\"done\":true,\"error\":{\"code\":1}}",
		       "! OperationError");
		expect("spanner", schemas[i], "{\"done\":false}", "! ResponseTypeError");
		expect("spanner", schemas[i], "{\"name\":\"a\",\"done\":\"yes\"}", "! ResponseTypeError");
		expect("spanner", schemas[i], "[]", "! ResponseTypeError");
	}
}

/* Operation of compute, container and sqladmin: status, error, selfLink. */
static void operations_with_a_status(void **state)
{
	static const char *const services[] = {"compute", "container", "sqladmin"};

	(void)state;
	for (int i = 0; i < 3; i++) {
		expect(services[i], "Operation",
		       "{\"status\":\"PENDING\",\"selfLink\":\"https://h.test/a/b?c\"}",
		       "https://x.test/a/b?c");
		expect(services[i], "Operation", "{\"status\":\"DONE\"}", "done");
		expect(services[i], "Operation", "{\"status\":\"DONE\",\"error\":{}}", "done");
		expect(services[i], "Operation", "{\"status\":\"DONE\",\"error\":{\"errors\":[{}]}}",
		       "! OperationError");
		expect(services[i], "Operation", "{\"status\":\"PENDING\"}", "! ResponseTypeError");
		expect(services[i], "Operation", "{\"name\":\"a\"}", "! ResponseTypeError");
	}
}

static void jobs_of_bigquery(void **state)
{
	(void)state;
	expect("bigquery", "Job",
	       "{\"status\":{\"state\":\"RUNNING\"},\"jobReference\":{\"projectId\":\"a:b\",\"jobId\":\"j\"}"
	       "}",
	       "https://x.test/bigquery/v2/projects/a%3Ab/jobs/j");
	expect("bigquery", "Job",
	       "{\"status\":{\"state\":\"PENDING\"},\"jobReference\":{\"projectId\":\"p\",\"jobId\":\"j\","
	       "\"location\":\"EU\"}}",
	       "https://x.test/bigquery/v2/projects/p/jobs/j?location=EU");
	expect("bigquery", "Job", "{\"status\":{\"state\":\"DONE\"}}", "done");
	expect("bigquery", "Job", "{\"status\":{\"state\":\"DONE\",\"errorResult\":{\"reason\":\"x\"}}}",
	       "! OperationError");
	expect("bigquery", "Job", "{\"status\":{\"state\":\"RUNNING\"}}", "! ResponseTypeError");
}

static void jobs_of_dataflow_batch_ml_and_transcoder(void **state)
{
	(void)state;
	expect("dataflow", "Job",
	       "{\"currentState\":\"JOB_STATE_RUNNING\",\"projectId\":\"p\",\"location\":\"l\",\"id\":\"i\"}",
	       "https://x.test/v1b3/projects/p/locations/l/jobs/i");
	expect("dataflow", "Job", "{\"currentState\":\"JOB_STATE_DRAINED\"}", "done");
	expect("dataflow", "Job", "{\"currentState\":\"JOB_STATE_FAILED\"}", "! OperationError");
	expect("batch", "Job", "{\"status\":{\"state\":\"SCHEDULED\"},\"name\":\"projects/p/jobs/j\"}",
	       "https://x.test/v1/projects/p/jobs/j");
	expect("batch", "Job", "{\"status\":{\"state\":\"SUCCEEDED\"}}", "done");
	expect("ml", "GoogleCloudMlV1__Job", "{\"state\":\"RUNNING\",\"jobId\":\"j\"}",
	       "https://x.test/v1/projects/p/jobs/j");
	expect("ml", "GoogleCloudMlV1__Job", "{\"state\":\"FAILED\",\"errorMessage\":\"x\"}",
	       "! OperationError");
	expect("transcoder", "Job", "{\"state\":\"RUNNING\",\"name\":\"projects/p/jobs/j\"}",
	       "https://x.test/v1/projects/p/jobs/j");
	expect("transcoder", "Job", "{\"state\":\"SUCCEEDED\"}", "done");
}

static void resources_of_vertex_and_document_ai(void **state)
{
	(void)state;
	expect("aiplatform", "GoogleCloudAiplatformV1CustomJob",
	       "{\"state\":\"JOB_STATE_PARTIALLY_SUCCEEDED\"}", "done");
	expect("aiplatform", "GoogleCloudAiplatformV1beta1NasJob", "{\"state\":\"JOB_STATE_EXPIRED\"}",
	       "! OperationError");
	expect("aiplatform", "GoogleCloudAiplatformV1PipelineJob",
	       "{\"state\":\"PIPELINE_STATE_RUNNING\",\"name\":\"a/b\"}", "https://x.test/v1/a/b");
	expect("aiplatform", "GoogleCloudAiplatformV1TrainingPipeline",
	       "{\"state\":\"PIPELINE_STATE_SUCCEEDED\"}", "done");
	expect("documentai", "GoogleCloudDocumentaiV1Processor", "{\"state\":\"CREATING\",\"name\":\"a\"}",
	       "https://x.test/v1/a");
	expect("documentai", "GoogleCloudDocumentaiV1Processor", "{\"state\":\"ENABLED\"}", "done");
}

static void other_responses_are_not_awaited(void **state)
{
	(void)state;
	assert_null(operation_kind(SLICE("pubsub"), SLICE("PublishResponse")));
	assert_null(operation_kind(SLICE("bigquery"), SLICE("QueryResponse")));
	assert_null(operation_kind(SLICE("cloudscheduler"), SLICE("Job")));
	assert_null(operation_kind(SLICE("storage"), SLICE("Object")));
	assert_null(operation_kind(SLICE("aiplatform"), SLICE("GoogleCloudAiplatformV1Model")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operations_of_aip_151),
		cmocka_unit_test(operations_with_a_status),
		cmocka_unit_test(jobs_of_bigquery),
		cmocka_unit_test(jobs_of_dataflow_batch_ml_and_transcoder),
		cmocka_unit_test(resources_of_vertex_and_document_ai),
		cmocka_unit_test(other_responses_are_not_awaited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
