/*
 * numbers.h - numbers in figures and in words, English and French.
 *
 * "two million five hundred thousand" is 2500000, "quatre-vingt-dix mille" 90000, "1,2M" 1200000, "two point
 * two million" 2200000, "2 dozen" 24, "1/5" 0.2; "forty-five (45)" is one number said twice. The words are in
 * numbers.def. French has the long scale (milliard is 10^9, billion 10^12).
 *
 * Depends on decimal.h, figures.h, words.h. No state, no allocation; time is linear in the text.
 */
#ifndef STEPS_EXTRACT_NUMBERS_H
#define STEPS_EXTRACT_NUMBERS_H

#include "steps/extract/decimal.h"
#include "steps/extract/words.h"

#include <stdint.h>

struct number {
	struct decimal value;
	size_t start, end; /* bytes of the text */
	bool words;        /* begins in letters */
};

/* The number that begins at byte `at`, in figures with their scale ("3.5 million") or in words. */
bool number_at(struct slice text, size_t at, enum tongue tongue, struct number *number);

/* The first number that begins at `from` or later and stands for itself: not the "5" of "25th" or "10b-5". */
bool number_next(struct slice text, size_t from, enum tongue tongue, struct number *number);

/* The number that the words at the start of `text` say, and how many bytes they take (0: none do).
 * Words that make no number end it; overflow beyond 64 bits too. */
uint64_t number_words(struct slice text, size_t *used);

/* True when a number in words or figures may begin at `at`: a digit or a letter, none of either before it. */
bool number_may_begin(struct slice text, size_t at);

#endif
