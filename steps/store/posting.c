/*
 * posting.c - the thread that posts records to URLs; see posting.h.
 *
 * A target holds the posts it works on, in order of acceptance: those in flight and those that wait for
 * another attempt. `pump` is the only place that starts requests; it runs after every event (answer, wake,
 * timer) and starts whatever may start now.
 *
 * Records are not kept in memory while a post waits: the next attempt reads the outbox again.
 */
#include "steps/store/posting.h"

#include "steps/store/posting_answer.h"

#include "lib/clock/clock.h"
#include "lib/http/backoff.h"
#include "lib/http/client.h"
#include "lib/mem/mem.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

enum {
	MAX_HELD = 1024,           /* posts of a target, in flight or waiting */
	MAX_FETCH_BYTES = 8 << 20, /* read from the outbox at a time */
	TIMEOUT_MS = 30000,
	RESPONSE_LIMIT = 1 << 20,
	POLL_MS = 250, /* how soon records of other processes are seen */
	DRAIN_POLL_MS = 20,
	DRAIN_ATTEMPTS = 3,
};

struct target;

struct post {
	struct target *target;
	int64_t number;
	uint64_t document;      /* hash of the document's name: equal names have equal hashes */
	struct http_call *call; /* in flight when not NULL */
	int attempts;
	int64_t due_ms; /* next attempt not before */
};

struct target {
	struct posting *posting;
	size_t sink;
	const char *url;
	struct outbox_reader *reader;
	struct post *posts[MAX_HELD]; /* owned; by number */
	size_t count, in_flight;
	int64_t position; /* number of the entry read last */
	bool may_have_more;
	int failures;      /* of the sink as a whole, in a row */
	int64_t paused_ms; /* until then nothing is sent */
	bool is_told;      /* by Retry-After */
	int drain_failures;
};

struct posting {
	const struct delivery_setup *setup;
	struct target *targets;
	size_t count;
	char *authorization; /* header value, or NULL */
	uv_loop_t loop;
	uv_async_t news;
	uv_timer_t timer;
	bool has_loop;
	struct http_client *client;
	pthread_t thread;
	bool has_thread;
	atomic_bool is_draining;
	atomic_int_least64_t deadline_ms;
	bool is_prepared_to_drain, is_over;
};

static void pump_all(struct posting *posting);

/* ---- posts */

/* FNV-1a; a collision only makes two documents wait for each other. */
static uint64_t hash_document(struct slice document)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < document.len; i++)
		hash = (hash ^ (unsigned char)document.ptr[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static void drop(struct post *post)
{
	struct target *target = post->target;
	size_t i = 0;

	while (target->posts[i] != post)
		i++;
	memmove(&target->posts[i], &target->posts[i + 1], (--target->count - i) * sizeof(struct post *));
	mem_free(post);
}

/* Is an older version of the document still on its way? */
static bool is_behind(const struct target *target, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (target->posts[j]->document == target->posts[i]->document)
			return true;
	}
	return false;
}

/* Delivered, or refused for good. */
static void settle(struct post *post, const struct posting_answer *answer)
{
	struct target *target = post->target;
	const struct delivery_setup *setup = target->posting->setup;
	bool is_delivered = answer->verdict == ANSWER_DELIVERED;

	if (is_delivered)
		target->failures = 0;
	else
		log_write(setup->log, LOG_ERROR, value_null(),
			  "%s refused a record: %s; `store outbox` lists it", target->url, answer->reason);
	outbox_mark(setup->outbox, target->sink, post->number, is_delivered ? OUTBOX_DONE : OUTBOX_PARKED,
		    post->attempts, answer->reason);
	drop(post);
}

static int64_t wait_for(const struct posting_answer *answer, int failures)
{
	return answer->retry_after_ms >= 0 ? answer->retry_after_ms : backoff_ms(failures);
}

/* Requests that were in flight together fail together: that is one failure of the sink. */
static void pause_target(struct target *target, const struct posting_answer *answer, int64_t now_ms)
{
	struct posting *posting = target->posting;

	if (now_ms < target->paused_ms)
		return;
	target->failures++;
	target->drain_failures += atomic_load(&posting->is_draining);
	target->is_told = answer->retry_after_ms >= 0;
	target->paused_ms = now_ms + wait_for(answer, target->failures);
	log_write(posting->setup->log, LOG_WARNING, value_null(), "%s: %s; attempt %d, again in %lld ms",
		  target->url, answer->reason, target->failures, (long long)(target->paused_ms - now_ms));
}

static void answered(void *ctx, const struct http_response *response)
{
	struct post *post = ctx;
	struct target *target = post->target;
	struct posting *posting = target->posting;
	int64_t now_ms = clock_monotonic_ms();
	struct posting_answer answer;

	post->call = NULL;
	target->in_flight--;
	post->attempts++;
	posting_answer_read(&answer, response);
	if (answer.verdict == ANSWER_DELIVERED || answer.verdict == ANSWER_REFUSED) {
		settle(post, &answer);
	} else {
		outbox_mark(posting->setup->outbox, target->sink, post->number, OUTBOX_FAILED, post->attempts,
			    answer.reason);
		post->due_ms = now_ms + wait_for(&answer, post->attempts);
		if (answer.verdict == ANSWER_SINK_FAILED)
			pause_target(target, &answer, now_ms);
	}
	pump_all(posting);
}

static void send_post(void *ctx, const struct outbox_entry *entry)
{
	struct post *post = ctx;
	struct target *target = post->target;
	struct posting *posting = target->posting;
	char key[POSTING_KEY_SIZE];
	struct http_header headers[] = {
		{"Content-Type", "application/json"},
		{"Idempotency-Key", posting_key(entry, key)},
		{"User-Agent", "lexflow-store/" LEXFLOW_VERSION},
		{"Authorization", posting->authorization},
	};
	struct http_request request = {
		.method = "POST",
		.url = target->url,
		.headers = headers,
		.header_count = posting->authorization ? 4 : 3,
		.body = entry->record,
		.timeout_ms = TIMEOUT_MS,
		.response_limit = RESPONSE_LIMIT,
	};

	post->call = http_client_send(posting->client, &request, answered, post);
	target->in_flight++;
}

/* A post whose entry is read just now; sent at once if it may be. */
static void take(void *ctx, const struct outbox_entry *entry)
{
	struct target *target = ctx;
	struct post *post = mem_new(sizeof(*post));

	post->target = target;
	post->number = entry->number;
	post->document = hash_document(entry->document);
	target->posts[target->count++] = post;
	target->position = entry->number;
	if (!is_behind(target, target->count - 1))
		send_post(post, entry);
}

/* ---- pumping */

/* A sink that failed is tried out by one request. */
static size_t window(const struct target *target)
{
	return target->failures ? 1 : target->posting->setup->window;
}

static void outbox_failed(struct target *target, const struct error *err)
{
	target->paused_ms = clock_monotonic_ms() + backoff_ms(++target->failures);
	target->drain_failures += atomic_load(&target->posting->is_draining);
	log_write(target->posting->setup->log, LOG_ERROR, value_null(), "cannot read the outbox: %s",
		  err->message);
}

static int send_waiting(struct target *target, int64_t now_ms)
{
	for (size_t i = 0; i < target->count && target->in_flight < window(target); i++) {
		struct post *post = target->posts[i];
		struct error err = {0};
		int found;

		if (post->call || post->due_ms > now_ms || is_behind(target, i))
			continue;
		found = outbox_reader_get(target->reader, post->number, send_post, post, &err);
		if (found < 0) {
			outbox_failed(target, &err);
			return -1;
		}
		if (found == 0) { /* somebody removed it */
			drop(post);
			i--;
		}
	}
	return 0;
}

static void fetch(struct target *target)
{
	while (target->may_have_more && target->in_flight < window(target) && target->count < MAX_HELD) {
		size_t room = window(target) - target->in_flight;
		size_t held = MAX_HELD - target->count;
		struct error err = {0};
		int got = outbox_reader_next(target->reader, target->position, room < held ? room : held,
					     MAX_FETCH_BYTES, take, target, &err);

		if (got < 0) {
			outbox_failed(target, &err);
			return;
		}
		target->may_have_more = got > 0;
	}
}

static void pump(struct target *target)
{
	int64_t now_ms = clock_monotonic_ms();

	if (now_ms < target->paused_ms || !outbox_own(target->posting->setup->outbox))
		return;
	if (send_waiting(target, now_ms) == 0)
		fetch(target);
}

/* Nothing left to do, or nothing that can be done now? Asked while draining. */
static bool is_finished(struct target *target)
{
	struct error err = {0};

	if (!outbox_own(target->posting->setup->outbox)) /* another process delivers */
		return outbox_reader_count(target->reader, &err) <= 0;
	if (target->in_flight)
		return false;
	if (target->drain_failures >= DRAIN_ATTEMPTS ||
	    target->paused_ms > atomic_load(&target->posting->deadline_ms))
		return true;
	for (size_t i = 0; i < target->count; i++) {
		if (target->posts[i]->attempts < DRAIN_ATTEMPTS)
			return false;
	}
	return !target->may_have_more;
}

/* When something is due next that no event announces. */
static int64_t next_wait_ms(const struct posting *posting, bool draining)
{
	int64_t now_ms = clock_monotonic_ms();
	int64_t wait_ms = draining ? DRAIN_POLL_MS : POLL_MS;

	for (size_t t = 0; t < posting->count; t++) {
		const struct target *target = &posting->targets[t];

		for (size_t i = 0; i < target->count; i++) {
			int64_t due_ms = target->posts[i]->due_ms;

			if (due_ms < target->paused_ms)
				due_ms = target->paused_ms;
			if (!target->posts[i]->call && due_ms > now_ms && due_ms - now_ms < wait_ms)
				wait_ms = due_ms - now_ms;
		}
	}
	return wait_ms;
}

static void end(struct posting *posting)
{
	posting->is_over = true;
	http_client_free(posting->client);
	uv_close((uv_handle_t *)&posting->timer, NULL);
	uv_close((uv_handle_t *)&posting->news, NULL);
}

static void on_timer(uv_timer_t *timer)
{
	struct posting *posting = timer->data;

	if (posting->is_over) {
		end(posting);
		return;
	}
	for (size_t i = 0; i < posting->count; i++)
		posting->targets[i].may_have_more = true; /* perhaps from another process */
	pump_all(posting);
}

/* The last chance of this process: what waits for its backoff is due now, unless the sink said when. News of
 * what was accepted last may still be under way, so look. */
static void prepare_to_drain(struct posting *posting)
{
	posting->is_prepared_to_drain = true;
	for (size_t t = 0; t < posting->count; t++) {
		struct target *target = &posting->targets[t];

		target->may_have_more = true;
		if (target->is_told)
			continue;
		target->paused_ms = 0;
		for (size_t i = 0; i < target->count; i++)
			target->posts[i]->due_ms = 0;
	}
}

static void pump_all(struct posting *posting)
{
	bool draining = atomic_load(&posting->is_draining);
	bool finished = draining;

	if (posting->is_over)
		return;
	if (draining && !posting->is_prepared_to_drain)
		prepare_to_drain(posting);
	for (size_t i = 0; i < posting->count; i++) {
		pump(&posting->targets[i]);
		finished = finished && is_finished(&posting->targets[i]);
	}
	/* The client may not be freed here, perhaps inside one of its callbacks: the timer does it. */
	posting->is_over =
		finished || (draining && clock_monotonic_ms() >= atomic_load(&posting->deadline_ms));
	uv_timer_start(&posting->timer, on_timer,
		       posting->is_over ? 0 : (uint64_t)next_wait_ms(posting, draining), 0);
}

static void on_news(uv_async_t *news)
{
	struct posting *posting = news->data;

	for (size_t i = 0; i < posting->count; i++)
		posting->targets[i].may_have_more = true;
	pump_all(posting);
}

static void *deliver(void *arg)
{
	struct posting *posting = arg;

	uv_run(&posting->loop, UV_RUN_DEFAULT);
	return NULL;
}

/* ---- start and end */

static int open_targets(struct posting *posting, struct error *err)
{
	const struct delivery_setup *setup = posting->setup;

	posting->targets = mem_new(setup->count * sizeof(*posting->targets));
	for (size_t i = 0; i < setup->count; i++) {
		struct target *target = &posting->targets[posting->count];

		if (setup->sinks[i].kind != SINK_HTTP)
			continue;
		posting->count++;
		target->posting = posting;
		target->sink = i;
		target->url = setup->sinks[i].name;
		target->may_have_more = true;
		target->reader = outbox_reader_open(setup->outbox, i, err);
		if (!target->reader)
			return -1;
	}
	return 0;
}

static int open_loop(struct posting *posting, struct error *err)
{
	int status = uv_loop_init(&posting->loop);

	if (status < 0)
		return error_set(err, ERROR_IO, "cannot make an event loop: %s", uv_strerror(status));
	posting->has_loop = true;
	uv_async_init(&posting->loop, &posting->news, on_news);
	uv_timer_init(&posting->loop, &posting->timer);
	posting->news.data = posting->timer.data = posting;
	posting->client = http_client_new(&posting->loop);
	uv_async_send(&posting->news); /* look at what earlier runs left */
	return 0;
}

static char *join(const char *a, const char *b)
{
	struct buf text;

	buf_init(&text, 0);
	buf_add_text(&text, a);
	buf_add_text(&text, b);
	return buf_take(&text);
}

struct posting *posting_start(const struct delivery_setup *setup, struct error *err)
{
	struct posting *posting = mem_new(sizeof(*posting));
	int failed;

	posting->setup = setup;
	if (setup->token)
		posting->authorization = join("Bearer ", setup->token);
	if (open_targets(posting, err) < 0 || open_loop(posting, err) < 0)
		goto fail;
	failed = pthread_create(&posting->thread, NULL, deliver, posting);
	if (failed) {
		error_set(err, ERROR_IO, "cannot start a delivery thread: %s", strerror(failed));
		goto fail;
	}
	posting->has_thread = true;
	return posting;

fail:
	posting_finish(posting);
	return NULL;
}

void posting_wake(struct posting *posting)
{
	uv_async_send(&posting->news);
}

void posting_drain(struct posting *posting, int64_t deadline_ms)
{
	atomic_store(&posting->deadline_ms, deadline_ms);
	atomic_store(&posting->is_draining, true);
	uv_async_send(&posting->news);
}

void posting_finish(struct posting *posting)
{
	if (!posting)
		return;
	if (posting->has_thread)
		pthread_join(posting->thread, NULL);
	if (posting->has_loop && !posting->has_thread) { /* the thread could not start */
		end(posting);
		uv_run(&posting->loop, UV_RUN_DEFAULT);
	}
	if (posting->has_loop)
		uv_loop_close(&posting->loop);
	for (size_t t = 0; t < posting->count; t++) {
		for (size_t i = 0; i < posting->targets[t].count; i++)
			mem_free(posting->targets[t].posts[i]);
		outbox_reader_close(posting->targets[t].reader);
	}
	mem_free(posting->targets);
	mem_free(posting->authorization);
	mem_free(posting);
}
