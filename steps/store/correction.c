/* correction.c - reading and applying what a person said about a record; see correction.h. */
#include "steps/store/correction.h"

#include <string.h>

enum {
	MAX_ITEMS = 1000, /* of a field */
	MAX_MEMBERS = 30, /* of an item */
	MAX_TEXT = 4000,  /* bytes of a member */
};

void correction_release(struct correction *correction)
{
	value_unref(correction->field);
	value_unref(correction->was);
	value_unref(correction->becomes);
}

struct slice correction_document(struct value line)
{
	struct slice document = value_get_text(line, "document");

	return document.len ? document : value_get_text(line, "id");
}

/* ---- items */

static bool is_about_finding(struct slice name)
{
	static const char *const names[] = {"quote", "rule", "model", "guess"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_is(name, names[i]))
			return true;
	return false;
}

struct value correction_members(struct value item)
{
	struct value members = value_map_new();

	if (item.kind == VALUE_STRING)
		value_put(&members, "value", value_ref(item));
	for (size_t i = 0; item.kind == VALUE_MAP && i < value_len(item); i++)
		if (value_map_at(item, i)->kind == VALUE_STRING && !is_about_finding(value_map_key(item, i)))
			value_map_set(&members, value_map_key(item, i), value_ref(*value_map_at(item, i)));
	return members;
}

static bool has_same_members(struct value a, struct value b)
{
	struct value left = correction_members(a), right = correction_members(b);
	bool same = value_equal(left, right);

	value_unref(left);
	value_unref(right);
	return same;
}

static bool read_span(struct value item, int64_t *start, int64_t *end)
{
	const struct value *span = value_get(item, "span");

	*start = span ? value_get_int(*span, "start", -1) : -1;
	*end = span ? value_get_int(*span, "end", -1) : -1;
	return *start >= 0 && *end > *start;
}

static bool overlaps(struct value a, struct value b)
{
	int64_t a_start, a_end, b_start, b_end;

	return read_span(a, &a_start, &a_end) && read_span(b, &b_start, &b_end) && a_start < b_end &&
	       b_start < a_end;
}

/* The item of the list that is meant: SIZE_MAX when none is, or several could be. What another correction made is
 * never meant by its place alone. */
static size_t find_item(struct value list, struct value was)
{
	size_t found = SIZE_MAX, count = 0;

	for (size_t i = 0; i < value_len(list); i++)
		if (has_same_members(*value_list_at(list, i), was))
			return i;
	for (size_t i = 0; i < value_len(list); i++) {
		struct value item = *value_list_at(list, i);

		if (overlaps(item, was) && !value_get_bool(item, "reviewed", false)) {
			found = i;
			count++;
		}
	}
	return count == 1 ? found : SIZE_MAX;
}

/* ---- applying */

/* `item` as it stands in the record: place and words of what it was, unless it brings its own. */
static struct value reviewed_item(struct value item, struct value before)
{
	static const char *const places[] = {"span", "quote", "page", "page_offset"};
	struct value result = item.kind == VALUE_MAP ? value_ref(item) : correction_members(item);
	const struct value *place;

	for (size_t i = 0; !value_get(item, "quote") && i < sizeof(places) / sizeof(places[0]); i++)
		if ((place = value_get(before, places[i])))
			value_put(&result, places[i], value_ref(*place));
	value_put(&result, "confidence", value_int(1));
	value_put(&result, "reviewed", value_bool(true));
	return result;
}

static struct value reviewed_list(struct value items)
{
	struct value list = value_list_new(value_len(items));

	for (size_t i = 0; i < value_len(items); i++)
		value_list_push(&list, reviewed_item(*value_list_at(items, i), value_null()));
	return list;
}

/* The list with the correction in it: at the place of the item it means, else at the end. */
static struct value corrected_list(const struct correction *correction, struct value list)
{
	struct value result = value_list_new(value_len(list) + 1), becomes = correction->becomes;
	size_t meant = value_is_null(correction->was) ? SIZE_MAX : find_item(list, correction->was);
	bool is_there = value_is_null(becomes);

	for (size_t i = 0; i < value_len(list); i++) {
		struct value item = *value_list_at(list, i);
		bool is_same = !value_is_null(becomes) && has_same_members(item, becomes);

		if (i != meant && !is_same) {
			value_list_push(&result, value_ref(item));
		} else if (!is_there) { /* once, however often it was found */
			value_list_push(&result, reviewed_item(becomes, item));
			is_there = true;
		}
	}
	if (!is_there)
		value_list_push(&result, reviewed_item(becomes, correction->was));
	return result;
}

static struct value corrected_field(const struct correction *correction, struct value field)
{
	if (correction->is_whole && correction->becomes.kind == VALUE_LIST)
		return reviewed_list(correction->becomes);
	if (!correction->is_whole &&
	    (field.kind == VALUE_LIST || (correction->of_list && value_is_null(field))))
		return corrected_list(correction, field);
	return value_is_null(correction->becomes) ? value_null() : reviewed_item(correction->becomes, field);
}

static void mark_field(struct value *part, struct value name)
{
	const struct value *before = value_get(*part, "reviewed");
	struct value names = before && before->kind == VALUE_LIST ? value_ref(*before) : value_list_new(1);
	bool is_there = false;

	for (size_t i = 0; i < value_len(names); i++)
		is_there = is_there || value_equal(*value_list_at(names, i), name);
	if (!is_there)
		value_list_push(&names, value_ref(name));
	value_put(part, "reviewed", names);
}

static struct value part_of(struct value map, const char *name)
{
	const struct value *part = value_get(map, name);

	return part && part->kind == VALUE_MAP ? value_ref(*part) : value_map_new();
}

static bool is_classification(struct slice field)
{
	return slice_is(field, "doc_type") || slice_is(field, "matters");
}

/* Labels carry a probability, not a confidence. */
static struct value as_label(struct value item)
{
	struct value result = value_ref(item);

	if (result.kind != VALUE_MAP)
		return result;
	value_map_delete(&result, SLICE("confidence"));
	value_put(&result, "probability", value_int(1));
	return result;
}

static struct value as_labels(struct value taken)
{
	struct value result;

	if (taken.kind != VALUE_LIST) {
		result = as_label(taken);
	} else {
		result = value_list_new(value_len(taken));
		for (size_t i = 0; i < value_len(taken); i++) {
			struct value item = *value_list_at(taken, i);

			value_list_push(&result, value_get_bool(item, "reviewed", false) ? as_label(item)
											 : value_ref(item));
		}
	}
	value_unref(taken);
	return result;
}

void correction_apply(const struct correction *correction, struct value *record)
{
	struct slice name = value_text(correction->field);
	bool of_type = is_classification(name);
	struct value part = part_of(*record, of_type ? "classification" : "extraction");
	struct value fields = of_type ? value_ref(part) : part_of(part, "fields");
	const struct value *before = value_map_get(fields, name);
	struct value field = corrected_field(correction, before ? *before : value_null());

	value_map_set(&fields, name, of_type ? as_labels(field) : field);
	if (of_type) {
		value_unref(part);
		part = fields;
	} else {
		value_put(&part, "fields", fields);
	}
	mark_field(&part, correction->field);
	value_put(record, of_type ? "classification" : "extraction", part);
}

/* ---- reading */

/* Texts and plain numbers; a span and a page are taken as they are. NULL, or what is wrong. */
static const char *check_item(struct value item)
{
	if (item.kind == VALUE_STRING)
		return value_text(item).len > MAX_TEXT ? "a text is too long" : NULL;
	if (item.kind != VALUE_MAP)
		return "an item is an object or a text";
	if (value_len(item) > MAX_MEMBERS)
		return "an item has too many members";
	for (size_t i = 0; i < value_len(item); i++) {
		struct value member = *value_map_at(item, i);

		if (member.kind == VALUE_LIST ||
		    (member.kind == VALUE_MAP && !slice_is(value_map_key(item, i), "span")))
			return "a member of an item is a text or a number";
		if (value_text(member).len > MAX_TEXT)
			return "a text is too long";
	}
	return NULL;
}

/* Amounts and the like are texts in records. */
static struct value clean_item(struct value item)
{
	struct value result;

	if (item.kind != VALUE_MAP)
		return correction_members(item);
	result = value_map_new();
	for (size_t i = 0; i < value_len(item); i++) {
		struct slice name = value_map_key(item, i);
		struct value member = *value_map_at(item, i);

		if (value_is_null(member) || slice_is(name, "reviewed") || slice_is(name, "confidence") ||
		    slice_is(name, "rule"))
			continue;
		if (member.kind == VALUE_INT && !slice_is(name, "page") && !slice_is(name, "page_offset"))
			value_map_set(&result, name, value_stringf("%lld", (long long)member.as.integer));
		else
			value_map_set(&result, name, value_ref(member));
	}
	return result;
}

static struct value fields_of(struct value record, struct slice name)
{
	struct value part = part_of(record, is_classification(name) ? "classification" : "extraction"),
		     fields;

	if (is_classification(name))
		return part;
	fields = part_of(part, "fields");
	value_unref(part);
	return fields;
}

/* A name that is no field of the document's is a slip, unless the record has no fields to tell by. */
static bool is_known(struct value record, struct slice name)
{
	static const char *const annotated[] = {"doc_type",   "matters",  "doc_date", "authorities",
						"references", "parties",  "money",    "legal_basis",
						"measures",   "admission"};
	struct value fields = fields_of(record, name);
	bool known = value_map_get(fields, name) != NULL;

	for (size_t i = 0; !known && i < sizeof(annotated) / sizeof(annotated[0]); i++)
		known = slice_is(name, annotated[i]);
	value_unref(fields);
	return known;
}

/* Members of an annotated record that are no fields. */
static bool is_no_field(struct slice name)
{
	static const char *const others[] = {"id",     "document",   "language", "title", "notes",
					     "source", "text",       "file",     "court", "split",
					     "by",     "case_group", "reviewed"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (slice_is(name, others[i]))
			return true;
	return false;
}

static int refuse(struct slice name, const char *wrong, struct error *err)
{
	return error_set(err, ERROR_INPUT, "field \"%.*s\": %s", (int)(name.len < 80 ? name.len : 80),
			 name.ptr, wrong);
}

static int read_whole(struct slice name, struct value said, struct correction *correction, struct error *err)
{
	const char *wrong = value_is_null(said) ? NULL : said.kind == VALUE_LIST ? NULL : check_item(said);

	if (said.kind == VALUE_LIST && value_len(said) > MAX_ITEMS)
		wrong = "too many items";
	for (size_t i = 0; !wrong && said.kind == VALUE_LIST && i < value_len(said); i++)
		wrong = check_item(*value_list_at(said, i));
	if (wrong)
		return refuse(name, wrong, err);
	correction->is_whole = true;
	correction->of_list = said.kind == VALUE_LIST;
	correction->field = value_string(name);
	correction->was = value_null();
	if (said.kind != VALUE_LIST) {
		correction->becomes = value_is_null(said) ? value_null() : clean_item(said);
		return 0;
	}
	correction->becomes = value_list_new(value_len(said));
	for (size_t i = 0; i < value_len(said); i++)
		value_list_push(&correction->becomes, clean_item(*value_list_at(said, i)));
	return 0;
}

static bool is_list(struct value record, struct slice name)
{
	static const char *const single[] = {"doc_type", "doc_date", "admission", "title", "court"};
	struct value fields = fields_of(record, name);
	const struct value *field = value_map_get(fields, name);
	bool list = field ? field->kind == VALUE_LIST : true;

	for (size_t i = 0; !field && i < sizeof(single) / sizeof(single[0]); i++)
		list = list && !slice_is(name, single[i]);
	value_unref(fields);
	return list;
}

/* Does another item of the field stand at its place? Then the place does not tell which is meant. */
static bool is_alone(struct value record, struct slice name, struct value was)
{
	struct value fields = fields_of(record, name);
	const struct value *list = value_map_get(fields, name);
	bool alone = true;

	for (size_t i = 0; list && list->kind == VALUE_LIST && i < value_len(*list); i++)
		if (overlaps(*value_list_at(*list, i), was) &&
		    !has_same_members(*value_list_at(*list, i), was))
			alone = false;
	value_unref(fields);
	return alone;
}

/* Where the item was found is where the right one stands, unless the correction says otherwise. */
static struct value placed(struct value taken, struct value line)
{
	static const char *const places[] = {"span", "quote", "page", "page_offset"};
	bool has_own = value_get(taken, "quote") != NULL;

	for (size_t i = 0; taken.kind == VALUE_MAP && !has_own && i < sizeof(places) / sizeof(places[0]);
	     i++) {
		const struct value *place = value_get(line, places[i]);

		if (place && !value_is_null(*place))
			value_put(&taken, places[i], value_ref(*place));
	}
	return taken;
}

/* 1, 0 when nobody judged the line, or -1. */
static int read_judged(struct value line, struct value record, struct correction *correction,
		       struct error *err)
{
	const struct value *said = value_get(line, "correct"), *meant = value_get(line, "value");
	const struct value *span = value_get(line, "span");
	struct slice name = value_get_text(line, "field");
	bool is_right = said && said->kind == VALUE_BOOL && said->as.boolean;
	bool is_gone = said && !is_right && (value_is_null(*said) || said->kind == VALUE_BOOL);
	const char *wrong = NULL;
	struct value was = value_null();

	if (!said)
		return 0;
	if (meant && !value_is_null(*meant)) {
		wrong = check_item(*meant);
		was = correction_members(*meant);
		if (span && span->kind == VALUE_MAP)
			value_put(&was, "span", value_ref(*span));
		if (!is_alone(record, name, was))
			value_map_delete(&was, SLICE("span"));
	}
	if (is_right && value_is_null(was))
		wrong = "\"correct\": true needs the \"value\" that is right";
	else if (!is_right && !is_gone && !wrong)
		wrong = check_item(*said);
	if (wrong) {
		value_unref(was);
		return refuse(name, wrong, err);
	}
	correction->is_whole = false;
	correction->of_list = is_list(record, name);
	correction->field = value_string(name);
	correction->was = was;
	if (is_right)
		correction->becomes = placed(correction_members(was), line);
	else
		correction->becomes = is_gone ? value_null() : placed(clean_item(*said), line);
	return 1;
}

int correction_read(struct value line, struct value record, void (*each)(void *ctx, struct correction *taken),
		    void *ctx, struct error *err)
{
	struct slice name = value_get_text(line, "field");
	struct correction correction;
	int count = 0, status;

	if (name.len) {
		if (!is_known(record, name))
			return refuse(name, "the document has no such field", err);
		status = read_judged(line, record, &correction, err);
		if (status == 1)
			each(ctx, &correction);
		return status;
	}
	for (size_t i = 0; i < value_len(line); i++) {
		name = value_map_key(line, i);
		if (is_no_field(name))
			continue;
		if (!is_known(record, name))
			return refuse(name, "the document has no such field", err);
		if (read_whole(name, *value_map_at(line, i), &correction, err) < 0)
			return -1;
		each(ctx, &correction);
		count++;
	}
	return count;
}
