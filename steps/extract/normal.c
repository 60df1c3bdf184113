/* normal.c - the table of normalisers, and the short ones themselves. */

#include "steps/extract/normal.h"
#include "steps/extract/dates.h"
#include "steps/extract/money.h"
#include "steps/extract/names.h"
#include "steps/extract/sections.h"

#include <ctype.h>

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
	{.name = "name", .apply = apply_name},
	{.name = "party_kind", .apply = apply_party_kind},
	{.name = "text", .apply = apply_text},
	{.name = "squeeze", .apply = apply_squeeze},
	{.name = "digits", .apply = apply_digits},
	{.name = "upper", .apply = apply_upper},
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
	return "amount, currency, date, date_dmy, name, party_kind, text, squeeze, digits, upper, lower, "
	       "else VALUE, "
	       "replace FROM TO, lookup TABLE, rewrite TABLE, names, sections";
}
