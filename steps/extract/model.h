/*
 * model.h - an extraction model: what a person wrote in models/TYPE.yaml, ready to be asked.
 *
 * A model has fields; a field has ordered rules; a rule is a pattern, where to look, what must or must not
 * stand around a match, and what a match gives. The README describes the file. Files are read through
 * `include`, the including file first: what it defines wins.
 *
 * Everything lives in the model's arena and is read-only after model_compile: shared by all threads.
 *
 * Depends on lib/{mem,text,diag,yaml,regex}, normal.h, view.h.
 */
#ifndef STEPS_EXTRACT_MODEL_H
#define STEPS_EXTRACT_MODEL_H

#include "lib/diag/diag.h"
#include "lib/mem/mem.h"
#include "lib/regex/regex.h"
#include "steps/extract/normal.h"
#include "steps/extract/view.h"

/* A pattern with the place it was written at. */
struct pattern {
	struct slice source; /* as written, macros in it */
	struct place at;
	struct regex
		*regex; /* owned; NULL until compiled, and for the patterns of rules (their set owns them) */
};

struct macro {
	struct macro *next;
	struct slice name;
	struct slice text;
};

/* A part of a view: its first or last bytes, or from one pattern to another. */
struct region {
	struct region *next;
	struct slice name;
	size_t first, last;  /* bytes; 0: not by size */
	struct pattern from; /* source empty: from the start */
	struct pattern to;   /* source empty: to the end */
	bool last_from;      /* the last match of `from` counts, not the first */
	int number;          /* dense from 1; 0 is the whole text */
};

/* First entry whose pattern matches gives the value. */
struct table_entry {
	struct table_entry *next;
	struct slice value;
	struct pattern pattern;
};

struct table {
	struct table *next;
	struct slice name;
	struct table_entry *entries;
};

enum context {
	CONTEXT_BEFORE,
	CONTEXT_AFTER,
	CONTEXT_SENTENCE,
	CONTEXT_PARAGRAPH,
	CONTEXT_MATCH,
	CONTEXT_DOCUMENT,
	CONTEXT_FIELD,    /* an item of a field that was read before */
	CONTEXT_TEMPLATE, /* a text put together, "${authorities.value}: ${sentence}" */
};

struct condition {
	struct condition *next;
	enum context context;
	struct slice field, member; /* CONTEXT_FIELD */
	struct slice template;      /* CONTEXT_TEMPLATE */
	bool wanted;                /* must match; else must not */
	struct pattern pattern;
};

/* Number of the context of that name, or -1. */
int context_named(struct slice name);

/* Where the words of a value come from. */
enum source_kind { SOURCE_CONSTANT, SOURCE_TEMPLATE, SOURCE_GROUP, SOURCE_CONTEXT, SOURCE_EACH };

enum { PIPE_MAX = 4 };

struct source {
	enum source_kind kind;
	struct slice text; /* constant, template, or name of the group */
	enum context context;
	int group; /* resolved by model_compile */
	struct {
		const struct normaliser *normaliser;
		struct slice argument;
		const struct table *table; /* of `lookup`, `rewrite`; resolved by model_compile */
	} pipe[PIPE_MAX];
	int pipe_length;
	bool maybe; /* a value that cannot be had leaves the member out, not the item */
	struct place at;
};

struct give {
	struct give *next;
	struct slice member;
	struct source source;
};

struct rule {
	struct rule *next;
	struct slice name;
	struct place at;
	struct pattern find;
	enum view_kind view;
	const struct region *region; /* NULL: the whole text */
	struct slice region_name;
	struct place region_at;
	struct condition *conditions;
	struct give *gives;
	struct source each; /* pipe_length 0: one item per match */
	bool has_each;
	struct slice span; /* group whose place is the item's; empty: the whole match */
	int span_group;
	double confidence;  /* as the model says: which of several items is best */
	double sure;        /* what items carry: measured where it was, else the same */
	struct slice fresh; /* member whose value no other item of the field may have */
	size_t max;         /* matches looked at */
	bool first;         /* the first match that gives an item ends the rule */
	bool last;          /* only the last match that meets the conditions counts */
	bool fallback;      /* only while the field has no item */
	bool off;           /* hides an included rule of the same name */
	int index;          /* in the set of its view */
};

struct field {
	struct field *next;
	struct slice name;
	struct place at;
	bool one; /* take: one - the best item, not a list */
	bool has_take;
	bool replaces;              /* includes add no rules */
	size_t limit;               /* items; 0: default */
	const struct slice *unique; /* members that tell items apart; NULL: all */
	size_t unique_count;
	struct slice alike; /* member whose values are names: alike names are one item */
	struct slice full;  /* member whose short names are replaced by the name in full */
	struct slice link_member, link_field, link_from; /* member to fill from another field's items */
	struct pattern link_all;                         /* a sentence that means all of them; may be empty */
	struct condition *forbid;                        /* on members; context unused */
	struct slice *forbid_members;
	size_t forbid_count;
	struct rule *rules;
};

struct model {
	struct arena arena;
	struct slice name;
	int64_t version;
	bool own; /* a file of it is somebody's own, not one that ships */
	struct macro *macros;
	struct region *regions;
	int region_count;
	struct table *tables;
	struct field *fields;
	struct regex_set *sets[VIEW_KINDS]; /* NULL: no rule reads that view */
	struct rule **rules[VIEW_KINDS];    /* by index in the set */
	size_t rule_count[VIEW_KINDS];
};

/* Where files of models are: the first folder that has a file gives it; a NULL ends the list. */
enum { MODEL_FOLDERS = 2 };
struct model_folders {
	char *list[MODEL_FOLDERS + 1];
	int own; /* so many of them, from the first, are somebody's own; what follows ships */
};

/* The number of the first folder from `from` on that has NAME.yaml, or -1. */
int model_folder(const struct model_folders *folders, int from, struct slice name);

/* Reads NAME.yaml and what it includes. A file that includes its own name means the one it takes the place of,
 * in the next folder. NULL after at least one error was added to `diags`; the places' file names live as long
 * as `diags` and the model: they are kept in `names`. */
struct model *model_read(const struct model_folders *folders, const char *name, struct arena *names,
			 struct diags *diags);
/* Compiles every pattern, in `pool` (may be NULL) what other models have too. 0, or -1 with errors in `diags`. */
int model_compile(struct model *model, struct regex_pool *pool, struct diags *diags);
void model_free(struct model *model); /* NULL is fine */

#endif
