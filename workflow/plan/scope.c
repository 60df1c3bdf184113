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

struct symbol *scope_here(const struct scope *scope, struct slice name)
{
	for (size_t i = 0; i < scope->count; i++) {
		if (slice_equal(scope->symbols[i].name, name))
			return &scope->symbols[i];
	}
	return NULL;
}

bool is_before(struct place a, struct place b)
{
	return a.line != b.line ? a.line < b.line : a.column < b.column;
}

bool scope_find(const struct compiler *c, struct slice name, struct variable *found)
{
	struct place limit = {.line = INT32_MAX};

	*found = (struct variable){0};
	for (const struct scope *scope = c->scope; scope; scope = scope->parent) {
		struct symbol *symbol = scope_here(scope, name);

		if (symbol && (found->level == 0 || is_before(symbol->at, limit))) {
			found->slot = symbol->slot;
			found->symbol = symbol;
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

static int add(struct compiler *c, struct scope *scope, struct name name, bool comes_with_scope)
{
	struct symbol *symbol;

	if (!name.text.ptr)
		return add_slot(c, name);
	symbol = scope_here(scope, name.text);
	if (symbol)
		return symbol->slot;
	if (scope->count == scope->capacity)
		scope->symbols = mem_grow(scope->symbols, &scope->capacity, sizeof(*scope->symbols));
	symbol = &scope->symbols[scope->count++];
	*symbol = (struct symbol){.name = name.text,
				  .at = name.at,
				  .slot = add_slot(c, name),
				  .comes_with_scope = comes_with_scope};
	return symbol->slot;
}

int scope_add(struct compiler *c, struct scope *scope, struct name name)
{
	return add(c, scope, name, false);
}

int scope_bring(struct compiler *c, struct scope *scope, struct name name)
{
	return add(c, scope, name, true);
}

void scope_release(struct compiler *c, struct scope *scope)
{
	for (size_t i = 0; i < scope->count && !in_builtin(c); i++) {
		const struct symbol *symbol = &scope->symbols[i];

		if (symbol->is_read || symbol->comes_with_scope || symbol->name.ptr[0] == '_' ||
		    is_doubtful(c, symbol->name))
			continue;
		if (c->unused_count == c->unused_capacity)
			c->unused = mem_grow(c->unused, &c->unused_capacity, sizeof(*c->unused));
		c->unused[c->unused_count++] = *symbol;
	}
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
		for (size_t i = 0; i < step->as.assign.count; i++) {
			if (step->as.assign.items[i].path_count == 0) /* m.k: 1 makes no m */
				declare(c, scope, step->as.assign.items[i].variable);
		}
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

static bool is_listed(const struct parallel *parallel, struct slice name)
{
	for (size_t i = 0; i < parallel->shared_count; i++) {
		if (slice_equal(parallel->shared[i].text, name))
			return true;
	}
	return false;
}

/* shared: [what is there already, name] */
static void hint_shared(struct compiler *c, const struct parallel *parallel, struct slice name)
{
	struct buf list;

	buf_init(&list, 0);
	for (size_t i = 0; i < parallel->shared_count; i++)
		buf_printf(&list, "%.*s, ", SLICE_ARG(parallel->shared[i].text));
	diags_hint(c->diags, "add it to the parallel step: shared: [%s%.*s]", buf_text(&list),
		   SLICE_ARG(name));
	buf_release(&list);
}

bool scope_writable(struct compiler *c, struct name name, struct variable *found)
{
	int crossed = 0;

	if (!name.text.ptr)
		return false; /* it could not be read */
	if (!scope_find(c, name.text, found)) { /* a part of a variable that is nowhere assigned as a whole */
		if (is_doubtful_variable(c, name.text))
			return false;
		diags_error(c->diags, name.at, "unknown-variable",
			    "\"%.*s\" is no variable of this scope: nothing can be put into it",
			    SLICE_ARG(name.text));
		hint_variable(c, name.text);
		return false;
	}
	for (const struct scope *scope = c->scope; scope && crossed < found->level; scope = scope->parent) {
		if (!scope->is_unit)
			continue;
		crossed++;
		if (scope->parallel && !is_listed(scope->parallel, name.text)) {
			diags_error(
				c->diags, name.at, "not-shared",
				"\"%.*s\" belongs to the steps around this parallel step and is not shared",
				SLICE_ARG(name.text));
			hint_shared(c, scope->parallel, name.text);
			return false;
		}
	}
	return true;
}
