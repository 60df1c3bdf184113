/* page.c - pages of a list; see page.h. */
#include "workflow/api/page.h"

#include "lib/docstore/docstore.h"
#include "workflow/api/proto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGEST_CHARS = 16 };

/* What a token depends on: not the size of a page, and not how the answer is written. */
static bool is_bound(struct slice name)
{
	static const char *const free_ones[] = {"pageToken", "page_token",  "pageSize",	 "page_size", "alt",
						"$alt",	     "prettyPrint", "quotaUser", "key",	      "access_token",
						"oauth_token", "fields",    "callback",	 "$.xgafv"};

	for (size_t i = 0; i < sizeof(free_ones) / sizeof(free_ones[0]); i++) {
		if (slice_is(name, free_ones[i]))
			return false;
	}
	return true;
}

static void digest(struct slice path, struct value query, char out[DIGEST_CHARS + 1])
{
	char hash[DOCSTORE_HASH_SIZE];
	struct buf text;

	buf_init(&text, 0);
	buf_add_slice(&text, path);
	for (size_t i = 0; i < value_len(query); i++) {
		struct slice given = value_text(*value_map_at(query, i));

		if (is_bound(value_map_key(query, i)) && given.len)
			buf_printf(&text, "\n%.*s=%.*s", SLICE_ARG(value_map_key(query, i)), SLICE_ARG(given));
	}
	docstore_hash(buf_slice(&text), hash);
	memcpy(out, hash, DIGEST_CHARS);
	out[DIGEST_CHARS] = '\0';
	buf_release(&text);
}

static int refuse_token(struct status *status)
{
	return status_set(status, STATUS_INVALID_ARGUMENT,
			  "The page token is not one of this list with these parameters");
}

static int digit_of(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Digest, then the position in hex. */
static int read_token(struct page *page, struct slice token, struct status *status)
{
	size_t n = 0;

	if (token.len <= DIGEST_CHARS || memcmp(token.ptr, page->digest, DIGEST_CHARS) != 0 || token.len % 2 ||
	    (token.len - DIGEST_CHARS) / 2 >= sizeof(page->position))
		return refuse_token(status);
	for (size_t i = DIGEST_CHARS; i < token.len; i += 2) {
		int high = digit_of(token.ptr[i]), low = digit_of(token.ptr[i + 1]);

		if (high < 0 || low < 0 || (high == 0 && low == 0))
			return refuse_token(status);
		page->position[n++] = (char)(high * 16 + low);
	}
	return 0;
}

static struct slice parameter(struct value query, const char *name, const char *snake)
{
	struct slice given = value_get_text(query, name);

	return given.len ? given : value_get_text(query, snake);
}

int page_read(struct page *page, struct slice path, struct value query, size_t standard, size_t most,
	      struct status *status)
{
	struct slice size = parameter(query, "pageSize", "page_size");
	struct slice token = parameter(query, "pageToken", "page_token");
	char *end;
	long given;

	*page = (struct page){.size = standard};
	digest(path, query, page->digest);
	if (size.len) {
		given = strtol(size.ptr, &end, 10);
		if (*end || given < 0)
			return status_set(status, STATUS_INVALID_ARGUMENT, "Invalid value at 'page_size': \"%.*s\"",
					  SLICE_ARG(slice_sub(size, 0, 40)));
		if (given)
			page->size = (unsigned long)given > most ? most : (size_t)given;
	}
	return token.len ? read_token(page, token, status) : 0;
}

int64_t page_number(const struct page *page, int64_t first)
{
	long long number = strtoll(page->position, NULL, 10);

	return page->position[0] && number >= 0 ? number : first;
}

void page_put_token(const struct page *page, struct value *answer, const char *position)
{
	struct buf token;

	buf_init(&token, 0);
	buf_add_text(&token, page->digest);
	for (const char *at = position; *at; at++)
		buf_printf(&token, "%02x", (unsigned char)*at);
	value_put(answer, "nextPageToken", value_string(buf_slice(&token)));
	buf_release(&token);
}

void page_put_number(const struct page *page, struct value *answer, int64_t position)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)position);
	page_put_token(page, answer, text);
}

/* ---- order */

static int find_name(const char *const *names, struct slice given)
{
	int found = -1;
	struct buf camel;

	buf_init(&camel, 0);
	proto_camel(&camel, given);
	for (int i = 0; names[i] && found < 0; i++) {
		if (slice_is(buf_slice(&camel), names[i]))
			found = i;
	}
	buf_release(&camel);
	return found;
}

static int read_part(struct order *order, struct slice part, const char *const *names, struct status *status)
{
	size_t space = slice_find(part, SLICE(" "), 0);
	struct slice direction = slice_trim(slice_sub(part, space == SIZE_MAX ? part.len : space, part.len));
	int field = find_name(names, slice_sub(part, 0, space));

	if (field < 0 || (direction.len && !slice_is(direction, "desc") && !slice_is(direction, "asc")))
		return status_set(status, STATUS_INVALID_ARGUMENT, "order_by: \"%.*s\" is no field to order by",
				  SLICE_ARG(slice_sub(part, 0, 100)));
	if (order->count == ORDER_MAX)
		return status_set(status, STATUS_INVALID_ARGUMENT, "order_by: more than %d fields", ORDER_MAX);
	order->at[order->count].field = field;
	order->at[order->count++].is_descending = slice_is(direction, "desc");
	return 0;
}

int order_read(struct order *order, struct slice text, const char *const *names, struct status *status)
{
	*order = (struct order){0};
	while (text.len) {
		size_t comma = slice_find(text, SLICE(","), 0);

		if (read_part(order, slice_trim(slice_sub(text, 0, comma)), names, status) < 0)
			return -1;
		text = slice_sub(text, comma == SIZE_MAX ? text.len : comma + 1, text.len);
	}
	return 0;
}
