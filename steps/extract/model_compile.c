/* model_compile.c - macros put in, patterns compiled, names resolved. */

#include "steps/extract/model_private.h"

#include <string.h>

enum { PATTERN_MAX = 64 << 10, MACRO_DEPTH = 10 };

struct compiler {
	struct model *model;
	struct regex_pool *pool; /* may be NULL */
	struct diags *diags;
};

static const struct macro *macro_named(const struct model *model, struct slice name)
{
	const struct macro *macro = model->macros;

	while (macro && !slice_equal(macro->name, name))
		macro = macro->next;
	return macro;
}

/* Appends `text` with every {{NAME}} replaced; -1 after an error. */
static int expand(struct compiler *compiler, struct slice text, struct place at, int depth, struct buf *out)
{
	size_t from = 0;

	for (;;) {
		size_t open = slice_find(text, SLICE("{{"), from);
		size_t close = open == SIZE_MAX ? SIZE_MAX : slice_find(text, SLICE("}}"), open);
		const struct macro *macro;
		struct slice name;

		buf_add_slice(out, slice_sub(text, from, close == SIZE_MAX ? text.len : open));
		if (close == SIZE_MAX)
			break;
		name = slice_sub(text, open + 2, close);
		macro = macro_named(compiler->model, name);
		if (!macro)
			return diags_error(compiler->diags, at, "unknown-macro", "{{%.*s}} is not defined",
					   SLICE_ARG(name));
		if (depth == MACRO_DEPTH)
			return diags_error(compiler->diags, at, "deep-macro",
					   "{{%.*s}} goes deeper than %d definitions", SLICE_ARG(name),
					   MACRO_DEPTH);
		if (expand(compiler, macro->text, at, depth + 1, out) < 0)
			return -1;
		from = close + 2;
	}
	return out->full ? diags_error(compiler->diags, at, "long-pattern",
				       "longer than %d bytes with its definitions", PATTERN_MAX)
			 : 0;
}

static int bad_regex(struct compiler *compiler, struct place at, const struct error *err)
{
	diags_error(compiler->diags, at, "bad-pattern", "%s", err->message);
	diags_hint(compiler->diags, "%s", err->hint);
	return -1;
}

static void compile_pattern(struct compiler *compiler, struct pattern *pattern)
{
	struct error err = {0};
	struct buf text;

	if (!pattern->source.len)
		return;
	buf_init(&text, PATTERN_MAX);
	if (!expand(compiler, pattern->source, pattern->at, 0, &text)) {
		pattern->regex = regex_new_in(compiler->pool, buf_slice(&text), REGEX_LINES, &err);
		if (!pattern->regex)
			bad_regex(compiler, pattern->at, &err);
	}
	buf_release(&text);
}

static void compile_conditions(struct compiler *compiler, struct condition *list)
{
	for (; list; list = list->next)
		compile_pattern(compiler, &list->pattern);
}

static const struct table *table_named(const struct model *model, struct slice name)
{
	const struct table *table = model->tables;

	while (table && !slice_equal(table->name, name))
		table = table->next;
	return table;
}

static void resolve_source(struct compiler *compiler, const struct regex *regex, struct source *source)
{
	char name[64] = "";

	for (int i = 0; i < source->pipe_length; i++) {
		struct slice argument = source->pipe[i].argument;

		if (!source->pipe[i].normaliser->has_table)
			continue;
		source->pipe[i].table = table_named(compiler->model, argument);
		if (!source->pipe[i].table)
			diags_error(compiler->diags, source->at, "unknown-table", "no table \"%.*s\"",
				    SLICE_ARG(argument));
	}
	if (source->kind != SOURCE_GROUP || !source->text.len)
		return;
	if (source->text.len < sizeof(name))
		memcpy(name, source->text.ptr, source->text.len);
	source->group = regex_group(regex, name);
	if (source->group >= 0 && source->group < REGEX_MAX_GROUPS)
		return;
	diags_error(compiler->diags, source->at, "unknown-group", "the pattern has no group \"%.*s\"",
		    SLICE_ARG(source->text));
	diags_hint(compiler->diags, "write (?P<%.*s>...) in \"find\"; at most %d groups count",
		   SLICE_ARG(source->text), REGEX_MAX_GROUPS - 1);
}

static void resolve_rule(struct compiler *compiler, struct rule *rule)
{
	const struct regex *regex = regex_set_at(compiler->model->sets[rule->view], rule->index);
	struct source span = {.kind = SOURCE_GROUP, .text = rule->span, .at = rule->at};

	for (struct give *give = rule->gives; give; give = give->next)
		resolve_source(compiler, regex, &give->source);
	if (rule->has_each)
		resolve_source(compiler, regex, &rule->each);
	if (rule->span.len && !slice_is(rule->span, "each")) {
		resolve_source(compiler, regex, &span);
		rule->span_group = span.group;
	}
	if (!rule->region_name.len)
		return;
	rule->region = compiler->model->regions;
	while (rule->region && !slice_equal(rule->region->name, rule->region_name))
		rule->region = rule->region->next;
	if (!rule->region)
		diags_error(compiler->diags, rule->region_at, "unknown-region", "no region \"%.*s\"",
			    SLICE_ARG(rule->region_name));
}

/* Puts the rule's pattern into the set of its view. */
static void add_to_set(struct compiler *compiler, struct rule *rule)
{
	struct model *model = compiler->model;
	struct error err = {0};
	struct buf text;

	if (!model->sets[rule->view])
		model->sets[rule->view] = regex_set_new_in(compiler->pool, REGEX_LINES);
	buf_init(&text, PATTERN_MAX);
	rule->index = -1;
	if (!expand(compiler, rule->find.source, rule->find.at, 0, &text)) {
		rule->index = regex_set_add(model->sets[rule->view], buf_slice(&text), &err);
		if (rule->index < 0)
			bad_regex(compiler, rule->find.at, &err);
		else
			model->rule_count[rule->view]++;
	}
	buf_release(&text);
	compile_conditions(compiler, rule->conditions);
}

static void compile_sets(struct compiler *compiler)
{
	struct model *model = compiler->model;

	for (int view = 0; view < VIEW_KINDS; view++) {
		struct error err = {0};

		model->rules[view] =
			arena_alloc(&model->arena, (model->rule_count[view] + 1) * sizeof(struct rule *));
		if (model->sets[view] && regex_set_compile(model->sets[view], &err) < 0)
			bad_regex(compiler, (struct place){.file = ""}, &err);
	}
	for (struct field *field = model->fields; field; field = field->next) {
		for (struct rule *rule = field->rules; rule; rule = rule->next) {
			if (rule->off || rule->index < 0)
				continue;
			model->rules[rule->view][rule->index] = rule;
			resolve_rule(compiler, rule);
		}
	}
}

int model_compile(struct model *model, struct regex_pool *pool, struct diags *diags)
{
	struct compiler compiler = {model, pool, diags};
	size_t before = diags_errors(diags);

	for (struct region *region = model->regions; region; region = region->next) {
		compile_pattern(&compiler, &region->from);
		compile_pattern(&compiler, &region->to);
	}
	for (struct table *table = model->tables; table; table = table->next)
		for (struct table_entry *entry = table->entries; entry; entry = entry->next)
			compile_pattern(&compiler, &entry->pattern);
	for (struct field *field = model->fields; field; field = field->next) {
		compile_conditions(&compiler, field->forbid);
		compile_pattern(&compiler, &field->link_all);
		for (struct rule *rule = field->rules; rule; rule = rule->next)
			if (!rule->off)
				add_to_set(&compiler, rule);
	}
	compile_sets(&compiler);
	return diags_errors(diags) == before ? 0 : -1;
}
