/* dates.c - the words of one date: figures and months; three of them in a known order are it. */

#include "steps/extract/dates.h"
#include "steps/extract/calendar.h"

#include <ctype.h>
#include <string.h>

enum { MAX_TOKENS = 24 };

struct token {
	int number; /* -1 when it is a month */
	int digits;
	int month;  /* 1-12, or 0 */
	char after; /* byte that follows: '/', '-', '.' */
};

/* Words that may stand inside a date. */
#define FILLERS "st|nd|rd|th|er|day|of|de|the|le|this|du"

static struct token read_number(struct slice text, size_t *at)
{
	struct token token = {0};

	while (*at < text.len && isdigit((unsigned char)text.ptr[*at])) {
		if (token.digits < 8)
			token.number = token.number * 10 + (text.ptr[*at] - '0');
		token.digits++;
		(*at)++;
	}
	token.after = *at < text.len ? text.ptr[*at] : '\0';
	return token;
}

static bool write_date(struct token year, int month, struct token day, struct buf *out)
{
	int y = year.number;

	if (year.digits == 2)
		y = year_of_two_figures(y);
	else if (year.digits != 4)
		return false;
	if (y < 1900 || y > 2099 || day.digits < 1 || day.digits > 2 ||
	    !is_day_of_month(y, month, day.number))
		return false;
	buf_printf(out, "%04d-%02d-%02d", y, month, day.number);
	return true;
}

/* A date that ends with the last of three tokens. */
static bool try_tokens(const struct token *t, enum date_order order, struct buf *out)
{
	bool figures = !t[0].month && !t[1].month && !t[2].month;

	if (t[0].month && !t[1].month && !t[2].month)
		return t[2].digits == 4 && write_date(t[2], t[0].month, t[1], out);
	if (!t[0].month && t[1].month && !t[2].month)
		return (t[2].digits == 4 || t[0].after == '-') && write_date(t[2], t[1].month, t[0], out);
	if (!figures || t[0].after != t[1].after || !strchr("/-.", t[0].after) || !t[0].after)
		return false;
	if (t[0].digits == 4)
		return write_date(t[0], t[1].number, t[2], out);
	if (order == DATE_MONTH_FIRST && t[0].number <= 12)
		return write_date(t[2], t[0].number, t[1], out);
	return write_date(t[2], t[1].number, t[0], out);
}

bool date_normalise(struct slice text, enum date_order order, struct buf *out)
{
	struct token tokens[MAX_TOKENS];
	size_t at = 0, count = 0;

	while (at < text.len && count < MAX_TOKENS) {
		unsigned char byte = (unsigned char)text.ptr[at];

		if (isdigit(byte)) {
			tokens[count++] = read_number(text, &at);
		} else if (letter_at(text, at)) {
			struct word word = word_at(text, at);
			int month = month_named(&word);

			at = word.end;
			if (month)
				tokens[count++] = (struct token){.number = -1, .month = month};
			else if (!word_in(&word, FILLERS))
				count = 0; /* another word: what came before is no part of this date */
			continue;
		} else {
			at++;
			continue;
		}
		if (count >= 3 && try_tokens(tokens + count - 3, order, out))
			return true;
	}
	return false;
}
