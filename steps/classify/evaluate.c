/* evaluate.c - `classify evaluate`: what a model says beside what the labels say; see verbs.h. */
#include "steps/classify/verbs.h"

#include "lib/clock/clock.h"
#include "lib/mem/mem.h"

#include <stdio.h>

static const struct opt_option options[] = {
	{"model", 'm', OPT_TEXT, "FILE", NULL, NULL, "the model to measure"},
	{"errors", 0, OPT_FLAG, NULL, NULL, NULL, "list the documents that got a wrong label"},
	{0},
};

static const struct opt_option *const tables[] = {options, verb_source_options, NULL};

static const struct opt_command command = {
	.name = "classify evaluate",
	.operands = "",
	.summary = "measure a model on labelled records",
	.example = "classify evaluate --model types.model --labels index.jsonl --texts decisions --split dev",
	.tables = tables,
};

struct evaluation {
	const struct opts *opts;
	struct rules *rules;
	struct label_model *model;
	struct examples examples;
	struct report *report;
	size_t meaning[MODEL_MAX_LABELS]; /* the model's label as one of the report */
	size_t bytes;
	int64_t cpu_us;
};

/* The labels of the examples come first, in their order. */
static void name_labels(struct evaluation *e)
{
	e->report = mem_new(sizeof(*e->report));
	e->report->many = model_is_many(e->model);
	for (size_t i = 0; i < e->examples.labels; i++)
		report_label(e->report, e->examples.names[i]);
	for (size_t k = 0; k < model_labels(e->model); k++)
		e->meaning[k] = report_label(e->report, model_label(e->model, k));
}

static void print_error(const struct evaluation *e, const struct example *example,
			const struct model_result *result, bool decided)
{
	printf("%s:", example->name);
	for (size_t i = 0; i < e->examples.labels; i++) {
		if (example->labels >> i & 1)
			printf(" %s", e->examples.names[i]);
	}
	printf(" -> %s %.3f%s\n", model_label(e->model, result->best),
	       (double)result->probability[result->best], decided ? "" : " (unknown)");
}

static void judge(struct evaluation *e, const struct example *example, const struct model_result *result)
{
	const float threshold = model_threshold(e->model);
	struct report_answer answer = {.best = e->meaning[result->best],
				       .probability = (double)result->probability[result->best],
				       .decided = result->probability[result->best] >= threshold};

	for (size_t i = 0; i < e->examples.labels; i++)
		answer.truth[i] = example->labels >> i & 1;
	for (size_t k = 0; k < model_labels(e->model); k++)
		answer.said[e->meaning[k]] = model_is_many(e->model) ? result->probability[k] >= threshold
								     : answer.decided && k == result->best;
	if (!report_add(e->report, &answer) && opt_flag(e->opts, "errors"))
		print_error(e, example, result, answer.decided);
}

static int read_inputs(struct evaluation *e, struct error *err)
{
	const char *rules = opt_text(e->opts, "rules");

	if (!opt_text(e->opts, "model"))
		return error_set(err, ERROR_INPUT, "--model is needed: the model to measure");
	if (opt_operands(e->opts))
		return error_set(err, ERROR_INPUT, "unexpected operand \"%s\"", opt_operand(e->opts, 0));
	if (rules && !(e->rules = rules_read(rules, err)))
		return -1;
	e->model = model_open(opt_text(e->opts, "model"), err);
	return e->model ? verb_examples(e->opts, e->rules, &e->examples, err) : -1;
}

/* Scoring alone is timed. */
static void score_all(struct evaluation *e, struct model_result *results)
{
	struct model_scratch *scratch = model_scratch_new(e->model);
	int64_t started = clock_cpu_us();

	for (size_t i = 0; i < e->examples.count; i++) {
		const struct example *example = &e->examples.items[i];

		model_score(e->model, (struct slice){example->text, example->size}, scratch, &results[i]);
		e->bytes += example->size;
	}
	e->cpu_us = clock_cpu_us() - started;
	model_scratch_free(scratch);
}

static int measure(struct evaluation *e, struct error *err)
{
	struct model_result *results;

	if (read_inputs(e, err) < 0)
		return -1;
	results = mem_new((e->examples.count + 1) * sizeof(*results));
	score_all(e, results);
	name_labels(e);
	for (size_t i = 0; i < e->examples.count; i++)
		judge(e, &e->examples.items[i], &results[i]);
	mem_free(results);
	return verb_draw(e->opts, e->report, err);
}

static void print(const struct evaluation *e)
{
	struct value all;

	if (!opt_flag(e->opts, "json")) {
		report_print(e->report, stdout);
		printf("%.1f MB in %.3f s of CPU\n", (double)e->bytes / 1e6, (double)e->cpu_us / 1e6);
		return;
	}
	all = value_map_new();
	report_put(e->report, &all);
	value_put(&all, "cpu_seconds", value_double((double)e->cpu_us / 1e6));
	value_put(&all, "bytes", value_int((int64_t)e->bytes));
	verb_print(all);
	value_unref(all);
}

int evaluate_verb(int argc, char **argv)
{
	struct error err = {0};
	struct opts *opts = opt_parse(&command, argc, argv, &err);
	struct evaluation e = {.opts = opts};
	int status = 0;

	if (opts && opt_flag(opts, "help"))
		opt_help(&command, stdout);
	else if (!opts || measure(&e, &err) < 0)
		status = verb_failed("evaluate", &err);
	else
		print(&e);
	mem_free(e.report);
	model_close(e.model);
	examples_release(&e.examples);
	rules_free(e.rules);
	opts_free(opts);
	return status;
}
