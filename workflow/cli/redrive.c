/* redrive.c - a new run that shares the beginning of an old one; see redrive.h. */
#include "workflow/cli/redrive.h"
#include "workflow/cli/connectors.h"
#include "workflow/cli/failed.h"
#include "workflow/cli/preview.h"
#include "workflow/cli/session.h"
#include "workflow/cli/visit.h"

#include "lib/clock/clock.h"
#include "workflow/engine/redrive.h"

#include <stdio.h>
#include <string.h>

/* One invocation: the past, what is put in its place, where the new run begins. */
struct redriving {
	const struct opts *opts;
	const struct recorded *recorded;
	struct changed changed;
	struct history history;
	struct value recorded_env; /* owned */
	struct redrive cut;
	char step_name[256];
	struct session session;
};

static int find_failed(struct redriving *r, struct error *err)
{
	struct failed failed;
	int found = failed_find(r->recorded, &r->history, &failed, err);

	if (found < 0)
		return -1;
	if (found == 0) {
		error_set(err, ERROR_INPUT, "no step of run %s failed", r->recorded->row.id);
		error_hint(err, "lexflow rerun %s --from STEP goes on from the step you name", r->recorded->row.id);
		return -1;
	}
	memcpy(r->step_name, failed.step, sizeof(r->step_name));
	r->cut.visit = failed.visit;
	r->cut.events = failed.events;
	return 0;
}

/* ---- the step that was named */

static bool is_iteration(struct value iteration, const char *wanted)
{
	char text[64];

	visit_iteration(iteration, text, sizeof(text));
	return strcmp(text, wanted) == 0;
}

static int choose(struct redriving *r, const struct survey *survey, size_t visit, struct error *err)
{
	const char *iteration = opt_given(r->opts, "iteration") ? opt_text(r->opts, "iteration") : NULL;
	const char *run = r->recorded->row.id;

	if (survey->count == 0)
		return error_set(err, ERROR_NOT_FOUND, "run %s never came to step %s", run, r->step_name);
	for (size_t i = 0; iteration && i < survey->count; i++) {
		if (is_iteration(survey->visits[i].iteration, iteration)) {
			visit = i;
			iteration = NULL;
		}
	}
	if (iteration)
		return error_set(err, ERROR_NOT_FOUND, "step %s of run %s has no iteration %s", r->step_name, run, iteration);
	if (visit >= survey->count)
		return error_set(err, ERROR_NOT_FOUND, "run %s came to step %s %zu times", run, r->step_name, survey->count);
	r->cut.visit = visit;
	r->cut.events = survey->visits[visit].events;
	return 0;
}

static int find_named(struct redriving *r, const char *given, struct error *err)
{
	const struct recorded *recorded = r->recorded;
	struct survey survey = {0};
	size_t visit = 0;
	struct buf name;
	int step, status;

	if (visit_read(given, r->step_name, &visit, err) < 0)
		return -1;
	step = plan_find_step(recorded->plan, r->step_name);
	if (step < 0) {
		error_set(err, ERROR_NOT_FOUND, "there is no step %s in %s", r->step_name, buf_text(&recorded->file));
		error_hint(err, "lexflow show %s lists the steps that ran", recorded->row.id);
		return -1;
	}
	buf_init(&name, 0);
	plan_step_name(recorded->plan, step, &name);
	snprintf(r->step_name, sizeof(r->step_name), "%s", buf_text(&name));
	buf_release(&name);
	if (survey_step(recorded->plan, &r->history, recorded->row.id, step, &survey, err) < 0)
		return -1;
	status = choose(r, &survey, visit, err);
	if (status < 0)
		error_hint(err, "lexflow graph %s shows which steps ran, and how often", recorded->row.id);
	survey_release(&survey);
	return status;
}

/* ---- does it fit? */

void cli_hint_safe_step(const struct recorded *recorded, const struct changed *changed, const struct history *history,
			size_t fits, struct error *err)
{
	const struct plan *plan = changed_plan(changed, recorded);
	struct entry entry = history_last_entry(recorded->plan, plan, history, recorded->row.id, fits);
	struct buf name;

	if (entry.step < 0) {
		error_hint(err, "nothing that was executed fits: run the definition from its beginning");
		return;
	}
	buf_init(&name, 0);
	plan_step_name(recorded->plan, entry.step, &name);
	if (entry.visit > 0)
		buf_printf(&name, "#%zu", entry.visit + 1);
	error_hint(err, "what comes before still fits: lexflow rerun %s --from %s%s%s", recorded->row.id, buf_text(&name),
		   changed->plan ? " --source " : "", changed->plan ? changed->file : "");
	buf_release(&name);
}

/* With the new environment the history may not fit either. */
static int check_fit(struct redriving *r, struct error *err)
{
	const struct plan *plan = changed_plan(&r->changed, r->recorded);
	struct history asked = r->history;
	size_t fits = 0;

	asked.env = r->recorded_env;
	if (value_len(r->cut.set) > 0) {
		int step = plan_find_step(plan, r->step_name);

		if (step < 0)
			return error_set(err, ERROR_INPUT, "--set: %s has no step %s", r->changed.file, r->step_name);
		if (rerun_check_set(plan, step, r->cut.set, err) < 0)
			return -1;
	}
	if (history_fits(plan, &r->history, r->recorded->row.id, r->cut.events, &fits, err) == 0)
		return 0;
	cli_hint_safe_step(r->recorded, &r->changed, &asked, fits, err);
	return -1;
}

/* ---- the new run */

static int look_back(struct redriving *r, const char *step, struct error *err)
{
	const struct recorded *recorded = r->recorded;

	if (history_read(recorded->journal, &recorded->row, &r->history, err) < 0 ||
	    cli_complete_connectors(r->opts, changed_plan(&r->changed, recorded), NULL, &r->history.connectors, err) < 0 ||
	    (step ? find_named(r, step, err) : find_failed(r, err)) < 0 ||
	    (step && cli_read_set(r->opts, &r->cut.set, err) < 0))
		return -1;
	r->recorded_env = value_ref(r->history.env);
	if (history_give_env(&r->history, r->changed.given, err) < 0)
		return -1;
	r->cut.parent = recorded->row.id;
	r->cut.step = r->step_name;
	r->cut.time_us = clock_wall_us();
	return check_fit(r, err);
}

static int confirm(struct redriving *r, struct error *err)
{
	struct value calls = preview_calls(&r->history, r->cut.events);
	int status = preview_confirm(r->opts, r->session.services, r->history.env, calls, err);

	value_unref(calls);
	return status;
}

static int begin(struct redriving *r, struct error *err)
{
	struct session *session = &r->session;
	struct journal *journal = world_journal(session->world);
	const struct plan *plan = changed_plan(&r->changed, r->recorded);

	if (session->services)
		services_adopt(session->services, r->history.env);
	if (confirm(r, err) < 0)
		return -1;
	session_warm(session, plan);
	if (journal_begin_redrive(journal, r->changed.file, buf_slice(&r->changed.source), r->cut.parent, r->cut.step,
				  &session->row, err) < 0)
		return -1;
	session->has_row = true;
	if (!session->is_quiet)
		fprintf(stderr, "run %s goes on from %s of run %s (%zu events are shared)\n", session->row.id,
			r->cut.step, r->cut.parent, r->cut.events);
	if (history_redrive(&r->history, &r->cut, err) < 0)
		return -1;
	session->run = world_redrive(session->world, &session->row, plan, &r->history, r->history.connectors, err);
	return session->run ? 0 : -1;
}

int cli_redrive(const struct opts *opts, const struct recorded *recorded, const char *step)
{
	struct redriving r = {.opts = opts, .recorded = recorded};
	struct error err = {0};
	int status = changed_read(&r.changed, opts, recorded);

	if (status == 0) {
		if (look_back(&r, step, &err) < 0) {
			status = cli_fault(&err);
		} else {
			if (session_open(&r.session, opts, r.changed.file, NULL, &err) < 0 || begin(&r, &err) < 0)
				status = cli_fault(&err);
			else
				status = session_go(&r.session);
			if (status == 0)
				cli_print_json(run_result(r.session.run), false);
			session_close(&r.session);
		}
	}
	value_unref(r.recorded_env);
	value_unref(r.cut.set);
	history_free(&r.history);
	changed_release(&r.changed);
	return status;
}
