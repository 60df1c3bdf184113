/*
 * compile.c - a definition -> a plan: routines, lists of steps, jumps, simple steps.
 *
 *	step:	STEP n, the body, then a jump if the step has a `next`; else the next step follows
 *
 * Loops, try and parallel are in control.c. Every mistake is reported; the plan is given only when there
 * was none.
 */
#include "workflow/plan/plan_private.h"

#include "lib/mem/mem.h"

#include <assert.h>
#include <string.h>

/* ---- jumps */

static void jump_to_step(struct compiler *c, const struct name *next)
{
	for (struct labels *labels = c->labels; labels; labels = labels->parent) {
		for (size_t i = 0; i < labels->block->count; i++) {
			const struct name *name = &labels->block->steps[i]->name;

			if (!name->text.ptr || !slice_equal(name->text, next->text))
				continue;
			if (labels->jump_count == labels->jump_capacity)
				labels->jumps = mem_grow(labels->jumps, &labels->jump_capacity,
							 sizeof(*labels->jumps));
			labels->jumps[labels->jump_count++] =
				(struct pending_jump){emit_at(c, next->at, CODE_JUMP, 0, 0, 0, 0), i};
			return;
		}
		if (labels->border)
			break;
	}
	complain_target(c, next);
}

/* A branch inside of a loop is none of its iterations (reference, 2.11). */
static void hint_outside_loop(struct compiler *c)
{
	if (c->plan->units[c->unit].kind == UNIT_BRANCH)
		diags_hint(c->diags, "a loop around the parallel step cannot be reached from a branch");
	else
		diags_hint(c->diags, "use the name of a step, or \"end\" to end the routine");
}

static void jump_in_loop(struct compiler *c, const struct name *next)
{
	struct loop_exits *exits = c->exits;
	bool is_break = slice_is(next->text, "break");

	if (!exits) {
		diags_error(c->diags, next->at, "outside-loop", "\"%.*s\" stands outside of a loop",
			    SLICE_ARG(next->text));
		hint_outside_loop(c);
		return;
	}
	if (exits->is_parallel) {
		if (is_break) {
			diags_error(c->diags, next->at, "break-parallel",
				    "a parallel loop cannot be left with break");
			diags_hint(c->diags, "its iterations run side by side; \"continue\" ends this one");
		}
		emit_constant(c, value_null());
		emit_at(c, next->at, CODE_RETURN, 0, 0, 0, -1);
		return;
	}
	if (!is_break) {
		emit_at(c, next->at, CODE_JUMP, 0, 0, exits->next, 0);
		return;
	}
	if (exits->break_count == exits->break_capacity)
		exits->breaks = mem_grow(exits->breaks, &exits->break_capacity, sizeof(*exits->breaks));
	exits->breaks[exits->break_count++] = emit_at(c, next->at, CODE_JUMP, 0, 0, 0, 0);
}

static bool in_branch(struct compiler *c, struct place at, const char *what)
{
	if (c->plan->units[c->unit].kind == UNIT_ROUTINE)
		return false;
	diags_error(c->diags, at, "leaves-branch", "%s cannot leave a parallel branch or iteration", what);
	diags_hint(c->diags, "assign to a shared variable, and decide after the parallel step");
	return true;
}

void compile_next(struct compiler *c, const struct name *next)
{
	if (!next->text.ptr)
		return;
	if (slice_is(next->text, "end")) {
		in_branch(c, next->at, "\"next: end\"");
		emit_constant(c, value_null());
		emit_at(c, next->at, CODE_RETURN, 0, 0, 0, -1);
	} else if (slice_is(next->text, "break") || slice_is(next->text, "continue")) {
		jump_in_loop(c, next);
	} else {
		jump_to_step(c, next);
	}
}

/* ---- lists of steps */

void compile_block(struct compiler *c, const struct block *block, bool border)
{
	struct labels labels = {.parent = c->labels, .block = block, .border = border};

	labels.first = mem_alloc((block->count + 1) * sizeof(*labels.first));
	c->labels = &labels;
	for (size_t i = 0; i < block->count; i++) {
		labels.first[i] = c->plan->op_count;
		compile_step(c, block->steps[i]);
	}
	for (size_t i = 0; i < labels.jump_count; i++)
		c->plan->ops[labels.jumps[i].op].arg = labels.first[labels.jumps[i].step];
	c->labels = labels.parent;
	mem_free(labels.first);
	mem_free(labels.jumps);
}

static int add_step(struct compiler *c, const struct step *step)
{
	struct plan *plan = c->plan;
	struct plan_step *row;

	if ((size_t)plan->step_count == c->step_capacity)
		plan->steps = mem_grow(plan->steps, &c->step_capacity, sizeof(*plan->steps));
	row = &plan->steps[plan->step_count];
	*row = (struct plan_step){.name = step->name.text,
				  .unit = c->unit,
				  .routine = plan->units[c->unit].routine,
				  .first = plan->op_count,
				  .parent = c->step,
				  .loop = c->loop,
				  .kind = step->kind,
				  .at = step->name.at};
	if (step->kind == STEP_CALL)
		row->callee = step->as.call.callee.text;
	return plan->step_count++;
}

/* What counts as a step (reference, 11.3): all but a mere group of steps. */
static bool is_action(const struct step *step)
{
	return step->kind != STEP_STEPS;
}

void compile_count(struct compiler *c, bool counts)
{
	if (counts && !in_builtin(c))
		emit(c, CODE_COUNT, 0, 0, 1, 0);
}

/* A step without a name (a switch entry, the body of a try) is part of the named one around it. */
void compile_step(struct compiler *c, const struct step *step)
{
	int outer = c->step;
	struct place at = c->at;
	const struct step *around = c->source_step;

	c->source_step = step;
	if (step->name.text.ptr)
		c->at = step->name.at;
	if (step->name.text.ptr && !in_builtin(c)) {
		c->step = add_step(c, step);
		emit(c, CODE_STEP, 0, is_action(step), c->step, 0);
	} else {
		compile_count(c, !step->name.text.ptr && step->kind != STEP_NOTHING && is_action(step));
	}
	compile_body(c, step);
	compile_next(c, &step->next);
	if (step->name.text.ptr && !in_builtin(c))
		c->plan->steps[c->step].end = c->plan->op_count;
	c->step = outer;
	c->at = at;
	c->source_step = around;
}

/* ---- simple steps */

static void compile_assignment(struct compiler *c, const struct assignment *item)
{
	struct variable variable;
	int n = (int)item->path_count;

	if (compile_append(c, item))
		return;
	compile_tree(c, item->value);
	for (size_t i = 0; i < item->path_count; i++)
		compile_expr(c, item->path[i]);
	if (!scope_writable(c, item->variable, &variable))
		variable = (struct variable){0};
	if (!item->variable.text.ptr)
		c->depth -= 1 + n;
	else if (n)
		emit_at(c, item->variable.at, CODE_STORE_PATH, variable.level, n, variable.slot, -1 - n);
	else
		emit_at(c, item->variable.at, CODE_STORE, variable.level, 0, variable.slot, -1);
}

bool is_external_call(struct slice callee)
{
	return slice_starts(callee, SLICE("http.")) || slice_starts(callee, SLICE("googleapis."));
}

static void add_call(struct compiler *c, const struct call *call)
{
	struct plan *plan = c->plan;

	if (in_builtin(c))
		return;
	if ((size_t)plan->call_count == c->call_capacity)
		plan->calls = mem_grow(plan->calls, &c->call_capacity, sizeof(*plan->calls));
	plan->calls[plan->call_count++] = (struct plan_call){plan->op_count - 1, call};
}

static void compile_call(struct compiler *c, const struct call *call)
{
	struct variable variable;

	compile_call_step(c, call);
	add_call(c, call);
	if (!call->result.text.ptr)
		emit(c, CODE_POP, 0, 0, 0, -1);
	else if (scope_writable(c, call->result, &variable))
		emit_at(c, call->result.at, CODE_STORE, variable.level, 0, variable.slot, -1);
	else
		c->depth--;
	if (call->result.text.ptr && scope_find(c, call->result.text, &variable) &&
	    is_external_call(call->callee.text))
		variable.symbol->is_response = true;
}

static void compile_switch(struct compiler *c, const struct switch_step *cases)
{
	int *ends = mem_alloc((cases->count + 1) * sizeof(*ends));

	for (size_t i = 0; i < cases->count; i++) {
		int skip;

		compile_tree(c, cases->entries[i].condition);
		skip = emit_at(c, cases->entries[i].condition ? cases->entries[i].condition->at : c->at,
			       CODE_JUMP_UNLESS, 0, 0, 0, -1);
		compile_step(c, cases->entries[i].body);
		ends[i] = emit(c, CODE_JUMP, 0, 0, 0, 0);
		patch(c, skip);
	}
	for (size_t i = 0; i < cases->count; i++)
		patch(c, ends[i]);
	mem_free(ends);
}

void compile_body(struct compiler *c, const struct step *step)
{
	switch (step->kind) {
	case STEP_NOTHING:
		break;
	case STEP_ASSIGN:
		for (size_t i = 0; i < step->as.assign.count; i++)
			compile_assignment(c, &step->as.assign.items[i]);
		break;
	case STEP_CALL:
		compile_call(c, &step->as.call);
		break;
	case STEP_SWITCH:
		compile_switch(c, &step->as.cases);
		break;
	case STEP_FOR:
		compile_for(c, &step->as.loop);
		break;
	case STEP_PARALLEL:
		compile_parallel(c, &step->as.parallel);
		break;
	case STEP_TRY:
		compile_try(c, &step->as.attempt);
		break;
	case STEP_RAISE:
		compile_tree(c, step->as.value);
		emit_at(c, step->as.value->at, CODE_RAISE, 0, 0, 0, -1);
		break;
	case STEP_RETURN:
		in_branch(c, step->as.value->at, "\"return\"");
		compile_tree(c, step->as.value);
		emit_at(c, step->as.value->at, CODE_RETURN, 0, 0, 0, -1);
		break;
	case STEP_STEPS:
		compile_block(c, &step->as.steps, false);
		break;
	}
}

/* ---- units and the whole */

void compile_unit_body(struct compiler *c, const struct block *block)
{
	c->plan->units[c->unit].entry = c->plan->op_count;
	scope_declare_block(c, c->scope, block);
	compile_block(c, block, true);
	emit_constant(c, value_null());
	emit(c, CODE_RETURN, 0, 0, 0, -1);
}

void compile_routine(struct compiler *c, int unit)
{
	const struct routine *routine = routine_of(c->plan, unit);
	struct scope scope = {.is_unit = true};

	c->unit = unit;
	c->depth = 0;
	c->step = c->loop = -1;
	c->at = routine->name.at;
	c->scope = &scope;
	for (size_t i = 0; i < routine->param_count; i++)
		scope_bring(c, &scope, routine->params[i].name);
	c->plan->units[unit].param_count = (int)routine->param_count;
	compile_unit_body(c, &routine->body);
	scope_release(c, &scope);
	c->scope = NULL;
}

static struct plan *build(struct definition *definition, struct catalog *catalog, struct diags *diags)
{
	struct plan *plan = mem_new(sizeof(*plan));
	struct compiler compiler = {.plan = plan, .diags = diags, .step = -1, .loop = -1, .catalog = catalog};

	plan->definition = definition;
	plan->main = -1;
	for (size_t i = 0; i < definition->routine_count; i++) {
		add_unit(&compiler, UNIT_ROUTINE, definition->routines[i].name.text, (int)i);
		if (slice_is(definition->routines[i].name.text, "main"))
			plan->main = (int)i;
	}
	for (size_t i = 0; i < definition->routine_count; i++)
		compile_routine(&compiler, (int)i);
	assert(plan->main >= 0 || definition->is_damaged);
	if (diags_errors(diags) == 0)
		warn_plan(&compiler);
	plan->warning_count = diags_warnings(diags);
	if (diags_errors(diags) == 0)
		compile_builtins(&compiler);
	mem_free(compiler.unused);
	if (diags_errors(diags) == 0)
		return plan;
	plan_free(plan);
	return NULL;
}

struct plan *plan_build(struct definition *definition, struct diags *diags)
{
	return build(definition, NULL, diags);
}

struct plan *plan_read_with(const char *file, struct slice source, struct catalog *catalog,
			    struct diags *diags)
{
	struct definition *definition = definition_read_all(file, source, diags);

	return definition ? build(definition, catalog, diags) : NULL;
}

struct plan *plan_read(const char *file, struct slice source, struct diags *diags)
{
	return plan_read_with(file, source, NULL, diags);
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	for (int i = 0; i < plan->constant_count; i++)
		value_unref(plan->constants[i]);
	for (int i = 0; i < plan->unit_count; i++)
		mem_free(plan->units[i].variables);
	for (int i = 0; i < plan->fork_count; i++)
		mem_free((int *)plan->forks[i].units);
	mem_free(plan->ops);
	mem_free(plan->places);
	mem_free(plan->step_of);
	mem_free(plan->constants);
	mem_free(plan->functions);
	mem_free(plan->units);
	mem_free(plan->steps);
	mem_free(plan->loops);
	mem_free(plan->handlers);
	mem_free(plan->forks);
	mem_free(plan->calls);
	mem_free(plan->connectors);
	definition_free(plan->builtin);
	definition_free(plan->definition);
	mem_free(plan);
}
