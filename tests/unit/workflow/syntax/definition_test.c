/* definition_test.c - what a definition says arrives in the AST (reference, sections 1 and 2). */
#include "workflow/syntax/definition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static struct definition *must_read(const char *text)
{
	struct diags *diags = diags_new();
	struct definition *definition = definition_read("a.yaml", slice_of(text), diags);

	if (!definition)
		fail_msg("%d: %s [%s]", diags_at(diags, 0).at.line, diags_at(diags, 0).message,
			 diags_at(diags, 0).code);
	assert_int_equal(diags_count(diags), 0);
	diags_free(diags);
	return definition;
}

static const struct step *step_of(const struct definition *definition, size_t i)
{
	assert_true(i < definition->routines[0].body.count);
	return definition->routines[0].body.steps[i];
}

static void assert_name(struct name name, const char *text, int line, int column)
{
	if (!slice_is(name.text, text))
		fail_msg("\"%.*s\", not \"%s\"", SLICE_ARG(name.text), text);
	assert_int_equal(name.at.line, line);
	assert_int_equal(name.at.column, column);
}

static void a_bare_list_is_main(void **state)
{
	struct definition *d = must_read("- hello:\n    return: \"hi\"\n");

	(void)state;
	assert_int_equal(d->routine_count, 1);
	assert_true(slice_is(d->routines[0].name.text, "main"));
	assert_int_equal(d->routines[0].param_count, 0);
	assert_name(step_of(d, 0)->name, "hello", 1, 3);
	assert_int_equal(step_of(d, 0)->kind, STEP_RETURN);
	assert_true(slice_is(value_text(step_of(d, 0)->as.value->constant), "hi"));
	definition_free(d);
}

static void routines_have_parameters_with_defaults(void **state)
{
	struct definition *d =
		must_read("make:\n  params: [name, punctuation: \"!\", opts: {a: [1]}]\n  steps:\n"
			  "    - s: {return: 1}\n"
			  "main:\n  params: [args]\n  steps:\n    - t:\n        next: end\n");
	const struct param *params = d->routines[0].params;

	(void)state;
	assert_int_equal(d->routine_count, 2);
	assert_name(d->routines[0].name, "make", 1, 1);
	assert_int_equal(d->routines[0].param_count, 3);
	assert_name(params[0].name, "name", 2, 12);
	assert_false(params[0].has_default);
	assert_true(params[1].has_default);
	assert_true(slice_is(value_text(params[1].fallback), "!"));
	assert_int_equal(params[2].fallback.kind, VALUE_MAP);
	assert_int_equal(d->routines[1].body.steps[0]->kind, STEP_NOTHING);
	assert_name(d->routines[1].body.steps[0]->next, "end", 9, 15);
	definition_free(d);
}

static void targets_are_variables_with_a_path(void **state)
{
	struct definition *d =
		must_read("- s:\n    assign:\n      - m: {}\n      - m.k: 1\n      - m[\"odd key!\"]: 2\n"
			  "      - grid[1][n + 1].x: ${n}\n      - big:\n    next: s\n");
	const struct assign *assign = &step_of(d, 0)->as.assign;

	(void)state;
	assert_int_equal(assign->count, 5);
	assert_name(assign->items[0].variable, "m", 3, 9);
	assert_int_equal(assign->items[0].path_count, 0);
	assert_int_equal(assign->items[0].value->kind, TREE_MAP);
	assert_int_equal(assign->items[1].path_count, 1);
	assert_true(slice_is(value_text(assign->items[1].path[0]->value), "k"));
	assert_true(slice_is(value_text(assign->items[2].path[0]->value), "odd key!"));
	assert_int_equal(assign->items[3].path_count, 3);
	assert_int_equal(assign->items[3].path[0]->value.as.integer, 1);
	assert_int_equal(assign->items[3].path[1]->kind, EXPR_BINARY);
	assert_true(slice_is(value_text(assign->items[3].path[2]->value), "x"));
	assert_int_equal(assign->items[3].value->kind, TREE_EXPR);
	assert_int_equal(assign->items[4].value->constant.kind, VALUE_NULL);
	assert_name(step_of(d, 0)->next, "s", 8, 11);
	definition_free(d);
}

static void calls_take_arguments_by_name_or_position(void **state)
{
	struct definition *d = must_read(
		"- a:\n    call: http.get\n    args:\n      url: ${u}\n      query: {x: 1, '${k}': y}\n"
		"    result: r\n- b:\n    call: sys.log\n    args: ['${null}', \"ERROR\", 5]\n"
		"- c: {call: helper}\n");
	const struct call *call = &step_of(d, 0)->as.call;

	(void)state;
	assert_name(call->callee, "http.get", 2, 11);
	assert_int_equal(call->args_kind, ARGS_NAMED);
	assert_name(call->arg_names[0], "url", 4, 7);
	assert_int_equal(call->args[0]->kind, TREE_EXPR);
	assert_int_equal(call->args[1]->keys[0]->kind, TREE_CONSTANT);
	assert_int_equal(call->args[1]->keys[1]->kind, TREE_EXPR);
	assert_name(call->result, "r", 6, 13);
	call = &step_of(d, 1)->as.call;
	assert_int_equal(call->args_kind, ARGS_POSITIONAL);
	assert_int_equal(call->arg_count, 3);
	assert_int_equal(call->args[2]->constant.as.integer, 5);
	assert_null(call->result.text.ptr);
	assert_int_equal(step_of(d, 2)->as.call.args_kind, ARGS_NONE);
	definition_free(d);
}

static void switch_entries_are_unnamed_steps(void **state)
{
	struct definition *d =
		must_read("- s:\n    switch:\n      - condition: ${x > 1}\n        next: s\n"
			  "      - condition: true\n        assign: [{y: 1}]\n        next: end\n"
			  "      - condition: ${b}\n      - condition: ${c}\n        steps:\n"
			  "          - inner: {return: 1}\n    next: end\n");
	const struct switch_step *cases = &step_of(d, 0)->as.cases;

	(void)state;
	assert_int_equal(cases->count, 4);
	assert_int_equal(cases->entries[0].condition->kind, TREE_EXPR);
	assert_int_equal(cases->entries[0].body->kind, STEP_NOTHING);
	assert_true(slice_is(cases->entries[0].body->next.text, "s"));
	assert_null(cases->entries[0].body->name.text.ptr);
	assert_int_equal(cases->entries[1].condition->constant.kind, VALUE_BOOL);
	assert_int_equal(cases->entries[1].body->kind, STEP_ASSIGN);
	assert_true(slice_is(cases->entries[1].body->next.text, "end"));
	assert_int_equal(cases->entries[2].body->kind, STEP_NOTHING);
	assert_null(cases->entries[2].body->next.text.ptr);
	assert_int_equal(cases->entries[3].body->as.steps.count, 1);
	assert_name(step_of(d, 0)->next, "end", 12, 11);
	definition_free(d);
}

static void loops_go_over_lists_and_ranges(void **state)
{
	struct definition *d =
		must_read("- a:\n    for:\n      value: v\n      index: i\n      in: ${xs}\n      steps:\n"
			  "        - b: {next: continue}\n"
			  "- c:\n    for: {value: v, range: [1, '${n}'], steps: [{d: {next: break}}]}\n"
			  "- e:\n    for: {value: v, in: [1, two], steps: [{f: {next: continue}}]}\n");
	const struct loop *loop = &step_of(d, 0)->as.loop;

	(void)state;
	assert_name(loop->value, "v", 3, 14);
	assert_name(loop->index, "i", 4, 14);
	assert_int_equal(loop->in->kind, TREE_EXPR);
	assert_null(loop->range);
	assert_true(slice_is(loop->body.steps[0]->next.text, "continue"));
	loop = &step_of(d, 1)->as.loop;
	assert_null(loop->in);
	assert_int_equal(loop->range->kind, TREE_LIST);
	assert_int_equal(loop->range->items[1]->kind, TREE_EXPR);
	assert_null(loop->index.text.ptr);
	assert_int_equal(step_of(d, 2)->as.loop.in->kind, TREE_LIST);
	definition_free(d);
}

static void parallel_has_branches_or_a_loop(void **state)
{
	struct definition *d = must_read(
		"- a:\n    parallel:\n      shared: [x, y]\n      concurrency_limit: 4\n"
		"      exception_policy: continueAll\n      branches:\n"
		"        - one: {steps: [{p: {next: end}}]}\n        - two: {steps: [{q: {next: end}}]}\n"
		"- b:\n    parallel:\n      concurrency_limit: ${n}\n"
		"      for: {value: v, in: '${xs}', steps: [{r: {next: continue}}]}\n");
	const struct parallel *parallel = &step_of(d, 0)->as.parallel;

	(void)state;
	assert_int_equal(parallel->shared_count, 2);
	assert_name(parallel->shared[1], "y", 3, 19);
	assert_int_equal(parallel->concurrency_limit->constant.as.integer, 4);
	assert_int_equal(parallel->branch_count, 2);
	assert_name(parallel->branches[1].name, "two", 8, 11);
	assert_null(parallel->loop);
	parallel = &step_of(d, 1)->as.parallel;
	assert_int_equal(parallel->concurrency_limit->kind, TREE_EXPR);
	assert_non_null(parallel->loop);
	assert_int_equal(parallel->branch_count, 0);
	definition_free(d);
}

static void try_holds_one_unnamed_step_or_a_list(void **state)
{
	struct definition *d = must_read(
		"- a:\n    try:\n      call: http.get\n      args: {url: x}\n      result: r\n"
		"    retry: ${http.default_retry}\n"
		"    except:\n      as: e\n      steps:\n        - h: {raise: '${e}'}\n"
		"- b:\n    try:\n      steps:\n        - c: {return: 1}\n        - d: {return: 2}\n"
		"    retry:\n      predicate: ${mine}\n      max_retries: 5\n      backoff:\n"
		"        initial_delay: 2\n        max_delay: 60\n        multiplier: 1.5\n"
		"    next: end\n"
		"- f:\n    try:\n      - g: {return: 1}\n    except: {steps: [{k: {return: 1}}]}\n");
	const struct try_step *attempt = &step_of(d, 0)->as.attempt;

	(void)state;
	assert_int_equal(attempt->body.count, 1);
	assert_null(attempt->body.steps[0]->name.text.ptr);
	assert_int_equal(attempt->body.steps[0]->kind, STEP_CALL);
	assert_int_equal(attempt->retry->policy->kind, EXPR_MEMBER);
	assert_true(attempt->has_except);
	assert_name(attempt->as, "e", 8, 11);
	assert_int_equal(attempt->handler.steps[0]->kind, STEP_RAISE);
	attempt = &step_of(d, 1)->as.attempt;
	assert_int_equal(attempt->body.count, 2);
	assert_null(attempt->retry->policy);
	assert_int_equal(attempt->retry->predicate->kind, EXPR_NAME);
	assert_int_equal(attempt->retry->max_retries->constant.as.integer, 5);
	assert_int_equal(attempt->retry->initial_delay->constant.as.integer, 2);
	assert_true(attempt->retry->multiplier->constant.as.number == 1.5);
	assert_false(attempt->has_except);
	attempt = &step_of(d, 2)->as.attempt;
	assert_int_equal(attempt->body.count, 1);
	assert_null(attempt->as.text.ptr);
	assert_null(attempt->retry);
	definition_free(d);
}

static void values_keep_their_types_at_every_depth(void **state)
{
	struct definition *d = must_read(
		"- a:\n    return:\n      s: '5'\n      i: 0x1F\n      d: 1e3\n      t: True\n      n: ~\n"
		"      y: yes\n      l: [1, '${x}', {k: '${y}'}]\n      1: one\n");
	const struct tree *map = step_of(d, 0)->as.value;

	(void)state;
	assert_int_equal(map->count, 8);
	assert_int_equal(map->items[0]->constant.kind, VALUE_STRING);
	assert_int_equal(map->items[1]->constant.as.integer, 31);
	assert_int_equal(map->items[2]->constant.kind, VALUE_DOUBLE);
	assert_int_equal(map->items[3]->constant.kind, VALUE_BOOL);
	assert_int_equal(map->items[4]->constant.kind, VALUE_NULL);
	assert_int_equal(map->items[5]->constant.kind, VALUE_STRING);
	assert_int_equal(map->items[6]->items[1]->kind, TREE_EXPR);
	assert_int_equal(map->items[6]->items[2]->items[0]->kind, TREE_EXPR);
	assert_true(slice_is(value_text(map->keys[7]->constant), "1"));
	definition_free(d);
}

/* Reference, 1.3 and 1.5: official material uses such names. */
static void keywords_may_name_steps(void **state)
{
	struct definition *d =
		must_read("- assign: {assign: [{x: 1}]}\n- return: {return: 1}\n- 7: {next: end}\n");

	(void)state;
	assert_name(step_of(d, 0)->name, "assign", 1, 3);
	assert_int_equal(step_of(d, 1)->kind, STEP_RETURN);
	assert_name(step_of(d, 2)->name, "7", 3, 3);
	definition_free(d);
}

static void json_sources_are_definitions_too(void **state)
{
	struct definition *d =
		must_read("{\"main\": {\"params\": [\"a\"], \"steps\": [\n"
			  "  {\"s\": {\"assign\": [{\"m[\\\"k\\\"]\": \"${\\\"x\\\" + a}\"}]}}]}}\n");

	(void)state;
	assert_name(step_of(d, 0)->name, "s", 2, 4);
	assert_int_equal(step_of(d, 0)->as.assign.items[0].path_count, 1);
	definition_free(d);
}

static void nested_steps_group(void **state)
{
	struct definition *d =
		must_read("- g:\n    steps:\n      - a: {next: end}\n      - b: {next: end}\n    next: g\n");

	(void)state;
	assert_int_equal(step_of(d, 0)->kind, STEP_STEPS);
	assert_int_equal(step_of(d, 0)->as.steps.count, 2);
	definition_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bare_list_is_main),
		cmocka_unit_test(routines_have_parameters_with_defaults),
		cmocka_unit_test(targets_are_variables_with_a_path),
		cmocka_unit_test(calls_take_arguments_by_name_or_position),
		cmocka_unit_test(switch_entries_are_unnamed_steps),
		cmocka_unit_test(loops_go_over_lists_and_ranges),
		cmocka_unit_test(parallel_has_branches_or_a_loop),
		cmocka_unit_test(try_holds_one_unnamed_step_or_a_list),
		cmocka_unit_test(values_keep_their_types_at_every_depth),
		cmocka_unit_test(keywords_may_name_steps),
		cmocka_unit_test(json_sources_are_definitions_too),
		cmocka_unit_test(nested_steps_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
