/* learn_test.c - examples dealt into folds, machines that tell two kinds apart, and the sigmoid. */

#include "steps/classify/telling.h"

#include "tests/harness/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

static const struct examples_source members = {.split_member = "split",
					       .label_member = "label",
					       .text_member = "text",
					       .file_member = "file",
					       .group_member = "group"};

static int read_from(struct examples *examples, const char *lines, const struct examples_source *source,
		     struct error *err)
{
	struct folder folder;
	int status;

	folder_make(&folder);
	folder_write(&folder, "a.txt", "text of a file");
	struct examples_source with_folder = *source;

	with_folder.folder = folder.path;
	examples_init(examples);
	status = examples_read(examples, folder_write(&folder, "index.jsonl", lines), &with_folder, err);
	examples_sort(examples);
	folder_remove(&folder);
	return status;
}

static void records_become_examples(void **state)
{
	const char *lines =
		"{\"id\": \"1\", \"text\": \"b one\", \"label\": \"beta\", \"split\": \"train\"}\n"
		"{\"id\": \"2\", \"file\": \"sub/a.txt\", \"label\": \"alpha\", \"split\": \"train\"}\n"
		"{\"id\": \"3\", \"text\": \"x\", \"label\": \"gamma\", \"split\": \"dev\"}\n"
		"{\"id\": \"4\", \"text\": \"y\", \"label\": null}\n";
	struct examples_source source = members;
	struct examples examples;
	struct error err = {0};

	(void)state;
	source.split = "train";
	assert_int_equal(read_from(&examples, lines, &source, &err), 0);
	assert_int_equal(examples.count, 3); /* the one of another split is left out, the one of none is in */
	assert_int_equal(examples.labels, 2);
	assert_string_equal(examples.names[0], "alpha"); /* by name, not by place */
	assert_int_equal(examples.items[0].labels, 2);
	assert_int_equal(examples.items[1].labels, 1);
	assert_string_equal(examples.items[1].text, "text of a file");
	assert_int_equal(examples.items[2].labels, 0); /* none of them */
	assert_false(examples.many);
	examples_release(&examples);
}

static void a_list_of_labels_means_many(void **state)
{
	struct examples examples;
	struct error err = {0};

	(void)state;
	assert_int_equal(
		read_from(&examples, "{\"text\": \"x\", \"label\": [\"b\", \"a\"]}\n", &members, &err), 0);
	assert_true(examples.many);
	assert_int_equal(examples.items[0].labels, 3);
	examples_release(&examples);
}

static void a_bad_record_is_told_by_its_line(void **state)
{
	const char *bad[] = {
		"{\"text\": \"x\"}\n",
		"{\"label\": \"a\"}\n",
		"{\"text\": \"x\", \"label\": 7}\n",
		"{\"text\": \"x\", \"label\": \"\"}\n",
		"{\"file\": \"../secret\", \"label\": \"a\"}\n",
		"{\"file\": \"/etc/passwd\", \"label\": \"a\"}\n",
		"{\"file\": \"missing.txt\", \"label\": \"a\"}\n",
		"not JSON\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct buf lines;
		struct examples examples;
		struct error err = {0};

		buf_init(&lines, 0);
		buf_printf(&lines, "{\"text\": \"good\", \"label\": \"a\"}\n%s", bad[i]);
		assert_int_equal(read_from(&examples, buf_text(&lines), &members, &err), -1);
		if (!strstr(err.message, "line 2"))
			fail_msg("%s: %s", bad[i], err.message);
		examples_release(&examples);
		buf_release(&lines);
	}
}

/* 12 groups of two, a release and an order each. */
static void read_pairs(struct examples *examples)
{
	struct error err = {0};
	struct buf lines;

	buf_init(&lines, 0);
	for (int i = 0; i < 12; i++) {
		buf_printf(&lines,
			   "{\"text\": \"press release announced today w%d\", \"label\": \"release\", "
			   "\"group\": \"g%d\"}\n",
			   i, i);
		buf_printf(&lines,
			   "{\"text\": \"order it is hereby ordered w%d\", \"label\": \"order\", "
			   "\"group\": \"g%d\"}\n",
			   i, i);
	}
	assert_int_equal(read_from(examples, buf_text(&lines), &members, &err), 0);
	buf_release(&lines);
}

static void folds_divide_no_group_and_are_even(void **state)
{
	struct examples examples;
	size_t parts[24];
	size_t sizes[3] = {0};

	(void)state;
	read_pairs(&examples);
	assert_int_equal(examples.groups, 12);
	examples_deal(&examples, 3, parts);
	for (size_t i = 0; i < 24; i += 2) {
		assert_true(parts[i] < 3);
		assert_int_equal(parts[i], parts[i + 1]);
		sizes[parts[i]]++;
	}
	assert_int_equal(sizes[0], 4);
	assert_int_equal(sizes[1], 4);
	examples_release(&examples);
}

/* w0 ... w11 are words with a letter, each in two documents of one group. */
static void features_of_too_few_documents_are_dropped(void **state)
{
	struct vocabulary all;
	struct vocabulary common;
	struct examples examples;

	(void)state;
	read_pairs(&examples);
	vocabulary_init(&all, &examples, NULL, 1);
	vocabulary_init(&common, &examples, NULL, 3);
	/* Bodies: 4 + 5 words and 12; heads the same, and pairs: 3 + 4 within, 12 + 12 with the last word. */
	assert_int_equal(all.kept, 9 + 12 + 9 + 12 + 7 + 24);
	assert_int_equal(common.kept, 9 + 9 + 7);
	vocabulary_release(&all);
	vocabulary_release(&common);
	examples_release(&examples);
}

static void vectors_have_length_one_in_body_and_head(void **state)
{
	struct vocabulary vocabulary;
	struct vectors vectors;
	struct examples examples;

	(void)state;
	read_pairs(&examples);
	vocabulary_init(&vocabulary, &examples, NULL, 3);
	vectors_init(&vectors, &vocabulary, (const double[]){1, 3, 1});
	for (size_t i = 0; i < vectors.count; i++) {
		const struct feature_node *node = vectors.rows[i];
		double square = 0;

		for (; node->index < vectors.width; node++)
			square += node->value * node->value;
		assert_int_equal(node->index, vectors.width);
		assert_true(node->value == 1); /* the bias */
		assert_int_equal(node[1].index, -1);
		assert_true(fabs(square - (1 + 9)) < 1e-9);
	}
	vectors_release(&vectors);
	vocabulary_release(&vocabulary);
	examples_release(&examples);
}

static void unseen_groups_are_told_apart(void **state)
{
	const struct learn_settings settings = {.cost = 1, .tolerance = 0.01, .folds = 3};
	struct vocabulary vocabulary;
	struct vectors vectors;
	struct examples examples;
	double scores[24 * 2];

	(void)state;
	read_pairs(&examples);
	vocabulary_init(&vocabulary, &examples, NULL, 1);
	vectors_init(&vectors, &vocabulary, (const double[]){1, 1, 1});
	learn_scores(&vectors, &examples, &settings, scores);
	for (size_t i = 0; i < 24; i++) {
		size_t label = examples.items[i].labels == 2;

		assert_true(scores[i * 2 + label] > 0);
		assert_true(scores[i * 2 + !label] < 0);
	}
	vectors_release(&vectors);
	vocabulary_release(&vocabulary);
	examples_release(&examples);
}

/* "press", "release", "announced" and "today" stand in every release and in no order. */
static void telling_words_are_those_that_gave_the_score(void **state)
{
	const struct learn_settings settings = {.cost = 1, .tolerance = 0.01, .folds = 2};
	struct telling_word list[3];
	struct vocabulary vocabulary;
	struct vectors vectors;
	struct examples examples;
	double *weights;

	(void)state;
	read_pairs(&examples);
	vocabulary_init(&vocabulary, &examples, NULL, 3);
	vectors_init(&vectors, &vocabulary, (const double[]){2, 1, 1});
	weights = mem_new(2 * (size_t)vectors.width * sizeof(*weights));
	learn_weights(&vectors, &examples, NULL, &settings, weights);
	assert_int_equal(telling_words(&vocabulary, &vectors, &examples, weights, 1, list, 3), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_non_null(strstr("press release announced today", list[i].words));
		assert_int_equal(list[i].kind, FEATURE_BODY); /* it weighs twice the head */
		assert_true(list[i].share > 0 && (i == 0 || list[i].share <= list[i - 1].share));
	}
	mem_free(weights);
	vectors_release(&vectors);
	vocabulary_release(&vocabulary);
	examples_release(&examples);
}

static void a_label_nobody_has_is_never_said(void **state)
{
	const struct learn_settings settings = {.cost = 1, .tolerance = 0.01, .folds = 2};
	struct vocabulary vocabulary;
	struct vectors vectors;
	struct examples examples;
	bool use[24] = {true, false, true, false, true}; /* releases only: label 1 */
	double *weights;

	(void)state;
	read_pairs(&examples);
	vocabulary_init(&vocabulary, &examples, NULL, 1);
	vectors_init(&vectors, &vocabulary, (const double[]){1, 1, 1});
	weights = mem_new(2 * (size_t)vectors.width * sizeof(*weights));
	learn_weights(&vectors, &examples, use, &settings, weights);
	assert_true(weights[vectors.width - 1] == -1);
	assert_true(weights[2 * vectors.width - 1] == 1);
	mem_free(weights);
	vectors_release(&vectors);
	vocabulary_release(&vocabulary);
	examples_release(&examples);
}

/* Scores +1 right three times in four, -1 once in four: odds 3 and 1/3, so slope ln 3 and offset 0, but for
 * the prior: targets are 41/42 and 1/42, which makes them 0.75 * 41/42 + 0.25/42 = 31/42 of the time: odds
 * 31/11. */
static void the_sigmoid_gives_the_observed_odds(void **state)
{
	double scores[80];
	bool outcomes[80];
	double slope;
	double offset;

	(void)state;
	for (size_t i = 0; i < 80; i++) {
		scores[i] = i < 40 ? 1 : -1;
		outcomes[i] = i < 40 ? i % 4 != 0 : i % 4 == 0;
	}
	learn_sigmoid(scores, outcomes, 80, &slope, &offset);
	assert_true(fabs(slope - log(31.0 / 11)) < 1e-3);
	assert_true(fabs(offset) < 1e-3);
}

static void a_perfect_score_gives_a_finite_sigmoid(void **state)
{
	const double scores[] = {-2, -1.5, -1, 1, 1.5, 2};
	const bool outcomes[] = {false, false, false, true, true, true};
	double slope;
	double offset;

	(void)state;
	learn_sigmoid(scores, outcomes, 6, &slope, &offset);
	assert_true(isfinite(slope) && slope > 0 && slope < 100);
	assert_true(isfinite(offset));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_become_examples),
		cmocka_unit_test(a_list_of_labels_means_many),
		cmocka_unit_test(a_bad_record_is_told_by_its_line),
		cmocka_unit_test(folds_divide_no_group_and_are_even),
		cmocka_unit_test(features_of_too_few_documents_are_dropped),
		cmocka_unit_test(vectors_have_length_one_in_body_and_head),
		cmocka_unit_test(unseen_groups_are_told_apart),
		cmocka_unit_test(telling_words_are_those_that_gave_the_score),
		cmocka_unit_test(a_label_nobody_has_is_never_said),
		cmocka_unit_test(the_sigmoid_gives_the_observed_odds),
		cmocka_unit_test(a_perfect_score_gives_a_finite_sigmoid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
