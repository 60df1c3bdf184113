/* charset.c - bytes in a charset <-> UTF-8, by ICU's converters; they are loaded when first asked for. */
#include "workflow/stdlib/stdlib_private.h"

#include "lib/load/icu.h"
#include "lib/mem/mem.h"

#include <strings.h>

enum { CHARSET_UNKNOWN = -1, CHARSET_UNFIT = -2 };

static bool is_utf8(struct slice charset)
{
	return charset.len == 5 && strncasecmp(charset.ptr, "UTF-8", 5) == 0;
}

/* A converter that stops at what it cannot convert; NULL for an unknown name. */
static UConverter *open_converter(struct slice charset)
{
	UErrorCode status = U_ZERO_ERROR;
	char *name = mem_strndup(charset.ptr, charset.len);
	/* ICU takes an empty name and a NUL within for its default, and options behind a comma. */
	bool plain = charset.len > 0 && charset.len < 100 && slice_find(charset, SLICE(","), 0) == SIZE_MAX &&
		     slice_find(charset, (struct slice){"", 1}, 0) == SIZE_MAX;
	UConverter *converter = plain ? ucnv_open(name, &status) : NULL;

	mem_free(name);
	if (!converter || U_FAILURE(status))
		return NULL;
	ucnv_setToUCallBack(converter, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL, &status);
	ucnv_setFromUCallBack(converter, UCNV_FROM_U_CALLBACK_STOP, NULL, NULL, NULL, &status);
	return converter;
}

/* All of `text` from one converter's charset to the other's, through a pivot of UTF-16. */
static int convert(struct buf *out, struct slice text, UConverter *from, UConverter *to)
{
	const char *source = text.ptr;
	const char *end = text.ptr + text.len;
	UChar pivot[1024];
	UChar *pivot_source = pivot;
	UChar *pivot_target = pivot;
	UErrorCode status;
	char chunk[4096];
	bool first = true;

	do {
		char *target = chunk;

		status = U_ZERO_ERROR;
		ucnv_convertEx(to, from, &target, chunk + sizeof(chunk), &source, end, pivot, &pivot_source,
			       &pivot_target, pivot + 1024, first, true, &status);
		first = false;
		buf_add(out, chunk, (size_t)(target - chunk));
	} while (status == U_BUFFER_OVERFLOW_ERROR && !out->full);
	return U_FAILURE(status) && status != U_BUFFER_OVERFLOW_ERROR ? CHARSET_UNFIT : 0;
}

static int convert_between(struct buf *out, struct slice text, struct slice from_name, struct slice to_name)
{
	UConverter *from = open_converter(from_name);
	UConverter *to = open_converter(to_name);
	int result = from && to ? convert(out, text, from, to) : CHARSET_UNKNOWN;

	if (from)
		ucnv_close(from);
	if (to)
		ucnv_close(to);
	return result;
}

int charset_decode(struct buf *out, struct slice bytes, struct slice charset)
{
	if (!is_utf8(charset))
		return convert_between(out, bytes, charset, SLICE("UTF-8"));
	if (!utf8_is_valid(bytes))
		return CHARSET_UNFIT;
	buf_add_slice(out, bytes);
	return 0;
}

int charset_encode(struct buf *out, struct slice text, struct slice charset)
{
	if (!is_utf8(charset))
		return convert_between(out, text, SLICE("UTF-8"), charset);
	buf_add_slice(out, text);
	return 0;
}
