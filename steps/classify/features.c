/* features.c - what a document is judged by; see features.h. */
#include "steps/classify/features.h"

#include <assert.h>

/* Any odd constants: they keep the word "order" of the head apart from the same word of the body, and a pair
 * of the head from the same pair as a cue. */
static const uint64_t HEAD_SALT = 0x9e3779b97f4a7c15u;
static const uint64_t CUE_SALT = 0xc2b2ae3d27d4eb4fu;
static const uint64_t PAIR_FACTOR = 0xd6e8feb86659fd93u;

enum { WORDS_BATCH = FEATURES_BATCH / 4 };

static_assert((int)FEATURES_CUE_BYTES >= (int)FEATURES_HEAD_BYTES, "the head is part of the first page");

void features_init(struct features *features, struct slice text, const struct cues *cues)
{
	text = slice_trim(text);
	if (text.len > FEATURES_MAX_BYTES)
		text.len = FEATURES_MAX_BYTES;
	*features = (struct features){.text = text, .cues = cues};
	words_init(&features->words, text);
}

static struct feature single(enum feature_kind kind, uint64_t hash, struct word word)
{
	return (struct feature){(hash & ~(uint64_t)3) | kind, word.start, word.end};
}

static struct feature pair(enum feature_kind kind, uint64_t salt, struct word before, struct word word)
{
	uint64_t hash = word_mix((before.hash * PAIR_FACTOR + word.hash) ^ salt);

	return (struct feature){(hash & ~(uint64_t)3) | kind, before.start, word.end};
}

/* What a word of the first page gives besides itself; returns how many. */
static size_t first_page(struct features *features, struct word word, struct feature *list)
{
	bool is_cue = features->cues && cues_has(features->cues, word.hash);
	size_t count = 0;

	if (word.start < FEATURES_HEAD_BYTES) {
		list[count++] = single(FEATURE_HEAD, word_mix(word.hash ^ HEAD_SALT), word);
		if (features->before.end)
			list[count++] = pair(FEATURE_HEAD, 0, features->before, word);
	}
	if (features->before.end && (is_cue || features->before_is_cue))
		list[count++] = pair(FEATURE_CUE, CUE_SALT, features->before, word);
	features->before = word;
	features->before_is_cue = is_cue;
	return count;
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
			list[count++] = single(FEATURE_BODY, word.hash, word);
			if (word.start < FEATURES_CUE_BYTES)
				count += first_page(features, word, list + count);
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
