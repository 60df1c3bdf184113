/* posting_answer.c - judging answers; see posting_answer.h. */
#include "steps/store/posting_answer.h"

#include "lib/clock/clock.h"
#include "lib/docstore/docstore.h"
#include "lib/http/backoff.h"

#include <stdio.h>
#include <string.h>

enum { MAX_QUOTE = 160 }; /* bytes of an answer's body in a reason */

static const char *header(const struct http_response *response, const char *name)
{
	for (size_t i = 0; i < response->header_count; i++) {
		if (strcmp(response->headers[i].name, name) == 0)
			return response->headers[i].value;
	}
	return NULL;
}

static enum answer_verdict judge_status(int status)
{
	switch (status) {
	case 408: /* request timeout */
	case 425: /* too early */
	case 429: /* too many requests */
		return ANSWER_SINK_FAILED;
	case 500: /* perhaps only this record */
		return ANSWER_FAILED;
	default:
		break;
	}
	if (status >= 200 && status < 300)
		return ANSWER_DELIVERED;
	return status >= 500 ? ANSWER_SINK_FAILED : ANSWER_REFUSED;
}

static enum answer_verdict judge(const struct http_response *response)
{
	switch (response->outcome) {
	case HTTP_ANSWERED:
		return judge_status(response->status);
	case HTTP_CONNECTION_FAILED:
	case HTTP_CONNECTION_BROKEN:
	case HTTP_TIMED_OUT:
		return ANSWER_SINK_FAILED;
	case HTTP_TOO_LARGE:
	case HTTP_BAD_URL:
	case HTTP_TOO_MANY_REDIRECTS:
		break;
	}
	return ANSWER_REFUSED;
}

/* The body belongs to a stranger: one line of printable text, cut at a character. */
static void quote(struct posting_answer *answer, struct slice body)
{
	size_t used = strlen(answer->reason);
	struct buf clean;
	size_t cut;

	body = slice_trim(slice_sub(body, 0, MAX_QUOTE));
	if (!body.len)
		return;
	buf_init(&clean, 0);
	utf8_repair(&clean, body);
	for (size_t i = 0; i < clean.len; i++) {
		if ((unsigned char)clean.data[i] < 0x20 || clean.data[i] == 0x7f)
			clean.data[i] = ' ';
	}
	cut = clean.len;
	while (cut > MAX_QUOTE || (cut < clean.len && ((unsigned char)clean.data[cut] & 0xc0) == 0x80))
		cut--;
	snprintf(answer->reason + used, sizeof(answer->reason) - used, ": %.*s", (int)cut, clean.data);
	buf_release(&clean);
}

void posting_answer_read(struct posting_answer *answer, const struct http_response *response)
{
	const char *retry_after = header(response, "Retry-After");

	*answer = (struct posting_answer){.verdict = judge(response), .retry_after_ms = -1};
	if (answer->verdict == ANSWER_DELIVERED)
		return;
	if (response->outcome == HTTP_ANSWERED) {
		snprintf(answer->reason, sizeof(answer->reason), "HTTP %d", response->status);
		quote(answer, response->body);
	} else {
		snprintf(answer->reason, sizeof(answer->reason), "%.200s", response->message);
	}
	if (retry_after && answer->verdict != ANSWER_REFUSED)
		answer->retry_after_ms = backoff_retry_after_ms(retry_after, clock_wall_us());
}

const char *posting_key(const struct outbox_entry *entry, char key[POSTING_KEY_SIZE])
{
	char hash[DOCSTORE_HASH_SIZE];

	docstore_hash(entry->record, hash);
	snprintf(key, POSTING_KEY_SIZE, "%lld-%.24s", (long long)entry->accepted_us, hash);
	return key;
}
