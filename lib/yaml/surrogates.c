/* surrogates.c - JSON's two escapes for one character; see surrogates.h. */
#include "lib/yaml/surrogates.h"

#include "lib/json/json.h"

/* The number of \uXXXX at `byte`, or -1. */
static int32_t read_escape(struct slice text, size_t byte)
{
	int32_t code = 0;

	if (byte + 6 > text.len || text.ptr[byte] != '\\' || text.ptr[byte + 1] != 'u')
		return -1;
	for (size_t i = byte + 2; i < byte + 6; i++) {
		char c = text.ptr[i];

		if (c >= '0' && c <= '9')
			code = code * 16 + (c - '0');
		else if (c >= 'a' && c <= 'f')
			code = code * 16 + (c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			code = code * 16 + (c - 'A' + 10);
		else
			return -1;
	}
	return code;
}

bool surrogates_at(struct slice text, size_t byte)
{
	int32_t high = read_escape(text, byte);
	int32_t low = high >= 0xd800 && high <= 0xdbff ? read_escape(text, byte + 6) : -1;

	return low >= 0xdc00 && low <= 0xdfff;
}

bool surrogates_are_in(struct slice text)
{
	struct value v;

	for (size_t at = 0; (at = slice_find(text, SLICE("\\u"), at)) != SIZE_MAX; at++) {
		if (!surrogates_at(text, at))
			continue;
		if (json_read(text, &v, NULL) < 0)
			return false;
		value_unref(v);
		return true;
	}
	return false;
}

void surrogates_rewrite(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.len;) {
		int32_t code;

		if (!surrogates_at(text, i)) {
			buf_add_char(out, text.ptr[i++]);
			continue;
		}
		code = 0x10000 + ((read_escape(text, i) - 0xd800) << 10) +
		       (read_escape(text, i + 6) - 0xdc00);
		buf_printf(out, "\\U%08X", (unsigned)code);
		i += SURROGATES_PAIR;
	}
}
