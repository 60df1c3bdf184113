/*
 * ingest.h - the step's request: a source in, a page of records out.
 *
 * Files of a page are read at the same time on all cores; one that cannot be read is listed among the
 * failures and stops nothing. An answer is given when every document of the page is on disk.
 *
 * Depends on lib/step. The state is shared by all threads.
 */
#ifndef STEPS_INGEST_INGEST_H
#define STEPS_INGEST_INGEST_H

#include "lib/step/step.h"

extern const struct opt_option ingest_options[];

void *ingest_open(const struct step_setup *setup, struct error *err);
void ingest_close(void *state);
int ingest_apply(struct step_call *call, struct value request, struct value *response, struct error *err);
/* A path, folder or glob on the command line: one request for each file. */
int ingest_operand(const struct step_setup *setup, const char *operand, struct value *requests,
		   struct error *err);

#endif
