/*
 * folder.c - definitions of a folder are workflows: each file NAME.yaml, NAME.yml or NAME.json, everywhere.
 *
 * The folder is watched. A file that was saved is looked at a moment later, when the editor is done with it; one with
 * another content makes a new revision. A broken one is reported and the last good revision stays; one that is gone
 * takes its workflow away, but for one whose executions still go on, which end first in their own time.
 */
#include "workflow/api/api_private.h"

#include "lib/clock/clock.h"
#include "lib/mem/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { QUIET_MS = 100, SOURCE_READ_MAX = 1 << 20, FILES_MAX = 10000 };

struct folder_watch {
	struct api *api;
	char *path;
	uv_fs_event_t event;
	uv_timer_t timer;
	struct value broken; /* path -> what was found and told of, so that it is told once */
	int handles;
};

/* ---- one file */

static int read_file(const char *path, struct buf *out)
{
	FILE *file = fopen(path, "re");
	char chunk[16384];
	size_t size;
	int result = file ? 0 : -1;

	while (result == 0 && (size = fread(chunk, 1, sizeof(chunk), file)) > 0) {
		if (buf_add(out, chunk, size) < 0)
			result = -1;
	}
	if (file && (ferror(file) || fclose(file) != 0))
		result = -1;
	return result;
}

static void store(struct folder_watch *watch, struct journal_workflow *workflow, struct slice source)
{
	const struct logger *log = watch->api->options.log;
	struct error err = {0};

	workflow->update_us = clock_wall_us();
	if (!workflow->row)
		workflow->create_us = workflow->update_us;
	if (journal_next_revision(&workflow->revision, source, &err) < 0 ||
	    journal_put_workflow(watch->api->journal, workflow, &source, NULL, &err) < 0) {
		log_write(log, LOG_ERROR, value_null(), "%.*s: %s", SLICE_ARG(value_text(workflow->file)), err.message);
		return;
	}
	log_write(log, LOG_INFO, value_null(), "workflow %.*s is now revision %s", SLICE_ARG(value_text(workflow->id)),
		  workflow->revision.id);
}

/* The workflow of this id that comes from a file, or a new one. False on a fault, which was told. */
static bool known_or_new(struct folder_watch *watch, struct slice id, struct journal_workflow *out)
{
	struct error err = {0};
	int found = journal_workflow(watch->api->journal, EVERYWHERE, id, out, &err);

	if (found < 0)
		log_write(watch->api->options.log, LOG_ERROR, value_null(), "%s", err.message);
	if (found == 0)
		*out = (struct journal_workflow){.parent = value_string(EVERYWHERE),
						 .id = value_string(id),
						 .fields = value_map_new(),
						 .revision = {.fields = value_map_new()}};
	return found >= 0;
}

static bool is_same(struct folder_watch *watch, const struct journal_workflow *workflow, struct slice source)
{
	struct error err = {0};
	struct buf old;
	bool same;

	if (!workflow->row)
		return false;
	buf_init(&old, 0);
	same = journal_definition(watch->api->journal, workflow->revision.definition_hash, &old, &err) == 0 &&
	       slice_equal(buf_slice(&old), source);
	buf_release(&old);
	return same;
}

/* A broken definition, told once until it is saved again. */
static void tell_broken(struct folder_watch *watch, const char *path, struct slice source, bool is_known,
			const struct status *status)
{
	const struct value *told = value_get(watch->broken, path);

	if (told && slice_equal(value_text(*told), source))
		return;
	value_put(&watch->broken, path, value_bytes(source));
	log_write(watch->api->options.log, LOG_WARNING, value_null(), "%s: %s%s", path, status->message,
		  is_known ? "; the last good revision stays" : "");
}

static void look_at(struct folder_watch *watch, const char *path, struct slice id)
{
	struct journal_workflow workflow;
	struct status status = {0};
	struct buf source;

	buf_init(&source, SOURCE_READ_MAX);
	if (read_file(path, &source) < 0) {
		log_write(watch->api->options.log, LOG_WARNING, value_null(), "cannot read %s: %s", path,
			  source.full ? "too large" : strerror(errno));
	} else if (known_or_new(watch, id, &workflow)) {
		if (!is_same(watch, &workflow, buf_slice(&source))) {
			value_set(&workflow.file, value_string_z(path));
			value_set(&workflow.revision.file, source_name(id, buf_slice(&source)));
			if (check_source(watch->api, slice_of(path), buf_slice(&source), &status) == 0)
				store(watch, &workflow, buf_slice(&source));
			else
				tell_broken(watch, path, buf_slice(&source), workflow.row, &status);
		}
		journal_workflow_release(&workflow);
	}
	buf_release(&source);
}

/* ---- the folder */

/* "hello.yaml" -> "hello"; empty for what is no definition of a workflow. */
static struct slice id_of(const char *name)
{
	static const char *const endings[] = {".yaml", ".yml", ".json"};
	struct slice file = slice_of(name);

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		struct slice id = slice_sub(file, 0, file.len - strlen(endings[i]));

		if (file.len > strlen(endings[i]) && slice_ends(file, slice_of(endings[i])))
			return is_workflow_id(id) ? id : SLICE("");
	}
	return SLICE("");
}

static int look(struct folder_watch *watch, struct error *err)
{
	uv_dirent_t entry;
	uv_fs_t request;
	struct buf path, last; /* id of the file before */
	int count = uv_fs_scandir(NULL, &request, watch->path, 0, NULL);

	if (count < 0) {
		uv_fs_req_cleanup(&request);
		return error_set(err, count == UV_ENOENT ? ERROR_NOT_FOUND : ERROR_INPUT, "cannot read the folder %s: %s",
				 watch->path, uv_strerror(count));
	}
	buf_init(&path, 0);
	buf_init(&last, 0);
	while (uv_fs_scandir_next(&request, &entry) != UV_EOF) {
		struct slice id = id_of(entry.name);

		/* In the order of names, so those of one id follow each other: the first is the workflow. */
		if (!id.len || slice_equal(id, buf_slice(&last)))
			continue;
		buf_clear(&path);
		buf_printf(&path, "%s/%s", watch->path, entry.name);
		look_at(watch, buf_text(&path), id);
		buf_clear(&last);
		buf_add_slice(&last, id);
	}
	buf_release(&last);
	buf_release(&path);
	uv_fs_req_cleanup(&request);
	return 0;
}

static void on_quiet(uv_timer_t *timer)
{
	struct folder_watch *watch = timer->data;
	struct error err = {0};

	if (look(watch, &err) < 0)
		log_write(watch->api->options.log, LOG_WARNING, value_null(), "%s", err.message);
}

static void on_event(uv_fs_event_t *event, const char *name, int events, int status)
{
	struct folder_watch *watch = event->data;

	(void)name, (void)events;
	if (status == 0)
		uv_timer_start(&watch->timer, on_quiet, QUIET_MS, 0);
}

struct folder_watch *folder_open(struct api *api, const char *path, struct error *err)
{
	struct folder_watch *watch = mem_new(sizeof(*watch));

	watch->api = api;
	watch->path = mem_strdup(path);
	watch->broken = value_map_new();
	watch->handles = 2;
	uv_fs_event_init(api->options.loop, &watch->event);
	uv_timer_init(api->options.loop, &watch->timer);
	watch->event.data = watch->timer.data = watch;
	uv_unref((uv_handle_t *)&watch->event);
	uv_unref((uv_handle_t *)&watch->timer);
	/* The watch begins before the look, so nothing falls between them. */
	if (uv_fs_event_start(&watch->event, on_event, path, 0) < 0)
		log_write(api->options.log, LOG_WARNING, value_null(), "%s is not watched: changes need a restart", path);
	if (look(watch, err) == 0)
		return watch;
	folder_close(watch);
	return NULL;
}

static void closed(uv_handle_t *handle)
{
	struct folder_watch *watch = handle->data;

	if (--watch->handles > 0)
		return;
	value_unref(watch->broken);
	mem_free(watch->path);
	mem_free(watch);
}

void folder_close(struct folder_watch *watch)
{
	if (!watch)
		return;
	uv_close((uv_handle_t *)&watch->event, closed);
	uv_close((uv_handle_t *)&watch->timer, closed);
}
