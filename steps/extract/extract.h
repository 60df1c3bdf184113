/*
 * extract.h - a text and a model in, fields out.
 *
 * The rules that can match at all are found first (regex sets); they run in the order of the model, each
 * over its region, bounded in matches and in time. Work is linear in the text.
 *
 * Depends on model.h, reading.h, items.h. Safe from any thread: a model is read-only.
 */
#ifndef STEPS_EXTRACT_EXTRACT_H
#define STEPS_EXTRACT_EXTRACT_H

#include "lib/value/value.h"
#include "steps/extract/model.h"

enum { EXTRACT_TIME_MS = 5000, EXTRACT_MAX_BYTES = 8 << 20 };

/* {"model": "press_release@1", "fields": {...}, "unknown": {FIELD: why it has no value}}, plus "partial": true
 * when `deadline_ms` (clock_monotonic_ms) passed before every rule was tried. `text` is valid UTF-8; `pages` as
 * in the record, or null. */
struct value extract_fields(const struct model *model, struct slice text, struct value pages,
			    int64_t deadline_ms);
/* The same; `trace` (a list, or NULL) takes a note for each rule that gave nothing and each place that a rule
 * matched: {"field", "rule", "at": "FILE:LINE", "verdict", "span", "quote", "why"}. */
struct value extract_explained(const struct model *model, struct slice text, struct value pages,
			       int64_t deadline_ms, struct value *trace);

#endif
