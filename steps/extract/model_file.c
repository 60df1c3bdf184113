/* model_file.c - one file of a model: definitions, tables, regions, fields. */

#include "steps/extract/model_private.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

void model_check_keys(struct model_reader *reader, const struct yaml_node *map, const char *const *known,
		      size_t count)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct yaml_node *key = map->entries[i].key;
		struct buf names;
		size_t k = 0;

		while (k < count && !slice_is(key->text, known[k]))
			k++;
		if (k < count)
			continue;
		buf_init(&names, 0);
		for (k = 0; k < count; k++)
			buf_printf(&names, "%s%s", k ? ", " : "", known[k]);
		diags_error(reader->diags, key->at, "unknown-member", "no member \"%.*s\" here",
			    SLICE_ARG(key->text));
		diags_hint(reader->diags, "known are %s", buf_text(&names));
		buf_release(&names);
	}
}

struct slice model_scalar(struct model_reader *reader, const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = yaml_get(map, key);

	if (!node)
		return (struct slice){0};
	if (node->kind == YAML_SCALAR)
		return node->text;
	diags_error(reader->diags, node->at, "bad-member", "\"%s\" is a text", key);
	return (struct slice){0};
}

bool model_is_true(struct model_reader *reader, const struct yaml_node *map, const char *key)
{
	struct slice text = model_scalar(reader, map, key);

	if (text.ptr && !slice_is(text, "true") && !slice_is(text, "false"))
		diags_error(reader->diags, yaml_get(map, key)->at, "bad-member", "\"%s\" is true or false",
			    key);
	return slice_is(text, "true");
}

size_t model_number(struct model_reader *reader, const struct yaml_node *map, const char *key,
		    size_t fallback)
{
	struct slice text = model_scalar(reader, map, key);
	char digits[10] = "", *end = NULL;
	long number;

	if (!text.ptr)
		return fallback;
	if (text.len < sizeof(digits))
		memcpy(digits, text.ptr, text.len);
	number = strtol(digits, &end, 10);
	if (number >= 0 && end != digits && !*end)
		return (size_t)number;
	diags_error(reader->diags, yaml_get(map, key)->at, "bad-member",
		    "\"%s\" is a whole number of at least 0", key);
	return fallback;
}

struct pattern model_pattern(struct model_reader *reader, const struct yaml_node *node)
{
	struct pattern pattern = {.at = node->at};

	if (node->kind == YAML_SCALAR && node->text.len)
		pattern.source = node->text;
	else
		diags_error(reader->diags, node->at, "bad-pattern", "a pattern is a text that is not empty");
	return pattern;
}

static bool expect_map(struct model_reader *reader, const struct yaml_node *node, const char *what)
{
	if (!node)
		return false;
	if (node->kind == YAML_MAP)
		return true;
	diags_error(reader->diags, node->at, "bad-member", "\"%s\" is a map", what);
	return false;
}

static void read_macros(struct model_reader *reader, const struct yaml_node *map)
{
	struct model *model = reader->model;

	for (size_t i = 0; i < map->count; i++) {
		struct slice name = map->entries[i].key->text;
		struct macro *macro = model->macros;

		while (macro && !slice_equal(macro->name, name))
			macro = macro->next;
		if (macro)
			continue; /* the including file's wins */
		macro = arena_alloc(&model->arena, sizeof(*macro));
		macro->name = name;
		macro->text = model_pattern(reader, map->entries[i].value).source;
		macro->next = model->macros;
		model->macros = macro;
	}
}

static void read_table(struct model_reader *reader, struct table *table, const struct yaml_node *list)
{
	static const char *const keys[] = {"value", "when"};
	struct table_entry **tail = &table->entries;

	for (size_t i = 0; i < list->count; i++) {
		const struct yaml_node *node = list->items[i];
		struct table_entry *entry;

		if (node->kind != YAML_MAP || !yaml_get(node, "value") || !yaml_get(node, "when")) {
			diags_error(reader->diags, node->at, "bad-table",
				    "an entry has \"value\" and \"when\"");
			continue;
		}
		model_check_keys(reader, node, keys, COUNT(keys));
		entry = arena_alloc(&reader->model->arena, sizeof(*entry));
		entry->value = model_scalar(reader, node, "value");
		entry->pattern = model_pattern(reader, yaml_get(node, "when"));
		*tail = entry;
		tail = &entry->next;
	}
}

static void read_tables(struct model_reader *reader, const struct yaml_node *map)
{
	struct model *model = reader->model;

	for (size_t i = 0; i < map->count; i++) {
		struct slice name = map->entries[i].key->text;
		struct table *table = model->tables;

		while (table && !slice_equal(table->name, name))
			table = table->next;
		if (table)
			continue;
		table = arena_alloc(&model->arena, sizeof(*table));
		table->name = name;
		table->next = model->tables;
		model->tables = table;
		if (map->entries[i].value->kind == YAML_LIST)
			read_table(reader, table, map->entries[i].value);
		else
			diags_error(reader->diags, map->entries[i].value->at, "bad-table",
				    "a table is a list of entries");
	}
}

static void read_region(struct model_reader *reader, struct region *region, const struct yaml_node *node)
{
	static const char *const keys[] = {"first", "last", "from", "to", "last_from"};

	model_check_keys(reader, node, keys, COUNT(keys));
	region->first = model_number(reader, node, "first", 0);
	region->last = model_number(reader, node, "last", 0);
	region->last_from = model_is_true(reader, node, "last_from");
	if (yaml_get(node, "from"))
		region->from = model_pattern(reader, yaml_get(node, "from"));
	if (yaml_get(node, "to"))
		region->to = model_pattern(reader, yaml_get(node, "to"));
}

static void read_regions(struct model_reader *reader, const struct yaml_node *map)
{
	struct model *model = reader->model;

	for (size_t i = 0; i < map->count; i++) {
		struct slice name = map->entries[i].key->text;
		struct region *region = model->regions;

		while (region && !slice_equal(region->name, name))
			region = region->next;
		if (region || !expect_map(reader, map->entries[i].value, "regions"))
			continue;
		region = arena_alloc(&model->arena, sizeof(*region));
		region->name = name;
		region->number = ++model->region_count;
		region->next = model->regions;
		model->regions = region;
		read_region(reader, region, map->entries[i].value);
	}
}

static void read_unique(struct model_reader *reader, struct field *field, const struct yaml_node *list)
{
	struct slice *members = arena_alloc(&reader->model->arena, (list->count + 1) * sizeof(*members));

	if (list->kind != YAML_LIST) {
		diags_error(reader->diags, list->at, "bad-member", "\"unique\" is a list of members");
		return;
	}
	for (size_t i = 0; i < list->count; i++)
		members[i] = list->items[i]->text;
	field->unique = members;
	field->unique_count = list->count;
}

/* forbid: {member: pattern, ...} */
static void read_forbid(struct model_reader *reader, struct field *field, const struct yaml_node *map)
{
	struct arena *arena = &reader->model->arena;
	struct condition **tail = &field->forbid;

	if (!expect_map(reader, map, "forbid"))
		return;
	field->forbid_members = arena_alloc(arena, (map->count + 1) * sizeof(*field->forbid_members));
	field->forbid_count = map->count;
	for (size_t i = 0; i < map->count; i++) {
		struct condition *condition = arena_alloc(arena, sizeof(*condition));

		field->forbid_members[i] = map->entries[i].key->text;
		condition->pattern = model_pattern(reader, map->entries[i].value);
		*tail = condition;
		tail = &condition->next;
	}
}

/* link: {party: parties.name, all: "the respondents"} */
static void read_link(struct model_reader *reader, struct field *field, const struct yaml_node *map)
{
	struct slice target;
	size_t dot;

	if (!expect_map(reader, map, "link"))
		return;
	if (map->count != 1 + (yaml_get(map, "all") != NULL) || slice_is(map->entries[0].key->text, "all")) {
		diags_error(reader->diags, map->at, "bad-link",
			    "a link is MEMBER: FIELD.MEMBER, and \"all\" after it");
		return;
	}
	if (yaml_get(map, "all"))
		field->link_all = model_pattern(reader, yaml_get(map, "all"));
	target = map->entries[0].value->text;
	dot = slice_find(target, SLICE("."), 0);
	if (dot == SIZE_MAX) {
		diags_error(reader->diags, map->entries[0].value->at, "bad-link",
			    "a link names FIELD.MEMBER");
		return;
	}
	field->link_member = map->entries[0].key->text;
	field->link_field = slice_sub(target, 0, dot);
	field->link_from = slice_sub(target, dot + 1, target.len);
}

static void read_field_options(struct model_reader *reader, struct field *field, const struct yaml_node *node)
{
	struct slice take = model_scalar(reader, node, "take");

	if (take.ptr && !field->has_take) {
		field->has_take = true;
		field->one = slice_is(take, "one");
		if (!field->one && !slice_is(take, "all"))
			diags_error(reader->diags, yaml_get(node, "take")->at, "bad-member",
				    "\"take\" is one or all");
	}
	if (!field->limit)
		field->limit = model_number(reader, node, "limit", 0);
	if (!field->unique && yaml_get(node, "unique"))
		read_unique(reader, field, yaml_get(node, "unique"));
	if (!field->alike.len)
		field->alike = model_scalar(reader, node, "alike");
	if (!field->full.len)
		field->full = model_scalar(reader, node, "full");
	if (!field->forbid && yaml_get(node, "forbid"))
		read_forbid(reader, field, yaml_get(node, "forbid"));
	if (!field->link_member.len && yaml_get(node, "link"))
		read_link(reader, field, yaml_get(node, "link"));
}

static struct field *field_named(struct model *model, struct slice name, struct place at)
{
	struct field **slot = &model->fields;

	while (*slot && !slice_equal((*slot)->name, name))
		slot = &(*slot)->next;
	if (!*slot) {
		*slot = arena_alloc(&model->arena, sizeof(**slot));
		(*slot)->name = name;
		(*slot)->at = at;
	}
	return *slot;
}

static void read_field(struct model_reader *reader, const struct yaml_entry *entry)
{
	static const char *const keys[] = {"take",   "limit", "unique", "alike",    "full",
					   "forbid", "link",  "rules",  "patterns", "replace"};
	struct field *field = field_named(reader->model, entry->key->text, entry->key->at);
	const struct yaml_node *node = entry->value;

	if (node->kind != YAML_MAP) {
		if (!field->replaces)
			model_read_pattern_list(reader, field, node);
		return;
	}
	model_check_keys(reader, node, keys, COUNT(keys));
	read_field_options(reader, field, node);
	if (field->replaces)
		return;
	if (yaml_get(node, "patterns"))
		model_read_pattern_list(reader, field, yaml_get(node, "patterns"));
	if (yaml_get(node, "rules"))
		model_read_rules(reader, field, yaml_get(node, "rules"));
	field->replaces = model_is_true(reader, node, "replace");
}

void model_read_members(struct model_reader *reader, const struct yaml_node *root, bool own)
{
	static const char *const keys[] = {"model",  "version", "about",   "include",
					   "define", "tables",  "regions", "fields"};
	const struct yaml_node *fields = yaml_get(root, "fields");

	model_check_keys(reader, root, keys, COUNT(keys));
	if (own)
		reader->model->version = (int64_t)model_number(reader, root, "version", 1);
	if (expect_map(reader, yaml_get(root, "define"), "define"))
		read_macros(reader, yaml_get(root, "define"));
	if (expect_map(reader, yaml_get(root, "tables"), "tables"))
		read_tables(reader, yaml_get(root, "tables"));
	if (expect_map(reader, yaml_get(root, "regions"), "regions"))
		read_regions(reader, yaml_get(root, "regions"));
	if (expect_map(reader, fields, "fields"))
		for (size_t i = 0; i < fields->count; i++)
			read_field(reader, &fields->entries[i]);
	else if (own && !yaml_get(root, "include") && !yaml_get(root, "define") && !yaml_get(root, "tables"))
		diags_error(reader->diags, root->at, "bad-model", "a model has \"fields\" or an \"include\"");
}
