/* document.c - one file to one record; see document.h. */
#include "steps/ingest/document.h"

#include "steps/ingest/charset.h"
#include "steps/ingest/heading.h"
#include "steps/ingest/media.h"
#include "steps/ingest/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ID_DIGITS = 32 };

/* One document under way. */
struct document {
	const struct reader *reader;
	const char *path;
	struct buf bytes;  /* the file */
	struct buf room;   /* its text, when that had to be decoded */
	struct buf repair; /* its text, when that had to be put right */
	struct parsed parsed;
	enum media media;
	struct slice text; /* in one of the above */
	char sha256[DOCSTORE_HASH_SIZE];
};

/* ---- reading the file */

static int read_all(int fd, struct buf *bytes, struct error *err)
{
	char piece[64 << 10];

	for (;;) {
		ssize_t got = read(fd, piece, sizeof(piece));

		if (got == 0)
			return 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set(err, ERROR_INPUT, "the file cannot be read: %s", strerror(errno));
		if (buf_add(bytes, piece, (size_t)got) < 0) {
			error_set(err, ERROR_LIMIT, "the file is larger than %zu bytes", bytes->limit);
			error_hint(err, "--max-bytes sets the limit");
			return -1;
		}
	}
}

/* Of no descriptors or memory left the document is not guilty: the request may be tried again. */
static enum error_kind kind_of(int reason)
{
	if (reason == EMFILE || reason == ENFILE || reason == ENOMEM)
		return ERROR_BUSY;
	return reason == ENOENT ? ERROR_NOT_FOUND : ERROR_INPUT;
}

static int load(struct document *d, struct error *err)
{
	/* Not to wait at a pipe that took the place of the file. */
	int fd = open(d->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	int result;

	if (fd < 0)
		return error_set(err, kind_of(errno), "the file cannot be opened: %s", strerror(errno));
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		result = error_set(err, ERROR_INPUT, "this is not a file");
	else if (!sources_is_within(d->path, d->reader->root))
		result = error_set(err, ERROR_INPUT, "the file is outside %s", d->reader->root);
	else
		result = read_all(fd, &d->bytes, err);
	close(fd);
	if (result == 0 && d->bytes.len == 0)
		return error_set(err, ERROR_INPUT, "the file is empty");
	return result;
}

/* ---- from bytes to text */

/* A format that is not read, by its name. */
static int refuse(struct document *d, const char *name, struct error *err)
{
	struct error ignored = {0};
	struct parsed named;

	parsed_init(&named);
	if (!name && parsers_ask(d->reader->parsers, PARSE_NAME, buf_slice(&d->bytes), &named, &ignored) == 0)
		name = buf_text(&named.text);
	error_set(err, ERROR_INPUT, "this format is not read (%.300s)", name ? name : "unknown");
	error_hint(err, "text, HTML, PDF and DOCX are read: convert it, for example with LibreOffice");
	parsed_release(&named);
	return -1;
}

/* What a storage service or an API answers instead of a document, saved as one. */
static bool is_error_answer(struct slice text)
{
	struct slice start = slice_sub(slice_trim(text), 0, 600);

	if (text.len > 4096)
		return false;
	if (slice_starts(start, SLICE("<?xml")) || slice_starts(start, SLICE("<Error>")))
		return slice_find(start, SLICE("<Error>"), 0) != SIZE_MAX &&
		       slice_find(start, SLICE("<Code>"), 0) != SIZE_MAX;
	return slice_starts(start, SLICE("{")) && slice_find(start, SLICE("\"error\""), 0) < 100;
}

static int refuse_error_answer(struct document *d, struct error *err)
{
	struct slice start = slice_sub(slice_trim(d->text), 0, 160);

	error_set(err, ERROR_INPUT, "not a document but the error answer of a service: %.*s",
		  SLICE_ARG(start));
	for (char *c = err ? err->message : NULL; c && *c; c++)
		if (*c == '\n' || *c == '\r')
			*c = ' ';
	error_hint(err, "fetch the document again");
	return -1;
}

static int take_text(struct document *d, struct error *err)
{
	struct error why = {0};

	if (charset_decode(buf_slice(&d->bytes), &d->room, &d->text, &why) < 0)
		return why.kind == ERROR_LIMIT ? error_set(err, ERROR_LIMIT, "%s", why.message)
					       : refuse(d, NULL, err);
	if (charset_repair(d->text, &d->repair))
		d->text = buf_slice(&d->repair);
	if (is_error_answer(d->text))
		return refuse_error_answer(d, err);
	d->media = media_of_text(d->text);
	if (d->media == MEDIA_RTF || d->media == MEDIA_XML)
		return refuse(d, media_type(d->media), err);
	return 0;
}

static int parse(struct document *d, struct error *err)
{
	struct parsers *parsers = d->reader->parsers;
	int status = 0;

	d->media = media_of_bytes(buf_slice(&d->bytes));
	if (d->media == MEDIA_OTHER)
		return refuse(d, NULL, err);
	if (d->media == MEDIA_TEXT && take_text(d, err) < 0)
		return -1;
	if (d->media == MEDIA_TEXT)
		return 0;
	if (d->media == MEDIA_HTML)
		status = parsers_ask(parsers, PARSE_HTML, d->text, &d->parsed, err);
	else if (d->media == MEDIA_DOCX)
		status = parsers_ask(parsers, PARSE_DOCX, buf_slice(&d->bytes), &d->parsed, err);
	else
		status = pdf_parse(buf_slice(&d->bytes), &d->parsed, err);
	d->text = buf_slice(&d->parsed.text);
	return status;
}

/* ---- the record */

/* Where each page starts, in code points; and how many there are in all. */
static struct value page_starts(struct slice text, size_t *characters)
{
	struct value pages = value_list_new(1);
	size_t start = 0;
	size_t count = 0;

	value_list_push(&pages, value_int(0));
	for (;;) {
		size_t feed = slice_find(text, SLICE("\f"), start);

		count += utf8_count(slice_sub(text, start, feed == SIZE_MAX ? text.len : feed + 1));
		if (feed == SIZE_MAX || feed + 1 == text.len)
			break;
		value_list_push(&pages, value_int((int64_t)count));
		start = feed + 1;
	}
	*characters = count;
	return pages;
}

static struct value title_of(const struct document *d)
{
	struct buf title;
	struct value result;

	buf_init(&title, PARSED_TITLE_LIMIT);
	if (d->parsed.title.len > 0)
		buf_add_slice(&title, buf_slice(&d->parsed.title));
	else
		heading_find(d->text, &title);
	result = value_string_repaired(buf_slice(&title));
	buf_release(&title);
	return result;
}

static struct value make_record(const struct document *d, struct slice uri)
{
	struct value record = value_map_new();
	char language[LANGUAGE_SIZE];
	size_t characters = 0;

	language_of(d->reader->languages, d->text, language);
	value_put(&record, "id", value_string((struct slice){d->sha256, ID_DIGITS}));
	value_put(&record, "source", sources_name(d->path));
	value_put(&record, "sha256", value_string_z(d->sha256));
	value_put(&record, "text_uri", value_string(uri));
	value_put(&record, "media_type", value_string_z(media_type(d->media)));
	value_put(&record, "language", value_string_z(language));
	value_put(&record, "title", title_of(d));
	value_put(&record, "pages", page_starts(d->text, &characters));
	value_put(&record, "chars", value_int((int64_t)characters));
	if (value_len(d->parsed.dates) > 0)
		value_put(&record, "dates", value_ref(d->parsed.dates));
	if (value_len(d->parsed.warnings) > 0)
		value_put(&record, "warnings", value_ref(d->parsed.warnings));
	return record;
}

static int store(struct document *d, bool sync, struct value *record, struct error *err)
{
	char text_hash[DOCSTORE_HASH_SIZE];
	struct buf uri;
	int status;

	if (slice_trim(d->text).len == 0)
		return error_set(err, ERROR_INPUT, "there is no text in the document");
	docstore_hash(buf_slice(&d->bytes), d->sha256);
	buf_init(&uri, 0);
	status = sync ? docstore_put(d->reader->documents, d->text, &uri, text_hash, err)
		      : docstore_put_later(d->reader->documents, d->text, &uri, text_hash, err);
	if (status == 0)
		*record = make_record(d, buf_slice(&uri));
	buf_release(&uri);
	return status;
}

int document_read(const struct reader *reader, const char *path, bool sync, struct value *record,
		  struct error *err)
{
	struct document d = {.reader = reader, .path = path};
	int status;

	buf_init(&d.bytes, reader->max_bytes);
	buf_init(&d.room, PARSED_TEXT_LIMIT);
	buf_init(&d.repair, PARSED_TEXT_LIMIT);
	parsed_init(&d.parsed);
	status = load(&d, err);
	if (status == 0)
		status = parse(&d, err);
	if (status == 0)
		status = store(&d, sync, record, err);
	parsed_release(&d.parsed);
	buf_release(&d.repair);
	buf_release(&d.room);
	buf_release(&d.bytes);
	return status;
}
