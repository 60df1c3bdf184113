/* charset.c - from any charset to UTF-8; charset.h has the order of evidence. */
#include "steps/ingest/charset.h"

#include "lib/mem/mem.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>
#include <strings.h>
#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>

enum {
	NAME_SIZE = 64, /* of a charset, with the NUL */
	DECLARED_IN =
		2048, /* HTML Standard, 13.2.3.2: a declaration is in the first 1024 bytes; some are late */
	DETECT_IN = 64 << 10,
};

/* ---- text or not */

static bool is_control(unsigned char c)
{
	return (c < 0x20 && !(c >= '\t' && c <= '\r') && c != 0x1B) || c == 0x7F;
}

/* Real texts have a stray control byte here and there (OCR, word processors), not one in a hundred. */
static bool is_binary(struct slice bytes)
{
	size_t controls = 0;

	for (size_t i = 0; i < bytes.len; i++)
		controls += is_control((unsigned char)bytes.ptr[i]);
	return controls > bytes.len / 100 + 1 || memchr(bytes.ptr, 0, bytes.len) != NULL;
}

/* ---- evidence */

struct mark {
	const char *bytes;
	size_t size;
	const char *charset;
};

/* The longer first: UTF-32LE begins like UTF-16LE. */
static const struct mark marks[] = {
	{"\xEF\xBB\xBF", 3, "UTF-8"}, {"\xFF\xFE\0\0", 4, "UTF-32LE"}, {"\0\0\xFE\xFF", 4, "UTF-32BE"},
	{"\xFF\xFE", 2, "UTF-16LE"},  {"\xFE\xFF", 2, "UTF-16BE"},
};

static const struct mark *find_mark(struct slice bytes)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (bytes.len >= marks[i].size && memcmp(bytes.ptr, marks[i].bytes, marks[i].size) == 0)
			return &marks[i];
	return NULL;
}

/* UTF-16 of a western text has a zero in every other byte. */
static const char *utf16_by_zeros(struct slice bytes)
{
	size_t looked = bytes.len < 1024 ? bytes.len & ~(size_t)1 : 1024;
	size_t zeros[2] = {0, 0};

	for (size_t i = 0; i < looked; i++)
		zeros[i & 1] += bytes.ptr[i] == 0;
	if (looked < 4 || bytes.len % 2 != 0)
		return NULL;
	if (zeros[1] * 5 > looked && zeros[0] * 50 < looked)
		return "UTF-16LE";
	if (zeros[0] * 5 > looked && zeros[1] * 50 < looked)
		return "UTF-16BE";
	return NULL;
}

/* <meta charset="x">, <meta http-equiv … content="text/html; charset=x">, <?xml … encoding="x"?> */
static bool declared_charset(struct slice bytes, char name[NAME_SIZE])
{
	static const char *const keys[] = {"charset", "encoding"};
	struct slice head = slice_sub(bytes, 0, DECLARED_IN);
	size_t size = 0;

	if (!memchr(head.ptr, '<', head.len))
		return false;
	for (size_t k = 0; k < 2; k++) {
		size_t length = strlen(keys[k]);

		for (size_t i = 0; i + length < head.len; i++) {
			if (strncasecmp(head.ptr + i, keys[k], length) != 0)
				continue;
			i += length;
			while (i < head.len && strchr(" \t\r\n=\"'", head.ptr[i]) && head.ptr[i])
				i++;
			for (size = 0; i < head.len && size < NAME_SIZE - 1 &&
				       (isalnum((unsigned char)head.ptr[i]) || strchr("-_.:", head.ptr[i])) &&
				       head.ptr[i];
			     i++)
				name[size++] = head.ptr[i];
			name[size] = '\0';
			if (size > 0)
				return true;
		}
	}
	return false;
}

/* Pages say ISO-8859-1 and mean windows-1252 (Encoding Standard, 4.2); the two differ in control characters
 * only. */
static const char *meant(const char *charset)
{
	static const char *const latin1[] = {"iso-8859-1", "iso8859-1", "latin1",
					     "latin-1",    "us-ascii",  "ascii"};

	for (size_t i = 0; i < sizeof(latin1) / sizeof(latin1[0]); i++)
		if (strcasecmp(charset, latin1[i]) == 0)
			return "windows-1252";
	return charset;
}

static bool detected_charset(struct slice bytes, char name[NAME_SIZE])
{
	UErrorCode status = U_ZERO_ERROR;
	UCharsetDetector *detector = ucsdet_open(&status);
	struct slice head = slice_sub(bytes, 0, DETECT_IN);
	const UCharsetMatch *match;
	const char *found = NULL;

	ucsdet_setText(detector, head.ptr, (int32_t)head.len, &status);
	match = ucsdet_detect(detector, &status);
	if (U_SUCCESS(status) && match && ucsdet_getConfidence(match, &status) >= 10)
		found = ucsdet_getName(match, &status);
	if (U_SUCCESS(status) && found)
		strncpy(name, found, NAME_SIZE - 1);
	name[NAME_SIZE - 1] = '\0';
	ucsdet_close(detector);
	return found != NULL;
}

/* ---- conversion */

static int convert(struct slice bytes, const char *charset, struct buf *room, struct error *err)
{
	UErrorCode status = U_ZERO_ERROR;
	int32_t size;
	char *utf8;

	if (bytes.len > INT32_MAX / 4)
		return error_set(err, ERROR_LIMIT, "a text of %zu bytes is too large to be converted",
				 bytes.len);
	if (strcasecmp(charset, "UTF-8") == 0)
		return utf8_repair(room, bytes) < 0 ? error_set(err, ERROR_LIMIT, "the text is too long") : 0;
	size = ucnv_convert("UTF-8", charset, NULL, 0, bytes.ptr, (int32_t)bytes.len, &status);
	if (status != U_BUFFER_OVERFLOW_ERROR && U_FAILURE(status))
		return error_set(err, ERROR_INPUT, "text in charset %s, which is not known", charset);
	status = U_ZERO_ERROR;
	utf8 = mem_alloc((size_t)size + 1);
	ucnv_convert("UTF-8", charset, utf8, size + 1, bytes.ptr, (int32_t)bytes.len, &status);
	if (U_FAILURE(status))
		error_set(err, ERROR_INPUT, "text in charset %s cannot be converted: %s", charset,
			  u_errorName(status));
	else if (buf_add(room, utf8, (size_t)size) < 0)
		error_set(err, ERROR_LIMIT, "the text is longer than %zu bytes", room->limit);
	mem_free(utf8);
	return U_FAILURE(status) || room->full ? -1 : 0;
}

static int no_text(struct error *err)
{
	return error_set(err, ERROR_INPUT, "no text: the bytes are those of a binary file");
}

int charset_decode(struct slice bytes, struct buf *room, struct slice *text, struct error *err)
{
	const struct mark *mark = find_mark(bytes);
	const char *charset = mark ? mark->charset : utf16_by_zeros(bytes);
	char name[NAME_SIZE] = "";
	struct error ignored = {0};

	if (mark)
		bytes = slice_sub(bytes, mark->size, bytes.len);
	if (charset && strcmp(charset, "UTF-8") != 0) {
		if (convert(bytes, charset, room, err) < 0)
			return -1;
		*text = buf_slice(room);
		return is_binary(*text) ? no_text(err) : 0;
	}
	if (is_binary(bytes))
		return no_text(err);
	*text = bytes;
	if (utf8_is_valid(bytes))
		return 0;
	/* A wrong declaration must not make a text unreadable: then the detector decides. */
	if (!charset && declared_charset(bytes, name) && strcasecmp(meant(name), "UTF-8") != 0 &&
	    convert(bytes, meant(name), room, &ignored) == 0) {
		*text = buf_slice(room);
		return 0;
	}
	buf_clear(room);
	if (!charset)
		charset = detected_charset(bytes, name) ? meant(name) : "windows-1252";
	if (convert(bytes, charset, room, err) < 0)
		return -1;
	*text = buf_slice(room);
	return is_binary(*text) ? no_text(err) : 0;
}
