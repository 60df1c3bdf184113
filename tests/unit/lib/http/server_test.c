/* server_test.c - the HTTP server by itself: what needs a handler that waits until the test lets it go. What
 * a client sees of a step's service is in tests/unit/lib/step/service_test.c. */
#include "lib/http/server.h"

#include "tests/harness/ask.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

struct gate {
	sem_t entered; /* a handler is at the gate */
	sem_t open;
};

static void wait_for(sem_t *sem)
{
	while (sem_wait(sem) < 0 && errno == EINTR)
		;
}

static void through_the_gate(void *ctx, const struct http_incoming *incoming, struct http_reply *reply)
{
	struct gate *gate = ctx;

	sem_post(&gate->entered);
	wait_for(&gate->open);
	buf_printf(&reply->body, "{\"size\":%zu}", incoming->body.len);
}

static void at_once(void *ctx, const struct http_incoming *incoming, struct http_reply *reply)
{
	(void)ctx;
	buf_printf(&reply->body, "{\"last\":%s}", http_incoming_is_last(incoming) ? "true" : "false");
}

static void add_field(void *ctx, struct slice name, struct slice value)
{
	if (!slice_starts(name, SLICE("Host")) && !slice_starts(name, SLICE("Content-Length")) &&
	    !slice_starts(name, SLICE("Accept")) && !slice_starts(name, SLICE("User-Agent")))
		buf_printf(ctx, " %.*s=%.*s", SLICE_ARG(name), SLICE_ARG(value));
}

/* What it was asked; a DELETE is not for it. */
static void mirror(void *ctx, const struct http_incoming *incoming, struct http_reply *reply)
{
	(void)ctx;
	if (strcmp(incoming->method, "DELETE") == 0) {
		reply->status = 405;
		reply->allow = "PUT";
		reply->content_type = NULL;
		return;
	}
	reply->content_type = "text/plain";
	buf_printf(&reply->body, "%s %s", incoming->method, incoming->path);
	http_incoming_query(incoming, add_field, &reply->body);
	http_incoming_headers(incoming, add_field, &reply->body);
}

static const struct http_route routes[] = {
	{"*", "/mirror/*", mirror, .any_body = true},
	{"POST", "/gate", through_the_gate, false},
	{"GET", "/now", at_once, true},
	{0},
};

static struct http_server *open_server(struct gate *gate, struct http_server_options options)
{
	struct error err = {0};
	struct http_server *server;

	sem_init(&gate->entered, 0, 0);
	sem_init(&gate->open, 0, 0);
	options.routes = routes;
	options.ctx = gate;
	server = http_server_open(&options, &err);
	if (!server)
		fail_msg("%s", err.message);
	return server;
}

/* A request with a body of so many bytes on a socket of its own. */
static int post(const struct http_server *server, size_t size)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)http_server_port(server))};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[4000];
	int head;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	memset(text, ' ', sizeof(text));
	head = snprintf(text, 1000,
			"POST /gate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
			"Content-Length: %zu\r\n\r\n",
			size);
	text[head] = ' ';
	assert_int_equal(write(fd, text, (size_t)head + size), (size_t)head + size);
	return fd;
}

/* The whole answer begins with this status; its text is kept when `text` is given. */
static int status_of(int fd, char text[1000])
{
	struct pollfd waiting = {.fd = fd, .events = POLLIN};
	char own[1000] = "";
	int status = 0;

	assert_int_equal(poll(&waiting, 1, 30000), 1);
	if (read(fd, own, sizeof(own) - 1) > 0)
		sscanf(own, "HTTP/1.1 %d", &status);
	if (text)
		memcpy(text, own, sizeof(own));
	close(fd);
	return status;
}

static void a_drain_that_runs_out_of_time_can_be_taken_up_again(void **state)
{
	struct gate gate;
	struct http_server *server = open_server(&gate, (struct http_server_options){.threads = 1});
	int fd = post(server, 10);
	char text[1000];

	(void)state;
	wait_for(&gate.entered);
	assert_int_equal(http_server_drain(server, 10), -1);
	sem_post(&gate.open);
	assert_int_equal(http_server_drain(server, 30000), 0);
	assert_int_equal(status_of(fd, text), 200);
	assert_non_null(strstr(text, "{\"size\":10}"));
	assert_non_null(strstr(text, "Connection: close\r\n"));
	http_server_close(server);
}

static void bodies_under_way_are_bounded_together(void **state)
{
	struct gate gate;
	struct http_server *server = open_server(
		&gate,
		(struct http_server_options){.threads = 2, .max_body_bytes = 1000, .max_total_bytes = 1500});
	int first = post(server, 1000);
	char text[1000];

	(void)state;
	wait_for(&gate.entered);
	assert_int_equal(status_of(post(server, 1000), text), 503);
	assert_non_null(strstr(text, "Retry-After: 1\r\n"));
	assert_non_null(strstr(text, "urn:lexflow:problem:overloaded"));
	sem_post(&gate.open);
	assert_int_equal(status_of(first, NULL), 200);
	sem_post(&gate.open); /* what the first one held is free again */
	assert_int_equal(status_of(post(server, 1000), NULL), 200);
	http_server_close(server);
}

static void as_many_handlers_run_at_once_as_there_are_threads(void **state)
{
	enum { THREADS = 3, COUNT = 12 };
	struct gate gate;
	struct http_server *server = open_server(&gate, (struct http_server_options){.threads = THREADS});
	int fds[COUNT];

	(void)state;
	for (int i = 0; i < COUNT; i++)
		fds[i] = post(server, (size_t)i);
	for (int i = 0; i < THREADS; i++) /* as many as there are threads are in the handler together */
		wait_for(&gate.entered);
	assert_int_not_equal(sem_trywait(&gate.entered), 0);
	for (int i = 0; i < COUNT; i++)
		sem_post(&gate.open);
	for (int i = 0; i < COUNT; i++) {
		char text[1000], size[30];

		snprintf(size, sizeof(size), "{\"size\":%d}", i);
		assert_int_equal(status_of(fds[i], text), 200);
		assert_non_null(strstr(text, size));
	}
	http_server_close(server);
}

static void an_idle_connection_does_not_hold_up_the_end(void **state)
{
	struct gate gate;
	struct http_server *server = open_server(&gate, (struct http_server_options){0});
	struct asker asker;
	struct answer answer;

	(void)state;
	asker_init(&asker, http_server_port(server));
	answer = ask_get(&asker, "/now");
	assert_string_equal(buf_text(&answer.body), "{\"last\":false}");
	answer_release(&answer);
	http_server_close(server);
	asker_release(&asker);
}

static int connection_to(const struct http_server *server)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)http_server_port(server)),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void half_requests_make_room_for_others(void **state)
{
	static const char half[] = "POST /now HTTP/1.1\r\nHost: lo";
	struct gate gate;
	struct http_server *server = open_server(
		&gate, (struct http_server_options){.connections = 4, .timeout_s = 3600, .idle_s = 1});
	struct asker asker;
	struct answer answer;
	int fds[6];

	(void)state;
	for (int i = 0; i < 6; i++) {
		fds[i] = connection_to(server);
		if (i % 2) /* the others say nothing at all */
			assert_int_equal(write(fds[i], half, strlen(half)), strlen(half));
	}
	asker_init(&asker, http_server_port(server));
	answer = ask_get(&asker, "/now");
	assert_int_equal(answer.status, 200);
	answer_release(&answer);
	asker_release(&asker);
	for (int i = 0; i < 6; i++)
		close(fds[i]);
	http_server_close(server);
}

static void an_address_that_cannot_be_had_is_an_error_with_a_hint(void **state)
{
	struct http_server_options options = {.routes = routes, .port = 70000};
	struct error err = {0};

	(void)state;
	assert_null(http_server_open(&options, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_string_equal(err.message, "70000 is not a port");

	error_clear(&err);
	options.port = 0;
	options.host = "192.0.2.1"; /* RFC 5737: on no machine */
	assert_null(http_server_open(&options, &err));
	assert_int_equal(err.kind, ERROR_IO);
	assert_non_null(strstr(err.message, "cannot listen on 192.0.2.1:0: "));
	assert_non_null(strstr(err.hint, "--host"));
}

static void a_route_by_stem_takes_any_method_and_body(void **state)
{
	static const char *const headers[] = {"Content-Type: text/csv", "X-Mine: a b", NULL};
	struct gate gate;
	struct http_server *server = open_server(&gate, (struct http_server_options){.threads = 1});
	struct asker asker;
	struct answer answer;

	(void)state;
	asker_init(&asker, http_server_port(server));
	answer = ask(&asker, "PUT", "/mirror/a/b?k=v%20w&k=2&e", SLICE("x"), headers);
	assert_int_equal(answer.status, 200);
	assert_string_equal(buf_text(&answer.body),
			    "PUT /mirror/a/b k=v w k=2 e= Content-Type=text/csv X-Mine=a b");
	answer_release(&answer);
	answer = ask(&asker, "DELETE", "/mirror/a", (struct slice){NULL, 0}, NULL);
	assert_int_equal(answer.status, 405);
	assert_true(answer_has(&answer, "Allow: PUT"));
	assert_null(strstr(buf_text(&answer.head), "Content-Type"));
	answer_release(&answer);
	answer = ask_get(&asker, "/mirror/a%00"); /* no C string holds it: it is not "/mirror/a" */
	assert_int_equal(answer.status, 404);
	answer_release(&answer);
	answer = ask_get(&asker, "/mirror/a?k=%00");
	assert_int_equal(answer.status, 200);
	answer_release(&answer);
	answer = ask_get(&asker, "/mirrors");
	assert_int_equal(answer.status, 404);
	answer_release(&answer);
	asker_release(&asker);
	http_server_close(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_route_by_stem_takes_any_method_and_body),
		cmocka_unit_test(a_drain_that_runs_out_of_time_can_be_taken_up_again),
		cmocka_unit_test(bodies_under_way_are_bounded_together),
		cmocka_unit_test(as_many_handlers_run_at_once_as_there_are_threads),
		cmocka_unit_test(an_idle_connection_does_not_hold_up_the_end),
		cmocka_unit_test(half_requests_make_room_for_others),
		cmocka_unit_test(an_address_that_cannot_be_had_is_an_error_with_a_hint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
