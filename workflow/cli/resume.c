/*
 * resume.c - lexflow resume: go on with a run that a crash or a stop left unfinished.
 *
 * With --source the run itself goes on under another definition, when that repeats all of its history; a run that failed
 * is redriven from the step that failed (redrive.c).
 */
#include "workflow/cli/connectors.h"
#include "workflow/cli/preview.h"
#include "workflow/cli/redrive.h"
#include "workflow/cli/session.h"

#include "workflow/engine/redrive.h"

static const struct opt_option *const tables[] = {cli_change_options, cli_yes_options,	   cli_secret_options,
						  cli_state_options,  cli_session_options, NULL};

const struct opt_command cli_resume_command = {
	.name = "lexflow resume",
	.operands = "RUN",
	.summary = "go on with an interrupted run from its journal, or with a failed one under a mended definition",
	.example = "lexflow resume last\nlexflow resume last --source fixed.yaml",
	.tables = tables,
};

static int own(struct session *session, const struct recorded *recorded, struct error *err)
{
	struct journal *journal = world_journal(session->world);

	if (journal_find(journal, recorded->row.id, &session->row, err) < 0)
		return -1;
	if (session->row.state != RUN_ACTIVE) {
		error_set(err, ERROR_INPUT, "run %s has ended (%s)", session->row.id,
			  run_state_name(session->row.state));
		error_hint(err, "lexflow rerun %s --from STEP goes on from a step, lexflow rerun %s STEP does one again",
			   session->row.id, session->row.id);
		return -1;
	}
	if (journal_own(journal, &session->row, err) < 0)
		return -1;
	session->has_row = true;
	return 0;
}

/* Another definition is written down before anything goes on under it. */
static int redefine(struct session *session, const struct recorded *recorded, const struct changed *changed,
		    const struct history *history, struct error *err)
{
	size_t fits = 0;

	if (!changed->plan)
		return 0;
	if (history_fits(changed->plan, history, recorded->row.id, history->count, &fits, err) < 0) {
		cli_hint_safe_step(recorded, changed, history, fits, err);
		return -1;
	}
	return journal_redefine(world_journal(session->world), &session->row, changed->file,
				buf_slice(&changed->source), err);
}

/* Own the run, and let its services answer at the addresses it knows them by. */
static int take_run(struct session *session, const struct opts *opts, const struct recorded *recorded,
		    const struct changed *changed, struct error *err)
{
	const struct plan *plan = changed_plan(changed, recorded);
	struct history history;
	struct value connectors;

	if (own(session, recorded, err) < 0 ||
	    history_read(world_journal(session->world), &session->row, &history, err) < 0)
		return -1;
	if (session->services)
		services_adopt(session->services, history.env);
	connectors = value_ref(history.connectors);
	session_warm(session, plan);
	if (cli_complete_connectors(opts, plan, NULL, &connectors, err) == 0) {
		value_set(&history.connectors, value_ref(connectors));
		if (redefine(session, recorded, changed, &history, err) == 0)
			session->run = world_resume(session->world, &session->row, plan, connectors, err);
	}
	if (session->run && value_len(changed->given) > 0)
		run_change_env(session->run, changed->given);
	value_unref(connectors);
	history_free(&history);
	return session->run ? 0 : -1;
}

static int go_on(const struct opts *opts, const struct recorded *recorded)
{
	struct session session = {0};
	struct changed changed = {0};
	struct error err = {0};
	int status = changed_read(&changed, opts, recorded);

	if (status == 0) {
		if (session_open(&session, opts, changed.file, NULL, &err) < 0 ||
		    take_run(&session, opts, recorded, &changed, &err) < 0)
			status = cli_fault(&err);
		else
			status = session_go(&session);
		if (status == 0)
			cli_print_json(run_result(session.run), false);
		session_close(&session);
	}
	changed_release(&changed);
	return status;
}

int cli_resume(const struct opts *opts)
{
	struct recorded recorded;
	struct error err = {0};
	int status;

	if (recorded_open(&recorded, opts, &err) < 0)
		status = cli_fault(&err);
	else if (recorded.row.state == RUN_FAILED && opt_given(opts, "source"))
		status = cli_redrive(opts, &recorded, NULL);
	else
		status = go_on(opts, &recorded);
	recorded_release(&recorded);
	return status;
}
