/* forked.c - see forked.h. */
#include "tests/harness/forked.h"

#include "lib/mem/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
/* after stdarg.h, stddef.h and setjmp.h, as it demands */
#include <cmocka.h>

enum { SILENCE_MS = 60 * 1000, ARGS_MAX = 64 };

static void make_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) < 0)
		fail_msg("pipe: %s", strerror(errno));
}

static _Noreturn void become(forked_main *run, const void *program, const char *const *args,
			     const char *const *env)
{
	char *argv[ARGS_MAX] = {mem_strdup("program")};
	int argc = 1, status;

	for (; args[argc - 1] && argc < ARGS_MAX - 1; argc++)
		argv[argc] = mem_strdup(args[argc - 1]);
	for (size_t i = 0; env && env[i]; i++)
		putenv(mem_strdup(env[i]));
	status = run(program, argc, argv);
	for (int i = 0; i < argc; i++)
		mem_free(argv[i]);
	exit(status);
}

void forked_start(struct forked *child, forked_main *run, const void *program, const char *const *args,
		  const char *const *env)
{
	int in[2], out[2], err[2];

	signal(SIGPIPE, SIG_IGN);
	fflush(NULL);
	make_pipe(in);
	make_pipe(out);
	make_pipe(err);
	*child = (struct forked){.in = in[1], .out = out[0], .err = err[0]};
	buf_init(&child->out_text, 0);
	buf_init(&child->err_text, 0);
	child->pid = fork();
	if (child->pid < 0)
		fail_msg("fork: %s", strerror(errno));
	if (child->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that failed leaves nothing behind */
		signal(SIGPIPE, SIG_DFL);
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		dup2(err[1], STDERR_FILENO);
		for (int i = 0; i < 2; i++) {
			close(in[i]);
			close(out[i]);
			close(err[i]);
		}
		become(run, program, args, env);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
}

void forked_end_input(struct forked *child)
{
	if (child->in >= 0)
		close(child->in);
	child->in = -1;
}

void forked_close_output(struct forked *child)
{
	if (child->out >= 0)
		close(child->out);
	child->out = -1;
}

static void take(int *fd, struct buf *text)
{
	char chunk[16 << 10];
	ssize_t count = read(*fd, chunk, sizeof(chunk));

	if (count > 0) {
		buf_add(text, chunk, (size_t)count);
	} else if (count == 0) {
		close(*fd);
		*fd = -1;
	}
}

/* Waits for something to read, or with `sending` for room to write, and reads what is there. False when
 * both ends are closed. */
static bool pump(struct forked *child, bool sending)
{
	struct pollfd fds[3] = {
		{.fd = child->out, .events = POLLIN},
		{.fd = child->err, .events = POLLIN},
		{.fd = sending ? child->in : -1, .events = POLLOUT},
	};
	int ready;

	if (child->out < 0 && child->err < 0)
		return false;
	ready = poll(fds, 3, SILENCE_MS);
	if (ready == 0) {
		kill(child->pid, SIGKILL);
		fail_msg("the child is silent; its stderr so far: %s", buf_text(&child->err_text));
	}
	if (fds[0].revents)
		take(&child->out, &child->out_text);
	if (fds[1].revents)
		take(&child->err, &child->err_text);
	return true;
}

/* A child that reads slowly must not block us: it may wait for us to read what it writes. */
void forked_send(struct forked *child, const char *text)
{
	size_t sent = 0, size = strlen(text);

	fcntl(child->in, F_SETFL, O_NONBLOCK);
	while (sent < size) {
		ssize_t count = write(child->in, text + sent, size - sent);

		if (count > 0)
			sent += (size_t)count;
		else if (errno == EPIPE)
			return;
		else if (errno == EAGAIN && !pump(child, true))
			return;
	}
}

char *forked_line(struct forked *child)
{
	const char *newline;
	char *line;
	size_t rest;

	while (!child->out_text.len || !(newline = memchr(child->out_text.data, '\n', child->out_text.len)))
		if (!pump(child, false))
			fail_msg("no line; stderr: %s", buf_text(&child->err_text));
	line = mem_strndup(child->out_text.data, (size_t)(newline - child->out_text.data));
	rest = child->out_text.len - strlen(line) - 1;
	memmove(child->out_text.data, newline + 1, rest);
	child->out_text.len = rest;
	child->out_text.data[rest] = '\0';
	return line;
}

void forked_wait_for(struct forked *child, const char *text)
{
	const char *hit;

	while (!(hit = strstr(buf_text(&child->err_text) + child->err_seen, text)))
		if (!pump(child, false))
			fail_msg("stderr never said \"%s\": %s", text, buf_text(&child->err_text));
	child->err_seen = (size_t)(hit - buf_text(&child->err_text)) + strlen(text);
}

void forked_signal(struct forked *child, int signum)
{
	kill(child->pid, signum);
}

int forked_finish(struct forked *child)
{
	int status = 0;

	while (pump(child, false))
		;
	waitpid(child->pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void forked_release(struct forked *child)
{
	forked_end_input(child);
	buf_release(&child->out_text);
	buf_release(&child->err_text);
}
