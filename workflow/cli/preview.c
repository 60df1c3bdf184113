/* preview.c - what will be sent again, and may it; see preview.h. */
#include "workflow/cli/preview.h"

#include "lib/mem/mem.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SHOWN_CALLS = 20 };

const struct opt_option cli_yes_options[] = {
	{"yes", 'y', OPT_FLAG, NULL, NULL, NULL, "send calls again without asking, also those that are not safe to repeat"},
	{0},
};

/* ---- what a history has */

/* Which effects are answered within the first `events`; [0, highest number]. */
static bool *answered_effects(const struct history *history, size_t events)
{
	int64_t highest = 0;
	bool *is_answered;

	for (size_t i = 0; i < history->count; i++) {
		if (history->events[i].effect > highest)
			highest = history->events[i].effect;
	}
	is_answered = mem_new(((size_t)highest + 1) * sizeof(*is_answered));
	for (size_t i = 0; i < events; i++) {
		if (history->events[i].kind == EVENT_ANSWERED)
			is_answered[history->events[i].effect] = true;
	}
	return is_answered;
}

struct value preview_calls(const struct history *history, size_t events)
{
	bool *is_answered = answered_effects(history, events);
	struct value calls = value_list_new(0);

	for (size_t i = 0; i < history->count; i++) {
		const struct event *event = &history->events[i];
		struct error ignored = {0};
		struct value content;

		if (event->kind != EVENT_ANNOUNCED || (i < events && is_answered[event->effect]) ||
		    journal_decode(event->content, &content, &ignored) < 0)
			continue;
		value_put(&content, "is_under_way", value_bool(i < events));
		value_list_push(&calls, content);
	}
	mem_free(is_answered);
	return calls;
}

/* ---- is a repeat harmless? */

static struct slice request_text(struct value call, const char *name)
{
	const struct value *request = value_get(call, "request");

	return request ? value_get_text(*request, name) : SLICE("");
}

static bool is_idempotent(struct slice method)
{
	return !slice_is(method, "POST") && !slice_is(method, "PATCH");
}

/* The host of a URL, without its port; that of "http://[::1]:80/" is "::1". */
static struct slice host_of(struct slice url)
{
	size_t at = slice_find(url, SLICE("://"), 0);
	struct slice rest = at == SIZE_MAX ? url : slice_sub(url, at + 3, url.len);
	size_t length = 0;

	if (rest.len && rest.ptr[0] == '[') {
		at = slice_find(rest, SLICE("]"), 0);
		return slice_sub(rest, 1, at == SIZE_MAX ? rest.len : at);
	}
	while (length < rest.len && !strchr(":/?#", rest.ptr[length]))
		length++;
	return slice_sub(rest, 0, length);
}

static bool is_loopback(struct slice url)
{
	struct slice host = host_of(url);

	return slice_is(host, "localhost") || slice_is(host, "::1") || slice_starts(host, SLICE("127."));
}

/* Is it one of those that services.yaml lists, at the address that the run knew? */
static bool is_service(struct services *services, struct value env, struct slice url)
{
	struct value names = services ? services_env(services) : value_map_new();
	bool found = false;

	for (size_t i = 0; i < value_len(names) && !found; i++) {
		const struct value *address = value_map_get(env, value_map_key(names, i));

		found = address && address->kind == VALUE_STRING && value_len(*address) > 0 &&
			slice_starts(url, value_text(*address));
	}
	value_unref(names);
	return found;
}

static bool is_risky(struct services *services, struct value env, struct value call)
{
	struct slice url = request_text(call, "url");
	struct slice method = request_text(call, "method");

	return method.len && !is_idempotent(method) && !is_service(services, env, url);
}

/* ---- saying it */

static void describe(struct value call, struct buf *line)
{
	struct slice method = request_text(call, "method");
	struct slice url = request_text(call, "url");

	if (method.len)
		buf_printf(line, "%.*s %.*s", SLICE_ARG(method), SLICE_ARG(slice_sub(url, 0, url.len < 200 ? url.len : 200)));
	else
		buf_printf(line, "a run of %.*s", SLICE_ARG(request_text(call, "workflow_id")));
	buf_printf(line, "  (%.*s%s)", SLICE_ARG(value_get_text(call, "step")),
		   value_get_bool(call, "is_under_way", false) ? ", was under way" : "");
}

/* Each line once, with how often. */
static struct value count_lines(struct value calls)
{
	struct value lines = value_map_new();

	for (size_t i = 0; i < value_len(calls); i++) {
		struct value call = *value_list_at(calls, i);
		struct buf line;

		if (!request_text(call, "method").len && !request_text(call, "workflow_id").len)
			continue; /* a wait sends nothing */
		buf_init(&line, 0);
		describe(call, &line);
		value_map_set(&lines, buf_slice(&line),
			      value_int(value_get_int(lines, buf_text(&line), 0) + 1));
		buf_release(&line);
	}
	return lines;
}

static void tell(struct value calls)
{
	struct value lines = count_lines(calls);

	if (value_len(lines))
		fputs("to be sent again, as far as the run comes to it:\n", stderr);
	for (size_t i = 0; i < value_len(lines) && i < SHOWN_CALLS; i++) {
		long long times = (long long)value_map_at(lines, i)->as.integer;

		fprintf(stderr, "  %.*s", SLICE_ARG(value_map_key(lines, i)));
		if (times > 1)
			fprintf(stderr, ", %lld times", times);
		fputc('\n', stderr);
	}
	if (value_len(lines) > SHOWN_CALLS)
		fprintf(stderr, "  and %zu more\n", value_len(lines) - SHOWN_CALLS);
	value_unref(lines);
}

/* ---- asking */

static int refuse(struct value call, struct error *err)
{
	struct slice url = request_text(call, "url");

	error_set(err, ERROR_INPUT, "%.*s %.*s in step %.*s may not be safe to repeat; nothing was sent",
		  SLICE_ARG(request_text(call, "method")), SLICE_ARG(slice_sub(url, 0, url.len < 200 ? url.len : 200)),
		  SLICE_ARG(value_get_text(call, "step")));
	error_hint(err, "--yes sends it again");
	return -1;
}

static int ask(size_t risky, struct value first, struct error *err)
{
	char answer[16] = "";

	fprintf(stderr, "%zu of them may not be safe to repeat. Go on? [y/N] ", risky);
	fflush(stderr);
	if (fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return 0;
	return refuse(first, err);
}

int preview_confirm(const struct opts *opts, struct services *services, struct value env, struct value calls,
		    struct error *err)
{
	bool has_terminal = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	const struct value *first = NULL;
	size_t risky = 0;

	if (!opt_flag(opts, "quiet"))
		tell(calls);
	if (opt_flag(opts, "yes"))
		return 0;
	for (size_t i = 0; i < value_len(calls); i++) {
		const struct value *call = value_list_at(calls, i);

		if (!is_risky(services, env, *call) || (!has_terminal && is_loopback(request_text(*call, "url"))))
			continue;
		first = first ? first : call;
		risky++;
	}
	if (!first)
		return 0;
	return has_terminal ? ask(risky, *first, err) : refuse(*first, err);
}
