/* base64.c - base64.* (reference, 5.1): the standard alphabet, strictly. */
#include "workflow/stdlib/stdlib_private.h"

#include "lib/load/crypto.h"
#include "lib/mem/mem.h"

/* OpenSSL decodes; it also lets through what the language refuses, so the form is checked here first. */
static int collect(struct slice data, bool padding, struct buf *digits, struct value *raised)
{
	size_t pads = 0;

	for (size_t i = 0; i < data.len; i++) {
		char c = data.ptr[i];
		bool digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			     c == '+' || c == '/';

		if (c == '\r' || c == '\n')
			continue;
		if (c == '=' && padding)
			pads++;
		else if (!digit || pads)
			return raise_error(raised, "ValueError",
					   "base64.decode: invalid base64 at offset %zu", i);
		buf_add_char(digits, c);
	}
	if (padding && (digits->len % 4 || pads > 2))
		return raise_error(raised, "ValueError", "base64.decode: the padding is missing or wrong");
	if (!padding && digits->len % 4 == 1)
		return raise_error(raised, "ValueError", "base64.decode: a digit is missing");
	return 0;
}

static size_t add_padding(struct buf *digits)
{
	size_t pads = 0;

	while (digits->len % 4)
		buf_add_char(digits, '=');
	while (pads < digits->len && digits->data[digits->len - 1 - pads] == '=')
		pads++;
	return pads;
}

static int decode(const struct stdlib_context *context, const struct value *args, struct value *out,
		  struct value *raised)
{
	struct buf digits;
	unsigned char *bytes;
	size_t pads;
	int len;

	(void)context;
	if (want_string(args[0], "base64.decode", "data", raised) < 0 ||
	    want_bool(args[1], "base64.decode", "padding", raised) < 0)
		return -1;
	buf_init(&digits, STDLIB_MAX_TEXT);
	if (collect(value_text(args[0]), args[1].as.boolean, &digits, raised) < 0) {
		buf_release(&digits);
		return -1;
	}
	pads = add_padding(&digits);
	bytes = mem_alloc(digits.len / 4 * 3 + 1);
	len = EVP_DecodeBlock(bytes, (const unsigned char *)buf_text(&digits), (int)digits.len);
	buf_release(&digits);
	if (len < 0) {
		mem_free(bytes);
		return raise_error(raised, "ValueError", "base64.decode: invalid base64");
	}
	give(out, value_bytes((struct slice){(const char *)bytes, (size_t)len - pads}));
	mem_free(bytes);
	return 0;
}

static int encode(const struct stdlib_context *context, const struct value *args, struct value *out,
		  struct value *raised)
{
	struct slice data = value_text(args[0]);
	char *text;
	int len;

	(void)context;
	if (want_bytes(args[0], "base64.encode", "data", raised) < 0 ||
	    want_bool(args[1], "base64.encode", "padding", raised) < 0)
		return -1;
	if (data.len > STDLIB_MAX_TEXT)
		return raise_error(raised, "ResourceLimitError", "base64.encode: too many bytes");
	text = mem_alloc((data.len + 2) / 3 * 4 + 1);
	len = EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)data.ptr, (int)data.len);
	while (!args[1].as.boolean && len > 0 && text[len - 1] == '=')
		len--;
	give(out, value_string((struct slice){text, (size_t)len}));
	mem_free(text);
	return 0;
}

static const struct stdlib_param decode_params[] = {
	{"data", .types = TYPE_STRING},
	{"padding", true, {VALUE_BOOL, {.boolean = true}}, TYPE_BOOL},
};
static const struct stdlib_param encode_params[] = {
	{"data", .types = TYPE_BYTES},
	{"padding", true, {VALUE_BOOL, {.boolean = true}}, TYPE_BOOL},
};

static const struct stdlib_function functions[] = {
	{"base64.decode", STDLIB_PURE, STDLIB_PARAMS(decode_params), decode, "base64 text -> bytes",
	 TYPE_BYTES, "ValueError: the text is not base64, or its padding is not as asked for",
	 "text.decode(base64.decode(\"SGVsbG8=\")) => \"Hello\"", "5.1"},
	{"base64.encode", STDLIB_PURE, STDLIB_PARAMS(encode_params), encode, "bytes -> base64 text",
	 TYPE_STRING, NULL, "base64.encode(text.encode(\"Hello\")) => \"SGVsbG8=\"", "5.1"},
};

STDLIB_MODULE(stdlib_base64, functions);
