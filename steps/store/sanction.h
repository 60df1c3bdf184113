/*
 * sanction.h - what a decision costs, in one line: "USD 140,000 civil penalty".
 *
 * A decision names many amounts. What was imposed or agreed counts first; only where there is nothing
 * of that, what is proposed, and then what is sought (and the line says so). Maxima, credits and
 * suspended parts are never counted. Amounts are added up for each currency; the kind with the largest
 * share names the sum. The words are those of the annotation guideline: kinds (civil_penalty,
 * disgorgement …) and status (imposed, agreed, sought, maximum, proposed, credited, suspended).
 *
 * Sums are exact: decimal figures in steps of 1/10,000, which holds amounts up to 900 trillion.
 *
 * Depends on lib/value, lib/text.
 */
#ifndef STEPS_STORE_SANCTION_H
#define STEPS_STORE_SANCTION_H

#include "lib/text/text.h"
#include "lib/value/value.h"

#include <stdbool.h>

struct sanction {
	bool is_known;      /* false: everything else is empty */
	char currency[4];   /* ISO 4217, of the largest sum */
	double amount;      /* that sum */
	struct buf summary; /* all sums, largest first */
};

/* `money`: a list of {"kind", "amount", "currency", "status", "party"}, or NULL. Lent for the call. */
void sanction_init(struct sanction *sanction, const struct value *money);
void sanction_release(struct sanction *sanction);

/* A decimal text ("140000", "1234.56") in 1/10,000. False when it is not one, or too large. */
bool sanction_parse_amount(struct slice text, int64_t *amount);
/* "1,234.56": thousands set off, decimals (at least two) only where there are any. */
void sanction_format_amount(struct buf *out, int64_t amount);

#endif
