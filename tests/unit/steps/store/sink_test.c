/* sink_test.c - names of sinks, answers to POSTs, waiting times. Sources: sink.h, RFC 9110, RFC 8470. */
#include "lib/http/backoff.h"
#include "steps/store/posting_answer.h"
#include "steps/store/sink.h"

#include "lib/mem/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void a_path_becomes_a_uri(void **state)
{
	struct error err = {0};
	struct sink sink;
	struct buf place;

	(void)state;
	assert_int_equal(sink_init(&sink, "sqlite:/var/my decisions#1.db", &err), 0);
	assert_int_equal(sink.kind, SINK_SQLITE);
	assert_string_equal(sink.path, "/var/my decisions#1.db");
	assert_string_equal(sink.name, "sqlite:///var/my%20decisions%231.db");
	buf_init(&place, 0);
	sink_place(&sink, SLICE("a#b"), &place);
	assert_string_equal(buf_text(&place), "sqlite:///var/my%20decisions%231.db#a%23b");
	buf_release(&place);
	sink_release(&sink);
}

static void mistakes_are_told(void **state)
{
	static const char *const bad[] = {"",
					  "decisions.db",
					  "sqlite:",
					  "ftp://a/b",
					  "http://",
					  "https://u:p@host/",
					  "http://token@host/x",
					  "http://host/#part"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error err = {0};
		struct sink sink;

		assert_int_equal(sink_init(&sink, bad[i], &err), -1);
		assert_int_equal(err.kind, ERROR_INPUT);
	}
}

static void a_password_is_not_repeated_in_the_message(void **state)
{
	struct error err = {0};
	struct sink sink;

	(void)state;
	assert_int_equal(sink_init(&sink, "https://user:hunter2@host/", &err), -1);
	assert_null(strstr(err.message, "hunter2"));
}

static void the_default_database_is_in_the_state_folder(void **state)
{
	struct error err = {0};
	char *path;

	(void)state;
	unsetenv("STORE_DATABASE");
	setenv("XDG_STATE_HOME", "/s", 1);
	path = sink_database_path(NULL, &err);
	assert_string_equal(path, "/s/lexflow/decisions.db");
	mem_free(path);
	setenv("STORE_DATABASE", "/e/x.db", 1);
	path = sink_database_path(NULL, &err);
	assert_string_equal(path, "/e/x.db");
	mem_free(path);
	path = sink_database_path("/f/y.db", &err); /* a flag beats the environment */
	assert_string_equal(path, "/f/y.db");
	mem_free(path);
}

/* ---- answers */

static struct posting_answer judge(enum http_outcome outcome, int status, const char *retry_after,
				   const char *body)
{
	struct http_header header = {"Retry-After", retry_after};
	struct http_response response = {
		.outcome = outcome,
		.status = status,
		.headers = &header,
		.header_count = retry_after ? 1 : 0,
		.body = slice_of(body),
		.message = "no route to host",
	};
	struct posting_answer answer;

	posting_answer_read(&answer, &response);
	return answer;
}

static void answers_of_2xx_are_deliveries(void **state)
{
	(void)state;
	assert_int_equal(judge(HTTP_ANSWERED, 200, NULL, "").verdict, ANSWER_DELIVERED);
	assert_int_equal(judge(HTTP_ANSWERED, 204, NULL, "").verdict, ANSWER_DELIVERED);
}

static void what_may_pass_is_tried_again(void **state)
{
	static const int passing[] = {408, 425, 429, 502, 503, 504};

	(void)state;
	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		assert_int_equal(judge(HTTP_ANSWERED, passing[i], NULL, "").verdict, ANSWER_SINK_FAILED);
	assert_int_equal(judge(HTTP_ANSWERED, 500, NULL, "").verdict, ANSWER_FAILED);
	assert_int_equal(judge(HTTP_CONNECTION_FAILED, 0, NULL, "").verdict, ANSWER_SINK_FAILED);
	assert_int_equal(judge(HTTP_CONNECTION_BROKEN, 0, NULL, "").verdict, ANSWER_SINK_FAILED);
	assert_int_equal(judge(HTTP_TIMED_OUT, 0, NULL, "").verdict, ANSWER_SINK_FAILED);
	assert_string_equal(judge(HTTP_TIMED_OUT, 0, NULL, "").reason, "no route to host");
}

static void everything_else_is_refused_for_good(void **state)
{
	static const int final[] = {301, 400, 401, 403, 404, 409, 410, 413, 422};

	(void)state;
	for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++)
		assert_int_equal(judge(HTTP_ANSWERED, final[i], NULL, "").verdict, ANSWER_REFUSED);
}

static void a_reason_is_one_clean_line(void **state)
{
	struct posting_answer answer = judge(HTTP_ANSWERED, 400, NULL, "bad\n\x1b[31mrecord\xff");

	(void)state;
	assert_string_equal(answer.reason, "HTTP 400: bad  [31mrecord\xEF\xBF\xBD");
}

static void retry_after_is_seconds_or_a_date(void **state)
{
	/* RFC 9110, 5.6.7: the date of its examples is 784111777 seconds after 1970. */
	const int64_t now_us = INT64_C(784111777) * 1000000;

	(void)state;
	assert_int_equal(judge(HTTP_ANSWERED, 503, "7", "").retry_after_ms, 7000);
	assert_int_equal(judge(HTTP_ANSWERED, 503, NULL, "").retry_after_ms, -1);
	assert_int_equal(judge(HTTP_ANSWERED, 503, "soon", "").retry_after_ms, -1);
	assert_int_equal(backoff_retry_after_ms("120", now_us), 120000);
	assert_int_equal(backoff_retry_after_ms("Sun, 06 Nov 1994 08:49:47 GMT", now_us), 10000);
	assert_int_equal(backoff_retry_after_ms("Sun, 06 Nov 1994 08:00:00 GMT", now_us), 0);
	assert_int_equal(backoff_retry_after_ms("999999999999", now_us), BACKOFF_MAX_RETRY_AFTER_MS);
	assert_int_equal(backoff_retry_after_ms("12x", now_us), -1);
}

static void waits_double_up_to_a_bound(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		assert_in_range(backoff_ms(1), BACKOFF_FIRST_MS / 2, BACKOFF_FIRST_MS);
		assert_in_range(backoff_ms(3), BACKOFF_FIRST_MS * 2, BACKOFF_FIRST_MS * 4);
		assert_in_range(backoff_ms(1000), BACKOFF_MAX_MS / 2, BACKOFF_MAX_MS);
	}
}

static void the_key_of_an_entry_stays(void **state)
{
	struct outbox_entry entry = {.number = 1, .record = SLICE("{}"), .accepted_us = 5};
	char first[POSTING_KEY_SIZE], second[POSTING_KEY_SIZE];

	(void)state;
	posting_key(&entry, first);
	entry.number = 9; /* parked, and sent again under another number */
	assert_string_equal(posting_key(&entry, second), first);
	entry.accepted_us = 6; /* the same record, sent to the store once more */
	assert_string_not_equal(posting_key(&entry, second), first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_becomes_a_uri),
		cmocka_unit_test(mistakes_are_told),
		cmocka_unit_test(a_password_is_not_repeated_in_the_message),
		cmocka_unit_test(the_default_database_is_in_the_state_folder),
		cmocka_unit_test(answers_of_2xx_are_deliveries),
		cmocka_unit_test(what_may_pass_is_tried_again),
		cmocka_unit_test(everything_else_is_refused_for_good),
		cmocka_unit_test(a_reason_is_one_clean_line),
		cmocka_unit_test(retry_after_is_seconds_or_a_date),
		cmocka_unit_test(waits_double_up_to_a_bound),
		cmocka_unit_test(the_key_of_an_entry_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
