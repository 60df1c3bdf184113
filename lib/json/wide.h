/*
 * wide.h - integers beyond 64 bits in JSON text, for json_read. Private to lib/json.
 */
#ifndef LIB_JSON_WIDE_H
#define LIB_JSON_WIDE_H

#include "lib/text/text.h"

/* Append the text with ".0" behind each integer that does not fit 64 bits. Linear. */
void json_mark_wide(struct buf *out, struct slice text);

#endif
