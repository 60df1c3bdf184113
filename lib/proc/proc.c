/* proc.c - a long-lived child on a libuv loop; see proc.h. */
#include "lib/proc/proc.h"

#include "lib/mem/mem.h"
#include "lib/proc/proc_private.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINE_LIMIT = 64 << 10 };

struct proc {
	struct child child;
	uv_poll_t ended; /* on the child's pid_fd */
	uv_poll_t lines; /* on `output` */
	int output;      /* read end of its stdout and stderr; -1: none */
	int open_handles;
	bool closed; /* proc_close was called: no callback any more */
	struct buf line;
	void (*on_line)(void *ctx, struct slice line);
	void (*on_exit)(void *ctx, int64_t status, int term_signal);
	void *ctx;
};

static void handle_closed(uv_handle_t *handle)
{
	struct proc *proc = handle->data;

	if (--proc->open_handles > 0 || !proc->closed)
		return;
	buf_release(&proc->line);
	mem_free(proc);
}

static void close_handle(uv_poll_t *handle)
{
	if (handle->data && !uv_is_closing((uv_handle_t *)handle))
		uv_close((uv_handle_t *)handle, handle_closed);
}

static void close_output(struct proc *proc)
{
	if (proc->output < 0)
		return;
	close_handle(&proc->lines);
	close(proc->output);
	proc->output = -1;
}

/* Deliver the lines that are whole, or long enough. */
static void deliver_lines(struct proc *proc, bool all)
{
	size_t start = 0;

	while (start < proc->line.len && !proc->closed) {
		struct slice rest = slice_sub(buf_slice(&proc->line), start, proc->line.len);
		size_t size = slice_find(rest, SLICE("\n"), 0);
		bool whole = size != SIZE_MAX;

		if (!whole && !all && rest.len < LINE_LIMIT)
			break;
		if (!whole)
			size = rest.len;
		start += size + whole;
		proc->on_line(proc->ctx, slice_sub(rest, 0, size));
	}
	if (start > 0 && !proc->closed) {
		memmove(proc->line.data, proc->line.data + start, proc->line.len - start);
		proc->line.len -= start;
	}
}

/* Read what is there; the pipe is non-blocking. */
static void read_output(struct proc *proc)
{
	char piece[16 << 10];

	while (proc->output >= 0 && !proc->closed) {
		ssize_t got = read(proc->output, piece, sizeof(piece));

		if (got > 0) {
			buf_add(&proc->line, piece, (size_t)got);
			deliver_lines(proc, false);
		} else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
			close_output(proc);
		} else if (errno == EAGAIN) {
			break;
		}
	}
}

static void output_ready(uv_poll_t *handle, int status, int events)
{
	(void)status, (void)events;
	read_output(handle->data);
}

static void child_ended(uv_poll_t *handle, int uv_status, int events)
{
	struct proc *proc = handle->data;
	int status;

	(void)uv_status, (void)events;
	if (proc->child.pid <= 0)
		return;
	uv_poll_stop(handle); /* before the descriptor goes */
	if (!child_reap(&proc->child, false, &status)) {
		uv_poll_start(handle, UV_READABLE, child_ended);
		return;
	}
	close_handle(&proc->ended);
	/* What a grandchild may still write is not waited for. */
	read_output(proc);
	if (!proc->closed)
		deliver_lines(proc, true);
	if (proc->closed)
		return;
	close_output(proc);
	if (proc->on_exit)
		proc->on_exit(proc->ctx, WIFEXITED(status) ? WEXITSTATUS(status) : 0,
			      WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

static int watch(struct proc *proc, uv_loop_t *loop, uv_poll_t *handle, int fd, uv_poll_cb ready,
		 struct error *err)
{
	int status = uv_poll_init(loop, handle, fd);

	if (status < 0)
		return error_set(err, ERROR_IO, "cannot watch a child program: %s", uv_strerror(status));
	handle->data = proc;
	proc->open_handles++;
	status = uv_poll_start(handle, UV_READABLE, ready);
	return status < 0 ? error_set(err, ERROR_IO, "cannot watch a child program: %s", uv_strerror(status))
			  : 0;
}

struct proc *proc_spawn(uv_loop_t *loop, const struct proc_options *options, struct error *err)
{
	struct proc *proc = mem_new(sizeof(*proc));
	struct child_plan plan = {.argv = options->argv,
				  .env = options->env,
				  .cwd = options->cwd,
				  .fds = {-1, 2, 2},
				  .limits = options->limits};
	int pipe_fds[2] = {-1, -1};
	int status;

	proc->output = -1;
	proc->child.pid_fd = -1;
	proc->on_line = options->on_line;
	proc->on_exit = options->on_exit;
	proc->ctx = options->ctx;
	buf_init(&proc->line, 4 * LINE_LIMIT);
	if (options->on_line) {
		if (child_pipe(pipe_fds, err) < 0)
			goto fail;
		proc->output = pipe_fds[0];
		plan.fds[1] = plan.fds[2] = pipe_fds[1];
	}
	status = child_start(&proc->child, &plan, err);
	if (pipe_fds[1] >= 0)
		close(pipe_fds[1]);
	if (status < 0 || watch(proc, loop, &proc->ended, proc->child.pid_fd, child_ended, err) < 0)
		goto fail;
	if (proc->output >= 0 && watch(proc, loop, &proc->lines, proc->output, output_ready, err) < 0)
		goto fail;
	return proc;

fail:
	proc_close(proc);
	return NULL;
}

pid_t proc_pid(const struct proc *proc)
{
	return proc->child.pid;
}

void proc_kill(struct proc *proc, int signum)
{
	child_signal(&proc->child, signum);
}

void proc_close(struct proc *proc)
{
	if (!proc || proc->closed)
		return;
	proc->closed = true;
	/* The handle leaves the loop before its descriptor is closed. */
	close_handle(&proc->ended);
	child_end(&proc->child);
	close_output(proc);
	if (proc->open_handles == 0) {
		buf_release(&proc->line);
		mem_free(proc);
	}
}
