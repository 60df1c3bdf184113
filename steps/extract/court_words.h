/*
 * court_words.h - the words of a court's name, folded, spelled right, small words left out.
 *
 * Depends on words.h. Private to the recogniser of courts.
 */
#ifndef STEPS_EXTRACT_COURT_WORDS_H
#define STEPS_EXTRACT_COURT_WORDS_H

#include "steps/extract/words.h"

enum { COURT_WORDS_MAX = 512 };

struct court_words {
	char text[COURT_WORDS_MAX]; /* " united states district court " */
	size_t length;
	uint32_t letters; /* bit by bit the first letters of the words, to see quickly what is not there */
};

/* Fills `words` from a name; what does not fit is left out. A word one slip away from one that courts' names are
 * made of becomes it; ordinals become their figures, abbreviations whole words. */
void court_words_read(struct court_words *words, struct slice name);
/* The words of `phrase` stand there side by side. */
bool court_words_have(const struct court_words *words, const char *phrase, size_t length);
/* Where the phrase begins in words->text (at the blank before it), or NULL. */
const char *court_words_find(const struct court_words *words, const char *phrase, size_t length);

/* A word that courts' names are made of, and so no place. */
bool court_words_know(struct slice word);
/* The name of a county by itself: set right by no slip. */
bool court_is_county_word(struct slice word);

#endif
