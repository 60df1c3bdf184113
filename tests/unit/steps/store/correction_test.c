/* correction_test.c - what a person said stays, whatever is extracted later. Source: steps/store/correction.h. */
#include "steps/store/correction.h"

#include "lib/json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct value read_json(const char *text)
{
	struct value value;

	if (json_read(slice_of(text), &value, NULL) < 0)
		fail_msg("no JSON: %s", text);
	return value;
}

/* A record whose extraction has these fields. */
static struct value record_of(const char *fields)
{
	struct value record =
		read_json("{\"id\":\"d\",\"classification\":{\"doc_type\":{\"value\":\"order\","
			  "\"probability\":0.4},\"matters\":[{\"value\":\"tax\",\"probability\":0.5}]}}");
	struct value extraction = value_map_new();

	value_put(&extraction, "fields", read_json(fields));
	value_put(&record, "extraction", extraction);
	return record;
}

struct said {
	struct correction list[20];
	int count;
};

static void keep(void *ctx, struct correction *taken)
{
	struct said *said = ctx;

	said->list[said->count++] = *taken;
}

/* What the lines say of a record with these fields. */
static void say(struct said *said, const char *fields, const char *const *lines)
{
	struct value record = record_of(fields);
	struct error err = {0};

	said->count = 0;
	for (; *lines; lines++) {
		struct value line = read_json(*lines);

		assert_true(correction_read(line, record, keep, said, &err) >= 0);
		assert_string_equal(err.message, "");
		value_unref(line);
	}
	value_unref(record);
}

static void apply(const struct said *said, struct value *record)
{
	for (int i = 0; i < said->count; i++)
		correction_apply(&said->list[i], record);
}

static void forget(struct said *said)
{
	for (int i = 0; i < said->count; i++)
		correction_release(&said->list[i]);
}

static void expect_part(struct value record, const char *part, const char *member, const char *expected)
{
	const struct value *found = value_get(*value_get(record, part), member);
	struct value wanted = read_json(expected);
	struct buf text;

	buf_init(&text, 0);
	if (found)
		json_write(&text, *found);
	if (!found || !value_equal(*found, wanted))
		fail_msg("%s.%s is %s, not %s", part, member, buf_text(&text), expected);
	buf_release(&text);
	value_unref(wanted);
}

/* After the lines were said of a record with `fields`, a later extraction `later` becomes `expected`; applied twice
 * it is the same. */
static void expect(const char *fields, const char *const *lines, const char *later, const char *expected)
{
	struct value record = record_of(later);
	struct said said;

	say(&said, fields, lines);
	for (int i = 0; i < 2; i++) {
		apply(&said, &record);
		expect_part(record, "extraction", "fields", expected);
	}
	forget(&said);
	value_unref(record);
}

#define FINE(amount, start, end)                                                           \
	"{\"kind\":\"fine\",\"amount\":\"" amount "\",\"quote\":\"q\",\"confidence\":0.5," \
	"\"span\":{\"start\":" start ",\"end\":" end "}}"
#define FINE_SAID(amount, start, end)                                                                      \
	"{\"kind\":\"fine\",\"amount\":\"" amount "\",\"quote\":\"q\",\"confidence\":1,\"reviewed\":true," \
	"\"span\":{\"start\":" start ",\"end\":" end "}}"
#define LINE(value, start, end, correct)                           \
	"{\"document\":\"d\",\"field\":\"money\",\"value\":" value \
	",\"quote\":\"q\",\"span\":{\"start\":" start ",\"end\":" end "},\"correct\":" correct "}"
#define FINE_VALUE(amount) "{\"kind\":\"fine\",\"amount\":\"" amount "\"}"

static void a_corrected_item_replaces_the_one_it_means(void **state)
{
	static const char *const lines[] = {LINE(FINE_VALUE("10"), "5", "9", FINE_VALUE("1000")), NULL};

	(void)state;
	expect("{\"money\":[" FINE("10", "5", "9") "," FINE("7", "20", "25") "]}", lines,
	       "{\"money\":[" FINE("10", "5", "9") "," FINE("7", "20", "25") "]}",
	       "{\"money\":[" FINE_SAID("1000", "5", "9") "," FINE("7", "20", "25") "]}");
}

static void a_later_extraction_that_says_it_otherwise_changes_nothing(void **state)
{
	static const char *const lines[] = {LINE(FINE_VALUE("10"), "5", "9", FINE_VALUE("1000")), NULL};
	static const char before[] = "{\"money\":[" FINE("10", "5", "9") "]}";
	static const char after[] = "{\"money\":[" FINE_SAID("1000", "5", "9") "]}";

	(void)state;
	expect(before, lines, "{\"money\":[" FINE("11", "4", "8") "]}",
	       after);                                                    /* another value, the same place */
	expect(before, lines, "{\"money\":[" FINE("10", "50", "54") "]}", /* the same value elsewhere */
	       after);
	expect(before, lines, "{\"money\":[" FINE("1000", "5", "9") "]}", after); /* right by now */
	expect(before, lines, "{\"money\":[]}", after);                           /* found no more */
	expect(before, lines, "{}", after); /* the field is not even there */
}

static void what_is_not_so_stays_away(void **state)
{
	static const char *const lines[] = {LINE(FINE_VALUE("10"), "5", "9", "null"), NULL};
	static const char *const same[] = {LINE(FINE_VALUE("10"), "5", "9", "false"), NULL};

	(void)state;
	expect("{\"money\":[" FINE("10", "5", "9") "]}", lines,
	       "{\"money\":[" FINE("10", "5", "9") "," FINE("7", "20", "25") "]}",
	       "{\"money\":[" FINE("7", "20", "25") "]}");
	expect("{\"money\":[" FINE("10", "5", "9") "]}", same, "{\"money\":[" FINE("10", "5", "9") "]}",
	       "{\"money\":[]}");
}

/* Items of one quote, as a list of sections gives them: the place does not tell which is meant. */
static void items_at_one_place_are_told_apart_by_their_members(void **state)
{
	static const char *const lines[] = {LINE(FINE_VALUE("10"), "5", "9", "null"), NULL};
	static const char both[] = "{\"money\":[" FINE("10", "5", "9") "," FINE("11", "5", "9") "]}";

	(void)state;
	expect(both, lines, both, "{\"money\":[" FINE("11", "5", "9") "]}");
}

static void what_is_right_is_marked_and_what_is_missing_added(void **state)
{
	static const char *const right[] = {LINE(FINE_VALUE("10"), "5", "9", "true"), NULL};
	static const char *const added[] = {
		"{\"document\":\"d\",\"field\":\"money\",\"correct\":{\"kind\":\"costs\","
		"\"amount\":25}}",
		NULL};

	(void)state;
	expect("{\"money\":[" FINE("10", "5", "9") "]}", right, "{\"money\":[" FINE("10", "5", "9") "]}",
	       "{\"money\":[" FINE_SAID("10", "5", "9") "]}");
	expect("{\"money\":[]}", added, "{\"money\":[" FINE("10", "5", "9") "]}",
	       "{\"money\":[" FINE("10", "5", "9") ",{\"kind\":\"costs\",\"amount\":\"25\",\"confidence\":1,"
						   "\"reviewed\":true}]}");
}

static void a_field_of_one_item_is_replaced_or_emptied(void **state)
{
	static const char *const date[] = {
		"{\"document\":\"d\",\"field\":\"doc_date\",\"value\":{\"value\":\"2020-01-02\"},"
		"\"correct\":{\"value\":\"2020-02-01\"}}",
		NULL};
	static const char *const none[] = {
		"{\"document\":\"d\",\"field\":\"doc_date\",\"value\":{\"value\":\"2020-01-02\"},"
		"\"correct\":null}",
		NULL};
	static const char before[] = "{\"doc_date\":{\"value\":\"2020-01-02\",\"confidence\":0.3}}";

	(void)state;
	expect(before, date, before,
	       "{\"doc_date\":{\"value\":\"2020-02-01\",\"confidence\":1,\"reviewed\":true}}");
	expect(before, date, "{\"doc_date\":null}",
	       "{\"doc_date\":{\"value\":\"2020-02-01\",\"confidence\":1,\"reviewed\":true}}");
	expect(before, none, "{\"doc_date\":{\"value\":\"2021-09-09\"}}", "{\"doc_date\":null}");
}

static void an_annotated_record_stands_for_whole_fields(void **state)
{
	static const char *const lines[] = {
		"{\"id\":\"d\",\"language\":\"en\",\"notes\":\"x\",\"authorities\":[\"SEC\"],"
		"\"admission\":null,\"doc_date\":{\"value\":\"2015-01-16\",\"quote\":\"Jan\"}}",
		NULL};

	(void)state;
	expect("{}", lines,
	       "{\"authorities\":[{\"value\":\"CFTC\"}],\"admission\":{\"value\":\"admits\"},\"measures\":[]"
	       "}",
	       "{\"authorities\":[{\"value\":\"SEC\",\"confidence\":1,\"reviewed\":true}],\"admission\":null,"
	       "\"measures\":[],"
	       "\"doc_date\":{\"value\":\"2015-01-16\",\"quote\":\"Jan\",\"confidence\":1,\"reviewed\":true}"
	       "}");
}

static void type_and_matters_are_corrected_where_they_are(void **state)
{
	static const char *const lines[] = {"{\"document\":\"d\",\"field\":\"doc_type\",\"value\":{\"value\":"
					    "\"order\"},\"correct\":\"complaint\"}",
					    "{\"id\":\"d\",\"matters\":[\"aml\"]}", NULL};
	struct value record = record_of("{}");
	struct said said;

	(void)state;
	say(&said, "{}", lines);
	apply(&said, &record);
	expect_part(record, "classification", "doc_type",
		    "{\"value\":\"complaint\",\"probability\":1,\"reviewed\":true}");
	expect_part(record, "classification", "matters",
		    "[{\"value\":\"aml\",\"probability\":1,\"reviewed\":true}]");
	expect_part(record, "classification", "reviewed", "[\"doc_type\",\"matters\"]");
	forget(&said);
	value_unref(record);
}

static void a_correction_can_be_corrected(void **state)
{
	static const char *const lines[] = {LINE(FINE_VALUE("10"), "5", "9", FINE_VALUE("20")),
					    LINE(FINE_VALUE("20"), "5", "9", FINE_VALUE("30")), NULL};

	(void)state;
	expect("{\"money\":[" FINE("10", "5", "9") "]}", lines, "{\"money\":[" FINE("10", "5", "9") "]}",
	       "{\"money\":[" FINE_SAID("30", "5", "9") "]}");
}

static void a_line_that_nobody_judged_says_nothing(void **state)
{
	static const char *const lines[] = {
		"{\"document\":\"d\",\"field\":\"money\",\"value\":" FINE_VALUE("10") "}", NULL};
	struct said said;

	(void)state;
	say(&said, "{\"money\":[]}", lines);
	assert_int_equal(said.count, 0);
}

static void what_makes_no_sense_is_refused(void **state)
{
	static const char *const bad[] = {
		"{\"document\":\"d\",\"field\":\"colour\",\"correct\":\"blue\"}",
		"{\"document\":\"d\",\"field\":\"money\",\"correct\":true}",
		"{\"document\":\"d\",\"field\":\"money\",\"correct\":[]}",
		"{\"document\":\"d\",\"field\":\"money\",\"correct\":5}",
		"{\"document\":\"d\",\"field\":\"money\",\"correct\":{\"amount\":{}}}",
		"{\"document\":\"d\",\"field\":\"money\",\"value\":[],\"correct\":null}",
		"{\"id\":\"d\",\"money\":7}",
		"{\"id\":\"d\",\"money\":[[1]]}",
		"{\"id\":\"d\",\"colour\":[]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct value record = record_of("{\"money\":[]}"), line = read_json(bad[i]);
		struct said said = {.count = 0};
		struct error err = {0};

		if (correction_read(line, record, keep, &said, &err) != -1)
			fail_msg("not refused: %s", bad[i]);
		assert_int_equal(err.kind, ERROR_INPUT);
		forget(&said);
		value_unref(record);
		value_unref(line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_corrected_item_replaces_the_one_it_means),
		cmocka_unit_test(a_later_extraction_that_says_it_otherwise_changes_nothing),
		cmocka_unit_test(what_is_not_so_stays_away),
		cmocka_unit_test(items_at_one_place_are_told_apart_by_their_members),
		cmocka_unit_test(what_is_right_is_marked_and_what_is_missing_added),
		cmocka_unit_test(a_field_of_one_item_is_replaced_or_emptied),
		cmocka_unit_test(an_annotated_record_stands_for_whole_fields),
		cmocka_unit_test(type_and_matters_are_corrected_where_they_are),
		cmocka_unit_test(a_correction_can_be_corrected),
		cmocka_unit_test(a_line_that_nobody_judged_says_nothing),
		cmocka_unit_test(what_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
