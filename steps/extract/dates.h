/*
 * dates.h - a date as documents write it -> ISO 8601.
 *
 * English (July 24, 2020; 24 July 2020; JUL 24 , 2020; 16th day of January, 2015), French (1er mars 2021;
 * 15 Février 2022), figures (2020-07-24; 7/24/20 by the order asked for). OCR's stray blanks, dots and commas
 * between the parts are passed over. A two-figure year is 1970 to 2069.
 *
 * Depends on lib/text. No state.
 */
#ifndef STEPS_EXTRACT_DATES_H
#define STEPS_EXTRACT_DATES_H

#include "lib/text/text.h"

enum date_order { DATE_MONTH_FIRST, DATE_DAY_FIRST }; /* of dates in figures alone */

/* The first date in `text`, appended to `out` as YYYY-MM-DD; false (and nothing appended) without one.
 * Days that do not exist are no dates. */
bool date_normalise(struct slice text, enum date_order order, struct buf *out);

#endif
