/* nearest_test.c - a typing mistake finds its word, an unrelated word finds none. */
#include "workflow/expr/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_of_one_letter_are_understood),
		cmocka_unit_test(unrelated_words_find_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
