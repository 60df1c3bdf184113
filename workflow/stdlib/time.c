/*
 * time.c - time.* (reference, 5.10).
 *
 * Zones are ICU's; the calendar is the C library's (proleptic Gregorian, as RFC 3339 wants), between the
 * years 0 and 9999 that a timestamp can name.
 */
#include "workflow/stdlib/stdlib_private.h"

#include "lib/load/icu.h"
#include "lib/mem/mem.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

static const int64_t first_second = -62167219200; /* 0000-01-01T00:00:00Z */
static const int64_t last_second = 253402300799;  /* 9999-12-31T23:59:59Z */

/* ---- formatting */

/* Does ICU know it as a zone of the database? It takes anything else for UTC. */
static bool zone_exists(const UChar *zone, int32_t len)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar canonical[128];
	UBool is_system = 0;

	ucal_getCanonicalTimeZoneID(zone, len, canonical, 128, &is_system, &status);
	return U_SUCCESS(status) && is_system;
}

/* Seconds east of UTC at that moment; false for an unknown zone. */
static bool zone_offset(struct slice name, int64_t seconds, int32_t *offset)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar zone[128];
	int32_t len = 0;
	UCalendar *calendar;

	u_strFromUTF8(zone, 128, &len, name.ptr, (int32_t)(name.len < 127 ? name.len : 127), &status);
	if (U_FAILURE(status) || name.len > 127 || !zone_exists(zone, len))
		return false;
	calendar = ucal_open(zone, len, "en_US", UCAL_GREGORIAN, &status);
	if (U_FAILURE(status))
		return false;
	ucal_setMillis(calendar, (double)seconds * 1000, &status);
	*offset = (ucal_get(calendar, UCAL_ZONE_OFFSET, &status) +
		   ucal_get(calendar, UCAL_DST_OFFSET, &status)) /
		  1000;
	ucal_close(calendar);
	return U_SUCCESS(status);
}

/* Whole seconds and microseconds, rounded; false beyond what a timestamp can name. */
static bool split_seconds(struct value seconds, int64_t *whole, int *micros)
{
	double number = value_number(seconds);
	double floor_second;

	if (!(number >= (double)first_second && number <= (double)last_second + 1))
		return false;
	floor_second = floor(number);
	*whole = seconds.kind == VALUE_INT ? seconds.as.integer : (int64_t)floor_second;
	*micros = seconds.kind == VALUE_INT ? 0 : (int)lround((number - floor_second) * 1e6);
	if (*micros == 1000000) {
		*micros = 0;
		(*whole)++;
	}
	return *whole >= first_second && *whole <= last_second;
}

static int write_time(int64_t seconds, int micros, int32_t offset, struct value *out, struct value *raised)
{
	time_t local = (time_t)(seconds + offset);
	int minutes = (offset < 0 ? -offset : offset) / 60;
	struct tm tm;
	char zone[16] = "Z";

	if (!gmtime_r(&local, &tm) || tm.tm_year < -1900 || tm.tm_year > 8099)
		return raise_error(raised, "ValueError", "time.format: the year is outside 0000 to 9999");
	if (offset)
		snprintf(zone, sizeof(zone), "%c%02d:%02d", offset < 0 ? '-' : '+', minutes / 60 % 100,
			 minutes % 60);
	*out = value_stringf("%04d-%02d-%02dT%02d:%02d:%02d.%06d%s", tm.tm_year + 1900, tm.tm_mon + 1,
			     tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, micros, zone);
	return 0;
}

static int format(const struct stdlib_context *context, const struct value *args, struct value *out,
		  struct value *raised)
{
	struct slice zone = value_text(args[1]);
	int32_t offset = 0;
	int64_t seconds;
	int micros;

	(void)context;
	if (want_number(args[0], "time.format", "seconds", raised) < 0)
		return -1;
	if (!value_is_null(args[1]) && want_string(args[1], "time.format", "timezone", raised) < 0)
		return -1;
	if (!split_seconds(args[0], &seconds, &micros))
		return raise_error(raised, "ValueError", "time.format: the year is outside 0000 to 9999");
	if (zone.len && !slice_is(zone, "UTC") && !zone_offset(zone, seconds, &offset))
		return raise_error(raised, "ValueError", "time.format: unknown time zone \"%.*s\"",
				   SLICE_ARG(slice_sub(zone, 0, 100)));
	return write_time(seconds, micros, offset, out, raised);
}

/* ---- parsing: full-date "T" partial-time time-offset */

struct cursor {
	struct slice text;
	size_t at;
	bool bad;
};

static int take_digits(struct cursor *cursor, int count)
{
	int number = 0;

	for (; count > 0 && !cursor->bad; count--, cursor->at++) {
		char c = cursor->at < cursor->text.len ? cursor->text.ptr[cursor->at] : '\0';

		if (c < '0' || c > '9')
			cursor->bad = true;
		else
			number = number * 10 + (c - '0');
	}
	return number;
}

static char peek(const struct cursor *cursor)
{
	return !cursor->bad && cursor->at < cursor->text.len ? cursor->text.ptr[cursor->at] : '\0';
}

/* One of the characters of `allowed`. */
static char take_char(struct cursor *cursor, const char *allowed)
{
	char c = peek(cursor);

	for (; c && *allowed; allowed++) {
		if (c == *allowed) {
			cursor->at++;
			return c;
		}
	}
	cursor->bad = true;
	return '\0';
}

static int take_fraction(struct cursor *cursor)
{
	int micros = 0;
	int digits = 0;

	if (peek(cursor) != '.')
		return 0;
	cursor->at++;
	for (; peek(cursor) >= '0' && peek(cursor) <= '9'; digits++) {
		micros = micros * 10 + take_digits(cursor, 1);
		if (digits == 6)
			cursor->bad = true; /* finer than a microsecond */
	}
	if (digits == 0)
		cursor->bad = true;
	for (; digits < 6; digits++)
		micros *= 10;
	return micros;
}

/* Seconds east of UTC. */
static int take_offset(struct cursor *cursor)
{
	char sign = take_char(cursor, "Zz+-");
	int hours;
	int minutes;

	if (sign != '+' && sign != '-')
		return 0;
	hours = take_digits(cursor, 2);
	take_char(cursor, ":");
	minutes = take_digits(cursor, 2);
	if (hours > 23 || minutes > 59)
		cursor->bad = true;
	return (hours * 60 + minutes) * (sign == '-' ? -60 : 60);
}

static bool is_date(const struct tm *tm)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year = tm->tm_year + 1900;
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	if (tm->tm_mon < 0 || tm->tm_mon > 11 || tm->tm_mday < 1)
		return false;
	return tm->tm_mday <= days[tm->tm_mon] + (tm->tm_mon == 1 && leap);
}

/* The 60th second is a leap second (RFC 3339, 5.7); it counts as the first of the next minute. */
static bool is_time(const struct tm *tm)
{
	return tm->tm_hour <= 23 && tm->tm_min <= 59 &&
	       (tm->tm_sec <= 59 || (tm->tm_sec == 60 && tm->tm_min == 59));
}

bool parse_timestamp(struct slice text, double *seconds)
{
	struct cursor cursor = {.text = text};
	struct tm tm = {0};
	int micros;
	int offset;

	tm.tm_year = take_digits(&cursor, 4) - 1900;
	take_char(&cursor, "-");
	tm.tm_mon = take_digits(&cursor, 2) - 1;
	take_char(&cursor, "-");
	tm.tm_mday = take_digits(&cursor, 2);
	take_char(&cursor, "Tt");
	tm.tm_hour = take_digits(&cursor, 2);
	take_char(&cursor, ":");
	tm.tm_min = take_digits(&cursor, 2);
	take_char(&cursor, ":");
	tm.tm_sec = take_digits(&cursor, 2);
	micros = take_fraction(&cursor);
	offset = take_offset(&cursor);
	if (cursor.bad || cursor.at != text.len || !is_date(&tm) || !is_time(&tm))
		return false;
	/* Rounded once: the double nearest to the decimal that was written. */
	*seconds = (double)(((int64_t)timegm(&tm) - offset) * 1000000 + micros) / 1e6;
	return true;
}

static int parse(const struct stdlib_context *context, const struct value *args, struct value *out,
		 struct value *raised)
{
	double seconds;

	(void)context;
	if (want_string(args[0], "time.parse", "value", raised) < 0)
		return -1;
	if (!parse_timestamp(value_text(args[0]), &seconds))
		return raise_error(raised, "ValueError", "time.parse: not an RFC 3339 timestamp: \"%.*s\"",
				   SLICE_ARG(slice_sub(value_text(args[0]), 0, 100)));
	return give(out, value_double(seconds));
}

static const struct stdlib_param format_params[] = {
	{"seconds", .types = TYPE_NUMBER},
	{"timezone", true, {VALUE_NULL}, TYPE_STRING, "\"UTC\""},
};
static const struct stdlib_param parse_params[] = {{"value", .types = TYPE_STRING}};

static const struct stdlib_function functions[] = {
	{"time.format", STDLIB_PURE, STDLIB_PARAMS(format_params), format,
	 "seconds -> ISO 8601 text in a time zone", TYPE_STRING,
	 "ValueError: the time zone is not known, or the time has no such text",
	 "time.format(1720788633) => \"2024-07-12T12:50:33.000000Z\"\n"
	 "time.format(1720788633, \"Europe/Paris\") => \"2024-07-12T14:50:33.000000+02:00\"",
	 "5.10"},
	{"time.parse", STDLIB_PURE, STDLIB_PARAMS(parse_params), parse, "RFC 3339 text -> seconds",
	 TYPE_DOUBLE, "ValueError: the text is not RFC 3339",
	 "time.parse(\"2024-05-08T12:01:00.000000Z\") => 1715169660.0", "5.10"},
};

STDLIB_MODULE(stdlib_time, functions);
