/* form_test.c - each mistake of form at its token, all of them at once (reference, sections 1, 2 and 6.6). */
#include "workflow/syntax/definition.h"

#include "lib/text/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

/* The complaints of a text, one a line: "LINE:COLUMN code". */
static void assert_complaints(const char *text, const char *expected)
{
	struct diags *diags = diags_new();
	struct definition *definition = definition_read("a.yaml", slice_of(text), diags);
	struct buf got;

	buf_init(&got, 0);
	assert_null(definition);
	for (size_t i = 0; i < diags_count(diags); i++) {
		struct diag diag = diags_at(diags, i);

		buf_printf(&got, "%d:%d %s\n", diag.at.line, diag.at.column, diag.code);
	}
	assert_string_equal(buf_text(&got), expected);
	buf_release(&got);
	diags_free(diags);
}

static void assert_hint(const char *text, const char *part)
{
	struct diags *diags = diags_new();
	struct definition *definition = definition_read("a.yaml", slice_of(text), diags);

	assert_null(definition);
	if (!diags_at(diags, 0).hint || !strstr(diags_at(diags, 0).hint, part))
		fail_msg("hint: %s", diags_at(diags, 0).hint ? diags_at(diags, 0).hint : "none");
	diags_free(diags);
}

static void the_document_is_a_list_or_a_map_of_routines(void **state)
{
	(void)state;
	assert_complaints("just text\n", "1:1 wrong-type\n");
	assert_complaints("[]\n", "1:1 empty-list\n");
	assert_complaints("other:\n  steps: [{a: {return: 1}}]\n", "1:1 missing-main\n");
	assert_complaints("main: [{a: {return: 1}}]\n", "1:7 wrong-type\n");
	assert_complaints("main: {params: [a]}\n", "1:1 missing-key\n");
	assert_complaints("main: {steps: []}\n", "1:15 empty-list\n");
	assert_complaints("main: {step: [{a: {return: 1}}]}\n", "1:8 unknown-key\n");
	assert_complaints("main: {steps: [{a: {return: 1}}]}\nmy.sub: {steps: [{a: {return: 1}}]}\n",
			  "2:1 bad-name\n");
	assert_complaints("main: {steps: [{a: {return: 1}}]}\nmain: {steps: [{b: {return: 1}}]}\n",
			  "2:1 duplicate-key\n");
	assert_hint("steps:\n  - a: {return: 1}\n", "main:");
}

static void parameters_are_few_unique_and_fixed(void **state)
{
	(void)state;
	assert_complaints("main: {params: [a, b], steps: [{a: {return: 1}}]}\n", "1:20 too-many-params\n");
	assert_complaints("main: {steps: [{a: {return: 1}}]}\n"
			  "s: {params: [a, b, c, d, e, f, g, h, i, j, k], steps: [{a: {return: 1}}]}\n",
			  "2:44 too-many-params\n");
	assert_complaints(
		"main: {steps: [{a: {return: 1}}]}\ns: {params: [a, b, a: 1], steps: [{a: {return: 1}}]}\n",
		"2:20 duplicate-name\n");
	assert_complaints("main: {steps: [{a: {return: 1}}]}\ns: {params: [a: '${b}', 1c], steps: [{a: "
			  "{return: 1}}]}\n",
			  "2:17 bad-default\n2:25 bad-name\n");
	assert_complaints("main: {params: a, steps: [{a: {return: 1}}]}\n", "1:16 wrong-type\n");
}

static void steps_are_one_name_with_a_body(void **state)
{
	(void)state;
	assert_complaints("- a\n", "1:3 wrong-type\n");
	assert_complaints("- a:\n- b: {}\n- c: 5\n", "1:3 empty-step\n2:3 empty-step\n3:6 wrong-type\n");
	assert_complaints("- a:\n  return: 1\n", "2:3 two-in-one\n");
	assert_complaints("- a: {return: 1}\n  b: {return: 2}\n", "2:3 two-in-one\n");
	assert_complaints("- a: {return: 1}\n- a: {return: 2}\n- a: {return: 3}\n",
			  "2:3 duplicate-step\n3:3 duplicate-step\n");
	assert_complaints("- a: {retrun: 1}\n", "1:7 unknown-key\n");
	assert_hint("- a: {retrun: 1}\n", "\"return\"");
	assert_hint("- a:\n  return: 1\n", "indent \"return\" below \"a\"");
}

/* Names are unique within a routine, at all levels, branches included; not across routines. */
static void names_are_unique_within_a_routine(void **state)
{
	struct diags *diags = diags_new();
	struct definition *definition;

	(void)state;
	assert_complaints("- a: {steps: [{b: {return: 1}}]}\n- b: {return: 2}\n", "2:3 duplicate-step\n");
	assert_complaints("- p:\n    parallel:\n      branches:\n        - x: {steps: [{y: {next: end}}]}\n"
			  "        - y: {steps: [{z: {next: end}}]}\n",
			  "5:11 duplicate-step\n");
	definition = definition_read(
		"a.yaml", SLICE("main: {steps: [{a: {return: 1}}]}\nsub: {steps: [{a: {return: 1}}]}\n"),
		diags);
	assert_non_null(definition);
	definition_free(definition);
	diags_free(diags);
}

/* The table of 1.4. */
static void keys_that_do_not_go_together(void **state)
{
	(void)state;
	assert_complaints("- a: {assign: [{x: 1}], call: f}\n", "1:25 two-actions\n");
	assert_complaints("- a: {return: 1, raise: 2, next: end}\n", "1:18 two-actions\n1:28 stray-key\n");
	assert_complaints("- a: {assign: [{x: 1}], args: {}, result: r}\n",
			  "1:25 stray-key\n");
	assert_complaints(
		"- a: {call: f, retry: '${http.default_retry}', except: {steps: [{b: {return: 1}}]}}\n",
		"1:16 stray-key\n");
	assert_complaints("- a: {raise: x, next: b}\n", "1:17 stray-key\n");
	assert_complaints("- a: {return: x, next: b}\n", "1:18 stray-key\n");
	assert_complaints("- a: {call: f, condition: true}\n", "1:16 unknown-key\n");
}

static void assignments_are_a_list_of_single_targets(void **state)
{
	(void)state;
	assert_complaints("- a: {assign: {x: 1}}\n", "1:15 wrong-type\n");
	assert_complaints("- a: {assign: []}\n", "1:15 empty-list\n");
	assert_complaints("- a:\n    assign:\n      - x: 1\n        y: 2\n", "4:9 two-in-one\n");
	assert_complaints("- a: {assign: [{'${x}': 1}]}\n", "1:17 bad-target\n");
	assert_complaints("- a: {assign: [{'f(x)': 1}]}\n", "1:17 bad-target\n");
	assert_complaints("- a: {assign: [{1abc: 1}]}\n", "1:17 expression-syntax\n");
	assert_complaints("- a: {assign: [{'x[': 1}]}\n", "1:20 expression-syntax\n");
	assert_complaints("- a: {assign: [{x: '${y +}'}]}\n", "1:26 expression-syntax\n");
}

static void limits_of_the_source_hold(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, 0);
	buf_add_text(&text, "- a:\n    assign:\n");
	for (int i = 0; i < 51; i++)
		buf_printf(&text, "      - x: %d\n", i);
	assert_complaints(buf_text(&text), "53:9 too-many-assignments\n");
	buf_clear(&text);
	buf_add_text(&text, "- a:\n    switch:\n");
	for (int i = 0; i < 51; i++)
		buf_add_text(&text, "      - condition: true\n");
	assert_complaints(buf_text(&text), "53:9 too-many-conditions\n");
	buf_clear(&text);
	buf_add_text(&text, "- a:\n    parallel:\n      branches:\n");
	for (int i = 0; i < 11; i++)
		buf_printf(&text, "        - b%d: {steps: [{s%d: {next: end}}]}\n", i, i);
	assert_complaints(buf_text(&text), "14:11 too-many-branches\n");
	buf_clear(&text);
	buf_add_text(&text, "- a: {return: 1}\n#");
	while (text.len <= LIMIT_SOURCE_BYTES)
		buf_add_char(&text, 'x');
	assert_complaints(buf_text(&text), "0:0 source-size\n");
	buf_release(&text);
}

static void calls_are_literal_names(void **state)
{
	(void)state;
	assert_complaints("- a: {call: '${f}'}\n", "1:13 wrong-type\n");
	assert_complaints("- a: {call: 5, args: text, result: m.k}\n",
			  "1:13 wrong-type\n1:22 wrong-type\n1:36 bad-name\n");
	assert_complaints("- a: {call: f, args: {'${k}': 1}}\n", "1:23 wrong-type\n");
	assert_complaints("- a:\n    call: f\n    args:\n", "3:10 wrong-type\n");
}

static void switches_need_conditions(void **state)
{
	(void)state;
	assert_complaints("- a: {switch: {condition: true}}\n", "1:15 wrong-type\n");
	assert_complaints("- a:\n    switch:\n      - next: end\n", "3:9 missing-key\n");
	assert_complaints("- a:\n    switch:\n      - condition: x > 1\n        next: end\n",
			  "3:20 wrong-type\n");
	assert_hint("- a:\n    switch:\n      - condition: x > 1\n        next: end\n", "${x > 1}");
	assert_complaints("- a:\n    switch:\n      - condition: true\n        steps: []\n        nxt: b\n",
			  "4:16 empty-list\n5:9 unknown-key\n");
	assert_complaints("- a: {switch: [{condition: true, next: '${b}'}]}\n", "1:40 wrong-type\n");
}

static void loops_need_value_steps_and_one_source(void **state)
{
	(void)state;
	assert_complaints("- a: {for: {in: '${x}'}}\n", "1:7 missing-key\n1:7 missing-key\n");
	assert_complaints("- a: {for: {value: v, steps: [{b: {next: end}}]}}\n", "1:7 missing-key\n");
	assert_complaints("- a: {for: {value: v, in: [1], range: [1, 2], steps: [{b: {next: end}}]}}\n",
			  "1:32 two-sources\n");
	assert_complaints("- a: {for: {value: v, range: [1], steps: [{b: {next: end}}]}}\n",
			  "1:30 bad-range\n");
	assert_complaints("- a: {for: {value: v, in: xs, steps: [{b: {next: end}}]}}\n", "1:27 wrong-type\n");
	assert_complaints("- a: {for: {value: v, index: v, in: [1], steps: [{b: {next: end}}]}}\n",
			  "1:30 duplicate-name\n");
	assert_complaints("- a: {for: {value: true, in: [1], steps: [{b: {next: end}}]}}\n",
			  "1:20 bad-name\n");
}

static void parallel_needs_branches_or_for(void **state)
{
	(void)state;
	assert_complaints("- a: {parallel: {shared: [x]}}\n", "1:7 missing-key\n");
	assert_complaints("- a: {parallel: {for: {value: v, in: [1], steps: [{b: {next: end}}]}, "
			  "branches: [{c: {steps: [{d: {next: end}}]}}]}}\n",
			  "1:71 two-sources\n");
	assert_complaints("- a: {parallel: {exception_policy: unhandled, concurrency_limit: 0, shared: x, "
			  "branches: [{c: {steps: [{d: {next: end}}]}}]}}\n",
			  "1:36 bad-value\n1:66 bad-value\n1:77 wrong-type\n");
	assert_complaints("- a: {parallel: {concurrency_limit: two, branches: [{c: {next: end}}]}}\n",
			  "1:37 wrong-type\n1:58 unknown-key\n");
}

static void try_needs_retry_or_except(void **state)
{
	(void)state;
	assert_complaints("- a: {try: {call: f}}\n", "1:7 missing-key\n");
	assert_complaints("- a: {try: {call: f}, retry: http.default_retry}\n", "1:30 wrong-type\n");
	assert_complaints("- a: {try: {call: f}, retry: {max_retries: -1}}\n",
			  "1:23 missing-key\n1:44 bad-value\n");
	assert_complaints("- a: {try: {call: f}, retry: {predicate: '${p}', max_retries: 3, backof: {}}}\n",
			  "1:66 unknown-key\n");
	assert_complaints("- a: {try: {call: f}, except: {as: e}}\n", "1:23 missing-key\n");
	assert_complaints("- a: {try: {call: f}, except: {as: 'e.x', steps: [{b: {return: 1}}]}}\n",
			  "1:36 bad-name\n");
	assert_complaints("- a: {try: {}, retry: '${http.default_retry}'}\n", "1:12 empty-step\n");
}

/* The page "Known issues". */
static void a_for_directly_under_try_is_refused_as_documented(void **state)
{
	const char *text = "- a:\n    try:\n      for: {value: v, in: [1], steps: [{b: {next: continue}}]}\n"
			   "    retry: ${http.default_retry}\n";

	(void)state;
	assert_complaints(text, "3:7 unnamed-for\n");
	assert_hint(text, "steps:");
}

static void targets_of_next_are_literal(void **state)
{
	(void)state;
	assert_complaints("- a: {next: '${b}'}\n- c: {next: [b]}\n- d: {next: }\n",
			  "1:13 wrong-type\n2:13 wrong-type\n3:13 wrong-type\n");
}

static void everything_wrong_is_reported_at_once_in_source_order(void **state)
{
	(void)state;
	assert_complaints(
		"main:\n  steps:\n    - a:\n        assign:\n          - x: ${1 +}\n          - 2y: 1\n"
		"    - b:\n        cal: f\n    - a:\n        return: ${}\nsub:\n  stps: []\n",
		"5:21 expression-syntax\n6:13 expression-syntax\n8:9 unknown-key\n9:7 duplicate-step\n"
		"10:19 expression-empty\n12:3 unknown-key\n");
}

/* Duplicate keys do not hide the rest. */
static void duplicate_keys_are_reported_with_the_rest(void **state)
{
	(void)state;
	assert_complaints("- a:\n    return: 1\n    return: 2\n- b: {retrun: 1}\n",
			  "3:5 duplicate-key\n4:7 unknown-key\n");
}

/* Reference, 1.6: such text deploys and stays text; hardly anybody means it. */
static void text_around_an_expression_is_only_warned_about(void **state)
{
	struct diags *diags = diags_new();
	struct definition *definition =
		definition_read("a.yaml", SLICE("- a:\n    return: hello-${name}\n"), diags);

	(void)state;
	assert_non_null(definition);
	assert_int_equal(diags_errors(diags), 0);
	assert_int_equal(diags_warnings(diags), 1);
	assert_string_equal(diags_at(diags, 0).code, "not-an-expression");
	assert_int_equal(diags_at(diags, 0).at.column, 19);
	definition_free(definition);
	diags_free(diags);
}

/* 128 KB of text with an alias in each of thousands of places, each to a large list. */
static void aliases_do_not_multiply_the_work(void **state)
{
	struct diags *diags = diags_new();
	struct buf text;

	(void)state;
	buf_init(&text, 0);
	buf_add_text(&text, "- a:\n    return: &x [");
	for (int i = 0; i < 1000; i++)
		buf_add_text(&text, "'${a + b}', ");
	buf_add_text(&text, "1]\n- b:\n    return: [");
	for (int i = 0; i < 900; i++)
		buf_add_text(&text, "*x, ");
	buf_add_text(&text, "1]\n");
	assert_null(definition_read("a.yaml", buf_slice(&text), diags));
	assert_int_equal(diags_errors(diags), 1);
	assert_string_equal(diags_at(diags, 0).code, "yaml-limit");
	buf_release(&text);
	diags_free(diags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_document_is_a_list_or_a_map_of_routines),
		cmocka_unit_test(parameters_are_few_unique_and_fixed),
		cmocka_unit_test(steps_are_one_name_with_a_body),
		cmocka_unit_test(names_are_unique_within_a_routine),
		cmocka_unit_test(keys_that_do_not_go_together),
		cmocka_unit_test(assignments_are_a_list_of_single_targets),
		cmocka_unit_test(limits_of_the_source_hold),
		cmocka_unit_test(calls_are_literal_names),
		cmocka_unit_test(switches_need_conditions),
		cmocka_unit_test(loops_need_value_steps_and_one_source),
		cmocka_unit_test(parallel_needs_branches_or_for),
		cmocka_unit_test(try_needs_retry_or_except),
		cmocka_unit_test(a_for_directly_under_try_is_refused_as_documented),
		cmocka_unit_test(targets_of_next_are_literal),
		cmocka_unit_test(everything_wrong_is_reported_at_once_in_source_order),
		cmocka_unit_test(duplicate_keys_are_reported_with_the_rest),
		cmocka_unit_test(text_around_an_expression_is_only_warned_about),
		cmocka_unit_test(aliases_do_not_multiply_the_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
