/* date_find.c - dates in running text: a form is tried where a digit, a month or a day of the week begins. */

#include "steps/extract/calendar.h"
#include "steps/extract/dates.h"
#include "steps/extract/numbers.h"

#include <string.h>

/* What a text says at a place, as a number. */
struct part {
	int number;
	int digits; /* 0: in words */
	size_t end;
};

enum { FIRST_YEAR = 1600, LAST_YEAR = 2199 };

static struct part digits_part(struct slice text, size_t at)
{
	struct part part = {.end = at};

	for (; is_digit_at(text, part.end) && part.digits < 6; part.end++, part.digits++)
		part.number = part.number * 10 + (text.ptr[part.end] - '0');
	return part;
}

/* Blanks, and the dot, comma or "of" that joins the parts of a date. */
static size_t skip_joint(struct slice text, size_t at)
{
	struct word word;

	if (at < text.len && text.ptr[at] == '.')
		at++;
	at = skip_blanks(text, at, 3);
	if (at < text.len && text.ptr[at] == ',')
		at = skip_blanks(text, at + 1, 3);
	word = word_at(text, at);
	if (word_in(&word, "of|de|in|the|du"))
		return skip_blanks(text, word.end, 2);
	if (word_is(&word, "d") && apostrophe_at(text, word.end))
		return word.end + apostrophe_at(text, word.end);
	return at;
}

static bool is_year(struct slice text, struct part year)
{
	return year.digits == 4 && year.number >= FIRST_YEAR && year.number <= LAST_YEAR &&
	       !letter_at(text, year.end) && !(year.end < text.len && text.ptr[year.end] == '/');
}

/* The year behind a day and a month: four figures, or two where nothing else follows. */
static bool take_year(struct slice text, struct date *date)
{
	size_t at = skip_joint(text, date->end);
	bool mark = apostrophe_at(text, at) > 0;
	struct part year = digits_part(text, at + apostrophe_at(text, at));
	int number = year.number;

	if (year.digits == 2 && date->day) {
		size_t next = skip_blanks(text, year.end, 2);

		if (!mark && next < text.len && !strchr(".,;)", text.ptr[next]))
			return false;
		if (!mark && next + 1 < text.len && strchr(".,", text.ptr[next]) &&
		    is_digit_at(text, next + 1))
			return false;
		number = year_of_two_figures(number);
	} else if (!is_year(text, year)) {
		return false;
	}
	if (date->day && !is_day_of_month(number, date->month, date->day))
		return false;
	date->year = number;
	date->end = year.end;
	return true;
}

/* A day of the month in figures ("1", "1er", "24th"), as an ordinal word, or in French words. */
static bool day_part(struct slice text, size_t at, enum tongue tongue, struct part *day)
{
	struct number number;
	size_t end;
	int ordinal = ordinal_at(text, at, &end);

	if (ordinal) {
		*day = (struct part){ordinal, is_digit_at(text, at) ? 2 : 0, end};
	} else if (is_digit_at(text, at)) {
		*day = digits_part(text, at);
	} else if (tongue == TONGUE_FR && number_at(text, at, tongue, &number) && number.value.units < 32) {
		*day = (struct part){(int)number.value.units, 0, number.end};
	} else {
		return false;
	}
	return day->digits <= 2 && day->number >= 1 && day->number <= 31 && !is_digit_at(text, day->end);
}

/* "24 July 2020", "16th day of January, 2015", "1er mars", "31-Oct-74", "third of March". */
static bool day_month(struct slice text, size_t at, enum tongue tongue, struct date *date)
{
	struct part day, year;
	struct word word;
	size_t next, dash;

	if (!day_part(text, at, tongue, &day))
		return false;
	next = skip_joint(text, day.end);
	word = word_at(text, next);
	if (word_in(&word, "day|jour")) {
		next = skip_joint(text, word.end);
		word = word_at(text, next);
	}
	if (next == day.end && next < text.len && (text.ptr[next] == '/' || dash_at(text, next)))
		word = word_at(text, next + (text.ptr[next] == '/' ? 1 : dash_at(text, next)));
	*date = (struct date){.month = month_named(&word), .day = day.number, .start = at, .end = word.end};
	if (!date->month || !is_day_of_month(0, date->month, date->day) ||
	    (word_is(&word, "sec") && !day.digits))
		return false;
	dash = word.end < text.len && text.ptr[word.end] == '/' ? 1 : dash_at(text, word.end);
	year = digits_part(text, word.end + dash);
	if (dash && (year.digits == 2 || is_year(text, year)) && !letter_at(text, year.end)) {
		date->year = year.digits == 2 ? year_of_two_figures(year.number) : year.number;
		date->end = year.end;
		return is_day_of_month(date->year, date->month, date->day);
	}
	take_year(text, date);
	return true;
}

/* "July 24, 2020", "JUL 24 , 2020", "march third 2015", "February the 15th", "October 2014". */
static bool month_day(struct slice text, size_t at, enum tongue tongue, struct date *date)
{
	struct word word = word_at(text, at);
	int month = month_named(&word);
	struct part day;

	if (!month)
		return false;
	*date = (struct date){.month = month, .start = at, .end = word.end};
	if (take_year(text, date))
		return true;
	if (!day_part(text, skip_joint(text, word.end), tongue == TONGUE_FR ? TONGUE_EN : tongue, &day) ||
	    letter_at(text, day.end) || !is_day_of_month(0, month, day.number))
		return false;
	/* "may 5 percent" is no day of May, nor is "May 1,500" */
	if (day.end + 1 < text.len && strchr(".,", text.ptr[day.end]) && is_digit_at(text, day.end + 1))
		return false;
	date->day = day.number;
	date->end = day.end;
	if (!take_year(text, date) && text.ptr[at] >= 'a' && word_is(&word, "may"))
		return false;
	return true;
}

static size_t sign_at(struct slice text, size_t at, char *sign)
{
	if (at < text.len && (text.ptr[at] == '/' || text.ptr[at] == '.')) {
		*sign = text.ptr[at];
		return 1;
	}
	*sign = '-';
	return dash_at(text, at);
}

static bool order_parts(const struct part *p, bool day_first, struct date *date)
{
	int year = p[2].digits == 2 ? year_of_two_figures(p[2].number) : p[2].number;

	if (p[0].digits == 4)
		*date = (struct date){.year = p[0].number, .month = p[1].number, .day = p[2].number};
	else if (day_first || p[0].number > 12)
		*date = (struct date){.year = year, .month = p[1].number, .day = p[0].number};
	else
		*date = (struct date){.year = year, .month = p[0].number, .day = p[1].number};
	return date->year >= FIRST_YEAR && date->year <= LAST_YEAR &&
	       is_day_of_month(date->year, date->month, date->day);
}

/* "20 02 14" is a French date only as a line of its own, or after "le". */
static bool stands_as_date(struct slice text, size_t start, size_t end)
{
	size_t before = skip_blanks_back(text, start, 1), after = skip_blanks(text, end, 1);
	struct word le = word_before(text, before, before > 8 ? before - 8 : 0);

	return (before == 0 || text.ptr[before] == '\n' || word_is(&le, "le")) &&
	       (after >= text.len || text.ptr[end] == '\n' || strchr(".,;)", text.ptr[after]));
}

/* 2020-07-24, 7/24/20, 24.07.2020; French: 20 02 2014. */
static bool figures_date(struct slice text, size_t at, enum tongue tongue, struct date *date)
{
	struct part p[3];
	char sign = ' ', again = ' ';
	size_t next;
	bool blank;

	p[0] = digits_part(text, at);
	next = p[0].end + sign_at(text, p[0].end, &sign);
	blank = next == p[0].end && tongue == TONGUE_FR && blank_at(text, next);
	if (next == p[0].end && !blank)
		return false;
	p[1] = digits_part(text, blank ? skip_blanks(text, next, 1) : next);
	next = p[1].end + (blank ? blank_at(text, p[1].end) : sign_at(text, p[1].end, &again));
	if (next == p[1].end || (!blank && sign != again))
		return false;
	p[2] = digits_part(text, next);
	if (p[1].digits < 1 || p[1].digits > 2 || is_digit_at(text, p[2].end) || p[0].digits < 1 ||
	    !((p[0].digits == 4 && p[2].digits >= 1 && p[2].digits <= 2) ||
	      (p[0].digits <= 2 && (p[2].digits == 4 || (p[2].digits == 2 && sign != '.')))))
		return false;
	if (letter_at(text, p[2].end) && text.ptr[p[2].end] != 'T')
		return false;
	if (sign_at(text, p[2].end, &again) && is_digit_at(text, p[2].end + 1) && !blank)
		return false; /* part of a longer number */
	if (blank && p[2].digits == 2 && !stands_as_date(text, at, p[2].end))
		return false;
	if (!order_parts(p, tongue == TONGUE_FR, date))
		return false;
	date->start = at;
	date->end = p[2].end;
	return true;
}

/* 10/2014, 2014-10; French and English: 2/15, 31/10 where a slash stands. */
static bool figures_short(struct slice text, size_t at, enum tongue tongue, struct date *date)
{
	struct part p[2];
	char sign = ' ', again;
	size_t size;

	p[0] = digits_part(text, at);
	size = sign_at(text, p[0].end, &sign);
	if (!size || sign == '.' || (at && strchr("/-.", text.ptr[at - 1])))
		return false;
	p[1] = digits_part(text, p[0].end + size);
	if (!p[1].digits || letter_at(text, p[1].end) || sign_at(text, p[1].end, &again) ||
	    is_digit_at(text, p[1].end))
		return false;
	*date = (struct date){.start = at, .end = p[1].end};
	if (p[0].digits == 4 && p[1].digits == 2) {
		date->year = p[0].number;
		date->month = p[1].number;
	} else if (p[0].digits <= 2 && p[1].digits == 4 && sign == '/') {
		date->year = p[1].number;
		date->month = p[0].number;
	} else if (p[0].digits <= 2 && p[1].digits <= 2 && sign == '/') {
		date->day = tongue == TONGUE_FR ? p[0].number : p[1].number;
		date->month = tongue == TONGUE_FR ? p[1].number : p[0].number;
		return is_day_of_month(0, date->month, date->day);
	}
	return date->year >= FIRST_YEAR && date->year <= LAST_YEAR && date->month >= 1 && date->month <= 12;
}

static bool date_at(struct slice text, size_t at, enum tongue tongue, struct date *date)
{
	if (is_digit_at(text, at))
		return figures_date(text, at, tongue, date) || day_month(text, at, tongue, date) ||
		       figures_short(text, at, tongue, date);
	return month_day(text, at, tongue, date) || day_month(text, at, tongue, date);
}

bool date_next(struct slice text, size_t from, enum tongue tongue, struct date *date)
{
	for (size_t at = from; at < text.len;) {
		struct word word = word_at(text, at);
		size_t inner = at, run = at;

		if (weekday_named(&word)) { /* Friday, July 18, 2014 */
			inner = skip_joint(text, word.end);
			if (!is_digit_at(text, inner) && !letter_at(text, inner))
				inner = at;
		}
		if (number_may_begin(text, at) &&
		    (date_at(text, inner, tongue, date) || (inner > at && date_at(text, at, tongue, date)))) {
			date->start = at;
			return true;
		}
		while (is_digit_at(text, run) || letter_at(text, run))
			run += letter_at(text, run) ? letter_at(text, run) : 1;
		at = run > at ? run : at + 1;
	}
	return false;
}

void date_write(struct date date, struct buf *out)
{
	if (date.year)
		buf_printf(out, "%04d", date.year);
	else
		buf_add_text(out, "XXXX");
	if (date.month)
		buf_printf(out, "-%02d", date.month);
	if (date.day)
		buf_printf(out, "-%02d", date.day);
}
