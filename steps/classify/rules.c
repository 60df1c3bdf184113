/* rules.c - what a person says about labels; see rules.h. */
#include "steps/classify/rules.h"

#include "lib/mem/mem.h"
#include "lib/regex/regex.h"
#include "lib/yaml/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	MAX_FILE = 1 << 20,
	MAX_SIGNS = 64, /* labels with signs: one bit each */
	DEFAULT_ENOUGH = 3,
	MAX_TASK = 48, /* bytes */
};

struct patterns {
	struct regex **items;
	size_t count;
	size_t capacity;
};

/* One case of a fold: the first whose pattern is found, or that has none, gives the label. */
struct fold {
	const char *given; /* strings of a rule are in the arena */
	struct regex *text;
	const char *label;
};

struct sign {
	const char *label;
	long enough;
	bool otherwise;
	struct patterns sure;
	struct patterns some;
};

struct rules {
	struct arena arena;
	char *file;
	const char *task;
	struct cues cues;
	bool has_cues;
	struct fold *folds;
	size_t fold_count;
	size_t fold_capacity;
	struct sign *signs;
	size_t sign_count;
	size_t sign_capacity;
};

static int wrong(const struct yaml_node *node, const char *what, struct error *err)
{
	return error_set(err, ERROR_INPUT, "%s:%d:%d: %s", node->at.file, node->at.line, node->at.column,
			 what);
}

static const char *text_of(struct rules *rules, const struct yaml_node *node)
{
	return arena_strndup(&rules->arena, node->text.ptr, node->text.len);
}

static struct regex *pattern_of(const struct yaml_node *node, struct error *err)
{
	struct error reason = {0};
	struct regex *regex = NULL;

	if (node->kind != YAML_SCALAR) {
		wrong(node, "a pattern is a string", err);
		return NULL;
	}
	regex = regex_new(node->text, REGEX_NO_CASE, &reason);
	if (!regex)
		wrong(node, reason.message, err);
	return regex;
}

/* ---- folds */

static int add_fold(struct rules *rules, const char *given, const struct yaml_node *text,
		    const struct yaml_node *label, struct error *err)
{
	struct fold *fold;

	if (rules->fold_count == rules->fold_capacity)
		rules->folds = mem_grow(rules->folds, &rules->fold_capacity, sizeof(*rules->folds));
	fold = &rules->folds[rules->fold_count++];
	*fold = (struct fold){.given = given, .label = text_of(rules, label)};
	if (text)
		fold->text = pattern_of(text, err);
	return text && !fold->text ? -1 : 0;
}

static int read_fold(struct rules *rules, const struct yaml_entry *entry, struct error *err)
{
	const char *given = text_of(rules, entry->key);
	const struct yaml_node *value = entry->value;

	if (value->kind == YAML_SCALAR)
		return add_fold(rules, given, NULL, value, err);
	if (value->kind != YAML_LIST)
		return wrong(value, "a label folds into a label, or by a list of cases", err);
	for (size_t i = 0; i < value->count; i++) {
		const struct yaml_node *label = yaml_get(value->items[i], "label");

		if (!label || label->kind != YAML_SCALAR)
			return wrong(value->items[i], "a case has a `label`", err);
		if (add_fold(rules, given, yaml_get(value->items[i], "text"), label, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- signs */

static int read_patterns(struct patterns *patterns, const struct yaml_node *list, struct error *err)
{
	if (!list)
		return 0;
	if (list->kind != YAML_LIST)
		return wrong(list, "a list of patterns is wanted", err);
	for (size_t i = 0; i < list->count; i++) {
		if (patterns->count == patterns->capacity)
			patterns->items =
				mem_grow(patterns->items, &patterns->capacity, sizeof(*patterns->items));
		patterns->items[patterns->count] = pattern_of(list->items[i], err);
		if (!patterns->items[patterns->count])
			return -1;
		patterns->count++;
	}
	return 0;
}

static int read_enough(struct sign *sign, const struct yaml_node *node, struct error *err)
{
	struct value number = yaml_scalar_value(node);
	bool fits = number.kind == VALUE_INT && number.as.integer >= 1 && number.as.integer <= 1000;

	if (fits)
		sign->enough = (long)number.as.integer;
	value_unref(number);
	return fits ? 0 : wrong(node, "`enough` is a number from 1 to 1000", err);
}

static int read_sign(struct rules *rules, const struct yaml_entry *entry, struct error *err)
{
	const struct yaml_node *enough = yaml_get(entry->value, "enough");
	const struct yaml_node *otherwise = yaml_get(entry->value, "otherwise");
	struct sign *sign;

	if (rules->sign_count == MAX_SIGNS)
		return wrong(entry->key, "too many labels", err);
	if (rules->sign_count == rules->sign_capacity)
		rules->signs = mem_grow(rules->signs, &rules->sign_capacity, sizeof(*rules->signs));
	sign = &rules->signs[rules->sign_count++];
	*sign = (struct sign){.label = text_of(rules, entry->key), .enough = DEFAULT_ENOUGH};
	sign->otherwise = otherwise && slice_is(otherwise->text, "true");
	if (enough && read_enough(sign, enough, err) < 0)
		return -1;
	if (read_patterns(&sign->sure, yaml_get(entry->value, "sure"), err) < 0)
		return -1;
	return read_patterns(&sign->some, yaml_get(entry->value, "some"), err);
}

/* ---- cues */

static int read_cues(struct rules *rules, const struct yaml_node *list, struct error *err)
{
	if (!list)
		return 0;
	if (list->kind != YAML_LIST)
		return wrong(list, "a list of words is wanted", err);
	for (size_t i = 0; i < list->count; i++) {
		const struct yaml_node *word = list->items[i];

		if (word->kind != YAML_SCALAR || cues_add(&rules->cues, word->text) < 0)
			return wrong(word, "a cue is a single word, and not every word is one", err);
		rules->has_cues = true;
	}
	return 0;
}

/* ---- the file */

static int read_each(struct rules *rules, const struct yaml_node *map,
		     int (*one)(struct rules *, const struct yaml_entry *, struct error *), struct error *err)
{
	if (!map)
		return 0;
	if (map->kind != YAML_MAP)
		return wrong(map, "a map by label is wanted", err);
	for (size_t i = 0; i < map->count; i++) {
		if (map->entries[i].key->kind != YAML_SCALAR)
			return wrong(map->entries[i].key, "a label is a string", err);
		if (one(rules, &map->entries[i], err) < 0)
			return -1;
	}
	return 0;
}

static int load(const char *path, struct buf *text, struct error *err)
{
	FILE *file = fopen(path, "re");
	char block[4096];
	size_t size;

	if (!file)
		return error_set(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_IO, "cannot open %s: %s",
				 path, strerror(errno));
	while ((size = fread(block, 1, sizeof(block), file)) > 0)
		buf_add(text, block, size);
	if (ferror(file))
		error_set(err, ERROR_IO, "cannot read %s: %s", path, strerror(errno));
	else if (text->full)
		error_set(err, ERROR_LIMIT, "%s is larger than %d bytes", path, MAX_FILE);
	fclose(file);
	return text->full || (err && err->kind != ERROR_NONE) ? -1 : 0;
}

static int parse(struct rules *rules, struct slice text, struct error *err)
{
	struct diags *diags = diags_new();
	struct yaml_node *root = yaml_read(&rules->arena, rules->file, text, diags);
	struct yaml_node *task;
	int status = -1;

	if (!root) {
		struct diag first = diags_at(diags, 0);

		error_set(err, ERROR_INPUT, "%s:%d:%d: %s", rules->file, first.at.line, first.at.column,
			  first.message);
		goto done;
	}
	task = yaml_get(root, "task");
	if (!task || task->kind != YAML_SCALAR || task->text.len == 0 || task->text.len >= MAX_TASK) {
		wrong(root, "`task` names the member of a record that holds the label", err);
		goto done;
	}
	rules->task = text_of(rules, task);
	if (read_cues(rules, yaml_get(root, "cues"), err) == 0 &&
	    read_each(rules, yaml_get(root, "fold"), read_fold, err) == 0)
		status = read_each(rules, yaml_get(root, "signs"), read_sign, err);

done:
	diags_free(diags);
	return status;
}

struct rules *rules_read(const char *path, struct error *err)
{
	struct rules *rules = mem_new(sizeof(*rules));
	struct buf text;

	arena_init(&rules->arena);
	rules->file = mem_strdup(path);
	buf_init(&text, MAX_FILE);
	if (load(path, &text, err) < 0 || parse(rules, buf_slice(&text), err) < 0) {
		rules_free(rules);
		rules = NULL;
	}
	buf_release(&text);
	return rules;
}

static void free_patterns(struct patterns *patterns)
{
	for (size_t i = 0; i < patterns->count; i++)
		regex_free(patterns->items[i]);
	mem_free(patterns->items);
}

void rules_free(struct rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->fold_count; i++)
		regex_free(rules->folds[i].text);
	for (size_t i = 0; i < rules->sign_count; i++) {
		free_patterns(&rules->signs[i].sure);
		free_patterns(&rules->signs[i].some);
	}
	mem_free(rules->folds);
	mem_free(rules->signs);
	mem_free(rules->file);
	arena_release(&rules->arena);
	mem_free(rules);
}

/* ---- use */

/* Blanks and line ends, the no-break space among them, become one space. */
static void squeeze(struct slice text, struct buf *out)
{
	buf_init(out, text.len + 1);
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.ptr[i];
		bool no_break = byte == 0xc2 && i + 1 < text.len && (unsigned char)text.ptr[i + 1] == 0xa0;

		if (byte > ' ' && !no_break) {
			buf_add_char(out, text.ptr[i]);
			continue;
		}
		i += no_break;
		if (out->len && out->data[out->len - 1] != ' ')
			buf_add_char(out, ' ');
	}
}

/* How often the patterns occur, counted no further than `enough`. */
static long hits(const struct patterns *patterns, struct slice text, long enough)
{
	struct regex_match match;
	long count = 0;

	for (size_t i = 0; i < patterns->count; i++) {
		size_t from = 0;

		while (count < enough && from <= text.len &&
		       regex_find(patterns->items[i], text, from, &match)) {
			size_t end = (size_t)(match.group[0].ptr - text.ptr) + match.group[0].len;

			from = end > from ? end : from + 1;
			count++;
		}
	}
	return count;
}

const char *rules_task(const struct rules *rules)
{
	return rules->task;
}

const char *rules_fold(const struct rules *rules, const char *given, struct slice text)
{
	const char *label = given;
	struct buf squeezed = {0};

	for (size_t i = 0; i < rules->fold_count; i++) {
		const struct fold *fold = &rules->folds[i];

		if (strcmp(fold->given, given) != 0)
			continue;
		if (fold->text && !squeezed.limit)
			squeeze(text, &squeezed);
		if (!fold->text || regex_matches(fold->text, buf_slice(&squeezed))) {
			label = fold->label;
			break;
		}
	}
	buf_release(&squeezed);
	return label;
}

const struct cues *rules_cues(const struct rules *rules)
{
	return rules->has_cues ? &rules->cues : NULL;
}

bool rules_have_signs(const struct rules *rules)
{
	return rules->sign_count > 0;
}

size_t rules_signs(const struct rules *rules)
{
	return rules->sign_count;
}

const char *rules_sign_label(const struct rules *rules, size_t i)
{
	return rules->signs[i].label;
}

uint64_t rules_find(const struct rules *rules, struct slice text)
{
	struct buf squeezed;
	uint64_t found = 0;
	uint64_t rest = 0;

	squeeze(text, &squeezed);
	for (size_t i = 0; i < rules->sign_count; i++) {
		const struct sign *sign = &rules->signs[i];

		if (sign->otherwise)
			rest |= (uint64_t)1 << i;
		else if (hits(&sign->sure, buf_slice(&squeezed), 1) ||
			 hits(&sign->some, buf_slice(&squeezed), sign->enough) >= sign->enough)
			found |= (uint64_t)1 << i;
	}
	buf_release(&squeezed);
	return found ? found : rest;
}
