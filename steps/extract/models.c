/* models.c - find the folder, keep what was compiled. */

#include "steps/extract/models.h"
#include "lib/mem/mem.h"
#include "steps/extract/calibration.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TYPE_MAX = 64, MODEL_NAME_MAX = 2 * TYPE_MAX + 2, PATH_MAX_BYTES = 4096 };

/* A type that was asked for, and what came of it. */
struct slot {
	struct slot *next;
	char type[MODEL_NAME_MAX];
	struct model *model; /* owned; NULL: see err */
	struct arena names;  /* file names that places point to */
	struct error err;
};

struct models {
	char *folder; /* owned */
	pthread_mutex_t lock;
	struct slot *slots;      /* guarded by lock; a slot is read-only once it is in the list */
	struct calibration calibration;
	struct regex_pool *pool; /* guarded by lock; most patterns are those of included files */
};

static bool is_model_file(const char *name)
{
	size_t length = strlen(name);

	return length > 5 && name[0] != '.' && !strcmp(name + length - 5, ".yaml");
}

static bool has_models(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir)))
		found = is_model_file(entry->d_name);
	if (dir)
		closedir(dir);
	return found;
}

/* Beside the installed program, or in the tree it was built in; owned. */
static char *own_folder(void)
{
	static const char *const places[] = {"../share/lexflow/extract", "../../steps/extract/models",
					     "../../../steps/extract/models",
					     "../../../../steps/extract/models"};
	char self[PATH_MAX_BYTES];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (length <= 0)
		return NULL;
	self[length] = '\0';
	slash = strrchr(self, '/');
	for (size_t i = 0; slash && i < sizeof(places) / sizeof(*places); i++) {
		struct buf path;

		buf_init(&path, PATH_MAX_BYTES * 2);
		buf_add(&path, self, (size_t)(slash - self + 1));
		buf_add_text(&path, places[i]);
		if (has_models(buf_text(&path)))
			return buf_take(&path);
		buf_release(&path);
	}
	return NULL;
}

struct models *models_open(const char *folder, struct error *err)
{
	struct models *models = mem_new(sizeof(*models));

	pthread_mutex_init(&models->lock, NULL);
	models->pool = regex_pool_new();
	models->folder = folder ? mem_strdup(folder) : own_folder();
	if (!models->folder) {
		error_set(err, ERROR_NOT_FOUND,
			  "the extraction models are not where the program was installed");
		error_hint(err, "say where with --models FOLDER or EXTRACT_MODELS");
		goto fail;
	}
	if (access(models->folder, R_OK | X_OK) < 0) {
		error_set(err, ERROR_NOT_FOUND, "no folder of extraction models at %s", models->folder);
		goto fail;
	}
	if (!has_models(models->folder)) {
		error_set(err, ERROR_INPUT, "no extraction model (*.yaml) in %s", models->folder);
		goto fail;
	}
	if (calibration_read(&models->calibration, models->folder, err) < 0)
		goto fail;
	return models;

fail:
	models_close(models);
	return NULL;
}

void models_close(struct models *models)
{
	if (!models)
		return;
	while (models->slots) {
		struct slot *slot = models->slots;

		models->slots = slot->next;
		model_free(slot->model);
		arena_release(&slot->names);
		mem_free(slot);
	}
	calibration_release(&models->calibration);
	regex_pool_free(models->pool);
	pthread_mutex_destroy(&models->lock);
	mem_free(models->folder);
	mem_free(models);
}

const char *models_folder(const struct models *models)
{
	return models->folder;
}

/* The first complaint as one error. */
static void set_error(struct error *err, struct diags *diags)
{
	struct diag first = {0};

	for (size_t i = 0; i < diags_count(diags); i++) {
		first = diags_at(diags, i);
		if (!first.warning)
			break;
	}
	if (first.at.line > 0)
		error_set(err, ERROR_INPUT, "%s:%d:%d: %s [%s]", first.at.file, first.at.line,
			  first.at.column, first.message, first.code);
	else
		error_set(err, ERROR_INPUT, "%s: %s [%s]", first.at.file, first.message, first.code);
	if (first.hint)
		error_hint(err, "%s", first.hint);
}

static struct model *load(const struct models *models, const char *name, struct arena *names,
			  struct diags *diags)
{
	struct model *model = model_read(models->folder, name, names, diags);

	if (model && model_compile(model, models->pool, diags) < 0) {
		model_free(model);
		model = NULL;
	}
	if (model)
		calibration_apply(&models->calibration, model);
	return model;
}

static bool has_file(const char *folder, const char *name)
{
	struct buf path;
	bool found;

	buf_init(&path, PATH_MAX_BYTES * 2);
	buf_printf(&path, "%s/%s.yaml", folder, name);
	found = access(buf_text(&path), R_OK) == 0;
	buf_release(&path);
	return found;
}

/* File names must stay in the folder; the type comes from outside. */
static bool is_plain(struct slice type)
{
	for (size_t i = 0; i < type.len; i++)
		if (!((type.ptr[i] >= 'a' && type.ptr[i] <= 'z') ||
		      (type.ptr[i] >= '0' && type.ptr[i] <= '9') ||
		      (i > 0 && (type.ptr[i] == '_' || type.ptr[i] == '-'))))
			return false;
	return type.len > 0 && type.len <= TYPE_MAX;
}

static struct slot *make_slot(const struct models *models, const char *type)
{
	struct slot *slot = mem_new(sizeof(*slot));
	struct diags *diags = diags_new();

	memcpy(slot->type, type, strlen(type) + 1);
	arena_init(&slot->names);
	slot->model = load(models, type, &slot->names, diags);
	if (!slot->model)
		set_error(&slot->err, diags);
	diags_free(diags);
	return slot;
}

static struct slot *find_slot(struct models *models, const char *type)
{
	struct slot *slot = models->slots;

	while (slot && strcmp(slot->type, type) != 0)
		slot = slot->next;
	return slot;
}

/* "TYPE" or "TYPE.LANGUAGE" in `name`; false when it cannot be one. */
static bool name_model(struct slice type, struct slice language, char name[MODEL_NAME_MAX])
{
	if (!is_plain(type) || (language.len && !is_plain(language)))
		return false;
	snprintf(name, MODEL_NAME_MAX, "%.*s%s%.*s", SLICE_ARG(type), language.len ? "." : "",
		 SLICE_ARG(language));
	return true;
}

/* The first of the names that a model bears is in `name`; its slot, or NULL when it was not read yet. */
static struct slot *choose(struct models *models, struct slice type, struct slice language,
			   char name[MODEL_NAME_MAX])
{
	struct slice types[] = {type, type, SLICE("default")};
	struct slice languages[] = {language, {0}, language};
	struct slot *slot = NULL;

	for (size_t i = 0; i < sizeof(types) / sizeof(*types) && !slot; i++) {
		if ((i != 1 && !language.len) || !name_model(types[i], languages[i], name))
			continue;
		slot = find_slot(models, name);
		if (!slot && has_file(models->folder, name))
			return NULL;
	}
	if (slot)
		return slot;
	snprintf(name, MODEL_NAME_MAX, "default");
	return find_slot(models, name);
}

const struct model *models_get(struct models *models, struct slice doc_type, struct slice language,
			       struct error *err)
{
	char name[MODEL_NAME_MAX];
	struct slot *slot;

	pthread_mutex_lock(&models->lock);
	slot = choose(models, doc_type, language, name);
	if (!slot) {
		slot = make_slot(models, name);
		slot->next = models->slots;
		models->slots = slot;
	}
	pthread_mutex_unlock(&models->lock);
	if (!slot->model) {
		error_set(err, slot->err.kind, "%s", slot->err.message);
		if (slot->err.hint[0])
			error_hint(err, "%s", slot->err.hint);
	}
	return slot->model;
}

/* True when a complaint is about a file that none was printed for yet: what several models include is said
 * once. */
static bool is_news(struct diags *diags, struct buf *files)
{
	bool news = false;

	for (size_t i = 0; i < diags_count(diags); i++) {
		const char *file = diags_at(diags, i).at.file;

		if (slice_find(buf_slice(files), slice_of(file), 0) != SIZE_MAX)
			continue;
		buf_printf(files, "%s\n", file);
		news = true;
	}
	return news;
}

static bool check_model(const struct models *models, const char *file, struct buf *files, FILE *out)
{
	char *name = mem_strndup(file, strlen(file) - strlen(".yaml"));
	struct diags *diags = diags_new();
	struct arena names;
	bool good;

	arena_init(&names);
	model_free(load(models, name, &names, diags));
	good = diags_errors(diags) == 0;
	if (is_news(diags, files))
		diags_print(diags, out);
	diags_free(diags);
	arena_release(&names);
	mem_free(name);
	return good;
}

int models_check(const char *folder, FILE *out, struct error *err)
{
	struct models *models = models_open(folder, err);
	DIR *dir = models ? opendir(models->folder) : NULL;
	struct dirent *entry;
	struct buf files;
	int bad = models ? 0 : -1;

	buf_init(&files, 0);
	while (dir && (entry = readdir(dir)))
		if (is_model_file(entry->d_name))
			bad += !check_model(models, entry->d_name, &files, out);
	if (dir)
		closedir(dir);
	buf_release(&files);
	models_close(models);
	return bad;
}
