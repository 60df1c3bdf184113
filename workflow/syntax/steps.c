/* steps.c - lists of steps, and which keys stand together in one (reference, 1.3 and 1.4). */
#include "workflow/syntax/syntax_private.h"

#include <string.h>

struct action {
	const char *key;
	enum step_kind kind;
};

static const struct action actions[] = {
	{"assign", STEP_ASSIGN}, {"call", STEP_CALL},         {"switch", STEP_SWITCH},
	{"for", STEP_FOR},       {"parallel", STEP_PARALLEL}, {"try", STEP_TRY},
	{"raise", STEP_RAISE},   {"return", STEP_RETURN},     {"steps", STEP_STEPS},
};

/* Keys that only stand beside another one. */
static const char *const companions[][2] = {
	{"args", "call"}, {"result", "call"}, {"retry", "try"}, {"except", "try"}};

static enum step_kind action_of(const struct yaml_node *key)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (key->kind == YAML_SCALAR && slice_is(key->text, actions[i].key))
			return actions[i].kind;
	}
	return STEP_NOTHING;
}

static void hint_two_actions(struct reader *reader, const struct yaml_entry *first,
			     const struct yaml_entry *second)
{
	enum step_kind kind = action_of(first->key);
	bool takes_steps = kind == STEP_FOR || kind == STEP_TRY || kind == STEP_PARALLEL;

	reader->steps_elsewhere = takes_steps && action_of(second->key) == STEP_STEPS;
	if (reader->steps_elsewhere)
		diags_hint(reader->diags, "indent \"steps\" below the construct that it belongs to");
	else
		diags_hint(reader->diags, "make two steps of it");
}

/* The entry with the action, NULL when there is none; a second one is an error. */
static const struct yaml_entry *find_action(struct reader *reader, const struct yaml_node *body)
{
	const struct yaml_entry *found = NULL;

	for (size_t i = 0; i < body->count; i++) {
		const struct yaml_entry *entry = &body->entries[i];

		if (action_of(entry->key) == STEP_NOTHING)
			continue;
		if (found && slice_equal(found->key->text, entry->key->text))
			continue; /* reported as a key that stands here twice */
		if (found) {
			diags_error(reader->diags, entry->key->at, "two-actions",
				    "\"%.*s\" and \"%.*s\" cannot stand in one step",
				    SLICE_ARG(found->key->text), SLICE_ARG(entry->key->text));
			hint_two_actions(reader, found, entry);
			reader_doubt(reader, entry->value);
		} else {
			found = entry;
		}
	}
	return found;
}

/* Beside a key that is unknown the action may be what was misspelt: then nothing is known to be stray. */
static void check_companions(struct reader *reader, const struct yaml_node *body, enum step_kind kind,
			     bool good_keys)
{
	const struct yaml_entry *next = node_entry(body, "next");
	const char *owner = NULL; /* already told to be missing */

	for (size_t i = 0; i < sizeof(companions) / sizeof(companions[0]); i++) {
		const struct yaml_entry *entry = node_entry(body, companions[i][0]);

		if (!entry || node_entry(body, companions[i][1]))
			continue;
		reader_doubt(reader, entry->value);
		if (owner && strcmp(owner, companions[i][1]) == 0)
			continue;
		owner = companions[i][1];
		if (good_keys || kind != STEP_NOTHING)
			diags_error(reader->diags, entry->key->at, "stray-key",
				    "\"%s\" belongs to \"%s\", which is not here", companions[i][0],
				    companions[i][1]);
	}
	if (next && (kind == STEP_RAISE || kind == STEP_RETURN)) {
		diags_error(reader->diags, next->key->at, "stray-key", "\"next\" cannot follow \"%s\"",
			    kind == STEP_RAISE ? "raise" : "return");
		diags_hint(reader->diags, "remove it: the step never ends normally");
	}
}

static struct name read_next(struct reader *reader, const struct yaml_node *node)
{
	if (node->kind == YAML_SCALAR && !expr_is(node) && node->text.len > 0)
		return node_name(node);
	diags_error(reader->diags, node->at, "wrong-type", "next must be the name of a step, not %s",
		    node_describe(node));
	if (node->kind == YAML_SCALAR && expr_is(node))
		diags_hint(reader->diags, "targets are fixed; choose between them with \"switch\"");
	return (struct name){0};
}

static void read_action(struct reader *reader, const struct yaml_node *body, const struct yaml_entry *entry,
			struct step *step)
{
	const struct yaml_node *node = entry->value;

	switch (step->kind) {
	case STEP_NOTHING:
		break;
	case STEP_ASSIGN:
		read_assign(reader, node, &step->as.assign);
		break;
	case STEP_CALL:
		read_call(reader, body, node, &step->as.call);
		break;
	case STEP_SWITCH:
		read_switch(reader, node, &step->as.cases);
		break;
	case STEP_FOR:
		read_for(reader, node, entry->key->at, &step->as.loop);
		break;
	case STEP_PARALLEL:
		read_parallel(reader, node, entry->key->at, &step->as.parallel);
		break;
	case STEP_TRY:
		read_try(reader, body, entry, &step->as.attempt);
		break;
	case STEP_RAISE:
	case STEP_RETURN:
		step->as.value = read_tree(reader, node);
		break;
	case STEP_STEPS:
		step->as.steps = read_block(reader, node, "steps");
		break;
	}
}

static void report_empty(struct reader *reader, const struct step *step, const struct yaml_node *node)
{
	struct place at = step->name.text.ptr ? step->name.at : node->at;

	diags_error(reader->diags, at, "empty-step", "this step does nothing");
	diags_hint(reader->diags, "indent its keys (call, assign, return ...) below the name");
}

void read_body(struct reader *reader, const struct yaml_node *node, enum body_owner owner, struct step *step)
{
	static const char *const entry_keys[] = {"condition", "assign",   "call", "args",  "result", "switch",
						 "for",       "parallel", "try",  "retry", "except", "raise",
						 "return",    "steps",    "next", NULL};
	const char *const *known = owner == BODY_ENTRY ? entry_keys : entry_keys + 1;
	const struct yaml_entry *action;
	const struct yaml_entry *next;
	bool elsewhere = reader->steps_elsewhere;
	bool good_keys;

	reader->steps_elsewhere = false;
	if (!step->name.text.ptr)
		step->name.at = node->at;
	if (node_is_null(node) || (node->kind == YAML_MAP && node->count == 0)) {
		report_empty(reader, step, node);
		return;
	}
	if (!form_map(reader, node, owner == BODY_TRY ? "try" : "the body of a step") ||
	    !reader_works(reader, node))
		return;
	good_keys = check_keys(reader, node, known, owner == BODY_ENTRY ? "an entry of switch" : "a step");
	action = find_action(reader, node);
	step->kind = action ? action_of(action->key) : STEP_NOTHING;
	check_companions(reader, node, step->kind, good_keys);
	next = node_entry(node, "next");
	if (next)
		step->next = read_next(reader, next->value);
	if (action)
		read_action(reader, node, action, step);
	reader->steps_elsewhere = elsewhere;
}

static struct step *read_step(struct reader *reader, const struct yaml_node *item)
{
	const struct yaml_entry *pair = form_pair(reader, item, "step");
	struct step *step = arena_alloc(reader->arena, sizeof(*step));

	if (!pair)
		return step;
	step->name = node_name(pair->key);
	if (step->name.text.len == 0)
		diags_error(reader->diags, step->name.at, "bad-name", "a step needs a name");
	note_name(reader, step->name);
	read_body(reader, pair->value, BODY_STEP, step);
	return step;
}

struct block read_block(struct reader *reader, const struct yaml_node *node, const char *what)
{
	struct step **steps;

	if (!form_list_of(reader, node, what, SIZE_MAX, "", NULL))
		return (struct block){0};
	steps = arena_alloc(reader->arena, node->count * sizeof(*steps));
	for (size_t i = 0; i < node->count; i++)
		steps[i] = read_step(reader, node->items[i]);
	return (struct block){steps, node->count};
}
