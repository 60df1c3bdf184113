/*
 * words.h - the words of a text, folded so that tables can be written plainly.
 *
 * A word is a run of letters; it is lower-cased and loses its accents ("Février" is "fevrier"), which is how
 * every table of the recognisers spells. Words longer than any table's are cut, and so match nothing.
 * Any bytes may come: what is no letter ends a word. No allocation.
 *
 * Depends on lib/text. No state.
 */
#ifndef STEPS_EXTRACT_WORDS_H
#define STEPS_EXTRACT_WORDS_H

#include "lib/text/text.h"

/* The language of a text, where figures and words differ by it ("10.000", "six"); by bits, so that a word of a
 * table can belong to several. */
enum tongue { TONGUE_EN = 1, TONGUE_FR = 2, TONGUE_ANY = 3 };

enum { WORD_MAX = 23 };

struct word {
	char text[WORD_MAX + 1]; /* folded; cut when longer */
	size_t length;           /* of `text`; 0: no letter stood there */
	size_t start, end;       /* bytes of the text */
};

/* The run of letters that begins at byte `at`. */
struct word word_at(struct slice text, size_t at);
/* The run of letters that ends before byte `end`, not reaching below `floor`. */
struct word word_before(struct slice text, size_t end, size_t floor);
bool word_is(const struct word *word, const char *folded);
/* One of the words between bars: "and|et". */
bool word_in(const struct word *word, const char *choices);

/* Bytes of the letter at `at`, ASCII or accented Latin, or 0. */
size_t letter_at(struct slice text, size_t at);
/* Bytes of the letter that ends before `at`, or 0. */
size_t letter_before(struct slice text, size_t at);
bool is_digit_at(struct slice text, size_t at);
/* Bytes of the blank at `at` (also a line's end, a no-break or a narrow one), or 0. */
size_t blank_at(struct slice text, size_t at);
/* The byte after at most `max` blanks. */
size_t skip_blanks(struct slice text, size_t at, int max);
/* The byte where at most `max` blanks before `at` begin. */
size_t skip_blanks_back(struct slice text, size_t at, int max);
/* Bytes of a hyphen or dash at `at`, or 0. */
size_t dash_at(struct slice text, size_t at);
/* Bytes of an apostrophe, straight or curved, at `at`, or 0. */
size_t apostrophe_at(struct slice text, size_t at);

#endif
