/* extract.c - candidates, matches, conditions, values: the loop over rules. */

#include "steps/extract/extract.h"
#include "lib/mem/mem.h"
#include "steps/extract/run_private.h"

#include <stdio.h>
#include <string.h>

enum { BLOCK_BYTES = 1000 };

/* Where the blocks of a view end: paragraphs taken together until they are worth a pass. Only in `flow` does a
 * newline end a paragraph that no rule looks beyond; the other views are one block. */
static void cut_blocks(struct blocks *blocks, struct slice text, enum view_kind kind)
{
	size_t most = text.len / BLOCK_BYTES + 1, start = 0;

	blocks->ends = mem_alloc(most * sizeof(*blocks->ends));
	while (kind == VIEW_FLOW && blocks->count + 1 < most && start + BLOCK_BYTES < text.len) {
		const char *end = memchr(text.ptr + start + BLOCK_BYTES, '\n', text.len - start - BLOCK_BYTES);

		if (!end)
			break;
		start = (size_t)(end + 1 - text.ptr);
		blocks->ends[blocks->count++] = start;
	}
	if (!blocks->count || start < text.len)
		blocks->ends[blocks->count++] = text.len;
}

static void find_candidates(struct run *run, enum view_kind kind)
{
	size_t total = run->model->rule_count[kind];
	struct blocks *blocks = &run->blocks[kind];
	struct slice text;

	if (!total)
		return;
	text = reading_view(&run->reading, kind)->text;
	cut_blocks(blocks, text, kind);
	blocks->may = mem_new(total * blocks->count * sizeof(bool));
	regex_set_blocks(run->model->sets[kind], text, blocks->ends, blocks->count, blocks->may);
}

/* The next stretch of blocks at or after *block in which the rule may match; false: none. */
static bool next_stretch(const struct run *run, const struct rule *rule, size_t *block, struct extent *extent)
{
	const struct blocks *blocks = &run->blocks[rule->view];
	const bool *may = blocks->may + (size_t)rule->index * blocks->count;

	while (*block < blocks->count && !may[*block])
		(*block)++;
	if (*block == blocks->count)
		return false;
	extent->start = *block ? blocks->ends[*block - 1] : 0;
	while (*block < blocks->count && may[*block])
		(*block)++;
	extent->end = blocks->ends[*block - 1];
	return true;
}

static bool field_matches(const struct run *run, const struct condition *condition)
{
	size_t number = run_field_number(run->model, condition->field);

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
		text = c->context == CONTEXT_TEMPLATE ? hit_template(run, hit, c->template)
						      : hit_context(run, hit, c->context);
		if (regex_matches(c->pattern.regex, text) != c->wanted) {
			trace_refusal(run, hit, c);
			return false;
		}
	}
	return true;
}

/* True when an item of the field has this value already. */
static bool is_taken(const struct items *items, struct slice member, struct slice value)
{
	for (size_t i = 0; i < items->count; i++)
		if (slice_equal(item_get(&items->list[i], member), value))
			return true;
	return false;
}

/* Members by the rule's gives; false when one that must be there has no value. */
static bool set_members(struct run *run, const struct hit *hit, struct item *item)
{
	size_t count = 0;

	for (const struct give *give = hit->rule->gives; give; give = give->next)
		count++;
	item->members = arena_alloc(&run->arena, count * sizeof(*item->members));
	for (const struct give *give = hit->rule->gives; give; give = give->next) {
		struct member *member = &item->members[item->member_count];
		bool constant = give->source.kind == SOURCE_CONSTANT; /* an empty one is a value too */

		if (hit_value(run, hit, &give->source, &member->value) || constant) {
			member->name = give->member;
			item->member_count++;
		} else if (!give->source.maybe) {
			char why[80];

			snprintf(why, sizeof(why), "no value for \"%.*s\"", SLICE_ARG(give->member));
			trace_hit(run, hit, "no value", why);
			return false;
		}
	}
	return true;
}

/* True when the match gave an item that the field did not have. */
static bool add_item(struct run *run, const struct field *field, struct items *items, const struct hit *hit)
{
	static const char *const verdicts[] = {[ITEM_NEW] = "taken",
					       [ITEM_KNOWN] = "known",
					       [ITEM_FORBIDDEN] = "forbidden",
					       [ITEM_FULL] = "full"};
	struct item item = {.rule = hit->rule, .confidence = hit->rule->confidence, .sure = hit->rule->sure};
	enum item_verdict verdict;

	if (!set_members(run, hit, &item))
		return false;
	hit_set_place(&item, hit);
	if (hit->rule->fresh.len && is_taken(items, hit->rule->fresh, item_get(&item, hit->rule->fresh))) {
		trace_hit(run, hit, "known", "another item has this value (fresh)");
		return false;
	}
	if (item.end <= item.start)
		return false;
	verdict = items_add(items, field, &item);
	trace_item(run, hit, verdicts[verdict], &item);
	return verdict == ITEM_NEW;
}

static bool add_parts(struct run *run, const struct field *field, struct items *items, struct hit *hit)
{
	const struct source *each = &hit->rule->each;
	const struct normaliser *last =
		each->pipe_length ? each->pipe[each->pipe_length - 1].normaliser : NULL;
	struct parts parts = {0};
	struct slice text;
	bool any = false;

	if (!hit_value(run, hit, each, &text))
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
static bool next_hit(struct run *run, const struct regex *regex, struct hit *hit, struct tally *tally, size_t *at,
		     size_t *count)
{
	while (*at <= hit->text.len && (*count)++ < hit->rule->max) {
		if (reading_is_late(&run->reading) || !regex_find(regex, hit->text, *at, &hit->match))
			return false;
		*at = hit_offset(hit, hit->match.group[0]) + hit->match.group[0].len;
		if (!hit->match.group[0].len) {
			(*at)++;
			continue;
		}
		tally->matched++;
		if (conditions_hold(run, hit))
			return true;
		tally->refused++;
	}
	return false;
}

static bool add_hit(struct run *run, const struct field *field, struct items *items, struct hit *hit)
{
	return hit->rule->has_each ? add_parts(run, field, items, hit) : add_item(run, field, items, hit);
}

/* Matches of the rule within the extent; true when the rule is done. */
static bool run_stretch(struct run *run, size_t number, struct hit *hit, struct extent extent, size_t *count,
			struct hit *last)
{
	const struct rule *rule = hit->rule;
	const struct regex *regex = regex_set_at(run->model->sets[rule->view], rule->index);
	size_t at = extent.start;

	hit->text = slice_sub(reading_view(&run->reading, rule->view)->text, 0, extent.end);
	while (next_hit(run, regex, hit, &run->tallies[number], &at, count)) {
		if (rule->last)
			*last = *hit;
		else if (add_hit(run, hit->field, &run->found[number], hit) && rule->first)
			return true;
	}
	return *count >= rule->max;
}

static void run_rule(struct run *run, const struct field *field, size_t number, const struct rule *rule)
{
	struct extent region = reading_region(&run->reading, rule->view, rule->region), part;
	struct hit hit = {.field = field, .rule = rule}, last = {0};
	size_t before = run->tallies[number].matched, block = 0, count = 0;

	while (next_stretch(run, rule, &block, &part) && part.start < region.end) {
		if (part.end <= region.start)
			continue;
		part.start = part.start > region.start ? part.start : region.start;
		part.end = part.end < region.end ? part.end : region.end;
		if (run_stretch(run, number, &hit, part, &count, &last))
			break;
	}
	if (last.rule)
		add_hit(run, field, &run->found[number], &last);
	if (run->tallies[number].matched == before)
		trace_rule(run, field, rule, "matches nowhere");
}

static bool may_match(const struct run *run, const struct rule *rule)
{
	struct extent extent;
	size_t block = 0;

	return next_stretch(run, rule, &block, &extent);
}

static void run_field(struct run *run, const struct field *field, size_t number)
{
	struct items *items = &run->found[number];

	for (const struct rule *rule = field->rules; rule; rule = rule->next) {
		if (rule->off)
			continue;
		run->tallies[number].rules++;
		if (!may_match(run, rule))
			trace_rule(run, field, rule, "cannot match: words it needs are not in the text");
		else if (rule->fallback && items->count)
			trace_rule(run, field, rule, "not asked: a fallback, and the field has a value");
		else if (!field_conditions_hold(run, rule))
			trace_rule(run, field, rule, "not asked: a condition on another field does not hold");
		else
			run_rule(run, field, number, rule);
	}
	if (field->full.len)
		items_name_in_full(items, field, &run->reading, &run->arena);
}

/* Why a field has no value. */
static struct value reason(const struct run *run, size_t number)
{
	const struct tally *tally = &run->tallies[number];

	if (!tally->rules)
		return value_string_z("documents of this type say it nowhere that the model looks");
	if (run->reading.late)
		return value_string_z("time was up before every rule was tried");
	if (!tally->matched)
		return value_stringf("none of %zu rules matches", tally->rules);
	if (tally->refused == tally->matched)
		return value_stringf("%zu places match, conditions refuse each", tally->matched);
	return value_stringf("%zu places match, none gives a value", tally->matched);
}

/* Fields without a value, each with the reason. */
static struct value unknown_value(const struct run *run)
{
	struct value unknown = value_map_new();
	size_t i = 0;

	for (const struct field *field = run->model->fields; field; field = field->next, i++)
		if (!run->found[i].count)
			value_map_set(&unknown, field->name, reason(run, i));
	return unknown;
}

static struct value fields_value(struct run *run, struct value pages)
{
	struct value fields = value_map_new();
	size_t i = 0;

	for (const struct field *field = run->model->fields; field; field = field->next, i++) {
		size_t target =
			field->link_member.len ? run_field_number(run->model, field->link_field) : SIZE_MAX;

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
	for (int kind = 0; kind < VIEW_KINDS; kind++) {
		mem_free(run->blocks[kind].ends);
		mem_free(run->blocks[kind].may);
	}
	mem_free(run->found);
	mem_free(run->tallies);
	arena_release(&run->arena);
	reading_release(&run->reading);
}

struct value extract_explained(const struct model *model, struct slice text, struct value pages,
			       int64_t deadline_ms, struct value *trace)
{
	struct run run = {.model = model, .trace = trace};
	struct value extraction = value_map_new();
	size_t i = 0;

	arena_init(&run.arena);
	reading_init(&run.reading, model, text, deadline_ms);
	for (const struct field *field = model->fields; field; field = field->next)
		run.field_count++;
	run.found = mem_new((run.field_count + 1) * sizeof(*run.found));
	run.tallies = mem_new((run.field_count + 1) * sizeof(*run.tallies));
	for (int kind = 0; kind < VIEW_KINDS; kind++)
		find_candidates(&run, (enum view_kind)kind);
	for (const struct field *field = model->fields; field; field = field->next, i++)
		run_field(&run, field, i);
	value_put(&extraction, "model",
		  value_stringf("%.*s@%lld", SLICE_ARG(model->name), (long long)model->version));
	value_put(&extraction, "model_from", value_string_z(model->own ? "own" : "shipped"));
	value_put(&extraction, "fields", fields_value(&run, pages));
	value_put(&extraction, "unknown", unknown_value(&run));
	if (run.reading.late)
		value_put(&extraction, "partial", value_bool(true));
	run_release(&run);
	return extraction;
}

struct value extract_fields(const struct model *model, struct slice text, struct value pages,
			    int64_t deadline_ms)
{
	return extract_explained(model, text, pages, deadline_ms, NULL);
}
