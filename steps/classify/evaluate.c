/* evaluate.c - `classify evaluate`: what a model says beside what the labels say; see verbs.h. */
#include "steps/classify/verbs.h"

#include "lib/clock/clock.h"
#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BINS = 10 };

static const struct opt_option options[] = {
	{"model", 'm', OPT_TEXT, "FILE", NULL, NULL, "the model to measure"},
	{"errors", 0, OPT_FLAG, NULL, NULL, NULL, "list the documents that got a wrong label"},
	{"json", 0, OPT_FLAG, NULL, NULL, NULL, "one JSON value instead of a table"},
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
	struct tally
		tallies[2 * MODEL_MAX_LABELS]; /* labels of the examples, then those only the model has */
	size_t tally_count;
	size_t meaning[MODEL_MAX_LABELS]; /* the model's label as a tally */
	size_t right;                     /* documents with exactly the true labels */
	size_t undecided;                 /* below the threshold */
	double bin_said[BINS];            /* calibration: by probability of the best label */
	double bin_right[BINS];
	size_t bin_count[BINS];
	size_t bytes;
	int64_t cpu_us;
};

static void name_tallies(struct evaluation *e)
{
	e->tally_count = e->examples.labels;
	for (size_t i = 0; i < e->examples.labels; i++)
		e->tallies[i].name = e->examples.names[i];
	for (size_t k = 0; k < model_labels(e->model); k++) {
		size_t i = 0;

		while (i < e->tally_count && strcmp(e->tallies[i].name, model_label(e->model, k)) != 0)
			i++;
		if (i == e->tally_count)
			e->tallies[e->tally_count++].name = model_label(e->model, k);
		e->meaning[k] = i;
	}
}

static bool is_true(const struct evaluation *e, const struct example *example, size_t tally)
{
	return tally < e->examples.labels && (example->labels >> tally & 1);
}

static void note_probability(struct evaluation *e, double probability, bool right)
{
	size_t bin = probability >= 1 ? BINS - 1 : (size_t)(probability * BINS);

	e->bin_said[bin] += probability;
	e->bin_right[bin] += right;
	e->bin_count[bin]++;
}

static void print_error(const struct evaluation *e, const struct example *example,
			const struct model_result *result, bool decided)
{
	printf("%s:", example->name);
	for (size_t i = 0; i < e->examples.labels; i++) {
		if (is_true(e, example, i))
			printf(" %s", e->examples.names[i]);
	}
	printf(" -> %s %.3f%s\n", model_label(e->model, result->best),
	       (double)result->probability[result->best], decided ? "" : " (unknown)");
}

static void judge(struct evaluation *e, const struct example *example, const struct model_result *result)
{
	bool said[2 * MODEL_MAX_LABELS] = {false};
	float threshold = model_threshold(e->model);
	bool decided = result->probability[result->best] >= threshold;
	bool exact = true;

	for (size_t k = 0; k < model_labels(e->model); k++)
		said[e->meaning[k]] = model_is_many(e->model) ? result->probability[k] >= threshold
							      : decided && k == result->best;
	for (size_t i = 0; i < e->tally_count; i++) {
		bool truth = is_true(e, example, i);

		e->tallies[i].right += said[i] && truth;
		e->tallies[i].extra += said[i] && !truth;
		e->tallies[i].missed += !said[i] && truth;
		exact = exact && said[i] == truth;
	}
	e->right += exact;
	e->undecided += !decided;
	note_probability(e, (double)result->probability[result->best],
			 is_true(e, example, e->meaning[result->best]));
	if (!exact && opt_flag(e->opts, "errors"))
		print_error(e, example, result, decided);
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
	name_tallies(e);
	for (size_t i = 0; i < e->examples.count; i++)
		judge(e, &e->examples.items[i], &results[i]);
	mem_free(results);
	return 0;
}

/* Mean distance between what was said to be probable and what came true, over bins (ECE). */
static double calibration_error(const struct evaluation *e)
{
	double sum = 0;

	for (size_t i = 0; i < BINS; i++)
		sum += e->bin_said[i] > e->bin_right[i] ? e->bin_said[i] - e->bin_right[i]
							: e->bin_right[i] - e->bin_said[i];
	return e->examples.count ? sum / (double)e->examples.count : 0;
}

static struct value summary(const struct evaluation *e)
{
	double count = e->examples.count ? (double)e->examples.count : 1;
	struct value all = value_map_new();
	struct value labels = value_map_new();

	for (size_t i = 0; i < e->tally_count; i++) {
		struct value one = value_map_new();

		value_put(&one, "right", value_int((int64_t)e->tallies[i].right));
		value_put(&one, "extra", value_int((int64_t)e->tallies[i].extra));
		value_put(&one, "missed", value_int((int64_t)e->tallies[i].missed));
		value_put(&one, "f1", value_double(tally_f1(&e->tallies[i])));
		value_put(&labels, e->tallies[i].name, one);
	}
	value_put(&all, "documents", value_int((int64_t)e->examples.count));
	value_put(&all, "accuracy", value_double((double)e->right / count));
	value_put(&all, "macro_f1", value_double(tally_macro(e->tallies, e->tally_count)));
	value_put(&all, "unknown", value_int((int64_t)e->undecided));
	value_put(&all, "calibration_error", value_double(calibration_error(e)));
	value_put(&all, "cpu_seconds", value_double((double)e->cpu_us / 1e6));
	value_put(&all, "bytes", value_int((int64_t)e->bytes));
	value_put(&all, "labels", labels);
	return all;
}

static void print_table(const struct evaluation *e)
{
	double count = e->examples.count ? (double)e->examples.count : 1;

	printf("%-34s %6s %6s %6s %6s\n", "label", "right", "extra", "missed", "F1");
	for (size_t i = 0; i < e->tally_count; i++) {
		const struct tally *t = &e->tallies[i];

		printf("%-34s %6zu %6zu %6zu %6.3f\n", t->name, t->right, t->extra, t->missed, tally_f1(t));
	}
	printf("\n%zu documents, accuracy %.4f, macro F1 %.4f, below the threshold %zu, calibration error "
	       "%.4f\n",
	       e->examples.count, (double)e->right / count, tally_macro(e->tallies, e->tally_count),
	       e->undecided, calibration_error(e));
	printf("%.1f MB in %.3f s of CPU\n", (double)e->bytes / 1e6, (double)e->cpu_us / 1e6);
}

static void print_json(const struct evaluation *e)
{
	struct value all = summary(e);
	struct buf line;

	buf_init(&line, 0);
	json_write(&line, all);
	puts(buf_text(&line));
	buf_release(&line);
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
	else if (opt_flag(opts, "json"))
		print_json(&e);
	else
		print_table(&e);
	model_close(e.model);
	examples_release(&e.examples);
	rules_free(e.rules);
	opts_free(opts);
	return status;
}
