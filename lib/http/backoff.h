/*
 * backoff.h - how long to wait before the next attempt.
 *
 * Doubling from 250 ms to 30 s, the upper half of each wait at random so that many senders do not return
 * together. A server that says Retry-After is believed, up to five minutes.
 *
 * Depends on lib/text, libcurl's date parser. Pure but for the random numbers; safe from any thread.
 */
#ifndef LIB_HTTP_BACKOFF_H
#define LIB_HTTP_BACKOFF_H

#include <stdint.h>

enum { BACKOFF_FIRST_MS = 250, BACKOFF_MAX_MS = 30000, BACKOFF_MAX_RETRY_AFTER_MS = 300000 };

/* After that many failures in a row, from 1. */
int64_t backoff_ms(int failures);
/* A Retry-After header (RFC 9110, 10.2.3): seconds or a date, seen at `now_us`. -1 when it is neither. */
int64_t backoff_retry_after_ms(const char *value, int64_t now_us);

#endif
