/* lines.c - reads lines from a descriptor; see step_private.h.
 *
 * Not stdio: the end of the process must end the wait for the next line without a race, so it is a poll. */
#include "lib/step/step_private.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 64 << 10 };

void lines_init(struct lines *lines, int fd, int stop_fd, size_t max_line)
{
	*lines = (struct lines){.fd = fd, .stop_fd = stop_fd, .max_line = max_line};
	buf_init(&lines->pending, max_line + 2 * CHUNK);
}

void lines_release(struct lines *lines)
{
	buf_release(&lines->pending);
}

/* What was handed out is dropped, so that pending holds at most one unfinished line and a chunk. */
static void compact(struct lines *lines)
{
	struct buf *pending = &lines->pending;

	if (lines->skipping)
		lines->start = pending->len;
	if (lines->start == 0)
		return;
	memmove(pending->data, pending->data + lines->start, pending->len - lines->start);
	pending->len -= lines->start;
	lines->scanned -= lines->scanned < lines->start ? lines->scanned : lines->start;
	lines->start = 0;
}

/* LINES_LINE: bytes came (or the end: at_end). */
static enum lines_event fill(struct lines *lines, struct error *err)
{
	struct pollfd fds[2] = {
		{.fd = lines->stop_fd, .events = POLLIN},
		{.fd = lines->fd, .events = POLLIN},
	};
	char chunk[CHUNK];
	ssize_t count;

	compact(lines);
	if (poll(fds, 2, -1) < 0 && errno != EINTR)
		goto fail;
	if (fds[0].revents)
		return LINES_STOPPED;
	if (!fds[1].revents)
		return LINES_LINE;
	count = read(lines->fd, chunk, sizeof(chunk));
	if (count < 0 && errno != EINTR && errno != EAGAIN)
		goto fail;
	if (count == 0)
		lines->at_end = true;
	if (count > 0)
		buf_add(&lines->pending, chunk, (size_t)count);
	return LINES_LINE;

fail:
	error_set(err, ERROR_IO, "cannot read requests: %s", strerror(errno));
	return LINES_FAILED;
}

/* The bytes before the next newline, or what is left at the end. */
static bool cut(struct lines *lines, struct slice *line)
{
	struct buf *pending = &lines->pending;
	const char *newline = NULL;

	if (pending->len > lines->scanned)
		newline = memchr(pending->data + lines->scanned, '\n', pending->len - lines->scanned);
	if (!newline) {
		lines->scanned = pending->len;
		if (!lines->at_end || (lines->start == pending->len && !lines->skipping))
			return false;
		newline = pending->data + pending->len;
	}
	*line = (struct slice){pending->data + lines->start,
			       (size_t)(newline - pending->data) - lines->start};
	lines->start += line->len + (lines->start + line->len < pending->len);
	lines->scanned = lines->start;
	return true;
}

enum lines_event lines_next(struct lines *lines, struct slice *line, struct error *err)
{
	for (;;) {
		while (cut(lines, line)) {
			bool too_long = lines->skipping || line->len > lines->max_line;

			lines->skipping = false;
			lines->number++;
			if (too_long)
				return LINES_TOO_LONG;
			*line = slice_trim(*line);
			if (line->len)
				return LINES_LINE;
		}
		if (lines->at_end)
			return LINES_END;
		if (lines->pending.len - lines->start > lines->max_line)
			lines->skipping = true;
		switch (fill(lines, err)) {
		case LINES_STOPPED:
			return LINES_STOPPED;
		case LINES_FAILED:
			return LINES_FAILED;
		default:
			break;
		}
	}
}
