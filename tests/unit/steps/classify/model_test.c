/* model_test.c - a model file: what is written is what scores, and a damaged one is refused. */

#include "steps/classify/model_private.h"

#include "lib/mem/mem.h"
#include "tests/harness/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

struct setting {
	struct folder folder;
	char *path;
};

static uint64_t key_of(const char *word, bool head)
{
	struct feature list[FEATURES_BATCH];
	struct features features;

	features_init(&features, slice_of(word), NULL);
	assert_int_equal(features_read(&features, list), 2);
	return list[head ? 1 : 0].key;
}

/* Two labels. Body words: "pay" speaks for fine, "charge" for plea; "guilty" in the head for plea. */
static struct model_parts parts(struct model_feature features[3], bool many)
{
	static const char *const names[] = {"fine", "plea"};
	static const float bias[] = {-0.5f, -0.5f};
	static const float pay[] = {2, -1};
	static const float charge[] = {-1, 2};
	static const float guilty[] = {0, 1};

	features[0] = (struct model_feature){key_of("pay", false), 1.5f, "pay", pay};
	features[1] = (struct model_feature){key_of("charge", false), 3, "charge", charge};
	features[2] = (struct model_feature){key_of("guilty", true), 2, "guilty", guilty};
	return (struct model_parts){.task = "doc_type",
				    .many = many,
				    .labels = 2,
				    .names = names,
				    .bias = bias,
				    .training = 7,
				    .weight = {1, 2, 1},
				    .slope = 3,
				    .offset = 0,
				    .threshold = 0.4f,
				    .features = 3,
				    .feature = features};
}

static void write_model(const char *path, bool many)
{
	struct model_feature features[3];
	struct model_parts all = parts(features, many);
	struct error err = {0};

	assert_int_equal(model_write(path, &all, &err), 0);
}

static int set_up(void **state)
{
	struct setting *s = mem_new(sizeof(*s));

	folder_make(&s->folder);
	s->path = mem_strdup(folder_path(&s->folder, "test.model"));
	write_model(s->path, false);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setting *s = *state;

	folder_remove(&s->folder);
	mem_free(s->path);
	mem_free(s);
	return 0;
}

static struct label_model *opened(const char *path)
{
	struct error err = {0};
	struct label_model *model = model_open(path, &err);

	assert_string_equal(err.message, "");
	assert_non_null(model);
	return model;
}

static struct model_result scored(const char *path, const char *text)
{
	struct label_model *model = opened(path);
	struct model_scratch *scratch = model_scratch_new(model);
	struct model_result result;

	model_score(model, SLICE("pay pay charge guilty"), scratch, &result); /* leaves no trace */
	model_score(model, slice_of(text), scratch, &result);
	model_scratch_free(scratch);
	model_close(model);
	return result;
}

static void a_model_says_what_it_is(void **state)
{
	struct setting *s = *state;
	struct label_model *model = opened(s->path);

	assert_int_equal(model_labels(model), 2);
	assert_string_equal(model_label(model, 0), "fine");
	assert_string_equal(model_label(model, 1), "plea");
	assert_string_equal(model_task(model), "doc_type");
	assert_int_equal(model_features(model), 3);
	assert_false(model_is_many(model));
	assert_true(fabsf(model_threshold(model) - 0.4f) < 1e-6f);
	assert_true(model_training(model) == 7);
	model_close(model);
}

/* pay twice and charge once, both in the body (and, being no words of the model there, not in the head):
 * values (1 + ln 2) * 1.5 = 2.540 and 3, length 3.931; scores -0.5 + (2 * 2.540 - 3) / 3.931 = 0.029 and
 * -0.5 + (-2.540 + 2 * 3) / 3.931 = 0.380. Weights of eight bits are off by at most 2 / 127 / 2. */
static void a_score_is_the_formula(void **state)
{
	struct setting *s = *state;
	struct model_result result = scored(s->path, "pay Charge PAY");

	assert_int_equal(result.known, 2);
	assert_true(fabsf(result.score[0] - 0.029f) < 0.02f);
	assert_true(fabsf(result.score[1] - 0.380f) < 0.02f);
	assert_int_equal(result.best, 1);
}

/* One word of the head alone: its vector has length 1, counted twice: -0.5 + 2 * 1 = 1.5. */
static void the_head_counts_by_its_weight(void **state)
{
	struct setting *s = *state;
	struct model_result result = scored(s->path, "guilty");

	assert_int_equal(result.known, 1);
	assert_true(fabsf(result.score[1] - 1.5f) < 0.02f);
	assert_true(fabsf(result.score[0] + 0.5f) < 0.02f);
}

/* Odds are exp(3 * score); none of them has odds 1. */
static void probabilities_leave_room_for_none_of_them(void **state)
{
	struct setting *s = *state;
	struct model_result result = scored(s->path, "guilty");
	float sum = result.probability[0] + result.probability[1];
	float odds = expf(3 * result.score[0]) + expf(3 * result.score[1]);

	assert_true(fabsf(sum - odds / (1 + odds)) < 1e-5f);
	assert_true(sum < 1);
	assert_true(fabsf(result.probability[1] - expf(3 * result.score[1]) / (1 + odds)) < 1e-5f);
}

static void many_labels_are_judged_each_alone(void **state)
{
	struct setting *s = *state;
	struct model_result result;

	write_model(s->path, true);
	result = scored(s->path, "guilty");
	assert_true(fabsf(result.probability[0] - 1 / (1 + expf(-3 * result.score[0]))) < 1e-5f);
	assert_true(fabsf(result.probability[1] - 1 / (1 + expf(-3 * result.score[1]))) < 1e-5f);
}

/* Biases alone remain: exp(-1.5) / (1 + 2 exp(-1.5)) = 0.154 for each, below any sensible threshold. */
static void a_text_without_a_known_word_is_nothing(void **state)
{
	struct setting *s = *state;
	const char *texts[] = {"", "   ", "quite other words 17", NULL};

	for (size_t i = 0; texts[i]; i++) {
		struct model_result result = scored(s->path, texts[i]);

		assert_int_equal(result.known, 0);
		assert_true(fabsf(result.probability[0] - 0.154f) < 0.001f);
		assert_true(fabsf(result.probability[1] - 0.154f) < 0.001f);
	}
}

static void reasons_are_the_words_that_spoke_for_it(void **state)
{
	struct setting *s = *state;
	struct label_model *model = opened(s->path);
	struct model_scratch *scratch = model_scratch_new(model);
	struct model_reason reasons[5];
	struct model_result result;

	model_score(model, SLICE("guilty: pay, charge"), scratch, &result);
	assert_int_equal(model_reasons(model, scratch, 1, reasons, 5), 2);
	assert_string_equal(reasons[0].words,
			    "guilty"); /* 2 * 1, charge gives 2 * 3 / sqrt(1.5^2 + 3^2) = 1.79 */
	assert_string_equal(reasons[1].words, "charge");
	assert_true(fabsf(reasons[0].share - 2) < 0.02f && fabsf(reasons[1].share - 1.789f) < 0.02f);
	assert_int_equal(model_reasons(model, scratch, 1, reasons, 1), 1);
	assert_int_equal(model_reasons(model, scratch, 0, reasons, 5), 1);
	assert_string_equal(reasons[0].words, "pay");
	model_scratch_free(scratch);
	model_close(model);
}

static void the_same_words_of_head_and_body_are_one_reason(void **state)
{
	struct setting *s = *state;
	static const char *const names[] = {"a", "b"};
	static const float zero[] = {0, 0};
	static const float one[] = {1, 0};
	struct model_feature features[] = {{key_of("order", false), 1, "order", one},
					   {key_of("order", true), 1, "order", one}};
	struct model_parts all = {.task = "t",
				  .labels = 2,
				  .names = names,
				  .bias = zero,
				  .weight = {1, 1, 1},
				  .slope = 1,
				  .features = 2,
				  .feature = features};
	struct error err = {0};
	struct label_model *model;
	struct model_scratch *scratch;
	struct model_reason reasons[5];
	struct model_result result;

	assert_int_equal(model_write(s->path, &all, &err), 0);
	model = opened(s->path);
	scratch = model_scratch_new(model);
	model_score(model, SLICE("Order"), scratch, &result);
	assert_int_equal(model_reasons(model, scratch, 0, reasons, 5), 1);
	assert_true(fabsf(reasons[0].share - 2) < 0.01f);
	model_scratch_free(scratch);
	model_close(model);
}

/* ---- damage */

static char *content_of(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	char *content = mem_alloc(1 << 20);

	assert_non_null(file);
	*size = fread(content, 1, 1 << 20, file);
	fclose(file);
	return content;
}

static void put(const char *path, const char *content, size_t size)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(content, 1, size, file), size);
	fclose(file);
}

static void assert_refused(const char *path)
{
	struct error err = {0};

	assert_null(model_open(path, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(strstr(err.message, path));
}

static void a_cut_or_lengthened_file_is_refused(void **state)
{
	struct setting *s = *state;
	size_t size;
	char *content = content_of(s->path, &size);

	for (size_t cut = 0; cut < size; cut += cut < 256 ? 1 : 37) {
		put(s->path, content, cut);
		assert_refused(s->path);
	}
	memset(content + size, 0, 64);
	put(s->path, content, size + 64);
	assert_refused(s->path);
	mem_free(content);
}

static void any_changed_byte_is_noticed(void **state)
{
	struct setting *s = *state;
	size_t size;
	char *content = content_of(s->path, &size);

	for (size_t i = 0; i < size; i += i < 300 ? 1 : 23) {
		content[i] = (char)(content[i] ^ 0x40);
		put(s->path, content, size);
		assert_refused(s->path);
		content[i] = (char)(content[i] ^ 0x40);
	}
	mem_free(content);
}

/* A file made to deceive: each number of the header spoilt, the checksum set right again. */
static void impossible_numbers_are_refused_even_with_a_right_checksum(void **state)
{
	struct setting *s = *state;
	size_t size;
	char *content = content_of(s->path, &size);
	const size_t first = offsetof(struct model_header, labels);
	const size_t last = offsetof(struct model_header, cues_at);

	for (size_t at = first; at <= last; at += 4) {
		const uint32_t values[] = {0xffffffff, 0x7ffffff0, (uint32_t)size, 1 << 20};
		uint32_t before;

		memcpy(&before, content + at, 4);
		for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
			struct model_header *h = (void *)content;

			memcpy(content + at, &values[i], 4);
			h->checksum = model_sum(h);
			put(s->path, content, size);
			assert_refused(s->path);
		}
		memcpy(content + at, &before, 4);
	}
	mem_free(content);
}

static void a_table_that_points_outside_is_refused(void **state)
{
	struct setting *s = *state;
	size_t size;
	char *content = content_of(s->path, &size);
	struct model_header *h = (void *)content;
	uint32_t *table = (void *)(content + h->table_at);
	const uint32_t bad[] = {4, (1u << MODEL_ROW_BITS) - 1, 1u << MODEL_ROW_BITS};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		uint32_t before = table[0];

		table[0] = bad[i];
		h->checksum = model_sum(h);
		put(s->path, content, size);
		assert_refused(s->path);
		table[0] = before;
	}
	for (size_t i = 0; i < 1u << h->table_bits; i++)
		table[i] = table[i] ? table[i] : 1; /* a search in a full table would not end */
	h->checksum = model_sum(h);
	put(s->path, content, size);
	assert_refused(s->path);
	mem_free(content);
}

/* Any search among cues must end, and every row be of a kind that has a sum. */
static void endless_cues_and_a_kind_that_is_none_are_refused(void **state)
{
	struct setting *s = *state;
	size_t size;
	char *content = content_of(s->path, &size);
	struct model_header *h = (void *)content;
	struct model_row *row = (void *)(content + h->rows_at);
	struct cues *cues = (void *)(content + h->cues_at);

	row->check |= 3;
	h->checksum = model_sum(h);
	put(s->path, content, size);
	assert_refused(s->path);
	row->check &= ~3u;
	for (size_t i = 0; i < CUES_SLOTS; i++)
		cues->slots[i] = i + 1;
	h->checksum = model_sum(h);
	put(s->path, content, size);
	assert_refused(s->path);
	mem_free(content);
}

static void a_missing_file_is_not_found(void **state)
{
	struct error err = {0};

	(void)state;
	assert_null(model_open("/proc/nonexistent/x.model", &err));
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	err = (struct error){0};
	assert_null(model_open("/", &err));
	assert_int_equal(err.kind, ERROR_INPUT);
}

static void a_model_that_cannot_be_written_leaves_the_old_one(void **state)
{
	struct setting *s = *state;
	struct model_feature features[3];
	struct model_parts all = parts(features, false);
	struct error err = {0};

	assert_int_equal(model_write("/proc/nonexistent/x.model", &all, &err), -1);
	assert_int_equal(err.kind, ERROR_IO);
	model_close(opened(s->path));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_model_says_what_it_is),
		TEST(a_score_is_the_formula),
		TEST(the_head_counts_by_its_weight),
		TEST(probabilities_leave_room_for_none_of_them),
		TEST(many_labels_are_judged_each_alone),
		TEST(a_text_without_a_known_word_is_nothing),
		TEST(reasons_are_the_words_that_spoke_for_it),
		TEST(the_same_words_of_head_and_body_are_one_reason),
		TEST(a_cut_or_lengthened_file_is_refused),
		TEST(any_changed_byte_is_noticed),
		TEST(impossible_numbers_are_refused_even_with_a_right_checksum),
		TEST(a_table_that_points_outside_is_refused),
		TEST(endless_cues_and_a_kind_that_is_none_are_refused),
		TEST(a_missing_file_is_not_found),
		TEST(a_model_that_cannot_be_written_leaves_the_old_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
