/* filter_test.c - a step as a filter: what steps/README.md promises of it. step_main runs in a child. */
#include "tests/harness/try_step.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

static const char *const one_thread[] = {"-j1", NULL};
static const char *const four_threads[] = {"-j4", NULL};

/* Runs to the end with this input. */
static int filter(struct forked *child, const struct step *step, const char *const *args, const char *input)
{
	try_start(child, step, args, NULL);
	forked_send(child, input);
	forked_end_input(child);
	return forked_finish(child);
}

static struct value parse(const char *line)
{
	struct value v;
	struct error err = {0};

	if (json_read(slice_of(line), &v, &err) < 0)
		fail_msg("%s in: %s", err.message, line);
	return v;
}

static bool says(struct value line, const char *member, const char *text)
{
	const struct value *error = value_get(line, "error");

	return error && slice_is(value_get_text(*error, member), text);
}

/* The earlier a record, the longer it takes: whoever writes as it finishes writes them backwards. */
static void answers_come_in_the_order_of_the_requests(void **state)
{
	enum { COUNT = 300 };
	struct forked child;
	struct buf input;

	(void)state;
	buf_init(&input, 0);
	for (int i = 0; i < COUNT; i++)
		buf_printf(&input, "{\"n\": %d, \"sleep_ms\": %d}\n", i, 3 - i % 4);
	assert_int_equal(filter(&child, &try_step, four_threads, buf_text(&input)), 0);
	for (int i = 0; i < COUNT; i++) {
		char *line = forked_line(&child);
		struct value v = parse(line);

		assert_int_equal(value_get_int(v, "n", -1), i);
		value_unref(v);
		mem_free(line);
	}
	assert_int_equal(child.out_text.len, 0);
	forked_release(&child);
	buf_release(&input);
}

static void a_bad_record_gives_an_error_line_in_its_place_and_the_rest_goes_on(void **state)
{
	struct forked child;
	struct value first, second, third;
	char *line;

	(void)state;
	assert_int_equal(filter(&child, &try_step, four_threads,
				"{\"n\":1}\n{\"n\":2,\"fail\":\"input\",\"kept\":[1]}\n{\"n\":3}\n"),
			 1);
	first = parse(line = forked_line(&child));
	mem_free(line);
	second = parse(line = forked_line(&child));
	mem_free(line);
	third = parse(line = forked_line(&child));
	mem_free(line);
	assert_int_equal(value_get_int(first, "n", 0), 1);
	assert_int_equal(value_get_int(second, "n", 0), 2);
	assert_non_null(value_get(second, "kept")); /* nothing of the record is lost */
	assert_true(says(second, "type", "urn:lexflow:problem:invalid-input"));
	assert_true(says(second, "detail", "asked to fail: input"));
	assert_true(says(second, "hint", "ask for something else"));
	assert_int_equal(value_get_int(*value_get(second, "error"), "status", 0), 422);
	assert_int_equal(value_get_int(third, "n", 0), 3);
	assert_non_null(strstr(buf_text(&child.err_text), "record 2: asked to fail"));
	value_unref(first);
	value_unref(second);
	value_unref(third);
	forked_release(&child);
}

static void a_line_that_is_no_request_is_named_by_its_number(void **state)
{
	static const struct {
		const char *input, *type;
		int line;
	} cases[] = {
		{"\n\n{oops\n", "urn:lexflow:problem:malformed-json", 3},
		{"[1]\n", "urn:lexflow:problem:invalid-input", 1},
		{"{\"n\":1} {\"n\":2}\n", "urn:lexflow:problem:malformed-json", 1},
		{"\xff\n", "urn:lexflow:problem:malformed-json", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct forked child;
		struct value v;
		char *line;

		assert_int_equal(filter(&child, &try_step, one_thread, cases[i].input), 1);
		v = parse(line = forked_line(&child));
		assert_true(says(v, "type", cases[i].type));
		assert_int_equal(value_get_int(v, "line", 0), cases[i].line);
		mem_free(line);
		value_unref(v);
		forked_release(&child);
	}
}

static void a_line_beyond_the_limit_fails_alone(void **state)
{
	static const char *const args[] = {"-j2", "--max-request", "1024", NULL};
	struct forked child;
	struct buf input;
	char *line;

	(void)state;
	buf_init(&input, 0);
	buf_add_text(&input, "{\"n\":1}\n{\"n\":2,\"x\":\"");
	for (int i = 0; i < 300000; i++)
		buf_add_char(&input, 'x');
	buf_add_text(&input, "\"}\n{\"n\":3}\n");
	assert_int_equal(filter(&child, &try_step, args, buf_text(&input)), 1);
	line = forked_line(&child);
	assert_string_equal(line, "{\"n\":1}");
	mem_free(line);
	line = forked_line(&child);
	assert_non_null(strstr(line, "urn:lexflow:problem:too-large"));
	assert_non_null(strstr(line, "\"line\":2"));
	mem_free(line);
	line = forked_line(&child);
	assert_string_equal(line, "{\"n\":3}");
	mem_free(line);
	buf_release(&input);
	forked_release(&child);
}

static void a_record_with_an_error_passes_byte_for_byte(void **state)
{
	struct forked child;

	(void)state;
	assert_int_equal(filter(&child, &try_step, one_thread, "{ \"z\":1.50, \"error\": {},\"a\":2}\n"), 0);
	assert_string_equal(buf_text(&child.out_text), "{ \"z\":1.50, \"error\": {},\"a\":2}\n");
	forked_release(&child);
}

static void a_step_that_takes_errors_gets_them(void **state)
{
	struct forked child;

	(void)state;
	assert_int_equal(filter(&child, &try_error_step, one_thread, "{\"n\":5,\"error\":{}}\n"), 0);
	assert_string_equal(buf_text(&child.out_text), "{\"n\":5,\"saw_error\":true}\n");
	forked_release(&child);
}

static void a_last_line_without_newline_counts_and_empty_lines_do_not(void **state)
{
	struct forked child;

	(void)state;
	assert_int_equal(filter(&child, &try_step, one_thread, "\n  \n{\"n\":1}\r\n\n{\"n\":2}"), 0);
	assert_string_equal(buf_text(&child.out_text), "{\"n\":1}\n{\"n\":2}\n");
	forked_release(&child);

	assert_int_equal(filter(&child, &try_step, one_thread, ""), 0);
	assert_string_equal(buf_text(&child.out_text), "");
	forked_release(&child);
}

static void an_answer_does_not_wait_for_the_next_request(void **state)
{
	struct forked child;
	char *line;

	(void)state;
	try_start(&child, &try_step, four_threads, NULL);
	for (int i = 0; i < 3; i++) {
		forked_send(&child, "{\"n\":7}\n");
		line = forked_line(&child); /* the input is still open */
		assert_string_equal(line, "{\"n\":7}");
		mem_free(line);
	}
	forked_end_input(&child);
	assert_int_equal(forked_finish(&child), 0);
	forked_release(&child);
}

static void pages_are_followed_to_the_end_and_failures_are_error_lines(void **state)
{
	struct forked child;

	(void)state;
	assert_int_equal(filter(&child, &try_page_step, one_thread, "{\"pages\":2,\"failures\":true}\n"), 1);
	assert_string_equal(buf_text(&child.out_text),
			    "{\"item\":0,\"page\":0}\n{\"item\":1,\"page\":0}\n"
			    "{\"error\":{\"detail\":\"no such thing\"},\"source\":\"page-0\"}\n"
			    "{\"item\":0,\"page\":1}\n{\"item\":1,\"page\":1}\n"
			    "{\"error\":{\"detail\":\"no such thing\"},\"source\":\"page-1\"}\n");
	assert_non_null(strstr(buf_text(&child.err_text), "page-1: no such thing"));
	forked_release(&child);
}

static void a_page_that_names_itself_as_the_next_ends_with_an_error(void **state)
{
	struct forked child;

	(void)state;
	assert_int_equal(filter(&child, &try_page_step, one_thread, "{\"pages\":9,\"stuck\":true}\n"), 1);
	assert_non_null(strstr(buf_text(&child.out_text), "the next page is the same page again"));
	forked_release(&child);
}

static void operands_become_requests_and_a_bad_one_fails_alone(void **state)
{
	static const char *const args[] = {"-j1", "1", "missing", "1", NULL};
	struct forked child;

	(void)state;
	assert_int_equal(filter(&child, &try_page_step, args, "not read\n"), 1);
	assert_string_equal(buf_text(&child.out_text),
			    "{\"item\":0,\"page\":0}\n{\"item\":1,\"page\":0}\n"
			    "{\"error\":{\"detail\":\"missing: no such file\",\"status\":404,"
			    "\"title\":\"What the request refers to does not exist\","
			    "\"type\":\"urn:lexflow:problem:not-found\"},\"operand\":\"missing\"}\n"
			    "{\"item\":0,\"page\":0}\n{\"item\":1,\"page\":0}\n");
	forked_release(&child);
}

static void files_of_requests_are_read_in_order_with_stdin_among_them(void **state)
{
	char path[] = "/tmp/filter_test.XXXXXX";
	const char *args[] = {path, "-", "/no/such/file", path, NULL};
	struct forked child;
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, "{\"n\":1}\n", 8), 8);
	close(fd);
	assert_int_equal(filter(&child, &try_step, args, "{\"n\":2}\n"), 1);
	unlink(path);
	assert_memory_equal(buf_text(&child.out_text), "{\"n\":1}\n{\"n\":2}\n{\"error\":", 25);
	assert_non_null(strstr(buf_text(&child.out_text), "\"operand\":\"/no/such/file\"}\n{\"n\":1}\n"));
	forked_release(&child);
}

/* One record is at work, two wait: the answer of the one is given, the others are not begun, and what the
 * step has to deliver is delivered. */
static void sigterm_answers_what_was_begun_and_closes(void **state)
{
	struct forked child;

	(void)state;
	try_start(&child, &try_step, one_thread, NULL);
	forked_send(&child, "{\"n\":1,\"sleep_ms\":300}\n{\"n\":2}\n{\"n\":3}\n");
	forked_wait_for(&child, "begun 1");
	forked_signal(&child, SIGTERM);
	assert_int_equal(forked_finish(&child), 128 + SIGTERM);
	assert_string_equal(buf_text(&child.out_text), "{\"n\":1}\n");
	assert_null(strstr(buf_text(&child.err_text), "begun 2"));
	assert_non_null(strstr(buf_text(&child.err_text), "stopped by SIGTERM after 1 records"));
	assert_non_null(strstr(buf_text(&child.err_text), "closed"));
	forked_release(&child);
}

static void sigint_while_waiting_for_input_ends_it(void **state)
{
	struct forked child;
	char *line;

	(void)state;
	try_start(&child, &try_step, one_thread, NULL);
	forked_send(&child, "{\"n\":1}\n");
	line = forked_line(&child);
	mem_free(line);
	forked_signal(&child, SIGINT);
	assert_int_equal(forked_finish(&child), 128 + SIGINT);
	assert_non_null(strstr(buf_text(&child.err_text), "closed"));
	forked_release(&child);
}

/* A record that never ends must not hold a person who asks twice. */
static void a_second_signal_ends_the_process_at_once(void **state)
{
	struct forked child;

	(void)state;
	try_start(&child, &try_step, one_thread, NULL);
	forked_send(&child, "{\"n\":1,\"sleep_ms\":50000}\n");
	forked_wait_for(&child, "begun 1");
	forked_signal(&child, SIGTERM);
	for (siginfo_t info = {0};
	     info.si_pid == 0;) { /* signals that come together are one: send until it is dead */
		struct timespec pause = {.tv_nsec = 10 * 1000000};

		nanosleep(&pause, NULL);
		forked_signal(&child, SIGTERM);
		assert_int_equal(waitid(P_PID, (id_t)child.pid, &info, WEXITED | WNOHANG | WNOWAIT), 0);
	}
	assert_int_equal(forked_finish(&child), 128 + SIGTERM);
	assert_null(strstr(buf_text(&child.err_text), "closed"));
	forked_release(&child);
}

static void a_reader_that_goes_away_ends_it_quietly_and_closes(void **state)
{
	struct forked child;
	char *line;

	(void)state;
	try_start(&child, &try_step, four_threads, NULL);
	forked_send(&child, "{\"n\":1}\n");
	line = forked_line(&child);
	mem_free(line);
	forked_close_output(&child);
	for (int i = 0; i < 20000; i++)
		forked_send(&child, "{\"n\":2}\n");
	assert_int_equal(forked_finish(&child), 128 + SIGPIPE);
	assert_non_null(strstr(buf_text(&child.err_text), "closed"));
	forked_release(&child);
}

/* step_main with its stdout on a device that is full. */
static int run_to_full(const void *program, int argc, char **argv)
{
	int full = open("/dev/full", O_WRONLY);

	dup2(full, STDOUT_FILENO);
	close(full);
	return step_main(program, argc, argv);
}

static void a_full_disk_is_a_fault_of_the_machine(void **state)
{
	struct forked child;

	(void)state;
	forked_start(&child, run_to_full, &try_step, one_thread, NULL);
	forked_send(&child, "{\"n\":1}\n");
	forked_end_input(&child);
	assert_int_equal(forked_finish(&child), 3);
	assert_non_null(strstr(buf_text(&child.err_text),
			       "try: error: cannot write to stdout: No space left on device"));
	assert_non_null(strstr(buf_text(&child.err_text), "closed"));
	forked_release(&child);
}

static void wrong_usage_is_exit_2_with_a_hint_and_nothing_done(void **state)
{
	static const struct {
		const char *args[4];
		const char *message;
	} cases[] = {
		{{"--srve"}, "try: error: unknown option --srve\n  hint: did you mean --serve?\n"},
		{{"-j", "x"}, "--jobs: \"x\" is not a whole number"},
		{{"-j", "100000"}, "--jobs is at most"},
		{{"--log", "xml"}, "--log is json or text"},
		{{"--log-level", "loud"}, "--log-level is debug"},
		{{"--timeout", "0"}, "--timeout is from 1"},
		{{"--max-request", "1"}, "--max-request is from 1024"},
		{{"--serve", "file"}, "--serve takes no operand: \"file\""},
		{{"--serve", "--port", "http"}, "\"http\" is not a port"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct forked child;

		assert_int_equal(filter(&child, &try_step, cases[i].args, "{\"n\":1}\n"), 2);
		if (!strstr(buf_text(&child.err_text), cases[i].message))
			fail_msg("\"%s\" is not in: %s", cases[i].message, buf_text(&child.err_text));
		assert_string_equal(buf_text(&child.out_text), "");
		assert_null(strstr(buf_text(&child.err_text), "begun"));
		forked_release(&child);
	}
}

static void a_step_that_cannot_open_says_why_and_reads_nothing(void **state)
{
	struct forked child;

	(void)state;
	assert_int_equal(filter(&child, &try_broken_step, one_thread, "{\"n\":1}\n"), 3);
	assert_string_equal(buf_text(&child.err_text),
			    "try: error: cannot read the model\n  hint: make one\n");
	assert_string_equal(buf_text(&child.out_text), "");
	forked_release(&child);
}

static void help_version_schema_and_verbs_answer_on_stdout(void **state)
{
	static const char *const help[] = {"--help", NULL}, *const version[] = {"--version", NULL},
				 *const schema[] = {"--schema", NULL},
				 *const verb[] = {"train", "--serve", NULL};
	struct forked child;
	struct value v;

	(void)state;
	assert_int_equal(filter(&child, &try_step, help, ""), 0);
	assert_memory_equal(buf_text(&child.out_text), "Example:\n  try < requests.jsonl\n", 32);
	assert_non_null(strstr(buf_text(&child.out_text), "train      make a model"));
	forked_release(&child);

	assert_int_equal(filter(&child, &try_step, version, ""), 0);
	assert_memory_equal(buf_text(&child.out_text), "try (lexflow) ", 14);
	forked_release(&child);

	assert_int_equal(filter(&child, &try_step, schema, ""), 0);
	v = parse(buf_text(&child.out_text));
	assert_true(slice_is(value_get_text(*value_get(v, "request"), "title"), "a wish"));
	assert_true(slice_is(value_get_text(*value_get(v, "response"), "title"), "an answer"));
	value_unref(v);
	forked_release(&child);

	assert_int_equal(filter(&child, &try_step, verb, ""), 42);
	forked_release(&child);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_in_the_order_of_the_requests),
		cmocka_unit_test(a_bad_record_gives_an_error_line_in_its_place_and_the_rest_goes_on),
		cmocka_unit_test(a_line_that_is_no_request_is_named_by_its_number),
		cmocka_unit_test(a_line_beyond_the_limit_fails_alone),
		cmocka_unit_test(a_record_with_an_error_passes_byte_for_byte),
		cmocka_unit_test(a_step_that_takes_errors_gets_them),
		cmocka_unit_test(a_last_line_without_newline_counts_and_empty_lines_do_not),
		cmocka_unit_test(an_answer_does_not_wait_for_the_next_request),
		cmocka_unit_test(pages_are_followed_to_the_end_and_failures_are_error_lines),
		cmocka_unit_test(a_page_that_names_itself_as_the_next_ends_with_an_error),
		cmocka_unit_test(operands_become_requests_and_a_bad_one_fails_alone),
		cmocka_unit_test(files_of_requests_are_read_in_order_with_stdin_among_them),
		cmocka_unit_test(sigterm_answers_what_was_begun_and_closes),
		cmocka_unit_test(sigint_while_waiting_for_input_ends_it),
		cmocka_unit_test(a_second_signal_ends_the_process_at_once),
		cmocka_unit_test(a_reader_that_goes_away_ends_it_quietly_and_closes),
		cmocka_unit_test(a_full_disk_is_a_fault_of_the_machine),
		cmocka_unit_test(wrong_usage_is_exit_2_with_a_hint_and_nothing_done),
		cmocka_unit_test(a_step_that_cannot_open_says_why_and_reads_nothing),
		cmocka_unit_test(help_version_schema_and_verbs_answer_on_stdout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
