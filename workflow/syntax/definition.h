/*
 * definition.h - a definition as written: source -> AST, every complaint about form.
 *
 * The reader looks at form alone: which keys stand where, what kind of YAML they hold, names that are
 * said twice, counts (reference, sections 1 and 2). Whether names mean something is the plan's work.
 * All mistakes are reported; the AST is only given when there was none.
 *
 * Depends on lib, workflow/expr. Everything lives in the definition's arena. Read-only after.
 */
#ifndef WORKFLOW_SYNTAX_DEFINITION_H
#define WORKFLOW_SYNTAX_DEFINITION_H

#include "lib/diag/diag.h"
#include "lib/mem/mem.h"
#include "lib/value/value.h"
#include "workflow/expr/expr.h"

/* Limits of the source (reference, section 10); a breach is a deployment error. */
enum {
	LIMIT_SOURCE_BYTES = 128 << 10,
	LIMIT_ASSIGNMENTS = 50,
	LIMIT_CONDITIONS = 50,
	LIMIT_PARAMS = 10,
	LIMIT_BRANCHES = 10,
	LIMIT_WARN_PERCENT = 80, /* from here on a warning says that the limit is near */
};

/* A name with its place; text.ptr NULL: absent. */
struct name {
	struct slice text;
	struct place at;
};

/* A value as written: constants and expressions in lists and maps. */
enum tree_kind { TREE_CONSTANT, TREE_EXPR, TREE_LIST, TREE_MAP };

struct tree {
	enum tree_kind kind;
	struct place at;
	struct value constant;	    /* TREE_CONSTANT: a scalar; owned by the definition */
	const struct expr *expr;    /* TREE_EXPR */
	struct tree *const *items;  /* TREE_LIST elements, TREE_MAP values */
	struct tree *const *keys;   /* TREE_MAP: TREE_CONSTANT strings or TREE_EXPR */
	size_t count;
};

struct block { /* a list of steps */
	struct step *const *steps;
	size_t count;
};

struct assignment {
	struct name variable;
	const struct expr *const *path; /* m.k[i]: LITERAL string for .k, any expression for [i] */
	size_t path_count;
	const struct tree *value;
};

struct assign {
	const struct assignment *items;
	size_t count;
};

enum args_kind { ARGS_NONE, ARGS_NAMED, ARGS_POSITIONAL };

struct call {
	struct name callee; /* "http.get", "make_greeting", "googleapis.…" */
	enum args_kind args_kind;
	const struct name *arg_names;	 /* ARGS_NAMED */
	struct tree *const *args;
	size_t arg_count;
	struct name result;
	bool args_unread; /* of a damaged definition: arguments stand there that could not be read */
};

struct condition {
	const struct tree *condition;
	struct step *body; /* unnamed; STEP_NOTHING when the entry has only a condition or a next */
};

struct switch_step {
	const struct condition *entries;
	size_t count;
};

struct loop { /* `for`, ordinary and parallel */
	struct name value, index;
	const struct tree *in;	  /* exactly one of in and range */
	const struct tree *range; /* a TREE_LIST of two, or a TREE_EXPR */
	struct block body;
};

struct branch {
	struct name name;
	struct block body;
};

struct parallel {
	const struct name *shared;
	size_t shared_count;
	const struct tree *concurrency_limit; /* or NULL */
	const struct branch *branches;	      /* exactly one of branches and loop */
	size_t branch_count;
	const struct loop *loop;
};

struct retry {
	struct place at;
	const struct expr *policy; /* `retry: ${http.default_retry}`; NULL in the map form */
	const struct expr *predicate;
	const struct tree *max_retries;
	const struct expr *backoff; /* `backoff: ${retry.default_backoff}`; NULL when the three are given */
	const struct tree *initial_delay, *max_delay, *multiplier; /* each may be NULL */
};

struct try_step {
	struct block body; /* the unnamed form is a block of one unnamed step */
	const struct retry *retry;     /* or NULL */
	bool has_except;
	struct name as; /* may be absent */
	struct block handler;
};

enum step_kind {
	STEP_NOTHING, /* only a `next`, or an empty switch entry */
	STEP_ASSIGN,
	STEP_CALL,
	STEP_SWITCH,
	STEP_FOR,
	STEP_PARALLEL,
	STEP_TRY,
	STEP_RAISE,
	STEP_RETURN,
	STEP_STEPS,
};

struct step {
	struct name name; /* absent for switch entries and unnamed try bodies */
	enum step_kind kind;
	struct name next; /* absent, or a step name, end, continue, break */
	union {
		struct assign assign;
		struct call call;
		struct switch_step cases;
		struct loop loop;
		struct parallel parallel;
		struct try_step attempt;
		const struct tree *value; /* STEP_RAISE, STEP_RETURN */
		struct block steps;
	} as;
};

struct param {
	struct name name;
	bool has_default;
	struct value fallback; /* any type; owned by the definition */
};

struct routine {
	struct name name;
	const struct param *params;
	size_t param_count;
	struct block body;
	bool is_damaged; /* its parameters could not all be read */
};

struct definition {
	struct arena arena;
	const char *file;	 /* in the arena */
	struct slice source;	 /* in the arena */
	const struct routine *routines; /* "main" is among them */
	size_t routine_count;
	struct value *constants; /* every counted value of the AST, so that free can drop them */
	size_t constant_count, constant_capacity;
	/* Mistakes of form were found: trees, expressions and names may be missing anywhere in the AST. It is
	 * then only good for looking on for further mistakes. `doubtful` are words of what could not be read;
	 * one of them may be a variable or a step, so nobody complains that it is unknown. */
	bool is_damaged;
	struct name *doubtful; /* owned */
	size_t doubtful_count, doubtful_capacity;
};

/* NULL when `diags` got an error. `source` is copied; so is `file`, but the places of diagnostics and AST
 * borrow the caller's, as struct place says. `.json` sources are read the same way.
 *
 * Codes, besides those of yaml.h and expr.h: source-size, missing-main, bad-name, bad-default, duplicate-name,
 * duplicate-step, too-many-params, too-many-assignments, too-many-conditions, too-many-branches, wrong-type,
 * missing-key, unknown-key, stray-key, two-in-one, two-actions, two-sources, empty-step, empty-list, bad-target,
 * bad-range, bad-value, unnamed-for; the warnings not-an-expression and near-limit. */
struct definition *definition_read(const char *file, struct slice source, struct diags *diags);
/* The same, but what could be read is also given when `diags` got errors: see is_damaged. */
struct definition *definition_read_all(const char *file, struct slice source, struct diags *diags);
/* A definition whose main returns what one expression gives, with ${} or without; `variables` is a map: what
 * names stand for. Lent. NULL when `diags` got an error. */
struct definition *definition_of_expression(const char *file, struct slice text, struct value variables,
					    struct diags *diags);
void definition_free(struct definition *definition); /* NULL is fine */

#endif
