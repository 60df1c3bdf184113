/*
 * full_names.h - the name in full of somebody whom a text also names in short.
 *
 *   Faro          Faro Technologies, Inc. ("Faro")       the text says so
 *   Stanley       Albert Jackson Stanley                 names before the last one
 *   Alcatel       Alcatel-Lucent, S.A.                   up to the legal form
 *
 * Depends on names.h, lib/text. No state. A name's first FULL_NAME_PLACES places in the text are looked at.
 */
#ifndef STEPS_EXTRACT_FULL_NAMES_H
#define STEPS_EXTRACT_FULL_NAMES_H

#include "lib/text/text.h"

enum { FULL_NAME_PLACES = 40 };

/* Where `text` (a view whose paragraphs end in newlines) has the name in full; false: nowhere. */
bool full_name_find(struct slice text, struct slice name, struct slice *full);

#endif
