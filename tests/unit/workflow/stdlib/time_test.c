/* time_test.c - time.* (reference, 5.10). */
#include "tests/unit/workflow/stdlib/library.h"

/* The examples of the page "Function: time.format". */
static void seconds_become_text_in_a_zone(void **state)
{
	static const struct library_case cases[] = {
		{"time.format", "[1720788633]", "\"2024-07-12T12:50:33.000000Z\""},
		{"time.format", "[1720788633, \"GMT\"]", "\"2024-07-12T12:50:33.000000Z\""},
		{"time.format", "[1720788633, \"\"]", "\"2024-07-12T12:50:33.000000Z\""},
		{"time.format", "[1720788633, \"Europe/Paris\"]", "\"2024-07-12T14:50:33.000000+02:00\""},
		/* 2024-01-12 is winter time in Paris. */
		{"time.format", "[1705060233, \"Europe/Paris\"]", "\"2024-01-12T12:50:33.000000+01:00\""},
		{"time.format", "[1705060233, \"America/New_York\"]", "\"2024-01-12T06:50:33.000000-05:00\""},
		{"time.format", "[1705060233, \"Asia/Kolkata\"]", "\"2024-01-12T17:20:33.000000+05:30\""},
		{"time.format", "[0]", "\"1970-01-01T00:00:00.000000Z\""},
		{"time.format", "[-1]", "\"1969-12-31T23:59:59.000000Z\""},
		{"time.format", "[1.5]", "\"1970-01-01T00:00:01.500000Z\""},
		{"time.format", "[-0.25]", "\"1969-12-31T23:59:59.750000Z\""},
		{"time.format", "[0.0000004]", "\"1970-01-01T00:00:00.000000Z\""},
		{"time.format", "[0.9999996]", "\"1970-01-01T00:00:01.000000Z\""},
		{"time.format", "[253402300799]", "\"9999-12-31T23:59:59.000000Z\""},
	};

	(void)state;
	CHECK_ALL(cases);
}

static void a_date_pattern_is_no_zone(void **state)
{
	static const struct library_case cases[] = {
		{"time.format", "[0, \"yyyy-MM-dd\"]", "!ValueError"},
		{"time.format", "[0, \"Mars/Base\"]", "!ValueError"},
		{"time.format", "[0, 5]", "!TypeError"},
		{"time.format", "[\"0\"]", "!TypeError"},
		{"time.format", "[null]", "!TypeError"},
		{"time.format", "[1e15]", "!ValueError"},
		{"time.format", "[253402300800]", "!ValueError"},
	};

	(void)state;
	CHECK_ALL(cases);
}

/* RFC 3339, 5.6 and 5.8; the first is the page's example. */
static void timestamps_are_rfc_3339(void **state)
{
	static const struct library_case cases[] = {
		{"time.parse", "[\"2024-05-08T12:01:00.000000Z\"]", "1715169660.0"},
		{"time.parse", "[\"1970-01-01T00:00:00Z\"]", "0.0"},
		{"time.parse", "[\"1985-04-12T23:20:50.52Z\"]", "482196050.52"},
		{"time.parse", "[\"1996-12-19T16:39:57-08:00\"]", "851042397.0"},
		{"time.parse", "[\"1996-12-20t00:39:57z\"]", "851042397.0"},
		{"time.parse", "[\"1937-01-01T12:00:27.87+00:20\"]", "-1041337172.13"},
		{"time.parse", "[\"1969-12-31T23:59:59.5Z\"]", "-0.5"},
		{"time.parse", "[\"2000-02-29T00:00:00Z\"]", "951782400.0"},
		{"time.parse", "[\"1990-12-31T23:59:60Z\"]", "662688000.0"},
		{"time.parse", "[\"2024-05-08\"]", "!ValueError"},
		{"time.parse", "[\"2024-05-08T12:01:00\"]", "!ValueError"},
		{"time.parse", "[\"2024-13-01T00:00:00Z\"]", "!ValueError"},
		{"time.parse", "[\"1900-02-29T00:00:00Z\"]", "!ValueError"},
		{"time.parse", "[\"2024-04-31T00:00:00Z\"]", "!ValueError"},
		{"time.parse", "[\"2024-01-01T24:00:00Z\"]", "!ValueError"},
		{"time.parse", "[\"2024-01-01T00:00:00.Z\"]", "!ValueError"},
		{"time.parse", "[\"2024-01-01T00:00:00.1234567Z\"]", "!ValueError"},
		{"time.parse", "[\"2024-01-01T00:00:00+24:00\"]", "!ValueError"},
		{"time.parse", "[\"2024-01-01T00:00:00+0100\"]", "!ValueError"},
		{"time.parse", "[\" 2024-01-01T00:00:00Z\"]", "!ValueError"},
		{"time.parse", "[\"2024-01-01T00:00:00Z \"]", "!ValueError"},
		{"time.parse", "[\"\"]", "!ValueError"},
		{"time.parse", "[0]", "!TypeError"},
	};

	(void)state;
	CHECK_ALL(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seconds_become_text_in_a_zone),
		cmocka_unit_test(a_date_pattern_is_no_zone),
		cmocka_unit_test(timestamps_are_rfc_3339),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
