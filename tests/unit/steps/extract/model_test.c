/* model_test.c - extraction models: what a person may write, what is refused and where, what they find. */

#include "lib/clock/clock.h"
#include "steps/extract/extract.h"
#include "steps/extract/models.h"
#include "tests/harness/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct folder folder;

static int make_folder(void **state)
{
	(void)state;
	folder_make(&folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

/* What the model in default.yaml finds in `text`; owned. */
static struct value find(const char *text)
{
	struct error err = {0};
	struct models *models = models_open(folder.path, &err);
	const struct model *model = models ? models_get(models, SLICE("some_type"), SLICE(""), &err) : NULL;
	struct value extraction;

	assert_string_equal(err.message, "");
	extraction = extract_fields(model, slice_of(text), value_null(), clock_monotonic_ms() + 60000);
	models_close(models);
	return extraction;
}

static struct value field_of(struct value extraction, const char *name)
{
	const struct value *field = value_get(*value_get(extraction, "fields"), name);

	assert_non_null(field);
	return *field;
}

static void assert_member(struct value item, const char *member, const char *want)
{
	struct slice got = value_get_text(item, member);

	assert_int_equal(got.len, strlen(want));
	assert_memory_equal(got.ptr, want, got.len);
}

/* The complaint about bad.yaml must start with this, the folder's path aside. */
static void assert_refused(const char *text, const char *want, const char *hint)
{
	struct error err = {0};
	struct models *models;

	folder_write(&folder, "bad.yaml", text);
	models = models_open(folder.path, &err);
	assert_non_null(models);
	assert_null(models_get(models, SLICE("bad"), SLICE(""), &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_string_equal(strrchr(err.message, '/') + 1, want);
	if (hint)
		assert_non_null(strstr(err.hint, hint));
	models_close(models);
}

static void the_short_form_gives_values_with_their_places(void **state)
{
	struct value extraction, list, item;

	(void)state;
	folder_write(&folder, "default.yaml",
		     "{\"fields\": {\"invoice\": {\"patterns\": [\"(?i)invoice no\\\\. "
		     "(?P<value>[A-Z]+-\\\\d+)\"]}, "
		     "\"percent\": \"\\\\d+%\"}}");
	extraction = find("é: Invoice No. INV-042, 7% and 9%");
	list = field_of(extraction, "invoice");
	assert_int_equal(value_len(list), 1);
	item = *value_list_at(list, 0);
	assert_member(item, "value", "INV-042");
	assert_member(item, "quote", "Invoice No. INV-042");
	assert_int_equal(value_get_int(*value_get(item, "span"), "start", -1), 3); /* characters, not bytes */
	assert_int_equal(value_get_int(*value_get(item, "span"), "end", -1), 22);
	assert_int_equal(value_len(field_of(extraction, "percent")), 2);
	assert_member(extraction, "model", "default@1");
	value_unref(extraction);
}

static const char penalties[] =
	"version: 3\n"
	"define: {SUM: '\\$[\\d,]+(?: million)?'}\n"
	"tables:\n"
	"  kind:\n"
	"    - {value: fine, when: fine}\n"
	"    - {value: penalty, when: penalt}\n"
	"regions:\n"
	"  orders: {from: 'IT IS ORDERED', to: 'END'}\n"
	"fields:\n"
	"  who:\n"
	"    alike: name\n"
	"    rules:\n"
	"      - find: 'against (?P<names>[A-Z][A-Za-z, .]+?) \\('\n"
	"        each: $names | names\n"
	"        span: each\n"
	"        give: {name: $each | name, kind: $each | party_kind}\n"
	"  money:\n"
	"    link: {party: who.name}\n"
	"    rules:\n"
	"      - name: pays\n"
	"        find: '(?P<kind>fine|penalty) of (?P<sum>{{SUM}})'\n"
	"        in: orders\n"
	"        not: {sentence: maximum}\n"
	"        give: {kind: $kind | lookup kind, amount: $sum | amount, note: 'a ${kind}'}\n"
	"        confidence: 0.9\n"
	"  when:\n"
	"    take: one\n"
	"    rules:\n"
	"      - {find: 'on (?P<d>\\w+ \\d+, \\d{4})', give: {value: $d | date}, confidence: 0.5}\n"
	"      - {find: 'Dated (?P<d>\\w+ \\d+, \\d{4})', give: {value: $d | date}, confidence: 0.9}\n";

static void rules_look_in_regions_under_conditions(void **state)
{
	struct value extraction, money;

	(void)state;
	folder_write(&folder, "default.yaml", penalties);
	extraction =
		find("A case against Acme Trading, LLC, and Jane Roe (the parties). A fine of $1 was wrong.\n"
		     "IT IS ORDERED that they pay a fine of\n$2 million. The maximum is a penalty of $9. "
		     "Also Acme "
		     "pays a penalty of $3. END fine of $4\non May 1, 2020. Dated June 2, 2021");
	money = field_of(extraction, "money");
	assert_int_equal(value_len(money), 2);
	assert_member(*value_list_at(money, 0), "amount", "2000000");
	assert_member(*value_list_at(money, 0), "kind", "fine");
	assert_member(*value_list_at(money, 0), "note", "a fine");
	assert_member(*value_list_at(money, 0), "rule", "pays");
	assert_member(*value_list_at(money, 1), "amount", "3");
	assert_member(*value_list_at(money, 1), "kind", "penalty");
	assert_member(*value_list_at(money, 1), "party", "Acme Trading, LLC");
	assert_member(extraction, "model", "default@3");
	value_unref(extraction);
}

static void lists_give_an_item_each_and_one_takes_the_best(void **state)
{
	struct value extraction, who;

	(void)state;
	folder_write(&folder, "default.yaml", penalties);
	extraction = find("against Acme Trading, LLC, and Jane Roe (x). against Roe (y). on May 1, 2020. "
			  "Dated June 2, 2021");
	who = field_of(extraction, "who");
	assert_int_equal(value_len(who), 2); /* Roe is Jane Roe */
	assert_member(*value_list_at(who, 0), "name", "Acme Trading, LLC");
	assert_member(*value_list_at(who, 0), "kind", "entity");
	assert_member(*value_list_at(who, 1), "name", "Jane Roe");
	assert_member(*value_list_at(who, 1), "quote", "Jane Roe");
	assert_member(field_of(extraction, "when"), "value", "2021-06-02");
	assert_int_equal(field_of(extraction, "when").kind, VALUE_MAP);
	value_unref(extraction);
}

static void nothing_found_is_null_or_an_empty_list(void **state)
{
	struct value extraction;

	(void)state;
	folder_write(&folder, "default.yaml", penalties);
	extraction = find("");
	assert_int_equal(field_of(extraction, "when").kind, VALUE_NULL);
	assert_int_equal(field_of(extraction, "money").kind, VALUE_LIST);
	assert_int_equal(value_len(field_of(extraction, "money")), 0);
	value_unref(extraction);
}

static void the_including_file_wins_over_the_included(void **state)
{
	struct value extraction, list;

	(void)state;
	folder_write(&folder, "base.yaml",
		     "define: {NO: '[0-9]+'}\n"
		     "fields:\n"
		     "  no:\n"
		     "    rules:\n"
		     "      - {name: a, find: 'a{{NO}}', give: {value: $match}}\n"
		     "      - {name: b, find: 'b{{NO}}', give: {value: $match}}\n"
		     "      - {name: c, find: 'c{{NO}}', give: {value: $match}}\n");
	folder_write(&folder, "default.yaml",
		     "include: [base]\n"
		     "define: {NO: '[0-9][0-9]'}\n"
		     "fields:\n"
		     "  no:\n"
		     "    rules:\n"
		     "      - {name: b, find: 'b[0-9]', give: {value: $match}}\n"
		     "      - {name: c, off: true}\n");
	extraction = find("a1 a22 b3 c44");
	list = field_of(extraction, "no");
	assert_int_equal(value_len(list), 2);
	assert_member(*value_list_at(list, 0), "value", "a22");
	assert_member(*value_list_at(list, 1), "value", "b3");
	value_unref(extraction);
}

static void fallback_first_last_and_fresh(void **state)
{
	struct value extraction, list;

	(void)state;
	folder_write(&folder, "default.yaml",
		     "fields:\n"
		     "  one: {rules: [{find: 'x\\d', first: true, give: {value: $match}}]}\n"
		     "  end: {rules: [{find: 'x\\d', last: true, give: {value: $match}}]}\n"
		     "  rest:\n"
		     "    rules:\n"
		     "      - {find: 'y(?P<n>\\d)', give: {n: $n, how: y}}\n"
		     "      - {find: 'x(?P<n>\\d)', fresh: n, give: {n: $n, how: x}}\n"
		     "      - {find: 'z(?P<n>\\d)', fallback: true, give: {n: $n, how: z}}\n");
	extraction = find("x1 x2 y2 x3 z4");
	assert_member(*value_list_at(field_of(extraction, "one"), 0), "value", "x1");
	assert_member(*value_list_at(field_of(extraction, "end"), 0), "value", "x3");
	list = field_of(extraction, "rest");
	assert_int_equal(value_len(list), 3); /* x1, y2, x3: x2 says nothing new, z4 is not needed */
	assert_member(*value_list_at(list, 1), "how", "y");
	value_unref(extraction);
}

static void conditions_may_ask_other_fields(void **state)
{
	struct value extraction;

	(void)state;
	folder_write(&folder, "default.yaml",
		     "fields:\n"
		     "  by: {rules: [{find: 'SEC|DOJ', first: true, give: {value: $match}}]}\n"
		     "  fine:\n"
		     "    rules:\n"
		     "      - find: 'fine of \\d+'\n"
		     "        not: {'${by.value}: ${sentence}': '^SEC: .*criminal'}\n"
		     "        give: {value: $match}\n"
		     "  doj: {rules: [{find: 'fine', need: {by.value: DOJ}, give: {value: $match}}]}\n");
	extraction = find("SEC says. A criminal fine of 5. A civil fine of 7.");
	assert_int_equal(value_len(field_of(extraction, "fine")), 1);
	assert_member(*value_list_at(field_of(extraction, "fine"), 0), "value", "fine of 7");
	assert_int_equal(value_len(field_of(extraction, "doj")), 0);
	value_unref(extraction);
}

static void pages_are_told_by_the_start(void **state)
{
	struct error err = {0};
	struct models *models;
	struct value pages = value_list_new(2), extraction, list;

	(void)state;
	folder_write(&folder, "default.yaml", "fields: {w: 'w\\d'}");
	models = models_open(folder.path, &err);
	value_list_push(&pages, value_int(0));
	value_list_push(&pages, value_int(5));
	extraction = extract_fields(models_get(models, SLICE("t"), SLICE(""), &err), SLICE("aa w1w2"), pages,
				    clock_monotonic_ms() + 60000);
	list = field_of(extraction, "w");
	assert_int_equal(value_get_int(*value_list_at(list, 0), "page", 0), 1);
	assert_int_equal(value_get_int(*value_list_at(list, 1), "page", 0), 2);
	assert_int_equal(value_get_int(*value_list_at(list, 1), "page_offset", -1), 0);
	value_unref(extraction);
	value_unref(pages);
	models_close(models);
}

static void time_that_is_up_gives_a_partial_answer(void **state)
{
	struct error err = {0};
	struct models *models;
	struct value extraction;

	(void)state;
	folder_write(&folder, "default.yaml", "fields: {w: 'w'}");
	models = models_open(folder.path, &err);
	extraction = extract_fields(models_get(models, SLICE("t"), SLICE(""), &err), SLICE("w w w"),
				    value_null(), clock_monotonic_ms() - 1);
	assert_true(value_get_bool(extraction, "partial", false));
	assert_int_equal(value_len(field_of(extraction, "w")), 0);
	value_unref(extraction);
	models_close(models);
}

static void a_bad_model_is_refused_with_its_place_and_a_hint(void **state)
{
	(void)state;
	assert_refused("fields: {a: {rules: [{find: '(', give: {v: $match}}]}}",
		       "bad.yaml:1:29: invalid regular expression: missing ): ( [bad-pattern]", "RE2");
	assert_refused("fields:\n  a: {rulez: []}", "bad.yaml:2:7: no member \"rulez\" here [unknown-member]",
		       "rules");
	assert_refused("fields:\n  a: {rules: [{find: x, give: {v: $who}}]}",
		       "bad.yaml:2:35: the pattern has no group \"who\" [unknown-group]", "(?P<who>");
	assert_refused("fields:\n  a: {rules: [{find: x, in: nowhere, give: {v: $match}}]}",
		       "bad.yaml:2:29: no region \"nowhere\" [unknown-region]", NULL);
	assert_refused("fields:\n  a: {rules: [{find: '{{X}}', give: {v: $match}}]}",
		       "bad.yaml:2:22: {{X}} is not defined [unknown-macro]", NULL);
	assert_refused("define: {X: 'a{{X}}'}\nfields: {a: '{{X}}'}",
		       "bad.yaml:2:13: {{X}} goes deeper than 10 definitions [deep-macro]", NULL);
	assert_refused("fields:\n  a: {rules: [{find: x, give: {v: $match | nonsense}}]}",
		       "bad.yaml:2:35: no normaliser \"nonsense\" [unknown-normaliser]", "date");
	assert_refused("fields:\n  a: {rules: [{find: x, give: {v: $match | lookup t}}]}",
		       "bad.yaml:2:35: no table \"t\" [unknown-table]", NULL);
	assert_refused("- 1", "bad.yaml:1:1: a model is a map with a member \"fields\" [bad-model]", NULL);
	assert_refused("fields: {a: {rules: [{find: x, confidence: 2, give: {v: $match}}]}}",
		       "bad.yaml:1:44: \"confidence\" is a number from 0 to 1 [bad-rule]", NULL);
	assert_refused("include: ['../../etc/passwd']\nfields: {}",
		       "bad.yaml:1:11: an include is the name of a file in this folder [bad-include]", NULL);
}

static void a_type_without_a_file_gets_the_default_and_none_escapes_the_folder(void **state)
{
	struct error err = {0};
	struct models *models;

	(void)state;
	folder_write(&folder, "default.yaml", "fields: {d: d}");
	folder_write(&folder, "own.yaml", "fields: {o: o}");
	models = models_open(folder.path, &err);
	assert_true(slice_is(models_get(models, SLICE("own"), SLICE(""), &err)->name, "own"));
	assert_true(slice_is(models_get(models, SLICE("other"), SLICE(""), &err)->name, "default"));
	assert_true(slice_is(models_get(models, SLICE("../own"), SLICE(""), &err)->name, "default"));
	assert_true(slice_is(models_get(models, SLICE(""), SLICE(""), &err)->name, "default"));
	assert_ptr_equal(models_get(models, SLICE("own"), SLICE(""), &err),
			 models_get(models, SLICE("own"), SLICE(""), &err));
	models_close(models);
}

static void a_folder_without_models_is_refused(void **state)
{
	struct error err = {0};

	(void)state;
	assert_null(models_open(folder.path, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	error_clear(&err);
	assert_null(models_open("/proc/nonexistent/models", &err));
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
}

static void a_model_of_the_language_goes_before_that_of_the_type(void **state)
{
	struct error err = {0};
	struct models *models;

	(void)state;
	folder_write(&folder, "default.yaml", "fields: {d: d}");
	folder_write(&folder, "default.fr.yaml", "fields: {d: d}");
	folder_write(&folder, "own.yaml", "fields: {o: o}");
	folder_write(&folder, "own.fr.yaml", "fields: {o: o}");
	folder_write(&folder, "english.yaml", "fields: {o: o}");
	models = models_open(folder.path, &err);
	assert_true(slice_is(models_get(models, SLICE("own"), SLICE("fr"), &err)->name, "own.fr"));
	assert_true(slice_is(models_get(models, SLICE("own"), SLICE("de"), &err)->name, "own"));
	assert_true(slice_is(models_get(models, SLICE("english"), SLICE("fr"), &err)->name, "english"));
	assert_true(slice_is(models_get(models, SLICE("other"), SLICE("fr"), &err)->name, "default.fr"));
	assert_true(slice_is(models_get(models, SLICE("other"), SLICE("../x"), &err)->name, "default"));
	models_close(models);
}

/* A caption's other column goes, its names stay, and each stands where its letters are. */
static void a_table_rewrites_what_its_patterns_match(void **state)
{
	static const char text[] = "v.\nRED\nHILL LLC, COMPLAINT\n-and-\nJO DOE,\nDefendants";
	struct value extraction, names;

	(void)state;
	folder_write(&folder, "default.yaml",
		     "tables:\n"
		     "  noise: [{value: '', when: COMPLAINT}, {value: ', ', when: '-and-'}]\n"
		     "fields:\n"
		     "  n:\n"
		     "    rules:\n"
		     "      - find: 'v\\.(?P<names>[^:]*)Defendants'\n"
		     "        view: lines\n"
		     "        each: $names | rewrite noise | names\n"
		     "        span: each\n"
		     "        give: {name: $each | name}\n");
	extraction = find(text);
	names = field_of(extraction, "n");
	assert_int_equal(value_len(names), 2);
	assert_member(*value_list_at(names, 0), "name", "Red Hill LLC");
	assert_member(*value_list_at(names, 0), "quote", "RED\nHILL LLC");
	assert_member(*value_list_at(names, 1), "name", "Jo Doe");
	assert_member(*value_list_at(names, 1), "quote", "JO DOE");
	value_unref(extraction);
}

static void normalise_as(const char *pipe, const char *text, const char *want)
{
	struct value extraction;
	char model[300];

	snprintf(model, sizeof(model), "fields:\n  f:\n    rules: [{find: '.+', give: {v: $match | %s}}]\n",
		 pipe);
	folder_write(&folder, "default.yaml", model);
	extraction = find(text);
	if (want)
		assert_member(*value_list_at(field_of(extraction, "f"), 0), "v", want);
	else
		assert_int_equal(value_len(field_of(extraction, "f")), 0);
	value_unref(extraction);
}

static void periods_terms_and_numbers_become_values(void **state)
{
	(void)state;
	normalise_as("date_part", "about October 2014", "2014-10");
	normalise_as("date_part", "in 2009", "2009");
	normalise_as("date_part", "July 16, 2011", "2011-07-16");
	normalise_as("date_part", "the 3,000 days", NULL);
	normalise_as("duration", "three years", "P3Y");
	normalise_as("duration", "thirty-six (36) months", "P36M");
	normalise_as("duration", "18-month", "P18M");
	normalise_as("duration", "forever", NULL);
	normalise_as("number", "twenty-five percent", "25");
	normalise_as("number", "1,204 violations", "1204");
	normalise_as("number", "some", NULL);
	normalise_as("capitals", "Southern DISTRICT OF NEW YORK", "Southern District Of New York");
}

static void short_names_are_given_in_full(void **state)
{
	struct value extraction, names;

	(void)state;
	folder_write(&folder, "default.yaml",
		     "fields:\n"
		     "  n:\n"
		     "    alike: name\n"
		     "    full: name\n"
		     "    rules: [{find: '(?P<n>[A-Z][a-z]+) paid', give: {name: $n | name, kind: $n | "
		     "party_kind}}]\n");
	extraction = find(
		"Later Doe paid. Jo Ann Doe is a trader. Acme paid. Acme Trading Inc. was closed. Doe paid.");
	names = field_of(extraction, "n");
	assert_int_equal(value_len(names), 2);
	assert_member(*value_list_at(names, 0), "name", "Jo Ann Doe");
	assert_member(*value_list_at(names, 0), "kind", "person");
	assert_member(*value_list_at(names, 0), "quote", "Jo Ann Doe");
	assert_member(*value_list_at(names, 1), "name", "Acme Trading Inc.");
	assert_member(*value_list_at(names, 1), "kind", "entity");
	value_unref(extraction);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_short_form_gives_values_with_their_places),
		TEST(rules_look_in_regions_under_conditions),
		TEST(lists_give_an_item_each_and_one_takes_the_best),
		TEST(nothing_found_is_null_or_an_empty_list),
		TEST(the_including_file_wins_over_the_included),
		TEST(fallback_first_last_and_fresh),
		TEST(conditions_may_ask_other_fields),
		TEST(pages_are_told_by_the_start),
		TEST(time_that_is_up_gives_a_partial_answer),
		TEST(a_bad_model_is_refused_with_its_place_and_a_hint),
		TEST(a_type_without_a_file_gets_the_default_and_none_escapes_the_folder),
		TEST(a_folder_without_models_is_refused),
		TEST(a_model_of_the_language_goes_before_that_of_the_type),
		TEST(a_table_rewrites_what_its_patterns_match),
		TEST(short_names_are_given_in_full),
		TEST(periods_terms_and_numbers_become_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
