/* report.c - where an error happened, in the words of the API (reference, 6.4), and which iteration it was.
 */
#include "workflow/engine/engine_private.h"

#include "lib/json/json.h"

static struct value position(struct place at)
{
	struct value result = value_map_new();

	/* int64 in the API's JSON is a string. */
	value_put(&result, "line", value_stringf("%d", at.line));
	value_put(&result, "column", value_stringf("%d", at.column));
	value_put(&result, "length", value_stringf("%d", at.length));
	return result;
}

struct value trace_new(const struct strand *strand)
{
	const struct plan *plan = strand->run->plan;
	struct value trace = value_list_new(1);

	for (const struct frame *frame = strand->top; frame; frame = frame->caller) {
		struct value element;
		int step = frame_step(plan, frame);
		int routine = plan->units[frame->unit].routine;

		if (plan->units[frame->unit].is_builtin)
			continue;
		element = value_map_new();
		value_put(&element, "routine", value_string(plan->units[routine].name));
		if (step >= 0)
			value_put(&element, "step", value_string(plan->steps[step].name));
		if (frame->pc > 0)
			value_put(&element, "position", position(plan->places[frame->pc - 1]));
		value_list_push(&trace, element);
	}
	return trace;
}

void error_head(struct buf *text, struct value raised)
{
	struct slice message = value_get_text(raised, "message");

	if (message.len) {
		buf_add_slice(text, message);
		return;
	}
	buf_add_text(text, "RuntimeError: ");
	json_write(text, raised);
}

struct value shown_error(struct value raised)
{
	return expr_is_too_deep(raised) ? value_string_z("(nested too deeply to be shown)") : value_ref(raised);
}

struct value error_report(struct value raised, struct value trace)
{
	struct value report = value_map_new();
	struct value stack = value_map_new();
	struct buf text;

	buf_init(&text, 0);
	error_head(&text, raised);
	for (size_t i = 0; i < value_len(trace); i++) {
		struct value element = *value_list_at(trace, i);
		const struct value *at = value_get(element, "position");

		buf_printf(&text, "\nin step \"%.*s\", routine \"%.*s\"",
			   SLICE_ARG(value_get_text(element, "step")),
			   SLICE_ARG(value_get_text(element, "routine")));
		if (at)
			buf_printf(&text, ", line: %.*s", SLICE_ARG(value_get_text(*at, "line")));
	}
	/* An error of the result has no place, and its readers still expect a list. */
	value_put(&stack, "elements", trace.kind == VALUE_LIST ? value_ref(trace) : value_list_new(0));
	value_put(&report, "payload", shown_error(raised));
	value_put(&report, "context", value_string(buf_slice(&text)));
	value_put(&report, "stackTrace", stack);
	buf_release(&text);
	return report;
}

bool has_json_form(struct value v)
{
	struct buf text;
	bool has;

	buf_init(&text, 0);
	has = json_write(&text, v) == 0;
	buf_release(&text);
	return has;
}

/* ---- iterations */

static void add_loop(struct value *list, const struct plan *plan, const struct frame *frame, int loop)
{
	if (loop < 0)
		return;
	add_loop(list, plan, frame, plan->loops[loop].parent);
	value_list_push(list, value_int(frame->slots[plan->loops[loop].hidden + 2].as.integer - 1));
}

static void add_frame(struct value *list, const struct plan *plan, const struct frame *frame)
{
	int step = frame_step(plan, frame);

	if (frame->caller)
		add_frame(list, plan, frame->caller);
	if (plan->units[frame->unit].is_builtin)
		return;
	if (step >= 0)
		add_loop(list, plan, frame, plan->steps[step].loop);
}

static void add_strand(struct value *list, const struct strand *strand, const struct frame *frame)
{
	const struct fork *fork = strand->parent;

	if (fork) {
		add_strand(list, fork->strand, fork->frame);
		if (fork->plan->is_loop)
			value_list_push(list, value_int(strand->index));
	}
	add_frame(list, strand->run->plan, frame);
}

struct value iteration_of(const struct strand *strand, const struct frame *frame)
{
	struct value list = value_list_new(0);

	add_strand(&list, strand, frame);
	return list;
}
