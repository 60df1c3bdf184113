/*
 * executions.c - runs of other definitions (reference, 5.3): described here, done by the engine.
 *
 * The rows named "executions." are for the built-in routines that make connectors of them; no definition can
 * name them. All give a request with a "verb".
 */
#include "workflow/stdlib/stdlib_private.h"

static int want_optional_string(struct value v, const char *function, const char *param, struct value *raised)
{
	return value_is_null(v) ? 0 : want_string(v, function, param, raised);
}

enum { CHILD_WORKFLOW, CHILD_LOCATION, CHILD_PROJECT, CHILD_ARGUMENT, CHILD_WAIT };

static int describe(const char *name, const struct value *args, bool wait, struct value *out,
		    struct value *raised)
{
	if (want_string(args[CHILD_WORKFLOW], name, "workflow_id", raised) < 0 ||
	    want_optional_string(args[CHILD_LOCATION], name, "location", raised) < 0 ||
	    want_optional_string(args[CHILD_PROJECT], name, "project_id", raised) < 0)
		return -1;
	*out = value_map_new();
	value_put(out, "verb", value_string_z("start"));
	value_put(out, "workflow_id", value_ref(args[CHILD_WORKFLOW]));
	value_put(out, "location", value_ref(args[CHILD_LOCATION]));
	value_put(out, "project_id", value_ref(args[CHILD_PROJECT]));
	value_put(out, "argument", value_ref(args[CHILD_ARGUMENT]));
	value_put(out, "wait", value_bool(wait));
	return 0;
}

static int run(const struct stdlib_context *context, const struct value *args, struct value *out,
	       struct value *raised)
{
	(void)context;
	return describe("experimental.executions.run", args, true, out, raised);
}

static int start(const struct stdlib_context *context, const struct value *args, struct value *out,
		 struct value *raised)
{
	(void)context;
	if (want_bool(args[CHILD_WAIT], "executions.start", "wait", raised) < 0)
		return -1;
	return describe("executions.start", args, args[CHILD_WAIT].as.boolean, out, raised);
}

/* What is asked about one execution, or about those of one workflow. */
static int ask(const char *verb, const char *param, struct value about, struct value *out,
	       struct value *raised)
{
	if (want_string(about, verb, param, raised) < 0)
		return -1;
	*out = value_map_new();
	value_put(out, "verb", value_string_z(verb));
	value_put(out, param, value_ref(about));
	return 0;
}

static int get(const struct stdlib_context *context, const struct value *args, struct value *out,
	       struct value *raised)
{
	(void)context;
	return ask("get", "name", args[0], out, raised);
}

static int list(const struct stdlib_context *context, const struct value *args, struct value *out,
		struct value *raised)
{
	(void)context;
	return ask("list", "parent", args[0], out, raised);
}

static int cancel(const struct stdlib_context *context, const struct value *args, struct value *out,
		  struct value *raised)
{
	(void)context;
	return ask("cancel", "name", args[0], out, raised);
}

#define CHILD_PARAMS                                                                          \
	{"workflow_id", .types = TYPE_STRING}, {"location", true, {VALUE_NULL}, TYPE_STRING}, \
		{"project_id", true, {VALUE_NULL}, TYPE_STRING},                              \
	{                                                                                     \
		"argument", true, {VALUE_NULL}, TYPE_ANY                                      \
	}

static const struct stdlib_param run_params[] = {CHILD_PARAMS};
static const struct stdlib_param start_params[] = {
	CHILD_PARAMS,
	{"wait", true, {VALUE_BOOL, {.boolean = true}}, TYPE_BOOL},
};
static const struct stdlib_param name_params[] = {{"name", .types = TYPE_STRING}};
static const struct stdlib_param parent_params[] = {{"parent", .types = TYPE_STRING}};

static const struct stdlib_function functions[] = {
	{"experimental.executions.run", STDLIB_CHILD, STDLIB_PARAMS(run_params), run,
	 "run another workflow and wait for its result", TYPE_ANY,
	 "OperationError: it failed or was cancelled; HttpError: there is no such workflow",
	 "call: experimental.executions.run\nargs:\n  workflow_id: other\n  argument: 42\nresult: answer\n",
	 "5.3"},
};

STDLIB_MODULE(stdlib_executions, functions);

static const struct stdlib_function internal[] = {
	{"executions.start", STDLIB_CHILD, STDLIB_PARAMS(start_params), start,
	 "run a workflow; wait: its result, else the execution object at once", TYPE_ANY},
	{"executions.get", STDLIB_CHILD, STDLIB_PARAMS(name_params), get, "the execution object of a run",
	 TYPE_MAP},
	{"executions.list", STDLIB_CHILD, STDLIB_PARAMS(parent_params), list,
	 "the execution objects of a workflow, newest first", TYPE_MAP},
	{"executions.cancel", STDLIB_CHILD, STDLIB_PARAMS(name_params), cancel,
	 "stop a run; its execution object", TYPE_MAP},
};

const struct stdlib_function *stdlib_find_internal(struct slice name)
{
	for (size_t i = 0; i < STDLIB_COUNT(internal); i++) {
		if (slice_is(name, internal[i].name))
			return &internal[i];
	}
	return NULL;
}
