/*
 * trace.h - a run as a distributed trace: who calls names it in `traceparent` (W3C Trace Context, level 1).
 *
 * The ids are hashes of the run's id and the effect's number, so a replay, an export and a call that is sent again all
 * say the same, and nothing has to be recorded. Effect 0 is the run itself.
 *
 * Depends on lib/docstore for SHA-256. Pure; any thread.
 */
#ifndef WORKFLOW_ENGINE_TRACE_H
#define WORKFLOW_ENGINE_TRACE_H

#include <stdint.h>

enum { TRACE_ID_SIZE = 33, TRACE_SPAN_SIZE = 17, TRACE_PARENT_SIZE = 56 }; /* each with its NUL */

void run_trace_id(const char *run_id, char id[TRACE_ID_SIZE]);
void run_span_id(const char *run_id, int64_t effect, char span[TRACE_SPAN_SIZE]);
/* "00-TRACE-SPAN-01": the value of the header that goes with an effect. */
void run_traceparent(const char *run_id, int64_t effect, char header[TRACE_PARENT_SIZE]);

#endif
