/* opt_test.c - command lines; the rules are those of lib/opt/opt.h and, for the forms of options, of POSIX's
 * Utility Syntax Guidelines and GNU getopt_long's long options. */
#include "lib/opt/opt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct opt_option own[] = {
	{"model", 'm', OPT_TEXT, "FILE", NULL, "OPT_TEST_MODEL", "which model"},
	{"sink", 0, OPT_MANY, "URL", NULL, NULL, "where to"},
	{"quiet", 'q', OPT_FLAG, NULL, NULL, "OPT_TEST_QUIET", "say nothing"},
	{0},
};
static const struct opt_option shared[] = {
	{"serve", 0, OPT_FLAG, NULL, NULL, NULL, "be a service"},
	{"jobs", 'j', OPT_COUNT, "N", "3", "OPT_TEST_JOBS", "threads"},
	{"model", 0, OPT_FLAG, NULL, NULL, NULL, "hidden by the step's own"},
	{"verbose", 'v', OPT_FLAG, NULL, NULL, NULL, "say more"},
	{0},
};
static const struct opt_option *const tables[] = {own, shared, NULL};
static const struct opt_command command = {"tool", "[FILE]...", "does a thing", "tool a.txt\ntool -j2 b.txt",
					   tables};

enum { MOST = 16 };

/* Words up to a NULL. */
static struct opts *parse(struct error *err, const char *first, ...)
{
	char *argv[MOST] = {(char *)"tool"};
	const char *word = first;
	va_list words;
	int argc = 1;

	va_start(words, first);
	for (; word && argc < MOST; word = va_arg(words, const char *))
		argv[argc++] = (char *)word;
	va_end(words);
	error_clear(err);
	return opt_parse(&command, argc, argv, err);
}

static int clear_environment(void **state)
{
	(void)state;
	unsetenv("OPT_TEST_MODEL");
	unsetenv("OPT_TEST_QUIET");
	unsetenv("OPT_TEST_JOBS");
	return 0;
}

static void options_and_operands_come_in_any_order(void **state)
{
	struct error err;
	struct opts *opts = parse(&err, "a", "--model", "x", "b", "-j", "5", "--serve", "c", NULL);

	(void)state;
	assert_non_null(opts);
	assert_int_equal(opt_operands(opts), 3);
	assert_string_equal(opt_operand(opts, 0), "a");
	assert_string_equal(opt_operand(opts, 2), "c");
	assert_null(opt_operand(opts, 3));
	assert_string_equal(opt_text(opts, "model"), "x");
	assert_int_equal(opt_number(opts, "jobs"), 5);
	assert_true(opt_flag(opts, "serve"));
	assert_false(opt_flag(opts, "quiet"));
	opts_free(opts);
}

static void values_are_joined_or_follow(void **state)
{
	struct error err;
	struct opts *opts = parse(&err, "--model=a=b", "-j12", NULL);

	(void)state;
	assert_string_equal(opt_text(opts, "model"), "a=b");
	assert_int_equal(opt_number(opts, "jobs"), 12);
	opts_free(opts);

	opts = parse(&err, "-mfile", "-qv", "--model=", NULL);
	assert_true(opt_flag(opts, "quiet"));
	assert_true(opt_flag(opts, "verbose"));
	assert_string_equal(opt_text(opts, "model"), ""); /* the last one wins, an empty one too */
	opts_free(opts);
}

static void two_dashes_end_the_options_and_one_is_an_operand(void **state)
{
	struct error err;
	struct opts *opts = parse(&err, "-", "--", "--serve", "-j4", NULL);

	(void)state;
	assert_int_equal(opt_operands(opts), 3);
	assert_string_equal(opt_operand(opts, 0), "-");
	assert_string_equal(opt_operand(opts, 1), "--serve");
	assert_false(opt_flag(opts, "serve"));
	opts_free(opts);
}

static void many_keeps_every_value_in_order(void **state)
{
	struct error err;
	struct opts *opts = parse(&err, "--sink", "a", "--sink=b", NULL);

	(void)state;
	assert_string_equal(opt_many(opts, "sink", 0), "a");
	assert_string_equal(opt_many(opts, "sink", 1), "b");
	assert_null(opt_many(opts, "sink", 2));
	opts_free(opts);
}

static void a_flag_beats_the_environment_which_beats_the_default(void **state)
{
	struct error err;
	struct opts *opts = parse(&err, NULL);

	(void)state;
	assert_int_equal(opt_number(opts, "jobs"), 3);
	assert_false(opt_given(opts, "jobs"));
	opts_free(opts);

	setenv("OPT_TEST_JOBS", "7", 1);
	setenv("OPT_TEST_QUIET", "0", 1);
	setenv("OPT_TEST_MODEL", "", 1);
	opts = parse(&err, NULL);
	assert_int_equal(opt_number(opts, "jobs"), 7);
	assert_true(opt_given(opts, "jobs"));
	assert_false(opt_flag(opts, "quiet"));
	assert_null(opt_text(opts, "model")); /* an empty variable is no variable */
	opts_free(opts);

	setenv("OPT_TEST_QUIET", "1", 1);
	opts = parse(&err, "-j", "9", NULL);
	assert_int_equal(opt_number(opts, "jobs"), 9);
	assert_true(opt_flag(opts, "quiet"));
	opts_free(opts);
}

static void an_unknown_option_is_refused_with_the_nearest_name(void **state)
{
	static const char *const meant[][2] = {
		{"--srve", "did you mean --serve?"},    /* a letter missing */
		{"--sevre", "did you mean --serve?"},   /* two swapped */
		{"--modle=x", "did you mean --model?"}, /* with a value */
		{"--verb", "did you mean --verbose?"},  /* the beginning of one */
		{"--frobnicate", "--help lists the options"},
	};
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(meant) / sizeof(meant[0]); i++) {
		assert_null(parse(&err, meant[i][0], NULL));
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_non_null(strstr(err.message, "unknown option --"));
		assert_string_equal(err.hint, meant[i][1]);
	}
	assert_null(parse(&err, "-x", NULL));
	assert_string_equal(err.message, "unknown option -x");
}

static void values_that_are_missing_or_not_wanted_are_refused(void **state)
{
	struct error err;

	(void)state;
	assert_null(parse(&err, "--model", NULL));
	assert_string_equal(err.message, "--model needs a value: --model FILE");
	assert_null(parse(&err, "-j", NULL));
	assert_null(parse(&err, "--serve=yes", NULL));
	assert_string_equal(err.message, "--serve takes no value");
}

static void counts_are_whole_numbers_and_the_message_names_where_they_came_from(void **state)
{
	static const char *const bad[] = {"-1", "4x", "", "1.5", "99999999999999999999", " 4"};
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(parse(&err, "--jobs", bad[i], NULL));
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_non_null(strstr(err.message, "--jobs"));
	}
	setenv("OPT_TEST_JOBS", "many", 1);
	assert_null(parse(&err, NULL));
	assert_non_null(strstr(err.message, "$OPT_TEST_JOBS"));
}

static void help_begins_with_the_example_and_lists_each_option_once(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	const char *model;

	(void)state;
	opt_help(&command, out);
	fclose(out);
	assert_memory_equal(text, "Example:\n  tool a.txt\n  tool -j2 b.txt\n", 39);
	assert_non_null(strstr(text, "Usage: tool [OPTIONS] [FILE]...\ndoes a thing\n"));
	assert_non_null(strstr(text, "-j, --jobs N"));
	assert_non_null(strstr(text, "[$OPT_TEST_JOBS, else 3]"));
	model = strstr(text, "--model");
	assert_non_null(model);
	assert_null(strstr(model + 1, "--model"));
	free(text);
}

/* A word too many is a mistake of the caller (a missing quote, a forgotten dash), not a wish to be ignored. */
static void surplus_operand_is_refused(void **state)
{
	struct opt_command one = command;
	struct error err = {0};
	char *argv[] = {(char *)"tool", (char *)"a", (char *)"b"};
	struct opts *opts;

	(void)state;
	one.operands = "[FILE]";
	assert_null(opt_parse(&one, 3, argv, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(strstr(err.message, "\"b\""));
	error_clear(&err);
	one.operands = "";
	assert_null(opt_parse(&one, 2, argv, &err));
	error_clear(&err);
	one.operands = "RUN STEP";
	opts = opt_parse(&one, 3, argv, &err);
	assert_non_null(opts);
	assert_string_equal(opt_operand(opts, 1), "b");
	opts_free(opts);
}

/* An option that a later table repeats is given once, as it counts once. */
static void rows_come_one_by_one(void **state)
{
	static const struct opt_option first[] = {{"a", 0, OPT_FLAG}, {"b", 0, OPT_TEXT, "B"}, {0}};
	static const struct opt_option second[] = {{"b", 0, OPT_FLAG}, {"c", 0, OPT_FLAG}, {0}};
	static const struct opt_option *const both[] = {first, second, NULL};
	static const struct opt_command pair = {.name = "x", .tables = both};

	(void)state;
	assert_string_equal(opt_at(&pair, 0)->name, "a");
	assert_ptr_equal(opt_at(&pair, 1), &first[1]);
	assert_string_equal(opt_at(&pair, 2)->name, "c");
	assert_null(opt_at(&pair, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(options_and_operands_come_in_any_order, clear_environment),
		cmocka_unit_test_setup(values_are_joined_or_follow, clear_environment),
		cmocka_unit_test_setup(two_dashes_end_the_options_and_one_is_an_operand, clear_environment),
		cmocka_unit_test_setup(many_keeps_every_value_in_order, clear_environment),
		cmocka_unit_test_setup(a_flag_beats_the_environment_which_beats_the_default,
				       clear_environment),
		cmocka_unit_test_setup(an_unknown_option_is_refused_with_the_nearest_name, clear_environment),
		cmocka_unit_test_setup(values_that_are_missing_or_not_wanted_are_refused, clear_environment),
		cmocka_unit_test_setup(counts_are_whole_numbers_and_the_message_names_where_they_came_from,
				       clear_environment),
		cmocka_unit_test_setup(help_begins_with_the_example_and_lists_each_option_once,
				       clear_environment),
		cmocka_unit_test(surplus_operand_is_refused),
		cmocka_unit_test(rows_come_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
