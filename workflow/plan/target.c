/*
 * target.c - what is wrong with the target of a jump, and which jumps there are (reference, 2.11).
 *
 * Step and target are looked up with the constructs around them. What the two ways have in common is the
 * ground both stand on; the first construct beyond it that the target has is entered, those that the step has
 * are left.
 */
#include "workflow/plan/plan_private.h"

#include "workflow/expr/nearest.h"
#include "workflow/syntax/walk.h"

/* A construct around a step. */
struct around {
	const struct step *owner;
	enum inner_kind kind;
	struct name branch;
};

enum { MOST_AROUND = YAML_MAX_DEPTH };

struct way {
	struct around around[MOST_AROUND]; /* outermost first */
	size_t length;
	const struct step *step; /* found */
};

/* Is it the step that is looked for: by name, or itself. */
static bool is_it(const struct step *step, struct slice name, const struct step *itself)
{
	if (itself)
		return step == itself;
	return step->name.text.ptr && slice_equal(step->name.text, name);
}

static bool find_way(const struct block *block, struct slice name, const struct step *itself, struct way *way)
{
	for (size_t i = 0; i < block->count; i++) {
		const struct step *step = block->steps[i];
		struct inner inner;

		if (is_it(step, name, itself)) {
			way->step = step;
			return true;
		}
		for (size_t j = 0; way->length < MOST_AROUND && step_inner(step, j, &inner); j++) {
			way->around[way->length++] = (struct around){step, inner.kind, inner.name};
			if (find_way(&inner.block, name, itself, way))
				return true;
			way->length--;
		}
	}
	return false;
}

static bool is_border(enum inner_kind kind)
{
	return kind == INNER_LOOP || kind == INNER_ITERATION || kind == INNER_BRANCH;
}

static const char *describe(enum inner_kind kind)
{
	switch (kind) {
	case INNER_LOOP:
		return "loop";
	case INNER_ITERATION:
		return "parallel loop";
	case INNER_BRANCH:
		return "parallel step";
	case INNER_HANDLER:
		return "except";
	case INNER_TRY:
		return "try";
	case INNER_ENTRY:
		return "switch";
	case INNER_STEPS:
		break;
	}
	return "list of steps";
}

static size_t shared_length(const struct way *a, const struct way *b)
{
	size_t i = 0;

	while (i < a->length && i < b->length && a->around[i].owner == b->around[i].owner &&
	       a->around[i].kind == b->around[i].kind &&
	       slice_equal(a->around[i].branch.text, b->around[i].branch.text))
		i++;
	return i;
}

static void hint_border(struct compiler *c, const struct way *from, const struct way *to)
{
	size_t common = shared_length(from, to);
	const struct around *entered = common < to->length ? &to->around[common] : NULL;

	for (size_t i = common; i < from->length; i++) {
		const struct around *left = &from->around[i];

		if (!is_border(left->kind))
			continue;
		diags_hint(c->diags, "a jump does not leave the %s of line %d%s", describe(left->kind),
			   left->owner->name.at.line,
			   left->kind == INNER_LOOP ? "; \"next: break\" does, to the step after it" : "");
		return;
	}
	if (entered && entered->owner->name.text.ptr)
		diags_hint(c->diags, "it stands inside the %s \"%.*s\" of line %d; jump to that one",
			   describe(entered->kind), SLICE_ARG(entered->owner->name.text),
			   entered->owner->name.at.line);
	else if (entered)
		diags_hint(c->diags, "it stands inside a %s of line %d, where a jump does not lead",
			   describe(entered->kind), entered->owner->name.at.line);
}

static bool is_branch(const struct block *block, struct slice name)
{
	for (size_t i = 0; i < block->count; i++) {
		struct inner inner;

		for (size_t j = 0; step_inner(block->steps[i], j, &inner); j++) {
			if (inner.name.text.ptr && slice_equal(inner.name.text, name))
				return true;
			if (is_branch(&inner.block, name))
				return true;
		}
	}
	return false;
}

/* The routine with a step of this name, or NULL. */
static const struct routine *other_routine(const struct compiler *c, struct slice name)
{
	const struct definition *definition = c->plan->definition;

	for (size_t i = 0; i < definition->routine_count; i++) {
		struct way way = {.length = 0};

		if (find_way(&definition->routines[i].body, name, NULL, &way))
			return &definition->routines[i];
	}
	return NULL;
}

/* Among the steps that may be jumped to from here. */
static struct slice nearest_step(const struct compiler *c, struct slice name)
{
	struct nearest nearest;

	nearest_init(&nearest, name);
	for (const struct labels *labels = c->labels; labels;
	     labels = labels->border ? NULL : labels->parent) {
		for (size_t i = 0; i < labels->block->count; i++)
			nearest_offer(&nearest, labels->block->steps[i]->name.text);
	}
	nearest_offer(&nearest, SLICE("end"));
	nearest_offer(&nearest, SLICE("break"));
	nearest_offer(&nearest, SLICE("continue"));
	return nearest_best(&nearest);
}

static void hint_unknown(struct compiler *c, const struct routine *routine, struct slice name)
{
	struct slice nearest = nearest_step(c, name);
	const struct routine *other = other_routine(c, name);

	if (is_branch(&routine->body, name))
		diags_hint(c->diags, "that is a branch; branches begin with their parallel step");
	else if (find_routine(c, name) >= 0)
		diags_hint(c->diags, "that is a routine: use \"call: %.*s\"", SLICE_ARG(name));
	else if (other)
		diags_hint(c->diags, "a step of routine \"%.*s\" is called so; jumps stay within a routine",
			   SLICE_ARG(other->name.text));
	else if (nearest.ptr)
		diags_hint(c->diags, "did you mean \"%.*s\"?", SLICE_ARG(nearest));
	else if (slice_is(name, "exit") || slice_is(name, "return") || slice_is(name, "stop"))
		diags_hint(c->diags, "\"next: end\" ends the routine");
}

void complain_target(struct compiler *c, const struct name *next)
{
	const struct routine *routine = routine_of(c->plan, c->plan->units[c->unit].routine);
	struct way to = {.length = 0};
	struct way from = {.length = 0};

	if (is_doubtful(c, next->text))
		return;
	if (find_way(&routine->body, next->text, NULL, &to)) {
		diags_error(c->diags, next->at, "forbidden-jump",
			    "step \"%.*s\" cannot be jumped to from here", SLICE_ARG(next->text));
		find_way(&routine->body, next->text, c->source_step, &from);
		hint_border(c, &from, &to);
		return;
	}
	diags_error(c->diags, next->at, "unknown-step", "no step named \"%.*s\" in routine \"%.*s\"",
		    SLICE_ARG(next->text), SLICE_ARG(routine->name.text));
	hint_unknown(c, routine, next->text);
}
