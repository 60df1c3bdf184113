/*
 * single.c - one expression as a definition: a routine whose parameters are the variables and whose only step
 * returns it, and a main that calls that routine.
 *
 * No definition can hold such a routine: its name is no identifier, so no expression can mean it.
 */
#include "workflow/syntax/syntax_private.h"

static const char routine_name[] = "<expression>";

static struct step *new_return(struct arena *arena, const struct expr *expr, struct place at)
{
	struct tree *tree = arena_alloc(arena, sizeof(*tree));
	struct step *step = arena_alloc(arena, sizeof(*step));

	tree->kind = TREE_EXPR;
	tree->at = at;
	tree->expr = expr;
	step->name = (struct name){SLICE("evaluate"), at};
	step->kind = STEP_RETURN;
	step->as.value = tree;
	return step;
}

static struct block block_of(struct arena *arena, struct step *step)
{
	struct step **steps = arena_alloc(arena, sizeof(*steps));

	steps[0] = step;
	return (struct block){steps, 1};
}

static const struct expr *call_of(struct arena *arena, struct place at)
{
	struct expr *call = arena_alloc(arena, sizeof(*call));
	struct expr *callee = arena_alloc(arena, sizeof(*callee));

	*callee = (struct expr){.kind = EXPR_NAME, .at = at, .name = slice_of(routine_name)};
	*call = (struct expr){.kind = EXPR_CALL, .at = at, .left = callee};
	return call;
}

static struct param *params_of(struct reader *reader, struct value variables, struct place at)
{
	struct param *params = arena_alloc(reader->arena, (value_len(variables) + 1) * sizeof(*params));

	for (size_t i = 0; i < value_len(variables); i++) {
		struct slice key = value_map_key(variables, i);
		struct slice name = {arena_strndup(reader->arena, key.ptr, key.len), key.len};

		params[i] = (struct param){.name = {name, at}, .has_default = true};
		params[i].fallback = reader_keep(reader, value_ref(*value_map_at(variables, i)));
	}
	return params;
}

struct definition *definition_of_expression(const char *file, struct slice text, struct value variables,
					    struct diags *diags)
{
	struct definition *definition = mem_new(sizeof(*definition));
	struct reader reader = {.definition = definition, .arena = &definition->arena, .diags = diags};
	struct place at = {file, 1, 1, (int)text.len};
	struct arena *arena = &definition->arena;
	struct yaml_node node = {.kind = YAML_SCALAR, .at = at, .verbatim = true};
	struct routine *routines;
	struct expr *tree;

	arena_init(arena);
	node.text = definition->source = (struct slice){arena_strndup(arena, text.ptr, text.len), text.len};
	definition->file = arena_strndup(arena, file, slice_of(file).len);
	tree = expr_is(&node) ? expr_parse(arena, &node, diags) : expr_parse_bare(arena, &node, 0, diags);
	if (!tree) {
		definition_free(definition);
		return NULL;
	}
	routines = arena_alloc(arena, 2 * sizeof(*routines));
	routines[0].name = (struct name){SLICE("main"), at};
	routines[0].body = block_of(arena, new_return(arena, call_of(arena, at), at));
	routines[1].name = (struct name){slice_of(routine_name), at};
	routines[1].params = params_of(&reader, variables, at);
	routines[1].param_count = value_len(variables);
	routines[1].body = block_of(arena, new_return(arena, keep_expr(&reader, tree), at));
	definition->routines = routines;
	definition->routine_count = 2;
	return definition;
}
