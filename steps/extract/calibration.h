/*
 * calibration.h - how often the rules of a field were right on annotated documents, and so how sure each is.
 *
 * FOLDER/confidence.tsv, one rule a line: field, rule, right, wrong. `extract train` writes it. A rule's confidence
 * is (right + 4 * rate of its field) / (right + wrong + 4): few cases weigh little. A rule that is not in the file
 * keeps what its model says.
 *
 * Depends on model.h. Owned by who reads it; read-only after.
 */
#ifndef STEPS_EXTRACT_CALIBRATION_H
#define STEPS_EXTRACT_CALIBRATION_H

#include "steps/extract/model.h"

#include <stdio.h>

struct rule_count {
	char *field, *rule; /* owned */
	double right, wrong;
};

struct calibration {
	struct rule_count *list; /* owned */
	size_t count, capacity;
};

void calibration_release(struct calibration *calibration);
void calibration_add(struct calibration *calibration, struct slice field, struct slice rule, double right,
		     double wrong);
/* -1 when nothing is known of the rule. */
double calibration_confidence(const struct calibration *calibration, struct slice field, struct slice rule);

/* FOLDER/confidence.tsv; 0 also when there is none, -1 with ERROR_INPUT, which names file and line. */
int calibration_read(struct calibration *calibration, const char *folder, struct error *err);
void calibration_write(const struct calibration *calibration, FILE *out);
/* The rules of a model that were read from `folder` (NULL: all) get their measured confidence. */
void calibration_apply(const struct calibration *calibration, struct model *model, const char *folder);

#endif
