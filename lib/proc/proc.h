/*
 * proc.h - child programs: started without a shell, watched, limited, ended.
 *
 * proc_spawn is for long-lived children on a libuv loop (the step services). proc_run is for a short
 * one: it feeds stdin, collects stdout and the tail of stderr, and enforces a deadline, so it may be
 * called from any worker thread. A long-lived child that answers questions is in worker.h.
 *
 * `sandbox` is for parsers of untrusted files: no network, no new privileges, no new processes, at most
 * 64 open files, no core, and a system call filter that refuses what a filter program never needs; with
 * file_bytes 0 nothing in the file system can be changed. Reading files is not refused: programs load their
 * libraries and fonts.
 *
 * A child is killed when the thread that started it ends (PR_SET_PDEATHSIG), so none outlives its parent.
 * It leads a process group of its own: a Ctrl-C at the terminal is the parent's to handle.
 *
 * Depends on lib/mem, lib/text, lib/diag, lib/clock, libuv, libseccomp.
 */
#ifndef LIB_PROC_PROC_H
#define LIB_PROC_PROC_H

#include "lib/diag/error.h"
#include "lib/text/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

struct proc_limits {
	int64_t cpu_s;        /* RLIMIT_CPU; 0: none */
	int64_t memory_bytes; /* RLIMIT_AS; 0: none */
	int64_t file_bytes;   /* RLIMIT_FSIZE; -1: none, 0: may not write files */
	bool sandbox;
};

/* ---- one short child */

struct proc_command {
	const char *const *argv; /* argv[0] is looked up in PATH; NULL-terminated */
	struct slice input;      /* for stdin */
	int64_t deadline_ms;     /* killed then */
	size_t output_limit;     /* bytes of stdout kept; one more is ERROR_LIMIT and kills */
	struct proc_limits limits;
};

/* 0 when the child exited by itself: *status is its exit status, *output its stdout (appended to a buf
 * the caller made), *tail the last bytes of its stderr. -1 with ERROR_NOT_FOUND (no such program),
 * ERROR_LIMIT (deadline, CPU, output) or ERROR_INPUT (it died of a signal: message says which). A program
 * that cannot have more memory exits or dies in a way of its own. */
int proc_run(const struct proc_command *command, struct buf *output, struct buf *tail, int *status,
	     struct error *err);

/* ---- one long-lived child on a loop */

struct proc; /* opaque */

struct proc_options {
	const char *const *argv;
	const char *const *env; /* whole environment, NULL-terminated */
	const char *cwd;        /* NULL: ours */
	struct proc_limits limits;
	void (*on_line)(void *ctx, struct slice line); /* a line of its stdout or stderr; NULL: our stderr */
	void (*on_exit)(void *ctx, int64_t status,
			int term_signal); /* once, on the loop; then the proc is dead */
	void *ctx;
};

/* NULL with ERROR_NOT_FOUND or ERROR_IO when the program did not begin. Longer lines than 64 KB come in
 * parts. All lines come before on_exit. */
struct proc *proc_spawn(uv_loop_t *loop, const struct proc_options *options, struct error *err);
pid_t proc_pid(const struct proc *proc);       /* 0 once it has ended */
void proc_kill(struct proc *proc, int signum); /* its whole group */
/* Forget it: kills a living child, frees when libuv lets go. No callback after this; may be called from one.
 * NULL is fine. */
void proc_close(struct proc *proc);

#endif
