/* operators.c - what the operators do (reference, 3.5 and 3.6). */
#include "workflow/expr/expr.h"

#include "lib/json/json.h"
#include "workflow/expr/raised.h"

#include <math.h>

const char *expr_op_name(enum expr_op op)
{
	static const char *const names[] = {
		[OP_NOT] = "not",       [OP_NEGATE] = "-",        [OP_MULTIPLY] = "*",
		[OP_DIVIDE] = "/",      [OP_FLOOR_DIVIDE] = "//", [OP_REMAINDER] = "%",
		[OP_ADD] = "+",         [OP_SUBTRACT] = "-",      [OP_LESS] = "<",
		[OP_LESS_EQUAL] = "<=", [OP_GREATER] = ">",       [OP_GREATER_EQUAL] = ">=",
		[OP_EQUAL] = "==",      [OP_NOT_EQUAL] = "!=",    [OP_IN] = "in",
		[OP_AND] = "and",       [OP_OR] = "or",
	};

	return names[op];
}

static int raise_operands(enum expr_op op, struct value left, struct value right, struct value *raised)
{
	return raise_error(raised, "TypeError", "unsupported operand types for %s: '%s' and '%s'",
			   expr_op_name(op), raised_kind(left), raised_kind(right));
}

static int raise_overflow(enum expr_op op, struct value *raised)
{
	return raise_error(raised, "ValueError", "integer overflow in %s: the result has more than 64 bits",
			   expr_op_name(op));
}

static int give(struct value *out, struct value taken)
{
	*out = taken;
	return 0;
}

/* ---- text */

bool expr_text(struct buf *out, struct value v)
{
	switch (v.kind) {
	case VALUE_STRING:
		buf_add_slice(out, value_text(v));
		return true;
	case VALUE_INT:
		buf_printf(out, "%lld", (long long)v.as.integer);
		return true;
	case VALUE_BOOL:
		buf_add_text(out, v.as.boolean ? "true" : "false");
		return true;
	case VALUE_DOUBLE:
		if (isnan(v.as.number))
			buf_add_text(out, "NaN");
		else if (isinf(v.as.number))
			buf_add_text(out, v.as.number > 0 ? "Infinity" : "-Infinity");
		else
			json_write_double(out, v.as.number);
		return true;
	default:
		return false;
	}
}

static int join(struct value left, struct value right, struct value *out, struct value *raised)
{
	struct buf text;
	int result;

	buf_init(&text, 0);
	if (!expr_text(&text, left) || !expr_text(&text, right))
		result = raise_operands(OP_ADD, left, right, raised);
	else if (text.full)
		result = raise_error(raised, "ResourceLimitError", "string too long");
	else
		result = give(out, value_string(buf_slice(&text)));
	buf_release(&text);
	return result;
}

/* ---- arithmetic */

static int64_t floor_quotient(int64_t a, int64_t b)
{
	return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* Takes the divisor's sign, so that a == (a // b) * b + a % b. */
static int64_t floor_remainder(int64_t a, int64_t b)
{
	int64_t rest = b == -1 ? 0 : a % b; /* INT64_MIN % -1 traps */

	return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

static double floor_remainder_double(double a, double b)
{
	double rest = fmod(a, b);

	return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

/* By the remainder, which is exact: 1.0 / 0.1 rounds up to 10, but 0.1 is a little more than a tenth and goes
 * into 1.0 nine times. What the quotient is then short of a whole number is rounding. */
static double floor_quotient_double(double a, double b)
{
	double rest = fmod(a, b);
	double quotient = (a - rest) / b - (rest != 0 && (rest < 0) != (b < 0));
	double whole = floor(quotient);

	if (isnan(quotient)) /* infinity divided */
		return floor(a / b);
	return quotient - whole > 0.5 ? whole + 1 : whole;
}

static int int_arithmetic(enum expr_op op, int64_t a, int64_t b, struct value *out, struct value *raised)
{
	int64_t result = 0;
	bool overflow = false;

	switch (op) {
	case OP_ADD:
		overflow = __builtin_add_overflow(a, b, &result);
		break;
	case OP_SUBTRACT:
		overflow = __builtin_sub_overflow(a, b, &result);
		break;
	case OP_MULTIPLY:
		overflow = __builtin_mul_overflow(a, b, &result);
		break;
	case OP_DIVIDE:
		return give(out, value_double((double)a / (double)b));
	case OP_FLOOR_DIVIDE:
		overflow = a == INT64_MIN && b == -1;
		result = overflow ? 0 : floor_quotient(a, b);
		break;
	default:
		result = floor_remainder(a, b);
		break;
	}
	return overflow ? raise_overflow(op, raised) : give(out, value_int(result));
}

static double double_arithmetic(enum expr_op op, double a, double b)
{
	switch (op) {
	case OP_ADD:
		return a + b;
	case OP_SUBTRACT:
		return a - b;
	case OP_MULTIPLY:
		return a * b;
	case OP_DIVIDE:
		return a / b;
	case OP_FLOOR_DIVIDE:
		return floor_quotient_double(a, b);
	default:
		return floor_remainder_double(a, b);
	}
}

static int arithmetic(enum expr_op op, struct value left, struct value right, struct value *out,
		      struct value *raised)
{
	bool divides = op == OP_DIVIDE || op == OP_FLOOR_DIVIDE || op == OP_REMAINDER;

	if (!value_is_number(left) || !value_is_number(right))
		return raise_operands(op, left, right, raised);
	if (divides && value_number(right) == 0)
		return raise_error(raised, "ZeroDivisionError", "division by zero: '%s' %s '%s'",
				   raised_kind(left), expr_op_name(op), raised_kind(right));
	if (left.kind == VALUE_INT && right.kind == VALUE_INT)
		return int_arithmetic(op, left.as.integer, right.as.integer, out, raised);
	return give(out, value_double(double_arithmetic(op, value_number(left), value_number(right))));
}

static int add(struct value left, struct value right, struct value *out, struct value *raised)
{
	if (left.kind == VALUE_STRING || right.kind == VALUE_STRING)
		return join(left, right, out, raised);
	return arithmetic(OP_ADD, left, right, out, raised);
}

/* ---- comparison */

enum order { ORDER_LESS = -1, ORDER_SAME, ORDER_GREATER, ORDER_NONE };

static enum order order_of(double a, double b)
{
	if (isnan(a) || isnan(b))
		return ORDER_NONE;
	return a < b ? ORDER_LESS : a > b ? ORDER_GREATER : ORDER_SAME;
}

/* Without rounding the int: 2^53 + 1 is greater than 2^53 as a double. */
static enum order order_int_double(int64_t a, double b)
{
	int64_t whole;

	if (isnan(b))
		return ORDER_NONE;
	if (b >= 0x1p63)
		return ORDER_LESS;
	if (b < -0x1p63)
		return ORDER_GREATER;
	whole = (int64_t)b;
	if (a != whole)
		return a < whole ? ORDER_LESS : ORDER_GREATER;
	return order_of(0, b - (double)whole);
}

static enum order order_numbers(struct value left, struct value right)
{
	enum order reversed;

	if (left.kind == VALUE_DOUBLE && right.kind == VALUE_DOUBLE)
		return order_of(left.as.number, right.as.number);
	if (left.kind == VALUE_INT && right.kind == VALUE_DOUBLE)
		return order_int_double(left.as.integer, right.as.number);
	if (left.kind == VALUE_DOUBLE) {
		reversed = order_int_double(right.as.integer, left.as.number);
		if (reversed == ORDER_NONE || reversed == ORDER_SAME)
			return reversed;
		return reversed == ORDER_LESS ? ORDER_GREATER : ORDER_LESS;
	}
	if (left.as.integer == right.as.integer)
		return ORDER_SAME;
	return left.as.integer < right.as.integer ? ORDER_LESS : ORDER_GREATER;
}

static int compare(enum expr_op op, struct value left, struct value right, struct value *out,
		   struct value *raised)
{
	enum order order;
	bool holds;

	if (value_is_number(left) && value_is_number(right)) {
		order = order_numbers(left, right);
	} else if (left.kind == VALUE_STRING && right.kind == VALUE_STRING) {
		int bytes = slice_compare(value_text(left), value_text(right));

		order = bytes < 0 ? ORDER_LESS : bytes > 0 ? ORDER_GREATER : ORDER_SAME;
	} else {
		return raise_operands(op, left, right, raised);
	}
	switch (op) {
	case OP_LESS:
		holds = order == ORDER_LESS;
		break;
	case OP_LESS_EQUAL:
		holds = order == ORDER_LESS || order == ORDER_SAME;
		break;
	case OP_GREATER:
		holds = order == ORDER_GREATER;
		break;
	default:
		holds = order == ORDER_GREATER || order == ORDER_SAME;
		break;
	}
	return give(out, value_bool(holds));
}

/* `left` levels of nesting may still be entered. */
static bool fits_depth(struct value v, int left)
{
	if (v.kind != VALUE_LIST && v.kind != VALUE_MAP)
		return true;
	if (left == 0)
		return false;
	for (size_t i = 0; i < value_len(v); i++) {
		if (!fits_depth(v.kind == VALUE_LIST ? *value_list_at(v, i) : *value_map_at(v, i), left - 1))
			return false;
	}
	return true;
}

static bool is_container(struct value v)
{
	return v.kind == VALUE_LIST || v.kind == VALUE_MAP;
}

/* Only two containers are compared level by level. */
static bool is_deep_pair(struct value a, struct value b)
{
	return is_container(a) && is_container(b) && (expr_is_too_deep(a) || expr_is_too_deep(b));
}

bool expr_is_too_deep(struct value v)
{
	return !fits_depth(v, EXPR_MAX_VALUE_DEPTH);
}

static int raise_deep(struct value *raised)
{
	return raise_error(raised, "ResourceLimitError", "value nested deeper than %d levels",
			   EXPR_MAX_VALUE_DEPTH);
}

static int equal(enum expr_op op, struct value left, struct value right, struct value *out,
		 struct value *raised)
{
	bool comparable = left.kind == right.kind || (value_is_number(left) && value_is_number(right)) ||
			  value_is_null(left) || value_is_null(right);

	if (!comparable)
		return raise_operands(op, left, right, raised);
	if (is_deep_pair(left, right))
		return raise_deep(raised);
	return give(out, value_bool(value_equal(left, right) == (op == OP_EQUAL)));
}

static int is_in(struct value left, struct value right, struct value *out, struct value *raised)
{
	bool found = false;

	if (right.kind != VALUE_MAP && right.kind != VALUE_LIST)
		return raise_plain(raised, "TypeError",
				   "The argument of 'in' must be a dict or an array; got: %s",
				   raised_kind(right));
	if (right.kind == VALUE_MAP) {
		if (left.kind != VALUE_STRING)
			return raise_error(raised, "TypeError",
					   "map keys are strings; got '%s' on the left of in",
					   raised_kind(left));
		return give(out, value_bool(value_map_get(right, value_text(left)) != NULL));
	}
	if (is_deep_pair(left, right))
		return raise_deep(raised);
	for (size_t i = 0; i < value_len(right) && !found; i++)
		found = value_equal(left, *value_list_at(right, i));
	return give(out, value_bool(found));
}

/* ---- the two doors */

int expr_unary(enum expr_op op, struct value operand, struct value *out, struct value *raised)
{
	if (op == OP_NOT && operand.kind == VALUE_BOOL)
		return give(out, value_bool(!operand.as.boolean));
	if (op == OP_NEGATE && operand.kind == VALUE_DOUBLE)
		return give(out, value_double(-operand.as.number));
	if (op == OP_NEGATE && operand.kind == VALUE_INT) {
		if (operand.as.integer == INT64_MIN)
			return raise_overflow(op, raised);
		return give(out, value_int(-operand.as.integer));
	}
	return raise_error(raised, "TypeError", "unsupported operand type for %s: '%s' (expecting %s)",
			   expr_op_name(op), raised_kind(operand), op == OP_NOT ? "boolean" : "number");
}

int expr_binary(enum expr_op op, struct value left, struct value right, struct value *out,
		struct value *raised)
{
	switch (op) {
	case OP_ADD:
		return add(left, right, out, raised);
	case OP_SUBTRACT:
	case OP_MULTIPLY:
	case OP_DIVIDE:
	case OP_FLOOR_DIVIDE:
	case OP_REMAINDER:
		return arithmetic(op, left, right, out, raised);
	case OP_LESS:
	case OP_LESS_EQUAL:
	case OP_GREATER:
	case OP_GREATER_EQUAL:
		return compare(op, left, right, out, raised);
	case OP_EQUAL:
	case OP_NOT_EQUAL:
		return equal(op, left, right, out, raised);
	case OP_IN:
		return is_in(left, right, out, raised);
	default:
		return raise_operands(op, left, right, raised); /* and, or: the plan makes jumps of them */
	}
}

/* ---- access */

static int get_key(struct value map, struct slice key, struct value *out, struct value *raised)
{
	const struct value *found = value_map_get(map, key);

	if (!found)
		return raise_error(raised, "KeyError", "key not found: %.*s",
				   SLICE_ARG(slice_sub(key, 0, 1000)));
	return give(out, value_ref(*found));
}

int expr_member(struct value container, struct slice name, struct value *out, struct value *raised)
{
	if (container.kind != VALUE_MAP)
		return raise_error(raised, "TypeError", "'%s' has no keys: .%.*s needs a map",
				   raised_kind(container), SLICE_ARG(name));
	return get_key(container, name, out, raised);
}

int expr_index(struct value container, struct value index, struct value *out, struct value *raised)
{
	if (container.kind == VALUE_MAP) {
		if (index.kind != VALUE_STRING)
			return raise_error(raised, "TypeError", "map keys are strings; got '%s'",
					   raised_kind(index));
		return get_key(container, value_text(index), out, raised);
	}
	if (container.kind != VALUE_LIST)
		return raise_error(raised, "TypeError", "'%s' cannot be indexed: [ ] needs a list or a map",
				   raised_kind(container));
	if (index.kind != VALUE_INT)
		return raise_error(raised, "TypeError", "list indexes are integers; got '%s'",
				   raised_kind(index));
	if (index.as.integer < 0 || (uint64_t)index.as.integer >= value_len(container))
		return raise_error(raised, "IndexError", "Index out of range");
	return give(out, value_ref(*value_list_at(container, (size_t)index.as.integer)));
}
