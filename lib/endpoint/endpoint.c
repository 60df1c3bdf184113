/* endpoint.c - options, attempts and waits, the log; see endpoint.h. */
#include "lib/endpoint/endpoint_private.h"

#include "lib/clock/clock.h"
#include "lib/http/backoff.h"
#include "lib/log/trace.h"
#include "lib/mem/mem.h"
#include "lib/token/token.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_ATTEMPTS = 20,
	MAX_TIMEOUT_S = 3600,
	MAX_ANSWER = 256 << 20,
	REST_AFTER = 3, /* questions that nobody answered */
	REST_MS = 30000,
	MAX_WAIT_MS = 30000, /* between attempts: who asks for more is told to come again */
};

/* ---- options */

static bool is_loopback(struct slice host)
{
	return slice_is(host, "localhost") || slice_starts(host, SLICE("localhost:")) ||
	       slice_starts(host, SLICE("127.")) || slice_starts(host, SLICE("[::1]"));
}

static int choose_url(struct endpoint *endpoint, const char *url, struct error *err)
{
	struct slice host = http_url_host(url), all = slice_of(url);
	size_t authority = slice_find(all, host, 0);
	struct buf whole;

	if (host.len == 0)
		return error_set(err, ERROR_INPUT, "--endpoint is an http or https URL, not \"%.200s\"", url);
	if (authority != SIZE_MAX && authority && all.ptr[authority - 1] == '@') {
		error_set(err, ERROR_INPUT, "--endpoint: a URL with a user name or password would be shown");
		error_hint(err, "--endpoint-key-file names a file with the key");
		return -1;
	}
	buf_init(&whole, 0);
	buf_add_slice(&whole, all);
	if (slice_ends(all, SLICE("/v1")) ||
	    slice_ends(all, SLICE("/v1/"))) /* the base that clients are given */
		buf_add_text(&whole, all.ptr[all.len - 1] == '/' ? "chat/completions" : "/chat/completions");
	endpoint->url = buf_take(&whole);
	endpoint->host = mem_strndup(host.ptr, host.len);
	return 0;
}

/* The end of the path says it: Vertex AI's :predict and our own steps' /predict, OpenAI's /chat/completions. */
static int choose_kind(struct endpoint *endpoint, const char *given, struct error *err)
{
	struct slice path = slice_sub(slice_of(endpoint->url), 0, strcspn(endpoint->url, "?#"));

	if (given && strcmp(given, "vertex") == 0)
		endpoint->kind = ENDPOINT_VERTEX;
	else if (given && strcmp(given, "chat") == 0)
		endpoint->kind = ENDPOINT_CHAT;
	else if (given)
		return error_set(err, ERROR_INPUT, "--endpoint-kind is vertex or chat, not \"%.80s\"", given);
	else if (slice_ends(path, SLICE(":predict")) || slice_ends(path, SLICE("/predict")))
		endpoint->kind = ENDPOINT_VERTEX;
	else if (slice_ends(path, SLICE("/chat/completions")))
		endpoint->kind = ENDPOINT_CHAT;
	else {
		error_set(err, ERROR_INPUT, "--endpoint: the URL does not say what is served there");
		error_hint(err, "--endpoint-kind vertex or --endpoint-kind chat does");
		return -1;
	}
	return 0;
}

/* Printable ASCII without blanks, so that it can be the value of a header. */
static int take_key(struct endpoint *endpoint, struct slice text, const char *where, struct error *err)
{
	text = slice_trim(text);
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] <= 0x20 || text.ptr[i] >= 0x7f)
			return error_set(err, ERROR_INPUT,
					 "what %s holds is no key: it has more than one word", where);
	if (text.len == 0)
		return error_set(err, ERROR_INPUT, "%s holds no key", where);
	endpoint->key = mem_strndup(text.ptr, text.len);
	return 0;
}

static int read_key(struct endpoint *endpoint, const char *path, struct error *err)
{
	char text[ENDPOINT_MAX_KEY + 1];
	FILE *file = fopen(path, "re");
	size_t size;
	int status;

	if (!file)
		return error_set(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_IO,
				 "--endpoint-key-file %.300s: %s", path, strerror(errno));
	size = fread(text, 1, sizeof(text), file);
	if (ferror(file))
		status = error_set(err, ERROR_IO, "--endpoint-key-file %.300s: %s", path, strerror(errno));
	else if (size > ENDPOINT_MAX_KEY)
		status = error_set(err, ERROR_INPUT, "--endpoint-key-file %.300s: a key has at most %d bytes",
				   path, ENDPOINT_MAX_KEY);
	else
		status = take_key(endpoint, (struct slice){text, size}, path, err);
	fclose(file);
	explicit_bzero(text, sizeof(text));
	return status;
}

static int choose_key(struct endpoint *endpoint, const struct opts *opts, const char *variable,
		      struct error *err)
{
	const char *path = opt_text(opts, "endpoint-key-file"), *source = opt_text(opts, "endpoint-auth");
	const char *key = getenv(variable);

	if (path && *path) {
		if (read_key(endpoint, path, err) < 0)
			return -1;
	} else if (key && *key && take_key(endpoint, slice_of(key), variable, err) < 0) {
		return -1;
	}
	if (source && *source && strcmp(source, "none") != 0)
		endpoint->token_source = mem_strdup(source);
	if (endpoint->key && endpoint->token_source)
		return error_set(err, ERROR_INPUT, "--endpoint-auth and a key: one of them is to be sent");
	if ((endpoint->key || endpoint->token_source) && strncasecmp(endpoint->url, "https:", 6) != 0 &&
	    !is_loopback(slice_of(endpoint->host))) {
		error_set(err, ERROR_INPUT, "--endpoint: a key would go to %s in the clear", endpoint->host);
		error_hint(err, "https, or an address of this machine");
		return -1;
	}
	return 0;
}

/* A source that does not exist is told at the start and not with the first document. */
static int check_source(const struct endpoint *endpoint, struct error *err)
{
	struct tokens *tokens;
	uv_loop_t loop;

	if (!endpoint->token_source)
		return 0;
	uv_loop_init(&loop);
	tokens = tokens_new(&loop, endpoint->token_source);
	if (!tokens)
		error_set(err, ERROR_INPUT, "--endpoint-auth is gcloud or metadata, not \"%.80s\"",
			  endpoint->token_source);
	tokens_free(tokens);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	return tokens ? 0 : -1;
}

static int choose_limits(struct endpoint *endpoint, const struct opts *opts, struct error *err)
{
	const char *fallback = opt_text(opts, "endpoint-fallback");
	long timeout = opt_number(opts, "endpoint-timeout"), attempts = opt_number(opts, "endpoint-attempts");
	long answer = opt_number(opts, "endpoint-answer"), text = opt_number(opts, "endpoint-text");

	if (timeout < 1 || timeout > MAX_TIMEOUT_S)
		return error_set(err, ERROR_INPUT, "--endpoint-timeout is from 1 to %d seconds",
				 MAX_TIMEOUT_S);
	if (attempts < 1 || attempts > MAX_ATTEMPTS)
		return error_set(err, ERROR_INPUT, "--endpoint-attempts is from 1 to %d", MAX_ATTEMPTS);
	if (answer < 1024 || answer > MAX_ANSWER)
		return error_set(err, ERROR_INPUT, "--endpoint-answer is from 1024 to %d bytes", MAX_ANSWER);
	if (text < 1024 || text > ENDPOINT_MAX_BODY / 8)
		return error_set(err, ERROR_INPUT, "--endpoint-text is from 1024 to %d bytes",
				 ENDPOINT_MAX_BODY / 8);
	if (strcmp(fallback, "yes") != 0 && strcmp(fallback, "no") != 0)
		return error_set(err, ERROR_INPUT, "--endpoint-fallback is yes or no, not \"%.80s\"",
				 fallback);
	endpoint->timeout_ms = timeout * 1000;
	endpoint->attempts = (int)attempts;
	endpoint->answer_limit = (size_t)answer;
	endpoint->text_limit = (size_t)text;
	endpoint->falls_back = strcmp(fallback, "yes") == 0;
	return 0;
}

struct endpoint *endpoint_open(const struct opts *opts, const char *key_variable, const struct logger *log,
			       struct error *err)
{
	const char *url = opt_text(opts, "endpoint"), *model = opt_text(opts, "endpoint-model");
	struct endpoint *endpoint;

	if (!url || !*url)
		return NULL;
	endpoint = mem_new(sizeof(*endpoint));
	pthread_mutex_init(&endpoint->lock, NULL);
	pthread_mutex_init(&endpoint->token_lock, NULL);
	endpoint->log = log;
	endpoint->model = model && *model ? mem_strdup(model) : NULL;
	if (choose_url(endpoint, url, err) == 0 &&
	    choose_kind(endpoint, opt_text(opts, "endpoint-kind"), err) == 0 &&
	    choose_key(endpoint, opts, key_variable, err) == 0 && check_source(endpoint, err) == 0 &&
	    choose_limits(endpoint, opts, err) == 0)
		return endpoint;
	endpoint_close(endpoint);
	return NULL;
}

void endpoint_close(struct endpoint *endpoint)
{
	struct line *line;

	if (!endpoint)
		return;
	while ((line = endpoint->idle)) {
		endpoint->idle = *line_next(line);
		line_free(line);
	}
	keeper_free(endpoint->keeper);
	if (endpoint->key)
		explicit_bzero(endpoint->key, strlen(endpoint->key));
	mem_free(endpoint->key);
	mem_free(endpoint->token_source);
	mem_free(endpoint->url);
	mem_free(endpoint->model);
	mem_free(endpoint->host);
	pthread_mutex_destroy(&endpoint->token_lock);
	pthread_mutex_destroy(&endpoint->lock);
	mem_free(endpoint);
}

enum endpoint_kind endpoint_kind(const struct endpoint *endpoint)
{
	return endpoint->kind;
}

bool endpoint_falls_back(const struct endpoint *endpoint)
{
	return endpoint->falls_back;
}

struct slice endpoint_excerpt(const struct endpoint *endpoint, struct slice text, bool *cut)
{
	size_t end = text.len < endpoint->text_limit ? text.len : endpoint->text_limit;

	if (cut)
		*cut = end < text.len;
	while (end < text.len && end && ((unsigned char)text.ptr[end] & 0xc0) == 0x80)
		end--;
	return slice_sub(text, 0, end);
}

/* ---- lines and rests */

static struct line *borrow(struct endpoint *endpoint)
{
	struct line *line;

	pthread_mutex_lock(&endpoint->lock);
	line = endpoint->idle;
	if (line)
		endpoint->idle = *line_next(line);
	pthread_mutex_unlock(&endpoint->lock);
	return line ? line : line_new();
}

static void give_back(struct endpoint *endpoint, struct line *line)
{
	pthread_mutex_lock(&endpoint->lock);
	*line_next(line) = endpoint->idle;
	endpoint->idle = line;
	pthread_mutex_unlock(&endpoint->lock);
}

/* Where nothing else can answer, every question is worth asking. */
static bool is_resting(struct endpoint *endpoint)
{
	bool resting;

	pthread_mutex_lock(&endpoint->lock);
	resting = endpoint->falls_back && clock_monotonic_ms() < endpoint->rest_until_ms;
	pthread_mutex_unlock(&endpoint->lock);
	return resting;
}

static void count_outcome(struct endpoint *endpoint, bool answered)
{
	pthread_mutex_lock(&endpoint->lock);
	endpoint->failures = answered ? 0 : endpoint->failures + 1;
	endpoint->rest_until_ms = endpoint->failures >= REST_AFTER ? clock_monotonic_ms() + REST_MS : 0;
	pthread_mutex_unlock(&endpoint->lock);
}

/* ---- attempts */

struct asking {
	struct endpoint *endpoint;
	const struct endpoint_question *question;
	struct line *line;
	struct buf body;          /* of the question */
	struct buf authorization; /* or empty */
	struct exchange exchange; /* the last one */
	struct form_answer form;
	int attempts;
	int64_t begin_ms;
};

static int64_t time_left(const struct asking *asking)
{
	int64_t deadline_ms = asking->question->deadline_ms;

	return deadline_ms > 0 ? deadline_ms - clock_monotonic_ms() : INT64_MAX;
}

static int authorize(struct asking *asking, struct error *err)
{
	struct endpoint *endpoint = asking->endpoint;

	buf_clear(&asking->authorization);
	if (!endpoint->key && !endpoint->token_source)
		return 0;
	buf_add_text(&asking->authorization, "Bearer ");
	if (endpoint->key)
		return buf_add_text(&asking->authorization, endpoint->key);
	return endpoint_token(endpoint, &asking->authorization, err);
}

static bool may_pass(const struct exchange *exchange)
{
	switch (exchange->outcome) {
	case HTTP_ANSWERED:
		return exchange->status == 408 || exchange->status == 425 || exchange->status == 429 ||
		       exchange->status >= 500;
	case HTTP_CONNECTION_FAILED:
	case HTTP_CONNECTION_BROKEN:
	case HTTP_TIMED_OUT:
		return true;
	default:
		return false;
	}
}

/* How the last attempt failed. */
static int set_failure(const struct asking *asking, struct error *err)
{
	const struct exchange *exchange = &asking->exchange;
	const char *host = asking->endpoint->host;
	char quote[160];

	if (exchange->outcome == HTTP_TOO_LARGE)
		return error_set(err, ERROR_INPUT, "%s answers more than %zu bytes", host,
				 asking->endpoint->answer_limit);
	if (exchange->outcome != HTTP_ANSWERED)
		return error_set(err, may_pass(exchange) ? ERROR_BUSY : ERROR_IO, "%s: %s (attempt %d)", host,
				 exchange->message, asking->attempts);
	form_quote(buf_slice(&exchange->body), quote, sizeof(quote));
	error_set(err,
		  may_pass(exchange) ? ERROR_BUSY
		  : exchange->status == 400 || exchange->status == 413 || exchange->status == 422
			  ? ERROR_INPUT
			  : ERROR_IO,
		  "%s answers %d (attempt %d)%s%s", host, exchange->status, asking->attempts,
		  quote[0] ? ": " : "", quote);
	if (exchange->status == 401 || exchange->status == 403)
		error_hint(err, "--endpoint-key-file or --endpoint-auth say who asks");
	return -1;
}

/* 0: a 2xx is here; 1: ask again; -1: *err. */
static int attempt(struct asking *asking, struct error *err)
{
	struct exchange *exchange = &asking->exchange;
	int64_t timeout_ms = asking->endpoint->timeout_ms, left_ms = time_left(asking);

	if (left_ms <= 0)
		return error_set(err, ERROR_BUSY, "no time is left to ask %s", asking->endpoint->host);
	if (authorize(asking, err) < 0)
		return -1;
	asking->attempts++;
	buf_clear(&exchange->body);
	line_exchange(asking->line, asking->endpoint,
		      asking->authorization.len ? buf_text(&asking->authorization) : NULL,
		      buf_slice(&asking->body), left_ms < timeout_ms ? left_ms : timeout_ms, exchange);
	if (exchange->outcome == HTTP_ANSWERED && exchange->status >= 200 && exchange->status < 300)
		return 0;
	if (may_pass(exchange) && asking->attempts < asking->endpoint->attempts)
		return 1;
	return set_failure(asking, err);
}

/* -1: a wait that long is past the time that the caller gives, or that a step may take to end. */
static int wait(struct asking *asking, struct error *err)
{
	int64_t wait_ms = asking->exchange.retry_after_ms;

	if (wait_ms < 0)
		wait_ms = backoff_ms(asking->attempts);
	if (wait_ms > MAX_WAIT_MS || wait_ms >= time_left(asking))
		return set_failure(asking, err);
	line_wait(asking->line, wait_ms);
	return 0;
}

static int ask(struct asking *asking, struct error *err)
{
	int status;

	if (form_write(asking->endpoint, asking->question, &asking->body, err) < 0)
		return -1;
	while ((status = attempt(asking, err)) > 0)
		if (wait(asking, err) < 0)
			return -1;
	if (status < 0)
		return -1;
	if (form_read(asking->endpoint, buf_slice(&asking->exchange.body), &asking->form, err) == 0)
		return 0;
	return -1;
}

/* ---- what is told of it */

static void log_asking(const struct asking *asking, const struct error *err)
{
	const struct endpoint *endpoint = asking->endpoint;
	const struct form_answer *form = &asking->form;
	struct value fields = value_map_new();
	struct trace trace;

	value_put(&fields, "endpoint", value_string_repaired(slice_of(endpoint->host)));
	if (form->model[0] || endpoint->model)
		value_put(&fields, "model",
			  value_string_repaired(slice_of(form->model[0] ? form->model : endpoint->model)));
	value_put(&fields, "attempts", value_int(asking->attempts));
	value_put(&fields, "latency_ms", value_int(clock_monotonic_ms() - asking->begin_ms));
	if (form->input_tokens >= 0)
		value_put(&fields, "input_tokens", value_int(form->input_tokens));
	if (form->output_tokens >= 0)
		value_put(&fields, "output_tokens", value_int(form->output_tokens));
	if (trace_parse(asking->question->trace, &trace))
		trace_add(&trace, asking->question->project, &fields);
	if (err->kind != ERROR_NONE)
		log_write(endpoint->log, LOG_WARNING, fields, "no use of the endpoint: %s", err->message);
	else
		log_write(endpoint->log, LOG_INFO, fields, "the endpoint answered");
	value_unref(fields);
}

static void name_model(const struct asking *asking, struct endpoint_answer *answer)
{
	const char *model = asking->form.model[0] ? asking->form.model : asking->endpoint->model;
	size_t used = 0;

	for (const char *at = model ? model : ""; *at && used < 100; at++)
		if (*at > 0x20 && *at < 0x7f)
			answer->model[used++] = *at;
	snprintf(answer->model + used, sizeof(answer->model) - used, "%s%.58s", used ? "@" : "",
		 asking->endpoint->host);
}

/* Seconds, upwards, that the endpoint asked for; 0 when it did not. */
static long retry_after(const struct asking *asking)
{
	return asking->attempts && asking->exchange.retry_after_ms > 0
		       ? (long)((asking->exchange.retry_after_ms + 999) / 1000)
		       : 0;
}

int endpoint_ask(struct endpoint *endpoint, const struct endpoint_question *question,
		 struct endpoint_answer *answer, struct error *err)
{
	struct asking asking = {.endpoint = endpoint, .question = question, .begin_ms = clock_monotonic_ms()};
	struct error failure = {0};

	*answer = (struct endpoint_answer){.content = value_null()};
	if (is_resting(endpoint))
		return error_set(err, ERROR_BUSY, "%s did not answer before and is left alone for a while",
				 endpoint->host);
	asking.form = (struct form_answer){.content = value_null(), .input_tokens = -1, .output_tokens = -1};
	asking.line = borrow(endpoint);
	buf_init(&asking.body, ENDPOINT_MAX_BODY);
	buf_init(&asking.authorization, 0);
	buf_init(&asking.exchange.body, endpoint->answer_limit);
	if (ask(&asking, &failure) == 0) {
		answer->content = asking.form.content;
		name_model(&asking, answer);
	} else if (failure.kind == ERROR_BUSY) {
		answer->retry_after_s = retry_after(&asking);
	}
	count_outcome(endpoint, failure.kind != ERROR_BUSY);
	log_asking(&asking, &failure);
	give_back(endpoint, asking.line);
	if (asking.authorization.data)
		explicit_bzero(asking.authorization.data, asking.authorization.len);
	buf_release(&asking.authorization);
	buf_release(&asking.body);
	buf_release(&asking.exchange.body);
	if (failure.kind == ERROR_NONE)
		return 0;
	error_set(err, failure.kind, "%s", failure.message);
	error_hint(err, "%s", failure.hint);
	return -1;
}
