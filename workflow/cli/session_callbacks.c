/*
 * session_callbacks.c - a session's door for callbacks: opened with the first endpoint, told to people.
 *
 * Where a run of an earlier process had its callbacks, this process listens again if the port is free: what
 * was sent to others keeps working. Otherwise only the port differs, and the warning says so.
 */
#include "workflow/cli/session.h"

#include <stdlib.h>
#include <string.h>

#define BASE "http://127.0.0.1:"

/* The port of a callback's URL as this program writes it; 0 for another. */
static int port_of(struct slice url)
{
	char digits[8] = "";
	size_t start = sizeof(BASE) - 1;
	size_t end = slice_find(url, SLICE("/"), start);
	char *rest;
	long port;

	if (!slice_starts(url, SLICE(BASE)) || end == SIZE_MAX || end - start >= sizeof(digits))
		return 0;
	memcpy(digits, url.ptr + start, end - start);
	port = strtol(digits, &rest, 10);
	return *rest == '\0' && port > 0 && port <= UINT16_MAX ? (int)port : 0;
}

static int open_listener(struct session *session, int port, struct error *err)
{
	struct api_listen_options options = {.world = session->world, .log = &session->log, .port = port};
	struct error taken = {0};

	session->listener = api_listen(&session->loop, &options, &taken);
	if (!session->listener && port) { /* taken: another will do */
		options.port = 0;
		session->listener = api_listen(&session->loop, &options, err);
	} else if (!session->listener) {
		*err = taken;
	}
	return session->listener ? 0 : -1;
}

int session_listen(void *ctx, struct slice known, struct buf *base, struct error *err)
{
	struct session *session = ctx;
	int port = port_of(known);

	if (!session->listener && open_listener(session, port, err) < 0)
		return -1;
	if (port && port != api_port(session->listener) && port != session->warned_port) {
		session->warned_port = port;
		log_write(&session->log, LOG_WARNING, value_null(),
			  "port %d is taken: callbacks that were at " BASE
			  "%d are now at %s, with the same path",
			  port, port, api_base(session->listener));
	}
	return buf_add_text(base, api_base(session->listener));
}

void session_opened(void *ctx, struct run *run, struct slice method, struct slice url, struct slice step)
{
	struct session *session = ctx;
	struct value fields;

	if (session->is_quiet)
		return;
	if (session->log.format == LOG_TEXT) {
		fprintf(stderr, "%scallback %.*s %.*s (%.*s)\n", session->shows_progress ? "\r\033[K" : "",
			SLICE_ARG(method), SLICE_ARG(url), SLICE_ARG(step));
		return;
	}
	fields = value_map_new();
	value_put(&fields, "run", value_string_z(run_id(run)));
	value_put(&fields, "step", value_string(step));
	log_write(&session->log, LOG_INFO, fields, "callback %.*s %.*s", SLICE_ARG(method), SLICE_ARG(url));
	value_unref(fields);
}
