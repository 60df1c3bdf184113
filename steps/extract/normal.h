/*
 * normal.h - the normalisers a rule can name: words of a document -> the value a record carries.
 *
 *   amount      decimal string             currency    ISO 4217 code
 *   date        ISO 8601, 7/4/20 is July   date_dmy    ISO 8601, 7/4/20 is April
 *   date_part   a date as far as it goes: 2014-10, 2014        number   25, "twenty-five" -> 25
 *   duration    ISO 8601: "three years" -> P3Y, "36-month" -> P36M
 *   name        a name, tidied             party_kind  "entity" or "person"
 *   squeeze     without blanks             text        blanks made single
 *   capitals    "NEW YORK" -> "New York", words that have small letters as they are
 *   upper lower digits                     else VALUE  what stands for nothing
 *   replace A B every A becomes B; ^A only at the start
 *   lookup T    the value of table T whose pattern comes first
 *   rewrite T   whatever a pattern of table T matches becomes that entry's value
 *
 * and two that make several values of one text, for `each`: names, sections.
 *
 * Depends on dates.h, money.h, names.h, sections.h. No state.
 */
#ifndef STEPS_EXTRACT_NORMAL_H
#define STEPS_EXTRACT_NORMAL_H

#include "steps/extract/parts.h"

struct normaliser {
	const char *name;
	/* Appends to an empty `out`; false: the text has no such value. NULL for what needs a table of the
	 * model: `lookup`, `rewrite`. */
	bool (*apply)(struct slice text, struct slice argument, struct buf *out);
	void (*split)(struct slice text, struct parts *parts); /* set: makes several values instead */
	bool has_argument;
	bool has_table; /* the argument names a table */
};

const struct normaliser *normaliser_find(struct slice name); /* or NULL */
/* All names, for messages: "amount, currency, ...". */
const char *normaliser_names(void);

#endif
