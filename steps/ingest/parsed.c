/* parsed.c - the common result of the parsers; see parsed.h. */
#include "steps/ingest/parsed.h"

#include <ctype.h>

void parsed_init(struct parsed *parsed)
{
	buf_init(&parsed->text, PARSED_TEXT_LIMIT);
	buf_init(&parsed->title, PARSED_TITLE_LIMIT);
	parsed->dates = value_map_new();
	parsed->warnings = value_list_new(0);
}

void parsed_release(struct parsed *parsed)
{
	buf_release(&parsed->text);
	buf_release(&parsed->title);
	value_unref(parsed->dates);
	value_unref(parsed->warnings);
}

/* "2024-05-31": does the text begin so, with a month and a day that exist in some year? */
static bool begins_with_date(struct slice text)
{
	static const char form[] = "dddd-dd-dd";
	int month, day;

	if (text.len < sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < sizeof(form) - 1; i++)
		if (form[i] == 'd' ? !isdigit((unsigned char)text.ptr[i]) : text.ptr[i] != form[i])
			return false;
	if (text.len > sizeof(form) - 1 && isdigit((unsigned char)text.ptr[sizeof(form) - 1]))
		return false;
	month = (text.ptr[5] - '0') * 10 + text.ptr[6] - '0';
	day = (text.ptr[8] - '0') * 10 + text.ptr[9] - '0';
	return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

void parsed_date(struct parsed *parsed, const char *name, struct slice text)
{
	text = slice_trim(text);
	if (begins_with_date(text) && !value_get(parsed->dates, name))
		value_put(&parsed->dates, name, value_string(slice_sub(text, 0, 10)));
}
