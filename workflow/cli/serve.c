/*
 * serve.c - lexflow serve: the API, callbacks and unfinished executions, until a signal ends it.
 *
 * A session without a run of its own: the executions are the API's. What is acknowledged is on disk, so SIGTERM only
 * stops taking requests, tells what the journal has, and leaves; executions go on when it is started again.
 */
#include "workflow/api/api.h"
#include "workflow/cli/connectors.h"
#include "workflow/cli/session.h"

#include "lib/mem/mem.h"

#include <stdlib.h>
#include <string.h>

enum { TOKEN_FILE_LIMIT = 4096, TOKEN_MIN = 16 };

static const struct opt_option options[] = {
	{"port", 'p', OPT_COUNT, "PORT", "8787", "LEXFLOW_PORT", "where to listen; 0: any free port"},
	{"host", 0, OPT_TEXT, "ADDRESS", "127.0.0.1", "LEXFLOW_HOST",
	 "address to listen on; one beyond this machine needs a token"},
	{"token-file", 0, OPT_TEXT, "FILE", NULL, "LEXFLOW_TOKEN_FILE",
	 "ask every client for this token (or set LEXFLOW_TOKEN)"},
	{"concurrency", 0, OPT_COUNT, "N", "10000", NULL, "executions that go on at once; more wait their turn"},
	{"backlog", 0, OPT_COUNT, "N", "100000", NULL, "executions that may wait"},
	{"limit", 0, OPT_MANY, "NAME=VALUE", NULL, NULL, "change a limit of executions, or lift it (lexflow help limits)"},
	{"workflows", 0, OPT_TEXT, "DIR", NULL, "LEXFLOW_WORKFLOWS",
	 "every definition in it is a workflow; a file that is saved makes a revision"},
	{"watch", 0, OPT_MANY, "DIR=WORKFLOW", NULL, NULL,
	 "a new complete file in the folder begins an execution, once; may be repeated"},
	{0},
};

static const struct opt_option *const tables[] = {
	options, cli_discovery_options, cli_secret_options, cli_state_options, cli_session_options, NULL};

const struct opt_command cli_serve_command = {
	.name = "lexflow serve",
	.operands = "",
	.summary = "serve the API of Workflows for gcloud and client libraries, and go on with unfinished executions",
	.example = "lexflow serve --workflows .\neval \"$(lexflow env)\"; gcloud workflows list",
	.tables = tables,
};

/* The session comes first: the world's callbacks are given it. */
struct serving {
	struct session session;
	struct api *api;
	struct catalog *catalog;
	struct limits limits;
	char *token;
	bool is_quiet; /* what was queued is on disk, and who waited for it was told */
};

/* ---- what the world asks */

static void ended(void *ctx, struct run *run)
{
	struct serving *serving = ctx;

	if (serving->api)
		api_ended(serving->api, run);
}

static void journal_failed(void *ctx, const struct error *err)
{
	struct serving *serving = ctx;

	serving->session.fault = *err;
	uv_stop(&serving->session.loop);
}

static int base_of(void *ctx, struct slice known, struct buf *base, struct error *err)
{
	struct serving *serving = ctx;

	(void)known;
	if (!serving->session.listener)
		return error_set(err, ERROR_BUSY, "the server does not listen");
	return buf_add_text(base, api_base(serving->session.listener));
}

static int find_definition(void *ctx, struct slice workflow, struct buf *file, struct buf *source, struct error *err)
{
	struct serving *serving = ctx;

	return api_find_definition(serving->api, workflow, file, source, err);
}

static void made(void *ctx, const struct journal_run *row, struct slice workflow, struct value env, struct value argument)
{
	struct serving *serving = ctx;

	api_made(serving->api, row, workflow, env, argument);
}

static void adapt(struct session *session, struct world_options *world)
{
	world->has_visitors = true;
	world->ended = ended;
	world->failed = journal_failed;
	world->ctx = session;
	world->listen = base_of;
	world->opened = session_opened;
	world->callback_ctx = session;
	world->find_definition = find_definition;
	world->prepare = session_prepare;
	world->made = made;
	world->child_ctx = session;
}

/* ---- what the API asks */

static struct value service_env(void *ctx)
{
	const struct serving *serving = ctx;

	return serving->session.services ? services_env(serving->session.services) : value_map_new();
}

static void adopt(void *ctx, struct value env)
{
	struct serving *serving = ctx;

	if (serving->session.services)
		services_adopt(serving->session.services, env);
}

/* ---- opening */

static bool is_loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 || strncmp(host, "127.", 4) == 0;
}

/* From a file or the environment, never from the command line, which others can read. */
static int read_token(struct serving *serving, const struct opts *opts, struct error *err)
{
	const char *file = opt_text(opts, "token-file"), *given = getenv("LEXFLOW_TOKEN");
	struct slice token;
	struct buf text;
	int result = 0;

	buf_init(&text, TOKEN_FILE_LIMIT);
	if (file)
		result = cli_read_file(file, TOKEN_FILE_LIMIT, &text, err);
	else if (given)
		buf_add_text(&text, given);
	token = slice_trim(buf_slice(&text));
	if (result == 0 && token.len >= TOKEN_MIN)
		serving->token = mem_strndup(token.ptr, token.len);
	else if (result == 0 && (file || (given && *given)))
		result = error_set(err, ERROR_INPUT, "the token has less than %d characters", TOKEN_MIN);
	buf_release(&text);
	if (result < 0 || serving->token || is_loopback(opt_text(opts, "host")))
		return result;
	error_set(err, ERROR_INPUT, "--host %s can be reached from elsewhere, and there is no token",
		  opt_text(opts, "host"));
	error_hint(err, "write a secret of at least %d characters into a file and give --token-file FILE", TOKEN_MIN);
	return -1;
}

static int read_limits(struct serving *serving, const struct opts *opts, struct error *err)
{
	const char *given;

	serving->limits = limits_default();
	for (size_t i = 0; (given = opt_many(opts, "limit", i)); i++) {
		if (limits_set(&serving->limits, given, err) < 0)
			return -1;
	}
	return 0;
}

static int open_api(struct serving *serving, const struct opts *opts, struct error *err)
{
	struct session *session = &serving->session;
	struct api_options api = {
		.loop = &session->loop,
		.world = session->world,
		.log = &session->log,
		.limits = serving->limits,
		.concurrency = (size_t)opt_number(opts, "concurrency"),
		.backlog = (size_t)opt_number(opts, "backlog"),
		.folder = opt_text(opts, "workflows"),
		.catalog = serving->catalog,
		.service_env = service_env,
		.prepare = session_prepare,
		.adopt = adopt,
		.ctx = serving,
	};

	serving->api = api_open(&api, err);
	return serving->api ? 0 : -1;
}

static int listen_here(struct serving *serving, const struct opts *opts, struct error *err)
{
	struct session *session = &serving->session;
	long port = opt_number(opts, "port");
	struct api_listen_options listen = {
		.world = session->world,
		.api = serving->api,
		.log = &session->log,
		.host = opt_text(opts, "host"),
		.token = serving->token,
		.port = (int)port,
	};

	if (port > UINT16_MAX)
		return error_set(err, ERROR_INPUT, "--port %ld: a port is at most 65535", port);
	session->listener = api_listen(&session->loop, &listen, err);
	return session->listener ? 0 : -1;
}

/* infra/services.yaml beside the definitions, or in the folder where it was started. */
static int open_session(struct serving *serving, const struct opts *opts, struct error *err)
{
	const char *folder = opt_text(opts, "workflows");
	struct buf definition;
	int result;

	buf_init(&definition, 0);
	buf_printf(&definition, "%s/workflow.yaml", folder ? folder : ".");
	result = session_open_as(&serving->session, opts, buf_text(&definition), NULL, adapt, err);
	buf_release(&definition);
	serving->session.catalog = serving->catalog;
	return result;
}

static int watch_all(struct serving *serving, const struct opts *opts, struct error *err)
{
	const char *given;

	for (size_t i = 0; (given = opt_many(opts, "watch", i)); i++) {
		if (api_watch(serving->api, given, err) < 0)
			return -1;
	}
	return 0;
}

static int open_all(struct serving *serving, const struct opts *opts, struct error *err)
{
	if (open_session(serving, opts, err) < 0 || open_api(serving, opts, err) < 0 ||
	    listen_here(serving, opts, err) < 0 || api_resume(serving->api, err) < 0)
		return -1;
	return watch_all(serving, opts, err);
}

/* ---- going, and ending */

static void told_all(void *ctx, bool is_recorded)
{
	struct serving *serving = ctx;

	(void)is_recorded;
	serving->is_quiet = true;
}

static void on_signal(uv_signal_t *handle, int signum)
{
	struct session *session = handle->data;

	(void)signum;
	session->was_interrupted = true;
	uv_stop(&session->loop);
}

static int go(struct serving *serving)
{
	struct session *session = &serving->session;

	uv_signal_start(&session->on_interrupt, on_signal, SIGINT);
	uv_signal_start(&session->on_terminate, on_signal, SIGTERM);
	fprintf(stderr, "lexflow serves %s\n", api_base(session->listener));
	while (!session->was_interrupted && session->fault.kind == ERROR_NONE)
		uv_run(&session->loop, UV_RUN_DEFAULT);
	if (session->fault.kind != ERROR_NONE)
		return cli_fault(&session->fault);
	api_stop(session->listener);
	world_when_recorded(session->world, told_all, serving);
	while (!serving->is_quiet && session->fault.kind == ERROR_NONE)
		uv_run(&session->loop, UV_RUN_ONCE);
	return 0;
}

static void close_all(struct serving *serving)
{
	api_stop(serving->session.listener);
	api_close(serving->api);
	serving->api = NULL;
	session_close(&serving->session);
	catalog_free(serving->catalog);
	mem_free(serving->token);
}

int cli_serve(const struct opts *opts)
{
	struct serving serving = {0};
	struct error err = {0};
	int status;

	serving.catalog = cli_open_catalog(opts, &err);
	if (!serving.catalog)
		return cli_fault(&err);
	if (read_token(&serving, opts, &err) < 0 || read_limits(&serving, opts, &err) < 0) {
		catalog_free(serving.catalog);
		return cli_fault(&err);
	}
	status = open_all(&serving, opts, &err) < 0 ? cli_fault(&err) : go(&serving);
	close_all(&serving);
	return status;
}

/* ---- lexflow env */

static const struct opt_option env_options[] = {
	{"port", 'p', OPT_COUNT, "PORT", "8787", "LEXFLOW_PORT", "where the server listens"},
	{"host", 0, OPT_TEXT, "ADDRESS", "127.0.0.1", "LEXFLOW_HOST", "address of the server"},
	{"project", 0, OPT_TEXT, "ID", "lexflow-local", NULL, "project that clients name"},
	{"location", 0, OPT_TEXT, "ID", "us-central1", NULL, "location that clients name"},
	{0},
};

static const struct opt_option *const env_tables[] = {env_options, NULL};

const struct opt_command cli_env_command = {
	.name = "lexflow env",
	.operands = "",
	.summary = "print what to export so that gcloud and client libraries call lexflow serve",
	.example = "eval \"$(lexflow env)\"",
	.tables = env_tables,
};

/* For a shell: a name or address with anything else in it is no word of ours. */
static bool is_plain(const char *text)
{
	return *text && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]") == strlen(text);
}

int cli_env(const struct opts *opts)
{
	const char *host = opt_text(opts, "host"), *project = opt_text(opts, "project");
	const char *location = opt_text(opts, "location");
	long port = opt_number(opts, "port");
	struct error err = {0};

	if (!is_plain(host) || !is_plain(project) || !is_plain(location)) {
		error_set(&err, ERROR_INPUT, "--host, --project and --location have letters, digits and - . _ : only");
		return cli_fault(&err);
	}
	printf("export CLOUDSDK_API_ENDPOINT_OVERRIDES_WORKFLOWS=http://%s:%ld/\n", host, port);
	printf("export CLOUDSDK_API_ENDPOINT_OVERRIDES_WORKFLOWEXECUTIONS=http://%s:%ld/\n", host, port);
	printf("export CLOUDSDK_AUTH_DISABLE_CREDENTIALS=true\n");
	printf("export CLOUDSDK_CORE_PROJECT=%s\n", project);
	printf("export CLOUDSDK_WORKFLOWS_LOCATION=%s\n", location);
	printf("export WORKFLOWS_EMULATOR_HOST=%s:%ld\n", host, port);
	return 0;
}
