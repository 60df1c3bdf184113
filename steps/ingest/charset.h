/*
 * charset.h - bytes in any charset -> UTF-8.
 *
 * In this order: byte order mark; UTF-16 by its zero bytes; UTF-8 if all of it is well-formed; what the
 * document declares; ICU's detector. Text that is UTF-8 already is handed back byte for byte (the mark
 * aside), so offsets into it are offsets into the file.
 *
 * Text that was decoded wrongly and encoded again ("â€™" for "’") is put right as well, when nearly all of
 * its characters beyond ASCII say so.
 *
 * Depends on lib/text, lib/diag, ICU. No state; safe from any thread.
 */
#ifndef STEPS_INGEST_CHARSET_H
#define STEPS_INGEST_CHARSET_H

#include "lib/diag/error.h"
#include "lib/text/text.h"

/* *text is UTF-8: a part of `bytes` when nothing had to change, else the content of `room`.
 * -1 with ERROR_INPUT when the bytes are no text (too many zero or control bytes), ERROR_LIMIT by `room`. */
int charset_decode(struct slice bytes, struct buf *room, struct slice *text, struct error *err);

/* Is this UTF-8 text double-encoded? Then append it put right to `out` (which may need as many bytes). */
bool charset_repair(struct slice text, struct buf *out);

#endif
