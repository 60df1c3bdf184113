/*
 * warn_calls.c - calls one after the other that could overlap, and responses that are kept whole.
 *
 * Only calls that read (GET, and a connector's get or list) are told to be independent: of two that change
 * something the order may be meant. They are when no argument of one holds the result of another.
 */
#include "workflow/plan/plan_private.h"

#include "workflow/syntax/walk.h"

#include <string.h>

struct look {
	struct compiler *c;
	const struct routine *routine;
	int loops;     /* around the step looked at */
	int parallels; /* around it; deeper than two is not allowed (reference, section 10) */
};

/* ---- names in expressions */

struct search {
	struct slice name;
	bool found;
};

static void find_name(void *context, const struct expr *expr)
{
	struct search *search = context;

	if (expr->kind == EXPR_NAME && slice_equal(expr->name, search->name))
		search->found = true;
	if (expr->left)
		find_name(context, expr->left);
	if (expr->right)
		find_name(context, expr->right);
	for (size_t i = 0; i < expr->count; i++)
		find_name(context, expr->items[i]);
}

static bool reads(const struct call *call, struct slice name)
{
	struct search search = {.name = name};

	for (size_t i = 0; name.len && i < call->arg_count; i++)
		tree_exprs(call->args[i], find_name, &search);
	return search.found;
}

/* ---- calls that could overlap */

static const struct tree *argument(const struct call *call, const char *name)
{
	for (size_t i = 0; call->args_kind == ARGS_NAMED && i < call->arg_count; i++) {
		if (slice_is(call->arg_names[i].text, name))
			return call->args[i];
	}
	return NULL;
}

static bool only_reads(const struct call *call)
{
	struct slice name = call->callee.text;
	const struct tree *method = argument(call, "method");

	if (slice_starts(name, SLICE("googleapis.")))
		return slice_ends(name, SLICE(".get")) || slice_ends(name, SLICE(".list"));
	if (slice_is(name, "http.request"))
		return method && method->kind == TREE_CONSTANT && method->constant.kind == VALUE_STRING &&
		       slice_is(value_text(method->constant), "GET");
	return slice_is(name, "http.get");
}

/* The call that a step makes, alone or under try and retry; NULL for every other step. */
static const struct call *reading_call(const struct step *step)
{
	const struct step *inner = step;

	if (step->kind == STEP_TRY && !step->as.attempt.has_except && step->as.attempt.body.count == 1)
		inner = step->as.attempt.body.steps[0];
	if (inner->kind != STEP_CALL || (inner != step && inner->next.text.ptr))
		return NULL;
	return only_reads(&inner->as.call) ? &inner->as.call : NULL;
}

static bool is_jumped_to(const struct block *block, struct slice name)
{
	for (size_t i = 0; i < block->count; i++) {
		const struct step *step = block->steps[i];
		struct inner inner;

		if (step->next.text.ptr && slice_equal(step->next.text, name))
			return true;
		for (size_t j = 0; step_inner(step, j, &inner); j++) {
			if (is_jumped_to(&inner.block, name))
				return true;
		}
	}
	return false;
}

static bool is_independent(const struct call *a, const struct call *b)
{
	if (a->result.text.len && b->result.text.len && slice_equal(a->result.text, b->result.text))
		return false;
	return !reads(b, a->result.text) && !reads(a, b->result.text);
}

/* How many steps from `first` on are reading calls that do not depend on each other. */
static size_t run_length(const struct look *look, const struct block *block, size_t first)
{
	size_t length = 0;

	for (size_t i = first; i < block->count; i++, length++) {
		const struct call *call = reading_call(block->steps[i]);

		if (!call || (length && (block->steps[i - 1]->next.text.ptr ||
					 is_jumped_to(&look->routine->body, block->steps[i]->name.text))))
			break;
		for (size_t j = first; j < i; j++) {
			if (!is_independent(reading_call(block->steps[j]), call))
				return length;
		}
	}
	return length;
}

static void warn_sequence(const struct look *look, const struct block *block, size_t first, size_t length)
{
	const struct name *from = &block->steps[first]->name;
	const struct name *to = &block->steps[first + length - 1]->name;

	diags_warn(look->c->diags, from->at, "sequential-calls",
		   "the calls of \"%.*s\" %s \"%.*s\" do not depend on each other and could run in parallel",
		   SLICE_ARG(from->text), length == 2 ? "and" : "to", SLICE_ARG(to->text));
	diags_hint(
		look->c->diags,
		"make them branches of one parallel step, with their results assigned before it and shared");
}

/* ---- responses kept whole */

/* ... and is it assigned otherwise too, as in `r: ${r.body}`? */
static bool is_reassigned(const struct block *block, struct slice name)
{
	for (size_t i = 0; i < block->count; i++) {
		const struct step *step = block->steps[i];
		struct inner inner;

		for (size_t j = 0; step->kind == STEP_ASSIGN && j < step->as.assign.count; j++) {
			const struct tree *value = step->as.assign.items[j].value;
			bool is_null = value->kind == TREE_CONSTANT && value->constant.kind == VALUE_NULL;

			if (slice_equal(step->as.assign.items[j].variable.text, name) && !is_null)
				return true;
		}
		for (size_t j = 0; step_inner(step, j, &inner); j++) {
			if (is_reassigned(&inner.block, name))
				return true;
		}
	}
	return false;
}

/* Is it the result of an HTTP call of this routine: {body, code, headers}? */
static bool is_response(const struct block *block, struct slice name)
{
	for (size_t i = 0; i < block->count; i++) {
		const struct step *step = block->steps[i];
		struct inner inner;

		if (step->kind == STEP_CALL && slice_starts(step->as.call.callee.text, SLICE("http.")) &&
		    slice_equal(step->as.call.result.text, name))
			return true;
		for (size_t j = 0; step_inner(step, j, &inner); j++) {
			if (is_response(&inner.block, name))
				return true;
		}
	}
	return false;
}

static bool is_list_call(const struct expr *expr)
{
	const struct expr *left = expr->left;

	return expr->kind == EXPR_CALL && left->kind == EXPR_MEMBER && left->left->kind == EXPR_NAME &&
	       slice_is(left->left->name, "list") &&
	       (slice_is(left->name, "concat") || slice_is(left->name, "prepend")) && expr->count == 2;
}

/* What an assignment adds to a collection: the element of list.concat, the value under a key. */
static const struct expr *added_element(const struct assignment *item)
{
	const struct expr *expr = item->value->kind == TREE_EXPR ? item->value->expr : NULL;

	if (!expr)
		return NULL;
	if (is_list_call(expr))
		return expr->items[1];
	return item->path_count && item->path[item->path_count - 1]->kind != EXPR_LITERAL ? expr : NULL;
}

static void warn_kept(const struct look *look, const struct assign *assign)
{
	for (size_t i = 0; i < assign->count; i++) {
		const struct expr *element = added_element(&assign->items[i]);

		if (!element || element->kind != EXPR_NAME ||
		    !is_response(&look->routine->body, element->name) ||
		    is_reassigned(&look->routine->body, element->name))
			continue;
		diags_warn(look->c->diags, element->at, "whole-response",
			   "every response is kept whole, headers included, until the loop is over");
		diags_hint(look->c->diags,
			   "all variables of a run share 512 KB: keep what is needed, such as %.*s.body",
			   SLICE_ARG(element->name));
	}
}

static void look_at_block(struct look *look, const struct block *block)
{
	size_t told = 0; /* steps before this one are part of a sequence that was reported */

	for (size_t i = 0; i < block->count; i++) {
		const struct step *step = block->steps[i];
		size_t length = look->parallels < 2 && i >= told ? run_length(look, block, i) : 0;
		struct inner inner;

		if (length >= 2) {
			warn_sequence(look, block, i, length);
			told = i + length;
		}
		if (step->kind == STEP_ASSIGN && look->loops)
			warn_kept(look, &step->as.assign);
		look->loops +=
			step->kind == STEP_FOR || (step->kind == STEP_PARALLEL && step->as.parallel.loop);
		look->parallels += step->kind == STEP_PARALLEL;
		for (size_t j = 0; step_inner(step, j, &inner); j++)
			look_at_block(look, &inner.block);
		look->loops -=
			step->kind == STEP_FOR || (step->kind == STEP_PARALLEL && step->as.parallel.loop);
		look->parallels -= step->kind == STEP_PARALLEL;
	}
}

void warn_calls(struct compiler *c, const struct routine *routine)
{
	struct look look = {.c = c, .routine = routine};

	look_at_block(&look, &routine->body);
}
