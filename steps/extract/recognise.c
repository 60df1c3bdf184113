/* recognise.c - the table of recognisers, and their findings as values. */

#include "steps/extract/recognise.h"
#include "steps/extract/citations.h"
#include "steps/extract/courts.h"
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

static void put_slice(struct value *map, const char *name, struct slice text)
{
	if (text.len)
		value_put(map, name, value_string(text));
}

static bool next_citation(struct slice text, size_t from, enum tongue tongue, struct recognised *found)
{
	struct citation c;
	struct value *value = &found->value;

	(void)tongue;
	if (!citation_next(text, from, &c))
		return false;
	*found = (struct recognised){c.start, c.end, value_map_new()};
	value_put(value, "kind", value_string_z(citation_kind_name(c.kind)));
	put_slice(value, "volume", c.volume);
	if (c.name)
		value_put(value, "reporter",
			  value_stringf(c.series.len ? "%s %.*s" : "%s", c.name, SLICE_ARG(c.series)));
	put_slice(value, "reporter_found", c.reporter);
	put_slice(value, c.kind == CITATION_LAW || c.kind == CITATION_SECTION ? "section" : "page", c.page);
	put_slice(value, "pin", c.pin);
	if (c.is_short)
		value_put(value, "short", value_bool(true));
	if (c.year)
		value_put(value, "year", value_int(c.year));
	put_slice(value, "court", c.court);
	if (!c.court.len && *c.court_of)
		value_put(value, "court", value_string_z(c.court_of));
	put_slice(value, "plaintiff", c.plaintiff);
	put_slice(value, "defendant", c.defendant);
	put_slice(value, "parenthetical", c.parenthetical);
	return true;
}

static bool next_court(struct slice text, size_t from, enum tongue tongue, struct recognised *found)
{
	struct court court;
	struct value ids = value_list_new(0);

	(void)tongue;
	if (!court_next(text, from, &court)) {
		value_unref(ids);
		return false;
	}
	for (int i = 0; i < court.choices; i++)
		value_list_push(&ids, value_string_z(court.id[i]));
	*found = (struct recognised){court.start, court.end, value_map_new()};
	value_put(&found->value, "court", value_string_z(court.id[0]));
	value_put(&found->value, "name", value_string_z(court.name));
	value_put(&found->value, "choices", ids);
	return true;
}

const struct recogniser recognisers[] = {
	{"money", "sums with their currency", next_money},
	{"number", "numbers in figures and words", next_number},
	{"date", "dates, whole or in part", next_date},
	{"citation", "citations of decisions, laws and articles", next_citation},
	{"court", "courts of the United States and of France", next_court},
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
