/*
 * numbers.h - numbers written in words, English and French.
 *
 * "two million five hundred thousand" is 2500000, "quatre-vingt-dix mille" is 90000. Long scale of French
 * (milliard is 10^9). Depends on lib/text. No state.
 */
#ifndef STEPS_EXTRACT_NUMBERS_H
#define STEPS_EXTRACT_NUMBERS_H

#include "lib/text/text.h"

#include <stdint.h>

/* The number that the words at the start of `text` say, and how many bytes they take (0: none do).
 * Words that make no number end it; overflow beyond 10^15 too. */
uint64_t number_words(struct slice text, size_t *used);

/* Ten to which power a scale word multiplies: thousand 3, million 6, billion and milliard 9, "k" 3, "m" and
 * "mn" 6, "bn" 9; -1 if it is none. */
int number_scale(struct slice word);

#endif
