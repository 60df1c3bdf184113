/*
 * figures.h - a number in figures, as documents of both customs write it.
 *
 * "1,234,567.89", "1 234 567,89", "1.500.000", "1'000'000", ".77"; and what OCR makes of it: "$302, 977",
 * "$2,4 53,077,327". Whether '.' and ',' are points or separators follows from the language where it is
 * known, and otherwise from what stands around them.
 *
 * Depends on decimal.h, words.h. No state.
 */
#ifndef STEPS_EXTRACT_FIGURES_H
#define STEPS_EXTRACT_FIGURES_H

#include "steps/extract/decimal.h"
#include "steps/extract/words.h"

enum { FIGURES_MAX_DIGITS = 24 };

struct figures {
	struct decimal value;
	int digits; /* how many were written */
	size_t end; /* byte after the last */
};

/* The figures that begin at byte `at`: a digit, or a point with a digit behind it. False: none, or more than
 * a decimal holds. */
bool figures_at(struct slice text, size_t at, enum tongue tongue, struct figures *figures);

#endif
