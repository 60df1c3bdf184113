/*
 * cases_test.c - every case below tests/conformance, run and compared.
 *
 * A case with a workflow is compiled and, unless it demands mistakes, run in a scripted world
 * (tests/harness/play.h), then repeated from every prefix of its events (J4): the same end and the same
 * events. An expression is run as a definition that binds the variables and returns it.
 *
 * One test per case. A part of the title as argument, or in $CASE, runs those alone.
 */
#include "tests/conformance/cases.h"
#include "tests/harness/play.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"
#include "workflow/connector/descriptor.h"
#include "workflow/expr/raised.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* A whole case; the play is large, so it is one for all. */
struct stage {
	const struct one_case *one;
	struct play_world world;
	struct plan *plan;
	struct play play, again;
};

static struct value json_of(const char *name, struct slice text)
{
	struct error err = {0};
	struct value v = value_null();

	if (json_read(text, &v, &err) < 0)
		fail_msg("the part %s is no JSON: %s", name, err.message);
	return v;
}

static struct value part_json(const struct one_case *one, const char *name)
{
	struct slice text = case_part(one, name);

	return text.ptr ? json_of(name, text) : value_null();
}

/* One JSON value a line. */
static struct value part_lines(const struct one_case *one, const char *name)
{
	struct value list = value_list_new(0);
	struct slice rest = case_part(one, name);

	while (rest.len) {
		size_t end = slice_find(rest, SLICE("\n"), 0);
		struct slice line = slice_trim(slice_sub(rest, 0, end));

		if (line.len)
			value_list_push(&list, json_of(name, line));
		rest = slice_sub(rest, end == SIZE_MAX ? rest.len : end + 1, rest.len);
	}
	return list;
}

/* ---- comparing */

/* cmocka cuts its messages at a kilobyte. */
static void differs(const char *what, struct slice wanted, struct slice found)
{
	fprintf(stderr, "%s: expected\n%.*s\nfound\n%.*s\n", what, SLICE_ARG(wanted), SLICE_ARG(found));
	fail();
}

/* SUBSET: members that only `found` has are no difference. LOOSE: and 2 is as good as 2.0. */
enum likeness { EXACT, SUBSET, LOOSE };

static bool is_same(struct value wanted, struct value found, enum likeness likeness)
{
	if (likeness == LOOSE && value_is_number(wanted))
		return value_equal(wanted, found);
	if (wanted.kind != found.kind)
		return false;
	if (wanted.kind != VALUE_LIST && wanted.kind != VALUE_MAP)
		return value_equal(wanted, found);
	if (value_len(wanted) != value_len(found) && !(likeness != EXACT && wanted.kind == VALUE_MAP))
		return false;
	for (size_t i = 0; i < value_len(wanted); i++) {
		const struct value *a =
			wanted.kind == VALUE_LIST ? value_list_at(wanted, i) : value_map_at(wanted, i);
		const struct value *b = wanted.kind == VALUE_LIST
						? value_list_at(found, i)
						: value_map_get(found, value_map_key(wanted, i));

		if (!b || !is_same(*a, *b, likeness))
			return false;
	}
	return true;
}

static void assert_value(const char *what, struct value wanted, struct value found, enum likeness likeness)
{
	struct buf a, b;

	buf_init(&a, 0);
	buf_init(&b, 0);
	json_write(&a, wanted);
	json_write(&b, found);
	if (!is_same(wanted, found, likeness))
		differs(what, buf_slice(&a), buf_slice(&b));
	buf_release(&a);
	buf_release(&b);
}

static void assert_text(const char *what, struct slice wanted, struct slice found)
{
	wanted = slice_trim(wanted);
	found = slice_trim(found);
	if (!slice_equal(wanted, found))
		differs(what, wanted, found);
}

/* ---- what a run leaves to be seen */

static void check_numbers(const struct one_case *one, const char *name, struct value found)
{
	struct value wanted = part_json(one, name);

	assert_value(name, wanted, found, LOOSE);
	value_unref(wanted);
}

static void check_trace(const struct one_case *one, struct value report)
{
	struct value stack = *value_get(report, "stackTrace");
	struct value elements = *value_get(stack, "elements");
	struct buf found;

	buf_init(&found, 0);
	for (size_t i = 0; i < value_len(elements); i++) {
		struct value element = *value_list_at(elements, i);
		struct value at = *value_get(element, "position");

		buf_printf(&found, "%.*s.%.*s %.*s:%.*s length %.*s\n",
			   SLICE_ARG(value_get_text(element, "routine")),
			   SLICE_ARG(value_get_text(element, "step")), SLICE_ARG(value_get_text(at, "line")),
			   SLICE_ARG(value_get_text(at, "column")), SLICE_ARG(value_get_text(at, "length")));
	}
	assert_text("trace", case_part(one, "trace"), buf_slice(&found));
	buf_release(&found);
}

/* A body is bytes on its way: JSON when the case demands anything but text. */
static struct value request_body(struct value wanted, struct value request)
{
	const struct value *body = value_get(request, "body");
	const struct value *demanded = value_get(wanted, "body");
	struct error err = {0};
	struct value decoded;

	if (!body)
		return value_null();
	if (demanded && demanded->kind != VALUE_STRING && json_read(value_text(*body), &decoded, &err) == 0)
		return decoded;
	return value_string_repaired(value_text(*body));
}

static void check_requests(const struct one_case *one, struct value calls)
{
	struct value wanted = part_lines(one, "requests");

	if (value_len(wanted) != value_len(calls))
		fail_msg("requests: expected %zu, found %zu", value_len(wanted), value_len(calls));
	for (size_t i = 0; i < value_len(wanted); i++) {
		struct value request = value_ref(*value_list_at(calls, i));

		value_put(&request, "body", request_body(*value_list_at(wanted, i), request));
		assert_value("request", *value_list_at(wanted, i), request, LOOSE);
		value_unref(request);
	}
	value_unref(wanted);
}

static void check_logs(const struct one_case *one, struct value logs)
{
	struct value wanted = part_lines(one, "logs");

	assert_value("logs", wanted, logs, SUBSET);
	value_unref(wanted);
}

static void check_end(const struct stage *stage)
{
	const struct play *play = &stage->play;
	const struct one_case *one = stage->one;
	enum run_status demanded = case_has(one, "result") ? RUN_RETURNED : RUN_RAISED;
	struct value report = run_result(play->run);
	const char *part = case_has(one, "result")  ? "result"
			   : case_has(one, "error") ? "error"
						    : "error-contains";
	struct value wanted = part_json(one, part);

	if (play->problem[0])
		fail_msg("%s", play->problem);
	if (run_status(play->run) == RUN_DIVERGED)
		fail_msg("diverged: %s", run_divergence(play->run));
	if (run_status(play->run) == RUN_RAISED && demanded == RUN_RETURNED)
		fail_msg("raised: %.*s", SLICE_ARG(value_get_text(report, "context")));
	assert_value(part, wanted,
		     run_status(play->run) == RUN_RAISED ? *value_get(report, "payload") : report,
		     strcmp(part, "error-contains") == 0 ? SUBSET : EXACT);
	assert_int_equal(run_status(play->run), demanded);
	value_unref(wanted);
}

static void check_seen(const struct stage *stage)
{
	const struct play *play = &stage->play;
	const struct one_case *one = stage->one;

	if (case_has(one, "context"))
		assert_text("context", case_part(one, "context"),
			    value_get_text(run_result(play->run), "context"));
	if (case_has(one, "trace"))
		check_trace(one, run_result(play->run));
	if (case_has(one, "waits"))
		check_numbers(one, "waits", play->waits);
	if (case_has(one, "calls"))
		check_numbers(one, "calls", value_int((int64_t)value_len(play->calls)));
	if (case_has(one, "steps"))
		check_numbers(one, "steps", value_int(run_figures(play->run).steps));
	if (case_has(one, "requests"))
		check_requests(one, play->calls);
	if (case_has(one, "logs"))
		check_logs(one, play->logs);
}

/* ---- J4 */

static void assert_same_events(const struct play *a, const struct play *b, size_t past)
{
	if (a->event_count != past + b->event_count)
		fail_msg("%zu events after a replay of %zu, not %zu", b->event_count, past,
			 a->event_count - past);
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

static void check_replays(struct stage *stage)
{
	const struct play *whole = &stage->play;
	struct play *again = &stage->again;

	for (size_t n = 1; n <= whole->event_count; n++) {
		play_begin_in(again, stage->plan, &stage->world, whole, n);
		again->next_line = whole->lines_used[n - 1];
		play_to_end(again);
		if (again->problem[0] || run_status(again->run) != run_status(whole->run))
			fail_msg("after a replay of %zu events: %s", n,
				 again->problem[0] ? again->problem : "another end");
		assert_true(value_equal(run_result(again->run), run_result(whole->run)));
		assert_same_events(whole, again, n);
		play_release(again);
	}
}

/* ---- a case */

static struct limits limits_of(const struct one_case *one)
{
	struct limits limits = limits_default();
	struct slice rest = slice_trim(case_part(one, "limits"));
	struct error err = {0};
	char assignment[100];

	while (rest.len) {
		size_t end = slice_find(rest, SLICE(" "), 0);
		struct slice word = slice_sub(rest, 0, end);

		snprintf(assignment, sizeof(assignment), "%.*s", SLICE_ARG(word));
		if (limits_set(&limits, assignment, &err) < 0)
			fail_msg("limits: %s", err.message);
		rest = slice_trim(slice_sub(rest, word.len, rest.len));
	}
	return limits;
}

/* The message of an expected line may be left out: "3:7: error [unknown-step]". */
static bool is_diag(struct slice wanted, struct diag found, struct buf *text)
{
	const char *kind = found.warning ? "warning" : "error";
	bool same;

	buf_printf(text, "%d:%d: %s [%s]", found.at.line, found.at.column, kind, found.code);
	same = slice_equal(wanted, buf_slice(text));
	buf_clear(text);
	buf_printf(text, "%d:%d: %s: %s [%s]", found.at.line, found.at.column, kind, found.message,
		   found.code);
	same = same || slice_equal(wanted, buf_slice(text));
	return same;
}

static void check_diags(struct slice wanted, struct diags *diags)
{
	struct slice rest = slice_trim(wanted);
	struct buf found, one;
	bool same = true;

	buf_init(&found, 0);
	buf_init(&one, 0);
	for (size_t i = 0; i < diags_count(diags); i++) {
		size_t end = slice_find(rest, SLICE("\n"), 0);
		struct slice line = slice_trim(slice_sub(rest, 0, end));

		buf_clear(&one);
		same = is_diag(line, diags_at(diags, i), &one) && same;
		buf_printf(&found, "%s\n", buf_text(&one));
		rest = slice_trim(slice_sub(rest, end == SIZE_MAX ? rest.len : end + 1, rest.len));
	}
	if (!same || rest.len)
		differs("diags", slice_trim(wanted), buf_slice(&found));
	buf_release(&found);
	buf_release(&one);
}

/* Descriptors of the connectors that the definition calls, from the documents in the part "discovery". */
static struct value connectors_of(const struct one_case *one, const struct plan *plan)
{
	struct value documents = part_lines(one, "discovery");
	struct value methods = value_map_new();
	struct value connectors = value_map_new();

	for (int i = 0; i < plan->connector_count; i++) {
		struct connector_name parts;
		struct value descriptor;
		struct error err = {0};

		assert_true(connector_name_split(plan->connectors[i], &parts));
		for (size_t d = 0; d < value_len(documents); d++) {
			struct value document = *value_list_at(documents, d);

			if (!slice_equal(value_get_text(document, "name"), parts.service))
				continue;
			if (descriptor_make(document, plan->connectors[i], NULL, &descriptor, &err) < 0)
				fail_msg("discovery: %s", err.message);
			value_map_set(&methods, plan->connectors[i], descriptor);
		}
	}
	if (value_len(documents) > 0)
		value_put(&connectors, "methods", value_ref(methods));
	value_unref(methods);
	value_unref(documents);
	return connectors;
}

static void run_stage(struct stage *stage)
{
	const struct one_case *one = stage->one;

	stage->world = (struct play_world){
		.argument = part_json(one, "args"),
		.env = part_json(one, "env"),
		.connectors = connectors_of(one, stage->plan),
		.script = part_lines(one, "http"),
		.limits = limits_of(one),
		.reversed = slice_is(slice_trim(case_part(one, "answers")), "newest first")};
	play_begin_in(&stage->play, stage->plan, &stage->world, NULL, 0);
	play_to_end(&stage->play);
	check_end(stage);
	check_seen(stage);
	check_replays(stage);
	play_release(&stage->play);
	value_unref(stage->world.argument);
	value_unref(stage->world.env);
	value_unref(stage->world.connectors);
	value_unref(stage->world.script);
}

/* Reserved in YAML at the start of a line: "@51 - v#: 1" stands for 51 such lines, # being 1 to 51. */
static void repeat_line(struct buf *out, struct slice line)
{
	size_t blank = slice_find(line, SLICE(" "), 0);
	long count = strtol(line.ptr + 1, NULL, 10);

	for (long n = 1; n <= count && blank != SIZE_MAX; n++) {
		for (size_t i = blank + 1; i < line.len; i++) {
			if (line.ptr[i] == '#')
				buf_printf(out, "%ld", n);
			else
				buf_add_char(out, line.ptr[i]);
		}
		buf_add_char(out, '\n');
	}
}

static void write_source(struct buf *out, struct slice rest)
{
	while (rest.len) {
		size_t end = slice_find(rest, SLICE("\n"), 0);
		size_t next = end == SIZE_MAX ? rest.len : end + 1;
		struct slice line = slice_sub(rest, 0, end);

		if (slice_starts(line, SLICE("@")))
			repeat_line(out, line);
		else
			buf_add_slice(out, slice_sub(rest, 0, next));
		rest = slice_sub(rest, next, rest.len);
	}
}

static void check_workflow(struct stage *stage, struct diags *diags)
{
	const struct one_case *one = stage->one;
	bool json = case_has(one, "workflow.json");
	bool runs = case_has(one, "result") || case_has(one, "error") || case_has(one, "error-contains");
	struct buf source;

	buf_init(&source, 0);
	write_source(&source, case_part(one, json ? "workflow.json" : "workflow"));
	stage->plan = plan_read(json ? "workflow.json" : "workflow.yaml", buf_slice(&source), diags);
	if (case_has(one, "diags"))
		check_diags(case_part(one, "diags"), diags);
	else if (!stage->plan)
		fail_msg("refused: %d:%d: %s [%s]", diags_at(diags, 0).at.line, diags_at(diags, 0).at.column,
			 diags_at(diags, 0).message, diags_at(diags, 0).code);
	if (runs && !stage->plan)
		fail_msg("a definition with mistakes does not run");
	if (runs)
		run_stage(stage);
	buf_release(&source);
}

/* ---- expressions */

/* {"main": {"params": ["given"], "steps": [{"bind": {"assign": [{"NAME": "${given[\"NAME\"]}"} ...]}}, ...]}}
 */
static void write_definition(struct buf *out, struct slice expression, struct value vars)
{
	struct value text = value_string(expression);

	buf_add_text(out, "{\"main\": {\"params\": [\"given\"], \"steps\": [");
	for (size_t i = 0; i < value_len(vars); i++)
		buf_printf(out, "{\"bind%zu\": {\"assign\": [{\"%.*s\": \"${given[\\\"%.*s\\\"]}\"}]}},", i,
			   SLICE_ARG(value_map_key(vars, i)), SLICE_ARG(value_map_key(vars, i)));
	buf_add_text(out, "{\"out\": {\"return\": ");
	json_write(out, text);
	buf_add_text(out, "}}]}}");
	value_unref(text);
}

static void check_outcome(struct slice expected, const struct play *play)
{
	struct value report = run_result(play->run);
	struct value wanted;
	char tag[100];

	if (!slice_starts(expected, SLICE("!"))) {
		if (run_status(play->run) == RUN_RAISED)
			fail_msg("raised: %.*s", SLICE_ARG(value_get_text(report, "context")));
		wanted = json_of("expected", expected);
		assert_value("result", wanted, report, EXACT);
		value_unref(wanted);
		return;
	}
	snprintf(tag, sizeof(tag), "%.*s", SLICE_ARG(slice_trim(slice_sub(expected, 1, expected.len))));
	if (run_status(play->run) != RUN_RAISED)
		assert_value(tag, value_null(), report, EXACT);
	if (!raised_has_tag(*value_get(report, "payload"), tag))
		fail_msg("%s: raised %.*s", tag, SLICE_ARG(value_get_text(report, "context")));
}

/* What cannot be written in JSON cannot enter or leave a run ("b:..." stands for bytes). */
static bool needs_bytes(const struct one_case *one)
{
	return slice_find(case_part(one, "vars"), SLICE("\"b:"), 0) != SIZE_MAX ||
	       slice_find(case_part(one, "expected"), SLICE("\"b:"), 0) != SIZE_MAX;
}

static void check_expression(struct stage *stage, struct diags *diags)
{
	struct value vars = part_json(stage->one, "vars");
	struct buf source;

	buf_init(&source, 0);
	write_definition(&source, case_part(stage->one, "expression"), vars);
	stage->plan = plan_read("expression.json", buf_slice(&source), diags);
	buf_release(&source);
	if (!stage->plan)
		fail_msg("refused: %s [%s]", diags_at(diags, 0).message, diags_at(diags, 0).code);
	play_begin(&stage->play, stage->plan, vars, NULL, value_null(), NULL, 0);
	play_to_end(&stage->play);
	check_outcome(case_part(stage->one, "expected"), &stage->play);
	play_release(&stage->play);
	value_unref(vars);
}

static void check_case(void **state)
{
	struct stage *stage = mem_new(sizeof(*stage));
	struct diags *diags = diags_new();

	stage->one = *state;
	if (!stage->one->is_expression)
		check_workflow(stage, diags);
	else if (!needs_bytes(stage->one))
		check_expression(stage, diags);
	plan_free(stage->plan);
	diags_free(diags);
	mem_free(stage);
}

int main(int argc, char **argv)
{
	struct error err = {0};
	struct CMUnitTest *tests;
	struct cases cases;
	int status;

	if (cases_read(&cases, "tests/conformance", &err) < 0) {
		fprintf(stderr, "%s (tests run from the top of the tree)\n", err.message);
		return 1;
	}
	cases_filter(&cases, argc > 1 ? argv[1] : getenv("CASE"));
	tests = mem_new((cases.count + 1) * sizeof(*tests));
	for (size_t i = 0; i < cases.count; i++)
		tests[i] = (struct CMUnitTest){cases.items[i].title, check_case, NULL, NULL, &cases.items[i]};
	status = _cmocka_run_group_tests("conformance", tests, cases.count, NULL, NULL);
	mem_free(tests);
	cases_release(&cases);
	return status > 0;
}
