/* proto.c - proto3 JSON; see proto.h. */
#include "workflow/api/proto.h"

#include "lib/clock/clock.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SELECT_MAX_DEPTH = 20 };

const char *const proto_call_log_levels[] = {"CALL_LOG_LEVEL_UNSPECIFIED", "LOG_ALL_CALLS", "LOG_ERRORS_ONLY",
					     "LOG_NONE", NULL};
const char *const proto_history_levels[] = {"EXECUTION_HISTORY_LEVEL_UNSPECIFIED", "EXECUTION_HISTORY_BASIC",
					    "EXECUTION_HISTORY_DETAILED", NULL};
const char *const proto_execution_views[] = {"EXECUTION_VIEW_UNSPECIFIED", "BASIC", "FULL", NULL};

void proto_camel(struct buf *out, struct slice name)
{
	bool is_upper = false;

	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (c == '_' && i + 1 < name.len && islower((unsigned char)name.ptr[i + 1])) {
			is_upper = true;
			continue;
		}
		buf_add_char(out, is_upper ? (char)toupper((unsigned char)c) : c);
		is_upper = false;
	}
}

static const struct proto_field *find_field(const struct proto_field *fields, struct slice name)
{
	const struct proto_field *field = fields;
	struct buf camel;

	buf_init(&camel, 0);
	proto_camel(&camel, name);
	while (field->name && !slice_is(buf_slice(&camel), field->name))
		field++;
	buf_release(&camel);
	return field->name ? field : NULL;
}

/* ---- values of a kind */

static bool read_int(struct value v, int64_t *number)
{
	char digits[24] = "";
	char *end;

	if (v.kind == VALUE_INT) {
		*number = v.as.integer;
		return true;
	}
	if (v.kind == VALUE_DOUBLE && v.as.number == floor(v.as.number) && fabs(v.as.number) < 9e15) {
		*number = (int64_t)v.as.number;
		return true;
	}
	if (v.kind != VALUE_STRING || !value_len(v) || value_len(v) >= sizeof(digits))
		return false;
	memcpy(digits, value_text(v).ptr, value_len(v));
	*number = strtoll(digits, &end, 10);
	return *end == '\0' && !isspace((unsigned char)digits[0]);
}

int proto_enum(struct value v, const char *const *names)
{
	int64_t number;
	int count = 0;

	while (names[count]) {
		if (v.kind == VALUE_STRING && slice_is(value_text(v), names[count]))
			return count;
		count++;
	}
	return read_int(v, &number) && number >= 0 && number < count ? (int)number : -1;
}

static bool are_texts(struct value v)
{
	for (size_t i = 0; v.kind == VALUE_MAP && i < value_len(v); i++) {
		if (value_map_at(v, i)->kind != VALUE_STRING)
			return false;
	}
	return v.kind == VALUE_MAP;
}

/* 1: set; 0: the default; -1: not of that kind. *out is a value of its own. */
static int read_value(struct value v, const struct proto_field *field, struct value *out)
{
	int64_t number;
	int n;

	switch (field->kind) {
	case PROTO_TEXT:
		*out = value_ref(v);
		return v.kind != VALUE_STRING ? -1 : value_len(v) > 0;
	case PROTO_BOOL:
		*out = value_ref(v);
		return v.kind != VALUE_BOOL ? -1 : v.as.boolean;
	case PROTO_INT:
		if (!read_int(v, &number))
			return -1;
		*out = value_int(number);
		return number != 0;
	case PROTO_ENUM:
		n = proto_enum(v, field->names);
		if (n >= 0)
			*out = value_string_z(field->names[n]);
		return n > 0 ? 1 : n;
	case PROTO_TEXTS:
		*out = value_ref(v);
		return are_texts(v) ? value_len(v) > 0 : -1;
	case PROTO_ANY:
		*out = value_ref(v);
		return 1;
	case PROTO_OUTPUT:
		return 0;
	}
	return 0;
}

int proto_read(struct value body, const struct proto_field *fields, struct value *out, struct status *status)
{
	*out = value_map_new();
	/* Google's Node client sends "" for a message without content */
	if (value_is_null(body) || (body.kind == VALUE_STRING && value_text(body).len == 0))
		return 0;
	if (body.kind != VALUE_MAP)
		return status_set(status, STATUS_INVALID_ARGUMENT,
				  "Invalid JSON payload received. The body must be an object");
	for (size_t i = 0; i < value_len(body); i++) {
		struct slice name = value_map_key(body, i);
		const struct proto_field *field = find_field(fields, name);
		struct value v = *value_map_at(body, i), read = value_null();
		int set;

		if (!field)
			return status_set(status, STATUS_INVALID_ARGUMENT,
					  "Invalid JSON payload received. Unknown name \"%.*s\": Cannot find field.",
					  SLICE_ARG(slice_sub(name, 0, 200)));
		set = value_is_null(v) ? 0 : read_value(v, field, &read);
		if (set > 0)
			value_put(out, field->name, value_ref(read));
		value_unref(read);
		if (set < 0)
			return status_set(status, STATUS_INVALID_ARGUMENT, "Invalid value at '%s' (a %s was given)",
					  field->name, value_kind_name(v.kind));
	}
	return 0;
}

/* ---- field masks */

/* The next path of a mask; false at its end. */
static bool next_path(struct slice *mask, struct slice *path)
{
	size_t comma;

	if (!mask->len)
		return false;
	comma = slice_find(*mask, SLICE(","), 0);
	*path = slice_trim(slice_sub(*mask, 0, comma));
	*mask = slice_sub(*mask, comma == SIZE_MAX ? mask->len : comma + 1, mask->len);
	return true;
}

static struct slice first_part(struct slice path)
{
	return slice_sub(path, 0, slice_find(path, SLICE("."), 0));
}

bool proto_mask_has(struct slice mask, const char *name)
{
	struct slice path;
	bool found = false;
	struct buf camel;

	buf_init(&camel, 0);
	while (!found && next_path(&mask, &path)) {
		buf_clear(&camel);
		proto_camel(&camel, first_part(path));
		found = slice_is(path, "*") || slice_is(buf_slice(&camel), name);
	}
	buf_release(&camel);
	return found;
}

int proto_mask_check(struct slice mask, const struct proto_field *fields, struct status *status)
{
	struct slice path;

	while (next_path(&mask, &path)) {
		if (!slice_is(path, "*") && path.len && !find_field(fields, first_part(path)))
			return status_set(status, STATUS_INVALID_ARGUMENT,
					  "update_mask: \"%.*s\" is no field of the resource",
					  SLICE_ARG(slice_sub(path, 0, 200)));
	}
	return 0;
}

/* ---- partial responses */

/* Where a selector ends that began at `from`: at a comma or closing parenthesis of its own level. */
static size_t selector_end(struct slice fields, size_t from)
{
	int depth = 0;
	size_t i = from;

	for (; i < fields.len; i++) {
		if (depth == 0 && (fields.ptr[i] == ',' || fields.ptr[i] == ')'))
			break;
		depth += fields.ptr[i] == '(' ? 1 : fields.ptr[i] == ')' ? -1 : 0;
	}
	return i;
}

static struct value select_from(struct value v, struct slice fields, int depth);

/* One selector: a name, and after a slash or within parentheses what is wanted of it. */
static void select_one(struct value v, struct slice selector, struct value *out, int depth)
{
	size_t end = 0;
	struct slice name, rest;

	while (end < selector.len && selector.ptr[end] != '/' && selector.ptr[end] != '(')
		end++;
	name = slice_trim(slice_sub(selector, 0, end));
	rest = slice_sub(selector, end + 1, selector.len);
	if (rest.len && rest.ptr[rest.len - 1] == ')' && selector.ptr[end] == '(')
		rest.len--;
	for (size_t i = 0; i < value_len(v); i++) {
		struct slice key = value_map_key(v, i);
		struct value member = *value_map_at(v, i);

		if (slice_is(name, "*") || slice_equal(name, key))
			value_map_set(out, key,
				      end < selector.len ? select_from(member, rest, depth + 1) : value_ref(member));
	}
}

static struct value select_from(struct value v, struct slice fields, int depth)
{
	struct value out;
	size_t from = 0;

	if (depth > SELECT_MAX_DEPTH)
		return value_null();
	if (v.kind == VALUE_LIST) {
		out = value_list_new(value_len(v));
		for (size_t i = 0; i < value_len(v); i++)
			value_list_push(&out, select_from(*value_list_at(v, i), fields, depth + 1));
		return out;
	}
	if (v.kind != VALUE_MAP)
		return value_ref(v);
	out = value_map_new();
	while (from < fields.len) {
		size_t end = selector_end(fields, from);

		select_one(v, slice_sub(fields, from, end), &out, depth);
		from = end + 1;
	}
	return out;
}

struct value proto_select(struct value answer, struct slice fields)
{
	return fields.len ? select_from(answer, fields, 0) : value_ref(answer);
}

/* ---- single values */

void proto_put_time(struct value *map, const char *key, int64_t us)
{
	char text[CLOCK_TEXT_SIZE];

	if (us)
		value_put(map, key, value_string_z(clock_format_utc(us, text)));
}

void proto_put_text(struct value *map, const char *key, struct slice text)
{
	if (text.len)
		value_put(map, key, value_string(text));
}

void proto_put_duration(struct value *map, const char *key, int64_t us)
{
	if (us < 0)
		us = 0;
	value_put(map, key, value_stringf("%lld.%06llds", (long long)(us / 1000000), (long long)(us % 1000000)));
}

/* Digits [0, width) of *text as a number, and past them; -1 for something else. */
static int64_t read_digits(struct slice *text, size_t width)
{
	int64_t number = 0;

	if (text->len < width)
		return -1;
	for (size_t i = 0; i < width; i++) {
		if (!isdigit((unsigned char)text->ptr[i]))
			return -1;
		number = number * 10 + (text->ptr[i] - '0');
	}
	*text = slice_sub(*text, width, text->len);
	return number;
}

static bool skip(struct slice *text, const char *any)
{
	if (!text->len || !strchr(any, text->ptr[0]))
		return false;
	*text = slice_sub(*text, 1, text->len);
	return true;
}

/* ".070039707" in microseconds; what is finer is cut off. */
static int64_t read_fraction_us(struct slice *text)
{
	int64_t us = 0, unit = 100000;

	if (!skip(text, "."))
		return 0;
	while (text->len && isdigit((unsigned char)text->ptr[0])) {
		us += unit * (text->ptr[0] - '0');
		unit /= 10;
		*text = slice_sub(*text, 1, text->len);
	}
	return us;
}

/* "Z", "+02:00": seconds east of Greenwich; false for something else. */
static bool read_offset(struct slice *text, int64_t *seconds)
{
	int64_t sign, hours, minutes;

	*seconds = 0;
	if (skip(text, "Zz"))
		return true;
	sign = text->len && text->ptr[0] == '-' ? -1 : 1;
	if (!skip(text, "+-"))
		return false;
	hours = read_digits(text, 2);
	minutes = skip(text, ":") ? read_digits(text, 2) : -1;
	*seconds = sign * (hours * 3600 + minutes * 60);
	return hours >= 0 && minutes >= 0;
}

bool proto_read_time(struct slice text, int64_t *us)
{
	int64_t year = read_digits(&text, 4), offset = 0, fraction = 0;
	int64_t month = skip(&text, "-") ? read_digits(&text, 2) : -1;
	int64_t day = skip(&text, "-") ? read_digits(&text, 2) : -1;
	int64_t hour = 0, minute = 0, second = 0;
	struct tm tm = {.tm_year = (int)year - 1900, .tm_mon = (int)month - 1, .tm_mday = (int)day};

	if (year < 0 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	if (text.len) {
		hour = skip(&text, "Tt ") ? read_digits(&text, 2) : -1;
		minute = skip(&text, ":") ? read_digits(&text, 2) : -1;
		second = skip(&text, ":") ? read_digits(&text, 2) : -1;
		fraction = read_fraction_us(&text);
		if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 ||
		    !read_offset(&text, &offset) || text.len)
			return false;
	}
	*us = ((int64_t)timegm(&tm) + hour * 3600 + minute * 60 + second - offset) * 1000000 + fraction;
	return true;
}

bool proto_read_duration(struct slice text, int64_t *us)
{
	char number[40] = "";
	char *end;
	double seconds;

	if (text.len < 2 || text.len >= sizeof(number) || text.ptr[text.len - 1] != 's')
		return false;
	memcpy(number, text.ptr, text.len - 1);
	seconds = strtod(number, &end);
	if (*end || isspace((unsigned char)number[0]) || !(fabs(seconds) < 1e12))
		return false;
	*us = (int64_t)llround(seconds * 1e6);
	return true;
}
