/* tree.c - values as written: constants and expressions in lists and maps. */
#include "workflow/syntax/syntax_private.h"

/* Literals hold counted strings; their number is bounded by the expression's length, and so is the depth. */
static void keep_literals(struct reader *reader, struct expr *tree)
{
	if (!tree)
		return;
	if (tree->kind == EXPR_LITERAL)
		reader_keep(reader, tree->value);
	keep_literals(reader, tree->left);
	keep_literals(reader, tree->right);
	for (size_t i = 0; i < tree->count; i++)
		keep_literals(reader, tree->items[i]);
}

const struct expr *keep_expr(struct reader *reader, struct expr *tree)
{
	keep_literals(reader, tree);
	return tree;
}

static struct expr *read_expr(struct reader *reader, const struct yaml_node *node)
{
	size_t around = sizeof("${}") - 1;
	struct expr *expr;

	warn_near_limit(reader, node->at, utf8_count(slice_trim(node->text)) - around, EXPR_MAX_LENGTH,
			"characters of one expression");
	expr = expr_parse(reader->arena, node, reader->diags);
	if (!expr && !slice_ends(slice_trim(node->text), SLICE("}")) && !node->quoted)
		diags_hint(reader->diags, "an unquoted \": \" begins a map and an unquoted \" #\" begins a "
					  "comment; put the whole expression in quotes");
	return expr;
}

const struct expr *read_expression(struct reader *reader, const struct yaml_node *node, const char *what)
{
	if (node->kind != YAML_SCALAR || !expr_is(node)) {
		diags_error(reader->diags, node->at, "wrong-type", "%s must be an expression, not %s", what,
			    node_describe(node));
		if (node_is_text(node))
			diags_hint(reader->diags, "write ${%.*s}", SLICE_ARG(node->text));
		return NULL;
	}
	if (!reader_works(reader, node))
		return NULL;
	return keep_expr(reader, read_expr(reader, node));
}

/* Text with ${ } in it that is no expression as a whole stays text (reference, 1.6): legal, and nearly
 * always a mistake. */
static void warn_about_text(struct reader *reader, const struct yaml_node *node)
{
	size_t start = slice_find(node->text, SLICE("${"), 0);

	if (start == SIZE_MAX || slice_find(node->text, SLICE("}"), start) == SIZE_MAX)
		return;
	diags_warn(reader->diags, yaml_place(node, start, 2), "not-an-expression",
		   "this stays text: an expression is a whole value, not a part of one");
	diags_hint(reader->diags, "join the parts: ${\"text \" + name}");
	reader_doubt_words(reader, node);
}

static void read_scalar(struct reader *reader, const struct yaml_node *node, struct tree *tree)
{
	if (expr_is(node)) {
		tree->kind = TREE_EXPR;
		tree->expr = keep_expr(reader, read_expr(reader, node));
		return;
	}
	tree->kind = TREE_CONSTANT;
	tree->constant = reader_keep(reader, yaml_scalar_value(node));
	warn_about_text(reader, node);
}

static struct tree *read_key(struct reader *reader, const struct yaml_node *node)
{
	struct tree *key = arena_alloc(reader->arena, sizeof(*key));
	size_t errors = diags_errors(reader->diags);

	key->at = node->at;
	if (node->kind != YAML_SCALAR) {
		diags_error(reader->diags, node->at, "wrong-type",
			    "a key must be text or an expression, not %s", node_describe(node));
		diags_hint(reader->diags,
			   "an expression used as a key inside { } needs quotes: {\"${k}\": 1}");
		return key;
	}
	if (expr_is(node)) {
		read_scalar(reader, node, key);
		if (diags_errors(reader->diags) > errors && !node->quoted)
			diags_hint(reader->diags,
				   "an unquoted \": \" begins a map; put the whole expression in quotes");
		return key;
	}
	key->kind = TREE_CONSTANT;
	key->constant = reader_keep(reader, value_string(node->text));
	return key;
}

static void read_map(struct reader *reader, const struct yaml_node *node, struct tree *tree)
{
	struct tree **keys = arena_alloc(reader->arena, (node->count + 1) * sizeof(*keys));
	struct tree **items = arena_alloc(reader->arena, (node->count + 1) * sizeof(*items));

	for (size_t i = 0; i < node->count; i++) {
		keys[i] = read_key(reader, node->entries[i].key);
		items[i] = read_tree(reader, node->entries[i].value);
	}
	tree->keys = keys;
	tree->items = items;
}

static void read_list(struct reader *reader, const struct yaml_node *node, struct tree *tree)
{
	struct tree **items = arena_alloc(reader->arena, (node->count + 1) * sizeof(*items));

	for (size_t i = 0; i < node->count; i++)
		items[i] = read_tree(reader, node->items[i]);
	tree->items = items;
}

struct tree *read_tree(struct reader *reader, const struct yaml_node *node)
{
	struct tree *tree = arena_alloc(reader->arena, sizeof(*tree));

	tree->at = node->at;
	if (node->kind != YAML_SCALAR)
		tree->at.length = (int)node->length; /* what a stack trace says of a raised map (reference, 6.4) */
	tree->count = node->count;
	if (!reader_works(reader, node)) {
		tree->count = 0;
		return tree;
	}
	switch (node->kind) {
	case YAML_SCALAR:
		read_scalar(reader, node, tree);
		break;
	case YAML_LIST:
		tree->kind = TREE_LIST;
		read_list(reader, node, tree);
		break;
	case YAML_MAP:
		tree->kind = TREE_MAP;
		read_map(reader, node, tree);
		break;
	}
	return tree;
}
