/* http_answer.c - what came back -> the result or error of an http.* call (reference, 5.5 and 6.2). */
#include "lib/json/json.h"
#include "workflow/stdlib/stdlib_private.h"

#include <string.h>
#include <strings.h>

/* ---- content types */

static struct slice content_type(struct value headers)
{
	for (size_t i = 0; i < value_len(headers); i++) {
		if (value_map_key(headers, i).len == 12 &&
		    strncasecmp(value_map_key(headers, i).ptr, "Content-Type", 12) == 0)
			return value_text(*value_map_at(headers, i));
	}
	return (struct slice){"", 0};
}

static bool begins(struct slice text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.len >= len && strncasecmp(text.ptr, prefix, len) == 0;
}

static bool is_json(struct slice media)
{
	return (media.len == 16 && begins(media, "application/json")) ||
	       (begins(media, "application/") && media.len > 5 &&
		strncasecmp(media.ptr + media.len - 5, "+json", 5) == 0);
}

/* The charset parameter of a content type; UTF-8 without one. */
static struct slice charset_of(struct slice header)
{
	size_t start = slice_find(header, SLICE(";"), 0);

	while (start != SIZE_MAX) {
		size_t end = slice_find(header, SLICE(";"), start + 1);
		struct slice part = slice_trim(slice_sub(header, start + 1, end));

		if (begins(part, "charset=")) {
			part = slice_trim(slice_sub(part, 8, part.len));
			if (part.len > 1 && part.ptr[0] == '"')
				part = slice_sub(part, 1, part.len - 1);
			return part;
		}
		start = end;
	}
	return SLICE("UTF-8");
}

/* ---- bodies */

/* What does not fit its charset is shown with replacement characters: an answer is never an error. */
static struct value text_body(struct slice body, struct slice charset)
{
	struct value result;
	struct buf text;

	buf_init(&text, STDLIB_MAX_TEXT);
	if (charset_decode(&text, body, charset) != 0) {
		buf_clear(&text);
		utf8_repair(&text, body);
	}
	result = value_string(buf_slice(&text));
	buf_release(&text);
	return result;
}

static struct value decode_body(struct slice body, struct slice header)
{
	struct slice media = slice_trim(slice_sub(header, 0, slice_find(header, SLICE(";"), 0)));
	struct value result;

	if (is_json(media)) {
		if (body.len == 0)
			return value_null();
		return json_read(body, &result, NULL) == 0 ? result : text_body(body, SLICE("UTF-8"));
	}
	if (begins(media, "text/") || (!media.len && !body.len)) /* 204 and its like: nothing, untyped */
		return text_body(body, charset_of(header));
	return value_bytes(body);
}

/* ---- result or error */

static int raise_failure(struct value raw, struct value *raised)
{
	char tag[64];

	snprintf(tag, sizeof(tag), "%.*s", SLICE_ARG(value_get_text(raw, "failure")));
	return raise_error(raised, tag, "%.*s", SLICE_ARG(value_get_text(raw, "message")));
}

static int raise_status(int64_t code, struct value result, struct value *raised)
{
	raise_plain(raised, "HttpError", "HTTP server responded with error code %lld", (long long)code);
	value_put(raised, "code", value_int(code));
	value_put(raised, "headers", value_ref(*value_get(result, "headers")));
	value_put(raised, "body", value_ref(*value_get(result, "body")));
	return -1;
}

int stdlib_http_answer(struct value raw, struct value *out, struct value *raised)
{
	const struct value *headers = value_get(raw, "headers");
	const struct value *body = value_get(raw, "body");
	int64_t code = value_get_int(raw, "code", 0);
	struct value result;

	if (value_get(raw, "failure"))
		return raise_failure(raw, raised);
	result = value_map_new();
	value_put(&result, "code", value_int(code));
	value_put(&result, "headers", headers ? value_ref(*headers) : value_map_new());
	value_put(&result, "body",
		  decode_body(body ? value_text(*body) : SLICE(""),
			      content_type(*value_get(result, "headers"))));
	if (code < 400)
		return give(out, result);
	raise_status(code, result, raised);
	value_unref(result);
	return -1;
}
