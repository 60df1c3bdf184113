/*
 * filter.h - filters of lists: the part of AIP-160 that the service documents (reference, 9.5).
 *
 *	state="ACTIVE" AND createTime>"2024-01-01" AND (labels.env="prod" OR NOT labels:test)
 *
 * OR binds tighter than AND; terms that follow each other are joined by AND. A field is compared by its kind: moments
 * as moments, durations as durations, texts by bytes, with a star at either end of the wanted text for "anything".
 *
 * Read and applied in one pass over the text, without a tree: it is short (FILTER_MAX bytes) and so is its nesting.
 * Depends on workflow/api/status.h, lib/value. Pure; any thread.
 */
#ifndef WORKFLOW_API_FILTER_H
#define WORKFLOW_API_FILTER_H

#include "workflow/api/status.h"

enum { FILTER_MAX = 4096, FILTER_MAX_DEPTH = 32 };

enum filter_kind {
	FILTER_TEXT,
	FILTER_TIME,
	FILTER_DURATION,
	FILTER_NUMBER, /* of the resource: an int, or a text that holds one */
	FILTER_BOOL,
	FILTER_MAP,   /* of texts: name.key, name:key */
	FILTER_TEXTS, /* list of texts: any of them */
};

struct filter_field {
	const char *name;   /* as it may be called, camelCase; NULL ends a table */
	const char *member; /* of the resource */
	enum filter_kind kind;
};

/* 1 or 0; -1 with INVALID_ARGUMENT: the syntax, an unknown field, a value that is not of its kind. Empty: all match. */
int filter_matches(struct slice filter, const struct filter_field *fields, struct value resource,
		   struct status *status);

#endif
