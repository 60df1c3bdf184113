/* train.c - `classify train`: labelled records in, a model file out; see verbs.h. */
#include "steps/classify/verbs.h"

#include "lib/clock/clock.h"
#include "lib/json/json.h"
#include "lib/mem/mem.h"
#include "steps/classify/telling.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TELLING_WORDS = 8 };

struct training {
	const struct opts *opts;
	struct learn_settings settings;
	double weight[FEATURE_KINDS];
	double threshold;
	size_t most; /* features of the finished model */
	struct rules *rules;
	struct examples examples;
	struct vocabulary vocabulary;
	double *weights; /* of the finished model */
	double slope;
	double offset;
	int64_t cpu_us;
	struct report *report; /* what the folds said */
	struct value telling;  /* words by label */
};

static const struct opt_option options[] = {
	{"output", 'o', OPT_TEXT, "MODEL", NULL, NULL, "file to write"},
	{"features", 0, OPT_COUNT, "N", "24000", NULL, "keep the N features that weigh most"},
	{"min-documents", 0, OPT_COUNT, "N", "2", NULL, "drop features of fewer documents"},
	{"cost", 0, OPT_TEXT, "C", "3", NULL, "what a mistake costs in training"},
	{"head-weight", 0, OPT_TEXT, "W", "0.5", NULL,
	 "what the head counts against the body; more where a heading tells"},
	{"cue-weight", 0, OPT_TEXT, "W", "1.5", NULL,
	 "what the pairs around a cue count; only where the rules have cues"},
	{"folds", 0, OPT_COUNT, "N", "3", NULL, "parts for calibration, by group"},
	{"threshold", 0, OPT_TEXT, "P", NULL, NULL,
	 "least probability of a label; found by the folds unless set"},
	{0},
};

static const struct opt_option *const tables[] = {options, verb_source_options, NULL};

static const struct opt_command command = {
	.name = "classify train",
	.operands = "",
	.summary = "make a model from labelled records",
	.example = "classify train --labels index.jsonl --texts decisions --split train --output types.model",
	.tables = tables,
};

/* ---- settings */

static int get_number(const struct opts *opts, const char *name, double low, double high, double *number,
		      struct error *err)
{
	const char *text = opt_text(opts, name);
	char *end;

	if (!text)
		return 0;
	*number = strtod(text, &end);
	if (*end || end == text || !(*number >= low && *number <= high))
		return error_set(err, ERROR_INPUT, "--%s is a number from %g to %g, not \"%s\"", name, low,
				 high, text);
	return 0;
}

static int read_settings(struct training *t, struct error *err)
{
	const struct opts *opts = t->opts;
	long folds = opt_number(opts, "folds");
	long most = opt_number(opts, "features");

	if (!opt_text(opts, "output")) {
		error_set(err, ERROR_INPUT, "--output is needed: the file to write");
		error_hint(err, "classify train --help shows an example");
		return -1;
	}
	if (opt_operands(opts))
		return error_set(err, ERROR_INPUT, "unexpected operand \"%s\"", opt_operand(opts, 0));
	if (folds < 2 || folds > 100 || most < 1 || most > MODEL_MAX_FEATURES)
		return error_set(err, ERROR_INPUT, "--folds is 2 to 100 and --features 1 to %d",
				 MODEL_MAX_FEATURES);
	t->most = (size_t)most;
	t->settings = (struct learn_settings){.tolerance = 0.1, .folds = (size_t)folds};
	t->weight[FEATURE_BODY] = 1;
	t->threshold = -1; /* by the kind of labels, unless set */
	if (get_number(opts, "cost", 1e-3, 1e6, &t->settings.cost, err) < 0 ||
	    get_number(opts, "head-weight", 0, 100, &t->weight[FEATURE_HEAD], err) < 0 ||
	    get_number(opts, "cue-weight", 0, 100, &t->weight[FEATURE_CUE], err) < 0)
		return -1;
	return get_number(opts, "threshold", 0, 1, &t->threshold, err);
}

static int read_examples(struct training *t, struct error *err)
{
	const char *rules = opt_text(t->opts, "rules");

	if (rules && !(t->rules = rules_read(rules, err)))
		return -1;
	if (verb_examples(t->opts, t->rules, &t->examples, err) < 0)
		return -1;
	if (t->examples.labels < (t->examples.many ? 1 : 2)) {
		error_set(err, ERROR_INPUT, "%zu records with %zu different labels are nothing to learn from",
			  t->examples.count, t->examples.labels);
		error_hint(err,
			   "--split, --label-member and --split-member choose the records and their labels");
		return -1;
	}
	return 0;
}

/* ---- calibration */

static double odds(const struct training *t, double score)
{
	return exp(t->slope * score + t->offset);
}

/* What the finished model will say of an example, as far as the folds can tell. */
static void judge(struct training *t, const struct example *example, const double *row)
{
	const bool many = t->examples.many;
	struct report_answer answer = {0};
	double total = 1;

	for (size_t k = 0; k < t->examples.labels; k++) {
		total += odds(t, row[k]);
		answer.best = row[k] > row[answer.best] ? k : answer.best;
		answer.truth[k] = example->labels >> k & 1;
		answer.said[k] = many && odds(t, row[k]) >= t->threshold * (1 + odds(t, row[k]));
	}
	answer.probability = odds(t, row[answer.best]) / (many ? 1 + odds(t, row[answer.best]) : total);
	answer.decided = answer.probability >= t->threshold;
	if (!many)
		answer.said[answer.best] = answer.decided;
	report_add(t->report, &answer);
}

struct answer {
	double probability;
	bool right;
};

static int by_probability(const void *a, const void *b)
{
	const struct answer *x = a;
	const struct answer *y = b;

	return (x->probability > y->probability) - (x->probability < y->probability);
}

/* How sure the best label is, over the examples that have one; returns how many. */
static size_t find_answers(const struct training *t, const double *scores, struct answer *answers)
{
	const struct examples *e = &t->examples;
	size_t count = 0;

	for (size_t i = 0; i < e->count; i++) {
		const double *row = scores + i * e->labels;
		double total = 1;
		size_t best = 0;

		if (!e->items[i].labels)
			continue;
		for (size_t k = 0; k < e->labels; k++) {
			total += odds(t, row[k]);
			best = row[k] > row[best] ? k : best;
		}
		answers[count++] =
			(struct answer){odds(t, row[best]) / total, e->items[i].labels >> best & 1};
	}
	return count;
}

/* Below this probability an answer was more often wrong than right: then it is better to say so. Never above
 * one half, where a calibrated probability says the same, and never below a quarter, where luck decides. */
static double find_threshold(const struct training *t, const double *scores)
{
	struct answer *answers = mem_new((t->examples.count + 1) * sizeof(*answers));
	size_t count = find_answers(t, scores, answers);
	double threshold = 0.25;
	size_t wrong = 0;

	qsort(answers, count, sizeof(*answers), by_probability);
	for (size_t i = 0; i < count && answers[i].probability < 0.5; i++) {
		wrong += !answers[i].right;
		if (2 * wrong > i + 1)
			threshold = fmax(threshold, answers[i].probability);
	}
	mem_free(answers);
	return threshold;
}

static void calibrate(struct training *t, const struct vectors *vectors)
{
	const struct examples *e = &t->examples;
	double *scores = mem_new(e->count * e->labels * sizeof(*scores));
	bool *outcomes = mem_new(e->count * e->labels);

	learn_scores(vectors, e, &t->settings, scores);
	for (size_t i = 0; i < e->count * e->labels; i++)
		outcomes[i] = e->items[i / e->labels].labels >> (i % e->labels) & 1;
	learn_sigmoid(scores, outcomes, e->count * e->labels, &t->slope, &t->offset);
	if (t->threshold < 0)
		t->threshold = e->many ? 0.5 : find_threshold(t, scores);
	t->report = mem_new(sizeof(*t->report));
	t->report->many = e->many;
	for (size_t k = 0; k < e->labels; k++)
		report_label(t->report, e->names[k]);
	for (size_t i = 0; i < e->count; i++)
		judge(t, &e->items[i], scores + i * e->labels);
	mem_free(scores);
	mem_free(outcomes);
}

/* ---- training */

/* How much a feature can move any score: its largest weight. */
static double *importance(const struct training *t, int width)
{
	double *most = mem_new(((size_t)width + 1) * sizeof(*most));

	for (size_t label = 0; label < t->examples.labels; label++) {
		for (int i = 0; i < width - 1; i++)
			most[i] = fmax(most[i], fabs(t->weights[label * (size_t)width + (size_t)i]));
	}
	return most;
}

static void note_telling(struct training *t, const struct vectors *vectors)
{
	static const char *const places[] = {"body", "head", "cue"};
	struct telling_word list[TELLING_WORDS];

	t->telling = value_map_new();
	for (size_t label = 0; label < t->examples.labels; label++) {
		size_t count = telling_words(&t->vocabulary, vectors, &t->examples, t->weights, label, list,
					     TELLING_WORDS);
		struct value words = value_list_new(0);

		for (size_t i = 0; i < count; i++) {
			struct value one = value_map_new();

			value_put(&one, "words", value_string_z(list[i].words));
			value_put(&one, "from", value_string_z(places[list[i].kind]));
			value_put(&one, "share", value_double(list[i].share));
			value_list_push(&words, one);
		}
		value_put(&t->telling, t->examples.names[label], words);
	}
}

/* Calibration sees the uncut vocabulary: a cut by weights that know all labels would flatter the folds. */
static void learn(struct training *t)
{
	struct vectors vectors;

	vocabulary_init(&t->vocabulary, &t->examples, t->rules ? rules_cues(t->rules) : NULL,
			(size_t)opt_number(t->opts, "min-documents"));
	vectors_init(&vectors, &t->vocabulary, t->weight);
	calibrate(t, &vectors);
	t->weights = mem_new(t->examples.labels * (size_t)vectors.width * sizeof(*t->weights));
	learn_weights(&vectors, &t->examples, NULL, &t->settings, t->weights);
	if (t->vocabulary.kept > t->most) {
		double *weight = importance(t, vectors.width);

		vocabulary_cut(&t->vocabulary, weight, t->most);
		vectors_release(&vectors);
		vectors_init(&vectors, &t->vocabulary, t->weight);
		learn_weights(&vectors, &t->examples, NULL, &t->settings, t->weights);
		mem_free(weight);
	}
	note_telling(t, &vectors);
	vectors_release(&vectors);
}

/* FNV-1a over what a model depends on: settings, labels, texts. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ p[i]) * 0x100000001b3u;
	return hash;
}

static uint64_t training_hash(const struct training *t)
{
	const double settings[] = {t->settings.cost,          t->settings.tolerance,
				   (double)t->settings.folds, t->threshold,
				   (double)t->most,           (double)opt_number(t->opts, "min-documents")};
	uint64_t hash = hash_bytes(0xcbf29ce484222325u, settings, sizeof(settings));

	hash = hash_bytes(hash, t->weight, sizeof(t->weight));
	if (t->rules && rules_cues(t->rules))
		hash = hash_bytes(hash, rules_cues(t->rules), sizeof(struct cues));
	for (size_t i = 0; i < t->examples.labels; i++)
		hash = hash_bytes(hash, t->examples.names[i], strlen(t->examples.names[i]) + 1);
	for (size_t i = 0; i < t->examples.count; i++) {
		const struct example *example = &t->examples.items[i];

		hash = hash_bytes(hash, example->text, example->size);
		hash = hash_bytes(hash, &example->labels, sizeof(example->labels));
	}
	return hash;
}

static int save(const struct training *t, struct error *err)
{
	const struct vocabulary *v = &t->vocabulary;
	const size_t labels = t->examples.labels;
	const size_t width = v->kept + 1;
	struct model_feature *features = mem_new((v->kept + 1) * sizeof(*features));
	float *weights = mem_new((v->kept + 1) * labels * sizeof(*weights));
	float bias[MODEL_MAX_LABELS];
	const char *member = opt_text(t->opts, "label-member");
	int status;

	for (size_t i = 0; i < v->count; i++) {
		const struct vocabulary_entry *entry = &v->entries[i];
		size_t id = (size_t)entry->id;

		if (!entry->kept)
			continue;
		for (size_t k = 0; k < labels; k++)
			weights[id * labels + k] = (float)t->weights[k * width + id];
		features[id] =
			(struct model_feature){entry->key, entry->idf, entry->words, weights + id * labels};
	}
	for (size_t k = 0; k < labels; k++)
		bias[k] = (float)t->weights[k * width + v->kept];
	status = model_write(opt_text(t->opts, "output"),
			     &(struct model_parts){.task = t->rules ? rules_task(t->rules) : member,
						   .many = t->examples.many,
						   .labels = labels,
						   .names = (const char *const *)t->examples.names,
						   .bias = bias,
						   .training = training_hash(t),
						   .cues = t->rules ? rules_cues(t->rules) : NULL,
						   .weight = {(float)t->weight[FEATURE_BODY],
							      (float)t->weight[FEATURE_HEAD],
							      (float)t->weight[FEATURE_CUE]},
						   .slope = (float)t->slope,
						   .offset = (float)t->offset,
						   .threshold = (float)t->threshold,
						   .features = v->kept,
						   .feature = features},
			     err);
	mem_free(features);
	mem_free(weights);
	return status;
}

static int run(struct training *t, struct error *err)
{
	int64_t started = clock_cpu_us();

	if (read_settings(t, err) < 0 || read_examples(t, err) < 0)
		return -1;
	learn(t);
	if (save(t, err) < 0 || verb_draw(t->opts, t->report, err) < 0)
		return -1;
	t->cpu_us = clock_cpu_us() - started;
	return 0;
}

static void print_json(const struct training *t)
{
	struct value all = value_map_new();
	struct value folds = value_map_new();
	char training[17];

	report_put(t->report, &folds);
	snprintf(training, sizeof(training), "%016" PRIx64, training_hash(t));
	value_put(&all, "examples", value_int((int64_t)t->examples.count));
	value_put(&all, "labels", value_int((int64_t)t->examples.labels));
	value_put(&all, "features", value_int((int64_t)t->vocabulary.kept));
	value_put(&all, "training", value_string_z(training));
	value_put(&all, "threshold", value_double(t->threshold));
	value_put(&all, "slope", value_double(t->slope));
	value_put(&all, "offset", value_double(t->offset));
	value_put(&all, "folds", folds);
	value_put(&all, "telling", value_ref(t->telling));
	value_put(&all, "cpu_seconds", value_double((double)t->cpu_us / 1e6));
	verb_print(all);
	value_unref(all);
}

/* One line a label: "complaint: plaintiff (head), alleges that (cue), ..." */
static void print_telling(const struct training *t)
{
	for (size_t label = 0; label < value_len(t->telling); label++) {
		const struct value *words = value_map_at(t->telling, label);

		printf("%.*s:", SLICE_ARG(value_map_key(t->telling, label)));
		for (size_t i = 0; i < value_len(*words); i++) {
			const struct value *one = value_list_at(*words, i);

			printf("%s %.*s (%.*s)", i ? "," : "", SLICE_ARG(value_get_text(*one, "words")),
			       SLICE_ARG(value_get_text(*one, "from")));
		}
		putchar('\n');
	}
}

static void print_tables(const struct training *t)
{
	printf("%ld folds, by group; what each said of the documents it had not seen:\n\n",
	       (long)t->settings.folds);
	report_print(t->report, stdout);
	puts("\nThe words that told most, by what they gave to the score of the label's documents:\n");
	print_telling(t);
	printf("\n%s: %zu examples, %zu labels, %zu features, threshold %.3f, training %016" PRIx64
	       ", %.1f s of CPU\n",
	       opt_text(t->opts, "output"), t->examples.count, t->examples.labels, t->vocabulary.kept,
	       t->threshold, training_hash(t), (double)t->cpu_us / 1e6);
}

int train_verb(int argc, char **argv)
{
	struct error err = {0};
	struct training t = {.opts = opt_parse(&command, argc, argv, &err)};
	int status = 0;

	if (t.opts && opt_flag(t.opts, "help"))
		opt_help(&command, stdout);
	else if (!t.opts || run(&t, &err) < 0)
		status = verb_failed("train", &err);
	else if (opt_flag(t.opts, "json"))
		print_json(&t);
	else
		print_tables(&t);
	value_unref(t.telling);
	mem_free(t.report);
	vocabulary_release(&t.vocabulary);
	examples_release(&t.examples);
	rules_free(t.rules);
	mem_free(t.weights);
	opts_free((struct opts *)(uintptr_t)t.opts);
	return status;
}
