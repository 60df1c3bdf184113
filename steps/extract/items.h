/*
 * items.h - what rules found for one field, before it becomes part of a record.
 *
 * Same things found twice are one item (field options `unique`, `alike`), unwanted ones are dropped
 * (`forbid`), and a member may be filled from another field (`link`: the party a sum falls on).
 *
 * Depends on reading.h, lib/value. Items live in the caller's arena.
 */
#ifndef STEPS_EXTRACT_ITEMS_H
#define STEPS_EXTRACT_ITEMS_H

#include "steps/extract/reading.h"

struct member {
	struct slice name;
	struct slice value;
};

struct item {
	const struct rule *rule;
	size_t start, end; /* bytes of the rule's view */
	double confidence; /* the rule's: which item is best */
	double sure;       /* what a record carries */
	struct member *members;
	size_t member_count;
};

struct items {
	struct item *list; /* owned: mem_free */
	size_t count, capacity;
};

/* Value of a member, or an empty slice. */
struct slice item_get(const struct item *item, struct slice member);

enum item_verdict { ITEM_NEW, ITEM_KNOWN, ITEM_FORBIDDEN, ITEM_FULL };

/* Takes the item in when it is new: not forbidden by the field, not there yet, and there is room. */
enum item_verdict items_add(struct items *items, const struct field *field, const struct item *item);
/* Short names in the member field->full become what the document calls their bearer in full; items that are one
 * thing then are one item. */
void items_name_in_full(struct items *items, const struct field *field, struct reading *reading,
			struct arena *arena);
/* Fills field->link_member of every item from the items of the linked field. */
void items_link(struct items *items, const struct field *field, const struct items *targets,
		struct reading *reading, struct arena *arena);
/* The field's value: a list in the order of the text, or the best item or null (`take: one`).
 * `pages`: code points at which pages start, or not a list. */
struct value items_value(const struct items *items, const struct field *field, struct reading *reading,
			 struct value pages);

#endif
