/*
 * http.c - http.*: the request a call describes (reference, 5.5).
 *
 * Nothing is sent here. Headers, query and body come from the workflow's data, so they are checked as
 * hostile: no line break gets into a header, no blank into a URL.
 */
#include "workflow/expr/expr.h"
#include "workflow/stdlib/stdlib_private.h"

#include "lib/http/curl.h"

#include <string.h>
#include <strings.h>

static const char default_agent[] = "GoogleCloudWorkflows; (+https://cloud.google.com/workflows/docs)";

enum { DEFAULT_TIMEOUT_SECONDS = 300, MAX_TIMEOUT_SECONDS = 1800 };

/* The arguments all functions share, in their order. */
enum {
	HTTP_URL,
	HTTP_TIMEOUT,
	HTTP_BODY,
	HTTP_HEADERS,
	HTTP_QUERY,
	HTTP_AUTH,
	HTTP_SERVICE,
	HTTP_CA,
	HTTP_ARGS
};

/* ---- URL and query */

/* One parameter of a query or a form (`what`), or each element of a list. */
static int add_parameter(struct buf *query, const char *what, struct slice key, struct value v, bool in_list,
			 struct value *raised)
{
	struct buf text;

	if (v.kind == VALUE_LIST && !in_list) {
		for (size_t i = 0; i < value_len(v); i++) {
			if (add_parameter(query, what, key, *value_list_at(v, i), true, raised) < 0)
				return -1;
		}
		return 0;
	}
	buf_init(&text, STDLIB_MAX_TEXT);
	if (!expr_text(&text, v)) {
		buf_release(&text);
		return raise_error(raised, "TypeError",
				   "http: %s: '%.*s' must be a string, number, boolean or a list of those; "
				   "got '%s'",
				   what, SLICE_ARG(slice_sub(key, 0, 100)), raised_kind(v));
	}
	if (query->len)
		buf_add_char(query, '&');
	url_encode(query, key, URL_PLUS);
	buf_add_char(query, '=');
	url_encode(query, buf_slice(&text), URL_PLUS);
	buf_release(&text);
	return 0;
}

static int encode_map(struct buf *out, const char *what, struct value map, struct value *raised)
{
	for (size_t i = 0; i < value_len(map); i++) {
		if (add_parameter(out, what, value_map_key(map, i), *value_map_at(map, i), false, raised) < 0)
			return -1;
	}
	return 0;
}

/* As written, with blanks and bytes beyond ASCII percent-encoded; the rest is libcurl's judgement. */
static int add_url(struct buf *out, struct slice url, struct value *raised)
{
	size_t start = 0;

	for (size_t i = 0; i < url.len; i++) {
		unsigned char c = (unsigned char)url.ptr[i];

		if (c < 0x20 || c == 0x7f)
			return raise_error(raised, "ValueError", "http: the URL holds a control character");
		if (c != ' ' && c < 0x80)
			continue;
		buf_add(out, url.ptr + start, i - start);
		buf_printf(out, "%%%02X", c);
		start = i + 1;
	}
	buf_add(out, url.ptr + start, url.len - start);
	return 0;
}

/* A host of letters, digits, - and . with at most a port below 60000, then a path or query: nothing in it can be wrong, and
 * libcurl's judgement, which asks for a dozen allocations, would be the same. */
static bool is_plain(const char *url)
{
	const char *at = strchr(url, ':') + 3;
	size_t host = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-."), port;

	at += host;
	port = *at == ':' ? strspn(at + 1, "0123456789") : 0;
	if (host == 0 || (*at == ':' && (port == 0 || at[1] == '0' || port > 5 || (port == 5 && at[1] > '5'))))
		return false;
	at += port ? port + 1 : 0;
	return *at == '\0' || *at == '/' || *at == '?';
}

static int check_url(const struct buf *url, struct value *raised)
{
	const char *text = buf_text(url);
	bool http = strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0;
	CURLU *handle;
	bool good;

	if (http && !url->full && is_plain(text))
		return 0;
	handle = curl_url();
	good = handle && http && !url->full && curl_url_set(handle, CURLUPART_URL, text, 0) == CURLUE_OK;
	curl_url_cleanup(handle);
	if (good)
		return 0;
	return raise_error(raised, "ValueError", "http: not an http or https URL: \"%.200s\"", text);
}

static int make_url(const struct value *args, struct buf *out, struct value *raised)
{
	struct slice url = value_text(args[HTTP_URL]);
	size_t hash = slice_find(url, SLICE("#"), 0);
	struct slice before = slice_sub(url, 0, hash); /* a fragment is never sent */
	struct buf query;
	int result;

	if (want_string(args[HTTP_URL], "http", "url", raised) < 0)
		return -1;
	if (!value_is_null(args[HTTP_QUERY]) && want_map(args[HTTP_QUERY], "http", "query", raised) < 0)
		return -1;
	buf_init(&query, STDLIB_MAX_TEXT);
	result = encode_map(&query, "query", args[HTTP_QUERY], raised);
	if (result == 0)
		result = add_url(out, before, raised);
	if (result == 0 && query.len) {
		size_t mark = slice_find(before, SLICE("?"), 0);

		if (mark == SIZE_MAX)
			buf_add_char(out, '?');
		else if (mark + 1 < before.len && before.ptr[before.len - 1] != '&')
			buf_add_char(out, '&');
		buf_add_slice(out, buf_slice(&query));
		out->full |= query.full;
	}
	buf_release(&query);
	return result < 0 ? -1 : check_url(out, raised);
}

/* ---- headers */

/* RFC 9110, 5.6.2 */
static bool is_token(struct slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!kept && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
			return false;
	}
	return name.len > 0;
}

static bool is_line(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\r' || text.ptr[i] == '\n' || text.ptr[i] == '\0')
			return false;
	}
	return true;
}

static int check_headers(struct value headers, struct value *raised)
{
	if (!value_is_null(headers) && want_map(headers, "http", "headers", raised) < 0)
		return -1;
	for (size_t i = 0; i < value_len(headers); i++) {
		struct slice name = value_map_key(headers, i);
		const struct value *text = value_map_at(headers, i);

		if (text->kind != VALUE_STRING)
			return raise_error(raised, "TypeError",
					   "http: the header '%.*s' must be a string; got '%s'",
					   SLICE_ARG(slice_sub(name, 0, 100)), raised_kind(*text));
		if (!is_token(name) || !is_line(value_text(*text)))
			return raise_error(raised, "ValueError", "http: the header '%.*s' cannot be sent",
					   SLICE_ARG(slice_sub(name, 0, 100)));
	}
	return 0;
}

/* Names of headers know no case. Empty slice: no such header. */
static struct slice find_header(struct value headers, const char *name)
{
	for (size_t i = 0; i < value_len(headers); i++) {
		struct slice key = value_map_key(headers, i);

		if (key.len == slice_of(name).len && strncasecmp(key.ptr, name, key.len) == 0)
			return key;
	}
	return (struct slice){0};
}

static void add_agent(struct value *headers, const char *agent)
{
	struct slice key = find_header(*headers, "User-Agent");
	struct slice own;
	struct value text;

	agent = agent ? agent : default_agent;
	if (!key.ptr) {
		value_put(headers, "User-Agent", value_string_z(agent));
		return;
	}
	own = value_text(*value_map_get(*headers, key));
	text = value_stringf("%.*s%s%s", SLICE_ARG(own), own.len ? " " : "", agent);
	value_map_set(headers, key, text);
}

/* ---- body */

enum body_form { BODY_NONE_GIVEN, BODY_JSON, BODY_FORM, BODY_TEXT, BODY_OTHER };

static bool type_is(struct slice type, const char *name)
{
	return type.len == slice_of(name).len && strncasecmp(type.ptr, name, type.len) == 0;
}

static bool type_begins(struct slice type, const char *prefix)
{
	size_t len = slice_of(prefix).len;

	return type.len >= len && strncasecmp(type.ptr, prefix, len) == 0;
}

static bool is_json_type(struct slice type)
{
	return type_is(type, "application/json") || (type_begins(type, "application/") && type.len > 5 &&
						     strncasecmp(type.ptr + type.len - 5, "+json", 5) == 0);
}

/* "text/html; charset=utf-8" -> "text/html" */
static struct slice media_type(struct slice header)
{
	return slice_trim(slice_sub(header, 0, slice_find(header, SLICE(";"), 0)));
}

static enum body_form form_of(struct value headers)
{
	struct slice key = find_header(headers, "Content-Type");
	struct slice type;

	if (!key.ptr)
		return BODY_NONE_GIVEN;
	type = media_type(value_text(*value_map_get(headers, key)));
	if (is_json_type(type))
		return BODY_JSON;
	if (type_is(type, "application/x-www-form-urlencoded"))
		return BODY_FORM;
	return type_begins(type, "text/") ? BODY_TEXT : BODY_OTHER;
}

static int encode_raw(struct value body, bool bytes_too, struct buf *out, struct value *raised)
{
	if (body.kind != VALUE_STRING && !(bytes_too && body.kind == VALUE_BYTES))
		return raise_argument(raised, "http", "body",
				      bytes_too ? "a string or bytes with this content type"
						: "a string with this content type",
				      body);
	buf_add_slice(out, value_text(body));
	return 0;
}

static int encode_body(struct value body, struct value *headers, struct buf *out, struct value *raised)
{
	switch (form_of(*headers)) {
	case BODY_NONE_GIVEN:
		if (body.kind == VALUE_BYTES) {
			value_put(headers, "Content-Type", value_string_z("application/octet-stream"));
			return encode_raw(body, true, out, raised);
		}
		value_put(headers, "Content-Type", value_string_z("application/json; charset=utf-8"));
		return encode_json(out, body, "http", raised);
	case BODY_JSON:
		if (body.kind == VALUE_BYTES) /* what json.encode gives */
			return encode_raw(body, true, out, raised);
		return encode_json(out, body, "http", raised);
	case BODY_FORM:
		return body.kind == VALUE_MAP ? encode_map(out, "body", body, raised)
					      : encode_raw(body, false, out, raised);
	case BODY_TEXT:
		return encode_raw(body, false, out, raised);
	case BODY_OTHER:
		break;
	}
	return encode_raw(body, true, out, raised);
}

/* ---- timeout */

static int check_timeout(struct value timeout, struct value *seconds, struct value *raised)
{
	*seconds = value_is_null(timeout) ? value_int(DEFAULT_TIMEOUT_SECONDS) : timeout;
	if (want_number(*seconds, "http", "timeout", raised) < 0)
		return -1;
	if (value_number(*seconds) > 0 && value_number(*seconds) <= MAX_TIMEOUT_SECONDS)
		return 0;
	return raise_error(raised, "ValueError", "http: timeout must be above 0 and at most %d seconds",
			   MAX_TIMEOUT_SECONDS);
}

/* ---- the request */

static int add_body(struct value *request, struct value *headers, struct value body, struct value *raised)
{
	struct buf bytes;
	struct value encoded;

	buf_init(&bytes, STDLIB_MAX_TEXT);
	if (encode_body(body, headers, &bytes, raised) < 0) {
		buf_release(&bytes);
		return -1;
	}
	if (give_bytes(&bytes, &encoded, raised) < 0)
		return -1;
	value_put(request, "body", encoded);
	return 0;
}

/* No network but the service's own leads to a private endpoint. */
static int refuse_service(struct value name, struct value *raised)
{
	if (want_string(name, "http", "private_service_name", raised) < 0)
		return -1;
	return raise_error(
		raised, "ValueError",
		"http: private_service_name: only the deployed service can reach \"%.*s\"; to call "
		"the endpoint from here by its url, let private_service_name be null, for example "
		"${sys.get_env(\"SERVICE_NAME\")} with that variable unset",
		SLICE_ARG(slice_sub(value_text(name), 0, 200)));
}

static int add_optional(struct value *request, const struct value *args, struct value *raised)
{
	struct value auth;

	if (!value_is_null(args[HTTP_AUTH])) {
		if (http_auth(args[HTTP_AUTH], args[HTTP_URL], &auth, raised) < 0)
			return -1;
		value_put(request, "auth", auth);
	}
	if (!value_is_null(args[HTTP_SERVICE]))
		return refuse_service(args[HTTP_SERVICE], raised);
	if (!value_is_null(args[HTTP_CA])) {
		if (args[HTTP_CA].kind != VALUE_STRING && args[HTTP_CA].kind != VALUE_BYTES)
			return raise_argument(raised, "http", "ca_certificate", "a string or bytes",
					      args[HTTP_CA]);
		value_put(request, "ca_certificate", value_ref(args[HTTP_CA]));
	}
	return 0;
}

static int fill(struct value *request, struct value *headers, const char *agent, const struct value *args,
		struct value *raised)
{
	struct value seconds;
	struct buf url;
	int result;

	buf_init(&url, STDLIB_MAX_TEXT);
	result = make_url(args, &url, raised);
	if (result == 0)
		value_put(request, "url", value_string(buf_slice(&url)));
	buf_release(&url);
	if (result < 0 || check_timeout(args[HTTP_TIMEOUT], &seconds, raised) < 0)
		return -1;
	value_put(request, "timeout", seconds);
	if (check_headers(args[HTTP_HEADERS], raised) < 0)
		return -1;
	if (!value_is_null(args[HTTP_HEADERS]))
		value_set(headers, value_ref(args[HTTP_HEADERS]));
	if (!value_is_null(args[HTTP_BODY]) && add_body(request, headers, args[HTTP_BODY], raised) < 0)
		return -1;
	add_agent(headers, agent);
	return add_optional(request, args, raised);
}

static int describe(const char *method, const struct stdlib_context *context, const struct value *args,
		    struct value *out, struct value *raised)
{
	struct value request = value_map_new();
	struct value headers = value_map_new();

	value_put(&request, "method", value_string_z(method));
	if (fill(&request, &headers, context->user_agent, args, raised) < 0) {
		value_unref(headers);
		value_unref(request);
		return -1;
	}
	value_put(&request, "headers", headers);
	return give(out, request);
}

/* By position http.get has no body; by name one is taken, as the service's schema does. */
static int http_get(const struct stdlib_context *context, const struct value *args, struct value *out,
		    struct value *raised)
{
	const struct value all[HTTP_ARGS] = {
		[HTTP_URL] = args[0],   [HTTP_TIMEOUT] = args[1], [HTTP_HEADERS] = args[2],
		[HTTP_QUERY] = args[3], [HTTP_AUTH] = args[4],    [HTTP_SERVICE] = args[5],
		[HTTP_CA] = args[6],    [HTTP_BODY] = args[7],
	};

	return describe("GET", context, all, out, raised);
}

static int http_delete(const struct stdlib_context *context, const struct value *args, struct value *out,
		       struct value *raised)
{
	return describe("DELETE", context, args, out, raised);
}

static int http_patch(const struct stdlib_context *context, const struct value *args, struct value *out,
		      struct value *raised)
{
	return describe("PATCH", context, args, out, raised);
}

static int http_post(const struct stdlib_context *context, const struct value *args, struct value *out,
		     struct value *raised)
{
	return describe("POST", context, args, out, raised);
}

static int http_put(const struct stdlib_context *context, const struct value *args, struct value *out,
		    struct value *raised)
{
	return describe("PUT", context, args, out, raised);
}

static int http_request(const struct stdlib_context *context, const struct value *args, struct value *out,
			struct value *raised)
{
	static const char *const methods[] = {"GET",    "HEAD",    "POST",  "PUT",
					      "DELETE", "OPTIONS", "PATCH", "TRACE"};

	if (want_string(args[0], "http.request", "method", raised) < 0)
		return -1;
	for (size_t i = 0; i < STDLIB_COUNT(methods); i++) {
		if (type_is(value_text(args[0]), methods[i]))
			return describe(methods[i], context, args + 1, out, raised);
	}
	return raise_error(raised, "ValueError", "http.request: unsupported method \"%.*s\"",
			   SLICE_ARG(slice_sub(value_text(args[0]), 0, 100)));
}

#define OPTIONAL(name, types)                   \
	{                                       \
		name, true, {VALUE_NULL}, types \
	}
#define TIMEOUT                                                   \
	{                                                         \
		"timeout", true, {VALUE_NULL}, TYPE_NUMBER, "300" \
	}
#define BODY OPTIONAL("body", TYPE_ANY)
#define AFTER_BODY                                                                              \
	OPTIONAL("headers", TYPE_MAP), OPTIONAL("query", TYPE_MAP), OPTIONAL("auth", TYPE_MAP), \
		OPTIONAL("private_service_name", TYPE_STRING),                                  \
		OPTIONAL("ca_certificate", TYPE_BYTES | TYPE_STRING)

static const struct stdlib_param params[] = {{"url", .types = TYPE_STRING}, TIMEOUT, BODY, AFTER_BODY};
static const struct stdlib_param get_params[] = {{"url", .types = TYPE_STRING}, TIMEOUT, AFTER_BODY, BODY};
static const struct stdlib_param request_params[] = {
	{"method", .types = TYPE_STRING}, {"url", .types = TYPE_STRING}, TIMEOUT, BODY, AFTER_BODY};

_Static_assert(STDLIB_COUNT(params) == HTTP_ARGS, "the enum names the parameters");

#define ERRORS                                                                                        \
	"HttpError: the status is 400 or above; ConnectionFailedError: no connection could be made; " \
	"ConnectionError: the connection broke; TimeoutError: no answer in time; "                    \
	"AuthError: there are no credentials; ValueError: a URL, method, header or timeout that is "  \
	"not allowed; ResourceLimitError: the answer is larger than 2 MB"
#define CALL(function, arguments) "call: " function "\nargs:\n" arguments "result: answer\n"

static const struct stdlib_function functions[] = {
	{"http.delete", STDLIB_HTTP, STDLIB_PARAMS(params), http_delete, "HTTP DELETE", TYPE_MAP, ERRORS,
	 CALL("http.delete", "  url: https://api.example.com/orders/7\n"), "5.5"},
	{"http.get", STDLIB_HTTP, STDLIB_PARAMS(get_params), http_get, "HTTP GET", TYPE_MAP, ERRORS,
	 CALL("http.get", "  url: https://api.example.com/orders\n  query:\n    limit: 10\n"), "5.5"},
	{"http.patch", STDLIB_HTTP, STDLIB_PARAMS(params), http_patch, "HTTP PATCH", TYPE_MAP, ERRORS,
	 CALL("http.patch", "  url: https://api.example.com/orders/7\n  body:\n    state: paid\n"), "5.5"},
	{"http.post", STDLIB_HTTP, STDLIB_PARAMS(params), http_post, "HTTP POST", TYPE_MAP, ERRORS,
	 CALL("http.post", "  url: https://api.example.com/orders\n  body:\n    item: lamp\n"), "5.5"},
	{"http.put", STDLIB_HTTP, STDLIB_PARAMS(params), http_put, "HTTP PUT", TYPE_MAP, ERRORS,
	 CALL("http.put", "  url: https://api.example.com/orders/7\n  body:\n    item: lamp\n"), "5.5"},
	{"http.request", STDLIB_HTTP, STDLIB_PARAMS(request_params), http_request, "HTTP with any method",
	 TYPE_MAP, ERRORS,
	 CALL("http.request", "  method: HEAD\n  url: https://api.example.com/orders/7\n  timeout: 20\n"),
	 "5.5"},
};

STDLIB_MODULE(stdlib_http, functions);
