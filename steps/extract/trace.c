/* trace.c - notes on what rules did, for `extract explain`: one map a note, in the order of events. */

#include "steps/extract/run_private.h"

#include <string.h>

enum { PATTERN_SHOWN = 160, QUOTE_SHOWN = 300 };

static struct value new_note(const struct field *field, const struct rule *rule, const char *verdict)
{
	const char *file = rule->at.file ? strrchr(rule->at.file, '/') : NULL;
	struct value note = value_map_new();

	value_put(&note, "field", value_string(field->name));
	if (rule->name.len)
		value_put(&note, "rule", value_string(rule->name));
	value_put(&note, "at",
		  value_stringf("%s:%d",
				file            ? file + 1
				: rule->at.file ? rule->at.file
						: "",
				rule->at.line));
	value_put(&note, "verdict", value_string_z(verdict));
	return note;
}

void trace_rule(struct run *run, const struct field *field, const struct rule *rule, const char *verdict)
{
	if (run->trace)
		value_list_push(run->trace, new_note(field, rule, verdict));
}

static void put_place(struct run *run, const struct hit *hit, struct value *note)
{
	const struct view *view = reading_view(&run->reading, hit->rule->view);
	struct item item = {.rule = hit->rule};
	struct span span;
	size_t from, to;
	struct value place = value_map_new();

	hit_set_place(&item, hit);
	if (item.end == item.start)
		item.end = item.start + (item.start < view->text.len);
	if (item.end - item.start > QUOTE_SHOWN)
		item.end = item.start + QUOTE_SHOWN;
	from = view_start(view, item.start);
	to = item.end > item.start ? view_end(view, item.end) : from;
	while (to < run->reading.document.len &&
	       ((unsigned char)run->reading.document.ptr[to] & 0xc0) == 0x80)
		to++;
	span = reading_span(&run->reading, from, to);
	value_put(&place, "start", value_int((int64_t)span.start));
	value_put(&place, "end", value_int((int64_t)span.end));
	value_put(note, "span", place);
	value_put(note, "quote", value_string(slice_sub(run->reading.document, from, to)));
}

void trace_hit(struct run *run, const struct hit *hit, const char *verdict, const char *why)
{
	struct value note;

	if (!run->trace)
		return;
	note = new_note(hit->field, hit->rule, verdict);
	put_place(run, hit, &note);
	if (why)
		value_put(&note, "why", value_string_z(why));
	value_list_push(run->trace, note);
}

void trace_item(struct run *run, const struct hit *hit, const char *verdict, const struct item *item)
{
	struct value members;

	if (!run->trace)
		return;
	trace_hit(run, hit, verdict, NULL);
	members = value_map_new();
	for (size_t i = 0; i < item->member_count; i++)
		value_map_set(&members, item->members[i].name, value_string(item->members[i].value));
	value_put(value_list_change(run->trace, value_len(*run->trace) - 1), "gives", members);
}

static struct slice context_name(const struct condition *condition)
{
	static const char *const names[] = {"before", "after", "sentence", "paragraph", "match", "document"};

	if (condition->context == CONTEXT_TEMPLATE)
		return condition->template;
	if (condition->context == CONTEXT_FIELD)
		return condition->field;
	return slice_of(names[condition->context]);
}

void trace_refusal(struct run *run, const struct hit *hit, const struct condition *condition)
{
	struct buf why;

	if (!run->trace)
		return;
	buf_init(&why, 0);
	buf_printf(&why, "line %d: %s %.*s: %.*s%s", condition->pattern.at.line,
		   condition->wanted ? "need" : "not", SLICE_ARG(context_name(condition)),
		   (int)(condition->pattern.source.len < PATTERN_SHOWN ? condition->pattern.source.len
								       : PATTERN_SHOWN),
		   condition->pattern.source.ptr,
		   condition->pattern.source.len < PATTERN_SHOWN ? "" : " ...");
	trace_hit(run, hit, "refused", buf_text(&why));
	buf_release(&why);
}
