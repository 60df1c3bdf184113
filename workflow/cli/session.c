/* session.c - one run, from the command line; see session.h. */
#include "workflow/cli/session.h"

#include "lib/clock/clock.h"
#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- what happens on the loop */

static void ended(void *ctx, struct run *run)
{
	struct session *session = ctx;

	(void)run;
	session->is_over = true;
	uv_stop(&session->loop);
}

static void journal_failed(void *ctx, const struct error *err)
{
	struct session *session = ctx;

	session->fault = *err;
	session->is_over = true;
	uv_stop(&session->loop);
}

static void interrupted(uv_signal_t *handle, int signum)
{
	struct session *session = handle->data;

	(void)signum;
	session->was_interrupted = true;
	uv_stop(&session->loop);
}

static void show_progress(uv_timer_t *timer)
{
	struct session *session = timer->data;
	struct run_figures figures = run_figures(session->run);
	char elapsed[32];
	struct buf where;

	buf_init(&where, 200);
	run_where(session->run, &where);
	cli_format_duration(clock_monotonic_us() - session->begun_us, elapsed);
	fprintf(stderr, "\r\033[K%s  %lld calls answered, %lld under way%s%s", elapsed,
		(long long)figures.answered, (long long)(figures.effects - figures.answered),
		where.len ? "  at " : "", buf_text(&where));
	fflush(stderr);
	buf_release(&where);
}

/* services_ready and world_ready are the same function type; the engine may not name the services' one. */
static bool route(void *ctx, const char *url, world_ready *ready, void *ready_ctx)
{
	return services_route(ctx, url, ready, ready_ctx);
}

static void unroute(void *ctx, void *ready_ctx)
{
	services_cancel(ctx, ready_ctx);
}

/* ---- opening */

static char *program_dir(void)
{
	char path[4096];
	ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (size <= 0)
		return mem_strdup(".");
	path[size] = '\0';
	return mem_strdup(dirname(path));
}

/* --services, else infra/services.yaml beside the definition; "" when there is none. */
static void find_services(const struct opts *opts, const char *definition, struct buf *path)
{
	const char *given = opt_text(opts, "services");
	char *copy;

	if (given) {
		buf_add_text(path, given);
		return;
	}
	if (!definition)
		return;
	copy = mem_strdup(definition);
	buf_printf(path, "%s/infra/services.yaml", dirname(copy));
	mem_free(copy);
	if (access(buf_text(path), R_OK) != 0)
		buf_clear(path);
}

static int open_services(struct session *session, const struct opts *opts, const char *definition,
			 struct error *err)
{
	struct services_options options = {.log = &session->log, .env = value_map_new()};
	char *programs = program_dir();
	struct buf path;

	buf_init(&path, 0);
	find_services(opts, definition, &path);
	if (path.len) {
		options.file = buf_text(&path);
		options.program_dir = programs;
		session->services = services_open(&session->loop, &options, err);
	}
	value_unref(options.env);
	buf_release(&path);
	mem_free(programs);
	return err->kind == ERROR_NONE ? 0 : -1;
}

/* Does the definition ask for the address of a service? Its name then stands among the constants. */
static bool names_a_service(const struct services *services, const struct plan *plan)
{
	struct value env = services_env(services);
	bool found = false;

	for (int i = 0; i < plan->constant_count && !found; i++)
		found = plan->constants[i].kind == VALUE_STRING &&
			value_map_get(env, value_text(plan->constants[i]));
	value_unref(env);
	return found;
}

static int read_durability(const struct opts *opts, enum db_durability *durability, struct error *err)
{
	static const char *const names[] = {[DB_FULL] = "full", [DB_NORMAL] = "normal", [DB_OFF] = "off"};
	const char *given = opt_text(opts, "durability");

	for (int i = 0; i <= DB_OFF; i++) {
		if (strcmp(given, names[i]) == 0) {
			*durability = (enum db_durability)i;
			return 0;
		}
	}
	return error_set(err, ERROR_INPUT, "--durability is full, normal or off, not \"%s\"", given);
}

static int open_tokens(struct session *session, const struct opts *opts, struct error *err)
{
	const char *given = opt_text(opts, "auth");

	if (strcmp(given, "none") == 0)
		return 0;
	session->tokens = tokens_new(&session->loop, given);
	if (session->tokens)
		return 0;
	return error_set(err, ERROR_INPUT, "--auth is none, fake, gcloud or metadata, not \"%s\"", given);
}

static int open_world(struct session *session, const struct opts *opts, session_adapt *adapt, struct error *err)
{
	struct world_options options = {
		.log = &session->log, .ended = ended, .failed = journal_failed, .ctx = session};
	char *state = opt_text(opts, "state") ? mem_strdup(opt_text(opts, "state")) : journal_default_path();

	if (session->services) {
		options.route = route;
		options.unroute = unroute;
		options.route_ctx = session->services;
	}
	options.listen = session_listen;
	options.opened = session_opened;
	options.callback_ctx = session;
	options.find_definition = session_find_definition;
	options.prepare = session_prepare;
	options.child_ctx = session;
	options.state = state;
	options.allows_link_local = opt_flag(opts, "allow-link-local");
	if (adapt)
		adapt(session, &options);
	if (read_durability(opts, &options.durability, err) == 0 && open_tokens(session, opts, err) == 0) {
		options.tokens = session->tokens;
		session->world = world_open(&session->loop, &options, err);
	}
	mem_free(state);
	return session->world ? 0 : -1;
}

static void watch_signals(struct session *session)
{
	uv_signal_init(&session->loop, &session->on_interrupt);
	uv_signal_init(&session->loop, &session->on_terminate);
	uv_timer_init(&session->loop, &session->progress);
	session->on_interrupt.data = session->on_terminate.data = session->progress.data = session;
	uv_unref((uv_handle_t *)&session
			 ->progress); /* the signals keep the loop waiting, also for a commit alone */
}

void session_warm(struct session *session, const struct plan *plan)
{
	if (session->services && names_a_service(session->services, plan))
		services_warm(session->services);
}

/* Each call under way may hold a socket; the soft limit is made for programs of the days of select(). */
static void raise_open_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int session_open(struct session *session, const struct opts *opts, const char *definition,
		 const struct plan *plan, struct error *err)
{
	return session_open_as(session, opts, definition, plan, NULL, err);
}

int session_open_as(struct session *session, const struct opts *opts, const char *definition,
		    const struct plan *plan, session_adapt *adapt, struct error *err)
{
	const char *format = opt_text(opts, "log");

	*session = (struct session){.is_quiet = opt_flag(opts, "quiet"), .opts = opts};
	session->log = (struct logger){.fd = 2,
				       .format = strcmp(format, "json") == 0 ? LOG_JSON : LOG_TEXT,
				       .threshold = session->is_quiet ? LOG_WARNING : LOG_INFO,
				       .component = "lexflow"};
	session->shows_progress = !session->is_quiet && session->log.format == LOG_TEXT && isatty(2);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file too large is an error of the write that says so, not the end */
	raise_open_files();
	uv_loop_init(&session->loop);
	watch_signals(session);
	if (strcmp(format, "json") != 0 && strcmp(format, "text") != 0)
		return error_set(err, ERROR_INPUT, "--log is text or json, not \"%s\"", format);
	if (open_services(session, opts, definition, err) < 0)
		return -1;
	if (plan)
		session_warm(session, plan); /* they load while the database opens */
	return open_world(session, opts, adapt, err);
}

void session_env(const struct session *session, const char *definition, const char *run_id, struct value *env)
{
	struct value urls = session->services ? services_env(session->services) : value_map_new();
	char *copy = mem_strdup(definition);
	char *name = basename(copy);

	name[strcspn(name, ".")] = '\0';
	for (size_t i = 0; i < value_len(urls); i++) { /* what the user gave is stronger */
		if (!value_map_get(*env, value_map_key(urls, i)))
			value_map_set(env, value_map_key(urls, i), value_ref(*value_map_at(urls, i)));
	}
	value_put(env, "GOOGLE_CLOUD_LOCATION", value_string_z("local"));
	value_put(env, "GOOGLE_CLOUD_PROJECT_ID", value_string_z("lexflow-local"));
	value_put(env, "GOOGLE_CLOUD_PROJECT_NUMBER", value_string_z("100000000000"));
	value_put(env, "GOOGLE_CLOUD_SERVICE_ACCOUNT_NAME",
		  value_string_z("lexflow@lexflow-local.iam.gserviceaccount.com"));
	value_put(env, "GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID", value_string_z(run_id));
	value_put(env, "GOOGLE_CLOUD_WORKFLOW_ID", value_string_z(*name ? name : "workflow"));
	value_put(env, "GOOGLE_CLOUD_WORKFLOW_REVISION_ID",
		  value_stringf("000001-%.3s", session->row.definition_hash));
	value_unref(urls);
	mem_free(copy);
}

/* ---- going */

static int report_end(struct session *session)
{
	struct error divergence = {0};

	switch (run_status(session->run)) {
	case RUN_RETURNED:
	case RUN_PAUSED:
		return 0;
	case RUN_STOPPED:
		fprintf(stderr, "run %s was cancelled\n", session->row.id);
		return session->is_cancelling ? 0 : EXIT_FAILED;
	case RUN_DIVERGED:
		error_set(&divergence, ERROR_INPUT, "%s", run_divergence(session->run));
		return cli_fault(&divergence);
	case RUN_RAISED: {
		struct value line = value_map_new();
		struct value report = run_result(session->run);
		struct buf text;

		if (!session->is_quiet)
			fprintf(stderr, "run %s failed: %.*s\n", session->row.id,
				SLICE_ARG(value_get_text(report, "context")));
		value_put(&line, "error", value_ref(report));
		buf_init(&text, 0);
		if (journal_encode(&text, line) ==
		    0) /* a raised value may hold bytes, which have no JSON form */
			fprintf(stderr, "%s\n", buf_text(&text));
		buf_release(&text);
		value_unref(line);
		return EXIT_FAILED;
	}
	case RUN_GOES_ON:
		break;
	}
	return EXIT_FAILED;
}

static int report_interrupted(const struct session *session)
{
	struct buf state;

	buf_init(&state, 0);
	cli_add_state(&state, session->opts);
	fprintf(stderr, "interrupted; go on with: lexflow resume %s%s\n", session->row.id, buf_text(&state));
	buf_release(&state);
	return EXIT_INTERRUPTED;
}

static int report(struct session *session)
{
	if (session->shows_progress)
		fputs("\r\033[K", stderr);
	if (session->fault.kind != ERROR_NONE) {
		if (run_is_rerun(session->run))
			error_hint(&session->fault, "the old run is as it was; when this is mended, do its step again");
		else
			error_hint(&session->fault, "what was recorded is kept; when this is mended: lexflow resume %s",
				   session->row.id);
		return cli_fault(&session->fault);
	}
	if (session->was_interrupted && run_status(session->run) == RUN_STOPPED && run_is_rerun(session->run)) {
		fputs("interrupted; the old run is as it was\n", stderr);
		return EXIT_INTERRUPTED;
	}
	if (session->was_interrupted && !session->is_over)
		return report_interrupted(session);
	return report_end(session);
}

/* A step done again has no history to go on from later, so an interrupted one ends here. */
static void end_rerun(struct session *session)
{
	world_stop(session->world, session->run);
	while (!session->is_over)
		uv_run(&session->loop, UV_RUN_DEFAULT);
}

int session_go(struct session *session)
{
	session->begun_us = clock_monotonic_us();
	uv_signal_start(&session->on_interrupt, interrupted, SIGINT);
	uv_signal_start(&session->on_terminate, interrupted, SIGTERM);
	if (session->shows_progress)
		uv_timer_start(&session->progress, show_progress, 200, 100);
	if (session->is_cancelling)
		world_stop(session->world, session->run);
	else
		world_begin(session->world, session->run);
	while (!session->is_over && !session->was_interrupted)
		uv_run(&session->loop, UV_RUN_DEFAULT);
	if (!session->is_over && run_is_rerun(session->run))
		end_rerun(session);
	else if (session->is_over && session->fault.kind == ERROR_NONE)
		session_wait_for_children(session);
	return report(session);
}

void session_reset(struct session *session)
{
	world_free_run(session->run);
	session->run = NULL;
	if (session->has_row)
		journal_disown(world_journal(session->world), &session->row);
	session->has_row = session->is_over = false;
}

void session_close(struct session *session)
{
	session_reset(session);
	services_stop(session->services); /* they drain while the journal closes */
	api_stop(session->listener);
	world_close(session->world);
	api_close_listener(session->listener);
	tokens_free(session->tokens);
	services_close(session->services);
	uv_close((uv_handle_t *)&session->on_interrupt, NULL);
	uv_close((uv_handle_t *)&session->on_terminate, NULL);
	uv_close((uv_handle_t *)&session->progress, NULL);
	uv_run(&session->loop, UV_RUN_DEFAULT);
	uv_loop_close(&session->loop);
}
