/* numbers.c - one table of words, and the way they add and multiply. */

#include "steps/extract/numbers.h"

#include <string.h>
#include <strings.h>

struct word {
	const char *text;
	uint64_t value;
};

/* Words below a thousand; "vingt" and "cent" may be multiplied (quatre-vingt, deux cents). */
static const struct word small[] = {
	{"zero", 0},      {"one", 1},       {"two", 2},        {"three", 3},     {"four", 4},
	{"five", 5},      {"six", 6},       {"seven", 7},      {"eight", 8},     {"nine", 9},
	{"ten", 10},      {"eleven", 11},   {"twelve", 12},    {"thirteen", 13}, {"fourteen", 14},
	{"fifteen", 15},  {"sixteen", 16},  {"seventeen", 17}, {"eighteen", 18}, {"nineteen", 19},
	{"twenty", 20},   {"thirty", 30},   {"forty", 40},     {"fourty", 40},   {"fifty", 50},
	{"sixty", 60},    {"seventy", 70},  {"eighty", 80},    {"ninety", 90},   {"un", 1},
	{"une", 1},       {"deux", 2},      {"trois", 3},      {"quatre", 4},    {"cinq", 5},
	{"sept", 7},      {"huit", 8},      {"neuf", 9},       {"dix", 10},      {"onze", 11},
	{"douze", 12},    {"treize", 13},   {"quatorze", 14},  {"quinze", 15},   {"seize", 16},
	{"vingt", 20},    {"vingts", 20},   {"trente", 30},    {"quarante", 40}, {"cinquante", 50},
	{"soixante", 60}, {"septante", 70}, {"huitante", 80},  {"nonante", 90},
};

static const struct word scales[] = {
	{"thousand", 3}, {"million", 6},  {"millions", 6},  {"billion", 9}, {"billions", 9}, {"trillion", 12},
	{"mille", 3},    {"milliard", 9}, {"milliards", 9}, {"millier", 3}, {"milliers", 3}, {"k", 3},
	{"m", 6},        {"mn", 6},       {"mln", 6},       {"bn", 9},
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static const struct word *look_up(const struct word *table, size_t count, struct slice word)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(table[i].text) == word.len && !strncasecmp(table[i].text, word.ptr, word.len))
			return &table[i];
	return NULL;
}

int number_scale(struct slice word)
{
	const struct word *found = look_up(scales, sizeof(scales) / sizeof(*scales), word);

	return found ? (int)found->value : -1;
}

static uint64_t power(uint64_t exponent)
{
	uint64_t result = 1;

	while (exponent--)
		result *= 10;
	return result;
}

static struct slice next_word(struct slice text, size_t *at)
{
	size_t start = *at, end;

	while (start < text.len && (text.ptr[start] == ' ' || text.ptr[start] == '-' ||
				    text.ptr[start] == '\n' || text.ptr[start] == ','))
		start++;
	end = start;
	while (end < text.len && is_letter(text.ptr[end]))
		end++;
	*at = end;
	return (struct slice){text.ptr + start, end - start};
}

struct sum {
	uint64_t total; /* closed groups: two million */
	uint64_t group; /* below a thousand, still growing */
	bool any;
};

/* Takes one word in; false when it is not part of a number. */
static bool add_word(struct sum *sum, struct slice word)
{
	const struct word *found = look_up(small, sizeof(small) / sizeof(*small), word);

	if (found && found->value == 20 && sum->group % 100 == 4 && (word.ptr[0] | 32) == 'v') {
		sum->group += 76; /* quatre-vingt */
	} else if (found) {
		sum->group += found->value;
	} else if (slice_is(word, "hundred") || slice_is(word, "cent") || slice_is(word, "cents")) {
		sum->group = (sum->group ? sum->group : 1) * 100;
	} else if (word.len > 2 && (found = look_up(scales, sizeof(scales) / sizeof(*scales), word))) {
		sum->total += (sum->group ? sum->group : 1) * power(found->value);
		sum->group = 0;
	} else {
		return false;
	}
	sum->any = true;
	return true;
}

uint64_t number_words(struct slice text, size_t *used)
{
	struct sum sum = {0};
	size_t at = 0;

	*used = 0;
	for (;;) {
		struct slice word = next_word(text, &at);
		char lower[16] = "";

		if (!word.len || word.len >= sizeof(lower) || sum.total + sum.group > 1000000000000000)
			break;
		for (size_t i = 0; i < word.len; i++)
			lower[i] = (char)((unsigned char)word.ptr[i] < 0x80 ? word.ptr[i] | 32 : word.ptr[i]);
		if (sum.any && (!strcmp(lower, "and") || !strcmp(lower, "et")))
			continue;
		if (!add_word(&sum, slice_of(lower)))
			break;
		*used = at;
	}
	return sum.any ? sum.total + sum.group : 0;
}
