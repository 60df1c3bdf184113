/* service.c - a step as an HTTP service; see step.h and steps/README.md.
 *
 * The names of variables are those of the Cloud Run container contract (PORT, K_SERVICE) and of Vertex AI's
 * requirements for custom containers (AIP_HTTP_PORT, AIP_HEALTH_ROUTE, AIP_PREDICT_ROUTE). */
#include "lib/step/step_private.h"

#include "lib/clock/clock.h"
#include "lib/http/server.h"
#include "lib/json/json.h"
#include "lib/log/trace.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEFAULT_PORT = 8080 };

struct service {
	struct step_run *run;
	struct http_server *server; /* the main thread's */
	struct buf openapi;         /* ready text */
	const char *predict_route;
};

static struct step_call make_call(const struct service *service, const struct http_incoming *incoming)
{
	struct step_call call = {
		.setup = &service->run->setup,
		.state = service->run->state,
		.idempotency_key = http_incoming_header(incoming, "Idempotency-Key"),
		.trace = http_incoming_header(incoming, "traceparent"),
		.deadline_ms = incoming->deadline_ms,
	};

	if (call.trace.len == 0)
		call.trace = http_incoming_header(incoming, "X-Cloud-Trace-Context");
	return call;
}

/* One line for each answer: failures as such, the rest for those who look closely. The fields are those of
 * Cloud Logging's HttpRequest. */
static void log_answer(const struct service *service, const struct step_call *call,
		       const struct http_incoming *incoming, int status, const char *detail)
{
	enum log_severity severity = status < 400 ? LOG_DEBUG : status == 500 ? LOG_ERROR : LOG_WARNING;
	struct value fields, http;
	struct trace trace;

	if (severity < service->run->log.threshold)
		return;
	fields = value_map_new();
	http = value_map_new();
	value_put(&http, "requestMethod", value_string_z(incoming->method));
	value_put(&http, "requestUrl", value_string_z(incoming->path)); /* a route's, so it is plain */
	value_put(&http, "status", value_int(status));
	value_put(&http, "latency",
		  value_stringf("%.6fs", (double)(clock_monotonic_us() - incoming->received_us) / 1e6));
	value_put(&fields, "httpRequest", http);
	if (trace_parse(call->trace, &trace))
		trace_add(&trace, service->run->setup.project, &fields);
	log_write(&service->run->log, severity, fields, "%s", detail);
	value_unref(fields);
}

static void reply_error(const struct service *service, const struct step_call *call,
			const struct http_incoming *incoming, struct http_reply *reply,
			const struct error *err)
{
	http_reply_problem(reply, problem_kind(err), err->message, err->hint);
	reply->retry_after_s = call->retry_after_s;
	log_answer(service, call, incoming, reply->status, err->message);
}

static void reply_value(const struct service *service, const struct step_call *call,
			const struct http_incoming *incoming, struct http_reply *reply, struct value v)
{
	struct error err = {0};

	if (json_write(&reply->body, v) == 0 && buf_add_char(&reply->body, '\n') == 0) {
		log_answer(service, call, incoming, reply->status, "answered");
		return;
	}
	error_set(&err, ERROR_LIMIT, "the response cannot be written as JSON: too large or too deep");
	reply_error(service, call, incoming, reply, &err);
}

/* The body as a value. False: the reply says what is wrong. */
static bool read_body(const struct service *service, const struct step_call *call,
		      const struct http_incoming *incoming, struct http_reply *reply, struct value *request)
{
	struct error err = {0};

	if (json_read(incoming->body, request, &err) == 0)
		return true;
	http_reply_problem(reply, PROBLEM_MALFORMED_JSON, err.message, NULL);
	log_answer(service, call, incoming, reply->status, err.message);
	return false;
}

static void post_apply(void *ctx, const struct http_incoming *incoming, struct http_reply *reply)
{
	const struct service *service = ctx;
	struct step_call call = make_call(service, incoming);
	struct value request, response = value_null();
	struct error err = {0};

	if (!read_body(service, &call, incoming, reply, &request))
		return;
	if (step_apply(service->run, &call, request, &response, &err) < 0)
		reply_error(service, &call, incoming, reply, &err);
	else
		reply_value(service, &call, incoming, reply, response);
	value_unref(response);
	value_unref(request);
}

/* A wrong instance has its problem in its place, as a wrong record has in filter mode. What may be better
 * next time (busy) or is nobody's instance's fault (machine) fails the call, so that the caller tries
 * again. -1: *err. */
static int predict(const struct service *service, struct step_call *call, struct value instances,
		   struct value *predictions, struct error *err)
{
	for (size_t i = 0; i < value_len(instances); i++) {
		struct value instance = *value_list_at(instances, i), prediction = value_null();
		struct error wrong = {0};

		if (step_apply(service->run, call, instance, &prediction, &wrong) < 0) {
			if (wrong.kind == ERROR_BUSY || wrong.kind == ERROR_IO) {
				*err = wrong;
				return -1;
			}
			value_set(&prediction, step_failure(instance, problem_kind(&wrong), &wrong));
		}
		value_list_push(predictions, prediction);
	}
	return 0;
}

static void post_predict(void *ctx, const struct http_incoming *incoming, struct http_reply *reply)
{
	const struct service *service = ctx;
	struct step_call call = make_call(service, incoming);
	struct value request, response = value_map_new(), predictions = value_list_new(0);
	const struct value *instances;
	struct error err = {0};

	if (!read_body(service, &call, incoming, reply, &request))
		goto done;
	instances = value_get(request, "instances");
	if (!instances || instances->kind != VALUE_LIST) {
		error_set(&err, ERROR_INPUT, "the body has no list \"instances\"");
		error_hint(&err, "a prediction request is {\"instances\": [...]}");
		reply_error(service, &call, incoming, reply, &err);
	} else if (predict(service, &call, *instances, &predictions, &err) < 0) {
		reply_error(service, &call, incoming, reply, &err);
	} else {
		value_put(&response, "predictions", value_ref(predictions));
		reply_value(service, &call, incoming, reply, response);
	}
	value_unref(request);
done:
	value_unref(predictions);
	value_unref(response);
}

static void get_health(void *ctx, const struct http_incoming *incoming, struct http_reply *reply)
{
	const struct service *service = ctx;

	if (http_incoming_is_last(incoming))
		http_reply_problem(reply, PROBLEM_SHUTTING_DOWN, "requests under way are being finished",
				   NULL);
	else
		buf_printf(&reply->body, "{\"status\":\"ok\",\"step\":\"%s\",\"version\":\"%s\"}\n",
			   service->run->step->name, LEXFLOW_VERSION);
}

static void get_openapi(void *ctx, const struct http_incoming *incoming, struct http_reply *reply)
{
	const struct service *service = ctx;

	(void)incoming;
	buf_add_slice(&reply->body, buf_slice(&service->openapi));
}

/* ---- address */

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* --port or $PORT, else Vertex's, else the default; -1 with *err when it is no number. */
static int choose_port(const struct opts *opts, struct error *err)
{
	const char *text = opt_text(opts, "port");
	char *end;
	long port;

	if (!text)
		text = variable("AIP_HTTP_PORT");
	if (!text)
		return DEFAULT_PORT;
	errno = 0;
	port = strtol(text, &end, 10);
	if (end == text || *end || errno || port < 0 || port > 65535) {
		error_set(err, ERROR_INPUT, "\"%.80s\" is not a port", text);
		error_hint(err, "--port and $PORT are 0 (any free one) to 65535");
		return -1;
	}
	return (int)port;
}

/* In a container of Cloud Run or Vertex AI requests come from outside it; elsewhere only from this machine.
 */
static const char *choose_host(const struct opts *opts)
{
	const char *host = opt_text(opts, "host");

	if (host)
		return host;
	return variable("K_SERVICE") || variable("AIP_HTTP_PORT") ? "0.0.0.0" : "127.0.0.1";
}

static const char *choose_route(const char *name, const char *fallback)
{
	const char *route = variable(name);

	return route && route[0] == '/' ? route : fallback;
}

/* ---- life */

static void log_listening(const struct service *service, const char *host)
{
	int port = http_server_port(service->server);
	struct value fields = value_map_new();

	value_put(&fields, "port", value_int(port));
	log_write(&service->run->log, LOG_INFO, fields, "%s %s listens on http://%s%s%s:%d",
		  service->run->step->name, LEXFLOW_VERSION, strchr(host, ':') ? "[" : "", host,
		  strchr(host, ':') ? "]" : "", port);
	value_unref(fields);
}

static int wait_for_signal(struct step_run *run)
{
	struct pollfd waiting = {.fd = run->signal_fd, .events = POLLIN};
	int signum;

	do {
		while (poll(&waiting, 1, -1) < 0 && errno == EINTR)
			;
		signum = step_take_signal(run);
	} while (signum == 0);
	return signum;
}

static void drain(struct service *service, int signum)
{
	struct step_run *run = service->run;

	log_write(&run->log, LOG_INFO, value_null(), "%s: finishing what was received",
		  signum == SIGINT ? "SIGINT" : "SIGTERM");
	if (http_server_drain(service->server, run->timeout_s * 1000) < 0) {
		/* Its threads still use the state, so nothing can be closed. Callers got no answer and try
		 * again. */
		log_write(&run->log, LOG_ERROR, value_null(),
			  "requests still under way after %ld s: ending without them", run->timeout_s);
		_exit(3);
	}
	http_server_close(service->server);
	log_write(&run->log, LOG_INFO, value_null(), "ended");
}

static int serve(struct service *service, const struct http_server_options *options, struct error *err)
{
	service->server = http_server_open(options, err);
	if (!service->server)
		return error_exit_status(err);
	log_listening(service, options->host);
	drain(service, wait_for_signal(service->run));
	return 0;
}

int step_serve(struct step_run *run, struct error *err)
{
	struct service service = {.run = run, .predict_route = choose_route("AIP_PREDICT_ROUTE", "/predict")};
	const char *health_route = choose_route("AIP_HEALTH_ROUTE", "/healthz");
	/* the first that fits wins, so Vertex may have "/" for its own */
	const struct http_route routes[] = {
		{"POST", service.predict_route, post_predict, false},
		{"POST", "/", post_apply, false},
		{"GET", "/healthz", get_health, true},
		{"GET", "/openapi.json", get_openapi, true},
		{strcmp(health_route, "/healthz") == 0 ? NULL : "GET", health_route, get_health, true},
		{0},
	};
	struct http_server_options options = {
		.host = choose_host(run->setup.opts),
		.port = choose_port(run->setup.opts, err),
		.routes = routes,
		.ctx = &service,
		.log = &run->log,
		.threads = run->setup.threads,
		.queue = (int)opt_number(run->setup.opts, "queue"),
		.max_body_bytes = run->max_request_bytes,
		.timeout_s = (int)run->timeout_s,
	};
	struct value openapi;
	int status;

	if (options.port < 0)
		return error_exit_status(err);
	openapi = step_openapi(run->step, service.predict_route);
	buf_init(&service.openapi, 0);
	json_write(&service.openapi, openapi);
	value_unref(openapi);
	status = serve(&service, &options, err);
	buf_release(&service.openapi);
	return status;
}
