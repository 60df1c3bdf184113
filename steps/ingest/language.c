/* language.c - little words first, n-grams where they do not decide; see language.h. */
#include "steps/ingest/language.h"

#include "lib/mem/mem.h"
#include "steps/ingest/function_words.h"

#include <ctype.h>
#include <libexttextcat/textcat.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	WINDOW_BYTES = 4096,
	NGRAM_BYTES = 2000, /* what textcat needs; more costs time and adds nothing */
	NGRAM_MIN_LETTERS = 100,
};

struct languages {
	pthread_mutex_t lock; /* textcat keeps its answer in its handle */
	bool tried;           /* to load */
	void *textcat;        /* NULL: not loaded, or not to be had */
};

struct languages *languages_new(void)
{
	struct languages *languages = mem_new(sizeof(*languages));

	pthread_mutex_init(&languages->lock, NULL);
	return languages;
}

void languages_free(struct languages *languages)
{
	if (!languages)
		return;
	if (languages->textcat)
		textcat_Done(languages->textcat);
	pthread_mutex_destroy(&languages->lock);
	mem_free(languages);
}

/* ---- little words */

struct count {
	size_t words;
	size_t hits[WORD_LANGUAGES];
};

static int compare_word(const void *key, const void *entry)
{
	const struct slice *word = key;

	return slice_compare(*word, slice_of(((const struct function_word *)entry)->word));
}

static void count_word(struct count *count, struct slice word)
{
	const struct function_word *found;

	count->words++;
	found = bsearch(&word, function_words, sizeof(function_words) / sizeof(function_words[0]),
			sizeof(function_words[0]), compare_word);
	for (int i = 0; found && i < WORD_LANGUAGES; i++)
		count->hits[i] += found->languages >> i & 1;
}

/* A word is a run of letters; every byte beyond ASCII is taken for one. */
static void count_words(struct count *count, struct slice text)
{
	char word[24];
	size_t size = 0;

	for (size_t i = 0; i <= text.len; i++) {
		unsigned char c = i < text.len ? (unsigned char)text.ptr[i] : ' ';

		if (isalpha(c) || c >= 0x80) {
			if (size < sizeof(word))
				word[size] = (char)(c < 0x80 ? tolower(c) : c);
			size++;
		} else {
			if (size > 0 && size <= sizeof(word))
				count_word(count, (struct slice){word, size});
			size = 0;
		}
	}
}

/* A tenth of the words at least, and clearly more than of any other language; pages full of names and
 * addresses have fewer, and must then be the clearer. */
static const char *decide(const struct count *count)
{
	int best = 0;
	size_t second = 0;

	for (int i = 1; i < WORD_LANGUAGES; i++)
		if (count->hits[i] > count->hits[best])
			best = i;
	for (int i = 0; i < WORD_LANGUAGES; i++)
		if (i != best && count->hits[i] > second)
			second = count->hits[i];
	if (count->hits[best] >= 4 && count->hits[best] * 10 >= count->words &&
	    count->hits[best] * 2 >= second * 3)
		return word_language[best];
	if (count->hits[best] >= 12 && count->hits[best] * 20 >= count->words &&
	    count->hits[best] >= second * 2)
		return word_language[best];
	return NULL;
}

/* ---- n-grams */

/* Fingerprints to compare with: the fewer, the fewer texts are taken for a rare relative of their language.
 */
static const char *const fingerprints[] = {
	"bg", "ca", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr", "hu", "it",
	"lt", "lv", "mt", "nb", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "tr", "uk",
};

#ifndef TEXTCAT_DATA
#define TEXTCAT_DATA "/usr/share/libexttextcat/"
#endif

/* The library reads its list of fingerprints from a file; ours is made in memory. */
static void *load_textcat(void)
{
	char path[64];
	void *textcat = NULL;
	int fd = memfd_create("fingerprints", MFD_CLOEXEC);
	FILE *list = fd < 0 ? NULL : fdopen(fd, "w");

	if (!list) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	for (size_t i = 0; i < sizeof(fingerprints) / sizeof(fingerprints[0]); i++)
		fprintf(list, "%s.lm %s--utf8\n", fingerprints[i], fingerprints[i]);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fflush(list) == 0 && access(TEXTCAT_DATA "en.lm", R_OK) == 0)
		textcat = special_textcat_Init(path, TEXTCAT_DATA);
	fclose(list);
	return textcat;
}

/* The answer is "[en--utf8]", several of them, "UNKNOWN" or "SHORT". */
static bool classify(struct languages *languages, struct slice text, char code[LANGUAGE_SIZE])
{
	const char *answer = NULL;
	size_t size = 0;

	pthread_mutex_lock(&languages->lock);
	if (!languages->tried)
		languages->textcat = load_textcat();
	languages->tried = true;
	if (languages->textcat)
		answer = textcat_Classify(languages->textcat, text.ptr, text.len);
	if (answer && answer[0] == '[' && !strchr(answer + 1, '[')) {
		size = strcspn(answer + 1, "-]");
		if (size < LANGUAGE_SIZE)
			memcpy(code, answer + 1, size);
		code[size < LANGUAGE_SIZE ? size : 0] = '\0';
	}
	pthread_mutex_unlock(&languages->lock);
	return size > 0 && size < LANGUAGE_SIZE;
}

static size_t letters(struct slice text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += isalpha((unsigned char)text.ptr[i]) || (text.ptr[i] & 0xC0) == 0xC0;
	return count;
}

void language_of(struct languages *languages, struct slice text, char code[LANGUAGE_SIZE])
{
	struct slice start = slice_sub(text, 0, WINDOW_BYTES);
	struct slice middle = slice_sub(text, text.len / 2, text.len / 2 + WINDOW_BYTES);
	struct count count = {0};
	const char *decided;

	count_words(&count, start);
	decided = decide(&count);
	if (!decided && text.len > WINDOW_BYTES) { /* captions and line numbers come first in pleadings */
		count = (struct count){0};
		count_words(&count, middle);
		decided = decide(&count);
	} else {
		middle = start;
	}
	if (decided)
		snprintf(code, LANGUAGE_SIZE, "%s", decided);
	else if (letters(slice_sub(middle, 0, NGRAM_BYTES)) < NGRAM_MIN_LETTERS ||
		 !classify(languages, slice_sub(middle, 0, NGRAM_BYTES), code))
		snprintf(code, LANGUAGE_SIZE, "und");
}
