/* stdlib_test.c - the table holds together, and holds what the reference lists (section 5, 3.7 and 3.8). */
#include "workflow/stdlib/stdlib.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static bool is_listed(const char *name, const char *const names[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

static void exactly_the_documented_functions_are_there(void **state)
{
	static const char *const names[] = {
		"base64.decode",
		"base64.encode",
		"events.create_callback_endpoint",
		"events.await_callback",
		"experimental.executions.run",
		"hash.compute_checksum",
		"hash.compute_hmac",
		"http.get",
		"http.delete",
		"http.patch",
		"http.post",
		"http.put",
		"http.request",
		"http.default_retry_predicate",
		"http.default_retry_predicate_non_idempotent",
		"json.decode",
		"json.encode",
		"json.encode_to_string",
		"list.concat",
		"list.prepend",
		"map.get",
		"map.delete",
		"map.merge",
		"map.merge_nested",
		"math.abs",
		"math.floor",
		"math.max",
		"math.min",
		"retry.always",
		"retry.never",
		"sys.get_env",
		"sys.log",
		"sys.now",
		"sys.sleep",
		"sys.sleep_until",
		"time.format",
		"time.parse",
		"uuid.generate",
		"text.decode",
		"text.encode",
		"text.find_all",
		"text.find_all_regex",
		"text.match_regex",
		"text.replace_all",
		"text.replace_all_regex",
		"text.split",
		"text.substring",
		"text.to_lower",
		"text.to_upper",
		"text.url_decode",
		"text.url_encode",
		"text.url_encode_plus",
		"double",
		"int",
		"string",
		"keys",
		"len",
		"default",
		"if",
		"get_type",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!stdlib_find(slice_of(names[i])))
			fail_msg("no %s", names[i]);
	}
	for (size_t i = 0; stdlib_at(i); i++) {
		if (!is_listed(stdlib_at(i)->name, names, sizeof(names) / sizeof(names[0])))
			fail_msg("%s is in no document", stdlib_at(i)->name);
	}
}

static void every_row_is_complete(void **state)
{
	const struct stdlib_function *function;

	(void)state;
	for (size_t i = 0; (function = stdlib_at(i)); i++) {
		bool optional = false;

		assert_ptr_equal(stdlib_find(slice_of(function->name)), function);
		assert_true(strlen(function->summary) > 0);
		assert_true(function->param_count <= STDLIB_MAX_PARAMS);
		assert_true((function->call == NULL) == (function->kind == STDLIB_OBSERVE));
		for (size_t p = 0; p < function->param_count; p++) {
			if (optional && !function->params[p].optional)
				fail_msg("%s: a required parameter after an optional one", function->name);
			optional = function->params[p].optional;
		}
	}
}

/* The list of 3.7. */
static void blocking_functions_are_those_that_wait(void **state)
{
	static const char *const blocking[] = {"http.get", "http.request", "http.post",
					       "sys.log",  "sys.sleep",    "sys.sleep_until"};
	static const char *const others[] = {"sys.now", "uuid.generate", "sys.get_env",
					     "len",     "text.split",    "http.default_retry_predicate"};

	(void)state;
	for (size_t i = 0; i < sizeof(blocking) / sizeof(blocking[0]); i++)
		assert_true(stdlib_is_blocking(stdlib_find(slice_of(blocking[i]))));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(stdlib_is_blocking(stdlib_find(slice_of(others[i]))));
}

static void modules_are_first_words(void **state)
{
	(void)state;
	assert_true(stdlib_is_module(SLICE("text")));
	assert_true(stdlib_is_module(SLICE("http")));
	assert_false(stdlib_is_module(SLICE("tex")));
	assert_false(stdlib_is_module(SLICE("len")));
	assert_false(stdlib_is_module(SLICE("text.split")));
	assert_false(stdlib_is_module(SLICE("")));
}

static void a_typing_mistake_finds_its_function(void **state)
{
	(void)state;
	assert_string_equal(stdlib_nearest(SLICE("text.spilt"))->name, "text.split");
	assert_string_equal(stdlib_nearest(SLICE("http.gets"))->name, "http.get");
	assert_null(stdlib_nearest(SLICE("completely.different")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exactly_the_documented_functions_are_there),
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(blocking_functions_are_those_that_wait),
		cmocka_unit_test(modules_are_first_words),
		cmocka_unit_test(a_typing_mistake_finds_its_function),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
