/*
 * reading.h - one document while a model reads it: its views, regions, sentences and pages.
 *
 * Views and regions are made when a rule first asks for them. Offsets are bytes of a view until
 * reading_span turns them into code points of the document, which is what records carry.
 *
 * Depends on model.h, view.h, lib/clock. One thread.
 */
#ifndef STEPS_EXTRACT_READING_H
#define STEPS_EXTRACT_READING_H

#include "lib/value/value.h"
#include "steps/extract/model.h"

enum { REGION_MAX = 32 };

struct extent {
	size_t start, end; /* bytes of a view */
	bool known;
};

struct reading {
	const struct model *model;
	struct slice document;
	struct view views[VIEW_KINDS];
	bool has_view[VIEW_KINDS];
	struct extent regions[VIEW_KINDS][REGION_MAX];
	uint32_t *counts;    /* code points before each block of the document; owned */
	int64_t deadline_ms; /* clock_monotonic_ms */
	bool late;           /* the deadline passed: what is found stands, the rest was not looked for */
};

/* A stretch of the document in code points. */
struct span {
	size_t start, end;
};

void reading_init(struct reading *reading, const struct model *model, struct slice document,
		  int64_t deadline_ms);
void reading_release(struct reading *reading);

const struct view *reading_view(struct reading *reading, enum view_kind kind);
struct extent reading_region(struct reading *reading, enum view_kind kind, const struct region *region);
/* The surrounding of [start, end) of a view; slices borrow the view. */
struct slice reading_context(struct reading *reading, enum view_kind kind, enum context context, size_t start,
			     size_t end);
struct span reading_span(const struct reading *reading, size_t document_start, size_t document_end);
bool reading_is_late(struct reading *reading);

#endif
