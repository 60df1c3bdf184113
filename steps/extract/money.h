/*
 * money.h - sums of money: where they stand, how much, in which currency.
 *
 * "$1,234,567.89", "US$ 45.372 million", "1 234 567,89 euros", "2 millions d'euros", "one hundred thousand
 * dollars ($100,000)", "20 dollars and 43 cents", "between 10 and 20 dollars", "no more than 7 euros". The
 * amount is exact (decimal.h). A sum said twice in brackets is one sum.
 *
 * Depends on numbers.h, currency.h. No state, no allocation; time is linear in the text.
 */
#ifndef STEPS_EXTRACT_MONEY_H
#define STEPS_EXTRACT_MONEY_H

#include "steps/extract/currency.h"
#include "steps/extract/decimal.h"

enum money_bound {
	MONEY_EXACT,
	MONEY_UNDER,   /* less than, no more than, up to */
	MONEY_ABOVE,   /* more than, at least */
	MONEY_BETWEEN, /* `amount` to `to` */
};

struct money {
	size_t start, end; /* bytes of the text; a bound's words are within */
	struct decimal amount;
	struct decimal to;               /* of MONEY_BETWEEN */
	const struct currency *currency; /* NULL: hundredths of something ("ten cents") */
	enum money_bound bound;
};

/* The first sum that begins at `from` or later. */
bool money_next(struct slice text, size_t from, enum tongue tongue, struct money *money);

/* Of words that are known to be about one sum: its amount as "45372000" or "1234567.89". Figures win over
 * words; a currency need not stand there. False: no amount here. */
bool money_amount(struct slice text, struct buf *out);
/* "USD"; false when neither sign nor word nor code says which. A bare $ is USD. */
bool money_currency(struct slice text, struct buf *out);

#endif
