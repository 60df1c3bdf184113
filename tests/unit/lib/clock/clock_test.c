/* clock_test.c - time goes forward by itself, and only by hand while it is held. */
#include "lib/clock/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* RFC 3339, section 5.8, and the epoch by its definition. */
static void utc_text_has_microseconds(void **state)
{
	char text[CLOCK_TEXT_SIZE];

	(void)state;
	assert_string_equal(clock_format_utc(0, text), "1970-01-01T00:00:00.000000Z");
	assert_string_equal(clock_format_utc(482196050520000, text), "1985-04-12T23:20:50.520000Z");
	assert_string_equal(clock_format_utc(-1, text), "1969-12-31T23:59:59.999999Z");
	assert_string_equal(clock_format_utc(951782400000000, text), "2000-02-29T00:00:00.000000Z");
}

static void held_time_moves_by_hand_only(void **state)
{
	int64_t before;

	(void)state;
	clock_hold(5000000);
	before = clock_monotonic_ms();
	assert_int_equal(clock_wall_us(), 5000000);
	assert_int_equal(clock_wall_us(), 5000000);
	clock_advance_ms(250);
	assert_int_equal(clock_wall_us(), 5250000);
	assert_int_equal(clock_monotonic_ms() - before, 250);
	clock_release();
	assert_true(clock_wall_us() > 1600000000000000); /* later than 2020 */
}

static void monotonic_time_never_goes_back(void **state)
{
	int64_t last = clock_monotonic_us();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		int64_t now = clock_monotonic_us();

		assert_true(now >= last);
		last = now;
	}
	assert_true(clock_cpu_us() > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utc_text_has_microseconds),
		cmocka_unit_test(held_time_moves_by_hand_only),
		cmocka_unit_test(monotonic_time_never_goes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
