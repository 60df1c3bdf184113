/* rules_test.c - folds and signs in YAML. */

#include "steps/classify/rules.h"

#include "lib/mem/mem.h"
#include "tests/harness/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static struct rules *rules_of(const char *yaml, struct error *err)
{
	struct folder folder;
	struct rules *rules;

	folder_make(&folder);
	rules = rules_read(folder_write(&folder, "rules.yaml", yaml), err);
	folder_remove(&folder);
	return rules;
}

static struct rules *good(const char *yaml)
{
	struct error err = {0};
	struct rules *rules = rules_of(yaml, &err);

	assert_string_equal(err.message, "");
	assert_non_null(rules);
	return rules;
}

static void a_label_folds_always_or_by_its_text(void **state)
{
	struct rules *rules = good("task: kind\n"
				   "fold:\n"
				   "  memo: other\n"
				   "  list:\n"
				   "  - {text: 'settled\\b', label: settlement}\n"
				   "  - {label: penalty}\n");

	(void)state;
	assert_string_equal(rules_task(rules), "kind");
	assert_string_equal(rules_fold(rules, "memo", SLICE("any")), "other");
	assert_string_equal(rules_fold(rules, "list", SLICE("was SETTLED today")), "settlement");
	assert_string_equal(rules_fold(rules, "list", SLICE("was assessed")), "penalty");
	assert_string_equal(rules_fold(rules, "order", SLICE("settled")), "order");
	assert_false(rules_have_signs(rules));
	rules_free(rules);
}

static void cues_are_read_or_absent(void **state)
{
	struct rules *rules = good("task: kind\ncues: [charges, Décide]\n");
	struct cues by_hand = {0};

	(void)state;
	assert_int_equal(cues_add(&by_hand, SLICE("charges")), 0);
	assert_int_equal(cues_add(&by_hand, SLICE("décide")), 0);
	assert_non_null(rules_cues(rules));
	assert_memory_equal(rules_cues(rules), &by_hand, sizeof(by_hand));
	rules_free(rules);
	rules = good("task: kind\n");
	assert_null(rules_cues(rules));
	rules_free(rules);
}

static void sure_signs_hold_at_once_and_others_together(void **state)
{
	struct rules *rules = good("task: matters\n"
				   "signs:\n"
				   "  aml:\n"
				   "    enough: 2\n"
				   "    sure: ['Bank Secrecy Act']\n"
				   "    some: ['launder', 'suspicious activity']\n"
				   "  tax: {some: ['tax']}\n"
				   "  other: {otherwise: true}\n");

	(void)state;
	assert_int_equal(rules_signs(rules), 3);
	assert_string_equal(rules_sign_label(rules, 1), "tax");
	assert_int_equal(rules_find(rules, SLICE("the bank secrecy act")), 1);
	assert_int_equal(rules_find(rules, SLICE("he laundered")), 4);
	assert_int_equal(rules_find(rules, SLICE("he laundered, a suspicious activity")), 1);
	assert_int_equal(rules_find(rules, SLICE("tax tax")), 4);
	assert_int_equal(rules_find(rules, SLICE("tax tax tax, laundered and laundered")), 3);
	assert_int_equal(rules_find(rules, SLICE("")), 4);
	rules_free(rules);
}

static void a_line_end_is_a_space_to_a_pattern(void **state)
{
	struct rules *rules = good("task: matters\nsigns:\n  aml: {sure: ['Bank Secrecy Act']}\n");

	(void)state;
	assert_int_equal(rules_find(rules, SLICE("Bank \n\t Secrecy\xc2\xa0"
						 "Act")),
			 1);
	assert_int_equal(rules_find(rules, SLICE("BankSecrecy Act")), 0);
	rules_free(rules);
}

static void a_pattern_that_matches_nothing_at_all_ends(void **state)
{
	struct rules *rules = good("task: matters\nsigns:\n  a: {enough: 4, some: ['x*']}\n");

	(void)state;
	assert_int_equal(rules_find(rules, SLICE("bbbb")), 1);
	assert_int_equal(rules_find(rules, SLICE("b")), 0); /* before and after it: two places */
	rules_free(rules);
}

static void mistakes_are_told_with_their_place(void **state)
{
	const struct {
		const char *yaml;
		const char *place;
		const char *what;
	} bad[] = {
		{"fold: {}\n", ":1:1:", "task"},
		{"task: [1]\n", ":1:1:", "task"},
		{"task: t\nfold: x\n", ":2:7:", "map"},
		{"task: t\nfold:\n  a:\n  - {text: x}\n", ":4:5:", "label"},
		{"task: t\nfold:\n  a:\n  - {text: '(', label: b}\n", ":4:12:", ")"},
		{"task: t\ncues: x\n", ":2:7:", "list"},
		{"task: t\ncues: [x, 'y z']\n", ":2:11:", "single word"},
		{"task: t\nsigns:\n  a: {enough: 0}\n", ":3:15:", "1 to 1000"},
		{"task: t\nsigns:\n  a: {sure: x}\n", ":3:13:", "list"},
		{"task: t\n  bad: [\n", ":2:", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct error err = {0};

		assert_null(rules_of(bad[i].yaml, &err));
		assert_int_equal(err.kind, ERROR_INPUT);
		if (!strstr(err.message, bad[i].place) || !strstr(err.message, bad[i].what))
			fail_msg("%s: %s", bad[i].yaml, err.message);
	}
}

static void a_missing_file_is_not_found(void **state)
{
	struct error err = {0};

	(void)state;
	assert_null(rules_read("/proc/nonexistent/rules.yaml", &err));
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_label_folds_always_or_by_its_text),
		cmocka_unit_test(cues_are_read_or_absent),
		cmocka_unit_test(sure_signs_hold_at_once_and_others_together),
		cmocka_unit_test(a_line_end_is_a_space_to_a_pattern),
		cmocka_unit_test(a_pattern_that_matches_nothing_at_all_ends),
		cmocka_unit_test(mistakes_are_told_with_their_place),
		cmocka_unit_test(a_missing_file_is_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
