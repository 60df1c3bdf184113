/* grounding.c - finding quotes in a text; see grounding.h. */
#include "steps/extract/grounding.h"

#include "lib/mem/mem.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

static bool is_blank(char byte)
{
	return isspace((unsigned char)byte);
}

void grounding_init(struct grounding *grounding, struct slice text)
{
	size_t length = 0;

	assert(text.len < UINT32_MAX);
	*grounding = (struct grounding){.text = text};
	grounding->single = mem_new(text.len + 1);
	grounding->origin = mem_new((text.len + 1) * sizeof(*grounding->origin));
	for (size_t i = 0; i < text.len; i++) {
		bool blank = is_blank(text.ptr[i]);

		if (blank && length && grounding->single[length - 1] == ' ')
			continue;
		grounding->single[length] = blank ? ' ' : text.ptr[i];
		grounding->origin[length++] = (uint32_t)i;
	}
	grounding->origin[length] = (uint32_t)text.len;
	grounding->length = length;
}

void grounding_release(struct grounding *grounding)
{
	mem_free(grounding->single);
	mem_free(grounding->origin);
}

static void make_single(struct slice quote, struct buf *single)
{
	quote = slice_trim(quote);
	for (size_t i = 0; i < quote.len; i++)
		if (!is_blank(quote.ptr[i]))
			buf_add_char(single, quote.ptr[i]);
		else if (single->data[single->len - 1] != ' ')
			buf_add_char(single, ' ');
}

static bool stands_at(struct slice text, struct slice quote, size_t near, struct ground *ground)
{
	size_t start = near == SIZE_MAX ? SIZE_MAX : utf8_offset(text, near);

	if (start == SIZE_MAX || !quote.len || !slice_starts(slice_sub(text, start, text.len), quote))
		return false;
	*ground = (struct ground){start, start + quote.len};
	return true;
}

bool grounding_find(const struct grounding *grounding, struct slice quote, size_t near, struct ground *ground)
{
	struct slice text = {grounding->single, grounding->length};
	struct buf single;
	size_t at = SIZE_MAX;

	if (stands_at(grounding->text, quote, near, ground))
		return true;
	buf_init(&single, 0);
	make_single(quote, &single);
	if (single.len)
		at = slice_find(text, buf_slice(&single), 0);
	if (at != SIZE_MAX) {
		ground->start = grounding->origin[at];
		ground->end = grounding->origin[at + single.len - 1] + 1;
	}
	buf_release(&single);
	return at != SIZE_MAX;
}

/* Pages count from 1; `pages` holds the code point at which each starts. */
static void put_page(struct value pages, size_t start, struct value *item)
{
	size_t page = 1;
	struct value at;

	for (size_t i = 1; i < value_len(pages); i++, page++) {
		at = *value_list_at(pages, i);
		if (!value_is_number(at) || value_number(at) > (double)start)
			break;
	}
	at = *value_list_at(pages, page - 1);
	value_put(item, "page", value_int((int64_t)page));
	if (value_is_number(at) && value_number(at) >= 0 && value_number(at) <= (double)start)
		value_put(item, "page_offset", value_int((int64_t)start - (int64_t)value_number(at)));
}

void grounding_put(const struct grounding *grounding, struct ground ground, struct value pages,
		   struct value *item)
{
	struct slice quote = slice_sub(grounding->text, ground.start, ground.end);
	size_t start = utf8_count(slice_sub(grounding->text, 0, ground.start));
	struct value span = value_map_new();

	value_put(&span, "start", value_int((int64_t)start));
	value_put(&span, "end", value_int((int64_t)(start + utf8_count(quote))));
	value_put(item, "span", span);
	value_put(item, "quote", value_string_repaired(quote));
	if (pages.kind == VALUE_LIST && value_len(pages))
		put_page(pages, start, item);
}
