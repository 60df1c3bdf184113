/* spans.c - events of a run -> spans; see spans.h. */
#include "workflow/cli/spans.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"
#include "workflow/engine/trace.h"

#include <string.h>

/* An effect that was announced and not answered yet. */
struct pending {
	int64_t effect, strand, begin_us;
	struct value announced; /* content of the event */
};

struct spans {
	enum span_format format;
	const char *run_id;
	struct mask *mask;
	FILE *out;
	struct pending *pending;
	size_t count, capacity;
	int64_t first_us, last_us;
	bool is_first; /* nothing was written yet */
	struct error error;
};

/* ---- one thing in the list */

static void write_value(struct spans *spans, struct value taken)
{
	struct value hidden = mask_hide(spans->mask, taken);
	struct buf text;

	buf_init(&text, 0);
	json_write(&text, hidden);
	fprintf(spans->out, "%s\n%s", spans->is_first ? "" : ",", buf_text(&text));
	spans->is_first = false;
	buf_release(&text);
	value_unref(hidden);
	value_unref(taken);
}

/* "main.classify POST http://127.0.0.1:8080/" is one, "main.nap sys.sleep" another. */
static struct value name_of(struct value announced)
{
	const struct value *request = value_get(announced, "request");
	struct slice step = value_get_text(announced, "step");
	struct slice url = request ? value_get_text(*request, "url") : SLICE("");

	if (url.len)
		return value_stringf("%.*s %.*s %.*s", SLICE_ARG(step), SLICE_ARG(value_get_text(*request, "method")),
				     SLICE_ARG(slice_sub(url, 0, url.len < 120 ? url.len : 120)));
	return value_stringf("%.*s %.*s", SLICE_ARG(step), SLICE_ARG(value_get_text(announced, "function")));
}

/* What is told of an effect: map of texts and numbers. `answer` is null for none. */
static struct value facts_of(const struct pending *pending, struct value answer)
{
	const struct value *request = value_get(pending->announced, "request");
	const struct value *result = value_get(answer, "result"), *raised = value_get(answer, "raised");
	const struct value *code = result ? value_get(*result, "code") : raised ? value_get(*raised, "code") : NULL;
	struct value facts = value_map_new();

	value_put(&facts, "lexflow.effect", value_int(pending->effect));
	value_put(&facts, "lexflow.strand", value_int(pending->strand));
	value_put(&facts, "lexflow.step", value_string(value_get_text(pending->announced, "step")));
	value_put(&facts, "lexflow.function", value_string(value_get_text(pending->announced, "function")));
	if (request && value_get_text(*request, "url").len) {
		value_put(&facts, "http.request.method", value_string(value_get_text(*request, "method")));
		value_put(&facts, "url.full", value_string(value_get_text(*request, "url")));
	}
	if (code && code->kind == VALUE_INT)
		value_put(&facts, "http.response.status_code", value_ref(*code));
	if (raised)
		value_put(&facts, "error.type", value_string(raised->kind == VALUE_MAP ? value_get_text(*raised, "message") :
											  value_text(*raised)));
	if (value_is_null(answer))
		value_put(&facts, "lexflow.unanswered", value_bool(true));
	return facts;
}

/* ---- the Trace Event Format: microseconds, a strand is a thread */

static void write_chrome(struct spans *spans, const char *phase, struct value name_taken, struct slice kind, int64_t strand,
			 int64_t begin_us, int64_t end_us, struct value facts_taken)
{
	struct value v = value_map_new();

	value_put(&v, "name", name_taken);
	value_put(&v, "cat", value_string(kind));
	value_put(&v, "ph", value_string_z(phase));
	value_put(&v, "ts", value_int(begin_us));
	if (*phase == 'X')
		value_put(&v, "dur", value_int(end_us - begin_us));
	else
		value_put(&v, "s", value_string_z("t"));
	value_put(&v, "pid", value_int(1));
	value_put(&v, "tid", value_int(strand));
	value_put(&v, "args", facts_taken);
	write_value(spans, v);
}

/* ---- OTLP: nanoseconds and 64-bit numbers as texts */

static struct value attribute(struct slice key, struct value value)
{
	struct value v = value_map_new(), any = value_map_new();

	if (value.kind == VALUE_INT)
		value_put(&any, "intValue", value_stringf("%lld", (long long)value.as.integer));
	else if (value.kind == VALUE_BOOL)
		value_put(&any, "boolValue", value);
	else
		value_put(&any, "stringValue", value_ref(value));
	value_put(&v, "key", value_string(key));
	value_put(&v, "value", any);
	return v;
}

static struct value attributes(struct value facts)
{
	struct value list = value_list_new(value_len(facts));

	for (size_t i = 0; i < value_len(facts); i++)
		value_list_push(&list, attribute(value_map_key(facts, i), *value_map_at(facts, i)));
	return list;
}

/* SPAN_KIND_INTERNAL is 1, SPAN_KIND_CLIENT 3; STATUS_CODE_ERROR is 2. */
static void write_otlp(struct spans *spans, int64_t effect, struct value name_taken, int64_t begin_us, int64_t end_us,
		       struct value facts_taken)
{
	char id[TRACE_ID_SIZE], span[TRACE_SPAN_SIZE];
	struct value v = value_map_new();

	run_trace_id(spans->run_id, id);
	run_span_id(spans->run_id, effect, span);
	value_put(&v, "traceId", value_string_z(id));
	value_put(&v, "spanId", value_string_z(span));
	if (effect) {
		run_span_id(spans->run_id, 0, span);
		value_put(&v, "parentSpanId", value_string_z(span));
	}
	value_put(&v, "name", name_taken);
	value_put(&v, "kind", value_int(value_get(facts_taken, "url.full") ? 3 : 1));
	value_put(&v, "startTimeUnixNano", value_stringf("%lld000", (long long)begin_us));
	value_put(&v, "endTimeUnixNano", value_stringf("%lld000", (long long)end_us));
	value_put(&v, "attributes", attributes(facts_taken));
	if (value_get(facts_taken, "error.type")) {
		struct value status = value_map_new();

		value_put(&status, "code", value_int(2));
		value_put(&status, "message", value_ref(*value_get(facts_taken, "error.type")));
		value_put(&v, "status", status);
	}
	value_unref(facts_taken);
	write_value(spans, v);
}

/* ---- events */

static void write_effect(struct spans *spans, struct pending *pending, struct value answer, int64_t end_us)
{
	struct value facts = facts_of(pending, answer), name = name_of(pending->announced);

	if (spans->format == SPANS_CHROME)
		write_chrome(spans, "X", name, value_get_text(pending->announced, "function"), pending->strand, pending->begin_us,
			     end_us, facts);
	else
		write_otlp(spans, pending->effect, name, pending->begin_us, end_us, facts);
	value_unref(pending->announced);
}

static void take_answer(struct spans *spans, const struct event *event, struct value answer)
{
	for (size_t i = 0; i < spans->count; i++) {
		if (spans->pending[i].effect != event->effect)
			continue;
		write_effect(spans, &spans->pending[i], answer, event->time_us);
		spans->pending[i] = spans->pending[--spans->count];
		return;
	}
}

static void take_announcement(struct spans *spans, const struct event *event, struct value content)
{
	if (spans->count == spans->capacity)
		spans->pending = mem_grow(spans->pending, &spans->capacity, sizeof(*spans->pending));
	spans->pending[spans->count++] = (struct pending){.effect = event->effect,
							  .strand = event->strand,
							  .begin_us = event->time_us,
							  .announced = value_ref(content)};
}

static bool take(void *ctx, const struct event *event)
{
	struct spans *spans = ctx;
	struct value content;

	if (journal_decode(event->content, &content, &spans->error) < 0)
		return false;
	if (event->number == 1)
		spans->first_us = event->time_us;
	spans->last_us = event->time_us;
	if (event->kind == EVENT_ANNOUNCED)
		take_announcement(spans, event, content);
	else if (event->kind == EVENT_ANSWERED)
		take_answer(spans, event, content);
	else if (event->kind == EVENT_LOGGED && spans->format == SPANS_CHROME)
		write_chrome(spans, "i", value_string_repaired(value_get_text(content, "step")), SLICE("sys.log"), event->strand,
			     event->time_us, event->time_us, value_ref(content));
	value_unref(content);
	return true;
}

/* What was never answered lasts up to the last event; the run is around it all. */
static void write_rest(struct spans *spans, const struct recorded *recorded)
{
	struct value facts = value_map_new(), name = value_stringf("%s %s", buf_text(&recorded->file), recorded->row.id);

	while (spans->count)
		write_effect(spans, &spans->pending[--spans->count], value_null(), spans->last_us);
	value_put(&facts, "lexflow.run", value_string_z(recorded->row.id));
	value_put(&facts, "lexflow.state", value_string_z(run_state_name(recorded->row.state)));
	if (recorded->row.state == RUN_FAILED)
		value_put(&facts, "error.type", value_string_z("FAILED"));
	if (spans->format == SPANS_CHROME)
		write_chrome(spans, "X", name, SLICE("run"), 0, spans->first_us, spans->last_us, facts);
	else
		write_otlp(spans, 0, name, spans->first_us, spans->last_us, facts);
}

int spans_write(enum span_format format, const struct recorded *recorded, struct mask *mask, FILE *out, struct error *err)
{
	static const char *const heads[] = {
		[SPANS_CHROME] = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[",
		[SPANS_OTLP] = "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":"
			       "{\"stringValue\":\"lexflow\"}}]},\"scopeSpans\":[{\"scope\":{\"name\":\"lexflow\",\"version\":\""
			       LEXFLOW_VERSION "\"},\"spans\":["};
	static const char *const tails[] = {[SPANS_CHROME] = "\n]}\n", [SPANS_OTLP] = "\n]}]}]}\n"};
	struct spans spans = {.format = format, .run_id = recorded->row.id, .mask = mask, .out = out, .is_first = true};
	int result;

	fputs(heads[format], out);
	result = journal_events(recorded->journal, &recorded->row, 1, take, &spans, err);
	write_rest(&spans, recorded);
	fputs(tails[format], out);
	mem_free(spans.pending);
	if (result == 0 && spans.error.kind != ERROR_NONE) {
		*err = spans.error;
		result = -1;
	}
	return result;
}
