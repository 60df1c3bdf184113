/* recorded.c - reading a past run; see recorded.h. */
#include "workflow/cli/recorded.h"

#include "lib/diag/diag.h"

#include <string.h>

static int compile(struct recorded *recorded, struct error *err)
{
	struct diags *diags = diags_new();
	struct buf source;

	buf_init(&source, 0);
	if (journal_source(recorded->journal, &recorded->row, &source, err) == 0) {
		recorded->plan = plan_read(buf_text(&recorded->file), buf_slice(&source), diags);
		if (!recorded->plan) {
			diags_print(diags, stderr);
			error_set(err, ERROR_INPUT, "the definition recorded for run %s is not valid here",
				  recorded->row.id);
		}
	}
	diags_free(diags);
	buf_release(&source);
	return recorded->plan ? 0 : -1;
}

static bool keep_own(void *ctx, const struct journal_run *run)
{
	char *id = ctx;

	if (run->origin != ORIGIN_ASKED && run->origin != ORIGIN_REDRIVE)
		return true;
	memcpy(id, run->id, sizeof(run->id));
	return false;
}

/* "last" is the newest run that a person asked for: one that did a step again has no history to go on from, and
 * a run that another one started is that one's matter. */
static int find_run(struct recorded *recorded, const char *id, struct error *err)
{
	char own[sizeof(recorded->row.id)] = "";

	if (strcmp(id, "last") == 0 && journal_list(recorded->journal, keep_own, own, err) < 0)
		return -1;
	return journal_find(recorded->journal, *own ? own : id, &recorded->row, err);
}

int recorded_find(struct recorded *recorded, const struct opts *opts, const char *id, struct error *err)
{
	*recorded = (struct recorded){0};
	buf_init(&recorded->file, 0);
	if (!id) {
		error_set(err, ERROR_INPUT, "which RUN?");
		error_hint(err, "lexflow list shows the runs; \"last\" is the newest");
		return -1;
	}
	recorded->journal = cli_open_journal(opts, err);
	if (!recorded->journal || find_run(recorded, id, err) < 0)
		return -1;
	buf_add_text(&recorded->file, recorded->row.file);
	return compile(recorded, err);
}

int recorded_open(struct recorded *recorded, const struct opts *opts, struct error *err)
{
	return recorded_find(recorded, opts, opt_operand(opts, 0), err);
}

void recorded_release(struct recorded *recorded)
{
	plan_free(recorded->plan);
	buf_release(&recorded->file);
	journal_close(recorded->journal);
}
