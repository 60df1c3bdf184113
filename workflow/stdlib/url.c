/* url.c - percent-encoding, for text.url_* and http.* (reference, 5.11 and 5.5). */
#include "workflow/stdlib/stdlib_private.h"

static bool is_kept(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
	       c == '-' || c == '_';
}

static void add_escape(struct buf *out, unsigned char byte)
{
	static const char digits[] = "0123456789ABCDEF";
	const char escape[] = {'%', digits[byte >> 4], digits[byte & 15]};

	buf_add(out, escape, sizeof(escape));
}

void url_encode(struct buf *out, struct slice text, enum url_style style)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (is_kept(c))
			buf_add_char(out, c);
		else if (c == ' ' && style == URL_PLUS)
			buf_add_char(out, '+');
		else
			add_escape(out, (unsigned char)c);
	}
}

static int hex_digit(struct slice text, size_t i)
{
	char c = i < text.len ? text.ptr[i] : '\0';

	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int url_decode(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		int high = hex_digit(text, i + 1);
		int low = hex_digit(text, i + 2);

		if (text.ptr[i] != '%') {
			buf_add_char(out, text.ptr[i] == '+' ? ' ' : text.ptr[i]);
			continue;
		}
		if (high < 0 || low < 0)
			return -1;
		buf_add_char(out, (char)(high * 16 + low));
		i += 2;
	}
	return 0;
}
