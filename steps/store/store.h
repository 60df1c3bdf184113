/*
 * store.h - the step: a record in, {"id", "status": "accepted", "stored"} out, delivery behind it.
 *
 *	request -> decision_key -> outbox_accept (on disk) -> response
 *	                              outbox -> delivery -> sinks
 *
 * Depends on lib/step, outbox.h, delivery.h, sink.h, decision.h.
 */
#ifndef STEPS_STORE_STORE_H
#define STEPS_STORE_STORE_H

#include "lib/step/step.h"

enum {
	STORE_THREADS = 16, /* each waits for a shared commit, so more than cores are of use */
	STORE_DRAIN_S = 30,
	STORE_WINDOW = 64,
};

extern const struct opt_option store_options[];
extern const char store_request_schema[];
extern const char store_response_schema[];

void *store_open(const struct step_setup *setup, struct error *err);
/* Delivers what can be delivered within --drain-timeout and says what is left. */
void store_close(void *state);
int store_apply(struct step_call *call, struct value request, struct value *response, struct error *err);

#endif
