/* tour_test.c - workflow/engine/tour.c: what became of every step, from the events of a run alone. */
#include "tests/harness/play.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"
#include "workflow/engine/rerun.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

struct stage {
	struct plan *plan;
	struct play *play;
	struct value script;
	struct step_figures *figures;
};

static void begin(struct stage *stage, const char *source, const char *script)
{
	struct diags *diags = diags_new();
	struct error err = {0};

	stage->plan = plan_read("a.yaml", slice_of(source), diags);
	if (!stage->plan)
		fail_msg("%s", diags_at(diags, 0).message);
	diags_free(diags);
	assert_int_equal(json_read(slice_of(script), &stage->script, &err), 0);
	stage->play = mem_new(sizeof(*stage->play));
	play_begin(stage->play, stage->plan, value_null(), NULL, stage->script, NULL, 0);
}

/* The figures that the first `count` events give. */
static void survey(struct stage *stage, size_t count)
{
	struct history history = {.events = stage->play->events,
				  .count = count,
				  .argument = value_null(),
				  .env = value_map_new(),
				  .connectors = value_null(),
				  .limits = limits_default()};
	struct error err = {0};

	value_put(&history.env, "STORE_URL", value_string_z("http://store.test/"));
	stage->figures = mem_new(((size_t)stage->plan->step_count + 1) * sizeof(*stage->figures));
	if (survey_steps(stage->plan, &history, "play", stage->figures, &err) < 0)
		fail_msg("%s", err.message);
	value_unref(history.env);
}

static void end(struct stage *stage)
{
	mem_free(stage->figures);
	play_release(stage->play);
	mem_free(stage->play);
	value_unref(stage->script);
	plan_free(stage->plan);
}

static void assert_figures(const struct stage *stage, const char *name, int64_t begun, int64_t succeeded,
			   int64_t failed)
{
	const struct step_figures *figures = &stage->figures[plan_find_step(stage->plan, name)];

	if (figures->begun != begun || figures->succeeded != succeeded || figures->failed != failed)
		fail_msg("%s: %lld begun, %lld succeeded, %lld failed", name, (long long)figures->begun,
			 (long long)figures->succeeded, (long long)figures->failed);
}

static void loops_jumps_and_errors_are_counted(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage,
	      "main:\n"
	      "  steps:\n"
	      "    - init: {assign: [{n: 0}]}\n"
	      "    - loop:\n"
	      "        for:\n"
	      "          value: i\n"
	      "          in: [1, 2, 3]\n"
	      "          steps:\n"
	      "            - skip: {switch: [{condition: \"${i == 2}\", next: continue}]}\n"
	      "            - add: {assign: [{n: \"${n + i}\"}]}\n"
	      "    - again: {assign: [{n: \"${n - 1}\"}]}\n"
	      "    - more: {switch: [{condition: \"${n > 0}\", next: again}]}\n"
	      "    - guarded:\n"
	      "        try: {steps: [{deep: {call: sub}}]}\n"
	      "        except: {as: e, steps: [{caught: {assign: [{n: 0}]}}]}\n"
	      "    - out: {return: 1}\n"
	      "    - never: {return: 2}\n"
	      "sub:\n"
	      "  steps:\n"
	      "    - bad: {raise: x}\n",
	      "[]");
	assert_int_equal(play_to_end(stage.play), RUN_RETURNED);
	survey(&stage, stage.play->event_count);
	assert_figures(&stage, "init", 1, 1, 0);
	assert_figures(&stage, "loop", 1, 1, 0);
	assert_figures(&stage, "skip", 3, 3, 0);
	assert_figures(&stage, "add", 2, 2, 0);
	assert_figures(&stage, "again", 4, 4, 0); /* 1 + 3 is counted down to 0 */
	assert_figures(&stage, "more", 4, 4, 0);
	assert_figures(&stage, "guarded", 1, 1, 0); /* what its body raised it caught */
	assert_figures(&stage, "deep", 1, 0, 1);
	assert_figures(&stage, "bad", 1, 0, 1);
	assert_figures(&stage, "caught", 1, 1, 0);
	assert_figures(&stage, "out", 1, 1, 0);
	assert_figures(&stage, "never", 0, 0, 0);
	assert_true(stage.figures[plan_find_step(stage.plan, "deep")].last_failed);
	end(&stage);
}

static void what_waits_is_open_and_time_is_that_of_the_events(void **state)
{
	struct stage stage;
	size_t announced = 0;

	(void)state;
	begin(&stage, "- nap: {call: sys.sleep, args: {seconds: 2.5}}\n- out: {return: 1}\n", "[]");
	assert_int_equal(play_to_end(stage.play), RUN_RETURNED);
	while (stage.play->events[announced].kind != EVENT_ANNOUNCED)
		announced++;
	survey(&stage, announced + 1);
	assert_figures(&stage, "nap", 1, 0, 0);
	assert_figures(&stage, "out", 0, 0, 0);
	mem_free(stage.figures);
	survey(&stage, stage.play->event_count);
	assert_figures(&stage, "nap", 1, 1, 0);
	assert_int_equal(stage.figures[plan_find_step(stage.plan, "nap")].total_us, 2500000);
	end(&stage);
}

static void strands_of_a_parallel_step_add_up(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage,
	      "- all:\n"
	      "    parallel:\n"
	      "      for: {value: i, in: [1, 2, 3], steps: [{get: {call: http.get, args: {url: \"http://a.test\"}}}]}\n"
	      "- out: {return: 1}\n",
	      "[{\"code\": 200}, {\"code\": 500}, {\"code\": 200}]");
	assert_int_equal(play_to_end(stage.play), RUN_RAISED);
	survey(&stage, stage.play->event_count);
	assert_figures(&stage, "get", 3, 2, 1);
	assert_figures(&stage, "all", 1, 0, 1);
	assert_figures(&stage, "out", 0, 0, 0);
	end(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loops_jumps_and_errors_are_counted),
		cmocka_unit_test(what_waits_is_open_and_time_is_that_of_the_events),
		cmocka_unit_test(strands_of_a_parallel_step_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
