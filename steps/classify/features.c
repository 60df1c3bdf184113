/* features.c - what a document is judged by; see features.h. */
#include "steps/classify/features.h"

#include <assert.h>

/* Any odd constants: they keep the word "order" of the head apart from the same word of the body. */
static const uint64_t HEAD_SALT = 0x9e3779b97f4a7c15u;
static const uint64_t PAIR_FACTOR = 0xd6e8feb86659fd93u;

enum { WORDS_BATCH = FEATURES_BATCH / 3 };

void features_init(struct features *features, struct slice text)
{
	text = slice_trim(text);
	if (text.len > FEATURES_MAX_BYTES)
		text.len = FEATURES_MAX_BYTES;
	*features = (struct features){.text = text};
	words_init(&features->words, text);
}

static struct feature body(struct word word)
{
	return (struct feature){word.hash & ~(uint64_t)1, word.start, word.end};
}

static struct feature head(struct word word)
{
	return (struct feature){word_mix(word.hash ^ HEAD_SALT) | 1, word.start, word.end};
}

static struct feature pair(struct word before, struct word word)
{
	return (struct feature){word_mix(before.hash * PAIR_FACTOR + word.hash) | 1, before.start, word.end};
}

size_t features_read(struct features *features, struct feature *list)
{
	struct word words[WORDS_BATCH];
	size_t count = 0;
	size_t read;

	while (count == 0 && (read = words_read(&features->words, words, WORDS_BATCH)) > 0) {
		for (size_t i = 0; i < read; i++) {
			struct word word = words[i];

			if (word.end - word.start > FEATURES_WORD_BYTES) {
				features->before = (struct word){0};
				continue;
			}
			list[count++] = body(word);
			if (word.start >= FEATURES_HEAD_BYTES)
				continue;
			list[count++] = head(word);
			if (features->before.end)
				list[count++] = pair(features->before, word);
			features->before = word;
		}
	}
	assert(count <= FEATURES_BATCH);
	return count;
}

void feature_write(struct buf *out, const struct features *features, struct feature feature)
{
	struct words words;
	struct word list[2];
	struct slice text = slice_sub(features->text, feature.start, feature.end);
	size_t count;

	words_init(&words, text);
	count = words_read(&words, list, 2);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add_char(out, ' ');
		word_write(out, text, list[i]);
	}
}
