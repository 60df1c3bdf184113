/* money.c - find the figures, find the point among the separators, shift it by the scale. */

#include "steps/extract/money.h"
#include "steps/extract/numbers.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { MAX_DIGITS = 24 };

struct figures {
	char digits[MAX_DIGITS + 1]; /* without separators and point */
	int count;
	int fraction; /* how many of them stand after the point */
	size_t end;   /* byte after the figures */
};

static bool is_digit_at(struct slice text, size_t at)
{
	return at < text.len && isdigit((unsigned char)text.ptr[at]);
}

/* Length of a blank (also of a no-break or narrow one) at `at`, or 0. */
static size_t blank_at(struct slice text, size_t at)
{
	if (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\n'))
		return 1;
	if (at + 1 < text.len && !memcmp(text.ptr + at, "\xc2\xa0", 2))
		return 2;
	if (at + 2 < text.len && !memcmp(text.ptr + at, "\xe2\x80\xaf", 3))
		return 3;
	return 0;
}

static int digits_at(struct slice text, size_t at)
{
	int count = 0;

	while (is_digit_at(text, at + (size_t)count))
		count++;
	return count;
}

/* A blank that OCR put inside a group: "$2,4 53,077": the group before is short and what follows fills it. */
static size_t split_group(struct slice text, size_t at, int group, bool separated)
{
	size_t blank = blank_at(text, at);
	int rest = blank ? digits_at(text, at + blank) : 0;

	return separated && group < 3 && rest && group + rest == 3 ? blank : 0;
}

/* What a '.' or ',' between figures is: exactly three figures after it make it a separator of thousands,
 * unless the figure before is a lone zero, a scale word follows (45.372 million), or - for a point in a sum
 * under a dollar or pound sign - nothing else is in doubt. */
static bool is_point(struct slice text, size_t at, const struct figures *figures)
{
	int after = digits_at(text, at + 1);
	size_t next = at + 1 + (size_t)after;

	if (text.ptr[at] == '.' && next < text.len && text.ptr[next] == '.' && is_digit_at(text, next + 1))
		return false; /* 1.500.000 */
	if (after < 3 && text.ptr[at] == ',' && split_group(text, next, after, true))
		return false; /* $2,4 53,077 */
	if (after != 3)
		return !(text.ptr[at] == ',' && after > 3);
	if (figures->count == 1 && figures->digits[0] == '0')
		return true;
	while (blank_at(text, next))
		next += blank_at(text, next);
	if (text.ptr[at] == '.' && next + 2 < text.len && !strncasecmp(text.ptr + next, "mil", 3))
		return true;
	return text.ptr[at] == ',' && next + 2 < text.len && !strncasecmp(text.ptr + next, "mill", 4);
}

/* Between two groups of figures: bytes of separator to pass over, or 0 when the figures end here. */
static size_t separator_at(struct slice text, size_t at)
{
	size_t blank = blank_at(text, at);

	if (at < text.len && (text.ptr[at] == ',' || text.ptr[at] == '.' || text.ptr[at] == '\'')) {
		size_t gap = blank_at(text, at + 1);

		if (is_digit_at(text, at + 1))
			return 1;
		/* OCR: "$302, 977" */
		return text.ptr[at] == ',' && gap && digits_at(text, at + 1 + gap) == 3 ? 1 + gap : 0;
	}
	if (blank && digits_at(text, at + blank) == 3 && !is_digit_at(text, at + blank + 3))
		return blank; /* 1 500 000 */
	return 0;
}

static bool read_figures(struct slice text, struct figures *figures)
{
	size_t at = 0;
	int group = 0; /* figures since the last separator */
	bool point = false, separated = false;

	*figures = (struct figures){0};
	while (at < text.len && !isdigit((unsigned char)text.ptr[at]))
		at++;
	while (at < text.len) {
		size_t gap;

		if (is_digit_at(text, at)) {
			if (figures->count == MAX_DIGITS)
				return false;
			figures->digits[figures->count++] = text.ptr[at++];
			figures->fraction += point;
			group++;
			continue;
		}
		if (point)
			break;
		gap = split_group(text, at, group, separated);
		if (!gap) {
			gap = separator_at(text, at);
			if (!gap)
				break;
			point = gap == 1 && (text.ptr[at] == '.' || text.ptr[at] == ',') &&
				is_point(text, at, figures);
			separated = true;
			group = 0;
		}
		at += gap;
	}
	figures->end = at;
	return figures->count > 0;
}

static int scale_after(struct slice text, size_t at)
{
	size_t end;
	int scale;

	while (at < text.len && (blank_at(text, at) || text.ptr[at] == '-'))
		at += blank_at(text, at) ? blank_at(text, at) : 1;
	end = at;
	while (end < text.len && isalpha((unsigned char)text.ptr[end]))
		end++;
	scale = number_scale(slice_sub(text, at, end));
	return scale < 0 ? 0 : scale;
}

static void write_shifted(const struct figures *figures, int scale, struct buf *out)
{
	int whole = figures->count - figures->fraction + scale; /* figures before the point */
	int last = figures->count, first = 0;

	while (last > whole && figures->digits[last - 1] == '0')
		last--;
	while (first < whole - 1 && first < figures->count && figures->digits[first] == '0')
		first++;
	for (int i = first; i < whole || i < last; i++) {
		if (i == whole)
			buf_add_char(out, '.');
		buf_add_char(out, i < figures->count ? figures->digits[i] : '0');
	}
}

bool money_amount(struct slice text, struct buf *out)
{
	struct figures figures;

	if (read_figures(text, &figures)) {
		write_shifted(&figures, scale_after(text, figures.end), out);
		return true;
	}
	for (size_t at = 0; at < text.len; at++) {
		size_t used;
		uint64_t number;

		if (at && isalpha((unsigned char)text.ptr[at - 1]))
			continue;
		number = number_words(slice_sub(text, at, text.len), &used);
		if (used && number) {
			buf_printf(out, "%llu", (unsigned long long)number);
			return true;
		}
	}
	return false;
}

/* Longer spellings first where one holds another. */
static const struct {
	const char *sign;
	const char *code;
} currencies[] = {
	{"USD", "USD"},          {"US$", "USD"},      {"CAD", "CAD"},      {"C$", "CAD"},
	{"Canadian", "CAD"},     {"AUD", "AUD"},      {"A$", "AUD"},       {"Australian", "AUD"},
	{"HK$", "HKD"},          {"HKD", "HKD"},      {"S$", "SGD"},       {"SGD", "SGD"},
	{"NZ$", "NZD"},          {"GBP", "GBP"},      {"EUR", "EUR"},      {"CHF", "CHF"},
	{"JPY", "JPY"},          {"CNY", "CNY"},      {"RMB", "CNY"},      {"INR", "INR"},
	{"BRL", "BRL"},          {"R$", "BRL"},       {"SEK", "SEK"},      {"NOK", "NOK"},
	{"DKK", "DKK"},          {"PLN", "PLN"},      {"ZAR", "ZAR"},      {"KRW", "KRW"},
	{"\xe2\x82\xac", "EUR"}, {"\xc2\xa3", "GBP"}, {"\xc2\xa5", "JPY"}, {"\xe2\x82\xa9", "KRW"},
	{"euro", "EUR"},         {"sterling", "GBP"}, {"pounds", "GBP"},   {"livres", "GBP"},
	{"Swiss franc", "CHF"},  {"yen", "JPY"},      {"yuan", "CNY"},     {"$", "USD"},
	{"dollar", "USD"},
};

bool money_currency(struct slice text, struct buf *out)
{
	char folded[256];
	size_t length = text.len < sizeof(folded) - 1 ? text.len : sizeof(folded) - 1;

	memcpy(folded, text.ptr, length);
	folded[length] = '\0';
	for (size_t i = 0; i < sizeof(currencies) / sizeof(*currencies); i++) {
		bool code = isupper((unsigned char)currencies[i].sign[0]) && strlen(currencies[i].sign) == 3;

		if (code ? strstr(folded, currencies[i].sign) : strcasestr(folded, currencies[i].sign)) {
			buf_add_text(out, currencies[i].code);
			return true;
		}
	}
	return false;
}
