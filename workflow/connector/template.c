/* template.c - filling path templates; see template.h. */
#include "workflow/connector/template.h"

#include "workflow/expr/expr.h"
#include "workflow/expr/raised.h"

#include <string.h>

static bool is_alphanumeric(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_hex(struct slice text, size_t i)
{
	char c = i < text.len ? text.ptr[i] : 'x';

	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* `reserved`: the characters of RFC 3986, 2.2, that stay, and with them escapes that are there already. */
static void add_encoded(struct buf *out, struct slice text, const char *reserved)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool is_escape = *reserved && c == '%' && is_hex(text, i + 1) && is_hex(text, i + 2);

		if (is_alphanumeric(c) || is_escape || (c && (strchr("-._~", c) || strchr(reserved, c))))
			buf_add_char(out, c);
		else
			buf_printf(out, "%%%02X", (unsigned char)c);
	}
}

/* "." and "..", as they are or escaped, would lead to another method. */
static bool is_dot_segment(struct slice segment)
{
	size_t dots = 0;

	for (size_t i = 0; i < segment.len; dots++) {
		struct slice rest = slice_sub(segment, i, segment.len);

		if (rest.ptr[0] == '.')
			i++;
		else if (slice_starts(rest, SLICE("%2e")) || slice_starts(rest, SLICE("%2E")))
			i += 3;
		else
			return false;
	}
	return dots == 1 || dots == 2;
}

static bool has_dot_segment(struct slice path)
{
	for (size_t from = 0; from <= path.len;) {
		size_t slash = slice_find(path, SLICE("/"), from);
		size_t end = slash == SIZE_MAX ? path.len : slash;

		if (is_dot_segment(slice_sub(path, from, end)))
			return true;
		from = end + 1;
	}
	return false;
}

static int fill_one(struct buf *out, struct slice name, bool keeps, struct value args, struct value *raised)
{
	const struct value *given = value_map_get(args, name);
	struct buf text;
	int result = 0;

	if (!given || value_is_null(*given))
		return raise_error(raised, "KeyError", "the argument \"%.*s\" is missing", SLICE_ARG(name));
	buf_init(&text, 64 << 10);
	if (!expr_text(&text, *given))
		result = raise_error(raised, "TypeError", "the argument \"%.*s\" must be a string; got: %s",
				     SLICE_ARG(name), value_kind_name(given->kind));
	else if (text.full || !text.len)
		result = raise_error(raised, "ValueError", "the argument \"%.*s\" is %s", SLICE_ARG(name),
				     text.full ? "too long" : "empty");
	else if (has_dot_segment(buf_slice(&text)))
		result =
			raise_error(raised, "ValueError",
				    "the argument \"%.*s\" holds a segment \".\" or \"..\"", SLICE_ARG(name));
	else
		add_encoded(out, buf_slice(&text), keeps ? "/:@!$&'()*+,;=[]" : "");
	buf_release(&text);
	return result;
}

int template_fill(struct buf *out, struct slice path, struct value args, enum template_style style,
		  struct value *raised)
{
	for (size_t from = 0; from < path.len;) {
		size_t open = slice_find(path, SLICE("{"), from);
		size_t close = open == SIZE_MAX ? SIZE_MAX : slice_find(path, SLICE("}"), open);
		struct slice name;
		bool keeps;

		buf_add_slice(out, slice_sub(path, from, open));
		if (open == SIZE_MAX)
			break;
		name = slice_sub(path, open + 1, close);
		keeps = slice_starts(name, SLICE("+"));
		name = slice_sub(name, keeps, name.len);
		if (close == SIZE_MAX || !name.len || !is_alphanumeric(name.ptr[0]))
			return raise_error(raised, "ValueError",
					   "the path template \"%.*s\" is not supported",
					   SLICE_ARG(slice_sub(path, 0, 200)));
		if (fill_one(out, name, keeps || style == TEMPLATE_AS_GIVEN, args, raised) < 0)
			return -1;
		from = close + 1;
	}
	return 0;
}
