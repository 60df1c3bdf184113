/* currency.c - spellings compared at a place, forwards and backwards. */

#include "steps/extract/currency.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const struct currency table[] = {
#define CURRENCY(code, unit, spellings, coins) {code, unit, spellings, coins},
#include "steps/extract/currencies.def"
#undef CURRENCY
};

enum { CURRENCIES = sizeof(table) / sizeof(*table), SPELLING_MAX = 32 };

static struct slice next_choice(const char **rest)
{
	size_t length = strcspn(*rest, "|");
	struct slice choice = {*rest, length};

	*rest += length + ((*rest)[length] == '|');
	return choice;
}

static bool has_small_letter(struct slice spelling)
{
	for (size_t i = 0; i < spelling.len; i++)
		if (islower((unsigned char)spelling.ptr[i]))
			return true;
	return false;
}

static bool same(const char *bytes, struct slice spelling)
{
	if (tolower((unsigned char)*bytes) != tolower((unsigned char)*spelling.ptr))
		return false;
	return has_small_letter(spelling) && spelling.len > 2
		       ? !strncasecmp(bytes, spelling.ptr, spelling.len)
		       : !memcmp(bytes, spelling.ptr, spelling.len);
}

/* Where the spelling at `at` ends, a plural s included, or 0. */
static size_t spelled_at(struct slice text, size_t at, struct slice spelling)
{
	size_t end = at + spelling.len;
	bool letters = letter_before(spelling, spelling.len) > 0;

	if (!spelling.len || end > text.len || !same(text.ptr + at, spelling))
		return 0;
	if (letters && spelling.len > 2 && has_small_letter(spelling) && end < text.len &&
	    (text.ptr[end] == 's' || text.ptr[end] == 'S'))
		end++;
	return letters && letter_at(text, end) ? 0 : end;
}

const struct currency *currency_at(struct slice text, size_t at, size_t *end)
{
	const struct currency *best = NULL;
	bool letter = letter_at(text, at) > 0;

	*end = at;
	if (at >= text.len || (letter && letter_before(text, at)) || isdigit((unsigned char)text.ptr[at]) ||
	    isspace((unsigned char)text.ptr[at]))
		return NULL;
	for (size_t i = 0; i < CURRENCIES; i++) {
		const char *rest = table[i].spellings;

		while (*rest) {
			size_t ends = spelled_at(text, at, next_choice(&rest));

			if (ends > *end) {
				*end = ends;
				best = &table[i];
			}
		}
	}
	return best;
}

const struct currency *currency_before(struct slice text, size_t end, size_t floor, size_t *start)
{
	const struct currency *best = NULL;

	*start = end;
	if (end == floor || end > text.len)
		return NULL;
	for (size_t i = 0; i < CURRENCIES; i++) {
		const char *rest = table[i].spellings;

		while (*rest) {
			struct slice spelling = next_choice(&rest);

			/* the plural's s, too */
			for (size_t length = spelling.len;
			     length <= spelling.len + 1 && length <= end - floor; length++) {
				size_t at = end - length;

				if (at >= *start || (letter_at(spelling, 0) && letter_before(text, at)) ||
				    spelled_at((struct slice){text.ptr, end}, at, spelling) != end)
					continue;
				*start = at;
				best = &table[i];
			}
		}
	}
	return best;
}

size_t coin_at(const struct currency *currency, struct slice text, size_t at)
{
	const char *rest[] = {currency ? currency->coins : "", "cent|\xc2\xa2|penny|pennie|pence|centime"};
	size_t best = 0;

	for (int i = 0; i < 2; i++) {
		while (*rest[i]) {
			size_t ends = spelled_at(text, at, next_choice(&rest[i]));

			if (ends > best)
				best = ends;
		}
	}
	if (!best && currency && at < text.len && text.ptr[at] == 'c' && !letter_at(text, at + 1))
		best = at + 1; /* 43c */
	return best;
}

const struct currency *currency_in(struct slice text)
{
	for (size_t at = 0; at < text.len; at++) {
		size_t end;
		const struct currency *found = currency_at(text, at, &end);

		if (found && *found->code)
			return found;
	}
	return NULL;
}
