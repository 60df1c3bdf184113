/* extract.c - candidates, matches, conditions, values: the loop over rules. */

#include "steps/extract/extract.h"
#include "lib/mem/mem.h"
#include "steps/extract/items.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX_BYTES = 4096 };

struct run {
	const struct model *model;
	struct reading reading;
	struct arena arena;    /* item members */
	bool *may[VIEW_KINDS]; /* by index in the set: may match; owned */
	struct items *found;   /* one per field; owned */
	size_t field_count;
};

/* One match of one rule. */
struct hit {
	const struct rule *rule;
	struct slice text; /* of the view, up to the region's end */
	struct regex_match match;
	const struct part *part; /* with `each` */
};

static size_t offset_in(const struct hit *hit, struct slice inner)
{
	return (size_t)(inner.ptr - hit->text.ptr);
}

static void find_candidates(struct run *run, enum view_kind kind)
{
	size_t total = run->model->rule_count[kind], count;
	int *indexes;

	if (!total)
		return;
	indexes = mem_alloc(total * sizeof(*indexes));
	run->may[kind] = mem_new(total * sizeof(bool));
	count = regex_set_candidates(run->model->sets[kind], reading_view(&run->reading, kind)->text, indexes,
				     total);
	for (size_t i = 0; i < count; i++)
		run->may[kind][indexes[i]] = true;
	mem_free(indexes);
}

static struct slice context_of(struct run *run, const struct hit *hit, enum context context)
{
	size_t start = offset_in(hit, hit->match.group[0]);

	return reading_context(&run->reading, hit->rule->view, context, start,
			       start + hit->match.group[0].len);
}

static size_t field_number(const struct model *model, struct slice name)
{
	size_t number = 0;

	for (const struct field *field = model->fields; field; field = field->next, number++)
		if (slice_equal(field->name, name))
			return number;
	return SIZE_MAX;
}

static struct slice group_text(const struct hit *hit, int group)
{
	if (group >= hit->match.groups || !hit->match.group[group].ptr)
		return (struct slice){0};
	return hit->match.group[group];
}

static struct slice keep(struct run *run, struct slice text)
{
	return (struct slice){arena_strndup(&run->arena, text.len ? text.ptr : "", text.len), text.len};
}

/* The member of the first item of a field: "authorities.value". */
static struct slice field_text(const struct run *run, struct slice name)
{
	size_t dot = slice_find(name, SLICE("."), 0);
	size_t number = field_number(run->model, slice_sub(name, 0, dot));

	if (dot == SIZE_MAX || number == SIZE_MAX || !run->found[number].count)
		return (struct slice){0};
	return item_get(&run->found[number].list[0], slice_sub(name, dot + 1, name.len));
}

/* What ${name} stands for: each, a surrounding, a field's member, or a group of the match. */
static struct slice template_text(struct run *run, const struct hit *hit, struct slice name)
{
	const struct regex *regex = regex_set_at(run->model->sets[hit->rule->view], hit->rule->index);
	char group[64] = "";

	if (slice_is(name, "each"))
		return hit->part ? part_text(hit->part) : (struct slice){0};
	if (context_named(name) >= 0)
		return context_of(run, hit, (enum context)context_named(name));
	if (slice_find(name, SLICE("."), 0) != SIZE_MAX)
		return field_text(run, name);
	if (name.len < sizeof(group))
		memcpy(group, name.ptr, name.len);
	return regex_group(regex, group) > 0 ? group_text(hit, regex_group(regex, group)) : (struct slice){0};
}

/* "${title} U.S.C." with the groups of the match in it. */
static struct slice fill_template(struct run *run, const struct hit *hit, struct slice text)
{
	struct slice filled;
	struct buf out;
	size_t from = 0;

	buf_init(&out, VALUE_MAX_BYTES);
	for (;;) {
		size_t open = slice_find(text, SLICE("${"), from);
		size_t close = open == SIZE_MAX ? SIZE_MAX : slice_find(text, SLICE("}"), open);

		buf_add_slice(&out, slice_sub(text, from, close == SIZE_MAX ? text.len : open));
		if (close == SIZE_MAX)
			break;
		buf_add_slice(&out, template_text(run, hit, slice_sub(text, open + 2, close)));
		from = close + 1;
	}
	filled = keep(run, buf_slice(&out));
	buf_release(&out);
	return filled;
}

static bool field_matches(const struct run *run, const struct condition *condition)
{
	size_t number = field_number(run->model, condition->field);

	for (size_t i = 0; number != SIZE_MAX && i < run->found[number].count; i++)
		if (regex_matches(condition->pattern.regex,
				  item_get(&run->found[number].list[i], condition->member)))
			return true;
	return false;
}

/* Conditions on fields do not depend on the match: one of them may spare the whole rule. */
static bool field_conditions_hold(const struct run *run, const struct rule *rule)
{
	for (const struct condition *c = rule->conditions; c; c = c->next)
		if (c->context == CONTEXT_FIELD && field_matches(run, c) != c->wanted)
			return false;
	return true;
}

static bool conditions_hold(struct run *run, const struct hit *hit)
{
	for (const struct condition *c = hit->rule->conditions; c; c = c->next) {
		struct slice text;

		if (c->context == CONTEXT_FIELD)
			continue;
		text = c->context == CONTEXT_TEMPLATE ? fill_template(run, hit, c->template)
						      : context_of(run, hit, c->context);
		if (regex_matches(c->pattern.regex, text) != c->wanted)
			return false;
	}
	return true;
}

static struct slice source_text(struct run *run, const struct hit *hit, const struct source *source)
{
	switch (source->kind) {
	case SOURCE_CONSTANT:
		return source->text;
	case SOURCE_TEMPLATE:
		return fill_template(run, hit, source->text);
	case SOURCE_GROUP:
		return group_text(hit, source->group);
	case SOURCE_CONTEXT:
		return context_of(run, hit, source->context);
	case SOURCE_EACH:
		return keep(run,
			    hit->part ? part_text(hit->part) : (struct slice){0}); /* parts are short-lived */
	}
	return (struct slice){0};
}

static bool look_up(const struct table *table, struct slice text, struct slice *value)
{
	for (const struct table_entry *entry = table->entries; entry; entry = entry->next) {
		if (entry->pattern.regex && regex_matches(entry->pattern.regex, text)) {
			*value = entry->value;
			return true;
		}
	}
	return false;
}

/* Every match of an entry's pattern becomes the entry's value, entry by entry. */
static struct slice rewrite(struct run *run, const struct table *table, struct slice text)
{
	for (const struct table_entry *entry = table->entries; entry; entry = entry->next) {
		struct regex_match match;
		struct buf out;
		size_t at = 0;

		if (!entry->pattern.regex || !regex_matches(entry->pattern.regex, text))
			continue;
		buf_init(&out, VALUE_MAX_BYTES);
		while (at < text.len && regex_find(entry->pattern.regex, text, at, &match)) {
			size_t found = (size_t)(match.group[0].ptr - text.ptr);

			buf_add_slice(&out, slice_sub(text, at, found));
			buf_add_slice(&out, entry->value);
			at = found + match.group[0].len;
			if (!match.group[0].len && at < text.len)
				buf_add_char(&out, text.ptr[at++]);
		}
		buf_add_slice(&out, slice_sub(text, at, text.len));
		text = keep(run, buf_slice(&out));
		buf_release(&out);
	}
	return text;
}

static struct slice apply_table(struct run *run, const struct normaliser *normaliser,
				const struct table *table, struct slice text)
{
	struct slice value = {0};

	if (slice_is(slice_of(normaliser->name), "rewrite"))
		return rewrite(run, table, text);
	return look_up(table, text, &value) ? value : (struct slice){0};
}

/* The source's words through its normalisers up to (not including) one that splits; false: no value. */
static bool source_value(struct run *run, const struct hit *hit, const struct source *source,
			 struct slice *value)
{
	struct slice text = source_text(run, hit, source);

	for (int i = 0; i < source->pipe_length; i++) {
		const struct normaliser *normaliser = source->pipe[i].normaliser;
		struct buf out;
		bool done;

		if (normaliser->split)
			break;
		if (source->pipe[i].table) {
			text = apply_table(run, normaliser, source->pipe[i].table, text);
			continue;
		}
		buf_init(&out, VALUE_MAX_BYTES);
		done = (text.len || normaliser->has_argument) &&
		       normaliser->apply(text, source->pipe[i].argument, &out) && !out.full;
		text = done ? keep(run, buf_slice(&out)) : (struct slice){0};
		buf_release(&out);
	}
	*value = text;
	return text.len > 0;
}

static bool is_inside(struct slice text, struct slice inner)
{
	return (uintptr_t)inner.ptr >= (uintptr_t)text.ptr &&
	       (uintptr_t)inner.ptr + inner.len <= (uintptr_t)text.ptr + text.len;
}

/* Where `inner` stands in `text`, blanks being all alike; empty when it does not. */
static struct slice find_words(struct slice text, struct slice inner)
{
	for (size_t start = 0; inner.len && start < text.len; start++) {
		size_t at = start, i = 0;

		while (i < inner.len && at < text.len) {
			bool blank = isspace((unsigned char)inner.ptr[i]);

			if (blank != (isspace((unsigned char)text.ptr[at]) != 0) ||
			    (!blank && inner.ptr[i] != text.ptr[at]))
				break;
			while (blank && i < inner.len && isspace((unsigned char)inner.ptr[i]))
				i++;
			while (blank && at < text.len && isspace((unsigned char)text.ptr[at]))
				at++;
			i += !blank;
			at += !blank;
		}
		if (i == inner.len)
			return slice_sub(text, start, at);
	}
	return (struct slice){0};
}

/* The item's place: the group the rule names, the part, or the match; without blanks at its ends. */
static void set_place(struct item *item, const struct hit *hit)
{
	struct slice place = group_text(hit, hit->rule->span_group);

	if (hit->part && slice_is(hit->rule->span, "each"))
		place = is_inside(hit->text, hit->part->at) ? hit->part->at
							    : find_words(hit->match.group[0], hit->part->at);
	if (!place.len)
		place = hit->match.group[0];
	place = slice_trim(place);
	item->start = offset_in(hit, place);
	item->end = item->start + place.len;
}

/* True when an item of the field has this value already. */
static bool is_taken(const struct items *items, struct slice member, struct slice value)
{
	for (size_t i = 0; i < items->count; i++)
		if (slice_equal(item_get(&items->list[i], member), value))
			return true;
	return false;
}

/* True when the match gave an item that the field did not have. */
static bool add_item(struct run *run, const struct field *field, struct items *items, const struct hit *hit)
{
	struct item item = {.rule = hit->rule, .confidence = hit->rule->confidence};
	size_t count = 0;

	for (const struct give *give = hit->rule->gives; give; give = give->next)
		count++;
	item.members = arena_alloc(&run->arena, count * sizeof(*item.members));
	for (const struct give *give = hit->rule->gives; give; give = give->next) {
		struct member *member = &item.members[item.member_count];

		if (source_value(run, hit, &give->source, &member->value)) {
			member->name = give->member;
			item.member_count++;
		} else if (!give->source.maybe && give->source.kind != SOURCE_CONSTANT) {
			return false;
		} else if (give->source.kind == SOURCE_CONSTANT) {
			member->name = give->member; /* an empty constant is a value */
			item.member_count++;
		}
	}
	set_place(&item, hit);
	if (hit->rule->fresh.len && is_taken(items, hit->rule->fresh, item_get(&item, hit->rule->fresh)))
		return false;
	return item.end > item.start && items_add(items, field, &item);
}

static bool add_parts(struct run *run, const struct field *field, struct items *items, struct hit *hit)
{
	const struct source *each = &hit->rule->each;
	const struct normaliser *last =
		each->pipe_length ? each->pipe[each->pipe_length - 1].normaliser : NULL;
	struct parts parts = {0};
	struct slice text;
	bool any = false;

	if (!source_value(run, hit, each, &text))
		return false;
	if (last && last->split) {
		last->split(text, &parts);
	} else {
		parts.count = 1;
		parts.items[0].at = text;
		parts.items[0].text[0] = '\0';
	}
	for (size_t i = 0; i < parts.count; i++) {
		hit->part = &parts.items[i];
		any |= add_item(run, field, items, hit);
	}
	hit->part = NULL;
	return any;
}

/* The next match at or after *at that meets the rule's conditions; false at the end. */
static bool next_hit(struct run *run, const struct regex *regex, struct hit *hit, size_t *at, size_t *count)
{
	while (*at <= hit->text.len && (*count)++ < hit->rule->max) {
		if (reading_is_late(&run->reading) || !regex_find(regex, hit->text, *at, &hit->match))
			return false;
		*at = offset_in(hit, hit->match.group[0]) + hit->match.group[0].len;
		if (!hit->match.group[0].len)
			(*at)++;
		else if (conditions_hold(run, hit))
			return true;
	}
	return false;
}

static bool add_hit(struct run *run, const struct field *field, struct items *items, struct hit *hit)
{
	return hit->rule->has_each ? add_parts(run, field, items, hit) : add_item(run, field, items, hit);
}

static void run_rule(struct run *run, const struct field *field, struct items *items, const struct rule *rule)
{
	const struct regex *regex = regex_set_at(run->model->sets[rule->view], rule->index);
	struct extent extent = reading_region(&run->reading, rule->view, rule->region);
	struct hit hit = {.rule = rule}, last = {0};
	size_t at = extent.start, count = 0;

	hit.text = slice_sub(reading_view(&run->reading, rule->view)->text, 0, extent.end);
	while (next_hit(run, regex, &hit, &at, &count)) {
		if (rule->last)
			last = hit;
		else if (add_hit(run, field, items, &hit) && rule->first)
			return;
	}
	if (last.rule)
		add_hit(run, field, items, &last);
}

static void run_field(struct run *run, const struct field *field, struct items *items)
{
	for (const struct rule *rule = field->rules; rule; rule = rule->next) {
		if (rule->off || !run->may[rule->view][rule->index] || (rule->fallback && items->count))
			continue;
		if (!field_conditions_hold(run, rule))
			continue;
		run_rule(run, field, items, rule);
	}
	if (field->full.len)
		items_name_in_full(items, field, &run->reading, &run->arena);
}

static struct value fields_value(struct run *run, struct value pages)
{
	struct value fields = value_map_new();
	size_t i = 0;

	for (const struct field *field = run->model->fields; field; field = field->next, i++) {
		size_t target =
			field->link_member.len ? field_number(run->model, field->link_field) : SIZE_MAX;

		if (target != SIZE_MAX)
			items_link(&run->found[i], field, &run->found[target], &run->reading, &run->arena);
		value_map_set(&fields, field->name, items_value(&run->found[i], field, &run->reading, pages));
	}
	return fields;
}

static void run_release(struct run *run)
{
	for (size_t i = 0; i < run->field_count; i++)
		mem_free(run->found[i].list);
	for (int kind = 0; kind < VIEW_KINDS; kind++)
		mem_free(run->may[kind]);
	mem_free(run->found);
	arena_release(&run->arena);
	reading_release(&run->reading);
}

struct value extract_fields(const struct model *model, struct slice text, struct value pages,
			    int64_t deadline_ms)
{
	struct run run = {.model = model};
	struct value extraction = value_map_new();
	size_t i = 0;

	arena_init(&run.arena);
	reading_init(&run.reading, model, text, deadline_ms);
	for (const struct field *field = model->fields; field; field = field->next)
		run.field_count++;
	run.found = mem_new((run.field_count + 1) * sizeof(*run.found));
	for (int kind = 0; kind < VIEW_KINDS; kind++)
		find_candidates(&run, (enum view_kind)kind);
	for (const struct field *field = model->fields; field; field = field->next, i++)
		run_field(&run, field, &run.found[i]);
	value_put(&extraction, "model",
		  value_stringf("%.*s@%lld", SLICE_ARG(model->name), (long long)model->version));
	value_put(&extraction, "fields", fields_value(&run, pages));
	if (run.reading.late)
		value_put(&extraction, "partial", value_bool(true));
	run_release(&run);
	return extraction;
}
