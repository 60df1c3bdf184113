/* Where documents are found, and what is refused of them. */
#include "tests/harness/folder.h"
#include "tests/harness/peer.h"
#include "workflow/connector/catalog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#define SHELF                                          \
	"{\"rootUrl\":\"https://shelf.googleapis.com/" \
	"\",\"methods\":{\"ping\":{\"httpMethod\":\"GET\",\"path\":\"ping\"}}}"

struct fixture {
	struct folder folder;
	struct catalog *catalog;
};

static int begin(void **state)
{
	static struct fixture fixture;

	folder_make(&fixture.folder);
	fixture.catalog = catalog_new();
	*state = &fixture;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	catalog_free(f->catalog);
	folder_remove(&f->folder);
	return 0;
}

/* The root of googleapis.NAME.v1.ping, "" without a document, or "!" and the kind of the error. */
static void expect(struct fixture *f, const char *name, const char *wanted)
{
	struct value descriptor;
	struct error err = {0};
	char found[300];

	if (catalog_describe(f->catalog, slice_of(name), &descriptor, &err) < 0)
		snprintf(found, sizeof(found), "! %d", (int)err.kind);
	else
		snprintf(found, sizeof(found), "%.*s", SLICE_ARG(value_get_text(descriptor, "root")));
	value_unref(descriptor);
	assert_string_equal(found, wanted);
}

static void discover(struct fixture *f, const char *where)
{
	struct error err = {0};

	assert_int_equal(catalog_set_discovery(f->catalog, where, &err), 0);
}

static void a_folder_holds_documents_under_three_names(void **state)
{
	struct fixture *f = *state;

	folder_write(&f->folder, "shelf.v1.json", SHELF);
	folder_write(&f->folder, "desk-v1.json", SHELF);
	mkdir(folder_path(&f->folder, "lamp"), 0700);
	mkdir(folder_path(&f->folder, "lamp/v1"), 0700);
	folder_write(&f->folder, "lamp/v1/lamp-api.json", SHELF);
	discover(f, f->folder.path);
	expect(f, "googleapis.shelf.v1.ping", "https://shelf.googleapis.com/");
	expect(f, "googleapis.desk.v1.ping", "https://shelf.googleapis.com/");
	expect(f, "googleapis.lamp.v1.ping", "https://shelf.googleapis.com/");
	expect(f, "googleapis.chair.v1.ping", "");
	expect(f, "googleapis.shelf.v2.ping", "");
	expect(f, "googleapis.shelf.v1.pong", "! 2");
}

static void without_documents_nothing_is_known(void **state)
{
	struct fixture *f = *state;
	struct error err = {0};

	expect(f, "googleapis.shelf.v1.ping", "");
	assert_int_equal(catalog_set_discovery(f->catalog, "/proc/nonexistent", &err), -1);
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
}

static void a_document_that_is_no_json_is_remembered(void **state)
{
	struct fixture *f = *state;

	folder_write(&f->folder, "shelf.v1.json", "{");
	discover(f, f->folder.path);
	expect(f, "googleapis.shelf.v1.ping", "! 1");
	assert_int_equal(catalog_fault(f->catalog)->kind, ERROR_INPUT);
}

static void a_service_can_have_another_address(void **state)
{
	struct fixture *f = *state;
	struct error err = {0};

	folder_write(&f->folder, "shelf.v1.json", SHELF);
	discover(f, f->folder.path);
	assert_int_equal(catalog_add_base_url(f->catalog, "shelf=http://127.0.0.1:8085", &err), 0);
	assert_true(catalog_is_redirected(f->catalog, SLICE("shelf")));
	assert_false(catalog_is_redirected(f->catalog, SLICE("desk")));
	expect(f, "googleapis.shelf.v1.ping", "http://127.0.0.1:8085/");
	assert_int_equal(catalog_add_base_url(f->catalog, "shelf", &err), -1);
	assert_int_equal(catalog_add_base_url(f->catalog, "shelf=ftp://x", &err), -1);
	assert_int_equal(catalog_add_base_url(f->catalog, "=http://x", &err), -1);
}

#define ANSWER(status, length, body) \
	"HTTP/1.1 " status "\r\nContent-Type: application/json\r\nContent-Length: " length "\r\n\r\n" body

static void a_url_is_asked_once_for_each_service(void **state)
{
	static const struct peer_act acts[] = {
		{.answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" SHELF, .then = PEER_CLOSE},
		{.answer = ANSWER("404 Not Found", "2", "{}")},
		{.answer = ANSWER("500 Oops", "2", "{}")}};
	struct fixture *f = *state;
	struct peer *peer = peer_open(acts, 3);

	discover(f, peer_url(peer, "/apis/{service}/{version}/rest"));
	expect(f, "googleapis.shelf.v1.ping", "https://shelf.googleapis.com/");
	expect(f, "googleapis.shelf.v1.ping", "https://shelf.googleapis.com/");
	assert_int_equal(peer_requests(peer), 1);
	assert_non_null(strstr(peer_request(peer, 0), "GET /apis/shelf/v1/rest HTTP/1.1\r\n"));
	expect(f, "googleapis.desk.v1.ping", "");
	expect(f, "googleapis.lamp.v1.ping", "! 5");
	discover(f, peer_url(peer, "/documents"));
	expect(f, "googleapis.bed.v1.ping", "! 5");
	assert_non_null(strstr(peer_request(peer, 3), "GET /documents/bed.v1.json HTTP/1.1\r\n"));
	peer_close(peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_folder_holds_documents_under_three_names, begin, end),
		cmocka_unit_test_setup_teardown(without_documents_nothing_is_known, begin, end),
		cmocka_unit_test_setup_teardown(a_document_that_is_no_json_is_remembered, begin, end),
		cmocka_unit_test_setup_teardown(a_service_can_have_another_address, begin, end),
		cmocka_unit_test_setup_teardown(a_url_is_asked_once_for_each_service, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
