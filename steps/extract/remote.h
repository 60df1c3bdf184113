/*
 * remote.h - fields by a model that is served elsewhere.
 *
 *	extraction model -> question (schema of its fields) -> lib/endpoint -> answer -> held against model and text
 *
 * An item stands when its quote stands in the text, and its members are members that the extraction model's own
 * rules give, with values that those could have: one of the constants, one of a table's values, an amount, a date,
 * a currency. What does not stand is in "dropped" with the reason. Spans and pages are ours, whatever was said.
 *
 * Depends on model.h, grounding.h, lib/{endpoint,step}. Safe from any thread.
 */
#ifndef STEPS_EXTRACT_REMOTE_H
#define STEPS_EXTRACT_REMOTE_H

#include "lib/endpoint/endpoint.h"
#include "lib/step/step.h"
#include "steps/extract/model.h"

/* 0 and *extraction, as of extract_fields, owned by the caller; or -1 with *err as of endpoint_ask. `text` is valid
 * UTF-8; `pages` as in the record, or null. */
int remote_extract(struct endpoint *endpoint, const struct model *model, struct step_call *call,
		   struct value request, struct slice text, struct value pages, struct value *extraction,
		   struct error *err);

#endif
