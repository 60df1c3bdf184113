/* log_test.c - log lines. Field names: Cloud Logging, "Structured logging", special JSON fields. */
#include "lib/log/log.h"

#include "lib/clock/clock.h"
#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { MOST = 1 << 20 };

/* A logger that writes to a file without a name. */
static struct logger to_file(enum log_format format)
{
	FILE *file = tmpfile();
	struct logger log = {.format = format, .threshold = LOG_INFO, .component = "classify"};

	assert_non_null(file);
	log.fd = dup(fileno(file));
	fcntl(log.fd, F_SETFL, O_APPEND);
	fclose(file);
	return log;
}

/* All that was written; owned by the caller, who is done with the logger. */
static char *read_back(struct logger *log)
{
	char *text = mem_new(MOST);
	ssize_t count = pread(log->fd, text, MOST - 1, 0);

	assert_true(count >= 0);
	close(log->fd);
	return text;
}

static struct value parse(const char *line)
{
	struct value v;
	struct error err = {0};

	if (json_read(slice_of(line), &v, &err) < 0)
		fail_msg("%s in: %s", err.message, line);
	return v;
}

static void a_json_line_has_severity_time_message_and_fields(void **state)
{
	struct logger log = to_file(LOG_JSON);
	struct value fields = value_map_new();
	char *text;

	(void)state;
	clock_hold(1720788633 * INT64_C(1000000)); /* 2024-07-12T12:50:33Z */
	value_put(&fields, "documents", value_int(3));
	log_write(&log, LOG_WARNING, fields, "%d of \"%s\"", 2, "x");
	clock_release();
	text = read_back(&log);
	assert_string_equal(text,
			    "{\"severity\":\"WARNING\",\"time\":\"2024-07-12T12:50:33.000000Z\","
			    "\"message\":\"2 of \\\"x\\\"\",\"component\":\"classify\",\"documents\":3}\n");
	mem_free(text);
	value_unref(fields);
}

static void a_text_line_is_for_people(void **state)
{
	struct logger log = to_file(LOG_TEXT);
	struct value fields = value_map_new();
	char *text;

	(void)state;
	clock_hold(1720788633 * INT64_C(1000000));
	value_put(&fields, "documents", value_int(3));
	value_put(&fields, "source", value_string_z("a b"));
	log_write(&log, LOG_ERROR, fields, "no");
	clock_release();
	text = read_back(&log);
	assert_string_equal(text, "12:50:33 ERROR   classify: no documents=3 source=a b\n");
	mem_free(text);
	value_unref(fields);
}

static void less_severe_lines_are_dropped(void **state)
{
	struct logger log = to_file(LOG_JSON);
	char *text;

	(void)state;
	log_write(&log, LOG_DEBUG, value_null(), "not this");
	text = read_back(&log);
	assert_string_equal(text, "");
	mem_free(text);
}

static void secrets_are_not_written_at_any_depth(void **state)
{
	struct logger log = to_file(LOG_JSON);
	struct value fields = parse("{\"Authorization\": \"Bearer abc\", \"headers\": [{\"TOKEN\": \"abc\", "
				    "\"path\": \"/\"}], \"password\": {\"x\": \"abc\"}, \"secret\": 1}");
	char *text;

	(void)state;
	log_write(&log, LOG_INFO, fields, "call");
	text = read_back(&log);
	assert_null(strstr(text, "abc"));
	assert_non_null(strstr(text, "\"Authorization\":\"[redacted]\""));
	assert_non_null(strstr(text, "\"path\":\"/\""));
	/* the caller's own value is as it was */
	assert_true(slice_is(value_get_text(fields, "Authorization"), "Bearer abc"));
	mem_free(text);
	value_unref(fields);
}

static void a_message_cannot_forge_a_line(void **state)
{
	struct logger log = to_file(LOG_TEXT);
	char *text;

	(void)state;
	log_write(&log, LOG_INFO, value_null(), "one\n12:00:00 INFO two \x1b[31m");
	text = read_back(&log);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_null(strchr(text, 0x1b));
	mem_free(text);
}

static void bytes_that_are_no_text_and_floods_still_give_one_json_line(void **state)
{
	struct logger log = to_file(LOG_JSON);
	char *flood = mem_alloc(200001), *text;
	struct value fields = value_map_new(), line;

	(void)state;
	memset(flood, 1, 200000); /* the worst to escape: six bytes for one */
	flood[200000] = '\0';
	log_write(&log, LOG_INFO, value_null(), "\xff\xfe %s", flood);
	memset(flood, 'x', 200000);
	value_put(&fields, "big", value_string_z(flood));
	value_put(&fields, "raw", value_bytes(SLICE("\x01")));
	log_write(&log, LOG_INFO, fields, "small");
	text = read_back(&log);
	*strchr(text, '\n') = '\0';
	value_unref(parse(text));
	line = parse(text + strlen(text) + 1);
	assert_true(slice_is(value_get_text(line, "message"), "small"));
	assert_null(value_get(line, "big"));
	value_unref(line);
	value_unref(fields);
	mem_free(flood);
	mem_free(text);
}

enum { WRITERS = 4, LINES_EACH = 200 };

static void *write_many(void *arg)
{
	for (int i = 0; i < LINES_EACH; i++)
		log_write(arg, LOG_INFO, value_null(), "line %d of a thread", i);
	return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
	struct logger log = to_file(LOG_JSON);
	pthread_t threads[WRITERS];
	char *text, *at;
	int lines = 0;

	(void)state;
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, &log), 0);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	text = at = read_back(&log);
	for (char *end; (end = strchr(at, '\n')) != NULL; at = end + 1, lines++) {
		*end = '\0';
		value_unref(parse(at));
	}
	assert_int_equal(lines, WRITERS * LINES_EACH);
	mem_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_json_line_has_severity_time_message_and_fields),
		cmocka_unit_test(a_text_line_is_for_people),
		cmocka_unit_test(less_severe_lines_are_dropped),
		cmocka_unit_test(secrets_are_not_written_at_any_depth),
		cmocka_unit_test(a_message_cannot_forge_a_line),
		cmocka_unit_test(bytes_that_are_no_text_and_floods_still_give_one_json_line),
		cmocka_unit_test(lines_of_threads_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
