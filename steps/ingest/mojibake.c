/*
 * mojibake.c - UTF-8 that was read as windows-1252 or ISO-8859-1 and encoded once more.
 *
 * Going back: each character gives the byte it had in that charset; bytes that then form UTF-8 are the
 * original. Chance does that too ("É»" gives one letter of the phonetic alphabet), so a run counts only
 * when every character it gives is one that European legal texts use, and the text as a whole is repaired
 * only when such runs far outnumber the others: in a sound French text nearly every run fails the test.
 */
#include "steps/ingest/charset.h"

#include <unicode/utf8.h>

/* Encoding Standard, index windows-1252: bytes 0x80 to 0x9F. 0: undefined there, a C1 control in ISO-8859-1.
 */
static const uint16_t windows_1252[32] = {
	0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
	0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
	0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

/* The byte a character had, or -1. */
static int byte_of(int32_t c)
{
	if (c >= 0x80 && c <= 0xFF)
		return (int)c;
	for (int i = 0; i < 32; i++)
		if (c > 0 && windows_1252[i] == c)
			return 0x80 + i;
	return -1;
}

/* Latin with its accents, Greek, Cyrillic, punctuation, currencies, signs, ligatures. */
static bool is_usual(int32_t c)
{
	return (c >= 0xA0 && c <= 0x17F) || (c >= 0x370 && c <= 0x4FF) || (c >= 0x2000 && c <= 0x25FF) ||
	       (c >= 0xFB00 && c <= 0xFB06) || c == 0x192 || c == 0x2C6 || c == 0x2DC;
}

enum { RUN_LIMIT = 256 }; /* characters; a longer run is none of ours */

/* A run of characters beyond ASCII as the bytes they stand for. */
struct run {
	size_t start, end; /* in the text */
	char bytes[RUN_LIMIT];
	size_t size; /* 0: not all of them stand for bytes */
};

/* The next run at or after *offset, which moves behind it. False at the end of the text. */
static bool next_run(struct slice text, size_t *offset, struct run *run)
{
	bool fits = true;

	while (*offset < text.len && !(text.ptr[*offset] & 0x80))
		++*offset;
	if (*offset >= text.len)
		return false;
	*run = (struct run){.start = *offset};
	while (*offset < text.len && text.ptr[*offset] & 0x80) {
		int byte = byte_of(utf8_next(text, offset));

		fits = fits && byte >= 0 && run->size < RUN_LIMIT;
		if (fits)
			run->bytes[run->size++] = (char)byte;
	}
	run->end = *offset;
	if (!fits)
		run->size = 0;
	return true;
}

static bool is_double_encoded(const struct run *run)
{
	struct slice bytes = {run->bytes, run->size};

	for (size_t i = 0; i < bytes.len;)
		if (!is_usual(utf8_next(bytes, &i)))
			return false;
	return run->size > 0;
}

/* Do double-encoded runs outnumber the others four to one? */
static bool says_so(struct slice text)
{
	size_t yes = 0;
	size_t no = 0;
	struct run run;

	for (size_t offset = 0; next_run(text, &offset, &run);) {
		if (is_double_encoded(&run))
			yes++;
		else
			no++;
	}
	return yes > 0 && yes >= 4 * no;
}

bool charset_repair(struct slice text, struct buf *out)
{
	size_t done = 0;
	struct run run;

	if (!says_so(text))
		return false;
	for (size_t offset = 0; next_run(text, &offset, &run);) {
		if (!is_double_encoded(&run))
			continue;
		if (buf_add_slice(out, slice_sub(text, done, run.start)) < 0 ||
		    buf_add(out, run.bytes, run.size) < 0)
			return false;
		done = run.end;
	}
	return buf_add_slice(out, slice_sub(text, done, text.len)) == 0;
}
