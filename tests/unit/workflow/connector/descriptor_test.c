/* What is taken from a discovery document, and arguments against it. */
#include "workflow/connector/descriptor.h"

#include "lib/json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const char shelf[] =
	"{\"name\":\"shelf\",\"version\":\"v1\",\"rootUrl\":\"https://shelf.googleapis.com/"
	"\",\"servicePath\":\"shelf/v1/\","
	"\"methods\":{\"ping\":{\"id\":\"shelf.ping\",\"httpMethod\":\"GET\",\"path\":\"ping\"}},"
	"\"resources\":{\"books\":{\"methods\":{"
	"\"insert\":{\"id\":\"shelf.books.insert\",\"httpMethod\":\"POST\",\"path\":\"{shelf}/books\","
	"\"parameters\":{\"shelf\":{\"location\":\"path\",\"required\":true,\"type\":\"string\"},"
	"\"tags\":{\"location\":\"query\",\"repeated\":true},\"owner\":{\"location\":\"query\",\"required\":"
	"true}},"
	"\"request\":{\"$ref\":\"Book\"},\"response\":{\"$ref\":\"Operation\"},"
	"\"mediaUpload\":{\"protocols\":{\"simple\":{\"path\":\"/upload/shelf/v1/{shelf}/books\"}}}},"
	"\"get\":{\"id\":\"shelf.books.get\",\"httpMethod\":\"GET\",\"path\":\"{shelf}/books/{book}\","
	"\"response\":{\"$ref\":\"Operation\"}}},"
	"\"resources\":{\"pages\":{\"methods\":{\"list\":{\"id\":\"shelf.books.pages.list\",\"httpMethod\":"
	"\"GET\","
	"\"path\":\"pages\"}}}}}}}";

static struct value read(const char *text)
{
	struct error err = {0};
	struct value v;

	assert_int_equal(json_read(slice_of(text), &v, &err), 0);
	return v;
}

static struct value make(const char *name, const char *base_url)
{
	struct value document = read(shelf);
	struct value descriptor;
	struct error err = {0};

	assert_int_equal(descriptor_make(document, slice_of(name), base_url, &descriptor, &err), 0);
	value_unref(document);
	return descriptor;
}

static void refuse(const char *document_text, const char *name, enum error_kind kind, const char *hint)
{
	struct value document = read(document_text);
	struct value descriptor;
	struct error err = {0};

	assert_int_equal(descriptor_make(document, slice_of(name), NULL, &descriptor, &err), -1);
	assert_int_equal(err.kind, kind);
	assert_string_equal(err.hint, hint);
	value_unref(document);
}

static void assert_json(struct value v, const char *wanted)
{
	struct value expected = read(wanted);

	assert_true(value_equal(v, expected));
	value_unref(expected);
}

static void a_method_is_found_by_its_resources(void **state)
{
	struct value d = make("googleapis.shelf.v1.books.insert", NULL);

	(void)state;
	assert_json(d, "{\"service\":\"shelf\",\"version\":\"v1\",\"method\":\"POST\",\"root\":\"https://"
		       "shelf.googleapis.com/\","
		       "\"path\":\"shelf/v1/{shelf}/books\",\"upload\":\"upload/shelf/v1/{shelf}/"
		       "books\",\"body\":true,"
		       "\"operation\":\"operation\",\"params\":{\"shelf\":\"path required\",\"tags\":\"query "
		       "repeated\","
		       "\"owner\":\"query required\"}}");
	value_unref(d);
	d = make("googleapis.shelf.v1.books.pages.list", NULL);
	assert_string_equal(value_get_text(d, "path").ptr, "shelf/v1/pages");
	value_unref(d);
	d = make("googleapis.shelf.v1.ping", NULL);
	assert_null(value_get(d, "body"));
	value_unref(d);
}

static void a_get_is_never_waited_for(void **state)
{
	struct value d = make("googleapis.shelf.v1.books.get", NULL);

	(void)state;
	assert_null(value_get(d, "operation"));
	value_unref(d);
}

static void another_address_takes_the_place_of_the_root(void **state)
{
	struct value d = make("googleapis.shelf.v1.ping", "http://127.0.0.1:8085");

	(void)state;
	assert_string_equal(value_get_text(d, "root").ptr, "http://127.0.0.1:8085/");
	value_unref(d);
}

static void an_unknown_method_has_a_neighbour(void **state)
{
	(void)state;
	refuse(shelf, "googleapis.shelf.v1.books.insrt", ERROR_NOT_FOUND,
	       "did you mean \"googleapis.shelf.v1.books.insert\"?");
	refuse(shelf, "googleapis.shelf.v1.books.pages.lists", ERROR_NOT_FOUND,
	       "did you mean \"googleapis.shelf.v1.books.pages.list\"?");
	refuse(shelf, "googleapis.shelf.v1.books", ERROR_NOT_FOUND, "");
}

static void documents_of_another_form_are_refused(void **state)
{
	(void)state;
	refuse("[]", "googleapis.shelf.v1.ping", ERROR_NOT_FOUND, "");
	refuse("{\"methods\":7}", "googleapis.shelf.v1.ping", ERROR_NOT_FOUND, "");
	refuse("{\"methods\":{\"ping\":[]}}", "googleapis.shelf.v1.ping", ERROR_INPUT, "");
	refuse("{\"rootUrl\":\"file:///\",\"methods\":{\"ping\":{\"path\":\"p\",\"httpMethod\":\"GET\"}}}",
	       "googleapis.shelf.v1.ping", ERROR_INPUT, "");
}

static void names_have_three_parts_and_a_method(void **state)
{
	struct connector_name parts;

	(void)state;
	assert_true(connector_name_split(SLICE("googleapis.pubsub.v1.projects.topics.publish"), &parts));
	assert_true(slice_is(parts.service, "pubsub") && slice_is(parts.version, "v1"));
	assert_true(slice_is(parts.path, "projects.topics.publish"));
	assert_false(connector_name_split(SLICE("googleapis.pubsub.v1"), &parts));
	assert_false(connector_name_split(SLICE("googleapis.pubsub"), &parts));
	assert_false(connector_name_split(SLICE("googleapis.pub/sub.v1.x"), &parts));
	assert_false(connector_name_split(SLICE("googleapis.pubsub.v1.x..y"), &parts));
	assert_false(connector_name_split(SLICE("http.get"), &parts));
}

static void arguments_are_those_of_the_method_and_the_connector(void **state)
{
	struct value d = make("googleapis.shelf.v1.books.insert", NULL);

	(void)state;
	assert_true(descriptor_has_argument(d, SLICE("shelf")));
	assert_true(descriptor_has_argument(d, SLICE("body")));
	assert_true(descriptor_has_argument(d, SLICE("connector_params")));
	assert_true(descriptor_has_argument(d, SLICE("fields")));
	assert_false(descriptor_has_argument(d, SLICE("shelves")));
	assert_true(slice_is(descriptor_nearest(d, SLICE("shef")), "shelf"));
	assert_true(slice_is(descriptor_required(d, 0), "owner") &&
		    slice_is(descriptor_required(d, 1), "shelf"));
	assert_int_equal(descriptor_required(d, 2).len, 0);
	assert_true(descriptor_param_is(d, SLICE("tags"), "repeated"));
	assert_true(descriptor_param_is(d, SLICE("alt"), "query"));
	assert_false(descriptor_param_is(d, SLICE("shelf"), "query"));
	value_unref(d);
	d = make("googleapis.shelf.v1.ping", NULL);
	assert_false(descriptor_has_argument(d, SLICE("body")));
	value_unref(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_method_is_found_by_its_resources),
		cmocka_unit_test(a_get_is_never_waited_for),
		cmocka_unit_test(another_address_takes_the_place_of_the_root),
		cmocka_unit_test(an_unknown_method_has_a_neighbour),
		cmocka_unit_test(documents_of_another_form_are_refused),
		cmocka_unit_test(names_have_three_parts_and_a_method),
		cmocka_unit_test(arguments_are_those_of_the_method_and_the_connector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
