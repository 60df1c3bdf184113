/*
 * sections.h - a list of provisions -> one provision each, in full.
 *
 *   78m(b)(2)(A), 78m(b)(5), and 78ff(a)   78m(b)(2)(A) | 78m(b)(5) | 78ff(a)
 *   6b(a)(1)(A) and (C)                    6b(a)(1)(A) | 6b(a)(1)(C)
 *   6b(a)(2)(A)-(C)                        one provision: a range stays as it is written
 *   5(1)(f) and 32(1) and (2)              5(1)(f) | 32(1) | 32(2)
 *   L. 8221-1, L. 8221-3 et 696-15         L.8221-1 | L.8221-3 | 696-15
 *
 * A bracket that stands alone takes the place of the last bracket of its own kind (capital, small letter,
 * roman figure, figure) in the provision before it. Depends on parts.h. No state.
 */
#ifndef STEPS_EXTRACT_SECTIONS_H
#define STEPS_EXTRACT_SECTIONS_H

#include "steps/extract/parts.h"

void sections_split(struct slice text, struct parts *parts);

#endif
