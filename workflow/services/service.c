/*
 * service.c - the life of one service.
 *
 *	STOPPED --wanted--> WAITING --timer--> STARTING --GET /healthz is 200--> RUNNING
 *	   ^                   ^                  | exits                           | exits
 *	   |                   +--somebody waits--+---------------------------------+
 *	   +--nobody waits, or it does not answer in time-----+
 *	UNUSABLE <--three exits within their first second; or the program is missing
 *
 * The port is kept by a socket that is bound and does not listen: nobody gets it by chance, connections to it
 * are refused, and a program that sets SO_REUSEADDR (as servers do) can listen on it beside us. One that does
 * not gets the next port with nothing bound to it.
 */
#include "workflow/services/services_private.h"
#include "lib/clock/clock.h"
#include "lib/json/json.h"
#include "lib/kill/kill.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	PROBE_TIMEOUT_MS = 2000,
	EAGER_MS = 300, /* so long after the start it is asked every EAGER_PROBE_MS */
	EAGER_PROBE_MS = 2,
	PATIENT_PROBE_MS = 20,
	EARLY_MS = 1000, /* an exit before is an early one */
	MAX_EARLY_EXITS = 3,
	CRASH_MS = 10000, /* one that lives longer starts again without delay */
	FIRST_BACKOFF_MS = 100,
	MAX_BACKOFF_MS = 10000,
	UNUSABLE_MS = 30000, /* then a call may try again */
	TAIL_BYTES = 2000,
};

/* ---- ports */

static int reserve_port(int *fd, int *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int on = 1, reason;

	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd >= 0 && setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(*fd, (struct sockaddr *)&address, size) == 0 &&
	    getsockname(*fd, (struct sockaddr *)&address, &size) == 0) {
		*port = ntohs(address.sin_port);
		return 0;
	}
	reason = errno;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = reason;
	return -1;
}

static void let_go_of_port(struct service *service)
{
	if (service->reserved_fd >= 0)
		close(service->reserved_fd);
	service->reserved_fd = -1;
}

int service_move(struct service *service, struct error *err)
{
	int fd, port;

	if (reserve_port(&fd, &port) < 0)
		return error_set(err, ERROR_IO, "cannot get a loopback port for service %s: %s",
				 service->config->name, strerror(errno));
	let_go_of_port(service);
	service->reserved_fd = fd;
	service->port = port;
	snprintf(service->address, sizeof(service->address), "127.0.0.1:%d", port);
	return 0;
}

void service_publish(struct service *service)
{
	snprintf(service->url, sizeof(service->url), "http://%s", service->address);
}

/* ---- who waits */

static struct waiter *take_waiter(struct waiter **list)
{
	struct waiter *waiter = *list;

	if (waiter)
		*list = waiter->next;
	return waiter;
}

/* Those who wait now; who comes while we tell them waits for the next time. */
static void tell(struct service *service, const char *connect_to, const char *message)
{
	struct waiter *waiter;

	service->firing = service->waiters;
	service->waiters = NULL;
	while ((waiter = take_waiter(&service->firing))) {
		struct waiter copy = *waiter;

		mem_free(waiter);
		copy.ready(copy.ctx, connect_to, message);
	}
}

static void forget_in(struct waiter **list, const void *ctx)
{
	while (*list) {
		struct waiter *waiter = *list;

		if (waiter->ctx == ctx) {
			*list = waiter->next;
			mem_free(waiter);
		} else {
			list = &waiter->next;
		}
	}
}

void service_forget(struct service *service, const void *ctx)
{
	forget_in(&service->waiters, ctx);
	forget_in(&service->firing, ctx);
}

/* ---- what it writes */

static void keep_tail(struct buf *tail, struct slice line)
{
	size_t excess;

	if (line.len > TAIL_BYTES / 2)
		line.len = TAIL_BYTES / 2;
	if (tail->len + line.len + 1 > TAIL_BYTES) {
		excess = tail->len + line.len + 1 - TAIL_BYTES;
		memmove(tail->data, tail->data + excess, tail->len - excess);
		tail->len -= excess;
	}
	buf_add_slice(tail, line);
	buf_add_char(tail, '\n');
}

/* Its last line, without what a log line has around the message. */
static void last_words(const struct service *service, char *text, size_t size)
{
	struct slice tail = slice_trim(buf_slice(&service->tail));
	const char *end = tail.len ? memrchr(tail.ptr, '\n', tail.len) : NULL;
	struct value line = value_null();
	struct slice words = tail;

	if (end)
		words = slice_sub(tail, (size_t)(end + 1 - tail.ptr), tail.len);
	if (json_read(words, &line, NULL) == 0 && value_get_text(line, "message").len)
		words = value_get_text(line, "message");
	snprintf(text, size, "%.*s", SLICE_ARG(words));
	value_unref(line);
}

static enum log_severity severity_of(struct slice name)
{
	for (int s = LOG_DEBUG; s <= LOG_CRITICAL; s++) {
		if (slice_is(name, log_severity_name((enum log_severity)s)))
			return (enum log_severity)s;
	}
	return LOG_WARNING; /* a name of Cloud Logging that we do not write (ALERT, EMERGENCY) */
}

/* Its own fields stay; time and severity are written anew. */
static void relay(struct service *service, struct value *line, enum log_severity severity)
{
	struct value message = value_ref(*value_get(*line, "message"));

	value_map_delete(line, SLICE("message"));
	value_map_delete(line, SLICE("severity"));
	value_map_delete(line, SLICE("time"));
	value_map_delete(line, SLICE("component"));
	value_put(line, "service", value_string_z(service->config->name));
	log_write(service->owner->log, severity, *line, "%.*s", SLICE_ARG(value_text(message)));
	value_unref(message);
}

/* A log line of WARNING or worse is for the user, everything else for who looks closely. Most lines are
 * neither, so they are told apart before they are parsed: lib/log writes the severity first. */
static void on_line(void *ctx, struct slice text)
{
	struct service *service = ctx;
	const struct logger *log = service->owner->log;
	struct value line = value_null(), fields;
	enum log_severity severity = LOG_DEBUG;

	keep_tail(&service->tail, text);
	if (!log || (log->threshold > LOG_DEBUG && (slice_starts(text, SLICE("{\"severity\":\"INFO\"")) ||
						    slice_starts(text, SLICE("{\"severity\":\"DEBUG\"")))))
		return;
	if (text.len && text.ptr[0] == '{' && json_read(text, &line, NULL) == 0 &&
	    value_get_text(line, "message").len && value_get_text(line, "severity").len)
		severity = severity_of(value_get_text(line, "severity"));
	if (severity >= LOG_WARNING) {
		relay(service, &line, severity);
	} else {
		fields = value_map_new();
		value_put(&fields, "service", value_string_z(service->config->name));
		log_write(log, LOG_DEBUG, fields, "%.*s", SLICE_ARG(text));
		value_unref(fields);
	}
	value_unref(line);
}

/* ---- states */

static void on_timer(uv_timer_t *timer);

static void schedule(struct service *service, int64_t delay_ms)
{
	uv_timer_start(&service->timer, on_timer, delay_ms > 0 ? (uint64_t)delay_ms : 0, 0);
}

/* Nobody is called from here: who waits hears it from the timer. */
static void give_up(struct service *service)
{
	service->state = SERVICE_UNUSABLE;
	service->usable_ms = clock_monotonic_ms() + UNUSABLE_MS;
	service->early_exits = 0;
	schedule(service, 0);
}

static void end_process(struct service *service)
{
	if (service->probe)
		http_call_cancel(service->probe);
	service->probe = NULL;
	proc_close(service->proc);
	service->proc = NULL;
}

/* Ended by a signal or by itself, and its last words. */
static void describe_exit(struct service *service, int64_t status, int term_signal, char *text, size_t size)
{
	char words[600];

	last_words(service, words, sizeof(words));
	snprintf(text, size, "%s %lld%s%s", term_signal ? "signal" : "status",
		 (long long)(term_signal ? term_signal : status), *words ? ": " : "", words);
}

static int64_t backoff_ms(int crashes)
{
	int64_t delay = FIRST_BACKOFF_MS;

	for (int i = 1; i < crashes && delay < MAX_BACKOFF_MS; i++)
		delay *= 2;
	return crashes == 0 ? 0 : delay < MAX_BACKOFF_MS ? delay : MAX_BACKOFF_MS;
}

static void on_exit_(void *ctx, int64_t status, int term_signal)
{
	struct service *service = ctx;
	int64_t now_ms = clock_monotonic_ms(), lived_ms = now_ms - service->started_ms;
	char how[700];

	end_process(service);
	uv_timer_stop(&service->timer);
	service->state = SERVICE_STOPPED;
	if (service->owner->closing)
		return;
	describe_exit(service, status, term_signal, how, sizeof(how));
	service->early_exits = lived_ms < EARLY_MS ? service->early_exits + 1 : 0;
	service->crashes = lived_ms < CRASH_MS ? service->crashes + 1 : 0;
	service->usable_ms = now_ms + backoff_ms(service->crashes);
	if (service->owner->log)
		log_write(service->owner->log, LOG_WARNING, value_null(), "service %s ended by itself (%s)",
			  service->config->name, how);
	if (service->early_exits >= MAX_EARLY_EXITS) {
		snprintf(service->trouble, sizeof(service->trouble),
			 "service %s exited %d times within a second of its start (%s)",
			 service->config->name, MAX_EARLY_EXITS, how);
		give_up(service);
		return;
	}
	/* Perhaps it was the port: the next one is nobody's, not even ours. */
	if (service->early_exits && service_move(service, NULL) == 0)
		let_go_of_port(service);
	if (service->waiters)
		service_want(service);
}

static void on_probe(void *ctx, const struct http_response *response)
{
	struct service *service = ctx;
	int64_t age_ms = clock_monotonic_ms() - service->started_ms;

	service->probe = NULL;
	if (response->outcome == HTTP_ANSWERED && response->status == 200) {
		service->state = SERVICE_RUNNING;
		tell(service, service->address, NULL);
	} else if (age_ms < service->owner->start_ms) {
		schedule(service, age_ms < EAGER_MS ? EAGER_PROBE_MS : PATIENT_PROBE_MS);
	} else {
		snprintf(service->trouble, sizeof(service->trouble),
			 "service %s did not answer GET /healthz on %s within %lld ms of its start",
			 service->config->name, service->address, (long long)service->owner->start_ms);
		proc_kill(service->proc, SIGKILL);
		end_process(service);
		give_up(service);
	}
}

static void probe(struct service *service)
{
	char url[64];
	struct http_request request = {
		.method = "GET",
		.url = url,
		.timeout_ms = PROBE_TIMEOUT_MS,
		.response_limit = 1 << 16,
	};

	snprintf(url, sizeof(url), "http://%s/healthz", service->address);
	service->probe = http_client_send(service->owner->client, &request, on_probe, service);
}

/* A command without a slash: ours first, PATH after. The caller frees. */
static char *find_program(const struct service *service)
{
	const char *name = service->config->command[0];
	struct buf path;

	if (!strchr(name, '/') && service->owner->program_dir) {
		buf_init(&path, 0);
		buf_printf(&path, "%s/%s", service->owner->program_dir, name);
		if (access(buf_text(&path), X_OK) == 0)
			return buf_take(&path);
		buf_release(&path);
	}
	return mem_strdup(name);
}

static struct proc *spawn(struct service *service, const char **argv, struct error *err)
{
	char **environment = environment_new(service);
	struct proc_options options = {
		.argv = argv,
		.env = (const char *const *)environment,
		.limits = {.file_bytes = -1},
		.on_line = on_line,
		.on_exit = on_exit_,
		.ctx = service,
	};
	struct proc *proc = proc_spawn(service->owner->loop, &options, err);

	environment_free(environment);
	return proc;
}

static void start(struct service *service)
{
	const char *const *command = service->config->command;
	struct error err = {0};
	char *program = find_program(service);
	const char **argv;
	size_t count = 0;

	while (command[count])
		count++;
	argv = mem_new((count + 1) * sizeof(*argv));
	memcpy(argv, command, count * sizeof(*argv));
	argv[0] = program;
	buf_clear(&service->tail);
	service->started_ms = clock_monotonic_ms();
	service->state = SERVICE_STARTING;
	service->proc = spawn(service, argv, &err);
	mem_free(argv);
	mem_free(program);
	if (service->proc) {
		kill_point("service.after-start");
		schedule(service, EAGER_PROBE_MS);
		return;
	}
	snprintf(service->trouble, sizeof(service->trouble), "cannot start service %s: %s",
		 service->config->name, err.message);
	give_up(service);
}

static void on_timer(uv_timer_t *timer)
{
	struct service *service = timer->data;

	switch (service->state) {
	case SERVICE_WAITING:
		start(service);
		break;
	case SERVICE_STARTING:
		probe(service);
		break;
	case SERVICE_UNUSABLE:
		tell(service, NULL, service->trouble);
		break;
	case SERVICE_STOPPED:
	case SERVICE_RUNNING:
		break;
	}
}

void service_want(struct service *service)
{
	int64_t now_ms = clock_monotonic_ms();

	if (service->state == SERVICE_UNUSABLE && now_ms < service->usable_ms) {
		schedule(service, 0);
		return;
	}
	if (service->state != SERVICE_STOPPED && service->state != SERVICE_UNUSABLE)
		return;
	service->state = SERVICE_WAITING;
	schedule(service, service->usable_ms - now_ms);
}

void service_wait(struct service *service, services_ready *ready, void *ctx)
{
	struct waiter *waiter = mem_new(sizeof(*waiter)), **last = &service->waiters;

	*waiter = (struct waiter){.ready = ready, .ctx = ctx};
	while (*last)
		last = &(*last)->next;
	*last = waiter;
	service_want(service);
}

void service_signal(struct service *service, int signum)
{
	if (service->proc)
		proc_kill(service->proc, signum);
}

int service_init(struct service *service, struct services *owner, const struct service_config *config,
		 struct error *err)
{
	*service = (struct service){.owner = owner, .config = config, .reserved_fd = -1};
	buf_init(&service->tail, 0);
	uv_timer_init(owner->loop, &service->timer);
	service->timer.data = service;
	owner->handles++;
	if (service_move(service, err) < 0)
		return -1;
	service_publish(service);
	return 0;
}

void service_release(struct service *service)
{
	struct waiter *waiter;

	end_process(service);
	let_go_of_port(service);
	while ((waiter = take_waiter(&service->waiters)))
		mem_free(waiter);
	buf_release(&service->tail);
}
