/*
 * library.h - a call of the library as one line of a test: arguments and result are JSON.
 *
 * A string "b:TEXT" stands for the bytes TEXT (with JSON's escapes), as an argument and in a result. "!Tag"
 * as the expected result means an error with that tag.
 */
#ifndef TESTS_UNIT_WORKFLOW_STDLIB_LIBRARY_H
#define TESTS_UNIT_WORKFLOW_STDLIB_LIBRARY_H

#include "lib/json/json.h"
#include "workflow/expr/raised.h"
#include "workflow/stdlib/stdlib.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* "b:..." strings, at any depth, become bytes. */
static inline struct value with_bytes(struct value taken)
{
	struct slice text = value_text(taken);
	struct value bytes;

	if (taken.kind == VALUE_STRING && slice_starts(text, SLICE("b:"))) {
		bytes = value_bytes(slice_sub(text, 2, text.len));
		value_unref(taken);
		return bytes;
	}
	for (size_t i = 0; taken.kind == VALUE_LIST && i < value_len(taken); i++) {
		struct value *item = value_list_change(&taken, i);

		*item = with_bytes(*item);
	}
	for (size_t i = 0; taken.kind == VALUE_MAP && i < value_len(taken); i++) {
		struct value *member = value_map_change(&taken, value_map_key(taken, i));

		*member = with_bytes(*member);
	}
	return taken;
}

static inline struct value read_json(const char *text)
{
	struct error err = {0};
	struct value v;

	if (json_read(slice_of(text), &v, &err) < 0)
		fail_msg("%s: %s", text, err.message);
	return with_bytes(v);
}

/* Call a function by name with the arguments of a JSON list; what is left out gets its default. */
static inline int call_library(const char *name, const char *args, struct value *out, struct value *raised)
{
	const struct stdlib_function *function = stdlib_find(slice_of(name));
	struct value values[STDLIB_MAX_PARAMS];
	struct stdlib_context context = {0};
	struct value list = read_json(args);
	int result;

	if (!function)
		fail_msg("no function %s", name);
	assert_true(value_len(list) <= function->param_count);
	for (size_t i = 0; i < function->param_count; i++) {
		if (i >= value_len(list) && !function->params[i].optional)
			fail_msg("%s needs %s", name, function->params[i].name);
		values[i] = i < value_len(list) ? *value_list_at(list, i) : function->params[i].fallback;
	}
	context.env = read_json("{\"NAME\": \"value\", \"EMPTY\": \"\"}");
	result = function->call(&context, values, out, raised);
	value_unref(context.env);
	value_unref(list);
	return result;
}

static inline void check(const char *name, const char *args, const char *expected)
{
	struct value out = value_null();
	struct value raised = value_null();
	struct buf got;
	struct value wanted;

	buf_init(&got, 0);
	if (call_library(name, args, &out, &raised) < 0) {
		json_write(&got, raised);
		if (expected[0] != '!' || !raised_has_tag(raised, expected + 1))
			fail_msg("%s%s raised %s, not %s", name, args, buf_text(&got), expected);
		value_unref(raised);
		buf_release(&got);
		return;
	}
	json_write(&got, out);
	if (expected[0] == '!')
		fail_msg("%s%s gave %s, no %s", name, args, buf_text(&got), expected);
	wanted = read_json(expected);
	if (out.kind != wanted.kind || !value_equal(out, wanted))
		fail_msg("%s%s gave %s, not %s", name, args, buf_text(&got), expected);
	value_unref(wanted);
	value_unref(out);
	buf_release(&got);
}

struct library_case {
	const char *name, *args, *expected;
};

#define CHECK_ALL(cases)                                                                           \
	for (size_t case_index = 0; case_index < sizeof(cases) / sizeof((cases)[0]); case_index++) \
	check((cases)[case_index].name, (cases)[case_index].args, (cases)[case_index].expected)

#endif
