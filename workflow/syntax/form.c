/* form.c - kinds of nodes, keys and names: the checks that every step kind needs. */
#include "workflow/syntax/syntax_private.h"

#include <string.h>

bool reader_works(struct reader *reader, const struct yaml_node *node)
{
	reader->work += 1 + (node->kind == YAML_SCALAR ? node->text.len : 0);
	if (reader->work <= READER_MAX_WORK)
		return true;
	if (!reader->spent)
		diags_error(reader->diags, node->at, "yaml-limit",
			    "the aliases up to here unfold to more than %d bytes", READER_MAX_WORK);
	reader->spent = true;
	return false;
}

struct value reader_keep(struct reader *reader, struct value taken)
{
	struct definition *definition = reader->definition;

	if (taken.kind < VALUE_STRING)
		return taken;
	if (definition->constant_count == definition->constant_capacity)
		definition->constants = mem_grow(definition->constants, &definition->constant_capacity,
						 sizeof(*definition->constants));
	definition->constants[definition->constant_count++] = taken;
	return taken;
}

/* ---- gaps */

static void doubt_word(struct reader *reader, struct slice word, struct place at)
{
	struct definition *definition = reader->definition;

	if (!word.len)
		return;
	if (definition->doubtful_count == definition->doubtful_capacity)
		definition->doubtful = mem_grow(definition->doubtful, &definition->doubtful_capacity,
						sizeof(*definition->doubtful));
	definition->doubtful[definition->doubtful_count++] = (struct name){word, at};
}

/* The variable that a target such as m.k[0] begins with. */
static struct slice first_word(struct slice text)
{
	size_t end = 0;

	while (end < text.len && !strchr(".[ ", text.ptr[end]))
		end++;
	return slice_sub(text, 0, end);
}

void reader_doubt(struct reader *reader, const struct yaml_node *node)
{
	if (!reader_works(reader, node))
		return;
	if (node->kind == YAML_SCALAR) {
		doubt_word(reader, node->text, node->at);
		if (first_word(node->text).len < node->text.len)
			doubt_word(reader, first_word(node->text), node->at);
	}
	for (size_t i = 0; i < node->count; i++) {
		if (node->kind == YAML_MAP)
			reader_doubt(reader, node->entries[i].key);
		reader_doubt(reader, node->kind == YAML_MAP ? node->entries[i].value : node->items[i]);
	}
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

void reader_doubt_words(struct reader *reader, const struct yaml_node *scalar)
{
	struct slice text = scalar->text;

	for (size_t i = 0, end; i < text.len; i = end + 1) {
		end = i;
		while (end < text.len && is_word(text.ptr[end]))
			end++;
		doubt_word(reader, slice_sub(text, i, end), scalar->at);
	}
}

void warn_near_limit(struct reader *reader, struct place at, size_t count, size_t limit, const char *what)
{
	if (count > limit || count * 100 < limit * LIMIT_WARN_PERCENT)
		return;
	diags_warn(reader->diags, at, "near-limit", "%s: %zu of at most %zu", what, count, limit);
}

/* ---- kinds */

static enum value_kind scalar_kind(const struct yaml_node *scalar)
{
	struct value v = yaml_scalar_value(scalar);

	value_unref(v);
	return v.kind;
}

bool node_is_null(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && scalar_kind(node) == VALUE_NULL;
}

bool node_is_text(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && scalar_kind(node) == VALUE_STRING;
}

const char *node_describe(const struct yaml_node *node)
{
	if (node->kind == YAML_MAP)
		return "a map";
	if (node->kind == YAML_LIST)
		return "a list";
	if (expr_is(node))
		return "an expression";
	switch (scalar_kind(node)) {
	case VALUE_NULL:
		return "nothing";
	case VALUE_BOOL:
		return "a boolean";
	case VALUE_INT:
	case VALUE_DOUBLE:
		return "a number";
	default:
		return "text";
	}
}

bool form_map(struct reader *reader, const struct yaml_node *node, const char *what)
{
	if (node->kind == YAML_MAP)
		return true;
	diags_error(reader->diags, node->at, "wrong-type", "%s must be a map, not %s", what,
		    node_describe(node));
	reader_doubt(reader, node);
	return false;
}

bool form_list(struct reader *reader, const struct yaml_node *node, const char *what)
{
	if (node->kind == YAML_LIST)
		return true;
	diags_error(reader->diags, node->at, "wrong-type", "%s must be a list, not %s", what,
		    node_describe(node));
	if (node->kind == YAML_MAP)
		diags_hint(reader->diags, "begin each entry with \"- \"");
	reader_doubt(reader, node);
	return false;
}

bool form_list_of(struct reader *reader, const struct yaml_node *node, const char *what, size_t most,
		  const char *code, const char *hint)
{
	if (!form_list(reader, node, what))
		return false;
	if (node->count == 0) {
		diags_error(reader->diags, node->at, "empty-list", "%s needs at least one entry", what);
		return false;
	}
	if (node->count > most) {
		diags_error(reader->diags, node->items[most]->at, code,
			    "%s has %zu entries; at most %zu are allowed", what, node->count, most);
		if (hint)
			diags_hint(reader->diags, "%s", hint);
	}
	return true;
}

/* ---- keys */

const struct yaml_entry *node_entry(const struct yaml_node *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++) {
		if (map->entries[i].key->kind == YAML_SCALAR && slice_is(map->entries[i].key->text, key))
			return &map->entries[i];
	}
	return NULL;
}

static bool is_known(struct slice key, const char *const known[])
{
	for (; *known; known++) {
		if (slice_is(key, *known))
			return true;
	}
	return false;
}

const struct yaml_entry *form_pair(struct reader *reader, const struct yaml_node *item, const char *what)
{
	if (item->kind != YAML_MAP || item->count == 0) {
		diags_error(reader->diags, item->at, "wrong-type",
			    "a %s is written \"- name: ...\"; here is %s", what,
			    item->kind == YAML_MAP ? "an empty map" : node_describe(item));
		reader_doubt(reader, item);
		return NULL;
	}
	if (item->count > 1) {
		const struct yaml_node *first = item->entries[0].key;
		const struct yaml_node *second = item->entries[1].key;

		diags_error(reader->diags, second->at, "two-in-one",
			    "a list item holds one %s; this is a second key", what);
		diags_hint(reader->diags,
			   "indent \"%.*s\" below \"%.*s\" if it belongs to it, or begin it with \"- \"",
			   SLICE_ARG(second->text), SLICE_ARG(first->text));
		reader_doubt(reader, item);
		if (node_is_null(item->entries[0].value))
			return NULL; /* all of it is in the wrong place: nothing to read */
	}
	if (item->entries[0].key->kind != YAML_SCALAR) {
		diags_error(reader->diags, item->at, "wrong-type", "a name must be a word, not %s",
			    node_describe(item->entries[0].key));
		reader_doubt(reader, item);
		return NULL;
	}
	return &item->entries[0];
}

/* ---- names */

struct name node_name(const struct yaml_node *scalar)
{
	return (struct name){scalar->text, scalar->at};
}

static bool is_identifier(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

		if (!letter && (i == 0 || c < '0' || c > '9'))
			return false;
	}
	return text.len > 0;
}

static bool is_keyword(struct slice text)
{
	static const char *const keywords[] = {"and",   "AND",   "or",   "OR",   "not",  "NOT",
					       "in",    "IN",    "true", "True", "TRUE", "false",
					       "False", "FALSE", "null", NULL};

	return is_known(text, keywords);
}

struct name read_variable(struct reader *reader, const struct yaml_node *node, const char *what)
{
	if (node->kind != YAML_SCALAR) {
		diags_error(reader->diags, node->at, "wrong-type",
			    "%s must be the name of a variable, not %s", what, node_describe(node));
		reader_doubt(reader, node);
		return (struct name){.at = node->at};
	}
	if (is_identifier(node->text) && !is_keyword(node->text))
		return node_name(node);
	if (node_is_null(node)) {
		diags_error(reader->diags, node->at, "wrong-type",
			    "%s must be the name of a variable; it is empty", what);
		return (struct name){.at = node->at};
	}
	diags_error(reader->diags, node->at, "bad-name",
		    "%s must be the name of a variable, which \"%.*s\" is not", what, SLICE_ARG(node->text));
	if (expr_is(node))
		diags_hint(reader->diags, "write the name alone, without ${ }");
	else if (is_keyword(node->text))
		diags_hint(reader->diags, "the word is taken by the language");
	else
		diags_hint(reader->diags,
			   "a name is made of letters, digits and \"_\" and begins with no digit");
	reader_doubt(reader, node);
	return (struct name){.at = node->at};
}

void note_name(struct reader *reader, struct name name)
{
	if (reader->seen_count == reader->seen_capacity)
		reader->seen = mem_grow(reader->seen, &reader->seen_capacity, sizeof(*reader->seen));
	reader->seen[reader->seen_count++] = name;
}
