/* classify_test.c - from `classify train` to a record's classification, on a set made by hand. */

#include "steps/classify/classify.h"

#include "lib/mem/mem.h"
#include "steps/classify/verbs.h"
#include "tests/harness/folder.h"
#include "tests/harness/forked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static const char *const subjects[] = {"copper", "wheat", "silver", "cattle",
				       "oil",    "sugar", "coffee", "gold"};

enum { SUBJECTS = sizeof(subjects) / sizeof(*subjects) };

/* Releases and orders about eight subjects, and notes that are neither. */
static void write_index(const char *path)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (size_t i = 0; i < SUBJECTS; i++) {
		fprintf(file,
			"{\"doc_type\": \"press_release\", \"matters\": [\"fraud\"], \"text\": \"For "
			"immediate "
			"release: the agency announced charges of fraud in %s\"}\n",
			subjects[i]);
		fprintf(file,
			"{\"doc_type\": \"order\", \"matters\": [\"fraud\", \"tax\"], \"text\": \"Before the "
			"agency: order making findings of fraud and unpaid tax, %s\"}\n",
			subjects[i]);
		fprintf(file,
			"{\"doc_type\": null, \"matters\": [], \"text\": \"Dear friends, we met for tea and "
			"spoke of %s and the garden\"}\n",
			subjects[i]);
	}
	fclose(file);
}

static int run_verb(const void *program, int argc, char **argv)
{
	const char *name = program;

	return strcmp(name, "train") == 0 ? train_verb(argc, argv) : evaluate_verb(argc, argv);
}

/* Status of the verb; its stdout and stderr are appended to `out`. */
static int verb(const char *name, const char *const *args, struct buf *out)
{
	struct forked child;
	int status;

	forked_start(&child, run_verb, name, args, NULL);
	forked_end_input(&child);
	status = forked_finish(&child);
	buf_add_slice(out, buf_slice(&child.out_text));
	buf_add_slice(out, buf_slice(&child.err_text));
	forked_release(&child);
	return status;
}

struct setting {
	struct folder folder;
	char *index;
	char *types;
	char *matters;
	struct buf said;
};

static int set_up(void **state)
{
	struct setting *s = mem_new(sizeof(*s));

	folder_make(&s->folder);
	s->index = mem_strdup(folder_path(&s->folder, "index.jsonl"));
	s->types = mem_strdup(folder_path(&s->folder, "types.model"));
	s->matters = mem_strdup(folder_path(&s->folder, "matters.model"));
	buf_init(&s->said, 0);
	write_index(s->index);
	assert_int_equal(
		verb("train", (const char *[]){"--labels", s->index, "--output", s->types, NULL}, &s->said),
		0);
	assert_int_equal(verb("train",
			      (const char *[]){"--labels", s->index, "--label-member", "matters", "--output",
					       s->matters, NULL},
			      &s->said),
			 0);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setting *s = *state;

	folder_remove(&s->folder);
	mem_free(s->index);
	mem_free(s->types);
	mem_free(s->matters);
	buf_release(&s->said);
	mem_free(s);
	return 0;
}

static struct classifier *opened(struct setting *s, double threshold)
{
	struct error err = {0};
	struct classifier *classifier = classifier_open(s->types, s->matters, threshold, &err);

	assert_string_equal(err.message, "");
	assert_non_null(classifier);
	return classifier;
}

static char *content_of(const char *path, size_t *size)
{
	char *content = mem_alloc(1 << 20);
	FILE *file = fopen(path, "rb");

	assert_non_null(file);
	*size = fread(content, 1, 1 << 20, file);
	fclose(file);
	return content;
}

static void training_twice_gives_the_same_bytes(void **state)
{
	struct setting *s = *state;
	char *again = mem_strdup(folder_path(&s->folder, "again.model"));
	size_t sizes[2];
	char *first = content_of(s->types, &sizes[0]);
	char *second;

	assert_int_equal(
		verb("train", (const char *[]){"--labels", s->index, "--output", again, NULL}, &s->said), 0);
	second = content_of(again, &sizes[1]);
	assert_int_equal(sizes[0], sizes[1]);
	assert_memory_equal(first, second, sizes[0]);
	mem_free(first);
	mem_free(second);
	mem_free(again);
}

static void a_type_is_told_with_probability_and_words(void **state)
{
	struct setting *s = *state;
	struct classifier *classifier = opened(s, 0.5);
	struct value found = classify_text(
		classifier, SLICE("Before the agency: order, findings of fraud in tin"), CLASSIFY_TYPE);
	struct value type = *value_get(found, "doc_type");
	const struct value *words = value_get(type, "words");
	double probability = value_number(*value_get(type, "probability"));

	assert_true(slice_is(value_get_text(type, "value"), "order"));
	assert_true(probability >= 0.5 && probability <= 1);
	assert_null(value_get(found, "matters"));
	assert_true(value_len(*words) > 0 && value_len(*words) <= 5);
	for (size_t i = 0; i < value_len(*words); i++) {
		struct slice text = value_get_text(*value_list_at(*words, i), "words");

		assert_true(text.len > 0 && !slice_is(text, "tin"));
	}
	value_unref(found);
	classifier_close(classifier);
}

static void below_the_threshold_it_is_unknown_with_a_guess(void **state)
{
	struct setting *s = *state;
	struct classifier *classifier = opened(s, 1);
	struct value found =
		classify_text(classifier, SLICE("For immediate release: charges announced"), CLASSIFY_TYPE);
	struct value type = *value_get(found, "doc_type");

	assert_true(slice_is(value_get_text(type, "value"), "unknown"));
	assert_true(slice_is(value_get_text(type, "guess"), "press_release"));
	assert_true(value_number(*value_get(type, "probability")) < 1);
	value_unref(found);
	classifier_close(classifier);
}

static void what_is_none_of_the_types_is_unknown(void **state)
{
	struct setting *s = *state;
	struct classifier *classifier = opened(s, -1);
	const char *texts[] = {"", "Dear friends, we met for tea in the garden", "\xff\xfe\x00", NULL};

	for (size_t i = 0; texts[i]; i++) {
		struct value found = classify_text(classifier, slice_of(texts[i]), CLASSIFY_TYPE);

		assert_true(slice_is(value_get_text(*value_get(found, "doc_type"), "value"), "unknown"));
		value_unref(found);
	}
	classifier_close(classifier);
}

static void matters_are_a_list_by_probability(void **state)
{
	struct setting *s = *state;
	struct classifier *classifier = opened(s, -1);
	struct value found = classify_text(classifier, SLICE("order making findings of fraud and unpaid tax"),
					   CLASSIFY_MATTERS);
	const struct value *matters = value_get(found, "matters");

	assert_null(value_get(found, "doc_type"));
	assert_int_equal(value_len(*matters), 2);
	assert_true(value_number(*value_get(*value_list_at(*matters, 0), "probability")) >=
		    value_number(*value_get(*value_list_at(*matters, 1), "probability")));
	for (size_t i = 0; i < 2; i++) {
		const struct value *words = value_get(*value_list_at(*matters, i), "words");

		assert_true(value_len(*words) >= 1 && value_len(*words) <= 3);
	}
	value_unref(found);
	classifier_close(classifier);
}

static void a_model_in_the_wrong_place_is_refused(void **state)
{
	struct setting *s = *state;
	struct error err = {0};

	assert_null(classifier_open(s->matters, s->matters, -1, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	err = (struct error){0};
	assert_null(classifier_open(s->types, s->types, -1, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
}

static void tasks_name_what_to_find(void **state)
{
	struct value request = value_map_new();
	struct value list = value_list_new(1);
	struct error err = {0};

	(void)state;
	assert_int_equal(classify_tasks(request, &err), CLASSIFY_TYPE | CLASSIFY_MATTERS);
	value_list_push(&list, value_string_z("matters"));
	value_put(&request, "tasks", value_ref(list));
	assert_int_equal(classify_tasks(request, &err), CLASSIFY_MATTERS);
	value_list_push(&list, value_string_z("doc_type"));
	value_put(&request, "tasks", value_ref(list));
	assert_int_equal(classify_tasks(request, &err), CLASSIFY_TYPE | CLASSIFY_MATTERS);
	assert_int_equal(err.kind, ERROR_NONE);
	value_list_push(&list, value_string_z("dates"));
	value_put(&request, "tasks", value_ref(list));
	assert_int_equal(classify_tasks(request, &err), 0);
	assert_int_equal(err.kind, ERROR_INPUT);
	value_put(&request, "tasks", value_list_new(0));
	assert_int_equal(classify_tasks(request, &err), 0);
	value_put(&request, "tasks", value_string_z("matters"));
	assert_int_equal(classify_tasks(request, &err), 0);
	value_unref(list);
	value_unref(request);
}

struct worker {
	pthread_t thread;
	struct classifier *classifier;
	size_t right;
};

static void *work(void *data)
{
	struct worker *worker = data;

	for (size_t i = 0; i < 200; i++) {
		struct slice text = i % 2 ? SLICE("For immediate release: charges of fraud announced")
					  : SLICE("Before the agency: order making findings");
		struct value found =
			classify_text(worker->classifier, text, CLASSIFY_TYPE | CLASSIFY_MATTERS);

		worker->right += slice_is(value_get_text(*value_get(found, "doc_type"), "value"),
					  i % 2 ? "press_release" : "order");
		value_unref(found);
	}
	return NULL;
}

static void threads_share_one_classifier(void **state)
{
	struct setting *s = *state;
	struct classifier *classifier = opened(s, 0.3);
	struct worker workers[4];

	for (size_t i = 0; i < 4; i++) {
		workers[i] = (struct worker){.classifier = classifier};
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (size_t i = 0; i < 4; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_int_equal(workers[i].right, 200);
	}
	classifier_close(classifier);
}

static void evaluation_counts_right_and_wrong(void **state)
{
	struct setting *s = *state;
	char *held = mem_strdup(
		folder_write(&s->folder, "held.jsonl",
			     "{\"doc_type\": \"order\", \"text\": \"Before the agency: order making "
			     "findings of fraud\"}\n"
			     "{\"doc_type\": \"letter\", \"text\": \"For immediate release: the agency "
			     "announced charges\"}\n"));
	struct buf out;

	buf_init(&out, 0);
	assert_int_equal(verb("evaluate",
			      (const char *[]){"--labels", held, "--model", s->types, "--json", NULL}, &out),
			 0);
	assert_non_null(strstr(buf_text(&out), "\"accuracy\":0.5,"));
	assert_non_null(strstr(buf_text(&out), "\"letter\":{\"extra\":0,\"f1\":0,\"missed\":1,\"right\":0}"));
	assert_non_null(strstr(buf_text(&out), "\"macro_f1\":0.5,"));
	buf_release(&out);
	mem_free(held);
}

static void training_refuses_what_it_cannot_learn_from(void **state)
{
	struct setting *s = *state;
	char *one =
		mem_strdup(folder_write(&s->folder, "one.jsonl", "{\"doc_type\": \"a\", \"text\": \"x\"}\n"));

	assert_int_equal(
		verb("train", (const char *[]){"--labels", one, "--output", s->types, NULL}, &s->said), 2);
	assert_int_equal(verb("train", (const char *[]){"--output", s->types, NULL}, &s->said), 2);
	assert_int_equal(verb("train", (const char *[]){"--labels", s->index, NULL}, &s->said), 2);
	assert_int_equal(verb("train",
			      (const char *[]){"--labels", "/proc/nonexistent", "--output", s->types, NULL},
			      &s->said),
			 4);
	assert_int_equal(
		verb("train",
		     (const char *[]){"--labels", s->index, "--output", s->types, "--cost", "cheap", NULL},
		     &s->said),
		2);
	assert_int_equal(verb("train",
			      (const char *[]){"--labels", s->index, "--output", "/proc/nonexistent/m", NULL},
			      &s->said),
			 3);
	mem_free(one);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(training_twice_gives_the_same_bytes),
		TEST(a_type_is_told_with_probability_and_words),
		TEST(below_the_threshold_it_is_unknown_with_a_guess),
		TEST(what_is_none_of_the_types_is_unknown),
		TEST(matters_are_a_list_by_probability),
		TEST(a_model_in_the_wrong_place_is_refused),
		cmocka_unit_test(tasks_name_what_to_find),
		TEST(threads_share_one_classifier),
		TEST(evaluation_counts_right_and_wrong),
		TEST(training_refuses_what_it_cannot_learn_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
