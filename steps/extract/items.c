/* items.c - the same thing said twice is one item. */

#include "steps/extract/items.h"
#include "lib/mem/mem.h"
#include "steps/extract/full_names.h"
#include "steps/extract/names.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_LIMIT = 100, QUOTE_MAX = 600 };

struct slice item_get(const struct item *item, struct slice member)
{
	for (size_t i = 0; i < item->member_count; i++)
		if (slice_equal(item->members[i].name, member))
			return item->members[i].value;
	return (struct slice){0};
}

static bool same_letters(struct slice a, struct slice b)
{
	size_t i = 0, k = 0;

	for (;;) {
		while (i < a.len && !isalnum((unsigned char)a.ptr[i]) && (unsigned char)a.ptr[i] < 0x80)
			i++;
		while (k < b.len && !isalnum((unsigned char)b.ptr[k]) && (unsigned char)b.ptr[k] < 0x80)
			k++;
		if (i == a.len || k == b.len)
			return i == a.len && k == b.len;
		if (tolower((unsigned char)a.ptr[i++]) != tolower((unsigned char)b.ptr[k++]))
			return false;
	}
}

static bool is_same(const struct field *field, const struct item *a, const struct item *b)
{
	if (field->alike.len)
		return names_alike(item_get(a, field->alike), item_get(b, field->alike));
	if (field->unique) {
		for (size_t i = 0; i < field->unique_count; i++)
			if (!same_letters(item_get(a, field->unique[i]), item_get(b, field->unique[i])))
				return false;
		return true;
	}
	if (a->member_count != b->member_count)
		return false;
	for (size_t i = 0; i < a->member_count; i++)
		if (!same_letters(a->members[i].value, item_get(b, a->members[i].name)))
			return false;
	return true;
}

/* All values of the item with a blank between them. */
static void join_members(const struct item *item, struct buf *out)
{
	buf_init(out, 4096);
	for (size_t i = 0; i < item->member_count; i++)
		buf_printf(out, "%s%.*s", i ? " " : "", SLICE_ARG(item->members[i].value));
}

static bool is_forbidden(const struct field *field, const struct item *item)
{
	const struct condition *condition = field->forbid;

	bool found = false;

	for (size_t i = 0; i < field->forbid_count && !found; i++, condition = condition->next) {
		bool whole = slice_is(field->forbid_members[i], "all");
		struct buf all = {0};

		if (whole)
			join_members(item, &all);
		found = condition->pattern.regex &&
			regex_matches(condition->pattern.regex,
				      whole ? buf_slice(&all) : item_get(item, field->forbid_members[i]));
		buf_release(&all);
	}
	return found;
}

/* A short form came first, now the whole name is here: it replaces the words, not the rank. */
static void prefer_fuller(const struct field *field, struct item *have, const struct item *item)
{
	struct slice old = item_get(have, field->alike), now = item_get(item, field->alike);

	if (field->alike.len && name_is_fuller(now, old)) {
		double confidence = have->confidence, sure = have->sure;

		*have = *item;
		have->confidence = confidence;
		have->sure = sure;
	}
	if (item->confidence > have->confidence)
		have->confidence = item->confidence;
	if (item->sure > have->sure)
		have->sure = item->sure;
}

enum item_verdict items_add(struct items *items, const struct field *field, const struct item *item)
{
	size_t limit = field->limit ? field->limit : DEFAULT_LIMIT;

	if (is_forbidden(field, item))
		return ITEM_FORBIDDEN;
	for (size_t i = 0; i < items->count; i++) {
		if (!is_same(field, &items->list[i], item))
			continue;
		if (!field->one)
			prefer_fuller(field, &items->list[i], item);
		return ITEM_KNOWN;
	}
	if (items->count >= limit)
		return ITEM_FULL;
	if (items->count == items->capacity)
		items->list = mem_grow(items->list, &items->capacity, sizeof(*items->list));
	items->list[items->count++] = *item;
	return ITEM_NEW;
}

/* One or two words that end in no legal form. */
static bool is_short(struct slice name)
{
	size_t blanks = 0, last = 0;

	for (size_t i = 0; i < name.len; i++)
		if (name.ptr[i] == ' ') {
			blanks++;
			last = i + 1;
		}
	return name.len && (blanks == 0 || (blanks == 1 && !name_is_form(slice_sub(name, last, name.len))));
}

/* Members that say what sort of name it is (`party_kind`) are asked again. */
static void set_name(struct item *item, struct slice member, struct slice name, struct arena *arena)
{
	struct slice kind = slice_of(name_is_entity(name) ? "entity" : "person");
	size_t i = 0;

	for (const struct give *give = item->rule->gives; give; give = give->next) {
		const struct source *source = &give->source;
		bool sort = source->pipe_length &&
			    !strcmp(source->pipe[source->pipe_length - 1].normaliser->name, "party_kind");

		for (i = 0; i < item->member_count; i++)
			if (sort && slice_equal(item->members[i].name, give->member))
				item->members[i].value = kind;
	}
	for (i = 0; i < item->member_count; i++)
		if (slice_equal(item->members[i].name, member))
			item->members[i].value =
				(struct slice){arena_strndup(arena, name.ptr, name.len), name.len};
}

void items_name_in_full(struct items *items, const struct field *field, struct reading *reading,
			struct arena *arena)
{
	struct slice text = reading_view(reading, VIEW_FLOW)->text;
	size_t count = items->count;

	items->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct item item = items->list[i];
		struct slice name = item_get(&item, field->full), full;
		struct buf tidy;

		buf_init(&tidy, 0);
		if (is_short(name) && item.rule->view == VIEW_FLOW && full_name_find(text, name, &full) &&
		    name_normalise(full, &tidy)) {
			set_name(&item, field->full, buf_slice(&tidy), arena);
			item.start = (size_t)(full.ptr - text.ptr);
			item.end = item.start + full.len;
		}
		buf_release(&tidy);
		items_add(items, field, &item);
	}
}

/* The word by which a text speaks of a bearer later on: a person's last name, a body's first word. */
static struct slice short_name(struct slice name)
{
	size_t at;

	if (name_is_entity(name)) {
		at = slice_find(name, SLICE(" "), 0);
		return slice_sub(name, 0, at == SIZE_MAX ? name.len : at);
	}
	for (at = name.len; at > 0 && name.ptr[at - 1] != ' '; at--)
		;
	return slice_sub(name, at, name.len);
}

static void link_item(struct item *item, const struct field *field, const struct items *targets,
		      struct slice sentence, struct arena *arena)
{
	bool all = field->link_all.regex && regex_matches(field->link_all.regex, sentence);
	struct buf names;

	buf_init(&names, 1000);
	for (size_t i = 0; i < targets->count; i++) {
		struct slice name = item_get(&targets->list[i], field->link_from);

		if (targets->count > 1 && !all && slice_find(sentence, name, 0) == SIZE_MAX &&
		    slice_find(sentence, short_name(name), 0) == SIZE_MAX)
			continue;
		buf_printf(&names, "%s%.*s", names.len ? "; " : "", SLICE_ARG(name));
	}
	if (names.len) {
		struct member *members = arena_alloc(arena, (item->member_count + 1) * sizeof(*members));

		memcpy(members, item->members, item->member_count * sizeof(*members));
		members[item->member_count].name = field->link_member;
		members[item->member_count++].value =
			(struct slice){arena_strndup(arena, names.data, names.len), names.len};
		item->members = members;
	}
	buf_release(&names);
}

void items_link(struct items *items, const struct field *field, const struct items *targets,
		struct reading *reading, struct arena *arena)
{
	for (size_t i = 0; i < items->count; i++) {
		struct item *item = &items->list[i];

		if (!item_get(item, field->link_member).len)
			link_item(item, field, targets,
				  reading_context(reading, item->rule->view, CONTEXT_SENTENCE, item->start,
						  item->end),
				  arena);
	}
}

static int64_t page_of(struct value pages, size_t start)
{
	size_t low = 0, high = value_len(pages);

	while (low < high) {
		size_t middle = (low + high) / 2;
		struct value at = *value_list_at(pages, middle);

		if (value_is_number(at) && value_number(at) <= (double)start)
			low = middle + 1;
		else
			high = middle;
	}
	return (int64_t)(low ? low : 1);
}

/* The page, from 1, and where in its text the item begins. */
static void put_page(struct value *value, struct value pages, size_t start)
{
	int64_t page = page_of(pages, start);
	struct value at = *value_list_at(pages, (size_t)page - 1);

	value_put(value, "page", value_int(page));
	if (value_is_number(at) && value_number(at) >= 0 && value_number(at) <= (double)start)
		value_put(value, "page_offset", value_int((int64_t)start - (int64_t)value_number(at)));
}

static struct value item_value(const struct item *item, struct reading *reading, struct value pages)
{
	const struct view *view = reading_view(reading, item->rule->view);
	size_t end = item->end - item->start > QUOTE_MAX ? item->start + QUOTE_MAX : item->end;
	size_t from = view_start(view, item->start), to = view_end(view, end);
	struct span span = reading_span(reading, from, to);
	struct value value = value_map_new(), place = value_map_new();

	while (to < reading->document.len && ((unsigned char)reading->document.ptr[to] & 0xc0) == 0x80)
		to++;
	for (size_t i = 0; i < item->member_count; i++)
		value_map_set(&value, item->members[i].name, value_string(item->members[i].value));
	value_put(&place, "start", value_int((int64_t)span.start));
	value_put(&place, "end", value_int((int64_t)span.end));
	value_put(&value, "span", place);
	value_put(&value, "quote", value_string(slice_sub(reading->document, from, to)));
	value_put(&value, "confidence", value_double(item->sure));
	if (item->rule->name.len)
		value_put(&value, "rule", value_string(item->rule->name));
	if (pages.kind == VALUE_LIST && value_len(pages))
		put_page(&value, pages, span.start);
	return value;
}

static int by_place(const void *a, const void *b)
{
	const struct item *left = a, *right = b;

	if (left->rule->view != right->rule->view)
		return left->rule->view < right->rule->view ? -1 : 1;
	return left->start < right->start ? -1 : left->start > right->start;
}

struct value items_value(const struct items *items, const struct field *field, struct reading *reading,
			 struct value pages)
{
	const struct item *best = NULL;
	struct value list;

	if (field->one) {
		for (size_t i = 0; i < items->count; i++)
			if (!best || items->list[i].confidence > best->confidence)
				best = &items->list[i];
		return best ? item_value(best, reading, pages) : value_null();
	}
	if (items->count)
		qsort(items->list, items->count, sizeof(*items->list), by_place);
	list = value_list_new(items->count);
	for (size_t i = 0; i < items->count; i++)
		value_list_push(&list, item_value(&items->list[i], reading, pages));
	return list;
}
