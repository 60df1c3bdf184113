/* arguments.c - checks of arguments and ways to answer; see stdlib_private.h. */
#include "workflow/stdlib/stdlib_private.h"

int raise_argument(struct value *raised, const char *function, const char *param, const char *wanted,
		   struct value got)
{
	return raise_error(raised, "TypeError", "%s: argument '%s' must be %s; got '%s'", function, param,
			   wanted, raised_kind(got));
}

static int want(struct value v, enum value_kind kind, const char *wanted, const char *function,
		const char *param, struct value *raised)
{
	return v.kind == kind ? 0 : raise_argument(raised, function, param, wanted, v);
}

int want_string(struct value v, const char *function, const char *param, struct value *raised)
{
	return want(v, VALUE_STRING, "a string", function, param, raised);
}

int want_bytes(struct value v, const char *function, const char *param, struct value *raised)
{
	return want(v, VALUE_BYTES, "bytes", function, param, raised);
}

int want_int(struct value v, const char *function, const char *param, struct value *raised)
{
	return want(v, VALUE_INT, "an integer", function, param, raised);
}

int want_bool(struct value v, const char *function, const char *param, struct value *raised)
{
	return want(v, VALUE_BOOL, "a boolean", function, param, raised);
}

int want_list(struct value v, const char *function, const char *param, struct value *raised)
{
	return want(v, VALUE_LIST, "a list", function, param, raised);
}

int want_map(struct value v, const char *function, const char *param, struct value *raised)
{
	return want(v, VALUE_MAP, "a map", function, param, raised);
}

int want_number(struct value v, const char *function, const char *param, struct value *raised)
{
	return value_is_number(v) ? 0 : raise_argument(raised, function, param, "a number", v);
}

int give(struct value *out, struct value taken)
{
	*out = taken;
	return 0;
}

static int raise_size(struct value *raised)
{
	return raise_error(raised, "ResourceLimitError", "the result is larger than %d MiB",
			   STDLIB_MAX_TEXT >> 20);
}

int give_text(struct buf *text, struct value *out, struct value *raised)
{
	int result = text->full ? raise_size(raised) : give(out, value_string(buf_slice(text)));

	buf_release(text);
	return result;
}

int give_bytes(struct buf *bytes, struct value *out, struct value *raised)
{
	int result = bytes->full ? raise_size(raised) : give(out, value_bytes(buf_slice(bytes)));

	buf_release(bytes);
	return result;
}

int want_room(struct value list, struct value *raised)
{
	if (value_len(list) < STDLIB_MAX_ITEMS)
		return 0;
	return raise_error(raised, "ResourceLimitError", "the result has more than %d elements",
			   STDLIB_MAX_ITEMS);
}
