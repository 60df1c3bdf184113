/*
 * run.c - proc_run: one short child, waited for with poll(2) on its three channels and its end.
 *
 * Its stdin is a socket and not a pipe, because a write to a socket can be told not to raise SIGPIPE when
 * the child is gone; a library must not change the process's signals.
 */
#include "lib/clock/clock.h"
#include "lib/proc/proc_private.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of stderr this much is kept: its end, where programs say why they stopped. */
enum { TAIL_BYTES = 4096 };

enum { STDIN, STDOUT, STDERR, ENDED, WATCHED };

struct run {
	const struct proc_command *command;
	struct child child;
	int fds[3]; /* our ends; -1: closed */
	size_t fed; /* bytes of input written */
	struct buf *output, *tail;
	size_t output_start;
	int64_t deadline_ms; /* monotonic */
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int start(struct run *run, struct error *err)
{
	struct child_plan plan = {
		.argv = run->command->argv, .fds = {-1, -1, -1}, .limits = run->command->limits};
	int pipes[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
	int status = 0;

	for (int i = 0; i < 3 && status == 0; i++) {
		status = i == STDIN ? child_socket(pipes[i], err) : child_pipe(pipes[i], err);
		run->fds[i] = pipes[i][0];
		plan.fds[i] = pipes[i][1];
	}
	if (status == 0)
		status = child_start(&run->child, &plan, err);
	for (int i = 0; i < 3; i++)
		close_fd(&plan.fds[i]);
	return status;
}

static void feed(struct run *run)
{
	struct slice rest = slice_sub(run->command->input, run->fed, run->command->input.len);
	ssize_t wrote = rest.len ? send(run->fds[STDIN], rest.ptr, rest.len, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;

	if (wrote > 0)
		run->fed += (size_t)wrote;
	/* A child that closes its stdin early has seen enough; its exit status says whether that is well. */
	if (run->fed == run->command->input.len || (wrote < 0 && errno != EAGAIN && errno != EINTR))
		close_fd(&run->fds[STDIN]);
}

static void keep_tail(struct buf *tail, const char *bytes, size_t size)
{
	if (size > TAIL_BYTES) {
		bytes += size - TAIL_BYTES;
		size = TAIL_BYTES;
	}
	if (tail->len + size > TAIL_BYTES) {
		size_t drop = tail->len + size - TAIL_BYTES;

		memmove(tail->data, tail->data + drop, tail->len - drop);
		tail->len -= drop;
	}
	buf_add(tail, bytes, size);
}

/* 1: something was read, 0: nothing there now or the end, -1: too much. */
static int collect(struct run *run, int which, struct error *err)
{
	char piece[64 << 10];
	ssize_t got;

	if (run->fds[which] < 0)
		return 0;
	got = read(run->fds[which], piece, sizeof(piece));
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		close_fd(&run->fds[which]);
	if (got <= 0)
		return 0;
	if (which == STDERR) {
		keep_tail(run->tail, piece, (size_t)got);
	} else if (run->output->len - run->output_start + (size_t)got > run->command->output_limit ||
		   buf_add(run->output, piece, (size_t)got) < 0) {
		return error_set(err, ERROR_LIMIT, "%s wrote more than %zu bytes", run->command->argv[0],
				 run->command->output_limit);
	}
	return 1;
}

/* Serve the pipes until the child has ended. */
static int attend(struct run *run, struct error *err)
{
	for (;;) {
		struct pollfd watched[WATCHED] = {{run->fds[STDIN], POLLOUT, 0},
						  {run->fds[STDOUT], POLLIN, 0},
						  {run->fds[STDERR], POLLIN, 0},
						  {run->child.pid_fd, POLLIN, 0}};
		int64_t left = run->deadline_ms - clock_monotonic_ms();
		int ready = left > 0 ? poll(watched, WATCHED, left > 60000 ? 60000 : (int)left) : 0;

		if (left <= 0)
			return error_set(err, ERROR_LIMIT, "%s took more than %lld ms", run->command->argv[0],
					 (long long)run->command->deadline_ms);
		if (ready < 0 && errno != EINTR)
			return error_set(err, ERROR_IO, "cannot wait for %s: %s", run->command->argv[0],
					 strerror(errno));
		if (ready <= 0)
			continue;
		if (watched[STDIN].revents)
			feed(run);
		if ((watched[STDOUT].revents && collect(run, STDOUT, err) < 0) ||
		    (watched[STDERR].revents && collect(run, STDERR, err) < 0))
			return -1;
		if (watched[ENDED].revents)
			return 0;
	}
}

static int finish(struct run *run, int *status, struct error *err)
{
	int more = 1;
	int wait_status;

	/* What it wrote last is in the pipes. */
	while (more > 0)
		more = collect(run, STDOUT, err);
	if (more < 0)
		return -1;
	while (collect(run, STDERR, err) > 0)
		;
	child_reap(&run->child, true, &wait_status);
	if (child_verdict(wait_status, run->command->argv[0], &run->command->limits, err) < 0)
		return -1;
	*status = WEXITSTATUS(wait_status);
	return 0;
}

int proc_run(const struct proc_command *command, struct buf *output, struct buf *tail, int *status,
	     struct error *err)
{
	struct run run = {.command = command,
			  .fds = {-1, -1, -1},
			  .output = output,
			  .tail = tail,
			  .output_start = output->len,
			  .child = {.pid_fd = -1}};
	int result;

	run.deadline_ms = clock_monotonic_ms() + command->deadline_ms;
	result = start(&run, err);
	if (result == 0)
		result = attend(&run, err);
	if (result == 0)
		result = finish(&run, status, err);
	child_end(&run.child);
	for (int i = 0; i < 3; i++)
		close_fd(&run.fds[i]);
	return result;
}
