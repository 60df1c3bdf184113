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
};

/* Names that are known here. A function scope, or one that a loop body, branch, iteration or except body
 * opens (reference, 2.1). */
struct scope {
	struct scope *parent;
	struct symbol *symbols;
	size_t count, capacity;
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
		handler_capacity, fork_capacity;
	int unit;        /* being compiled */
	int depth;       /* of the expression stack here */
	int step;        /* innermost named step, or -1 */
	int loop;        /* innermost loop of the unit, or -1 */
	struct place at; /* of the construct being compiled */
	struct scope *scope;
	struct labels *labels;
	struct loop_exits *exits;
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
};
bool scope_find(const struct compiler *c, struct slice name, struct variable *found);
struct symbol *scope_add(struct compiler *c, struct scope *scope, struct name name);
/* Declare what a list of steps assigns directly in this scope and what no scope around it knows. */
void scope_declare_block(struct compiler *c, struct scope *scope, const struct block *block);
void scope_release(struct scope *scope);
/* The variable that an assignment to `name` writes; false (and a diagnostic) when it may not. */
bool scope_writable(struct compiler *c, struct name name, struct variable *found);
/* A known name near this one, for a hint; empty slice if none. */
struct slice scope_nearest(const struct compiler *c, struct slice name);

/* ---- expression.c */
void compile_expr(struct compiler *c, const struct expr *expr); /* ( -- v ) */
void compile_tree(struct compiler *c, const struct tree *tree); /* ( -- v ) */
/* Is this tree a constant? Then *out is its value, owned by the caller. */
bool fold_tree(const struct tree *tree, struct value *out);

/* ---- call.c */
void compile_expr_call(struct compiler *c, const struct expr *expr); /* ( -- v ) */
void compile_call_step(struct compiler *c, const struct call *call); /* ( -- v ) */
/* A predicate or policy name: emits ( error -- bool ). */
void compile_predicate(struct compiler *c, const struct expr *name);
void compile_predicate_named(struct compiler *c, const char *library_name);
int find_routine(const struct compiler *c, struct slice name); /* unit number, or -1 */

/* ---- compile.c, control.c */
void compile_block(struct compiler *c, const struct block *block, bool border);
void compile_step(struct compiler *c, const struct step *step);
void compile_body(struct compiler *c, const struct step *step); /* what stands in a step, without its next */
void compile_next(struct compiler *c, const struct name *next);
void compile_for(struct compiler *c, const struct loop *loop);
void compile_try(struct compiler *c, const struct try_step *attempt);
void compile_parallel(struct compiler *c, const struct parallel *parallel);
void compile_unit_body(struct compiler *c, const struct block *block);

#endif
