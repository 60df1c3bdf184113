/* money.c - a number with a currency at its side; then what may stand around the two. */

#include "steps/extract/money.h"
#include "steps/extract/figures.h"
#include "steps/extract/numbers.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* A number whose figures may follow letters ("USD3.14") or that is an article ("a dollar"). */
static bool amount_at(struct slice text, size_t at, enum tongue tongue, struct number *number)
{
	struct word word = word_at(text, at);
	size_t end;

	if (word.length && number_at(text, at, tongue, number))
		return !number->value.negative; /* "au moins 10": no sign */
	if (word_in(&word, "a|an") && currency_at(text, skip_blanks(text, word.end, 2), &end) &&
	    !is_digit_at(text, skip_blanks(text, end, 2))) {
		*number = (struct number){{.units = 1}, at, word.end, true};
		return true;
	}
	return !word.length && number_at(text, at, tongue, number);
}

/* The currency behind a number: "10 dollars", "2 millions d'euros", "10 000 of US dollars", "5-euro". */
static const struct currency *currency_behind(struct slice text, size_t at, size_t *end)
{
	size_t next = skip_blanks(text, at, 2);
	struct word word = word_at(text, next);
	const struct currency *found = currency_at(text, next, end);

	if (!found && word_is(&word, "d") && apostrophe_at(text, word.end))
		found = currency_at(text, word.end + apostrophe_at(text, word.end), end);
	else if (!found && word_in(&word, "of|de|in|en"))
		found = currency_at(text, skip_blanks(text, word.end, 2), end);
	if (found && word_at(text, next).end == *end) {
		struct word of = word_at(text, skip_blanks(text, *end, 2));

		if (word_in(&word, "pound|pounds|livre|livres") && word_in(&of, "of|de|per"))
			return NULL; /* a weight */
	}
	return found;
}

/* Hundredths behind a sum: "and 43 cents", "43c", " et 23 centimes"; bare only at the end of what is said. */
static void take_coins(struct slice text, enum tongue tongue, struct money *money)
{
	size_t at = skip_blanks(text, money->end, 2), end;
	struct word joint = word_at(text, at);
	bool joined = word_in(&joint, "and|et"), word = letter_before(text, money->end) > 0;
	struct number coins;
	struct decimal sum = money->amount;

	if (joined)
		at = skip_blanks(text, joint.end, 2);
	if (at == money->end || !number_may_begin(text, at) || !number_at(text, at, tongue, &coins) ||
	    coins.value.places || coins.value.negative || coins.value.units >= 100)
		return;
	end = coin_at(money->currency, text, skip_blanks(text, coins.end, 2));
	if (!end) {
		size_t next = skip_blanks(text, coins.end, 2);
		bool two = coins.words || coins.end - coins.start == 2;

		if (!joined && (!word || !two))
			return;
		if (next < text.len && !strchr(".;)", text.ptr[next]))
			return;
		end = coins.end;
	}
	coins.value.places = 2;
	if (money->amount.places || !decimal_add(&sum, coins.value))
		return;
	money->amount = sum;
	money->end = end;
}

/* A number with a currency on one side; nothing before `floor` belongs to it. */
static bool sum_at(struct slice text, size_t floor, const struct number *number, enum tongue tongue,
		   struct money *money)
{
	size_t start, end, before = number->start;
	const struct currency *left, *right;

	left = currency_before(text, skip_blanks_back(text, before, 2), floor, &start);
	if (start < floor)
		left = NULL;
	right = currency_behind(text, number->end, &end);
	*money = (struct money){
		.start = number->start, .end = number->end, .amount = number->value, .currency = left};
	if (left)
		money->start = start;
	if (right && (!left || right == left || (!strcmp(left->code, "USD") && *right->code))) {
		/* "$10 CAD", but not "$10 € 5" */
		money->currency = right;
		money->end = end;
	}
	if (money->currency) {
		take_coins(text, tongue, money);
		return true;
	}
	end = coin_at(NULL, text, skip_blanks(text, number->end, 1));
	if (!end || number->value.places + 2 > DECIMAL_MAX_PLACES)
		return false;
	money->amount.places += 2;
	money->end = end;
	return true;
}

/* "to 20 dollars", "- $20", "and 20 dollars" behind "between 10". */
static bool range_end(struct slice text, size_t at, enum tongue tongue, bool opened, struct number *number)
{
	size_t next = skip_blanks(text, at, 2), dash = dash_at(text, next), end;
	struct word word = word_at(text, next);

	if (dash)
		next += dash;
	else if (word_in(&word, "to|a") || (opened && word_in(&word, "and|et")))
		next = word.end;
	else
		return false;
	next = skip_blanks(text, next, 2);
	if (currency_at(text, next, &end))
		next = skip_blanks(text, end, 1);
	return number_at(text, next, tongue, number);
}

/* The word or two before a sum, as one choice: "between", "no more than". */
static bool ends_with_words(struct slice text, size_t floor, size_t at, const char *choices, size_t *start)
{
	size_t best = at;

	at = skip_blanks_back(text, at, 2);
	while (*choices) {
		size_t length = strcspn(choices, "|");

		if (at - floor >= length && at >= floor && at - length < best &&
		    !strncasecmp(text.ptr + at - length, choices, length) &&
		    !letter_before(text, at - length))
			best = at - length;
		choices += length + (choices[length] == '|');
	}
	*start = best;
	return best < at;
}

static void take_bound(struct slice text, size_t floor, struct money *money)
{
	static const struct {
		enum money_bound bound;
		const char *words;
	} bounds[] = {
		{MONEY_UNDER, "under|less than|lower than|no more than|not more than|at most|up to|not "
			      "exceeding|not to exceed|"
			      "below|a maximum of|moins de|pas plus de|au plus|jusqu'\xc3\xa0|en-dessous "
			      "de|en dessous de|maximum de"},
		{MONEY_ABOVE, "over|above|more than|at least|no less than|not less than|in excess "
			      "of|exceeding|a minimum of|"
			      "au moins|plus de|plus que|au-dessus de|minimum de"},
	};
	size_t longest = money->start;

	for (size_t i = 0; i < sizeof(bounds) / sizeof(*bounds); i++) {
		size_t start;

		if (ends_with_words(text, floor, money->start, bounds[i].words, &start) && start < longest) {
			longest = start;
			money->bound = bounds[i].bound;
		}
	}
	money->start = longest;
}

/* A range whose first number is `first`: "between 10 and 20 dollars", "$10-$20". */
static bool range_at(struct slice text, size_t floor, const struct number *first, enum tongue tongue,
		     struct money *money)
{
	struct money from, to;
	struct number last;
	size_t open, start = first->start;
	bool priced = sum_at(text, floor, first, tongue, &from);
	bool opened;

	if (priced)
		start = from.start;
	opened = ends_with_words(text, floor, start, "between|from|entre|de", &open);
	if (!range_end(text, priced ? from.end : first->end, tongue, opened, &last) || last.value.negative)
		return false;
	if (!sum_at(text, priced ? from.end : first->end, &last, tongue, &to) || !to.currency ||
	    (priced && from.currency != to.currency))
		return false;
	if (decimal_compare(priced ? from.amount : first->value, to.amount) >= 0)
		return false;
	*money = (struct money){.start = opened ? open : start,
				.end = to.end,
				.amount = priced ? from.amount : first->value,
				.to = to.amount,
				.currency = to.currency,
				.bound = MONEY_BETWEEN};
	return true;
}

/* "one hundred thousand dollars ($100,000)", "$250,000 (two hundred fifty thousand)": the same said twice. */
static void take_repeat(struct slice text, enum tongue tongue, struct money *money)
{
	size_t at = skip_blanks(text, money->end, 2), close, end;
	struct number again;

	if (money->bound == MONEY_BETWEEN || at >= text.len || text.ptr[at] != '(')
		return;
	at++;
	if (currency_at(text, at, &end))
		at = skip_blanks(text, end, 1);
	if (!number_at(text, at, tongue, &again) || decimal_compare(again.value, money->amount) != 0)
		return;
	close = again.end;
	if (currency_behind(text, close, &end))
		close = end;
	if (close < text.len && text.ptr[close] == ')')
		money->end = close + 1;
}

static bool may_begin(struct slice text, size_t at)
{
	if (is_digit_at(text, at))
		return !(at && (is_digit_at(text, at - 1) ||
				(at > 1 && strchr(".,", text.ptr[at - 1]) && is_digit_at(text, at - 2))));
	if (at < text.len && text.ptr[at] == '.' && is_digit_at(text, at + 1))
		return !(at && (is_digit_at(text, at - 1) || letter_before(text, at)));
	return letter_at(text, at) && !letter_before(text, at) && !(at && is_digit_at(text, at - 1));
}

bool money_next(struct slice text, size_t from, enum tongue tongue, struct money *money)
{
	for (size_t at = from; at < text.len;) {
		struct number number;
		size_t run = at;

		if (may_begin(text, at) && amount_at(text, at, tongue, &number)) {
			if (range_at(text, from, &number, tongue, money))
				return true;
			if (sum_at(text, from, &number, tongue, money) &&
			    (number.start == money->start || !letter_before(text, number.start) ||
			     money->currency)) {
				take_repeat(text, tongue, money);
				take_bound(text, from, money);
				return true;
			}
			at = number.end;
			continue;
		}
		while (is_digit_at(text, run) || letter_at(text, run)) {
			if (run > at && is_digit_at(text, run) && letter_before(text, run))
				break; /* USD3.14 */
			run += letter_at(text, run) ? letter_at(text, run) : 1;
		}
		at = run > at ? run : at + 1;
	}
	return false;
}

bool money_amount(struct slice text, struct buf *out)
{
	for (size_t at = 0; at < text.len; at++) {
		struct figures figures;
		struct number number;

		if (!is_digit_at(text, at))
			continue;
		if (!figures_at(text, at, TONGUE_ANY, &figures) || !number_at(text, at, TONGUE_ANY, &number))
			return false;
		decimal_write(number.value, out);
		return true;
	}
	for (size_t at = 0; at < text.len; at++) {
		size_t used;
		uint64_t number;

		if (letter_before(text, at))
			continue;
		number = number_words(slice_sub(text, at, text.len), &used);
		if (used && number) {
			buf_printf(out, "%llu", (unsigned long long)number);
			return true;
		}
	}
	return false;
}

bool money_currency(struct slice text, struct buf *out)
{
	struct money money;
	const struct currency *found = NULL;

	if (money_next(text, 0, TONGUE_ANY, &money) && money.currency && *money.currency->code)
		found = money.currency;
	if (!found)
		found = currency_in(text);
	return found && !buf_add_text(out, found->code);
}
