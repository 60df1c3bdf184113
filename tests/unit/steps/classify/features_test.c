/* features_test.c - what a document is judged by: words, words of the head, pairs of the head, pairs around a
 * cue. */

#include "steps/classify/features.h"

#include "lib/mem/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* All features of a text as "words", those of the head with ^ before them, those of a cue with !, one a line. */
static void list_features(struct slice text, const struct cues *cues, struct buf *out)
{
	struct feature list[FEATURES_BATCH];
	struct features features;
	size_t count;

	features_init(&features, text, cues);
	while ((count = features_read(&features, list)) > 0) {
		for (size_t i = 0; i < count; i++) {
			enum feature_kind kind = feature_kind(list[i].key);

			if (kind != FEATURE_BODY)
				buf_add_char(out, kind == FEATURE_HEAD ? '^' : '!');
			feature_write(out, &features, list[i]);
			buf_add_char(out, '\n');
		}
	}
}

static size_t count_features(struct slice text)
{
	struct feature list[FEATURES_BATCH];
	struct features features;
	size_t total = 0;
	size_t count;

	features_init(&features, text, NULL);
	while ((count = features_read(&features, list)) > 0)
		total += count;
	return total;
}

/* A text of `size` bytes, "ab ab ab ...". */
static struct slice filled(size_t size)
{
	char *text = mem_alloc(size);

	for (size_t i = 0; i < size; i++)
		text[i] = "ab "[i % 3];
	return (struct slice){text, size};
}

static void a_head_gives_words_and_pairs(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 0);
	list_features(SLICE(" \n PLEA Agreement, 2016"), NULL, &out);
	assert_string_equal(buf_text(&out), "plea\n^plea\nagreement\n^agreement\n^plea agreement\n"
					    "0\n^0\n^agreement 0\n");
	buf_release(&out);
}

static void the_head_ends_where_it_says(void **state)
{
	struct slice text = filled(FEATURES_HEAD_BYTES);
	struct slice longer = filled(FEATURES_HEAD_BYTES + 300);
	size_t words = FEATURES_HEAD_BYTES / 3;

	(void)state;
	assert_int_equal(count_features(text), words * 3 - 1);
	assert_int_equal(count_features(longer), words * 3 - 1 + 100);
	mem_free((char *)text.ptr);
	mem_free((char *)longer.ptr);
}

static void the_same_word_differs_in_head_and_body(void **state)
{
	struct feature list[FEATURES_BATCH];
	struct features features;

	(void)state;
	features_init(&features, SLICE("order"), NULL);
	assert_int_equal(features_read(&features, list), 2);
	assert_int_equal(feature_kind(list[0].key), FEATURE_BODY);
	assert_int_equal(feature_kind(list[1].key), FEATURE_HEAD);
	assert_false(list[0].key >> 2 == list[1].key >> 2);
}

/* "JURY" and "that" stand beside "charges"; the same pair of the head is a feature of its own. */
static void a_cue_gives_the_pairs_around_it(void **state)
{
	struct cues cues = {0};
	struct buf out;

	(void)state;
	assert_int_equal(cues_add(&cues, SLICE("Charges")), 0);
	buf_init(&out, 0);
	list_features(SLICE("grand JURY charges that x"), &cues, &out);
	assert_string_equal(buf_text(&out), "grand\n^grand\njury\n^jury\n^grand jury\n"
					    "charges\n^charges\n^jury charges\n!jury charges\n"
					    "that\n^that\n^charges that\n!charges that\n"
					    "x\n^x\n^that x\n");
	buf_release(&out);
}

static void cues_count_on_the_first_page_only(void **state)
{
	struct slice text = filled(FEATURES_CUE_BYTES + 302);
	size_t head = FEATURES_HEAD_BYTES / 3;
	size_t page = (FEATURES_CUE_BYTES + 2) / 3;
	struct feature list[FEATURES_BATCH];
	struct features features;
	struct cues cues = {0};
	size_t total = 0;
	size_t count;

	(void)state;
	assert_int_equal(cues_add(&cues, SLICE("ab")), 0);
	features_init(&features, text, &cues);
	while ((count = features_read(&features, list)) > 0)
		total += count;
	/* words; words and pairs of the head; a pair for every word of the page but the first */
	assert_int_equal(total, text.len / 3 + 2 * head - 1 + page - 1);
	mem_free((char *)text.ptr);
}

static void a_cue_is_one_word_and_their_number_is_bounded(void **state)
{
	struct cues cues = {0};
	char word[] = "aa";

	(void)state;
	assert_int_equal(cues_add(&cues, SLICE("grand jury")), -1);
	assert_int_equal(cues_add(&cues, SLICE(" - ")), -1);
	for (size_t i = 0; i < CUES_MAX; i++) {
		word[0] = (char)('a' + i / 26);
		word[1] = (char)('a' + i % 26);
		assert_int_equal(cues_add(&cues, slice_of(word)), 0);
	}
	assert_true(cues_is_sound(&cues));
	assert_int_equal(cues_add(&cues, SLICE("zz")), -1);
	assert_int_equal(cues_add(&cues, SLICE("AB")), 0); /* is there */
}

static void work_is_bounded(void **state)
{
	struct slice text = filled(3 * FEATURES_MAX_BYTES);

	(void)state;
	assert_int_equal(count_features(text), count_features((struct slice){text.ptr, FEATURES_MAX_BYTES}));
	mem_free((char *)text.ptr);
}

static void overlong_runs_are_no_words(void **state)
{
	char text[3000];
	struct buf out;

	(void)state;
	memset(text, 'x', sizeof(text));
	buf_init(&out, 0);
	list_features((struct slice){text, FEATURES_WORD_BYTES + 1}, NULL, &out);
	assert_string_equal(buf_text(&out), "");
	/* ... and do not end the text, however many there are. */
	for (size_t i = 0; i + 50 < sizeof(text); i += 50)
		text[i] = ' ';
	memcpy(text + sizeof(text) - 6, " order", 6);
	assert_int_equal(count_features((struct slice){text, sizeof(text)}), 1);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_gives_words_and_pairs),
		cmocka_unit_test(the_head_ends_where_it_says),
		cmocka_unit_test(the_same_word_differs_in_head_and_body),
		cmocka_unit_test(a_cue_gives_the_pairs_around_it),
		cmocka_unit_test(cues_count_on_the_first_page_only),
		cmocka_unit_test(a_cue_is_one_word_and_their_number_is_bounded),
		cmocka_unit_test(work_is_bounded),
		cmocka_unit_test(overlong_runs_are_no_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
