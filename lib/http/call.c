/* call.c - one request and its response on a curl easy handle; see client_private.h. */
#include "lib/http/address.h"
#include "lib/http/client_private.h"
#include "lib/clock/clock.h"
#include "lib/mem/mem.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	MAX_HEAD_BYTES = 256 << 10, /* response header in all */
	MAX_HEAD_FIELDS = 1000,
	KEPT_BYTES = 256 << 10, /* a finished call keeps buffers up to this size */
};

static int refuse(struct http_call *call, enum http_outcome outcome, const char *message)
{
	call->outcome = outcome;
	snprintf(call->message, sizeof(call->message), "%s", message);
	return -1;
}

/* ---- the request */

static size_t keep_text(struct http_call *call, const char *text)
{
	size_t offset = call->text.len;

	buf_add(&call->text, text, strlen(text) + 1);
	return offset;
}

static bool is_token(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++) {
		if (!isalnum((unsigned char)*text) && !strchr("!#$%&'*+-.^_`|~", *text))
			return false;
	}
	return true;
}

static bool has_http_scheme(const char *url)
{
	return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

struct slice http_url_host(const char *url)
{
	const char *start, *at;
	size_t len;

	if (!has_http_scheme(url))
		return slice_of("");
	start = strstr(url, "://") + 3;
	len = strcspn(start, "/?#");
	at = memrchr(start, '@', len);
	if (at) {
		len -= (size_t)(at + 1 - start);
		start = at + 1;
	}
	return (struct slice){start, len};
}

static bool has_port(struct slice host)
{
	const char *colon = memrchr(host.ptr, ':', host.len);

	return colon && !memchr(colon, ']', host.len - (size_t)(colon - host.ptr));
}

static void add_line(struct http_call *call, size_t offset)
{
	if (call->line_count == call->offset_capacity)
		call->line_offsets = mem_grow(call->line_offsets, &call->offset_capacity, sizeof(size_t));
	call->line_offsets[call->line_count++] = offset;
}

/* curl's form of a header line: "Name: value", and "Name;" for an empty value. */
static int add_header(struct http_call *call, const struct http_header *header)
{
	size_t offset = call->text.len;

	if (!is_token(header->name))
		return refuse(call, HTTP_BAD_URL,
			      "a header name is empty or holds a character that HTTP does not allow");
	if (strpbrk(header->value, "\r\n"))
		return refuse(call, HTTP_BAD_URL, "a header value holds a line break");
	/* These two describe the body as curl sends it; a second opinion would let a request be read as two.
	 */
	if (strcasecmp(header->name, "Content-Length") == 0 ||
	    strcasecmp(header->name, "Transfer-Encoding") == 0)
		return 0;
	buf_add_text(&call->text, header->name);
	buf_add_text(&call->text, *header->value ? ": " : ";");
	buf_add(&call->text, header->value, strlen(header->value) + 1);
	add_line(call, offset);
	return 0;
}

static bool has_header(const struct http_request *request, const char *name)
{
	for (size_t i = 0; i < request->header_count; i++) {
		if (strcasecmp(request->headers[i].name, name) == 0)
			return true;
	}
	return false;
}

/* A body of HEAD or TRACE is not sent: it means nothing (RFC 9110, 9.3.2 and 9.3.8), and curl would wait for
 * one in the answer to a HEAD that has it. The methods that are made for bodies send an empty one. */
static bool sends_body(const struct http_call *call)
{
	const char *method = call->text.data + call->method;

	if (strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0)
		return true;
	return call->has_body && strcmp(method, "HEAD") != 0 && strcmp(method, "TRACE") != 0;
}

static int copy_headers(struct http_call *call, const struct http_request *request)
{
	for (size_t i = 0; i < request->header_count; i++) {
		if (add_header(call, &request->headers[i]) < 0)
			return -1;
	}
	if (!sends_body(call))
		return 0;
	/* A line "Name:" takes away what curl would add by itself. */
	add_line(call, keep_text(call, "Expect:"));
	if (!has_header(request, "Content-Type"))
		add_line(call, keep_text(call, "Content-Type:"));
	return 0;
}

/* Once call->text no longer moves: the list that curl walks, without an allocation per header. */
static void link_lines(struct http_call *call)
{
	while (call->line_capacity < call->line_count)
		call->lines = mem_grow(call->lines, &call->line_capacity, sizeof(*call->lines));
	for (size_t i = 0; i < call->line_count; i++) {
		call->lines[i].data = call->text.data + call->line_offsets[i];
		call->lines[i].next = i + 1 < call->line_count ? &call->lines[i + 1] : NULL;
	}
}

/* HOST:PORT:ADDRESS, so that only this URL's host is led elsewhere, not that of a redirect. */
static void copy_address(struct http_call *call, const struct http_request *request)
{
	struct slice host = http_url_host(request->url);

	call->address = 0;
	if (!request->connect_to || slice_is(host, request->connect_to))
		return;
	call->address = call->text.len;
	buf_add_slice(&call->text, host);
	buf_add_text(&call->text, has_port(host) ? ":" : "::");
	keep_text(call, request->connect_to);
}

static void set_method(struct http_call *call)
{
	const char *method = call->text.data + call->method;
	bool sends = sends_body(call);

	curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, NULL);
	curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS, NULL);
	curl_easy_setopt(call->easy, CURLOPT_HTTPGET, 1L);
	if (strcmp(method, "HEAD") == 0) {
		curl_easy_setopt(call->easy, CURLOPT_NOBODY, 1L);
		return;
	}
	if (sends) {
		curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
		curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS, buf_text(&call->body));
	}
	if (strcmp(method, sends ? "POST" : "GET") != 0)
		curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, method);
}

static void forget_response(struct http_call *call)
{
	buf_clear(&call->head);
	buf_clear(&call->content);
	call->field_count = 0;
	call->head_complete = false;
	call->outcome = HTTP_ANSWERED;
	call->message[0] = call->curl_message[0] = '\0';
}

/* What is left of the time the whole call was given; never 0, which would mean "for ever" to curl. */
static long time_left_ms(const struct http_call *call)
{
	int64_t left = call->timeout_ms;

	left -= (clock_monotonic_us() - call->begin_us) / 1000;
	return left > 0 ? (long)left : 1;
}

static void set_timeout(struct http_call *call)
{
	long timeout_ms = time_left_ms(call);

	curl_easy_setopt(call->easy, CURLOPT_TIMEOUT_MS, timeout_ms);
	curl_easy_setopt(call->easy, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
}

void http_call_retime(struct http_call *call)
{
	call->waited_us = clock_monotonic_us() - call->begin_us;
	set_timeout(call);
}

static void configure(struct http_call *call)
{
	link_lines(call);
	curl_easy_setopt(call->easy, CURLOPT_URL, call->text.data + call->url);
	curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->line_count ? call->lines : NULL);
	call->connect_to.data = call->text.data + call->address;
	curl_easy_setopt(call->easy, CURLOPT_CONNECT_TO, call->address ? &call->connect_to : NULL);
	set_timeout(call);
	set_method(call);
}

/* Only when it changes: curl copies the name. */
static void set_ca_file(struct http_call *call, const char *ca_file)
{
	if (!ca_file && !call->own_ca)
		return;
	curl_easy_setopt(call->easy, CURLOPT_CAINFO, ca_file ? ca_file : call->default_ca);
	call->own_ca = ca_file != NULL;
}

/* Certificates in PEM; those below the system's CA folder stay trusted. */
static void set_ca_pem(struct http_call *call, struct slice pem)
{
	struct curl_blob blob = {(void *)(uintptr_t)pem.ptr, pem.len, CURL_BLOB_COPY};

	if (!pem.ptr && !call->own_pem)
		return;
	curl_easy_setopt(call->easy, CURLOPT_CAINFO_BLOB, pem.ptr ? &blob : NULL);
	call->own_pem = pem.ptr != NULL;
}

int http_call_prepare(struct http_call *call, const struct http_request *request)
{
	forget_response(call);
	buf_clear(&call->text);
	buf_clear(&call->body);
	call->line_count = 0;
	call->content.limit = request->response_limit ? request->response_limit : BUF_DEFAULT_LIMIT;
	call->timeout_ms = request->timeout_ms;
	call->redirects_left = request->max_redirects > 0 ? request->max_redirects : -1;
	call->begin_us = clock_monotonic_us();
	call->waited_us = 0;
	if (!has_http_scheme(request->url))
		return refuse(call, HTTP_BAD_URL, "the URL begins with neither http:// nor https://");
	if (http_url_host(request->url).len == 0) /* curl would take the path's first part for it */
		return refuse(call, HTTP_BAD_URL, "the URL names no host");
	if (!is_token(request->method))
		return refuse(call, HTTP_BAD_URL, "the method is not an HTTP method");
	call->has_body = request->body.ptr != NULL;
	if (buf_add_slice(&call->body, request->body) < 0)
		return refuse(call, HTTP_TOO_LARGE, "the request body is larger than this client sends");
	call->method = keep_text(call, request->method);
	call->url = keep_text(call, request->url);
	copy_address(call, request);
	if (copy_headers(call, request) < 0)
		return -1;
	if (call->text.full)
		return refuse(call, HTTP_TOO_LARGE, "the request's URL and headers are too large");
	configure(call);
	set_ca_file(call, request->ca_file);
	set_ca_pem(call, request->ca_pem);
	return 0;
}

/* ---- the response */

/* Content-Type, whatever the case it came in. A name that is no token is left alone. */
static void canonicalise(char *name)
{
	bool upper = true;

	if (!is_token(name))
		return;
	for (; *name; name++) {
		*name = (char)(upper ? toupper((unsigned char)*name) : tolower((unsigned char)*name));
		upper = *name == '-';
	}
}

/* One more value under a name that is there already. */
static void join_value(struct http_call *call, struct http_field *field, const char *separator,
		       struct slice more)
{
	const char *old = call->head.data + field->value;
	char *copy = mem_strdup(old);

	field->value = call->head.len;
	buf_add_text(&call->head, copy);
	buf_add_text(&call->head, separator);
	buf_add_slice(&call->head, more);
	buf_add_char(&call->head, '\0');
	mem_free(copy);
}

static void add_field(struct http_call *call, struct slice name, struct slice value)
{
	size_t offset = call->head.len;

	buf_add_slice(&call->head, name);
	if (buf_add_char(&call->head, '\0') < 0)
		return;
	canonicalise(call->head.data + offset);
	for (size_t i = 0; i < call->field_count; i++) {
		if (strcmp(call->head.data + call->fields[i].name, call->head.data + offset) == 0) {
			join_value(call, &call->fields[i], ", ", value);
			return;
		}
	}
	if (call->field_count == call->field_capacity)
		call->fields = mem_grow(call->fields, &call->field_capacity, sizeof(*call->fields));
	call->fields[call->field_count++] = (struct http_field){offset, call->head.len};
	buf_add_slice(&call->head, value);
	buf_add_char(&call->head, '\0');
}

static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
	struct http_call *call = ctx;
	struct slice line = slice_trim((struct slice){data, size * count});
	const char *colon;

	if (size * count >= 5 && memcmp(data, "HTTP/", 5) == 0) { /* also after 100 Continue */
		buf_clear(&call->head);
		call->field_count = 0;
		call->head_complete = false;
	} else if (line.len == 0) {
		call->head_complete = true;
	} else if (call->head_complete) {
		return size * count;
	} else if ((*data == ' ' || *data == '\t') && call->field_count) { /* a folded line */
		join_value(call, &call->fields[call->field_count - 1], " ", line);
	} else if ((colon = memchr(line.ptr, ':', line.len))) {
		size_t at = (size_t)(colon - line.ptr);

		add_field(call, slice_sub(line, 0, at), slice_trim(slice_sub(line, at + 1, line.len)));
	}
	if (!call->head.full && call->field_count <= MAX_HEAD_FIELDS)
		return size * count;
	refuse(call, HTTP_TOO_LARGE, "the response's headers are too large");
	return 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
	struct http_call *call = ctx;

	if (buf_add(&call->content, data, size * count) == 0)
		return size * count;
	call->outcome = HTTP_TOO_LARGE;
	snprintf(call->message, sizeof(call->message), "the response is larger than %zu bytes",
		 call->content.limit);
	return 0;
}

/* "Division of labour for connection trouble" (reference, 6.2). Before the request could be sent nothing was
 * delivered; after that it may have been, whatever broke. */
static enum http_outcome classify(struct http_call *call, CURLcode result)
{
	curl_off_t pretransfer = 0;

	if (call->outcome != HTTP_ANSWERED)
		return call->outcome;
	switch (result) {
	case CURLE_OK:
		return HTTP_ANSWERED;
	case CURLE_OPERATION_TIMEDOUT:
		return HTTP_TIMED_OUT;
	case CURLE_URL_MALFORMAT:
		return HTTP_BAD_URL;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_INTERFACE_FAILED:
	case CURLE_PROXY:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_ENGINE_NOTFOUND:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		return HTTP_CONNECTION_FAILED;
	case CURLE_UNSUPPORTED_PROTOCOL: /* also a peer that does not speak HTTP */
		curl_easy_getinfo(call->easy, CURLINFO_PRETRANSFER_TIME_T, &pretransfer);
		return pretransfer ? HTTP_CONNECTION_BROKEN : HTTP_BAD_URL;
	default:
		return HTTP_CONNECTION_BROKEN;
	}
}

static void give_headers(struct http_call *call, struct http_response *response)
{
	while (call->header_capacity < call->field_count)
		call->headers = mem_grow(call->headers, &call->header_capacity, sizeof(*call->headers));
	for (size_t i = 0; i < call->field_count; i++) {
		call->headers[i].name = call->head.data + call->fields[i].name;
		call->headers[i].value = call->head.data + call->fields[i].value;
	}
	response->headers = call->headers;
	response->header_count = call->field_count;
}

/* Our own words first: when we stop a transfer, curl only knows that a write failed. */
static const char *describe(const struct http_call *call, enum http_outcome outcome, CURLcode result)
{
	if (outcome == HTTP_ANSWERED)
		return "";
	if (call->message[0])
		return call->message;
	return call->curl_message[0] ? call->curl_message : curl_easy_strerror(result);
}

void http_call_respond(struct http_call *call, CURLcode result, struct http_response *response)
{
	curl_off_t sent = 0, first = 0;
	long status = 0;

	*response = (struct http_response){.outcome = classify(call, result)};
	response->message = describe(call, response->outcome, result);
	response->done_us = clock_monotonic_us() - call->begin_us;
	response->body = slice_of("");
	if (call->refused)
		return;
	curl_easy_getinfo(call->easy, CURLINFO_PRETRANSFER_TIME_T, &sent);
	curl_easy_getinfo(call->easy, CURLINFO_STARTTRANSFER_TIME_T, &first);
	response->sent_us = call->waited_us + sent;
	response->first_byte_us = call->waited_us + first;
	if (response->outcome != HTTP_ANSWERED)
		return;
	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	response->status = (int)status;
	response->body = (struct slice){buf_text(&call->content), call->content.len};
	give_headers(call, response);
}

/* ---- redirects: ours and not curl's, whose custom methods (DELETE, PATCH) would outlive a 303 */

/* Credentials are for the host they were given for. */
static void drop_credentials(struct http_call *call)
{
	size_t kept = 0;

	for (size_t i = 0; i < call->line_count; i++) {
		const char *line = call->text.data + call->line_offsets[i];

		if (strncasecmp(line, "Authorization:", 14) != 0 && strncasecmp(line, "Cookie:", 7) != 0)
			call->line_offsets[kept++] = call->line_offsets[i];
	}
	call->line_count = kept;
}

static void drop_body(struct http_call *call)
{
	size_t kept = 0;

	call->method = keep_text(call, "GET");
	call->has_body = false;
	buf_clear(&call->body);
	for (size_t i = 0; i < call->line_count; i++) {
		if (strncasecmp(call->text.data + call->line_offsets[i], "Content-Type:", 13) != 0)
			call->line_offsets[kept++] = call->line_offsets[i];
	}
	call->line_count = kept;
}

static bool same_origin(const char *a, const char *b)
{
	struct slice left = http_url_host(a), right = http_url_host(b);

	return strncasecmp(a, b, strcspn(a, ":") + 1) == 0 && left.len == right.len &&
	       strncasecmp(left.ptr, right.ptr, left.len) == 0;
}

static bool is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

int http_call_redirect(struct http_call *call, CURLcode result)
{
	char *target = NULL;
	long status = 0;
	const char *method;

	if (call->refused || call->redirects_left < 0 || classify(call, result) != HTTP_ANSWERED)
		return 0;
	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(call->easy, CURLINFO_REDIRECT_URL, &target);
	if (!is_redirect(status) || !target || !has_http_scheme(target))
		return 0;
	if (call->redirects_left-- == 0)
		return refuse(call, HTTP_TOO_MANY_REDIRECTS, "the server redirects too often");
	if (!same_origin(call->text.data + call->url, target)) {
		drop_credentials(call);
		call->address = 0;
	}
	call->url = keep_text(call, target);
	method = call->text.data + call->method;
	if (status < 304 && strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		drop_body(call);
	forget_response(call);
	configure(call);
	return 1;
}

/* ---- one handle, used again and again */

/* The address is known here, after the name was looked up, for redirects as for the first request. */
static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http_call *call = ctx;

	(void)purpose;
	if (!http_client_allows_link_local(call->client) && address_is_link_local(&address->addr)) {
		snprintf(call->message, sizeof(call->message), "%s",
			 "the address is link-local, where clouds keep secrets: refused without --allow-link-local");
		return CURL_SOCKET_BAD;
	}
	return http_client_socket(call->client, address->family, address->socktype, address->protocol);
}

struct http_call *http_call_new(struct http_client *client, const char *no_proxy)
{
	struct http_call *call = mem_new(sizeof(*call));

	call->client = client;
	buf_init(&call->text, 0);
	buf_init(&call->body, 0);
	buf_init(&call->head, MAX_HEAD_BYTES);
	buf_init(&call->content, 0);
	call->easy = curl_easy_init();
	if (!call->easy)
		abort(); /* out of memory: as lib/mem does */
	curl_easy_getinfo(call->easy, CURLINFO_CAINFO, &call->default_ca);
	curl_easy_setopt(call->easy, CURLOPT_PRIVATE, call);
	curl_easy_setopt(call->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(call->easy, CURLOPT_ERRORBUFFER, call->curl_message);
	curl_easy_setopt(call->easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(call->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(call->easy, CURLOPT_NOPROXY, no_proxy);
	curl_easy_setopt(call->easy, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(call->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_easy_setopt(call->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(call->easy, CURLOPT_HEADERDATA, call);
	curl_easy_setopt(call->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(call->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(call->easy, CURLOPT_OPENSOCKETDATA, call);
	curl_easy_setopt(call->easy, CURLOPT_CLOSESOCKETFUNCTION, http_client_close_socket);
	curl_easy_setopt(call->easy, CURLOPT_CLOSESOCKETDATA, client);
	return call;
}

/* One large document must not keep its memory for the rest of the process. */
static void shrink(struct buf *buf)
{
	size_t limit = buf->limit;

	if (buf->cap <= KEPT_BYTES)
		return;
	buf_release(buf);
	buf_init(buf, limit);
}

void http_call_rest(struct http_call *call)
{
	shrink(&call->text);
	shrink(&call->body);
	shrink(&call->content);
	call->refused = false;
}

void http_call_free(struct http_call *call)
{
	if (!call)
		return;
	if (call->easy)
		curl_easy_cleanup(call->easy);
	buf_release(&call->text);
	buf_release(&call->body);
	buf_release(&call->head);
	buf_release(&call->content);
	mem_free(call->line_offsets);
	mem_free(call->lines);
	mem_free(call->fields);
	mem_free(call->headers);
	mem_free(call);
}
