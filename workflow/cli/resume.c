/* resume.c - lexflow resume: go on with a run that a crash or a stop left unfinished. */
#include "workflow/cli/connectors.h"
#include "workflow/cli/recorded.h"
#include "workflow/cli/session.h"

static const struct opt_option *const tables[] = {cli_secret_options, cli_state_options, cli_session_options, NULL};

const struct opt_command cli_resume_command = {
	.name = "lexflow resume",
	.operands = "RUN",
	.summary = "go on with an interrupted run from its journal",
	.example = "lexflow resume last",
	.tables = tables,
};

/* Own the run, and let its services answer at the addresses it knows them by. */
static int take_run(struct session *session, const struct opts *opts, const struct recorded *recorded, struct error *err)
{
	struct journal *journal = world_journal(session->world);
	struct history history;
	struct value connectors;

	if (journal_find(journal, recorded->row.id, &session->row, err) < 0)
		return -1;
	if (session->row.state != RUN_ACTIVE) {
		error_set(err, ERROR_INPUT, "run %s has ended (%s)", session->row.id,
			  run_state_name(session->row.state));
		error_hint(err, "lexflow rerun %s STEP does one of its steps again", session->row.id);
		return -1;
	}
	if (journal_own(journal, &session->row, err) < 0)
		return -1;
	session->has_row = true;
	if (history_read(journal, &session->row, &history, err) < 0)
		return -1;
	if (session->services)
		services_adopt(session->services, history.env);
	connectors = value_ref(history.connectors);
	history_free(&history);
	session_warm(session, recorded->plan);
	if (cli_complete_connectors(opts, recorded->plan, NULL, &connectors, err) == 0)
		session->run = world_resume(session->world, &session->row, recorded->plan, connectors, err);
	value_unref(connectors);
	return session->run ? 0 : -1;
}

int cli_resume(const struct opts *opts)
{
	struct session session;
	struct recorded recorded;
	struct error err = {0};
	int status;

	if (recorded_open(&recorded, opts, &err) < 0) {
		status = cli_fault(&err);
	} else {
		if (session_open(&session, opts, buf_text(&recorded.file), NULL, &err) < 0 ||
		    take_run(&session, opts, &recorded, &err) < 0)
			status = cli_fault(&err);
		else
			status = session_go(&session);
		if (status == 0)
			cli_print_json(run_result(session.run), false);
		session_close(&session);
	}
	recorded_release(&recorded);
	return status;
}
