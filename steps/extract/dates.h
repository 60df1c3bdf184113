/*
 * dates.h - dates as documents write them.
 *
 * English (July 24, 2020; 24 July 2020; JUL 24 , 2020; 16th day of January, 2015; the third of March), French
 * (1er mars 2021; 15 Février 2022), figures (2020-07-24; 7/24/20 by the order asked for). OCR's stray blanks,
 * dots and commas between the parts are passed over. A two-figure year is 1970 to 2069. Days that do not exist
 * are no dates. What has no day or no year is a date as far as it goes.
 *
 * Depends on calendar.h. No state, no allocation; time is linear in the text.
 */
#ifndef STEPS_EXTRACT_DATES_H
#define STEPS_EXTRACT_DATES_H

#include "steps/extract/words.h"

enum date_order { DATE_MONTH_FIRST, DATE_DAY_FIRST }; /* of dates in figures alone */

struct date {
	int year, month, day; /* 0: not said */
	size_t start, end;    /* bytes of the text */
};

/* The first date that begins at `from` or later, in a text of that language (French: the day first). */
bool date_next(struct slice text, size_t from, enum tongue tongue, struct date *date);
/* ISO 8601: "2020-07-24", "2014-10"; without a year as in its part 2, "XXXX-03-15". */
void date_write(struct date date, struct buf *out);

/* Of words that are known to be about one date: the first whole date, as YYYY-MM-DD; false (and nothing
 * appended) without one. More forgiving than date_next about what stands between the parts. */
bool date_normalise(struct slice text, enum date_order order, struct buf *out);

#endif
