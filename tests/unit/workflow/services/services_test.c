/* services_test.c - workflow/services, with this program itself as the service: see serve_as. */
#include "workflow/services/services.h"
#include "lib/http/client.h"
#include "lib/mem/mem.h"
#include "tests/harness/folder.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the service */

static volatile sig_atomic_t terminated;

static void on_term(int signum)
{
	(void)signum;
	terminated = 1;
}

static void note(const char *file, const char *line)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	ssize_t ignored = write(fd, line, strlen(line));

	(void)ignored;
	close(fd);
}

static int listen_on(const char *port, bool share)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	address.sin_port = htons((uint16_t)atoi(port));
	if (share)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 16) < 0) {
		fprintf(stderr, "cannot bind\n");
		exit(1);
	}
	return fd;
}

/* One request, one answer, connection closed: /healthz, /quit (dies after it), anything else the environment.
 */
static void answer_one(int fd, const char *status)
{
	extern char **environ;
	char request[2048] = {0};
	struct buf answer;
	ssize_t ignored = recv(fd, request, sizeof(request) - 1, 0);

	buf_init(&answer, 0);
	buf_printf(&answer, "HTTP/1.1 %s\r\nConnection: close\r\n\r\n",
		   strstr(request, "/healthz") ? status : "200 OK");
	for (char **item = environ; strstr(request, "/env") && *item; item++)
		buf_printf(&answer, "%s\n", *item);
	ignored = send(fd, answer.data, answer.len, MSG_NOSIGNAL);
	(void)ignored;
	buf_release(&answer);
	close(fd);
	if (strstr(request, "/quit"))
		_exit(7);
}

/* How the service behaves. `file` gets a line at its start and at its orderly end. */
static int serve_as(const char *behaviour, const char *file)
{
	struct sigaction action = {.sa_handler = on_term};
	bool stubborn = strcmp(behaviour, "stubborn") == 0;
	int listener;

	note(file, "started\n");
	if (strcmp(behaviour, "crash") == 0) {
		fprintf(stderr, "reading the model\n{\"severity\":\"ERROR\",\"message\":\"no "
				"model\",\"file\":\"m.bin\"}\n");
		return 3;
	}
	if (strcmp(behaviour, "chatty") == 0)
		fprintf(stderr,
			"{\"severity\":\"INFO\",\"message\":\"all is well\"}\n"
			"{\"severity\":\"WARNING\",\"message\":\"disk is slow\",\"ms\":7}\nnot JSON\n");
	sigaction(SIGTERM, &action, NULL); /* no SA_RESTART: accept returns */
	listener = listen_on(getenv("PORT"), strcmp(behaviour, "lonely") != 0);
	while (!terminated || stubborn) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0)
			answer_one(fd, strcmp(behaviour, "sick") == 0 ? "500 No" : "200 OK");
	}
	usleep(50000); /* finishing what was received */
	note(file, "drained\n");
	return 0;
}

/* ---- the test's side */

struct ready {
	int calls;
	char address[64], message[600];
};

struct world {
	struct folder folder;
	uv_loop_t loop;
	struct services *services;
	struct value env; /* NAME_URL */
	struct logger log;
	struct services_options options;
};

static int set_up(void **state)
{
	struct world *world = mem_new(sizeof(*world));

	folder_make(&world->folder);
	uv_loop_init(&world->loop);
	world->log = (struct logger){.format = LOG_JSON, .threshold = LOG_INFO, .component = "lexflow"};
	world->log.fd =
		open(folder_path(&world->folder, "log"), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	world->options = (struct services_options){.log = &world->log, .start_ms = 5000, .drain_ms = 5000};
	*state = world;
	return 0;
}

static void close_services(struct world *world)
{
	value_unref(world->env);
	world->env = value_null();
	services_close(world->services);
	world->services = NULL;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	close_services(world);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&world->loop), 0);
	close(world->log.fd);
	folder_remove(&world->folder);
	mem_free(world);
	return 0;
}

static char *read_file(struct world *world, const char *name)
{
	FILE *file = fopen(folder_path(&world->folder, name), "re");
	struct buf text;
	int c;

	buf_init(&text, 0);
	while (file && (c = getc(file)) != EOF)
		buf_add_char(&text, (char)c);
	if (file)
		fclose(file);
	buf_add_text(&text, "");
	return buf_take(&text);
}

static int count(const char *text, const char *what)
{
	int found = 0;

	for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
		found++;
	return found;
}

static int lines_of(struct world *world, const char *service, const char *line)
{
	char *text = read_file(world, service);
	int found = count(text, line);

	mem_free(text);
	return found;
}

/* Opens services that behave as named: {"good", "crash"} are services good and crash. */
static void open_services(struct world *world, const char *const *behaviours, const char *more)
{
	struct error err = {0};
	char program[300];
	ssize_t size = readlink("/proc/self/exe", program, sizeof(program) - 1);
	struct buf text;

	program[size] = '\0';
	buf_init(&text, 0);
	buf_add_text(&text, "services:\n");
	for (; *behaviours; behaviours++)
		buf_printf(&text, "- name: %s\n  command: [%s, %s, %s]\n%s", *behaviours, program,
			   *behaviours, folder_path(&world->folder, *behaviours), more);
	world->options.file = folder_write(&world->folder, "services.yaml", buf_text(&text));
	buf_release(&text);
	world->services = services_open(&world->loop, &world->options, &err);
	if (!world->services)
		fail_msg("%s", err.message);
	world->env = services_env(world->services);
}

#define OPEN(world, ...) open_services(world, (const char *const[]){__VA_ARGS__, NULL}, "")

static void on_ready(void *ctx, const char *connect_to, const char *message)
{
	struct ready *ready = ctx;

	ready->calls++;
	snprintf(ready->address, sizeof(ready->address), "%s", connect_to ? connect_to : "");
	snprintf(ready->message, sizeof(ready->message), "%s", message ? message : "");
	assert_true(!connect_to != !message);
}

/* A path at a service's address, owned by the caller. */
static char *url_of(struct world *world, const char *variable, const char *path)
{
	struct slice url = value_get_text(world->env, variable);
	struct buf text;

	assert_true(url.len > 0);
	buf_init(&text, 0);
	buf_add_slice(&text, url);
	buf_add_text(&text, path);
	return buf_take(&text);
}

static bool route(struct world *world, const char *variable, struct ready *ready)
{
	char *url = url_of(world, variable, "/x?y");
	bool ours = services_route(world->services, url, on_ready, ready);

	mem_free(url);
	return ours;
}

static struct ready wait_for(struct world *world, const char *variable)
{
	struct ready ready = {0};

	assert_true(route(world, variable, &ready));
	while (!ready.calls)
		uv_run(&world->loop, UV_RUN_ONCE);
	assert_int_equal(ready.calls, 1);
	return ready;
}

struct fetched {
	bool done;
	int status;
	struct buf body;
};

static void on_fetched(void *ctx, const struct http_response *response)
{
	struct fetched *fetched = ctx;

	fetched->done = true;
	fetched->status = response->status;
	buf_add_slice(&fetched->body, response->body);
}

/* GET the service's URL, by way of `connect_to`; the status. The body is appended to `body` unless NULL. */
static int fetch(struct world *world, const char *variable, const char *path, const char *connect_to,
		 struct buf *body)
{
	struct http_client *client = http_client_new(&world->loop);
	char *url = url_of(world, variable, path);
	struct http_request request = {.method = "GET",
				       .url = url,
				       .timeout_ms = 10000,
				       .response_limit = 1 << 20,
				       .connect_to = connect_to};
	struct fetched fetched = {0};

	buf_init(&fetched.body, 0);
	http_client_send(client, &request, on_fetched, &fetched);
	while (!fetched.done)
		uv_run(&world->loop, UV_RUN_ONCE);
	if (body)
		buf_add_slice(body, buf_slice(&fetched.body));
	buf_release(&fetched.body);
	mem_free(url);
	http_client_free(client);
	return fetched.status;
}

/* ---- tests */

static void a_service_starts_with_the_first_call(void **state)
{
	struct world *world = *state;
	struct ready ready, again = {0};

	OPEN(world, "good", "other");
	uv_run(&world->loop, UV_RUN_NOWAIT);
	assert_int_equal(lines_of(world, "good", "started"), 0);
	ready = wait_for(world, "GOOD_URL");
	assert_string_equal(ready.message, "");
	assert_int_equal(fetch(world, "GOOD_URL", "/", ready.address, NULL), 200);
	assert_true(route(world, "GOOD_URL", &again)); /* it runs: answered at once */
	assert_int_equal(again.calls, 1);
	assert_int_equal(lines_of(world, "good", "started"), 1);
	assert_int_equal(lines_of(world, "other", "started"), 0);
}

static void all_who_wait_share_one_start(void **state)
{
	struct world *world = *state;
	struct ready ready[20] = {0};

	OPEN(world, "good");
	for (size_t i = 0; i < 20; i++)
		assert_true(route(world, "GOOD_URL", &ready[i]));
	assert_int_equal(ready[0].calls, 0); /* never from inside the call */
	services_cancel(world->services, &ready[7]);
	wait_for(world, "GOOD_URL");
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(ready[i].calls, i == 7 ? 0 : 1);
	assert_int_equal(lines_of(world, "good", "started"), 1);
}

static void other_addresses_are_not_ours(void **state)
{
	struct world *world = *state;
	struct ready ready = {0};

	OPEN(world, "good");
	assert_false(services_route(world->services, "http://127.0.0.1:1/", on_ready, &ready));
	assert_false(services_route(world->services, "https://example.com/", on_ready, &ready));
	assert_false(services_route(world->services, "nonsense", on_ready, &ready));
	assert_int_equal(ready.calls, 0);
}

static void warming_starts_all_and_waits_for_none(void **state)
{
	struct world *world = *state;

	OPEN(world, "good", "other");
	services_warm(world->services);
	assert_int_equal(lines_of(world, "good", "started"), 0);
	while (!lines_of(world, "good", "started") || !lines_of(world, "other", "started"))
		uv_run(&world->loop, UV_RUN_ONCE);
	wait_for(world, "GOOD_URL");
	wait_for(world, "OTHER_URL");
	assert_int_equal(lines_of(world, "good", "started"), 1);
}

static void a_service_that_cannot_live_is_reported_with_its_last_words(void **state)
{
	struct world *world = *state;
	struct ready ready, again = {0};

	OPEN(world, "crash");
	ready = wait_for(world, "CRASH_URL");
	assert_string_equal(ready.address, "");
	assert_string_equal(ready.message, "service crash exited 3 times within a second of its start "
					   "(status 3: no model)");
	assert_int_equal(lines_of(world, "crash", "started"), 3);
	assert_true(route(world, "CRASH_URL", &again)); /* and is not tried again at once */
	assert_int_equal(again.calls, 0);
	while (!again.calls)
		uv_run(&world->loop, UV_RUN_ONCE);
	assert_string_equal(again.message, ready.message);
	assert_int_equal(lines_of(world, "crash", "started"), 3);
}

static void a_missing_program_is_reported(void **state)
{
	struct world *world = *state;
	struct error err = {0};
	struct ready ready;

	world->options.file =
		folder_write(&world->folder, "services.yaml",
			     "services:\n- {name: gone, command: [no-such-program, --serve]}\n");
	world->services = services_open(&world->loop, &world->options, &err);
	assert_non_null(world->services);
	world->env = services_env(world->services);
	ready = wait_for(world, "GONE_URL");
	assert_memory_equal(ready.message, "cannot start service gone: ", 27);
	assert_non_null(strstr(ready.message, "no-such-program"));
}

static void a_service_that_died_is_started_again(void **state)
{
	struct world *world = *state;
	struct ready ready;

	OPEN(world, "good");
	ready = wait_for(world, "GOOD_URL");
	fetch(world, "GOOD_URL", "/quit", ready.address, NULL);
	while (!lines_of(world, "log", "ended by itself"))
		uv_run(&world->loop, UV_RUN_ONCE);
	ready = wait_for(world, "GOOD_URL");
	assert_int_equal(fetch(world, "GOOD_URL", "/", ready.address, NULL), 200);
	assert_int_equal(lines_of(world, "good", "started"), 2);
}

/* One without SO_REUSEADDR cannot have the reserved port. Its URL stays, its address is another. */
static void a_port_that_cannot_be_had_is_replaced(void **state)
{
	struct world *world = *state;
	struct ready ready;
	char *url;

	OPEN(world, "lonely");
	ready = wait_for(world, "LONELY_URL");
	assert_string_equal(ready.message, "");
	url = url_of(world, "LONELY_URL", "");
	assert_string_not_equal(url + strlen("http://"), ready.address);
	mem_free(url);
	assert_int_equal(fetch(world, "LONELY_URL", "/", ready.address, NULL), 200);
}

static void a_service_that_is_not_healthy_in_time_is_given_up(void **state)
{
	struct world *world = *state;
	struct ready ready;

	world->options.start_ms = 200;
	OPEN(world, "sick");
	ready = wait_for(world, "SICK_URL");
	assert_memory_equal(ready.message, "service sick did not answer GET /healthz on 127.0.0.1:", 53);
	assert_int_equal(lines_of(world, "sick", "drained"), 0);
}

static void closing_lets_services_finish(void **state)
{
	struct world *world = *state;

	OPEN(world, "good", "other");
	wait_for(world, "GOOD_URL");
	wait_for(world, "OTHER_URL");
	close_services(world);
	assert_int_equal(lines_of(world, "good", "drained"), 1);
	assert_int_equal(lines_of(world, "other", "drained"), 1);
	assert_int_equal(lines_of(world, "log", "ended by itself"), 0);
}

static void a_service_that_does_not_end_is_killed(void **state)
{
	struct world *world = *state;

	world->options.drain_ms = 100;
	OPEN(world, "stubborn");
	wait_for(world, "STUBBORN_URL");
	close_services(world);
	assert_int_equal(lines_of(world, "log", "service stubborn has not ended within 100 ms of SIGTERM"),
			 1);
}

static void closing_ends_a_start_under_way(void **state)
{
	struct world *world = *state;
	struct ready ready = {0};

	/* one that never becomes ready, however long the loop takes; one whose next start waits for its backoff */
	OPEN(world, "sick", "crash");
	route(world, "SICK_URL", &ready);
	route(world, "CRASH_URL", &ready);
	for (int i = 0; i < 3; i++)
		uv_run(&world->loop, UV_RUN_ONCE);
	close_services(world);
	assert_int_equal(ready.calls, 0);
}

static bool has_entry(const struct buf *environment, const char *entry)
{
	struct buf line;
	bool found;

	buf_init(&line, 0);
	buf_printf(&line, "\n%s\n", entry);
	found = slice_find(buf_slice(environment), buf_slice(&line), 0) != SIZE_MAX;
	buf_release(&line);
	return found;
}

static void a_service_sees_its_environment_and_not_ours(void **state)
{
	struct world *world = *state;
	struct ready ready;
	struct buf body;
	char port[40];

	setenv("H7_SECRET", "x", 1);
	setenv("H7_WANTED", "from host", 1);
	setenv("PORT", "1", 1);
	world->options.env = value_map_new();
	value_put(&world->options.env, "H7_THIRD", value_string_z("from caller"));
	value_put(&world->options.env, "H7_FOURTH", value_string_z("from caller"));
	open_services(world, (const char *const[]){"good", NULL},
		      "  environment:\n    H7_WANTED:\n    H7_ABSENT:\n    H7_EMPTY: \"\"\n"
		      "    H7_THIRD: from file\n    H7_FIFTH: from file\n");
	value_unref(world->options.env);
	ready = wait_for(world, "GOOD_URL");
	buf_init(&body, 0);
	buf_add_char(&body, '\n');
	fetch(world, "GOOD_URL", "/env", ready.address, &body);
	assert_true(has_entry(&body, "H7_WANTED=from host"));
	assert_true(has_entry(&body, "H7_EMPTY="));
	assert_true(has_entry(&body, "H7_THIRD=from caller"));
	assert_true(has_entry(&body, "H7_FOURTH=from caller"));
	assert_true(has_entry(&body, "H7_FIFTH=from file"));
	assert_null(strstr(buf_text(&body), "H7_SECRET"));
	assert_null(strstr(buf_text(&body), "H7_ABSENT"));
	snprintf(port, sizeof(port), "PORT=%s", strchr(ready.address, ':') + 1);
	assert_true(has_entry(&body, port));
	assert_non_null(strstr(buf_text(&body), "\nPATH="));
	buf_release(&body);
	unsetenv("H7_SECRET");
	unsetenv("H7_WANTED");
	unsetenv("PORT");
}

static void warnings_of_a_service_reach_the_log(void **state)
{
	struct world *world = *state;
	char *log;

	OPEN(world, "chatty");
	wait_for(world, "CHATTY_URL");
	close_services(world);
	log = read_file(world, "log");
	assert_int_equal(count(log, "\"message\":\"disk is slow\""), 1);
	assert_int_equal(count(log, "\"ms\":7"), 1);
	assert_int_equal(count(log, "\"severity\":\"WARNING\""), 1);
	assert_int_equal(count(log, "\"service\":\"chatty\""), 1);
	assert_int_equal(count(log, "all is well"), 0);
	assert_int_equal(count(log, "not JSON"), 0);
	mem_free(log);
}

static void everything_a_service_writes_is_in_the_debug_log(void **state)
{
	struct world *world = *state;
	char *log;

	world->log.threshold = LOG_DEBUG;
	OPEN(world, "chatty");
	wait_for(world, "CHATTY_URL");
	close_services(world);
	log = read_file(world, "log");
	assert_int_equal(count(log, "all is well"), 1);
	assert_int_equal(count(log, "not JSON"), 1);
	mem_free(log);
}

static void addresses_of_earlier_runs_are_adopted(void **state)
{
	struct world *world = *state;
	struct value old = value_map_new();
	struct ready ready = {0};

	OPEN(world, "good", "other");
	value_put(&old, "GOOD_URL", value_string_z("http://127.0.0.1:9"));
	value_put(&old, "UNKNOWN_URL", value_string_z("http://127.0.0.1:10"));
	services_adopt(world->services, old);
	services_adopt(world->services, old); /* again is the same */
	assert_false(services_route(world->services, "http://127.0.0.1:10/", on_ready, &ready));
	assert_true(services_route(world->services, "http://127.0.0.1:9/x", on_ready, &ready));
	while (!ready.calls)
		uv_run(&world->loop, UV_RUN_ONCE);
	assert_int_equal(fetch(world, "GOOD_URL", "/", ready.address, NULL), 200);
	assert_int_equal(lines_of(world, "good", "started"), 1);
	value_unref(old);
}

/* Yesterday's port of one service may be today's reserve of another: a run of yesterday means the first. */
static void an_adopted_address_goes_before_a_reserved_one(void **state)
{
	struct world *world = *state;
	struct value old = value_map_new(), env;
	struct ready ready = {0};

	OPEN(world, "good", "other");
	value_put(&old, "GOOD_URL", value_ref(*value_get(world->env, "OTHER_URL")));
	services_adopt(world->services, old);
	assert_true(route(world, "OTHER_URL", &ready)); /* the old run's URL for good */
	while (!ready.calls)
		uv_run(&world->loop, UV_RUN_ONCE);
	assert_int_equal(lines_of(world, "good", "started"), 1);
	assert_int_equal(lines_of(world, "other", "started"), 0);
	env = services_env(world->services); /* and a new run gets an address for other that leads there */
	value_set(&world->env, env);
	wait_for(world, "OTHER_URL");
	assert_int_equal(lines_of(world, "other", "started"), 1);
	value_unref(old);
}

static void mistakes_in_the_file_have_a_place(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{"services: 1\n", ":1:1: the file does not hold one list named services"},
		{"services:\n- {name: A, command: [a]}\n", ":2:10: name is not a service name"},
		{"services:\n- {name: a, command: ls}\n",
		 ":2:22: command is not a list of a program and its arguments"},
		{"services:\n- {name: a}\n", ":2:3: the service has no command"},
		{"services:\n- {name: a, command: [a], port: 1}\n", ":2:27: a service has no such setting"},
		{"services:\n- {name: a, command: [a]}\n- {name: a, command: [b]}\n",
		 ":3:3: there is another service"},
		{"services:\n- {name: a, command: [a], memory: 5}\n",
		 ":2:35: memory is not a number of Mi or Gi"},
		{"services:\n- {name: a, command: [a], concurrency: 0}\n",
		 ":2:40: concurrency is not a whole number"},
		{"services:\n- {name: a, command: [a], environment: {\"A=B\": c}}\n",
		 ":2:41: not the name of an env"},
		{"services: [\n", ":"},
	};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = {0};

		world->options.file = folder_write(&world->folder, "bad.yaml", rows[i].text);
		assert_null(services_open(&world->loop, &world->options, &err));
		assert_int_equal(err.kind, ERROR_INPUT);
		if (!strstr(err.message, "/bad.yaml:") || !strstr(err.message, rows[i].message))
			fail_msg("row %zu: %s", i, err.message);
	}
	world->options.file = folder_path(&world->folder, "none.yaml");
	{
		struct error err = {0};

		assert_null(services_open(&world->loop, &world->options, &err));
		assert_int_equal(err.kind, ERROR_NOT_FOUND);
	}
}

static void without_a_file_there_are_no_services(void **state)
{
	struct world *world = *state;

	world->services = services_open(&world->loop, &world->options, NULL);
	assert_non_null(world->services);
	world->env = services_env(world->services);
	assert_int_equal(value_len(world->env), 0);
	assert_false(services_route(world->services, "http://127.0.0.1:9/", on_ready, NULL));
}

static void the_list_of_the_project_is_valid(void **state)
{
	static const char *const variables[] = {"INGEST_URL", "CLASSIFY_URL", "EXTRACT_URL", "STORE_URL"};
	struct world *world = *state;
	struct error err = {0};

	world->options.file = "infra/services.yaml";
	world->services = services_open(&world->loop, &world->options, &err);
	if (!world->services)
		fail_msg("%s", err.message);
	world->env = services_env(world->services);
	assert_int_equal(value_len(world->env), 4);
	for (size_t i = 0; i < 4; i++)
		assert_true(
			slice_starts(value_get_text(world->env, variables[i]), SLICE("http://127.0.0.1:")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_service_starts_with_the_first_call),
		TEST(all_who_wait_share_one_start),
		TEST(other_addresses_are_not_ours),
		TEST(warming_starts_all_and_waits_for_none),
		TEST(a_service_that_cannot_live_is_reported_with_its_last_words),
		TEST(a_missing_program_is_reported),
		TEST(a_service_that_died_is_started_again),
		TEST(a_port_that_cannot_be_had_is_replaced),
		TEST(a_service_that_is_not_healthy_in_time_is_given_up),
		TEST(closing_lets_services_finish),
		TEST(a_service_that_does_not_end_is_killed),
		TEST(closing_ends_a_start_under_way),
		TEST(a_service_sees_its_environment_and_not_ours),
		TEST(warnings_of_a_service_reach_the_log),
		TEST(everything_a_service_writes_is_in_the_debug_log),
		TEST(addresses_of_earlier_runs_are_adopted),
		TEST(an_adopted_address_goes_before_a_reserved_one),
		TEST(mistakes_in_the_file_have_a_place),
		TEST(without_a_file_there_are_no_services),
		TEST(the_list_of_the_project_is_valid),
	};

	if (argc == 3)
		return serve_as(argv[1], argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
