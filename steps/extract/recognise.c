/* recognise.c - the table of recognisers, and their findings as values. */

#include "steps/extract/recognise.h"
#include "steps/extract/dates.h"
#include "steps/extract/money.h"
#include "steps/extract/numbers.h"

#include <string.h>

static struct value decimal_value(struct decimal decimal)
{
	struct value value;
	struct buf out;

	buf_init(&out, 64);
	decimal_write(decimal, &out);
	value = value_string(buf_slice(&out));
	buf_release(&out);
	return value;
}

static bool next_number(struct slice text, size_t from, enum tongue tongue, struct recognised *found)
{
	struct number number;

	if (!number_next(text, from, tongue, &number))
		return false;
	*found = (struct recognised){number.start, number.end, value_map_new()};
	value_put(&found->value, "number", decimal_value(number.value));
	return true;
}

static bool next_money(struct slice text, size_t from, enum tongue tongue, struct recognised *found)
{
	static const char *const bounds[] = {NULL, "under", "above", "between"};
	struct money money;
	bool coded;

	if (!money_next(text, from, tongue, &money))
		return false;
	*found = (struct recognised){money.start, money.end, value_map_new()};
	coded = money.currency && *money.currency->code;
	value_put(&found->value, "amount", decimal_value(money.amount));
	value_put(&found->value, "currency", coded ? value_string_z(money.currency->code) : value_null());
	value_put(&found->value, "unit", value_string_z(money.currency ? money.currency->unit : "cent"));
	if (money.bound != MONEY_EXACT)
		value_put(&found->value, "bound", value_string_z(bounds[money.bound]));
	if (money.bound == MONEY_BETWEEN)
		value_put(&found->value, "to", decimal_value(money.to));
	return true;
}

static bool next_date(struct slice text, size_t from, enum tongue tongue, struct recognised *found)
{
	struct date date;
	struct buf out;

	if (!date_next(text, from, tongue, &date))
		return false;
	buf_init(&out, 32);
	date_write(date, &out);
	*found = (struct recognised){date.start, date.end, value_map_new()};
	value_put(&found->value, "date", value_string(buf_slice(&out)));
	buf_release(&out);
	return true;
}

const struct recogniser recognisers[] = {
	{"money", "sums with their currency", next_money},
	{"number", "numbers in figures and words", next_number},
	{"date", "dates, whole or in part", next_date},
	{NULL, NULL, NULL},
};

const struct recogniser *recogniser_named(struct slice name)
{
	for (const struct recogniser *r = recognisers; r->name; r++)
		if (slice_is(name, r->name))
			return r;
	return NULL;
}

struct value recognise(const struct recogniser *recogniser, struct slice text, enum tongue tongue)
{
	struct value list = value_list_new(0);
	struct recognised found;
	size_t from = 0, counted = 0, characters = 0;

	while (recogniser->next(text, from, tongue, &found)) {
		struct value item = value_map_new();
		size_t length = utf8_count(slice_sub(text, found.start, found.end));

		characters += utf8_count(slice_sub(text, counted, found.start));
		value_put(&item, "start", value_int((int64_t)characters));
		value_put(&item, "end", value_int((int64_t)(characters + length)));
		value_put(&item, "quote", value_string(slice_sub(text, found.start, found.end)));
		value_put(&item, "value", found.value);
		value_list_push(&list, item);
		characters += length;
		counted = from = found.end;
	}
	return list;
}
