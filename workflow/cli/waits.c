/* waits.c - what a run waits for; see waits.h. */
#include "workflow/cli/waits.h"
#include "workflow/cli/visit.h"

#include "lib/clock/clock.h"
#include "lib/log/log.h"
#include "lib/mem/mem.h"

#include <stdio.h>

enum { SHOWN_WAITS = 10 };

struct asked {
	struct value content; /* of the announcement; null once answered, unless it is a retry */
	struct value place;   /* [step, iteration]; null for what is no effect */
	int64_t strand, since_us;
	bool is_answered;
};

struct reading {
	struct asked *asked; /* [i] is effect i + 1 */
	size_t count, capacity;
	struct value methods; /* of callbacks, by URL */
};

static struct value or_null(const struct value *v)
{
	return v ? value_ref(*v) : value_null();
}

static void announce(struct reading *reading, const struct event *event, struct value content)
{
	struct asked *asked;

	if (reading->count == reading->capacity)
		reading->asked = mem_grow(reading->asked, &reading->capacity, sizeof(*reading->asked));
	asked = &reading->asked[reading->count++];
	*asked = (struct asked){
		.content = value_ref(content), .place = value_list_new(2), .strand = event->strand, .since_us = event->time_us};
	value_list_push(&asked->place, value_string(value_get_text(content, "step")));
	value_list_push(&asked->place, or_null(value_get(content, "iteration")));
}

static bool is_retry(const struct asked *asked)
{
	return slice_is(value_get_text(asked->content, "function"), "retry");
}

static bool take_event(void *ctx, const struct event *event)
{
	struct reading *reading = ctx;
	struct error ignored = {0};
	struct value content;

	if (event->kind == EVENT_ANSWERED && event->effect > 0 && (size_t)event->effect <= reading->count) {
		struct asked *asked = &reading->asked[event->effect - 1];

		asked->is_answered = true;
		if (!is_retry(asked))
			value_set(&asked->content, value_null());
		return true;
	}
	if ((event->kind != EVENT_ANNOUNCED && event->kind != EVENT_OPENED) ||
	    journal_decode(event->content, &content, &ignored) < 0)
		return true;
	if (event->kind == EVENT_ANNOUNCED)
		announce(reading, event, content);
	else
		value_map_set(&reading->methods, value_get_text(content, "url"),
			      value_string(value_get_text(content, "method")));
	value_unref(content);
	return true;
}

/* ---- one wait */

static void put_time(struct value *wait, const char *name, double time_us)
{
	char text[CLOCK_TEXT_SIZE];

	if (time_us > -9e15 && time_us < 9e15) /* within the years that have four digits, with room */
		value_put(wait, name, value_string_z(clock_format_utc((int64_t)time_us, text)));
}

/* Attempt n + 1 comes after the n-th failed; a policy of m retries makes m + 1 attempts. */
static void put_attempt(struct value *wait, struct value retry)
{
	const struct value *error = value_get(retry, "error");
	const struct value *most = value_get(retry, "max_retries");

	value_put(wait, "attempt", value_int(value_get_int(retry, "attempt", 0) + 1));
	if (most && value_is_number(*most) && value_number(*most) >= 0 && value_number(*most) < 1e15)
		value_put(wait, "of", value_int((int64_t)value_number(*most) + 1));
	if (error)
		value_put(wait, "error", value_ref(*error));
}

/* The last retry of the strand, if a call of this step came before it. */
static const struct value *find_retry(const struct reading *reading, size_t i)
{
	const struct value *retry = NULL;

	for (size_t j = i; j-- > 0;) {
		const struct asked *earlier = &reading->asked[j];

		if (earlier->strand != reading->asked[i].strand)
			continue;
		if (is_retry(earlier) && !retry)
			retry = value_get(earlier->content, "request");
		else if (retry && value_equal(earlier->place, reading->asked[i].place))
			return retry;
		else if (!retry && value_equal(earlier->place, reading->asked[i].place))
			return NULL; /* called again without one */
	}
	return NULL;
}

static const char *kind_of(const struct asked *asked, struct value request)
{
	struct slice function = value_get_text(asked->content, "function");

	if (is_retry(asked))
		return "retry";
	if (slice_is(function, "events.await_callback"))
		return "callback";
	if (value_get_text(request, "workflow_id").len)
		return "execution";
	return value_get_text(request, "method").len ? "call" : "sleep";
}

static void put_until(struct value *wait, const struct asked *asked, struct value request, bool is_callback)
{
	const struct value *seconds = value_get(request, is_callback ? "timeout" : "seconds");
	const struct value *until = value_get(request, "until");

	if (seconds && value_is_number(*seconds))
		put_time(wait, "until", (double)asked->since_us + value_number(*seconds) * 1e6);
	else if (until && value_is_number(*until))
		put_time(wait, "until", value_number(*until) * 1e6);
}

static struct value describe(const struct reading *reading, size_t i)
{
	const struct asked *asked = &reading->asked[i];
	struct value request = or_null(value_get(asked->content, "request"));
	struct slice url = value_get_text(request, "url");
	const char *kind = kind_of(asked, request);
	const struct value *retry = is_retry(asked) ? &request : find_retry(reading, i);
	struct value wait = value_map_new();

	value_put(&wait, "for", value_string_z(kind));
	value_put(&wait, "step", value_ref(*value_list_at(asked->place, 0)));
	value_put(&wait, "iteration", value_ref(*value_list_at(asked->place, 1)));
	put_time(&wait, "since", (double)asked->since_us);
	if (*kind == 's' || *kind == 'r' || *kind == 'c')
		put_until(&wait, asked, request, slice_is(slice_of(kind), "callback"));
	if (slice_is(slice_of(kind), "callback"))
		value_put(&wait, "method", or_null(value_map_get(reading->methods, url)));
	else if (value_get(request, "method"))
		value_put(&wait, "method", value_ref(*value_get(request, "method")));
	if (url.len)
		value_put(&wait, "url", value_string(url));
	if (value_get(request, "workflow_id"))
		value_put(&wait, "workflow", value_ref(*value_get(request, "workflow_id")));
	if (retry)
		put_attempt(&wait, *retry);
	value_unref(request);
	return wait;
}

int waits_read(struct journal *journal, const struct journal_run *run, size_t most, struct waits *waits,
	       struct error *err)
{
	struct reading reading = {.methods = value_map_new()};
	int status = journal_events(journal, run, 1, take_event, &reading, err);

	*waits = (struct waits){.list = value_list_new(0)};
	for (size_t i = 0; i < reading.count; i++) {
		if (!reading.asked[i].is_answered && waits->count++ < most)
			value_list_push(&waits->list, describe(&reading, i));
	}
	for (size_t i = 0; i < reading.count; i++) { /* each is compared with those before it */
		value_unref(reading.asked[i].place);
		value_unref(reading.asked[i].content);
	}
	mem_free(reading.asked);
	value_unref(reading.methods);
	return status;
}

void waits_release(struct waits *waits)
{
	value_unref(waits->list);
}

/* ---- as text */

static void add_error(struct buf *line, struct value wait)
{
	const struct value *error = value_get(wait, "error");
	struct slice message = error ? value_get_text(*error, "message") : SLICE("");
	struct buf text;

	if (!error)
		return;
	buf_init(&text, 0);
	if (message.len)
		buf_add_slice(&text, message);
	else if (journal_encode(&text, *error) < 0)
		buf_clear(&text);
	buf_add_text(line, "; last error: ");
	log_add_plain(line, slice_sub(buf_slice(&text), 0, 200));
	buf_release(&text);
}

static void add_call(struct buf *line, struct value wait)
{
	log_add_plain(line, value_get_text(wait, "method"));
	buf_add_char(line, ' ');
	log_add_plain(line, value_get_text(wait, "url"));
}

static void add_what(struct buf *line, struct value wait)
{
	struct slice kind = value_get_text(wait, "for");

	if (slice_is(kind, "execution")) {
		buf_add_text(line, "a run of ");
		log_add_plain(line, value_get_text(wait, "workflow"));
	} else if (slice_is(kind, "callback")) {
		buf_add_text(line, "callback ");
		add_call(line, wait);
	} else if (slice_is(kind, "call")) {
		add_call(line, wait);
	} else {
		buf_add_text(line, slice_is(kind, "retry") ? "the next attempt" : "the end of a sleep");
	}
}

void wait_add(struct buf *line, struct value wait)
{
	add_what(line, wait);
	buf_add_text(line, " (");
	visit_add(line, value_get_text(wait, "step"), value_get(wait, "iteration"));
	buf_printf(line, ") since %.*s", SLICE_ARG(value_get_text(wait, "since")));
	if (value_get(wait, "attempt")) {
		buf_printf(line, ", attempt %lld", (long long)value_get_int(wait, "attempt", 0));
		if (value_get(wait, "of"))
			buf_printf(line, " of %lld", (long long)value_get_int(wait, "of", 0));
	}
	if (value_get(wait, "until"))
		buf_printf(line, ", %s %.*s", slice_is(value_get_text(wait, "for"), "retry") ? "at" : "until",
			   SLICE_ARG(value_get_text(wait, "until")));
	add_error(line, wait);
}

void waits_print(const struct waits *waits)
{
	for (size_t i = 0; i < value_len(waits->list) && i < SHOWN_WAITS; i++) {
		struct buf line;

		buf_init(&line, 0);
		wait_add(&line, *value_list_at(waits->list, i));
		printf("%s%s\n", i ? "           " : "waits for  ", buf_text(&line));
		buf_release(&line);
	}
	if (waits->count > SHOWN_WAITS)
		printf("           and %zu more\n", waits->count - SHOWN_WAITS);
}
