/* model_write.c - a model as a file; see model.h and model_private.h. */
#include "steps/classify/model_private.h"

#include "lib/mem/mem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint32_t align(struct buf *file)
{
	static const char zeros[MODEL_ALIGN];

	buf_add(file, zeros, (MODEL_ALIGN - file->len % MODEL_ALIGN) % MODEL_ALIGN);
	return (uint32_t)file->len;
}

static void copy_name(char *to, size_t size, const char *name)
{
	snprintf(to, size, "%s", name);
}

/* Eight bits hold a weight well enough: the error of a score is the scale times some hundredths, because
 * the vector has length 1 and the errors of its terms are independent. */
static float scale_of(const struct model_parts *parts, size_t label)
{
	float largest = 0;

	for (size_t i = 0; i < parts->features; i++)
		largest = fmaxf(largest, fabsf(parts->feature[i].weights[label]));
	return largest > 0 ? largest / 127 : 1;
}

static void write_labels(struct buf *file, const struct model_parts *parts, struct model_label *labels)
{
	for (size_t i = 0; i < parts->labels; i++) {
		copy_name(labels[i].name, sizeof(labels[i].name), parts->names[i]);
		labels[i].bias = parts->bias[i];
		labels[i].scale = scale_of(parts, i);
	}
	buf_add(file, labels, parts->labels * sizeof(*labels));
}

/* At most two slots in three are taken, so that a probe for an unknown word soon finds an empty one. */
static uint32_t table_bits(size_t features)
{
	uint32_t bits = 4;

	while (((size_t)1 << bits) * 2 < features * 3 + 2)
		bits++;
	return bits;
}

static void write_table(struct buf *file, const struct model_parts *parts, uint32_t bits)
{
	const size_t slots = (size_t)1 << bits;
	uint32_t *table = mem_new(slots * sizeof(*table));

	for (size_t i = 0; i < parts->features; i++) {
		uint64_t key = parts->feature[i].key;
		size_t at = key >> (64 - bits);

		while (table[at])
			at = (at + 1) & (slots - 1);
		table[at] = model_tag(key) << MODEL_ROW_BITS | (uint32_t)(i + 1);
	}
	buf_add(file, table, slots * sizeof(*table));
	mem_free(table);
}

static void write_rows(struct buf *file, const struct model_parts *parts, const struct model_label *labels,
		       uint32_t row_bytes)
{
	struct model_row *row = mem_new(row_bytes);

	for (size_t i = 0; i < parts->features; i++) {
		const struct model_feature *feature = &parts->feature[i];

		row->check = (uint32_t)feature->key;
		row->idf = feature->idf;
		for (size_t k = 0; k < parts->labels; k++)
			row->weights[k] = (int8_t)lrintf(feature->weights[k] / labels[k].scale);
		buf_add(file, row, row_bytes);
	}
	mem_free(row);
}

static int by_words(const void *a, const void *b)
{
	const struct model_feature *const *x = a;
	const struct model_feature *const *y = b;

	return strcmp((*x)->words, (*y)->words);
}

/* Fill the pool, each text once, and the places of all features' words in it. */
static void fill_pool(const struct model_parts *parts, struct buf *pool, uint32_t *places)
{
	const struct model_feature **sorted = mem_new((parts->features + 1) * sizeof(*sorted));
	uint32_t place = 0;

	for (size_t i = 0; i < parts->features; i++)
		sorted[i] = &parts->feature[i];
	qsort(sorted, parts->features, sizeof(*sorted), by_words);
	for (size_t i = 0; i < parts->features; i++) {
		if (i == 0 || strcmp(sorted[i - 1]->words, sorted[i]->words) != 0) {
			place = (uint32_t)pool->len;
			buf_add(pool, sorted[i]->words, strlen(sorted[i]->words) + 1);
		}
		places[sorted[i] - parts->feature] = place;
	}
	mem_free(sorted);
}

static void build(struct buf *file, const struct model_parts *parts)
{
	struct model_label labels[MODEL_MAX_LABELS] = {0};
	struct model_header h = {.version = MODEL_VERSION, .byte_order = MODEL_BYTE_ORDER};
	uint32_t *places = mem_new((parts->features + 1) * sizeof(*places));
	struct buf pool;

	buf_init(&pool, MODEL_MAX_BYTES);
	memcpy(h.magic, MODEL_MAGIC, sizeof(h.magic));
	copy_name(h.task, sizeof(h.task), parts->task);
	h.many = parts->many;
	h.labels = (uint32_t)parts->labels;
	h.features = (uint32_t)parts->features;
	h.table_bits = table_bits(parts->features);
	h.row_bytes = (uint32_t)(sizeof(struct model_row) +
				 (parts->labels + MODEL_LANES - 1) / MODEL_LANES * MODEL_LANES);
	h.training = parts->training;
	memcpy(h.weight, parts->weight, sizeof(h.weight));
	h.slope = parts->slope;
	h.offset = parts->offset;
	h.threshold = parts->threshold;
	buf_add(file, &h, sizeof(h));
	h.label_at = align(file);
	write_labels(file, parts, labels);
	h.table_at = align(file);
	write_table(file, parts, h.table_bits);
	h.rows_at = align(file);
	write_rows(file, parts, labels, h.row_bytes);
	fill_pool(parts, &pool, places);
	h.words_at = align(file);
	buf_add(file, places, parts->features * sizeof(*places));
	h.pool_at = align(file);
	h.pool_bytes = (uint32_t)pool.len;
	buf_add(file, pool.data, pool.len);
	h.cues_at = align(file);
	buf_add(file, parts->cues ? parts->cues : &(struct cues){0}, sizeof(*parts->cues));
	align(file);
	h.size = file->len;
	if (!file->full) {
		memcpy(file->data, &h, sizeof(h));
		h.checksum = model_sum((const void *)file->data);
		memcpy(file->data, &h, sizeof(h));
	}
	buf_release(&pool);
	mem_free(places);
}

static int save(const char *path, struct slice content, struct error *err)
{
	struct buf temporary;
	size_t done = 0;
	int fd;

	buf_init(&temporary, 0);
	buf_printf(&temporary, "%s.%ld.new", path, (long)getpid());
	fd = open(buf_text(&temporary), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		goto fail;
	while (done < content.len) {
		ssize_t n = write(fd, content.ptr + done, content.len - done);

		if (n < 0 && errno != EINTR)
			goto fail;
		done += n > 0 ? (size_t)n : 0;
	}
	if (fsync(fd) < 0 || rename(buf_text(&temporary), path) < 0)
		goto fail;
	close(fd);
	buf_release(&temporary);
	return 0;

fail:
	error_set(err, ERROR_IO, "cannot write the model %s: %s", path, strerror(errno));
	if (fd >= 0) {
		close(fd);
		unlink(buf_text(&temporary));
	}
	buf_release(&temporary);
	return -1;
}

int model_write(const char *path, const struct model_parts *parts, struct error *err)
{
	struct buf file;
	int status;

	assert(parts->labels > 0 && parts->labels <= MODEL_MAX_LABELS &&
	       parts->features <= MODEL_MAX_FEATURES);
	buf_init(&file, MODEL_MAX_BYTES);
	build(&file, parts);
	if (file.full)
		status = error_set(err, ERROR_LIMIT, "the model would be larger than %d bytes",
				   MODEL_MAX_BYTES);
	else
		status = save(path, buf_slice(&file), err);
	buf_release(&file);
	return status;
}
