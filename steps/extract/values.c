/* values.c - the words a member is given: groups, surroundings, templates, then normalisers. */

#include "steps/extract/run_private.h"

#include <ctype.h>
#include <string.h>

enum { VALUE_MAX_BYTES = 4096 };

size_t hit_offset(const struct hit *hit, struct slice inner)
{
	return (size_t)(inner.ptr - hit->text.ptr);
}

struct slice hit_context(struct run *run, const struct hit *hit, enum context context)
{
	size_t start = hit_offset(hit, hit->match.group[0]);

	return reading_context(&run->reading, hit->rule->view, context, start,
			       start + hit->match.group[0].len);
}

size_t run_field_number(const struct model *model, struct slice name)
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
	size_t number = run_field_number(run->model, slice_sub(name, 0, dot));

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
		return hit_context(run, hit, (enum context)context_named(name));
	if (slice_find(name, SLICE("."), 0) != SIZE_MAX)
		return field_text(run, name);
	if (name.len < sizeof(group))
		memcpy(group, name.ptr, name.len);
	return regex_group(regex, group) > 0 ? group_text(hit, regex_group(regex, group)) : (struct slice){0};
}

/* "${title} U.S.C." with the groups of the match in it. */
struct slice hit_template(struct run *run, const struct hit *hit, struct slice text)
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

static struct slice source_text(struct run *run, const struct hit *hit, const struct source *source)
{
	switch (source->kind) {
	case SOURCE_CONSTANT:
		return source->text;
	case SOURCE_TEMPLATE:
		return hit_template(run, hit, source->text);
	case SOURCE_GROUP:
		return group_text(hit, source->group);
	case SOURCE_CONTEXT:
		return hit_context(run, hit, source->context);
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
bool hit_value(struct run *run, const struct hit *hit, const struct source *source, struct slice *value)
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
void hit_set_place(struct item *item, const struct hit *hit)
{
	struct slice place = group_text(hit, hit->rule->span_group);

	if (hit->part && slice_is(hit->rule->span, "each"))
		place = is_inside(hit->text, hit->part->at) ? hit->part->at
							    : find_words(hit->match.group[0], hit->part->at);
	if (!place.len)
		place = hit->match.group[0];
	place = slice_trim(place);
	item->start = hit_offset(hit, place);
	item->end = item->start + place.len;
}
