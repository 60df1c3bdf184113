/*
 * callback.c - callbacks (reference, section 8): endpoints are opened, requests arrive, awaits take them.
 *
 *	create_callback_endpoint -> EVENT_OPENED    in passing, as an observation is
 *	a request                -> EVENT_ARRIVED   from outside, between two turns of the run
 *	await_callback           -> EVENT_ANNOUNCED, and EVENT_ANSWERED when a request is there or the time is up
 *
 * Who gets which request follows from the order of these events alone: one that arrives goes to the await
 * that was announced first, else it is kept for the next. An endpoint keeps one; while it does, others are
 * refused. An await that time runs out for and a request that comes at the same moment are therefore decided
 * by the journal.
 */
#include "workflow/engine/engine_private.h"

#include "lib/clock/clock.h"

#include <string.h>

struct endpoint {
	char *id;
	struct value url; /* what the definition holds, and await_callback is given */
	struct value method;
	struct value step;     /* that opened it */
	struct value payload;  /* that no await has taken yet, or null */
	struct endpoint *next; /* newer */
};

void endpoints_release(struct run *run)
{
	while (run->endpoints) {
		struct endpoint *endpoint = run->endpoints;

		run->endpoints = endpoint->next;
		mem_free(endpoint->id);
		value_unref(endpoint->url);
		value_unref(endpoint->method);
		value_unref(endpoint->step);
		value_unref(endpoint->payload);
		mem_free(endpoint);
	}
}

static struct value member(struct value map, const char *name)
{
	const struct value *found = value_get(map, name);

	return found ? value_ref(*found) : value_null();
}

static struct endpoint *add_endpoint(struct run *run, struct value opened)
{
	struct endpoint **link = &run->endpoints;
	struct endpoint *endpoint = mem_new(sizeof(*endpoint));
	struct slice id = value_get_text(opened, "callback");

	while (*link)
		link = &(*link)->next;
	*link = endpoint;
	endpoint->id = mem_strndup(id.ptr ? id.ptr : "", id.len);
	endpoint->url = member(opened, "url");
	endpoint->method = member(opened, "method");
	endpoint->step = member(opened, "step");
	return endpoint;
}

static struct endpoint *find_by_url(const struct run *run, struct slice url)
{
	struct endpoint *endpoint = run->endpoints;

	while (endpoint && !slice_equal(value_text(endpoint->url), url))
		endpoint = endpoint->next;
	return endpoint;
}

static struct endpoint *find_by_id(const struct run *run, struct slice id)
{
	struct endpoint *endpoint = run->endpoints;

	while (endpoint && !slice_is(id, endpoint->id))
		endpoint = endpoint->next;
	return endpoint;
}

/* Is `effect` an await of this endpoint? */
static bool is_waiter(const struct effect *effect, const struct endpoint *endpoint)
{
	return effect->kind == EFFECT_AWAIT &&
	       slice_equal(value_get_text(effect->request, "url"), value_text(endpoint->url));
}

static struct callback lend(const struct run *run, const struct endpoint *endpoint)
{
	struct callback callback = {
		.id = endpoint->id,
		.url = value_text(endpoint->url),
		.method = value_text(endpoint->method),
		.step = value_text(endpoint->step),
		.has_payload = !value_is_null(endpoint->payload),
		.payload = endpoint->payload,
	};

	for (const struct effect *effect = run->effects; effect; effect = effect->next)
		callback.waiters += is_waiter(effect, endpoint);
	return callback;
}

bool run_callback_at(const struct run *run, size_t i, struct callback *callback)
{
	const struct endpoint *endpoint = run->endpoints;

	while (endpoint && i-- > 0)
		endpoint = endpoint->next;
	if (endpoint)
		*callback = lend(run, endpoint);
	return endpoint;
}

/* ---- opening */

static struct value new_id(struct run *run)
{
	unsigned char bytes[16];
	struct buf text;
	struct value id;

	run->host->random(run->host->ctx, bytes); /* 128 bits: whoever knows the address was told it */
	buf_init(&text, 0);
	for (size_t i = 0; i < sizeof(bytes); i++)
		buf_printf(&text, "%02x", bytes[i]);
	id = value_string(buf_slice(&text));
	buf_release(&text);
	return id;
}

/* What the world gives: an id and an address, or the reason why there is none. */
static void ask_for_address(struct run *run, struct value *content)
{
	const struct run_host *host = run->host;
	struct error err = {0};
	struct value id, raised;
	struct buf url;

	buf_init(&url, 0);
	if (host->listen && host->listen(host->ctx, run, &url, &err) == 0) {
		id = new_id(run);
		stdlib_callback_path(&url, run->env, run->id, value_text(id).ptr);
		value_put(content, "callback", id);
		value_put(content, "url", value_string(buf_slice(&url)));
	} else {
		raise_error(&raised, "SystemError", "no callback can be received: %s", err.message);
		value_put(content, "raised", raised);
	}
	buf_release(&url);
}

static enum outcome take_address(struct run *run, struct value seen, int64_t ticket, struct value *out,
				 struct value *raised)
{
	const struct value *failure = value_get(seen, "raised");
	struct callback callback;

	if (failure) {
		*raised = value_ref(*failure);
		return RAISED;
	}
	callback = lend(run, add_endpoint(run, seen));
	if (ticket && run->host->opened)
		run->host->opened(run->host->ctx, run, &callback, ticket);
	*out = value_map_new();
	value_put(out, "url", member(seen, "url"));
	return GO;
}

enum outcome endpoint_open(struct strand *strand, const struct stdlib_function *function,
			   struct value request, struct value *out, struct value *raised)
{
	struct run *run = strand->run;
	struct value content = value_map_new();
	enum outcome outcome = WAITS;
	int64_t time_us, ticket;
	const struct past *past;

	value_put(&content, "function", value_string_z(function->name));
	value_put(&content, "step", step_name(run, frame_step(run->plan, strand->top)));
	value_put(&content, "method", member(request, "method"));
	if (run->past_next >= run->past_count)
		ask_for_address(run, &content);
	past = produce(run, EVENT_OPENED, strand->id, 0, content, &time_us, &ticket);
	if (run->status == RUN_GOES_ON)
		outcome = take_address(run, past ? past->content : content, ticket, out, raised);
	value_unref(content);
	value_unref(request);
	return outcome;
}

void endpoints_reopen(struct run *run)
{
	for (const struct endpoint *endpoint = run->endpoints; endpoint; endpoint = endpoint->next) {
		struct callback callback = lend(run, endpoint);

		if (run->host->opened)
			run->host->opened(run->host->ctx, run, &callback, 0);
	}
}

/* ---- waiting */

bool is_callback(const struct run *run, struct value request)
{
	return find_by_url(run, value_get_text(request, "url"));
}

/* The answer is recorded as that of any effect, though it follows from what came before. */
static void give(struct effect *effect, struct value payload)
{
	struct run *run = effect->run;
	struct value content = value_map_new();
	int64_t time_us, ticket;

	value_put(&content, "result", payload);
	produce(run, EVENT_ANSWERED, effect->strand->id, effect->number, content, &time_us, &ticket);
	if (run->status == RUN_GOES_ON) {
		run->host->abandon(run->host->ctx, effect); /* its time no longer runs */
		effect_answered(effect, content);
	}
	value_unref(content);
}

bool callback_take(struct effect *effect)
{
	struct endpoint *endpoint = find_by_url(effect->run, value_get_text(effect->request, "url"));
	struct value payload = endpoint ? endpoint->payload : value_null();

	if (value_is_null(payload))
		return false;
	endpoint->payload = value_null();
	give(effect, payload);
	return true;
}

/* ---- arriving */

/* Taken: to the await that was announced first, or kept. */
static void deliver(struct run *run, struct endpoint *endpoint, struct value payload)
{
	struct effect *effect = run->effects; /* in the order of their announcements */

	while (effect && !is_waiter(effect, endpoint))
		effect = effect->next;
	if (effect)
		give(effect, payload);
	else
		value_set(&endpoint->payload, payload);
}

bool replay_arrival(struct run *run, const struct past *past)
{
	struct endpoint *endpoint = find_by_id(run, value_get_text(past->content, "callback"));

	if (!endpoint) {
		diverge(run,
			"event %zu of run %s is a request to a callback that the definition does not open",
			run->past_next, run->id);
		return false;
	}
	deliver(run, endpoint, member(past->content, "payload"));
	return true;
}

/* The part of a path that names the callback, ".../executions/RUN/callbacks/ID"; empty when it is none. */
static struct slice callback_part(struct slice path)
{
	size_t at = slice_find(path, SLICE("/executions/"), 0);
	size_t next = at;

	while (next != SIZE_MAX) { /* the last one: a workflow may be called anything */
		at = next;
		next = slice_find(path, SLICE("/executions/"), at + 1);
	}
	if (at == SIZE_MAX || slice_find(path, SLICE("/callbacks/"), at) == SIZE_MAX ||
	    !slice_starts(path, SLICE("/v1/projects/")))
		return SLICE("");
	return slice_sub(path, at, path.len);
}

static struct endpoint *find_by_path(const struct run *run, struct slice path)
{
	struct slice part = callback_part(path);
	struct endpoint *endpoint = run->endpoints;

	while (endpoint && !slice_ends(value_text(endpoint->url), part))
		endpoint = endpoint->next;
	return part.len ? endpoint : NULL;
}

bool run_find_callback(const struct run *run, struct slice path, struct callback *callback)
{
	const struct endpoint *endpoint = find_by_path(run, path);

	if (endpoint)
		*callback = lend(run, endpoint);
	return endpoint;
}

static struct value payload_of(const struct run *run, struct value request)
{
	struct value payload = value_map_new();
	char time[CLOCK_TEXT_SIZE];

	value_put(&payload, "type", value_string_z("HTTP"));
	value_put(&payload, "received_time",
		  value_string_z(clock_format_utc(run->host->wall_us(run->host->ctx), time)));
	value_put(&payload, "http_request", value_ref(request));
	return payload;
}

/* What no variable could hold would fail the run that takes it. What the variables of the moment leave is not
 * looked at: they may be others when the request is taken. */
static bool is_too_large(const struct run *run, struct value payload)
{
	return value_size(payload) > (uint64_t)run->limits.memory_bytes ||
	       has_long_string(payload, run->limits.string_bytes);
}

enum arrival run_arrive(struct run *run, struct slice path, struct value request, int64_t *ticket)
{
	struct endpoint *endpoint = run->status == RUN_GOES_ON ? find_by_path(run, path) : NULL;
	struct value content, payload;
	enum arrival arrival;
	int64_t time_us;

	if (!endpoint)
		return ARRIVAL_UNKNOWN;
	if (!slice_equal(value_get_text(request, "method"), value_text(endpoint->method)))
		return ARRIVAL_WRONG_METHOD;
	if (!value_is_null(endpoint->payload))
		return ARRIVAL_REFUSED;
	payload = payload_of(run, request);
	content = value_map_new();
	value_put(&content, "callback", value_string_z(endpoint->id));
	value_put(&content, "payload", value_ref(payload));
	if (expr_is_too_deep(content) || is_too_large(run, payload)) {
		arrival = expr_is_too_deep(content) ? ARRIVAL_TOO_DEEP : ARRIVAL_TOO_LARGE;
		value_unref(payload);
		value_unref(content);
		return arrival;
	}
	assert(!run->ready_first);
	produce(run, EVENT_ARRIVED, 0, 0, content, &time_us, ticket);
	value_unref(content);
	deliver(run, endpoint, payload);
	run_advance(run);
	return ARRIVAL_TAKEN;
}
