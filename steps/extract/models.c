/* models.c - find the folders, keep what was compiled. */

#include "steps/extract/models.h"
#include "lib/mem/mem.h"
#include "steps/extract/calibration.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
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
	struct model_folders folders; /* owned */
	pthread_mutex_t lock;
	struct slot *slots;      /* guarded by lock; a slot is read-only once it is in the list */
	struct calibration calibrations[MODEL_FOLDERS]; /* by folder */
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
static char *shipped_folder(void)
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

static bool is_same_folder(const char *a, const char *b)
{
	struct stat one, other;

	return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}

/* The own one, where there is one, and the one that ships. */
static int find_folders(struct model_folders *folders, const char *own, struct error *err)
{
	char *shipped = shipped_folder();

	if (own && shipped && is_same_folder(own, shipped))
		own = NULL;
	if (own)
		folders->list[folders->own++] = mem_strdup(own);
	folders->list[folders->own] = shipped;
	if (own && access(own, R_OK | X_OK) < 0)
		return error_set(err, ERROR_NOT_FOUND, "no folder of extraction models at %s", own);
	if (own && !has_models(own))
		return error_set(err, ERROR_INPUT, "no extraction model (*.yaml) in %s", own);
	if (own || shipped)
		return 0;
	error_set(err, ERROR_NOT_FOUND, "the extraction models are not where the program was installed");
	error_hint(err, "say where with --models FOLDER or EXTRACT_MODELS");
	return -1;
}

struct models *models_open(const char *folder, struct error *err)
{
	struct models *models = mem_new(sizeof(*models));

	pthread_mutex_init(&models->lock, NULL);
	models->pool = regex_pool_new();
	if (find_folders(&models->folders, folder, err) < 0)
		goto fail;
	for (int i = 0; models->folders.list[i]; i++)
		if (calibration_read(&models->calibrations[i], models->folders.list[i], err) < 0)
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
	for (int i = 0; i < MODEL_FOLDERS; i++) {
		calibration_release(&models->calibrations[i]);
		mem_free(models->folders.list[i]);
	}
	regex_pool_free(models->pool);
	pthread_mutex_destroy(&models->lock);
	mem_free(models);
}

const struct model_folders *models_folders(const struct models *models)
{
	return &models->folders;
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
	const struct model_folders *folders = &models->folders;
	struct model *model = model_read(folders, name, names, diags);

	if (model && model_compile(model, models->pool, diags) < 0) {
		model_free(model);
		model = NULL;
	}
	/* What ships was measured with the rules that ship; what was measured here goes before it. */
	if (model && folders->list[1])
		calibration_apply(&models->calibrations[1], model, folders->list[1]);
	if (model)
		calibration_apply(&models->calibrations[0], model, folders->own ? NULL : folders->list[0]);
	return model;
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

bool models_is_name(struct slice name)
{
	size_t dot = slice_find(name, SLICE("."), 0);

	return dot == SIZE_MAX ? is_plain(name)
			       : is_plain(slice_sub(name, 0, dot)) && is_plain(slice_sub(name, dot + 1, name.len));
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
		if (!slot && model_folder(&models->folders, 0, slice_of(name)) >= 0)
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
