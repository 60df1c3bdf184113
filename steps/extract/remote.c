/* remote.c - fields by a model that is served elsewhere; see remote.h. */
#include "steps/extract/remote.h"

#include "steps/extract/grounding.h"
#include "steps/extract/members.h"

#include <math.h>
#include <string.h>

enum {
	MAX_ITEMS = 100,  /* of a field */
	MAX_DROPPED = 50, /* listed */
	MAX_QUOTE = 2000, /* bytes */
	MAX_SHOWN = 120,  /* characters of what is dropped */
	NAME_BYTES = 80,
};

static const char task[] = "Extract the fields of the schema from the document, a decision of a regulator or "
			   "a court. Every item has a "
			   "\"quote\": the exact words of the document that say it, at most 200 characters, "
			   "copied and not corrected; an "
			   "item without such words does not exist. \"confidence\" (0 to 1) is how sure you "
			   "are of the item. Dates are "
			   "YYYY-MM-DD, amounts are plain decimal numbers without separators, currencies are "
			   "three letters. A member that "
			   "the document does not give is null, a field without items is an empty list or "
			   "null. Take only what concerns "
			   "the matter that the document itself decides or reports.";

struct judging {
	struct grounding grounding;
	struct value pages;
	struct value fields;  /* what stands */
	struct value dropped; /* what does not, and why */
};

static void drop(struct judging *judging, struct slice field, struct slice what, const char *reason)
{
	struct value one = value_map_new();

	if (value_len(judging->dropped) < MAX_DROPPED) {
		value_put(&one, "field",
			  value_string_repaired(slice_sub(field, 0, utf8_offset(field, NAME_BYTES))));
		if (what.len)
			value_put(&one, "quote",
				  value_string_repaired(slice_sub(what, 0, utf8_offset(what, MAX_SHOWN))));
		value_put(&one, "reason", value_string_z(reason));
		value_list_push(&judging->dropped, value_ref(one));
	}
	value_unref(one);
}

/* ---- one item */

/* A number is as good as its text: models write amounts as either. */
static void said_as_text(struct value said, struct buf *text)
{
	if (said.kind == VALUE_STRING)
		buf_add_slice(text, value_text(said));
	else if (said.kind == VALUE_INT)
		buf_printf(text, "%lld", (long long)said.as.integer);
	else if (said.kind == VALUE_DOUBLE && fabs(said.as.number) < 1e15)
		buf_printf(text, "%.15g", said.as.number);
}

/* NULL, or why the item cannot stand. */
static const char *take_members(const struct field *field, struct value members, struct value said,
				struct value *item)
{
	const char *wrong = NULL;
	size_t count = 0;

	for (size_t i = 0; i < value_len(members) && !wrong; i++) {
		struct slice name = value_map_key(members, i);
		const struct value *member = value_map_get(said, name);
		struct buf text, value;

		if (!member || value_is_null(*member))
			continue;
		buf_init(&text, 0);
		buf_init(&value, 0);
		said_as_text(*member, &text);
		if (text.len == 0 && member->kind == VALUE_STRING)
			count++; /* an empty text is no value and no mistake */
		else if (!members_take(field, members, name, buf_slice(&text), &value))
			wrong = "a member has a value that it cannot have";
		else
			value_map_set(item, name, value_string(buf_slice(&value)));
		buf_release(&value);
		buf_release(&text);
	}
	if (!wrong && value_len(*item) == 0)
		wrong = count ? "its members are empty" : "it has no member that the field knows";
	return wrong;
}

static double confidence_of(struct value said)
{
	const struct value *number = value_get(said, "confidence");
	double confidence = number && value_is_number(*number) ? value_number(*number) : 0.5;

	return confidence >= 0 && confidence <= 1 ? confidence : 0.5;
}

/* Where the answer says that the quote stands, in code points; SIZE_MAX when it does not. */
static size_t near_of(struct value said)
{
	const struct value *span = value_get(said, "span");
	int64_t start = span ? value_get_int(*span, "start", -1) : -1;

	return start < 0 ? SIZE_MAX : (size_t)start;
}

/* True: *item is what stands. */
static bool judge_item(struct judging *judging, const struct field *field, struct value members,
		       struct value said, struct value *item)
{
	struct slice quote = value_get_text(said, "quote");
	struct ground ground;
	const char *wrong = NULL;

	*item = value_map_new();
	if (!quote.len)
		wrong = "it has no quote";
	else if (quote.len > MAX_QUOTE)
		wrong = "its quote is too long";
	else if (!grounding_find(&judging->grounding, quote, near_of(said), &ground))
		wrong = "its quote is not in the text";
	else
		wrong = take_members(field, members, said, item);
	if (wrong) {
		drop(judging, field->name, quote, wrong);
		value_unref(*item);
		return false;
	}
	grounding_put(&judging->grounding, ground, judging->pages, item);
	value_put(item, "confidence", value_double(confidence_of(said)));
	value_put(item, "rule", value_string_z("endpoint"));
	return true;
}

/* ---- fields */

static void judge_field(struct judging *judging, const struct field *field, const struct value *said)
{
	struct value members = members_of(field), list = value_list_new(0), item;
	size_t count = !said                      ? 0
		       : said->kind == VALUE_LIST ? value_len(*said)
		       : said->kind == VALUE_MAP  ? 1
						  : 0;

	for (size_t i = 0; i < count && i < MAX_ITEMS; i++)
		if (judge_item(judging, field, members,
			       said->kind == VALUE_LIST ? *value_list_at(*said, i) : *said, &item))
			value_list_push(&list, item);
	if (count > MAX_ITEMS)
		drop(judging, field->name, slice_of(NULL), "too many items: those after the first hundred");
	if (!field->one)
		value_map_set(&judging->fields, field->name, value_ref(list));
	else
		value_map_set(&judging->fields, field->name,
			      value_len(list) ? value_ref(*value_list_at(list, 0)) : value_null());
	value_unref(list);
	value_unref(members);
}

static bool is_field(const struct model *model, struct slice name)
{
	for (const struct field *field = model->fields; field; field = field->next)
		if (slice_equal(field->name, name))
			return true;
	return false;
}

/* A step elsewhere answers with a record; a chat with the fields themselves. */
static const struct value *fields_in(const struct value *content)
{
	const struct value *extraction = value_get(*content, "extraction");
	const struct value *fields =
		extraction ? value_get(*extraction, "fields") : value_get(*content, "fields");

	return fields && fields->kind == VALUE_MAP ? fields : extraction ? NULL : content;
}

static int judge(struct judging *judging, const struct model *model, const struct value *content,
		 struct error *err)
{
	const struct value *fields = fields_in(content);
	bool any = false;

	if (!fields)
		return error_set(err, ERROR_INPUT, "the endpoint's answer has no \"fields\"");
	for (const struct field *field = model->fields; field; field = field->next) {
		const struct value *said = value_map_get(*fields, field->name);

		any = any || said;
		judge_field(judging, field, said);
	}
	for (size_t i = 0; any && i < value_len(*fields); i++)
		if (!is_field(model, value_map_key(*fields, i)))
			drop(judging, value_map_key(*fields, i), slice_of(NULL),
			     "it is no field of the model");
	return any ? 0 : error_set(err, ERROR_INPUT, "the endpoint's answer has no field that we know");
}

/* A record for a step elsewhere: it cannot read our document store, so the text travels. */
static struct value make_instance(struct value request, struct slice text)
{
	static const char *const names[] = {"id", "language", "title", "pages", "dates", "classification"};
	struct value instance = value_map_new();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct value *member = value_get(request, names[i]);

		if (member)
			value_put(&instance, names[i], value_ref(*member));
	}
	value_put(&instance, "text", value_string(text));
	return instance;
}

static struct value extraction_of(const struct judging *judging, const struct endpoint_answer *answer,
				  bool cut)
{
	struct value extraction = value_map_new();

	value_put(&extraction, "model", value_string_z(answer->model));
	value_put(&extraction, "fields", value_ref(judging->fields));
	if (value_len(judging->dropped))
		value_put(&extraction, "dropped", value_ref(judging->dropped));
	if (cut)
		value_put(&extraction, "partial", value_bool(true));
	return extraction;
}

int remote_extract(struct endpoint *endpoint, const struct model *model, struct step_call *call,
		   struct value request, struct slice text, struct value pages, struct value *extraction,
		   struct error *err)
{
	bool cut;
	struct slice excerpt = endpoint_excerpt(endpoint, text, &cut);
	struct endpoint_question question = {
		.instance = make_instance(request, excerpt),
		.name = "extraction",
		.task = task,
		.schema = members_schema(model),
		.document = excerpt,
		.deadline_ms = call->deadline_ms,
		.trace = call->trace,
		.project = call->setup->project,
	};
	struct judging judging = {.pages = pages, .fields = value_map_new(), .dropped = value_list_new(0)};
	struct endpoint_answer answer;
	int status = endpoint_ask(endpoint, &question, &answer, err);

	if (status == 0) {
		grounding_init(&judging.grounding, excerpt);
		status = judge(&judging, model, &answer.content, err);
		grounding_release(&judging.grounding);
	}
	if (status == 0)
		*extraction = extraction_of(&judging, &answer, cut);
	call->retry_after_s = answer.retry_after_s;
	value_unref(answer.content);
	value_unref(judging.fields);
	value_unref(judging.dropped);
	value_unref(question.instance);
	value_unref(question.schema);
	return status;
}
