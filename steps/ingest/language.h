/*
 * language.h - the language of a text: an ISO 639-1 code, or "und".
 *
 * The little words of a language (the, of, le, und …) make up a third of any running text and are looked for
 * first: that is exact for the languages of function_words.h and costs microseconds. Where they do not
 * decide, libexttextcat compares n-grams with its fingerprints of the languages of the European Union and a
 * few more; when it is not sure either, the answer is "und".
 *
 * Depends on lib/mem, lib/text, libexttextcat and its data. Safe from any thread (the n-gram part is locked).
 */
#ifndef STEPS_INGEST_LANGUAGE_H
#define STEPS_INGEST_LANGUAGE_H

#include "lib/text/text.h"

enum { LANGUAGE_SIZE = 8 };

struct languages; /* opaque */

/* Never fails: without the fingerprints, little words alone decide. They are loaded when first needed. */
struct languages *languages_new(void);
void languages_free(struct languages *languages); /* NULL is fine */

/* Looks at a few thousand bytes from the start, and from the middle when those say nothing. */
void language_of(struct languages *languages, struct slice text, char code[LANGUAGE_SIZE]);

#endif
