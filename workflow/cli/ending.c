/* ending.c - why a run ended, and what to type next; see ending.h. */
#include "workflow/cli/ending.h"
#include "workflow/cli/failed.h"
#include "workflow/cli/visit.h"

#include <stdio.h>
#include <string.h>

void ending_failed_at(const struct recorded *recorded, struct buf *at)
{
	const struct journal_run *run = &recorded->row;
	struct history history = {0};
	struct failed failed;
	struct error ignored = {0}; /* a secret that is not given now, say: the rest is told all the same */

	if (run->state != RUN_FAILED || run->origin == ORIGIN_RERUN)
		return;
	if (history_read(recorded->journal, run, &history, &ignored) == 0 &&
	    failed_find(recorded, &history, &failed, &ignored) == 1) {
		buf_add_text(at, failed.step);
		if (failed.visit > 0)
			buf_printf(at, "#%zu", failed.visit + 1);
	}
	history_free(&history);
}

/* ---- why, and where */

static void add_error(struct buf *text, struct value error)
{
	cli_add_lines(text, value_get_text(error, "context"), "           ");
}

/* That of a parallel step says that branches failed, not why. */
static void add_branch_error(struct buf *text, struct value error)
{
	const struct value *payload = value_get(error, "payload");
	const struct value *branches = payload ? value_get(*payload, "branches") : NULL;
	const struct value *first;

	if (!branches || branches->kind != VALUE_LIST || value_len(*branches) == 0)
		return;
	first = value_get(*value_list_at(*branches, 0), "error");
	buf_printf(text, "\n           the first of %zu: ", value_len(*branches));
	if (first)
		add_error(text, *first);
}

static void print_failed_at(const struct recorded *recorded, const char *at)
{
	char name[256];
	size_t visit = 0;
	struct error ignored = {0};
	int step = *at && visit_read(at, name, &visit, &ignored) == 0 ? plan_find_step(recorded->plan, name) : -1;

	if (step < 0)
		return;
	printf("failed at  %s (%s:%d)\n", at, buf_text(&recorded->file), recorded->plan->steps[step].at.line);
}

static void print_end(struct value end)
{
	const struct value *result = value_get(end, "result");
	const struct value *error = value_get(end, "error");
	struct buf text;

	buf_init(&text, 0);
	if (result) {
		printf("\nresult     ");
		cli_print_json(*result, false);
	} else if (error) {
		add_error(&text, *error);
		add_branch_error(&text, *error);
		printf("\nerror      %s\n", buf_text(&text));
	}
	buf_release(&text);
}

/* ---- one command */

struct commands {
	const struct opts *opts;
	size_t count;
};

/* `before` and `after`: options around the step. */
static void print_command(struct commands *commands, const char *verb, const char *run, const char *before,
			  const char *step, const char *after, const char *meaning)
{
	struct buf line;

	buf_init(&line, 0);
	buf_printf(&line, "lexflow %s ", verb);
	cli_add_word(&line, slice_of(run));
	if (*step) {
		buf_printf(&line, " %s", before);
		cli_add_word(&line, slice_of(step));
	}
	buf_add_text(&line, after);
	cli_add_state(&line, commands->opts);
	if (commands->count++ == 0)
		putchar('\n');
	printf("%-10s %-44s  # %s\n", commands->count == 1 ? "next" : "", buf_text(&line), meaning);
	buf_release(&line);
}

/* ---- which ones */

static void after_failure(struct commands *commands, const struct journal_run *run, const char *at)
{
	char step[256];

	snprintf(step, sizeof(step), "%.*s", (int)strcspn(at, "#"), at);
	print_command(commands, "show", run->id, "--at ", at, "", "the variables before it");
	print_command(commands, "rerun", run->id, "", step, " --failed", "the step alone, again");
	print_command(commands, "rerun", run->id, "--from ", at, "",
		      "it and all after it, in a new run; --source FILE: mended");
}

/* A child goes on with the run that started it, while that has not ended. */
static void go_on(struct commands *commands, const struct recorded *recorded)
{
	const struct journal_run *run = &recorded->row;
	struct error ignored = {0};
	struct journal_run parent;
	char id[sizeof(run->id)];

	snprintf(id, sizeof(id), "%s", run->parent_run);
	if (run->origin == ORIGIN_CHILD && journal_get(recorded->journal, id, &parent, &ignored) == 1 &&
	    parent.state == RUN_ACTIVE) {
		print_command(commands, "resume", id, "", "", "", "the run that started it goes on, and this one with it");
		return;
	}
	print_command(commands, "resume", run->id, "", "", "", "goes on where it was");
	print_command(commands, "cancel", run->id, "", "", "", "ends it");
}

static void print_next(const struct opts *opts, const struct recorded *recorded, const char *at)
{
	const struct journal_run *run = &recorded->row;
	struct commands commands = {.opts = opts};
	bool is_left = run->state == RUN_ACTIVE && !journal_is_owned(recorded->journal, run);
	char parent[sizeof(run->id)];

	snprintf(parent, sizeof(parent), "%s", run->parent_run);
	if (run->origin == ORIGIN_RERUN && (is_left || run->state == RUN_FAILED))
		print_command(&commands, "rerun", parent, "", run->parent_step, "", "the step once more");
	else if (*at)
		after_failure(&commands, run, at);
	else if (is_left && run->event_count > 0)
		go_on(&commands, recorded);
	if (is_left && (run->origin == ORIGIN_RERUN || run->event_count == 0))
		print_command(&commands, "cancel", run->id, "", "", "", "ends it: it has nothing to go on from");
}

void ending_print(const struct opts *opts, const struct recorded *recorded, struct value end, const char *at)
{
	print_end(end);
	print_failed_at(recorded, at);
	print_next(opts, recorded, at);
}
