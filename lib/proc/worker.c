/* worker.c - questions and answers over a socket; see worker.h. */
#include "lib/proc/worker.h"

#include "lib/clock/clock.h"
#include "lib/mem/mem.h"
#include "lib/proc/proc_private.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct worker {
	struct child child;
	int socket; /* -1: closed */
	size_t answer_limit;
	size_t answered;
	struct proc_limits limits;
	char *program;
};

struct worker *worker_open(const struct worker_options *options, struct error *err)
{
	struct worker *worker = mem_new(sizeof(*worker));
	int pair[2] = {-1, -1};
	struct child_plan plan = {.argv = options->argv, .limits = options->limits};
	int status;

	worker->child.pid_fd = -1;
	worker->answer_limit = options->answer_limit;
	worker->limits = options->limits;
	worker->program = mem_strdup(options->argv[0]);
	status = child_socket(pair, err);
	worker->socket = pair[0];
	if (status == 0) {
		plan.fds[0] = plan.fds[1] = pair[1];
		plan.fds[2] = -1; /* parsers talk; their logs are not ours */
		status = child_start(&worker->child, &plan, err);
		close(pair[1]);
	}
	if (status == 0)
		return worker;
	worker_close(worker);
	return NULL;
}

void worker_close(struct worker *worker)
{
	if (!worker)
		return;
	if (worker->socket >= 0)
		close(worker->socket);
	child_end(&worker->child);
	mem_free(worker->program);
	mem_free(worker);
}

size_t worker_answered(const struct worker *worker)
{
	return worker->answered;
}

/* Why did the other end close? */
static int died(struct worker *worker, struct error *err)
{
	int status = 0;

	child_signal(&worker->child, SIGKILL);
	if (child_reap(&worker->child, true, &status) && WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		return child_verdict(status, worker->program, &worker->limits, err);
	return error_set(err, ERROR_INPUT, "%s ended without an answer", worker->program);
}

/* 1: ready, -1: not in time. */
static int await(struct worker *worker, short events, int64_t deadline_ms, struct error *err)
{
	for (;;) {
		struct pollfd watched = {worker->socket, events, 0};
		int64_t left = deadline_ms - clock_monotonic_ms();
		int ready = left > 0 ? poll(&watched, 1, left > 60000 ? 60000 : (int)left) : 0;

		if (ready > 0)
			return 1;
		if (left <= 0)
			return error_set(err, ERROR_LIMIT, "%s gave no answer in time", worker->program);
		if (ready < 0 && errno != EINTR)
			return error_set(err, ERROR_IO, "cannot wait for %s: %s", worker->program,
					 strerror(errno));
	}
}

static int send_all(struct worker *worker, const void *bytes, size_t size, int64_t deadline_ms,
		    struct error *err)
{
	for (size_t done = 0; done < size;) {
		ssize_t sent = send(worker->socket, (const char *)bytes + done, size - done,
				    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent > 0)
			done += (size_t)sent;
		else if (errno != EAGAIN && errno != EINTR)
			return died(worker, err);
		else if (await(worker, POLLOUT, deadline_ms, err) < 0)
			return -1;
	}
	return 0;
}

static int receive_all(struct worker *worker, void *bytes, size_t size, int64_t deadline_ms,
		       struct error *err)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = recv(worker->socket, (char *)bytes + done, size - done, MSG_DONTWAIT);

		if (got > 0)
			done += (size_t)got;
		else if (got == 0 || (errno != EAGAIN && errno != EINTR))
			return died(worker, err);
		else if (await(worker, POLLIN, deadline_ms, err) < 0)
			return -1;
	}
	return 0;
}

/* The length comes from a process that may have been taken over: the memory is claimed as it fills. */
static int receive_answer(struct worker *worker, uint64_t size, int64_t deadline_ms, struct buf *answer,
			  struct error *err)
{
	char piece[64 << 10];

	if (size > worker->answer_limit)
		return error_set(err, ERROR_LIMIT, "the answer of %s is longer than %zu bytes",
				 worker->program, worker->answer_limit);
	while (size > 0) {
		size_t now = size < sizeof(piece) ? (size_t)size : sizeof(piece);

		if (receive_all(worker, piece, now, deadline_ms, err) < 0)
			return -1;
		if (buf_add(answer, piece, now) < 0)
			return error_set(err, ERROR_LIMIT, "the answer of %s is longer than %zu bytes",
					 worker->program, answer->limit);
		size -= now;
	}
	return 0;
}

int worker_ask(struct worker *worker, struct slice question, int64_t timeout_ms, struct buf *answer,
	       struct error *err)
{
	int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
	uint64_t size = question.len;

	if (send_all(worker, &size, sizeof(size), deadline_ms, err) < 0 ||
	    send_all(worker, question.ptr, question.len, deadline_ms, err) < 0 ||
	    receive_all(worker, &size, sizeof(size), deadline_ms, err) < 0 ||
	    receive_answer(worker, size, deadline_ms, answer, err) < 0)
		return -1;
	worker->answered++;
	return 0;
}

/* ---- the child's side */

/* 1: all of it, 0: the end before the first byte, -1: torn. */
static int read_all(void *bytes, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = read(STDIN_FILENO, (char *)bytes + done, size - done);

		if (got == 0)
			return done == 0 ? 0 : -1;
		if (got < 0 && errno != EINTR)
			return -1;
		if (got > 0)
			done += (size_t)got;
	}
	return 1;
}

static int write_all(const void *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t wrote = write(STDOUT_FILENO, (const char *)bytes + done, size - done);

		if (wrote < 0 && errno != EINTR)
			return -1;
		if (wrote > 0)
			done += (size_t)wrote;
	}
	return 0;
}

static int serve_one(uint64_t size, size_t question_limit, struct buf *out,
		     void (*answer)(void *ctx, struct slice question, struct buf *out), void *ctx)
{
	char *question;
	int status = -1;

	if (size > question_limit)
		return -1;
	question = mem_alloc((size_t)size + 1);
	if (size == 0 || read_all(question, (size_t)size) == 1) {
		question[size] = '\0';
		buf_clear(out);
		answer(ctx, (struct slice){question, (size_t)size}, out);
		size = out->len;
		status =
			write_all(&size, sizeof(size)) < 0 || write_all(buf_text(out), out->len) < 0 ? -1 : 0;
	}
	mem_free(question);
	return status;
}

int worker_serve(size_t question_limit, size_t answer_limit,
		 void (*answer)(void *ctx, struct slice question, struct buf *out), void *ctx)
{
	struct buf out;
	uint64_t size;
	int status;

	buf_init(&out, answer_limit);
	while ((status = read_all(&size, sizeof(size))) == 1)
		if (serve_one(size, question_limit, &out, answer, ctx) < 0) {
			status = -1;
			break;
		}
	buf_release(&out);
	return status;
}
