/* main.c - classify: a record with its text's place in, the same record with its type and matters out. */

#include "lib/mem/mem.h"
#include "lib/step/step.h"
#include "steps/classify/classify.h"
#include "steps/classify/remote.h"
#include "steps/classify/verbs.h"

#include <stdlib.h>

static const char request_schema[] =
	"{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\", \"type\": \"object\", "
	"\"properties\": {"
	"\"id\": {\"type\": \"string\"}, "
	"\"text\": {\"type\": \"string\", \"description\": \"the text itself, instead of text_uri\"}, "
	"\"text_uri\": {\"type\": \"string\", \"description\": \"where the document store keeps the text\"}, "
	"\"tasks\": {\"type\": \"array\", \"minItems\": 1, \"items\": {\"enum\": [\"doc_type\", "
	"\"matters\"]}, "
	"\"description\": \"what to find; both unless given\"}}, "
	"\"anyOf\": [{\"required\": [\"text\"]}, {\"required\": [\"text_uri\"]}]}";

static const char response_schema[] =
	"{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\", \"type\": \"object\", "
	"\"properties\": {"
	"\"classification\": {\"type\": \"object\", \"properties\": {"
	"\"model\": {\"type\": \"string\", \"description\": \"NAME@CHECKSUM of the model of types, "
	"NAME@HOST of one that is served elsewhere\"}, "
	"\"fallback\": {\"type\": \"string\", \"description\": \"why the embedded model answered for the "
	"endpoint\"}, "
	"\"dropped\": {\"type\": \"array\", \"description\": \"what the endpoint said and is not so\"}, "
	"\"doc_type\": {\"type\": \"object\", \"required\": [\"value\", \"probability\", \"words\"], "
	"\"properties\": {"
	"\"value\": {\"type\": \"string\", \"description\": \"the type, or unknown\"}, "
	"\"probability\": {\"type\": \"number\", \"minimum\": 0, \"maximum\": 1, "
	"\"description\": \"of the value, or of the guess\"}, "
	"\"guess\": {\"type\": \"string\", \"description\": \"the likeliest type, when the value is "
	"unknown\"}, "
	"\"words\": {\"type\": \"array\", \"description\": \"what spoke for it most\", \"items\": {\"type\": "
	"\"object\", "
	"\"properties\": {\"words\": {\"type\": \"string\"}, \"weight\": {\"type\": \"number\"}}}}}}, "
	"\"matters\": {\"type\": \"array\", \"items\": {\"type\": \"object\", \"required\": [\"value\", "
	"\"probability\"], "
	"\"properties\": {\"value\": {\"type\": \"string\"}, \"probability\": {\"type\": \"number\"}, "
	"\"words\": {\"type\": \"array\", \"description\": \"as for the type\"}}}}}}}, "
	"\"required\": [\"classification\"]}";

static const struct opt_option options[] = {
	{"model", 'm', OPT_TEXT, "FILE", NULL, "CLASSIFY_MODEL", "model of document types"},
	{"matters-model", 0, OPT_TEXT, "FILE", NULL, "CLASSIFY_MATTERS_MODEL", "model of matters"},
	{"threshold", 0, OPT_TEXT, "P", NULL, NULL,
	 "less probable types are \"unknown\"; the model's own unless set"},
	ENDPOINT_OPTIONS("CLASSIFY_"),
	{0},
};

struct state {
	struct classifier *classifier;
	struct endpoint *endpoint; /* or NULL */
};

static void close_state(void *taken)
{
	struct state *state = taken;

	if (!state)
		return;
	endpoint_close(state->endpoint);
	classifier_close(state->classifier);
	mem_free(state);
}

static void *open_state(const struct step_setup *setup, struct error *err)
{
	struct state *state;
	const char *text = opt_text(setup->opts, "threshold");
	double threshold = -1;
	char *end;

	if (text) {
		threshold = strtod(text, &end);
		if (*end || end == text || !(threshold >= 0 && threshold <= 1)) {
			error_set(err, ERROR_INPUT, "--threshold is a number from 0 to 1, not \"%.80s\"",
				  text);
			return NULL;
		}
	}
	state = mem_new(sizeof(*state));
	state->endpoint = endpoint_open(setup->opts, "CLASSIFY_ENDPOINT_KEY", setup->log, err);
	if (err->kind == ERROR_NONE)
		state->classifier = classifier_open(opt_text(setup->opts, "model"),
						    opt_text(setup->opts, "matters-model"), threshold, err);
	if (state->classifier)
		return state;
	close_state(state);
	return NULL;
}

/* What an earlier call found of the other task stays. */
static void merge(struct value *response, struct value found)
{
	const struct value *before = value_get(*response, "classification");
	struct value all = before && before->kind == VALUE_MAP ? value_ref(*before) : value_map_new();

	value_map_delete(&all, SLICE("fallback")); /* these speak of one call */
	value_map_delete(&all, SLICE("dropped"));
	for (size_t i = 0; i < value_len(found); i++)
		value_map_set(&all, value_map_key(found, i), value_ref(*value_map_at(found, i)));
	value_put(response, "classification", all);
}

/* By the endpoint where there is one; by the embedded models, and the record says so, where that gives nothing. */
static int find(struct step_call *call, struct value request, struct slice text, unsigned tasks,
		struct value *found, struct error *err)
{
	struct state *state = call->state;
	struct error failure = {0};

	if (state->endpoint && remote_classify(state->endpoint, state->classifier, call, request, text, tasks,
					       found, &failure) == 0)
		return 0;
	if (state->endpoint && !endpoint_falls_back(state->endpoint)) {
		*err = failure;
		return -1;
	}
	*found = classify_text(state->classifier, text, tasks);
	if (state->endpoint)
		value_put(found, "fallback", value_string_repaired(slice_of(failure.message)));
	return 0;
}

static int classify_record(struct step_call *call, struct value request, struct value *response,
			   struct error *err)
{
	unsigned tasks = classify_tasks(request, err);
	struct value found;
	struct buf text;
	int status;

	if (!tasks)
		return -1;
	buf_init(&text, 0);
	status = step_text(call, request, &text, err);
	if (status == 0)
		status = find(call, request, buf_slice(&text), tasks, &found, err);
	buf_release(&text);
	if (status < 0)
		return -1;
	*response = value_ref(request);
	value_map_delete(response, SLICE("tasks"));
	merge(response, found);
	value_unref(found);
	return 0;
}

static const struct step_verb verbs[] = {
	{"train", "make a model from labelled records", train_verb},
	{"evaluate", "measure a model on labelled records", evaluate_verb},
	{0},
};

static const struct step step = {
	.name = "classify",
	.summary = "say what a document is and what it is about",
	.example = "ingest decision.pdf | classify | jq .classification",
	.options = options,
	.open = open_state,
	.close = close_state,
	.apply = classify_record,
	.request_schema = request_schema,
	.response_schema = response_schema,
	.verbs = verbs,
};

int main(int argc, char **argv)
{
	return step_main(&step, argc, argv);
}
