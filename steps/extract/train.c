/* train.c - each extracted item is right or wrong by the annotation; rules are counted, folds are held out. */

#include "steps/extract/train.h"
#include "lib/json/json.h"
#include "lib/mem/mem.h"
#include "lib/opt/opt.h"
#include "steps/extract/calibration.h"
#include "steps/extract/models.h"
#include "steps/extract/names.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>

enum { RECORD_MAX_BYTES = 64 << 20, BINS = 10 };

static const struct opt_option options[] = {
	{"gold", 'g', OPT_MANY, "FILE", NULL, NULL, "annotated documents, JSON Lines, by id"},
	{"output", 'o', OPT_TEXT, "FILE", NULL, NULL, "write the counts here, and not on standard output"},
	{"skip", 0, OPT_MANY, "FIELD", NULL, NULL,
	 "leave the field out: its annotation says it in other words"},
	{"folds", 0, OPT_COUNT, "N", "10", NULL, "parts of the documents that are held out in turn"},
	{"models", 0, OPT_TEXT, "FOLDER", NULL, "EXTRACT_MODELS",
	 "your own extraction models, TYPE.yaml each, before those that ship"},
	{"help", 'h', OPT_FLAG, NULL, NULL, NULL, "print this"},
	{0},
};
static const struct opt_option *const tables[] = {options, NULL};
static const struct opt_command command = {
	.name = "extract train",
	.operands = "RECORDS",
	.summary = "count how often each rule was right, and write confidence.tsv",
	.example = "extract train --gold gold.jsonl --output confidence.tsv extracted.jsonl",
	.tables = tables,
};

/* One extracted item of which people say whether it is right. */
struct judged {
	struct slice field, rule; /* borrowed from the records */
	double confidence;
	unsigned long fold;
	bool right;
};

struct training {
	struct models *models;
	struct value *gold, *records; /* owned */
	size_t gold_count, gold_capacity, record_count, record_capacity;
	struct judged *list; /* owned */
	size_t count, capacity;
	unsigned long folds;
	const struct opts *opts; /* lent */
};

static int read_values(const char *path, struct value **list, size_t *count, size_t *capacity,
		       struct error *err)
{
	FILE *file = strcmp(path, "-") != 0 ? fopen(path, "r") : stdin;
	struct json_lines lines;
	struct value value;
	int status;

	if (!file)
		return error_set(err, ERROR_NOT_FOUND, "cannot read %.300s: %s", path, strerror(errno));
	json_lines_init(&lines, file, RECORD_MAX_BYTES);
	while ((status = json_lines_next(&lines, &value, err)) > 0) {
		if (*count == *capacity)
			*list = mem_grow(*list, capacity, sizeof(**list));
		(*list)[(*count)++] = value;
	}
	json_lines_release(&lines);
	if (file != stdin)
		fclose(file);
	return status;
}

/* The annotation of the document: by id, else by the name of its file. */
static const struct value *gold_of(const struct training *training, struct value record)
{
	struct slice id = value_get_text(record, "id"), name = value_get_text(record, "source");

	for (size_t i = name.len; i > 0; i--)
		if (name.ptr[i - 1] == '/') {
			name = slice_sub(name, i, name.len);
			break;
		}
	for (size_t i = name.len; i > 0; i--)
		if (name.ptr[i - 1] == '.') {
			name = slice_sub(name, 0, i - 1);
			break;
		}
	for (size_t i = 0; i < training->gold_count; i++) {
		struct slice known = value_get_text(training->gold[i], "id");

		if (known.len && (slice_equal(known, id) || slice_equal(known, name)))
			return &training->gold[i];
	}
	return NULL;
}

static bool same_letters(struct slice a, struct slice b)
{
	size_t i = 0, k = 0;

	for (;;) {
		while (i < a.len && isascii(a.ptr[i]) && !isalnum((unsigned char)a.ptr[i]))
			i++;
		while (k < b.len && isascii(b.ptr[k]) && !isalnum((unsigned char)b.ptr[k]))
			k++;
		if (i == a.len || k == b.len)
			return i == a.len && k == b.len;
		if (tolower((unsigned char)a.ptr[i++]) != tolower((unsigned char)b.ptr[k++]))
			return false;
	}
}

/* Of an annotation that is a bare text, that text is the value. */
static struct slice member_of(struct value item, struct slice member)
{
	const struct value *found = value_map_get(item, member);

	return item.kind == VALUE_STRING ? value_text(item) : found ? value_text(*found) : (struct slice){0};
}

static bool is_same_member(struct value item, struct value gold, struct slice member)
{
	const struct value *got = value_map_get(item, member), *want = value_map_get(gold, member);

	if ((got && got->kind != VALUE_STRING) || (want && want->kind != VALUE_STRING))
		return got && want && value_equal(*got, *want);
	return same_letters(member_of(item, member), member_of(gold, member));
}

/* By all members that the annotation has, where the model does not tell which ones count; and by one at least. */
static bool is_same_whole(struct value item, struct value gold)
{
	static const char *const beside[] = {"span", "quote", "page", "page_offset", "rule", "confidence", "reviewed"};
	size_t compared = 0;

	if (gold.kind != VALUE_MAP)
		return value_get_text(item, "value").len > 0 && is_same_member(item, gold, SLICE("value"));
	for (size_t i = 0; i < value_len(gold); i++) {
		struct slice member = value_map_key(gold, i);
		size_t k = 0;

		while (k < sizeof(beside) / sizeof(*beside) && !slice_is(member, beside[k]))
			k++;
		if (k < sizeof(beside) / sizeof(*beside) || value_is_null(*value_map_at(gold, i)))
			continue;
		if (!value_map_get(item, member) || !is_same_member(item, gold, member))
			return false;
		compared++;
	}
	return compared > 0;
}

/* By the members that make two items of the field the same thing. */
static bool is_same(const struct field *field, struct value item, struct value gold)
{
	bool said = false; /* two items that say nothing are not the same */

	if (field->alike.len)
		return names_alike(member_of(item, field->alike), member_of(gold, field->alike));
	for (size_t i = 0; i < field->unique_count; i++) {
		if (!is_same_member(item, gold, field->unique[i]))
			return false;
		said = said || value_map_get(item, field->unique[i]);
	}
	return field->unique_count ? said : is_same_whole(item, gold);
}

static bool is_right(const struct field *field, struct value item, struct value gold)
{
	if (gold.kind != VALUE_LIST)
		return !value_is_null(gold) && is_same(field, item, gold);
	for (size_t i = 0; i < value_len(gold); i++)
		if (is_same(field, item, *value_list_at(gold, i)))
			return true;
	return false;
}

static void judge_item(struct training *training, const struct field *field, struct value item,
		       struct value gold, unsigned long fold)
{
	const struct value *confidence = value_get(item, "confidence");

	if (!value_get_text(item, "rule").len)
		return;
	if (training->count == training->capacity)
		training->list = mem_grow(training->list, &training->capacity, sizeof(*training->list));
	training->list[training->count++] = (struct judged){
		.field = field->name,
		.rule = value_get_text(item, "rule"),
		.confidence = confidence && value_is_number(*confidence) ? value_number(*confidence) : 0,
		.fold = fold,
		.right = is_right(field, item, gold),
	};
}

/* "settlement_notice.fr@1" is the type and the language of the model. */
static const struct model *model_of(struct training *training, struct value record, struct error *err)
{
	struct slice name = value_get_text(*value_get(record, "extraction"), "model");
	size_t at = slice_find(name, SLICE("@"), 0), dot;

	name = slice_sub(name, 0, at == SIZE_MAX ? name.len : at);
	dot = slice_find(name, SLICE("."), 0);
	return models_get(training->models, slice_sub(name, 0, dot == SIZE_MAX ? name.len : dot),
			  dot == SIZE_MAX ? (struct slice){0} : slice_sub(name, dot + 1, name.len), err);
}

static bool is_skipped(const struct training *training, struct slice field)
{
	const char *name;

	for (size_t i = 0; (name = opt_many(training->opts, "skip", i)); i++)
		if (slice_is(field, name))
			return true;
	return false;
}

static int judge_record(struct training *training, struct value record, unsigned long fold, struct error *err)
{
	const struct value *gold = gold_of(training, record), *extraction = value_get(record, "extraction");
	const struct value *fields = extraction ? value_get(*extraction, "fields") : NULL;
	const struct model *model;

	if (!gold || !fields)
		return 0;
	model = model_of(training, record, err);
	for (const struct field *field = model ? model->fields : NULL; field; field = field->next) {
		const struct value *want = value_map_get(*gold, field->name),
				   *got = value_map_get(*fields, field->name);

		if (!want || !got || is_skipped(training, field->name))
			continue;
		for (size_t i = 0; got->kind == VALUE_LIST && i < value_len(*got); i++)
			judge_item(training, field, *value_list_at(*got, i), *want, fold);
		if (got->kind == VALUE_MAP)
			judge_item(training, field, *got, *want, fold);
	}
	return model ? 0 : -1;
}

static void count_rules(const struct training *training, struct calibration *counts, unsigned long but)
{
	for (size_t i = 0; i < training->count; i++) {
		const struct judged *item = &training->list[i];

		if (item->fold != but)
			calibration_add(counts, item->field, item->rule, item->right, !item->right);
	}
}

/* Expected calibration error: confidence against the share of right ones, over ten bins. */
struct error_bins {
	double confidence[BINS], right[BINS], count[BINS], all;
};

static void bin(struct error_bins *bins, double confidence, bool right)
{
	int slot = (int)(confidence * BINS);

	slot = slot < 0 ? 0 : slot >= BINS ? BINS - 1 : slot;
	bins->confidence[slot] += confidence;
	bins->right[slot] += right;
	bins->count[slot]++;
	bins->all++;
}

static double calibration_error(const struct error_bins *bins)
{
	double sum = 0;

	for (int i = 0; i < BINS; i++)
		sum += fabs(bins->confidence[i] - bins->right[i]);
	return bins->all > 0 ? sum / bins->all : 0;
}

static void report(const struct training *training, size_t documents, FILE *out)
{
	struct error_bins given = {0}, held_out = {0};

	for (unsigned long fold = 0; fold < training->folds; fold++) {
		struct calibration counts = {0};

		count_rules(training, &counts, fold);
		for (size_t i = 0; i < training->count; i++) {
			const struct judged *item = &training->list[i];
			double measured;

			if (item->fold != fold)
				continue;
			measured = calibration_confidence(&counts, item->field, item->rule);
			bin(&given, item->confidence, item->right);
			bin(&held_out, measured < 0 ? item->confidence : measured, item->right);
		}
		calibration_release(&counts);
	}
	fprintf(out,
		"%zu items of %zu annotated documents; expected calibration error %.3f as given, %.3f held "
		"out (%lu folds)\n",
		training->count, documents, calibration_error(&given), calibration_error(&held_out),
		training->folds);
	fprintf(out, "%12s %8s %8s\n", "confidence", "items", "right");
	for (int i = 0; i < BINS; i++)
		if (held_out.count[i] > 0)
			fprintf(out, "%12.2f %8.0f %8.2f\n", held_out.confidence[i] / held_out.count[i],
				held_out.count[i], held_out.right[i] / held_out.count[i]);
}

static int write_counts(const struct training *training, const char *path, struct error *err)
{
	struct calibration counts = {0};
	FILE *out = path ? fopen(path, "w") : stdout;
	int result = 0;

	if (!out)
		return error_set(err, ERROR_IO, "cannot write %.300s: %s", path, strerror(errno));
	count_rules(training, &counts, training->folds);
	calibration_write(&counts, out);
	calibration_release(&counts);
	if (fflush(out) != 0 || (out != stdout && fclose(out) != 0))
		result = error_set(err, ERROR_IO, "cannot write %.300s: %s", path ? path : "standard output",
				   strerror(errno));
	return result;
}

static int train(const struct opts *opts, struct training *training, struct error *err)
{
	const char *path;
	size_t documents = 0;

	training->opts = opts;
	training->folds = (unsigned long)(opt_number(opts, "folds") > 1 ? opt_number(opts, "folds") : 2);
	training->models = models_open(opt_text(opts, "models"), err);
	if (!training->models)
		return -1;
	for (size_t i = 0; (path = opt_many(opts, "gold", i)); i++)
		if (read_values(path, &training->gold, &training->gold_count, &training->gold_capacity, err) <
		    0)
			return -1;
	if (read_values(opt_operand(opts, 0), &training->records, &training->record_count,
			&training->record_capacity, err) < 0)
		return -1;
	for (size_t i = 0; i < training->record_count; i++) {
		documents += gold_of(training, training->records[i]) != NULL;
		if (judge_record(training, training->records[i], i % training->folds, err) < 0)
			return -1;
	}
	if (!training->count)
		return error_set(err, ERROR_INPUT,
				 "no record is annotated in --gold: ids or file names must agree");
	report(training, documents, stderr);
	return write_counts(training, opt_text(opts, "output"), err);
}

static void release(struct training *training)
{
	for (size_t i = 0; i < training->gold_count; i++)
		value_unref(training->gold[i]);
	for (size_t i = 0; i < training->record_count; i++)
		value_unref(training->records[i]);
	mem_free(training->gold);
	mem_free(training->records);
	mem_free(training->list);
	models_close(training->models);
}

int train_verb(int argc, char **argv)
{
	struct error err = {0};
	struct opts *opts = opt_parse(&command, argc, argv, &err);
	struct training training = {0};

	if (opts && opt_flag(opts, "help"))
		opt_help(&command, stdout);
	else if (opts && (opt_operands(opts) != 1 || !opt_many(opts, "gold", 0)))
		error_set(&err, ERROR_INPUT, "--gold FILE and the file of extracted RECORDS are needed");
	else if (opts)
		train(opts, &training, &err);
	if (err.kind != ERROR_NONE)
		fprintf(stderr, "extract train: %s%s%s\n", err.message, err.hint[0] ? "\n  hint: " : "",
			err.hint);
	release(&training);
	opts_free(opts);
	return err.kind == ERROR_NONE ? 0 : error_exit_status(&err);
}
