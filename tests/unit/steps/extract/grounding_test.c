/* grounding_test.c - quotes of others: where they stand, what their members may be. Sources: grounding.h, members.h. */
#include "steps/extract/grounding.h"
#include "steps/extract/members.h"

#include "lib/json/json.h"
#include "steps/extract/models.h"
#include "tests/harness/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The words of the text at which the quote is found, or "-". */
static void expect_ground(const char *text, const char *quote, size_t near, const char *expected,
			  size_t start)
{
	struct grounding grounding;
	struct ground ground;
	bool found;

	grounding_init(&grounding, slice_of(text));
	found = grounding_find(&grounding, slice_of(quote), near, &ground);
	if (!expected) {
		assert_false(found);
	} else {
		assert_true(found);
		assert_int_equal(ground.start, start);
		assert_int_equal(ground.end - ground.start, strlen(expected));
		assert_memory_equal(text + ground.start, expected, strlen(expected));
	}
	grounding_release(&grounding);
}

static void a_quote_may_differ_in_white_space_only(void **state)
{
	(void)state;
	expect_ground("pay a fine of\n  $140,000 at once", "fine of $140,000", SIZE_MAX,
		      "fine of\n  $140,000", 6);
	expect_ground("pay a fine", " fine\n", SIZE_MAX, "fine", 6);
	expect_ground("pay  a\tfine", "a   fine", SIZE_MAX, "a\tfine", 5);
	expect_ground("pay a fine", "a Fine", SIZE_MAX, NULL, 0);
	expect_ground("pay a fine", "afine", SIZE_MAX, NULL, 0);
	expect_ground("pay a fine", "", SIZE_MAX, NULL, 0);
	expect_ground("pay a fine", " \n ", SIZE_MAX, NULL, 0);
	expect_ground("", "x", SIZE_MAX, NULL, 0);
}

static void the_place_that_was_said_comes_before_the_first(void **state)
{
	(void)state;
	expect_ground("one two one", "one", SIZE_MAX, "one", 0);
	expect_ground("one two one", "one", 8, "one", 8);
	expect_ground("one two one", "one", 7, "one", 0); /* it does not stand there */
	expect_ground("one two one", "one", 99999, "one", 0);
	expect_ground("\xc3\xa9\xc3\xa9 one, one", "one", 8, "one", 10); /* places count code points */
}

static void spans_are_code_points_and_pages_begin_at_them(void **state)
{
	static const char text[] = "\xc3\xa9t\xc3\xa9: amende";
	struct value item = value_map_new(), pages = value_list_new(2), wanted;
	struct grounding grounding;
	struct ground ground;

	(void)state;
	value_list_push(&pages, value_int(0));
	value_list_push(&pages, value_int(5));
	grounding_init(&grounding, slice_of(text));
	assert_true(grounding_find(&grounding, SLICE("amende"), SIZE_MAX, &ground));
	grounding_put(&grounding, ground, pages, &item);
	assert_int_equal(
		json_read(SLICE("{\"span\":{\"start\":5,\"end\":11},\"quote\":\"amende\",\"page\":2,\"page_offset\":0}"),
			  &wanted, NULL),
		0);
	assert_true(value_equal(item, wanted));
	grounding_release(&grounding);
	value_unref(item);
	value_unref(pages);
	value_unref(wanted);
}

/* ---- members */

static const char model_text[] =
	"model: default\nversion: 1\n"
	"tables:\n  kind:\n    - {value: fine, when: fine}\n    - {value: costs, when: cost}\n"
	"fields:\n"
	"  doc_date:\n    take: one\n    rules:\n      - {name: d, find: 'on (?P<d>.*)', give: {value: $d | "
	"date}}\n"
	"  money:\n    rules:\n"
	"      - {name: a, find: '(?P<k>fine|cost) (?P<s>.*)', give: {kind: $k | lookup kind, amount: $s | "
	"amount,"
	" currency: $s | currency | else USD, status: imposed}}\n"
	"      - {name: b, find: 'x (?P<w>.*)', give: {kind: settlement, status: agreed, note: $w}}\n";

static struct folder folder;
static struct models *models;
static const struct model *model;

static int open_model(void **state)
{
	struct error err = {0};

	(void)state;
	folder_make(&folder);
	folder_write(&folder, "default.yaml", model_text);
	models = models_open(folder.path, &err);
	model = models ? models_get(models, SLICE("any"), SLICE(""), &err) : NULL;
	assert_string_equal(err.message, "");
	return model ? 0 : -1;
}

static int close_model(void **state)
{
	(void)state;
	models_close(models);
	folder_remove(&folder);
	return 0;
}

static const struct field *field_named(const char *name)
{
	for (const struct field *field = model->fields; field; field = field->next)
		if (slice_is(field->name, name))
			return field;
	fail_msg("no field %s", name);
	return NULL;
}

static void expect_taken(const char *field, const char *member, const char *said, const char *expected)
{
	struct value members = members_of(field_named(field));
	struct buf out;
	bool took;

	buf_init(&out, 0);
	took = members_take(field_named(field), members, slice_of(member), slice_of(said), &out);
	if (took != (expected != NULL) || (took && strcmp(buf_text(&out), expected) != 0))
		fail_msg("%s.%s: \"%s\" gives \"%s\" and not \"%s\"", field, member, said,
			 took ? buf_text(&out) : "-", expected ? expected : "-");
	buf_release(&out);
	value_unref(members);
}

static void a_member_takes_what_its_rules_could_give(void **state)
{
	(void)state;
	expect_taken("money", "kind", "fine", "fine");             /* of the table */
	expect_taken("money", "kind", "settlement", "settlement"); /* the other rule's constant */
	expect_taken("money", "kind", "bribe", NULL);
	expect_taken("money", "status", "agreed", "agreed");
	expect_taken("money", "status", "sought", NULL);
	expect_taken("money", "amount", "140000", "140000");
	expect_taken("money", "amount", "140000.50", "140000.50");
	expect_taken("money", "amount", "$140,000", "140000"); /* as the normaliser makes it */
	expect_taken("money", "amount", "plenty", NULL);
	expect_taken("money", "currency", "EUR", "EUR");
	expect_taken("money", "note", " any words ", "any words");
	expect_taken("money", "note", "", NULL);
	expect_taken("money", "colour", "blue", NULL);
	expect_taken("doc_date", "value", "2015-01-16", "2015-01-16");
	expect_taken("doc_date", "value", "January 16, 2015", "2015-01-16");
	expect_taken("doc_date", "value", "2015-13-01", NULL);
	expect_taken("doc_date", "value", "yesterday", NULL);
}

static void the_schema_says_the_same(void **state)
{
	struct value schema = members_schema(model), wanted;
	const struct value *properties = value_get(schema, "properties");
	const struct value *kind = value_get(
		*value_get(*value_get(*value_get(*properties, "money"), "items"), "properties"), "kind");

	(void)state;
	assert_int_equal(json_read(SLICE("{\"type\":[\"string\",\"null\"],\"enum\":[\"fine\",\"costs\","
					 "\"settlement\",null]}"),
				   &wanted, NULL),
			 0);
	assert_true(value_equal(*kind, wanted));
	value_unref(wanted);
	assert_int_equal(json_read(SLICE("[\"object\",\"null\"]"), &wanted, NULL), 0);
	assert_true(value_equal(*value_get(*value_get(*properties, "doc_date"), "type"), wanted));
	value_unref(wanted);
	assert_int_equal(json_read(SLICE("[\"confidence\",\"quote\",\"value\"]"), &wanted, NULL), 0);
	assert_true(value_equal(*value_get(*value_get(*properties, "doc_date"), "required"), wanted));
	value_unref(wanted);
	assert_false(value_get_bool(schema, "additionalProperties", true));
	value_unref(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quote_may_differ_in_white_space_only),
		cmocka_unit_test(the_place_that_was_said_comes_before_the_first),
		cmocka_unit_test(spans_are_code_points_and_pages_begin_at_them),
		cmocka_unit_test_setup_teardown(a_member_takes_what_its_rules_could_give, open_model,
						close_model),
		cmocka_unit_test_setup_teardown(the_schema_says_the_same, open_model, close_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
