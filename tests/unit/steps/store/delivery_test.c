/* delivery_test.c - from the outbox to databases and to a server that misbehaves as scripted. */
#include "steps/store/decisions.h"
#include "steps/store/delivery.h"

#include "lib/http/server.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

enum { DRAIN_MS = 20000, MAX_SEEN = 2000 };

/* ---- the world: a folder, and a server that answers from a script */

struct seen {
	char body[64], key[80], authorization[64];
};

struct fixture {
	char folder[64], outbox_path[96], database[96], url[64];
	struct logger log;
	struct http_server *server;
	pthread_mutex_t mutex;
	struct seen seen[MAX_SEEN];
	int seen_count, under_way, most_under_way;
	int script[16];     /* status of the first answers; 0: 200 from here on */
	const char *refuse; /* a body that is answered with 422 each time */
	long delay_ms;
	long retry_after_s;
	struct outbox *outbox;
	struct sink sinks[2];
	size_t count;
	struct docstore *documents;
	struct delivery *delivery;
};

static void pause_ms(long ms)
{
	struct timespec time = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&time, NULL);
}

static void handle(void *ctx, const struct http_incoming *incoming, struct http_reply *reply)
{
	struct fixture *f = ctx;
	struct slice key = http_incoming_header(incoming, "Idempotency-Key");
	struct slice token = http_incoming_header(incoming, "Authorization");
	struct seen *seen;
	int number;

	pthread_mutex_lock(&f->mutex);
	number = f->seen_count++;
	seen = &f->seen[number % MAX_SEEN];
	snprintf(seen->body, sizeof(seen->body), "%.*s", SLICE_ARG(incoming->body));
	snprintf(seen->key, sizeof(seen->key), "%.*s", SLICE_ARG(key));
	snprintf(seen->authorization, sizeof(seen->authorization), "%.*s", SLICE_ARG(token));
	if (++f->under_way > f->most_under_way)
		f->most_under_way = f->under_way;
	pthread_mutex_unlock(&f->mutex);
	pause_ms(f->delay_ms);
	if (number < 16 && f->script[number])
		reply->status = f->script[number];
	if (f->refuse && slice_is(incoming->body, f->refuse))
		reply->status = 422;
	if (reply->status >= 400)
		reply->retry_after_s = f->retry_after_s;
	pthread_mutex_lock(&f->mutex);
	f->under_way--;
	pthread_mutex_unlock(&f->mutex);
}

static const struct http_route routes[] = {{"POST", "/in", handle, false}, {0}};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct http_server_options options = {.routes = routes, .ctx = f, .log = &f->log, .threads = 64};
	struct error err = {0};

	f->log = (struct logger){.fd = 2, .format = LOG_TEXT, .threshold = LOG_CRITICAL, .component = "test"};
	pthread_mutex_init(&f->mutex, NULL);
	strcpy(f->folder, "/tmp/delivery_test.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->outbox_path, sizeof(f->outbox_path), "%s/d.db.outbox", f->folder);
	snprintf(f->database, sizeof(f->database), "%s/d.db", f->folder);
	f->server = http_server_open(&options, &err);
	assert_string_equal(err.message, "");
	snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%d/in", http_server_port(f->server));
	f->documents = docstore_open(f->folder, &err);
	assert_non_null(f->documents);
	*state = f;
	return 0;
}

static void add_sink(struct fixture *f, const char *prefix, const char *rest)
{
	struct error err = {0};
	char spec[128];

	snprintf(spec, sizeof(spec), "%s%s", prefix, rest);
	assert_int_equal(sink_init(&f->sinks[f->count], spec, &err), 0);
	f->count++;
}

static void open_outbox(struct fixture *f)
{
	const char *names[2];
	struct error err = {0};

	for (size_t i = 0; i < f->count; i++)
		names[i] = f->sinks[i].name;
	f->outbox = outbox_open(f->outbox_path, names, f->count, &err);
	assert_string_equal(err.message, "");
}

static void start(struct fixture *f)
{
	struct delivery_setup delivery = {
		.outbox = f->outbox,
		.sinks = f->sinks,
		.count = f->count,
		.documents = f->documents,
		.log = &f->log,
		.window = 32,
		.token = "s3cret",
	};
	struct error err = {0};

	f->delivery = delivery_start(&delivery, &err);
	assert_string_equal(err.message, "");
}

static void accept(struct fixture *f, const char *document, const char *record)
{
	struct error err = {0};

	assert_int_equal(outbox_accept(f->outbox, slice_of(document), SLICE(""), slice_of(record), &err), 0);
	assert_string_equal(err.message, "");
}

static void finish(struct fixture *f)
{
	delivery_finish(f->delivery, DRAIN_MS);
	outbox_close(f->outbox);
	f->delivery = NULL;
	f->outbox = NULL;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[96];

	finish(f);
	http_server_close(f->server);
	docstore_close(f->documents);
	for (size_t i = 0; i < f->count; i++)
		sink_release(&f->sinks[i]);
	pthread_mutex_destroy(&f->mutex);
	snprintf(command, sizeof(command), "rm -rf '%s'", f->folder);
	free(f);
	return system(command);
}

static int64_t count(struct db *db, const char *sql)
{
	sqlite3_stmt *stmt = db_prepare(db, sql, NULL);
	int64_t result;

	assert_non_null(stmt);
	assert_int_equal(db_step(db, stmt, NULL), 1);
	result = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return result;
}

static int64_t decisions(struct fixture *f, const char *sql)
{
	struct decisions *decisions = decisions_open(f->database, NULL);
	int64_t result = count(decisions_db(decisions), sql);

	decisions_close(decisions);
	return result;
}

static int64_t outbox(struct fixture *f, const char *sql)
{
	struct db *db = outbox_look(f->outbox_path, NULL);
	int64_t result = count(db, sql);

	db_close(db);
	return result;
}

/* ---- databases */

static void a_record_reaches_the_database_with_its_text(void **state)
{
	struct fixture *f = *state;
	char hash[DOCSTORE_HASH_SIZE];
	struct error err = {0};
	struct buf uri, record;

	buf_init(&uri, 0);
	buf_init(&record, 0);
	assert_int_equal(
		docstore_put(f->documents, SLICE("They agreed to disgorge profits."), &uri, hash, &err), 0);
	buf_printf(&record, "{\"id\":\"a\",\"text_uri\":\"%s\"}", buf_text(&uri));
	add_sink(f, "sqlite:", f->database);
	open_outbox(f);
	start(f);
	accept(f, "a", buf_text(&record));
	finish(f);
	assert_int_equal(decisions(f, "SELECT count(*) FROM texts WHERE texts MATCH 'disgorge'"), 1);
	assert_int_equal(outbox(f, "SELECT count(*) FROM entries"), 0);
	buf_release(&uri);
	buf_release(&record);
}

static void a_missing_text_keeps_no_record_out(void **state)
{
	struct fixture *f = *state;

	add_sink(f, "sqlite:", f->database);
	open_outbox(f);
	start(f);
	accept(f, "a", "{\"id\":\"a\",\"text_uri\":\"file:///nowhere/ab/0\"}");
	accept(f, "s", "{\"source\":\"s\",\"error\":{\"detail\":\"bad\"}}");
	finish(f);
	assert_int_equal(decisions(f, "SELECT count(*) FROM decisions"), 1);
	assert_int_equal(decisions(f, "SELECT count(*) FROM failures"), 1);
	assert_int_equal(outbox(f, "SELECT count(*) FROM deliveries"), 0);
}

static void what_an_earlier_process_accepted_is_delivered(void **state)
{
	struct fixture *f = *state;

	add_sink(f, "sqlite:", f->database);
	open_outbox(f);
	for (int i = 0; i < 150; i++) {
		char id[32], record[64];

		snprintf(id, sizeof(id), "d%d", i);
		snprintf(record, sizeof(record), "{\"id\":\"%s\"}", id);
		accept(f, id, record);
	}
	outbox_close(f->outbox); /* without a delivery: as if killed */
	open_outbox(f);
	start(f);
	finish(f);
	assert_int_equal(decisions(f, "SELECT count(*) FROM decisions"), 150);
	assert_int_equal(outbox(f, "SELECT count(*) FROM entries"), 0);
}

static void a_damaged_entry_is_parked_and_holds_up_nothing(void **state)
{
	struct fixture *f = *state;

	add_sink(f, "sqlite:", f->database);
	open_outbox(f);
	accept(f, "bad", "{\"id\":");
	accept(f, "good", "{\"id\":\"good\"}");
	start(f);
	finish(f);
	assert_int_equal(decisions(f, "SELECT count(*) FROM decisions"), 1);
	assert_int_equal(outbox(f, "SELECT count(*) FROM deliveries WHERE state = 1 AND reason <> ''"), 1);
	assert_int_equal(outbox(f, "SELECT count(*) FROM entries"), 1);
}

enum { SENDERS = 8, REPEATS = 125 };

static void *send_the_same(void *arg)
{
	struct fixture *f = arg;

	for (int i = 0; i < REPEATS; i++) {
		if (outbox_accept(f->outbox, SLICE("same"), SLICE(""),
				  SLICE("{\"id\":\"same\",\"title\":\"T\"}"), NULL) < 0)
			return f;
	}
	return NULL;
}

static void a_thousand_times_from_eight_threads_is_one_row(void **state)
{
	struct fixture *f = *state;
	pthread_t threads[SENDERS];

	add_sink(f, "sqlite:", f->database);
	open_outbox(f);
	start(f);
	for (int i = 0; i < SENDERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, send_the_same, f), 0);
	for (int i = 0; i < SENDERS; i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	finish(f);
	assert_int_equal(decisions(f, "SELECT count(*) FROM decisions"), 1);
	assert_int_equal(decisions(f, "SELECT count(*) FROM texts"), 1);
	assert_int_equal(outbox(f, "SELECT count(*) FROM entries"), 0);
}

static void the_last_version_wins(void **state)
{
	struct fixture *f = *state;

	add_sink(f, "sqlite:", f->database);
	open_outbox(f);
	start(f);
	for (int i = 0; i < 100; i++) {
		char record[64];

		snprintf(record, sizeof(record), "{\"id\":\"a\",\"title\":\"version %d\"}", i);
		accept(f, "a", record);
	}
	finish(f);
	assert_int_equal(decisions(f, "SELECT count(*) FROM decisions WHERE title = 'version 99'"), 1);
}

/* ---- URLs */

static void records_are_posted_with_key_and_token(void **state)
{
	struct fixture *f = *state;

	add_sink(f, f->url, "");
	open_outbox(f);
	start(f);
	accept(f, "a", "{\"id\":\"a\"}");
	finish(f);
	assert_int_equal(f->seen_count, 1);
	assert_string_equal(f->seen[0].body, "{\"id\":\"a\"}");
	assert_string_not_equal(f->seen[0].key, "");
	assert_string_equal(f->seen[0].authorization, "Bearer s3cret");
	assert_int_equal(outbox(f, "SELECT count(*) FROM entries"), 0);
}

static void many_are_in_flight_together(void **state)
{
	struct fixture *f = *state;

	f->delay_ms = 50;
	add_sink(f, f->url, "");
	open_outbox(f);
	for (int i = 0; i < 100; i++) {
		char id[32];

		snprintf(id, sizeof(id), "d%d", i);
		accept(f, id, "{}");
	}
	start(f);
	finish(f);
	assert_int_equal(f->seen_count, 100);
	assert_in_range(f->most_under_way, 2, 32); /* the window is 32 */
}

static void passing_errors_are_tried_again_with_the_same_key(void **state)
{
	struct fixture *f = *state;

	f->script[0] = 503;
	f->script[1] = 500;
	add_sink(f, f->url, "");
	open_outbox(f);
	start(f);
	accept(f, "a", "{\"id\":\"a\"}");
	finish(f);
	assert_int_equal(f->seen_count, 3);
	assert_string_equal(f->seen[1].key, f->seen[0].key);
	assert_string_equal(f->seen[2].key, f->seen[0].key);
	assert_int_equal(outbox(f, "SELECT count(*) FROM entries"), 0);
}

static void a_refused_record_is_parked_and_the_rest_goes_on(void **state)
{
	struct fixture *f = *state;

	f->refuse = "{\"id\":\"b\"}";
	add_sink(f, f->url, "");
	open_outbox(f);
	start(f);
	accept(f, "a", "{\"id\":\"a\"}");
	accept(f, "b", "{\"id\":\"b\"}");
	accept(f, "c", "{\"id\":\"c\"}");
	finish(f);
	assert_int_equal(f->seen_count, 3);
	assert_int_equal(outbox(f, "SELECT count(*) FROM entries WHERE document = 'b'"), 1);
	assert_int_equal(
		outbox(f, "SELECT count(*) FROM deliveries WHERE state = 1 AND reason LIKE 'HTTP 422%'"), 1);
	assert_int_equal(outbox(f, "SELECT count(*) FROM entries"), 1);
}

static void a_sink_that_says_later_is_left_alone_until_then(void **state)
{
	struct fixture *f = *state;

	f->script[0] = 503;
	f->retry_after_s = 120; /* beyond the drain's time: given up at once */
	add_sink(f, f->url, "");
	open_outbox(f);
	start(f);
	accept(f, "a", "{\"id\":\"a\"}");
	finish(f);
	assert_int_equal(f->seen_count, 1);
	assert_int_equal(outbox(f, "SELECT count(*) FROM deliveries WHERE state = 0 AND attempts = 1"), 1);
}

static void an_unreachable_sink_leaves_the_record_waiting(void **state)
{
	struct fixture *f = *state;

	add_sink(f, "http://127.0.0.1:1/", "");
	open_outbox(f);
	start(f);
	accept(f, "a", "{\"id\":\"a\"}");
	finish(f);
	assert_int_equal(
		outbox(f,
		       "SELECT count(*) FROM deliveries WHERE state = 0 AND attempts > 0 AND reason <> ''"),
		1);
}

static void versions_of_a_document_do_not_overtake(void **state)
{
	struct fixture *f = *state;

	f->script[0] = 500; /* version 0 has to come again */
	f->delay_ms = 5;
	add_sink(f, f->url, "");
	open_outbox(f);
	for (int i = 0; i < 8; i++) {
		char record[32];

		snprintf(record, sizeof(record), "{\"v\":%d}", i);
		accept(f, "a", record);
	}
	start(f);
	finish(f);
	assert_int_equal(f->seen_count, 9);
	assert_int_equal(f->most_under_way, 1);
	assert_string_equal(f->seen[0].body, "{\"v\":0}");
	assert_string_equal(f->seen[1].body, "{\"v\":0}");
	assert_string_equal(f->seen[8].body, "{\"v\":7}");
}

static void each_sink_gets_everything(void **state)
{
	struct fixture *f = *state;

	add_sink(f, "sqlite:", f->database);
	add_sink(f, f->url, "");
	open_outbox(f);
	start(f);
	for (int i = 0; i < 40; i++) {
		char id[32], record[64];

		snprintf(id, sizeof(id), "d%d", i);
		snprintf(record, sizeof(record), "{\"id\":\"%s\"}", id);
		accept(f, id, record);
	}
	finish(f);
	assert_int_equal(decisions(f, "SELECT count(*) FROM decisions"), 40);
	assert_int_equal(f->seen_count, 40);
	assert_int_equal(outbox(f, "SELECT count(*) FROM entries"), 0);
}

static void another_process_delivers_and_this_one_waits_for_it(void **state)
{
	struct fixture *f = *state;
	struct outbox *other;
	const char *names[1];

	add_sink(f, "sqlite:", f->database);
	open_outbox(f);
	start(f); /* the one that delivers */
	names[0] = f->sinks[0].name;
	while (!outbox_own(f->outbox))
		pause_ms(1);
	other = outbox_open(f->outbox_path, names, 1, NULL);
	assert_non_null(other);
	assert_false(outbox_own(other));
	assert_int_equal(outbox_accept(other, SLICE("a"), SLICE(""), SLICE("{\"id\":\"a\"}"), NULL), 0);
	outbox_close(other); /* nobody woke the first */
	for (int i = 0; i < 2000 && decisions(f, "SELECT count(*) FROM decisions") == 0; i++)
		pause_ms(5);
	assert_int_equal(decisions(f, "SELECT count(*) FROM decisions"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		CASE(a_record_reaches_the_database_with_its_text),
		CASE(a_missing_text_keeps_no_record_out),
		CASE(what_an_earlier_process_accepted_is_delivered),
		CASE(a_damaged_entry_is_parked_and_holds_up_nothing),
		CASE(a_thousand_times_from_eight_threads_is_one_row),
		CASE(the_last_version_wins),
		CASE(records_are_posted_with_key_and_token),
		CASE(many_are_in_flight_together),
		CASE(passing_errors_are_tried_again_with_the_same_key),
		CASE(a_refused_record_is_parked_and_the_rest_goes_on),
		CASE(a_sink_that_says_later_is_left_alone_until_then),
		CASE(an_unreachable_sink_leaves_the_record_waiting),
		CASE(versions_of_a_document_do_not_overtake),
		CASE(each_sink_gets_everything),
		CASE(another_process_delivers_and_this_one_waits_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
