/* control.c - "switch", "for" and "parallel" (reference, 2.4 to 2.6). */
#include "workflow/syntax/syntax_private.h"

/* ---- switch */

static const struct tree *read_condition(struct reader *reader, const struct yaml_node *node)
{
	const struct tree *tree = read_tree(reader, node);

	if (tree->kind == TREE_EXPR || (tree->kind == TREE_CONSTANT && tree->constant.kind == VALUE_BOOL))
		return tree;
	diags_error(reader->diags, node->at, "wrong-type",
		    "condition must be an expression, true or false, not %s", node_describe(node));
	if (node_is_text(node))
		diags_hint(reader->diags, "write ${%.*s}", SLICE_ARG(node->text));
	return tree;
}

void read_switch(struct reader *reader, const struct yaml_node *node, struct switch_step *cases)
{
	struct condition *entries;

	if (!form_list_of(
		    reader, node, "switch", LIMIT_CONDITIONS, "too-many-conditions",
		    "make the last entry \"condition: true\" with a switch of the rest below its \"steps\""))
		return;
	warn_near_limit(reader, node->at, node->count, LIMIT_CONDITIONS, "conditions of one switch");
	entries = arena_alloc(reader->arena, node->count * sizeof(*entries));
	cases->entries = entries;
	cases->count = node->count;
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *item = node->items[i];
		const struct yaml_node *condition;
		struct step *body = arena_alloc(reader->arena, sizeof(*body));

		entries[i].body = body;
		if (!form_map(reader, item, "an entry of switch"))
			continue;
		condition = form_key(reader, item, item->at, "condition", "an entry of switch");
		if (condition)
			entries[i].condition = read_condition(reader, condition);
		read_body(reader, item, BODY_ENTRY, body);
	}
}

/* ---- for */

static const struct tree *read_in(struct reader *reader, const struct yaml_node *node)
{
	if (node->kind != YAML_LIST && (node->kind != YAML_SCALAR || !expr_is(node))) {
		diags_error(reader->diags, node->at, "wrong-type",
			    "in must be a list or an expression, not %s", node_describe(node));
		if (node->kind == YAML_MAP)
			diags_hint(reader->diags, "go over the keys of a map with ${keys(m)}");
		else if (node_is_text(node))
			diags_hint(reader->diags, "write ${%.*s}", SLICE_ARG(node->text));
		return NULL;
	}
	return read_tree(reader, node);
}

static const struct tree *read_range(struct reader *reader, const struct yaml_node *node)
{
	if (node->kind != YAML_LIST && (node->kind != YAML_SCALAR || !expr_is(node))) {
		diags_error(reader->diags, node->at, "wrong-type",
			    "range must be a list of two numbers, not %s", node_describe(node));
		return NULL;
	}
	if (node->kind == YAML_LIST && node->count != 2) {
		diags_error(reader->diags, node->at, "bad-range",
			    "range must have two numbers, first and last, not %zu", node->count);
		return NULL;
	}
	return read_tree(reader, node);
}

static void read_source(struct reader *reader, const struct yaml_node *node, struct place at,
			struct loop *loop)
{
	const struct yaml_entry *in = node_entry(node, "in");
	const struct yaml_entry *range = node_entry(node, "range");

	if (in && range) {
		const struct yaml_entry *second = in > range ? in : range;

		diags_error(reader->diags, second->key->at, "two-sources",
			    "for takes \"in\" or \"range\", not both");
	} else if (!in && !range && !has_misspelt(node, "in") && !has_misspelt(node, "range")) {
		diags_error(reader->diags, at, "missing-key", "for needs the key \"in\" or \"range\"");
	}
	if (in)
		loop->in = read_in(reader, in->value);
	if (range)
		loop->range = read_range(reader, range->value);
}

void read_for(struct reader *reader, const struct yaml_node *node, struct place at, struct loop *loop)
{
	static const char *const known[] = {"value", "index", "in", "range", "steps", NULL};
	const struct yaml_node *value;
	const struct yaml_entry *index;
	const struct yaml_node *steps;

	if (!form_map(reader, node, "for"))
		return;
	check_keys(reader, node, known, "for");
	value = form_key(reader, node, at, "value", "for");
	index = node_entry(node, "index");
	if (value)
		loop->value = read_variable(reader, value, "value");
	if (index)
		loop->index = read_variable(reader, index->value, "index");
	if (index && loop->index.text.ptr && slice_equal(loop->value.text, loop->index.text))
		diags_error(reader->diags, loop->index.at, "duplicate-name",
			    "value and index are both called \"%.*s\"", SLICE_ARG(loop->index.text));
	read_source(reader, node, at, loop);
	steps = form_key(reader, node, at, "steps", "for");
	if (steps)
		loop->body = read_block(reader, steps, "steps");
}

/* ---- parallel */

static void read_shared(struct reader *reader, const struct yaml_node *node, struct parallel *parallel)
{
	struct name *names;

	if (!form_list(reader, node, "shared"))
		return;
	names = arena_alloc(reader->arena, (node->count + 1) * sizeof(*names));
	for (size_t i = 0; i < node->count; i++)
		names[i] = read_variable(reader, node->items[i], "an entry of shared");
	parallel->shared = names;
	parallel->shared_count = node->count;
}

static const struct tree *read_limit(struct reader *reader, const struct yaml_node *node)
{
	const struct tree *tree = read_tree(reader, node);

	if (tree->kind == TREE_EXPR)
		return tree;
	if (tree->kind != TREE_CONSTANT || tree->constant.kind != VALUE_INT)
		diags_error(reader->diags, node->at, "wrong-type",
			    "concurrency_limit must be a whole number or an expression, not %s",
			    node_describe(node));
	else if (tree->constant.as.integer < 1)
		diags_error(reader->diags, node->at, "bad-value", "concurrency_limit must be at least 1");
	return tree;
}

static void read_branch(struct reader *reader, const struct yaml_node *item, struct branch *branch)
{
	static const char *const known[] = {"steps", NULL};
	const struct yaml_entry *pair = form_pair(reader, item, "branch");
	const struct yaml_node *steps;

	if (!pair)
		return;
	branch->name = node_name(pair->key);
	note_name(reader, branch->name);
	if (!form_map(reader, pair->value, "a branch"))
		return;
	check_keys(reader, pair->value, known, "a branch");
	steps = form_key(reader, pair->value, pair->key->at, "steps", "a branch");
	if (steps)
		branch->body = read_block(reader, steps, "steps");
}

static void read_branches(struct reader *reader, const struct yaml_node *node, struct parallel *parallel)
{
	struct branch *branches;

	if (!form_list_of(reader, node, "branches", LIMIT_BRANCHES, "too-many-branches",
			  "give a parallel \"for\" the list of what differs between them"))
		return;
	warn_near_limit(reader, node->at, node->count, LIMIT_BRANCHES, "branches of one parallel step");
	branches = arena_alloc(reader->arena, node->count * sizeof(*branches));
	for (size_t i = 0; i < node->count; i++)
		read_branch(reader, node->items[i], &branches[i]);
	parallel->branches = branches;
	parallel->branch_count = node->count;
}

static void check_policy(struct reader *reader, const struct yaml_node *node)
{
	if (node->kind == YAML_SCALAR && slice_is(node->text, "continueAll"))
		return;
	diags_error(reader->diags, node->at, "bad-value", "exception_policy can only be \"continueAll\"");
	diags_hint(reader->diags, "it is the default too; to stop at an error, check a shared variable");
}

void read_parallel(struct reader *reader, const struct yaml_node *node, struct place at,
		   struct parallel *parallel)
{
	static const char *const known[] = {
		"shared", "concurrency_limit", "exception_policy", "branches", "for", NULL};
	const struct yaml_entry *entry;
	const struct yaml_entry *branches;
	const struct yaml_entry *loop;

	if (!form_map(reader, node, "parallel"))
		return;
	check_keys(reader, node, known, "parallel");
	branches = node_entry(node, "branches");
	loop = node_entry(node, "for");
	if (branches && loop)
		diags_error(reader->diags, (branches > loop ? branches : loop)->key->at, "two-sources",
			    "parallel takes \"branches\" or \"for\", not both");
	else if (!branches && !loop && !has_misspelt(node, "branches") && !has_misspelt(node, "for"))
		diags_error(reader->diags, at, "missing-key",
			    "parallel needs the key \"branches\" or \"for\"");
	entry = node_entry(node, "shared");
	if (entry)
		read_shared(reader, entry->value, parallel);
	entry = node_entry(node, "concurrency_limit");
	if (entry)
		parallel->concurrency_limit = read_limit(reader, entry->value);
	entry = node_entry(node, "exception_policy");
	if (entry)
		check_policy(reader, entry->value);
	if (branches)
		read_branches(reader, branches->value, parallel);
	if (loop) {
		struct loop *body = arena_alloc(reader->arena, sizeof(*body));

		read_for(reader, loop->value, loop->key->at, body);
		parallel->loop = body;
	}
}
