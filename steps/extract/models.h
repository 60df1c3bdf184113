/*
 * models.h - the folder of extraction models; each read and compiled when a document first needs it.
 *
 * Compiling a model takes milliseconds, so a start compiles none. A type without a file of its own gets
 * default.yaml. What went wrong with a model is kept: every document of the type gets the same message.
 *
 * Depends on model.h. models_get may be called from any thread; a model lives until models_close.
 */
#ifndef STEPS_EXTRACT_MODELS_H
#define STEPS_EXTRACT_MODELS_H

#include "lib/diag/error.h"
#include "steps/extract/model.h"

#include <stdio.h>

struct models; /* opaque */

/* `folder` NULL: where the program finds its own (share/lexflow/extract beside bin, or the source tree).
 * NULL with ERROR_NOT_FOUND or ERROR_INPUT (no *.yaml in it). */
struct models *models_open(const char *folder, struct error *err);
void models_close(struct models *models); /* NULL is fine */
const char *models_folder(const struct models *models);

/* The compiled model of the type in the language ("fr"; empty: none known): TYPE.LANGUAGE, else TYPE, else
 * default.LANGUAGE, else default. NULL with the first complaint about its file (ERROR_INPUT). */
const struct model *models_get(struct models *models, struct slice doc_type, struct slice language,
			       struct error *err);

/* Reads and compiles every model of the folder; prints what is wrong to `out`. How many models are bad. */
int models_check(const char *folder, FILE *out, struct error *err);

#endif
