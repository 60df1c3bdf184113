/*
 * docx.c - a word processor's file (ISO/IEC 29500, WordprocessingML) to text, by libarchive and libxml2.
 *
 * The zip is untrusted: members are counted, and each is unpacked into a buf with a limit, whatever size it
 * claims. The XML is read as a stream, entities and document types are refused. Text that was deleted under
 * change tracking, or moved away, is not the document's; headers and footers are left out; footnotes follow
 * the body, "[n]" at both ends.
 */
#include "steps/ingest/parsed.h"

#include "lib/mem/mem.h"
#include "steps/ingest/heading.h"
#include "steps/ingest/lines.h"

#include <archive.h>
#include <archive_entry.h>
#include <libxml/xmlreader.h>
#include <string.h>

enum {
	MEMBERS_MAX = 10000,
	MEMBER_BYTES = 128 << 20,
};

/* ---- the zip */

enum part { PART_DOCUMENT, PART_FOOTNOTES, PART_ENDNOTES, PART_CORE, PARTS };

static const char *const part_names[PARTS] = {"word/document.xml", "word/footnotes.xml", "word/endnotes.xml",
					      "docProps/core.xml"};

static int unpack(struct archive *zip, const char *name, struct buf *out, struct error *err)
{
	char piece[64 << 10];
	la_ssize_t got;

	while ((got = archive_read_data(zip, piece, sizeof(piece))) > 0)
		if (buf_add(out, piece, (size_t)got) < 0)
			return error_set(err, ERROR_LIMIT, "%s unpacks to more than %d bytes", name,
					 MEMBER_BYTES);
	return got < 0 ? error_set(err, ERROR_INPUT, "damaged DOCX: %s cannot be unpacked", name) : 0;
}

static int unpack_parts(struct archive *zip, struct buf parts[PARTS], struct error *err)
{
	struct archive_entry *entry;
	int status;

	for (int members = 0;
	     (status = archive_read_next_header(zip, &entry)) == ARCHIVE_OK || status == ARCHIVE_WARN;
	     members++) {
		const char *name = archive_entry_pathname(entry);

		if (members >= MEMBERS_MAX)
			return error_set(err, ERROR_LIMIT, "the DOCX holds more than %d members",
					 MEMBERS_MAX);
		for (int i = 0; i < PARTS; i++)
			if (name && strcmp(name, part_names[i]) == 0 && parts[i].len == 0 &&
			    unpack(zip, name, &parts[i], err) < 0)
				return -1;
	}
	if (parts[PART_DOCUMENT].len == 0)
		return error_set(err, ERROR_INPUT, "damaged DOCX: it holds no readable %s",
				 part_names[PART_DOCUMENT]);
	return 0;
}

static int read_zip(struct slice file, struct buf parts[PARTS], struct error *err)
{
	struct archive *zip = archive_read_new();
	int status;

	if (!zip || archive_read_support_format_zip(zip) != ARCHIVE_OK ||
	    archive_read_open_memory(zip, file.ptr, file.len) != ARCHIVE_OK)
		status = error_set(err, ERROR_INPUT, "damaged DOCX: not a zip archive");
	else
		status = unpack_parts(zip, parts, err);
	archive_read_free(zip);
	return status;
}

/* ---- the words */

struct words {
	struct text_lines lines;
	int cells;           /* table cells we are in */
	bool in_text;        /* in w:t */
	size_t at_paragraph; /* length of the text when the last paragraph ended */
};

/* Transitional and strict files name the same elements in different name spaces. */
static bool is_word_element(xmlTextReader *reader)
{
	const char *space = (const char *)xmlTextReaderConstNamespaceUri(reader);

	return space && (strcmp(space, "http://schemas.openxmlformats.org/wordprocessingml/2006/main") == 0 ||
			 strcmp(space, "http://purl.oclc.org/ooxml/wordprocessingml/main") == 0);
}

static bool attribute_is(xmlTextReader *reader, const char *name, const char *wanted)
{
	xmlChar *text = xmlTextReaderGetAttribute(reader, (const xmlChar *)name);
	bool same = text && strcmp((const char *)text, wanted) == 0;

	xmlFree(text);
	return same;
}

/* The number of a note, at its reference and at its text. */
static int add_note_mark(struct words *words, xmlTextReader *reader)
{
	xmlChar *id = xmlTextReaderGetAttribute(reader, (const xmlChar *)"w:id");
	char mark[32];
	int status;

	snprintf(mark, sizeof(mark), "[%.20s]", id ? (const char *)id : "");
	status = text_lines_add(&words->lines, slice_of(mark));
	xmlFree(id);
	return status;
}

static void end_paragraph(struct words *words)
{
	bool empty = words->at_paragraph == words->lines.out->len;

	if (words->cells > 0)
		words->lines.space = true;
	else
		text_lines_break(&words->lines, empty ? 2 : 1);
	words->at_paragraph = words->lines.out->len;
}

static void end_element(struct words *words, const char *name)
{
	if (strcmp(name, "t") == 0) {
		words->in_text = false;
	} else if (strcmp(name, "p") == 0) {
		end_paragraph(words);
	} else if (strcmp(name, "tc") == 0) {
		words->cells -= words->cells > 0;
		text_lines_tab(&words->lines);
	} else if (strcmp(name, "tr") == 0 && words->cells == 0) {
		text_lines_break(&words->lines, 1);
	}
}

static int start_element(struct words *words, xmlTextReader *reader, const char *name)
{
	if (strcmp(name, "t") == 0)
		words->in_text = !xmlTextReaderIsEmptyElement(reader);
	else if (strcmp(name, "tab") == 0)
		text_lines_tab(&words->lines);
	else if (strcmp(name, "noBreakHyphen") == 0)
		return text_lines_add(&words->lines, SLICE("-"));
	else if (strcmp(name, "lastRenderedPageBreak") == 0 ||
		 (strcmp(name, "br") == 0 && attribute_is(reader, "w:type", "page")))
		text_lines_page(&words->lines);
	else if (strcmp(name, "br") == 0 || strcmp(name, "cr") == 0)
		text_lines_line(&words->lines);
	else if (strcmp(name, "tc") == 0)
		words->cells += !xmlTextReaderIsEmptyElement(reader);
	else if (strcmp(name, "footnoteReference") == 0 || strcmp(name, "endnoteReference") == 0 ||
		 strcmp(name, "footnote") == 0 || strcmp(name, "endnote") == 0)
		return add_note_mark(words, reader);
	if (xmlTextReaderIsEmptyElement(reader))
		end_element(words, name);
	return 0;
}

/* Tab stops of a style are w:tab too; and of two renderings of one thing the first will do. */
static bool is_skipped(xmlTextReader *reader, const char *name)
{
	if (strcmp(name, "Fallback") == 0)
		return true;
	if (!is_word_element(reader))
		return false;
	return strcmp(name, "pPr") == 0 || strcmp(name, "rPr") == 0 || strcmp(name, "moveFrom") == 0 ||
	       strcmp(name, "del") == 0 || attribute_is(reader, "w:type", "separator") ||
	       attribute_is(reader, "w:type", "continuationSeparator");
}

static int handle_node(struct words *words, xmlTextReader *reader)
{
	int type = xmlTextReaderNodeType(reader);
	const char *name = (const char *)xmlTextReaderConstLocalName(reader);

	if (type == XML_READER_TYPE_TEXT || type == XML_READER_TYPE_SIGNIFICANT_WHITESPACE ||
	    type == XML_READER_TYPE_CDATA)
		return words->in_text
			       ? text_lines_add(&words->lines,
						slice_of((const char *)xmlTextReaderConstValue(reader)))
			       : 0;
	if (type == XML_READER_TYPE_ELEMENT && is_word_element(reader))
		return start_element(words, reader, name);
	if (type == XML_READER_TYPE_END_ELEMENT && is_word_element(reader))
		end_element(words, name);
	return 0;
}

static xmlTextReader *open_xml(const struct buf *xml)
{
	return xmlReaderForMemory(buf_text(xml), (int)xml->len, NULL, NULL,
				  XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
					  XML_PARSE_COMPACT);
}

static int read_words(const struct buf *xml, const char *part, struct buf *out, struct error *err)
{
	xmlTextReader *reader = open_xml(xml);
	struct words words = {.lines = {.out = out}};
	int status = reader ? xmlTextReaderRead(reader) : -1;

	if (out->len > 0)
		text_lines_break(&words.lines, 2);
	while (status == 1) {
		if (xmlTextReaderNodeType(reader) == XML_READER_TYPE_DOCUMENT_TYPE) {
			error_set(err, ERROR_INPUT, "%s declares a document type, which a DOCX may not",
				  part);
			break;
		}
		if (xmlTextReaderNodeType(reader) == XML_READER_TYPE_ELEMENT &&
		    is_skipped(reader, (const char *)xmlTextReaderConstLocalName(reader))) {
			status = xmlTextReaderNext(reader);
			continue;
		}
		if (handle_node(&words, reader) < 0) {
			error_set(err, ERROR_LIMIT, "the text of the document is too long");
			break;
		}
		status = xmlTextReaderRead(reader);
	}
	if (status < 0)
		error_set(err, ERROR_INPUT, "damaged DOCX: %s is not well-formed XML", part);
	xmlFreeTextReader(reader);
	return status == 0 ? 0 : -1;
}

/* ---- what the file says of itself (Dublin Core) */

static void take_property(struct parsed *parsed, const char *name, struct slice text)
{
	if (strcmp(name, "title") == 0 && parsed->title.len == 0)
		heading_clean(text, &parsed->title);
	else if (strcmp(name, "created") == 0 || strcmp(name, "modified") == 0)
		parsed_date(parsed, name, text);
}

/* Properties are extra: what cannot be read of them is left out. */
static void read_properties(const struct buf *xml, struct parsed *parsed)
{
	xmlTextReader *reader = xml->len ? open_xml(xml) : NULL;
	char name[32] = "";

	while (reader && xmlTextReaderRead(reader) == 1) {
		int type = xmlTextReaderNodeType(reader);

		if (type == XML_READER_TYPE_DOCUMENT_TYPE)
			break;
		if (type == XML_READER_TYPE_ELEMENT)
			snprintf(name, sizeof(name), "%.31s",
				 (const char *)xmlTextReaderConstLocalName(reader));
		else if (type == XML_READER_TYPE_TEXT)
			take_property(parsed, name, slice_of((const char *)xmlTextReaderConstValue(reader)));
	}
	xmlFreeTextReader(reader);
}

int docx_parse(struct slice file, struct parsed *parsed, struct error *err)
{
	struct buf parts[PARTS];
	int status;

	for (int i = 0; i < PARTS; i++)
		buf_init(&parts[i], MEMBER_BYTES);
	status = read_zip(file, parts, err);
	for (int i = PART_DOCUMENT; i <= PART_ENDNOTES && status == 0; i++)
		if (parts[i].len > 0)
			status = read_words(&parts[i], part_names[i], &parsed->text, err);
	if (status == 0)
		read_properties(&parts[PART_CORE], parsed);
	for (int i = 0; i < PARTS; i++)
		buf_release(&parts[i]);
	return status;
}
