/*
 * proc_private.h - one child process: started with its limits in force, killed with its group, reaped.
 *
 * fork and exec by hand, because libuv has no hook between the two and the limits must be in force before
 * the program's first instruction. Everything that needs memory or a lock (the search in PATH, the system
 * call filter) is made ready before the fork; after it the child calls async-signal-safe functions only, so
 * a program with threads may start children.
 *
 * Only lib/proc includes this.
 */
#ifndef LIB_PROC_PROC_PRIVATE_H
#define LIB_PROC_PROC_PRIVATE_H

#include "lib/proc/proc.h"

#include <linux/filter.h>

struct child {
	pid_t pid;  /* 0: none */
	int pid_fd; /* readable once it has ended; -1: none */
};

struct child_plan {
	const char *const *argv; /* argv[0] is looked up in PATH */
	const char *const *env;  /* NULL: ours */
	const char *cwd;         /* NULL: ours */
	int fds[3];              /* what its 0, 1 and 2 are to be; -1: /dev/null. Lent, not closed. */
	struct proc_limits limits;
};

/* Returns when the program has begun (or could not: ERROR_NOT_FOUND, ERROR_IO). The child leads a process
 * group of its own, so a Ctrl-C at the terminal is the parent's to handle. */
int child_start(struct child *child, const struct child_plan *plan, struct error *err);
void child_signal(const struct child *child, int signum); /* to its whole group */
/* Has it ended? Then *status is as wait(2) gives it and the child is forgotten. `block`: wait for it. */
bool child_reap(struct child *child, bool block, int *status);
/* Kill, reap, forget. Nothing when there is none. */
void child_end(struct child *child);

/* What a wait(2) status of a child that failed means, as an error about `program`: 0 when it exited by
 * itself, else -1 (ERROR_LIMIT for limits, ERROR_INPUT for other signals). */
int child_verdict(int status, const char *program, const struct proc_limits *limits, struct error *err);

/* A pipe: [0] is ours and non-blocking, [1] the child's to write. Both close-on-exec. */
int child_pipe(int fds[2], struct error *err);
/* A pair of connected sockets: [0] is ours, [1] the child's. */
int child_socket(int fds[2], struct error *err);

/* ---- the system call filter (sandbox.c) */

/* A filter in the kernel's form, owned. 0, or -1 when it cannot be built. */
int sandbox_compile(struct sock_fprog *filter, bool may_write_files, struct error *err);
void sandbox_release(struct sock_fprog *filter);
/* In the child, between fork and exec. 0, or -1 and errno. */
int sandbox_limits(const struct proc_limits *limits);
int sandbox_enter(const struct sock_fprog *filter);

#endif
