/*
 * remote.h - a classification by a model that is served elsewhere.
 *
 *	text -> question (labels, schema) -> lib/endpoint -> answer -> held against labels and text -> classification
 *
 * What comes back has the form of classify_text's or is refused: a type or a matter outside the embedded models'
 * labels is no label, a probability is a number from 0 to 1, words that decided are words of the text. What was
 * left out of an answer is in "dropped", with the reason.
 *
 * Depends on classify.h, lib/{endpoint,step}. Safe from any thread.
 */
#ifndef STEPS_CLASSIFY_REMOTE_H
#define STEPS_CLASSIFY_REMOTE_H

#include "lib/endpoint/endpoint.h"
#include "lib/step/step.h"
#include "steps/classify/classify.h"

/* 0 and *found (owned by the caller), or -1 with *err as of endpoint_ask. */
int remote_classify(struct endpoint *endpoint, const struct classifier *classifier, struct step_call *call,
		    struct value request, struct slice text, unsigned tasks, struct value *found,
		    struct error *err);

#endif
