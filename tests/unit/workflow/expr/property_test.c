/*
 * property_test.c - what holds for every expression, tried on thousands of them.
 *
 * Trees are drawn at random, from a fixed seed, so a failure comes back; the message holds the source.
 *
 *	draw ─▶ tree ─▶ print ─▶ parse ─▶ the same tree, the same value
 *
 * Arithmetic is compared with 128-bit integers, which no operand here can bring to overflow.
 */
#include "tests/harness/evaluate.h"
#include "lib/json/json.h"
#include "workflow/expr/raised.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2016. */
struct dice {
	uint64_t state;
};

static uint64_t roll(struct dice *dice)
{
	dice->state ^= dice->state >> 12;
	dice->state ^= dice->state << 25;
	dice->state ^= dice->state >> 27;
	return dice->state * 2685821657736338717u;
}

static size_t below(struct dice *dice, size_t bound)
{
	return (size_t)(roll(dice) >> 33) % bound;
}

/* ---- drawing a tree */

struct maker {
	struct arena arena;
	struct dice dice;
};

static struct expr *node_new(struct maker *maker, enum expr_kind kind)
{
	struct expr *node = arena_alloc(&maker->arena, sizeof(*node));

	memset(node, 0, sizeof(*node));
	node->kind = kind;
	return node;
}

static const char *const names[] = {"a", "b", "list_", "map_", "_x1", "Not"};

static struct value draw_scalar(struct maker *maker)
{
	static const double doubles[] = {
		0, 1, 0.5, 1e21, 1e-7, 123456789.125, 5e-324, 1.7976931348623157e308};
	static const char *const texts[] = {"",   "a", "it's \"so\"", "a\nb\t\\", "${x}",
					    "é📄", "}", "\x01\x7f",    "//"};

	switch (below(&maker->dice, 6)) {
	case 0:
		return value_null();
	case 1:
		return value_bool(below(&maker->dice, 2));
	case 2: /* the only negative literal */
		return value_int(below(&maker->dice, 9) ? (int64_t)below(&maker->dice, 100) : INT64_MIN);
	case 3:
		return value_int(INT64_MAX - (int64_t)below(&maker->dice, 3));
	case 4:
		return value_double(doubles[below(&maker->dice, sizeof(doubles) / sizeof(doubles[0]))]);
	default:
		return value_string_z(texts[below(&maker->dice, sizeof(texts) / sizeof(texts[0]))]);
	}
}

static struct expr *draw(struct maker *maker, int levels);

static void draw_items(struct maker *maker, struct expr *node, size_t count, int levels)
{
	node->count = count;
	node->items = arena_alloc(&maker->arena, (count + 1) * sizeof(*node->items));
	node->keys = arena_alloc(&maker->arena, (count + 1) * sizeof(*node->keys));
	for (size_t i = 0; i < count; i++) {
		node->items[i] = draw(maker, levels - 1);
		node->keys[i] = slice_of(names[(i + below(&maker->dice, 2) * 3) % 6]);
	}
}

/* len(...), default(..., ...), text.split(..., ...) */
static struct expr *draw_call(struct maker *maker, int levels)
{
	struct expr *node = node_new(maker, EXPR_CALL);
	size_t which = below(&maker->dice, 3);

	node->left = node_new(maker, EXPR_NAME);
	node->left->name = which == 0 ? SLICE("len") : which == 1 ? SLICE("default") : SLICE("text");
	if (which == 2) {
		struct expr *member = node_new(maker, EXPR_MEMBER);

		member->left = node->left;
		member->name = SLICE("split");
		node->left = member;
	}
	draw_items(maker, node, which == 0 ? 1 : 2, levels);
	node->keys = NULL;
	return node;
}

static struct expr *draw_leaf(struct maker *maker)
{
	struct expr *node;

	if (below(&maker->dice, 3) == 0) {
		node = node_new(maker, EXPR_NAME);
		node->name = slice_of(names[below(&maker->dice, 6)]);
		return node;
	}
	node = node_new(maker, EXPR_LITERAL);
	node->value = draw_scalar(maker);
	return node;
}

static struct expr *draw(struct maker *maker, int levels)
{
	static const enum expr_kind kinds[] = {EXPR_MEMBER, EXPR_INDEX, EXPR_CALL,  EXPR_UNARY,
					       EXPR_LIST,   EXPR_MAP,   EXPR_BINARY};
	size_t which = below(&maker->dice, 12);
	struct expr *node;

	if (levels == 0 || which == 11)
		return draw_leaf(maker);
	node = node_new(maker, which < 6 ? kinds[which] : EXPR_BINARY);
	switch (node->kind) {
	case EXPR_CALL:
		return draw_call(maker, levels);
	case EXPR_LIST:
	case EXPR_MAP:
		draw_items(maker, node, below(&maker->dice, 3), levels);
		if (node->kind == EXPR_LIST)
			node->keys = NULL;
		return node;
	case EXPR_MEMBER:
		node->name = slice_of(below(&maker->dice, 4) ? names[below(&maker->dice, 6)] : "in");
		break;
	case EXPR_UNARY:
		node->op = below(&maker->dice, 2) ? OP_NOT : OP_NEGATE;
		break;
	default:
		node->op = (enum expr_op)(OP_MULTIPLY + below(&maker->dice, OP_OR - OP_MULTIPLY + 1));
		node->right = draw(maker, levels - 1);
		break;
	}
	node->left = draw(maker, levels - 1);
	return node;
}

/* ---- comparing */

static bool same_tree(const struct expr *a, const struct expr *b)
{
	if (!a || !b)
		return a == b;
	if (a->kind != b->kind || a->count != b->count || !same_tree(a->left, b->left) ||
	    !same_tree(a->right, b->right))
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!same_tree(a->items[i], b->items[i]) ||
		    (a->kind == EXPR_MAP && !slice_equal(a->keys[i], b->keys[i])))
			return false;
	}
	switch (a->kind) {
	case EXPR_LITERAL:
		return is_same(a->value, b->value);
	case EXPR_NAME:
	case EXPR_MEMBER:
		return slice_equal(a->name, b->name);
	case EXPR_UNARY:
	case EXPR_BINARY:
		return a->op == b->op;
	default:
		return true;
	}
}

/* Both or neither raise, and they raise or give the same. NaN is what it is. */
static bool same_outcome(const struct expr *a, const struct expr *b, struct value variables)
{
	struct value outcomes[2], raised[2];
	int results[2];
	struct buf shown[2];
	bool same;

	results[0] = evaluate_tree(a, variables, &outcomes[0], &raised[0]);
	results[1] = evaluate_tree(b, variables, &outcomes[1], &raised[1]);
	for (int i = 0; i < 2; i++) {
		if (results[i] < 0)
			outcomes[i] = raised[i];
		buf_init(&shown[i], 0);
		json_write(&shown[i], outcomes[i]);
	}
	same = results[0] == results[1] && (slice_equal(buf_slice(&shown[0]), buf_slice(&shown[1])));
	for (int i = 0; i < 2; i++) {
		value_unref(outcomes[i]);
		buf_release(&shown[i]);
	}
	return same;
}

/* What `names` stand for. */
static struct value bind_names(void)
{
	struct value variables = value_map_new();
	struct value list = value_list_new(2);
	struct value map = value_map_new();

	value_list_push(&list, value_int(7));
	value_list_push(&list, value_string_z("a"));
	value_put(&map, "a", value_int(1));
	value_put(&map, "in", value_double(2.5));
	value_put(&variables, "a", value_int(3));
	value_put(&variables, "b", value_bool(true));
	value_put(&variables, "list_", list);
	value_put(&variables, "map_", map);
	value_put(&variables, "_x1", value_string_z("b"));
	value_put(&variables, "Not", value_null());
	return variables;
}

static void what_is_printed_reads_back_as_the_same(void **state)
{
	struct maker maker = {.dice = {0x9e3779b97f4a7c15u}};
	struct value variables = bind_names();
	int tried = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct buf source;
		struct expr *tree, *again;

		arena_init(&maker.arena);
		tree = draw(&maker, 1 + (int)below(&maker.dice, 4));
		buf_init(&source, 0);
		buf_add_text(&source, "${");
		expr_print(&source, tree);
		buf_add_text(&source, "}");
		if (utf8_count(buf_slice(&source)) <= EXPR_MAX_LENGTH) {
			again = parse_source(&maker.arena, buf_text(&source));
			if (!same_tree(tree, again))
				fail_msg("another tree: %s", buf_text(&source));
			if (!same_outcome(tree, again, variables))
				fail_msg("another value: %s", buf_text(&source));
			expr_release(again);
			tried++;
		}
		expr_release(tree);
		buf_release(&source);
		arena_release(&maker.arena);
	}
	assert_true(tried > 10000);
	value_unref(variables);
}

/* ---- arithmetic */

static int64_t draw_int(struct dice *dice)
{
	static const int64_t edges[] = {0,
					1,
					-1,
					2,
					-2,
					INT64_MAX,
					INT64_MIN,
					INT64_MAX - 1,
					INT64_MIN + 1,
					3037000499,
					3037000500,
					4611686018427387904};

	switch (below(dice, 3)) {
	case 0:
		return edges[below(dice, sizeof(edges) / sizeof(edges[0]))];
	case 1:
		return (int64_t)below(dice, 2001) - 1000;
	default:
		return (int64_t)roll(dice) >> below(dice, 63);
	}
}

__extension__ typedef __int128 wide;

/* The quotient that rounds down, and what it leaves. */
static wide floor_divide(wide a, wide b, wide *rest)
{
	wide quotient = a / b;

	if (a % b != 0 && (a % b < 0) != (b < 0))
		quotient--;
	*rest = a - quotient * b;
	return quotient;
}

static void check_int(enum expr_op op, int64_t a, int64_t b)
{
	bool by_zero = b == 0 && (op == OP_FLOOR_DIVIDE || op == OP_REMAINDER);
	wide rest = 0;
	wide quotient = b ? floor_divide(a, b, &rest) : 0;
	wide wanted = op == OP_ADD         ? (wide)a + b
		      : op == OP_SUBTRACT  ? (wide)a - b
		      : op == OP_MULTIPLY  ? (wide)a * b
		      : op == OP_REMAINDER ? rest
					   : quotient;
	bool fits = wanted >= INT64_MIN && wanted <= INT64_MAX;
	struct value out = value_null();
	struct value raised = value_null();
	int result = expr_binary(op, value_int(a), value_int(b), &out, &raised);
	bool good;

	if (by_zero)
		good = result < 0 && raised_has_tag(raised, "ZeroDivisionError");
	else if (!fits)
		good = result < 0 && raised_has_tag(raised, "ValueError");
	else
		good = result == 0 && out.kind == VALUE_INT && out.as.integer == (int64_t)wanted;
	if (!good)
		fail_msg("%lld %s %lld", (long long)a, expr_op_name(op), (long long)b);
	value_unref(raised);
}

static void integers_agree_with_wider_ones(void **state)
{
	static const enum expr_op ops[] = {OP_ADD, OP_SUBTRACT, OP_MULTIPLY, OP_FLOOR_DIVIDE, OP_REMAINDER};
	struct dice dice = {88172645463325252u};

	(void)state;
	for (int i = 0; i < 50000; i++) {
		int64_t a = draw_int(&dice);
		int64_t b = draw_int(&dice);

		for (size_t op = 0; op < sizeof(ops) / sizeof(ops[0]); op++)
			check_int(ops[op], a, b);
	}
}

/* An int and a double in order, decided by a long double, which holds both exactly (x86-64: 64 bits). */
static void an_int_and_a_double_compare_exactly(void **state)
{
	struct dice dice = {1234567};
	struct value out, raised;

	(void)state;
	for (int i = 0; i < 50000; i++) {
		int64_t a = draw_int(&dice);
		double b = (double)draw_int(&dice) + (below(&dice, 2) ? 0.5 : 0);
		long double wide_a = (long double)a;
		long double wide_b = (long double)b;

		assert_int_equal(expr_binary(OP_LESS, value_int(a), value_double(b), &out, &raised), 0);
		assert_true(out.as.boolean == (wide_a < wide_b));
		assert_int_equal(expr_binary(OP_EQUAL, value_double(b), value_int(a), &out, &raised), 0);
		assert_true(out.as.boolean == (wide_a == wide_b));
		assert_int_equal(expr_binary(OP_GREATER_EQUAL, value_double(b), value_int(a), &out, &raised),
				 0);
		assert_true(out.as.boolean == (wide_b >= wide_a));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_printed_reads_back_as_the_same),
		cmocka_unit_test(integers_agree_with_wider_ones),
		cmocka_unit_test(an_int_and_a_double_compare_exactly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
