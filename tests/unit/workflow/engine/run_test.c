/* run_test.c - what a run promises beyond its result: limits, ceilings, order, divergence, rerun of a step.
 */
#include "tests/harness/play.h"
#include "workflow/engine/rerun.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct plan *compile(const char *source)
{
	struct diags *diags = diags_new();
	struct plan *plan = plan_read("test.yaml", slice_of(source), diags);

	diags_print(diags, stderr);
	assert_non_null(plan);
	diags_free(diags);
	return plan;
}

static struct value script_of(const char *json)
{
	struct error err = {0};
	struct value v;

	assert_int_equal(json_read(slice_of(json), &v, &err), 0);
	return v;
}

/* A play of `source` under changed limits; the caller looks and ends it with done(). */
struct stage {
	struct play play;
	struct plan *plan;
	struct value script;
};

static struct stage *perform(const char *source, const char *limit, const char *script)
{
	struct stage *stage = mem_new(sizeof(*stage));
	struct limits limits = limits_default();

	if (limit)
		assert_int_equal(limits_set(&limits, limit, NULL), 0);
	stage->plan = compile(source);
	stage->script = script_of(script);
	play_begin(&stage->play, stage->plan, value_null(), &limits, stage->script, NULL, 0);
	return stage;
}

static void done(struct stage *stage)
{
	play_release(&stage->play);
	plan_free(stage->plan);
	value_unref(stage->script);
	mem_free(stage);
}

static void assert_raised(const struct play *play, const char *tag)
{
	assert_int_equal(run_status(play->run), RUN_RAISED);
	assert_string_equal(
		value_text(
			*value_list_at(*value_get(*value_get(run_result(play->run), "payload"), "tags"), 0))
			.ptr,
		tag);
}

static const char counting[] = "- init:\n"
			       "    assign: [{n: 0}]\n"
			       "- add:\n"
			       "    try:\n"
			       "      assign: [{n: \"${n + 1}\"}]\n"
			       "    except:\n"
			       "      steps:\n"
			       "        - caught:\n"
			       "            return: caught\n"
			       "- again:\n"
			       "    switch:\n"
			       "      - condition: ${n < 3}\n"
			       "        next: add\n"
			       "- out:\n"
			       "    return: ${n}\n";

/* init, 3 x (add, its try, the assignment in it, again), out: 14 steps (reference, 2.7 and 11.3). ResourceLimitError
 * cannot be caught (6.2). */
static void step_limit_ends_the_run(void **state)
{
	struct stage *stage = perform(counting, "steps=14", "[]");

	(void)state;
	assert_int_equal(run_status(stage->play.run), RUN_RETURNED);
	done(stage);
	stage = perform(counting, "steps=13", "[]");
	assert_raised(&stage->play, "ResourceLimitError");
	done(stage);
}

static void memory_limit_ends_the_run(void **state)
{
	static const char source[] = "- init:\n"
				     "    assign: [{s: \"0123456789\"}]\n"
				     "- grow:\n"
				     "    try:\n"
				     "      assign: [{s: \"${s + s}\"}]\n"
				     "    except:\n"
				     "      steps:\n"
				     "        - caught:\n"
				     "            return: caught\n"
				     "- again:\n"
				     "    next: grow\n";
	struct stage *stage = perform(source, "memory_bytes=100000", "[]");

	(void)state;
	assert_raised(&stage->play, "ResourceLimitError");
	done(stage);
}

/* Each turn makes a list of eight of the last: 8^n elements that take no room until they are added up or
 * shown. */
static void memory_limit_sees_what_stands_in_many_places(void **state)
{
	static const char source[] = "- init:\n"
				     "    assign: [{l: [1]}]\n"
				     "- many:\n"
				     "    for:\n"
				     "      value: i\n"
				     "      range: [1, 60]\n"
				     "      steps:\n"
				     "        - turn:\n"
				     "            assign: [{l: \"${[l, l, l, l, l, l, l, l]}\"}]\n";
	struct stage *stage = perform(source, NULL, "[]");

	(void)state;
	assert_raised(&stage->play, "ResourceLimitError");
	assert_true(run_figures(stage->play.run).steps < 30); /* 8^7 elements of 8 bytes are beyond 512 KiB */
	done(stage);
}

/* A limit that one branch meets ends the whole run; the waits of the others are given up, not answered. */
static void limit_in_a_branch_gives_up_the_other_waits(void **state)
{
	static const char source[] = "- both:\n"
				     "    parallel:\n"
				     "      for:\n"
				     "        value: x\n"
				     "        in: [1, 2]\n"
				     "        steps:\n"
				     "          - wait:\n"
				     "              call: sys.sleep\n"
				     "              args: {seconds: 1}\n"
				     "          - more:\n"
				     "              assign: [{a: 1}]\n";
	struct stage *stage = perform(source, "steps=5", "[]"); /* the fork, two branches, two waits */

	(void)state;
	assert_int_equal(stage->play.pending_count, 2);
	play_to_end(&stage->play);
	assert_raised(&stage->play, "ResourceLimitError");
	assert_int_equal(stage->play.pending_count, 0);
	done(stage);
}

static const char fan[] = "- fan:\n"
			  "    parallel:\n"
			  "      concurrency_limit: 4\n"
			  "      for:\n"
			  "        value: x\n"
			  "        range: [1, 30]\n"
			  "        steps:\n"
			  "          - wait:\n"
			  "              call: sys.sleep\n"
			  "              args: {seconds: 1}\n";

static void concurrency_limit_bounds_the_iterations(void **state)
{
	struct stage *stage = perform(fan, NULL, "[]");

	(void)state;
	assert_int_equal(stage->play.pending_count, 4);
	assert_int_equal(play_to_end(&stage->play), RUN_RETURNED);
	assert_int_equal(stage->play.pending_peak, 4);
	assert_int_equal(value_len(stage->play.waits), 30);
	done(stage);
}

/* Nested parallel steps under a ceiling smaller than the outer width must not wait for each other. */
static void nested_parallel_does_not_deadlock_at_the_ceiling(void **state)
{
	static const char source[] = "- outer:\n"
				     "    parallel:\n"
				     "      for:\n"
				     "        value: x\n"
				     "        range: [1, 5]\n"
				     "        steps:\n"
				     "          - inner:\n"
				     "              parallel:\n"
				     "                for:\n"
				     "                  value: y\n"
				     "                  range: [1, 5]\n"
				     "                  steps:\n"
				     "                    - wait:\n"
				     "                        call: sys.sleep\n"
				     "                        args: {seconds: 1}\n";
	struct stage *stage = perform(source, "parallel_branches=3", "[]");

	(void)state;
	assert_int_equal(play_to_end(&stage->play), RUN_RETURNED);
	assert_int_equal(value_len(stage->play.waits), 25);
	assert_in_range(stage->play.pending_peak, 1, 3);
	done(stage);
}

static const char two_calls[] = "- a:\n"
				"    call: http.get\n"
				"    args: {url: http://x.test/a}\n"
				"    result: r\n"
				"- b:\n"
				"    call: http.get\n"
				"    args: {url: http://x.test/b}\n"
				"    result: q\n"
				"- out:\n"
				"    return: ${r.body + q.body}\n";

/* The announcement of b says another URL than the past: the run must stop, and say where. */
static void changed_definition_is_a_divergence(void **state)
{
	struct stage *first = perform(two_calls, NULL, "[{\"body\": 1}, {\"body\": 2}]");
	struct stage *second = mem_new(sizeof(*second));
	char *changed = mem_strdup(two_calls);

	(void)state;
	play_to_end(&first->play);
	*strstr(changed, "/b}") = '_';
	second->plan = compile(changed);
	second->script = script_of("[]");
	play_begin(&second->play, second->plan, value_null(), NULL, second->script, &first->play,
		   first->play.event_count);
	assert_int_equal(run_status(second->play.run), RUN_DIVERGED);
	assert_non_null(strstr(run_divergence(second->play.run), "main.b"));
	assert_int_equal(second->play.event_count, 0);
	mem_free(changed);
	done(second);
	done(first);
}

/* J6: what was announced and never answered is performed again under its number; what was answered is not. */
static void unanswered_effect_is_performed_again(void **state)
{
	struct stage *first = perform(two_calls, NULL, "[{\"body\": 1}, {\"body\": 2}]");
	struct stage *second = mem_new(sizeof(*second));
	size_t n = 0;

	(void)state;
	play_to_end(&first->play);
	while (!(first->play.events[n].kind == EVENT_ANNOUNCED && first->play.events[n].effect == 2))
		n++;
	second->plan = compile(two_calls);
	second->script = script_of("[{\"body\": 40}]");
	play_begin(&second->play, second->plan, value_null(), NULL, second->script, &first->play, n + 1);
	assert_int_equal(second->play.pending_count, 1);
	assert_int_equal(second->play.pending[0]->number, 2);
	assert_int_equal(second->play.event_count, 0);
	assert_int_equal(play_to_end(&second->play), RUN_RETURNED);
	assert_int_equal(run_result(second->play.run).as.integer, 41);
	done(second);
	done(first);
}

/* ---- one step again */

static const char looped[] = "- init:\n"
			     "    assign: [{base: 10}]\n"
			     "- each:\n"
			     "    parallel:\n"
			     "      for:\n"
			     "        value: x\n"
			     "        in: [1, 2, 3]\n"
			     "        steps:\n"
			     "          - fetch:\n"
			     "              try:\n"
			     "                call: http.get\n"
			     "                args: {url: \"${\\\"http://x.test/\\\" + (base + x)}\"}\n"
			     "                result: r\n"
			     "              except:\n"
			     "                as: e\n"
			     "                steps:\n"
			     "                  - keep:\n"
			     "                      assign: [{r: null}]\n"
			     "          - after:\n"
			     "              call: http.get\n"
			     "              args: {url: http://x.test/after}\n";

static void history_of(const struct play *play, struct history *history)
{
	*history = (struct history){.events = (struct event *)play->events,
				    .count = play->event_count,
				    .argument = value_null(),
				    .env = value_map_new(),
				    .limits = limits_default()};
	value_put(&history->env, "STORE_URL", value_string_z("http://store.test/"));
}

static const char answers[] = "[{\"body\": \"a\"}, {\"code\": 500}, {\"body\": \"c\"},"
			      " {\"body\": 0}, {\"body\": 0}, {\"body\": 0}]";

static void survey_finds_each_iteration(void **state)
{
	struct stage *stage = perform(looped, NULL, answers);
	struct history history;
	struct survey survey = {0};
	struct error err = {0};

	(void)state;
	play_to_end(&stage->play);
	history_of(&stage->play, &history);
	assert_int_equal(survey_step(stage->plan, &history, "play", plan_find_step(stage->plan, "fetch"),
				     &survey, &err),
			 0);
	assert_int_equal(survey.count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(value_list_at(survey.visits[i].iteration, 0)->as.integer, i);
		assert_true(survey.visits[i].is_complete);
		assert_false(survey.visits[i].has_failed); /* the except body is part of the step */
	}
	assert_true(value_is_null(*value_get(*value_get(survey.visits[1].outcome, "variables"), "r")));
	survey_release(&survey);
	value_unref(history.env);
	done(stage);
}

/* While one iteration waits, others add to a shared variable: that is not what its step left behind. */
static void survey_tells_what_the_strand_itself_assigned(void **state)
{
	static const char source[] = "- init:\n"
				     "    assign: [{total: 0}]\n"
				     "- each:\n"
				     "    parallel:\n"
				     "      shared: [total]\n"
				     "      for:\n"
				     "        value: x\n"
				     "        in: [1, 2]\n"
				     "        steps:\n"
				     "          - fetch:\n"
				     "              call: http.get\n"
				     "              args: {url: http://x.test/}\n"
				     "              result: r\n"
				     "          - add:\n"
				     "              assign: [{total: \"${total + x}\"}]\n";
	struct stage *stage = perform(source, NULL, "[{\"body\": 1}, {\"body\": 2}]");
	struct history history;
	struct survey survey = {0};
	struct error err = {0};
	struct value left;

	(void)state;
	play_to_end(&stage->play);
	history_of(&stage->play, &history);
	assert_int_equal(survey_step(stage->plan, &history, "play", plan_find_step(stage->plan, "fetch"),
				     &survey, &err),
			 0);
	left = *value_get(survey.visits[1].outcome, "variables"); /* answered after the first has added */
	assert_int_equal(value_len(left), 1);
	assert_non_null(value_get(left, "r"));
	survey_release(&survey);
	assert_int_equal(
		survey_step(stage->plan, &history, "play", plan_find_step(stage->plan, "add"), &survey, &err),
		0);
	assert_int_equal(value_get_int(*value_get(survey.visits[1].outcome, "variables"), "total", 0), 3);
	survey_release(&survey);
	value_unref(history.env);
	done(stage);
}

/* Only the chosen iteration moves: one call, from the recorded inputs, and nothing after the step. */
static void rerun_does_one_iteration_alone(void **state)
{
	struct stage *stage = perform(looped, NULL, answers);
	struct play *again = mem_new(sizeof(*again));
	struct rerun_request request = {.visit = 1, .set = value_null(), .parent = "play"};
	struct error err = {0};
	struct history history;
	struct value script = script_of("[{\"url\": \"http://x.test/12\", \"body\": \"better\"}]");
	struct run *run;

	(void)state;
	play_to_end(&stage->play);
	history_of(&stage->play, &history);
	request.step = plan_find_step(stage->plan, "main.fetch");
	play_init(again, stage->plan, script);
	run = rerun_new(stage->plan, &history, &request, &again->host, "again", &err);
	assert_non_null(run);
	again->run = run;
	assert_int_equal(rerun_go_live(run), RUN_GOES_ON);
	assert_int_equal(again->pending_count, 1);
	assert_int_equal(play_to_end(again), RUN_PAUSED);
	assert_int_equal(value_len(again->calls), 1);
	assert_string_equal(
		value_get_text(*value_get(*value_get(rerun_outcome(run)->outcome, "variables"), "r"), "body")
			.ptr,
		"better");
	assert_int_equal(again->events[0].number, 1);
	assert_int_equal(again->events[again->event_count - 1].kind, EVENT_ENDED);
	play_release(again);
	mem_free(again);
	value_unref(script);
	value_unref(history.env);
	done(stage);
}

/* A run that was killed has come as far as its events say; looking on records and asks nothing. */
static void survey_ends_where_the_history_ends(void **state)
{
	static const char source[] = "- first:\n"
				     "    call: sys.sleep\n"
				     "    args: {seconds: 1}\n"
				     "- told:\n"
				     "    call: sys.log\n"
				     "    args: {text: hello}\n"
				     "- last:\n"
				     "    return: 1\n";
	struct stage *stage = perform(source, NULL, "[]");
	struct history history;
	struct survey survey = {0};
	struct error err = {0};

	(void)state;
	assert_int_equal(play_to_end(&stage->play), RUN_RETURNED);
	history_of(&stage->play, &history);
	assert_int_equal(history.events[3].kind, EVENT_LOGGED);
	history.count = 3; /* the answer of `first` is the last that was committed */
	assert_int_equal(survey_step(stage->plan, &history, "play", plan_find_step(stage->plan, "told"),
				     &survey, &err),
			 0);
	assert_int_equal(survey.count, 1);
	assert_false(survey.visits[0].is_complete);
	survey_release(&survey);
	assert_int_equal(survey_step(stage->plan, &history, "play", plan_find_step(stage->plan, "last"),
				     &survey, &err),
			 0);
	assert_int_equal(survey.count, 0);
	survey_release(&survey);
	value_unref(history.env);
	done(stage);
}

static void only_variables_of_the_step_can_be_set(void **state)
{
	struct plan *plan = compile(looped);
	struct value known = script_of("{\"base\": 1, \"x\": 2}");
	struct value unknown = script_of("{\"bass\": 1}");
	struct error err = {0};
	int step = plan_find_step(plan, "fetch");

	(void)state;
	assert_int_equal(rerun_check_set(plan, step, known, &err), 0);
	assert_int_equal(rerun_check_set(plan, step, unknown, &err), -1);
	assert_non_null(strstr(err.message, "bass"));
	value_unref(known);
	value_unref(unknown);
	plan_free(plan);
}

static void limits_are_named(void **state)
{
	struct limits limits = limits_default();
	struct error err = {0};

	(void)state;
	assert_int_equal(limits_set(&limits, "steps=off", &err), 0);
	assert_int_equal(limits.steps, INT64_MAX);
	assert_int_equal(limits_set(&limits, "steps=0", &err), -1);
	error_clear(&err);
	assert_int_equal(limits_set(&limits, "stesp=5", &err), -1);
	assert_non_null(strstr(err.hint, "memory_bytes"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(step_limit_ends_the_run),
		cmocka_unit_test(memory_limit_ends_the_run),
		cmocka_unit_test(memory_limit_sees_what_stands_in_many_places),
		cmocka_unit_test(limit_in_a_branch_gives_up_the_other_waits),
		cmocka_unit_test(concurrency_limit_bounds_the_iterations),
		cmocka_unit_test(nested_parallel_does_not_deadlock_at_the_ceiling),
		cmocka_unit_test(changed_definition_is_a_divergence),
		cmocka_unit_test(unanswered_effect_is_performed_again),
		cmocka_unit_test(survey_finds_each_iteration),
		cmocka_unit_test(survey_tells_what_the_strand_itself_assigned),
		cmocka_unit_test(rerun_does_one_iteration_alone),
		cmocka_unit_test(survey_ends_where_the_history_ends),
		cmocka_unit_test(only_variables_of_the_step_can_be_set),
		cmocka_unit_test(limits_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
