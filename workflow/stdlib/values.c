/* values.c - the helpers without a module: conversions, len, default, if (reference, 3.8). */
#include "lib/mem/mem.h"
#include "workflow/expr/expr.h"
#include "workflow/stdlib/stdlib_private.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Only what a decimal number is made of: no blanks, hexadecimals, "inf" or "nan". */
static bool looks_numeric(struct slice text, const char *allowed)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!text.ptr[i] || !strchr(allowed, text.ptr[i]))
			return false;
	}
	return text.len > 0 && text.len < 400;
}

static int raise_number(struct value *raised, const char *name, struct slice text)
{
	return raise_error(raised, "ValueError", "could not convert string to %s: \"%.*s\"", name,
			   SLICE_ARG(slice_sub(text, 0, 100)));
}

static int to_double(const struct stdlib_context *context, const struct value *args, struct value *out,
		     struct value *raised)
{
	struct slice text = value_text(args[0]);
	char *end;
	double number;

	(void)context;
	if (value_is_number(args[0]))
		return give(out, value_double(value_number(args[0])));
	if (args[0].kind != VALUE_STRING)
		return raise_error(raised, "TypeError",
				   "unsupported operand type for double(): '%s' (expecting number or string)",
				   raised_kind(args[0]));
	if (!looks_numeric(text, "0123456789+-.eE"))
		return raise_number(raised, "double", text);
	number = strtod(text.ptr, &end);
	if (end != text.ptr + text.len || isinf(number))
		return raise_number(raised, "double", text);
	return give(out, value_double(number));
}

static int int_of_double(double number, struct value *out, struct value *raised)
{
	double whole = trunc(number);

	if (!(whole >= -0x1p63 && whole < 0x1p63))
		return raise_error(raised, "ValueError", "int(): the number does not fit 64 bits");
	return give(out, value_int((int64_t)whole));
}

static int to_int(const struct stdlib_context *context, const struct value *args, struct value *out,
		  struct value *raised)
{
	struct slice text = value_text(args[0]);
	long long number;
	char *end;

	(void)context;
	if (args[0].kind == VALUE_INT)
		return give(out, args[0]);
	if (args[0].kind == VALUE_DOUBLE)
		return int_of_double(args[0].as.number, out, raised);
	if (args[0].kind != VALUE_STRING)
		return raise_error(raised, "TypeError",
				   "unsupported operand type for int(): '%s' (expecting number or string)",
				   raised_kind(args[0]));
	if (!looks_numeric(text, "0123456789+-"))
		return raise_number(raised, "int", text);
	errno = 0;
	number = strtoll(text.ptr, &end, 10);
	if (errno || end != text.ptr + text.len)
		return raise_number(raised, "int", text);
	return give(out, value_int(number));
}

static int to_string(const struct stdlib_context *context, const struct value *args, struct value *out,
		     struct value *raised)
{
	struct buf text;

	(void)context;
	if (args[0].kind == VALUE_STRING)
		return give(out, value_ref(args[0]));
	buf_init(&text, STDLIB_MAX_TEXT);
	if (expr_text(&text, args[0]))
		return give_text(&text, out, raised);
	buf_release(&text);
	return raise_error(
		raised, "TypeError",
		"unsupported operand type for string(): '%s' (expecting number, string, or boolean)",
		raised_kind(args[0]));
}

static int keys_of(const struct stdlib_context *context, const struct value *args, struct value *out,
		   struct value *raised)
{
	(void)context;
	if (want_map(args[0], "keys()", "map", raised) < 0)
		return -1;
	*out = value_list_new(value_len(args[0]));
	for (size_t i = 0; i < value_len(args[0]); i++)
		value_list_push(out, value_string(value_map_key(args[0], i)));
	return 0;
}

static int length(const struct stdlib_context *context, const struct value *args, struct value *out,
		  struct value *raised)
{
	(void)context;
	switch (args[0].kind) {
	case VALUE_STRING:
		return give(out, value_int((int64_t)utf8_count(value_text(args[0]))));
	case VALUE_LIST:
	case VALUE_MAP:
		return give(out, value_int((int64_t)value_len(args[0])));
	default:
		return raise_argument(raised, "len()", "x", "a list, map or string", args[0]);
	}
}

static int default_to(const struct stdlib_context *context, const struct value *args, struct value *out,
		      struct value *raised)
{
	(void)context;
	(void)raised;
	return give(out, value_ref(value_is_null(args[0]) ? args[1] : args[0]));
}

static int choose(const struct stdlib_context *context, const struct value *args, struct value *out,
		  struct value *raised)
{
	bool holds = args[0].kind == VALUE_BOOL && args[0].as.boolean;

	(void)context;
	if (args[0].kind != VALUE_BOOL && args[0].kind != VALUE_NULL)
		return raise_argument(raised, "if()", "condition", "a boolean or null", args[0]);
	return give(out, value_ref(holds ? args[1] : args[2]));
}

static int get_type(const struct stdlib_context *context, const struct value *args, struct value *out,
		    struct value *raised)
{
	(void)context;
	(void)raised;
	return give(out, value_string_z(value_kind_name(args[0].kind)));
}

static const struct stdlib_param double_params[] = {{"x", .types = TYPE_STRING | TYPE_NUMBER}};
static const struct stdlib_param string_params[] = {{"x", .types = TYPE_STRING | TYPE_NUMBER | TYPE_BOOL}};
static const struct stdlib_param len_params[] = {{"x", .types = TYPE_LIST | TYPE_MAP | TYPE_STRING}};
static const struct stdlib_param map_params[] = {{"map", .types = TYPE_MAP}};
static const struct stdlib_param default_params[] = {
	{"val", .types = TYPE_ANY},
	{"defaultVal", .types = TYPE_ANY},
};
static const struct stdlib_param if_params[] = {
	{"condition", .types = TYPE_BOOL | TYPE_NULL},
	{"ifTrue", .types = TYPE_ANY},
	{"ifFalse", .types = TYPE_ANY},
};
static const struct stdlib_param type_params[] = {{"arg", .types = TYPE_ANY}};

static const struct stdlib_function functions[] = {
	{"double", STDLIB_PURE, STDLIB_PARAMS(double_params), to_double, "a string or integer as a double",
	 TYPE_DOUBLE, "ValueError: the text is not a number", "double(\"2.50\") => 2.5", "3.8"},
	{"int", STDLIB_PURE, STDLIB_PARAMS(double_params), to_int,
	 "a string or double as an integer, cut toward zero", TYPE_INT,
	 "ValueError: the text is not an integer, or it needs more than 64 bits",
	 "int(\"17\") => 17\nint(-2.7) => -2", "3.8"},
	{"string", STDLIB_PURE, STDLIB_PARAMS(string_params), to_string, "a number or boolean as a string",
	 TYPE_STRING, NULL, "string(1.7) => \"1.7\"\nstring(true) => \"true\"", "3.8"},
	{"keys", STDLIB_PURE, STDLIB_PARAMS(map_params), keys_of, "the keys of a map, in order", TYPE_LIST,
	 NULL, "keys({\"b\": 1, \"a\": 2}) => [\"a\", \"b\"]", "3.8"},
	{"len", STDLIB_PURE, STDLIB_PARAMS(len_params), length,
	 "elements of a list or map, characters of a string", TYPE_INT, NULL,
	 "len([7, 8]) => 2\nlen(\"\u00e9t\u00e9\") => 3", "3.8"},
	{"default", STDLIB_PURE, STDLIB_PARAMS(default_params), default_to,
	 "the value, or another when it is null", TYPE_ANY, NULL,
	 "default(null, \"x\") => \"x\"\ndefault(false, \"x\") => false", "3.8"},
	{"if", STDLIB_PURE, STDLIB_PARAMS(if_params), choose,
	 "one of two values; both are evaluated, and null counts as false", TYPE_ANY, NULL,
	 "if(2 > 1, \"yes\", \"no\") => \"yes\"", "3.8"},
	{"get_type", STDLIB_PURE, STDLIB_PARAMS(type_params), get_type, "the type of a value, as a word",
	 TYPE_STRING, NULL, "get_type(5) => \"integer\"\nget_type([]) => \"list\"", "3.8"},
};

STDLIB_MODULE(stdlib_values, functions);
