/* exchange.c - one attempt on a loop of its own, and the tokens for it; see endpoint_private.h. */
#include "lib/endpoint/endpoint_private.h"

#include "lib/clock/clock.h"
#include "lib/http/backoff.h"
#include "lib/mem/mem.h"
#include "lib/token/token.h"

#include <stdio.h>
#include <string.h>
#include <uv.h>

/* What Vertex AI asks of an access token (Vertex AI, "Access control"). */
#define TOKEN_SCOPE "https://www.googleapis.com/auth/cloud-platform"

struct line {
	struct line *next;
	uv_loop_t loop;
	uv_timer_t timer;
	struct http_client *client;
	struct exchange *exchange; /* under way */
	bool is_done;
};

struct line *line_new(void)
{
	struct line *line = mem_new(sizeof(*line));

	uv_loop_init(&line->loop);
	uv_timer_init(&line->loop, &line->timer);
	line->client = http_client_new(&line->loop);
	return line;
}

void line_free(struct line *line)
{
	if (!line)
		return;
	http_client_free(line->client);
	uv_close((uv_handle_t *)&line->timer, NULL);
	uv_run(&line->loop, UV_RUN_DEFAULT);
	uv_loop_close(&line->loop);
	mem_free(line);
}

struct line **line_next(struct line *line)
{
	return &line->next;
}

static void run_until_done(struct line *line)
{
	while (!line->is_done)
		uv_run(&line->loop, UV_RUN_ONCE);
}

static void wake(uv_timer_t *timer)
{
	struct line *line = timer->data;

	line->is_done = true;
}

void line_wait(struct line *line, int64_t ms)
{
	line->is_done = false;
	line->timer.data = line;
	uv_update_time(&line->loop);
	uv_timer_start(&line->timer, wake, (uint64_t)(ms > 0 ? ms : 0), 0);
	run_until_done(line);
}

static void done(void *ctx, const struct http_response *response)
{
	struct line *line = ctx;
	struct exchange *exchange = line->exchange;

	line->is_done = true;
	exchange->outcome = response->outcome;
	exchange->status = response->status;
	snprintf(exchange->message, sizeof(exchange->message), "%s", response->message);
	if (response->outcome != HTTP_ANSWERED)
		return;
	if (buf_add_slice(&exchange->body, response->body) < 0)
		exchange->outcome = HTTP_TOO_LARGE;
	for (size_t i = 0; i < response->header_count; i++)
		if (strcmp(response->headers[i].name, "Retry-After") == 0)
			exchange->retry_after_ms =
				backoff_retry_after_ms(response->headers[i].value, clock_wall_us());
}

void line_exchange(struct line *line, const struct endpoint *endpoint, const char *authorization,
		   struct slice body, int64_t timeout_ms, struct exchange *exchange)
{
	const struct http_header headers[] = {
		{"Content-Type", "application/json"},
		{"Accept", "application/json"},
		{"Authorization", authorization},
	};
	const struct http_request request = {
		.method = "POST",
		.url = endpoint->url,
		.headers = headers,
		.header_count = authorization ? 3 : 2,
		.body = body,
		.timeout_ms = timeout_ms,
		.response_limit = endpoint->answer_limit,
	};

	line->exchange = exchange;
	line->is_done = false;
	exchange->retry_after_ms = -1;
	http_client_send(line->client, &request, done, line);
	run_until_done(line);
	line->exchange = NULL;
}

/* ---- tokens: one keeper for all threads, whose fetch the first to ask runs while the others wait for it */

struct keeper {
	uv_loop_t loop;
	struct tokens *tokens;
	struct buf *text;
	char message[300];
	bool is_done;
};

static struct keeper *keeper_new(const char *source)
{
	struct keeper *keeper = mem_new(sizeof(*keeper));

	uv_loop_init(&keeper->loop);
	keeper->tokens = tokens_new(&keeper->loop, source);
	return keeper;
}

void keeper_free(struct keeper *keeper)
{
	if (!keeper)
		return;
	tokens_free(keeper->tokens);
	uv_run(&keeper->loop, UV_RUN_DEFAULT);
	uv_loop_close(&keeper->loop);
	mem_free(keeper);
}

static void told(void *ctx, const char *token, const char *message)
{
	struct keeper *keeper = ctx;

	keeper->is_done = true;
	snprintf(keeper->message, sizeof(keeper->message), "%s", message ? message : "");
	if (token)
		buf_add_text(keeper->text, token);
}

int endpoint_token(struct endpoint *endpoint, struct buf *text, struct error *err)
{
	struct keeper *keeper;
	size_t before = text->len;
	int status = 0;

	pthread_mutex_lock(&endpoint->token_lock);
	if (!endpoint->keeper)
		endpoint->keeper = keeper_new(endpoint->token_source);
	keeper = endpoint->keeper;
	keeper->text = text;
	keeper->is_done = false;
	tokens_ask(keeper->tokens, TOKEN_ACCESS, SLICE(TOKEN_SCOPE), told, keeper);
	while (!keeper->is_done)
		uv_run(&keeper->loop, UV_RUN_ONCE);
	if (text->len == before)
		status = error_set(err, ERROR_BUSY, "no token for %s: %s", endpoint->host, keeper->message);
	pthread_mutex_unlock(&endpoint->token_lock);
	return status;
}
