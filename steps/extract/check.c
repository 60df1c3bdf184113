/* check.c - every model by itself, with one list of the files that were complained about. */

#include "steps/extract/check.h"
#include "lib/mem/mem.h"
#include "lib/opt/opt.h"
#include "steps/extract/models.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static const struct opt_option options[] = {
	{"help", 'h', OPT_FLAG, NULL, NULL, NULL, "print this"},
	{0},
};
static const struct opt_option *const tables[] = {options, NULL};
static const struct opt_command command = {
	.name = "extract check",
	.operands = "[MODEL]...",
	.summary = "read and compile models, files or whole folders, and print what is wrong with them; without MODEL "
		   "those that ship",
	.example = "extract check my_models/consent_decree.yaml",
	.tables = tables,
};

struct check {
	const struct model_folders *folders; /* lent */
	struct regex_pool *pool;
	struct buf files; /* complaints about these were printed */
	bool bad;
};

static bool is_model_file(struct slice name)
{
	return name.len > 5 && name.ptr[0] != '.' &&
	       slice_is(slice_sub(name, name.len - 5, name.len), ".yaml");
}

/* True when a complaint is about a file that none was printed for yet. */
static bool is_news(struct diags *diags, struct buf *files)
{
	bool news = false;

	for (size_t i = 0; i < diags_count(diags); i++) {
		const char *file = diags_at(diags, i).at.file;
		struct buf line;

		buf_init(&line, 0);
		buf_printf(&line, "%s\n", file);
		if (slice_find(buf_slice(files), buf_slice(&line), 0) == SIZE_MAX) {
			buf_add(files, line.data, line.len);
			news = true;
		}
		buf_release(&line);
	}
	return news;
}

/* FOLDER/NAME.yaml, `file` being NAME.yaml. */
static void check_file(struct check *check, const char *folder, const char *file)
{
	char *name = mem_strndup(file, strlen(file) - strlen(".yaml"));
	struct diags *diags = diags_new();
	struct arena names;
	struct model *model = NULL;
	struct buf path;

	buf_init(&path, 0);
	buf_printf(&path, "%s/%s", folder, file);
	arena_init(&names);
	if (!models_is_name(slice_of(name))) {
		diags_error(diags, (struct place){.file = buf_text(&path)}, "bad-name", "no type can be called \"%s\"", name);
		diags_hint(diags, "a model is TYPE.yaml or TYPE.LANGUAGE.yaml, in small letters, digits, _ and -");
	} else {
		model = model_read(check->folders, name, &names, diags);
	}
	if (model)
		model_compile(model, check->pool, diags);
	model_free(model);
	if (diags_errors(diags) > 0)
		check->bad = true;
	if (is_news(diags, &check->files))
		diags_print(diags, stderr);
	diags_free(diags);
	arena_release(&names);
	buf_release(&path);
	mem_free(name);
}

/* True when a file of the folder takes the place of one that ships. */
static bool check_folder(struct check *check, const char *folder)
{
	const struct model_folders *folders = check->folders;
	DIR *dir = opendir(folder);
	struct dirent *entry;
	bool replaces = false;

	while (dir && (entry = readdir(dir))) {
		struct slice name = slice_of(entry->d_name);

		if (!is_model_file(name))
			continue;
		check_file(check, folder, entry->d_name);
		if (model_folder(folders, folders->own, slice_sub(name, 0, name.len - 5)) >= 0)
			replaces = true;
	}
	if (dir)
		closedir(dir);
	return replaces;
}

/* `file` in `folder`, or all of it without; `folder` NULL: what ships. */
static int check_in(struct check *check, const char *folder, const char *file, struct error *err)
{
	struct models *models = models_open(folder, err);
	bool replaces;

	if (!models)
		return -1;
	check->folders = models_folders(models);
	if (file) {
		check_file(check, folder, file);
	} else {
		replaces = check_folder(check, check->folders->list[0]);
		if (replaces && check->folders->own > 0 && check->folders->list[1])
			check_folder(check, check->folders->list[1]);
	}
	models_close(models);
	return 0;
}

/* A file or a folder. */
static int check_path(struct check *check, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
	struct stat status;
	char *folder;
	int result;

	if (stat(path, &status) < 0)
		return error_set(err, ERROR_NOT_FOUND, "cannot read %.300s: %s", path, strerror(errno));
	if (S_ISDIR(status.st_mode))
		return check_in(check, path, NULL, err);
	if (!is_model_file(slice_of(file))) {
		error_set(err, ERROR_INPUT, "%.300s is not called TYPE.yaml", path);
		error_hint(err, "a model is a file TYPE.yaml or TYPE.LANGUAGE.yaml, or a folder of them");
		return -1;
	}
	folder = slash ? mem_strndup(path, slash > path ? (size_t)(slash - path) : 1) : mem_strdup(".");
	result = check_in(check, folder, file, err);
	mem_free(folder);
	return result;
}

static int check_all(const struct opts *opts, struct error *err)
{
	struct check check = {.pool = regex_pool_new()};
	int result = 0;

	buf_init(&check.files, 0);
	if (opt_operands(opts) == 0)
		result = check_in(&check, NULL, NULL, err);
	for (size_t i = 0; result == 0 && i < opt_operands(opts); i++)
		result = check_path(&check, opt_operand(opts, i), err);
	buf_release(&check.files);
	regex_pool_free(check.pool);
	return result < 0 ? error_exit_status(err) : check.bad ? 2 : 0;
}

int check_verb(int argc, char **argv)
{
	struct error err = {0};
	struct opts *opts = opt_parse(&command, argc, argv, &err);
	int status = 2;

	if (opts && opt_flag(opts, "help")) {
		opt_help(&command, stdout);
		status = 0;
	} else if (opts) {
		status = check_all(opts, &err);
	}
	if (err.kind != ERROR_NONE)
		fprintf(stderr, "extract check: %s%s%s\n", err.message, err.hint[0] ? "\n  hint: " : "", err.hint);
	opts_free(opts);
	return status;
}
