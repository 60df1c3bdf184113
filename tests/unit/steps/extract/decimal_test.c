/* decimal_test.c - exact or refused: no digit is rounded, no overflow passes. */

#include "steps/extract/decimal.h"
#include "steps/extract/figures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_written(struct decimal value, const char *want)
{
	struct buf out;

	buf_init(&out, 0);
	decimal_write(value, &out);
	assert_string_equal(buf_text(&out), want);
	buf_release(&out);
}

static void written_without_zeros_at_the_end(void **state)
{
	(void)state;
	assert_written((struct decimal){.units = 2043, .places = 2}, "20.43");
	assert_written((struct decimal){.units = 2040, .places = 2}, "20.4");
	assert_written((struct decimal){.units = 2000, .places = 2}, "20");
	assert_written((struct decimal){.units = 5, .places = 3}, "0.005");
	assert_written((struct decimal){.units = 12, .negative = true}, "-12");
	assert_written((struct decimal){.units = 0, .places = 2, .negative = true}, "0");
	assert_written((struct decimal){.units = UINT64_MAX}, "18446744073709551615");
}

static void what_does_not_fit_is_refused_and_leaves_the_value(void **state)
{
	struct decimal value = {.units = UINT64_MAX / 10 + 1};
	struct decimal most = {.units = UINT64_MAX};

	(void)state;
	assert_false(decimal_shift(&value, 1));
	assert_false(decimal_multiply(&value, 10));
	assert_int_equal(value.units, UINT64_MAX / 10 + 1);
	assert_false(decimal_add(&most, (struct decimal){.units = 1}));
	assert_false(decimal_add(&most, (struct decimal){.units = 1, .places = 1})); /* no room to widen */
	assert_true(most.units == UINT64_MAX && most.places == 0);
	assert_false(decimal_divide(&most, 0));
}

static void shifts_adds_and_divides_exactly(void **state)
{
	struct decimal value = {.units = 45372, .places = 3};
	struct decimal one = {.units = 1}, third = {.units = 1};

	(void)state;
	assert_true(decimal_shift(&value, 6));
	assert_written(value, "45372000");
	assert_true(decimal_add(&value, (struct decimal){.units = 5, .places = 2}));
	assert_written(value, "45372000.05");
	assert_true(decimal_divide(&one, 8));
	assert_written(one, "0.125");
	assert_false(decimal_divide(&third, 3));
	assert_int_equal(
		decimal_compare((struct decimal){.units = 10, .places = 1}, (struct decimal){.units = 1}), 0);
	assert_int_equal(
		decimal_compare((struct decimal){.units = 11, .places = 1}, (struct decimal){.units = 1}), 1);
	assert_int_equal(decimal_compare((struct decimal){.units = 1, .places = 18},
					 (struct decimal){.units = UINT64_MAX}),
			 -1);
}

static void assert_figures(const char *text, enum tongue tongue, const char *want, size_t end)
{
	struct figures figures;

	assert_true(figures_at(slice_of(text), 0, tongue, &figures));
	assert_written(figures.value, want);
	assert_int_equal(figures.end, end);
}

static void the_language_says_what_a_point_is(void **state)
{
	struct figures figures;

	(void)state;
	assert_figures("10.000", TONGUE_EN, "10", 6);
	assert_figures("10.000", TONGUE_FR, "10000", 6);
	assert_figures("10,000", TONGUE_EN, "10000", 6);
	assert_figures("10,000", TONGUE_FR, "10", 6);
	assert_figures("1.500.000", TONGUE_EN, "1500000", 9);
	assert_figures("1 234 567,89 euros", TONGUE_FR, "1234567.89", 12);
	assert_figures("2,4 53,077,327", TONGUE_ANY, "2453077327", 14);
	assert_figures("12 500 000x", TONGUE_ANY, "12500000", 10);
	assert_figures(".77", TONGUE_EN, "0.77", 3);
	assert_false(figures_at(SLICE("99999999999999999999"), 0, TONGUE_ANY, &figures));
	assert_false(figures_at(SLICE("x1"), 0, TONGUE_ANY, &figures));
	assert_false(figures_at(SLICE(""), 0, TONGUE_ANY, &figures));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_without_zeros_at_the_end),
		cmocka_unit_test(what_does_not_fit_is_refused_and_leaves_the_value),
		cmocka_unit_test(shifts_adds_and_divides_exactly),
		cmocka_unit_test(the_language_says_what_a_point_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
