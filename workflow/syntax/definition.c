/* definition.c - the document: routines, their parameters, names said twice (reference, 1.1 and 1.2). */
#include "workflow/syntax/syntax_private.h"

#include <stdlib.h>

/* ---- names said twice */

static int by_name(const void *left, const void *right)
{
	const struct name *a = left;
	const struct name *b = right;
	int order = slice_compare(a->text, b->text);

	if (order)
		return order;
	if (a->at.line != b->at.line)
		return a->at.line < b->at.line ? -1 : 1;
	return (a->at.column > b->at.column) - (a->at.column < b->at.column);
}

static void report_duplicates(struct reader *reader, struct name *names, size_t count, const char *code,
			      const char *what)
{
	size_t first = 0;

	if (count)
		qsort(names, count, sizeof(*names), by_name);
	for (size_t i = 1; i < count; i++) {
		if (!slice_equal(names[first].text, names[i].text)) {
			first = i;
			continue;
		}
		diags_error(reader->diags, names[i].at, code, "the %s \"%.*s\" exists already", what,
			    SLICE_ARG(names[i].text));
		diags_hint(reader->diags, "the first one is in line %d", names[first].at.line);
	}
}

/* ---- parameters */

/* Expressions have no place in a default. */
static void check_default(struct reader *reader, const struct yaml_node *node)
{
	if (node->kind == YAML_SCALAR && expr_is(node))
		diags_error(reader->diags, node->at, "bad-default",
			    "a default must be a fixed value, not an expression");
	for (size_t i = 0; i < node->count; i++)
		check_default(reader, node->kind == YAML_LIST ? node->items[i] : node->entries[i].value);
}

static void read_param(struct reader *reader, const struct yaml_node *node, struct param *param)
{
	const struct yaml_entry *pair;

	if (node->kind != YAML_MAP) {
		param->name = read_variable(reader, node, "a parameter");
		return;
	}
	pair = form_pair(reader, node, "parameter");
	if (!pair || !reader_works(reader, pair->value))
		return;
	param->name = read_variable(reader, pair->key, "a parameter");
	param->has_default = true;
	check_default(reader, pair->value);
	param->fallback = reader_keep(reader, yaml_value(pair->value));
}

static void read_params(struct reader *reader, const struct yaml_node *node, struct routine *routine)
{
	bool is_main = slice_is(routine->name.text, "main");
	enum { MOST_READ = 1000 }; /* an operation counts its arguments in 16 bits */
	size_t most = is_main ? 1 : LIMIT_PARAMS;
	struct param *params;
	struct name *names;
	size_t count = 0;

	if (!form_list(reader, node, "params"))
		return;
	if (node->count > most) {
		diags_error(reader->diags, node->items[most]->at, "too-many-params",
			    is_main ? "main takes one parameter, the argument of the run"
				    : "a subworkflow takes at most 10 parameters");
		diags_hint(reader->diags,
			   is_main ? "the argument may be a map: read ${args.name}" : "pass a map instead");
	} else if (!is_main) {
		warn_near_limit(reader, node->at, node->count, most, "parameters of a subworkflow");
	}
	params = arena_alloc(reader->arena, (node->count + 1) * sizeof(*params));
	names = arena_alloc(reader->arena, (node->count + 1) * sizeof(*names));
	routine->params = params;
	routine->param_count = node->count < MOST_READ ? node->count : MOST_READ;
	for (size_t i = 0; i < routine->param_count; i++) {
		read_param(reader, node->items[i], &params[i]);
		if (params[i].name.text.ptr)
			names[count++] = params[i].name;
	}
	report_duplicates(reader, names, count, "duplicate-name", "parameter");
}

/* ---- routines */

static void read_routine(struct reader *reader, const struct yaml_entry *entry, struct routine *routine)
{
	static const char *const known[] = {"params", "steps", NULL};
	const struct yaml_node *node = entry->value;
	const struct yaml_entry *params;
	const struct yaml_node *steps;
	size_t errors = diags_errors(reader->diags);

	routine->name = node_name(entry->key);
	reader->seen_count = 0;
	routine->is_damaged = true;
	if (!form_map(reader, node, "a routine")) {
		if (node->kind == YAML_LIST && slice_is(routine->name.text, "steps"))
			diags_hint(reader->diags, "indent \"steps\" below the name of its routine");
		return;
	}
	check_keys(reader, node, known, "a routine");
	params = node_entry(node, "params");
	if (params)
		read_params(reader, params->value, routine);
	routine->is_damaged = diags_errors(reader->diags) > errors;
	steps = form_key(reader, node, entry->key->at, "steps", "a routine");
	if (steps)
		routine->body = read_block(reader, steps, "steps");
	report_duplicates(reader, reader->seen, reader->seen_count, "duplicate-step", "step");
}

static void check_routine_name(struct reader *reader, const struct yaml_node *key)
{
	if (key->kind != YAML_SCALAR || key->text.len == 0)
		diags_error(reader->diags, key->at, "bad-name", "a routine needs a name");
	else if (slice_find(key->text, SLICE("."), 0) != SIZE_MAX)
		diags_error(reader->diags, key->at, "bad-name", "the name of a routine holds no dot");
}

static void read_routines(struct reader *reader, const struct yaml_node *root)
{
	struct routine *routines = arena_alloc(reader->arena, (root->count + 1) * sizeof(*routines));

	const struct yaml_entry *displaced = node_entry(root, "steps");

	reader->definition->routines = routines;
	reader->definition->routine_count = root->count;
	if (!node_entry(root, "main")) {
		diags_error(reader->diags, root->at, "missing-main", "there is no routine \"main\"");
		if (displaced) {
			diags_hint(reader->diags, "put \"main:\" above and indent the rest below it");
			reader->definition->routine_count = 0;
			return;
		}
	}
	reader->steps_elsewhere = displaced && displaced->value->kind == YAML_LIST;
	for (size_t i = 0; i < root->count; i++) {
		check_routine_name(reader, root->entries[i].key);
		if (root->entries[i].key->kind == YAML_SCALAR)
			read_routine(reader, &root->entries[i], &routines[i]);
	}
}

/* Form A of reference 1.1: the list is the body of main. */
static void read_list(struct reader *reader, const struct yaml_node *root)
{
	struct routine *main = arena_alloc(reader->arena, sizeof(*main));

	main->name = (struct name){SLICE("main"), root->at};
	main->body = read_block(reader, root, "a definition");
	report_duplicates(reader, reader->seen, reader->seen_count, "duplicate-step", "step");
	reader->definition->routines = main;
	reader->definition->routine_count = 1;
}

static void read_document(struct reader *reader, const struct yaml_node *root)
{
	if (root->kind == YAML_LIST)
		read_list(reader, root);
	else if (root->kind == YAML_MAP)
		read_routines(reader, root);
	else
		diags_error(reader->diags, root->at, "wrong-type",
			    "a definition is a list of steps or a map of routines, not %s",
			    node_describe(root));
}

/* Nothing to look on in when there are no routines, or when aliases made it too much to read. */
static bool is_readable(const struct reader *reader)
{
	return reader->definition->routine_count > 0 && !reader->spent;
}

static void check_size(struct diags *diags, const char *file, size_t size)
{
	if (size * 100 / LIMIT_WARN_PERCENT < LIMIT_SOURCE_BYTES)
		return;
	diags_warn(diags, (struct place){.file = file}, "near-limit", "the source: %zu of at most %d bytes",
		   size, LIMIT_SOURCE_BYTES);
}

struct definition *definition_read_all(const char *file, struct slice source, struct diags *diags)
{
	struct definition *definition = mem_new(sizeof(*definition));
	struct reader reader = {.definition = definition, .arena = &definition->arena, .diags = diags};
	size_t errors = diags_errors(diags);
	const struct yaml_node *root = NULL;

	arena_init(&definition->arena);
	definition->file = arena_strndup(&definition->arena, file, slice_of(file).len);
	definition->source.len = source.len;
	definition->source.ptr = arena_strndup(&definition->arena, source.ptr ? source.ptr : "", source.len);
	if (source.len > LIMIT_SOURCE_BYTES) {
		diags_error(diags, (struct place){.file = file}, "source-size",
			    "the source has %zu bytes; at most %d are allowed", source.len,
			    LIMIT_SOURCE_BYTES);
	} else {
		check_size(diags, file, source.len);
		root = yaml_read_all(&definition->arena, file, definition->source, diags);
	}
	if (root)
		read_document(&reader, root);
	mem_free(reader.seen);
	definition->is_damaged = diags_errors(diags) > errors;
	if (root && is_readable(&reader))
		return definition;
	definition_free(definition);
	return NULL;
}

struct definition *definition_read(const char *file, struct slice source, struct diags *diags)
{
	struct definition *definition = definition_read_all(file, source, diags);

	if (!definition || !definition->is_damaged)
		return definition;
	definition_free(definition);
	return NULL;
}

void definition_free(struct definition *definition)
{
	if (!definition)
		return;
	for (size_t i = 0; i < definition->constant_count; i++)
		value_unref(definition->constants[i]);
	mem_free(definition->constants);
	mem_free(definition->doubtful);
	arena_release(&definition->arena);
	mem_free(definition);
}
