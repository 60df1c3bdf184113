/*
 * log.h - one line per event on stderr: JSON in Cloud Logging's field names, or text for people.
 *
 *	{"severity":"INFO","time":"2026-01-02T03:04:05.000000Z","message":"...","step":"store",...}
 *
 * A line is written with one write(2), so lines of threads and processes do not mix. Fields whose name
 * is authorization, token, password or secret (case aside) are written as "[redacted]".
 *
 * Depends on lib/text, lib/value, lib/json, lib/clock. A logger may be used from any thread.
 */
#ifndef LIB_LOG_LOG_H
#define LIB_LOG_LOG_H

#include "lib/value/value.h"

enum log_severity { LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING, LOG_ERROR, LOG_CRITICAL };
enum log_format { LOG_JSON, LOG_TEXT };

struct logger {
	int fd; /* 2 */
	enum log_format format;
	enum log_severity threshold; /* less severe lines are dropped */
	const char *component;       /* "classify", "lexflow": the `component` field; borrowed */
};

/* `fields`: a map of further members (lent), or null. */
void log_write(const struct logger *log, enum log_severity severity, struct value fields, const char *fmt,
	       ...) __attribute__((format(printf, 4, 5)));
/* Append text for a line on a terminal: a control character in it could forge a line or drive the terminal. */
void log_add_plain(struct buf *line, struct slice text);
const char *log_severity_name(enum log_severity severity); /* "INFO" */

#endif
