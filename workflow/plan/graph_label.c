/* graph_label.c - the words on nodes and edges: short, one line, as the author wrote it. */
#include "workflow/plan/graph_private.h"

#include "lib/json/json.h"

/* Room for what is shortened afterwards. */
enum { LABEL_BYTES = 4096 };

static struct slice keep(struct arena *arena, struct buf *text)
{
	struct slice whole = buf_slice(text);
	struct slice kept = whole;

	if (utf8_count(whole) > GRAPH_LABEL_LENGTH) {
		kept.len = utf8_offset(whole, GRAPH_LABEL_LENGTH - 3);
		text->len = kept.len;
		text->full = false;
		buf_add_text(text, "...");
		kept = buf_slice(text);
	}
	kept = (struct slice){arena_strndup(arena, kept.ptr ? kept.ptr : "", kept.len), kept.len};
	buf_release(text);
	return kept;
}

/* Nesting is bounded by the source; so is the length, by the buf. */
static void add_tree(struct buf *out, const struct tree *tree)
{
	switch (tree->kind) {
	case TREE_CONSTANT:
		json_write(out, tree->constant);
		break;
	case TREE_EXPR:
		buf_add_text(out, "${");
		expr_print(out, tree->expr);
		buf_add_char(out, '}');
		break;
	case TREE_LIST:
	case TREE_MAP:
		buf_add_char(out, tree->kind == TREE_LIST ? '[' : '{');
		for (size_t i = 0; i < tree->count && !out->full && out->len < LABEL_BYTES / 2; i++) {
			if (i)
				buf_add_text(out, ", ");
			if (tree->kind == TREE_MAP) {
				add_tree(out, tree->keys[i]);
				buf_add_text(out, ": ");
			}
			add_tree(out, tree->items[i]);
		}
		buf_add_char(out, tree->kind == TREE_LIST ? ']' : '}');
		break;
	}
}

static void add_assign(struct buf *out, const struct assign *assign)
{
	buf_add_text(out, "assign ");
	for (size_t i = 0; i < assign->count; i++) {
		bool is_repeated = false;

		for (size_t j = 0; j < i && !is_repeated; j++)
			is_repeated = slice_equal(assign->items[j].variable.text, assign->items[i].variable.text);
		if (!is_repeated)
			buf_printf(out, "%s%.*s", i ? ", " : "", SLICE_ARG(assign->items[i].variable.text));
	}
}

static void add_loop(struct buf *out, const struct loop *loop)
{
	buf_printf(out, "for %.*s ", SLICE_ARG(loop->value.text));
	if (loop->range && loop->range->kind == TREE_LIST && loop->range->count == 2) {
		buf_add_text(out, "from ");
		add_tree(out, loop->range->items[0]);
		buf_add_text(out, " to ");
		add_tree(out, loop->range->items[1]);
	} else {
		buf_add_text(out, loop->range ? "in the range " : "in ");
		add_tree(out, loop->range ? loop->range : loop->in);
	}
}

static void add_parallel(struct buf *out, const struct parallel *parallel)
{
	buf_add_text(out, "parallel");
	if (parallel->loop) {
		buf_add_char(out, ' ');
		add_loop(out, parallel->loop);
	}
	if (parallel->concurrency_limit) {
		buf_add_text(out, ", at most ");
		add_tree(out, parallel->concurrency_limit);
	}
	for (size_t i = 0; i < parallel->shared_count; i++)
		buf_printf(out, "%s%.*s", i ? ", " : ", shared ", SLICE_ARG(parallel->shared[i].text));
}

struct slice graph_step_label(struct arena *arena, const struct step *step)
{
	struct buf text;

	buf_init(&text, LABEL_BYTES);
	switch (step->kind) {
	case STEP_NOTHING:
		buf_add_text(&text, "jump");
		break;
	case STEP_ASSIGN:
		add_assign(&text, &step->as.assign);
		break;
	case STEP_CALL:
		buf_printf(&text, "call %.*s", SLICE_ARG(step->as.call.callee.text));
		break;
	case STEP_SWITCH:
		buf_add_text(&text, "switch");
		break;
	case STEP_FOR:
		add_loop(&text, &step->as.loop);
		break;
	case STEP_PARALLEL:
		add_parallel(&text, &step->as.parallel);
		break;
	case STEP_TRY:
		buf_add_text(&text, "try");
		break;
	case STEP_RAISE:
	case STEP_RETURN:
		buf_add_text(&text, step->kind == STEP_RAISE ? "raise " : "return ");
		add_tree(&text, step->as.value);
		break;
	case STEP_STEPS:
		buf_add_text(&text, "steps");
		break;
	}
	return keep(arena, &text);
}

struct slice graph_tree_label(struct arena *arena, const struct tree *tree)
{
	struct buf text;

	buf_init(&text, LABEL_BYTES);
	add_tree(&text, tree);
	return keep(arena, &text);
}

struct slice graph_retry_label(struct arena *arena, const struct retry *retry)
{
	const struct expr *policy = retry->policy ? retry->policy : retry->predicate;
	struct buf text;

	buf_init(&text, LABEL_BYTES);
	buf_add_text(&text, "retry");
	if (retry->max_retries) {
		buf_add_text(&text, " at most ");
		add_tree(&text, retry->max_retries);
	}
	if (policy) {
		buf_add_text(&text, retry->policy ? " as " : " if ");
		expr_print(&text, policy);
	}
	return keep(arena, &text);
}

struct slice graph_routine_label(struct arena *arena, const struct routine *routine)
{
	struct buf text;

	buf_init(&text, LABEL_BYTES);
	buf_printf(&text, "%.*s(", SLICE_ARG(routine->name.text));
	for (size_t i = 0; i < routine->param_count; i++)
		buf_printf(&text, "%s%.*s%s", i ? ", " : "", SLICE_ARG(routine->params[i].name.text),
			   routine->params[i].has_default ? "?" : "");
	buf_add_char(&text, ')');
	return keep(arena, &text);
}

struct slice graph_loop_label(struct arena *arena, const struct loop *loop)
{
	struct buf text;

	buf_init(&text, LABEL_BYTES);
	buf_printf(&text, "each %.*s", SLICE_ARG(loop->value.text));
	return keep(arena, &text);
}

struct slice graph_named_label(struct arena *arena, const char *prefix, struct slice name)
{
	struct buf text;

	buf_init(&text, LABEL_BYTES);
	buf_printf(&text, "%s%s%.*s", prefix, name.len ? " " : "", SLICE_ARG(name));
	return keep(arena, &text);
}

/* ---- who is called */

struct callees {
	const struct definition *definition;
	const struct routine **found;
	size_t count, capacity;
};

static void add_callee(struct callees *callees, struct slice name)
{
	const struct definition *definition = callees->definition;

	for (size_t i = 0; i < callees->count; i++) {
		if (slice_equal(callees->found[i]->name.text, name))
			return;
	}
	for (size_t i = 0; i < definition->routine_count && callees->count < callees->capacity; i++) {
		if (slice_equal(definition->routines[i].name.text, name)) {
			callees->found[callees->count++] = &definition->routines[i];
			return;
		}
	}
}

static void in_expr(struct callees *callees, const struct expr *expr)
{
	if (!expr)
		return;
	if (expr->kind == EXPR_CALL && expr->left->kind == EXPR_NAME)
		add_callee(callees, expr->left->name);
	in_expr(callees, expr->left);
	in_expr(callees, expr->right);
	for (size_t i = 0; i < expr->count; i++)
		in_expr(callees, expr->items[i]);
}

static void in_tree(struct callees *callees, const struct tree *tree)
{
	if (!tree)
		return;
	if (tree->kind == TREE_EXPR)
		in_expr(callees, tree->expr);
	for (size_t i = 0; i < tree->count; i++) {
		in_tree(callees, tree->items[i]);
		if (tree->kind == TREE_MAP)
			in_tree(callees, tree->keys[i]);
	}
}

static void in_loop(struct callees *callees, const struct loop *loop)
{
	in_tree(callees, loop->in);
	in_tree(callees, loop->range);
}

static void in_retry(struct callees *callees, const struct retry *retry)
{
	in_tree(callees, retry->max_retries);
	in_tree(callees, retry->initial_delay);
	in_tree(callees, retry->max_delay);
	in_tree(callees, retry->multiplier);
	if (retry->predicate && retry->predicate->kind == EXPR_NAME)
		add_callee(callees, retry->predicate->name);
}

/* Not what lies in steps within: these have nodes of their own. */
size_t graph_callees(const struct definition *definition, const struct step *step, const struct routine **found,
		     size_t capacity)
{
	struct callees callees = {definition, found, 0, capacity};

	switch (step->kind) {
	case STEP_ASSIGN:
		for (size_t i = 0; i < step->as.assign.count; i++) {
			in_tree(&callees, step->as.assign.items[i].value);
			for (size_t j = 0; j < step->as.assign.items[i].path_count; j++)
				in_expr(&callees, step->as.assign.items[i].path[j]);
		}
		break;
	case STEP_CALL:
		add_callee(&callees, step->as.call.callee.text);
		for (size_t i = 0; i < step->as.call.arg_count; i++)
			in_tree(&callees, step->as.call.args[i]);
		break;
	case STEP_SWITCH:
		for (size_t i = 0; i < step->as.cases.count; i++)
			in_tree(&callees, step->as.cases.entries[i].condition);
		break;
	case STEP_FOR:
		in_loop(&callees, &step->as.loop);
		break;
	case STEP_PARALLEL:
		in_tree(&callees, step->as.parallel.concurrency_limit);
		if (step->as.parallel.loop)
			in_loop(&callees, step->as.parallel.loop);
		break;
	case STEP_TRY:
		if (step->as.attempt.retry)
			in_retry(&callees, step->as.attempt.retry);
		break;
	case STEP_RAISE:
	case STEP_RETURN:
		in_tree(&callees, step->as.value);
		break;
	case STEP_NOTHING:
	case STEP_STEPS:
		break;
	}
	return callees.count;
}
