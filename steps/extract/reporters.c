/* reporters.c - abbreviations compared letter by letter. */

#include "steps/extract/reporters.h"

#include <ctype.h>
#include <string.h>

static const struct reporter table[] = {
#define CASES(name, court, spellings) {PRINTED_CASES, name, court, spellings},
#define CODE(name, spellings) {PRINTED_CODE, name, "", spellings},
#define PAGES(name, spellings) {PRINTED_PAGES, name, "", spellings},
#define JOURNAL(name, spellings) {PRINTED_JOURNAL, name, "", spellings},
#define BEFORE(name, spellings) {PRINTED_BEFORE, name, "", spellings},
#include "steps/extract/reporters.def"
};

enum { REPORTERS = sizeof(table) / sizeof(*table), JOURNAL_WORDS = 7 };

/* Byte after the dots and blanks between two letters. */
static size_t skip_loose(struct slice text, size_t at)
{
	while (at < text.len && (text.ptr[at] == '.' || blank_at(text, at)))
		at += text.ptr[at] == '.' ? 1 : blank_at(text, at);
	return at;
}

/* Where the spelling at `at` ends, or 0. */
static size_t spelled_at(struct slice text, size_t at, struct slice spelling)
{
	size_t letters = 0, dots = 0;

	for (size_t i = 0; i < spelling.len; i++) {
		size_t from = at;

		if (spelling.ptr[i] == '.' || spelling.ptr[i] == ' ')
			continue;
		if (letters)
			at = skip_loose(text, at);
		if (at - from > 6)
			return 0;
		dots += at > from && text.ptr[from] == '.';
		if (spelling.ptr[i] == '\'' && apostrophe_at(text, at)) {
			at += apostrophe_at(text, at);
			continue;
		}
		if (at >= text.len || text.ptr[at] != spelling.ptr[i])
			return 0;
		at++;
		letters++;
	}
	if (!letters || letter_at(text, at))
		return 0;
	if (at < text.len && text.ptr[at] == '.' && spelling.ptr[spelling.len - 1] == '.') {
		at++;
		dots++;
	}
	/* A lone capital needs its dot, or a series behind it. */
	return letters == 1 && !dots && !is_digit_at(text, skip_blanks(text, at, 1)) ? 0 : at;
}

static struct slice series_at(struct slice text, size_t at)
{
	static const char *const series[] = {"2d", "3d", "4th", "5th", "6th", "7th", "8th", "2nd", "3rd"};

	at = skip_blanks(text, at, 1);
	for (size_t i = 0; i < sizeof(series) / sizeof(*series); i++) {
		size_t length = strlen(series[i]);

		if (at + length <= text.len && !memcmp(text.ptr + at, series[i], length) &&
		    !letter_at(text, at + length) && !is_digit_at(text, at + length))
			return (struct slice){text.ptr + at, length};
	}
	return (struct slice){0};
}

static void try_spelling(struct slice text, size_t at, struct slice spelling, const struct reporter *reporter,
			 struct reporter_match *best)
{
	size_t end = spelled_at(text, at, spelling);
	struct slice series = {0};

	if (!end)
		return;
	if (reporter->what == PRINTED_CASES)
		series = series_at(text, end);
	if (series.len)
		end = (size_t)(series.ptr - text.ptr) + series.len;
	else if (is_digit_at(text, end))
		return;
	/* "12 P 3": a lone capital that no dot and no series follows */
	if (!series.len && spelling.len == 2 && end == at + 1)
		return;
	if (end > best->end)
		*best = (struct reporter_match){reporter, end, series};
}

bool reporter_at(struct slice text, size_t at, struct reporter_match *match)
{
	struct reporter_match best = {0};

	if (at >= text.len || !isupper((unsigned char)text.ptr[at]))
		return false;
	for (size_t i = 0; i < REPORTERS; i++) {
		const char *rest = table[i].spellings;

		if (table[i].name[0] == text.ptr[at])
			try_spelling(text, at, (struct slice){table[i].name, strlen(table[i].name)},
				     &table[i], &best);
		while (*rest) {
			size_t length = strcspn(rest, "|");

			if (*rest == text.ptr[at])
				try_spelling(text, at, (struct slice){rest, length}, &table[i], &best);
			rest += length + (rest[length] == '|');
		}
	}
	*match = best;
	return best.end > 0;
}

bool journal_at(struct slice text, size_t at, struct reporter_match *match)
{
	bool review = false, law = false;

	for (int i = 0; i < JOURNAL_WORDS; i++) {
		struct word word = word_at(text, at);

		if (!word.length || !isupper((unsigned char)text.ptr[at]))
			return false;
		at = word.end;
		if (at < text.len && text.ptr[at] == '.')
			at++;
		if (i && word_in(&word, "rev|q|lj") && law)
			review = true;
		else if (law && word_is(&word, "j"))
			review = true;
		law = law || word_in(&word, "l|law|lj");
		if (review && is_digit_at(text, skip_blanks(text, at, 1))) {
			*match = (struct reporter_match){NULL, at, {0}};
			return true;
		}
		at = skip_blanks(text, at, 1);
	}
	return false;
}
