/* remote.c - a classification by a model that is served elsewhere; see remote.h. */
#include "steps/classify/remote.h"

#include <math.h>

enum {
	MAX_WORDS = 5,    /* named for a type */
	MAX_MATTERS = 4,  /* more is a list of everything */
	MAX_DROPPED = 20, /* listed */
	MAX_WORD_BYTES = 200,
};

static const char task[] =
	"Classify the document. \"doc_type\" is what the document itself is, judged by its heading, forum "
	"and verbs, "
	"not what it reports on; \"unknown\" when none of the types fits. \"probability\" (0 to 1) is how "
	"sure you "
	"are of the type. \"words\" are up to five short phrases of the document, word for word, that "
	"decided. "
	"\"matters\" are what the case is about, one to four, the surest first, each with a probability.";

/* ---- the schema of an answer */

static struct value of_type(const char *type)
{
	struct value schema = value_map_new();

	value_put(&schema, "type", value_string_z(type));
	return schema;
}

static struct value one_of(struct value taken_labels)
{
	struct value schema = of_type("string");

	value_put(&schema, "enum", taken_labels);
	return schema;
}

static struct value list_of(struct value taken_items)
{
	struct value schema = of_type("array");

	value_put(&schema, "items", taken_items);
	return schema;
}

/* All members required and no others: what "strict" asks of a schema. */
static struct value object_of(struct value taken_members)
{
	struct value schema = of_type("object"), names = value_list_new(value_len(taken_members));

	for (size_t i = 0; i < value_len(taken_members); i++)
		value_list_push(&names, value_string(value_map_key(taken_members, i)));
	value_put(&schema, "properties", taken_members);
	value_put(&schema, "required", names);
	value_put(&schema, "additionalProperties", value_bool(false));
	return schema;
}

static struct value answer_schema(const struct classifier *classifier, unsigned tasks)
{
	struct value members = value_map_new(), matter, types;

	if (tasks & CLASSIFY_TYPE) {
		types = classifier_labels(classifier, CLASSIFY_TYPE);
		value_list_push(&types, value_string_z("unknown"));
		value_put(&members, "doc_type", one_of(types));
		value_put(&members, "probability", of_type("number"));
		value_put(&members, "words", list_of(of_type("string")));
	}
	if (tasks & CLASSIFY_MATTERS) {
		matter = value_map_new();
		value_put(&matter, "value", one_of(classifier_labels(classifier, CLASSIFY_MATTERS)));
		value_put(&matter, "probability", of_type("number"));
		value_put(&members, "matters", list_of(object_of(matter)));
	}
	return object_of(members);
}

/* A record for a step elsewhere: it cannot read our document store, so the text travels. */
static struct value make_instance(struct value request, struct slice text)
{
	static const char *const members[] = {"id", "language", "title", "tasks"};
	struct value instance = value_map_new();

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const struct value *member = value_get(request, members[i]);

		if (member)
			value_put(&instance, members[i], value_ref(*member));
	}
	value_put(&instance, "text", value_string_repaired(text));
	return instance;
}

/* ---- judging it */

struct judging {
	const struct classifier *classifier;
	struct slice text;
	struct value found;   /* what stands */
	struct value dropped; /* what does not, and why */
};

static void drop(struct judging *judging, const char *member, struct slice what, const char *reason)
{
	struct value one = value_map_new();

	if (value_len(judging->dropped) < MAX_DROPPED) {
		value_put(&one, "member", value_string_z(member));
		value_put(&one, "value",
			  value_string_repaired(slice_sub(what, 0, utf8_offset(what, MAX_WORD_BYTES))));
		value_put(&one, "reason", value_string_z(reason));
		value_list_push(&judging->dropped, value_ref(one));
	}
	value_unref(one);
}

static bool is_label(const struct classifier *classifier, enum classify_task kind, struct slice name)
{
	struct value labels = classifier_labels(classifier, kind);
	bool found = false;

	for (size_t i = 0; !found && i < value_len(labels); i++)
		found = slice_equal(value_text(*value_list_at(labels, i)), name);
	value_unref(labels);
	return found;
}

/* Four places, as the embedded models give them; negative when it is no probability. */
static double probability_of(const struct value *number)
{
	double p = number && value_is_number(*number) ? value_number(*number) : -1;

	return p >= 0 && p <= 1 ? round(p * 1e4) / 1e4 : -1;
}

static void judge_words(struct judging *judging, const struct value *words, struct value *type)
{
	struct value kept = value_list_new(0);

	for (size_t i = 0; words && words->kind == VALUE_LIST && i < value_len(*words); i++) {
		struct value item = *value_list_at(*words, i), one;
		struct slice phrase =
			item.kind == VALUE_STRING ? value_text(item) : value_get_text(item, "words");

		if (!phrase.len || value_len(kept) == MAX_WORDS)
			continue;
		/* a step elsewhere names words as its model has them: folded, and not as they stand in the text */
		if (item.kind == VALUE_STRING && slice_find(judging->text, phrase, 0) == SIZE_MAX) {
			drop(judging, "words", phrase, "not in the text");
			continue;
		}
		one = value_map_new();
		value_put(&one, "words",
			  value_string(slice_sub(phrase, 0, utf8_offset(phrase, MAX_WORD_BYTES))));
		if (item.kind == VALUE_MAP && value_get(item, "weight") &&
		    value_is_number(*value_get(item, "weight")))
			value_put(&one, "weight", value_ref(*value_get(item, "weight")));
		value_list_push(&kept, one);
	}
	value_put(type, "words", kept);
}

/* `answer` has doc_type as a label with probability and words beside it (chat), or as an object that holds them
 * (a step elsewhere). */
static int judge_type(struct judging *judging, struct value answer, struct error *err)
{
	const struct value *member = value_get(answer, "doc_type");
	struct value holder = member && member->kind == VALUE_MAP ? *member : answer;
	struct slice name = member && member->kind == VALUE_MAP ? value_get_text(*member, "value")
			    : member                            ? value_text(*member)
								: slice_of(NULL);
	double p = probability_of(value_get(holder, "probability"));
	bool is_unknown = slice_is(name, "unknown");
	struct slice guess = value_get_text(holder, "guess");
	struct value type;

	if (!is_unknown && !is_label(judging->classifier, CLASSIFY_TYPE, name))
		return error_set(err, ERROR_INPUT, "the endpoint's answer has no type that we know");
	if (p < 0)
		return error_set(err, ERROR_INPUT, "the endpoint's answer has no probability of the type");
	type = value_map_new();
	if (!is_unknown && p < classifier_threshold(judging->classifier)) {
		guess = name;
		is_unknown = true;
	}
	value_put(&type, "value", is_unknown ? value_string_z("unknown") : value_string(name));
	if (is_unknown && is_label(judging->classifier, CLASSIFY_TYPE, guess))
		value_put(&type, "guess", value_string(guess));
	value_put(&type, "probability", value_double(p));
	judge_words(judging, value_get(holder, "words"), &type);
	value_put(&judging->found, "doc_type", type);
	return 0;
}

static bool has_matter(struct value matters, struct slice name)
{
	for (size_t i = 0; i < value_len(matters); i++)
		if (slice_equal(value_get_text(*value_list_at(matters, i), "value"), name))
			return true;
	return false;
}

static int judge_matters(struct judging *judging, struct value answer, struct error *err)
{
	const struct value *list = value_get(answer, "matters");
	struct value kept;

	if (!list || list->kind != VALUE_LIST)
		return error_set(err, ERROR_INPUT, "the endpoint's answer has no list of matters");
	kept = value_list_new(MAX_MATTERS);
	for (size_t i = 0; i < value_len(*list) && value_len(kept) < MAX_MATTERS; i++) {
		struct value item = *value_list_at(*list, i), one;
		struct slice name = value_get_text(item, "value");
		double p = probability_of(value_get(item, "probability"));

		if (!is_label(judging->classifier, CLASSIFY_MATTERS, name)) {
			drop(judging, "matters", name, "not a matter that we know");
		} else if (p < 0) {
			drop(judging, "matters", name, "without a probability");
		} else if (!has_matter(kept, name)) {
			one = value_map_new();
			value_put(&one, "value", value_string(name));
			value_put(&one, "probability", value_double(p));
			if (value_get(item, "words"))
				judge_words(judging, value_get(item, "words"), &one);
			value_list_push(&kept, one);
		}
	}
	value_put(&judging->found, "matters", kept);
	return 0;
}

static int judge(struct judging *judging, const struct endpoint_answer *answer, unsigned tasks,
		 struct error *err)
{
	const struct value *member = value_get(answer->content, "classification");
	struct value content = member && member->kind == VALUE_MAP ? *member : answer->content;

	if (tasks & CLASSIFY_TYPE) {
		if (judge_type(judging, content, err) < 0)
			return -1;
		value_put(&judging->found, "model", value_string_z(answer->model));
	}
	if (tasks & CLASSIFY_MATTERS && judge_matters(judging, content, err) < 0)
		return -1;
	if (value_len(judging->dropped))
		value_put(&judging->found, "dropped", value_ref(judging->dropped));
	return 0;
}

int remote_classify(struct endpoint *endpoint, const struct classifier *classifier, struct step_call *call,
		    struct value request, struct slice text, unsigned tasks, struct value *found,
		    struct error *err)
{
	struct slice excerpt = endpoint_excerpt(endpoint, text, NULL);
	struct value document = value_string_repaired(excerpt);
	struct endpoint_question question = {
		.instance = make_instance(request, excerpt),
		.name = "classification",
		.task = task,
		.schema = answer_schema(classifier, tasks),
		.document = value_text(document),
		.deadline_ms = call->deadline_ms,
		.trace = call->trace,
		.project = call->setup->project,
	};
	struct judging judging = {.classifier = classifier,
				  .text = value_text(document),
				  .found = value_map_new(),
				  .dropped = value_list_new(0)};
	struct endpoint_answer answer;
	int status = endpoint_ask(endpoint, &question, &answer, err);

	if (status == 0)
		status = judge(&judging, &answer, tasks, err);
	if (status == 0)
		*found = value_ref(judging.found);
	call->retry_after_s = answer.retry_after_s;
	value_unref(answer.content);
	value_unref(judging.found);
	value_unref(judging.dropped);
	value_unref(question.instance);
	value_unref(question.schema);
	value_unref(document);
	return status;
}
