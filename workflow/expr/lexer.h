/*
 * lexer.h - an expression's text -> tokens (reference, 3.2).
 *
 * One token is looked at at a time. The first thing that is no token is reported, and from then on every
 * token is TOKEN_BAD, so a parser stops by itself.
 *
 * Private to workflow/expr. Text of tokens lives in the arena.
 */
#ifndef WORKFLOW_EXPR_LEXER_H
#define WORKFLOW_EXPR_LEXER_H

#include "workflow/expr/expr.h"

enum token_kind {
	TOKEN_END,
	TOKEN_BAD,    /* reported already */
	TOKEN_NUMBER, /* value */
	TOKEN_STRING, /* text, escapes read */
	TOKEN_WORD,   /* true, false, null: value */
	TOKEN_NAME,   /* text */
	TOKEN_OP,     /* op; `-` is OP_SUBTRACT */
	TOKEN_MARK,   /* one of ( ) [ ] { } , : . */
};

struct token {
	enum token_kind kind;
	size_t start, end;  /* bytes of the expression's text */
	struct value value; /* a scalar: nothing to free */
	struct slice text;
	enum expr_op op;
	char mark;
	bool is_minimum; /* 9223372036854775808, which only a minus in front makes a number */
};

struct lexer {
	struct arena *arena;            /* borrowed */
	const struct yaml_node *scalar; /* borrowed: where places come from */
	struct diags *diags;            /* borrowed */
	struct slice text;              /* the expression, within the scalar's text */
	size_t base;                    /* where it begins there */
	size_t position;
	size_t previous_end; /* of the token before */
	struct token token;  /* the one looked at */
};

void lexer_init(struct lexer *lexer, struct arena *arena, const struct yaml_node *scalar, struct slice text,
		struct diags *diags);
void lexer_next(struct lexer *lexer);
struct place lexer_place(const struct lexer *lexer, size_t start, size_t end);
/* The source of a token, for messages. */
struct slice lexer_source(const struct lexer *lexer, const struct token *token);

#endif
