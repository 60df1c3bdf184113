/* http_test.c - what an http.* call asks for (reference, 5.5). */
#include "tests/unit/workflow/stdlib/library.h"

#define AGENT "\"GoogleCloudWorkflows; (+https://cloud.google.com/workflows/docs)\""

/* url, timeout, body, headers, query, auth, private_service_name, ca_certificate */
static void a_plain_call_has_the_documented_defaults(void **state)
{
	(void)state;
	check("http.post", "[\"https://example.com/x\"]",
	      "{\"method\": \"POST\", \"url\": \"https://example.com/x\", \"timeout\": 300, "
	      "\"headers\": {\"User-Agent\": " AGENT "}}");
	check("http.request", "[\"HEAD\", \"http://127.0.0.1:8080/\", 10]",
	      "{\"method\": \"HEAD\", \"url\": \"http://127.0.0.1:8080/\", \"timeout\": 10, "
	      "\"headers\": {\"User-Agent\": " AGENT "}}");
}

/* By position http.get has no body: url, timeout, headers, query ... */
static void get_takes_headers_after_the_timeout(void **state)
{
	(void)state;
	check("http.get", "[\"http://h/\", null, {\"X-A\": \"1\"}, {\"q\": 1}]",
	      "{\"method\": \"GET\", \"url\": \"http://h/?q=1\", \"timeout\": 300, "
	      "\"headers\": {\"User-Agent\": " AGENT ", \"X-A\": \"1\"}}");
}

static void assert_member(const char *args, const char *member, const char *expected)
{
	struct value wanted = read_json(expected);
	struct value out = value_null();
	struct value raised;
	const struct value *got;

	if (call_library("http.post", args, &out, &raised) < 0)
		fail_msg("%s: %.*s", args, SLICE_ARG(value_get_text(raised, "message")));
	got = value_get(out, member);
	if (!got || got->kind != wanted.kind || !value_equal(*got, wanted))
		fail_msg("%s: %s is not %s", args, member, expected);
	value_unref(wanted);
	value_unref(out);
}

static void the_query_is_encoded_and_appended(void **state)
{
	(void)state;
	assert_member("[\"http://h/p\", null, null, null, {\"a b\": \"c&d\", \"n\": 1.5, \"t\": true, \"l\": "
		      "[1, \"x\"]}]",
		      "url", "\"http://h/p?a+b=c%26d&l=1&l=x&n=1.5&t=true\"");
	assert_member("[\"http://h/p?x=1\", null, null, null, {\"y\": 2}]", "url", "\"http://h/p?x=1&y=2\"");
	assert_member("[\"http://h/p?\", null, null, null, {\"y\": 2}]", "url", "\"http://h/p?y=2\"");
	assert_member("[\"http://h/p#part\", null, null, null, {\"y\": 2}]", "url", "\"http://h/p?y=2\"");
	assert_member("[\"http://h/p\", null, null, null, {}]", "url", "\"http://h/p\"");
	assert_member("[\"http://h/a b\"]", "url", "\"http://h/a%20b\"");
	check("http.post", "[\"http://h/\", null, null, null, {\"a\": null}]", "!TypeError");
	check("http.post", "[\"http://h/\", null, null, null, {\"a\": [[1]]}]", "!TypeError");
	check("http.post", "[\"http://h/\", null, null, null, \"a=1\"]", "!TypeError");
}

/* The table "Request body encoding". */
static void bodies_are_encoded_by_content_type(void **state)
{
	(void)state;
	assert_member("[\"http://h/\", null, {\"a\": [1]}]", "body", "\"b:{\\\"a\\\":[1]}\"");
	assert_member("[\"http://h/\", null, \"hi\"]", "body", "\"b:\\\"hi\\\"\"");
	assert_member("[\"http://h/\", null, \"b:raw\"]", "body", "\"b:raw\"");
	assert_member("[\"http://h/\", null, {\"a\": 1}, {\"content-type\": \"application/json\"}]", "body",
		      "\"b:{\\\"a\\\":1}\"");
	assert_member("[\"http://h/\", null, [1], {\"Content-Type\": \"application/vnd.x+json; v=1\"}]",
		      "body", "\"b:[1]\"");
	assert_member(
		"[\"http://h/\", null, \"a=1\", {\"Content-Type\": \"application/x-www-form-urlencoded\"}]",
		"body", "\"b:a=1\"");
	assert_member("[\"http://h/\", null, {\"a\": \"b c\", \"d\": 1}, "
		      "{\"Content-Type\": \"application/x-www-form-urlencoded\"}]",
		      "body", "\"b:a=b+c&d=1\"");
	assert_member("[\"http://h/\", null, \"<p>\", {\"Content-Type\": \"text/html\"}]", "body",
		      "\"b:<p>\"");
	assert_member("[\"http://h/\", null, \"b:x\", {\"Content-Type\": \"image/png\"}]", "body", "\"b:x\"");
	check("http.post", "[\"http://h/\", null, 5, {\"Content-Type\": \"text/plain\"}]", "!TypeError");
	check("http.post", "[\"http://h/\", null, {}, {\"Content-Type\": \"image/png\"}]", "!TypeError");
	check("http.post", "[\"http://h/\", null, {\"a\": \"b:x\"}]", "!ValueError");
	/* what json.encode gave is JSON already */
	assert_member("[\"http://h/\", null, \"b:{}\", {\"Content-Type\": \"application/json\"}]", "body",
		      "\"b:{}\"");
}

static void a_content_type_is_added_only_when_none_is_given(void **state)
{
	(void)state;
	assert_member("[\"http://h/\", null, {}]", "headers",
		      "{\"Content-Type\": \"application/json; charset=utf-8\", \"User-Agent\": " AGENT "}");
	assert_member("[\"http://h/\", null, \"b:x\"]", "headers",
		      "{\"Content-Type\": \"application/octet-stream\", \"User-Agent\": " AGENT "}");
	assert_member("[\"http://h/\", null, \"x\", {\"content-type\": \"text/plain; charset=latin1\"}]",
		      "headers",
		      "{\"content-type\": \"text/plain; charset=latin1\", \"User-Agent\": " AGENT "}");
}

static void the_agent_of_the_user_gets_ours_appended(void **state)
{
	(void)state;
	assert_member("[\"http://h/\", null, null, {\"user-agent\": \"mine/1\"}]", "headers",
		      "{\"user-agent\": \"mine/1 GoogleCloudWorkflows; "
		      "(+https://cloud.google.com/workflows/docs)\"}");
}

static void headers_cannot_smuggle_lines(void **state)
{
	(void)state;
	check("http.post", "[\"http://h/\", null, null, {\"X-A\": \"1\\r\\nX-B: 2\"}]", "!ValueError");
	check("http.post", "[\"http://h/\", null, null, {\"X A\": \"1\"}]", "!ValueError");
	check("http.post", "[\"http://h/\", null, null, {\"X:A\": \"1\"}]", "!ValueError");
	check("http.post", "[\"http://h/\", null, null, {\"\": \"1\"}]", "!ValueError");
	check("http.post", "[\"http://h/\", null, null, {\"X(A)\": \"1\"}]", "!ValueError");
	check("http.post", "[\"http://h/\", null, null, {\"X-A\": 1}]", "!TypeError");
	check("http.post", "[\"http://h/\", null, null, \"X-A: 1\"]", "!TypeError");
}

static void urls_are_http_and_whole(void **state)
{
	(void)state;
	check("http.post", "[5]", "!TypeError");
	check("http.post", "[null]", "!TypeError");
	check("http.post", "[\"\"]", "!ValueError");
	check("http.post", "[\"example.com\"]", "!ValueError");
	check("http.post", "[\"ftp://example.com/\"]", "!ValueError");
	check("http.post", "[\"http://h:65536/\"]", "!ValueError");
	check("http.post", "[\"http://h:x/\"]", "!ValueError");
	check("http.post", "[\"http://a b/\"]", "!ValueError");
	check("http.post", "[\"file:///etc/passwd\"]", "!ValueError");
	check("http.post", "[\"http://\"]", "!ValueError");
	check("http.post", "[\"http://h:99999/\"]", "!ValueError");
	check("http.post", "[\"http://h/\\r\\nX: 1\"]", "!ValueError");
}

static void timeouts_are_bounded(void **state)
{
	(void)state;
	assert_member("[\"http://h/\", 1800]", "timeout", "1800");
	assert_member("[\"http://h/\", 0.5]", "timeout", "0.5");
	check("http.post", "[\"http://h/\", 1801]", "!ValueError");
	check("http.post", "[\"http://h/\", 0]", "!ValueError");
	check("http.post", "[\"http://h/\", -1]", "!ValueError");
	check("http.post", "[\"http://h/\", \"5\"]", "!TypeError");
}

#define AUTH(auth) "[\"http://h/x\", null, null, null, {\"q\": 1}, " auth "]"

static void an_identity_is_for_the_url_unless_an_audience_is_given(void **state)
{
	(void)state;
	/* the value of `url`, not what the query makes of it */
	assert_member(AUTH("{\"type\": \"OIDC\"}"), "auth",
		      "{\"type\": \"OIDC\", \"audience\": \"http://h/x\"}");
	assert_member(AUTH("{\"type\": \"OIDC\", \"audience\": null}"), "auth",
		      "{\"type\": \"OIDC\", \"audience\": \"http://h/x\"}");
	assert_member(AUTH("{\"type\": \"OIDC\", \"audience\": \"y\"}"), "auth",
		      "{\"type\": \"OIDC\", \"audience\": \"y\"}");
}

/* Every form of the table: scope (string or list), scopes (string, list, blanks or commas between). */
static void scopes_come_in_many_forms(void **state)
{
	static const char *const forms[] = {
		"{\"type\": \"OAuth2\", \"scope\": [\"a\", \"b\"]}",
		"{\"type\": \"OAuth2\", \"scopes\": [\"a\", \"b\"]}",
		"{\"type\": \"OAuth2\", \"scopes\": \"a b\"}",
		"{\"type\": \"OAuth2\", \"scopes\": \"a,b\"}",
		"{\"type\": \"OAuth2\", \"scopes\": \" a, b \"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct buf args;

		buf_init(&args, 0);
		buf_printf(&args, "[\"http://h/\", null, null, null, null, %s]", forms[i]);
		assert_member(buf_text(&args), "auth", "{\"type\": \"OAuth2\", \"scopes\": \"a b\"}");
		buf_release(&args);
	}
	assert_member(AUTH("{\"type\": \"OAuth2\", \"scope\": \"s\"}"), "auth",
		      "{\"type\": \"OAuth2\", \"scopes\": \"s\"}");
	assert_member(AUTH("{\"type\": \"OAuth2\"}"), "auth",
		      "{\"type\": \"OAuth2\", "
		      "\"scopes\": \"https://www.googleapis.com/auth/cloud-platform\"}");
}

static void a_wrong_auth_is_refused(void **state)
{
	(void)state;
	check("http.post", AUTH("{\"type\": \"Basic\"}"), "!ValueError");
	check("http.post", AUTH("{}"), "!ValueError");
	check("http.post", AUTH("{\"type\": 5}"), "!TypeError");
	check("http.post", AUTH("\"OIDC\""), "!TypeError");
	check("http.post", AUTH("{\"type\": \"OIDC\", \"audience\": 5}"), "!TypeError");
	check("http.post", AUTH("{\"type\": \"OIDC\", \"audience\": \"\"}"), "!ValueError");
	check("http.post", AUTH("{\"type\": \"OAuth2\", \"scopes\": 5}"), "!TypeError");
	check("http.post", AUTH("{\"type\": \"OAuth2\", \"scope\": [5]}"), "!TypeError");
}

/* Only the deployed service has a way there; null is as if it were not given. */
static void a_private_endpoint_is_refused_with_advice(void **state)
{
	(void)state;
	check("http.post", "[\"http://h/\", null, null, null, null, null, \"projects/p/x\"]", "!ValueError");
	check("http.post", "[\"http://h/\", null, null, null, null, null, 5]", "!TypeError");
	assert_member("[\"http://h/\", null, null, null, null, null, null, \"b:PEM\"]", "ca_certificate",
		      "\"b:PEM\"");
	check("http.post", "[\"http://h/\", null, null, null, null, null, null, 5]", "!TypeError");
}

static void methods_are_the_known_ones(void **state)
{
	(void)state;
	check("http.request", "[\"BREW\", \"http://h/\"]", "!ValueError");
	check("http.request", "[\"CONNECT\", \"http://h/\"]", "!ValueError");
	check("http.request", "[5, \"http://h/\"]", "!TypeError");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_call_has_the_documented_defaults),
		cmocka_unit_test(get_takes_headers_after_the_timeout),
		cmocka_unit_test(the_query_is_encoded_and_appended),
		cmocka_unit_test(bodies_are_encoded_by_content_type),
		cmocka_unit_test(a_content_type_is_added_only_when_none_is_given),
		cmocka_unit_test(the_agent_of_the_user_gets_ours_appended),
		cmocka_unit_test(headers_cannot_smuggle_lines),
		cmocka_unit_test(urls_are_http_and_whole),
		cmocka_unit_test(timeouts_are_bounded),
		cmocka_unit_test(an_identity_is_for_the_url_unless_an_audience_is_given),
		cmocka_unit_test(scopes_come_in_many_forms),
		cmocka_unit_test(a_wrong_auth_is_refused),
		cmocka_unit_test(a_private_endpoint_is_refused_with_advice),
		cmocka_unit_test(methods_are_the_known_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
