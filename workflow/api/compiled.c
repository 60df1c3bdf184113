/*
 * compiled.c - plans of revisions, each compiled once while it is in use and kept for a while after.
 *
 * The list is in the order of use, so what is asked most is found first and what was not used for long goes first.
 */
#include "workflow/api/api_private.h"

#include "lib/mem/mem.h"

#include <string.h>

enum { KEPT_UNUSED = 64 };

static void release(struct compiled *compiled)
{
	plan_free(compiled->plan);
	value_unref(compiled->file);
	value_unref(compiled->fields);
	mem_free(compiled);
}

static struct compiled *compile(struct api *api, struct journal_revision *revision, struct error *err)
{
	struct compiled *compiled = mem_new(sizeof(*compiled));
	struct diags *diags = diags_new();
	struct buf source;

	buf_init(&source, 0);
	compiled->revision = revision->row;
	compiled->file = value_ref(revision->file);
	compiled->fields = value_ref(revision->fields);
	memcpy(compiled->id, revision->id, sizeof(compiled->id));
	memcpy(compiled->hash, revision->definition_hash, sizeof(compiled->hash));
	if (journal_definition(api->journal, revision->definition_hash, &source, err) == 0) {
		compiled->plan = plan_read_with(value_text(compiled->file).ptr, buf_slice(&source),
						api->options.catalog, diags);
		if (!compiled->plan)
			error_set(err, ERROR_INPUT, "revision %s is no valid definition here", revision->id);
	}
	diags_free(diags);
	buf_release(&source);
	if (compiled->plan)
		return compiled;
	release(compiled);
	return NULL;
}

static struct compiled *read_revision(struct api *api, int64_t row, struct error *err)
{
	struct journal_revision revision;
	struct compiled *compiled;
	int found = journal_revision_at(api->journal, row, &revision, err);

	if (found == 0)
		error_set(err, ERROR_NOT_FOUND, "its revision is gone");
	if (found != 1)
		return NULL;
	compiled = compile(api, &revision, err);
	journal_revision_release(&revision);
	return compiled;
}

/* Drop what stands behind the first so many that nobody uses. */
static void trim(struct api *api)
{
	struct compiled **link = &api->compiled;
	size_t unused = 0;

	while (*link) {
		struct compiled *compiled = *link;

		if (compiled->users == 0 && ++unused > KEPT_UNUSED) {
			*link = compiled->next;
			release(compiled);
		} else {
			link = &compiled->next;
		}
	}
}

struct compiled *compiled_take(struct api *api, int64_t revision, struct error *err)
{
	struct compiled **link = &api->compiled;
	struct compiled *compiled;

	while (*link && (*link)->revision != revision)
		link = &(*link)->next;
	compiled = *link;
	if (compiled) {
		*link = compiled->next;
	} else {
		compiled = read_revision(api, revision, err);
		if (!compiled)
			return NULL;
	}
	compiled->next = api->compiled;
	api->compiled = compiled;
	compiled->users++;
	trim(api);
	return compiled;
}

void compiled_drop(struct api *api, struct compiled *compiled)
{
	(void)api;
	if (compiled)
		compiled->users--;
}

void compiled_release_all(struct api *api)
{
	while (api->compiled) {
		struct compiled *compiled = api->compiled;

		api->compiled = compiled->next;
		release(compiled);
	}
}
