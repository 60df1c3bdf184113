/* hints_test.c - what the hint below a mistake says: where a name lives, what was meant. */
#include "workflow/plan/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

/* The first diagnostic of a definition has this hint, or one that holds this text. */
static void assert_hint(const char *definition, const char *part)
{
	struct diags *diags = diags_new();

	plan_free(plan_read("a.yaml", slice_of(definition), diags));
	assert_true(diags_count(diags) > 0);
	if (!diags_at(diags, 0).hint || !strstr(diags_at(diags, 0).hint, part)) {
		diags_print(diags, stderr);
		fail_msg("no \"%s\" for\n%s", part, definition);
	}
	diags_free(diags);
}

#define EXPRESSION(text) "main:\n  params: [args]\n  steps:\n    - a:\n        return: '${" text "}'\n"

static void operators_of_other_languages(void **state)
{
	(void)state;
	assert_hint(EXPRESSION("true && false"), "write \"and\"");
	assert_hint(EXPRESSION("true || false"), "write \"or\"");
	assert_hint(EXPRESSION("!true"), "write \"not\"");
	assert_hint(EXPRESSION("true ? 1 : 2"), "if(condition, then, otherwise)");
	assert_hint(EXPRESSION("1 = 1"), "write \"==\"");
	assert_hint(EXPRESSION("true And false"), "write \"and\"");
	assert_hint(EXPRESSION("1 not in [1]"), "not(x in y)");
	assert_hint(EXPRESSION("None"), "write null");
	assert_hint(EXPRESSION("${1}"), "do not nest");
	assert_hint(EXPRESSION("1} and ${2"), "the whole value is one expression");
}

static void functions_of_other_languages(void **state)
{
	(void)state;
	assert_hint(EXPRESSION("str(1)"), "string(x)");
	assert_hint(EXPRESSION("list.append([], 1)"), "list.concat(l, x)");
	assert_hint(EXPRESSION("json.parse(\"1\")"), "json.decode(data)");
	assert_hint(EXPRESSION("text.splt(\"a\", \"b\")"), "did you mean \"text.split\"?");
	assert_hint(EXPRESSION("http.get(\"x\")"), "call: http.get");
	assert_hint(EXPRESSION("args(1)"), "without parentheses");
}

static void names_nearby(void **state)
{
	(void)state;
	assert_hint(EXPRESSION("arg.x"), "did you mean \"args\"?");
	assert_hint(EXPRESSION("CLASSIFY_URL"), "sys.get_env(\"CLASSIFY_URL\")");
	assert_hint(EXPRESSION("hello"), "a text stands in quotes");
	assert_hint(EXPRESSION("text.split"), "needs parentheses");
	assert_hint(EXPRESSION("main"), "parentheses");
	assert_hint("- a:\n    next: stor\n- store:\n    return: 1\n", "did you mean \"store\"?");
	assert_hint("- a:\n    next: exit\n", "\"next: end\"");
	assert_hint("- a:\n    call: http.get\n    args: {ulr: x, url: y}\n", "did you mean \"url\"?");
	assert_hint("- a:\n    call: sys.sleep\n    args: {secs: 1, seconds: 1}\n", "seconds");
}

static void where_a_variable_lives(void **state)
{
	static const char branch[] =
		"- p:\n    parallel:\n      branches:\n        - one:\n            steps:\n"
		"              - b:\n                  assign: [{x: 1}]\n"
		"        - two:\n            steps:\n              - c:\n"
		"                  assign: [{_y: '${x}'}]\n";

	(void)state;
	assert_hint("- l:\n    for:\n      value: v\n      in: [1]\n      steps:\n        - b:\n"
		    "            assign: [{x: '${v}'}]\n- c:\n    return: ${x}\n",
		    "only inside the loop of line 1");
	assert_hint(branch, "only inside the branch \"one\" of line 4");
	assert_hint("- t:\n    try: {raise: x}\n    except: {as: e, steps: [{b: {assign: [{x: 1}]}}]}\n"
		    "- c:\n    return: ${x}\n",
		    "only inside the except of the try of line 1");
	assert_hint(
		"main:\n  steps:\n    - a:\n        return: ${f() + total}\n"
		"f:\n  steps:\n    - b:\n        assign: [{total: 1}]\n    - c:\n        return: ${total}\n",
		"routine \"f\"");
}

static void what_is_shared(void **state)
{
	(void)state;
	assert_hint("- i:\n    assign: [{x: 1}, {y: 2}]\n- p:\n    parallel:\n      shared: [x]\n      for:\n"
		    "        value: v\n        in: [1]\n        steps:\n          - b:\n"
		    "              assign: [{y: '${x + v}'}]\n- c:\n    return: ${y}\n",
		    "shared: [x, y]");
}

static void which_jumps_there_are(void **state)
{
	(void)state;
	assert_hint("- l:\n    for:\n      value: v\n      in: [1]\n      steps:\n        - b:\n"
		    "            next: c\n- c:\n    return: 1\n",
		    "does not leave the loop of line 1; \"next: break\" does");
	assert_hint("- a:\n    next: c\n- g:\n    steps:\n      - c:\n          return: 1\n",
		    "jump to that one");
	assert_hint("main:\n  steps:\n    - a:\n        next: f\n    - b:\n        return: ${f()}\n"
		    "f:\n  steps:\n    - c:\n        return: 1\n",
		    "call: f");
}

static void keys_of_other_languages(void **state)
{
	(void)state;
	assert_hint("- a:\n    try: {raise: x}\n    catch: {as: e, steps: [{b: {return: 1}}]}\n",
		    "called \"except\"");
	assert_hint("- a:\n    goto: b\n- b:\n    return: 1\n", "called \"next\"");
	assert_hint("- a:\n    while: x\n", "use \"for\"");
	assert_hint("- a:\n    switch:\n      - else: b\n- b:\n    return: 1\n", "condition: true");
	assert_hint("- a:\n    retrun: 1\n", "did you mean \"return\"?");
}

static void traps_of_yaml(void **state)
{
	(void)state;
	assert_hint("- a:\n    return: ${\"x: \" + y}\n", "single quotes");
	assert_hint("- a:\n    return: [${a}, ${b}]\n", "${[a, b]}");
	assert_hint("- a:\n\treturn: 1\n", "indent with spaces");
	assert_hint("- a:\n  return: 1\n", "indent \"return\" below \"a\"");
	assert_hint("- a:\n    return: hello-${name}\n", "join the parts");
	assert_hint("- a:\n    return: ${len(\"a #b\")}\n", "begins a comment");
	assert_hint("- a:\n    return: 1\n  - b:\n", "indent");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators_of_other_languages),
		cmocka_unit_test(functions_of_other_languages),
		cmocka_unit_test(names_nearby),
		cmocka_unit_test(where_a_variable_lives),
		cmocka_unit_test(what_is_shared),
		cmocka_unit_test(which_jumps_there_are),
		cmocka_unit_test(keys_of_other_languages),
		cmocka_unit_test(traps_of_yaml),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
