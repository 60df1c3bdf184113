/* nearest_test.c - a typing mistake finds its word, an unrelated word finds none. */
#include "workflow/expr/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

static struct slice find(const char *word)
{
	static const char *const words[] = {"assign", "call",   "args",   "as",
					    "result", "switch", "return", "raise"};
	struct nearest nearest;

	nearest_init(&nearest, slice_of(word));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		nearest_offer(&nearest, slice_of(words[i]));
	return nearest_best(&nearest);
}

static void mistakes_of_one_letter_are_understood(void **state)
{
	(void)state;
	assert_true(slice_is(find("asign"), "assign"));
	assert_true(slice_is(find("asssign"), "assign"));
	assert_true(slice_is(find("assihn"), "assign"));
	assert_true(slice_is(find("retrun"), "return"));
	assert_true(slice_is(find("arg"), "args"));
	assert_true(slice_is(find("results"), "result"));
}

static void unrelated_words_find_nothing(void **state)
{
	char long_word[300];

	(void)state;
	assert_null(find("banana").ptr);
	assert_null(find("").ptr);
	assert_null(find("x").ptr);
	memset(long_word, 'a', sizeof(long_word));
	long_word[sizeof(long_word) - 1] = '\0';
	assert_null(find(long_word).ptr);
}

static bool is_near(const char *word, const char *candidate)
{
	struct nearest nearest;

	nearest_init(&nearest, slice_of(word));
	nearest_offer(&nearest, slice_of(candidate));
	return nearest_best(&nearest).ptr != NULL;
}

/* Letters added at one end and left out at the other: the longest way from the diagonal. */
static void long_words_differ_in_six_places_at_most(void **state)
{
	(void)state;
	assert_true(is_near("send_the_order_confirmation", "123send_the_order_confirmat"));
	assert_false(is_near("send_the_order_confirmation", "1234send_the_order_confirma"));
	assert_true(is_near("send_the_order_confirmation", "send_the_order_confirmation123456"));
	assert_false(is_near("send_the_order_confirmation", "send_the_order_confirmation1234567"));
	assert_true(is_near("send_the_order_confirmation", "esdn_the_rode_rconfimratino"));
	assert_true(is_near("123456send_the_order_confirmation", "send_the_order_confirmation"));
}

/* A third of the length decides below that. */
static void three_letters_of_nine_may_differ(void **state)
{
	(void)state;
	assert_true(is_near("abcdefghi", "abcdef"));
	assert_false(is_near("abcdefghi", "abcde"));
	assert_true(is_near("abcdefghi", "xyabcdefgh"));
	assert_false(is_near("abcdefghi", "xyabcdefg"));
	assert_true(is_near("ab", "ba"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_of_one_letter_are_understood),
		cmocka_unit_test(unrelated_words_find_nothing),
		cmocka_unit_test(long_words_differ_in_six_places_at_most),
		cmocka_unit_test(three_letters_of_nine_may_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
