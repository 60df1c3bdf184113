/* yaml.c - the YAML reader on any bytes; see fuzz.h. */
#include "tests/fuzz/fuzz.h"

#include "lib/yaml/yaml.h"

static void check_place(struct place at, size_t lines)
{
	if (at.line < 1 || at.column < 1 || (size_t)at.line > lines + 1)
		fuzz_fail("a node at %d:%d of %zu lines", at.line, at.column, lines);
}

static void check_scalar(const struct yaml_node *node, size_t lines)
{
	struct value v = yaml_scalar_value(node);

	if (node->quoted && v.kind != VALUE_STRING)
		fuzz_fail("a quoted scalar is %s", value_kind_name(v.kind));
	if (!utf8_is_valid(node->text))
		fuzz_fail("a scalar is not UTF-8");
	check_place(yaml_place(node, 0, 1), lines);
	check_place(yaml_place(node, node->text.len / 2, 1), lines);
	check_place(yaml_place(node, node->text.len, 0), lines);
	value_unref(v);
}

/* Nesting is bounded by YAML_MAX_DEPTH; aliases may make a tree that is walked for long, hence `budget`. */
static void walk(const struct yaml_node *node, size_t lines, int *budget)
{
	if (--*budget < 0)
		return;
	check_place(node->at, lines);
	if (node->kind == YAML_SCALAR)
		check_scalar(node, lines);
	for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
		walk(node->items[i], lines, budget);
	for (size_t i = 0; node->kind == YAML_MAP && i < node->count; i++) {
		walk(node->entries[i].key, lines, budget);
		walk(node->entries[i].value, lines, budget);
	}
}

static size_t count_lines(struct slice text)
{
	size_t lines = 1;

	for (size_t i = 0; i < text.len; i++)
		lines += text.ptr[i] == '\n' || text.ptr[i] == '\r' || (unsigned char)text.ptr[i] >= 0x80;
	return lines; /* U+0085, U+2028 and U+2029 break lines too: counted generously */
}

void fuzz_yaml(struct slice input)
{
	struct diags *diags = diags_new();
	int budget = 20000;
	struct yaml_node *node;
	struct arena arena;

	arena_init(&arena);
	node = yaml_read(&arena, "fuzz.yaml", input, diags);
	if (!node && diags_errors(diags) == 0)
		fuzz_fail("refused without a reason");
	if (node && diags_errors(diags))
		fuzz_fail("given in spite of an error: %s", diags_at(diags, 0).message);
	for (size_t i = 0; i < diags_count(diags); i++) {
		if (diags_at(diags, i).at.line)
			check_place(diags_at(diags, i).at, count_lines(input));
	}
	if (node) {
		walk(node, count_lines(input), &budget);
		if (budget > 0)
			value_unref(yaml_value(node));
	}
	arena_release(&arena);
	diags_free(diags);
}
