/* decision.c - finding a row's columns in a record; see decision.h. */
#include "steps/store/decision.h"

/* Longer lists of names than this are cut in the row; the record has them all. */
enum { JOINED_LIMIT = 64 << 10 };

bool decision_is_failure(struct value record)
{
	const struct value *error = value_get(record, "error");

	return error && !value_is_null(*error);
}

static bool has_control(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
			return true;
	}
	return false;
}

static int failure_key(struct value record, struct buf *key, struct error *err)
{
	static const char *const names[] = {"source", "id", "operand"};
	int64_t line = value_get_int(record, "line", 0);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct slice text = value_get_text(record, names[i]);

		if (text.len)
			return buf_add_slice(key, text);
	}
	if (line > 0)
		return buf_printf(key, "line %lld", (long long)line);
	error_set(err, ERROR_INPUT, "a failed record needs a \"source\" or an \"id\"");
	error_hint(err, "pass on what failed as the step before printed it");
	return -1;
}

static int id_key(struct value record, struct buf *key, struct error *err)
{
	struct slice id = value_get_text(record, "id");

	if (record.kind != VALUE_MAP)
		return error_set(err, ERROR_INPUT, "a record must be an object, this is a %s",
				 value_kind_name(record.kind));
	if (!id.len) {
		error_set(err, ERROR_INPUT, "the record has no \"id\"");
		error_hint(err, "send records as `ingest` prints them: {\"id\": …, \"source\": …, …}");
		return -1;
	}
	if (id.len > DECISION_MAX_ID || has_control(id))
		return error_set(err, ERROR_INPUT,
				 "the record's \"id\" is longer than %d bytes or holds control characters",
				 DECISION_MAX_ID);
	return buf_add_slice(key, id);
}

int decision_key(struct value record, struct buf *key, struct error *err)
{
	return decision_is_failure(record) ? failure_key(record, key, err) : id_key(record, key, err);
}

const struct value *decision_field(struct value record, const char *name)
{
	const struct value *extraction = value_get(record, "extraction");
	const struct value *fields = extraction ? value_get(*extraction, "fields") : NULL;
	const struct value *list = fields ? value_get(*fields, name) : NULL;

	return list && list->kind == VALUE_LIST ? list : NULL;
}

struct slice decision_item_text(struct value item, const char *name)
{
	return item.kind == VALUE_STRING ? value_text(item) : value_get_text(item, name);
}

static void join(struct buf *out, const struct value *list, const char *name)
{
	buf_init(out, JOINED_LIMIT);
	for (size_t i = 0; list && i < value_len(*list); i++) {
		struct slice text = slice_trim(decision_item_text(*value_list_at(*list, i), name));
		size_t before = out->len;

		if (!text.len)
			continue;
		if ((out->len && buf_add_text(out, "; ") < 0) || buf_add_slice(out, text) < 0) {
			out->len = before; /* whole names only */
			return;
		}
	}
}

void decision_init(struct decision *decision, struct value record)
{
	const struct value *classification = value_get(record, "classification");
	const struct value *type = classification ? value_get(*classification, "doc_type") : NULL;
	const struct value *probability = type ? value_get(*type, "probability") : NULL;
	const struct value *extraction = value_get(record, "extraction");
	const struct value *fields = extraction ? value_get(*extraction, "fields") : NULL;
	const struct value *date = fields ? value_get(*fields, "doc_date") : NULL;

	*decision = (struct decision){
		.id = value_get_text(record, "id"),
		.source = value_get_text(record, "source"),
		.media_type = value_get_text(record, "media_type"),
		.language = value_get_text(record, "language"),
		.title = value_get_text(record, "title"),
		.text_uri = value_get_text(record, "text_uri"),
		.doc_type = type ? decision_item_text(*type, "value") : slice_of(NULL),
		.probability = probability && value_is_number(*probability) ? value_number(*probability) : -1,
		.doc_date = date ? decision_item_text(*date, "value") : slice_of(NULL),
		.model = extraction ? value_get_text(*extraction, "model") : slice_of(NULL),
	};
	join(&decision->authorities, decision_field(record, "authorities"), "value");
	join(&decision->parties, decision_field(record, "parties"), "name");
	sanction_init(&decision->sanction, decision_field(record, "money"));
}

void decision_release(struct decision *decision)
{
	buf_release(&decision->authorities);
	buf_release(&decision->parties);
	sanction_release(&decision->sanction);
}
