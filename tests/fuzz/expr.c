/* expr.c - the expression parser on any text, with its printer as the other half of an oracle; see fuzz.h. */
#include "tests/fuzz/fuzz.h"

#include "workflow/expr/expr.h"

#include <string.h>

static bool same_value(struct value a, struct value b)
{
	if (a.kind == VALUE_DOUBLE && b.kind == VALUE_DOUBLE)
		return memcmp(&a.as.number, &b.as.number, sizeof(double)) == 0;
	return a.kind == b.kind && value_equal(a, b);
}

static bool same(const struct expr *a, const struct expr *b)
{
	if (!a || !b)
		return a == b;
	if (a->kind != b->kind || a->count != b->count || !slice_equal(a->name, b->name))
		return false;
	if (a->kind == EXPR_LITERAL && !same_value(a->value, b->value))
		return false;
	if ((a->kind == EXPR_UNARY || a->kind == EXPR_BINARY) && a->op != b->op)
		return false;
	if (!same(a->left, b->left) || !same(a->right, b->right))
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!same(a->items[i], b->items[i]))
			return false;
		if (a->kind == EXPR_MAP && !slice_equal(a->keys[i], b->keys[i]))
			return false;
	}
	return true;
}

static struct expr *parse(struct arena *arena, struct slice text, struct diags *diags)
{
	struct yaml_node node = {
		.kind = YAML_SCALAR, .at = {"fuzz", 1, 1, (int)text.len}, .text = text, .verbatim = true};

	return expr_parse_bare(arena, &node, 0, diags);
}

/* Brackets and blanks that the printer adds may pass the limit of length or depth: no finding. */
static bool is_only_limit(struct diags *diags)
{
	return diags_count(diags) == 1 && (strcmp(diags_at(diags, 0).code, "expression-length") == 0 ||
					   strcmp(diags_at(diags, 0).code, "expression-depth") == 0);
}

static void check_printed(struct arena *arena, const struct expr *tree, struct slice input)
{
	struct diags *diags = diags_new();
	struct buf text;
	struct expr *again;

	buf_init(&text, 0);
	expr_print(&text, tree);
	again = parse(arena, buf_slice(&text), diags);
	if (!again && text.len <= EXPR_MAX_LENGTH && !is_only_limit(diags))
		fuzz_fail("%.*s printed as %s, which is refused: %s", SLICE_ARG(input), buf_text(&text),
			  diags_count(diags) ? diags_at(diags, 0).message : "without a reason");
	if (again && !same(tree, again))
		fuzz_fail("%.*s printed as %s, which is another tree", SLICE_ARG(input), buf_text(&text));
	if (again)
		expr_release(again);
	buf_release(&text);
	diags_free(diags);
}

static void check_refused(struct diags *diags)
{
	if (diags_errors(diags) == 0)
		fuzz_fail("refused without a reason");
	for (size_t i = 0; i < diags_count(diags); i++) {
		if (diags_at(diags, i).at.line < 1 || diags_at(diags, i).at.column < 1)
			fuzz_fail("%s has no place", diags_at(diags, i).message);
	}
}

void fuzz_expr(struct slice input)
{
	struct diags *diags;
	struct arena arena;
	struct expr *tree;

	if (!utf8_is_valid(input) || input.len > 4 * EXPR_MAX_LENGTH)
		return; /* the YAML reader lets nothing else through */
	diags = diags_new();
	arena_init(&arena);
	tree = parse(&arena, input, diags);
	if (tree) {
		check_printed(&arena, tree, input);
		expr_release(tree);
	} else {
		check_refused(diags);
	}
	arena_release(&arena);
	diags_free(diags);
}
