/*
 * money.h - a sum as documents write it -> a decimal string and an ISO 4217 code.
 *
 * "$1,234,567.89", "US$ 45.372 million", "£25,000", "EUR 3.5m", "1 500 000 €", "2 millions d'euros", "one
 * hundred thousand dollars ($100,000)", "250,000 dollars". Figures win over words. The amount is exact:
 * digits are moved, nothing is computed in floating point.
 *
 * Depends on numbers.h, lib/text. No state.
 */
#ifndef STEPS_EXTRACT_MONEY_H
#define STEPS_EXTRACT_MONEY_H

#include "lib/text/text.h"

/* "45372000", "1234567.89": no separators, no trailing zeros after the point. False: no amount here. */
bool money_amount(struct slice text, struct buf *out);
/* "USD"; false when neither sign nor word nor code says which. A bare $ is USD. */
bool money_currency(struct slice text, struct buf *out);

#endif
