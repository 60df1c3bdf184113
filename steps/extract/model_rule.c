/* model_rule.c - rules: what to find, where, under which conditions, and what a match gives. */

#include "steps/extract/model_private.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

enum { DEFAULT_MAX = 100, PATTERN_LIST_MAX = 20 };

static const char *const context_names[] = {"before", "after", "sentence", "paragraph", "match", "document"};

int context_named(struct slice name)
{
	for (size_t i = 0; i < COUNT(context_names); i++)
		if (slice_is(name, context_names[i]))
			return (int)i;
	return -1;
}

static void bad_context(struct model_reader *reader, const struct yaml_node *key)
{
	diags_error(reader->diags, key->at, "bad-condition", "\"%.*s\" is no surrounding of a match",
		    SLICE_ARG(key->text));
	diags_hint(reader->diags,
		   "known are before, after, sentence, paragraph, match, document, FIELD.MEMBER, a template");
}

/* What a condition looks at; false when there is no such thing. */
static bool read_context(struct condition *condition, struct slice name)
{
	size_t dot = slice_find(name, SLICE("."), 0);
	int context = context_named(name);

	if (slice_find(name, SLICE("${"), 0) != SIZE_MAX) {
		condition->context = CONTEXT_TEMPLATE;
		condition->template = name;
	} else if (dot != SIZE_MAX) {
		condition->context = CONTEXT_FIELD;
		condition->field = slice_sub(name, 0, dot);
		condition->member = slice_sub(name, dot + 1, name.len);
	} else if (context >= 0) {
		condition->context = (enum context)context;
	} else {
		return false;
	}
	return true;
}

/* need: {sentence: pattern}, not: {before: pattern}, need: {authorities.value: pattern},
 * not: {"${authorities.value}: ${sentence}": pattern} */
static void read_conditions(struct model_reader *reader, struct rule *rule, const struct yaml_node *map,
			    bool wanted)
{
	if (map && map->kind != YAML_MAP)
		diags_error(reader->diags, map->at, "bad-condition",
			    "a condition is a map of surroundings to patterns");
	for (size_t i = 0; map && i < map->count && map->kind == YAML_MAP; i++) {
		struct condition *condition = arena_alloc(&reader->model->arena, sizeof(*condition));

		if (!read_context(condition, map->entries[i].key->text)) {
			bad_context(reader, map->entries[i].key);
			continue;
		}
		condition->wanted = wanted;
		condition->pattern = model_pattern(reader, map->entries[i].value);
		condition->next = rule->conditions;
		rule->conditions = condition;
	}
}

/* "lookup money_kind" -> the normaliser and its argument. */
static void read_pipe_step(struct model_reader *reader, struct source *source, struct slice step)
{
	size_t gap = slice_find(step, SLICE(" "), 0);
	struct slice name = slice_sub(step, 0, gap == SIZE_MAX ? step.len : gap);
	const struct normaliser *found = normaliser_find(name);

	if (slice_is(step, "maybe")) {
		source->maybe = true;
		return;
	}
	if (!found) {
		diags_error(reader->diags, source->at, "unknown-normaliser", "no normaliser \"%.*s\"",
			    SLICE_ARG(name));
		diags_hint(reader->diags, "known are %s, maybe", normaliser_names());
		return;
	}
	if (source->pipe_length == PIPE_MAX) {
		diags_error(reader->diags, source->at, "bad-source", "more than %d normalisers in a row",
			    PIPE_MAX);
		return;
	}
	source->pipe[source->pipe_length].normaliser = found;
	if (gap != SIZE_MAX)
		source->pipe[source->pipe_length].argument = slice_trim(slice_sub(step, gap, step.len));
	if (found->has_argument && gap == SIZE_MAX)
		diags_error(reader->diags, source->at, "bad-source", "\"%s\" needs a word after it",
			    found->name);
	source->pipe_length++;
}

/* What stands before the first normaliser. */
static void read_head(struct source *source, struct slice head)
{
	source->text = head;
	if (slice_find(head, SLICE("${"), 0) != SIZE_MAX) {
		source->kind = SOURCE_TEMPLATE;
		return;
	}
	source->text = slice_sub(head, 1, head.len);
	source->kind = SOURCE_GROUP;
	if (slice_is(source->text, "each")) {
		source->kind = SOURCE_EACH;
	} else if (context_named(source->text) >= 0) {
		source->kind = SOURCE_CONTEXT;
		source->context = (enum context)context_named(source->text);
	}
}

/* "$group | normaliser | ...", "text with ${group} | ...", or a constant. */
static void read_source(struct model_reader *reader, struct source *source, const struct yaml_node *node)
{
	struct slice text = node->text;
	size_t bar;

	source->at = node->at;
	if (node->kind != YAML_SCALAR) {
		diags_error(reader->diags, node->at, "bad-source", "a member is given a text");
		return;
	}
	source->text = text;
	if ((!text.len || text.ptr[0] != '$') && slice_find(text, SLICE("${"), 0) == SIZE_MAX)
		return; /* a constant */
	bar = slice_find(text, SLICE("|"), 0);
	read_head(source, slice_trim(slice_sub(text, 0, bar == SIZE_MAX ? text.len : bar)));
	while (bar != SIZE_MAX) {
		size_t next = slice_find(text, SLICE("|"), bar + 1);

		read_pipe_step(reader, source,
			       slice_trim(slice_sub(text, bar + 1, next == SIZE_MAX ? text.len : next)));
		bar = next;
	}
}

static void read_gives(struct model_reader *reader, struct rule *rule, const struct yaml_node *map)
{
	struct give **tail = &rule->gives;

	if (!map || map->kind != YAML_MAP || !map->count) {
		diags_error(reader->diags, map ? map->at : rule->at, "bad-rule", "a rule has a map \"give\"");
		return;
	}
	for (size_t i = 0; i < map->count; i++) {
		struct give *give = arena_alloc(&reader->model->arena, sizeof(*give));

		give->member = map->entries[i].key->text;
		read_source(reader, &give->source, map->entries[i].value);
		*tail = give;
		tail = &give->next;
	}
}

static void read_view(struct model_reader *reader, struct rule *rule, const struct yaml_node *node)
{
	struct slice name = model_scalar(reader, node, "view");

	rule->view = VIEW_FLOW;
	if (slice_is(name, "text"))
		rule->view = VIEW_TEXT;
	else if (slice_is(name, "lines"))
		rule->view = VIEW_LINES;
	else if (name.ptr && !slice_is(name, "flow"))
		diags_error(reader->diags, yaml_get(node, "view")->at, "bad-rule",
			    "a view is text, lines or flow");
}

static double read_confidence(struct model_reader *reader, const struct yaml_node *node)
{
	const struct yaml_node *member = yaml_get(node, "confidence");
	struct value value =
		member && member->kind == YAML_SCALAR ? yaml_scalar_value(member) : value_double(0.8);
	double number = value_is_number(value) ? value_number(value) : -1;

	value_unref(value);
	if (number >= 0 && number <= 1)
		return number;
	diags_error(reader->diags, member->at, "bad-rule", "\"confidence\" is a number from 0 to 1");
	return 0;
}

static void read_rule(struct model_reader *reader, struct rule *rule, const struct yaml_node *node)
{
	static const char *const keys[] = {"name", "find",     "view", "in",         "need", "not",
					   "give", "each",     "span", "confidence", "max",  "first",
					   "last", "fallback", "off",  "about",      "fresh"};

	model_check_keys(reader, node, keys, COUNT(keys));
	rule->off = model_is_true(reader, node, "off");
	if (rule->off)
		return;
	if (yaml_get(node, "find"))
		rule->find = model_pattern(reader, yaml_get(node, "find"));
	else
		diags_error(reader->diags, node->at, "bad-rule", "a rule has a pattern \"find\"");
	read_view(reader, rule, node);
	rule->region_name = model_scalar(reader, node, "in");
	rule->region_at = rule->region_name.ptr ? yaml_get(node, "in")->at : node->at;
	read_conditions(reader, rule, yaml_get(node, "need"), true);
	read_conditions(reader, rule, yaml_get(node, "not"), false);
	read_gives(reader, rule, yaml_get(node, "give"));
	rule->has_each = yaml_get(node, "each") != NULL;
	if (rule->has_each)
		read_source(reader, &rule->each, yaml_get(node, "each"));
	rule->span = model_scalar(reader, node, "span");
	if (rule->span.len && rule->span.ptr[0] == '$')
		rule->span = slice_sub(rule->span, 1, rule->span.len);
	rule->fresh = model_scalar(reader, node, "fresh");
	rule->confidence = rule->sure = read_confidence(reader, node);
	rule->max = model_number(reader, node, "max", DEFAULT_MAX);
	rule->first = model_is_true(reader, node, "first");
	rule->last = model_is_true(reader, node, "last");
	rule->fallback = model_is_true(reader, node, "fallback");
}

static struct rule *rule_named(struct field *field, struct slice name)
{
	struct rule *rule = field->rules;

	while (rule && (!name.len || !slice_equal(rule->name, name)))
		rule = rule->next;
	return rule;
}

static struct rule *add_rule(struct model_reader *reader, struct field *field)
{
	struct rule **slot = &field->rules;

	while (*slot)
		slot = &(*slot)->next;
	*slot = arena_alloc(&reader->model->arena, sizeof(**slot));
	return *slot;
}

void model_read_rules(struct model_reader *reader, struct field *field, const struct yaml_node *list)
{
	if (list->kind != YAML_LIST) {
		diags_error(reader->diags, list->at, "bad-member", "\"rules\" is a list");
		return;
	}
	for (size_t i = 0; i < list->count; i++) {
		const struct yaml_node *node = list->items[i];
		struct slice name;
		struct rule *rule;

		if (node->kind != YAML_MAP) {
			diags_error(reader->diags, node->at, "bad-rule", "a rule is a map");
			continue;
		}
		name = model_scalar(reader, node, "name");
		if (rule_named(field, name))
			continue; /* the including file has its own, or switched it off */
		rule = add_rule(reader, field);
		rule->name = name;
		rule->at = node->at;
		read_rule(reader, rule, node);
	}
}

/* The short form: patterns alone. The value is the group "value", else the whole match. */
static void add_pattern(struct model_reader *reader, struct field *field, const struct yaml_node *node)
{
	struct rule *rule = add_rule(reader, field);
	struct give *give = arena_alloc(&reader->model->arena, sizeof(*give));

	rule->at = rule->region_at = node->at;
	rule->find = model_pattern(reader, node);
	rule->view = VIEW_TEXT;
	rule->confidence = rule->sure = 0.8;
	rule->max = DEFAULT_MAX;
	rule->gives = give;
	give->member = SLICE("value");
	give->source.kind = SOURCE_GROUP;
	give->source.text = slice_find(rule->find.source, SLICE("(?P<value>"), 0) == SIZE_MAX
				    ? SLICE("")
				    : SLICE("value");
	give->source.at = node->at;
	if (!field->limit)
		field->limit = PATTERN_LIST_MAX;
}

void model_read_pattern_list(struct model_reader *reader, struct field *field, const struct yaml_node *node)
{
	if (node->kind == YAML_SCALAR)
		add_pattern(reader, field, node);
	for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
		add_pattern(reader, field, node->items[i]);
	if (node->kind == YAML_MAP)
		diags_error(reader->diags, node->at, "bad-member",
			    "\"patterns\" is a pattern or a list of patterns");
}
