/* single_test.c - workflow/syntax/single.c: one expression as a definition. */
#include "workflow/syntax/definition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct definition *read(const char *text, struct value variables, struct diags *diags)
{
	return definition_of_expression("<expression>", slice_of(text), variables, diags);
}

static void variables_are_parameters_of_its_routine(void **state)
{
	struct diags *diags = diags_new();
	struct value variables = value_map_new();
	struct definition *definition;
	const struct routine *routine;

	(void)state;
	value_put(&variables, "text", value_string_z("abc"));
	value_put(&variables, "n", value_int(7));
	definition = read("text + n", variables, diags);
	assert_non_null(definition);
	assert_int_equal(definition->routine_count, 2);
	assert_true(slice_is(definition->routines[0].name.text, "main"));
	assert_int_equal(definition->routines[0].param_count, 0);
	routine = &definition->routines[1];
	assert_int_equal(routine->param_count, 2);
	assert_true(slice_is(routine->params[0].name.text, "n"));
	assert_int_equal(routine->params[0].fallback.as.integer, 7);
	assert_true(slice_is(value_text(routine->params[1].fallback), "abc"));
	assert_int_equal(routine->body.steps[0]->kind, STEP_RETURN);
	assert_int_equal(routine->body.steps[0]->as.value->expr->kind, EXPR_BINARY);
	definition_free(definition);
	value_unref(variables);
	diags_free(diags);
}

static void the_dollar_and_its_braces_may_stand(void **state)
{
	static const char *const forms[] = {"1 + 2", "${1 + 2}", "  ${ 1 + 2 }  "};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct diags *diags = diags_new();
		struct value none = value_map_new();
		struct definition *definition = read(forms[i], none, diags);

		if (!definition)
			fail_msg("%s: %s", forms[i], diags_at(diags, 0).message);
		assert_int_equal(definition->routines[1].body.steps[0]->as.value->expr->op, OP_ADD);
		definition_free(definition);
		value_unref(none);
		diags_free(diags);
	}
}

static void a_mistake_has_its_column(void **state)
{
	struct diags *diags = diags_new();
	struct value none = value_map_new();

	(void)state;
	assert_null(read("${1 + ]}", none, diags));
	assert_int_equal(diags_errors(diags), 1);
	assert_int_equal(diags_at(diags, 0).at.line, 1);
	assert_int_equal(diags_at(diags, 0).at.column, 7);
	value_unref(none);
	diags_free(diags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_are_parameters_of_its_routine),
		cmocka_unit_test(the_dollar_and_its_braces_may_stand),
		cmocka_unit_test(a_mistake_has_its_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
