/*
 * opt.h - command lines from one table: parsing, --help and the manual agree.
 *
 * Long options (--name VALUE, --name=VALUE), one-letter ones (-j4, -j 4), in any order with operands, `--`
 * ends them. A flag beats its environment variable, which beats the default. Unknown options get a hint.
 *
 * Depends on lib/mem, lib/text, lib/diag.
 */
#ifndef LIB_OPT_OPT_H
#define LIB_OPT_OPT_H

#include "lib/diag/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum opt_kind {
	OPT_FLAG,  /* present or not: opt_flag */
	OPT_TEXT,  /* last one wins: opt_text */
	OPT_MANY,  /* every one, in order: opt_many */
	OPT_COUNT, /* a whole number of at least 0: opt_number */
};

struct opt_option {
	const char *name; /* without dashes; NULL ends a table */
	char letter;      /* or 0 */
	enum opt_kind kind;
	const char *value;    /* name of the value in the help: "FILE" */
	const char *fallback; /* default as text, or NULL */
	const char *env;      /* environment variable, or NULL */
	const char *help;     /* one line */
};

struct opt_command {
	const char *name;                       /* "lexflow run" */
	const char *operands;                   /* "[FILE]"; more than its words are refused, unless it has "..." */
	const char *summary;                    /* one line */
	const char *example;                    /* shown first, may have several lines; or NULL */
	const struct opt_option *const *tables; /* NULL-terminated: a step's own table and the contract's */
	bool signed_operands; /* "-7", "-(x)" and "- x" are operands: no letter of an option follows the dash */
};

struct opts; /* opaque: what was given */

/* argv[0] is skipped. NULL with ERROR_INPUT. Borrows argv. */
struct opts *opt_parse(const struct opt_command *command, int argc, char **argv, struct error *err);
void opts_free(struct opts *opts);

bool opt_flag(const struct opts *opts, const char *name);
const char *opt_text(const struct opts *opts, const char *name);           /* or NULL */
const char *opt_many(const struct opts *opts, const char *name, size_t i); /* NULL past the last */
long opt_number(const struct opts *opts, const char *name);
bool opt_given(const struct opts *opts, const char *name); /* on the command line or in the environment */
size_t opt_operands(const struct opts *opts);
const char *opt_operand(const struct opts *opts, size_t i); /* NULL past the last */

void opt_help(const struct opt_command *command, FILE *out);
/* The i-th option of all tables, NULL past the last; one that an earlier table has already is left out. */
const struct opt_option *opt_at(const struct opt_command *command, size_t i);

#endif
