/*
 * decimal.h - exact decimals: what a document writes is what a record carries.
 *
 * A value is units / 10^places. Every operation is exact or refused: nothing is rounded, nothing computed in
 * floating point. The range is 64 bits of units.
 *
 * Depends on lib/text. No state.
 */
#ifndef STEPS_EXTRACT_DECIMAL_H
#define STEPS_EXTRACT_DECIMAL_H

#include "lib/text/text.h"

struct decimal {
	uint64_t units;
	int places; /* 0 to 18 */
	bool negative;
};

enum { DECIMAL_MAX_PLACES = 18 };

/* Each is false, and leaves *value as it was, when the result does not fit. */
bool decimal_shift(struct decimal *value, int power); /* times 10^power, power >= 0 */
bool decimal_multiply(struct decimal *value, uint64_t factor);
bool decimal_add(struct decimal *value, struct decimal other); /* signs are not looked at: magnitudes */
/* whole / parts, when that ends: 1/5 is 0.2, 1/3 is refused. */
bool decimal_divide(struct decimal *value, uint64_t parts);

int decimal_compare(struct decimal a, struct decimal b); /* of magnitudes: -1, 0, 1 */
/* "-1200000", "3.14": no separators, no zeros at the end of the fraction. */
void decimal_write(struct decimal value, struct buf *out);

#endif
