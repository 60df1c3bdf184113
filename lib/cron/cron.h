/*
 * cron.h - times that recur: "0 5 * * 1-5" in a time zone.
 *
 * Five fields, as crontab(5) and Cloud Scheduler have them: minute 0-59, hour 0-23, day of the month 1-31, month 1-12 or
 * JAN-DEC, day of the week 0-7 (0 and 7 are Sunday) or SUN-SAT. A field is a list of numbers, ranges and "*", each with
 * a step: "1,15", "8-18/2", "*\/5". When both days are restricted, either will do.
 *
 * Daylight saving: a time of day that does not exist on a day is left out on that day; one that comes twice counts the
 * first time, unless the hour is "*" (then every minute that matches counts).
 *
 * Depends on lib/text, lib/diag, ICU (lib/load). A cron has one owner.
 */
#ifndef LIB_CRON_CRON_H
#define LIB_CRON_CRON_H

#include "lib/diag/error.h"
#include "lib/text/text.h"

#include <stdbool.h>
#include <stdint.h>

struct cron; /* opaque */

/* NULL with ERROR_INPUT: which field, what is wrong with it; or no such time zone ("Europe/Paris"; "" is UTC). */
struct cron *cron_new(struct slice expression, struct slice zone, struct error *err);
void cron_free(struct cron *cron); /* NULL is fine */

/* The first moment after `after_us` (wall clock, microseconds since 1970) at which it is due, on the minute; 0 when there
 * is none within 28 years ("0 0 30 2 *"). */
int64_t cron_next(struct cron *cron, int64_t after_us);

#endif
