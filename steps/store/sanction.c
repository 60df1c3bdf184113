/* sanction.c - adding up what was imposed; see sanction.h. */
#include "steps/store/sanction.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
	UNIT = 10000, /* steps of a whole */
	UNIT_DIGITS = 4,
	MAX_CURRENCIES = 4, /* in one line; more belong in the record */
	MAX_KINDS = 12,     /* the guideline has eleven */
	MAX_ITEMS = 300,    /* of a record; beyond it nobody reads the sum */
};

#define MAX_AMOUNT (INT64_MAX / 10)

struct kind {
	struct slice name;
	int64_t sum;
};

struct currency {
	struct slice code;
	int64_t sum;
	struct kind kinds[MAX_KINDS];
	size_t count;
};

bool sanction_parse_amount(struct slice text, int64_t *amount)
{
	int64_t whole = 0;
	int decimals = -1; /* before the point */

	text = slice_trim(text);
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '.' && decimals < 0 && i > 0) {
			decimals = 0;
			continue;
		}
		if (!isdigit((unsigned char)c))
			return false;
		if (decimals == UNIT_DIGITS)
			continue; /* finer than any currency */
		if (whole > MAX_AMOUNT / 10 - 1)
			return false;
		whole = whole * 10 + (c - '0');
		decimals += decimals >= 0;
	}
	for (int i = decimals < 0 ? 0 : decimals; i < UNIT_DIGITS; i++) {
		if (whole > MAX_AMOUNT / 10 - 1)
			return false;
		whole *= 10;
	}
	*amount = whole;
	return text.len > 0;
}

void sanction_format_amount(struct buf *out, int64_t amount)
{
	char digits[32];
	int length = snprintf(digits, sizeof(digits), "%lld", (long long)(amount / UNIT));
	int fraction = (int)(amount % UNIT);

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			buf_add_char(out, ',');
		buf_add_char(out, digits[i]);
	}
	if (fraction % 100 == 0 && fraction)
		buf_printf(out, ".%02d", fraction / 100);
	else if (fraction)
		buf_printf(out, ".%04d", fraction);
}

/* 0 is counted first; negative is never counted. */
static int rank(struct slice status)
{
	if (slice_is(status, "imposed") || slice_is(status, "agreed") || !status.len)
		return 0;
	if (slice_is(status, "proposed"))
		return 1;
	if (slice_is(status, "sought"))
		return 2;
	return -1;
}

static bool read_amount(struct value item, int64_t *amount)
{
	const struct value *given = value_get(item, "amount");
	struct slice code = value_get_text(item, "currency");

	if (!given || code.len != 3 || !isupper((unsigned char)code.ptr[0]))
		return false;
	if (given->kind == VALUE_INT && given->as.integer >= 0 && given->as.integer < MAX_AMOUNT / UNIT) {
		*amount = given->as.integer * UNIT;
		return true;
	}
	if (given->kind == VALUE_DOUBLE && given->as.number >= 0 &&
	    given->as.number < (double)MAX_AMOUNT / UNIT) {
		*amount = (int64_t)(given->as.number * UNIT + 0.5);
		return true;
	}
	return sanction_parse_amount(value_text(*given), amount);
}

/* The same sanction said twice is one: kind, amount, currency and party agree. */
static bool is_repeat(struct value money, size_t i)
{
	static const char *const names[] = {"kind", "amount", "currency", "party", "status"};
	struct value item = *value_list_at(money, i);

	for (size_t j = 0; j < i; j++) {
		struct value other = *value_list_at(money, j);
		bool same = true;

		for (size_t n = 0; same && n < sizeof(names) / sizeof(names[0]); n++) {
			const struct value *a = value_get(item, names[n]);
			const struct value *b = value_get(other, names[n]);

			same = a && b ? value_equal(*a, *b) : a == b;
		}
		if (same)
			return true;
	}
	return false;
}

static void add(struct currency *sums, size_t *count, struct value item, int64_t amount)
{
	struct slice code = value_get_text(item, "currency");
	struct slice name = value_get_text(item, "kind");
	struct currency *sum = NULL;
	struct kind *kind = NULL;

	for (size_t i = 0; i < *count && !sum; i++)
		sum = slice_equal(sums[i].code, code) ? &sums[i] : NULL;
	if (!sum && *count < MAX_CURRENCIES) {
		sum = &sums[(*count)++];
		*sum = (struct currency){.code = code};
	}
	if (!sum || sum->sum > MAX_AMOUNT - amount)
		return;
	sum->sum += amount;
	for (size_t i = 0; i < sum->count && !kind; i++)
		kind = slice_equal(sum->kinds[i].name, name) ? &sum->kinds[i] : NULL;
	if (!kind && sum->count < MAX_KINDS) {
		kind = &sum->kinds[sum->count++];
		*kind = (struct kind){.name = name};
	}
	if (kind)
		kind->sum += amount;
}

static void add_kind_name(struct buf *out, struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		buf_add_char(out, name.ptr[i] == '_' ? ' ' : name.ptr[i]);
}

static void describe(struct buf *out, const struct currency *sum, int rank)
{
	const struct kind *main_kind = &sum->kinds[0];

	buf_printf(out, "%s%.*s ", out->len ? "; " : "", SLICE_ARG(sum->code));
	sanction_format_amount(out, sum->sum);
	for (size_t i = 1; i < sum->count; i++) {
		if (sum->kinds[i].sum > main_kind->sum)
			main_kind = &sum->kinds[i];
	}
	if (main_kind->name.len) {
		buf_add_char(out, ' ');
		add_kind_name(out, main_kind->name);
	}
	if (sum->count > 1)
		buf_printf(out, " and %zu more", sum->count - 1);
	if (rank)
		buf_add_text(out, rank == 1 ? " proposed" : " sought");
}

static void put_largest_first(struct currency *sums, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		for (size_t j = i; j > 0 && sums[j].sum > sums[j - 1].sum; j--) {
			struct currency swap = sums[j];

			sums[j] = sums[j - 1];
			sums[j - 1] = swap;
		}
	}
}

void sanction_init(struct sanction *sanction, const struct value *money)
{
	size_t items = money ? value_len(*money) : 0;
	struct currency sums[MAX_CURRENCIES];
	size_t count = 0;
	int level = 0;

	*sanction = (struct sanction){0};
	buf_init(&sanction->summary, 0);
	for (; level < 3 && count == 0; level++) {
		for (size_t i = 0; i < items && i < MAX_ITEMS; i++) {
			struct value item = *value_list_at(*money, i);
			int64_t amount;

			if (rank(value_get_text(item, "status")) == level && read_amount(item, &amount) &&
			    amount > 0 && !is_repeat(*money, i))
				add(sums, &count, item, amount);
		}
	}
	if (count == 0)
		return;
	put_largest_first(sums, count);
	for (size_t i = 0; i < count; i++)
		describe(&sanction->summary, &sums[i], level - 1);
	sanction->is_known = true;
	sanction->amount = (double)sums[0].sum / UNIT;
	memcpy(sanction->currency, sums[0].code.ptr, 3);
}

void sanction_release(struct sanction *sanction)
{
	buf_release(&sanction->summary);
}
