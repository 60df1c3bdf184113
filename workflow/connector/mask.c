/* mask.c - replacing secrets by tokens and back; see mask.h. */
#include "workflow/connector/mask.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <string.h>

struct form {
	char *plain; /* owned */
	size_t plain_len;
	bool is_utf8; /* else it is looked for in bytes alone: a string stays one */
	char *token;  /* owned */
	size_t token_len;
};

struct mask {
	struct form *forms; /* longest plain text first: what holds another is replaced as a whole */
	size_t count, capacity;
};

enum { MIN_BASE64 = 8 }; /* digits: fewer stand in any text by chance */

struct mask *mask_new(void)
{
	return mem_new(sizeof(struct mask));
}

void mask_free(struct mask *mask)
{
	if (!mask)
		return;
	for (size_t i = 0; i < mask->count; i++) {
		explicit_bzero(mask->forms[i].plain, mask->forms[i].plain_len);
		mem_free(mask->forms[i].plain);
		mem_free(mask->forms[i].token);
	}
	mem_free(mask->forms);
	mem_free(mask);
}

/* ---- the forms of a secret */

struct naming {
	struct mask *mask;
	struct slice name, nonce;
};

static bool is_known(const struct mask *mask, struct slice plain)
{
	for (size_t i = 0; i < mask->count; i++) {
		if (slice_equal(plain, (struct slice){mask->forms[i].plain, mask->forms[i].plain_len}))
			return true;
	}
	return false;
}

static void add_form(const struct naming *naming, const char *kind, struct slice plain)
{
	struct mask *mask = naming->mask;
	struct form form;
	struct buf token;
	size_t at;

	if (!plain.len || is_known(mask, plain))
		return;
	buf_init(&token, 1000);
	buf_printf(&token, "[secret %.*s %s-%.*s]", SLICE_ARG(slice_sub(naming->name, 0, 300)), kind,
		   SLICE_ARG(naming->nonce));
	form = (struct form){.plain = mem_strndup(plain.ptr, plain.len),
			     .plain_len = plain.len,
			     .is_utf8 = utf8_is_valid(plain),
			     .token_len = token.len};
	form.token = buf_take(&token);
	if (mask->count == mask->capacity)
		mask->forms = mem_grow(mask->forms, &mask->capacity, sizeof(*mask->forms));
	for (at = mask->count++; at > 0 && mask->forms[at - 1].plain_len < form.plain_len; at--)
		mask->forms[at] = mask->forms[at - 1];
	mask->forms[at] = form;
}

static void add_json(const struct naming *naming, struct slice secret)
{
	struct value text = value_string_repaired(secret);
	struct buf written;

	buf_init(&written, 0);
	if (utf8_is_valid(secret) && json_write(&written, text) == 0)
		add_form(naming, "j", slice_sub(buf_slice(&written), 1, written.len - 1));
	buf_release(&written);
	value_unref(text);
}

static void add_percent(const struct naming *naming, struct slice secret, const char *kind, const char *kept,
			bool plus)
{
	struct buf text;

	buf_init(&text, 0);
	for (size_t i = 0; i < secret.len; i++) {
		char c = secret.ptr[i];

		if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    (c && strchr(kept, c)))
			buf_add_char(&text, c);
		else if (c == ' ' && plus)
			buf_add_char(&text, '+');
		else
			buf_printf(&text, "%%%02X", (unsigned char)c);
	}
	add_form(naming, kind, buf_slice(&text));
	buf_release(&text);
}

/* Six bits of the secret behind `shift` unknown bytes. */
static unsigned sextet(struct slice secret, size_t shift, size_t digit)
{
	size_t bit = digit * 6 - shift * 8;
	unsigned high = (unsigned char)secret.ptr[bit / 8];
	unsigned low = bit / 8 + 1 < secret.len ? (unsigned char)secret.ptr[bit / 8 + 1] : 0;

	return ((high << 8 | low) >> (10 - bit % 8)) & 63;
}

/* The digits that the secret decides alone when `shift` bytes stand before it in its group of three. */
static void add_base64(const struct naming *naming, struct slice secret, size_t shift, const char *kind,
		       const char *last)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	size_t from = (shift * 8 + 5) / 6;
	size_t to = (shift + secret.len) * 8 / 6;
	struct buf text;

	if (to < from + MIN_BASE64)
		return;
	buf_init(&text, 0);
	for (size_t i = from; i < to; i++) {
		unsigned six = sextet(secret, shift, i);

		buf_add_char(&text, six < 62 ? digits[six] : last[six - 62]);
	}
	add_form(naming, kind, buf_slice(&text));
	buf_release(&text);
}

static void add_forms(const struct naming *naming, struct slice secret)
{
	static const char *const standard[] = {"b0", "b1", "b2"};
	static const char *const for_urls[] = {"c0", "c1", "c2"};

	add_form(naming, "t", secret);
	add_json(naming, secret);
	add_percent(naming, secret, "u", "-._", false);
	add_percent(naming, secret, "v", "-._~", false);
	add_percent(naming, secret, "w", "-._", true);
	for (size_t shift = 0; shift < 3; shift++) {
		add_base64(naming, secret, shift, standard[shift], "+/");
		add_base64(naming, secret, shift, for_urls[shift], "-_");
	}
}

void mask_add(struct mask *mask, struct slice name, struct slice nonce, struct slice secret)
{
	struct naming naming = {mask, name, nonce};
	struct slice line = slice_trim(secret);
	struct buf other;

	if (!line.len)
		return;
	add_forms(&naming, secret);
	if (line.len == secret.len)
		return;
	/* The line break that ends many a file is often cut off; a token stands for one text alone. */
	buf_init(&other, 1000);
	buf_printf(&other, "%.*s-line", SLICE_ARG(slice_sub(nonce, 0, 500)));
	naming.nonce = buf_slice(&other);
	add_forms(&naming, line);
	buf_release(&other);
}

/* ---- both directions */

/* `text` with each `what` replaced by `by`; false, and *out untouched, when there is none. */
static bool replace(struct slice text, struct slice what, struct slice by, struct buf *out)
{
	size_t found = slice_find(text, what, 0);
	size_t from = 0;

	if (found == SIZE_MAX)
		return false;
	for (; found != SIZE_MAX; found = slice_find(text, what, from)) {
		buf_add_slice(out, slice_sub(text, from, found));
		buf_add_slice(out, by);
		from = found + what.len;
	}
	buf_add_slice(out, slice_sub(text, from, text.len));
	return true;
}

static bool convert_text(const struct mask *mask, bool hides, bool is_bytes, struct slice text,
			 struct buf *out)
{
	bool changed = false;

	buf_add_slice(out, text);
	for (size_t n = 0; n < mask->count; n++) {
		/* undone in the reverse order: a token's name may hold the text of a shorter secret */
		const struct form *form = &mask->forms[hides ? n : mask->count - 1 - n];
		struct slice plain = {form->plain, form->plain_len};
		struct slice token = {form->token, form->token_len};
		struct buf next;

		if (!form->is_utf8 && !is_bytes)
			continue;
		buf_init(&next, 0);
		if (replace(buf_slice(out), hides ? plain : token, hides ? token : plain, &next)) {
			buf_release(out);
			*out = next;
			changed = true;
		} else {
			buf_release(&next);
		}
	}
	return changed;
}

static struct value convert(const struct mask *mask, bool hides, struct value v);

static struct value convert_leaf(const struct mask *mask, bool hides, struct value v)
{
	struct value result = value_ref(v);
	struct buf text;

	buf_init(&text, 0);
	if (convert_text(mask, hides, v.kind == VALUE_BYTES, value_text(v), &text))
		value_set(&result, v.kind == VALUE_BYTES ? value_bytes(buf_slice(&text))
							 : value_string_repaired(buf_slice(&text)));
	buf_release(&text);
	return result;
}

static struct value convert_map(const struct mask *mask, bool hides, struct value v)
{
	struct value result = value_map_new();

	for (size_t i = 0; i < value_len(v); i++) {
		struct buf key;

		buf_init(&key, 0);
		convert_text(mask, hides, false, value_map_key(v, i), &key);
		value_map_set(&result, buf_slice(&key), convert(mask, hides, *value_map_at(v, i)));
		buf_release(&key);
	}
	return result;
}

static struct value convert(const struct mask *mask, bool hides, struct value v)
{
	struct value result;

	switch (v.kind) {
	case VALUE_STRING:
	case VALUE_BYTES:
		return convert_leaf(mask, hides, v);
	case VALUE_MAP:
		return convert_map(mask, hides, v);
	case VALUE_LIST:
		result = value_list_new(value_len(v));
		for (size_t i = 0; i < value_len(v); i++)
			value_list_push(&result, convert(mask, hides, *value_list_at(v, i)));
		return result;
	default:
		return value_ref(v);
	}
}

struct value mask_hide(const struct mask *mask, struct value v)
{
	return mask ? convert(mask, true, v) : value_ref(v);
}

struct value mask_show(const struct mask *mask, struct value v)
{
	return mask ? convert(mask, false, v) : value_ref(v);
}
