/* outbox_test.c - what is acknowledged is on disk, once, until it is delivered. */
#include "steps/store/outbox.h"

#include "lib/clock/clock.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

struct fixture {
	char folder[64], path[96];
};

static const char *const one_sink[] = {"sqlite:///a.db"};
static const char *const two_sinks[] = {"sqlite:///a.db", "http://b/"};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->folder, "/tmp/outbox_test.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/d.db.outbox", f->folder);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[96];

	snprintf(command, sizeof(command), "rm -rf '%s'", f->folder);
	free(f);
	return system(command);
}

static struct outbox *open_outbox(struct fixture *f, const char *const *sinks, size_t count)
{
	struct error err = {0};
	struct outbox *outbox = outbox_open(f->path, sinks, count, &err);

	assert_string_equal(err.message, "");
	assert_non_null(outbox);
	return outbox;
}

static void accept(struct outbox *outbox, const char *document, const char *key, const char *record)
{
	struct error err = {0};

	assert_int_equal(outbox_accept(outbox, slice_of(document), slice_of(key), slice_of(record), &err), 0);
	assert_string_equal(err.message, "");
}

static void add_entry(void *ctx, const struct outbox_entry *entry)
{
	buf_printf(ctx, "%.*s=%.*s ", SLICE_ARG(entry->document), SLICE_ARG(entry->record));
}

static void expect_waiting(struct outbox *outbox, size_t sink, const char *expected)
{
	struct error err = {0};
	struct outbox_reader *reader = outbox_reader_open(outbox, sink, &err);
	struct buf text;

	buf_init(&text, 0);
	assert_true(outbox_reader_next(reader, 0, 1000, 1 << 20, add_entry, &text, &err) >= 0);
	assert_string_equal(buf_text(&text), expected);
	buf_release(&text);
	outbox_reader_close(reader);
}

static void add_row(void *ctx, const struct outbox_row *row)
{
	buf_printf(ctx, "%.*s %s %d %.*s; ", SLICE_ARG(row->document), row->is_parked ? "parked" : "waiting",
		   row->attempts, SLICE_ARG(row->reason));
}

static void expect_rows(struct fixture *f, const char *expected)
{
	struct error err = {0};
	struct db *db = outbox_look(f->path, &err);
	struct buf text;

	buf_init(&text, 0);
	assert_int_equal(outbox_list(db, add_row, &text, &err), 0);
	assert_string_equal(buf_text(&text), expected);
	buf_release(&text);
	db_close(db);
}

static int64_t count(struct fixture *f, const char *sql)
{
	struct db *db = outbox_look(f->path, NULL);
	sqlite3_stmt *stmt = db_prepare(db, sql, NULL);
	int64_t result;

	assert_int_equal(db_step(db, stmt, NULL), 1);
	result = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	db_close(db);
	return result;
}

static void what_is_accepted_waits_for_every_sink(void **state)
{
	struct fixture *f = *state;
	struct outbox *outbox = open_outbox(f, two_sinks, 2);

	accept(outbox, "a", "", "{1}");
	accept(outbox, "b", "", "{2}");
	expect_waiting(outbox, 0, "a={1} b={2} ");
	expect_waiting(outbox, 1, "a={1} b={2} ");
	outbox_close(outbox);
}

static void it_survives_a_restart(void **state)
{
	struct fixture *f = *state;
	struct outbox *outbox = open_outbox(f, one_sink, 1);

	accept(outbox, "a", "", "{1}");
	outbox_close(outbox);
	outbox = open_outbox(f, one_sink, 1);
	expect_waiting(outbox, 0, "a={1} ");
	outbox_close(outbox);
}

static void an_entry_goes_with_its_last_delivery(void **state)
{
	struct fixture *f = *state;
	struct outbox *outbox = open_outbox(f, two_sinks, 2);

	accept(outbox, "a", "", "{1}");
	outbox_mark(outbox, 0, 1, OUTBOX_DONE, 1, NULL);
	outbox_close(outbox); /* commits the mark */
	assert_int_equal(count(f, "SELECT count(*) FROM entries"), 1);
	outbox = open_outbox(f, two_sinks, 2);
	expect_waiting(outbox, 0, "");
	expect_waiting(outbox, 1, "a={1} ");
	outbox_mark(outbox, 1, 1, OUTBOX_DONE, 1, NULL);
	outbox_close(outbox);
	assert_int_equal(count(f, "SELECT count(*) FROM entries"), 0);
}

static void a_number_never_returns(void **state)
{
	struct fixture *f = *state;
	struct outbox *outbox = open_outbox(f, one_sink, 1);

	accept(outbox, "a", "", "{1}");
	outbox_mark(outbox, 0, 1, OUTBOX_DONE, 1, NULL);
	outbox_close(outbox);
	outbox = open_outbox(f, one_sink, 1);
	accept(outbox, "b", "", "{2}");
	outbox_close(outbox);
	assert_int_equal(count(f, "SELECT number FROM entries"), 2);
}

static void a_repeated_key_adds_nothing(void **state)
{
	struct fixture *f = *state;
	struct outbox *outbox = open_outbox(f, one_sink, 1);

	accept(outbox, "a", "run/1", "{1}");
	accept(outbox, "a", "run/1", "{1}");
	accept(outbox, "a", "run/2", "{1}"); /* another call */
	accept(outbox, "a", "run/1", "{other}");
	accept(outbox, "a", "", "{1}"); /* without a key nothing is a repeat */
	expect_waiting(outbox, 0, "a={1} a={1} a={other} a={1} ");
	outbox_close(outbox);
	outbox = open_outbox(f, one_sink, 1);
	accept(outbox, "a", "run/2", "{1}"); /* known after a restart too */
	assert_int_equal(count(f, "SELECT count(*) FROM entries"), 4);
	outbox_close(outbox);
}

static void old_keys_are_forgotten(void **state)
{
	struct fixture *f = *state;
	struct outbox *outbox = open_outbox(f, one_sink, 1);
	int64_t then = clock_wall_us();

	accept(outbox, "a", "run/1", "{1}");
	outbox_close(outbox);
	clock_hold(then + ((int64_t)OUTBOX_KEY_DAYS * 86400 + 60) * 1000000);
	outbox = open_outbox(f, one_sink, 1);
	clock_release();
	outbox_close(outbox);
	assert_int_equal(count(f, "SELECT count(*) FROM keys"), 0);
}

static void a_long_key_is_refused(void **state)
{
	struct fixture *f = *state;
	struct outbox *outbox = open_outbox(f, one_sink, 1);
	struct error err = {0};
	char key[OUTBOX_MAX_KEY + 1];

	memset(key, 'k', sizeof(key));
	assert_int_equal(
		outbox_accept(outbox, SLICE("a"), (struct slice){key, sizeof(key)}, SLICE("{}"), &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	outbox_close(outbox);
}

static void parked_entries_wait_again_when_asked(void **state)
{
	struct fixture *f = *state;
	struct outbox *outbox = open_outbox(f, two_sinks, 2);
	struct error err = {0};
	struct db *db;

	accept(outbox, "a", "", "{1}");
	accept(outbox, "b", "", "{2}");
	outbox_mark(outbox, 0, 1, OUTBOX_DONE, 1, NULL);
	outbox_mark(outbox, 1, 1, OUTBOX_PARKED, 1, "HTTP 400");
	outbox_mark(outbox, 1, 2, OUTBOX_FAILED, 3, "HTTP 503");
	outbox_mark(outbox, 0, 2, OUTBOX_DONE, 1, NULL);
	outbox_close(outbox);
	expect_rows(f, "a parked 1 HTTP 400; b waiting 3 HTTP 503; ");

	outbox = open_outbox(f, two_sinks, 2);
	expect_waiting(outbox, 1, "b={2} ");
	db = outbox_look(f->path, &err);
	assert_int_equal(outbox_unpark(db, &err), 1);
	assert_int_equal(outbox_unpark(db, &err), 0);
	db_close(db);
	expect_waiting(outbox, 1, "b={2} a={1} "); /* behind, where a reader that is under way finds it */
	expect_waiting(outbox, 0, "");
	outbox_close(outbox);
	assert_int_equal(count(f, "SELECT count(*) FROM entries"), 2);
}

static void a_reader_takes_pieces(void **state)
{
	struct fixture *f = *state;
	struct outbox *outbox = open_outbox(f, one_sink, 1);
	struct error err = {0};
	struct outbox_reader *reader;
	struct buf text;

	for (int i = 0; i < 5; i++)
		accept(outbox, "d", "", "{12345678}");
	reader = outbox_reader_open(outbox, 0, &err);
	buf_init(&text, 0);
	assert_int_equal(outbox_reader_next(reader, 0, 2, 1000, add_entry, &text, &err), 2);
	assert_int_equal(outbox_reader_next(reader, 2, 10, 15, add_entry, &text, &err),
			 2); /* 20 bytes pass 15 */
	assert_int_equal(outbox_reader_next(reader, 4, 10, 1000, add_entry, &text, &err), 1);
	assert_int_equal(outbox_reader_next(reader, 5, 10, 1000, add_entry, &text, &err), 0);
	assert_int_equal(outbox_reader_count(reader, &err), 5);
	assert_int_equal(outbox_reader_get(reader, 3, add_entry, &text, &err), 1);
	assert_int_equal(outbox_reader_get(reader, 99, add_entry, &text, &err), 0);
	buf_release(&text);
	outbox_reader_close(reader);
	outbox_close(outbox);
}

static void one_process_at_a_time_delivers(void **state)
{
	struct fixture *f = *state;
	struct outbox *first = open_outbox(f, one_sink, 1);
	struct outbox *second =
		open_outbox(f, one_sink, 1); /* locks belong to the open file, so this is as good */

	assert_true(outbox_own(first));
	assert_true(outbox_own(first));
	assert_false(outbox_own(second));
	accept(second, "a", "", "{1}"); /* accepting goes on */
	expect_waiting(first, 0, "a={1} ");
	outbox_close(first);
	assert_true(outbox_own(second));
	outbox_close(second);
}

/* ---- many at once */

enum { THREADS = 8, EACH = 125 };

struct sender {
	pthread_t thread;
	struct outbox *outbox;
	int number, failed;
};

static void *send_many(void *arg)
{
	struct sender *sender = arg;

	for (int i = 0; i < EACH; i++) {
		char id[32];

		snprintf(id, sizeof(id), "%d-%d", sender->number, i);
		sender->failed +=
			outbox_accept(sender->outbox, slice_of(id), slice_of(id), SLICE("{}"), NULL) < 0;
	}
	return NULL;
}

static void threads_share_commits_and_lose_nothing(void **state)
{
	struct fixture *f = *state;
	struct outbox *outbox = open_outbox(f, one_sink, 1);
	struct sender senders[THREADS] = {0};

	for (int i = 0; i < THREADS; i++) {
		senders[i] = (struct sender){.outbox = outbox, .number = i};
		assert_int_equal(pthread_create(&senders[i].thread, NULL, send_many, &senders[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(senders[i].thread, NULL);
		assert_int_equal(senders[i].failed, 0);
	}
	outbox_close(outbox);
	assert_int_equal(count(f, "SELECT count(DISTINCT document) FROM entries"), THREADS * EACH);
	assert_int_equal(count(f, "SELECT count(*) FROM deliveries"), THREADS * EACH);
}

static void notice(void *ctx)
{
	atomic_fetch_add((atomic_int *)ctx, 1);
}

static void a_listener_hears_of_additions_only(void **state)
{
	struct fixture *f = *state;
	struct outbox *outbox = open_outbox(f, one_sink, 1);
	atomic_int heard = 0;
	int before;

	outbox_listen(outbox, notice, &heard);
	accept(outbox, "a", "k", "{1}");
	outbox_listen(outbox, notice, &heard); /* returns when no call is under way */
	before = atomic_load(&heard);
	assert_int_equal(before, 1);
	accept(outbox, "a", "k", "{1}");
	outbox_listen(outbox, NULL, NULL);
	assert_int_equal(atomic_load(&heard), before);
	outbox_close(outbox);
}

/* ---- a disk that is full */

/* In a child, since the limit holds for the whole process. */
static int fill(struct fixture *f)
{
	struct outbox *outbox = outbox_open(f->path, one_sink, 1, NULL);
	struct rlimit limit = {256 << 10, 256 << 10};
	struct error err = {0};
	char record[4096];
	int accepted = 0;

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	memset(record, 'x', sizeof(record));
	while (accepted < 1000 && outbox_accept(outbox, SLICE("d"), SLICE(""),
						(struct slice){record, sizeof(record)}, &err) == 0)
		accepted++;
	outbox_close(outbox);
	if (err.kind != ERROR_BUSY || !strstr(err.message, "disk is full"))
		return 255;
	return accepted; /* fewer than 64 fit */
}

static void a_full_disk_refuses_and_keeps_what_it_accepted(void **state)
{
	struct fixture *f = *state;
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(fill(f));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_in_range(WEXITSTATUS(status), 1, 100);
	assert_int_equal(count(f, "SELECT count(*) FROM entries"), WEXITSTATUS(status));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		CASE(a_full_disk_refuses_and_keeps_what_it_accepted), /* first: it forks */
		CASE(what_is_accepted_waits_for_every_sink),
		CASE(it_survives_a_restart),
		CASE(an_entry_goes_with_its_last_delivery),
		CASE(a_number_never_returns),
		CASE(a_repeated_key_adds_nothing),
		CASE(old_keys_are_forgotten),
		CASE(a_long_key_is_refused),
		CASE(parked_entries_wait_again_when_asked),
		CASE(a_reader_takes_pieces),
		CASE(one_process_at_a_time_delivers),
		CASE(threads_share_commits_and_lose_nothing),
		CASE(a_listener_hears_of_additions_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
