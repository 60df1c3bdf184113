/*
 * plan.h - a definition ready to run: flat operations, numbered variables, numbered jumps.
 *
 *	unit    a piece of code with variables of its own: a routine, a parallel branch or iteration
 *	slot    one variable of a unit; an operation names it by level (how many units outward) and number
 *	op      8 bytes; expressions work on a stack that the frame keeps behind its slots
 *
 * The stack is empty between two steps, so an error needs no unwinding inside a frame: the handler table
 * says where it goes on. All that counts at run time (loop counters, attempts, the caught error) lies in
 * hidden slots, which is why a frame is plain data.
 *
 * A plan never changes after plan_build and may be shared by any number of runs of one thread.
 * Depends on workflow/{syntax,stdlib,expr}, lib.
 */
#ifndef WORKFLOW_PLAN_PLAN_H
#define WORKFLOW_PLAN_PLAN_H

#include "lib/diag/diag.h"
#include "lib/value/value.h"
#include "workflow/stdlib/stdlib.h"
#include "workflow/syntax/definition.h"

#include <stdint.h>

struct catalog; /* workflow/connector/catalog.h */

/* What an operation does to the stack is written (before -- after). `arg`, `count` and `level` are its
 * operands. */
enum code {
	/* expressions */
	CODE_CONSTANT,     /* ( -- v )		constant `arg` */
	CODE_LOAD,         /* ( -- v )		slot `arg`, `level` units outward; KeyError when unassigned */
	CODE_UNARY,        /* ( a -- v )	operator `arg` */
	CODE_BINARY,       /* ( a b -- v )	operator `arg` */
	CODE_MEMBER,       /* ( m -- v )	constant `arg` is the key */
	CODE_INDEX,        /* ( c i -- v ) */
	CODE_LIST_NEW,     /* ( -- [] ) */
	CODE_LIST_PUSH,    /* ( list v -- list ) */
	CODE_MAP_NEW,      /* ( -- {} ) */
	CODE_MAP_PUT,      /* ( map key v -- map )  TypeError unless the key is a string */
	CODE_AND,          /* ( a -- a ) and jump to `arg` if a is false, else ( a -- ) */
	CODE_OR,           /* ( a -- a ) and jump to `arg` if a is true, else ( a -- ) */
	CODE_BOOL,         /* ( a -- a )	TypeError unless boolean: the right side of and, or */
	CODE_POP,          /* ( v -- ) */
	CODE_ARRANGE, /* ( v1 .. vn -- )	n = `count` <= PLAN_MAX_ARRANGED; constant `arg` says where each goes */
	CODE_CALL_LIBRARY, /* ( args -- v )	function `arg`: pure, or an observation; a step if `level` is 1 */
	CODE_CALL_ROUTINE, /* ( args -- v )	unit `arg`: pushes a frame; as above */
	CODE_EFFECT,       /* ( args -- v )	function `arg`: the strand waits for the answer */
	CODE_LOG,          /* ( args -- null )	function `arg` */

	/* variables */
	CODE_STORE,      /* ( v -- )		slot `arg`, `level` units outward */
	CODE_STORE_PATH, /* ( v k1 .. kn -- )	n = `count` keys into slot `arg` at `level` */
	CODE_APPEND_ITEM, /* ( v k1 .. kn -- )	the same place becomes list.concat(it, v), in place; a step */
	CODE_APPEND_TEXT, /* ( v k1 .. kn -- )	the same place becomes it + v, in place */
	CODE_CLEAR,       /* ( -- )		`count` slots from `arg` on are unassigned: their scope ends */

	/* control */
	CODE_STEP,        /* ( -- )		step `arg` begins; counts as `count` */
	CODE_COUNT,       /* ( -- )		`arg` steps more */
	CODE_JUMP,        /* ( -- )		to `arg` */
	CODE_JUMP_UNLESS, /* ( b -- )		to `arg` when false; TypeError unless boolean */
	CODE_RETURN,      /* ( v -- )		ends the frame, or the strand of a branch */
	CODE_RAISE,       /* ( v -- ) */
	CODE_RERAISE,     /* ( -- )		the error in hidden slots `arg`, `arg` + 1, with its first trace */
	CODE_FOR_LIST,    /* ( list -- )	begin loop `arg`; TypeError unless a list */
	CODE_FOR_RANGE,   /* ( list -- )	begin loop `arg`; a list of two numbers */
	CODE_FOR_NEXT,    /* ( -- )		next element of loop `arg`, or jump to its exit */
	CODE_TRY,         /* ( -- )		no attempt of handler `arg` has failed yet */
	CODE_RETRY, /* ( max initial ceiling factor -- )  handler `arg`: wait and try again, or go to `except`
		     */
	CODE_PARALLEL, /* ( [limit] [list] -- )  fork `arg`; goes on when all its strands have ended */
};

struct op {
	uint8_t code;
	uint8_t level;
	uint16_t count;
	int32_t arg;
};

enum { PLAN_MAX_ARRANGED = 16 };

enum unit_kind { UNIT_ROUTINE, UNIT_BRANCH, UNIT_ITERATION };

struct unit {
	enum unit_kind kind;
	struct slice name; /* routine or branch name */
	int routine;       /* the routine it belongs to (a unit number) */
	int entry;         /* first operation */
	int param_count;   /* its first slots */
	int slot_count;
	int stack_size;         /* deepest expression stack */
	struct name *variables; /* [slot_count]; text.ptr NULL for hidden slots */
	/* One of workflow/connector's, or a branch of it: it has no steps, its slots are hidden, and its frames are part
	 * of the user's step that called it: no level of calls, no line of a stack trace. */
	bool is_builtin;
};

struct plan_step {
	struct slice name;
	int unit;
	int routine;    /* unit number of the routine */
	int first, end; /* operations [first, end) are this step's */
	int parent;     /* step it stands in, or -1 */
	int loop;       /* innermost loop of the unit around it, or -1 */
	enum step_kind kind;
	struct place at;
	struct slice callee; /* STEP_CALL */
};

struct plan_loop {
	int parent; /* loop around it in the same unit, or -1 */
	bool is_range;
	int hidden;             /* slots: list or current number; counter; last number */
	int value, index;       /* slots; index -1: none */
	int body_from, body_to; /* slots of the body and of all in it: cleared for each iteration */
	int exit;
};

struct plan_handler { /* innermost first: the first whose range holds the operation catches */
	int unit;     /* only frames of this unit: a branch's code stands inside the range of its step */
	int from, to;
	int handler; /* where it goes on, error and trace in the hidden slots */
	int hidden;  /* slots: error, trace, attempts */
	int except;  /* where it goes on when no retry is left */
	int own_from, own_to; /* slots of the except body: cleared when an error is caught */
};

struct plan_fork {
	bool has_limit;
	bool is_loop, is_range;
	int value, index; /* slots of the iteration's unit; index -1: none */
	const int *units; /* branches, or the one unit of the iterations */
	int unit_count;
};

struct plan_call { /* a call step, also one without a name; what an expression or a connector calls is none */
	int op;
	const struct call *call; /* of the definition */
};

struct plan {
	struct definition *definition; /* owned */
	struct op *ops;
	struct place *places; /* [op_count]: what an error at this operation points at */
	int *step_of;         /* [op_count]: step number, or -1 */
	int op_count;
	struct value *constants;
	int constant_count;
	const struct stdlib_function **functions;
	int function_count;
	struct unit *units; /* routines first, in source order */
	int unit_count;
	int main; /* unit number */
	struct definition *builtin; /* owned: the connectors' routines, when a call needs them */
	int first_builtin;	    /* unit number of its first routine */
	struct slice *connectors;   /* names whose descriptors a run needs, each once; the array is owned */
	int connector_count;
	struct plan_step *steps;
	int step_count;
	struct plan_loop *loops;
	int loop_count;
	struct plan_handler *handlers;
	int handler_count;
	struct plan_fork *forks;
	int fork_count;
	struct plan_call *calls; /* by op */
	int call_count;
	size_t warning_count; /* in `diags`, when it was built */
};

/* Takes the definition over, also when it fails. NULL when `diags` got an error. */
struct plan *plan_build(struct definition *definition, struct diags *diags);
/* definition_read and plan_build. NULL when `diags` got an error. */
struct plan *plan_read(const char *file, struct slice source, struct diags *diags);
/* The same, with connector calls checked against the discovery documents of a catalog (NULL: none). */
struct plan *plan_read_with(const char *file, struct slice source, struct catalog *catalog, struct diags *diags);
void plan_free(struct plan *plan); /* NULL is fine */

/* The step "NAME" or "ROUTINE.NAME" (NAME alone: in main first, else anywhere), or -1. */
int plan_find_step(const struct plan *plan, const char *name);
/* "main.extract": appended. */
void plan_step_name(const struct plan *plan, int step, struct buf *out);
/* Write the operations as text, for `lexflow plan`. */
void plan_print(const struct plan *plan, FILE *out);

#endif
