/*
 * callback_test.c - callbacks seen from the host: what a sender is told, what is said of an endpoint
 * (reference, 8.3 and 9.4.2), and that the journal's order alone decides between a request and a timeout.
 * What the definition sees is in tests/conformance/callbacks.
 */
#include "tests/harness/play.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const char waiting[] = "- open:\n"
			      "    call: events.create_callback_endpoint\n"
			      "    result: cb\n"
			      "- wait:\n"
			      "    call: events.await_callback\n"
			      "    args: {callback: \"${cb}\", timeout: 10}\n"
			      "    result: got\n"
			      "- pause:\n"
			      "    call: sys.sleep\n"
			      "    args: {seconds: 1}\n"
			      "- out:\n"
			      "    return: ${got.http_request.body}\n";

static struct plan *compile(const char *source)
{
	struct diags *diags = diags_new();
	struct plan *plan = plan_read("test.yaml", slice_of(source), diags);

	diags_print(diags, stderr);
	assert_non_null(plan);
	diags_free(diags);
	return plan;
}

static struct value request_of(const char *json)
{
	struct error err = {0};
	struct value v;

	assert_int_equal(json_read(slice_of(json), &v, &err), 0);
	return v;
}

static enum arrival sends(struct play *play, const char *json)
{
	struct value request = request_of(json);
	struct callback callback;
	enum arrival arrival;
	int64_t ticket;

	assert_true(run_callback_at(play->run, 0, &callback));
	arrival = run_arrive(
		play->run,
		slice_sub(callback.url, slice_find(callback.url, SLICE("/v1/"), 0), callback.url.len),
		request, &ticket);
	value_unref(request);
	return arrival;
}

static struct play *begin(const struct plan *plan, const struct play *past, size_t count)
{
	struct play *play = mem_new(sizeof(*play));

	play_begin(play, plan, value_null(), NULL, value_null(), past, count);
	return play;
}

static void end(struct play *play)
{
	play_release(play);
	mem_free(play);
}

static void an_endpoint_says_who_waits_and_what_is_kept(void **state)
{
	struct plan *plan = compile(waiting);
	struct play *play = begin(plan, NULL, 0);
	struct callback callback;

	(void)state;
	assert_true(run_callback_at(play->run, 0, &callback));
	assert_false(run_callback_at(play->run, 1, &callback));
	assert_true(slice_is(callback.method, "POST"));
	assert_true(slice_is(callback.step, "main.open"));
	assert_int_equal(callback.waiters, 1);
	assert_false(callback.has_payload);
	assert_int_equal(sends(play, "{\"method\": \"POST\", \"body\": 1}"), ARRIVAL_TAKEN);
	assert_true(run_callback_at(play->run, 0, &callback));
	assert_int_equal(callback.waiters, 0);
	assert_int_equal(sends(play, "{\"method\": \"POST\", \"body\": 2}"), ARRIVAL_TAKEN);
	assert_true(run_callback_at(play->run, 0, &callback));
	assert_true(callback.has_payload);
	assert_int_equal(sends(play, "{\"method\": \"POST\", \"body\": 3}"), ARRIVAL_REFUSED);
	end(play);
	plan_free(plan);
}

static void a_run_that_ended_has_no_callbacks(void **state)
{
	struct plan *plan = compile(waiting);
	struct play *play = begin(plan, NULL, 0);

	(void)state;
	assert_int_equal(sends(play, "{\"method\": \"POST\", \"body\": 1}"), ARRIVAL_TAKEN);
	assert_int_equal(play_to_end(play), RUN_RETURNED);
	assert_int_equal(sends(play, "{\"method\": \"POST\", \"body\": 2}"), ARRIVAL_UNKNOWN);
	end(play);
	plan_free(plan);
}

static struct value text_of_size(size_t size)
{
	char *bytes = mem_alloc(size);
	struct value text;

	memset(bytes, 'a', size);
	text = value_string((struct slice){bytes, size});
	mem_free(bytes);
	return text;
}

static enum arrival sends_body(struct play *play, struct value body)
{
	struct value request = request_of("{\"method\": \"POST\"}");
	struct callback callback;
	enum arrival arrival;
	int64_t ticket;

	value_put(&request, "body", body);
	assert_true(run_callback_at(play->run, 0, &callback));
	arrival = run_arrive(
		play->run,
		slice_sub(callback.url, slice_find(callback.url, SLICE("/v1/"), 0), callback.url.len),
		request, &ticket);
	value_unref(request);
	return arrival;
}

static enum arrival sends_text(struct play *play, size_t size)
{
	return sends_body(play, text_of_size(size));
}

static enum arrival sends_list(struct play *play, int count) /* of texts of 1 KiB */
{
	struct value list = value_list_new((size_t)count);

	for (int i = 0; i < count; i++)
		value_list_push(&list, text_of_size(1 << 10));
	return sends_body(play, list);
}

static void a_refused_request_leaves_no_event(void **state)
{
	struct plan *plan = compile(waiting);
	struct play *play = begin(plan, NULL, 0);
	size_t before = play->event_count;
	struct value deep = request_of("{\"method\": \"POST\", \"body\": []}");
	struct value nest = value_list_new(0);
	struct callback callback;
	int64_t ticket;

	(void)state;
	assert_int_equal(sends(play, "{\"method\": \"GET\"}"), ARRIVAL_WRONG_METHOD);
	for (int i = 0; i < 600; i++) {
		struct value around = value_list_new(1);

		value_list_push(&around, nest);
		nest = around;
	}
	value_put(&deep, "body", nest);
	assert_true(run_callback_at(play->run, 0, &callback));
	assert_int_equal(run_arrive(play->run,
				    slice_sub(callback.url, slice_find(callback.url, SLICE("/v1/"), 0),
					      callback.url.len),
				    deep, &ticket),
			 ARRIVAL_TOO_DEEP);
	value_unref(deep);
	assert_int_equal(sends_text(play, (256 << 10) + 1), ARRIVAL_TOO_LARGE); /* reference, 10: 256 KiB */
	assert_int_equal(sends_list(play, 600), ARRIVAL_TOO_LARGE);		/* 512 KiB of variables */
	assert_int_equal(play->event_count, before);
	assert_int_equal(sends_text(play, 256 << 10), ARRIVAL_TAKEN);
	end(play);
	plan_free(plan);
}

/* The history says that the request came first: a replay says so, however late the clock is. */
static void the_journal_decides_between_request_and_timeout(void **state)
{
	struct plan *plan = compile(waiting);
	struct play *play = begin(plan, NULL, 0);
	struct play *again;
	size_t arrived;

	(void)state;
	assert_int_equal(sends(play, "{\"method\": \"POST\", \"body\": \"in time\"}"), ARRIVAL_TAKEN);
	arrived = play->event_count;
	while (play->events[arrived - 1].kind != EVENT_ARRIVED)
		arrived--;
	again = begin(plan, play, arrived); /* killed right after the request was on disk */
	again->wall_us += 3600 * INT64_C(1000000);
	assert_int_equal(play_to_end(again), RUN_RETURNED);
	assert_true(slice_is(value_text(run_result(again->run)), "in time"));
	end(again);
	again = begin(plan, play, arrived - 1); /* killed right before: nobody was told 200 */
	assert_int_equal(play_to_end(again), RUN_RAISED);
	end(again);
	end(play);
	plan_free(plan);
}

/* What the history has is compared: another method is another endpoint. */
static void a_changed_definition_diverges(void **state)
{
	struct plan *plan = compile(waiting);
	struct plan *other = compile("- open:\n"
				     "    call: events.create_callback_endpoint\n"
				     "    args: {http_callback_method: PUT}\n"
				     "    result: cb\n"
				     "- wait:\n"
				     "    call: events.await_callback\n"
				     "    args: {callback: \"${cb}\"}\n");
	struct play *play = begin(plan, NULL, 0);
	struct play *again = begin(other, play, 2);

	(void)state;
	assert_int_equal(run_status(again->run), RUN_DIVERGED);
	assert_non_null(strstr(run_divergence(again->run), "a callback endpoint in step main.open"));
	end(again);
	end(play);
	plan_free(other);
	plan_free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_endpoint_says_who_waits_and_what_is_kept),
		cmocka_unit_test(a_run_that_ended_has_no_callbacks),
		cmocka_unit_test(a_refused_request_leaves_no_event),
		cmocka_unit_test(the_journal_decides_between_request_and_timeout),
		cmocka_unit_test(a_changed_definition_diverges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
