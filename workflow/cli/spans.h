/*
 * spans.h - a run as spans of time, for programs that show traces.
 *
 *	chrome	the Trace Event Format: about://tracing, ui.perfetto.dev
 *	otlp	OTLP as JSON (opentelemetry.proto.trace.v1): POST it to /v1/traces of a collector
 *
 * A span is an effect, from its announcement to its answer; the run is the span around them all. A log line is an instant.
 *
 * Depends on workflow/{journal,engine,connector}.
 */
#ifndef WORKFLOW_CLI_SPANS_H
#define WORKFLOW_CLI_SPANS_H

#include "workflow/cli/recorded.h"
#include "workflow/connector/mask.h"

#include <stdbool.h>
#include <stdio.h>

enum span_format { SPANS_CHROME, SPANS_OTLP };

/* What `mask` hides is not in it. 0, or -1 with *err. */
int spans_write(enum span_format format, const struct recorded *recorded, struct mask *mask, FILE *out, struct error *err);

#endif
