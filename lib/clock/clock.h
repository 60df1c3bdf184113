/*
 * clock.h - the only source of time.
 *
 * Wall time is what documents and logs carry; monotonic time is what waits are measured with. A test
 * can hold both still and move them. Depends on nothing; safe from any thread, holding included.
 */
#ifndef LIB_CLOCK_CLOCK_H
#define LIB_CLOCK_CLOCK_H

#include <stdint.h>

int64_t clock_wall_us(void);	  /* microseconds since 1970-01-01T00:00:00Z */
int64_t clock_monotonic_ms(void); /* milliseconds since some fixed point; never goes back */
int64_t clock_monotonic_us(void);
int64_t clock_cpu_us(void); /* CPU time of this process, all threads */

/* RFC 3339 in UTC with microseconds, "2024-07-12T12:50:33.000000Z"; `text` holds at least 32 bytes. */
enum { CLOCK_TEXT_SIZE = 32 };
const char *clock_format_utc(int64_t wall_us, char text[CLOCK_TEXT_SIZE]);

/* For tests: from now on both clocks stand still at this time until moved or let go. */
void clock_hold(int64_t wall_us);
void clock_advance_ms(int64_t ms);
void clock_release(void);

#endif
