/* court_words.c - words, abbreviations, slips of the pen. */

#include "steps/extract/court_words.h"
#include "steps/extract/calendar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Words that courts' names are made of; what is one slip away from one is meant to be it. */
static const char known[] = "court|united|states|district|supreme|superior|circuit|county|appeals|appellate|"
			    "division|department|judicial|municipal|"
			    "bankruptcy|northern|southern|eastern|western|middle|central|common|pleas|"
			    "quarter|sessions|orphans|probate|juvenile|surrogates|"
			    "surrogate|family|justice|police|criminal|civil|special|general|commonwealth|"
			    "territory|columbia|council|board|commission|"
			    "military|review|claims|veterans|chancery|magistrate|magistrates|mayors|"
			    "recorders|childrens|domestic|relations|village|"
			    "township|borough|people|panel|conference|alabama|alaska|arizona|arkansas|"
			    "california|colorado|connecticut|delaware|florida|"
			    "georgia|hawaii|idaho|illinois|indiana|kansas|kentucky|louisiana|maine|maryland|"
			    "massachusetts|michigan|minnesota|"
			    "mississippi|missouri|montana|nebraska|nevada|hampshire|jersey|mexico|york|"
			    "carolina|dakota|ohio|oklahoma|oregon|"
			    "pennsylvania|rhode|island|tennessee|texas|utah|vermont|virginia|washington|"
			    "wisconsin|wyoming|puerto|first|second|third|"
			    "fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|appel|cour|"
			    "tribunal|cassation|conseil|errors|insolvency|"
			    "terminer|trial|patent|trademark|interferences|session|sitting|sittings|housing|"
			    "counties|south|north|west|east|"
			    "judiciaire|administratif|administrative|correctionnel|grande|instance|commerce|"
			    "armed|forces|marine|francisco|angeles|record|"
			    "town|city|term|part|state|courts|judge|judges|councils|officer|office|criminal|"
			    "corps|force|coast|guard|navy|army";

/* Neither places nor worth a slip: left out, or of no meaning by themselves. */
static const char small[] =
	"of|the|for|in|and|to|at|on|a|an|de|du|des|la|le|l|d|et|les|be|held|holden|said|its|within";

static const struct {
	const char *short_form, *words;
} abbreviations[] = {
	{"us", "united states"},
	{"dist", "district"},
	{"ct", "court"},
	{"cts", "court"},
	{"courts", "court"},
	{"sup", "supreme"},
	{"super", "superior"},
	{"cir", "circuit"},
	{"dept", "department"},
	{"div", "division"},
	{"co", "county"},
	{"cty", "county"},
	{"app", "appeals"},
	{"appeal", "appeals"},
	{"bankr", "bankruptcy"},
	{"terr", "territory"},
	{"munic", "municipal"},
	{"mun", "municipal"},
	{"com", "common"},
	{"penna", "pennsylvania"},
	{"orphan", "orphans"},
	{"children", "childrens"},
	{"comm", "commission"},
	{"surr", "surrogates"},
	{"surrogate", "surrogates"},
	{"fam", "family"},
	{"ny", "new york"},
	{"ap", "appeals"},
	{"crim", "criminal"},
	{"mayor", "mayors"},
	{"recorder", "recorders"},
	{"saint", "st"},
};

/* Letters put in, left out, changed or exchanged: at most `most`, else more. Both at most WORD_MAX long. */
static int slips(const char *a, size_t m, const char *b, size_t n, int most)
{
	unsigned char rows[3][WORD_MAX + 2];

	if (m > n + (size_t)most || n > m + (size_t)most || n > WORD_MAX)
		return most + 1;
	for (size_t j = 0; j <= n; j++)
		rows[0][j] = (unsigned char)j;
	for (size_t i = 1; i <= m; i++) {
		unsigned char *row = rows[i % 3], *last = rows[(i - 1) % 3], *older = rows[(i + 1) % 3];

		row[0] = (unsigned char)i;
		for (size_t j = 1; j <= n; j++) {
			int cost = last[j - 1] + (a[i - 1] != b[j - 1]);

			if (last[j] + 1 < cost)
				cost = last[j] + 1;
			if (row[j - 1] + 1 < cost)
				cost = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    older[j - 2] + 1 < cost)
				cost = older[j - 2] + 1;
			row[j] = (unsigned char)cost;
		}
	}
	return rows[m % 3][n];
}

/* The known word that `word` was meant to be: itself, or one that is a slip or (when long) two away. */
static struct slice set_right(const struct word *word)
{
	struct slice best = {word->text, word->length};
	int most = word->length >= 9 ? 2 : 1, least = most + 1;

	if (word->length < 4 || word_in(word, known))
		return best;
	for (const char *rest = known; *rest;) {
		size_t length = strcspn(rest, "|");

		if (length >= 5 &&
		    (*rest == word->text[0] || (rest[1] == word->text[1] && word->length >= 8))) {
			int distance = slips(word->text, word->length, rest, length, most);

			if (distance < least) {
				least = distance;
				best = (struct slice){rest, length};
			}
		}
		rest += length + (rest[length] == '|');
	}
	if (best.ptr != word->text && court_is_county_word((struct slice){word->text, word->length}))
		best = (struct slice){word->text, word->length};
	return best;
}

static void add(struct court_words *words, struct slice word)
{
	if (words->length + word.len + 2 > sizeof(words->text))
		return;
	if (word.len)
		words->letters |= 1u << (word.ptr[0] & 31);
	memcpy(words->text + words->length, word.ptr, word.len);
	words->length += word.len;
	words->text[words->length++] = ' ';
	words->text[words->length] = '\0';
}

static struct slice last_word(const struct court_words *words)
{
	size_t end = words->length ? words->length - 1 : 0, start = end;

	while (start > 0 && words->text[start - 1] != ' ')
		start--;
	return (struct slice){words->text + start, end - start};
}

static void drop_last(struct court_words *words)
{
	words->length -= last_word(words).len + 1;
	words->text[words->length] = '\0';
}

/* "N D", "So. Dist.": the direction that stands before a district. */
static const char *direction(struct slice word)
{
	static const struct {
		const char *short_forms, *direction;
	} directions[] = {{"n|no|nor", "northern"}, {"s|so", "southern"}, {"e|ea|ed", "eastern"},
			  {"w|we", "western"},      {"m|mid", "middle"},  {"c|cent", "central"}};

	for (size_t i = 0; i < sizeof(directions) / sizeof(*directions); i++) {
		const char *rest = directions[i].short_forms;

		while (*rest) {
			size_t length = strcspn(rest, "|");

			if (slice_equal(word, (struct slice){rest, length}))
				return directions[i].direction;
			rest += length + (rest[length] == '|');
		}
	}
	return NULL;
}

static void add_district(struct court_words *words)
{
	const char *name = direction(last_word(words));

	if (name) {
		drop_last(words);
		add(words, slice_of(name));
	}
	add(words, SLICE("district"));
}

static void add_folded(struct court_words *words, const struct word *word)
{
	struct slice right, last = last_word(words);

	for (size_t i = 0; i < sizeof(abbreviations) / sizeof(*abbreviations); i++) {
		if (!word_is(word, abbreviations[i].short_form))
			continue;
		if (!strcmp(abbreviations[i].words, "district"))
			add_district(words);
		else
			add(words, slice_of(abbreviations[i].words));
		return;
	}
	if (word_is(word, "s") && slice_is(last, "u")) { /* U.S. */
		drop_last(words);
		add(words, SLICE("united"));
		add(words, SLICE("states"));
		return;
	}
	if (word_is(word, "s") && last.len > 4 && !slice_is(last, "court") &&
	    !slice_is(last, "states")) { /* Surrogate's */
		if (last.ptr[last.len - 1] != 's') {
			words->length--;
			add(words, SLICE("s"));
		}
		return;
	}
	right = set_right(word);
	if (slice_is(right, "district"))
		add_district(words);
	else
		add(words, right);
}

/* One letter, as of initials: "D" is a district, "v" ends the parties. */
static bool add_initial(struct court_words *words, const struct word *word, struct slice name)
{
	struct word next = word_at(
		name, skip_blanks(name, word->end + (word->end < name.len && name.ptr[word->end] == '.'), 2));

	if (!word_is(word, "d") || word_is(&next, "c"))
		return false;
	if (!apostrophe_at(name, word->end))
		add_district(words);
	return true;
}

void court_words_read(struct court_words *words, struct slice name)
{
	size_t at = 0;

	words->text[0] = ' ';
	words->text[1] = '\0';
	words->length = 1;
	words->letters = 0;
	while (at < name.len) {
		struct word word = word_at(name, at);
		size_t end;
		int number = ordinal_at(name, at, &end);

		if (word.length && !number && word.length >= 4) { /* "Forth Circuit" */
			struct slice right = set_right(&word);
			size_t right_end;

			number = ordinal_at(right, 0, &right_end);
			end = word.end;
		}
		if (number) {
			char digits[16];
			int length = snprintf(digits, sizeof(digits), "%d", number);

			add(words, (struct slice){digits, (size_t)length});
			at = end;
		} else if (word.length) {
			if (!(word.length == 1 && add_initial(words, &word, name)) && !word_in(&word, small))
				add_folded(words, &word);
			at = word.end;
		} else {
			size_t digits = at;

			while (is_digit_at(name, digits))
				digits++;
			if (digits > at)
				add(words, slice_sub(name, at, digits));
			at = digits > at ? digits : at + 1;
		}
	}
}

const char *court_words_find(const struct court_words *words, const char *phrase, size_t length)
{
	const char *at = words->text;
	size_t left = words->length;

	if (length && !(words->letters & (1u << (phrase[0] & 31))))
		return NULL;
	while (length && left >= length + 2 && (at = memmem(at, left, phrase, length))) {
		if (at > words->text && at[-1] == ' ' && at[length] == ' ')
			return at - 1;
		at++;
		left = (size_t)(words->text + words->length - at);
	}
	return NULL;
}

bool court_words_have(const struct court_words *words, const char *phrase, size_t length)
{
	return court_words_find(words, phrase, length) != NULL;
}

bool court_words_know(struct slice word)
{
	struct word known_word = {.length = word.len < WORD_MAX ? word.len : WORD_MAX};

	memcpy(known_word.text, word.ptr, known_word.length);
	return word_in(&known_word, known);
}
