/*
 * plan_private.h - the compiler's own state, seen by workflow/plan alone.
 *
 * One struct compiler lives for one plan_build. Scopes and label blocks are C-stack records linked to
 * their parents: the source's nesting is bounded by YAML_MAX_DEPTH, so the compiler may recurse along it.
 */
#ifndef WORKFLOW_PLAN_PLAN_PRIVATE_H
#define WORKFLOW_PLAN_PLAN_PRIVATE_H

#include "workflow/plan/plan.h"

/* A variable of a scope. */
struct symbol {
	struct slice name;
	struct place at; /* where it is first assigned */
	int slot;
	bool comes_with_scope; /* a parameter, loop variable or caught error: nobody minds when it is not used */
	bool is_of_loop;
	bool is_read;
	bool is_response; /* holds the answer of an HTTP or connector call */
};

/* Names that are known here. A function scope, or one that a loop body, branch, iteration or except body
 * opens (reference, 2.1). */
struct scope {
	struct scope *parent;
	struct symbol *symbols;
	size_t count, capacity;
	bool is_incomplete;              /* a name that it brings could not be read */
	bool is_unit;                    /* outermost scope of a unit: crossing it is one level */
	const struct parallel *parallel; /* of a branch or iteration: what it may write outside */
	struct place at;                 /* of that parallel step */
};

/* A jump that waits for the place of its target. */
struct pending_jump {
	int op;
	size_t step; /* index in the block */
};

/* The steps that a `next` may name: those of its own list and of the lists around it (reference, 2.11). */
struct labels {
	struct labels *parent;
	const struct block *block;
	int *first; /* operation of each step, -1 while unknown */
	struct pending_jump *jumps;
	size_t jump_count, jump_capacity;
	bool border; /* a loop body or a unit: labels further out cannot be reached */
};

/* Where `break` and `continue` go: a list of jumps to patch. */
struct loop_exits {
	struct loop_exits *parent;
	bool is_parallel; /* continue ends the iteration, break is an error */
	int next;         /* operation of FOR_NEXT */
	int *breaks;
	size_t break_count, break_capacity;
};

struct compiler {
	struct plan *plan;
	struct diags *diags;
	size_t op_capacity, constant_capacity, function_capacity, unit_capacity, step_capacity, loop_capacity,
		handler_capacity, fork_capacity, call_capacity;
	int unit;        /* being compiled */
	int depth;       /* of the expression stack here */
	int step;        /* innermost named step, or -1 */
	int loop;        /* innermost loop of the unit, or -1 */
	struct place at; /* of the construct being compiled */
	const struct place *whole; /* the expression being compiled, or NULL: what its operations point at */
	struct scope *scope;
	struct labels *labels;
	struct loop_exits *exits;
	struct catalog *catalog; /* discovery documents to check connector calls against; lent, or NULL */
	size_t connector_capacity;
	const struct step *source_step; /* innermost one being compiled, named or not */
	struct symbol *unused;          /* owned: variables that nobody reads, for warnings */
	size_t unused_count, unused_capacity;
};

/* ---- emit.c */
/* Append one operation; `effect` is what it does to the depth of the stack. Returns its number. */
int emit(struct compiler *c, enum code code, int level, int count, int32_t arg, int effect);
int emit_at(struct compiler *c, struct place at, enum code code, int level, int count, int32_t arg,
	    int effect);
void patch(struct compiler *c, int op); /* its arg is the next operation */
int add_constant(struct compiler *c, struct value taken);
void emit_constant(struct compiler *c, struct value taken);
int add_function(struct compiler *c, const struct stdlib_function *function);
int add_unit(struct compiler *c, enum unit_kind kind, struct slice name, int routine);
int add_slot(struct compiler *c,
	     struct name variable); /* of the current unit; variable.text.ptr NULL: hidden */

/* ---- scope.c */
struct variable {
	int level, slot;
	const struct scope *outside; /* innermost parallel scope crossed, or NULL */
	struct symbol *symbol;       /* until a scope gets another one */
};
bool scope_find(const struct compiler *c, struct slice name, struct variable *found);
struct symbol *scope_here(const struct scope *scope, struct slice name); /* or NULL */
bool is_before(struct place a, struct place b);
/* A new variable, or the one of this name. Returns its slot; a name that could not be read gets one too. */
int scope_add(struct compiler *c, struct scope *scope, struct name name);
/* The same for what comes with the scope: a parameter, loop variable or caught error. */
int scope_bring(struct compiler *c, struct scope *scope, struct name name);
/* Declare what a list of steps assigns directly in this scope and what no scope around it knows. */
void scope_declare_block(struct compiler *c, struct scope *scope, const struct block *block);
/* Notes the variables that were not read. */
void scope_release(struct compiler *c, struct scope *scope);
/* The variable that an assignment to `name` writes; false (and a diagnostic) when it may not. */
bool scope_writable(struct compiler *c, struct name name, struct variable *found);

/* ---- hint.c: what the author meant */

/* Is it a word of something that could not be read (definition.h)? Then its absence is no second mistake. */
bool is_doubtful(const struct compiler *c, struct slice name);
/* ... or may it be the name that a loop around lacks? */
bool is_doubtful_variable(const struct compiler *c, struct slice name);
/* After the error that `name` is unknown here: where it was last in scope, or what is near. */
void hint_variable(struct compiler *c, struct slice name);
/* After the error that there is no such function or routine: what is near, or called so elsewhere. */
void hint_callee(struct compiler *c, struct slice name);

/* ---- foreign.c: what other languages write; how it is written here, or NULL */

const char *foreign_word(struct slice name);
const char *foreign_function(struct slice name);

/* ---- target.c: what is wrong with the target of a jump */
void complain_target(struct compiler *c, const struct name *next);

/* ---- warn.c: what is legal and yet likely a mistake; for a definition without errors
 *
 * Nothing is reported that may be meant: where the analysis does not see to the end, it is silent. */
void warn_plan(struct compiler *c);
/* ---- warn_flow.c: steps that are never reached, conditions that never change */
void warn_flow(struct compiler *c, const struct routine *routine);
/* ---- warn_errors.c: what errors lack, and what is not retried */
void warn_errors(struct compiler *c);
/* ---- warn_calls.c: calls one after the other that could overlap, responses kept whole */
void warn_calls(struct compiler *c, const struct routine *routine);

/* ---- expression.c */
void compile_expr(struct compiler *c, const struct expr *expr); /* ( -- v ) */
void compile_tree(struct compiler *c, const struct tree *tree); /* ( -- v ) */
struct place expr_start(const struct expr *expr); /* where its first token stands */
struct place expr_span(const struct expr *expr);  /* the same, as long as a dotted name */
bool fold_expr(const struct expr *expr, struct value *out);
/* Is this tree a constant? Then *out is its value, owned by the caller. */
bool fold_tree(const struct tree *tree, struct value *out);

/* ---- call.c */
void compile_expr_call(struct compiler *c, const struct expr *expr); /* ( -- v ) */
void compile_call_step(struct compiler *c, const struct call *call); /* ( -- v ) */
/* A predicate or policy name: emits ( error -- bool ). */
void compile_predicate(struct compiler *c, const struct expr *name);
void compile_predicate_named(struct compiler *c, const char *library_name);
int find_routine(const struct compiler *c, struct slice name); /* unit number, or -1 */

/* ---- connector.c: connectors and the routines behind them */
bool in_builtin(const struct compiler *c); /* is one of these routines being compiled? */
const struct routine *routine_of(const struct plan *plan, int unit);
int find_builtin(struct compiler *c, struct slice name); /* unit number, or -1 */
/* The routine behind a name with parameters of its own; false when it has none. */
bool find_helper(struct compiler *c, struct slice name, int *unit, bool *in_expression);
/* ( -- v ) of a connector called by (name, args); false when it is none. */
bool compile_connector_call(struct compiler *c, const struct call *call);
void compile_builtins(struct compiler *c); /* when all else is */

/* ---- append.c */
/* An assignment that adds to what is there, in place; false, and nothing compiled, for any other. */
bool compile_append(struct compiler *c, const struct assignment *item);

/* ---- compile.c, control.c */
void compile_routine(struct compiler *c, int unit);
bool is_external_call(struct slice callee); /* HTTP or a connector: it waits, and answers with what may be large */
void compile_count(struct compiler *c, bool counts); /* one step more, if it counts */
void compile_block(struct compiler *c, const struct block *block, bool border);
void compile_step(struct compiler *c, const struct step *step);
void compile_body(struct compiler *c, const struct step *step); /* what stands in a step, without its next */
void compile_next(struct compiler *c, const struct name *next);
void compile_for(struct compiler *c, const struct loop *loop);
void compile_try(struct compiler *c, const struct try_step *attempt);
void compile_parallel(struct compiler *c, const struct parallel *parallel);
void compile_unit_body(struct compiler *c, const struct block *block);

#endif
