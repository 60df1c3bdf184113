/* assign.c - "assign": targets and their values (reference, 2.2). */
#include "workflow/syntax/syntax_private.h"

#include <string.h>

/* m.k[i] -> how many parts follow the variable; -1 when the tree is no target. */
static int path_length(const struct expr *tree)
{
	int length = 0;

	while (tree->kind == EXPR_MEMBER || tree->kind == EXPR_INDEX) {
		tree = tree->left;
		length++;
	}
	return tree->kind == EXPR_NAME ? length : -1;
}

static struct expr *member_key(struct reader *reader, const struct expr *member)
{
	struct expr *key = arena_alloc(reader->arena, sizeof(*key));

	key->kind = EXPR_LITERAL;
	key->at = member->at;
	key->value = reader_keep(reader, value_string(member->name));
	return key;
}

static void fill_target(struct reader *reader, const struct expr *tree, size_t length,
			struct assignment *item)
{
	const struct expr **path = arena_alloc(reader->arena, (length + 1) * sizeof(*path));

	item->path = path;
	item->path_count = length;
	for (size_t i = length; i > 0; i--, tree = tree->left)
		path[i - 1] = tree->kind == EXPR_MEMBER ? member_key(reader, tree) : tree->right;
	item->variable = (struct name){tree->name, tree->at};
}

static void read_target(struct reader *reader, const struct yaml_node *key, struct assignment *item)
{
	const struct expr *tree;

	if (key->kind != YAML_SCALAR || expr_is(key)) {
		diags_error(reader->diags, key->at, "bad-target", "the left side must be a variable, not %s",
			    node_describe(key));
		if (key->kind == YAML_SCALAR)
			diags_hint(reader->diags,
				   "write it without ${ }: indexes and keys are expressions there anyway");
		reader_doubt(reader, key);
		return;
	}
	tree = keep_expr(reader, expr_parse_bare(reader->arena, key, 0, reader->diags));
	if (!tree || path_length(tree) < 0)
		reader_doubt(reader, key);
	if (!tree)
		return;
	if (path_length(tree) < 0) {
		diags_error(reader->diags, key->at, "bad-target",
			    "the left side must be a variable, or a key or index of one");
		return;
	}
	fill_target(reader, tree, (size_t)path_length(tree), item);
}

void read_assign(struct reader *reader, const struct yaml_node *node, struct assign *assign)
{
	struct assignment *items;

	if (!form_list_of(reader, node, "assign", LIMIT_ASSIGNMENTS, "too-many-assignments",
			  "put the rest into an assign step of its own"))
		return;
	warn_near_limit(reader, node->at, node->count, LIMIT_ASSIGNMENTS, "assignments of one step");
	items = arena_alloc(reader->arena, node->count * sizeof(*items));
	assign->items = items;
	assign->count = node->count;
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_entry *pair = form_pair(reader, node->items[i], "assignment");

		if (!pair || !reader_works(reader, pair->key))
			continue;
		read_target(reader, pair->key, &items[i]);
		items[i].value = read_tree(reader, pair->value);
	}
}
