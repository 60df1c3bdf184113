/* classify.c - texts to types and matters; see classify.h. */
#include "steps/classify/classify.h"

#include "lib/mem/mem.h"

#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const float LEAST_MATTER = 0.25f; /* for the only one */

enum {
	TYPE_REASONS = 5, /* words named for a type */
	MATTER_REASONS = 3,
	MATTERS = 4,
	TREE_DEPTH = 4, /* folders between a program of the source tree and its root, at most */
};

/* Scratches come and go by a stack: at most one for each thread ever exists. */
struct pool {
	struct model_scratch **idle;
	size_t count;
	size_t capacity;
};

struct classifier {
	struct label_model *types;
	struct label_model *matters;
	double threshold;
	pthread_mutex_t lock; /* of the pools */
	struct pool type_pool;
	struct pool matters_pool;
	char name[MODEL_NAME_BYTES + 20]; /* of the type model, with the checksum's first digits */
};

/* ---- finding the models */

static bool exists(const char *path)
{
	return access(path, R_OK) == 0;
}

/* Beside the installed program, or in the source tree that holds the build folder. */
static int find_own(const char *file, struct buf *path, struct error *err)
{
	char program[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", program, sizeof(program) - 1);
	struct slice folder;

	if (size < 0)
		return error_set(err, ERROR_IO, "cannot tell where this program lies, to find %s", file);
	folder = (struct slice){program, (size_t)size};
	while (folder.len && folder.ptr[folder.len - 1] != '/')
		folder.len--;
	buf_printf(path, "%.*s../share/lexflow/%s", SLICE_ARG(folder), file);
	for (size_t up = 1; up <= TREE_DEPTH && !exists(buf_text(path)); up++) {
		buf_clear(path);
		buf_add_slice(path, folder);
		for (size_t i = 0; i < up; i++)
			buf_add_text(path, "../");
		buf_printf(path, "steps/classify/%s", file);
	}
	if (exists(buf_text(path)))
		return 0;
	error_set(err, ERROR_NOT_FOUND, "no %s beside the program in %.*s", file, SLICE_ARG(folder));
	error_hint(err,
		   "name a model with --model or CLASSIFY_MODEL, --matters-model or CLASSIFY_MATTERS_MODEL");
	return -1;
}

static struct label_model *open_model(const char *given, const char *own, bool many, struct error *err)
{
	struct label_model *model = NULL;
	struct buf path;

	buf_init(&path, 0);
	if (given && given[0])
		buf_add_text(&path, given);
	else if (find_own(own, &path, err) < 0)
		goto done;
	model = model_open(buf_text(&path), err);
	if (model && model_is_many(model) != many) {
		error_set(err, ERROR_INPUT, "the model %s gives a document %s", buf_text(&path),
			  many ? "one label, and matters are many" : "many labels, and its type is one");
		model_close(model);
		model = NULL;
	}

done:
	buf_release(&path);
	return model;
}

struct classifier *classifier_open(const char *type_model, const char *matters_model, double threshold,
				   struct error *err)
{
	struct classifier *c = mem_new(sizeof(*c));

	pthread_mutex_init(&c->lock, NULL);
	c->types = open_model(type_model, "decision_types.model", false, err);
	if (!c->types)
		goto fail;
	c->matters = open_model(matters_model, "matters.model", true, err);
	if (!c->matters)
		goto fail;
	c->threshold = threshold < 0 ? (double)model_threshold(c->types) : threshold;
	snprintf(c->name, sizeof(c->name), "%s@%08x", model_task(c->types),
		 (unsigned)(model_checksum(c->types) >> 32));
	return c;

fail:
	classifier_close(c);
	return NULL;
}

static void drain(struct pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		model_scratch_free(pool->idle[i]);
	mem_free(pool->idle);
}

void classifier_close(struct classifier *c)
{
	if (!c)
		return;
	drain(&c->type_pool);
	drain(&c->matters_pool);
	model_close(c->types);
	model_close(c->matters);
	pthread_mutex_destroy(&c->lock);
	mem_free(c);
}

/* ---- scratches */

static struct model_scratch *borrow(struct classifier *c, struct pool *pool, const struct label_model *model)
{
	struct model_scratch *scratch = NULL;

	pthread_mutex_lock(&c->lock);
	if (pool->count)
		scratch = pool->idle[--pool->count];
	pthread_mutex_unlock(&c->lock);
	return scratch ? scratch : model_scratch_new(model);
}

static void give_back(struct classifier *c, struct pool *pool, struct model_scratch *scratch)
{
	pthread_mutex_lock(&c->lock);
	if (pool->count == pool->capacity)
		pool->idle = mem_grow(pool->idle, &pool->capacity, sizeof(*pool->idle));
	pool->idle[pool->count++] = scratch;
	pthread_mutex_unlock(&c->lock);
}

/* ---- results */

/* Four places: more would claim a precision that no calibration has. */
static struct value rounded(float number)
{
	return value_double(round((double)number * 1e4) / 1e4);
}

/* At most `most`, which is no more than TYPE_REASONS. */
static struct value reasons(const struct label_model *model, const struct model_scratch *scratch,
			    size_t label, size_t most)
{
	struct model_reason found[TYPE_REASONS];
	size_t count = model_reasons(model, scratch, label, found, most);
	struct value list = value_list_new(count);

	for (size_t i = 0; i < count; i++) {
		struct value one = value_map_new();

		/* The pool of a model is bytes of a file: it need not hold what a string must. */
		if (utf8_is_valid(slice_of(found[i].words))) {
			value_put(&one, "words", value_string_z(found[i].words));
			value_put(&one, "weight", rounded(found[i].share));
			value_list_push(&list, value_ref(one));
		}
		value_unref(one);
	}
	return list;
}

static struct value label_name(const struct label_model *model, size_t label)
{
	struct slice name = slice_of(model_label(model, label));

	return value_string(utf8_is_valid(name) ? name : SLICE("unknown"));
}

struct value classifier_labels(const struct classifier *c, enum classify_task task)
{
	const struct label_model *model = task == CLASSIFY_TYPE ? c->types : c->matters;
	struct value list = value_list_new(model_labels(model));

	for (size_t i = 0; i < model_labels(model); i++)
		value_list_push(&list, label_name(model, i));
	return list;
}

double classifier_threshold(const struct classifier *c)
{
	return c->threshold;
}

static struct value find_type(struct classifier *c, struct slice text)
{
	struct model_scratch *scratch = borrow(c, &c->type_pool, c->types);
	struct value type = value_map_new();
	struct model_result result;

	model_score(c->types, text, scratch, &result);
	value_put(&type, "probability", rounded(result.probability[result.best]));
	if ((double)result.probability[result.best] >= c->threshold) {
		value_put(&type, "value", label_name(c->types, result.best));
	} else {
		value_put(&type, "value", value_string_z("unknown"));
		value_put(&type, "guess", label_name(c->types, result.best));
	}
	value_put(&type, "words", reasons(c->types, scratch, result.best, TYPE_REASONS));
	give_back(c, &c->type_pool, scratch);
	return type;
}

/* Labels at or above the threshold, the most probable first, at most four (more is a list of everything);
 * where none is, the most probable one if it is not idle to name it: a document is about something. */
static struct value find_matters(struct classifier *c, struct slice text)
{
	struct model_scratch *scratch = borrow(c, &c->matters_pool, c->matters);
	struct value list = value_list_new(4);
	struct model_result result;

	model_score(c->matters, text, scratch, &result);
	while (value_len(list) < MATTERS) {
		float least = value_len(list) ? model_threshold(c->matters) : LEAST_MATTER;
		size_t best = 0;
		struct value one;

		for (size_t i = 1; i < model_labels(c->matters); i++) {
			if (result.probability[i] > result.probability[best])
				best = i;
		}
		if (result.probability[best] < least)
			break;
		one = value_map_new();
		value_put(&one, "value", label_name(c->matters, best));
		value_put(&one, "probability", rounded(result.probability[best]));
		value_put(&one, "words", reasons(c->matters, scratch, best, MATTER_REASONS));
		value_list_push(&list, one);
		result.probability[best] = -1;
	}
	give_back(c, &c->matters_pool, scratch);
	return list;
}

struct value classify_text(struct classifier *c, struct slice text, unsigned tasks)
{
	struct value all = value_map_new();

	if (tasks & CLASSIFY_TYPE) {
		value_put(&all, "doc_type", find_type(c, text));
		value_put(&all, "model", value_string_z(c->name));
	}
	if (tasks & CLASSIFY_MATTERS)
		value_put(&all, "matters", find_matters(c, text));
	return all;
}

unsigned classify_tasks(struct value request, struct error *err)
{
	const struct value *tasks = value_get(request, "tasks");
	unsigned wanted = 0;

	if (!tasks || value_is_null(*tasks))
		return CLASSIFY_TYPE | CLASSIFY_MATTERS;
	for (size_t i = 0; tasks->kind == VALUE_LIST && i < value_len(*tasks); i++) {
		struct slice name = value_text(*value_list_at(*tasks, i));
		unsigned task = slice_is(name, "doc_type")  ? CLASSIFY_TYPE
				: slice_is(name, "matters") ? CLASSIFY_MATTERS
							    : 0;

		if (!task) {
			wanted = 0;
			break;
		}
		wanted |= task;
	}
	if (!wanted)
		error_set(err, ERROR_INPUT, "\"tasks\" is a list of \"doc_type\" and \"matters\"");
	return wanted;
}
