/* run.c - lexflow run: a definition from start to end. */
#include "workflow/cli/connectors.h"
#include "workflow/cli/session.h"

#include "lib/mem/mem.h"

#include <string.h>

const struct opt_option cli_state_options[] = {
	{"state", 0, OPT_TEXT, "PATH", NULL, "LEXFLOW_STATE",
	 "database of the runs (default $XDG_STATE_HOME/lexflow/state.db)"},
	{0},
};

const struct opt_option cli_session_options[] = {
	{"durability", 0, OPT_TEXT, "full|normal|off", "full", "LEXFLOW_DURABILITY",
	 "what a commit waits for"},
	{"services", 0, OPT_TEXT, "FILE", NULL, "LEXFLOW_SERVICES",
	 "services to start when called (default infra/services.yaml beside FILE)"},
	{"auth", 0, OPT_TEXT, "none|fake|gcloud|metadata", "fake", "LEXFLOW_AUTH",
	 "where the token of a call with auth comes from"},
	{"workflows", 0, OPT_TEXT, "DIR", NULL, "LEXFLOW_WORKFLOWS",
	 "definitions that a run may start by their id: DIR/ID.yaml"},
	{"idempotency-header", 0, OPT_TEXT, "NAME|off", NULL, NULL,
	 "header that tells a repeated call (default Idempotency-Key); recorded with the run"},
	{"allow-link-local", 0, OPT_FLAG, NULL, NULL, "LEXFLOW_ALLOW_LINK_LOCAL",
	 "let definitions call 169.254.0.0/16 and the like, where clouds keep their metadata"},
	{"idempotency-off", 0, OPT_MANY, "HOST", NULL, NULL, "a host that refuses that header"},
	{"quiet", 'q', OPT_FLAG, NULL, NULL, NULL, "no progress, only warnings and errors"},
	{"log", 0, OPT_TEXT, "text|json", "text", "LEXFLOW_LOG", "form of log lines on stderr"},
	{0},
};

static const struct opt_option options[] = {
	{"data", 0, OPT_TEXT, "JSON|@FILE|-", NULL, NULL, "argument of the run (default null)"},
	{"env", 0, OPT_MANY, "NAME=VALUE", NULL, NULL, "user environment variable"},
	{"env-file", 0, OPT_TEXT, "FILE", NULL, NULL, "NAME=VALUE lines"},
	{"limit", 0, OPT_MANY, "NAME=VALUE", NULL, NULL, "change a limit, or lift it: steps=off (lexflow help limits)"},
	{"id", 0, OPT_TEXT, "ID", NULL, NULL, "id of the run (default: a fresh one)"},
	{"call-log", 0, OPT_TEXT, "all|errors|none", "none", NULL,
	 "call steps as JSON lines on stderr, as Cloud Logging has them"},
	{0},
};

static const struct opt_option *const tables[] = {
	options, cli_discovery_options, cli_secret_options, cli_state_options, cli_session_options, NULL};

const struct opt_command cli_run_command = {
	.name = "lexflow run",
	.operands = "[FILE]",
	.summary = "run a definition (default workflow.yaml) and print its result",
	.example = "lexflow run workflow.yaml --data '{\"source\": \"decisions\"}'",
	.tables = tables,
};

/* All that a run needs from the command line. */
struct inputs {
	struct buf source;
	struct plan *plan;
	struct catalog *catalog;
	struct value argument, env, connectors;
	struct limits limits;
	enum call_log call_log;
};

static int read_limits(const struct opts *opts, struct limits *limits, struct error *err)
{
	const char *given;

	*limits = limits_default();
	for (size_t i = 0; (given = opt_many(opts, "limit", i)); i++) {
		if (limits_set(limits, given, err) < 0)
			return -1;
	}
	return 0;
}

/* Also by the names that the service gives its levels. */
static int read_call_log(const struct opts *opts, enum call_log *level, struct error *err)
{
	static const char *const names[][2] = {[CALL_LOG_NONE] = {"none", "LOG_NONE"},
					       [CALL_LOG_ERRORS] = {"errors", "LOG_ERRORS_ONLY"},
					       [CALL_LOG_ALL] = {"all", "LOG_ALL_CALLS"}};
	const char *given = opt_text(opts, "call-log");

	for (int i = CALL_LOG_NONE; i <= CALL_LOG_ALL; i++) {
		if (strcmp(given, names[i][0]) == 0 || strcmp(given, names[i][1]) == 0) {
			*level = (enum call_log)i;
			return 0;
		}
	}
	return error_set(err, ERROR_INPUT, "--call-log is all, errors or none, not \"%s\"", given);
}

static int check_argument(const struct inputs *in, struct error *err)
{
	if (run_takes(&in->limits, in->argument))
		return 0;
	error_set(err, ERROR_INPUT, "the argument is larger than %lld bytes as JSON (limit argument_bytes)",
		  (long long)in->limits.argument_bytes);
	error_hint(err, "hand large data over by reference: a file, a bucket, a URL; or --limit argument_bytes=off");
	return -1;
}

static int read_inputs(const struct opts *opts, const char *file, struct inputs *in)
{
	struct error err = {0};
	int status = 0;

	buf_init(&in->source, 0);
	in->catalog = cli_open_catalog(opts, &err);
	if (!in->catalog)
		return cli_fault(&err);
	in->plan = cli_read_plan_with(file, in->catalog, &in->source, &status);
	if (!in->plan)
		return status;
	if (cli_read_data(opt_text(opts, "data"), &in->argument, &err) < 0 ||
	    cli_read_env(opts, &in->env, &err) < 0 || read_limits(opts, &in->limits, &err) < 0 ||
	    read_call_log(opts, &in->call_log, &err) < 0 ||
	    check_argument(in, &err) < 0 ||
	    cli_complete_connectors(opts, in->plan, in->catalog, &in->connectors, &err) < 0) {
		cli_fault(&err);
		return err.kind == ERROR_NOT_FOUND ? EXIT_NOT_FOUND : EXIT_USAGE;
	}
	return 0;
}

static void release_inputs(struct inputs *in)
{
	plan_free(in->plan);
	value_unref(in->argument);
	value_unref(in->env);
	value_unref(in->connectors);
	catalog_free(in->catalog);
	buf_release(&in->source);
}

static int begin(struct session *session, const struct opts *opts, const char *file, struct inputs *in,
		 struct error *err)
{
	struct journal *journal = world_journal(session->world);

	if (journal_begin(journal, opt_text(opts, "id"), file, buf_slice(&in->source), &session->row, err) < 0)
		return -1;
	session->has_row = true;
	session->catalog = in->catalog;
	session_env(session, file, session->row.id, &in->env);
	if (!session->is_quiet) {
		cli_mention_warnings(file, in->plan);
		fprintf(stderr, "run %s\n", session->row.id);
	}
	session->run =
		world_start(session->world, &session->row, in->plan, in->argument, in->env, in->connectors, &in->limits);
	run_log_calls(session->run, in->call_log);
	return 0;
}

int cli_run(const struct opts *opts)
{
	const char *file = opt_operand(opts, 0) ? opt_operand(opts, 0) : "workflow.yaml";
	struct session session;
	struct inputs in = {0};
	struct error err = {0};
	int status = read_inputs(opts, file, &in);

	if (status == 0) {
		if (session_open(&session, opts, file, in.plan, &err) < 0 ||
		    begin(&session, opts, file, &in, &err) < 0)
			status = cli_fault(&err);
		else
			status = session_go(&session);
		if (status == 0)
			cli_print_json(run_result(session.run), false);
		session_close(&session);
	}
	release_inputs(&in);
	return status;
}
