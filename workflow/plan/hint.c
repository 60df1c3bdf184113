/*
 * hint.c - what the author meant by a name that is unknown.
 *
 * A variable is looked for where it exists: in a loop, a branch, a handler, another routine. Only then is a
 * similar name offered.
 */
#include "workflow/plan/plan_private.h"

#include "workflow/expr/nearest.h"
#include "workflow/syntax/walk.h"

#include <string.h>

bool is_doubtful(const struct compiler *c, struct slice name)
{
	const struct definition *definition = c->plan->definition;

	for (size_t i = 0; i < definition->doubtful_count; i++) {
		if (slice_equal(definition->doubtful[i].text, name))
			return true;
	}
	return false;
}

bool is_doubtful_variable(const struct compiler *c, struct slice name)
{
	for (const struct scope *scope = c->scope; scope; scope = scope->parent) {
		if (scope->is_incomplete)
			return true;
	}
	return is_doubtful(c, name);
}

/* ---- where a variable exists */

/* A place of the source that has a variable of the name. */
struct home {
	struct slice name;
	bool found;
	enum inner_kind kind; /* of the scope that it ends with */
	struct name inner;    /* name of that branch */
	struct place at;      /* of the step that opens it */
};

static bool is_scope(enum inner_kind kind)
{
	return kind == INNER_LOOP || kind == INNER_ITERATION || kind == INNER_BRANCH || kind == INNER_HANDLER;
}

static bool is_name(struct name name, struct slice text)
{
	return name.text.ptr && slice_equal(name.text, text);
}

static bool assigns(const struct step *step, struct slice name)
{
	if (step->kind == STEP_CALL)
		return is_name(step->as.call.result, name);
	for (size_t i = 0; step->kind == STEP_ASSIGN && i < step->as.assign.count; i++) {
		if (is_name(step->as.assign.items[i].variable, name))
			return true;
	}
	return false;
}

static const struct loop *loop_of(const struct step *step)
{
	if (step->kind == STEP_FOR)
		return &step->as.loop;
	return step->kind == STEP_PARALLEL ? step->as.parallel.loop : NULL;
}

/* The names that come with the scope that a step opens. */
static bool brings(const struct step *step, enum inner_kind kind, struct slice name)
{
	const struct loop *loop = loop_of(step);

	if (loop && (is_name(loop->value, name) || is_name(loop->index, name)))
		return true;
	return kind == INNER_HANDLER && is_name(step->as.attempt.as, name);
}

/* The outermost nested scope that has the variable; the first one in the source. */
static void find_home(const struct block *block, struct home *home, bool in_scope)
{
	for (size_t i = 0; i < block->count && !home->found; i++) {
		const struct step *step = block->steps[i];
		struct inner inner;

		if (in_scope && assigns(step, home->name))
			home->found = true;
		for (size_t j = 0; !home->found && step_inner(step, j, &inner); j++) {
			bool opens = is_scope(inner.kind);

			home->found = opens && brings(step, inner.kind, home->name);
			if (!home->found)
				find_home(&inner.block, home, in_scope || opens);
			if (home->found && opens)
				*home = (struct home){home->name, true, inner.kind, inner.name,
						      step->name.at};
		}
	}
}

static const struct routine *current_routine(const struct compiler *c)
{
	return routine_of(c->plan, c->plan->units[c->unit].routine);
}

static bool hint_scope(struct compiler *c, struct slice name)
{
	struct home home = {.name = name};

	find_home(&current_routine(c)->body, &home, false);
	if (!home.found)
		return false;
	if (home.kind == INNER_BRANCH)
		diags_hint(
			c->diags,
			"it exists only inside the branch \"%.*s\" of line %d; assign it before the parallel "
			"step and share it to keep it",
			SLICE_ARG(home.inner.text), home.inner.at.line);
	else if (home.kind == INNER_ITERATION)
		diags_hint(
			c->diags,
			"it exists only inside the parallel loop of line %d; assign it before and share it "
			"to keep it",
			home.at.line);
	else
		diags_hint(c->diags, "it exists only inside the %s of line %d; assign it before to keep it",
			   home.kind == INNER_LOOP ? "loop" : "except of the try", home.at.line);
	return true;
}

/* Anywhere in a list of steps, nested scopes or not. */
static bool is_assigned_in(const struct block *block, struct slice name)
{
	struct home home = {.name = name};

	find_home(block, &home, true);
	return home.found;
}

static bool hint_routine(struct compiler *c, struct slice name)
{
	const struct definition *definition = c->plan->definition;

	for (size_t i = 0; i < definition->routine_count; i++) {
		const struct routine *routine = &definition->routines[i];
		bool has = routine != current_routine(c) && is_assigned_in(&routine->body, name);

		for (size_t p = 0; routine != current_routine(c) && p < routine->param_count; p++)
			has = has || is_name(routine->params[p].name, name);
		if (!has)
			continue;
		diags_hint(c->diags,
			   "the variable of routine \"%.*s\" is its own: hand it over as an argument",
			   SLICE_ARG(routine->name.text));
		return true;
	}
	return false;
}

/* ---- names nearby */

static struct slice nearest_variable(const struct compiler *c, struct slice name)
{
	struct nearest nearest;

	nearest_init(&nearest, name);
	for (const struct scope *scope = c->scope; scope; scope = scope->parent) {
		for (size_t i = 0; i < scope->count; i++)
			nearest_offer(&nearest, scope->symbols[i].name);
	}
	return nearest_best(&nearest);
}

static bool is_capital(struct slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] >= 'a' && name.ptr[i] <= 'z')
			return false;
	}
	return name.len > 2;
}

void hint_variable(struct compiler *c, struct slice name)
{
	const char *word = foreign_word(name);
	struct slice nearest;

	if (word) {
		diags_hint(c->diags, "%s", word);
		return;
	}
	if (hint_scope(c, name))
		return;
	nearest = nearest_variable(c, name);
	if (nearest.ptr)
		diags_hint(c->diags, "did you mean \"%.*s\"?", SLICE_ARG(nearest));
	else if (hint_routine(c, name))
		return;
	else if (find_routine(c, name) >= 0)
		diags_hint(c->diags, "a routine is called with parentheses: %.*s()", SLICE_ARG(name));
	else if (stdlib_is_module(name) || stdlib_find(name))
		diags_hint(c->diags, "a library function needs parentheses here");
	else if (is_capital(name))
		diags_hint(c->diags, "an environment variable is read with sys.get_env(\"%.*s\")",
			   SLICE_ARG(name));
	else
		diags_hint(c->diags, "assign it in a step above; a text stands in quotes: \"%.*s\"",
			   SLICE_ARG(name));
}

/* ---- functions */

static struct slice nearest_routine(const struct compiler *c, struct slice name)
{
	const struct definition *definition = c->plan->definition;
	struct nearest nearest;

	nearest_init(&nearest, name);
	for (size_t i = 0; i < definition->routine_count; i++) {
		if (!slice_is(definition->routines[i].name.text, "main"))
			nearest_offer(&nearest, definition->routines[i].name.text);
	}
	return nearest_best(&nearest);
}

/* What a module has, where the name is of a known one and like none of its functions. */
static void hint_module(struct compiler *c, struct slice name)
{
	const struct stdlib_function *function;
	struct slice module = name;
	struct buf names;

	while (module.len > 0 && module.ptr[module.len - 1] != '.')
		module.len--;
	if (module.len < 2 || !stdlib_is_module((struct slice){module.ptr, module.len - 1}))
		return;
	buf_init(&names, 0);
	for (size_t i = 0; (function = stdlib_at(i)); i++) {
		if (slice_starts(slice_of(function->name), module))
			buf_printf(&names, "%s%s", names.len ? ", " : "", function->name + module.len);
	}
	diags_hint(c->diags, "%.*s has %s", (int)(module.len - 1), module.ptr, buf_text(&names));
	buf_release(&names);
}

void hint_callee(struct compiler *c, struct slice name)
{
	const char *foreign = foreign_function(name);
	struct slice routine = nearest_routine(c, name);
	const struct stdlib_function *nearest = stdlib_nearest(name);
	struct variable variable;

	if (foreign)
		diags_hint(c->diags, "use %s", foreign);
	else if (routine.ptr)
		diags_hint(c->diags, "did you mean \"%.*s\"?", SLICE_ARG(routine));
	else if (stdlib_policy(name))
		diags_hint(c->diags, "a policy stands at \"retry\" itself: retry: ${%.*s}", SLICE_ARG(name));
	else if (nearest)
		diags_hint(c->diags, "did you mean \"%s\"?", nearest->name);
	else if (scope_find(c, name, &variable))
		diags_hint(c->diags, "a variable is read without parentheses");
	else if (stdlib_is_module(name))
		diags_hint(c->diags, "it is a module: `lexflow help function %.*s` lists its functions",
			   SLICE_ARG(name));
	else
		hint_module(c, name);
}
