/*
 * incoming.c - a request as a value: what a callback gives to the definition (reference, 8.2).
 *
 * {"method", "url": the path, "query": {name: text, or a list of texts when it is repeated}, "headers":
 * {canonical name: text}, "body"}. The body is decoded as that of a response is (reference, 5.5): JSON, text,
 * else bytes; null when there is none.
 */
#include "workflow/api/api_private.h"

#include "lib/mem/mem.h"
#include "workflow/stdlib/stdlib.h"

#include <ctype.h>

static struct value text_of(struct slice bytes)
{
	return value_string_repaired(bytes);
}

/* "content-type" -> "Content-Type" */
static struct value canonical(struct slice name)
{
	bool at_start = true;
	struct value result;
	struct buf text;

	buf_init(&text, 0);
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.ptr[i];

		buf_add_char(&text, (char)(at_start ? toupper(c) : tolower(c)));
		at_start = c == '-';
	}
	result = text_of(buf_slice(&text));
	buf_release(&text);
	return result;
}

/* Repeated header fields are one, joined by ", " (RFC 9110, 5.3). */
static void add_header(void *ctx, struct slice name, struct slice value)
{
	struct value *headers = ctx;
	struct value key = canonical(name);
	struct value text = text_of(value);
	const struct value *known = value_map_get(*headers, value_text(key));
	struct value joined;

	if (known) {
		joined = value_stringf("%.*s, %.*s", SLICE_ARG(value_text(*known)),
				       SLICE_ARG(value_text(text)));
		value_set(&text, joined);
	}
	value_map_set(headers, value_text(key), text);
	value_unref(key);
}

static void add_parameter(void *ctx, struct slice name, struct slice value)
{
	struct value *query = ctx;
	struct value key = text_of(name);
	struct value *known = value_map_change(query, value_text(key));
	struct value list;

	if (!known) {
		value_map_set(query, value_text(key), text_of(value));
	} else {
		if (known->kind != VALUE_LIST) {
			list = value_list_new(2);
			value_list_push(&list, value_ref(*known));
			value_set(known, list);
		}
		value_list_push(known, text_of(value));
	}
	value_unref(key);
}

/* The library's way with responses, whose result holds the decoded body. */
static struct value decoded_body(struct slice bytes, struct value headers)
{
	struct value raw, result, raised, body;

	if (!bytes.len)
		return value_null();
	raw = value_map_new();
	value_put(&raw, "code", value_int(200));
	value_put(&raw, "headers", value_ref(headers));
	value_put(&raw, "body", value_bytes(bytes));
	if (stdlib_http_answer(raw, &result, &raised) < 0) {
		value_unref(raised);
		body = value_bytes(bytes);
	} else {
		body = value_ref(*value_get(result, "body"));
		value_unref(result);
	}
	value_unref(raw);
	return body;
}

struct value incoming_query(const struct http_incoming *incoming)
{
	struct value query = value_map_new();

	http_incoming_query(incoming, add_parameter, &query);
	return query;
}

struct value incoming_value(const struct http_incoming *incoming)
{
	struct value request = value_map_new();
	struct value headers = value_map_new();

	http_incoming_headers(incoming, add_header, &headers);
	value_put(&request, "method", text_of(slice_of(incoming->method)));
	value_put(&request, "url", text_of(slice_of(incoming->path)));
	value_put(&request, "body", decoded_body(incoming->body, headers));
	value_put(&request, "query", incoming_query(incoming));
	value_put(&request, "headers", headers);
	return request;
}
