/* rerun.c - lexflow rerun: one step of a past run again, from the inputs it had; with --from all that follows (redrive.c). */
#include "workflow/cli/connectors.h"
#include "workflow/cli/preview.h"
#include "workflow/cli/redrive.h"
#include "workflow/cli/session.h"
#include "workflow/cli/visit.h"

#include "workflow/engine/redrive.h"

#include <stdio.h>
#include <string.h>

static const struct opt_option options[] = {
	{"from", 0, OPT_TEXT, "STEP[#N]", NULL, NULL,
	 "a new run: what was before STEP (its N-th time, else the first) is shared, the rest is done again"},
	{"iteration", 0, OPT_TEXT, "I[,J]", NULL, NULL,
	 "loop indexes of the time meant, outermost first, from 0"},
	{"failed", 0, OPT_FLAG, NULL, NULL, NULL, "each time that the step failed"},
	{"all", 0, OPT_FLAG, NULL, NULL, NULL, "each time that the step ran"},
	{"set", 0, OPT_MANY, "NAME=JSON", NULL, NULL, "give a variable another value first"},
	{"json", 0, OPT_FLAG, NULL, NULL, NULL, "one JSON object a line"},
	{0},
};

static const struct opt_option *const tables[] = {
	options, cli_change_options, cli_yes_options, cli_secret_options, cli_state_options, cli_session_options, NULL};

const struct opt_command cli_rerun_command = {
	.name = "lexflow rerun",
	.operands = "RUN [STEP]",
	.summary = "do one step of a past run again and compare, or all from a step on",
	.example = "lexflow rerun last main.extract --iteration 3\n"
		   "lexflow rerun last --from main.extract --source fixed.yaml",
	.tables = tables,
};

/* One invocation: what was asked for and what the past says about it. */
struct again {
	const struct opts *opts;
	struct recorded recorded;
	struct changed changed;
	const struct plan *plan; /* the recorded one, or that of --source */
	int recorded_step;	 /* request.step in the recorded plan */
	struct history history;
	struct survey survey;
	struct rerun_request request;
	struct session session;
	int status; /* worst so far */
};

/* ---- which visits */

static bool is_chosen(const struct again *again, size_t i)
{
	const struct visit *visit = &again->survey.visits[i];
	const char *wanted = opt_text(again->opts, "iteration");
	char text[64];

	if (!visit->is_complete && !opt_flag(again->opts, "all") && !wanted)
		return again->survey.count == 1;
	if (opt_flag(again->opts, "failed"))
		return visit->has_failed;
	if (!wanted)
		return true;
	visit_iteration(visit->iteration, text, sizeof(text));
	if (strcmp(text, wanted) != 0)
		return false;
	for (size_t j = i + 1; j < again->survey.count;
	     j++) { /* reached again by a jump: the newest counts */
		if (value_equal(again->survey.visits[j].iteration, visit->iteration))
			return false;
	}
	return true;
}

static size_t count_chosen(const struct again *again)
{
	size_t count = 0;

	for (size_t i = 0; i < again->survey.count; i++)
		count += is_chosen(again, i);
	return count;
}

static int check_choice(const struct again *again, struct error *err)
{
	const char *step = opt_operand(again->opts, 1);
	size_t count = count_chosen(again);
	char first[64] = "", last[64] = "";

	if (again->survey.count == 0) {
		error_set(err, ERROR_NOT_FOUND, "run %s never came to step %s", again->recorded.row.id, step);
		error_hint(err, "lexflow graph %s shows which steps ran, and how often", again->recorded.row.id);
		return -1;
	}
	visit_iteration(again->survey.visits[0].iteration, first, sizeof(first));
	visit_iteration(again->survey.visits[again->survey.count - 1].iteration, last, sizeof(last));
	if (count == 0) {
		error_set(err, ERROR_NOT_FOUND, "none of the %zu times that step %s ran is the one asked for",
			  again->survey.count, step);
		if (first[0])
			error_hint(err, "iterations go from %s to %s", first, last);
		else
			error_hint(err, "it is in no loop; --all does each time again");
		return -1;
	}
	if (count == 1 || opt_flag(again->opts, "all") || opt_flag(again->opts, "failed"))
		return 0;
	error_set(err, ERROR_INPUT, "step %s ran %zu times in run %s", step, again->survey.count,
		  again->recorded.row.id);
	if (first[0])
		error_hint(err, "choose: --iteration %s (to %s), --failed or --all", first, last);
	else
		error_hint(err, "choose: --failed or --all");
	return -1;
}

/* ---- one visit again */

static void print_outcome(const char *label, struct value outcome)
{
	struct buf text;

	buf_init(&text, 0);
	if (journal_encode(&text, outcome) == 0)
		printf("%s %s\n", label, buf_text(&text));
	buf_release(&text);
}

static void print_text(const struct again *again, const struct visit *before, const struct visit *after)
{
	char iteration[64];

	visit_iteration(before->iteration, iteration, sizeof(iteration));
	printf("step %s", opt_operand(again->opts, 1));
	if (iteration[0])
		printf(", iteration %s", iteration);
	printf(", of run %s: again as run %s\n", again->recorded.row.id, again->session.row.id);
	print_outcome("old:", before->outcome);
	print_outcome("new:", after->outcome);
	puts("difference:");
	if (cli_difference(before->outcome, after->outcome, stdout) == 0)
		puts("  none");
}

static void print_json(const struct again *again, const struct visit *before, const struct visit *after)
{
	struct value line = value_map_new();
	struct buf text;

	value_put(&line, "run", value_string_z(again->session.row.id));
	value_put(&line, "of", value_string_z(again->recorded.row.id));
	value_put(&line, "step", value_string_z(opt_operand(again->opts, 1)));
	value_put(&line, "iteration", value_ref(before->iteration));
	value_put(&line, "old", value_ref(before->outcome));
	value_put(&line, "new", value_ref(after->outcome));
	value_put(&line, "equal", value_bool(cli_difference(before->outcome, after->outcome, NULL) == 0));
	buf_init(&text, 0);
	if (journal_encode(&text, line) == 0)
		printf("%s\n", buf_text(&text));
	buf_release(&text);
	value_unref(line);
}

/* With another definition or environment only what came before the visit must be the same. */
static struct history shared_history(const struct again *again, size_t visit)
{
	struct history history = again->history;

	if (again->changed.plan || value_len(again->changed.given) > 0)
		history.count = again->survey.visits[visit].events;
	return history;
}

static struct run *new_run(struct again *again, size_t visit, struct error *err)
{
	struct history history = shared_history(again, visit);
	struct run *run;

	again->request.visit = visit;
	run = world_rerun(again->session.world, &again->session.row, again->plan, &history, &again->request, err);
	return run;
}

static int do_visit(struct again *again, size_t i, struct error *err)
{
	struct session *session = &again->session;
	struct journal *journal = world_journal(session->world);
	int status = -1;

	if (journal_create(journal, NULL, again->changed.file, buf_slice(&again->changed.source),
			   again->recorded.row.id, opt_operand(again->opts, 1), &session->row, err) == 0) {
		session->has_row = true;
		session->run = new_run(again, i, err);
	}
	if (session->run)
		status = session_go(session);
	if (status == 0) {
		const struct visit *after = rerun_outcome(session->run);

		(opt_flag(again->opts, "json") ? print_json : print_text)(again, &again->survey.visits[i],
									  after);
		status = after->has_failed ? EXIT_FAILED : 0;
	}
	session_reset(session);
	return status;
}

/* ---- the whole */

static int find_step(struct again *again, struct error *err)
{
	const char *step = opt_operand(again->opts, 1);

	if (!step) {
		error_set(err, ERROR_INPUT, "which STEP of run %s?", again->recorded.row.id);
		error_hint(err, "with --from STEP the run goes on from there; lexflow show %s lists the steps that ran",
			   again->recorded.row.id);
		return -1;
	}
	again->plan = changed_plan(&again->changed, &again->recorded);
	again->recorded_step = plan_find_step(again->recorded.plan, step);
	again->request.step = plan_find_step(again->plan, step);
	if (again->recorded_step >= 0 && again->request.step >= 0)
		return 0;
	error_set(err, ERROR_NOT_FOUND, "there is no step %s in %s", step,
		  again->recorded_step < 0 ? buf_text(&again->recorded.file) : again->changed.file);
	error_hint(err, "lexflow show %s lists the steps that ran", again->recorded.row.id);
	return -1;
}

static int look_back(struct again *again, struct error *err)
{
	struct recorded *recorded = &again->recorded;

	again->request.parent = recorded->row.id;
	if (find_step(again, err) < 0 || cli_read_set(again->opts, &again->request.set, err) < 0 ||
	    rerun_check_set(again->plan, again->request.step, again->request.set, err) < 0 ||
	    history_read(recorded->journal, &recorded->row, &again->history, err) < 0 ||
	    cli_complete_connectors(again->opts, again->plan, NULL, &again->history.connectors, err) < 0 ||
	    survey_step(recorded->plan, &again->history, recorded->row.id, again->recorded_step, &again->survey, err) < 0)
		return -1;
	return check_choice(again, err);
}

/* Nothing is begun under a definition that what is shared does not fit, or that sends what may not be repeated. */
static int check_visits(struct again *again, struct error *err)
{
	struct value calls = value_list_new(0);
	int status = history_give_env(&again->history, again->changed.given, err);

	for (size_t i = 0; status == 0 && i < again->survey.count; i++) {
		const struct visit *visit = &again->survey.visits[i];
		size_t count = shared_history(again, i).count, fits = 0;

		if (!is_chosen(again, i))
			continue;
		for (size_t j = 0; j < value_len(visit->calls); j++)
			value_list_push(&calls, value_ref(*value_list_at(visit->calls, j)));
		if (count == again->history.count)
			continue;
		status = history_fits(again->plan, &again->history, again->recorded.row.id, count, &fits, err);
		if (status < 0)
			cli_hint_safe_step(&again->recorded, &again->changed, &again->history, fits, err);
	}
	if (status == 0)
		status = preview_confirm(again->opts, again->session.services, again->history.env, calls, err);
	value_unref(calls);
	return status;
}

static int do_chosen(struct again *again, struct error *err)
{
	int worst = 0;

	if (session_open(&again->session, again->opts, again->changed.file, NULL, err) < 0)
		return -1;
	if (again->session.services)
		services_adopt(again->session.services, again->history.env);
	if (check_visits(again, err) < 0)
		return -1;
	for (size_t i = 0; i < again->survey.count; i++) {
		int status = is_chosen(again, i) ? do_visit(again, i, err) : 0;

		if (status < 0)
			return -1;
		if (status > worst)
			worst = status;
		if (status > EXIT_FAILED)
			break;
	}
	return worst;
}

static int do_again(struct again *again)
{
	struct error err = {0};
	int status = changed_read(&again->changed, again->opts, &again->recorded);

	if (status == 0) {
		status = look_back(again, &err);
		if (status == 0) {
			status = do_chosen(again, &err);
			session_close(&again->session);
		}
		if (status < 0)
			status = cli_fault(&err);
	}
	survey_release(&again->survey);
	history_free(&again->history);
	value_unref(again->request.set);
	changed_release(&again->changed);
	return status;
}

int cli_rerun(const struct opts *opts)
{
	struct again again = {.opts = opts};
	struct error err = {0};
	const char *from = opt_given(opts, "from") ? opt_text(opts, "from") : NULL;
	int status;

	if (from && opt_operand(opts, 1))
		error_set(&err, ERROR_INPUT,
			  "rerun RUN STEP does one step again, rerun RUN --from STEP all from it on: give one of them");
	if (recorded_open(&again.recorded, opts, &err) < 0 || err.kind != ERROR_NONE)
		status = cli_fault(&err);
	else
		status = from ? cli_redrive(opts, &again.recorded, from) : do_again(&again);
	recorded_release(&again.recorded);
	return status;
}
