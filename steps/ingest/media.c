/* media.c - formats by their first bytes; see media.h. */
#include "steps/ingest/media.h"

#include <string.h>
#include <strings.h>

/* How far from the start a mark may be: ISO 32000-1, annex H.3.4.1, lets viewers accept a PDF header
 * within the first 1024 bytes, and mail gateways do put bytes before it. */
enum { HEAD_BYTES = 1024 };

static bool begins(struct slice bytes, const char *magic, size_t size)
{
	return bytes.len >= size && memcmp(bytes.ptr, magic, size) == 0;
}

enum media media_of_bytes(struct slice bytes)
{
	if (slice_find(slice_sub(bytes, 0, HEAD_BYTES), SLICE("%PDF-"), 0) != SIZE_MAX)
		return MEDIA_PDF;
	if (begins(bytes, "PK\x03\x04", 4)) /* names of members are not compressed */
		return slice_find(bytes, SLICE("word/document.xml"), 0) != SIZE_MAX ? MEDIA_DOCX
										    : MEDIA_OTHER;
	if (begins(bytes, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8) || /* OLE: DOC, XLS, MSG */
	    begins(bytes, "\xFFWPC", 4) || begins(bytes, "\x1F\x8B", 2) || begins(bytes, "BZh", 3) ||
	    begins(bytes, "7z\xBC\xAF", 4) || begins(bytes, "\x89PNG", 4) ||
	    begins(bytes, "\xFF\xD8\xFF", 3) || begins(bytes, "GIF8", 4) || begins(bytes, "II*\0", 4) ||
	    begins(bytes, "MM\0*", 4) ||
	    begins(bytes,
		   "\x7F"
		   "ELF",
		   4))
		return MEDIA_OTHER;
	return MEDIA_TEXT;
}

static bool begins_with_tag(struct slice text, const char *name)
{
	size_t size = strlen(name);

	return text.len > size + 1 && text.ptr[0] == '<' && strncasecmp(text.ptr + 1, name, size) == 0 &&
	       strchr(" \t\r\n\f>/", text.ptr[size + 1]);
}

/* Comments and processing instructions may come before the root; NULL when only they are there. */
static struct slice skip_prolog(struct slice text)
{
	text = slice_trim(text);
	for (;;) {
		bool comment = slice_starts(text, SLICE("<!--"));
		size_t end;

		if (!comment && !slice_starts(text, SLICE("<?")))
			return text;
		end = slice_find(text, comment ? SLICE("-->") : SLICE("?>"), 0);
		if (end == SIZE_MAX)
			return text;
		text = slice_trim(slice_sub(text, end + (comment ? 3 : 2), text.len));
	}
}

enum media media_of_text(struct slice text)
{
	static const char *const html_tags[] = {"!doctype html", "html",   "head", "body", "title",
						"meta",          "table",  "div",  "p",    "h1",
						"script",        "center", "font", "main", "article"};
	struct slice start = slice_trim(slice_sub(text, 0, 64 << 10));
	struct slice root = skip_prolog(start);

	if (slice_starts(start, SLICE("{\\rtf")))
		return MEDIA_RTF;
	for (size_t i = 0; i < sizeof(html_tags) / sizeof(html_tags[0]); i++)
		if (begins_with_tag(root, html_tags[i]))
			return MEDIA_HTML;
	return slice_starts(start, SLICE("<?xml")) ? MEDIA_XML : MEDIA_TEXT;
}

const char *media_type(enum media media)
{
	switch (media) {
	case MEDIA_TEXT:
		return "text/plain";
	case MEDIA_HTML:
		return "text/html";
	case MEDIA_PDF:
		return "application/pdf";
	case MEDIA_DOCX:
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
	case MEDIA_XML:
		return "application/xml";
	case MEDIA_RTF:
		return "application/rtf";
	case MEDIA_OTHER:
		break;
	}
	return NULL;
}
