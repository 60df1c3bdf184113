/*
 * explain.h - `extract explain FILE`: for each field which rule gave which value, and what was refused by which
 * condition.
 *
 * Depends on extract.h, models.h, lib/{opt,json}.
 */
#ifndef STEPS_EXTRACT_EXPLAIN_H
#define STEPS_EXTRACT_EXPLAIN_H

/* argv[0] is the verb; returns the exit status. */
int explain_verb(int argc, char **argv);

#endif
