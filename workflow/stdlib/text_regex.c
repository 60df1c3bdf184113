/* text_regex.c - text.* with regular expressions (reference, 5.11): RE2, leftmost-longest. */
#include "workflow/stdlib/stdlib_private.h"

static int compile(const struct stdlib_context *context, const struct value *args, const char *name,
		   struct pattern *pattern, struct value *raised)
{
	struct error err = {0};

	if (want_string(args[0], name, "source", raised) < 0 ||
	    want_string(args[1], name, "regexp", raised) < 0)
		return -1;
	if (pattern_take(context, value_text(args[1]), pattern, &err) < 0)
		return raise_error(raised, "ValueError", "%s: %s", name, err.message);
	return 0;
}

/* The matches of a text, one after the other. An empty one never stands where the one before it ended. */
struct matches {
	const struct regex *regex;
	struct slice text;
	size_t from;       /* where to look next */
	size_t last_end;   /* of the match before; SIZE_MAX: none yet */
	size_t start, end; /* of this one, in bytes */
};

static size_t next_char(struct slice text, size_t i)
{
	size_t offset = i;

	if (i < text.len)
		utf8_next(text, &offset);
	return offset > i ? offset : i + 1;
}

static bool next_match(struct matches *matches)
{
	struct regex_match match;

	while (matches->from <= matches->text.len) {
		if (!regex_find(matches->regex, matches->text, matches->from, &match))
			return false;
		matches->start = (size_t)(match.group[0].ptr - matches->text.ptr);
		matches->end = matches->start + match.group[0].len;
		if (match.group[0].len == 0 && matches->start == matches->last_end) {
			matches->from = next_char(matches->text, matches->start);
			continue;
		}
		matches->from = match.group[0].len ? matches->end : next_char(matches->text, matches->end);
		matches->last_end = matches->end;
		return true;
	}
	return false;
}

/* A match, and the index of its first character. A copy of a model shares the keys, which are half of its
 * blocks. */
static struct value entry_new(struct value model, int64_t index, struct slice match)
{
	struct value entry = value_ref(model);

	value_put(&entry, "index", value_int(index));
	value_put(&entry, "match", value_string(match));
	return entry;
}

static struct value model_new(void)
{
	struct value model = value_map_new();

	value_put(&model, "index", value_null());
	value_put(&model, "match", value_null());
	return model;
}

static int find_all(const struct stdlib_context *context, const struct value *args, struct value *out,
		    struct value *raised)
{
	struct matches matches = {NULL, value_text(args[0]), 0, SIZE_MAX, 0, 0};
	struct value model;
	struct pattern pattern;
	size_t counted = 0; /* bytes */
	size_t index = 0;   /* code points before them */
	int result = 0;

	if (compile(context, args, "text.find_all_regex", &pattern, raised) < 0)
		return -1;
	matches.regex = pattern.regex;
	model = model_new();
	*out = value_list_new(0);
	while (result == 0 && next_match(&matches)) {
		struct slice found = slice_sub(matches.text, matches.start, matches.end);

		index += utf8_count(slice_sub(matches.text, counted, matches.start));
		counted = matches.start;
		value_list_push(out, entry_new(model, (int64_t)index, found));
		result = want_room(*out, raised);
	}
	if (result < 0)
		value_unref(*out);
	value_unref(model);
	pattern_leave(context, &pattern);
	return result;
}

static int match(const struct stdlib_context *context, const struct value *args, struct value *out,
		 struct value *raised)
{
	struct pattern pattern;

	if (compile(context, args, "text.match_regex", &pattern, raised) < 0)
		return -1;
	*out = value_bool(regex_matches(pattern.regex, value_text(args[0])));
	pattern_leave(context, &pattern);
	return 0;
}

/* `repl` is literal: the language has no back-references. */
static int replace_all(const struct stdlib_context *context, const struct value *args, struct value *out,
		       struct value *raised)
{
	struct slice repl = value_text(args[2]);
	struct matches matches = {NULL, value_text(args[0]), 0, SIZE_MAX, 0, 0};
	struct pattern pattern;
	struct buf text;
	size_t copied = 0;

	if (want_string(args[2], "text.replace_all_regex", "repl", raised) < 0 ||
	    compile(context, args, "text.replace_all_regex", &pattern, raised) < 0)
		return -1;
	matches.regex = pattern.regex;
	buf_init(&text, STDLIB_MAX_TEXT);
	while (!text.full && next_match(&matches)) {
		buf_add_slice(&text, slice_sub(matches.text, copied, matches.start));
		buf_add_slice(&text, repl);
		copied = matches.end;
	}
	buf_add_slice(&text, slice_sub(matches.text, copied, matches.text.len));
	pattern_leave(context, &pattern);
	return give_text(&text, out, raised);
}

static const struct stdlib_param match_params[] = {
	{"source", .types = TYPE_STRING},
	{"regexp", .types = TYPE_STRING},
};
static const struct stdlib_param replace_params[] = {
	{"source", .types = TYPE_STRING},
	{"regexp", .types = TYPE_STRING},
	{"repl", .types = TYPE_STRING},
};

#define ERRORS "ValueError: the regular expression is not RE2"

static const struct stdlib_function functions[] = {
	{"text.find_all_regex", STDLIB_PURE, STDLIB_PARAMS(match_params), find_all,
	 "every match: list of {index, match}", TYPE_LIST, ERRORS,
	 "text.find_all_regex(\"a1b22\", \"[0-9]+\") => "
	 "[{\"index\": 1, \"match\": \"1\"}, {\"index\": 3, \"match\": \"22\"}]",
	 "5.11"},
	{"text.match_regex", STDLIB_PURE, STDLIB_PARAMS(match_params), match,
	 "does the text contain a match? It is not anchored", TYPE_BOOL, ERRORS,
	 "text.match_regex(\"order 7\", \"[0-9]\") => true", "5.11"},
	{"text.replace_all_regex", STDLIB_PURE, STDLIB_PARAMS(replace_params), replace_all,
	 "replace every match by a fixed text; there are no back-references", TYPE_STRING, ERRORS,
	 "text.replace_all_regex(\"a1b22\", \"[0-9]+\", \"#\") => \"a#b#\"", "5.11"},
};

STDLIB_MODULE(stdlib_text_regex, functions);
