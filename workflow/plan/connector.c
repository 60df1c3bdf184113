/*
 * connector.c - calls of connectors, and the built-in routines that perform them
 * (workflow/connector/connector.h).
 *
 * The routines are read and compiled when a definition calls the first connector, behind everything of its
 * own; other definitions pay nothing. Their units have no steps and hidden slots (plan.h), and the functions
 * they call have names that find_callee knows for them alone.
 */
#include "workflow/plan/plan_private.h"

#include "lib/mem/mem.h"
#include "workflow/connector/catalog.h"
#include "workflow/connector/connector.h"
#include "workflow/connector/descriptor.h"

#include <assert.h>

bool in_builtin(const struct compiler *c)
{
	return c->plan->units[c->unit].is_builtin;
}

const struct routine *routine_of(const struct plan *plan, int unit)
{
	if (plan->builtin && unit >= plan->first_builtin)
		return &plan->builtin->routines[unit - plan->first_builtin];
	return &plan->definition->routines[unit];
}

/* ---- the routines */

static void read_builtin(struct compiler *c)
{
	struct plan *plan = c->plan;
	struct diags *diags = diags_new();
	struct buf source;

	if (!plan->builtin) {
		buf_init(&source, 0);
		connector_routines(&source);
		plan->builtin = definition_read("connectors", buf_slice(&source), diags);
		if (!plan->builtin)
			diags_print(diags, stderr);
		assert(plan->builtin && "our own text is valid");
		plan->first_builtin = plan->unit_count;
		for (size_t i = 0; i < plan->builtin->routine_count; i++) {
			int unit = add_unit(c, UNIT_ROUTINE, plan->builtin->routines[i].name.text,
					    plan->unit_count);

			plan->units[unit].is_builtin = true;
		}
		buf_release(&source);
	}
	diags_free(diags);
}

int find_builtin(struct compiler *c, struct slice name)
{
	read_builtin(c);
	for (size_t i = 0; i < c->plan->builtin->routine_count; i++) {
		if (slice_equal(c->plan->builtin->routines[i].name.text, name))
			return c->plan->first_builtin + (int)i;
	}
	return -1;
}

/* Slots without names: no limit of memory, no picture of the variables counts them. */
static void hide_slots(struct plan *plan, int from)
{
	for (int u = from; u < plan->unit_count; u++) {
		for (int i = 0; plan->units[u].is_builtin && i < plan->units[u].slot_count; i++)
			plan->units[u].variables[i] = (struct name){0};
	}
}

void compile_builtins(struct compiler *c)
{
	struct plan *plan = c->plan;
	struct diags *around = c->diags;

	if (!plan->builtin)
		return;
	c->diags = diags_new();
	for (size_t i = 0; i < plan->builtin->routine_count; i++)
		compile_routine(c, plan->first_builtin + (int)i);
	if (diags_errors(c->diags))
		diags_print(c->diags, stderr);
	assert(diags_errors(c->diags) == 0 && "our own text is valid");
	diags_free(c->diags);
	c->diags = around;
	hide_slots(plan, plan->first_builtin);
}

/* ---- which descriptors a run needs */

static void need_descriptor(struct compiler *c, struct slice name)
{
	struct plan *plan = c->plan;

	for (int i = 0; i < plan->connector_count; i++) {
		if (slice_equal(plan->connectors[i], name))
			return;
	}
	if ((size_t)plan->connector_count == c->connector_capacity)
		plan->connectors =
			mem_grow(plan->connectors, &c->connector_capacity, sizeof(*plan->connectors));
	plan->connectors[plan->connector_count++] = name;
}

bool find_helper(struct compiler *c, struct slice name, int *unit, bool *in_expression)
{
	const struct connector_helper *helper = connector_helper(name);

	if (!helper)
		return false;
	*unit = find_builtin(c, slice_of(helper->routine));
	*in_expression = helper->in_expression;
	if (helper->method)
		need_descriptor(c, slice_of(helper->method));
	return true;
}

/* ---- a call with (name, args) */

static void check_against(struct compiler *c, const struct call *call, struct value descriptor)
{
	struct slice name = call->callee.text;
	struct slice required;

	for (size_t i = 0; i < call->arg_count; i++) {
		struct slice near;

		if (!call->arg_names[i].text.ptr ||
		    descriptor_has_argument(descriptor, call->arg_names[i].text))
			continue;
		diags_error(c->diags, call->arg_names[i].at, "unknown-argument",
			    "%.*s has no argument \"%.*s\"", SLICE_ARG(name),
			    SLICE_ARG(call->arg_names[i].text));
		near = descriptor_nearest(descriptor, call->arg_names[i].text);
		if (near.ptr)
			diags_hint(c->diags, "did you mean \"%.*s\"?", SLICE_ARG(near));
	}
	for (size_t r = 0; (required = descriptor_required(descriptor, r)).len; r++) {
		bool given = false;

		for (size_t i = 0; i < call->arg_count; i++)
			given = given || slice_equal(call->arg_names[i].text, required) ||
				(slice_is(call->arg_names[i].text, "query") &&
				 descriptor_param_is(descriptor, required, "query"));
		if (!given)
			diags_error(c->diags, call->callee.at, "missing-argument",
				    "%.*s needs the argument \"%.*s\"", SLICE_ARG(name), SLICE_ARG(required));
	}
}

/* With discovery documents at hand, mistakes in names and arguments are found before anything runs. */
static void check_call(struct compiler *c, const struct call *call)
{
	struct error err = {0};
	struct value descriptor;

	if (!c->catalog)
		return;
	if (catalog_describe(c->catalog, call->callee.text, &descriptor, &err) < 0) {
		if (err.kind !=
		    ERROR_NOT_FOUND) /* no mistake of the author's: the catalog keeps it (catalog_fault) */
			return;
		diags_error(c->diags, call->callee.at, "unknown-function", "%s", err.message);
		if (err.hint[0])
			diags_hint(c->diags, "%s", err.hint);
		return;
	}
	if (!value_is_null(descriptor))
		check_against(c, call, descriptor);
	value_unref(descriptor);
}

bool compile_connector_call(struct compiler *c, const struct call *call)
{
	struct slice name = call->callee.text;
	bool is_known = slice_starts(name, SLICE("googleapis."));
	int unit;

	if (in_builtin(c) || !connector_is_name(name) || connector_helper(name))
		return false;
	unit = find_builtin(
		c, slice_of(connector_routine_name(is_known ? CONNECTOR_CALL : CONNECTOR_UNAVAILABLE)));
	if (call->args_kind == ARGS_POSITIONAL) {
		diags_error(c->diags, call->args[0]->at, "unknown-argument",
			    "a connector takes its arguments by name");
		diags_hint(c->diags,
			   "write a map: the parameters of the REST method, body, connector_params");
	} else if (is_known) {
		need_descriptor(c, name);
		check_call(c, call);
	}
	emit_constant(c, value_string(name));
	emit_at(c, call->callee.at, CODE_MAP_NEW, 0, 0, 0, 1);
	for (size_t i = 0; call->args_kind == ARGS_NAMED && i < call->arg_count; i++) {
		emit_constant(c, value_string(call->arg_names[i].text));
		compile_tree(c, call->args[i]);
		emit_at(c, call->args[i]->at, CODE_MAP_PUT, 0, 0, 0, -2);
	}
	emit_at(c, call->callee.at, CODE_CALL_ROUTINE, 0, 2, unit, -1);
	return true;
}
