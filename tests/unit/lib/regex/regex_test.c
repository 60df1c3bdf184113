/* regex_test.c - the C face of RE2: matches, groups, flags, sets; expected values from RE2's syntax page. */

#include "lib/regex/regex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct regex *must(const char *pattern, unsigned flags)
{
	struct error err = {0};
	struct regex *regex = regex_new(slice_of(pattern), flags, &err);

	assert_string_equal(err.message, "");
	assert_non_null(regex);
	return regex;
}

static void assert_slice(struct slice got, const char *want)
{
	assert_int_equal(got.len, strlen(want));
	assert_memory_equal(got.ptr, want, got.len);
}

static void a_bad_pattern_is_an_input_error_with_the_reason(void **state)
{
	struct error err = {0};

	(void)state;
	assert_null(regex_new(SLICE("a(b"), 0, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(strstr(err.message, "missing )"));
	error_clear(&err);
	assert_null(regex_new(SLICE("(?=x)"), 0, &err)); /* RE2 has no look-around */
	assert_int_equal(err.kind, ERROR_INPUT);
}

static void groups_are_numbered_named_and_may_take_no_part(void **state)
{
	struct regex *regex = must("(?P<year>\\d{4})(-(?P<month>\\d\\d))?(x)?", 0);
	struct regex_match match;

	(void)state;
	assert_true(regex_find(regex, SLICE("in 2024-07."), 0, &match));
	assert_int_equal(match.groups, 5);
	assert_slice(match.group[0], "2024-07");
	assert_slice(match.group[regex_group(regex, "year")], "2024");
	assert_slice(match.group[regex_group(regex, "month")], "07");
	assert_null(match.group[4].ptr);
	assert_int_equal(regex_group(regex, "day"), -1);
	regex_free(regex);
}

static void a_search_from_the_middle_still_sees_what_stands_before(void **state)
{
	struct regex *word = must("\\bcat", 0), *start = must("^a", 0);
	struct regex_match match;

	(void)state;
	assert_false(regex_find(word, SLICE("concat"), 3, &match));
	assert_true(regex_find(word, SLICE("con cat"), 3, &match));
	assert_false(regex_find(start, SLICE("aaa"), 1, &match));
	assert_false(regex_find(start, SLICE("aaa"), 4, &match)); /* past the end */
	regex_free(word);
	regex_free(start);
}

static void flags_choose_longest_case_and_lines(void **state)
{
	struct regex *first = must("a|ab", 0), *longest = must("a|ab", REGEX_LONGEST);
	struct regex *any_case = must("straße", REGEX_NO_CASE), *lines = must("^b$", REGEX_LINES);
	struct regex_match match;

	(void)state;
	assert_true(regex_find(first, SLICE("ab"), 0, &match));
	assert_slice(match.group[0], "a");
	assert_true(regex_find(longest, SLICE("ab"), 0, &match));
	assert_slice(match.group[0], "ab");
	assert_true(regex_matches(any_case, SLICE("STRAßE")));
	assert_true(regex_matches(lines, SLICE("a\nb\nc")));
	regex_free(first);
	regex_free(longest);
	regex_free(any_case);
	regex_free(lines);
}

static void more_groups_than_fit_are_cut_and_an_empty_text_is_fine(void **state)
{
	struct regex *many = must("()()()()()()()()()()()()()()()()()()", 0);
	struct regex_match match;

	(void)state;
	assert_true(regex_find(many, (struct slice){NULL, 0}, 0, &match));
	assert_int_equal(match.groups, REGEX_MAX_GROUPS);
	regex_free(many);
	regex_free(NULL);
}

static struct regex_set *set_of(const char *const *patterns, size_t count, unsigned flags)
{
	struct regex_set *set = regex_set_new(flags);
	struct error err = {0};

	for (size_t i = 0; i < count; i++)
		assert_int_equal(regex_set_add(set, slice_of(patterns[i]), &err), (int)i);
	assert_int_equal(regex_set_compile(set, &err), 0);
	return set;
}

static void a_set_tells_which_patterns_occur(void **state)
{
	static const char *const patterns[] = {"order(ed)? to pay", "[0-9]+", "agreed to (pay|remit)",
					       "disgorge", ""};
	struct regex_set *set = set_of(patterns, 5, 0);
	int found[5];

	(void)state;
	assert_int_equal(regex_set_find(set, SLICE("it agreed to remit 12 and to disgorge"), found, 5), 4);
	assert_int_equal(found[0], 1);
	assert_int_equal(found[1], 2);
	assert_int_equal(found[2], 3);
	assert_int_equal(found[3], 4);
	assert_int_equal(regex_set_find(set, SLICE("Agreed To Pay"), found, 5), 1); /* the empty one */
	assert_int_equal(found[0], 4);
	/* A capacity smaller than the answer bounds what is written, not what is counted. */
	found[1] = 77;
	assert_int_equal(regex_set_find(set, SLICE("12 disgorge"), found, 1), 3);
	assert_int_equal(found[1], 77);
	regex_set_free(set);
}

static void candidates_leave_out_only_what_cannot_occur(void **state)
{
	static const char *const patterns[] = {"penalty of \\d+", "monitor", "\\d"};
	struct regex_set *set = set_of(patterns, 3, REGEX_NO_CASE);
	int found[3];

	(void)state;
	assert_int_equal(regex_set_candidates(set, SLICE("a PENALTY OF some kind"), found, 3), 2);
	assert_int_equal(found[0], 0); /* the literal is there, the number is not */
	assert_int_equal(found[1], 2); /* no literal to ask for */
	assert_int_equal(regex_set_find(set, SLICE("a PENALTY OF some kind"), found, 3), 0);
	assert_true(regex_matches(regex_set_at(set, 1), SLICE("a Monitor")));
	regex_set_free(set);
}

static void a_set_refuses_a_bad_pattern_and_keeps_the_rest(void **state)
{
	struct regex_set *set = regex_set_new(0);
	struct error err = {0};
	int found[2];

	(void)state;
	assert_int_equal(regex_set_add(set, SLICE("one"), &err), 0);
	assert_int_equal(regex_set_add(set, SLICE("[z-a]"), &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	error_clear(&err);
	assert_int_equal(regex_set_compile(set, &err), 0);
	assert_int_equal(regex_set_find(set, SLICE("one two"), found, 2), 1);
	regex_set_free(set);
}

static void an_empty_set_finds_nothing(void **state)
{
	struct regex_set *set = regex_set_new(0);
	struct error err = {0};
	int found;

	(void)state;
	assert_int_equal(regex_set_compile(set, &err), 0);
	assert_int_equal(regex_set_find(set, SLICE("x"), &found, 1), 0);
	regex_set_free(set);
	regex_set_free(NULL);
}

static struct regex *pooled(struct regex_pool *pool, const char *pattern)
{
	struct error err = {0};
	struct regex *regex = regex_new_in(pool, slice_of(pattern), REGEX_LINES, &err);

	assert_non_null(regex);
	return regex;
}

/* A set numbers the literals of all its patterns, each pattern its own. */
static void a_literal_of_two_patterns_counts_for_both(void **state)
{
	static const char *const patterns[] = {"civil penalty.*fine", "fine.*interest", "interest|fine",
					       "fine"};
	struct regex_set *set = set_of(patterns, 4, 0);
	int found[4];

	(void)state;
	assert_int_equal(regex_set_candidates(set, SLICE("a fine"), found, 4), 2);
	assert_int_equal(found[0], 2);
	assert_int_equal(found[1], 3);
	assert_int_equal(regex_set_candidates(set, SLICE("interest on a fine"), found, 4), 3);
	assert_int_equal(found[0], 1); /* both its literals are there, in another order */
	assert_int_equal(regex_set_find(set, SLICE("interest on a fine"), found, 4), 2);
	assert_int_equal(found[0], 2);
	assert_int_equal(regex_set_find(set, SLICE("civil penalty, fine, interest"), found, 4), 4);
	regex_set_free(set);
}

/* Case is RE2's: accents, the long s and the Kelvin sign too. Words inside words are found. */
static void literals_ignore_case_as_patterns_do(void **state)
{
	static const char *const patterns[] = {"soci\xc3\xa9t\xc3\xa9", "task", "a.*\xc3\xa9", "hers", "she"};
	struct regex_set *set = set_of(patterns, 5, REGEX_NO_CASE);
	int found[5];

	(void)state;
	assert_int_equal(regex_set_find(set, SLICE("LA SOCI\xc3\x89T\xc3\x89"), found, 5), 2);
	assert_int_equal(found[0], 0);
	assert_int_equal(found[1], 2);
	assert_int_equal(regex_set_find(set, SLICE("ta\xc5\xbf\xe2\x84\xaa"), found, 5), 1);
	assert_int_equal(found[0], 1);
	assert_int_equal(regex_set_find(set, SLICE("usHErs"), found, 5), 2);
	assert_int_equal(found[0], 3);
	assert_int_equal(found[1], 4);
	regex_set_free(set);
}

static void blocks_tell_where_a_pattern_may_match(void **state)
{
	static const char *const patterns[] = {"fine of \\d+", "civil.*penalty", "\\d"};
	static const char text[] = "a fine of 3\na civil thing\na civil penalty, a fine of 2\nnothing\n";
	struct regex_set *set = set_of(patterns, 3, 0);
	size_t ends[] = {12, 26, 55, 63};
	bool may[12] = {false};

	(void)state;
	assert_int_equal(sizeof(text) - 1, 63);
	regex_set_blocks(set, slice_of(text), ends, 4, may);
	assert_true(may[0] && !may[1] && may[2] && !may[3]);
	assert_true(!may[4] && !may[5] && may[6] && !may[7]);
	assert_true(may[8] && may[9] && may[10] && may[11]); /* no literal to ask for */
	regex_set_free(set);
}

static void what_was_made_in_a_pool_outlives_it(void **state)
{
	struct regex_pool *pool = regex_pool_new();
	struct regex *one = pooled(pool, "pay (\\d+)"), *two = pooled(pool, "pay (\\d+)");
	struct regex_set *set = regex_set_new_in(pool, REGEX_LINES);
	struct error err = {0};
	int found[1];

	(void)state;
	assert_null(regex_new_in(pool, SLICE("a(b"), 0, &err));
	assert_non_null(strstr(err.message, "missing )"));
	assert_int_equal(regex_set_add(set, SLICE("pay (\\d+)"), &err), 0);
	assert_int_equal(regex_set_compile(set, &err), 0);
	regex_pool_free(pool);
	regex_free(one);
	assert_true(regex_matches(two, SLICE("pay 12")));
	regex_free(two);
	assert_int_equal(regex_set_find(set, SLICE("pay 12"), found, 1), 1);
	regex_set_free(set);
	regex_pool_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bad_pattern_is_an_input_error_with_the_reason),
		cmocka_unit_test(groups_are_numbered_named_and_may_take_no_part),
		cmocka_unit_test(a_search_from_the_middle_still_sees_what_stands_before),
		cmocka_unit_test(flags_choose_longest_case_and_lines),
		cmocka_unit_test(more_groups_than_fit_are_cut_and_an_empty_text_is_fine),
		cmocka_unit_test(a_set_tells_which_patterns_occur),
		cmocka_unit_test(candidates_leave_out_only_what_cannot_occur),
		cmocka_unit_test(a_set_refuses_a_bad_pattern_and_keeps_the_rest),
		cmocka_unit_test(an_empty_set_finds_nothing),
		cmocka_unit_test(a_literal_of_two_patterns_counts_for_both),
		cmocka_unit_test(literals_ignore_case_as_patterns_do),
		cmocka_unit_test(blocks_tell_where_a_pattern_may_match),
		cmocka_unit_test(what_was_made_in_a_pool_outlives_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
