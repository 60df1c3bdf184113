/* worker_test.c - questions and answers, and what becomes of a child that fails at one. */
#include "lib/proc/worker.h"

#include "lib/proc/sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the child: this program with the argument "serve" */

static void reply(void *ctx, struct slice question, struct buf *out)
{
	(void)ctx;
	if (slice_is(question, "die"))
		abort();
	if (slice_is(question, "hang"))
		poll(NULL, 0, -1);
	if (slice_is(question, "leave"))
		_exit(0);
	if (slice_is(question, "flood"))
		while (buf_add_text(out, "flood") == 0)
			;
	if (slice_is(question, "open"))
		buf_add_text(out, open("/etc/passwd", O_RDONLY) >= 0 ? "opened" : "refused");
	else if (slice_is(question, "talk"))
		buf_add_text(out, socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? "talked" : "refused");
	else
		buf_printf(out, "<%.*s>", SLICE_ARG(question));
}

static int serve(void)
{
	struct error err = {0};

	return sandbox_confine(&err) < 0 || worker_serve(1 << 20, 2 << 20, reply, NULL) < 0 ? 1 : 0;
}

/* ---- */

enum { PATIENCE_MS = 60000 };

static int setup(void **state)
{
	static const char *const argv[] = {"/proc/self/exe", "serve", NULL};
	struct worker_options options = {.argv = argv, .limits = {.sandbox = true}, .answer_limit = 1 << 20};
	struct error err = {0};

	*state = worker_open(&options, &err);
	assert_non_null(*state);
	return 0;
}

static int teardown(void **state)
{
	worker_close(*state);
	return 0;
}

static enum error_kind ask(struct worker *worker, const char *question, int64_t timeout_ms,
			   const char *expected)
{
	struct error err = {0};
	struct buf answer;
	int status;

	buf_init(&answer, 0);
	status = worker_ask(worker, slice_of(question), timeout_ms, &answer, &err);
	if (expected) {
		assert_int_equal(status, 0);
		assert_string_equal(buf_text(&answer), expected);
	} else {
		assert_int_equal(status, -1);
	}
	buf_release(&answer);
	return err.kind;
}

static void one_child_answers_many_questions(void **state)
{
	ask(*state, "one", PATIENCE_MS, "<one>");
	ask(*state, "", PATIENCE_MS, "<>");
	ask(*state, "three", PATIENCE_MS, "<three>");
	assert_int_equal(worker_answered(*state), 3);
}

static void large_messages_go_through(void **state)
{
	size_t size = 900000;
	char *question = malloc(size + 1);
	char *expected = malloc(size + 3);

	memset(question, 'q', size);
	question[size] = '\0';
	expected[0] = '<';
	memcpy(expected + 1, question, size);
	memcpy(expected + 1 + size, ">", 2);
	ask(*state, question, PATIENCE_MS, expected);
	free(question);
	free(expected);
}

static void a_crash_is_blamed_on_the_question(void **state)
{
	ask(*state, "one", PATIENCE_MS, "<one>");
	assert_int_equal(ask(*state, "die", PATIENCE_MS, NULL), ERROR_INPUT);
	assert_int_equal(ask(*state, "one", PATIENCE_MS, NULL), ERROR_INPUT); /* it stays dead */
}

static void an_end_without_an_answer_is_an_error(void **state)
{
	assert_int_equal(ask(*state, "leave", PATIENCE_MS, NULL), ERROR_INPUT);
}

static void a_hang_is_ended_by_the_timeout(void **state)
{
	assert_int_equal(ask(*state, "hang", 50, NULL), ERROR_LIMIT);
}

static void a_too_long_answer_is_refused(void **state)
{
	assert_int_equal(ask(*state, "flood", PATIENCE_MS, NULL), ERROR_LIMIT);
}

static void a_confined_child_neither_opens_nor_talks(void **state)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	skip(); /* a sanitizer's run-time needs more than confinement leaves */
#endif
	ask(*state, "open", PATIENCE_MS, "refused");
	ask(*state, "talk", PATIENCE_MS, "refused");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(one_child_answers_many_questions),         TEST(large_messages_go_through),
		TEST(a_crash_is_blamed_on_the_question),        TEST(an_end_without_an_answer_is_an_error),
		TEST(a_hang_is_ended_by_the_timeout),           TEST(a_too_long_answer_is_refused),
		TEST(a_confined_child_neither_opens_nor_talks),
	};

	if (argc == 2 && strcmp(argv[1], "serve") == 0)
		_exit(serve());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
