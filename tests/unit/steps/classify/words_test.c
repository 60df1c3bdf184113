/* words_test.c - what a word is. Expected words are read off the texts by hand. */

#include "steps/classify/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

/* The words of a text as they are hashed, with a bar between them. */
static void assert_words_of(struct slice text, const char *want)
{
	struct words words;
	struct word list[3]; /* smaller than most texts, so that reading goes on in batches */
	struct buf out;
	size_t count;

	buf_init(&out, 0);
	words_init(&words, text);
	while ((count = words_read(&words, list, 3)) > 0) {
		for (size_t i = 0; i < count; i++) {
			if (out.len)
				buf_add_char(&out, '|');
			word_write(&out, text, list[i]);
		}
	}
	assert_string_equal(buf_text(&out), want);
	buf_release(&out);
}

static void assert_words(const char *text, const char *want)
{
	assert_words_of(slice_of(text), want);
}

static uint64_t hash_of(const char *text)
{
	struct words words;
	struct word word;

	words_init(&words, slice_of(text));
	assert_int_equal(words_read(&words, &word, 1), 1);
	return word.hash;
}

static void words_are_runs_of_letters_and_digits(void **state)
{
	(void)state;
	assert_words("In the Matter of: ACME, Inc.", "in|the|matter|of|acme|inc");
	assert_words("15 U.S.C. 78m(b)", "0|u|s|c|78m|b");
	assert_words("well_known, don't", "well|known|don|t");
}

static void numbers_are_one_word(void **state)
{
	(void)state;
	assert_words("$1,234.56 on 2015", "0|0|0|on|0");
	assert_true(hash_of("17") == hash_of("40021"));
	assert_true(hash_of("17") == hash_of("0"));
	assert_false(hash_of("10b") == hash_of("10"));
}

static void nothing_gives_no_words(void **state)
{
	(void)state;
	assert_words("", "");
	assert_words(" \n\t.,;!", "");
	assert_words_of((struct slice){NULL, 0}, "");
}

static void case_is_folded_in_latin_letters(void **state)
{
	(void)state;
	assert_words("DÉLIBÉRATION Çà ÿ", "délibération|çà|ÿ");
	assert_true(hash_of("SOCIÉTÉ") == hash_of("société"));
	assert_false(hash_of("société") == hash_of("societe"));
}

static void signs_beyond_ascii_part_words(void **state)
{
	(void)state;
	assert_words("plea\xc2\xa0"
		     "agreement",
		     "plea|agreement"); /* no-break space */
	assert_words("the \xe2\x80\x9c"
		     "Company\xe2\x80\x9d\xe2\x80\x94"
		     "and",
		     "the|company|and"); /* quotation marks, dash */
	assert_words("\xef\xbb\xbf"
		     "order",
		     "order"); /* byte order mark */
	assert_words("2\xc3\x97"
		     "3",
		     "0|0"); /* multiplication sign */
	assert_words("\xe3\x80\x8c\xe5\x91\xbd\xe4\xbb\xa4\xe3\x80\x8d",
		     "\xe5\x91\xbd\xe4\xbb\xa4"); /* corner brackets */
}

static void soft_hyphens_and_ligatures_are_undone(void **state)
{
	(void)state;
	assert_words("penal\xc2\xad"
		     "ty",
		     "penalty");
	assert_words("\xef\xac\x81nancial o\xef\xac\x83"
		     "ce",
		     "financial|office");
	assert_true(hash_of("\xef\xac\x81nancial") == hash_of("financial"));
}

static void bad_utf8_is_read_to_the_end_and_no_further(void **state)
{
	const char *bad[] = {"\xc3", "a\xe2\x80", "\xef\xac", "x\xf0\x9f", "\x80\x81", "\xc2", NULL};

	(void)state;
	for (size_t i = 0; bad[i]; i++) {
		/* An exact copy on the heap: a read past its end is one that AddressSanitizer sees. */
		char *copy = strndup(bad[i], strlen(bad[i]));
		struct words words;
		struct word list[8];
		size_t count;

		words_init(&words, (struct slice){copy, strlen(bad[i])});
		count = words_read(&words, list, 8);
		assert_true(count <= strlen(bad[i]));
		for (size_t k = 0; k < count; k++)
			assert_true(list[k].start < list[k].end && list[k].end <= strlen(bad[i]));
		assert_int_equal(words_read(&words, list, 8), 0);
		free(copy);
	}
}

static void words_longer_than_a_group_differ_in_every_letter(void **state)
{
	char word[] = "misappropriations";

	(void)state;
	for (size_t i = 0; word[i]; i++) {
		char other[sizeof(word)];

		memcpy(other, word, sizeof(word));
		other[i] = 'z';
		assert_false(hash_of(word) == hash_of(other));
	}
	assert_false(hash_of("aaaaaaaa") == hash_of("aaaaaaaaa"));
	assert_false(hash_of("abcdefgh") == hash_of("abcdefghabcdefgh"));
}

/* Text is read in blocks of 64 bytes and a tail: where a word lies must not show. */
static void a_word_is_the_same_wherever_it_stands(void **state)
{
	const char *const list[] = {"a",
				    "1990",
				    "Order",
				    "Eightchr",
				    "settlements",
				    "d\xc3\xa9"
				    "cision",
				    "internationalisation",
				    "x\xef\xac\x81le",
				    NULL};
	const char *const endings[] = {"", ".", "\xe2\x80\x99s", " and so on", NULL};

	(void)state;
	for (size_t i = 0; list[i]; i++) {
		for (size_t before = 0; before < 150; before++) {
			for (size_t after = 0; endings[after]; after++) {
				struct word word;
				struct words words;
				struct buf text;
				size_t size = strlen(list[i]);

				buf_init(&text, 0);
				for (size_t k = 0; k < before; k++)
					buf_add_char(&text, ' ');
				buf_add(&text, list[i], size);
				buf_add(&text, endings[after], strlen(endings[after]));
				words_init(&words, buf_slice(&text));
				assert_int_equal(words_read(&words, &word, 1), 1);
				assert_true(word.hash == hash_of(list[i]));
				assert_int_equal(word.start, before);
				assert_int_equal(word.end, before + size);
				buf_release(&text);
			}
		}
	}
}

/* A word of 100 letters, and 100 words in one text: neither a block nor a batch loses or doubles one. */
static void long_words_and_many_words_are_complete(void **state)
{
	struct words words;
	struct word list[7];
	struct buf text;
	size_t total = 0;
	size_t count;

	(void)state;
	buf_init(&text, 0);
	for (size_t i = 0; i < 100; i++)
		buf_printf(&text, "%.*s ", (int)i + 1,
			   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	words_init(&words, buf_slice(&text));
	while ((count = words_read(&words, list, 7)) > 0) {
		for (size_t i = 0; i < count; i++)
			assert_int_equal(list[i].end - list[i].start, ++total);
	}
	assert_int_equal(total, 100);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_runs_of_letters_and_digits),
		cmocka_unit_test(numbers_are_one_word),
		cmocka_unit_test(nothing_gives_no_words),
		cmocka_unit_test(case_is_folded_in_latin_letters),
		cmocka_unit_test(signs_beyond_ascii_part_words),
		cmocka_unit_test(soft_hyphens_and_ligatures_are_undone),
		cmocka_unit_test(bad_utf8_is_read_to_the_end_and_no_further),
		cmocka_unit_test(words_longer_than_a_group_differ_in_every_letter),
		cmocka_unit_test(a_word_is_the_same_wherever_it_stands),
		cmocka_unit_test(long_words_and_many_words_are_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
