/* currency.c - spellings compared at a place, forwards and backwards. */

#include "steps/extract/currency.h"

#include <assert.h>
#include <ctype.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

static const struct currency table[] = {
#define CURRENCY(code, unit, spellings, coins) {code, unit, spellings, coins},
#include "steps/extract/currencies.def"
#undef CURRENCY
};

enum { CURRENCIES = sizeof(table) / sizeof(*table), SPELLINGS_MAX = 320 };

/* The spellings of the table one by one, made at first use and never changed. */
struct spelling {
	struct slice text;
	const struct currency *currency;
	char first, last; /* lower case */
	bool word;        /* begins with a letter */
	bool tail;        /* ends with a letter */
	bool any_case;
	bool plural;
};

static struct spelling spellings[SPELLINGS_MAX];
static size_t spelling_count;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static char lower(char byte)
{
	return (char)tolower((unsigned char)byte);
}

static struct slice next_choice(const char **rest)
{
	size_t length = strcspn(*rest, "|");
	struct slice choice = {*rest, length};

	*rest += length + ((*rest)[length] == '|');
	return choice;
}

static struct spelling spelling_of(struct slice text, const struct currency *currency)
{
	bool small = false;

	for (size_t i = 0; i < text.len; i++)
		small = small || islower((unsigned char)text.ptr[i]);
	return (struct spelling){
		.text = text,
		.currency = currency,
		.first = lower(text.ptr[0]),
		.last = lower(text.ptr[text.len - 1]),
		.word = letter_at(text, 0) > 0,
		.tail = letter_before(text, text.len) > 0,
		.any_case = small && text.len > 2,
		.plural = small && text.len > 2 && letter_before(text, text.len) > 0,
	};
}

static void fill_spellings(void)
{
	for (size_t i = 0; i < CURRENCIES; i++) {
		const char *rest = table[i].spellings;

		while (*rest && spelling_count < SPELLINGS_MAX)
			spellings[spelling_count++] = spelling_of(next_choice(&rest), &table[i]);
	}
	assert(spelling_count < SPELLINGS_MAX);
}

/* Where the spelling at `at` ends, a plural s included, or 0. */
static size_t spelled_at(struct slice text, size_t at, const struct spelling *spelling)
{
	size_t end = at + spelling->text.len;

	if (end > text.len || lower(text.ptr[at]) != spelling->first ||
	    (spelling->any_case ? strncasecmp(text.ptr + at, spelling->text.ptr, spelling->text.len)
				: memcmp(text.ptr + at, spelling->text.ptr, spelling->text.len)) != 0)
		return 0;
	if (spelling->plural && end < text.len && lower(text.ptr[end]) == 's')
		end++;
	return spelling->tail && letter_at(text, end) ? 0 : end;
}

const struct currency *currency_at(struct slice text, size_t at, size_t *end)
{
	const struct currency *best = NULL;
	char first;

	*end = at;
	if (at >= text.len || isdigit((unsigned char)text.ptr[at]) || isspace((unsigned char)text.ptr[at]) ||
	    (letter_at(text, at) && letter_before(text, at)))
		return NULL;
	pthread_once(&once, fill_spellings);
	first = lower(text.ptr[at]);
	for (size_t i = 0; i < spelling_count; i++) {
		size_t ends = spellings[i].first == first ? spelled_at(text, at, &spellings[i]) : 0;

		if (ends > *end) {
			*end = ends;
			best = spellings[i].currency;
		}
	}
	return best;
}

const struct currency *currency_before(struct slice text, size_t end, size_t floor, size_t *start)
{
	const struct currency *best = NULL;
	struct slice head = {text.ptr, end};
	char last;

	*start = end;
	if (end <= floor || end > text.len)
		return NULL;
	pthread_once(&once, fill_spellings);
	last = lower(text.ptr[end - 1]);
	for (size_t i = 0; i < spelling_count; i++) {
		const struct spelling *spelling = &spellings[i];

		/* as it is, and with the plural's s */
		for (size_t more = 0; more <= (spelling->plural ? 1 : 0); more++) {
			size_t length = spelling->text.len + more, at = end - length;

			if ((more ? 's' : spelling->last) != last || length > end - floor || at >= *start ||
			    (spelling->word && letter_before(text, at)) ||
			    spelled_at(head, at, spelling) != end)
				continue;
			*start = at;
			best = spelling->currency;
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
			struct spelling coin = spelling_of(next_choice(&rest[i]), NULL);
			size_t ends = at < text.len ? spelled_at(text, at, &coin) : 0;

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
