/*
 * worker.h - a long-lived child that is asked one question at a time.
 *
 * Starting a program costs milliseconds; a parser of untrusted documents that runs in a child is therefore
 * kept and asked again. A question and its answer are one message each: eight bytes of length in the
 * machine's order, then that many bytes, over a socket that is the child's stdin and stdout. The child ends
 * when the socket closes.
 *
 * A worker is used by one thread at a time; since a child dies with the thread that started it (proc.h), a
 * worker that is handed on may be found dead: worker_ask then says so before anything was answered.
 *
 * Depends on lib/mem, lib/text, lib/diag, lib/clock, lib/proc.
 */
#ifndef LIB_PROC_WORKER_H
#define LIB_PROC_WORKER_H

#include "lib/proc/proc.h"

struct worker; /* opaque */

struct worker_options {
	const char *const *argv;
	struct proc_limits limits; /* cpu_s counts over all questions: leave it 0 and use the timeout */
	size_t answer_limit;       /* bytes */
};

struct worker *worker_open(const struct worker_options *options, struct error *err);
void worker_close(struct worker *worker); /* kills the child; NULL is fine */
/* Questions answered so far. */
size_t worker_answered(const struct worker *worker);

/* 0 and the answer appended. -1: ERROR_LIMIT (no answer in time, or too long), ERROR_INPUT (it died over
 * this question), ERROR_IO; the worker is then of no use any more and is to be closed. */
int worker_ask(struct worker *worker, struct slice question, int64_t timeout_ms, struct buf *answer,
	       struct error *err);

/* The child's side: answers questions from stdin until it closes, then returns 0; -1 when a message is torn
 * or larger than `question_limit`. `answer` appends to the (empty) buf, whose limit is answer_limit. */
int worker_serve(size_t question_limit, size_t answer_limit,
		 void (*answer)(void *ctx, struct slice question, struct buf *out), void *ctx);

#endif
