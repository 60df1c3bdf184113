/* text.c - text.* without regular expressions (reference, 5.11). Indexes count code points. */
#include "workflow/stdlib/stdlib_private.h"

#include "lib/load/icu.h"
#include "lib/mem/mem.h"

/* ---- charsets */

static int raise_charset(int failure, const char *name, struct value charset, struct value *raised)
{
	struct slice shown = slice_sub(value_text(charset), 0, 100);

	if (value_is_null(charset))
		shown = SLICE("UTF-8");
	if (failure == -1)
		return raise_error(raised, "ValueError", "%s: unknown charset \"%.*s\"", name,
				   SLICE_ARG(shown));
	return raise_error(raised, "ValueError", "%s: the data does not fit the charset %.*s", name,
			   SLICE_ARG(shown));
}

static int decode(const struct stdlib_context *context, const struct value *args, struct value *out,
		  struct value *raised)
{
	struct buf text;
	int failure;

	(void)context;
	if (want_bytes(args[0], "text.decode", "data", raised) < 0)
		return -1;
	if (!value_is_null(args[1]) && want_string(args[1], "text.decode", "charset", raised) < 0)
		return -1;
	buf_init(&text, STDLIB_MAX_TEXT);
	failure = charset_decode(&text, value_text(args[0]),
				 value_is_null(args[1]) ? SLICE("UTF-8") : value_text(args[1]));
	if (failure == 0)
		return give_text(&text, out, raised);
	buf_release(&text);
	return raise_charset(failure, "text.decode", args[1], raised);
}

static int encode(const struct stdlib_context *context, const struct value *args, struct value *out,
		  struct value *raised)
{
	struct buf bytes;
	int failure;

	(void)context;
	if (want_string(args[0], "text.encode", "text", raised) < 0)
		return -1;
	if (!value_is_null(args[1]) && want_string(args[1], "text.encode", "charset", raised) < 0)
		return -1;
	buf_init(&bytes, STDLIB_MAX_TEXT);
	failure = charset_encode(&bytes, value_text(args[0]),
				 value_is_null(args[1]) ? SLICE("UTF-8") : value_text(args[1]));
	if (failure == 0)
		return give_bytes(&bytes, out, raised);
	buf_release(&bytes);
	return raise_charset(failure, "text.encode", args[1], raised);
}

/* ---- searching and cutting */

static size_t next_char(struct slice text, size_t i)
{
	size_t offset = i;

	if (i < text.len)
		utf8_next(text, &offset);
	return offset > i ? offset : i + 1;
}

static int find_all(const struct stdlib_context *context, const struct value *args, struct value *out,
		    struct value *raised)
{
	struct slice source = value_text(args[0]);
	struct slice substr = value_text(args[1]);
	size_t counted = 0; /* bytes */
	size_t index = 0;   /* code points before them */

	(void)context;
	if (want_string(args[0], "text.find_all", "source", raised) < 0 ||
	    want_string(args[1], "text.find_all", "substr", raised) < 0)
		return -1;
	*out = value_list_new(0);
	for (size_t at = 0; at <= source.len;) {
		at = slice_find(source, substr, at);
		if (at == SIZE_MAX)
			break;
		if (want_room(*out, raised) < 0) {
			value_unref(*out);
			return -1;
		}
		index += utf8_count(slice_sub(source, counted, at));
		counted = at;
		value_list_push(out, value_int((int64_t)index));
		at = substr.len ? at + substr.len : next_char(source, at);
	}
	return 0;
}

static int split(const struct stdlib_context *context, const struct value *args, struct value *out,
		 struct value *raised)
{
	struct slice source = value_text(args[0]);
	struct slice separator = value_text(args[1]);
	size_t start = 0;
	size_t end;

	(void)context;
	if (want_string(args[0], "text.split", "source", raised) < 0 ||
	    want_string(args[1], "text.split", "separator", raised) < 0)
		return -1;
	if (separator.len == 0)
		return raise_error(raised, "ValueError", "text.split: the separator is empty");
	*out = value_list_new(0);
	do {
		if (want_room(*out, raised) < 0) {
			value_unref(*out);
			return -1;
		}
		end = slice_find(source, separator, start);
		value_list_push(out, value_string(slice_sub(source, start, end)));
		start = end + separator.len;
	} while (end != SIZE_MAX);
	return 0;
}

/* From the end when negative; clamped to the text. */
static size_t clamp_index(int64_t index, size_t len)
{
	if (index < 0)
		index = index < -(int64_t)len ? 0 : index + (int64_t)len;
	return index > (int64_t)len ? len : (size_t)index;
}

static int substring(const struct stdlib_context *context, const struct value *args, struct value *out,
		     struct value *raised)
{
	struct slice source = value_text(args[0]);
	size_t len = utf8_count(source);
	size_t start;
	size_t end;

	(void)context;
	if (want_string(args[0], "text.substring", "source", raised) < 0 ||
	    want_int(args[1], "text.substring", "start", raised) < 0 ||
	    want_int(args[2], "text.substring", "end", raised) < 0)
		return -1;
	start = clamp_index(args[1].as.integer, len);
	end = clamp_index(args[2].as.integer, len);
	if (start >= end)
		return give(out, value_string(SLICE("")));
	return give(out,
		    value_string(slice_sub(source, utf8_offset(source, start), utf8_offset(source, end))));
}

static int replace_all(const struct stdlib_context *context, const struct value *args, struct value *out,
		       struct value *raised)
{
	struct slice source = value_text(args[0]);
	struct slice substr = value_text(args[1]);
	struct slice repl = value_text(args[2]);
	struct buf text;
	size_t start = 0; /* what is copied so far */
	size_t at = 0;

	(void)context;
	if (want_string(args[0], "text.replace_all", "source", raised) < 0 ||
	    want_string(args[1], "text.replace_all", "substr", raised) < 0 ||
	    want_string(args[2], "text.replace_all", "repl", raised) < 0)
		return -1;
	buf_init(&text, STDLIB_MAX_TEXT);
	while (at <= source.len && !text.full) {
		at = slice_find(source, substr, at);
		if (at == SIZE_MAX)
			break;
		buf_add_slice(&text, slice_sub(source, start, at));
		buf_add_slice(&text, repl);
		start = at + substr.len;
		at = substr.len ? start : next_char(source, at);
	}
	buf_add_slice(&text, slice_sub(source, start, source.len));
	return give_text(&text, out, raised);
}

/* ---- case */

typedef int32_t case_map(const UCaseMap *map, char *out, int32_t capacity, const char *text, int32_t len,
			 UErrorCode *status);

static int map_case(case_map *map, const char *name, struct value source, struct value *out,
		    struct value *raised)
{
	UErrorCode status = U_ZERO_ERROR;
	struct slice text = value_text(source);
	int32_t capacity;
	UCaseMap *rules;
	char *mapped;
	int32_t len;

	if (want_string(source, name, "source", raised) < 0)
		return -1;
	if (text.len > STDLIB_MAX_TEXT / 4) /* no mapping makes more than three of one */
		return raise_error(raised, "ResourceLimitError", "%s: the text is too long", name);
	capacity = (int32_t)text.len * 3 + 8;
	mapped = mem_alloc((size_t)capacity);
	rules = ucasemap_open("", 0, &status);
	len = map(rules, mapped, capacity, text.ptr, (int32_t)text.len, &status);
	ucasemap_close(rules);
	if (U_FAILURE(status))
		raise_error(raised, "ValueError", "%s: the text is not valid", name);
	else
		*out = value_string((struct slice){mapped, (size_t)len});
	mem_free(mapped);
	return U_FAILURE(status) ? -1 : 0;
}

static int to_lower(const struct stdlib_context *context, const struct value *args, struct value *out,
		    struct value *raised)
{
	(void)context;
	return map_case(ucasemap_utf8ToLower, "text.to_lower", args[0], out, raised);
}

static int to_upper(const struct stdlib_context *context, const struct value *args, struct value *out,
		    struct value *raised)
{
	(void)context;
	return map_case(ucasemap_utf8ToUpper, "text.to_upper", args[0], out, raised);
}

/* ---- percent-encoding */

static int decode_url(const struct stdlib_context *context, const struct value *args, struct value *out,
		      struct value *raised)
{
	struct buf text;

	(void)context;
	if (want_string(args[0], "text.url_decode", "source", raised) < 0)
		return -1;
	buf_init(&text, STDLIB_MAX_TEXT);
	if (url_decode(&text, value_text(args[0])) < 0) {
		buf_release(&text);
		return raise_error(raised, "ValueError",
				   "text.url_decode: a %% is not followed by two hexadecimal digits");
	}
	if (!utf8_is_valid(buf_slice(&text))) {
		buf_release(&text);
		return raise_error(raised, "ValueError", "text.url_decode: the result is not valid UTF-8");
	}
	return give_text(&text, out, raised);
}

static int encode_url(enum url_style style, const char *name, struct value source, struct value *out,
		      struct value *raised)
{
	struct buf text;

	if (want_string(source, name, "source", raised) < 0)
		return -1;
	buf_init(&text, STDLIB_MAX_TEXT);
	url_encode(&text, value_text(source), style);
	return give_text(&text, out, raised);
}

static int encode_percent(const struct stdlib_context *context, const struct value *args, struct value *out,
			  struct value *raised)
{
	(void)context;
	return encode_url(URL_PERCENT, "text.url_encode", args[0], out, raised);
}

static int encode_plus(const struct stdlib_context *context, const struct value *args, struct value *out,
		       struct value *raised)
{
	(void)context;
	return encode_url(URL_PLUS, "text.url_encode_plus", args[0], out, raised);
}

static const struct stdlib_param decode_params[] = {
	{"data", .types = TYPE_BYTES},
	{"charset", true, {VALUE_NULL}, TYPE_STRING, "\"UTF-8\""},
};
static const struct stdlib_param encode_params[] = {
	{"text", .types = TYPE_STRING},
	{"charset", true, {VALUE_NULL}, TYPE_STRING, "\"UTF-8\""},
};
static const struct stdlib_param find_params[] = {
	{"source", .types = TYPE_STRING},
	{"substr", .types = TYPE_STRING},
};
static const struct stdlib_param replace_params[] = {
	{"source", .types = TYPE_STRING},
	{"substr", .types = TYPE_STRING},
	{"repl", .types = TYPE_STRING},
};
static const struct stdlib_param split_params[] = {
	{"source", .types = TYPE_STRING},
	{"separator", .types = TYPE_STRING},
};
static const struct stdlib_param substring_params[] = {
	{"source", .types = TYPE_STRING},
	{"start", .types = TYPE_INT},
	{"end", .types = TYPE_INT},
};
static const struct stdlib_param source_params[] = {{"source", .types = TYPE_STRING}};

static const struct stdlib_function functions[] = {
	{"text.decode", STDLIB_PURE, STDLIB_PARAMS(decode_params), decode, "bytes in a charset -> string",
	 TYPE_STRING, "ValueError: the charset is not known, or the bytes are not text in it",
	 "text.decode(base64.decode(\"Y2Fm6Q==\"), \"ISO-8859-1\") => \"caf\u00e9\"", "5.11"},
	{"text.encode", STDLIB_PURE, STDLIB_PARAMS(encode_params), encode, "string -> bytes in a charset",
	 TYPE_BYTES, "ValueError: the charset is not known, or has no such character",
	 "base64.encode(text.encode(\"caf\u00e9\")) => \"Y2Fmw6k=\"", "5.11"},
	{"text.find_all", STDLIB_PURE, STDLIB_PARAMS(find_params), find_all,
	 "where a text occurs: list of indexes, which count characters", TYPE_LIST, NULL,
	 "text.find_all(\"banana\", \"an\") => [1, 3]", "5.11"},
	{"text.replace_all", STDLIB_PURE, STDLIB_PARAMS(replace_params), replace_all,
	 "replace a text everywhere", TYPE_STRING, NULL,
	 "text.replace_all(\"banana\", \"an\", \"o\") => \"booa\"", "5.11"},
	{"text.split", STDLIB_PURE, STDLIB_PARAMS(split_params), split, "the parts between separators",
	 TYPE_LIST, "ValueError: the separator is empty",
	 "text.split(\"a,b,\", \",\") => [\"a\", \"b\", \"\"]", "5.11"},
	{"text.substring", STDLIB_PURE, STDLIB_PARAMS(substring_params), substring,
	 "characters from start up to end; negative counts from the end", TYPE_STRING, NULL,
	 "text.substring(\"hello\", 1, 3) => \"el\"\ntext.substring(\"hello\", -3, 5) => \"llo\"", "5.11"},
	{"text.to_lower", STDLIB_PURE, STDLIB_PARAMS(source_params), to_lower, "in lower case", TYPE_STRING,
	 NULL, "text.to_lower(\"\u00c9T\u00c9\") => \"\u00e9t\u00e9\"", "5.11"},
	{"text.to_upper", STDLIB_PURE, STDLIB_PARAMS(source_params), to_upper, "in upper case", TYPE_STRING,
	 NULL, "text.to_upper(\"\u00e9t\u00e9\") => \"\u00c9T\u00c9\"", "5.11"},
	{"text.url_decode", STDLIB_PURE, STDLIB_PARAMS(source_params), decode_url,
	 "percent-encoding undone, + is a blank", TYPE_STRING,
	 "ValueError: a % without two hexadecimal digits, or what comes out is not UTF-8",
	 "text.url_decode(\"a%2Fb+c\") => \"a/b c\"", "5.11"},
	{"text.url_encode", STDLIB_PURE, STDLIB_PARAMS(source_params), encode_percent,
	 "percent-encoding, a blank as %20", TYPE_STRING, NULL, "text.url_encode(\"a/b c\") => \"a%2Fb%20c\"",
	 "5.11"},
	{"text.url_encode_plus", STDLIB_PURE, STDLIB_PARAMS(source_params), encode_plus,
	 "percent-encoding, a blank as +", TYPE_STRING, NULL,
	 "text.url_encode_plus(\"a/b/c?item=d+e f\") => \"a%2Fb%2Fc%3Fitem%3Dd%2Be+f\"", "5.11"},
};

STDLIB_MODULE(stdlib_text, functions);
