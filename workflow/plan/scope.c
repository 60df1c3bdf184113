/*
 * scope.c - which variable a name means.
 *
 * A list of steps is declared before it is compiled, so a jump backwards may read what a later step
 * assigns. A name belongs to the outermost scope that assigns it; only across the border of a parallel
 * step does the order of the source count, because there a name that is assigned later outside cannot
 * be meant.
 */
#include "workflow/plan/plan_private.h"

#include "lib/mem/mem.h"

#include <string.h>

static struct symbol *find_here(const struct scope *scope, struct slice name)
{
	for (size_t i = 0; i < scope->count; i++) {
		if (slice_equal(scope->symbols[i].name, name))
			return &scope->symbols[i];
	}
	return NULL;
}

static bool is_before(struct place a, struct place b)
{
	return a.line != b.line ? a.line < b.line : a.column < b.column;
}

bool scope_find(const struct compiler *c, struct slice name, struct variable *found)
{
	struct place limit = {.line = INT32_MAX};

	*found = (struct variable){0};
	for (const struct scope *scope = c->scope; scope; scope = scope->parent) {
		const struct symbol *symbol = find_here(scope, name);

		if (symbol && (found->level == 0 || is_before(symbol->at, limit))) {
			found->slot = symbol->slot;
			return true;
		}
		if (scope->is_unit) {
			found->level++;
			limit = scope->at;
			if (!found->outside)
				found->outside = scope;
		}
	}
	return false;
}

struct symbol *scope_add(struct compiler *c, struct scope *scope, struct name name)
{
	struct symbol *symbol = find_here(scope, name.text);

	if (symbol)
		return symbol;
	if (scope->count == scope->capacity)
		scope->symbols = mem_grow(scope->symbols, &scope->capacity, sizeof(*scope->symbols));
	symbol = &scope->symbols[scope->count++];
	*symbol = (struct symbol){name.text, name.at, add_slot(c, name)};
	return symbol;
}

void scope_release(struct scope *scope)
{
	mem_free(scope->symbols);
	scope->symbols = NULL;
}

static void declare(struct compiler *c, struct scope *scope, struct name name)
{
	struct variable known;

	if (name.text.ptr && !scope_find(c, name.text, &known))
		scope_add(c, scope, name);
}

static void declare_step(struct compiler *c, struct scope *scope, const struct step *step)
{
	switch (step->kind) {
	case STEP_ASSIGN:
		for (size_t i = 0; i < step->as.assign.count; i++)
			declare(c, scope, step->as.assign.items[i].variable);
		break;
	case STEP_CALL:
		declare(c, scope, step->as.call.result);
		break;
	case STEP_SWITCH:
		for (size_t i = 0; i < step->as.cases.count; i++)
			declare_step(c, scope, step->as.cases.entries[i].body);
		break;
	case STEP_TRY:
		scope_declare_block(c, scope, &step->as.attempt.body);
		break;
	case STEP_STEPS:
		scope_declare_block(c, scope, &step->as.steps);
		break;
	default: /* loops, branches and except bodies open scopes of their own */
		break;
	}
}

void scope_declare_block(struct compiler *c, struct scope *scope, const struct block *block)
{
	for (size_t i = 0; i < block->count; i++)
		declare_step(c, scope, block->steps[i]);
}

static bool is_shared(const struct parallel *parallel, struct slice name)
{
	for (size_t i = 0; i < parallel->shared_count; i++) {
		if (slice_equal(parallel->shared[i].text, name))
			return true;
	}
	return false;
}

bool scope_writable(struct compiler *c, struct name name, struct variable *found)
{
	int crossed = 0;

	if (!scope_find(c, name.text, found)) {
		diags_error(c->diags, name.at, "unknown-variable", "\"%.*s\" is no variable here",
			    SLICE_ARG(name.text));
		return false;
	}
	for (const struct scope *scope = c->scope; scope && crossed < found->level; scope = scope->parent) {
		if (!scope->is_unit)
			continue;
		crossed++;
		if (scope->parallel && !is_shared(scope->parallel, name.text)) {
			diags_error(
				c->diags, name.at, "not-shared",
				"\"%.*s\" belongs to the steps around this parallel step and is not shared",
				SLICE_ARG(name.text));
			diags_hint(c->diags, "add it to the parallel step: shared: [%.*s]",
				   SLICE_ARG(name.text));
			return false;
		}
	}
	return true;
}

/* Edit distance of at most 2 between short names; more is no misspelling. */
static int distance(struct slice a, struct slice b)
{
	int row[33];

	if (a.len > 32 || b.len > 32)
		return 99;
	for (size_t j = 0; j <= b.len; j++)
		row[j] = (int)j;
	for (size_t i = 1; i <= a.len; i++) {
		int diagonal = row[0];

		row[0] = (int)i;
		for (size_t j = 1; j <= b.len; j++) {
			int best = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b.len];
}

struct slice scope_nearest(const struct compiler *c, struct slice name)
{
	struct slice nearest = {NULL, 0};
	int best = name.len > 3 ? 3 : 2;

	for (const struct scope *scope = c->scope; scope; scope = scope->parent) {
		for (size_t i = 0; i < scope->count; i++) {
			int d = distance(scope->symbols[i].name, name);

			if (d < best) {
				best = d;
				nearest = scope->symbols[i].name;
			}
		}
	}
	return nearest;
}
