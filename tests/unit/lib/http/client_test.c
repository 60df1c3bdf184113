/* client_test.c - lib/http/client.c and call.c against peers that do as they are told. */
#include "lib/http/client.h"
#include "lib/mem/mem.h"
#include "tests/harness/peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define OK_HI "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

struct answer {
	int calls; /* of done */
	enum http_outcome outcome;
	int status;
	struct buf body, headers; /* "Name: value\n" each */
	char message[200];
	int64_t sent_us, first_byte_us, done_us;
};

struct world {
	uv_loop_t loop;
	struct http_client *client;
	struct http_request request;
	struct answer answer;
};

static int set_up(void **state)
{
	struct world *world = mem_new(sizeof(*world));

	uv_loop_init(&world->loop);
	world->client = http_client_new(&world->loop);
	world->request =
		(struct http_request){.method = "GET", .timeout_ms = 20000, .response_limit = 1 << 20};
	buf_init(&world->answer.body, 0);
	buf_init(&world->answer.headers, 0);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	http_client_free(world->client);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&world->loop), 0); /* no handle is left */
	buf_release(&world->answer.body);
	buf_release(&world->answer.headers);
	mem_free(world);
	return 0;
}

static void keep(void *ctx, const struct http_response *response)
{
	struct answer *answer = ctx;

	answer->calls++;
	answer->outcome = response->outcome;
	answer->status = response->status;
	answer->sent_us = response->sent_us;
	answer->first_byte_us = response->first_byte_us;
	answer->done_us = response->done_us;
	snprintf(answer->message, sizeof(answer->message), "%s", response->message);
	buf_clear(&answer->body);
	buf_add_slice(&answer->body, response->body);
	buf_clear(&answer->headers);
	for (size_t i = 0; i < response->header_count; i++)
		buf_printf(&answer->headers, "%s: %s\n", response->headers[i].name,
			   response->headers[i].value);
}

/* The world's request, run to its end: nothing else keeps the loop alive. */
static enum http_outcome call(struct world *world, const char *url)
{
	world->request.url = url;
	world->answer.calls = 0;
	http_client_send(world->client, &world->request, keep, &world->answer);
	assert_int_equal(world->answer.calls, 0); /* never from inside send */
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(world->answer.calls, 1);
	return world->answer.outcome;
}

static bool has_line(const char *request, const char *line)
{
	struct buf wanted;
	bool found;

	buf_init(&wanted, 0);
	buf_printf(&wanted, "\r\n%s\r\n", line);
	found = strstr(request, buf_text(&wanted)) != NULL;
	buf_release(&wanted);
	return found;
}

/* ---- answers */

static void status_headers_and_body_arrive(void **state)
{
	static const struct peer_act acts[] = {
		{.answer = "HTTP/1.1 404 Not Found\r\ncontent-type: text/plain\r\nX-ONE: a\r\nx-one:  b "
			   "\r\nEmpty:\r\n"
			   "Content-Length: 5\r\n\r\nnone\n"},
	};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;

	assert_int_equal(call(world, peer_url(peer, "/a?b=c")), HTTP_ANSWERED);
	assert_int_equal(world->answer.status, 404);
	assert_string_equal(buf_text(&world->answer.body), "none\n");
	/* canonical names, repeated values joined (reference, 5.5) */
	assert_string_equal(buf_text(&world->answer.headers),
			    "Content-Type: text/plain\nX-One: a, b\nEmpty: \nContent-Length: 5\n");
	assert_string_equal(world->answer.message, "");
	assert_true(world->answer.sent_us <= world->answer.first_byte_us);
	assert_true(world->answer.first_byte_us > 0);
	assert_memory_equal(peer_request(peer, 0), "GET /a?b=c HTTP/1.1\r\n", 21);
	peer_close(peer);
}

static void interim_answers_and_trailers_are_not_headers(void **state)
{
	static const struct peer_act acts[] = {
		{.answer = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n"
			   "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Trailer: late\r\n\r\n"},
	};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;

	assert_int_equal(call(world, peer_url(peer, "/")), HTTP_ANSWERED);
	assert_int_equal(world->answer.status, 200);
	assert_string_equal(buf_text(&world->answer.headers), "Transfer-Encoding: chunked\n");
	assert_string_equal(buf_text(&world->answer.body), "abc");
	peer_close(peer);
}

static void a_body_without_length_ends_with_the_connection(void **state)
{
	static const struct peer_act acts[] = {
		{.answer = "HTTP/1.1 200 OK\r\n\r\nall of it", .then = PEER_CLOSE}};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;

	assert_int_equal(call(world, peer_url(peer, "/")), HTTP_ANSWERED);
	assert_string_equal(buf_text(&world->answer.body), "all of it");
	peer_close(peer);
}

/* echo hello | gzip -9n | xxd -i */
static const unsigned char hello_gz[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
					 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xe7, 0x02, 0x00,
					 0x20, 0x30, 0x3a, 0x36, 0x06, 0x00, 0x00, 0x00};

static void gzip_is_decoded(void **state)
{
	struct buf text;
	struct peer_act act = {0};
	struct peer *peer;
	struct world *world = *state;

	buf_init(&text, 0);
	buf_printf(&text, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
		   sizeof(hello_gz));
	buf_add(&text, hello_gz, sizeof(hello_gz));
	act = (struct peer_act){.answer = text.data, .size = text.len};
	peer = peer_open(&act, 1);
	assert_int_equal(call(world, peer_url(peer, "/")), HTTP_ANSWERED);
	assert_string_equal(buf_text(&world->answer.body), "hello\n");
	assert_true(has_line(peer_request(peer, 0), "Accept-Encoding: gzip"));
	peer_close(peer);
	buf_release(&text);
}

/* ---- connections */

static void connections_are_kept(void **state)
{
	static const struct peer_act acts[] = {{.answer = OK_HI}};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;

	for (int i = 0; i < 5; i++)
		assert_int_equal(call(world, peer_url(peer, "/")), HTTP_ANSWERED);
	assert_int_equal(peer_requests(peer), 5);
	assert_int_equal(peer_connections(peer), 1);
	peer_close(peer);
}

static void many_calls_run_together(void **state)
{
	enum { CALLS = 60 };
	/* Every answer takes 100 ms: one after the other they would need 6 s, more than the time limit. */
	static const struct peer_act acts[] = {{.answer = OK_HI, .delay_ms = 100}};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;

	world->request.url = peer_url(peer, "/");
	world->request.timeout_ms = 5000;
	for (int i = 0; i < CALLS; i++)
		http_client_send(world->client, &world->request, keep, &world->answer);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(world->answer.calls, CALLS);
	assert_int_equal(peer_requests(peer), CALLS);
	assert_int_equal(peer_connections(peer), CALLS);
	assert_int_equal(call(world, peer_url(peer, "/")), HTTP_ANSWERED);
	assert_int_equal(peer_connections(peer), CALLS); /* and all are kept */
	peer_close(peer);
}

/* The server closes between two calls: what the client learns only by using the connection. */
static void a_connection_closed_while_idle_is_no_error(void **state)
{
	static const struct peer_act acts[] = {{.answer = OK_HI, .then = PEER_CLOSE}};
	static const struct peer_act resets[] = {{.answer = OK_HI, .pause_ms = 20, .then = PEER_RESET}};
	struct world *world = *state;

	for (int i = 0; i < 2; i++) {
		struct peer *peer = peer_open(i ? resets : acts, 1);

		for (int k = 0; k < 3; k++) {
			assert_int_equal(call(world, peer_url(peer, "/")), HTTP_ANSWERED);
			usleep(60000); /* for the FIN or RST to arrive */
		}
		assert_int_equal(peer_connections(peer), 3);
		peer_close(peer);
	}
}

/* The server closes just as the request arrives: nothing came back on a kept connection, so it is sent again.
 */
static void a_request_lost_on_a_kept_connection_is_sent_again(void **state)
{
	static const struct peer_act acts[] = {{.answer = OK_HI},
					       {.then = PEER_CLOSE},
					       {.answer = OK_HI},
					       {.then = PEER_RESET},
					       {.answer = OK_HI}};
	struct peer *peer = peer_open(acts, 5);
	struct world *world = *state;

	world->request.method = "POST";
	world->request.body = SLICE("{\"n\":1}");
	for (int i = 0; i < 3; i++) {
		if (call(world, peer_url(peer, "/")) != HTTP_ANSWERED)
			fail_msg("call %d: %s", i, world->answer.message);
		assert_string_equal(buf_text(&world->answer.body), "hi");
	}
	assert_int_equal(peer_requests(peer), 5);
	for (size_t i = 0; i < 5; i++)
		assert_non_null(strstr(peer_request(peer, i), "\r\n\r\n{\"n\":1}"));
	peer_close(peer);
}

static void an_idle_connection_that_ends_does_not_keep_the_loop_busy(void **state)
{
	static const struct peer_act acts[] = {{.answer = OK_HI, .then = PEER_CLOSE}};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;

	assert_int_equal(call(world, peer_url(peer, "/")), HTTP_ANSWERED);
	for (int i = 0; i < 20;
	     i++) { /* the hang-up is noticed at most once; then there is nothing to wait for */
		usleep(2000);
		uv_run(&world->loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(uv_loop_alive(&world->loop), 0);
	peer_close(peer);
}

/* ---- trouble (reference, 6.2: division of labour) */

static void nobody_there_is_a_failed_connection(void **state)
{
	struct world *world = *state;
	char url[200];
	int fd, port = peer_dead_port(&fd);

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", port);
	assert_int_equal(call(world, url), HTTP_CONNECTION_FAILED);
	assert_int_not_equal(world->answer.message[0], '\0');
	close(fd);
	/* a label of 64 characters can have no address: RFC 1035, 2.3.4 */
	assert_int_equal(
		call(world, "http://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/"),
		HTTP_CONNECTION_FAILED);
}

static void a_peer_that_speaks_no_tls_is_a_failed_connection(void **state)
{
	static const struct peer_act acts[] = {{.answer = OK_HI, .at_once = true, .then = PEER_CLOSE}};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;
	char url[64];

	snprintf(url, sizeof(url), "https://127.0.0.1:%d/", peer_port(peer));
	assert_int_equal(call(world, url), HTTP_CONNECTION_FAILED);
	peer_close(peer);
}

static void trouble_after_connecting_is_a_broken_connection(void **state)
{
	static const struct peer_act acts[] = {
		{.then = PEER_CLOSE},
		{.then = PEER_RESET},
		{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", .then = PEER_CLOSE},
		{.answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
		 .then = PEER_CLOSE},
		{.answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab",
		 .then = PEER_CLOSE},
		{.answer = "HTTP/1.1 200 O", .then = PEER_CLOSE},
		{.answer = "\001\002 no HTTP at all\r\n\r\n", .then = PEER_CLOSE},
		{.answer = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnogz",
		 .then = PEER_CLOSE},
	};
	enum { COUNT = sizeof(acts) / sizeof(acts[0]) };
	struct peer *peer = peer_open(acts, COUNT);
	struct world *world = *state;

	for (size_t i = 0; i < COUNT; i++) {
		assert_int_equal(call(world, peer_url(peer, "/")), HTTP_CONNECTION_BROKEN);
		assert_int_not_equal(world->answer.message[0], '\0');
		assert_int_equal(world->answer.body.len, 0);
	}
	assert_int_equal(peer_requests(peer), COUNT); /* on a new connection nothing is sent twice */
	peer_close(peer);
}

static void a_slow_peer_times_out(void **state)
{
	static const struct peer_act acts[] = {
		{.then = PEER_HOLD},
		{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", .then = PEER_HOLD},
	};
	struct peer *peer = peer_open(acts, 2);
	struct world *world = *state;

	world->request.timeout_ms = 60;
	assert_int_equal(call(world, peer_url(peer, "/")), HTTP_TIMED_OUT);
	assert_true(world->answer.done_us >= 60000);
	assert_int_equal(call(world, peer_url(peer, "/")), HTTP_TIMED_OUT);
	peer_close(peer);
}

/* A listening socket whose queue is full: Linux drops what comes, so the connection is never made. */
static void a_peer_that_does_not_accept_times_out(void **state)
{
	static const struct peer_act acts[] = {{.answer = OK_HI}};
	struct world *world = *state;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct peer *peer;
	int listener, filling[4];
	char url[64];

	address.sin_port = htons((uint16_t)peer_dead_port(&listener));
	assert_int_equal(listen(listener, 0), 0);
	for (int i = 0; i < 4; i++) {
		filling[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		connect(filling[i], (struct sockaddr *)&address, sizeof(address));
	}
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", ntohs(address.sin_port));
	world->request.timeout_ms = 60;
	for (int i = 0; i < 3; i++)
		assert_int_equal(call(world, url), HTTP_TIMED_OUT);
	for (int i = 0; i < 4; i++)
		close(filling[i]);
	close(listener);
	world->request.timeout_ms = 20000;
	peer = peer_open(acts, 1); /* the numbers of those sockets are free again and nobody watches them */
	assert_int_equal(call(world, peer_url(peer, "/")), HTTP_ANSWERED);
	peer_close(peer);
}

static void a_large_answer_is_stopped_while_it_comes(void **state)
{
	static char endless[300000];
	struct peer_act acts[] = {
		{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n12345678901", .then = PEER_CLOSE},
		{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234567890", .then = PEER_CLOSE},
		{.answer = endless, .then = PEER_HOLD}, /* no end is sent */
	};
	struct peer *peer = peer_open(acts, 3);
	struct world *world = *state;

	world->request.response_limit = 10;
	assert_int_equal(call(world, peer_url(peer, "/")), HTTP_TOO_LARGE);
	assert_string_equal(world->answer.message, "the response is larger than 10 bytes");
	assert_int_equal(call(world, peer_url(peer, "/")), HTTP_ANSWERED);
	memset(endless, 'x', sizeof(endless) - 1);
	memcpy(endless, "HTTP/1.1 200 OK\r\n\r\n", 19);
	assert_int_equal(call(world, peer_url(peer, "/")), HTTP_TOO_LARGE);
	peer_close(peer);
}

static void endless_headers_are_stopped(void **state)
{
	struct buf text;
	struct peer_act act;
	struct peer *peer;
	struct world *world = *state;

	buf_init(&text, 0);
	buf_add_text(&text, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 5000; i++)
		buf_printf(&text, "X-%d: y\r\n", i);
	act = (struct peer_act){.answer = text.data, .size = text.len, .then = PEER_HOLD};
	peer = peer_open(&act, 1);
	assert_int_equal(call(world, peer_url(peer, "/")), HTTP_TOO_LARGE);
	peer_close(peer);
	buf_release(&text);
}

static void what_is_no_http_url_is_refused(void **state)
{
	static const char *const urls[] = {"",
					   "example.com",
					   "ftp://127.0.0.1/",
					   "file:///etc/passwd",
					   "http://",
					   "http:///x",
					   "http://127.0.0.1:99999/",
					   "http://a b/",
					   "gopher://127.0.0.1/",
					   "http://127.0.0.1/\r\nX: y"};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		if (call(world, urls[i]) != HTTP_BAD_URL)
			fail_msg("%s: outcome %d (%s)", urls[i], world->answer.outcome,
				 world->answer.message);
	}
}

/* That what is given is used at all: a text that is no certificate fails before anything is sent. The next
 * call on the same handle has the system's again. tests/e2e/auth.bats makes a whole TLS call. */
static void certificates_of_ones_own_are_read(void **state)
{
	/* One holds still, so that it is the text that fails; the other ends the handshake. */
	static const struct peer_act hold = {.then = PEER_HOLD, .at_once = true};
	static const struct peer_act end = {.then = PEER_CLOSE, .at_once = true};
	struct peer *still = peer_open(&hold, 1), *ending = peer_open(&end, 1);
	struct world *world = *state;
	char url[100];

	snprintf(url, sizeof(url), "https://127.0.0.1:%d/", peer_port(still));
	world->request.ca_pem = SLICE("no certificate");
	assert_int_equal(call(world, url), HTTP_CONNECTION_FAILED);
	if (!strstr(world->answer.message, "certificate"))
		fail_msg("%s", world->answer.message);
	world->request.ca_pem = (struct slice){0};
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/", peer_port(ending));
	assert_int_equal(call(world, url), HTTP_CONNECTION_FAILED);
	assert_null(strstr(world->answer.message, "certificate"));
	peer_close(still);
	peer_close(ending);
}

/* ---- requests */

static void methods_and_bodies_are_sent_as_given(void **state)
{
	static const struct {
		const char *method, *body, *line, *has, *has_not;
	} rows[] = {
		{"GET", NULL, "GET / HTTP/1.1\r\n", NULL, "Content-Length"},
		{"POST", "x=1", "POST / HTTP/1.1\r\n", "Content-Length: 3", "Content-Type"},
		{"POST", NULL, "POST / HTTP/1.1\r\n", "Content-Length: 0", "Content-Type"},
		{"PUT", NULL, "PUT / HTTP/1.1\r\n", "Content-Length: 0", "Transfer-Encoding"},
		{"PATCH", "{}", "PATCH / HTTP/1.1\r\n", "Content-Length: 2", "Expect"},
		{"DELETE", NULL, "DELETE / HTTP/1.1\r\n", NULL, "Content-Length"},
		{"DELETE", "why", "DELETE / HTTP/1.1\r\n", "Content-Length: 3", "Expect"},
		{"OPTIONS", NULL, "OPTIONS / HTTP/1.1\r\n", NULL, "Content-Length"},
		{"GET", "odd", "GET / HTTP/1.1\r\n", "Content-Length: 3", "Expect"},
		{"POST", "", "POST / HTTP/1.1\r\n", "Content-Length: 0", "Content-Type"},
	};
	static const struct peer_act acts[] = {{.answer = OK_HI}};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *request;

		world->request.method = rows[i].method;
		world->request.body = rows[i].body ? slice_of(rows[i].body) : (struct slice){0};
		assert_int_equal(call(world, peer_url(peer, "/")), HTTP_ANSWERED);
		request = peer_request(peer, i);
		assert_memory_equal(request, rows[i].line, strlen(rows[i].line));
		if (rows[i].has && !has_line(request, rows[i].has))
			fail_msg("row %zu lacks %s: %s", i, rows[i].has, request);
		if (strcasestr(request, rows[i].has_not))
			fail_msg("row %zu has %s: %s", i, rows[i].has_not, request);
		if (rows[i].body)
			assert_string_equal(strstr(request, "\r\n\r\n") + 4, rows[i].body);
	}
	assert_int_equal(peer_connections(peer), 1); /* so every length was true */
	peer_close(peer);
}

static void head_has_no_body(void **state)
{
	static const struct peer_act acts[] = {
		{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n"}};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;

	world->request.method = "HEAD";
	assert_int_equal(call(world, peer_url(peer, "/")), HTTP_ANSWERED);
	assert_int_equal(world->answer.body.len, 0);
	assert_string_equal(buf_text(&world->answer.headers), "Content-Length: 999999999\n");
	peer_close(peer);
}

/* RFC 9110, 9.3.2 and 9.3.8: content in these has no meaning. A client that sends one with HEAD must not wait
 * for one in the answer either. */
static void a_body_of_head_or_trace_is_not_sent(void **state)
{
	static const struct peer_act acts[] = {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"},
					       {.answer = OK_HI}};
	static const char *const methods[] = {"HEAD", "TRACE"};
	struct peer *peer = peer_open(acts, 2);
	struct world *world = *state;

	world->request.body = SLICE("body");
	for (size_t i = 0; i < 2; i++) {
		world->request.method = methods[i];
		assert_int_equal(call(world, peer_url(peer, "/")), HTTP_ANSWERED);
		assert_memory_equal(peer_request(peer, i), methods[i], strlen(methods[i]));
		assert_null(strstr(peer_request(peer, i), "body"));
		assert_null(strcasestr(peer_request(peer, i), "Content-Length"));
	}
	peer_close(peer);
}

/* Larger than what curl sends together with the head: its other path, where it would say Expect. */
static void a_large_body_is_sent_whole(void **state)
{
	enum { SIZE = 3 << 20 };
	static const struct peer_act acts[] = {{.answer = OK_HI}};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;
	char *body = mem_alloc(SIZE);
	const char *request;

	memset(body, 'b', SIZE);
	world->request.method = "POST";
	world->request.body = (struct slice){body, SIZE};
	assert_int_equal(call(world, peer_url(peer, "/")), HTTP_ANSWERED);
	request = peer_request(peer, 0);
	assert_null(strcasestr(request, "Expect:"));
	assert_int_equal(strlen(strstr(request, "\r\n\r\n") + 4), SIZE);
	mem_free(body);
	peer_close(peer);
}

static void headers_are_sent_as_given(void **state)
{
	static const struct http_header headers[] = {{"X-Empty", ""},
						     {"Content-Type", "text/csv"},
						     {"content-length", "7"},
						     {"Transfer-Encoding", "chunked"},
						     {"User-Agent", "me"}};
	static const struct peer_act acts[] = {{.answer = OK_HI}};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;
	const char *request;

	world->request.method = "POST";
	world->request.body = SLICE("a,b");
	world->request.headers = headers;
	world->request.header_count = 5;
	assert_int_equal(call(world, peer_url(peer, "/")), HTTP_ANSWERED);
	request = peer_request(peer, 0);
	assert_true(has_line(request, "X-Empty:"));
	assert_true(has_line(request, "Content-Type: text/csv"));
	assert_true(has_line(request, "User-Agent: me"));
	/* the length of the body is ours to say: two opinions are how requests are smuggled */
	assert_true(has_line(request, "Content-Length: 3"));
	assert_null(strstr(request, "Content-Length: 7"));
	assert_null(strcasestr(request, "Transfer-Encoding"));
	peer_close(peer);
}

static void a_header_cannot_hold_another(void **state)
{
	static const struct http_header bad[] = {{"X", "a\r\nY: b"}, {"X\r\nY", "b"}, {"", "b"},
						 {"X Y", "b"},       {"X:", "b"},     {"X", "a\nb"}};
	struct world *world = *state;

	world->request.header_count = 1;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		world->request.headers = &bad[i];
		assert_int_equal(call(world, "http://127.0.0.1:9/"), HTTP_BAD_URL);
	}
	world->request.header_count = 0;
	world->request.method = "GET / HTTP/1.1\r\nX: y\r\n\r\nGET";
	assert_int_equal(call(world, "http://127.0.0.1:9/"), HTTP_BAD_URL);
}

static void connect_to_changes_the_address_and_not_the_request(void **state)
{
	static const struct peer_act acts[] = {{.answer = OK_HI}};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;
	char address[40];

	snprintf(address, sizeof(address), "127.0.0.1:%d", peer_port(peer));
	world->request.connect_to = address;
	assert_int_equal(call(world, "http://classify.invalid:8080/x"), HTTP_ANSWERED);
	assert_true(has_line(peer_request(peer, 0), "Host: classify.invalid:8080"));
	assert_int_equal(call(world, "http://classify.invalid/y"), HTTP_ANSWERED);
	assert_true(has_line(peer_request(peer, 1), "Host: classify.invalid"));
	peer_close(peer);
}

static void loopback_is_never_proxied(void **state)
{
	static const struct peer_act acts[] = {{.answer = OK_HI}};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;
	char proxy[64], url[64];
	int fd, port = peer_dead_port(&fd);

	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", port);
	setenv("http_proxy", proxy, 1);
	setenv("all_proxy", proxy, 1);
	assert_int_equal(call(world, peer_url(peer, "/")), HTTP_ANSWERED);
	snprintf(url, sizeof(url), "http://localhost:%d/", peer_port(peer));
	assert_int_equal(call(world, url), HTTP_ANSWERED);
	assert_int_equal(call(world, "http://elsewhere.invalid/"),
			 HTTP_CONNECTION_FAILED); /* the proxy is dead */
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	close(fd);
	peer_close(peer);
}

/* ---- redirects */

#define REDIRECT(status, to) "HTTP/1.1 " status " Moved\r\nLocation: " to "\r\nContent-Length: 3\r\n\r\nbye"

static void redirects_are_followed_as_browsers_do(void **state)
{
	static const struct peer_act acts[] = {
		{.answer = REDIRECT("303", "/b?c=d")}, {.answer = OK_HI},
		{.answer = REDIRECT("307", "/e")},     {.answer = OK_HI},
		{.answer = REDIRECT("302", "/f")},     {.answer = OK_HI},
	};
	static const struct http_header headers[] = {{"Content-Type", "text/plain"},
						     {"Authorization", "Bearer t"}};
	struct peer *peer = peer_open(acts, 6);
	struct world *world = *state;

	world->request.body = SLICE("data");
	world->request.headers = headers;
	world->request.header_count = 2;
	world->request.max_redirects = 10;
	world->request.method = "POST";
	assert_int_equal(call(world, peer_url(peer, "/a")), HTTP_ANSWERED);
	assert_string_equal(buf_text(&world->answer.body), "hi");
	assert_memory_equal(peer_request(peer, 1), "GET /b?c=d HTTP/1.1\r\n", 21);
	assert_null(strstr(peer_request(peer, 1), "Content-"));
	assert_true(has_line(peer_request(peer, 1), "Authorization: Bearer t")); /* the same host */
	assert_int_equal(call(world, peer_url(peer, "/a")), HTTP_ANSWERED);
	assert_memory_equal(peer_request(peer, 3), "POST /e HTTP/1.1\r\n", 18);
	assert_string_equal(strstr(peer_request(peer, 3), "\r\n\r\n") + 4, "data");
	world->request.method = "DELETE";
	assert_int_equal(call(world, peer_url(peer, "/a")), HTTP_ANSWERED);
	assert_memory_equal(peer_request(peer, 5), "GET /f HTTP/1.1\r\n", 17);
	peer_close(peer);
}

static void credentials_stay_with_their_host(void **state)
{
	static const struct peer_act there[] = {{.answer = OK_HI}};
	static const struct http_header headers[] = {
		{"Authorization", "Bearer t"}, {"Cookie", "a=b"}, {"X-Mine", "1"}};
	struct peer *other = peer_open(there, 1);
	struct peer_act act = {0};
	struct peer *peer;
	struct world *world = *state;
	struct buf answer;

	buf_init(&answer, 0);
	buf_printf(&answer, "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
		   peer_url(other, "/x"));
	act.answer = buf_text(&answer);
	peer = peer_open(&act, 1);
	world->request.headers = headers;
	world->request.header_count = 3;
	world->request.max_redirects = 1;
	assert_int_equal(call(world, peer_url(peer, "/")), HTTP_ANSWERED);
	assert_true(has_line(peer_request(peer, 0), "Authorization: Bearer t"));
	assert_null(strstr(peer_request(other, 0), "Authorization"));
	assert_null(strstr(peer_request(other, 0), "Cookie"));
	assert_true(has_line(peer_request(other, 0), "X-Mine: 1"));
	peer_close(peer);
	peer_close(other);
	buf_release(&answer);
}

static void redirects_end(void **state)
{
	static const struct peer_act acts[] = {{.answer = REDIRECT("301", "/again")}};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;

	world->request.max_redirects = 10;
	assert_int_equal(call(world, peer_url(peer, "/")), HTTP_TOO_MANY_REDIRECTS);
	assert_int_equal(peer_requests(peer), 11);
	world->request.max_redirects = 0;
	assert_int_equal(call(world, peer_url(peer, "/")), HTTP_ANSWERED);
	assert_int_equal(world->answer.status, 301);
	assert_string_equal(buf_text(&world->answer.body), "bye");
	peer_close(peer);
}

static void a_redirect_that_cannot_be_followed_is_the_answer(void **state)
{
	static const struct peer_act acts[] = {
		{.answer = "HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\nno"},
		{.answer = REDIRECT("302", "file:///etc/passwd")},
		{.answer = REDIRECT("304", "/elsewhere")},
	};
	struct peer *peer = peer_open(acts, 2);
	struct world *world = *state;

	world->request.max_redirects = 10;
	assert_int_equal(call(world, peer_url(peer, "/")), HTTP_ANSWERED);
	assert_int_equal(world->answer.status, 302);
	assert_int_equal(call(world, peer_url(peer, "/")), HTTP_ANSWERED);
	assert_int_equal(world->answer.status, 302);
	assert_int_equal(peer_requests(peer), 2);
	peer_close(peer);
}

/* ---- ends */

static void a_cancelled_call_is_never_answered(void **state)
{
	static const struct peer_act acts[] = {{.answer = OK_HI, .delay_ms = 30}};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;
	struct http_call *refused;

	world->request.url = peer_url(peer, "/");
	http_call_cancel(
		http_client_send(world->client, &world->request, keep, &world->answer)); /* before it left */
	for (int turns = 1; turns <= 3; turns++) { /* while it connects, after that */
		struct http_call *call =
			http_client_send(world->client, &world->request, keep, &world->answer);

		for (int i = 0; i < turns; i++)
			uv_run(&world->loop, UV_RUN_NOWAIT);
		http_call_cancel(call);
	}
	world->request.url = "nonsense";
	refused = http_client_send(world->client, &world->request, keep, &world->answer);
	http_call_cancel(refused);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(world->answer.calls, 0);
	assert_int_equal(call(world, peer_url(peer, "/")),
			 HTTP_ANSWERED); /* and the client is as good as new */
	peer_close(peer);
}

/* Failed and cancelled attempts give their socket numbers back; whoever gets them next must not be watched.
 */
static void sockets_of_failed_attempts_are_forgotten(void **state)
{
	static const struct peer_act acts[] = {{.answer = OK_HI}};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;
	int fd, port = peer_dead_port(&fd), fds[2];
	uv_pipe_t pipe;
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", port);
	world->request.url = url;
	for (int i = 0; i < 10; i++) {
		struct http_call *call =
			http_client_send(world->client, &world->request, keep, &world->answer);

		world->answer.calls = 0;
		uv_run(&world->loop, UV_RUN_NOWAIT);
		if (i % 2 && !world->answer.calls)
			http_call_cancel(call);
		uv_run(&world->loop, UV_RUN_DEFAULT);
	}
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(uv_pipe_init(&world->loop, &pipe, 0), 0);
	assert_int_equal(uv_pipe_open(&pipe, fds[0]), 0);
	uv_close((uv_handle_t *)&pipe, NULL);
	close(fds[1]);
	assert_int_equal(call(world, peer_url(peer, "/")), HTTP_ANSWERED);
	close(fd);
	peer_close(peer);
}

static void freeing_ends_calls_without_their_callback(void **state)
{
	static const struct peer_act acts[] = {{.then = PEER_HOLD}};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;
	struct http_client *client = http_client_new(&world->loop);

	world->request.url = peer_url(peer, "/");
	for (int i = 0; i < 3; i++)
		http_client_send(client, &world->request, keep, &world->answer);
	for (int i = 0; i < 5; i++)
		uv_run(&world->loop, UV_RUN_NOWAIT);
	http_client_free(client);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(world->answer.calls, 0);
	peer_close(peer);
}

static void wake(uv_timer_t *timer)
{
	(void)timer;
}

enum { BURST = 200, WINDOW = 64 }; /* client.c's first window */

static void send_burst(struct world *world, struct http_client *client, struct http_call **calls)
{
	for (int i = 0; i < BURST; i++) {
		struct http_call *call = http_client_send(client, &world->request, keep, &world->answer);

		if (calls)
			calls[i] = call;
	}
}

/* In the first turn of the loop no more than a window of them can leave. */
static void a_burst_of_calls_takes_turns(void **state)
{
	static const struct peer_act acts[] = {{.answer = OK_HI}};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;

	world->request.url = peer_url(peer, "/");
	send_burst(world, world->client, NULL);
	uv_run(&world->loop, UV_RUN_NOWAIT);
	for (int i = 0; i < 200 && peer_connections(peer) < WINDOW; i++)
		usleep(10000);
	assert_int_equal(peer_connections(peer), WINDOW);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(world->answer.calls, BURST);
	assert_int_equal(world->answer.outcome, HTTP_ANSWERED);
	peer_close(peer);
}

/* None is answered before all are there. */
static void calls_that_take_their_time_are_joined_by_the_rest(void **state)
{
	static const struct peer_act acts[] = {{.then = PEER_HOLD}};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;
	struct http_call *calls[BURST];
	uv_timer_t tick;

	world->request.url = peer_url(peer, "/");
	send_burst(world, world->client, calls);
	uv_timer_init(&world->loop, &tick);
	uv_timer_start(&tick, wake, 10, 10);
	for (int i = 0; i < 2000 && peer_requests(peer) < BURST; i++)
		uv_run(&world->loop, UV_RUN_ONCE);
	assert_int_equal(peer_requests(peer), BURST);
	assert_int_equal(world->answer.calls, 0);
	uv_close((uv_handle_t *)&tick, NULL);
	for (int i = 0; i < BURST; i++)
		http_call_cancel(calls[i]);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	peer_close(peer);
}

static void a_call_that_waits_its_turn_may_be_cancelled(void **state)
{
	static const struct peer_act acts[] = {{.answer = OK_HI}};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;
	struct http_client *client = http_client_new(&world->loop);
	struct http_call *calls[BURST];
	int cancelled = 0;

	world->request.url = peer_url(peer, "/");
	send_burst(world, client, calls);
	for (int i = WINDOW; i < BURST; i++) { /* the first in line, the last, and others */
		if (i != WINDOW && i != BURST - 1 && i % 7)
			continue;
		http_call_cancel(calls[i]);
		cancelled++;
	}
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(world->answer.calls, BURST - cancelled);
	send_burst(world, client, NULL);
	http_client_free(client); /* with some in line */
	uv_run(&world->loop, UV_RUN_DEFAULT);
	peer_close(peer);
}

struct chain {
	struct world *world;
	int left;
};

static void send_next(void *ctx, const struct http_response *response)
{
	struct chain *chain = ctx;

	keep(&chain->world->answer, response);
	if (chain->left-- > 0)
		http_client_send(chain->world->client, &chain->world->request, send_next, chain);
}

static void an_answer_may_start_the_next_call(void **state)
{
	static const struct peer_act acts[] = {{.answer = OK_HI}};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;
	struct chain chain = {world, 50};

	world->request.url = peer_url(peer, "/");
	http_client_send(world->client, &world->request, send_next, &chain);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(world->answer.calls, 51);
	assert_int_equal(peer_connections(peer), 1);
	peer_close(peer);
}

static void the_host_of_a_url_is_found(void **state)
{
	static const struct {
		const char *url, *host;
	} rows[] = {
		{"http://a/b", "a"},
		{"https://a:1?x", "a:1"},
		{"HTTP://u:p@h:2/@x", "h:2"},
		{"http://[::1]:3/", "[::1]:3"},
		{"http://h#f/@g", "h"},
		{"ftp://a/", ""},
		{"a/b", ""},
		{"http://", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_true(slice_is(http_url_host(rows[i].url), rows[i].host));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(status_headers_and_body_arrive),
		TEST(interim_answers_and_trailers_are_not_headers),
		TEST(a_body_without_length_ends_with_the_connection),
		TEST(gzip_is_decoded),
		TEST(connections_are_kept),
		TEST(many_calls_run_together),
		TEST(a_connection_closed_while_idle_is_no_error),
		TEST(a_request_lost_on_a_kept_connection_is_sent_again),
		TEST(an_idle_connection_that_ends_does_not_keep_the_loop_busy),
		TEST(nobody_there_is_a_failed_connection),
		TEST(a_peer_that_speaks_no_tls_is_a_failed_connection),
		TEST(trouble_after_connecting_is_a_broken_connection),
		TEST(a_slow_peer_times_out),
		TEST(a_peer_that_does_not_accept_times_out),
		TEST(a_large_answer_is_stopped_while_it_comes),
		TEST(endless_headers_are_stopped),
		TEST(what_is_no_http_url_is_refused),
		TEST(methods_and_bodies_are_sent_as_given),
		TEST(head_has_no_body),
		TEST(a_body_of_head_or_trace_is_not_sent),
		TEST(certificates_of_ones_own_are_read),
		TEST(a_large_body_is_sent_whole),
		TEST(headers_are_sent_as_given),
		TEST(a_header_cannot_hold_another),
		TEST(connect_to_changes_the_address_and_not_the_request),
		TEST(loopback_is_never_proxied),
		TEST(redirects_are_followed_as_browsers_do),
		TEST(credentials_stay_with_their_host),
		TEST(redirects_end),
		TEST(a_redirect_that_cannot_be_followed_is_the_answer),
		TEST(a_cancelled_call_is_never_answered),
		TEST(sockets_of_failed_attempts_are_forgotten),
		TEST(freeing_ends_calls_without_their_callback),
		TEST(a_burst_of_calls_takes_turns),
		TEST(calls_that_take_their_time_are_joined_by_the_rest),
		TEST(a_call_that_waits_its_turn_may_be_cancelled),
		TEST(an_answer_may_start_the_next_call),
		TEST(the_host_of_a_url_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
