/* filter.c - filters of lists; see filter.h. */
#include "workflow/api/filter.h"

#include "workflow/api/proto.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum operator { OP_NONE, OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_HAS };

struct reading {
	struct slice rest;
	const struct filter_field *fields;
	struct value resource;
	struct status *status;
	int depth;
};

static int complain(struct reading *r, const char *what, struct slice at)
{
	return status_set(r->status, STATUS_INVALID_ARGUMENT, "filter: %s \"%.*s\"", what,
			  SLICE_ARG(slice_sub(at, 0, 100)));
}

/* ---- tokens */

static void skip_space(struct reading *r)
{
	while (r->rest.len && isspace((unsigned char)r->rest.ptr[0]))
		r->rest = slice_sub(r->rest, 1, r->rest.len);
}

static bool is_word_char(char c)
{
	return isalnum((unsigned char)c) || strchr("_-.*/+%@", c) || (unsigned char)c >= 0x80;
}

static size_t word_length(struct slice text)
{
	size_t n = 0;

	while (n < text.len && text.ptr[n] && is_word_char(text.ptr[n]))
		n++;
	return n;
}

static bool take_char(struct reading *r, char c)
{
	skip_space(r);
	if (!r->rest.len || r->rest.ptr[0] != c)
		return false;
	r->rest = slice_sub(r->rest, 1, r->rest.len);
	return true;
}

static bool take_keyword(struct reading *r, const char *word)
{
	skip_space(r);
	if (!slice_is(slice_sub(r->rest, 0, word_length(r->rest)), word))
		return false;
	r->rest = slice_sub(r->rest, strlen(word), r->rest.len);
	return true;
}

static enum operator take_operator(struct reading *r)
{
	static const struct {
		const char *text;
		enum operator op;
	} operators[] = {{"!=", OP_NE}, {"<=", OP_LE}, {">=", OP_GE}, {"=", OP_EQ},
			 {"<", OP_LT},  {">", OP_GT},  {":", OP_HAS}};

	skip_space(r);
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		size_t size = strlen(operators[i].text);

		if (slice_is(slice_sub(r->rest, 0, size), operators[i].text)) {
			r->rest = slice_sub(r->rest, size, r->rest.len);
			return operators[i].op;
		}
	}
	return OP_NONE;
}

/* "quoted, with \" in it" or a word; appended without its quotes. */
static int take_value(struct reading *r, struct buf *out)
{
	char quote;
	size_t i = 1;

	skip_space(r);
	quote = r->rest.len ? r->rest.ptr[0] : '\0';
	if (quote != '"' && quote != '\'') {
		size_t size = word_length(r->rest);

		while (size < r->rest.len && r->rest.ptr[size] == ':') /* the time of a moment without quotes */
			size += 1 + word_length(slice_sub(r->rest, size + 1, r->rest.len));
		if (!size)
			return complain(r, "a value is missing before", r->rest);
		buf_add_slice(out, slice_sub(r->rest, 0, size));
		r->rest = slice_sub(r->rest, size, r->rest.len);
		return 0;
	}
	for (; i < r->rest.len && r->rest.ptr[i] != quote; i++) {
		if (r->rest.ptr[i] == '\\' && i + 1 < r->rest.len)
			i++;
		buf_add_char(out, r->rest.ptr[i]);
	}
	if (i >= r->rest.len)
		return complain(r, "a quote is not closed:", r->rest);
	r->rest = slice_sub(r->rest, i + 1, r->rest.len);
	return 0;
}

/* ---- comparisons */

static bool holds(enum operator op, int order)
{
	switch (op) {
	case OP_NE:
		return order != 0;
	case OP_LT:
		return order < 0;
	case OP_LE:
		return order <= 0;
	case OP_GT:
		return order > 0;
	case OP_GE:
		return order >= 0;
	default:
		return order == 0;
	}
}

static int compare_numbers(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

/* A star at either end of what is wanted stands for anything. */
static bool matches_text(enum operator op, struct slice have, struct slice want)
{
	bool head = want.len && want.ptr[0] == '*', tail = want.len > 1 && want.ptr[want.len - 1] == '*';
	struct slice core = slice_sub(want, head, want.len - tail);
	bool fits;

	if (op == OP_HAS)
		return slice_is(want, "*") ? have.len > 0 : slice_find(have, core, 0) != SIZE_MAX;
	if ((op != OP_EQ && op != OP_NE) || (!head && !tail))
		return holds(op, slice_compare(have, want));
	if (head && tail)
		fits = slice_find(have, core, 0) != SIZE_MAX;
	else
		fits = head ? slice_ends(have, core) : slice_starts(have, core);
	return fits == (op == OP_EQ);
}

static int64_t number_of(struct value v)
{
	return v.kind == VALUE_INT ? v.as.integer : strtoll(v.kind == VALUE_STRING ? value_text(v).ptr : "0", NULL, 10);
}

static int compare_times(struct reading *r, enum operator op, struct value have, struct slice want)
{
	int64_t a, b;

	if (!proto_read_time(want, &b))
		return complain(r, "no moment:", want);
	return proto_read_time(value_text(have), &a) && holds(op, compare_numbers(a, b));
}

static int compare_durations(struct reading *r, enum operator op, struct value have, struct slice want)
{
	int64_t a, b;

	if (!proto_read_duration(want, &b))
		return complain(r, "no duration (like \"20s\"):", want);
	return proto_read_duration(value_text(have), &a) && holds(op, compare_numbers(a, b));
}

static int compare_counts(struct reading *r, enum operator op, struct value have, struct slice want)
{
	char text[24] = "";
	char *end;
	int64_t number;

	if (!want.len || want.len >= sizeof(text))
		return complain(r, "no number:", want);
	memcpy(text, want.ptr, want.len);
	number = strtoll(text, &end, 10);
	if (*end)
		return complain(r, "no number:", want);
	return holds(op, compare_numbers(number_of(have), number));
}

static int compare_bools(struct reading *r, enum operator op, struct value have, struct slice want)
{
	bool wanted = slice_is(want, "true");

	if (!wanted && !slice_is(want, "false"))
		return complain(r, "neither true nor false:", want);
	return holds(op, (have.kind == VALUE_BOOL && have.as.boolean) - wanted);
}

static bool any_text(struct value list, enum operator op, struct slice want)
{
	bool found = false;

	for (size_t i = 0; i < value_len(list) && !found; i++)
		found = matches_text(op == OP_NE ? OP_EQ : op, value_text(*value_list_at(list, i)), want);
	return found == (op != OP_NE);
}

static int compare(struct reading *r, const struct filter_field *field, struct slice key, enum operator op,
		   struct slice want)
{
	const struct value *found = value_get(r->resource, field->member);
	struct value have = found ? *found : value_null();

	switch (field->kind) {
	case FILTER_TIME:
		return compare_times(r, op, have, want);
	case FILTER_DURATION:
		return compare_durations(r, op, have, want);
	case FILTER_NUMBER:
		return compare_counts(r, op, have, want);
	case FILTER_BOOL:
		return compare_bools(r, op, have, want);
	case FILTER_TEXTS:
		return any_text(have, op, want);
	case FILTER_MAP:
		if (!key.len && op != OP_HAS)
			return complain(r, "name a key of the map:", slice_of(field->name));
		if (!key.len)
			return value_map_get(have, want) != NULL;
		found = value_map_get(have, key);
		return found ? matches_text(op, value_text(*found), want) : op == OP_NE;
	case FILTER_TEXT:
		break;
	}
	return matches_text(op, value_text(have), want);
}

/* ---- the grammar */

static int read_expression(struct reading *r);

/* The field a name leads to; what stands behind its dot is *key. */
static const struct filter_field *find_field(const struct reading *r, struct slice name, struct slice *key)
{
	size_t dot = slice_find(name, SLICE("."), 0);
	const struct filter_field *field = r->fields;
	struct buf camel;

	*key = slice_sub(name, dot == SIZE_MAX ? name.len : dot + 1, name.len);
	buf_init(&camel, 0);
	proto_camel(&camel, slice_sub(name, 0, dot));
	while (field->name && !(slice_is(buf_slice(&camel), field->name) && (!key->len || field->kind == FILTER_MAP)))
		field++;
	buf_release(&camel);
	return field->name ? field : NULL;
}

static int read_restriction(struct reading *r)
{
	struct slice name = slice_sub(r->rest, 0, word_length(r->rest)), key;
	const struct filter_field *field = find_field(r, name, &key);
	enum operator op;
	struct buf want;
	int result;

	if (!field)
		return complain(r, name.len ? "no field to filter by:" : "unexpected:", name.len ? name : r->rest);
	r->rest = slice_sub(r->rest, name.len, r->rest.len);
	op = take_operator(r);
	if (op == OP_NONE)
		return complain(r, "an operator is missing after", name);
	buf_init(&want, 0);
	result = take_value(r, &want);
	if (result == 0)
		result = compare(r, field, key, op, buf_slice(&want));
	buf_release(&want);
	return result;
}

static int read_simple(struct reading *r)
{
	int result;

	if (!take_char(r, '('))
		return read_restriction(r);
	if (++r->depth > FILTER_MAX_DEPTH)
		return complain(r, "nested too deeply at", r->rest);
	result = read_expression(r);
	r->depth--;
	if (result >= 0 && !take_char(r, ')'))
		return complain(r, "a parenthesis is not closed before", r->rest);
	return result;
}

static int read_term(struct reading *r)
{
	bool is_negated = take_keyword(r, "NOT") || take_char(r, '-');
	int result;

	skip_space(r);
	result = read_simple(r);
	return result < 0 || !is_negated ? result : !result;
}

static int read_factor(struct reading *r)
{
	int result = read_term(r);

	while (result >= 0 && take_keyword(r, "OR")) {
		int other = read_term(r);

		result = other < 0 ? -1 : result || other;
	}
	return result;
}

static bool is_at_end(struct reading *r)
{
	skip_space(r);
	return !r->rest.len || r->rest.ptr[0] == ')';
}

static int read_expression(struct reading *r)
{
	int result = read_factor(r);

	while (result >= 0 && !is_at_end(r)) {
		int other;

		take_keyword(r, "AND");
		other = read_factor(r);
		result = other < 0 ? -1 : result && other;
	}
	return result;
}

int filter_matches(struct slice filter, const struct filter_field *fields, struct value resource,
		   struct status *status)
{
	struct reading r = {.rest = slice_trim(filter), .fields = fields, .resource = resource, .status = status};
	int result;

	if (!r.rest.len)
		return 1;
	if (r.rest.len > FILTER_MAX)
		return status_set(status, STATUS_INVALID_ARGUMENT, "filter: longer than %d bytes", FILTER_MAX);
	result = read_expression(&r);
	if (result >= 0 && r.rest.len)
		return complain(&r, "unexpected:", r.rest);
	return result;
}
