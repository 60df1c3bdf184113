/* error_test.c - the first cause wins, and each kind has its exit status. */
#include "lib/diag/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void the_first_cause_wins(void **state)
{
	struct error err = {0};

	(void)state;
	assert_int_equal(error_set(&err, ERROR_IO, "cannot open %s", "a.db"), -1);
	error_hint(&err, "is the disk full?");
	assert_int_equal(error_set(&err, ERROR_INPUT, "something later"), -1);
	assert_int_equal(err.kind, ERROR_IO);
	assert_string_equal(err.message, "cannot open a.db");
	assert_string_equal(err.hint, "is the disk full?");
	error_clear(&err);
	assert_int_equal(err.kind, ERROR_NONE);
}

static void nobody_need_listen(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, ERROR_IO, "unheard"), -1);
	error_hint(NULL, "unheard");
}

static void a_hint_needs_an_error(void **state)
{
	struct error err = {0};

	(void)state;
	error_hint(&err, "no error yet");
	assert_string_equal(err.hint, "");
}

static void exit_statuses_are_those_of_the_command_line(void **state)
{
	static const struct {
		enum error_kind kind;
		int status;
	} cases[] = {{ERROR_INPUT, 2}, {ERROR_NOT_FOUND, 4}, {ERROR_IO, 3}, {ERROR_BUSY, 3}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct error err = {0};

		error_set(&err, cases[i].kind, "x");
		assert_int_equal(error_exit_status(&err), cases[i].status);
	}
}

static void a_long_message_is_cut_not_spilled(void **state)
{
	struct error err = {0};
	char longer[3000];

	(void)state;
	for (size_t i = 0; i < sizeof(longer) - 1; i++)
		longer[i] = 'x';
	longer[sizeof(longer) - 1] = '\0';
	error_set(&err, ERROR_INPUT, "%s", longer);
	assert_int_equal(err.message[sizeof(err.message) - 1], '\0');
	assert_int_equal(err.message[0], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_cause_wins),
		cmocka_unit_test(nobody_need_listen),
		cmocka_unit_test(a_hint_needs_an_error),
		cmocka_unit_test(exit_statuses_are_those_of_the_command_line),
		cmocka_unit_test(a_long_message_is_cut_not_spilled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
