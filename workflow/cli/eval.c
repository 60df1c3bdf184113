/*
 * eval.c - lexflow eval: one expression, evaluated as a run would, without a journal.
 *
 * What asks the world in passing (sys.now, uuid.generate) is answered live. What blocks cannot stand in an
 * expression, so nothing is ever performed. With --at the variables and the environment are those of a past run.
 */
#include "workflow/cli/connectors.h"
#include "workflow/cli/moment.h"

#include "lib/clock/clock.h"
#include "lib/diag/diag.h"
#include "lib/json/json.h"
#include "workflow/engine/run.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

static const struct opt_option options[] = {
	{"at", 0, OPT_TEXT, "RUN/STEP[#N]|RUN/EVENT", NULL, NULL,
	 "with the variables of a run before a step, or after an event"},
	{"vars", 0, OPT_TEXT, "JSON|@FILE|-", NULL, NULL, "a map: what the variables hold"},
	{"env", 0, OPT_MANY, "NAME=VALUE", NULL, NULL, "user environment variable, for sys.get_env"},
	{"env-file", 0, OPT_TEXT, "FILE", NULL, NULL, "NAME=VALUE lines"},
	{0},
};

static const struct opt_option *const tables[] = {options, cli_secret_options, cli_state_options, NULL};

const struct opt_command cli_eval_command = {
	.name = "lexflow eval",
	.operands = "EXPRESSION",
	.summary = "evaluate one expression and print its value",
	.example = "lexflow eval 'text.split(name, \" \")[0]' --vars '{\"name\": \"Ada Lovelace\"}'\n"
		   "lexflow eval 'total / len(items)' --at last/main.store",
	.tables = tables,
	.signed_operands = true,
};

#define PLACE "<expression>"

/* ---- a world that gives the time and chance */

static int64_t drop_event(void *ctx, struct run *run, const struct event *event)
{
	(void)ctx;
	(void)run;
	(void)event;
	return 0;
}

static void no_effect(void *ctx, struct effect *effect)
{
	(void)ctx;
	(void)effect;
}

static int64_t wall_us(void *ctx)
{
	(void)ctx;
	return clock_wall_us();
}

static void random_bytes(void *ctx, unsigned char bytes[16])
{
	(void)ctx;
	if (getrandom(bytes, 16, 0) != 16)
		memset(bytes, 0, 16);
}

static const struct run_host host = {
	.append = drop_event,
	.perform = no_effect,
	.abandon = no_effect,
	.wall_us = wall_us,
	.random = random_bytes,
};

/* ---- inputs */

/* A variable is what the language can name; what it cannot is a mistake worth telling. */
static bool is_identifier(struct slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

		if (!is_letter && (i == 0 || c < '0' || c > '9'))
			return false;
	}
	return name.len > 0;
}

static int read_variables(const struct opts *opts, struct value *variables, struct error *err)
{
	*variables = value_map_new();
	if (!opt_given(opts, "vars"))
		return 0;
	value_unref(*variables);
	if (cli_read_json("--vars", opt_text(opts, "vars"), variables, err) < 0)
		return -1;
	if (variables->kind != VALUE_MAP)
		return error_set(err, ERROR_INPUT, "--vars takes a map of variables, not a %s",
				 value_kind_name(variables->kind));
	for (size_t i = 0; i < value_len(*variables); i++) {
		struct slice name = value_map_key(*variables, i);

		if (!is_identifier(name))
			return error_set(err, ERROR_INPUT, "--vars: \"%.*s\" cannot be the name of a variable",
					 SLICE_ARG(slice_sub(name, 0, 100)));
	}
	return 0;
}

/* Taken into `into`, in place of what it has of the same name. */
static void put_all(struct value *into, struct value map)
{
	for (size_t i = 0; i < value_len(map); i++)
		value_map_set(into, value_map_key(map, i), value_ref(*value_map_at(map, i)));
	value_unref(map);
}

/* What a run had; what is given besides is stronger. */
static int look_back(const struct opts *opts, struct value *variables, struct value *env, struct error *err)
{
	const char *at = opt_text(opts, "at");
	const char *slash = strchr(at, '/');
	struct value moment = value_null(), recorded_env, known;
	struct recorded recorded = {0};
	char id[64];
	int status;

	if (!slash || slash == at || slash - at >= (ptrdiff_t)sizeof(id))
		return error_set(err, ERROR_INPUT, "--at is RUN/STEP or RUN/EVENT, not \"%.200s\"", at);
	snprintf(id, sizeof(id), "%.*s", (int)(slash - at), at);
	status = recorded_find(&recorded, opts, id, err);
	if (status == 0)
		status = cli_moment(opts, &recorded, slash + 1, &moment, err);
	recorded_release(&recorded);
	if (status < 0)
		return -1;
	known = value_ref(*value_get(moment, "variables"));
	recorded_env = value_ref(*value_get(moment, "env"));
	value_unref(moment);
	put_all(&known, *variables);
	put_all(&recorded_env, *env);
	*variables = known;
	*env = recorded_env;
	return 0;
}

static struct plan *compile(const char *text, struct value variables)
{
	struct diags *diags = diags_new();
	struct definition *definition;
	struct plan *plan = NULL;

	diags_source(diags, PLACE, text, strlen(text));
	definition = definition_of_expression(PLACE, slice_of(text), variables, diags);
	if (definition)
		plan = plan_build(definition, diags);
	if (!plan)
		cli_print_diags(diags);
	diags_free(diags);
	return plan;
}

/* ---- the answer */

/* Bytes have no JSON form: they are shown as the journal keeps them. */
static void print_result(struct value result)
{
	struct buf text;

	buf_init(&text, 0);
	if (json_write(&text, result) < 0) {
		buf_clear(&text);
		journal_encode(&text, result);
		fputs("lexflow: the value has no JSON form (bytes, NaN or infinity); what has none is shown as "
		      "{\"$bytes\": base64}, {\"$text\": text} or {\"$double\": text}\n",
		      stderr);
	}
	printf("%s\n", buf_text(&text));
	buf_release(&text);
}

static void print_raised(struct value raised)
{
	struct buf text;

	buf_init(&text, 0);
	if (json_write(&text, raised) < 0) {
		buf_clear(&text);
		journal_encode(&text, raised);
	}
	fprintf(stderr, "%s\n", buf_text(&text));
	buf_release(&text);
}

static int evaluate(const struct plan *plan, struct value env)
{
	struct run_options given = {.env = env,
				    .limits = limits_default(),
				    .id = "eval",
				    .host = &host,
				    .argument = value_null(),
				    .allows_bytes = true};
	struct run *run = run_new(plan, &given);
	int status = 0;

	if (run_begin(run) == RUN_RETURNED) {
		print_result(run_result(run));
	} else {
		const struct value *payload = value_get(run_result(run), "payload");

		print_raised(payload ? *payload : value_null());
		status = EXIT_FAILED;
	}
	run_free(run);
	return status;
}

static int usage(const struct error *err)
{
	cli_fault(err);
	return err->kind == ERROR_NOT_FOUND ? EXIT_NOT_FOUND : EXIT_USAGE;
}

int cli_eval(const struct opts *opts)
{
	const char *text = opt_operand(opts, 0);
	struct value variables = value_null();
	struct value env = value_null();
	struct error err = {0};
	struct plan *plan = NULL;
	int status;

	if (!text) {
		error_set(&err, ERROR_INPUT, "eval needs an EXPRESSION");
		error_hint(&err, "for example lexflow eval '1 + 2'");
	} else if (!utf8_is_valid(slice_of(text))) {
		error_set(&err, ERROR_INPUT, "the expression is not UTF-8");
	}
	if (err.kind != ERROR_NONE || read_variables(opts, &variables, &err) < 0 ||
	    cli_read_env(opts, &env, &err) < 0 ||
	    (opt_given(opts, "at") && look_back(opts, &variables, &env, &err) < 0)) {
		status = usage(&err);
	} else {
		plan = compile(text, variables);
		status = plan ? evaluate(plan, env) : EXIT_USAGE;
	}
	plan_free(plan);
	value_unref(variables);
	value_unref(env);
	return status;
}
