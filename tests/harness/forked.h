/*
 * forked.h - run a program's main function in a child process and talk to it by pipes.
 *
 * The child is a fork of the test, so what it runs needs no executable of its own, and what it leaks the
 * sanitizer reports at its exit. Everything is bounded: a child that is silent for a minute is killed and
 * the test fails.
 *
 * Depends on lib/text, cmocka. One thread: fork before any other is made.
 */
#ifndef TESTS_HARNESS_FORKED_H
#define TESTS_HARNESS_FORKED_H

#include "lib/text/text.h"

#include <sys/types.h>

struct forked {
	pid_t pid;
	int in;                        /* the child's stdin, or -1 */
	int out, err;                  /* its stdout and stderr, or -1 once they ended */
	struct buf out_text, err_text; /* what came so far */
	size_t err_seen;               /* what forked_wait_for has passed */
};

typedef int forked_main(const void *program, int argc, char **argv);

/* `args` without argv[0], NULL-terminated; `env`: "NAME=value" texts, NULL-terminated, or NULL. The child's
 * exit status is what `run` returns. */
void forked_start(struct forked *child, forked_main *run, const void *program, const char *const *args,
		  const char *const *env);
void forked_send(struct forked *child, const char *text);
void forked_end_input(struct forked *child);
void forked_close_output(struct forked *child); /* as a reader that goes away */
/* The next line of its stdout, without the newline; owned by the caller. */
char *forked_line(struct forked *child);
/* Until its stderr holds `text` (after what was waited for before). */
void forked_wait_for(struct forked *child, const char *text);
void forked_signal(struct forked *child, int signum);
/* Reads to the end, waits: exit status, or 128 + the signal it died of. */
int forked_finish(struct forked *child);
void forked_release(struct forked *child);

#endif
