/* rerun.c - lexflow rerun: one step of a past run again, from the inputs it had. */
#include "workflow/cli/connectors.h"
#include "workflow/cli/recorded.h"
#include "workflow/cli/session.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct opt_option options[] = {
	{"iteration", 0, OPT_TEXT, "I[,J]", NULL, NULL,
	 "loop indexes of the time meant, outermost first, from 0"},
	{"failed", 0, OPT_FLAG, NULL, NULL, NULL, "each time that the step failed"},
	{"all", 0, OPT_FLAG, NULL, NULL, NULL, "each time that the step ran"},
	{"set", 0, OPT_MANY, "NAME=JSON", NULL, NULL, "give a variable another value first"},
	{"json", 0, OPT_FLAG, NULL, NULL, NULL, "one JSON object a line"},
	{0},
};

static const struct opt_option *const tables[] = {options, cli_secret_options, cli_state_options, cli_session_options, NULL};

const struct opt_command cli_rerun_command = {
	.name = "lexflow rerun",
	.operands = "RUN STEP",
	.summary = "do one step of a past run again and compare",
	.example = "lexflow rerun last main.extract --iteration 3",
	.tables = tables,
};

/* One invocation: what was asked for and what the past says about it. */
struct again {
	const struct opts *opts;
	struct recorded recorded;
	struct history history;
	struct survey survey;
	struct rerun_request request;
	struct session session;
	int status; /* worst so far */
};

/* "3,1" for [3, 1]; empty outside of loops */
static void iteration_text(struct value iteration, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < value_len(iteration) && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%lld", i ? "," : "",
					 (long long)value_list_at(iteration, i)->as.integer);
}

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
	iteration_text(visit->iteration, text, sizeof(text));
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

	if (again->survey.count == 0)
		return error_set(err, ERROR_NOT_FOUND, "run %s never came to step %s", again->recorded.row.id,
				 step);
	iteration_text(again->survey.visits[0].iteration, first, sizeof(first));
	iteration_text(again->survey.visits[again->survey.count - 1].iteration, last, sizeof(last));
	if (count == 0) {
		error_set(err, ERROR_NOT_FOUND, "none of the %zu times that step %s ran is the one asked for",
			  again->survey.count, step);
		if (first[0])
			error_hint(err, "iterations go from %s to %s", first, last);
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

	iteration_text(before->iteration, iteration, sizeof(iteration));
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

static int do_visit(struct again *again, size_t i, struct error *err)
{
	struct session *session = &again->session;
	struct journal *journal = world_journal(session->world);
	struct buf source;
	int status = -1;

	buf_init(&source, 0);
	if (journal_source(journal, &again->recorded.row, &source, err) == 0 &&
	    journal_create(journal, NULL, buf_text(&again->recorded.file), buf_slice(&source),
			   again->recorded.row.id, opt_operand(again->opts, 1), &session->row, err) == 0) {
		session->has_row = true;
		again->request.visit = i;
		session->run = world_rerun(session->world, &session->row, again->recorded.plan,
					   &again->history, &again->request, err);
	}
	if (session->run)
		status = session_go(session);
	if (status == 0) {
		const struct visit *after = rerun_outcome(session->run);

		(opt_flag(again->opts, "json") ? print_json : print_text)(again, &again->survey.visits[i],
									  after);
		status = after->has_failed ? EXIT_FAILED : 0;
	}
	buf_release(&source);
	session_reset(session);
	return status;
}

/* ---- the whole */

static int read_set(const struct opts *opts, struct value *set, struct error *err)
{
	const char *given;

	*set = value_map_new();
	for (size_t i = 0; (given = opt_many(opts, "set", i)); i++) {
		const char *equals = strchr(given, '=');
		struct error cause = {0};
		struct value v;

		if (!equals)
			return error_set(err, ERROR_INPUT, "--set: \"%s\" is not NAME=JSON", given);
		if (json_read(slice_of(equals + 1), &v, &cause) < 0) {
			error_set(err, ERROR_INPUT, "--set %s: the value is not JSON: %s", given,
				  cause.message);
			error_hint(err, "a text needs its quotes: --set 'name=\"text\"'");
			return -1;
		}
		value_map_set(set, (struct slice){given, (size_t)(equals - given)}, v);
		if (cli_check_depth("--set", v, err) < 0)
			return -1;
	}
	return 0;
}

static int look_back(struct again *again, struct error *err)
{
	const char *step = opt_operand(again->opts, 1);

	if (recorded_open(&again->recorded, again->opts, err) < 0)
		return -1;
	if (!step)
		return error_set(err, ERROR_INPUT, "which STEP of run %s?", again->recorded.row.id);
	again->request.step = plan_find_step(again->recorded.plan, step);
	if (again->request.step < 0) {
		error_set(err, ERROR_NOT_FOUND, "there is no step %s in %s", step,
			  buf_text(&again->recorded.file));
		error_hint(err, "lexflow show %s lists the steps that ran", again->recorded.row.id);
		return -1;
	}
	again->request.parent = again->recorded.row.id;
	if (read_set(again->opts, &again->request.set, err) < 0 ||
	    rerun_check_set(again->recorded.plan, again->request.step, again->request.set, err) < 0 ||
	    history_read(again->recorded.journal, &again->recorded.row, &again->history, err) < 0 ||
	    cli_complete_connectors(again->opts, again->recorded.plan, NULL, &again->history.connectors, err) < 0 ||
	    survey_step(again->recorded.plan, &again->history, again->recorded.row.id, again->request.step,
			&again->survey, err) < 0)
		return -1;
	return check_choice(again, err);
}

static int do_chosen(struct again *again, struct error *err)
{
	int worst = 0;

	if (session_open(&again->session, again->opts, buf_text(&again->recorded.file), NULL, err) < 0)
		return -1;
	if (again->session.services)
		services_adopt(again->session.services, again->history.env);
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

int cli_rerun(const struct opts *opts)
{
	struct again again = {.opts = opts};
	struct error err = {0};
	int status = look_back(&again, &err);

	if (status == 0) {
		status = do_chosen(&again, &err);
		session_close(&again.session);
	}
	if (status < 0)
		status = cli_fault(&err);
	survey_release(&again.survey);
	history_free(&again.history);
	value_unref(again.request.set);
	recorded_release(&again.recorded);
	return status;
}
