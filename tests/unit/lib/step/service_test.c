/* service_test.c - a step as an HTTP service: what steps/README.md promises of it, over real sockets. */
#include "tests/harness/ask.h"
#include "tests/harness/try_step.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

/* A service and somebody to ask it. */
struct fixture {
	struct forked child;
	struct asker asker;
};

static void start(struct fixture *f, const char *const *args, const char *const *env)
{
	asker_init(&f->asker, try_serve(&f->child, &try_step, args, env));
}

/* SIGTERM ends it well, whatever was asked of it. */
static void stop(struct fixture *f)
{
	asker_release(&f->asker);
	forked_signal(&f->child, SIGTERM);
	assert_int_equal(forked_finish(&f->child), 0);
	assert_non_null(strstr(buf_text(&f->child.err_text), "closed"));
	forked_release(&f->child);
}

static struct value parse(struct slice text)
{
	struct value v;
	struct error err = {0};

	if (json_read(text, &v, &err) < 0)
		fail_msg("%s in: %.*s", err.message, SLICE_ARG(text));
	return v;
}

/* The answer is a problem of this type and status; releases it. */
static void expect_problem(struct answer answer, int status, const char *type)
{
	struct value problem;
	char urn[100];

	snprintf(urn, sizeof(urn), "urn:lexflow:problem:%s", type);
	assert_int_equal(answer.status, status);
	assert_true(answer_has(&answer, "Content-Type: application/problem+json"));
	problem = parse(buf_slice(&answer.body));
	assert_true(slice_is(value_get_text(problem, "type"), urn));
	assert_int_equal(value_get_int(problem, "status", 0), status);
	assert_true(value_get_text(problem, "title").len > 0);
	assert_true(value_get_text(problem, "detail").len > 0);
	value_unref(problem);
	answer_release(&answer);
}

/* A socket with these bytes sent on it, for what a client library does not do. */
static int send_raw(int port, const char *text)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static int post_raw(int port, const char *body)
{
	char text[1000];

	snprintf(text, sizeof(text),
		 "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
		 "Content-Length: %zu\r\n\r\n%s",
		 strlen(body), body);
	return send_raw(port, text);
}

static bool is_answered(int fd, int wait_ms)
{
	struct pollfd waiting = {.fd = fd, .events = POLLIN};

	return poll(&waiting, 1, wait_ms) == 1;
}

/* The status of the answer on the socket, which is then closed; 0 when it was closed without one. */
static int status_raw(int fd)
{
	char text[1000] = "";
	int status = 0;

	if (is_answered(fd, 30000) && read(fd, text, sizeof(text) - 1) > 0)
		sscanf(text, "HTTP/1.1 %d", &status);
	close(fd);
	if (status == 503)
		assert_non_null(strstr(text, "Retry-After: 1\r\n"));
	return status;
}

static void a_post_is_answered_and_the_connection_kept(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, NULL, NULL);
	for (int i = 0; i < 3; i++) {
		struct answer answer = ask_post(&f.asker, "/", "{\"n\": 5}");

		assert_int_equal(answer.status, 200);
		assert_true(answer_has(&answer, "Content-Type: application/json"));
		assert_string_equal(buf_text(&answer.body), "{\"n\":5}\n");
		assert_int_equal(f.asker.connections, i == 0 ? 1 : 0);
		answer_release(&answer);
	}
	stop(&f);
}

static void the_key_and_the_trace_reach_apply_and_the_log(void **state)
{
	static const char *const headers[] = {
		"Idempotency-Key: run-1/17",
		"traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", NULL};
	static const char *const env[] = {"GOOGLE_CLOUD_PROJECT=p1", NULL};
	struct fixture f;
	struct answer answer;
	struct value v;

	(void)state;
	start(&f, NULL, env);
	answer = ask(&f.asker, "POST", "/", SLICE("{\"show\": true}"), headers);
	v = parse(buf_slice(&answer.body));
	assert_true(slice_is(value_get_text(v, "key"), "run-1/17"));
	assert_true(slice_starts(value_get_text(v, "trace"), SLICE("00-4bf92f35")));
	assert_true(value_get_bool(v, "serving", false));
	value_unref(v);
	answer_release(&answer);
	forked_wait_for(&f.child, "begun -1");
	forked_wait_for(&f.child, "\"logging.googleapis.com/trace\":\"projects/p1/traces/"
				  "4bf92f3577b34da6a3ce929d0e0e4736\"");
	stop(&f);
}

static void each_kind_of_error_has_its_problem(void **state)
{
	struct fixture f;
	struct answer answer;

	(void)state;
	start(&f, NULL, NULL);
	expect_problem(ask_post(&f.asker, "/", "{\"fail\":\"input\"}"), 422, "invalid-input");
	expect_problem(ask_post(&f.asker, "/", "{\"fail\":\"limit\"}"), 422, "limit-exceeded");
	expect_problem(ask_post(&f.asker, "/", "{\"fail\":\"missing\"}"), 404, "not-found");
	expect_problem(ask_post(&f.asker, "/", "{\"fail\":\"io\"}"), 500, "internal");
	answer = ask_post(&f.asker, "/", "{\"fail\":\"busy\"}");
	assert_true(answer_has(&answer, "Retry-After: 7"));
	expect_problem(answer, 503, "busy");
	expect_problem(ask_post(&f.asker, "/", "{oops"), 400, "malformed-json");
	expect_problem(ask_post(&f.asker, "/", ""), 400, "malformed-json");
	expect_problem(ask_post(&f.asker, "/", "[1]"), 422, "invalid-input");
	stop(&f);
}

static void json_beyond_the_depth_limit_is_refused(void **state)
{
	struct fixture f;
	struct buf body;

	(void)state;
	buf_init(&body, 0);
	for (int i = 0; i < 100000; i++)
		buf_add_char(&body, '[');
	start(&f, NULL, NULL);
	expect_problem(ask_post(&f.asker, "/", buf_text(&body)), 400, "malformed-json");
	stop(&f);
	buf_release(&body);
}

static void wrong_requests_are_refused_before_the_step_sees_them(void **state)
{
	static const char *const form[] = {"Content-Type: application/x-www-form-urlencoded", NULL},
				 *const none[] = {"Content-Type:", NULL},
				 *const zipped[] = {"Content-Encoding: gzip", NULL},
				 *const charset[] = {"Content-Type: Application/JSON; charset=utf-8", NULL},
				 *const suffix[] = {"Content-Type: application/ld+json", NULL},
				 *const foreign[] = {"Host: evil.example", NULL},
				 *const near[] = {"Host: 127.0.0.1.evil.example", NULL},
				 *const name[] = {"Host: LOCALHOST:1234", NULL};
	struct fixture f;
	struct answer answer;

	(void)state;
	start(&f, NULL, NULL);
	expect_problem(ask(&f.asker, "POST", "/", SLICE("{}"), form), 415, "unsupported-media-type");
	expect_problem(ask(&f.asker, "POST", "/", SLICE("{}"), none), 415, "unsupported-media-type");
	expect_problem(ask(&f.asker, "POST", "/", SLICE("{}"), zipped), 415, "unsupported-media-type");
	expect_problem(ask(&f.asker, "POST", "/", SLICE("{}"), foreign), 403, "forbidden-host");
	expect_problem(ask(&f.asker, "POST", "/", SLICE("{}"), near), 403, "forbidden-host");
	expect_problem(ask_post(&f.asker, "/nowhere", "{}"), 404, "no-such-route");
	expect_problem(ask_post(&f.asker, "//", "{}"), 404, "no-such-route");
	answer = ask_get(&f.asker, "/");
	assert_true(answer_has(&answer, "Allow: POST"));
	expect_problem(answer, 405, "method-not-allowed");
	answer = ask_post(&f.asker, "/healthz", "{}");
	assert_true(answer_has(&answer, "Allow: GET"));
	expect_problem(answer, 405, "method-not-allowed");
	assert_null(strstr(buf_text(&f.child.err_text), "begun"));

	answer = ask(&f.asker, "POST", "/", SLICE("{}"), charset);
	assert_int_equal(answer.status, 200);
	answer_release(&answer);
	answer = ask(&f.asker, "POST", "/", SLICE("{}"), suffix);
	assert_int_equal(answer.status, 200);
	answer_release(&answer);
	answer = ask(&f.asker, "POST", "/?query=1", SLICE("{}"), name);
	assert_int_equal(answer.status, 200);
	answer_release(&answer);
	stop(&f);
}

static void a_body_beyond_the_limit_is_413_however_it_is_sent(void **state)
{
	static const char *const args[] = {"--max-request", "1024", NULL};
	static const char *const chunked[] = {"Transfer-Encoding: chunked", NULL};
	static const char *const asking[] = {"Expect: 100-continue", NULL};
	static char body[3000], huge[100000];
	struct fixture f;
	struct answer answer;

	(void)state;
	memset(body, ' ', sizeof(body));
	memset(huge, ' ', sizeof(huge));
	memcpy(body, "{}", 2);
	start(&f, args, NULL);
	expect_problem(ask(&f.asker, "POST", "/", (struct slice){body, 1025}, NULL), 413, "too-large");
	expect_problem(ask(&f.asker, "POST", "/", (struct slice){body, 3000}, chunked), 413, "too-large");
	expect_problem(ask(&f.asker, "POST", "/", (struct slice){huge, sizeof(huge)}, asking), 413,
		       "too-large");
	answer = ask(&f.asker, "POST", "/", (struct slice){body, 1024}, NULL);
	assert_int_equal(answer.status, 200);
	answer_release(&answer);
	answer = ask(&f.asker, "POST", "/", (struct slice){body, 1024}, chunked);
	assert_int_equal(answer.status, 200);
	answer_release(&answer);
	stop(&f);
}

static void health_answers_while_all_threads_are_busy(void **state)
{
	static const char *const args[] = {"-j1", NULL};
	struct fixture f;
	struct answer answer;
	int busy;

	(void)state;
	start(&f, args, NULL);
	busy = post_raw(f.asker.port, "{\"n\": 1, \"sleep_ms\": 1000}");
	forked_wait_for(&f.child, "begun 1");
	answer = ask_get(&f.asker, "/healthz");
	assert_false(is_answered(busy, 0));
	assert_int_equal(answer.status, 200);
	assert_non_null(strstr(buf_text(&answer.body), "\"status\":\"ok\""));
	answer_release(&answer);
	answer = ask_get(&f.asker, "/openapi.json");
	assert_int_equal(answer.status, 200);
	answer_release(&answer);
	assert_int_equal(status_raw(busy), 200);
	stop(&f);
}

static void requests_beyond_the_queue_are_503_at_once(void **state)
{
	static const char *const args[] = {"-j1", "--queue", "1", NULL};
	int at_work, others[3], sum = 0;
	struct fixture f;

	(void)state;
	start(&f, args, NULL);
	at_work = post_raw(f.asker.port, "{\"n\": 1, \"sleep_ms\": 1000}");
	forked_wait_for(&f.child, "begun 1");
	for (int i = 0; i < 3; i++)
		others[i] = post_raw(f.asker.port, "{\"n\": 2}");
	for (int i = 0; i < 3; i++) /* one of them has the place in the queue, the others have none */
		sum += status_raw(others[i]);
	assert_int_equal(sum, 200 + 503 + 503);
	assert_int_equal(status_raw(at_work), 200);
	stop(&f);
}

static void many_connections_are_served_at_once(void **state)
{
	enum { COUNT = 200 };
	static const char *const args[] = {"-j8", NULL};
	int fds[COUNT];
	struct fixture f;

	(void)state;
	start(&f, args, NULL);
	for (int i = 0; i < COUNT; i++)
		fds[i] = post_raw(f.asker.port, "{\"n\": 1, \"sleep_ms\": 2}");
	for (int i = 0; i < COUNT; i++)
		assert_int_equal(status_raw(fds[i]), 200);
	stop(&f);
}

/* The worker of a request whose client has gone must not answer into another's connection, nor die. */
static void a_client_that_hangs_up_does_no_harm(void **state)
{
	static const char *const args[] = {"-j2", NULL};
	struct fixture f;
	struct answer answer;

	(void)state;
	start(&f, args, NULL);
	for (int i = 0; i < 20; i++) {
		close(post_raw(f.asker.port, "{\"n\": 1, \"sleep_ms\": 5}"));
		close(send_raw(f.asker.port, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Le"));
		close(send_raw(f.asker.port,
			       "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json"
			       "\r\nContent-Length: 100\r\n\r\n{\"n\":"));
	}
	/* HTTP/1.1 without Host: RFC 9112, 3.2 demands 400 */
	assert_int_equal(status_raw(send_raw(f.asker.port, "GET /healthz HTTP/1.1\r\n\r\n")), 400);
	answer = ask_post(&f.asker, "/", "{\"n\": 9}");
	assert_string_equal(buf_text(&answer.body), "{\"n\":9}\n");
	answer_release(&answer);
	stop(&f);
}

static void vertex_routes_take_instances_and_give_predictions(void **state)
{
	static const char *const env[] = {"AIP_HEALTH_ROUTE=/v1/health", "AIP_PREDICT_ROUTE=/v1/m:predict",
					  NULL};
	struct fixture f;
	struct answer answer;
	struct value v, predictions;

	(void)state;
	start(&f, NULL, env);
	answer = ask_get(&f.asker, "/v1/health");
	assert_int_equal(answer.status, 200);
	answer_release(&answer);
	answer = ask_post(
		&f.asker, "/v1/m:predict",
		"{\"instances\": [{\"n\": 1}, {\"n\": 2, \"fail\": \"input\"}, 3], \"parameters\": {}}");
	assert_int_equal(answer.status, 200);
	v = parse(buf_slice(&answer.body));
	predictions = *value_get(v, "predictions");
	assert_int_equal(value_len(predictions), 3);
	assert_int_equal(value_get_int(*value_list_at(predictions, 0), "n", 0), 1);
	assert_int_equal(value_get_int(*value_list_at(predictions, 1), "n", 0), 2);
	assert_non_null(value_get(*value_list_at(predictions, 1), "error"));
	assert_non_null(value_get(*value_list_at(predictions, 2), "error"));
	value_unref(v);
	answer_release(&answer);
	answer = ask_post(&f.asker, "/v1/m:predict", "{\"instances\": []}");
	assert_string_equal(buf_text(&answer.body), "{\"predictions\":[]}\n");
	answer_release(&answer);
	expect_problem(ask_post(&f.asker, "/v1/m:predict", "{\"n\": 1}"), 422, "invalid-input");
	/* what may go well another time fails the call, so that it is made another time */
	expect_problem(ask_post(&f.asker, "/v1/m:predict", "{\"instances\": [{}, {\"fail\": \"busy\"}]}"),
		       503, "busy");
	stop(&f);
}

static void openapi_describes_the_routes_with_the_schemas_of_the_step(void **state)
{
	struct fixture f;
	struct answer answer;
	struct value api, paths, schemas;

	(void)state;
	start(&f, NULL, NULL);
	answer = ask_get(&f.asker, "/openapi.json");
	api = parse(buf_slice(&answer.body));
	assert_true(slice_is(value_get_text(api, "openapi"), "3.1.0"));
	paths = *value_get(api, "paths");
	assert_non_null(value_get(*value_get(paths, "/"), "post"));
	assert_non_null(value_get(*value_get(paths, "/predict"), "post"));
	assert_non_null(value_get(*value_get(paths, "/healthz"), "get"));
	schemas = *value_get(*value_get(api, "components"), "schemas");
	assert_true(slice_is(value_get_text(*value_get(schemas, "Request"), "title"), "a wish"));
	assert_non_null(value_get(schemas, "Problem"));
	value_unref(api);
	answer_release(&answer);
	stop(&f);
}

/* The request under way is answered, the connection is told to close, new ones are not taken. */
static void sigterm_drains(void **state)
{
	static const char *const args[] = {"-j1", NULL};
	struct fixture f;
	struct answer answer;
	int at_work, queued;

	(void)state;
	start(&f, args, NULL);
	at_work = post_raw(f.asker.port, "{\"n\": 1, \"sleep_ms\": 400}");
	forked_wait_for(&f.child, "begun 1");
	queued = post_raw(f.asker.port, "{\"n\": 2}");
	answer = ask_get(&f.asker, "/healthz"); /* the queued one was received before this one */
	assert_int_equal(answer.status, 200);
	answer_release(&answer);
	forked_signal(&f.child, SIGTERM);
	forked_wait_for(&f.child, "SIGTERM: finishing");
	assert_int_equal(status_raw(at_work), 200);
	assert_int_equal(status_raw(queued), 200);
	assert_int_equal(forked_finish(&f.child), 0);
	assert_non_null(strstr(buf_text(&f.child.err_text), "begun 2"));
	assert_non_null(strstr(buf_text(&f.child.err_text), "closed"));
	answer = ask_get(&f.asker, "/healthz");
	assert_int_equal(answer.status, 0);
	answer_release(&answer);
	asker_release(&f.asker);
	forked_release(&f.child);
}

static void a_port_that_is_taken_is_exit_3_with_a_hint(void **state)
{
	struct fixture f;
	struct forked second;
	char port[16];
	const char *args[] = {"--serve", "--port", port, NULL};

	(void)state;
	start(&f, NULL, NULL);
	snprintf(port, sizeof(port), "%d", f.asker.port);
	try_start(&second, &try_step, args, NULL);
	assert_int_equal(forked_finish(&second), 3);
	assert_non_null(strstr(buf_text(&second.err_text), "try: error: cannot listen on 127.0.0.1:"));
	assert_non_null(strstr(buf_text(&second.err_text), "Address already in use"));
	assert_non_null(strstr(buf_text(&second.err_text), "hint: another program has this port"));
	forked_release(&second);
	stop(&f);
}

static void the_port_comes_from_the_environment_when_no_option_says_otherwise(void **state)
{
	static const char *const serve[] = {"--serve", NULL};
	static const char *const env[] = {"PORT=0", NULL}, *const vertex[] = {"AIP_HTTP_PORT=x", NULL};
	struct forked child;

	(void)state;
	try_start(&child, &try_step, serve, env);
	forked_wait_for(&child, "listens on http://127.0.0.1:");
	assert_null(strstr(buf_text(&child.err_text), ":8080"));
	forked_signal(&child, SIGTERM);
	assert_int_equal(forked_finish(&child), 0);
	forked_release(&child);

	try_start(&child, &try_step, serve, vertex);
	assert_int_equal(forked_finish(&child), 2);
	assert_non_null(strstr(buf_text(&child.err_text), "\"x\" is not a port"));
	forked_release(&child);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_post_is_answered_and_the_connection_kept),
		cmocka_unit_test(the_key_and_the_trace_reach_apply_and_the_log),
		cmocka_unit_test(each_kind_of_error_has_its_problem),
		cmocka_unit_test(json_beyond_the_depth_limit_is_refused),
		cmocka_unit_test(wrong_requests_are_refused_before_the_step_sees_them),
		cmocka_unit_test(a_body_beyond_the_limit_is_413_however_it_is_sent),
		cmocka_unit_test(health_answers_while_all_threads_are_busy),
		cmocka_unit_test(requests_beyond_the_queue_are_503_at_once),
		cmocka_unit_test(many_connections_are_served_at_once),
		cmocka_unit_test(a_client_that_hangs_up_does_no_harm),
		cmocka_unit_test(vertex_routes_take_instances_and_give_predictions),
		cmocka_unit_test(openapi_describes_the_routes_with_the_schemas_of_the_step),
		cmocka_unit_test(sigterm_drains),
		cmocka_unit_test(a_port_that_is_taken_is_exit_3_with_a_hint),
		cmocka_unit_test(the_port_comes_from_the_environment_when_no_option_says_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
