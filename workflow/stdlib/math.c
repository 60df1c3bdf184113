/* math.c - math.* (reference, 5.7). */
#include "workflow/stdlib/stdlib_private.h"

#include "workflow/expr/expr.h"

#include <math.h>

static int absolute(const struct stdlib_context *context, const struct value *args, struct value *out,
		    struct value *raised)
{
	(void)context;
	if (want_number(args[0], "math.abs", "x", raised) < 0)
		return -1;
	if (args[0].kind == VALUE_DOUBLE)
		return give(out, value_double(fabs(args[0].as.number)));
	if (args[0].as.integer == INT64_MIN)
		return raise_error(raised, "ValueError", "math.abs: the result has more than 64 bits");
	return give(out, value_int(args[0].as.integer < 0 ? -args[0].as.integer : args[0].as.integer));
}

static int floor_of(const struct stdlib_context *context, const struct value *args, struct value *out,
		    struct value *raised)
{
	double whole;

	(void)context;
	if (want_number(args[0], "math.floor", "x", raised) < 0)
		return -1;
	if (args[0].kind == VALUE_INT)
		return give(out, args[0]);
	whole = floor(args[0].as.number);
	if (!(whole >= -0x1p63 && whole < 0x1p63))
		return raise_error(raised, "ValueError", "math.floor: the result has more than 64 bits");
	return give(out, value_int((int64_t)whole));
}

/* The operand that stands where `op` says, unchanged; the first of two equal ones. */
static int choose(enum expr_op op, const char *name, const struct value *args, struct value *out,
		  struct value *raised)
{
	struct value second;

	if (want_number(args[0], name, "x", raised) < 0 || want_number(args[1], name, "y", raised) < 0 ||
	    expr_binary(op, args[1], args[0], &second, raised) < 0)
		return -1;
	return give(out, second.as.boolean ? args[1] : args[0]);
}

static int maximum(const struct stdlib_context *context, const struct value *args, struct value *out,
		   struct value *raised)
{
	(void)context;
	return choose(OP_GREATER, "math.max", args, out, raised);
}

static int minimum(const struct stdlib_context *context, const struct value *args, struct value *out,
		   struct value *raised)
{
	(void)context;
	return choose(OP_LESS, "math.min", args, out, raised);
}

static const struct stdlib_param one[] = {{"x", .types = TYPE_NUMBER}};
static const struct stdlib_param two[] = {{"x", .types = TYPE_NUMBER}, {"y", .types = TYPE_NUMBER}};

static const struct stdlib_function functions[] = {
	{"math.abs", STDLIB_PURE, STDLIB_PARAMS(one), absolute, "a number without its sign", TYPE_NUMBER,
	 "ValueError: the result needs more than 64 bits", "math.abs(-3) => 3", "5.7"},
	{"math.floor", STDLIB_PURE, STDLIB_PARAMS(one), floor_of, "the largest integer that is not greater",
	 TYPE_INT, "ValueError: the result needs more than 64 bits", "math.floor(-2.5) => -3", "5.7"},
	{"math.max", STDLIB_PURE, STDLIB_PARAMS(two), maximum, "the larger of two numbers", TYPE_NUMBER, NULL,
	 "math.max(3, 7) => 7", "5.7"},
	{"math.min", STDLIB_PURE, STDLIB_PARAMS(two), minimum, "the smaller of two numbers", TYPE_NUMBER,
	 NULL, "math.min(2.5, 7) => 2.5", "5.7"},
};

STDLIB_MODULE(stdlib_math, functions);
