/* redrive_test.c - workflow/engine/{redrive,moment}.c: histories cut, changed and gone on from. */
#include "tests/harness/play.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"
#include "workflow/engine/moment.h"
#include "workflow/engine/redrive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* Its events: 1 started, 2 to 4 the calls, 5 to 7 their answers, 8 and 9 the wait, 10 the end. */
static const char source[] = "- init: {assign: [{total: 0}]}\n"
			     "- each:\n"
			     "    parallel:\n"
			     "      shared: [total]\n"
			     "      for:\n"
			     "        value: x\n"
			     "        in: [1, 2, 3]\n"
			     "        steps:\n"
			     "          - fetch: {call: http.get, args: {url: http://x.test/}, result: r}\n"
			     "          - add: {assign: [{total: \"${total + r.body}\"}]}\n"
			     "- nap: {call: sys.sleep, args: {seconds: 1}}\n"
			     "- out: {return: \"${total}\"}\n";
static const char answers[] = "[{\"body\": 10}, {\"body\": 20}, {\"body\": 30}]";

struct stage {
	struct plan *plan;
	struct value script;
	struct play *play;
	struct history history; /* contents its own */
};

static struct plan *plan_of(const char *text)
{
	struct diags *diags = diags_new();
	struct plan *plan = plan_read("a.yaml", slice_of(text), diags);

	if (!plan)
		fail_msg("%s", diags_at(diags, 0).message);
	diags_free(diags);
	return plan;
}

static void add_events(struct history *history, const struct play *play)
{
	for (size_t i = 0; i < play->event_count; i++) {
		struct event *event;

		if (history->count == history->capacity)
			history->events = mem_grow(history->events, &history->capacity, sizeof(*history->events));
		event = &history->events[history->count++];
		*event = play->events[i];
		event->content.ptr = mem_strndup(event->content.ptr, event->content.len);
	}
}

static void set_up(struct stage *stage)
{
	struct error err = {0};

	stage->plan = plan_of(source);
	assert_int_equal(json_read(slice_of(answers), &stage->script, &err), 0);
	stage->play = mem_new(sizeof(*stage->play));
	play_begin(stage->play, stage->plan, value_null(), NULL, stage->script, NULL, 0);
	assert_int_equal(play_to_end(stage->play), RUN_RETURNED);
	assert_int_equal(run_result(stage->play->run).as.integer, 60);
	assert_int_equal(stage->play->event_count, 10);
	stage->history = (struct history){.env = value_map_new(), .connectors = value_null(), .limits = limits_default()};
	value_put(&stage->history.env, "STORE_URL", value_string_z("http://store.test/"));
	add_events(&stage->history, stage->play);
}

static void tear_down(struct stage *stage)
{
	history_free(&stage->history);
	play_release(stage->play);
	mem_free(stage->play);
	value_unref(stage->script);
	plan_free(stage->plan);
}

/* The past of a play: events of a history, lent. */
static struct play *past_of(const struct history *history)
{
	struct play *past = mem_new(sizeof(*past));

	memcpy(past->events, history->events, history->count * sizeof(*past->events));
	past->event_count = history->count;
	return past;
}

static struct redrive cut_before(const struct stage *stage, const char *step, size_t visit)
{
	struct survey survey = {0};
	struct error err = {0};
	struct redrive cut = {.parent = "play", .step = step, .visit = visit, .set = value_null(), .time_us = 1};

	assert_int_equal(survey_step(stage->plan, &stage->history, "play", plan_find_step(stage->plan, step), &survey, &err),
			 0);
	assert_true(visit < survey.count);
	cut.events = survey.visits[visit].events;
	survey_release(&survey);
	return cut;
}

static void assert_continues(const struct stage *stage, const char *script_text, int64_t result, struct play *again)
{
	struct play *past = past_of(&stage->history);
	struct error err = {0};
	struct value script;

	assert_int_equal(json_read(slice_of(script_text), &script, &err), 0);
	play_begin(again, stage->plan, value_null(), NULL, script, past, past->event_count);
	if (play_to_end(again) != RUN_RETURNED)
		fail_msg("%s%s", again->problem, run_divergence(again->run));
	assert_int_equal(run_result(again->run).as.integer, result);
	value_unref(script);
	mem_free(past);
}

static void variables_are_changed_at_one_visit_and_again_when_it_is_replayed(void **state)
{
	struct play *again = mem_new(sizeof(*again)), *replayed = mem_new(sizeof(*replayed));
	struct error err = {0};
	struct redrive cut;
	struct stage stage;

	(void)state;
	set_up(&stage);
	cut = cut_before(&stage, "main.add", 1);
	assert_int_equal(cut.events, 6); /* the second answer is in */
	cut.set = value_map_new();
	value_put(&cut.set, "total", value_int(1000));
	assert_int_equal(history_redrive(&stage.history, &cut, &err), 0);
	assert_int_equal(stage.history.count, 7);
	assert_int_equal(stage.history.events[6].kind, EVENT_CHANGED);
	assert_int_equal(stage.history.events[6].number, 7);
	/* 1000 in the place of 10, and 20 and 30 */
	assert_continues(&stage, "[{\"body\": 30}]", 1050, again);
	assert_int_equal(again->events[0].number, 8);
	add_events(&stage.history, again);
	assert_continues(&stage, "[]", 1050, replayed); /* nothing is asked of the world (J4) */
	assert_int_equal(value_len(replayed->calls), 0);
	assert_int_equal(replayed->event_count, 0);
	value_unref(cut.set);
	play_release(again);
	play_release(replayed);
	mem_free(again);
	mem_free(replayed);
	tear_down(&stage);
}

static void what_was_under_way_at_the_cut_is_performed_again(void **state)
{
	struct play *again = mem_new(sizeof(*again));
	struct error err = {0};
	struct redrive cut;
	struct stage stage;

	(void)state;
	set_up(&stage);
	cut = cut_before(&stage, "main.fetch", 2);
	assert_int_equal(cut.events, 3); /* two calls are announced, none is answered */
	assert_int_equal(history_redrive(&stage.history, &cut, &err), 0);
	assert_continues(&stage, "[{\"body\": 1}, {\"body\": 2}, {\"body\": 3}]", 6, again);
	assert_int_equal(value_len(again->calls), 3);
	play_release(again);
	mem_free(again);
	tear_down(&stage);
}

static void any_prefix_can_be_gone_on_from(void **state)
{
	(void)state;
	for (size_t events = 1; events < 10; events++) {
		struct play *again = mem_new(sizeof(*again));
		struct redrive cut = {.parent = "play", .step = "main.out", .set = value_null(), .events = events};
		struct error err = {0};
		struct stage stage;
		char script[100] = "[";

		set_up(&stage);
		assert_int_equal(history_redrive(&stage.history, &cut, &err), 0);
		/* answers 5 to 7 are shared as far as the cut; what is left is asked again */
		for (size_t answer = events < 5 ? 5 : events + 1; answer <= 7; answer++)
			snprintf(script + strlen(script), sizeof(script) - strlen(script), "%s{\"body\": %zu}",
				 script[1] ? "," : "", (answer - 4) * 10);
		strcat(script, "]");
		assert_continues(&stage, script, 60, again);
		play_release(again);
		mem_free(again);
		tear_down(&stage);
	}
}

static void another_definition_fits_as_far_as_it_gives_the_same_events(void **state)
{
	static const char changed[] = "- init: {assign: [{total: 0}, {more: 1}]}\n"
				      "- each:\n"
				      "    parallel:\n"
				      "      shared: [total]\n"
				      "      for:\n"
				      "        value: x\n"
				      "        in: [1, 2, 3]\n"
				      "        steps:\n"
				      "          - fetch: {call: http.get, args: {url: http://x.test/}, result: r}\n"
				      "          - add: {assign: [{total: \"${total + r.body}\"}]}\n"
				      "- nap: {call: sys.sleep, args: {seconds: 2}}\n"
				      "- out: {return: \"${total}\"}\n";
	struct plan *plan = plan_of(changed);
	struct error err = {0};
	struct entry entry;
	struct stage stage;
	size_t fits = 0;

	(void)state;
	set_up(&stage);
	assert_int_equal(history_fits(plan, &stage.history, "play", 7, &fits, &err), 0);
	assert_int_equal(history_fits(plan, &stage.history, "play", 8, &fits, &err), -1);
	assert_int_equal(fits, 7);
	assert_non_null(strstr(err.message, "event 8 of run play was a call in step main.nap"));
	entry = history_last_entry(stage.plan, plan, &stage.history, "play", fits);
	assert_int_equal(entry.step, plan_find_step(stage.plan, "nap"));
	assert_int_equal(entry.visit, 0);
	assert_int_equal(entry.events, 7);
	tear_down(&stage);
	plan_free(plan);
}

static void what_is_given_again_is_stronger_than_what_the_run_was_given_since(void **state)
{
	struct history history = {.env = value_map_new()};
	struct value given = value_map_new(), content;
	struct error err = {0};

	(void)state;
	history.events = mem_new(sizeof(*history.events));
	history.events[0].kind = EVENT_CHANGED;
	history.events[0].content = slice_of(mem_strdup("{\"env\":{\"A\":\"1\",\"B\":\"2\"}}"));
	history.count = history.capacity = 1;
	value_put(&given, "B", value_string_z("3"));
	assert_int_equal(history_give_env(&history, given, &err), 0);
	assert_string_equal(value_get_text(history.env, "B").ptr, "3");
	assert_int_equal(journal_decode(history.events[0].content, &content, &err), 0);
	assert_string_equal(value_get_text(*value_get(content, "env"), "A").ptr, "1");
	assert_string_equal(value_get_text(*value_get(content, "env"), "B").ptr, "3");
	value_unref(content);
	value_unref(given);
	history_free(&history);
}

static void a_moment_has_every_strand_and_the_variables_of_one(void **state)
{
	struct moment_wanted wanted = {.step = -1, .event = 5};
	struct value moment, strands;
	struct error err = {0};
	struct stage stage;

	(void)state;
	set_up(&stage);
	assert_int_equal(moment_of(stage.plan, &stage.history, "play", &wanted, &moment, &err), 0);
	strands = *value_get(moment, "strands");
	assert_int_equal(value_len(strands), 3); /* main and the two that still wait; the first iteration is over */
	assert_int_equal(value_get_int(*value_list_at(strands, 0), "strand", 0), 1);
	assert_null(value_get(*value_list_at(strands, 0), "waits"));
	assert_non_null(value_get(*value_list_at(strands, 1), "waits"));
	assert_int_equal(value_get_int(*value_get(moment, "variables"), "total", 0), 10);
	value_unref(moment);

	wanted = (struct moment_wanted){.step = plan_find_step(stage.plan, "add"), .visit = 2};
	assert_int_equal(moment_of(stage.plan, &stage.history, "play", &wanted, &moment, &err), 0);
	assert_int_equal(value_get_int(moment, "event", 0), 7);
	assert_int_equal(value_get_int(moment, "focus", 0), 4);
	assert_int_equal(value_get_int(*value_get(moment, "variables"), "total", 0), 30);
	assert_int_equal(value_get_int(*value_get(moment, "variables"), "x", 0), 3);
	value_unref(moment);

	wanted.visit = 3;
	assert_int_equal(moment_of(stage.plan, &stage.history, "play", &wanted, &moment, &err), -1);
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	tear_down(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_are_changed_at_one_visit_and_again_when_it_is_replayed),
		cmocka_unit_test(what_was_under_way_at_the_cut_is_performed_again),
		cmocka_unit_test(any_prefix_can_be_gone_on_from),
		cmocka_unit_test(another_definition_fits_as_far_as_it_gives_the_same_events),
		cmocka_unit_test(what_is_given_again_is_stronger_than_what_the_run_was_given_since),
		cmocka_unit_test(a_moment_has_every_strand_and_the_variables_of_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
