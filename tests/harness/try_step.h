/*
 * try_step.h - a step that does what its request says, to try the step contract with.
 *
 * Request members: "n" is given back; "sleep_ms" waits; "fail" is one of input, limit, missing, busy, io;
 * "pages" answers so many pages of lines, "failures" lists one failure on each; "show" gives back what the
 * call carries (idempotency key, trace). It logs "begun N" when apply begins and "closed" at the end.
 *
 * Depends on lib/step, tests/harness/forked.h.
 */
#ifndef TESTS_HARNESS_TRY_STEP_H
#define TESTS_HARNESS_TRY_STEP_H

#include "lib/step/step.h"
#include "tests/harness/forked.h"

extern const struct step try_step;        /* one line for a request */
extern const struct step try_page_step;   /* its lines are the items of "items"; operands become requests */
extern const struct step try_broken_step; /* its open fails */
extern const struct step try_error_step;  /* takes records with errors */

/* Starts step_main(step, args) in a child with the log as JSON. */
void try_start(struct forked *child, const struct step *step, const char *const *args,
	       const char *const *env);
/* The same with --serve on a free port, which is returned once it listens. */
int try_serve(struct forked *child, const struct step *step, const char *const *args, const char *const *env);

#endif
