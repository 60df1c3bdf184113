/* call.c - "call" with its args and result (reference, 2.3). */
#include "workflow/syntax/syntax_private.h"

static void read_named(struct reader *reader, const struct yaml_node *node, struct call *call)
{
	struct name *names = arena_alloc(reader->arena, (node->count + 1) * sizeof(*names));
	struct tree **args = arena_alloc(reader->arena, (node->count + 1) * sizeof(*args));

	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *key = node->entries[i].key;

		if (key->kind != YAML_SCALAR || expr_is(key))
			diags_error(reader->diags, key->at, "wrong-type",
				    "the name of an argument must be a word, not %s", node_describe(key));
		else
			names[i] = node_name(key);
		args[i] = read_tree(reader, node->entries[i].value);
	}
	call->args_kind = ARGS_NAMED;
	call->arg_names = names;
	call->args = args;
	call->arg_count = node->count;
}

static void read_positional(struct reader *reader, const struct yaml_node *node, struct call *call)
{
	struct tree **args = arena_alloc(reader->arena, (node->count + 1) * sizeof(*args));

	for (size_t i = 0; i < node->count; i++)
		args[i] = read_tree(reader, node->items[i]);
	call->args_kind = ARGS_POSITIONAL;
	call->args = args;
	call->arg_count = node->count;
}

static void read_args(struct reader *reader, const struct yaml_node *node, struct call *call)
{
	if (node->kind == YAML_MAP) {
		read_named(reader, node, call);
	} else if (node->kind == YAML_LIST) {
		read_positional(reader, node, call);
	} else {
		diags_error(reader->diags, node->at, "wrong-type",
			    "args must be a map (arguments by name) or a list (by position), not %s",
			    node_describe(node));
		if (node_is_null(node))
			diags_hint(reader->diags, "leave \"args\" out, or indent the arguments below it");
	}
}

void read_call(struct reader *reader, const struct yaml_node *body, const struct yaml_node *node,
	       struct call *call)
{
	const struct yaml_entry *args = node_entry(body, "args");
	const struct yaml_entry *result = node_entry(body, "result");

	if (!node_is_text(node) || expr_is(node) || !node->text.len) {
		diags_error(reader->diags, node->at, "wrong-type",
			    "call must be the name of a function, not %s",
			    node_is_text(node) && !node->text.len ? "empty text" : node_describe(node));
		if (node->kind == YAML_SCALAR && expr_is(node))
			diags_hint(reader->diags,
				   "write the name without ${ } and the arguments under \"args\"");
	} else {
		call->callee = node_name(node);
	}
	if (args)
		read_args(reader, args->value, call);
	call->args_unread = args ? call->args_kind == ARGS_NONE : has_misspelt(body, "args");
	if (result)
		call->result = read_variable(reader, result->value, "result");
}
