/* numbers.c - words and figures as groups that add, and scales that close them. */

#include "steps/extract/numbers.h"
#include "steps/extract/figures.h"

#include <ctype.h>
#include <string.h>

enum role { ROLE_SMALL, ROLE_HUNDRED, ROLE_SCALE, ROLE_TIMES, ROLE_PAIR, ROLE_POINT, ROLE_MINUS };

struct number_word {
	const char *word;
	int tongue;
	enum role role;
	int value;
};

static const struct number_word table[] = {
#define SMALL(tongue, value, word) {word, TONGUE_##tongue, ROLE_SMALL, value},
#define HUNDRED(tongue, word) {word, TONGUE_##tongue, ROLE_HUNDRED, 100},
#define SCALE(tongue, power, word) {word, TONGUE_##tongue, ROLE_SCALE, power},
#define TIMES(tongue, factor, word) {word, TONGUE_##tongue, ROLE_TIMES, factor},
#define PAIR(tongue, value, word) {word, TONGUE_##tongue, ROLE_PAIR, value},
#define POINT(tongue, word) {word, TONGUE_##tongue, ROLE_POINT, 0},
#define MINUS(tongue, word) {word, TONGUE_##tongue, ROLE_MINUS, 0},
#include "steps/extract/numbers.def"
#undef SMALL
#undef HUNDRED
#undef SCALE
#undef TIMES
#undef PAIR
#undef POINT
#undef MINUS
};

static const struct number_word *look_up(const struct word *word, int tongues)
{
	if (!word->length || word->length > 12)
		return NULL;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (table[i].word[0] == word->text[0] && (table[i].tongue & tongues) &&
		    !strcmp(table[i].word, word->text))
			return &table[i];
	return NULL;
}

/* A number under way. */
struct sum {
	struct decimal total; /* closed groups: two million */
	struct decimal group; /* still growing: five hundred */
	bool has_group, figures;
	bool has_total;
	int scale;     /* of the group closed last */
	int last;      /* value of the small word before, or -1 */
	int tongues;   /* that all words so far belong to */
	size_t end;    /* byte after the last word taken */
	size_t closed; /* byte after the last closed group */
};

static bool add_small(struct sum *sum, int value, int tongue)
{
	uint64_t low = sum->group.units % 100;
	bool french = tongue & TONGUE_FR, english = tongue & TONGUE_EN;
	uint64_t add = (uint64_t)value;

	if (sum->figures || sum->group.places)
		return false;
	if (!sum->has_group)
		sum->group.units = add;
	else if (value && ((low == 0 && sum->group.units) || (low >= 20 && low % 10 == 0 && value < 10)))
		sum->group.units += add;
	else if (french && sum->last == 4 && value == 20)
		sum->group.units += 76; /* quatre-vingt */
	else if (french && (low == 60 || low == 80) && value >= 10 && value < 20)
		sum->group.units += add; /* soixante-quinze */
	else if (french && (low == 10 || low == 70 || low == 90) && value >= 7 && value < 10)
		sum->group.units += add; /* dix-sept */
	else if (english && sum->group.units >= 1 && sum->group.units < 10 && value >= 10)
		sum->group.units = sum->group.units * 100 + add; /* one twenty-two */
	else
		return false;
	sum->has_group = true;
	sum->last = value;
	return true;
}

static bool add_hundred(struct sum *sum)
{
	if (!sum->has_group)
		sum->group.units = 1;
	else if (sum->group.places || sum->group.units >= 100 || !sum->group.units)
		return false;
	sum->group.units *= 100;
	sum->has_group = true;
	sum->figures = false;
	sum->last = -1;
	return true;
}

/* Closes the group: times 10^power, or times `factor` when that is set. */
static bool close_group(struct sum *sum, int power, int factor)
{
	struct decimal closed = sum->group;
	bool whole = sum->has_total && (power > sum->scale || factor); /* three thousand | million */

	if (sum->has_total && power == sum->scale && !factor)
		return false;
	if (!sum->has_group && !whole)
		closed.units = 1; /* mille */
	if (whole && !decimal_add(&closed, sum->total))
		return false;
	if (!(factor ? decimal_multiply(&closed, (uint64_t)factor) : decimal_shift(&closed, power)))
		return false;
	if (sum->has_total && !whole && !decimal_add(&closed, sum->total))
		return false;
	sum->total = closed;
	sum->has_total = true;
	sum->scale = factor ? 0 : power;
	sum->group = (struct decimal){0};
	sum->has_group = sum->figures = false;
	sum->last = -1;
	return true;
}

/* What stands after "point": figures, or words of one figure each. */
static bool add_parts(struct slice text, size_t at, struct sum *sum)
{
	struct decimal parts = sum->group;
	int count = 0;

	at = skip_blanks(text, at, 2);
	for (; is_digit_at(text, at) && count < 9; at++, count++)
		if (!decimal_multiply(&parts, 10) ||
		    !decimal_add(&parts, (struct decimal){.units = (uint64_t)(text.ptr[at] - '0')}))
			return false;
	while (!is_digit_at(text, at) && count < 9) {
		struct word word = word_at(text, skip_blanks(text, at, 2));
		const struct number_word *found = look_up(&word, sum->tongues);

		if (!found || found->role != ROLE_SMALL || found->value > 9)
			break;
		if (!decimal_multiply(&parts, 10) ||
		    !decimal_add(&parts, (struct decimal){.units = (uint64_t)found->value}))
			return false;
		at = word.end;
		count++;
	}
	if (!count || sum->group.places)
		return false;
	parts.places = count;
	sum->group = parts;
	sum->has_group = true;
	sum->end = at;
	return true;
}

/* After an article: "a hundred", "a couple of"; un and une are numbers by themselves. */
static bool add_article(struct slice text, struct word article, struct sum *sum)
{
	struct word next = word_at(text, skip_blanks(text, article.end, 2));
	const struct number_word *found = look_up(&next, TONGUE_EN);

	if (sum->has_group || sum->has_total || !(sum->tongues & TONGUE_EN) || !word_in(&article, "a|an") ||
	    !found)
		return false;
	if (found->role == ROLE_PAIR) {
		struct word of = word_at(text, skip_blanks(text, next.end, 2));

		sum->group.units = (uint64_t)found->value;
		sum->has_group = sum->figures = true;
		sum->end = word_is(&of, "of") ? of.end : next.end;
		return true;
	}
	if (found->role != ROLE_HUNDRED && found->role != ROLE_SCALE && found->role != ROLE_TIMES)
		return false;
	sum->group.units = 1;
	sum->has_group = true;
	sum->end = article.end;
	return true;
}

/* Takes a word in; false when it is not part of the number. */
static bool add_word(struct slice text, struct word word, struct sum *sum)
{
	const struct number_word *found = look_up(&word, sum->tongues);
	bool first = !sum->has_group && !sum->has_total, done = false;

	if (!found)
		return add_article(text, word, sum);
	switch (found->role) {
	case ROLE_SMALL:
		done = add_small(sum, found->value, found->tongue & sum->tongues);
		break;
	case ROLE_HUNDRED: /* "23 cents" are coins, and so is a mere "cents" where the language is unknown */
		done = !(found->tongue == TONGUE_FR &&
			 (sum->figures || (first && sum->tongues == TONGUE_ANY && word.length > 4))) &&
		       add_hundred(sum);
		break;
	case ROLE_SCALE: /* "millions of" is no number, "mille" is */
		done = (!first || word_in(&word, "mille|thousand")) && close_group(sum, found->value, 0);
		break;
	case ROLE_TIMES:
		done = !first && close_group(sum, 0, found->value);
		break;
	case ROLE_POINT:
		return add_parts(text, word.end, sum);
	case ROLE_PAIR:
	case ROLE_MINUS:
		return false;
	}
	if (!done)
		return false;
	sum->tongues &= found->tongue;
	sum->end = word.end;
	if (!sum->has_group)
		sum->closed = word.end;
	return true;
}

/* Where the next word of the number may begin, given what may stand between two; `at` when none may. */
static size_t next_word(struct slice text, size_t at, const struct sum *sum)
{
	size_t next = at;
	struct word joint;
	bool may_join = !sum->has_group || sum->group.units % 100 == 0 ||
			((sum->tongues & TONGUE_FR) && sum->last >= 20);

	if (next < text.len && text.ptr[next] == ',' && sum->has_total && !sum->has_group)
		next++; /* five million, nine hundred thousand */
	if (dash_at(text, next))
		next += dash_at(text, next);
	next = skip_blanks(text, next, 4);
	if (next == at)
		return at;
	joint = word_at(text, next);
	if (may_join && sum->end > 0 && word_in(&joint, "and|et")) {
		size_t after = joint.end;

		after += dash_at(text, after);
		return skip_blanks(text, after, 4);
	}
	return next;
}

static void add_words(struct slice text, size_t at, struct sum *sum)
{
	for (;;) {
		struct word word = word_at(text, at);

		if (!word.length || !add_word(text, word, sum))
			break;
		at = next_word(text, sum->end, sum);
		if (at == sum->end)
			break;
	}
}

/* Letters right behind figures that scale them: 100K, 1.2M, .0012G, 3m, 1,2bn. */
static void add_suffix(struct slice text, struct sum *sum)
{
	struct word word = word_at(text, sum->end);
	char letter = word.length == 1 ? text.ptr[sum->end] : '\0';
	int power = letter == 'k' || letter == 'K'   ? 3
		    : letter == 'm' || letter == 'M' ? 6
		    : letter == 'G'                  ? 9
						     : 0;

	if (power && close_group(sum, power, 0))
		sum->end = sum->closed = word.end;
}

/* "1/5": parts that have an end; a date or a list is left alone. */
static void add_fraction(struct slice text, struct sum *sum)
{
	struct figures parts;

	if (sum->end < text.len && text.ptr[sum->end] == '/' && is_digit_at(text, sum->end + 1) &&
	    figures_at(text, sum->end + 1, TONGUE_EN, &parts) && !parts.value.places && parts.digits <= 4 &&
	    !(parts.end < text.len && text.ptr[parts.end] == '/') && sum->group.units < parts.value.units &&
	    decimal_divide(&sum->group, parts.value.units))
		sum->end = parts.end;
}

static bool add_figures(struct slice text, size_t at, enum tongue tongue, struct sum *sum)
{
	struct figures figures;
	size_t next;

	if (!figures_at(text, at, tongue, &figures))
		return false;
	sum->group = figures.value;
	sum->has_group = sum->figures = true;
	sum->end = sum->closed = figures.end;
	add_suffix(text, sum);
	if (sum->has_total)
		return true;
	add_fraction(text, sum);
	next = next_word(text, sum->end, sum);
	if (next != sum->end || letter_at(text, next))
		add_words(text, next, sum);
	return true;
}

bool number_at(struct slice text, size_t at, enum tongue tongue, struct number *number)
{
	struct sum sum = {.last = -1, .tongues = (int)tongue};
	struct word word = word_at(text, at);
	const struct number_word *found = look_up(&word, (int)tongue);
	size_t start = at;
	bool negative = false;

	if (word.length && !found && !word_in(&word, "a|an"))
		return false;
	if (found && found->role == ROLE_MINUS) {
		negative = true;
		at = skip_blanks(text, word.end, 2);
	} else if (at < text.len && text.ptr[at] == '-') {
		negative = true;
		at++;
	}
	if (!add_figures(text, at, tongue, &sum))
		add_words(text, at, &sum);
	if (sum.has_group && sum.has_total && !decimal_add(&sum.total, sum.group))
		sum.end = sum.closed; /* too large: what was closed counts */
	if (sum.end <= at)
		return false;
	*number = (struct number){sum.has_total ? sum.total : sum.group, start, sum.end, word.length > 0};
	number->value.negative = negative;
	return true;
}

bool number_may_begin(struct slice text, size_t at)
{
	if (at >= text.len)
		return false;
	if (is_digit_at(text, at))
		return !letter_before(text, at) &&
		       !(at && (is_digit_at(text, at - 1) || text.ptr[at - 1] == '_'));
	return letter_at(text, at) && !letter_before(text, at) && !(at && is_digit_at(text, at - 1));
}

/* "forty-five (45)", "45 (forty-five)": the same said twice is one. */
static void take_repeat(struct slice text, enum tongue tongue, struct number *number)
{
	size_t at = skip_blanks(text, number->end, 2);
	struct number again;

	if (at < text.len && text.ptr[at] == '(' && number_at(text, at + 1, tongue, &again) &&
	    again.end < text.len && text.ptr[again.end] == ')' &&
	    decimal_compare(again.value, number->value) == 0)
		number->end = again.end + 1;
}

/* A sign that belongs to the figures behind it: not the dash of a range. */
static bool is_signed_at(struct slice text, size_t at)
{
	size_t before = skip_blanks_back(text, at, 4);

	return text.ptr[at] == '-' &&
	       (is_digit_at(text, at + 1) || (at + 2 < text.len && is_digit_at(text, at + 2))) &&
	       !letter_before(text, before) && !(before && is_digit_at(text, before - 1));
}

/* Digits of a code ("25th", "10b-5", "1:13-cv") are no number. */
static bool stands_alone(struct slice text, const struct number *number)
{
	size_t end = number->end, start = number->start;

	return !(start && text.ptr[start - 1] == '-' && letter_before(text, start - 1)) &&
	       !letter_at(text, end) && !(end < text.len && text.ptr[end] == '_');
}

bool number_next(struct slice text, size_t from, enum tongue tongue, struct number *number)
{
	for (size_t at = from; at < text.len;) {
		bool point = (text.ptr[at] == '.' || text.ptr[at] == ',') && is_digit_at(text, at + 1) &&
			     !(at && is_digit_at(text, at - 1)) && !letter_before(text, at);
		size_t run = at;

		if ((number_may_begin(text, at) || point || is_signed_at(text, at)) &&
		    number_at(text, at, tongue, number) && stands_alone(text, number)) {
			take_repeat(text, tongue, number);
			return true;
		}
		while (is_digit_at(text, run) || letter_at(text, run))
			run += letter_at(text, run) ? letter_at(text, run) : 1;
		at = run > at ? run : at + 1;
	}
	return false;
}

uint64_t number_words(struct slice text, size_t *used)
{
	struct number number;

	*used = 0;
	if (is_digit_at(text, 0) || !number_at(text, 0, TONGUE_ANY, &number) || !number.words ||
	    number.value.places || number.value.negative)
		return 0;
	*used = number.end;
	return number.value.units;
}
