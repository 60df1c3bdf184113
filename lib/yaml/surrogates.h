/*
 * surrogates.h - JSON's two escapes for one character beyond U+FFFF, which libyaml refuses.
 *
 * JSON writers that keep to ASCII give "\ud83d\udcc4" for one character (RFC 8259, section 7); YAML writes
 * \U0001f4c4. A JSON text is therefore rewritten for libyaml, and marks.h knows that each pair became two
 * characters shorter.
 *
 * Private to lib/yaml. Depends on lib/{text,json}.
 */
#ifndef LIB_YAML_SURROGATES_H
#define LIB_YAML_SURROGATES_H

#include "lib/text/text.h"

enum { SURROGATES_PAIR = 12, SURROGATES_REWRITTEN = 10 }; /* bytes of a pair before and after */

/* Does a pair begin at this byte? */
bool surrogates_at(struct slice text, size_t byte);
/* Is it JSON that holds a pair? In YAML a backslash may stand for itself, so only JSON is touched. */
bool surrogates_are_in(struct slice text);
/* Append the text with every pair rewritten. */
void surrogates_rewrite(struct buf *out, struct slice text);

#endif
