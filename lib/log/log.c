/* log.c - one line per event; see log.h. */
#include "lib/log/log.h"

#include "lib/clock/clock.h"
#include "lib/json/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum {
	LINE_LIMIT = 128 << 10,   /* Cloud Logging takes 256 KiB an entry, escapes included */
	MESSAGE_LIMIT = 16 << 10, /* bytes of the message; escaped it still fits a line */
	FIELD_DEPTH = 8, /* maps in maps that are looked through for secrets; deeper ones are left out */
};

const char *log_severity_name(enum log_severity severity)
{
	static const char *const names[] = {"DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL"};

	return names[severity];
}

static bool is_secret(struct slice name)
{
	static const char *const secret[] = {"authorization", "token", "password", "secret"};

	for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
		if (strlen(secret[i]) == name.len && strncasecmp(secret[i], name.ptr, name.len) == 0)
			return true;
	return false;
}

/* A copy without secrets; owned by the caller. */
static struct value redacted(struct value v, int depth)
{
	struct value copy;

	if (v.kind != VALUE_MAP && v.kind != VALUE_LIST)
		return value_ref(v);
	if (depth == FIELD_DEPTH)
		return value_string_z("...");
	copy = v.kind == VALUE_MAP ? value_map_new() : value_list_new(value_len(v));
	for (size_t i = 0; i < value_len(v); i++) {
		if (v.kind == VALUE_LIST)
			value_list_push(&copy, redacted(*value_list_at(v, i), depth + 1));
		else if (is_secret(value_map_key(v, i)))
			value_map_set(&copy, value_map_key(v, i), value_string_z("[redacted]"));
		else
			value_map_set(&copy, value_map_key(v, i), redacted(*value_map_at(v, i), depth + 1));
	}
	return copy;
}

/* The message as valid UTF-8 of bounded length. */
static struct value make_message(const char *fmt, va_list args)
{
	struct buf raw, clean;
	struct value message;
	va_list again;

	buf_init(&raw, MESSAGE_LIMIT);
	buf_init(&clean, 3 * MESSAGE_LIMIT);
	va_copy(again, args);
	if (buf_vprintf(&raw, fmt, args) < 0) {
		char head[1024]; /* too long as a whole: its beginning says what it is about */

		vsnprintf(head, sizeof(head), fmt, again);
		buf_add_text(&raw, head);
		buf_add_text(&raw, " ... (cut off)");
	}
	va_end(again);
	utf8_repair(&clean, buf_slice(&raw));
	message = value_string(buf_slice(&clean));
	buf_release(&clean);
	buf_release(&raw);
	return message;
}

static void write_json(struct buf *line, const struct logger *log, enum log_severity severity,
		       const char *time, struct value message, struct value fields)
{
	size_t head;

	buf_printf(line, "{\"severity\":\"%s\",\"time\":\"%s\",\"message\":", log_severity_name(severity),
		   time);
	json_write(line, message);
	if (log->component)
		buf_printf(line, ",\"component\":\"%s\"", log->component);
	head = line->len;
	for (size_t i = 0; i < value_len(fields); i++) {
		struct value name = value_string(value_map_key(fields, i));
		int status;

		buf_add_char(line, ',');
		json_write(line, name);
		buf_add_char(line, ':');
		status = json_write(line, *value_map_at(fields, i));
		value_unref(name);
		if (status < 0 ||
		    line->len > LINE_LIMIT - 100) { /* no JSON form, or too long: say so instead */
			line->len = head;
			line->full = false;
			buf_add_text(line, ",\"fields\":\"left out: too long or not JSON\"");
			break;
		}
	}
	buf_add_text(line, "}\n");
}

void log_add_plain(struct buf *line, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c == '\n')
			buf_add_text(line, "\\n");
		else if (c < 0x20 || c == 0x7f)
			buf_add_char(line, ' ');
		else if (c == 0xc2 && i + 1 < text.len && (unsigned char)text.ptr[i + 1] < 0xa0)
			i++; /* U+0080 to U+009F: to some terminals U+009B is ESC [ */
		else
			buf_add_char(line, (char)c);
	}
}

static void write_text(struct buf *line, const struct logger *log, enum log_severity severity,
		       const char *time, struct value message, struct value fields)
{
	buf_printf(line, "%.8s %-7s ", time + 11,
		   log_severity_name(severity)); /* hh:mm:ss of the RFC 3339 text */
	if (log->component)
		buf_printf(line, "%s: ", log->component);
	log_add_plain(line, value_text(message));
	for (size_t i = 0; i < value_len(fields); i++) {
		struct value field = *value_map_at(fields, i);

		buf_add_char(line, ' ');
		log_add_plain(line, value_map_key(fields, i));
		buf_add_char(line, '=');
		if (field.kind == VALUE_STRING)
			log_add_plain(line, value_text(field));
		else if (json_write(line, field) < 0)
			buf_add_char(line, '?');
	}
	line->full = false;
	line->limit++; /* the last byte is for the end of the line, whatever was left out before */
	buf_add_char(line, '\n');
}

void log_write(const struct logger *log, enum log_severity severity, struct value fields, const char *fmt,
	       ...)
{
	char time[CLOCK_TEXT_SIZE];
	struct value message, clean;
	struct buf line;
	va_list args;
	size_t sent = 0;

	if (severity < log->threshold)
		return;
	va_start(args, fmt);
	message = make_message(fmt, args);
	va_end(args);
	clean = redacted(fields, 0);
	clock_format_utc(clock_wall_us(), time);
	buf_init(&line, LINE_LIMIT);
	(log->format == LOG_JSON ? write_json : write_text)(&line, log, severity, time, message, clean);

	/* One write for a line; the loop is for a pipe that took a part of it. A log that cannot be written
	 * has nowhere to be reported. */
	while (sent < line.len) {
		ssize_t count = write(log->fd, line.data + sent, line.len - sent);

		if (count < 0 && errno != EINTR)
			break;
		sent += count > 0 ? (size_t)count : 0;
	}
	buf_release(&line);
	value_unref(clean);
	value_unref(message);
}
