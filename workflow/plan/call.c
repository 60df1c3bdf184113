/*
 * call.c - calls: of library functions, of routines, in expressions and as steps.
 *
 * Arguments are always pushed in parameter order with defaults filled in, so an operation needs no count.
 */
#include "workflow/plan/plan_private.h"

#include "lib/mem/mem.h"

#include <string.h>
#include "workflow/connector/connector.h"
#include "workflow/expr/nearest.h"

int find_routine(const struct compiler *c, struct slice name)
{
	const struct definition *definition = c->plan->definition;

	for (size_t i = 0; i < definition->routine_count; i++) {
		if (name.len && slice_equal(definition->routines[i].name.text, name))
			return (int)i;
	}
	return -1;
}

/* What is called: exactly one of function and routine. */
struct callee {
	struct slice name;
	struct place at;
	const struct stdlib_function *function;
	const struct routine *routine;
	int unit;
	bool is_blocking; /* a connector: its routine waits for the world */
	bool args_unread; /* as in struct call */
	unsigned char *given; /* by parameter, of a step with named arguments: enum given; owned, or NULL */
};

enum given { GIVEN_NOT, GIVEN, GIVEN_MISSPELT };

static size_t param_count(const struct callee *callee)
{
	return callee->function ? callee->function->param_count : callee->routine->param_count;
}

static struct slice param_name(const struct callee *callee, size_t i)
{
	return callee->function ? slice_of(callee->function->params[i].name)
				: callee->routine->params[i].name.text;
}

static bool param_fallback(const struct callee *callee, size_t i, struct value *fallback)
{
	bool optional = callee->function ? callee->function->params[i].optional
					 : callee->routine->params[i].has_default;

	if (optional)
		*fallback = value_ref(callee->function ? callee->function->params[i].fallback
						       : callee->routine->params[i].fallback);
	return optional;
}

static void blocking_call(struct compiler *c, const struct callee *callee)
{
	diags_error(c->diags, callee->at, "blocking-call",
		    "%.*s waits for the world and cannot stand in an expression", SLICE_ARG(callee->name));
	diags_hint(c->diags, "use a call step: call: %.*s", SLICE_ARG(callee->name));
}

static void unknown_callee(struct compiler *c, const struct callee *callee)
{
	if (!callee->name.len || is_doubtful(c, callee->name))
		return; /* what stood there has been refused */
	if (connector_is_name(callee->name)) {
		blocking_call(c, callee);
		return;
	}
	diags_error(c->diags, callee->at, "unknown-function", "there is no function or routine \"%.*s\"",
		    SLICE_ARG(callee->name));
	hint_callee(c, callee->name);
}

/* A name in one of the built-in routines: they call each other, and functions that nobody else can name. */
static bool find_inside(struct compiler *c, struct callee *callee)
{
	callee->unit = find_builtin(c, callee->name);
	if (callee->unit >= 0)
		callee->routine = routine_of(c->plan, callee->unit);
	if (!callee->routine)
		callee->function = connector_function(callee->name);
	if (!callee->routine && !callee->function)
		callee->function = stdlib_find_internal(callee->name);
	return callee->routine || callee->function;
}

static bool find_callee(struct compiler *c, struct callee *callee)
{
	bool in_expression = true;

	if (in_builtin(c) && find_inside(c, callee))
		return true;
	callee->unit = find_routine(c, callee->name);
	if (callee->unit < 0)
		callee->function = stdlib_find(callee->name);
	if (callee->unit >= 0 || find_helper(c, callee->name, &callee->unit, &in_expression))
		callee->routine = routine_of(c->plan, callee->unit);
	callee->is_blocking = !in_expression;
	if (callee->function || callee->routine)
		return true;
	unknown_callee(c, callee);
	return false;
}

/* Is this a step of its own in an expression (reference, 11.3)? len, int and the other helpers, whose names have no
 * dot, are none; nor is what a connector does inside. */
static int counts(const struct compiler *c, const struct callee *callee)
{
	bool is_helper = callee->function && !memchr(callee->name.ptr, '.', callee->name.len);

	return !is_helper && !in_builtin(c);
}

/* `steps`: what it counts as beyond the step that it stands in. */
static void emit_call(struct compiler *c, const struct callee *callee, int steps)
{
	int effect = 1 - (int)param_count(callee);
	enum code code = CODE_CALL_LIBRARY;

	if (callee->routine) {
		emit_at(c, callee->at, CODE_CALL_ROUTINE, steps, (int)callee->routine->param_count,
			callee->unit, effect);
		return;
	}
	if (callee->function->kind == STDLIB_LOG)
		code = CODE_LOG;
	else if (stdlib_is_blocking(callee->function))
		code = CODE_EFFECT;
	emit_at(c, callee->at, code, steps, (int)callee->function->param_count,
		add_function(c, callee->function), effect);
}

/* Parameters or arguments that could not be read: nothing is known about what is missing. */
static bool has_doubtful_params(const struct callee *callee)
{
	return callee->args_unread || (callee->routine && callee->routine->is_damaged);
}

/* An argument that was not given: its default, or a mistake. */
static void missing_argument(struct compiler *c, const struct callee *callee, size_t i)
{
	struct value fallback = value_null();

	if (!param_fallback(callee, i, &fallback) && !has_doubtful_params(callee) &&
	    !(callee->given && callee->given[i] == GIVEN_MISSPELT))
		diags_error(c->diags, callee->at, "missing-argument", "%.*s needs the argument \"%.*s\"",
			    SLICE_ARG(callee->name), SLICE_ARG(param_name(callee, i)));
	emit_constant(c, fallback);
}

/* `surplus` is the place of the first that is too many. */
static void too_many(struct compiler *c, const struct callee *callee, size_t given, struct place surplus)
{
	size_t most = param_count(callee);
	struct buf names;

	if (has_doubtful_params(callee))
		return;
	buf_init(&names, 0);
	for (size_t i = 0; i < most; i++)
		buf_printf(&names, "%s%.*s", i ? ", " : "", SLICE_ARG(param_name(callee, i)));
	diags_error(c->diags, surplus, "too-many-arguments", "%.*s takes at most %zu argument%s, not %zu",
		    SLICE_ARG(callee->name), most, most == 1 ? "" : "s", given);
	diags_hint(c->diags, "%.*s(%s)", SLICE_ARG(callee->name), buf_text(&names));
	buf_release(&names);
}

/* Where a dotted name begins. */
static struct place dotted_place(const struct expr *expr)
{
	while (expr->kind == EXPR_MEMBER)
		expr = expr->left;
	return expr->at;
}

void compile_expr_call(struct compiler *c, const struct expr *expr)
{
	struct callee callee = {.at = dotted_place(expr->left),
				.name = expr_dotted(&c->plan->definition->arena, expr->left)};
	int depth = c->depth;

	if (!callee.name.ptr || !callee.name.len) {
		diags_error(c->diags, expr->at, "expression-syntax", "only a function or a routine can be called");
	} else if (find_callee(c, &callee)) {
		if (callee.is_blocking || (callee.function && stdlib_is_blocking(callee.function)))
			blocking_call(c, &callee);
		if (expr->count > param_count(&callee)) {
			too_many(c, &callee, expr->count, expr_start(expr->items[param_count(&callee)]));
		} else {
			for (size_t i = 0; i < param_count(&callee); i++) {
				if (i < expr->count)
					compile_expr(c, expr->items[i]);
				else
					missing_argument(c, &callee, i);
			}
			emit_call(c, &callee, counts(c, &callee));
		}
	}
	c->depth = depth + 1;
}

/* ---- call steps */

static const struct tree *named_argument(const struct call *call, struct slice name)
{
	for (size_t i = 0; i < call->arg_count; i++) {
		if (slice_equal(call->arg_names[i].text, name))
			return call->args[i];
	}
	return NULL;
}

enum { SHORTEST_ABBREVIATION = 3 };

/* "secs" for "seconds", "workflow" for "workflow_id": the first letter, and the others in their order. */
static bool abbreviates(struct slice given, struct slice full)
{
	size_t at = 0;

	if (given.len < SHORTEST_ABBREVIATION || full.len < given.len || given.ptr[0] != full.ptr[0])
		return false;
	for (size_t i = 0; i < full.len && at < given.len; i++)
		at += given.ptr[at] == full.ptr[i];
	return at == given.len;
}

/* Of the parameters in that state the one with the nearest name, or -1. */
static int near_param(const struct callee *callee, struct slice name, enum given given)
{
	struct nearest nearest;
	int found = -1;

	nearest_init(&nearest, name);
	for (size_t i = 0; i < param_count(callee); i++) {
		size_t distance = nearest.distance;

		if (callee->given[i] != given)
			continue;
		nearest_offer(&nearest, param_name(callee, i));
		if (nearest.distance < distance)
			found = (int)i;
	}
	return found;
}

/* The parameter that an unknown name is written for: one that is not there yet, if one fits. -1: none. */
static int meant_param(const struct callee *callee, struct slice name)
{
	int found = near_param(callee, name, GIVEN_NOT);

	for (size_t i = 0; found < 0 && i < param_count(callee); i++) {
		if (callee->given[i] == GIVEN_NOT && abbreviates(name, param_name(callee, i)))
			found = (int)i;
	}
	return found >= 0 ? found : near_param(callee, name, GIVEN);
}

/* The parameter that it means, if any, is not missing besides: one mistake is told once. */
static void unknown_argument(struct compiler *c, const struct callee *callee, struct name name)
{
	int meant = -1;
	struct buf names;

	buf_init(&names, 0);
	for (size_t i = 0; i < param_count(callee); i++)
		buf_printf(&names, "%s%.*s", i ? ", " : "", SLICE_ARG(param_name(callee, i)));
	diags_error(c->diags, name.at, "unknown-argument", "%.*s has no argument \"%.*s\"",
		    SLICE_ARG(callee->name), SLICE_ARG(name.text));
	if (slice_is(name.text, "result") || slice_is(name.text, "next"))
		diags_hint(c->diags, "\"%.*s\" stands beside \"args\", not below it", SLICE_ARG(name.text));
	else if ((meant = meant_param(callee, name.text)) >= 0)
		diags_hint(c->diags, "did you mean \"%.*s\"?", SLICE_ARG(param_name(callee, (size_t)meant)));
	else if (names.len)
		diags_hint(c->diags, "its arguments are %s", buf_text(&names));
	else
		diags_hint(c->diags, "it takes no arguments");
	if (meant >= 0 && callee->given[meant] == GIVEN_NOT)
		callee->given[meant] = GIVEN_MISSPELT;
	buf_release(&names);
}

static int find_param(const struct callee *callee, struct slice name)
{
	for (size_t i = 0; i < param_count(callee); i++) {
		if (slice_equal(param_name(callee, i), name))
			return (int)i;
	}
	return -1;
}

/* Fills in `given`. */
static void check_argument_names(struct compiler *c, struct callee *callee, const struct call *call)
{
	callee->given = mem_new(param_count(callee) + 1);
	for (size_t i = 0; i < call->arg_count; i++) {
		int param = find_param(callee, call->arg_names[i].text);

		if (param >= 0)
			callee->given[param] = GIVEN;
	}
	for (size_t i = 0; i < call->arg_count; i++) {
		struct name name = call->arg_names[i];

		if (name.text.ptr && !has_doubtful_params(callee) && find_param(callee, name.text) < 0)
			unknown_argument(c, callee, name);
	}
}

/* A way to a private endpoint, which only the service can take. */
static void warn_private_service(struct compiler *c, const struct callee *callee, struct slice param,
				 const struct tree *arg)
{
	bool is_null = arg->kind == TREE_CONSTANT && value_is_null(arg->constant);

	if (!callee->function || callee->function->kind != STDLIB_HTTP || is_null ||
	    !slice_is(param, "private_service_name"))
		return;
	diags_warn(c->diags, arg->at, "private-service",
		   "only the deployed service can reach a private_service_name; here the call fails");
	diags_hint(c->diags,
		   "let it be null here, as ${sys.get_env(\"SERVICE_NAME\")} is where that is not set");
}

/* Named arguments are evaluated as they are written (reference, 2.3), then put where the parameters stand. */
struct arrangement {
	size_t params[PLAN_MAX_ARRANGED]; /* which parameter comes k-th */
	bool differs;			  /* from the order of the parameters */
};

static void arrange(const struct call *call, const struct callee *callee, struct arrangement *out)
{
	size_t count = 0;

	out->differs = false;
	if (call->args_kind != ARGS_NAMED || param_count(callee) > PLAN_MAX_ARRANGED)
		return;
	for (size_t i = 0; i < call->arg_count; i++) {
		for (size_t k = 0; k < param_count(callee) && count < PLAN_MAX_ARRANGED; k++) {
			if (slice_equal(call->arg_names[i].text, param_name(callee, k)))
				out->params[count++] = k;
		}
	}
	for (size_t k = 0; k < param_count(callee) && count < PLAN_MAX_ARRANGED; k++) {
		if (!named_argument(call, param_name(callee, k)))
			out->params[count++] = k;
	}
	for (size_t k = 0; k < count; k++)
		out->differs = out->differs || out->params[k] != k;
}

static void emit_arrangement(struct compiler *c, const struct arrangement *arrangement, size_t count)
{
	struct value order = value_list_new(count);

	for (size_t i = 0; i < count; i++)
		value_list_push(&order, value_int((int64_t)arrangement->params[i]));
	emit(c, CODE_ARRANGE, 0, (int)count, add_constant(c, order), 0);
}

void compile_call_step(struct compiler *c, const struct call *call)
{
	struct callee callee = {.at = call->callee.at, .args_unread = call->args_unread, .name = call->callee.text};
	int depth = c->depth;
	struct arrangement arrangement;

	if (!compile_connector_call(c, call) && find_callee(c, &callee)) {
		if (call->args_kind == ARGS_NAMED)
			check_argument_names(c, &callee, call);
		if (call->args_kind == ARGS_POSITIONAL && call->arg_count > param_count(&callee)) {
			too_many(c, &callee, call->arg_count, call->args[param_count(&callee)]->at);
		} else {
			arrange(call, &callee, &arrangement);
			for (size_t k = 0; k < param_count(&callee); k++) {
				size_t i = arrangement.differs ? arrangement.params[k] : k;
				const struct tree *arg = NULL;

				if (call->args_kind == ARGS_NAMED)
					arg = named_argument(call, param_name(&callee, i));
				else if (i < call->arg_count)
					arg = call->args[i];
				if (!arg) {
					missing_argument(c, &callee, i);
					continue;
				}
				warn_private_service(c, &callee, param_name(&callee, i), arg);
				compile_tree(c, arg);
			}
			if (arrangement.differs)
				emit_arrangement(c, &arrangement, param_count(&callee));
			emit_call(c, &callee, 0);
		}
	}
	mem_free(callee.given);
	c->depth = depth + 1;
}

/* ---- predicates: ( error -- bool ) */

static void compile_predicate_callee(struct compiler *c, struct callee *callee)
{
	if (!find_callee(c, callee))
		return;
	if (param_count(callee) != 1 || (callee->function && callee->function->kind != STDLIB_PURE)) {
		diags_error(c->diags, callee->at, "not-a-predicate",
			    "\"%.*s\" is no predicate: it must take one argument, the error",
			    SLICE_ARG(callee->name));
		return;
	}
	emit_call(c, callee, 0);
}

void compile_predicate(struct compiler *c, const struct expr *name)
{
	struct callee callee = {.at = dotted_place(name),
				.name = expr_dotted(&c->plan->definition->arena, name)};

	if (!callee.name.ptr || !callee.name.len)
		diags_error(c->diags, callee.at, "not-a-predicate",
			    "a predicate is the name of a function or routine");
	else
		compile_predicate_callee(c, &callee);
}

void compile_predicate_named(struct compiler *c, const char *library_name)
{
	struct callee callee = {.at = c->at, .name = slice_of(library_name)};

	compile_predicate_callee(c, &callee);
}
