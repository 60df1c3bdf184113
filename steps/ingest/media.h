/*
 * media.h - what a file is, by its content; names and declared types lie.
 *
 * Only the few formats that ingest reads are told apart here, by their first bytes; for what it refuses,
 * libmagic gives the name, in the sandboxed child (parsers.h).
 *
 * Depends on lib/text. No state.
 */
#ifndef STEPS_INGEST_MEDIA_H
#define STEPS_INGEST_MEDIA_H

#include "lib/text/text.h"

enum media {
	MEDIA_TEXT, /* nothing else was recognised: to be decoded, then looked at again */
	MEDIA_HTML,
	MEDIA_PDF,
	MEDIA_DOCX,
	MEDIA_XML, /* XML that is not XHTML */
	MEDIA_RTF,
	MEDIA_OTHER, /* a binary format that is not read */
};

/* By the bytes of the file; never MEDIA_HTML or MEDIA_XML, which are texts. */
enum media media_of_bytes(struct slice bytes);
/* Of a text in UTF-8: MEDIA_TEXT, MEDIA_HTML, MEDIA_XML or MEDIA_RTF. */
enum media media_of_text(struct slice text);
/* "text/html"; NULL for MEDIA_OTHER. */
const char *media_type(enum media media);

#endif
