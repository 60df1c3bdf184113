/* parsers_test.c - parsing in a child: what it answers, and what becomes of one that dies. */
#include "steps/ingest/parsers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct asked {
	struct parsers *parsers;
	enum parse_kind kind;
	struct slice bytes;
	struct parsed parsed;
	struct error err;
	int status;
};

static void *ask(void *arg)
{
	struct asked *a = arg;

	parsed_init(&a->parsed);
	a->status = parsers_ask(a->parsers, a->kind, a->bytes, &a->parsed, &a->err);
	return NULL;
}

static struct asked ask_now(struct parsers *parsers, enum parse_kind kind, struct slice bytes)
{
	struct asked a = {.parsers = parsers, .kind = kind, .bytes = bytes};

	ask(&a);
	return a;
}

static void a_page_comes_back_with_title_and_dates(void **state)
{
	struct parsers *parsers = parsers_new(NULL);
	struct asked a = ask_now(parsers, PARSE_HTML,
				 SLICE("<title>Ordonnance</title><meta name=date "
				       "content=2031-03-09><p>amende de 10&nbsp;&euro;"));

	(void)state;
	assert_int_equal(a.status, 0);
	assert_string_equal(buf_text(&a.parsed.text), "amende de 10 €");
	assert_string_equal(buf_text(&a.parsed.title), "Ordonnance");
	assert_true(slice_is(value_get_text(a.parsed.dates, "published"), "2031-03-09"));
	parsed_release(&a.parsed);
	parsers_free(parsers);
}

static void the_reason_of_a_refusal_comes_back(void **state)
{
	struct parsers *parsers = parsers_new(NULL);
	struct asked a = ask_now(parsers, PARSE_DOCX, SLICE("PK\x03\x04 nothing"));

	(void)state;
	assert_int_equal(a.status, -1);
	assert_int_equal(a.err.kind, ERROR_INPUT);
	assert_non_null(strstr(a.err.message, "DOCX"));
	parsed_release(&a.parsed);
	parsers_free(parsers);
}

static void a_file_is_named(void **state)
{
	struct parsers *parsers = parsers_new(NULL);
	struct asked a = ask_now(parsers, PARSE_NAME, (struct slice){"\x1F\x8B\x08\0\0\0\0\0\0\x03", 10});

	(void)state;
	assert_int_equal(a.status, 0);
	assert_true(slice_starts(buf_slice(&a.parsed.text), SLICE("application/gzip: ")));
	parsed_release(&a.parsed);
	parsers_free(parsers);
}

static void a_child_that_always_dies_fails_the_document(void **state)
{
	struct parsers *parsers = parsers_new("/bin/false");
	struct asked a = ask_now(parsers, PARSE_HTML, SLICE("<p>x"));

	(void)state;
	assert_int_equal(a.status, -1);
	assert_int_equal(a.err.kind, ERROR_INPUT);
	parsed_release(&a.parsed);
	parsers_free(parsers);
}

static void a_child_that_talks_nonsense_is_not_believed(void **state)
{
	struct parsers *parsers =
		parsers_new("/bin/echo"); /* prints "parse": taken for a length it is absurd */
	struct asked a = ask_now(parsers, PARSE_HTML, SLICE("<p>x"));

	(void)state;
	assert_int_equal(a.status, -1);
	assert_int_equal(a.err.kind, ERROR_INPUT);
	parsed_release(&a.parsed);
	parsers_free(parsers);
}

static void a_missing_program_is_the_machines_fault(void **state)
{
	struct parsers *parsers = parsers_new("/no/such/program");
	struct asked a = ask_now(parsers, PARSE_HTML, SLICE("<p>x"));

	(void)state;
	assert_int_equal(a.err.kind, ERROR_IO);
	parsed_release(&a.parsed);
	parsers_free(parsers);
}

/* A child dies with the thread that started it; the next document must not be blamed for that. */
static void a_child_found_dead_is_replaced(void **state)
{
	struct asked first = {.parsers = parsers_new(NULL), .kind = PARSE_HTML, .bytes = SLICE("<p>one")};
	struct asked second;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, ask, &first), 0);
	pthread_join(thread, NULL);
	assert_int_equal(first.status, 0);
	second = ask_now(first.parsers, PARSE_HTML, SLICE("<p>two"));
	assert_int_equal(second.status, 0);
	assert_string_equal(buf_text(&second.parsed.text), "two");
	parsed_release(&first.parsed);
	parsed_release(&second.parsed);
	parsers_free(first.parsers);
}

enum { THREADS = 4, ROUNDS = 20 };

static void *ask_often(void *parsers)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct asked a = ask_now(parsers, PARSE_HTML, SLICE("<p>text"));

		assert_int_equal(a.status, 0);
		assert_string_equal(buf_text(&a.parsed.text), "text");
		parsed_release(&a.parsed);
	}
	return NULL;
}

static void threads_do_not_mix_their_answers(void **state)
{
	struct parsers *parsers = parsers_new(NULL);
	pthread_t threads[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often, parsers), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	parsers_free(parsers);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_comes_back_with_title_and_dates),
		cmocka_unit_test(the_reason_of_a_refusal_comes_back),
		cmocka_unit_test(a_file_is_named),
		cmocka_unit_test(a_child_that_always_dies_fails_the_document),
		cmocka_unit_test(a_child_that_talks_nonsense_is_not_believed),
		cmocka_unit_test(a_missing_program_is_the_machines_fault),
		cmocka_unit_test(a_child_found_dead_is_replaced),
		cmocka_unit_test(threads_do_not_mix_their_answers),
	};

	if (argc == 2 && strcmp(argv[1], PARSERS_VERB) == 0)
		return parsers_child(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
