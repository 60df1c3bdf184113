/* normal.c - the table of normalisers, and the short ones themselves. */

#include "steps/extract/normal.h"
#include "steps/extract/dates.h"
#include "steps/extract/money.h"
#include "steps/extract/names.h"
#include "steps/extract/numbers.h"
#include "steps/extract/sections.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool apply_amount(struct slice text, struct slice argument, struct buf *out)
{
	(void)argument;
	return money_amount(text, out);
}

static bool apply_currency(struct slice text, struct slice argument, struct buf *out)
{
	(void)argument;
	return money_currency(text, out);
}

static bool apply_date(struct slice text, struct slice argument, struct buf *out)
{
	(void)argument;
	return date_normalise(text, DATE_MONTH_FIRST, out);
}

static bool apply_date_dmy(struct slice text, struct slice argument, struct buf *out)
{
	(void)argument;
	return date_normalise(text, DATE_DAY_FIRST, out);
}

/* "October 2014" -> 2014-10; a bare year is one too. */
static bool apply_date_part(struct slice text, struct slice argument, struct buf *out)
{
	struct date date;

	(void)argument;
	if (date_next(text, 0, TONGUE_ANY, &date) && date.year) {
		date_write(date, out);
		return true;
	}
	for (size_t at = 0; at + 4 <= text.len; at++) {
		struct slice year = slice_sub(text, at, at + 4);

		if ((slice_starts(year, SLICE("19")) || slice_starts(year, SLICE("20"))) &&
		    isdigit((unsigned char)year.ptr[2]) && isdigit((unsigned char)year.ptr[3]))
			return !buf_add_slice(out, year);
	}
	return false;
}

/* The first number that is whole and no more than nine figures. */
static bool whole_number(struct slice text, int64_t *whole, size_t *end)
{
	for (size_t at = 0; at < text.len; at++) {
		struct number number;
		struct buf digits;
		bool good;

		if (!number_may_begin(text, at) || !number_at(text, at, TONGUE_ANY, &number))
			continue;
		buf_init(&digits, 0);
		decimal_write(number.value, &digits);
		good = digits.len < 10 && !memchr(digits.data, '.', digits.len);
		*whole = good ? strtol(buf_text(&digits), NULL, 10) : 0;
		*end = number.end;
		buf_release(&digits);
		return good;
	}
	return false;
}

static bool apply_number(struct slice text, struct slice argument, struct buf *out)
{
	int64_t number;
	size_t end;

	(void)argument;
	if (!whole_number(text, &number, &end))
		return false;
	buf_printf(out, "%lld", (long long)number);
	return true;
}

static bool apply_duration(struct slice text, struct slice argument, struct buf *out)
{
	static const struct {
		const char *word;
		char unit;
	} units[] = {{"year", 'Y'}, {"month", 'M'}, {"week", 'W'}, {"day", 'D'},
		     {"an", 'Y'},   {"mois", 'M'},  {"jour", 'D'}};
	int64_t number;
	size_t end;

	(void)argument;
	if (!whole_number(text, &number, &end))
		return false;
	while (end < text.len && !isalpha((unsigned char)text.ptr[end]))
		end++;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (!strncasecmp(text.ptr + end, units[i].word,
				 text.len - end < strlen(units[i].word) ? text.len - end
									: strlen(units[i].word)) &&
		    text.len - end >= strlen(units[i].word)) {
			buf_printf(out, "P%lld%c", (long long)number, units[i].unit);
			return true;
		}
	return false;
}

static bool apply_name(struct slice text, struct slice argument, struct buf *out)
{
	(void)argument;
	return name_normalise(text, out);
}

static bool apply_party_kind(struct slice text, struct slice argument, struct buf *out)
{
	(void)argument;
	return text.len && !buf_add_text(out, name_is_entity(text) ? "entity" : "person");
}

static bool apply_text(struct slice text, struct slice argument, struct buf *out)
{
	bool gap = false;

	(void)argument;
	text = slice_trim(text);
	for (size_t i = 0; i < text.len; i++) {
		bool blank = isspace((unsigned char)text.ptr[i]);

		if (blank && !gap)
			buf_add_char(out, ' ');
		else if (!blank)
			buf_add_char(out, text.ptr[i]);
		gap = blank;
	}
	return out->len > 0;
}

static bool keep_bytes(struct slice text, struct buf *out, int (*keep)(int))
{
	for (size_t i = 0; i < text.len; i++)
		if (keep((unsigned char)text.ptr[i]))
			buf_add_char(out, text.ptr[i]);
	return out->len > 0;
}

static int is_no_space(int byte)
{
	return !isspace(byte);
}

static bool apply_squeeze(struct slice text, struct slice argument, struct buf *out)
{
	(void)argument;
	return keep_bytes(text, out, is_no_space);
}

static bool apply_digits(struct slice text, struct slice argument, struct buf *out)
{
	(void)argument;
	return keep_bytes(text, out, isdigit);
}

static bool apply_upper(struct slice text, struct slice argument, struct buf *out)
{
	(void)argument;
	for (size_t i = 0; i < text.len; i++)
		buf_add_char(out, (char)toupper((unsigned char)text.ptr[i]));
	return out->len > 0;
}

static bool apply_capitals(struct slice text, struct slice argument, struct buf *out)
{
	size_t start = 0;

	(void)argument;
	for (size_t i = 0; i <= text.len; i++) {
		bool inside = i < text.len && isalpha((unsigned char)text.ptr[i]), small = false;

		if (inside)
			continue;
		for (size_t k = start; k < i; k++)
			small |= islower((unsigned char)text.ptr[k]) != 0;
		for (size_t k = start; k < i; k++)
			buf_add_char(out, small || k == start ? text.ptr[k]
							      : (char)tolower((unsigned char)text.ptr[k]));
		if (i < text.len)
			buf_add_char(out, text.ptr[i]);
		start = i + 1;
	}
	return out->len > 0;
}

static bool apply_lower(struct slice text, struct slice argument, struct buf *out)
{
	(void)argument;
	for (size_t i = 0; i < text.len; i++)
		buf_add_char(out, (char)tolower((unsigned char)text.ptr[i]));
	return out->len > 0;
}

static bool apply_else(struct slice text, struct slice argument, struct buf *out)
{
	return !buf_add_slice(out, text.len ? text : argument);
}

/* "replace 60( 6o(": every 60( becomes 6o(; "replace ^60( 6o(" only at the start. */
static bool apply_replace(struct slice text, struct slice argument, struct buf *out)
{
	size_t gap = slice_find(argument, SLICE(" "), 0);
	struct slice from = slice_sub(argument, 0, gap),
		     to = slice_trim(slice_sub(argument, gap, argument.len));
	bool at_start = from.len && from.ptr[0] == '^';
	size_t at = 0, found;

	from = slice_sub(from, at_start, from.len);
	while (from.len && (found = slice_find(text, from, at)) != SIZE_MAX && (!at_start || found == 0)) {
		buf_add_slice(out, slice_sub(text, at, found));
		buf_add_slice(out, to);
		at = found + from.len;
		if (at_start)
			break;
	}
	buf_add_slice(out, slice_sub(text, at, text.len));
	return out->len > 0;
}

static const struct normaliser table[] = {
	{.name = "amount", .apply = apply_amount},
	{.name = "currency", .apply = apply_currency},
	{.name = "date", .apply = apply_date},
	{.name = "date_dmy", .apply = apply_date_dmy},
	{.name = "date_part", .apply = apply_date_part},
	{.name = "number", .apply = apply_number},
	{.name = "duration", .apply = apply_duration},
	{.name = "name", .apply = apply_name},
	{.name = "party_kind", .apply = apply_party_kind},
	{.name = "text", .apply = apply_text},
	{.name = "squeeze", .apply = apply_squeeze},
	{.name = "digits", .apply = apply_digits},
	{.name = "upper", .apply = apply_upper},
	{.name = "capitals", .apply = apply_capitals},
	{.name = "lower", .apply = apply_lower},
	{.name = "else", .apply = apply_else, .has_argument = true},
	{.name = "replace", .apply = apply_replace, .has_argument = true},
	{.name = "lookup", .has_argument = true, .has_table = true},
	{.name = "rewrite", .has_argument = true, .has_table = true},
	{.name = "names", .split = names_split},
	{.name = "sections", .split = sections_split},
};

const struct normaliser *normaliser_find(struct slice name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (slice_is(name, table[i].name))
			return &table[i];
	return NULL;
}

const char *normaliser_names(void)
{
	return "amount, currency, date, date_dmy, date_part, number, duration, name, party_kind, text, "
	       "squeeze, digits, upper, lower, capitals, "
	       "else VALUE, "
	       "replace FROM TO, lookup TABLE, rewrite TABLE, names, sections";
}
