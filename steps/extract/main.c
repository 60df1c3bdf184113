/* main.c - extract: a record with its text's place and its type in, the same record with fields out. */

#include "lib/clock/clock.h"
#include "lib/mem/mem.h"
#include "lib/step/step.h"
#include "steps/extract/check.h"
#include "steps/extract/explain.h"
#include "steps/extract/extract.h"
#include "steps/extract/models.h"
#include "steps/extract/recognise.h"
#include "steps/extract/remote.h"
#include "steps/extract/review.h"
#include "steps/extract/train.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char request_schema[] =
	"{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\", \"type\": \"object\", "
	"\"properties\": {"
	"\"id\": {\"type\": \"string\"}, "
	"\"text\": {\"type\": \"string\", \"description\": \"the text itself, instead of text_uri\"}, "
	"\"text_uri\": {\"type\": \"string\", \"description\": \"where the document store keeps the text\"}, "
	"\"pages\": {\"type\": \"array\", \"items\": {\"type\": \"integer\"}}, "
	"\"classification\": {\"type\": \"object\", \"properties\": {\"doc_type\": {\"type\": \"object\", "
	"\"properties\": {\"value\": {\"type\": \"string\"}}, \"required\": [\"value\"]}}}}, "
	"\"anyOf\": [{\"required\": [\"text\"]}, {\"required\": [\"text_uri\"]}]}";

static const char response_schema[] =
	"{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\", \"type\": \"object\", "
	"\"properties\": {"
	"\"extraction\": {\"type\": \"object\", \"required\": [\"model\", \"fields\"], \"properties\": {"
	"\"model\": {\"type\": \"string\", \"description\": \"TYPE@VERSION of the extraction "
	"model, NAME@HOST of one that is served elsewhere\"}, "
	"\"model_from\": {\"enum\": [\"own\", \"shipped\"], "
	"\"description\": \"own: a file of --models has a part in the model\"}, "
	"\"fallback\": {\"type\": \"string\", \"description\": \"why the rules answered for the endpoint\"}, "
	"\"dropped\": {\"type\": \"array\", \"description\": \"what the endpoint said and is not so\"}, "
	"\"partial\": {\"type\": \"boolean\", \"description\": \"true when time ran out\"}, "
	"\"unknown\": {\"type\": \"object\", \"description\": \"fields without a value, each with the reason\"}, "
	"\"fields\": {\"type\": \"object\", \"description\": \"what the model's fields found\", "
	"\"additionalProperties\": {\"anyOf\": [{\"type\": \"null\"}, {\"$ref\": \"#/$defs/item\"}, "
	"{\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/item\"}}]}}}}}, \"required\": "
	"[\"extraction\"], "
	"\"$defs\": {\"item\": {\"type\": \"object\", \"required\": [\"span\", \"quote\", \"confidence\"], "
	"\"properties\": {"
	"\"span\": {\"type\": \"object\", \"properties\": {\"start\": {\"type\": \"integer\"}, "
	"\"end\": {\"type\": \"integer\"}}}, \"quote\": {\"type\": \"string\"}, "
	"\"confidence\": {\"type\": \"number\", \"minimum\": 0, \"maximum\": 1}, "
	"\"page\": {\"type\": \"integer\"}, \"page_offset\": {\"type\": \"integer\"}, \"rule\": {\"type\": \"string\"}}}}}";

static const struct opt_option options[] = {
	{"models", 0, OPT_TEXT, "FOLDER", NULL, "EXTRACT_MODELS",
	 "your own extraction models, TYPE.yaml each, before those that ship"},
	ENDPOINT_OPTIONS("EXTRACT_"),
	{NULL},
};

struct state {
	struct models *models;
	struct endpoint *endpoint; /* or NULL */
};

static void close_state(void *taken)
{
	struct state *state = taken;

	if (!state)
		return;
	endpoint_close(state->endpoint);
	models_close(state->models);
	mem_free(state);
}

static void *open_state(const struct step_setup *setup, struct error *err)
{
	struct state *state = mem_new(sizeof(*state));

	state->endpoint = endpoint_open(setup->opts, "EXTRACT_ENDPOINT_KEY", setup->log, err);
	if (err->kind == ERROR_NONE)
		state->models = models_open(opt_text(setup->opts, "models"), err);
	if (state->models)
		return state;
	close_state(state);
	return NULL;
}

/* "classification": {"doc_type": {"value": ...}}; empty when nobody classified the record. */
static struct slice type_of(struct value record)
{
	const struct value *classification = value_get(record, "classification");
	const struct value *type = classification ? value_get(*classification, "doc_type") : NULL;

	return type ? value_get_text(*type, "value") : (struct slice){0};
}

static int64_t deadline_of(const struct step_call *call)
{
	int64_t own = clock_monotonic_ms() + EXTRACT_TIME_MS;

	return call->deadline_ms > 0 && call->deadline_ms < own ? call->deadline_ms : own;
}

/* By the endpoint where there is one; by the rules, and the record says so, where that gives nothing. */
static int find(struct step_call *call, const struct model *model, struct value request, struct slice text,
		struct value *extraction, struct error *err)
{
	const struct value *member = value_get(request, "pages");
	struct value pages = member ? *member : value_null();
	struct state *state = call->state;
	struct error failure = {0};

	if (state->endpoint &&
	    remote_extract(state->endpoint, model, call, request, text, pages, extraction, &failure) == 0)
		return 0;
	if (state->endpoint && !endpoint_falls_back(state->endpoint)) {
		*err = failure;
		return -1;
	}
	*extraction = extract_fields(model, text, pages, deadline_of(call));
	if (state->endpoint)
		value_put(extraction, "fallback", value_string_repaired(slice_of(failure.message)));
	return 0;
}

static int extract_record(struct step_call *call, struct value request, struct value *response,
			  struct error *err)
{
	const struct state *state = call->state;
	const struct model *model = models_get(state->models, type_of(request), value_get_text(request, "language"), err);
	struct value extraction;
	struct buf text;
	int result = -1;

	buf_init(&text, EXTRACT_MAX_BYTES);
	if (!model || step_text(call, request, &text, err) < 0)
		goto done;
	if (!utf8_is_valid(buf_slice(&text))) {
		error_set(err, ERROR_INPUT, "the text of the document is not UTF-8");
		goto done;
	}
	if (find(call, model, request, buf_slice(&text), &extraction, err) < 0)
		goto done;
	*response = value_ref(request);
	value_put(response, "extraction", extraction);
	result = 0;
done:
	buf_release(&text);
	return result;
}

static int print_view(enum view_kind kind, const char *path)
{
	struct buf text;
	struct view view;
	FILE *file = fopen(path, "r");
	char chunk[8192];
	size_t got;

	if (!file) {
		fprintf(stderr, "extract: cannot read %s: %s\n", path, strerror(errno));
		return 4;
	}
	buf_init(&text, EXTRACT_MAX_BYTES);
	while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buf_add(&text, chunk, got);
	fclose(file);
	view_init(&view, kind, buf_slice(&text));
	fwrite(view.text.ptr, 1, view.text.len, stdout);
	view_release(&view);
	buf_release(&text);
	return 0;
}

/* extract view lines|flow FILE: what rules see, for whoever writes one. */
static int show_view(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "flow"))
		return print_view(VIEW_FLOW, argv[2]);
	if (argc == 3 && !strcmp(argv[1], "lines"))
		return print_view(VIEW_LINES, argv[2]);
	fprintf(stderr, "usage: extract view lines|flow FILE\n");
	return 2;
}

static const struct step_verb verbs[] = {
	{"view", "print a text as rules see it: extract view lines|flow FILE", show_view},
	{"recognise", "say what stands where in a text: extract recognise money [FILE]", recognise_verb},
	{"train", "count how often each rule was right on annotated documents", train_verb},
	{"explain", "say which rule gave which value and what was refused: extract explain FILE", explain_verb},
	{"review", "list the values that a person should look at", review_verb},
	{"check", "read and compile models, print what is wrong: extract check [FILE|FOLDER]...", check_verb},
	{NULL},
};

static const struct step step = {
	.name = "extract",
	.summary = "pull dates, parties, sums and provisions out of a record's text",
	.example = "ingest decision.pdf | classify | extract",
	.options = options,
	.open = open_state,
	.close = close_state,
	.apply = extract_record,
	.request_schema = request_schema,
	.response_schema = response_schema,
	.verbs = verbs,
};

int main(int argc, char **argv)
{
	return step_main(&step, argc, argv);
}
