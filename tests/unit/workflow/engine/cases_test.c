/*
 * cases_test.c - definitions as cases: each folder of tests/conformance/workflow is one.
 *
 *	workflow.yaml   the definition, its first line citing the reference
 *	args.json       the argument (null when absent)
 *	http.jsonl      what the world answers, a line a call
 *	expect.json     {"result": v} or {"error": payload}, and what else is to be seen: "waits" (seconds of
 *each sleep), "calls" (their number), "context" expect.diags    instead: the lines FILE:LINE:COLUMN: error:
 *... [code] without the file
 *
 * A case that runs is then repeated from every prefix of its events (J4): the same result and events.
 */
#include "tests/harness/play.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define FOLDER "tests/conformance/workflow"

static bool read_text(const char *name, const char *file, struct buf *out)
{
	char path[600];
	char chunk[4096];
	size_t size;
	FILE *in;

	snprintf(path, sizeof(path), FOLDER "/%s/%s", name, file);
	in = fopen(path, "r");
	if (!in)
		return false;
	while ((size = fread(chunk, 1, sizeof(chunk), in)) > 0)
		buf_add(out, chunk, size);
	fclose(in);
	return true;
}

static struct value read_json(const char *name, const char *file)
{
	struct error err = {0};
	struct value v = value_null();
	struct buf text;

	buf_init(&text, 0);
	if (read_text(name, file, &text) && json_read(buf_slice(&text), &v, &err) < 0)
		fail_msg("%s/%s: %s", name, file, err.message);
	buf_release(&text);
	return v;
}

static struct value read_script(const char *name)
{
	struct value script = value_list_new(0);
	struct error err = {0};
	struct value line;
	struct buf text;
	struct slice rest;

	buf_init(&text, 0);
	read_text(name, "http.jsonl", &text);
	rest = buf_slice(&text);
	while (rest.len) {
		size_t end = slice_find(rest, SLICE("\n"), 0);
		struct slice one = slice_trim(slice_sub(rest, 0, end));

		if (one.len && json_read(one, &line, &err) == 0)
			value_list_push(&script, line);
		rest = slice_sub(rest, end == SIZE_MAX ? rest.len : end + 1, rest.len);
	}
	assert_int_equal(err.kind, ERROR_NONE);
	buf_release(&text);
	return script;
}

static void assert_json(const char *what, struct value expected, struct value found)
{
	struct buf a, b;

	buf_init(&a, 0);
	buf_init(&b, 0);
	json_write(&a, expected);
	json_write(&b, found);
	if (!value_equal(expected, found))
		fail_msg("%s: expected %s, found %s", what, buf_text(&a), buf_text(&b));
	buf_release(&a);
	buf_release(&b);
}

static void check_end(const struct play *play, struct value expected)
{
	const struct value *result = value_get(expected, "result");
	const struct value *error = value_get(expected, "error");
	const struct value *waits = value_get(expected, "waits");
	struct value report = run_result(play->run);

	if (run_status(play->run) == RUN_DIVERGED)
		fail_msg("diverged: %s", run_divergence(play->run));
	if (result) {
		if (run_status(play->run) != RUN_RETURNED)
			fail_msg("raised: %.*s", SLICE_ARG(value_get_text(report, "context")));
		assert_json("result", *result, report);
	}
	if (error) {
		assert_int_equal(run_status(play->run), RUN_RAISED);
		assert_json("error", *error, *value_get(report, "payload"));
	}
	if (value_get(expected, "context"))
		assert_string_equal(value_get_text(expected, "context").ptr,
				    value_get_text(report, "context").ptr);
	if (waits)
		assert_json("waits", *waits, play->waits);
	if (value_get(expected, "calls"))
		assert_int_equal(value_get_int(expected, "calls", -1), (int64_t)value_len(play->calls));
}

static void assert_same_events(const struct play *a, const struct play *b, size_t past)
{
	assert_int_equal(a->event_count, past + b->event_count);
	for (size_t i = 0; i < b->event_count; i++) {
		const struct event *x = &a->events[past + i];
		const struct event *y = &b->events[i];

		assert_int_equal(x->number, y->number);
		assert_int_equal(x->kind, y->kind);
		assert_int_equal(x->strand, y->strand);
		assert_int_equal(x->effect, y->effect);
		if (!slice_equal(x->content, y->content))
			fail_msg("event %lld after a replay of %zu: %.*s", (long long)x->number, past,
				 SLICE_ARG(y->content));
	}
}

/* How many calls were answered within the first events: where the script goes on. */
static size_t answered_calls(const struct play *play, size_t count)
{
	size_t calls = 0;

	for (size_t i = 0; i < count; i++) {
		if (play->events[i].kind == EVENT_ANNOUNCED || play->events[i].kind != EVENT_ANSWERED)
			continue;
		for (size_t j = 0; j < i; j++) {
			if (play->events[j].kind == EVENT_ANNOUNCED &&
			    play->events[j].effect == play->events[i].effect)
				calls += slice_find(play->events[j].content, SLICE("\"function\":\"http."),
						    0) != SIZE_MAX;
		}
	}
	return calls;
}

static void check_replays(const struct plan *plan, struct value argument, struct value script,
			  const struct play *whole)
{
	struct play *again = mem_new(sizeof(*again));

	for (size_t n = 1; n <= whole->event_count; n++) {
		play_begin(again, plan, argument, NULL, script, whole, n);
		again->next_line = answered_calls(whole, n);
		play_to_end(again);
		assert_int_equal(run_status(again->run), run_status(whole->run));
		assert_true(value_equal(run_result(again->run), run_result(whole->run)));
		assert_same_events(whole, again, n);
		play_release(again);
	}
	mem_free(again);
}

static void check_diags(const char *name, struct diags *diags, struct slice expected)
{
	struct buf found;

	buf_init(&found, 0);
	for (size_t i = 0; i < diags_count(diags); i++) {
		struct diag diag = diags_at(diags, i);

		buf_printf(&found, "%d:%d: %s: %s [%s]\n", diag.at.line, diag.at.column,
			   diag.warning ? "warning" : "error", diag.message, diag.code);
	}
	if (!slice_equal(slice_trim(expected), slice_trim(buf_slice(&found))))
		fail_msg("%s: expected\n%.*sfound\n%s", name, SLICE_ARG(expected), buf_text(&found));
	buf_release(&found);
}

static void run_case(const char *name, const struct plan *plan)
{
	struct value argument = read_json(name, "args.json");
	struct value expected = read_json(name, "expect.json");
	struct value script = read_script(name);
	struct play *play = mem_new(sizeof(*play));

	play_begin(play, plan, argument, NULL, script, NULL, 0);
	play_to_end(play);
	check_end(play, expected);
	check_replays(plan, argument, script, play);
	play_release(play);
	mem_free(play);
	value_unref(argument);
	value_unref(expected);
	value_unref(script);
}

static void check_case(void **state)
{
	const char *name = *state;
	struct diags *diags = diags_new();
	struct buf source, expected;
	struct plan *plan;

	buf_init(&source, 0);
	buf_init(&expected, 0);
	assert_true(read_text(name, "workflow.yaml", &source));
	plan = plan_read("workflow.yaml", buf_slice(&source), diags);
	if (read_text(name, "expect.diags", &expected)) {
		check_diags(name, diags, buf_slice(&expected));
		assert_null(plan);
	} else {
		diags_print(diags, stderr);
		assert_non_null(plan);
		run_case(name, plan);
	}
	plan_free(plan);
	diags_free(diags);
	buf_release(&source);
	buf_release(&expected);
}

static int is_case(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(void)
{
	struct dirent **entries;
	int count = scandir(FOLDER, &entries, is_case, alphasort);
	struct CMUnitTest *tests;
	int status;

	if (count <= 0) {
		fprintf(stderr, "no cases in %s (tests run from the top of the tree)\n", FOLDER);
		return 1;
	}
	tests = mem_new((size_t)count * sizeof(*tests));
	for (int i = 0; i < count; i++)
		tests[i] =
			(struct CMUnitTest){entries[i]->d_name, check_case, NULL, NULL, entries[i]->d_name};
	status = _cmocka_run_group_tests("workflow cases", tests, (size_t)count, NULL, NULL);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	mem_free(tests);
	return status;
}
