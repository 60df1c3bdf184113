/* describe_test.c - the table of functions is complete, its examples are true, FUNCTIONS.md is what it says. */
#include "workflow/stdlib/describe.h"

#include "lib/json/json.h"
#include "workflow/engine/run.h"
#include "workflow/plan/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void every_row_is_complete(void **state)
{
	const struct stdlib_function *function;

	(void)state;
	for (size_t i = 0; (function = stdlib_at(i)); i++) {
		if (!function->summary || !function->returns || !function->example || !function->section)
			fail_msg("%s lacks its summary, returns, example or section", function->name);
		for (size_t p = 0; p < function->param_count; p++) {
			if (!function->params[p].types)
				fail_msg("%s: parameter %s has no types", function->name,
					 function->params[p].name);
		}
	}
}

/* ---- examples in expressions: a world that gives time, chance and an address */

static int64_t append(void *ctx, struct run *run, const struct event *event)
{
	(void)ctx;
	(void)run;
	(void)event;
	return 0;
}

static void nothing(void *ctx, struct effect *effect)
{
	(void)ctx;
	(void)effect;
}

static int64_t wall_us(void *ctx)
{
	(void)ctx;
	return 1700000000000000;
}

static void random_bytes(void *ctx, unsigned char bytes[16])
{
	(void)ctx;
	memset(bytes, 0xa5, 16);
}

static int listen_here(void *ctx, struct run *run, struct buf *base, struct error *err)
{
	(void)ctx;
	(void)run;
	(void)err;
	return buf_add_text(base, "http://127.0.0.1:1");
}

static const struct run_host host = {.append = append,
				     .perform = nothing,
				     .abandon = nothing,
				     .wall_us = wall_us,
				     .random = random_bytes,
				     .listen = listen_here};

static void check_expression(const char *name, struct slice text, struct slice expected)
{
	struct run_options options = {.env = value_map_new(), .limits = limits_default(), .id = "x", .host = &host};
	struct definition *definition;
	struct diags *diags = diags_new();
	struct value none = value_map_new();
	struct error err = {0};
	struct value wanted;
	struct plan *plan;
	struct run *run;
	struct buf got;

	definition = definition_of_expression("example", text, none, diags);
	plan = definition ? plan_build(definition, diags) : NULL;
	if (!plan)
		fail_msg("%s: %.*s: %s", name, SLICE_ARG(text), diags_at(diags, 0).message);
	if (json_read(expected, &wanted, &err) < 0)
		fail_msg("%s: the result %.*s: %s", name, SLICE_ARG(expected), err.message);
	run = run_new(plan, &options);
	buf_init(&got, 0);
	if (run_begin(run) != RUN_RETURNED)
		fail_msg("%s: %.*s raises", name, SLICE_ARG(text));
	json_write(&got, run_result(run));
	if (run_result(run).kind != wanted.kind || !value_equal(run_result(run), wanted))
		fail_msg("%s: %.*s gives %s, not %.*s", name, SLICE_ARG(text), buf_text(&got), SLICE_ARG(expected));
	buf_release(&got);
	run_free(run);
	plan_free(plan);
	diags_free(diags);
	value_unref(options.env);
	value_unref(none);
	value_unref(wanted);
}

static void examples_in_expressions_give_what_they_say(void **state)
{
	const struct stdlib_function *function;

	(void)state;
	for (size_t i = 0; (function = stdlib_at(i)); i++) {
		struct slice rest = slice_of(function->example);

		while (!stdlib_is_blocking(function) && rest.len) {
			size_t end = slice_find(rest, SLICE("\n"), 0);
			struct slice line = slice_sub(rest, 0, end);
			size_t arrow = slice_find(line, SLICE(" => "), 0);

			if (arrow == SIZE_MAX || slice_find(line, slice_of(function->name), 0) == SIZE_MAX)
				fail_msg("%s: no example: %.*s", function->name, SLICE_ARG(line));
			check_expression(function->name, slice_sub(line, 0, arrow),
					 slice_sub(line, arrow + 4, line.len));
			rest = end == SIZE_MAX ? (struct slice){0} : slice_sub(rest, end + 1, rest.len);
		}
	}
}

/* The body of a step, four columns further in. */
static void examples_of_steps_are_valid(void **state)
{
	const struct stdlib_function *function;

	(void)state;
	for (size_t i = 0; (function = stdlib_at(i)); i++) {
		struct diags *diags = diags_new();
		const char *line = function->example;
		struct plan *plan;
		struct buf source;

		buf_init(&source, 0);
		buf_add_text(&source, "- given: {assign: [{callback: null}, {given: null}]}\n- example:\n");
		while (stdlib_is_blocking(function) && *line) {
			size_t length = strcspn(line, "\n");

			buf_printf(&source, "    %.*s\n", (int)length, line);
			line += length + (line[length] == '\n');
		}
		if (stdlib_is_blocking(function)) {
			assert_non_null(strstr(buf_text(&source), function->name));
			plan = plan_read("example.yaml", buf_slice(&source), diags);
			if (!plan)
				fail_msg("%s: %s", function->name, diags_at(diags, 0).message);
			plan_free(plan);
		}
		buf_release(&source);
		diags_free(diags);
	}
}

static void check_signature(const char *name, const char *expected)
{
	struct buf text;

	buf_init(&text, 0);
	stdlib_signature(stdlib_find(slice_of(name)), &text);
	assert_string_equal(buf_text(&text), expected);
	buf_release(&text);
}

static void signatures_say_types_and_defaults(void **state)
{
	(void)state;
	check_signature("text.split", "text.split(source: string, separator: string) -> list");
	check_signature("base64.decode", "base64.decode(data: string, padding: boolean = true) -> bytes");
	check_signature("text.decode", "text.decode(data: bytes, charset: string = \"UTF-8\") -> string");
	check_signature("sys.get_env", "sys.get_env(name: string, default?: string) -> null|string");
	check_signature("sys.now", "sys.now() -> double");
	check_signature("math.max", "math.max(x: number, y: number) -> number");
}

static void functions_md_is_what_the_table_says(void **state)
{
	char *wanted = NULL;
	char *found = NULL;
	size_t wanted_size, found_size;
	FILE *out = open_memstream(&wanted, &wanted_size);
	FILE *file = fopen("workflow/stdlib/FUNCTIONS.md", "r");

	(void)state;
	stdlib_describe_all(out);
	fclose(out);
	assert_non_null(file);
	found = calloc(1, wanted_size + 2);
	found_size = fread(found, 1, wanted_size + 1, file);
	fclose(file);
	for (size_t i = 0; i <= wanted_size; i++) {
		if (wanted[i] != found[i])
			fail_msg("workflow/stdlib/FUNCTIONS.md differs at byte %zu of %zu from what "
				 "`lexflow help functions --markdown` writes: write it again",
				 i, found_size);
	}
	assert_int_equal(found_size, wanted_size);
	free(wanted);
	free(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(examples_in_expressions_give_what_they_say),
		cmocka_unit_test(examples_of_steps_are_valid),
		cmocka_unit_test(signatures_say_types_and_defaults),
		cmocka_unit_test(functions_md_is_what_the_table_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
