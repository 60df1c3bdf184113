/* emit.c - growing the plan's tables; see plan_private.h. */
#include "workflow/plan/plan_private.h"

#include "lib/mem/mem.h"

#include <assert.h>

/* Room for one more row of a table whose count is an int. */
static void *grow(void *array, int count, size_t *capacity, size_t size)
{
	return (size_t)count == *capacity ? mem_grow(array, capacity, size) : array;
}

int emit_at(struct compiler *c, struct place at, enum code code, int level, int count, int32_t arg,
	    int effect)
{
	struct plan *plan = c->plan;
	struct unit *unit = &plan->units[c->unit];

	if ((size_t)plan->op_count == c->op_capacity) {
		size_t places = c->op_capacity;
		size_t steps = c->op_capacity;

		plan->ops = mem_grow(plan->ops, &c->op_capacity, sizeof(*plan->ops));
		plan->places = mem_grow(plan->places, &places, sizeof(*plan->places));
		plan->step_of = mem_grow(plan->step_of, &steps, sizeof(*plan->step_of));
	}
	assert(level >= 0 && level <= UINT8_MAX && count >= 0 && count <= UINT16_MAX);
	plan->ops[plan->op_count] = (struct op){(uint8_t)code, (uint8_t)level, (uint16_t)count, arg};
	plan->places[plan->op_count] = c->whole ? *c->whole : at; /* reference, 6.4 */
	plan->step_of[plan->op_count] = c->step;
	c->depth += effect;
	if (c->depth > unit->stack_size)
		unit->stack_size = c->depth;
	return plan->op_count++;
}

int emit(struct compiler *c, enum code code, int level, int count, int32_t arg, int effect)
{
	return emit_at(c, c->at, code, level, count, arg, effect);
}

void patch(struct compiler *c, int op)
{
	c->plan->ops[op].arg = c->plan->op_count;
}

int add_constant(struct compiler *c, struct value taken)
{
	struct plan *plan = c->plan;

	plan->constants =
		grow(plan->constants, plan->constant_count, &c->constant_capacity, sizeof(*plan->constants));
	plan->constants[plan->constant_count] = taken;
	return plan->constant_count++;
}

void emit_constant(struct compiler *c, struct value taken)
{
	emit(c, CODE_CONSTANT, 0, 0, add_constant(c, taken), 1);
}

int add_function(struct compiler *c, const struct stdlib_function *function)
{
	struct plan *plan = c->plan;

	for (int i = 0; i < plan->function_count; i++) {
		if (plan->functions[i] == function)
			return i;
	}
	plan->functions =
		grow(plan->functions, plan->function_count, &c->function_capacity, sizeof(*plan->functions));
	plan->functions[plan->function_count] = function;
	return plan->function_count++;
}

int add_unit(struct compiler *c, enum unit_kind kind, struct slice name, int routine)
{
	struct plan *plan = c->plan;

	plan->units = grow(plan->units, plan->unit_count, &c->unit_capacity, sizeof(*plan->units));
	plan->units[plan->unit_count] = (struct unit){
		.kind = kind,
		.name = name,
		.routine = routine,
		.is_builtin = routine < plan->unit_count && plan->units[routine].is_builtin,
	};
	return plan->unit_count++;
}

int add_slot(struct compiler *c, struct name variable)
{
	struct unit *unit = &c->plan->units[c->unit];
	size_t capacity = (size_t)unit->slot_count;

	/* Units are few and small: growing by one slot at a power of two keeps no capacity field. */
	if ((capacity & (capacity - 1)) == 0) {
		size_t wanted = capacity ? capacity * 2 : 1;

		unit->variables = mem_resize(unit->variables, wanted * sizeof(*unit->variables));
	}
	unit->variables[unit->slot_count] = variable;
	return unit->slot_count++;
}
