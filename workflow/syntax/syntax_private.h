/*
 * syntax_private.h - what the readers of this room share: one reader, checks of form, one entry per concept.
 *
 * A reader function reports what is wrong and goes on; it returns NULL or leaves zeros where it could not
 * read, and passes what it left out to reader_doubt, so that a gap is reported once.
 */
#ifndef WORKFLOW_SYNTAX_PRIVATE_H
#define WORKFLOW_SYNTAX_PRIVATE_H

#include "workflow/syntax/definition.h"

struct reader {
	struct definition *definition; /* under construction */
	struct arena *arena;           /* the definition's */
	struct diags *diags;           /* borrowed */
	struct name *seen;             /* step and branch names of the routine being read; owned */
	size_t seen_count, seen_capacity;
	size_t work; /* nodes and expression bytes read: aliases must not multiply a small text */
	bool spent;  /* ... beyond READER_MAX_WORK, and said so */
	bool steps_elsewhere; /* "steps" was found where it does not belong: the next one that misses is the same */
};

enum { READER_MAX_WORK = 1 << 20 };

/* ---- form.c: kinds of nodes, keys, names */

/* Account for a node; false when the reader has done enough. */
bool reader_works(struct reader *reader, const struct yaml_node *node);
/* This part is not read: its words may be names that nobody shall miss (definition.h, doubtful). */
void reader_doubt(struct reader *reader, const struct yaml_node *node);
/* The same for what looks like names in a text. */
void reader_doubt_words(struct reader *reader, const struct yaml_node *scalar);
/* Warn when `count` of at most `limit` is near it. `what` says what is counted. */
void warn_near_limit(struct reader *reader, struct place at, size_t count, size_t limit, const char *what);
/* The definition drops it. Returns v. */
struct value reader_keep(struct reader *reader, struct value taken);

bool node_is_null(const struct yaml_node *node);
bool node_is_text(const struct yaml_node *node); /* a scalar whose value is a string */
/* "a map", "text", "nothing" ... */
const char *node_describe(const struct yaml_node *node);
const struct yaml_entry *node_entry(const struct yaml_node *map, const char *key);
struct name node_name(const struct yaml_node *scalar);

/* Is it a map, a list? Else an error about `what` (the key it belongs to). */
bool form_map(struct reader *reader, const struct yaml_node *node, const char *what);
bool form_list(struct reader *reader, const struct yaml_node *node, const char *what);
/* The same, with at least one and at most `most` elements; `code` names a breach of the upper limit, `hint`
 * (or NULL) what to do about it. */
bool form_list_of(struct reader *reader, const struct yaml_node *node, const char *what, size_t most,
		  const char *code, const char *hint);
/* ---- keys.c */

/* Every key must be one of `known` (NULL at the end); false when one is not. */
bool check_keys(struct reader *reader, const struct yaml_node *map, const char *const known[],
		const char *where);
/* Does a key stand there that was meant to be this one? It has been reported by check_keys. */
bool has_misspelt(const struct yaml_node *map, const char *key);
/* The value of a key that must be there; NULL after an error at the map. */
const struct yaml_node *form_key(struct reader *reader, const struct yaml_node *map, struct place at,
				 const char *key, const char *where);

/* ---- form.c again: entries of lists, names */

/* The entry of a list item "- name: ..."; NULL when there is none to read. `what` is "step", "branch" ... */
const struct yaml_entry *form_pair(struct reader *reader, const struct yaml_node *item, const char *what);
/* A variable's name: an identifier (reference, 3.2). */
struct name read_variable(struct reader *reader, const struct yaml_node *node, const char *what);
/* A name that must be unique within the routine; reported by definition.c when it is not. */
void note_name(struct reader *reader, struct name name);

/* ---- tree.c: values */

struct tree *read_tree(struct reader *reader, const struct yaml_node *node);
/* A value that must be ${...}. */
const struct expr *read_expression(struct reader *reader, const struct yaml_node *node, const char *what);
/* The literals of a tree become the definition's. */
const struct expr *keep_expr(struct reader *reader, struct expr *tree);

/* ---- steps.c */

struct block read_block(struct reader *reader, const struct yaml_node *node, const char *what);
/* The body of a step, a switch entry or an unnamed try; `condition` is allowed as a key in the second. */
enum body_owner { BODY_STEP, BODY_ENTRY, BODY_TRY };
void read_body(struct reader *reader, const struct yaml_node *node, enum body_owner owner, struct step *step);

/* ---- assign.c, call.c, control.c, attempt.c: one action each; `body` is the map it stands in */

void read_assign(struct reader *reader, const struct yaml_node *node, struct assign *assign);
void read_call(struct reader *reader, const struct yaml_node *body, const struct yaml_node *node,
	       struct call *call);
void read_switch(struct reader *reader, const struct yaml_node *node, struct switch_step *cases);
void read_for(struct reader *reader, const struct yaml_node *node, struct place at, struct loop *loop);
void read_parallel(struct reader *reader, const struct yaml_node *node, struct place at,
		   struct parallel *parallel);
void read_try(struct reader *reader, const struct yaml_node *body, const struct yaml_entry *entry,
	      struct try_step *attempt);

#endif
