/* cron_test.c - expected moments are by hand from calendars; days of clock changes from the tz database's rules. */
#include "lib/cron/cron.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* "2026-03-29T01:00Z" */
static int64_t at(const char *text)
{
	struct tm tm = {0};

	assert_non_null(strptime(text, "%Y-%m-%dT%H:%MZ", &tm));
	return (int64_t)timegm(&tm) * 1000000;
}

static void assert_times(const char *expression, const char *zone, const char *after, const char *const *wanted)
{
	struct error err = {0};
	struct cron *cron = cron_new(slice_of(expression), slice_of(zone), &err);
	int64_t now = at(after);

	if (!cron)
		fail_msg("%s: %s", expression, err.message);
	for (; *wanted; wanted++) {
		now = cron_next(cron, now);
		if (now != at(*wanted)) {
			time_t got = (time_t)(now / 1000000);
			char text[32] = "";
			struct tm tm;

			strftime(text, sizeof(text), "%Y-%m-%dT%H:%MZ", gmtime_r(&got, &tm));
			fail_msg("%s in %s: %s instead of %s", expression, zone, text, *wanted);
		}
	}
	cron_free(cron);
}

#define TIMES(...) (const char *const[]){__VA_ARGS__, NULL}

static void test_fields(void **state)
{
	(void)state;
	assert_times("* * * * *", "", "2026-01-31T23:59Z", TIMES("2026-02-01T00:00Z", "2026-02-01T00:01Z"));
	assert_times("0 5 * * *", "Etc/UTC", "2026-11-23T05:00Z", TIMES("2026-11-24T05:00Z"));
	assert_times("*/20 8-9 * * *", "", "2026-11-23T08:30Z",
		     TIMES("2026-11-23T08:40Z", "2026-11-23T09:00Z", "2026-11-23T09:20Z", "2026-11-23T09:40Z",
			   "2026-11-24T08:00Z"));
	assert_times("5/25 0 1,15 * *", "", "2026-11-23T00:00Z", TIMES("2026-12-01T00:05Z", "2026-12-01T00:30Z",
								       "2026-12-01T00:55Z", "2026-12-15T00:05Z"));
	/* 23 November 2026 is a Monday */
	assert_times("30 6 * * mon-fri", "", "2026-11-27T06:30Z", TIMES("2026-11-30T06:30Z"));
	assert_times("0 0 * * 7", "", "2026-11-23T00:00Z", TIMES("2026-11-29T00:00Z", "2026-12-06T00:00Z"));
	assert_times("0 0 * * 0", "", "2026-11-23T00:00Z", TIMES("2026-11-29T00:00Z"));
	assert_times("0 12 29 FEB *", "", "2026-11-23T00:00Z", TIMES("2028-02-29T12:00Z", "2032-02-29T12:00Z"));
	/* either day when both are restricted: Friday the 27th, then the 1st */
	assert_times("0 0 1 * 5", "", "2026-11-23T00:00Z", TIMES("2026-11-27T00:00Z", "2026-12-01T00:00Z", "2026-12-04T00:00Z"));
}

/* Paris: clocks forward 2026-03-29 01:00Z (02:00 to 03:00), back 2026-10-25 01:00Z (03:00 to 02:00). */
static void test_clock_changes(void **state)
{
	(void)state;
	assert_times("0 5 * * *", "Europe/Paris", "2026-03-27T12:00Z",
		     TIMES("2026-03-28T04:00Z", "2026-03-29T03:00Z", "2026-03-30T03:00Z"));
	assert_times("30 2 * * *", "Europe/Paris", "2026-03-27T12:00Z", TIMES("2026-03-28T01:30Z", "2026-03-30T00:30Z"));
	assert_times("30 2 * * *", "Europe/Paris", "2026-10-24T12:00Z", TIMES("2026-10-25T00:30Z", "2026-10-26T01:30Z"));
	assert_times("30 * * * *", "Europe/Paris", "2026-10-24T23:45Z",
		     TIMES("2026-10-25T00:30Z", "2026-10-25T01:30Z", "2026-10-25T02:30Z"));
	/* Sao Paulo began its summer at midnight, 2018-11-04: that day had no 00:00 (03:00Z is 01:00) */
	assert_times("0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00Z", TIMES("2018-11-05T02:00Z"));
	assert_times("15 1 4 11 *", "America/Sao_Paulo", "2018-11-03T12:00Z", TIMES("2018-11-04T03:15Z"));
	assert_times("0 9 * * *", "Asia/Kolkata", "2026-11-23T00:00Z", TIMES("2026-11-23T03:30Z"));
}

static void test_never(void **state)
{
	struct error err = {0};
	struct cron *cron = cron_new(SLICE("0 0 30 2 *"), SLICE(""), &err);

	(void)state;
	assert_non_null(cron);
	assert_int_equal(cron_next(cron, at("2026-11-23T00:00Z")), 0);
	cron_free(cron);
}

static void test_refused(void **state)
{
	static const struct {
		const char *expression, *zone, *message;
	} cases[] = {
		{"", "", "has no minute"},
		{"0 5 * *", "", "has no day of the week"},
		{"0 5 * * * *", "", "more than five fields"},
		{"60 5 * * *", "", "minute \"60\""},
		{"0 24 * * *", "", "hour \"24\""},
		{"0 5 0 * *", "", "day of the month \"0\""},
		{"0 5 * 13 *", "", "month \"13\""},
		{"0 5 * * 8", "", "day of the week \"8\""},
		{"0 5 * * mon-", "", "day of the week"},
		{"9-5 * * * *", "", "minute \"9-5\""},
		{"*/0 * * * *", "", "step"},
		{"1,,2 * * * *", "", "minute"},
		{"-1 * * * *", "", "minute"},
		{"99999999999 * * * *", "", "minute"},
		{"0 5 * * *", "Europe/Nowhere", "no time zone"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {0};

		assert_null(cron_new(slice_of(cases[i].expression), slice_of(cases[i].zone), &err));
		assert_int_equal(err.kind, ERROR_INPUT);
		if (!strstr(err.message, cases[i].message))
			fail_msg("%s: \"%s\" does not tell of %s", cases[i].expression, err.message, cases[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_clock_changes),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
