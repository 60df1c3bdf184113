/*
 * trace.h - which distributed trace a log line belongs to.
 *
 * A caller names its trace in a header, either X-Cloud-Trace-Context (TRACE/SPAN;o=1, span in decimal;
 * Google Cloud's "Trace context" page) or traceparent (00-TRACE-SPAN-FLAGS; W3C Trace Context, level 1).
 * Cloud Logging groups lines by three fields of a structured log entry, which trace_add fills.
 *
 * Depends on lib/text, lib/value. Pure; any thread.
 */
#ifndef LIB_LOG_TRACE_H
#define LIB_LOG_TRACE_H

#include "lib/value/value.h"

#include <stdbool.h>

struct trace {
	char id[33];   /* 32 lower-case hex digits */
	char span[17]; /* 16 lower-case hex digits, or "" */
	bool sampled;
};

/* Either form. False, and *out all zero, for anything else: a bad header is ignored, never an error. */
bool trace_parse(struct slice header, struct trace *out);

/* Set logging.googleapis.com/trace, /spanId and /trace_sampled in `fields` (a map). `project` makes the
 * trace "projects/P/traces/ID", the form that Cloud Logging links; NULL or "" leaves the bare id. */
void trace_add(const struct trace *trace, const char *project, struct value *fields);

#endif
