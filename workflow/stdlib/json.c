/* json.c - json.* (reference, 5.6). */
#include "lib/json/json.h"

#include "workflow/stdlib/stdlib_private.h"

static int decode(const struct stdlib_context *context, const struct value *args, struct value *out,
		  struct value *raised)
{
	struct error err = {0};

	(void)context;
	if (args[0].kind != VALUE_STRING && args[0].kind != VALUE_BYTES)
		return raise_argument(raised, "json.decode", "data", "bytes or a string", args[0]);
	if (json_read(value_text(args[0]), out, &err) < 0)
		return raise_error(raised, "ValueError", "json.decode: not valid JSON: %s", err.message);
	return 0;
}

static int raise_unfit(const struct buf *out, const char *function, struct value *raised)
{
	if (out->full)
		return raise_error(raised, "ResourceLimitError", "%s: the result is too large", function);
	return raise_error(
		raised, "ValueError",
		"%s: the value has no JSON form: it holds bytes, NaN or infinity, or is nested too deep",
		function);
}

int encode_json(struct buf *out, struct value v, const char *function, struct value *raised)
{
	return json_write(out, v) < 0 ? raise_unfit(out, function, raised) : 0;
}

/* A member of the `indent` map; the fallback when it is absent. */
static int read_part(struct value indent, const char *key, const char *function, struct slice *part,
		     struct value *raised)
{
	const struct value *member = value_get(indent, key);

	if (!member || value_is_null(*member))
		return 0;
	if (want_string(*member, function, key, raised) < 0)
		return -1;
	*part = value_text(*member);
	return 0;
}

/* false and absent: compact; true: as {}; a map: prefix and indent. */
static int write_text(struct value v, struct value indent, const char *function, struct buf *out,
		      struct value *raised)
{
	struct slice prefix = SLICE("");
	struct slice step = SLICE("    ");

	if (value_is_null(indent) || (indent.kind == VALUE_BOOL && !indent.as.boolean))
		return encode_json(out, v, function, raised);
	if (indent.kind != VALUE_BOOL && indent.kind != VALUE_MAP)
		return raise_argument(raised, function, "indent", "a boolean or a map", indent);
	if (read_part(indent, "prefix", function, &prefix, raised) < 0 ||
	    read_part(indent, "indent", function, &step, raised) < 0)
		return -1;
	return json_write_indented(out, v, prefix, step) < 0 ? raise_unfit(out, function, raised) : 0;
}

static int encode(const struct stdlib_context *context, const struct value *args, struct value *out,
		  struct value *raised)
{
	struct buf text;

	(void)context;
	buf_init(&text, STDLIB_MAX_TEXT);
	if (write_text(args[0], args[1], "json.encode", &text, raised) < 0) {
		buf_release(&text);
		return -1;
	}
	return give_bytes(&text, out, raised);
}

static int encode_to_string(const struct stdlib_context *context, const struct value *args, struct value *out,
			    struct value *raised)
{
	struct buf text;

	(void)context;
	buf_init(&text, STDLIB_MAX_TEXT);
	if (write_text(args[0], args[1], "json.encode_to_string", &text, raised) < 0) {
		buf_release(&text);
		return -1;
	}
	return give_text(&text, out, raised);
}

static const struct stdlib_param decode_params[] = {{"data", .types = TYPE_STRING | TYPE_BYTES}};
static const struct stdlib_param encode_params[] = {
	{"data", .types = TYPE_ANY},
	{"indent", true, {VALUE_NULL}, TYPE_BOOL | TYPE_MAP, "false"},
};

static const struct stdlib_function functions[] = {
	{"json.decode", STDLIB_PURE, STDLIB_PARAMS(decode_params), decode, "JSON text -> value", TYPE_ANY,
	 "ValueError: the text is not JSON", "json.decode(\"[1, 2.5]\")[1] => 2.5", "5.6"},
	{"json.encode", STDLIB_PURE, STDLIB_PARAMS(encode_params), encode, "value -> JSON as bytes",
	 TYPE_BYTES, "ValueError: bytes, or a number without JSON form, are in it",
	 "text.decode(json.encode({\"k\": [1, true]})) => \"{\\\"k\\\":[1,true]}\"", "5.6"},
	{"json.encode_to_string", STDLIB_PURE, STDLIB_PARAMS(encode_params), encode_to_string,
	 "value -> JSON as a string", TYPE_STRING,
	 "ValueError: bytes, or a number without JSON form, are in it",
	 "json.encode_to_string([1, null]) => \"[1,null]\"\n"
	 "json.encode_to_string([1, 2], true) => \"[\\n    1,\\n    2\\n]\"",
	 "5.6"},
};

STDLIB_MODULE(stdlib_json, functions);
