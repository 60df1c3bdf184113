/* print.c - finding and naming steps, and the plan as text. */
#include "workflow/plan/plan.h"

#include "lib/json/json.h"

#include <string.h>

void plan_step_name(const struct plan *plan, int step, struct buf *out)
{
	buf_add_slice(out, plan->units[plan->steps[step].routine].name);
	buf_add_char(out, '.');
	buf_add_slice(out, plan->steps[step].name);
}

int plan_find_step(const struct plan *plan, const char *name)
{
	const char *dot = strchr(name, '.');
	int anywhere = -1;

	for (int i = 0; i < plan->step_count; i++) {
		const struct plan_step *step = &plan->steps[i];

		if (dot && slice_is(step->name, dot + 1) &&
		    slice_equal(plan->units[step->routine].name, (struct slice){name, (size_t)(dot - name)}))
			return i;
		if (!slice_is(step->name, name))
			continue;
		if (step->routine == plan->main)
			return i;
		anywhere = i;
	}
	return anywhere;
}

static const char *code_name(enum code code)
{
	static const char *const names[] = {
		[CODE_CONSTANT] = "constant",
		[CODE_LOAD] = "load",
		[CODE_UNARY] = "unary",
		[CODE_BINARY] = "binary",
		[CODE_MEMBER] = "member",
		[CODE_INDEX] = "index",
		[CODE_LIST_NEW] = "list",
		[CODE_LIST_PUSH] = "list-push",
		[CODE_MAP_NEW] = "map",
		[CODE_MAP_PUT] = "map-put",
		[CODE_AND] = "and",
		[CODE_OR] = "or",
		[CODE_BOOL] = "bool",
		[CODE_POP] = "pop",
		[CODE_CALL_LIBRARY] = "library",
		[CODE_CALL_ROUTINE] = "routine",
		[CODE_ARRANGE] = "arrange",
		[CODE_EFFECT] = "effect",
		[CODE_LOG] = "log",
		[CODE_STORE] = "store",
		[CODE_STORE_PATH] = "store-path",
		[CODE_APPEND_ITEM] = "append-item",
		[CODE_APPEND_TEXT] = "append-text",
		[CODE_CLEAR] = "clear",
		[CODE_STEP] = "step",
		[CODE_COUNT] = "count",
		[CODE_JUMP] = "jump",
		[CODE_JUMP_UNLESS] = "jump-unless",
		[CODE_RETURN] = "return",
		[CODE_RAISE] = "raise",
		[CODE_RERAISE] = "reraise",
		[CODE_FOR_LIST] = "for-list",
		[CODE_FOR_RANGE] = "for-range",
		[CODE_FOR_NEXT] = "for-next",
		[CODE_TRY] = "try",
		[CODE_RETRY] = "retry",
		[CODE_PARALLEL] = "parallel",
	};

	return names[code];
}

static void print_constant(struct value constant, FILE *out)
{
	struct buf text;

	buf_init(&text, 4096);
	if (json_write(&text, constant) < 0)
		fputs("...", out);
	else
		fprintf(out, "%.60s%s", buf_text(&text), text.len > 60 ? "..." : "");
	buf_release(&text);
}

/* The variable that an operation of a unit names, `level` units outward. */
static void print_slot(const struct plan *plan, int unit, const struct op *op, FILE *out)
{
	const struct unit *u = &plan->units[unit];

	fprintf(out, "slot %d", op->arg);
	if (op->level)
		fprintf(out, ", %d out", op->level);
	else if (op->arg < u->slot_count && u->variables[op->arg].text.ptr)
		fprintf(out, " (%.*s)", SLICE_ARG(u->variables[op->arg].text));
	if (op->count)
		fprintf(out, ", %d keys", op->count);
}

static void print_loop(const struct plan *plan, int number, FILE *out)
{
	const struct plan_loop *loop = &plan->loops[number];

	fprintf(out, "loop %d: value slot %d", number, loop->value);
	if (loop->index >= 0)
		fprintf(out, ", index slot %d", loop->index);
	fprintf(out, ", exit -> %d", loop->exit);
}

static void print_handler(const struct plan *plan, int number, FILE *out)
{
	const struct plan_handler *handler = &plan->handlers[number];

	fprintf(out, "handler %d: %d to %d, error -> %d, except -> %d", number, handler->from, handler->to - 1,
		handler->handler, handler->except);
}

static void print_fork(const struct plan *plan, int number, FILE *out)
{
	const struct plan_fork *fork = &plan->forks[number];

	fprintf(out, "fork %d:%s%s", number, fork->has_limit ? " limited" : "",
		!fork->is_loop	 ? " branches in"
		: fork->is_range ? " a strand for each number, in"
				 : " a strand for each element, in");
	for (int i = 0; i < fork->unit_count; i++)
		fprintf(out, "%s unit %d", i ? "," : "", fork->units[i]);
}

/* What is done: with a constant, by an operator, a function or a routine. */
static void print_subject(const struct plan *plan, const struct op *op, FILE *out)
{
	switch ((enum code)op->code) {
	case CODE_UNARY:
	case CODE_BINARY:
		fputs(expr_op_name((enum expr_op)op->arg), out);
		break;
	case CODE_CALL_LIBRARY:
	case CODE_EFFECT:
	case CODE_LOG:
		fputs(plan->functions[op->arg]->name, out);
		break;
	case CODE_CALL_ROUTINE:
		fprintf(out, "%.*s, unit %d", SLICE_ARG(plan->units[op->arg].name), op->arg);
		break;
	default:
		print_constant(plan->constants[op->arg], out);
	}
}

static void print_operands(const struct plan *plan, int unit, const struct op *op, FILE *out)
{
	switch ((enum code)op->code) {
	case CODE_CONSTANT:
	case CODE_MEMBER:
	case CODE_ARRANGE:
	case CODE_UNARY:
	case CODE_BINARY:
	case CODE_CALL_LIBRARY:
	case CODE_EFFECT:
	case CODE_LOG:
	case CODE_CALL_ROUTINE:
		print_subject(plan, op, out);
		break;
	case CODE_STEP:
		fprintf(out, "%.*s", SLICE_ARG(plan->steps[op->arg].name));
		break;
	case CODE_LOAD:
	case CODE_STORE:
	case CODE_STORE_PATH:
	case CODE_APPEND_ITEM:
	case CODE_APPEND_TEXT:
		print_slot(plan, unit, op, out);
		break;
	case CODE_AND:
	case CODE_OR:
	case CODE_JUMP:
	case CODE_JUMP_UNLESS:
		fprintf(out, "-> %d", op->arg);
		break;
	case CODE_FOR_LIST:
	case CODE_FOR_RANGE:
	case CODE_FOR_NEXT:
		print_loop(plan, op->arg, out);
		break;
	case CODE_TRY:
	case CODE_RETRY:
		print_handler(plan, op->arg, out);
		break;
	case CODE_PARALLEL:
		print_fork(plan, op->arg, out);
		break;
	case CODE_RERAISE:
		fprintf(out, "slot %d", op->arg);
		break;
	case CODE_CLEAR:
		fprintf(out, "slots %d to %d", op->arg, op->arg + op->count - 1);
		break;
	case CODE_COUNT:
		fprintf(out, "%d", op->arg);
		break;
	case CODE_INDEX:
	case CODE_LIST_NEW:
	case CODE_LIST_PUSH:
	case CODE_MAP_NEW:
	case CODE_MAP_PUT:
	case CODE_BOOL:
	case CODE_POP:
	case CODE_RETURN:
	case CODE_RAISE:
		break;
	}
}

/* Units are laid out one after the other, but a branch stands inside its step: the unit of an operation is that of
 * its innermost step, else the one whose entry is the last before it. */
static int unit_at(const struct plan *plan, int op)
{
	int found = 0;

	if (plan->step_of[op] >= 0)
		return plan->steps[plan->step_of[op]].unit;
	for (int u = 1; u < plan->unit_count; u++) {
		if (plan->units[u].entry <= op && plan->units[u].entry > plan->units[found].entry)
			found = u;
	}
	return found;
}

static void print_op(const struct plan *plan, int i, FILE *out)
{
	const struct op *op = &plan->ops[i];

	fprintf(out, "%6d  %4d:%-4d %-12s", i, plan->places[i].line, plan->places[i].column,
		code_name(op->code));
	print_operands(plan, unit_at(plan, i), op, out);
	fputc('\n', out);
}

void plan_print(const struct plan *plan, FILE *out)
{
	for (int u = 0; u < plan->unit_count; u++) {
		const struct unit *unit = &plan->units[u];
		static const char *const kinds[] = {"routine", "branch", "iteration"};

		fprintf(out, "unit %d: %s%s %.*s, entry %d, %d slots, stack %d\n", u,
			unit->is_builtin ? "connector's " : "", kinds[unit->kind], SLICE_ARG(unit->name),
			unit->entry, unit->slot_count, unit->stack_size);
		for (int s = 0; s < unit->slot_count; s++) {
			if (unit->variables[s].text.ptr)
				fprintf(out, "    slot %d: %.*s\n", s, SLICE_ARG(unit->variables[s].text));
		}
	}
	for (int i = 0; i < plan->op_count; i++)
		print_op(plan, i, out);
}
