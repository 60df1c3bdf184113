/*
 * model.h - a trained classifier as one file, mapped read-only and shared by all threads.
 *
 * A feature that is known has a row: its inverse document frequency and one weight for each label, in eight
 * bits. Looking one up is a probe of an open-addressed table. Body, head and cues of a document are three
 * vectors of (1 + ln tf) * idf, each brought to length 1 and then counted by a weight of its own; the score of
 * a label is the dot product with its weights, plus a bias (Salton and Buckley, Information Processing &
 * Management 24(5), 1988, for the weighting; Joachims, ECML 1998, for linear machines on it).
 *
 * Probabilities: Platt's sigmoid (Platt, 1999; Lin, Lin and Weng, Machine Learning 68, 2007) gives each label
 * odds o = exp(a * score + b), whatever the others get. Where several labels may hold, that is p = o / (1 +
 * o). Where one holds, p = o / (1 + sum of all o): what is missing to 1 is the chance that it is none of
 * them.
 *
 * The file: a header, then sections at the offsets it names, each aligned to 64 bytes, in the byte order of
 * the machine. Opening checks size, version, checksum and every index in it, so a torn or foreign file is
 * refused and a lookup needs no check.
 *
 * Depends on lib/{mem,text,diag}, features.h. A model is read-only and safe from any thread; a scratch
 * belongs to one call at a time.
 */
#ifndef STEPS_CLASSIFY_MODEL_H
#define STEPS_CLASSIFY_MODEL_H

#include "lib/diag/error.h"
#include "steps/classify/features.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MODEL_VERSION = 2,
	MODEL_MAX_LABELS = 64,
	MODEL_MAX_FEATURES = (1 << 18) - 2, /* a slot of the table has 18 bits for the row */
	MODEL_MAX_BYTES = 64 << 20,
	MODEL_NAME_BYTES = 48, /* of a label or task, its NUL included */
};

struct label_model; /* opaque; liblinear has taken the name `model` */

/* NULL with ERROR_NOT_FOUND, ERROR_IO, or ERROR_INPUT for a file that is no model. */
struct label_model *model_open(const char *path, struct error *err);
void model_close(struct label_model *model); /* NULL is fine */

size_t model_labels(const struct label_model *model);
const char *model_label(const struct label_model *model, size_t label);
/* Name of the labels' member in a record, such as "doc_type"; with the checksum it names the model. */
const char *model_task(const struct label_model *model);
uint64_t model_checksum(const struct label_model *model);
uint64_t model_training(const struct label_model *model); /* equal for the same examples and settings */
bool model_is_many(const struct label_model *model);      /* several labels may hold at once */
size_t model_features(const struct label_model *model);
float model_threshold(const struct label_model *model); /* a probability below it decides nothing */

/* Working memory of one scoring: about eight bytes a feature. */
struct model_scratch;
struct model_scratch *model_scratch_new(const struct label_model *model);
void model_scratch_free(struct model_scratch *scratch);

struct model_result {
	float score[MODEL_MAX_LABELS];
	float probability[MODEL_MAX_LABELS];
	size_t best;  /* the most probable label */
	size_t known; /* features of the text that the model knows */
};

void model_score(const struct label_model *model, struct slice text, struct model_scratch *scratch,
		 struct model_result *result);

/* What spoke for `label` most in the text scored last: words, and how much of the score they gave. */
struct model_reason {
	const char *words; /* borrowed from the model */
	float share;
};

/* Strongest first, at most `capacity` and only what speaks for it; the same words in body and head are one.
 */
size_t model_reasons(const struct label_model *model, const struct model_scratch *scratch, size_t label,
		     struct model_reason *reasons, size_t capacity);

/* ---- making one */

struct model_feature {
	uint64_t key;
	float idf;
	const char *words;    /* borrowed */
	const float *weights; /* one a label; borrowed */
};

struct model_parts {
	const char *task;
	bool many;
	size_t labels;
	const char *const *names;
	const float *bias;
	uint64_t training;
	const struct cues *cues; /* borrowed; NULL: none */
	float weight[FEATURE_KINDS];
	float slope;  /* a */
	float offset; /* b */
	float threshold;
	size_t features;
	const struct model_feature *feature;
};

/* Written under a temporary name and renamed, so that a reader sees the old file or the new one. */
int model_write(const char *path, const struct model_parts *parts, struct error *err);

#endif
