/* api.c - the API as a whole: open, children, close; see api.h. */
#include "workflow/api/api_private.h"

#include "lib/mem/mem.h"

struct api *api_open(const struct api_options *options, struct error *err)
{
	struct api *api = mem_new(sizeof(*api));

	api->options = *options;
	api->journal = world_journal(options->world);
	api->queue_last = &api->queue_first;
	if (!api->options.concurrency)
		api->options.concurrency = API_CONCURRENCY;
	if (!api->options.backlog)
		api->options.backlog = API_BACKLOG;
	api->schedules = schedules_open(api);
	if (!options->folder)
		return api;
	api->folder = folder_open(api, options->folder, err);
	if (api->folder)
		return api;
	api_close(api);
	return NULL;
}

void api_close(struct api *api)
{
	if (!api)
		return;
	api->is_closing = true;
	folder_close(api->folder);
	schedules_close(api->schedules);
	arrivals_close(api);
	launched_release_all(api);
	compiled_release_all(api);
	mem_free(api);
}

void api_figures(const struct api *api, size_t *active, size_t *queued)
{
	*active = api->active;
	*queued = api->queued;
}

int api_find_definition(struct api *api, struct slice workflow, struct buf *file, struct buf *source, struct error *err)
{
	struct journal_workflow found;
	int result = journal_workflow_anywhere(api->journal, workflow, &found, err);

	if (result == 0) {
		error_set(err, ERROR_NOT_FOUND, "workflow \"%.*s\" is not known", SLICE_ARG(workflow));
		error_hint(err, "deploy it, or put %.*s.yaml into the folder of --workflows", SLICE_ARG(workflow));
	}
	if (result != 1)
		return -1;
	buf_add_slice(file, value_text(found.revision.file));
	result = journal_definition(api->journal, found.revision.definition_hash, source, err);
	journal_workflow_release(&found);
	return result;
}
