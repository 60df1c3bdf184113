/* raised.c - an error of the workflow, as a value; see raised.h. */
#include "workflow/expr/raised.h"

#include <stdarg.h>
#include <string.h>

/* Room for any name a workflow can hold, and no more: a message is for people. */
enum { MAX_MESSAGE = 4096 };

static struct value make_tags(const char *tag)
{
	struct value tags = value_list_new(2);

	value_list_push(&tags, value_string_z(tag));
	if (strcmp(tag, "KeyError") == 0 || strcmp(tag, "IndexError") == 0)
		value_list_push(&tags, value_string_z("LookupError"));
	return tags;
}

static int fill(struct value *raised, const char *tag, bool prefixed, const char *fmt, va_list args)
	__attribute__((format(printf, 4, 0)));

static int fill(struct value *raised, const char *tag, bool prefixed, const char *fmt, va_list args)
{
	struct buf text;
	struct buf message;

	buf_init(&text, 0);
	buf_init(&message, 0);
	buf_vprintf(&text, fmt, args);
	if (prefixed)
		buf_printf(&message, "%s: ", tag);
	utf8_repair(&message, slice_sub(buf_slice(&text), 0, MAX_MESSAGE));
	*raised = value_map_new();
	value_put(raised, "message", value_string(buf_slice(&message)));
	value_put(raised, "tags", make_tags(tag));
	buf_release(&message);
	buf_release(&text);
	return -1;
}

int raise_error(struct value *raised, const char *tag, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fill(raised, tag, strcmp(tag, "HttpError") != 0, fmt, args);
	va_end(args);
	return -1;
}

int raise_plain(struct value *raised, const char *tag, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fill(raised, tag, false, fmt, args);
	va_end(args);
	return -1;
}

const char *raised_kind(struct value v)
{
	return v.kind == VALUE_MAP ? "dict" : value_kind_name(v.kind);
}

bool raised_has_tag(struct value raised, const char *tag)
{
	const struct value *tags = value_get(raised, "tags");

	if (!tags || tags->kind != VALUE_LIST)
		return false;
	for (size_t i = 0; i < value_len(*tags); i++) {
		const struct value *item = value_list_at(*tags, i);

		if (item->kind == VALUE_STRING && slice_is(value_text(*item), tag))
			return true;
	}
	return false;
}
