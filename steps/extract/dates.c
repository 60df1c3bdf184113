/* dates.c - the text as figures and words; three of them in a known order are a date. */

#include "steps/extract/dates.h"

#include <ctype.h>
#include <string.h>

enum { MAX_TOKENS = 24 };

struct token {
	int number; /* -1 when it is a month */
	int digits;
	int month;  /* 1-12, or 0 */
	char after; /* byte that follows: '/', '-', '.' */
};

/* Enough letters to tell; French without accents, as they are dropped on reading. */
static const struct {
	const char *start;
	int month;
} months[] = {
	{"january", 1},   {"janvier", 1},   {"february", 2},  {"fevrier", 2},   {"march", 3},
	{"mars", 3},      {"april", 4},     {"avril", 4},     {"may", 5},       {"mai", 5},
	{"june", 6},      {"juin", 6},      {"july", 7},      {"juillet", 7},   {"august", 8},
	{"aout", 8},      {"september", 9}, {"septembre", 9}, {"october", 10},  {"octobre", 10},
	{"november", 11}, {"novembre", 11}, {"december", 12}, {"decembre", 12},
};

/* Lower-case ASCII letters of a word: e acute, u circumflex and so on become their base letter. */
static size_t fold_word(struct slice text, size_t *at, char *word, size_t size)
{
	size_t length = 0;

	while (*at < text.len) {
		unsigned char byte = (unsigned char)text.ptr[*at];

		if (byte == 0xc3 && *at + 1 < text.len) {
			unsigned char low = (unsigned char)text.ptr[*at + 1] & 0x1f;

			byte = low >= 8 && low <= 11 ? 'e' : low >= 0x19 && low <= 0x1c ? 'u' : 'x';
			(*at)++;
		} else if (!isalpha(byte)) {
			break;
		}
		if (length + 1 < size)
			word[length++] = (char)(byte | 32);
		(*at)++;
	}
	word[length] = '\0';
	return length;
}

static int month_of(const char *word, size_t length)
{
	for (size_t i = 0; i < sizeof(months) / sizeof(*months); i++) {
		size_t whole = strlen(months[i].start);

		if (length >= 3 && length <= whole && !strncmp(word, months[i].start, length))
			return months[i].month;
	}
	return !strcmp(word, "sept") ? 9 : 0;
}

/* Words that may stand inside a date. */
static bool is_filler(const char *word)
{
	static const char *const fillers[] = {"st", "nd", "rd",  "th", "er",   "day",
					      "of", "de", "the", "le", "this", "du"};

	for (size_t i = 0; i < sizeof(fillers) / sizeof(*fillers); i++)
		if (!strcmp(word, fillers[i]))
			return true;
	return false;
}

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

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool write_date(struct token year, int month, struct token day, struct buf *out)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int y = year.number;

	if (year.digits == 2)
		y += y < 70 ? 2000 : 1900;
	else if (year.digits != 4)
		return false;
	if (y < 1900 || y > 2099 || month < 1 || month > 12 || day.digits < 1 || day.digits > 2 ||
	    day.number < 1 || day.number > lengths[month - 1] + (month == 2 && is_leap(y)))
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
		char word[16];

		if (isdigit(byte)) {
			tokens[count++] = read_number(text, &at);
		} else if (isalpha(byte) || byte == 0xc3) {
			size_t length = fold_word(text, &at, word, sizeof(word));
			int month = month_of(word, length);

			if (month)
				tokens[count++] = (struct token){.number = -1, .month = month};
			else if (!is_filler(word))
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
