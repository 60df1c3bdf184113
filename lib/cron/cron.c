/* cron.c - the fields as sets of bits; the next moment found by walking: days, then hours, then minutes. */
#include "lib/cron/cron.h"

#include "lib/load/icu.h"
#include "lib/mem/mem.h"

#include <ctype.h>
#include <string.h>

enum field { MINUTE, HOUR, DAY, MONTH, WEEKDAY, FIELDS };

struct cron {
	uint64_t sets[FIELDS];
	bool is_any[FIELDS]; /* the field begins with "*" */
	UCalendar *calendar;
};

static const struct {
	const char *name;
	int min, max;
	const char *names; /* of three letters each, from the least on; or NULL */
} fields[FIELDS] = {
	[MINUTE] = {"minute", 0, 59, NULL},
	[HOUR] = {"hour", 0, 23, NULL},
	[DAY] = {"day of the month", 1, 31, NULL},
	[MONTH] = {"month", 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"},
	[WEEKDAY] = {"day of the week", 0, 7, "SUNMONTUEWEDTHUFRISAT"},
};

/* ---- reading */

static int refuse(enum field field, struct slice text, const char *what, struct error *err)
{
	return error_set(err, ERROR_INPUT, "%s \"%.*s\": %s", fields[field].name, (int)(text.len < 60 ? text.len : 60),
			 text.ptr ? text.ptr : "", what);
}

static int read_name(enum field field, struct slice text)
{
	const char *names = fields[field].names;

	for (int i = 0; names && text.len == 3 && names[i * 3]; i++) {
		if (toupper((unsigned char)text.ptr[0]) == names[i * 3] &&
		    toupper((unsigned char)text.ptr[1]) == names[i * 3 + 1] &&
		    toupper((unsigned char)text.ptr[2]) == names[i * 3 + 2])
			return fields[field].min + i;
	}
	return -1;
}

/* -1: no number, and no name of one. */
static int read_number(enum field field, struct slice text)
{
	int number = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (!isdigit((unsigned char)text.ptr[i]) || text.len > 3)
			return read_name(field, text);
		number = number * 10 + (text.ptr[i] - '0');
	}
	return text.len ? number : -1;
}

/* A number, a range or "*". */
static int read_range(enum field field, struct slice text, int *first, int *last, struct error *err)
{
	size_t dash = slice_find(text, SLICE("-"), 0);

	*first = fields[field].min;
	*last = fields[field].max;
	if (slice_is(text, "*"))
		return 0;
	*first = read_number(field, slice_sub(text, 0, dash));
	*last = dash == SIZE_MAX ? *first : read_number(field, slice_sub(text, dash + 1, text.len));
	if (*first < fields[field].min || *last > fields[field].max || *last < *first) {
		refuse(field, text, "no number or range that it can have", err);
		error_hint(err, "%d to %d%s", fields[field].min, fields[field].max,
			   fields[field].names ? ", or the first three letters of a name" : "");
		return -1;
	}
	return 0;
}

static int read_part(enum field field, struct slice part, uint64_t *set, struct error *err)
{
	size_t slash = slice_find(part, SLICE("/"), 0);
	int first, last, step = 1;

	if (read_range(field, slice_sub(part, 0, slash), &first, &last, err) < 0)
		return -1;
	if (slash != SIZE_MAX) {
		step = read_number(field, slice_sub(part, slash + 1, part.len));
		if (step < 1)
			return refuse(field, part, "the step is no number of at least 1", err);
		if (first == last) /* "5/10" goes on to the end */
			last = fields[field].max;
	}
	for (int i = first; i <= last; i += step)
		*set |= (uint64_t)1 << (field == WEEKDAY && i == 7 ? 0 : i);
	return 0;
}

static int read_field(struct cron *cron, enum field field, struct slice text, struct error *err)
{
	cron->is_any[field] = text.len && text.ptr[0] == '*';
	for (size_t at = 0; at <= text.len;) {
		size_t comma = slice_find(text, SLICE(","), at);
		size_t end = comma == SIZE_MAX ? text.len : comma;

		if (read_part(field, slice_sub(text, at, end), &cron->sets[field], err) < 0)
			return -1;
		at = end + 1;
	}
	return 0;
}

static int read_fields(struct cron *cron, struct slice text, struct error *err)
{
	size_t at = 0;

	for (enum field field = MINUTE; field < FIELDS; field++) {
		size_t start;

		while (at < text.len && isspace((unsigned char)text.ptr[at]))
			at++;
		start = at;
		while (at < text.len && !isspace((unsigned char)text.ptr[at]))
			at++;
		if (start == at) {
			error_set(err, ERROR_INPUT, "\"%.*s\" has no %s", (int)(text.len < 80 ? text.len : 80),
				  text.ptr ? text.ptr : "", fields[field].name);
			error_hint(err, "five fields: minute, hour, day of the month, month, day of the week: '0 5 * * 1-5'");
			return -1;
		}
		if (read_field(cron, field, slice_sub(text, start, at), err) < 0)
			return -1;
	}
	if (slice_trim(slice_sub(text, at, text.len)).len)
		return error_set(err, ERROR_INPUT, "\"%.*s\" has more than five fields", (int)(text.len < 80 ? text.len : 80),
				 text.ptr);
	return 0;
}

static UCalendar *open_calendar(struct slice zone, struct error *err)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar name[128], canonical[128];
	UBool is_known = 0;
	UCalendar *calendar;
	int32_t len = 0;

	if (!zone.len)
		zone = SLICE("UTC");
	u_strFromUTF8(name, 128, &len, zone.ptr, (int32_t)(zone.len < 127 ? zone.len : 127), &status);
	ucal_getCanonicalTimeZoneID(name, len, canonical, 128, &is_known, &status);
	if (U_FAILURE(status) || !is_known || zone.len > 127) {
		error_set(err, ERROR_INPUT, "no time zone \"%.*s\"", (int)(zone.len < 80 ? zone.len : 80), zone.ptr);
		error_hint(err, "names of the tz database: Europe/Paris, America/New_York, Etc/UTC");
		return NULL;
	}
	calendar = ucal_open(name, len, "en_US", UCAL_GREGORIAN, &status);
	if (U_FAILURE(status))
		error_set(err, ERROR_IO, "no calendar for %.*s: ICU error %d", SLICE_ARG(zone), (int)status);
	return U_FAILURE(status) ? NULL : calendar;
}

struct cron *cron_new(struct slice expression, struct slice zone, struct error *err)
{
	struct cron *cron = mem_new(sizeof(*cron));

	if (read_fields(cron, expression, err) == 0)
		cron->calendar = open_calendar(zone, err);
	if (cron->calendar)
		return cron;
	cron_free(cron);
	return NULL;
}

void cron_free(struct cron *cron)
{
	if (cron && cron->calendar)
		ucal_close(cron->calendar);
	mem_free(cron);
}

/* ---- finding */

struct local {
	int minute, hour, day, month, weekday;
};

static const int64_t minute_us = 60 * 1000000LL;

static struct local local_at(struct cron *cron, int64_t us)
{
	UErrorCode status = U_ZERO_ERROR;
	UCalendar *c = cron->calendar;

	ucal_setMillis(c, (double)(us / 1000), &status);
	return (struct local){.minute = ucal_get(c, UCAL_MINUTE, &status),
			      .hour = ucal_get(c, UCAL_HOUR_OF_DAY, &status),
			      .day = ucal_get(c, UCAL_DATE, &status),
			      .month = ucal_get(c, UCAL_MONTH, &status) + 1,
			      .weekday = ucal_get(c, UCAL_DAY_OF_WEEK, &status) - 1};
}

static bool has(const struct cron *cron, enum field field, int number)
{
	return cron->sets[field] >> number & 1;
}

static bool is_day(const struct cron *cron, const struct local *l)
{
	bool day = has(cron, DAY, l->day), weekday = has(cron, WEEKDAY, l->weekday);

	if (!has(cron, MONTH, l->month))
		return false;
	return cron->is_any[DAY] || cron->is_any[WEEKDAY] ? day && weekday : day || weekday;
}

/* The clock showed this minute of this day before: it was set back since, by at most two hours. */
static bool is_second_time(struct cron *cron, int64_t us, const struct local *l)
{
	for (int64_t back = 30; back <= 120; back += 30) {
		struct local then = local_at(cron, us - back * minute_us);

		if (then.minute == l->minute && then.hour == l->hour && then.day == l->day)
			return true;
	}
	return false;
}

/* The first minute of the next day; a day may have 23 or 25 hours. */
static int64_t next_day(struct cron *cron, int64_t us, const struct local *l)
{
	int64_t next = us + (24 * 60 - l->hour * 60 - l->minute) * minute_us;
	struct local there = local_at(cron, next);

	if (there.day == l->day) /* 25 hours: there is more of it */
		return next;
	while (there.hour * 60 + there.minute > 0 && local_at(cron, next - minute_us * 30).day == there.day) {
		next -= minute_us * 30;
		there = local_at(cron, next);
	}
	return next;
}

int64_t cron_next(struct cron *cron, int64_t after_us)
{
	int64_t us = (after_us / minute_us + 1) * minute_us;
	int64_t last_us = us + 28LL * 366 * 24 * 60 * minute_us;

	while (us < last_us) {
		struct local l = local_at(cron, us);

		if (!is_day(cron, &l))
			us = next_day(cron, us, &l);
		else if (!has(cron, HOUR, l.hour))
			us += (60 - l.minute) * minute_us;
		else if (!has(cron, MINUTE, l.minute) || (!cron->is_any[HOUR] && is_second_time(cron, us, &l)))
			us += minute_us;
		else
			return us;
	}
	return 0;
}
