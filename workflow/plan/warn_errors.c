/*
 * warn_errors.c - errors that lack what is read of them, and HTTP 500, which the library does not retry.
 *
 *	an HTTP or connector call may raise a connection error, which has no code, headers and body
 *	raise: "text" raises the text itself, which has no tags and message
 *
 * (reference, 2.7, 6.1, 6.2.) A handler or predicate that looks at the kind of its error first, in whatever
 * way, is believed to know what it does: only what it reads before that is reported, once.
 */
#include "workflow/plan/plan_private.h"

#include "lib/mem/mem.h"
#include "workflow/syntax/walk.h"

#include <string.h>

/* What may come out of a list of steps. */
struct raises {
	bool connection; /* an error without code, headers, body */
	int text_line;   /* of the first raise of a text, or 0 */
};

struct errors {
	struct compiler *c;
	bool *visited;          /* [routine_count]: on the way into routines that are called */
	bool *reported;         /* [routine_count]: predicates */
	bool *caught;           /* [routine_count]: called where an except stands around */
	struct place unretried; /* first policy that lets a 500 through; line 0: none */
	struct slice policy;
	size_t unretried_count;
};

/* ---- what may be raised */

static bool is_text(const struct tree *value)
{
	const struct expr *expr = value->kind == TREE_EXPR ? value->expr : NULL;

	if (value->kind == TREE_CONSTANT)
		return value->constant.kind == VALUE_STRING;
	while (expr && expr->kind == EXPR_BINARY && expr->op == OP_ADD)
		expr = expr->left;
	return expr && expr->kind == EXPR_LITERAL && expr->value.kind == VALUE_STRING;
}

static void collect_raises(struct errors *errors, const struct block *block, struct raises *raises)
{
	for (size_t i = 0; i < block->count; i++) {
		const struct step *step = block->steps[i];
		int routine =
			step->kind == STEP_CALL ? find_routine(errors->c, step->as.call.callee.text) : -1;
		struct inner inner;

		if (step->kind == STEP_CALL && is_external_call(step->as.call.callee.text))
			raises->connection = true;
		if (step->kind == STEP_RAISE && is_text(step->as.value) && !raises->text_line)
			raises->text_line = step->as.value->at.line;
		if (routine >= 0 && !errors->visited[routine]) {
			errors->visited[routine] = true;
			collect_raises(errors, &errors->c->plan->definition->routines[routine].body, raises);
		}
		for (size_t j = 0; step_inner(step, j, &inner); j++) {
			int text_line = raises->text_line;

			if (inner.kind != INNER_TRY || !step->as.attempt.has_except)
				collect_raises(errors, &inner.block, raises);
			if (step->kind == STEP_PARALLEL) /* it arrives inside of an UnhandledBranchError */
				raises->text_line = text_line;
		}
	}
}

/* ---- what is read */

struct reading {
	struct slice error; /* its variable */
	struct raises raises;
	bool is_guarded;
	const struct expr *found; /* MEMBER */
};

static bool is_error(const struct reading *reading, const struct expr *expr)
{
	return expr->kind == EXPR_NAME && slice_equal(expr->name, reading->error);
}

/* "..." in e.tags, "code" in e, map.get(e, ...), get_type(e) and every other call that is given the error. */
static bool is_guard(const struct reading *reading, const struct expr *expr)
{
	if (expr->kind == EXPR_BINARY && expr->op == OP_IN)
		return is_error(reading, expr->right) ||
		       (expr->right->kind == EXPR_MEMBER && slice_is(expr->right->name, "tags") &&
			is_error(reading, expr->right->left) && !reading->raises.text_line);
	for (size_t i = 0; expr->kind == EXPR_CALL && i < expr->count; i++) {
		if (is_error(reading, expr->items[i]))
			return true;
	}
	return false;
}

static bool is_lacking(const struct reading *reading, struct slice member)
{
	bool of_http = slice_is(member, "code") || slice_is(member, "headers") || slice_is(member, "body");
	bool of_map = of_http || slice_is(member, "message") || slice_is(member, "tags");

	return (of_http && reading->raises.connection) || (of_map && reading->raises.text_line);
}

static void read_expr(void *context, const struct expr *expr)
{
	struct reading *reading = context;

	if (reading->is_guarded || reading->found)
		return;
	if (is_guard(reading, expr)) {
		reading->is_guarded = true;
		return;
	}
	if (expr->kind == EXPR_MEMBER && is_error(reading, expr->left) && is_lacking(reading, expr->name))
		reading->found = expr;
	if (expr->left)
		read_expr(context, expr->left);
	if (expr->right)
		read_expr(context, expr->right);
	for (size_t i = 0; i < expr->count; i++)
		read_expr(context, expr->items[i]);
}

static void read_block(struct reading *reading, const struct block *block)
{
	for (size_t i = 0; i < block->count; i++) {
		const struct step *step = block->steps[i];
		struct inner inner;

		step_exprs(step, read_expr, reading);
		for (size_t j = 0; step_inner(step, j, &inner); j++) {
			bool is_hidden = inner.kind == INNER_HANDLER &&
					 slice_equal(step->as.attempt.as.text, reading->error);

			if (!is_hidden)
				read_block(reading, &inner.block);
		}
	}
}

static void check_reading(struct errors *errors, struct slice error, struct raises raises,
			  const struct block *block)
{
	struct reading reading = {.error = error, .raises = raises};
	struct diags *diags = errors->c->diags;
	struct place at;

	if (!error.len || (!raises.connection && !raises.text_line))
		return;
	read_block(&reading, block);
	if (!reading.found)
		return;
	at = expr_span(reading.found);
	if (raises.text_line) {
		diags_warn(diags, at, "unguarded-error",
			   "the error may be the text raised in line %d, which has no \"%.*s\"",
			   raises.text_line, SLICE_ARG(reading.found->name));
		diags_hint(diags, "look at get_type(%.*s) first, or raise a map with code and message",
			   SLICE_ARG(error));
	} else {
		diags_warn(diags, at, "unguarded-error", "a connection error has no \"%.*s\"",
			   SLICE_ARG(reading.found->name));
		diags_hint(diags, "test for it first: \"HttpError\" in %.*s.tags and ...", SLICE_ARG(error));
	}
}

/* The routine that a retry names as its predicate, or -1. */
static int predicate_routine(const struct errors *errors, const struct retry *retry)
{
	const struct expr *predicate = retry ? retry->predicate : NULL;

	return predicate && predicate->kind == EXPR_NAME ? find_routine(errors->c, predicate->name) : -1;
}

static void check_try(struct errors *errors, const struct try_step *attempt)
{
	const struct definition *definition = errors->c->plan->definition;
	int predicate = predicate_routine(errors, attempt->retry);
	struct raises raises = {0};

	memset(errors->visited, 0, definition->routine_count * sizeof(bool));
	collect_raises(errors, &attempt->body, &raises);
	if (attempt->has_except)
		check_reading(errors, attempt->as.text, raises, &attempt->handler);
	if (predicate < 0 || errors->reported[predicate])
		return;
	errors->reported[predicate] = true;
	check_reading(errors, definition->routines[predicate].params[0].name.text, raises,
		      &definition->routines[predicate].body);
}

/* ---- HTTP 500 */

/* The library's predicate that a retry uses, by name or as part of a policy; an empty slice otherwise. */
static struct slice library_policy(struct errors *errors, const struct retry *retry)
{
	const struct expr *named = retry ? (retry->policy ? retry->policy : retry->predicate) : NULL;
	struct slice name;

	if (!named)
		return SLICE("");
	name = expr_dotted(&errors->c->plan->definition->arena, named);
	return slice_starts(name, SLICE("http.default_retry")) ? name : SLICE("");
}

static bool calls_http(const struct block *block)
{
	for (size_t i = 0; i < block->count; i++) {
		const struct step *step = block->steps[i];
		struct inner inner;

		if (step->kind == STEP_CALL && slice_starts(step->as.call.callee.text, SLICE("http.")))
			return true;
		for (size_t j = 0; step_inner(step, j, &inner); j++) {
			if (calls_http(&inner.block))
				return true;
		}
	}
	return false;
}

static void check_retry(struct errors *errors, const struct try_step *attempt)
{
	struct slice policy = library_policy(errors, attempt->retry);
	const struct retry *retry = attempt->retry;

	if (!policy.len || attempt->has_except || !calls_http(&attempt->body))
		return;
	if (!errors->unretried_count++) {
		errors->unretried = expr_span(retry->policy ? retry->policy : retry->predicate);
		errors->policy = policy;
	}
}

static void warn_unretried(struct errors *errors)
{
	struct diags *diags = errors->c->diags;

	if (!errors->unretried_count)
		return;
	diags_warn(diags, errors->unretried, "http-500-not-retried",
		   "%.*s does not retry HTTP 500, and nothing catches it here", SLICE_ARG(errors->policy));
	if (errors->unretried_count > 1)
		diags_hint(
			diags,
			"add an except, or a predicate that returns true for 500 too; %zu more in this file",
			errors->unretried_count - 1);
	else
		diags_hint(diags, "add an except, or a predicate that returns true for 500 too");
}

/* ---- the walk */

/* Routines called from within a try with except, directly. */
static void collect_caught(struct errors *errors, const struct block *block, bool is_caught)
{
	for (size_t i = 0; i < block->count; i++) {
		const struct step *step = block->steps[i];
		int routine =
			step->kind == STEP_CALL ? find_routine(errors->c, step->as.call.callee.text) : -1;
		struct inner inner;

		if (routine >= 0 && is_caught && !errors->caught[routine]) {
			errors->caught[routine] = true;
			collect_caught(errors, &errors->c->plan->definition->routines[routine].body, true);
		}
		for (size_t j = 0; step_inner(step, j, &inner); j++)
			collect_caught(errors, &inner.block,
				       is_caught || (inner.kind == INNER_TRY && step->as.attempt.has_except));
	}
}

static void check_block(struct errors *errors, const struct block *block, bool is_caught)
{
	for (size_t i = 0; i < block->count; i++) {
		const struct step *step = block->steps[i];
		struct inner inner;

		if (step->kind == STEP_TRY)
			check_try(errors, &step->as.attempt);
		if (step->kind == STEP_TRY && !is_caught)
			check_retry(errors, &step->as.attempt);
		for (size_t j = 0; step_inner(step, j, &inner); j++)
			check_block(errors, &inner.block,
				    is_caught || (inner.kind == INNER_TRY && step->as.attempt.has_except));
	}
}

void warn_errors(struct compiler *c)
{
	const struct definition *definition = c->plan->definition;
	size_t size = definition->routine_count * sizeof(bool);
	struct errors errors = {
		.c = c, .visited = mem_new(size), .reported = mem_new(size), .caught = mem_new(size)};

	for (size_t i = 0; i < definition->routine_count; i++)
		collect_caught(&errors, &definition->routines[i].body, false);
	for (size_t i = 0; i < definition->routine_count; i++)
		check_block(&errors, &definition->routines[i].body, errors.caught[i]);
	warn_unretried(&errors);
	mem_free(errors.visited);
	mem_free(errors.reported);
	mem_free(errors.caught);
}
