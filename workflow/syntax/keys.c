/*
 * keys.c - which keys may stand in a map, and what was meant by those that may not.
 *
 * A key that is misspelt, or called as other languages call it, is one mistake: it is reported where it
 * stands, and the key that was meant is not reported as missing.
 */
#include "workflow/syntax/syntax_private.h"

#include "workflow/expr/nearest.h"

#include <string.h>

/* Words of other languages, and the key that stands for them here. */
static const struct foreign {
	const char *word, *key;
} foreign[] = {
	{"if", "condition"},
	{"when", "condition"},
	{"cond", "condition"},
	{"if", "switch"},
	{"case", "switch"},
	{"cases", "switch"},
	{"choice", "switch"},
	{"choices", "switch"},
	{"while", "for"},
	{"foreach", "for"},
	{"for_each", "for"},
	{"loop", "for"},
	{"goto", "next"},
	{"go_to", "next"},
	{"jump", "next"},
	{"then", "next"},
	{"catch", "except"},
	{"rescue", "except"},
	{"on_error", "except"},
	{"throw", "raise"},
	{"fail", "raise"},
	{"set", "assign"},
	{"let", "assign"},
	{"vars", "assign"},
	{"variables", "assign"},
	{"run", "call"},
	{"invoke", "call"},
	{"function", "call"},
	{"with", "args"},
	{"arguments", "args"},
	{"params", "args"},
	{"parameters", "args"},
	{"input", "args"},
	{"inputs", "args"},
	{"output", "result"},
	{"register", "result"},
	{"store", "result"},
	{"items", "in"},
	{"list", "in"},
	{"of", "in"},
	{"item", "value"},
	{"var", "value"},
	{"variable", "value"},
	{"do", "steps"},
	{"body", "steps"},
	{"tasks", "steps"},
	{"args", "params"},
	{"arguments", "params"},
	{"parameters", "params"},
	{"attempts", "max_retries"},
	{"max_attempts", "max_retries"},
	{"retries", "max_retries"},
	{"delay", "initial_delay"},
	{"factor", "multiplier"},
	{"max_concurrency", "concurrency_limit"},
	{"else", "condition"},
	{"elif", "condition"},
	{"default", "condition"},
	{"otherwise", "condition"},
};

static bool is_known(struct slice key, const char *const known[])
{
	for (; *known; known++) {
		if (slice_is(key, *known))
			return true;
	}
	return false;
}

/* The known key that another language's word stands for, or NULL. */
static const char *translate(struct slice word, const char *const known[])
{
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		if (slice_is(word, foreign[i].word) && is_known(slice_of(foreign[i].key), known))
			return foreign[i].key;
	}
	return NULL;
}

/* Keys of a step, where a map of steps was wanted: the name of the step is missing. */
static bool is_bare_step(struct slice word, const char *const known[])
{
	static const char *const keys[] = {"assign", "call",   "args",  "result", "switch", "for", "parallel",
					   "try",    "except", "raise", "return", "next",   NULL};

	return is_known(SLICE("steps"), known) && !is_known(SLICE("call"), known) && is_known(word, keys);
}

static bool is_default(struct slice word)
{
	return slice_is(word, "else") || slice_is(word, "default") || slice_is(word, "otherwise") ||
	       slice_is(word, "elif");
}

static bool is_empty(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && !node->quoted && node->text.len == 0;
}

/* A key with nothing behind it, and then one that does not belong here: that one is not indented. */
static bool is_displaced(const struct yaml_node *map, size_t i)
{
	return i > 0 && map->entries[i - 1].key->kind == YAML_SCALAR && is_empty(map->entries[i - 1].value);
}

static void hint_key(struct reader *reader, struct slice word, const char *const known[])
{
	const char *meant = translate(word, known);
	struct nearest nearest;

	nearest_init(&nearest, word);
	for (const char *const *key = known; *key; key++)
		nearest_offer(&nearest, slice_of(*key));
	if (is_bare_step(word, known))
		diags_hint(reader->diags,
			   "it belongs to a step: write \"steps:\" and a \"- name:\" above it");
	else if (is_default(word))
		diags_hint(reader->diags,
			   "the default of a switch is its last entry, with \"condition: true\"");
	else if (slice_is(word, "finally"))
		diags_hint(reader->diags, "put what is always to be done into the step after the try");
	else if (slice_is(word, "while") && meant)
		diags_hint(reader->diags, "use \"for\", or a switch that jumps back with \"next\"");
	else if (meant)
		diags_hint(reader->diags, "it is called \"%s\" here", meant);
	else if (nearest_best(&nearest).ptr)
		diags_hint(reader->diags, "did you mean \"%.*s\"?", SLICE_ARG(nearest_best(&nearest)));
}

bool check_keys(struct reader *reader, const struct yaml_node *map, const char *const known[],
		const char *where)
{
	bool is_silent = false; /* what follows belongs to what was reported */
	bool good = true;

	for (size_t i = 0; i < map->count; i++) {
		const struct yaml_node *key = map->entries[i].key;

		if (key->kind != YAML_SCALAR) {
			diags_error(reader->diags, key->at, "wrong-type", "a key must be a word, not %s",
				    node_describe(key));
		} else if (!is_known(key->text, known) && !is_silent) {
			bool displaced = is_displaced(map, i);

			is_silent = displaced || is_bare_step(key->text, known);
			diags_error(reader->diags, key->at, "unknown-key", "%s has no key \"%.*s\"", where,
				    SLICE_ARG(key->text));
			if (displaced)
				diags_hint(reader->diags, "indent it below \"%.*s\" if it belongs to it",
					   SLICE_ARG(map->entries[i - 1].key->text));
			else
				hint_key(reader, key->text, known);
		} else if (is_known(key->text, known) && node_entry(map, key->text.ptr) == &map->entries[i]) {
			continue;
		}
		good = false;
		reader_doubt(reader, key);
		reader_doubt(reader, map->entries[i].value); /* unknown, or the second of its name */
	}
	return good;
}

bool has_misspelt(const struct yaml_node *map, const char *key)
{
	const char *const known[] = {key, NULL};

	for (size_t i = 0; i < map->count; i++) {
		const struct yaml_node *found = map->entries[i].key;
		struct nearest nearest;

		if (found->kind != YAML_SCALAR || slice_is(found->text, key))
			continue;
		nearest_init(&nearest, found->text);
		nearest_offer(&nearest, slice_of(key));
		if (nearest_best(&nearest).ptr || translate(found->text, known) ||
		    is_bare_step(found->text, known))
			return true;
	}
	return false;
}

const struct yaml_node *form_key(struct reader *reader, const struct yaml_node *map, struct place at,
				 const char *key, const char *where)
{
	const struct yaml_entry *entry = node_entry(map, key);

	if (entry)
		return entry->value;
	if (reader->steps_elsewhere && strcmp(key, "steps") == 0)
		reader->steps_elsewhere = false;
	else if (!has_misspelt(map, key))
		diags_error(reader->diags, at, "missing-key", "%s needs the key \"%s\"", where, key);
	return NULL;
}
