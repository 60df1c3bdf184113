/* calendar.c - names compared by their beginnings, ordinals by whole words. */

#include "steps/extract/calendar.h"

#include <string.h>

struct named {
	int number;
	const char *names;
};

static const struct named months[] = {
#define MONTH(number, names) {number, names},
#define WEEKDAY(number, names)
#define ORDINAL(number, names)
#include "steps/extract/calendar.def"
#undef MONTH
};

static const struct named weekdays[] = {
#define MONTH(number, names)
#undef WEEKDAY
#define WEEKDAY(number, names) {number, names},
#include "steps/extract/calendar.def"
#undef WEEKDAY
};

static const struct named ordinals[] = {
#define WEEKDAY(number, names)
#undef ORDINAL
#define ORDINAL(number, names) {number, names},
#include "steps/extract/calendar.def"
};

static int find_start(const struct named *table, size_t count, const struct word *word)
{
	if (word->length < 3)
		return 0;
	for (size_t i = 0; i < count; i++) {
		const char *name = table[i].names;

		while (name && strncmp(name, word->text, word->length) != 0) {
			name = strchr(name, '|');
			name = name ? name + 1 : NULL;
		}
		if (name && strcspn(name, "|") >= word->length)
			return table[i].number;
	}
	return 0;
}

int month_named(const struct word *word)
{
	return find_start(months, sizeof(months) / sizeof(*months), word);
}

int weekday_named(const struct word *word)
{
	return find_start(weekdays, sizeof(weekdays) / sizeof(*weekdays), word);
}

static int ordinal_word(const struct word *word)
{
	for (size_t i = 0; i < sizeof(ordinals) / sizeof(*ordinals); i++)
		if (strchr(ordinals[i].names, word->text[0]) && word_in(word, ordinals[i].names))
			return ordinals[i].number;
	return 0;
}

size_t ordinal_ending_at(struct slice text, size_t at)
{
	struct word word = word_at(text, at);

	/* U+00BA and the degree sign stand for the French o in old print, not here. */
	return word_in(&word, "st|nd|rd|th|d|er|ere|e|eme|ieme|nde") ? word.end - word.start : 0;
}

/* "twenty-first", also run together as OCR does. */
static int compound(struct slice text, struct word tens, size_t *end)
{
	static const char *const names[] = {"twenty", "thirty",  "forty",  "fifty",
					    "sixty",  "seventy", "eighty", "ninety"};

	for (int i = 0; i < 8; i++) {
		size_t length = strlen(names[i]), dash;
		struct word unit;
		int number;

		if (strncmp(tens.text, names[i], length) != 0)
			continue;
		dash = tens.end + dash_at(text, tens.end);
		unit = word_at(text, tens.length > length ? tens.start + length : skip_blanks(text, dash, 1));
		number = ordinal_word(&unit);
		if (number < 1 || number > 9)
			return 0;
		*end = unit.end;
		return (i + 2) * 10 + number;
	}
	return 0;
}

int ordinal_at(struct slice text, size_t at, size_t *end)
{
	struct word word = word_at(text, at);
	int number = 0;
	size_t ending;

	if (word.length) {
		*end = word.end;
		number = ordinal_word(&word);
		return number ? number : compound(text, word, end);
	}
	for (; is_digit_at(text, at) && number < 1000; at++)
		number = number * 10 + (text.ptr[at] - '0');
	ending = ordinal_ending_at(text, at);
	*end = at + ending;
	return ending ? number : 0;
}

static bool is_leap(int year)
{
	return year == 0 || (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool is_day_of_month(int year, int month, int day)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month >= 1 && month <= 12 && day >= 1 &&
	       day <= lengths[month - 1] + (month == 2 && is_leap(year));
}

int year_of_two_figures(int figures)
{
	return figures + (figures < 70 ? 2000 : 1900);
}
