/*
 * session_children.c - which definition a run means that starts another by its id.
 *
 *	--workflows DIR: DIR/ID.yaml, ID.yml, ID.json; else the newest definition that was run as a file of that name
 *
 * A file is read when the run is started, a recorded one stays as it was recorded.
 */
#include "workflow/cli/connectors.h"
#include "workflow/cli/session.h"

#include "workflow/engine/execution.h"

#include <ctype.h>
#include <string.h>

enum { WORKFLOW_ID_MAX = 64, SOURCE_MAX = 1 << 20 };

/* A workflow's id is not a path (reference, section 10: 1 to 64 characters; 9.3: letters, digits, - and _).
 */
static bool is_workflow_id(struct slice id)
{
	for (size_t i = 0; i < id.len; i++) {
		if (!isalnum((unsigned char)id.ptr[i]) && id.ptr[i] != '-' && id.ptr[i] != '_')
			return false;
	}
	return id.len >= 1 && id.len <= WORKFLOW_ID_MAX;
}

/* 1; 0 when the folder has no such file; -1. */
static int find_file(const char *folder, struct slice id, struct buf *file, struct buf *source,
		     struct error *err)
{
	static const char *const endings[] = {"yaml", "yml", "json"};

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		struct error cause = {0};

		buf_clear(file);
		buf_printf(file, "%s/%.*s.%s", folder, SLICE_ARG(id), endings[i]);
		if (cli_read_file(buf_text(file), SOURCE_MAX, source, &cause) == 0)
			return 1;
		if (cause.kind != ERROR_NOT_FOUND) {
			*err = cause;
			return -1;
		}
	}
	return 0;
}

struct search {
	struct slice id;
	struct buf *file;
	char run[64]; /* whose definition it is; "" while none was found */
};

static bool is_wanted(void *ctx, const struct journal_run *row)
{
	struct search *search = ctx;

	if (!slice_equal(execution_workflow(row->file), search->id))
		return true;
	buf_clear(search->file);
	buf_add_text(search->file, row->file);
	memcpy(search->run, row->id, sizeof(search->run));
	return false;
}

/* 1; 0 when none was run under this name; -1. */
static int find_recorded(struct journal *journal, struct slice id, struct buf *file, struct buf *source,
			 struct error *err)
{
	struct search search = {.id = id, .file = file};
	struct journal_run row;

	if (journal_list(journal, is_wanted, &search, err) < 0)
		return -1;
	if (!*search.run)
		return 0;
	if (journal_get(journal, search.run, &row, err) != 1)
		return -1;
	return journal_source(journal, &row, source, err) < 0 ? -1 : 1;
}

int session_find_definition(void *ctx, struct slice workflow, struct buf *file, struct buf *source,
			    struct error *err)
{
	struct session *session = ctx;
	const char *folder = opt_text(session->opts, "workflows");
	int found = 0;

	if (!is_workflow_id(workflow))
		return error_set(err, ERROR_INPUT,
				 "\"%.*s\" is no id of a workflow: letters, digits, - and _",
				 SLICE_ARG(slice_sub(workflow, 0, 80)));
	if (folder)
		found = find_file(folder, workflow, file, source, err);
	if (found == 0)
		found = find_recorded(world_journal(session->world), workflow, file, source, err);
	if (found == 0) {
		error_set(err, ERROR_NOT_FOUND, "workflow \"%.*s\" is not known", SLICE_ARG(workflow));
		error_hint(err, "give --workflows DIR with %.*s.yaml in it, or run that definition once",
			   SLICE_ARG(workflow));
	}
	return found == 1 ? 0 : -1;
}

int session_prepare(void *ctx, const struct plan *plan, struct value *connectors, struct error *err)
{
	const struct session *session = ctx;

	return cli_complete_connectors(session->opts, plan, session->catalog, connectors, err);
}

/* ---- when the run has ended */

static bool print_resume(void *ctx, const char *id)
{
	(void)ctx;
	fprintf(stderr, "go on with: lexflow resume %s\n", id);
	return true;
}

void session_wait_for_children(struct session *session)
{
	size_t count = world_children(session->world, NULL, NULL);

	if (count == 0)
		return;
	if (!session->is_quiet)
		fprintf(stderr, "%srun %s has ended; waiting for %zu %s it started\n",
			session->shows_progress ? "\r\033[K" : "", session->row.id, count,
			count == 1 ? "run" : "runs");
	while (!session->was_interrupted && session->fault.kind == ERROR_NONE &&
	       world_children(session->world, NULL, NULL) > 0)
		uv_run(&session->loop, UV_RUN_ONCE);
	world_children(session->world, print_resume, NULL);
}
