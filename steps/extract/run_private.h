/* run_private.h - one document under one model: what extract.c, values.c and trace.c share. */
#ifndef STEPS_EXTRACT_RUN_PRIVATE_H
#define STEPS_EXTRACT_RUN_PRIVATE_H

#include "steps/extract/items.h"

/* What a field came to besides its items, for `unknown`. */
struct tally {
	size_t rules;   /* that may look for it */
	size_t matched; /* places that a pattern matched */
	size_t refused; /* of them, by a condition */
};

/* A view in pieces, and which rules may match in which. */
struct blocks {
	size_t *ends; /* where each ends; owned */
	size_t count;
	bool *may; /* rule * count + block; owned */
};

struct run {
	const struct model *model;
	struct reading reading;
	struct arena arena;    /* item members */
	struct blocks blocks[VIEW_KINDS];
	struct items *found;   /* one per field; owned */
	struct tally *tallies; /* one per field; owned */
	size_t field_count;
	struct value *trace; /* a list that takes notes, or NULL */
};

/* One match of one rule. */
struct hit {
	const struct field *field;
	const struct rule *rule;
	struct slice text; /* of the view, up to the region's end */
	struct regex_match match;
	const struct part *part; /* with `each` */
};

/* values.c */
size_t run_field_number(const struct model *model, struct slice name); /* SIZE_MAX: none */
size_t hit_offset(const struct hit *hit, struct slice inner);
struct slice hit_context(struct run *run, const struct hit *hit, enum context context);
/* "${title} U.S.C." with what the names stand for. */
struct slice hit_template(struct run *run, const struct hit *hit, struct slice text);
/* The source's words through its normalisers up to (not including) one that splits; false: no value. */
bool hit_value(struct run *run, const struct hit *hit, const struct source *source, struct slice *value);
/* The item's place: the group the rule names, the part, or the match; without blanks at its ends. */
void hit_set_place(struct item *item, const struct hit *hit);

/* trace.c: nothing happens without run->trace. `why` may be NULL. */
void trace_rule(struct run *run, const struct field *field, const struct rule *rule, const char *verdict);
void trace_hit(struct run *run, const struct hit *hit, const char *verdict, const char *why);
void trace_item(struct run *run, const struct hit *hit, const char *verdict, const struct item *item);
void trace_refusal(struct run *run, const struct hit *hit, const struct condition *condition);

#endif
