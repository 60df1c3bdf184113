/* trace_test.c - trace headers. The forms and the first example are those of W3C Trace Context,
 * sections 3.2.2 and 3.2.3, and of Google Cloud's page "Trace context" (X-Cloud-Trace-Context). */
#include "lib/log/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void traceparent_gives_trace_span_and_sampling(void **state)
{
	struct trace trace;

	(void)state;
	assert_true(trace_parse(SLICE("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), &trace));
	assert_string_equal(trace.id, "4bf92f3577b34da6a3ce929d0e0e4736");
	assert_string_equal(trace.span, "00f067aa0ba902b7");
	assert_true(trace.sampled);
	assert_true(trace_parse(SLICE("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"), &trace));
	assert_false(trace.sampled);
	/* a version to come may say more after the flags */
	assert_true(
		trace_parse(SLICE("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"), &trace));
}

static void the_cloud_header_has_its_span_in_decimal(void **state)
{
	struct trace trace;

	(void)state;
	assert_true(trace_parse(SLICE("105445aa7843bc8bf206b12000100000/1;o=1"), &trace));
	assert_string_equal(trace.id, "105445aa7843bc8bf206b12000100000");
	assert_string_equal(trace.span, "0000000000000001");
	assert_true(trace.sampled);
	assert_true(trace_parse(SLICE("105445AA7843BC8BF206B12000100000"), &trace));
	assert_string_equal(trace.id, "105445aa7843bc8bf206b12000100000");
	assert_string_equal(trace.span, "");
	assert_false(trace.sampled);
}

static void anything_else_is_no_trace(void **state)
{
	static const char *const bad[] = {
		"",
		"x",
		"00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",    /* a digit short */
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01",   /* all zero: invalid */
		"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",   /* the same for the span */
		"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",   /* version ff is forbidden */
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x", /* version 00 ends here */
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-zz",
		"105445aa7843bc8bf206b1200010000g/1;o=1",
		"105445aa7843bc8bf206b12000100000x",
	};
	struct trace trace;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(trace_parse(slice_of(bad[i]), &trace));
		assert_string_equal(trace.id, "");
	}
}

static void fields_are_those_of_cloud_logging(void **state)
{
	struct value fields = value_map_new();
	struct trace trace;

	(void)state;
	trace_parse(SLICE("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), &trace);
	trace_add(&trace, "my-project", &fields);
	assert_true(slice_is(value_get_text(fields, "logging.googleapis.com/trace"),
			     "projects/my-project/traces/4bf92f3577b34da6a3ce929d0e0e4736"));
	assert_true(slice_is(value_get_text(fields, "logging.googleapis.com/spanId"), "00f067aa0ba902b7"));
	assert_true(value_get_bool(fields, "logging.googleapis.com/trace_sampled", false));
	trace_add(&trace, NULL, &fields);
	assert_true(slice_is(value_get_text(fields, "logging.googleapis.com/trace"),
			     "4bf92f3577b34da6a3ce929d0e0e4736"));
	value_unref(fields);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(traceparent_gives_trace_span_and_sampling),
		cmocka_unit_test(the_cloud_header_has_its_span_in_decimal),
		cmocka_unit_test(anything_else_is_no_trace),
		cmocka_unit_test(fields_are_those_of_cloud_logging),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
