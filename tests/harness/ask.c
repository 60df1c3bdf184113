/* ask.c - see ask.h. */
#include "tests/harness/ask.h"

#include "lib/mem/mem.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void asker_init(struct asker *asker, int port)
{
	*asker = (struct asker){.curl = curl_easy_init(), .port = port};
}

void asker_release(struct asker *asker)
{
	curl_easy_cleanup(asker->curl);
}

static size_t collect(char *bytes, size_t size, size_t count, void *into)
{
	return buf_add(into, bytes, size * count) == 0 ? size * count : 0;
}

static bool names_type(const char *const *headers)
{
	for (size_t i = 0; headers && headers[i]; i++)
		if (strncasecmp(headers[i], "Content-Type:", 13) == 0)
			return true;
	return false;
}

struct answer ask(struct asker *asker, const char *method, const char *path, struct slice body,
		  const char *const *headers)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	struct answer answer = {0};
	char url[500];
	long status = 0;

	buf_init(&answer.head, 0);
	buf_init(&answer.body, 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", asker->port, path);
	for (size_t i = 0; headers && headers[i]; i++)
		list = curl_slist_append(list, headers[i]);
	if (body.ptr && !names_type(headers))
		list = curl_slist_append(list, "Content-Type: application/json");
	curl_easy_reset(asker->curl);
	curl_easy_setopt(asker->curl, CURLOPT_URL, url);
	curl_easy_setopt(asker->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(asker->curl, CURLOPT_TIMEOUT, 10L);
	curl_easy_setopt(asker->curl, CURLOPT_NOSIGNAL, 1L);
	if (body.ptr) {
		curl_easy_setopt(asker->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
		curl_easy_setopt(asker->curl, CURLOPT_POSTFIELDS, body.ptr);
	}
	curl_easy_setopt(asker->curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(asker->curl, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(asker->curl, CURLOPT_WRITEFUNCTION, collect);
	curl_easy_setopt(asker->curl, CURLOPT_WRITEDATA, &answer.body);
	curl_easy_setopt(asker->curl, CURLOPT_HEADERFUNCTION, collect);
	curl_easy_setopt(asker->curl, CURLOPT_HEADERDATA, &answer.head);
	if (curl_easy_perform(asker->curl) == CURLE_OK)
		curl_easy_getinfo(asker->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(asker->curl, CURLINFO_NUM_CONNECTS, &asker->connections);
	curl_slist_free_all(list);
	answer.status = (int)status;
	return answer;
}

struct answer ask_post(struct asker *asker, const char *path, const char *body)
{
	return ask(asker, "POST", path, slice_of(body), NULL);
}

struct answer ask_get(struct asker *asker, const char *path)
{
	return ask(asker, "GET", path, (struct slice){0}, NULL);
}

bool answer_has(const struct answer *answer, const char *header_line)
{
	const char *hit = strcasestr(buf_text(&answer->head), header_line);

	return hit && hit > answer->head.data && hit[-1] == '\n' && hit[strlen(header_line)] == '\r';
}

void answer_release(struct answer *answer)
{
	buf_release(&answer->head);
	buf_release(&answer->body);
}
