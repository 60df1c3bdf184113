/* child_make.c - a run that a run starts, before it begins: its id, its definition, its row. */
#include "workflow/engine/child_private.h"
#include "workflow/engine/execution.h"

#include "lib/docstore/docstore.h"
#include "lib/kill/kill.h"
#include "lib/mem/mem.h"

#include <stdio.h>
#include <string.h>

enum { CHILD_MAX_DEPTH = 20 }; /* children of children: as deep as calls may be (reference, 2.3) */

struct plan *child_compile(const char *file, struct slice source, struct error *err)
{
	struct diags *diags = diags_new();
	struct plan *plan = plan_read(file, source, diags);

	if (!plan && diags_count(diags)) {
		struct diag first = diags_at(diags, 0);

		error_set(err, ERROR_INPUT, "%s:%d:%d: %s", file, first.at.line, first.at.column,
			  first.message);
		error_hint(err, "lexflow check %s shows every mistake", file);
	}
	diags_free(diags);
	return plan;
}

/* 50 bits of a hash, written as fresh ids are: no prefix of a child's id is its parent's. */
void child_id(const struct effect *effect, char id[CHILD_ID_SIZE])
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
	static const char digits[] = "0123456789abcdef";
	char hash[DOCSTORE_HASH_SIZE];
	char text[128];
	int size = snprintf(text, sizeof(text), "%s/%lld", run_id(effect->run), (long long)effect->number);

	docstore_hash((struct slice){text, (size_t)size}, hash);
	for (size_t i = 0; i < 10; i++) {
		size_t byte = (size_t)(strchr(digits, hash[2 * i]) - digits) * 16 +
			      (size_t)(strchr(digits, hash[2 * i + 1]) - digits);

		id[i] = alphabet[byte & 31];
	}
	id[10] = '\0';
}

/* How many runs above this one started one another. */
static int depth_of(struct world *world, const char *id)
{
	struct journal_run row;
	struct error err = {0};
	char at[sizeof(row.id)];
	int depth = 0;

	snprintf(at, sizeof(at), "%s", id);
	while (depth <= CHILD_MAX_DEPTH && journal_get(world->journal, at, &row, &err) == 1 &&
	       row.origin == ORIGIN_CHILD) {
		snprintf(at, sizeof(at), "%s", row.parent_run);
		depth++;
	}
	return depth;
}

static void override(struct value *env, const char *name, struct slice given)
{
	if (given.len)
		value_put(env, name, value_string(given));
}

/* The parent's environment, but for what names the run. */
static struct value child_env(const struct effect *effect, const struct journal_run *row)
{
	struct value env = value_ref(run_env(effect->run));

	override(&env, "GOOGLE_CLOUD_PROJECT_ID", value_get_text(effect->request, "project_id"));
	override(&env, "GOOGLE_CLOUD_LOCATION", value_get_text(effect->request, "location"));
	override(&env, "GOOGLE_CLOUD_WORKFLOW_ID", execution_workflow(row->file));
	override(&env, "GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID", slice_of(row->id));
	value_put(&env, "GOOGLE_CLOUD_WORKFLOW_REVISION_ID",
		  value_stringf("000001-%.3s", row->definition_hash));
	return env;
}

static struct value argument_of(const struct effect *effect)
{
	const struct value *argument = value_get(effect->request, "argument");

	return argument ? *argument : value_null();
}

int child_prepare(struct world *world, const struct effect *effect, const struct plan *plan,
		   struct value *connectors, struct error *err)
{
	value_set(connectors, value_ref(run_connectors(effect->run)));
	if (!world->options.prepare)
		return 0;
	return world->options.prepare(world->options.child_ctx, plan, connectors, err);
}

void child_launch(struct child *child, const struct effect *effect, struct value connectors)
{
	struct value env = child_env(effect, &child->row);

	child->run = world_start(child->world, &child->row, child->plan, argument_of(effect), env, connectors,
				 run_limits(effect->run));
	value_unref(env);
}

static int find_definition(struct world *world, struct slice workflow, struct buf *file, struct buf *source,
			   struct error *err)
{
	if (!world->options.find_definition) {
		error_set(err, ERROR_NOT_FOUND, "workflow \"%.*s\" is not known", SLICE_ARG(workflow));
		return -1;
	}
	return world->options.find_definition(world->options.child_ctx, workflow, file, source, err);
}

static int check_request(struct world *world, const struct effect *effect, struct error *err)
{
	struct value masked = run_masked(effect->run, argument_of(effect));
	bool is_clean = value_equal(masked, argument_of(effect));

	value_unref(masked);
	if (!is_clean) {
		error_set(err, ERROR_INPUT, "a secret cannot be handed to another run");
		error_hint(err, "let that run read the secret itself");
		return -1;
	}
	if (depth_of(world, run_id(effect->run)) >= CHILD_MAX_DEPTH) {
		error_set(err, ERROR_INPUT, "more than %d levels of runs that start runs", CHILD_MAX_DEPTH);
		return -1;
	}
	return 0;
}

static void tell_made(struct world *world, const struct effect *effect, const struct journal_run *row)
{
	struct value env;

	if (!world->options.made)
		return;
	env = child_env(effect, row);
	world->options.made(world->options.child_ctx, row, value_get_text(effect->request, "workflow_id"), env,
			    argument_of(effect));
	value_unref(env);
}

/* A run of its own under `id`, or NULL with *err. All that can be wrong with it is looked at before it has a row:
 * one that could not begin would stand there for ever. */
struct child *child_make(struct world *world, const struct effect *effect, const char *id,
			  struct value *connectors, struct error *err)
{
	struct slice workflow = value_get_text(effect->request, "workflow_id");
	struct child *child = NULL;
	struct plan *plan = NULL;
	struct buf file, source, step;
	struct journal_run row;

	buf_init(&file, 0);
	buf_init(&source, 0);
	buf_init(&step, 0);
	run_step_name(effect->run, effect->step, &step);
	if (check_request(world, effect, err) == 0 &&
	    find_definition(world, workflow, &file, &source, err) == 0)
		plan = child_compile(buf_text(&file), buf_slice(&source), err);
	if (plan && child_prepare(world, effect, plan, connectors, err) == 0 &&
	    journal_create_child(world->journal, id, buf_text(&file), buf_slice(&source),
					 run_id(effect->run), buf_text(&step), &row, err) == 0) {
		child = child_add(world, &row);
		kill_point("child.after-create");
		child->is_owned = true;
		child->plan = plan;
		tell_made(world, effect, &row);
	} else {
		plan_free(plan);
	}
	buf_release(&file);
	buf_release(&source);
	buf_release(&step);
	return child;
}
