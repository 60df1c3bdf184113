/*
 * kill.h - named places where a test can end the process, as SIGKILL does.
 *
 *	kill_point("journal.after-commit");
 *
 * Nothing at all in the programs that are shipped: only objects compiled with LEXFLOW_KILL_POINTS have them, and
 * they go into a lexflow of its own for tests/fault. There the environment says what happens:
 *
 *	LEXFLOW_KILL=journal.after-commit:3   the third passing of that point is the last thing the process does
 *	LEXFLOW_KILL_LOG=FILE                 each passing is a line of FILE: the name of the point
 *
 * A room that has such points lists them in its README with the promise that each one tries.
 *
 * Depends on nothing. From any thread.
 */
#ifndef LIB_KILL_KILL_H
#define LIB_KILL_KILL_H

#ifdef LEXFLOW_KILL_POINTS
#define kill_point(name) kill_point_pass(name)
#else
#define kill_point(name) ((void)0)
#endif

void kill_point_pass(const char *name);

#endif
