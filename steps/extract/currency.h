/*
 * currency.h - the names and signs of currencies, beside a number.
 *
 * The table is currencies.def. A spelling counts only as a whole: "Rs" not in "barrels", "USD" not in "ausd".
 * Where several end at the same place the longest is meant: "US$" before "$".
 *
 * Depends on words.h. No state.
 */
#ifndef STEPS_EXTRACT_CURRENCY_H
#define STEPS_EXTRACT_CURRENCY_H

#include "steps/extract/words.h"

struct currency {
	const char *code;      /* ISO 4217, or "" when the words do not say which */
	const char *unit;      /* "dollar", "Swiss franc" */
	const char *spellings; /* between bars */
	const char *coins;
};

/* The currency written at byte `at`, and where it ends; NULL: none. */
const struct currency *currency_at(struct slice text, size_t at, size_t *end);
/* The currency that ends before byte `end`, and where it starts, not below `floor`. */
const struct currency *currency_before(struct slice text, size_t end, size_t floor, size_t *start);
/* The end of a word for hundredths at `at` ("cents", "centimes"), of this currency or, with NULL, of any that
 * says hundredths by itself; 0: none. */
size_t coin_at(const struct currency *currency, struct slice text, size_t at);
/* The first currency in the text that a code, a sign or a word names. */
const struct currency *currency_in(struct slice text);

#endif
