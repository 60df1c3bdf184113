/* model.c - opening a model file and scoring texts with it; see model.h and model_private.h. */
#include "steps/classify/model_private.h"

#include "lib/mem/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LOG_TABLE = 256, /* counts whose logarithm is kept */
	CANDIDATES = 24, /* looked at for reasons: the same words occur at most three times among them */
	MAX_LANES = MODEL_MAX_LABELS,
};

struct label_model {
	const struct model_header *header; /* the mapped file; NULL until mapped */
	size_t size;
	const struct model_label *labels;
	const uint32_t *table;
	const char *rows;
	const uint32_t *words;
	const char *pool;
	const struct cues *cues;
	size_t lanes;          /* weights in a row */
	float term[LOG_TABLE]; /* 1 + ln n */
};

struct model_scratch {
	uint16_t *counts; /* of each feature in the text; all zero between texts but for `seen` */
	uint32_t *seen;   /* features with a count */
	size_t seen_count;
	float factor[FEATURE_KINDS]; /* weight / length of its vector */
};

/* ---- opening */

static int refuse(struct error *err, const char *path, const char *why)
{
	error_set(err, ERROR_INPUT, "%s is not a usable model: %s", path, why);
	error_hint(err, "make it anew with `classify train` (steps/classify/README.md has the command)");
	return -1;
}

static int map(struct label_model *model, const char *path, struct error *err)
{
	struct stat info;
	void *memory = MAP_FAILED;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_IO,
				 "cannot open the model %s: %s", path, strerror(errno));
	if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode)) {
		close(fd);
		return refuse(err, path, "not a regular file");
	}
	model->size = (size_t)info.st_size;
	if (model->size >= sizeof(struct model_header) && model->size <= MODEL_MAX_BYTES)
		memory = mmap(NULL, model->size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	else
		refuse(err, path, "its size is impossible");
	close(fd);
	if (memory == MAP_FAILED)
		return error_set(err, ERROR_IO, "cannot map the model %s: %s", path, strerror(errno));
	model->header = memory;
	return 0;
}

/* Is [at, at + count * size) inside the file and at `at` aligned? */
static bool fits(const struct label_model *model, uint32_t at, size_t count, size_t size)
{
	return at % MODEL_ALIGN == 0 && at >= sizeof(struct model_header) && at <= model->size &&
	       count * size <= model->size - at;
}

static int check_header(const struct label_model *model, const char *path, struct error *err)
{
	const struct model_header *h = model->header;
	size_t lanes = (h->labels + MODEL_LANES - 1) / MODEL_LANES * MODEL_LANES;

	if (memcmp(h->magic, MODEL_MAGIC, sizeof(h->magic)) != 0)
		return refuse(err, path, "it does not begin as a model does");
	if (h->byte_order != MODEL_BYTE_ORDER)
		return refuse(err, path, "it was written on a machine of another byte order");
	if (h->version != MODEL_VERSION)
		return refuse(err, path, "it has another format version");
	if (h->size != model->size || h->size % 8)
		return refuse(err, path, "it is cut short or has something appended");
	if (h->checksum != model_sum(h))
		return refuse(err, path, "its checksum is wrong");
	if (!h->labels || h->labels > MODEL_MAX_LABELS || h->features > MODEL_MAX_FEATURES ||
	    h->table_bits < 1 || h->table_bits > MODEL_ROW_BITS + 1 || h->features >= 1u << h->table_bits ||
	    h->row_bytes != sizeof(struct model_row) + lanes)
		return refuse(err, path, "its counts contradict each other");
	if (!fits(model, h->label_at, h->labels, sizeof(struct model_label)) ||
	    !fits(model, h->table_at, (size_t)1 << h->table_bits, 4) ||
	    !fits(model, h->rows_at, h->features, h->row_bytes) ||
	    !fits(model, h->words_at, h->features, 4) || !fits(model, h->pool_at, h->pool_bytes, 1) ||
	    !fits(model, h->cues_at, 1, sizeof(struct cues)))
		return refuse(err, path, "a section lies outside the file");
	for (size_t i = 0; i < FEATURE_KINDS; i++) {
		if (!isfinite(h->weight[i]))
			return refuse(err, path, "its weights are no numbers");
	}
	if (!memchr(h->task, 0, sizeof(h->task)) || !isfinite(h->slope) || !isfinite(h->offset) ||
	    !isfinite(h->threshold))
		return refuse(err, path, "its parameters are no numbers");
	return 0;
}

static void place_sections(struct label_model *model)
{
	const char *file = (const char *)model->header;

	model->labels = (const void *)(file + model->header->label_at);
	model->table = (const void *)(file + model->header->table_at);
	model->rows = file + model->header->rows_at;
	model->words = (const void *)(file + model->header->words_at);
	model->pool = file + model->header->pool_at;
	model->cues = (const void *)(file + model->header->cues_at);
	model->lanes = model->header->row_bytes - sizeof(struct model_row);
}

static const struct model_row *row_at(const struct label_model *model, size_t i)
{
	return (const void *)(model->rows + i * model->header->row_bytes);
}

/* Every index that scoring will follow, once and for all. */
static int check_content(const struct label_model *model, const char *path, struct error *err)
{
	const struct model_header *h = model->header;
	const uint32_t row_mask = (1u << MODEL_ROW_BITS) - 1;
	size_t empty = 0;

	for (size_t i = 0; i < h->labels; i++) {
		const struct model_label *label = &model->labels[i];

		if (!memchr(label->name, 0, sizeof(label->name)) || !isfinite(label->bias) ||
		    !isfinite(label->scale))
			return refuse(err, path, "a label is damaged");
	}
	for (size_t i = 0; i < (size_t)1 << h->table_bits; i++) {
		uint32_t slot = model->table[i];

		if (slot && ((slot & row_mask) == 0 || (slot & row_mask) > h->features))
			return refuse(err, path, "its table points outside the rows");
		empty += slot == 0;
	}
	if (!empty)
		return refuse(err, path, "its table has no end");
	for (size_t i = 0; i < h->features; i++) {
		const struct model_row *row = row_at(model, i);

		if (model->words[i] >= h->pool_bytes || !isfinite(row->idf) ||
		    feature_kind(row->check) >= FEATURE_KINDS)
			return refuse(err, path, "a feature is damaged");
	}
	if (h->features && model->pool[h->pool_bytes - 1] != 0)
		return refuse(err, path, "its words have no end");
	if (!cues_is_sound(model->cues))
		return refuse(err, path, "its cues have no end");
	return 0;
}

struct label_model *model_open(const char *path, struct error *err)
{
	struct label_model *model = mem_new(sizeof(*model));

	if (map(model, path, err) < 0 || check_header(model, path, err) < 0)
		goto fail;
	place_sections(model);
	if (check_content(model, path, err) < 0)
		goto fail;
	for (size_t n = 1; n < LOG_TABLE; n++)
		model->term[n] = 1 + logf((float)n);
	return model;

fail:
	model_close(model);
	return NULL;
}

void model_close(struct label_model *model)
{
	if (!model)
		return;
	if (model->header)
		munmap((void *)(uintptr_t)model->header, model->size);
	mem_free(model);
}

size_t model_labels(const struct label_model *model)
{
	return model->header->labels;
}

const char *model_label(const struct label_model *model, size_t label)
{
	return model->labels[label].name;
}

const char *model_task(const struct label_model *model)
{
	return model->header->task;
}

uint64_t model_checksum(const struct label_model *model)
{
	return model->header->checksum;
}

uint64_t model_training(const struct label_model *model)
{
	return model->header->training;
}

bool model_is_many(const struct label_model *model)
{
	return model->header->many;
}

size_t model_features(const struct label_model *model)
{
	return model->header->features;
}

float model_threshold(const struct label_model *model)
{
	return model->header->threshold;
}

/* ---- scoring */

struct model_scratch *model_scratch_new(const struct label_model *model)
{
	struct model_scratch *scratch = mem_new(sizeof(*scratch));
	size_t features = model->header->features;

	scratch->counts = mem_new((features + 1) * sizeof(*scratch->counts));
	scratch->seen = mem_new((features + 1) * sizeof(*scratch->seen));
	return scratch;
}

void model_scratch_free(struct model_scratch *scratch)
{
	if (!scratch)
		return;
	mem_free(scratch->counts);
	mem_free(scratch->seen);
	mem_free(scratch);
}

/* The row of a key, or -1. A foreign key passes both tag and check once in 2^46. */
static int64_t find(const struct label_model *model, uint64_t key)
{
	const uint32_t row_mask = (1u << MODEL_ROW_BITS) - 1;
	const size_t mask = ((size_t)1 << model->header->table_bits) - 1;
	const uint32_t tag = model_tag(key);
	size_t at = key >> (64 - model->header->table_bits);

	for (uint32_t slot; (slot = model->table[at]) != 0; at = (at + 1) & mask) {
		if (slot >> MODEL_ROW_BITS == tag) {
			uint32_t row = (slot & row_mask) - 1;

			if (row_at(model, row)->check == (uint32_t)key)
				return row;
		}
	}
	return -1;
}

static void count_features(const struct label_model *model, struct slice text, struct model_scratch *scratch)
{
	struct feature list[FEATURES_BATCH];
	struct features features;
	size_t count;

	for (size_t i = 0; i < scratch->seen_count; i++)
		scratch->counts[scratch->seen[i]] = 0;
	scratch->seen_count = 0;
	features_init(&features, text, model->cues);
	while ((count = features_read(&features, list)) > 0) {
		for (size_t i = 0; i < count; i++) {
			int64_t row = find(model, list[i].key);

			if (row < 0)
				continue;
			/* no branch: which word is new cannot be foreseen; `seen` has room for one too many */
			scratch->seen[scratch->seen_count] = (uint32_t)row;
			scratch->seen_count += scratch->counts[row] == 0;
			scratch->counts[row] =
				(uint16_t)(scratch->counts[row] + (scratch->counts[row] < UINT16_MAX));
		}
	}
}

static float value_of(const struct label_model *model, const struct model_row *row, size_t count)
{
	return (count < LOG_TABLE ? model->term[count] : 1 + logf((float)count)) * row->idf;
}

static void add_row(float *restrict sums, const int8_t *restrict weights, size_t lanes, float value)
{
	for (size_t i = 0; i < lanes; i += MODEL_LANES) {
		for (size_t k = 0; k < MODEL_LANES; k++)
			sums[i + k] += value * (float)weights[i + k];
	}
}

/* sums[kind]: the dot products of its vector, not yet brought to length. */
static void add_up(const struct label_model *model, struct model_scratch *scratch,
		   float sums[FEATURE_KINDS][MAX_LANES])
{
	float square[FEATURE_KINDS] = {0};

	for (size_t i = 0; i < scratch->seen_count; i++) {
		uint32_t id = scratch->seen[i];
		const struct model_row *row = row_at(model, id);
		float value = value_of(model, row, scratch->counts[id]);
		enum feature_kind kind = feature_kind(row->check);

		square[kind] += value * value;
		add_row(sums[kind], row->weights, model->lanes, value);
	}
	for (size_t kind = 0; kind < FEATURE_KINDS; kind++)
		scratch->factor[kind] =
			square[kind] > 0 ? model->header->weight[kind] / sqrtf(square[kind]) : 0;
}

/* Odds that a float holds comfortably: e^±40. */
static float odds(const struct model_header *header, float score)
{
	float x = header->slope * score + header->offset;

	return expf(x > 40 ? 40 : x < -40 ? -40 : x);
}

void model_score(const struct label_model *model, struct slice text, struct model_scratch *scratch,
		 struct model_result *result)
{
	float sums[FEATURE_KINDS][MAX_LANES] = {0};
	float total = 1; /* the odds of none of them, against which the others stand */

	count_features(model, text, scratch);
	add_up(model, scratch, sums);
	result->best = 0;
	result->known = scratch->seen_count;
	for (size_t i = 0; i < model->header->labels; i++) {
		const struct model_label *label = &model->labels[i];

		float sum = 0;

		for (size_t kind = 0; kind < FEATURE_KINDS; kind++)
			sum += sums[kind][i] * scratch->factor[kind];
		result->score[i] = label->bias + label->scale * sum;
		result->probability[i] = odds(model->header, result->score[i]);
		total += result->probability[i];
		if (result->score[i] > result->score[result->best])
			result->best = i;
	}
	for (size_t i = 0; i < model->header->labels; i++)
		result->probability[i] /= model->header->many ? 1 + result->probability[i] : total;
}

/* ---- reasons */

struct candidate {
	uint32_t words; /* place in the pool: the same words of body, head and cues share it */
	float share;
};

/* Insert into a list kept in falling order, which may already hold the words or be full. */
static size_t insert(struct candidate *list, size_t count, size_t capacity, struct candidate item)
{
	size_t at = count;

	if (count == capacity && list[count - 1].share >= item.share)
		return count;
	if (count == capacity)
		at--;
	else
		count++;
	for (; at > 0 && list[at - 1].share < item.share; at--)
		list[at] = list[at - 1];
	list[at] = item;
	return count;
}

size_t model_reasons(const struct label_model *model, const struct model_scratch *scratch, size_t label,
		     struct model_reason *reasons, size_t capacity)
{
	struct candidate raw[CANDIDATES];
	struct candidate merged[CANDIDATES];
	size_t raw_count = 0;
	size_t count = 0;

	for (size_t i = 0; i < scratch->seen_count; i++) {
		uint32_t id = scratch->seen[i];
		const struct model_row *row = row_at(model, id);
		float factor = scratch->factor[feature_kind(row->check)];
		float share = value_of(model, row, scratch->counts[id]) * factor * (float)row->weights[label];

		if (share > 0)
			raw_count = insert(raw, raw_count, CANDIDATES,
					   (struct candidate){model->words[id], share});
	}
	for (size_t i = 0; i < raw_count; i++) {
		struct candidate sum = raw[i];

		for (size_t k = i + 1; k < raw_count; k++) {
			if (raw[k].words == sum.words) {
				sum.share += raw[k].share;
				raw[k].share = 0;
			}
		}
		if (raw[i].share > 0)
			count = insert(merged, count, CANDIDATES, sum);
	}
	count = count < capacity ? count : capacity;
	for (size_t i = 0; i < count; i++)
		reasons[i] = (struct model_reason){model->pool + merged[i].words,
						   merged[i].share * model->labels[label].scale};
	return count;
}
