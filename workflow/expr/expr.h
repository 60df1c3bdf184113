/*
 * expr.h - ${...}: text -> tree, and what the operators do. No I/O, no names resolved.
 *
 * Grammar, precedence and conversions: reference, section 3. The tree lives in the definition's arena;
 * the plan compiles it to operations and calls the operators below. Nesting is bounded, so neither
 * parsing nor compiling can recurse without end.
 *
 * Depends on lib/{mem,text,diag,value,yaml}. Pure; safe from any thread on separate values.
 */
#ifndef WORKFLOW_EXPR_EXPR_H
#define WORKFLOW_EXPR_EXPR_H

#include "lib/diag/diag.h"
#include "lib/mem/mem.h"
#include "lib/value/value.h"
#include "lib/yaml/yaml.h"

/*
 * EXPR_MAX_LENGTH is the documented limit (reference, section 10). EXPR_MAX_DEPTH bounds what nests (brackets,
 * arguments, signs), EXPR_MAX_HEIGHT the tree as a whole: a + a + a ... leans to the left without a bracket. No
 * expression of EXPR_MAX_LENGTH characters reaches it, and whoever walks a tree may recurse.
 */
enum { EXPR_MAX_DEPTH = 100, EXPR_MAX_LENGTH = 400, EXPR_MAX_HEIGHT = 1000 };

enum expr_kind {
	EXPR_LITERAL, /* value */
	EXPR_NAME,    /* name: a variable, or the first word of a dotted function name */
	EXPR_MEMBER,  /* left.name */
	EXPR_INDEX,   /* left[right] */
	EXPR_CALL,    /* left(items...): left is a NAME or MEMBERs of a NAME */
	EXPR_UNARY,   /* op left */
	EXPR_BINARY,  /* left op right */
	EXPR_LIST,    /* items */
	EXPR_MAP,     /* keys, items */
};

enum expr_op {
	OP_NOT,
	OP_NEGATE,
	OP_MULTIPLY,
	OP_DIVIDE,
	OP_FLOOR_DIVIDE,
	OP_REMAINDER,
	OP_ADD,
	OP_SUBTRACT,
	OP_LESS,
	OP_LESS_EQUAL,
	OP_GREATER,
	OP_GREATER_EQUAL,
	OP_EQUAL,
	OP_NOT_EQUAL,
	OP_IN,
	OP_AND, /* short-circuit: compiled to jumps, never passed to expr_binary */
	OP_OR,
};

struct expr {
	enum expr_kind kind;
	enum expr_op op;
	struct place at; /* of the token that names the construct: the name, the operator, the literal */
	struct value value; /* LITERAL; a string literal's block is owned by the tree: see expr_release */
	struct slice name;  /* NAME, MEMBER */
	struct expr *left, *right;
	struct expr **items; /* CALL arguments, LIST, MAP values */
	struct slice *keys;  /* MAP */
	size_t count;
	int height; /* levels of the tree, this one included: 1 to EXPR_MAX_HEIGHT */
};

/* Is this scalar an expression: the whole trimmed text is ${...}, or it begins with "${" that nothing closes
 * (then expr_parse says so)? Plain text otherwise; "${a} and more" is plain text too (reference, 1.6). */
bool expr_is(const struct yaml_node *scalar);

/* The expression of a scalar for which expr_is holds, or NULL with errors in `diags`
 * (codes: expression-syntax, expression-empty, expression-length, expression-unclosed). */
struct expr *expr_parse(struct arena *arena, const struct yaml_node *scalar, struct diags *diags);

/* The same without ${}: the left side of an assignment (m.k["x"][i]), `lexflow eval`. `skip` bytes of the
 * scalar are not part of it. */
struct expr *expr_parse_bare(struct arena *arena, const struct yaml_node *scalar, size_t skip, struct diags *diags);

/* Drop the literals' values; the arena holds the rest. */
void expr_release(struct expr *tree);

/* The dotted name of a callee or reference ("text.split"), or an empty slice if the tree is something else.
 * Made in the arena. */
struct slice expr_dotted(struct arena *arena, const struct expr *tree);

/* Write the tree back as source, fully parenthesised where precedence needs it (parse, print, parse gives
 * the same tree). */
void expr_print(struct buf *out, const struct expr *tree);

/* The operators. Operands are lent; 0 and *out (owned by the caller), or -1 and *raised. */
int expr_unary(enum expr_op op, struct value operand, struct value *out, struct value *raised);
int expr_binary(enum expr_op op, struct value left, struct value right, struct value *out, struct value *raised);
int expr_member(struct value container, struct slice name, struct value *out, struct value *raised); /* m.name */
int expr_index(struct value container, struct value index, struct value *out, struct value *raised); /* c[i] */

const char *expr_op_name(enum expr_op op); /* "+", "not" ... */

/* What string() and the joining + make of a string, number or bool: appended. False for other kinds. */
bool expr_text(struct buf *out, struct value v);

/* Is it nested deeper than EXPR_MAX_VALUE_DEPTH? Looks no deeper than that. */
enum { EXPR_MAX_VALUE_DEPTH = 500 };
bool expr_is_too_deep(struct value v);

#endif
