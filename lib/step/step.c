/* step.c - a step's main: command line, setup, the choice of mode; see step.h. */
#include "lib/step/step_private.h"

#include "lib/clock/clock.h"
#include "lib/json/json.h"
#include "lib/log/trace.h"
#include "lib/mem/mem.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
	MAX_THREADS = 1024,
	EXIT_MACHINE = 3,
};

static const struct opt_option contract_options[] = {
	{"serve", 0, OPT_FLAG, NULL, NULL, NULL, "be an HTTP service instead of a filter"},
	{"port", 'p', OPT_TEXT, "PORT", NULL, "PORT",
	 "port of the service, 0 for any free one; 8080 unless set"},
	{"host", 0, OPT_TEXT, "ADDRESS", NULL, "HOST", "address of the service; loopback unless set"},
	{"jobs", 'j', OPT_COUNT, "N", NULL, NULL, "threads at work; one per core unless set"},
	{"documents", 0, OPT_TEXT, "URI", NULL, "DOCUMENT_STORE", "where the texts of documents are"},
	{"timeout", 0, OPT_COUNT, "SECONDS", "300", NULL, "time for one request"},
	{"max-request", 0, OPT_COUNT, "BYTES", "33554432", NULL, "largest request"},
	{"queue", 0, OPT_COUNT, "N", "1000", NULL, "requests a service lets wait for a thread"},
	{"log", 0, OPT_TEXT, "json|text", NULL, "LEXFLOW_LOG",
	 "form of the log on stderr; text on a terminal"},
	{"log-level", 0, OPT_TEXT, "LEVEL", "info", "LEXFLOW_LOG_LEVEL",
	 "debug, info, notice, warning or error"},
	{"schema", 0, OPT_FLAG, NULL, NULL, NULL, "print the JSON Schema of request and response"},
	{"version", 0, OPT_FLAG, NULL, NULL, NULL, "print the version"},
	{"help", 'h', OPT_FLAG, NULL, NULL, NULL, "print this"},
	{0},
};

/* ---- the document store, opened by whichever thread needs it first */

struct step_documents {
	pthread_mutex_t lock;
	struct docstore *store;
	const char *where;
};

struct docstore *step_documents(const struct step_setup *setup, struct error *err)
{
	struct step_documents *documents = setup->documents;
	struct docstore *store;

	pthread_mutex_lock(&documents->lock);
	if (!documents->store)
		documents->store = docstore_open(documents->where, err);
	store = documents->store;
	pthread_mutex_unlock(&documents->lock);
	return store;
}

static struct step_documents *documents_new(const char *where)
{
	struct step_documents *documents = mem_new(sizeof(*documents));

	pthread_mutex_init(&documents->lock, NULL);
	documents->where = where;
	return documents;
}

static void documents_free(struct step_documents *documents)
{
	if (!documents)
		return;
	docstore_close(documents->store);
	pthread_mutex_destroy(&documents->lock);
	mem_free(documents);
}

/* ---- what applies use */

int step_text(const struct step_call *call, struct value record, struct buf *text, struct error *err)
{
	const struct value *inline_text = value_get(record, "text");
	struct slice uri = value_get_text(record, "text_uri");
	struct docstore *store;

	if (inline_text && inline_text->kind == VALUE_STRING) {
		if (buf_add_slice(text, value_text(*inline_text)) < 0)
			return error_set(err, ERROR_LIMIT, "the text is longer than %zu bytes", text->limit);
		return 0;
	}
	if (uri.len == 0) {
		error_set(err, ERROR_INPUT, "the record has neither \"text\" nor \"text_uri\"");
		error_hint(err, "records that ingest makes have a text_uri");
		return -1;
	}
	store = step_documents(call->setup, err);
	return store ? docstore_get(store, uri, text, err) : -1;
}

void step_log(const struct step_call *call, enum log_severity severity, const char *fmt, ...)
{
	struct value fields = value_map_new();
	struct trace trace;
	struct buf message;
	va_list args;

	if (trace_parse(call->trace, &trace))
		trace_add(&trace, call->setup->project, &fields);
	buf_init(&message, 0);
	va_start(args, fmt);
	buf_vprintf(&message, fmt, args);
	va_end(args);
	log_write(call->setup->log, severity, fields, "%s", buf_text(&message));
	buf_release(&message);
	value_unref(fields);
}

int step_apply(struct step_run *run, struct step_call *call, struct value request, struct value *response,
	       struct error *err)
{
	if (request.kind != VALUE_MAP)
		return error_set(err, ERROR_INPUT, "a request is a JSON object, this is of type %s",
				 value_kind_name(request.kind));
	return run->step->apply(call, request, response, err);
}

struct value step_failure(struct value request, enum problem kind, const struct error *err)
{
	struct value result = request.kind == VALUE_MAP ? value_ref(request) : value_map_new();

	value_put(&result, "error", problem_new(kind, err->message, err->hint));
	return result;
}

/* ---- signals */

int step_take_signal(struct step_run *run)
{
	struct signalfd_siginfo info;
	sigset_t ours;

	if (read(run->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return 0;
	sigemptyset(&ours);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	pthread_sigmask(SIG_UNBLOCK, &ours, NULL);
	return (int)info.ssi_signo;
}

/* Before any thread is made, so that all of them inherit the mask. */
static int catch_signals(struct step_run *run, struct error *err)
{
	sigset_t ours;

	sigemptyset(&ours);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	pthread_sigmask(SIG_BLOCK, &ours, NULL);
	signal(SIGPIPE, SIG_IGN); /* a broken pipe is an error of write(2) */
	run->signal_fd = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
	return run->signal_fd < 0 ? error_set(err, ERROR_IO, "cannot make a signalfd") : 0;
}

/* ---- the command line */

static int cores(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

static int setup_log(struct step_run *run, struct error *err)
{
	const char *form = opt_text(run->setup.opts, "log");
	const char *level = opt_text(run->setup.opts, "log-level");

	run->log = (struct logger){.fd = STDERR_FILENO, .component = run->step->name};
	if (form && strcmp(form, "json") != 0 && strcmp(form, "text") != 0)
		return error_set(err, ERROR_INPUT, "--log is json or text, not \"%.80s\"", form);
	run->log.format = (form ? strcmp(form, "text") == 0 : isatty(STDERR_FILENO)) ? LOG_TEXT : LOG_JSON;
	for (enum log_severity i = LOG_DEBUG; i <= LOG_CRITICAL; i++) {
		if (strcasecmp(level, log_severity_name(i)) == 0) {
			run->log.threshold = i;
			return 0;
		}
	}
	return error_set(err, ERROR_INPUT,
			 "--log-level is debug, info, notice, warning or error, not \"%.80s\"", level);
}

static int setup(struct step_run *run, struct error *err)
{
	const struct opts *opts = run->setup.opts;
	long jobs = opt_number(opts, "jobs");

	if (setup_log(run, err) < 0)
		return -1;
	if (jobs > MAX_THREADS)
		return error_set(err, ERROR_INPUT, "--jobs is at most %d", MAX_THREADS);
	if (jobs == 0)
		jobs = run->step->threads ? run->step->threads : cores();
	run->max_request_bytes = (size_t)opt_number(opts, "max-request");
	run->timeout_s = opt_number(opts, "timeout");
	if (run->max_request_bytes < 1024 || run->max_request_bytes > (size_t)1 << 30)
		return error_set(err, ERROR_INPUT, "--max-request is from 1024 to %d bytes", 1 << 30);
	if (run->timeout_s < 1 || run->timeout_s > 86400)
		return error_set(err, ERROR_INPUT, "--timeout is from 1 to 86400 seconds");
	run->setup.documents = documents_new(opt_text(opts, "documents"));
	run->setup.log = &run->log;
	run->setup.project = getenv("GOOGLE_CLOUD_PROJECT");
	run->setup.threads = (int)jobs;
	run->setup.serving = opt_flag(opts, "serve");
	if (run->setup.serving && opt_operands(opts)) {
		error_set(err, ERROR_INPUT, "--serve takes no operand: \"%.200s\"", opt_operand(opts, 0));
		error_hint(err, "a service gets its requests by HTTP");
		return -1;
	}
	return 0;
}

static void print_help(const struct step *step, const struct opt_command *command)
{
	opt_help(command, stdout);
	for (const struct step_verb *verb = step->verbs; verb && verb->name; verb++)
		printf("%s  %-10s %s\n",
		       verb == step->verbs ? "\nVerbs, each with a --help of its own:\n" : "", verb->name,
		       verb->summary);
	printf("\nRequests come as JSON Lines from FILE or stdin, one response line each. With --serve they "
	       "come\n"
	       "by POST / to the port. Exit status: 0 all well, 1 a record failed, 2 wrong usage or input,\n"
	       "3 a fault of the machine.\n");
}

/* Flags that print something and are done. False: none of them. */
static bool print_and_end(const struct step *step, const struct opt_command *command, const struct opts *opts)
{
	if (opt_flag(opts, "help")) {
		print_help(step, command);
	} else if (opt_flag(opts, "version")) {
		printf("%s (lexflow) %s\n", step->name, LEXFLOW_VERSION);
	} else if (opt_flag(opts, "schema")) {
		struct value schema = step_schema(step);
		struct buf text;

		buf_init(&text, 0);
		json_write_indented(&text, schema, SLICE(""), SLICE("  "));
		puts(buf_text(&text));
		buf_release(&text);
		value_unref(schema);
	} else {
		return false;
	}
	return true;
}

static void complain(const struct step *step, const struct error *err)
{
	fprintf(stderr, "%s: error: %s\n", step->name, err->message);
	if (err->hint[0])
		fprintf(stderr, "  hint: %s\n", err->hint);
}

/* Text on stdout that did not get there is a fault, however well the work went. */
static int flush(const struct step *step, int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno == EPIPE)
		return 128 + SIGPIPE;
	fprintf(stderr, "%s: error: cannot write to stdout: %s\n", step->name, strerror(errno));
	return status ? status : EXIT_MACHINE;
}

/* State, mode, end of state. */
static int run_mode(struct step_run *run, struct error *err)
{
	const struct step *step = run->step;
	int status;

	if (setup(run, err) < 0 || catch_signals(run, err) < 0)
		return error_exit_status(err);
	if (step->open) {
		run->state = step->open(&run->setup, err);
		if (err->kind != ERROR_NONE)
			return error_exit_status(err);
	}
	status = run->setup.serving ? step_serve(run, err) : step_filter(run, err);
	if (step->close)
		step->close(run->state);
	return status;
}

int step_main(const struct step *step, int argc, char **argv)
{
	const struct opt_option *const tables[] = {step->options ? step->options : contract_options,
						   step->options ? contract_options : NULL, NULL};
	const struct opt_command command = {step->name, step->operands ? step->operands : "[FILE]...",
					    step->summary, step->example, tables};
	struct step_run run = {.step = step, .signal_fd = -1};
	struct error err = {0};
	struct opts *opts;
	int status = 0;

	mem_keep();
	for (const struct step_verb *verb = step->verbs; argc > 1 && verb && verb->name; verb++)
		if (strcmp(argv[1], verb->name) == 0)
			return flush(step, verb->run(argc - 1, argv + 1));
	opts = opt_parse(&command, argc, argv, &err);
	if (!opts) {
		complain(step, &err);
		return error_exit_status(&err);
	}
	run.setup.opts = opts;
	if (!print_and_end(step, &command, opts))
		status = run_mode(&run, &err);
	if (err.kind != ERROR_NONE)
		complain(step, &err);
	documents_free(run.setup.documents);
	if (run.signal_fd >= 0)
		close(run.signal_fd);
	opts_free(opts);
	return flush(step, status);
}
