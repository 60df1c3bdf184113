/*
 * models.h - the extraction models at hand; each read and compiled when a document first needs it.
 *
 * There are those that ship and, before them, a folder of somebody's own: a file of the same name there takes the
 * place of ours, for includes too, any other is one more type or language.
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

struct models; /* opaque */

/* `folder` is somebody's own, or NULL for none. Those that ship are beside the program (share/lexflow/extract
 * beside bin, or in the source tree); without a folder of one's own they must be there.
 * NULL with ERROR_NOT_FOUND or ERROR_INPUT (no *.yaml in the folder). */
struct models *models_open(const char *folder, struct error *err);
void models_close(struct models *models); /* NULL is fine */
const struct model_folders *models_folders(const struct models *models);
/* TYPE or TYPE.LANGUAGE: what a file that is ever asked for is called, without .yaml. */
bool models_is_name(struct slice name);

/* The compiled model of the type in the language ("fr"; empty: none known): TYPE.LANGUAGE, else TYPE, else
 * default.LANGUAGE, else default. NULL with the first complaint about its file (ERROR_INPUT). */
const struct model *models_get(struct models *models, struct slice doc_type, struct slice language,
			       struct error *err);

#endif
