/* figures.c - digits, and what the signs between them mean. */

#include "steps/extract/figures.h"

#include <string.h>
#include <strings.h>

struct reading_figures {
	char digits[FIGURES_MAX_DIGITS + 1]; /* without separators and point */
	int count;
	int fraction; /* how many of them stand after the point */
};

static int digits_at(struct slice text, size_t at)
{
	int count = 0;

	while (count <= FIGURES_MAX_DIGITS && is_digit_at(text, at + (size_t)count))
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

static bool scale_follows(struct slice text, size_t at, const char *start)
{
	size_t length = strlen(start);

	at = skip_blanks(text, at, 4);
	return at + length <= text.len && !strncasecmp(text.ptr + at, start, length);
}

/* What a '.' or ',' between figures is, the language unknown: exactly three figures after it make it a
 * separator of thousands, unless the figure before is a lone zero or a scale word follows (45.372 million). */
static bool is_point_by_place(struct slice text, size_t at, const struct reading_figures *figures, int after)
{
	size_t next = at + 1 + (size_t)after;

	if (after < 3 && text.ptr[at] == ',' && split_group(text, next, after, true))
		return false; /* $2,4 53,077 */
	if (after != 3)
		return !(text.ptr[at] == ',' && after > 3);
	if (figures->count == 1 && figures->digits[0] == '0')
		return true;
	if (text.ptr[at] == '.' && scale_follows(text, next, "mil"))
		return true;
	return text.ptr[at] == ',' && scale_follows(text, next, "mill");
}

static bool is_point(struct slice text, size_t at, const struct reading_figures *figures, enum tongue tongue)
{
	int after = digits_at(text, at + 1);
	size_t next = at + 1 + (size_t)after;

	if (after == 3 && next < text.len && text.ptr[next] == text.ptr[at] && digits_at(text, next + 1) == 3)
		return false; /* 1.500.000 */
	if (tongue == TONGUE_EN && text.ptr[at] == '.')
		return true;
	if (tongue == TONGUE_FR && text.ptr[at] == ',')
		return true;
	return is_point_by_place(text, at, figures, after);
}

/* Between two groups of figures: bytes of separator to pass over, or 0 when the figures end here. */
static size_t separator_at(struct slice text, size_t at, int group)
{
	size_t blank = blank_at(text, at);

	if (at < text.len && (text.ptr[at] == ',' || text.ptr[at] == '.' || text.ptr[at] == '\'')) {
		size_t gap = blank_at(text, at + 1);

		if (is_digit_at(text, at + 1))
			return 1;
		/* OCR: "$302, 977" */
		return text.ptr[at] == ',' && gap && digits_at(text, at + 1 + gap) == 3 ? 1 + gap : 0;
	}
	if (blank && group <= 3 && digits_at(text, at + blank) == 3)
		return blank; /* 1 500 000 */
	return 0;
}

/* False: too many digits. */
static bool read_groups(struct slice text, size_t *from, enum tongue tongue, struct reading_figures *figures)
{
	size_t at = *from;
	int group = 0; /* figures since the last separator */
	bool point = false, separated = false;
	char sign = ' ';

	while (at < text.len) {
		size_t gap;

		if (is_digit_at(text, at)) {
			if (figures->count == FIGURES_MAX_DIGITS)
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
			gap = separator_at(text, at, group);
			if (!gap)
				break;
			point = gap == 1 && !(text.ptr[at] == sign && digits_at(text, at + 1) == 3) &&
				(text.ptr[at] == '.' || text.ptr[at] == ',') &&
				is_point(text, at, figures, tongue);
			sign = text.ptr[at]; /* what separated once does so again: 1.500.000 */
			separated = true;
			group = 0;
		}
		at += gap;
	}
	*from = at;
	return figures->count > 0;
}

bool figures_at(struct slice text, size_t at, enum tongue tongue, struct figures *figures)
{
	struct reading_figures read = {0};
	struct decimal value = {0};

	if (at < text.len && (text.ptr[at] == '.' || text.ptr[at] == ',') && is_digit_at(text, at + 1)) {
		at++;
		read.fraction = digits_at(text, at);
		if (read.fraction > DECIMAL_MAX_PLACES)
			return false;
		for (; read.count < read.fraction; at++)
			read.digits[read.count++] = text.ptr[at];
	} else if (!is_digit_at(text, at) || !read_groups(text, &at, tongue, &read)) {
		return false;
	}
	while (read.fraction > DECIMAL_MAX_PLACES || (read.fraction && read.digits[read.count - 1] == '0')) {
		if (read.digits[--read.count] != '0')
			return false;
		read.fraction--;
	}
	for (int i = 0; i < read.count; i++)
		if (!decimal_multiply(&value, 10) ||
		    !decimal_add(&value, (struct decimal){.units = (uint64_t)(read.digits[i] - '0')}))
			return false;
	value.places = read.fraction;
	*figures = (struct figures){value, read.count, at};
	return true;
}
