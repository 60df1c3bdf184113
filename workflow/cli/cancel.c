/*
 * cancel.c - lexflow cancel: end a run from outside.
 *
 * A run that a living process owns is ended by that process, which is asked through the database; a run without an
 * owner is taken, its history repeated, and ended here. An owner may die while it is asked: then it is our turn. What
 * has no history to repeat (a step done again, a run that died before its first event), or one that its definition does
 * not repeat, is ended by its last event alone.
 */
#include "workflow/cli/connectors.h"
#include "workflow/cli/recorded.h"
#include "workflow/cli/session.h"
#include "workflow/journal/cancel.h"

#include <string.h>
#include <time.h>

enum { LOOK_MS = 20, PATIENCE_MS = 10000 };

static const struct opt_option *const tables[] = {cli_secret_options, cli_state_options, cli_session_options, NULL};

const struct opt_command cli_cancel_command = {
	.name = "lexflow cancel",
	.operands = "RUN",
	.summary = "end a run that goes on or was interrupted; nothing it waits for is done any more",
	.example = "lexflow cancel last",
	.tables = tables,
};

static int refuse_ended(const struct journal_run *run, struct error *err)
{
	if (run->state == RUN_QUEUED) {
		error_set(err, ERROR_INPUT, "run %s waits for its turn in a server", run->id);
		error_hint(err, "gcloud workflows executions cancel, or the API, takes it out of the line");
		return -1;
	}
	return error_set(err, ERROR_INPUT, "run %s has ended (%s)", run->id, run_state_name(run->state));
}

static int report_cancelled(const struct journal_run *run)
{
	fprintf(stderr, "run %s was cancelled\n", run->id);
	return 0;
}

static int own(struct session *session, const struct recorded *recorded, struct error *err)
{
	struct journal *journal = world_journal(session->world);

	if (journal_find(journal, recorded->row.id, &session->row, err) < 0 ||
	    journal_own(journal, &session->row, err) < 0)
		return -1;
	session->has_row = true;
	return session->row.state == RUN_ACTIVE ? 0 : refuse_ended(&session->row, err);
}

static bool has_history(const struct journal_run *run)
{
	return run->origin != ORIGIN_RERUN && run->event_count > 0;
}

static int take_run(struct session *session, const struct opts *opts, const struct recorded *recorded,
		    struct error *err)
{
	struct value connectors = value_null();

	if (cli_complete_connectors(opts, recorded->plan, NULL, &connectors, err) == 0)
		session->run = world_resume(session->world, &session->row, recorded->plan, connectors, err);
	value_unref(connectors);
	return session->run ? 0 : -1;
}

static int end_unrepeated(struct session *session)
{
	struct error err = {0};

	if (journal_cancel(world_journal(session->world), &session->row, &err) < 0)
		return cli_fault(&err);
	return report_cancelled(&session->row);
}

/* Nobody owns it. */
static int end_here(const struct opts *opts, const struct recorded *recorded)
{
	struct session session;
	struct error err = {0};
	int status;

	if (session_open(&session, opts, NULL, NULL, &err) < 0 || own(&session, recorded, &err) < 0) {
		status = cli_fault(&err);
	} else if (!has_history(&session.row)) {
		status = end_unrepeated(&session);
	} else if (take_run(&session, opts, recorded, &err) < 0) {
		status = cli_fault(&err);
	} else {
		session.is_cancelling = true;
		status = session_go(&session);
		if (run_status(session.run) == RUN_DIVERGED) /* which was told */
			status = end_unrepeated(&session);
	}
	session_close(&session);
	return status;
}

enum asking { ENDED_BY_OWNER, OWNER_GONE, OWNER_SILENT, ASKING_FAILED };

/* Ask, and wait until the owner has answered by ending the run. */
static enum asking ask_owner(struct recorded *recorded, struct error *err)
{
	const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
	struct journal *journal = recorded->journal;
	struct journal_run *run = &recorded->row;

	if (journal_ask_cancel(journal, run, err) < 0)
		return ASKING_FAILED;
	for (int waited_ms = 0; waited_ms < PATIENCE_MS; waited_ms += LOOK_MS) {
		char id[sizeof(run->id)];

		memcpy(id, run->id, sizeof(id));
		if (journal_get(journal, id, run, err) < 0)
			return ASKING_FAILED;
		if (run->state != RUN_ACTIVE)
			return ENDED_BY_OWNER;
		if (!journal_is_owned(journal, run))
			return OWNER_GONE;
		nanosleep(&pause, NULL);
	}
	return OWNER_SILENT;
}

static int report_asked(const struct recorded *recorded)
{
	const struct journal_run *run = &recorded->row;
	struct error err = {0};

	if (run->state != RUN_CANCELLED) { /* it was quicker */
		refuse_ended(run, &err);
		return cli_fault(&err);
	}
	return report_cancelled(run);
}

static int cancel(const struct opts *opts, struct recorded *recorded)
{
	struct error err = {0};
	enum asking asking = OWNER_GONE;
	int status;

	if (recorded->row.state == RUN_ACTIVE && journal_is_owned(recorded->journal, &recorded->row))
		asking = ask_owner(recorded, &err);
	else if (recorded->row.state != RUN_ACTIVE && refuse_ended(&recorded->row, &err) < 0)
		return cli_fault(&err);
	if (asking == OWNER_SILENT) {
		error_set(&err, ERROR_BUSY, "process %lld owns run %s and has not ended it yet",
			  (long long)recorded->row.owner_pid, recorded->row.id);
		error_hint(&err, "it will when its loop runs again; lexflow show %s tells", recorded->row.id);
	}
	if (err.kind != ERROR_NONE)
		return cli_fault(&err);
	status = asking == OWNER_GONE ? end_here(opts, recorded) : report_asked(recorded);
	if (status == 0 && journal_forget_cancel(recorded->journal, &recorded->row, &err) < 0)
		return cli_fault(&err);
	return status;
}

int cli_cancel(const struct opts *opts)
{
	struct recorded recorded;
	struct error err = {0};
	int status;

	if (recorded_open(&recorded, opts, &err) < 0)
		status = cli_fault(&err);
	else
		status = cancel(opts, &recorded);
	recorded_release(&recorded);
	return status;
}
