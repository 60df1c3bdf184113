/*
 * check.h - extract check: models tried before they are used.
 *
 * Each MODEL is a file, checked with the folder it lies in and the models that ship for what it includes, or a
 * folder, of which every file is checked; none: the models that ship. Where a folder takes the place of a file that
 * ships, those that ship are checked with it, because they may include it. A complaint about a file that several
 * models include is printed once.
 *
 * Depends on models.h, lib/opt. One thread.
 */
#ifndef STEPS_EXTRACT_CHECK_H
#define STEPS_EXTRACT_CHECK_H

/* The verb. Exit status: 0, 2 when a model is bad (complaints on stderr), 4 when there is no such file. */
int check_verb(int argc, char **argv);

#endif
