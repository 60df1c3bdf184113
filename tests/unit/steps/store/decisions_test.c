/* decisions_test.c - one row for each document, findable. */
#include "steps/store/decisions.h"

#include "lib/json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct fixture {
	char folder[64], path[96];
	struct decisions *decisions;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct error err = {0};

	strcpy(f->folder, "/tmp/decisions_test.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/d.db", f->folder);
	f->decisions = decisions_open(f->path, &err);
	assert_string_equal(err.message, "");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[96];

	decisions_close(f->decisions);
	snprintf(command, sizeof(command), "rm -rf '%s'", f->folder);
	free(f);
	return system(command);
}

static const char acme[] =
	"{\"id\":\"acme1\",\"source\":\"/in/acme.txt\",\"title\":\"CFTC orders Acme\",\"language\":\"en\","
	"\"text_uri\":\"file:///d/"
	"1\",\"classification\":{\"doc_type\":{\"value\":\"press_release\",\"probability\":0.98}},"
	"\"extraction\":{\"model\":\"press_release@1\",\"fields\":{\"doc_date\":{\"value\":\"2015-01-16\"},"
	"\"authorities\":[{\"value\":\"CFTC\"}],\"parties\":[{\"name\":\"Acme Trading "
	"LLC\",\"kind\":\"entity\","
	"\"role\":\"respondent\"},{\"name\":\"J. "
	"Doe\"}],\"money\":[{\"kind\":\"civil_penalty\",\"amount\":\"140000\","
	"\"currency\":\"USD\",\"status\":\"imposed\"}],\"legal_basis\":[{\"instrument\":\"7 U.S.C.\","
	"\"provision\":\"6c(a)\"}],\"measures\":[{\"kind\":\"cease_and_desist\"}]}}}";

/* As delivery does it: the text only when it is wanted. Was it? */
static int put(struct fixture *f, const char *json, const char *text)
{
	struct slice words = slice_of(text);
	struct error err = {0};
	struct decision decision;
	struct value record;
	int wanted;

	assert_int_equal(json_read(slice_of(json), &record, &err), 0);
	decision_init(&decision, record);
	assert_int_equal(db_begin(decisions_db(f->decisions), &err), 0);
	wanted = decisions_wants_text(f->decisions, &decision, &err);
	assert_int_equal(
		decisions_put(f->decisions, &decision, record, slice_of(json), wanted ? &words : NULL, &err),
		0);
	assert_int_equal(db_commit(decisions_db(f->decisions), &err), 0);
	assert_string_equal(err.message, "");
	decision_release(&decision);
	value_unref(record);
	return wanted;
}

static int64_t number(struct fixture *f, const char *sql)
{
	sqlite3_stmt *stmt = db_prepare(decisions_db(f->decisions), sql, NULL);
	int64_t result;

	assert_non_null(stmt);
	assert_int_equal(db_step(decisions_db(f->decisions), stmt, NULL), 1);
	result = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return result;
}

static void add_id(void *ctx, const struct decisions_row *row)
{
	buf_printf(ctx, "%.*s ", SLICE_ARG(row->id));
}

static void expect_found(struct fixture *f, const char *operand, const char *ids)
{
	struct error err = {0};
	struct buf query, found;

	buf_init(&query, 0);
	buf_init(&found, 0);
	decisions_query(&query, slice_of(operand));
	assert_int_equal(decisions_search(f->decisions, buf_text(&query), NULL, 0, add_id, &found, &err), 0);
	assert_string_equal(buf_text(&found), ids);
	buf_release(&query);
	buf_release(&found);
}

static void a_record_fills_its_row_and_its_lists(void **state)
{
	struct fixture *f = *state;

	put(f, acme, "spoofing");
	assert_int_equal(
		number(f,
		       "SELECT count(*) FROM decisions WHERE id = 'acme1' AND source = '/in/acme.txt' AND"
		       " doc_type = 'press_release' AND probability = 0.98 AND doc_date = '2015-01-16' AND"
		       " authorities = 'CFTC' AND parties = 'Acme Trading LLC; J. Doe' AND"
		       " sanction = 'USD 140,000 civil penalty' AND currency = 'USD' AND amount = 140000 AND"
		       " model = 'press_release@1' AND json_extract(record, '$.language') = 'en'"),
		1);
	assert_int_equal(number(f, "SELECT count(*) FROM parties"), 2);
	assert_int_equal(
		number(f, "SELECT count(*) FROM money WHERE amount = '140000' AND status = 'imposed'"), 1);
	assert_int_equal(number(f, "SELECT count(*) FROM legal_basis WHERE provision = '6c(a)'"), 1);
	assert_int_equal(number(f, "SELECT count(*) FROM measures WHERE kind = 'cease_and_desist'"), 1);
}

static void sent_again_it_is_replaced_not_added(void **state)
{
	struct fixture *f = *state;
	int64_t row;

	put(f, acme, "spoofing");
	row = number(f, "SELECT row FROM decisions");
	put(f, "{\"id\":\"acme1\",\"source\":\"/in/acme.txt\",\"title\":\"Corrected\"}", "layering");
	assert_int_equal(number(f, "SELECT count(*) FROM decisions"), 1);
	assert_int_equal(
		number(f, "SELECT row FROM decisions WHERE title = 'Corrected' AND sanction IS NULL"), row);
	assert_int_equal(number(f, "SELECT count(*) FROM parties"), 0);
	assert_int_equal(number(f, "SELECT count(*) FROM texts"), 1);
	expect_found(f, "spoofing", "");
	expect_found(f, "layering", "acme1 ");
}

static void an_unchanged_text_is_not_indexed_again(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(put(f, acme, "spoofing"), 1);
	assert_int_equal(put(f, acme, "spoofing"), 0);
	expect_found(f, "spoofing", "acme1 ");
}

static void a_text_that_was_missing_is_wanted_again(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(put(f, acme, ""), 1);
	expect_found(f, "acme", "acme1 "); /* title and parties are found all the same */
	assert_int_equal(put(f, acme, "spoofing"), 1);
	expect_found(f, "spoofing", "acme1 ");
}

static void words_phrases_beginnings_and_accents_are_found(void **state)
{
	struct fixture *f = *state;

	put(f, acme, "The order requires Acme to cease and desist from spoofing.");
	put(f, "{\"id\":\"cnil\",\"source\":\"s\",\"title\":\"Délibération\"}",
	    "La formation restreinte prononce une amende.");
	expect_found(f, "cease and desist", "acme1 ");
	expect_found(f, "desist cease", "");
	expect_found(f, "spoof*", "acme1 ");
	expect_found(f, "deliberation", "cnil ");
	expect_found(f, "Acme Trading", "acme1 "); /* a party */
}

static void a_query_s_punctuation_is_no_syntax(void **state)
{
	static const char *const odd[] = {"O'Brien", "a AND", "\"",      "NEAR(",
					  "title:x", "-",     "col : *", "((("};
	struct fixture *f = *state;

	put(f, acme, "text");
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		expect_found(f, odd[i], "");
}

static void a_failure_is_kept_until_the_document_succeeds(void **state)
{
	static const char json[] =
		"{\"source\":\"/in/acme.txt\",\"error\":{\"title\":\"t\",\"detail\":\"encrypted\"}}";
	struct fixture *f = *state;
	struct error err = {0};
	struct value record;

	assert_int_equal(json_read(slice_of(json), &record, &err), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(decisions_put_failure(f->decisions, SLICE("/in/acme.txt"), record,
						       slice_of(json), &err),
				 0);
	assert_int_equal(number(f, "SELECT count(*) FROM failures WHERE message = 'encrypted'"), 1);
	put(f, acme, "text");
	assert_int_equal(number(f, "SELECT count(*) FROM failures"), 0);
	value_unref(record);
}

static void records_of_any_shape_are_stored(void **state)
{
	static const char *const shapes[] = {
		"{\"id\":\"x\"}",
		"{\"id\":\"x\",\"title\":7,\"classification\":[],\"extraction\":\"none\"}",
		"{\"id\":\"x\",\"classification\":{\"doc_type\":null},\"extraction\":{\"fields\":{"
		"\"parties\":{},"
		"\"money\":[1,[]],"
		"\"doc_date\":[],\"legal_basis\":[{\"instrument\":{}}],\"measures\":null}}}",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		put(f, shapes[i], "");
	assert_int_equal(number(f, "SELECT count(*) FROM decisions"), 1);
}

static void an_id_is_found_by_its_beginning(void **state)
{
	struct fixture *f = *state;
	struct error err = {0};
	struct buf json;

	put(f, "{\"id\":\"abc1\"}", "");
	put(f, "{\"id\":\"abc2\"}", "");
	put(f, "{\"id\":\"abc\"}", "");
	buf_init(&json, 0);
	assert_int_equal(decisions_get(f->decisions, "abc2", &json, &err), 0);
	assert_string_equal(buf_text(&json), "{\"id\":\"abc2\"}");
	buf_clear(&json);
	assert_int_equal(decisions_get(f->decisions, "abc", &json, &err), 0); /* whole beats beginning */
	assert_string_equal(buf_text(&json), "{\"id\":\"abc\"}");
	assert_int_equal(decisions_get(f->decisions, "ab", &json, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	error_clear(&err);
	assert_int_equal(decisions_get(f->decisions, "zzz", &json, &err), -1);
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	error_clear(&err);
	assert_int_equal(decisions_get(f->decisions, "%", &json, &err), -1);
	buf_release(&json);
}

static void the_newest_document_is_listed_first(void **state)
{
	struct fixture *f = *state;
	struct error err = {0};
	struct buf ids;

	put(f, "{\"id\":\"undated\",\"source\":\"a\"}", "");
	put(f, "{\"id\":\"old\",\"extraction\":{\"fields\":{\"doc_date\":{\"value\":\"1999-12-31\"}}}}", "");
	put(f, "{\"id\":\"new\",\"extraction\":{\"fields\":{\"doc_date\":{\"value\":\"2024-02-01\"}}}}", "");
	buf_init(&ids, 0);
	assert_int_equal(decisions_list(f->decisions, NULL, 0, add_id, &ids, &err), 0);
	assert_string_equal(buf_text(&ids), "new old undated ");
	buf_clear(&ids);
	assert_int_equal(decisions_list(f->decisions, NULL, 1, add_id, &ids, &err), 0);
	assert_string_equal(buf_text(&ids), "new ");
	buf_clear(&ids);
	assert_int_equal(decisions_list(f->decisions, "complaint", 0, add_id, &ids, &err), 0);
	assert_string_equal(buf_text(&ids), "");
	buf_release(&ids);
}

static void expect_key(const char *json, const char *expected)
{
	struct error err = {0};
	struct value record;
	struct buf key;
	int status;

	buf_init(&key, 0);
	assert_int_equal(json_read(slice_of(json), &record, &err), 0);
	status = decision_key(record, &key, &err);
	assert_int_equal(status, expected ? 0 : -1);
	if (expected)
		assert_string_equal(buf_text(&key), expected);
	else
		assert_int_equal(err.kind, ERROR_INPUT);
	buf_release(&key);
	value_unref(record);
}

static void a_record_is_filed_under_its_id(void **state)
{
	(void)state;
	expect_key("{\"id\":\"a\",\"source\":\"s\"}", "a");
	expect_key("{\"id\":\"a\",\"source\":\"s\",\"error\":{}}", "s");
	expect_key("{\"id\":\"a\",\"error\":{}}", "a");
	expect_key("{\"id\":\"a\",\"source\":\"s\",\"error\":null}", "a");
	expect_key("{\"source\":\"s\"}", NULL);
	expect_key("{\"id\":\"\"}", NULL);
	expect_key("{\"id\":5}", NULL);
	expect_key("{\"id\":\"a\\nb\"}", NULL);
	expect_key("{\"operand\":\"gone.jsonl\",\"error\":{}}", "gone.jsonl");
	expect_key("{\"line\":7,\"error\":{}}", "line 7");
	expect_key("{\"operand\":\"gone.jsonl\",\"line\":7}", NULL);
	expect_key("{\"error\":{}}", NULL);
	expect_key("[]", NULL);
	expect_key("\"id\"", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		CASE(a_record_fills_its_row_and_its_lists),
		CASE(sent_again_it_is_replaced_not_added),
		CASE(an_unchanged_text_is_not_indexed_again),
		CASE(a_text_that_was_missing_is_wanted_again),
		CASE(words_phrases_beginnings_and_accents_are_found),
		CASE(a_query_s_punctuation_is_no_syntax),
		CASE(a_failure_is_kept_until_the_document_succeeds),
		CASE(records_of_any_shape_are_stored),
		CASE(an_id_is_found_by_its_beginning),
		CASE(the_newest_document_is_listed_first),
		cmocka_unit_test(a_record_is_filed_under_its_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
