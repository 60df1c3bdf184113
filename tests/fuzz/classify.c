/* classify.c - the text path of classify, and its reader of model files, on any bytes; see fuzz.h. */
#include "tests/fuzz/fuzz.h"

#include "lib/mem/mem.h"
#include "steps/classify/model_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MODEL "steps/classify/decision_types.model"

enum { BATCH = 64, SHIFTS = 3 };

static size_t read_all(struct slice text, size_t batch, struct word *list, size_t capacity)
{
	struct words words;
	size_t count = 0;
	size_t read;

	words_init(&words, text);
	while (count < capacity &&
	       (read = words_read(&words, list + count,
				  batch < capacity - count ? batch : capacity - count)) > 0)
		count += read;
	return count;
}

static void check_places(struct slice text, const struct word *list, size_t count)
{
	uint32_t end = 0;

	for (size_t i = 0; i < count; i++) {
		if (list[i].start < end || list[i].end <= list[i].start || list[i].end > text.len)
			fuzz_fail("word %zu lies at %u to %u, after %u, in %zu bytes", i, list[i].start,
				  list[i].end, end, text.len);
		end = list[i].end;
	}
}

/* The same words in batches of one, and behind blanks that move them against the blocks they are read in. */
static void check_words(struct slice text)
{
	static const size_t shifts[SHIFTS] = {0, 1, 37};
	const size_t capacity = text.len + 1;
	struct word *list = mem_new(capacity * sizeof(*list));
	struct word *other = mem_new(capacity * sizeof(*other));
	const size_t count = read_all(text, BATCH, list, capacity);

	check_places(text, list, count);
	for (size_t shift = 0; shift < SHIFTS; shift++) {
		struct buf moved;

		buf_init(&moved, 0);
		for (size_t i = 0; i < shifts[shift]; i++)
			buf_add_char(&moved, ' ');
		buf_add_slice(&moved, text);
		if (read_all(buf_slice(&moved), 1, other, capacity) != count)
			fuzz_fail("another number of words behind %zu blanks", shifts[shift]);
		for (size_t i = 0; i < count; i++) {
			if (list[i].hash != other[i].hash ||
			    list[i].start + shifts[shift] != other[i].start ||
			    list[i].end + shifts[shift] != other[i].end)
				fuzz_fail("word %zu is another behind %zu blanks", i, shifts[shift]);
		}
		buf_release(&moved);
	}
	mem_free(list);
	mem_free(other);
}

static void check_result(const struct label_model *model, const struct model_result *result)
{
	float sum = 0;

	if (result->best >= model_labels(model))
		fuzz_fail("label %zu of %zu", result->best, model_labels(model));
	for (size_t i = 0; i < model_labels(model); i++) {
		if (!isfinite(result->score[i]) ||
		    !(result->probability[i] >= 0 && result->probability[i] <= 1))
			fuzz_fail("label %zu: score %g, probability %g", i, (double)result->score[i],
				  (double)result->probability[i]);
		sum += result->probability[i];
	}
	if (!model_is_many(model) && sum > 1.0001f)
		fuzz_fail("probabilities add up to %g", (double)sum);
}

static void check_reasons(const struct label_model *model, const struct model_scratch *scratch, size_t label)
{
	struct model_reason reasons[5];
	const size_t count = model_reasons(model, scratch, label, reasons, 5);

	for (size_t i = 0; i < count; i++) {
		if (!reasons[i].words || strlen(reasons[i].words) >= MODEL_MAX_BYTES)
			fuzz_fail("reason %zu has no end", i);
	}
}

/* Twice, with another text in between: a scratch keeps nothing. */
static void score(const struct label_model *model, struct slice text, bool strict)
{
	struct model_scratch *scratch = model_scratch_new(model);
	struct model_result first;
	struct model_result second;

	model_score(model, text, scratch, &first);
	model_score(model, SLICE("the grand jury charges; settled; order of 1 May"), scratch, &second);
	model_score(model, text, scratch, &second);
	if (strict) {
		check_result(model, &first);
		if (memcmp(first.score, second.score, model_labels(model) * sizeof(*first.score)) != 0)
			fuzz_fail("another score the second time");
	}
	check_reasons(model, scratch, model_labels(model) - 1);
	model_scratch_free(scratch);
}

void fuzz_classify_text(struct slice input)
{
	static struct label_model *model; /* opened once: that takes longer than all the rest */
	struct error err = {0};

	if (!model && !(model = model_open(MODEL, &err)))
		fuzz_fail("%s", err.message);
	check_words(input);
	score(model, input, true);
}

/* ---- model files */

/* Set size and checksum right, or nothing else would ever be looked at. */
static void seal(char *bytes, size_t size)
{
	struct model_header header;

	memcpy(&header, bytes, sizeof(header));
	header.size = size;
	memcpy(bytes, &header, sizeof(header));
	header.checksum = model_sum((const void *)bytes);
	memcpy(bytes, &header, sizeof(header));
}

static struct label_model *open_bytes(const char *bytes, size_t size, struct error *err)
{
	struct label_model *model;
	char path[64];
	int file = memfd_create("model", MFD_CLOEXEC);

	if (file < 0 || write(file, bytes, size) != (ssize_t)size)
		fuzz_fail("no memory for a file of %zu bytes", size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	model = model_open(path, err);
	close(file);
	return model;
}

void fuzz_classify_model(struct slice input)
{
	const size_t size = input.len / 8 * 8;
	char *bytes = mem_new(size + 8); /* aligned, as a mapped file is */
	struct error err = {0};
	struct label_model *model;

	memcpy(bytes, input.ptr ? input.ptr : "", size);
	if (size >= sizeof(struct model_header))
		seal(bytes, size);
	model = open_bytes(bytes, size, &err);
	if (!model && (err.kind == ERROR_NONE || !err.message[0]))
		fuzz_fail("refused without a reason");
	if (model) {
		for (size_t i = 0; i < model_labels(model); i++) {
			if (strlen(model_label(model, i)) >= MODEL_NAME_BYTES)
				fuzz_fail("a name of %zu bytes", strlen(model_label(model, i)));
		}
		score(model, input, false);
		score(model, SLICE("before the agency: order; for immediate release: charges announced"),
		      false);
		model_close(model);
	}
	mem_free(bytes);
}
