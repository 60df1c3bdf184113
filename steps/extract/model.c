/* model.c - the life of a model: files read, patterns compiled, memory given back. */

#include "steps/extract/model_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX_BYTES = 1 << 20, INCLUDE_DEPTH = 4 };

static int read_file(const char *path, struct buf *text, struct diags *diags)
{
	struct place at = {.file = path};
	FILE *file = fopen(path, "r");
	char chunk[8192];
	size_t got;

	if (!file)
		return diags_error(diags, at, "no-model-file", "cannot read: %s", strerror(errno));
	buf_init(text, FILE_MAX_BYTES);
	while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buf_add(text, chunk, got);
	fclose(file);
	if (text->full)
		return diags_error(diags, at, "model-too-large", "larger than %d bytes", FILE_MAX_BYTES);
	return 0;
}

static int read_includes(struct model_reader *reader, const struct yaml_node *list, int depth)
{
	for (size_t i = 0; list && i < list->count; i++) {
		struct yaml_node *node = list->items[i];

		if (node->kind != YAML_SCALAR || memchr(node->text.ptr, '/', node->text.len))
			diags_error(reader->diags, node->at, "bad-include",
				    "an include is the name of a file in this folder");
		else if (depth >= INCLUDE_DEPTH)
			diags_error(reader->diags, node->at, "bad-include",
				    "includes go deeper than %d files", INCLUDE_DEPTH);
		else
			model_read_file(reader, node->text, depth + 1);
	}
	return 0;
}

void model_read_file(struct model_reader *reader, struct slice name, int depth)
{
	struct buf text = {0}, path;
	struct yaml_node *root = NULL;
	const char *file;

	buf_init(&path, 4096);
	buf_printf(&path, "%s/%.*s.yaml", reader->folder, SLICE_ARG(name));
	file = arena_strndup(reader->names, buf_text(&path), path.len);
	buf_release(&path);
	if (!read_file(file, &text, reader->diags)) {
		diags_source(reader->diags, file, buf_text(&text), text.len);
		root = yaml_read(&reader->model->arena, file, buf_slice(&text), reader->diags);
	}
	if (root && root->kind != YAML_MAP) {
		diags_error(reader->diags, root->at, "bad-model",
			    "a model is a map with a member \"fields\"");
	} else if (root) {
		model_read_members(reader, root, depth == 0);
		read_includes(reader, yaml_get(root, "include"), depth);
	}
	buf_release(&text);
}

struct model *model_read(const char *folder, const char *name, struct arena *names, struct diags *diags)
{
	struct model *model = mem_new(sizeof(*model));
	struct model_reader reader = {model, folder, names, diags};
	size_t before = diags_errors(diags);

	arena_init(&model->arena);
	model->name = slice_of(arena_strndup(&model->arena, name, strlen(name)));
	model->version = 1;
	model_read_file(&reader, model->name, 0);
	if (diags_errors(diags) == before)
		return model;
	model_free(model);
	return NULL;
}

static void free_conditions(struct condition *list)
{
	for (; list; list = list->next)
		regex_free(list->pattern.regex);
}

void model_free(struct model *model)
{
	if (!model)
		return;
	for (struct region *region = model->regions; region; region = region->next) {
		regex_free(region->from.regex);
		regex_free(region->to.regex);
	}
	for (struct table *table = model->tables; table; table = table->next)
		for (struct table_entry *entry = table->entries; entry; entry = entry->next)
			regex_free(entry->pattern.regex);
	for (struct field *field = model->fields; field; field = field->next) {
		free_conditions(field->forbid);
		regex_free(field->link_all.regex);
		for (struct rule *rule = field->rules; rule; rule = rule->next)
			free_conditions(rule->conditions);
	}
	for (int view = 0; view < VIEW_KINDS; view++)
		regex_set_free(model->sets[view]);
	arena_release(&model->arena);
	mem_free(model);
}
