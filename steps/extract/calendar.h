/*
 * calendar.h - the words of dates: months, days of the week, counting words, English and French.
 *
 * The words are in calendar.def. Dates are those of the Gregorian calendar.
 *
 * Depends on words.h. No state.
 */
#ifndef STEPS_EXTRACT_CALENDAR_H
#define STEPS_EXTRACT_CALENDAR_H

#include "steps/extract/words.h"

int month_named(const struct word *word);   /* 1-12, or 0: three letters or more of a name, and "sept" */
int weekday_named(const struct word *word); /* 1-7, Monday first, or 0 */

/* "3rd", "1er", "2ème", "third", "twenty-first", "premier" at byte `at`: its number and where it ends; 0: none. */
int ordinal_at(struct slice text, size_t at, size_t *end);
/* Bytes of what makes an ordinal of figures before `at`: "st", "th", "er", "ème"; 0: nothing does. */
size_t ordinal_ending_at(struct slice text, size_t at);

bool is_day_of_month(int year, int month, int day); /* year 0: any, so February has 29 */
/* Of two figures: 1970 to 2069. */
int year_of_two_figures(int figures);

#endif
