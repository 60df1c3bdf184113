/* report_test.c - agreement with labels: counts, who is taken for whom, whether probabilities hold. */

#include "steps/classify/report.h"

#include "lib/mem/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int set_up(void **state)
{
	struct report *report = mem_new(sizeof(*report));

	assert_int_equal(report_label(report, "order"), 0);
	assert_int_equal(report_label(report, "release"), 1);
	assert_int_equal(report_label(report, "order"), 0);
	*state = report;
	return 0;
}

static int tear_down(void **state)
{
	mem_free(*state);
	return 0;
}

/* A document that is label `is` (2: none of them) and was said to be `best`, or unknown. */
static bool add(struct report *report, size_t is, size_t best, double probability, bool decided)
{
	struct report_answer answer = {.best = best, .probability = probability, .decided = decided};

	if (is < 2)
		answer.truth[is] = true;
	answer.said[best] = decided;
	return report_add(report, &answer);
}

/* Four orders: three found, one taken for a release; two releases: one found, one unknown; a poem: unknown. */
static void add_seven(struct report *report)
{
	assert_true(add(report, 0, 0, 0.9, true));
	assert_true(add(report, 0, 0, 0.9, true));
	assert_true(add(report, 0, 0, 0.7, true));
	assert_false(add(report, 0, 1, 0.7, true));
	assert_true(add(report, 1, 1, 1, true));
	assert_false(add(report, 1, 1, 0.2, false));
	assert_true(add(report, 2, 0, 0.1, false));
}

/* order: 3 right, 0 extra, 1 missed: F1 6/7. release: 1, 1, 1: F1 1/2. Together 4, 1, 2: 8/11. */
static void figures_are_those_of_the_definition(void **state)
{
	struct report *report = *state;

	add_seven(report);
	assert_true(fabs(report_accuracy(report) - 5.0 / 7) < 1e-9);
	assert_true(fabs(tally_f1(&report->tallies[0]) - 6.0 / 7) < 1e-9);
	assert_true(fabs(tally_f1(&report->tallies[1]) - 0.5) < 1e-9);
	assert_true(fabs(report_macro_f1(report, 1) - (6.0 / 7 + 0.5) / 2) < 1e-9);
	assert_true(fabs(report_macro_f1(report, 3) - 6.0 / 7) < 1e-9); /* two releases are too few */
	assert_true(report_macro_f1(report, 5) == 0);
	assert_true(fabs(report_micro_f1(report) - 8.0 / 11) < 1e-9);
	assert_int_equal(report->undecided, 2);
}

/* Bins: 0.9 to 1: said 2.8, right 3. 0.7: said 1.4, right 1. 0.2: 0.2, 1. 0.1: 0.1, 0. Off by 1.5 of 7. */
static void probabilities_that_do_not_hold_are_an_error(void **state)
{
	struct report *report = *state;

	assert_true(report_calibration_error(report) == 0);
	add_seven(report);
	assert_true(fabs(report_calibration_error(report) - 1.5 / 7) < 1e-9);
	assert_int_equal(report->bins[9].count, 3); /* 1 belongs to the last */
	assert_int_equal(report->bins[7].count, 2);
	assert_int_equal(report->bins[1].count, 1);
}

static void what_was_taken_for_what_is_told(void **state)
{
	struct report *report = *state;
	struct value all = value_map_new();
	const struct value *taken;

	add_seven(report);
	report_put(report, &all);
	taken = value_get(all, "taken");
	assert_int_equal(value_len(*taken), 2); /* a poem that is unknown was taken for nothing */
	assert_true(slice_is(value_get_text(*value_list_at(*taken, 0), "is"), "order"));
	assert_true(slice_is(value_get_text(*value_list_at(*taken, 0), "said"), "release"));
	assert_true(slice_is(value_get_text(*value_list_at(*taken, 1), "is"), "release"));
	assert_true(slice_is(value_get_text(*value_list_at(*taken, 1), "said"), "unknown"));
	assert_int_equal(value_len(*value_get(all, "bins")), REPORT_BINS);
	value_unref(all);
}

static void print(const struct report *report, char **text, size_t *size)
{
	FILE *out = open_memstream(text, size);

	report_print(report, out);
	fclose(out);
}

static void people_get_tables_and_bars(void **state)
{
	struct report *report = *state;
	char *text;
	size_t size;

	add_seven(report);
	print(report, &text, &size);
	assert_non_null(strstr(text, " 1 order                               3   1   .\n"));
	assert_non_null(strstr(text, " 2 release                             .   1   1\n"));
	assert_non_null(strstr(text, " - none of them                        .   .   1\n"));
	/* half of two were right, of 0.7 said: 20 of 40 places, the mark at 28 */
	assert_non_null(
		strstr(text, "0.7 to 0.8          2   0.700   0.500  ####################        |\n"));
	/* all of three, of 0.933: the mark at 37 is within the bar */
	assert_non_null(strstr(text, "0.9 to 1.0          3   0.933   1.000  "
				     "#####################################|##\n"));
	free(text);
	report->many = true;
	print(report, &text, &size);
	assert_null(strstr(text, "none of them"));
	free(text);
}

/* At 0.7 said and 0.5 right: x = 60 + 400 * 0.7, y = 50 + 400 * (1 - 0.5). */
static void the_picture_has_a_dot_for_each_bin_in_use(void **state)
{
	struct report *report = *state;
	struct buf svg;
	size_t dots = 0;

	add_seven(report);
	buf_init(&svg, 0);
	report_draw(report, &svg);
	for (const char *at = buf_text(&svg); (at = strstr(at, "<circle")) != NULL; at++)
		dots++;
	assert_int_equal(dots, 4);
	assert_non_null(strstr(buf_text(&svg), "<circle cx=\"340.0\" cy=\"250.0\""));
	buf_clear(&svg);
	memset(report, 0, sizeof(*report));
	report_draw(report, &svg); /* nothing measured is no division by zero */
	assert_null(strstr(buf_text(&svg), "nan"));
	buf_release(&svg);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(figures_are_those_of_the_definition),
		TEST(probabilities_that_do_not_hold_are_an_error),
		TEST(what_was_taken_for_what_is_told),
		TEST(people_get_tables_and_bars),
		TEST(the_picture_has_a_dot_for_each_bin_in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
