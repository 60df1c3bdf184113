/* backoff.c - waiting times; see backoff.h. */
#include "lib/http/backoff.h"

#include "lib/http/curl.h"

#include <ctype.h>
#include <stdlib.h>
#include <sys/random.h>

int64_t backoff_ms(int failures)
{
	int64_t wait = BACKOFF_FIRST_MS;
	uint32_t random = 0;

	for (int i = 1; i < failures && wait < BACKOFF_MAX_MS; i++)
		wait *= 2;
	if (wait > BACKOFF_MAX_MS)
		wait = BACKOFF_MAX_MS;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = UINT32_MAX; /* no randomness: the whole wait */
	wait /= 2;
	return wait + wait * random / UINT32_MAX;
}

int64_t backoff_retry_after_ms(const char *value, int64_t now_us)
{
	int64_t wait_ms;
	time_t date;
	char *end;

	if (isdigit((unsigned char)value[0])) {
		long seconds = strtol(value, &end, 10);

		if (*end)
			return -1;
		wait_ms = seconds > BACKOFF_MAX_RETRY_AFTER_MS / 1000 ? BACKOFF_MAX_RETRY_AFTER_MS
								      : seconds * 1000;
	} else {
		date = curl_getdate(value, NULL);
		if (date < 0)
			return -1;
		wait_ms = (int64_t)date * 1000 - now_us / 1000;
	}
	if (wait_ms < 0)
		return 0;
	return wait_ms > BACKOFF_MAX_RETRY_AFTER_MS ? BACKOFF_MAX_RETRY_AFTER_MS : wait_ms;
}
