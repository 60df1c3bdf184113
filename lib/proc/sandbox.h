/*
 * sandbox.h - what a program that parses untrusted bytes gives up of its own will.
 *
 * The sandbox of struct proc_limits (proc.h) is put on from outside and must suit any program, so it
 * refuses what a filter program never needs. A program of ours knows better: after it has loaded what it
 * needs it keeps only memory, standard input and output, and the clock.
 *
 * Depends on lib/diag, libseccomp. For one thread, before it starts others.
 */
#ifndef LIB_PROC_SANDBOX_H
#define LIB_PROC_SANDBOX_H

#include "lib/diag/error.h"

/* From now on every system call but those that read and write open files, manage memory, read the clock and
 * end the process fails with EPERM. Cannot be undone. Nothing happens under a sanitizer, whose run-time
 * needs more. */
int sandbox_confine(struct error *err);

#endif
