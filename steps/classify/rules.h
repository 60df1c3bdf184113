/*
 * rules.h - what a person says about labels, in a YAML file that training reads.
 *
 *	task: doc_type            # the member of a record that holds the label
 *	fold:                     # labels of the collection that are none of the vocabulary
 *	  guidance: other         # always
 *	  penalty_list:           # by its text: the first that fits; without `text` it always does
 *	    - {text: 'S$', label: settlement_notice}
 *	    - {label: penalty_notice}
 *	cues: [charges, orders]   # words of the first page that count with their neighbours (cues.h)
 *	signs:                    # labels by the text alone, where nobody has labelled: weak supervision
 *	  aml:
 *	    enough: 3             # hits of `some` that make the label; 3 unless told
 *	    sure: ['Bank Secrecy Act']      # one hit does
 *	    some: ['suspicious activit(y|ies)']
 *	  other: {otherwise: true}          # where no other label is found
 *
 * Patterns are RE2 and do not mind case. Any run of blanks in a text counts as one space, so a
 * pattern need not think of line ends.
 *
 * Depends on lib/{mem,text,diag,yaml,regex}, cues.h. Read-only after rules_read.
 */
#ifndef STEPS_CLASSIFY_RULES_H
#define STEPS_CLASSIFY_RULES_H

#include "lib/diag/error.h"
#include "lib/text/text.h"
#include "steps/classify/cues.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rules; /* opaque */

/* NULL with ERROR_NOT_FOUND, ERROR_IO, or ERROR_INPUT naming line and column. */
struct rules *rules_read(const char *path, struct error *err);
void rules_free(struct rules *rules); /* NULL is fine */

const char *rules_task(const struct rules *rules);
/* The label that `given` means for this text: itself where nothing folds it. Borrowed from rules or `given`.
 */
const char *rules_fold(const struct rules *rules, const char *given, struct slice text);

const struct cues *rules_cues(const struct rules *rules); /* NULL: none */

/* Labels that the text itself shows. Only where there are signs. */
bool rules_have_signs(const struct rules *rules);
size_t rules_signs(const struct rules *rules);
const char *rules_sign_label(const struct rules *rules, size_t i);
/* One bit for each label, in the order of the file; at most 64. */
uint64_t rules_find(const struct rules *rules, struct slice text);

#endif
