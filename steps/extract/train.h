/*
 * train.h - extract train: records that were extracted and what people say of the same documents, into
 * confidence.tsv; a report with cross-validated figures on standard error.
 *
 * Depends on calibration.h, models.h, names.h, lib/{opt,json}.
 */
#ifndef STEPS_EXTRACT_TRAIN_H
#define STEPS_EXTRACT_TRAIN_H

int train_verb(int argc, char **argv); /* argv[0] is the verb; returns the exit status */

#endif
