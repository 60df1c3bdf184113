/* trace.c - ids of traces and spans; see trace.h. */
#include "workflow/engine/trace.h"

#include "lib/docstore/docstore.h"

#include <stdio.h>

static void hash_of(const char *run_id, int64_t number, char hash[DOCSTORE_HASH_SIZE])
{
	char text[128];
	int len = snprintf(text, sizeof(text), "trace %s/%lld", run_id, (long long)number);

	docstore_hash((struct slice){text, (size_t)len}, hash);
}

void run_trace_id(const char *run_id, char id[TRACE_ID_SIZE])
{
	char hash[DOCSTORE_HASH_SIZE];

	hash_of(run_id, -1, hash);
	snprintf(id, TRACE_ID_SIZE, "%.32s", hash);
}

void run_span_id(const char *run_id, int64_t effect, char span[TRACE_SPAN_SIZE])
{
	char hash[DOCSTORE_HASH_SIZE];

	hash_of(run_id, effect, hash);
	snprintf(span, TRACE_SPAN_SIZE, "%.16s", hash);
}

void run_traceparent(const char *run_id, int64_t effect, char header[TRACE_PARENT_SIZE])
{
	char id[TRACE_ID_SIZE], span[TRACE_SPAN_SIZE];

	run_trace_id(run_id, id);
	run_span_id(run_id, effect, span);
	snprintf(header, TRACE_PARENT_SIZE, "00-%s-%s-01", id, span);
}
