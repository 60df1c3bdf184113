/*
 * classify.h - records in, the same records with a document type and matters out.
 *
 * Two models, both optional to a request: one says what a document is (one label), the other what it is about
 * (any number). A classifier holds both and a pool of scratches, one for each call under way.
 *
 * Depends on lib/{value,text,diag}, model.h. Safe from any thread.
 */
#ifndef STEPS_CLASSIFY_CLASSIFY_H
#define STEPS_CLASSIFY_CLASSIFY_H

#include "lib/value/value.h"
#include "steps/classify/model.h"

enum classify_task { CLASSIFY_TYPE = 1, CLASSIFY_MATTERS = 2 };

struct classifier; /* opaque */

/* Model files; NULL or "" finds the one that came with the program: PREFIX/share/lexflow, or its source tree.
 * threshold < 0: that of the type model. NULL with *err. */
struct classifier *classifier_open(const char *type_model, const char *matters_model, double threshold,
				   struct error *err);
void classifier_close(struct classifier *classifier); /* NULL is fine */

/* The labels that a task can give, a list of strings owned by the caller ("unknown" is none of them), and how
 * probable a type must be to be named. */
struct value classifier_labels(const struct classifier *classifier, enum classify_task task);
double classifier_threshold(const struct classifier *classifier);

/* What is known of `text`, as the record's "classification" member has it: "doc_type", "matters", "model".
 * `tasks` is a union of enum classify_task. */
struct value classify_text(struct classifier *classifier, struct slice text, unsigned tasks);

/* The union that a request's "tasks" member names; all when there is none; 0 with ERROR_INPUT. */
unsigned classify_tasks(struct value request, struct error *err);

#endif
