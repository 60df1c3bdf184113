/* model.c - the life of a model: files read, patterns compiled, memory given back. */

#include "steps/extract/model_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 1 << 20, INCLUDE_DEPTH = 4, PATH_MAX_BYTES = 8192 };

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

/* FOLDER/NAME.yaml; `path` is the caller's to release. */
static void put_path(struct buf *path, const char *folder, struct slice name)
{
	buf_init(path, PATH_MAX_BYTES);
	buf_printf(path, "%s/%.*s.yaml", folder, SLICE_ARG(name));
}

int model_folder(const struct model_folders *folders, int from, struct slice name)
{
	for (int i = from; folders->list[i]; i++) {
		struct buf path;
		bool found;

		put_path(&path, folders->list[i], name);
		found = access(buf_text(&path), F_OK) == 0;
		buf_release(&path);
		if (found)
			return i;
	}
	return -1;
}

/* A file of a model: its name, the number of its folder, and how many files include one another above it. */
struct model_file {
	struct slice name;
	int folder, depth;
};

static void read_file_of(struct model_reader *reader, struct model_file file);

static void read_include(struct model_reader *reader, struct model_file file, const struct yaml_node *node)
{
	const struct model_folders *folders = reader->folders;
	struct model_file next = {.name = node->text, .depth = file.depth + 1};

	if (node->kind != YAML_SCALAR || memchr(node->text.ptr, '/', node->text.len)) {
		diags_error(reader->diags, node->at, "bad-include",
			    "an include is the name of a file in this folder");
		return;
	}
	if (next.depth > INCLUDE_DEPTH) {
		diags_error(reader->diags, node->at, "bad-include", "includes go deeper than %d files",
			    INCLUDE_DEPTH);
		return;
	}
	next.folder = model_folder(folders, slice_equal(next.name, file.name) ? file.folder + 1 : 0, next.name);
	if (next.folder >= 0) {
		read_file_of(reader, next);
		return;
	}
	diags_error(reader->diags, node->at, "no-model-file", "no file \"%.*s.yaml\" to include",
		    SLICE_ARG(next.name));
	diags_hint(reader->diags, "files are looked for in %s%s%s", folders->list[0],
		   folders->list[1] ? " and " : "", folders->list[1] ? folders->list[1] : "");
}

static void read_file_of(struct model_reader *reader, struct model_file file)
{
	struct buf text = {0}, path;
	struct yaml_node *root = NULL;
	const struct yaml_node *includes;
	const char *name;

	put_path(&path, reader->folders->list[file.folder], file.name);
	name = arena_strndup(reader->names, buf_text(&path), path.len);
	buf_release(&path);
	if (file.folder < reader->folders->own)
		reader->model->own = true;
	if (!read_file(name, &text, reader->diags)) {
		diags_source(reader->diags, name, buf_text(&text), text.len);
		root = yaml_read(&reader->model->arena, name, buf_slice(&text), reader->diags);
	}
	if (root && root->kind != YAML_MAP) {
		diags_error(reader->diags, root->at, "bad-model",
			    "a model is a map with a member \"fields\"");
	} else if (root) {
		model_read_members(reader, root, file.depth == 0);
		includes = yaml_get(root, "include");
		if (includes && includes->kind != YAML_LIST)
			diags_error(reader->diags, includes->at, "bad-include",
				    "\"include\" is a list of names, such as [common]");
		for (size_t i = 0; includes && includes->kind == YAML_LIST && i < includes->count; i++)
			read_include(reader, file, includes->items[i]);
	}
	buf_release(&text);
}

struct model *model_read(const struct model_folders *folders, const char *name, struct arena *names,
			 struct diags *diags)
{
	struct model *model = mem_new(sizeof(*model));
	struct model_reader reader = {model, folders, names, diags};
	size_t before = diags_errors(diags);
	int folder = model_folder(folders, 0, slice_of(name));

	arena_init(&model->arena);
	model->name = slice_of(arena_strndup(&model->arena, name, strlen(name)));
	model->version = 1;
	read_file_of(&reader, (struct model_file){.name = model->name, .folder = folder < 0 ? 0 : folder});
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
