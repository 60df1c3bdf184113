/* clock.c - wall, monotonic and CPU time; see clock.h. */
#include "lib/clock/clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

/* The one piece of process-wide state in lib: a test's grip on time. Never written in production. */
static atomic_bool held;
static atomic_int_least64_t held_us;

static int64_t read_us(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_wall_us(void)
{
	return atomic_load(&held) ? atomic_load(&held_us) : read_us(CLOCK_REALTIME);
}

int64_t clock_monotonic_us(void)
{
	return atomic_load(&held) ? atomic_load(&held_us) : read_us(CLOCK_MONOTONIC);
}

int64_t clock_monotonic_ms(void)
{
	return clock_monotonic_us() / 1000;
}

int64_t clock_cpu_us(void)
{
	return read_us(CLOCK_PROCESS_CPUTIME_ID);
}

const char *clock_format_utc(int64_t wall_us, char text[CLOCK_TEXT_SIZE])
{
	int64_t micros = wall_us % 1000000;
	time_t seconds = (time_t)(wall_us / 1000000);
	struct tm tm;
	size_t used;

	if (micros < 0) {
		micros += 1000000;
		seconds--;
	}
	gmtime_r(&seconds, &tm);
	used = strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + used, CLOCK_TEXT_SIZE - used, ".%06dZ", (int)micros);
	return text;
}

void clock_hold(int64_t wall_us)
{
	atomic_store(&held_us, wall_us);
	atomic_store(&held, true);
}

void clock_advance_ms(int64_t ms)
{
	atomic_fetch_add(&held_us, ms * 1000);
}

void clock_release(void)
{
	atomic_store(&held, false);
}
