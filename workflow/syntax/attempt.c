/* attempt.c - "try", "retry" and "except" (reference, 2.7). */
#include "workflow/syntax/syntax_private.h"

/* A body without a name: a block of one step. `for` has no place there, as documented ("Known issues"). */
static struct block unnamed_body(struct reader *reader, const struct yaml_node *node)
{
	struct step **steps = arena_alloc(reader->arena, sizeof(*steps));
	const struct yaml_entry *loop = node_entry(node, "for");

	steps[0] = arena_alloc(reader->arena, sizeof(*steps[0]));
	read_body(reader, node, BODY_TRY, steps[0]);
	if (steps[0]->kind == STEP_STEPS && !steps[0]->next.text.ptr)
		return steps[0]->as.steps;
	if (loop && steps[0]->kind == STEP_FOR) {
		diags_error(reader->diags, loop->key->at, "unnamed-for",
			    "error in step try: loop step name should not be empty");
		diags_hint(reader->diags, "put the for into a named step below \"steps:\"");
	}
	return (struct block){steps, 1};
}

static struct block read_attempt(struct reader *reader, const struct yaml_node *node)
{
	if (node->kind == YAML_LIST)
		return read_block(reader, node, "try");
	if (!form_map(reader, node, "try"))
		return (struct block){0};
	return unnamed_body(reader, node);
}

/* ---- retry */

/* A number or an expression, not below `least`. */
static const struct tree *read_number(struct reader *reader, const struct yaml_node *map, const char *key)
{
	const struct yaml_entry *entry = node_entry(map, key);
	const struct tree *tree;

	if (!entry)
		return NULL;
	tree = read_tree(reader, entry->value);
	if (tree->kind == TREE_EXPR)
		return tree;
	if (tree->kind != TREE_CONSTANT || !value_is_number(tree->constant))
		diags_error(reader->diags, entry->value->at, "wrong-type",
			    "%s must be a number or an expression, not %s", key, node_describe(entry->value));
	else if (value_number(tree->constant) < 0)
		diags_error(reader->diags, entry->value->at, "bad-value", "%s cannot be negative", key);
	return tree;
}

static void read_backoff(struct reader *reader, const struct yaml_node *node, struct retry *retry)
{
	static const char *const known[] = {"initial_delay", "max_delay", "multiplier", NULL};

	if (node->kind == YAML_SCALAR) {
		retry->backoff = read_expression(reader, node, "backoff");
		return;
	}
	if (!form_map(reader, node, "backoff"))
		return;
	check_keys(reader, node, known, "backoff");
	retry->initial_delay = read_number(reader, node, "initial_delay");
	retry->max_delay = read_number(reader, node, "max_delay");
	retry->multiplier = read_number(reader, node, "multiplier");
}

static const struct retry *read_retry(struct reader *reader, const struct yaml_entry *entry)
{
	static const char *const known[] = {"predicate", "max_retries", "backoff", NULL};
	const struct yaml_node *node = entry->value;
	struct retry *retry = arena_alloc(reader->arena, sizeof(*retry));
	const struct yaml_node *predicate;
	const struct yaml_entry *backoff;

	retry->at = entry->key->at;
	if (node->kind == YAML_SCALAR) {
		retry->policy = read_expression(reader, node, "retry");
		return retry;
	}
	if (!form_map(reader, node, "retry"))
		return retry;
	check_keys(reader, node, known, "retry");
	predicate = form_key(reader, node, entry->key->at, "predicate", "retry");
	if (predicate)
		retry->predicate = read_expression(reader, predicate, "predicate");
	if (form_key(reader, node, entry->key->at, "max_retries", "retry"))
		retry->max_retries = read_number(reader, node, "max_retries");
	backoff = node_entry(node, "backoff");
	if (backoff)
		read_backoff(reader, backoff->value, retry);
	return retry;
}

/* ---- except */

static void read_except(struct reader *reader, const struct yaml_entry *entry, struct try_step *attempt)
{
	static const char *const known[] = {"as", "steps", NULL};
	const struct yaml_node *node = entry->value;
	const struct yaml_entry *as;
	const struct yaml_node *steps;

	attempt->has_except = true;
	if (!form_map(reader, node, "except"))
		return;
	check_keys(reader, node, known, "except");
	as = node_entry(node, "as");
	if (as)
		attempt->as = read_variable(reader, as->value, "as");
	steps = form_key(reader, node, entry->key->at, "steps", "except");
	if (steps)
		attempt->handler = read_block(reader, steps, "steps");
}

void read_try(struct reader *reader, const struct yaml_node *body, const struct yaml_entry *entry,
	      struct try_step *attempt)
{
	const struct yaml_entry *retry = node_entry(body, "retry");
	const struct yaml_entry *except = node_entry(body, "except");

	if (!retry && !except && !has_misspelt(body, "retry") && !has_misspelt(body, "except"))
		diags_error(reader->diags, entry->key->at, "missing-key",
			    "try needs the key \"retry\" or \"except\"");
	attempt->body = read_attempt(reader, entry->value);
	if (retry)
		attempt->retry = read_retry(reader, retry);
	if (except)
		read_except(reader, except, attempt);
}
