/* child.c - fork, limits, exec; proc_private.h has the design. */
#include "lib/proc/proc_private.h"

#include "lib/mem/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child tells its parent when it could not become the program. */
struct trouble {
	const char *what; /* a literal: same address on both sides of a fork */
	int cause;
};

/* ---- in the child: async-signal-safe calls only, and nothing of the parent's memory is written */

static _Noreturn void give_up(int report_fd, const char *what)
{
	struct trouble trouble = {what, errno};
	ssize_t ignored = write(report_fd, &trouble, sizeof(trouble));

	(void)ignored;
	_exit(127);
}

/* Signals as a fresh program expects them, whatever this process ignores or blocks. */
static void default_signals(void)
{
	struct sigaction standard = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int signum = 1; signum < NSIG; signum++)
		sigaction(signum, &standard, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int place_fds(const int wanted[3], int *report_fd)
{
	int fds[3];

	/* First out of the way of 0, 1 and 2, then into place. */
	for (int i = 0; i < 3; i++) {
		fds[i] = wanted[i] < 0 ? open("/dev/null", O_RDWR | O_CLOEXEC) : wanted[i];
		fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
		if (fds[i] < 0)
			return -1;
	}
	*report_fd = fcntl(*report_fd, F_DUPFD_CLOEXEC, 3);
	for (int i = 0; i < 3; i++)
		if (dup2(fds[i], i) < 0)
			return -1;
	/* Ours are close-on-exec already; a library's might not be. Fails before Linux 5.11. */
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	return 0;
}

static _Noreturn void become(const char *path, const struct child_plan *plan, const struct sock_fprog *filter,
			     pid_t parent, int report_fd)
{
	extern char **environ;
	char *const *env = plan->env ? (char *const *)(uintptr_t)plan->env : environ;

	/* The signal is sent when the thread that forked ends, too. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(127);
	setpgid(0, 0);
	default_signals();
	if (place_fds(plan->fds, &report_fd) < 0)
		give_up(report_fd, "cannot set up its files");
	if (plan->cwd && chdir(plan->cwd) < 0)
		give_up(report_fd, "cannot enter its folder");
	if (sandbox_limits(&plan->limits) < 0)
		give_up(report_fd, "cannot limit it");
	if (plan->limits.sandbox && sandbox_enter(filter) < 0)
		give_up(report_fd, "cannot put it into the sandbox");
	execve(path, (char *const *)(uintptr_t)plan->argv, env);
	give_up(report_fd, "cannot start it");
}

/* ---- in the parent */

/* The file that execvp would take; NULL when there is none. Owned. */
static char *find_program(const char *name)
{
	const char *at = getenv("PATH");
	struct buf candidate;

	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? mem_strdup(name) : NULL;
	if (!at || !*at)
		at = "/usr/local/bin:/usr/bin:/bin";
	buf_init(&candidate, 0);
	for (size_t size;; at += size + 1) {
		size = strcspn(at, ":");
		buf_clear(&candidate);
		buf_printf(&candidate, "%.*s/%s", size ? (int)size : 1, size ? at : ".", name);
		if (access(buf_text(&candidate), X_OK) == 0)
			return buf_take(&candidate);
		if (!at[size])
			break;
	}
	buf_release(&candidate);
	return NULL;
}

/* Wait until the program has begun (the pipe closes by itself) or the child says what went wrong. */
static int await_start(struct child *child, int report_fd, const char *program, struct error *err)
{
	struct trouble trouble = {0};
	ssize_t got;

	do
		got = read(report_fd, &trouble, sizeof(trouble));
	while (got < 0 && errno == EINTR);
	if (got == 0)
		return 0;
	child_reap(child, true, &(int){0});
	return error_set(err, trouble.cause == ENOENT ? ERROR_NOT_FOUND : ERROR_IO, "%s: %s: %s", program,
			 got == sizeof(trouble) ? trouble.what : "cannot start it", strerror(trouble.cause));
}

static int fork_child(struct child *child, const char *path, const struct child_plan *plan,
		      const struct sock_fprog *filter, int report[2], struct error *err)
{
	pid_t parent = getpid();
	sigset_t all, old;

	/* No handler of ours may run in the child before its signals are back to default. vfork, because a
	 * copy of this process's memory is dear: the child borrows it until exec, and become() only reads it
	 * and writes below this frame. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	child->pid = vfork();
	if (child->pid == 0)
		become(path, plan, filter, parent, report[1]);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	close(report[1]);
	report[1] = -1;
	if (child->pid < 0) {
		child->pid = 0;
		return error_set(err, ERROR_IO, "cannot start %s: %s", path, strerror(errno));
	}
	child->pid_fd = pidfd_open(child->pid, 0);
	if (child->pid_fd < 0) {
		error_set(err, ERROR_IO, "cannot watch %s: %s", path, strerror(errno));
		child_end(child);
		return -1;
	}
	return await_start(child, report[0], path, err);
}

int child_start(struct child *child, const struct child_plan *plan, struct error *err)
{
	char *path = find_program(plan->argv[0]);
	struct sock_fprog filter = {0};
	int report[2] = {-1, -1};
	int status = -1;

	*child = (struct child){.pid_fd = -1};
	if (!path) {
		error_set(err, ERROR_NOT_FOUND, "no program %s", plan->argv[0]);
		error_hint(err, "install it, or put its folder into PATH");
		goto done;
	}
	if (plan->limits.sandbox && sandbox_compile(&filter, plan->limits.file_bytes != 0, err) < 0)
		goto done;
	if (pipe2(report, O_CLOEXEC) < 0) {
		error_set(err, ERROR_IO, "cannot start %s: %s", path, strerror(errno));
		goto done;
	}
	status = fork_child(child, path, plan, &filter, report, err);
done:
	for (int i = 0; i < 2; i++)
		if (report[i] >= 0)
			close(report[i]);
	sandbox_release(&filter);
	mem_free(path);
	return status;
}

void child_signal(const struct child *child, int signum)
{
	if (child->pid > 0 && kill(-child->pid, signum) < 0)
		kill(child->pid, signum);
}

bool child_reap(struct child *child, bool block, int *status)
{
	pid_t got;

	if (child->pid <= 0)
		return false;
	do
		got = waitpid(child->pid, status, block ? 0 : WNOHANG);
	while (got < 0 && errno == EINTR);
	if (got == 0)
		return false;
	if (child->pid_fd >= 0)
		close(child->pid_fd);
	*child = (struct child){.pid_fd = -1};
	return true;
}

void child_end(struct child *child)
{
	if (child->pid <= 0)
		return;
	child_signal(child, SIGKILL);
	child_reap(child, true, &(int){0});
}

int child_verdict(int status, const char *program, const struct proc_limits *limits, struct error *err)
{
	int signum;

	if (WIFEXITED(status))
		return 0;
	signum = WTERMSIG(status);
	if (signum == SIGKILL) /* not by us: the caller knows whom it killed */
		return error_set(err, ERROR_LIMIT, "%s was killed: the machine ran out of memory", program);
	if (signum == SIGXCPU)
		return error_set(err, ERROR_LIMIT, "%s used more than %lld s of CPU time", program,
				 (long long)limits->cpu_s);
	if (signum == SIGXFSZ)
		return error_set(err, ERROR_LIMIT, "%s wrote a file of more than %lld bytes", program,
				 (long long)limits->file_bytes);
	return error_set(err, ERROR_INPUT, "%s died of signal %d (%s)", program, signum, strsignal(signum));
}

int child_pipe(int fds[2], struct error *err)
{
	if (pipe2(fds, O_CLOEXEC) < 0 || fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0)
		return error_set(err, ERROR_IO, "cannot make a pipe: %s", strerror(errno));
	return 0;
}

int child_socket(int fds[2], struct error *err)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return error_set(err, ERROR_IO, "cannot make a socket: %s", strerror(errno));
	return 0;
}
