/* citation_context.c - around a citation: the parties before it; place, year, court and remark behind. */

#include "steps/extract/calendar.h"
#include "steps/extract/citations_private.h"

#include <ctype.h>
#include <string.h>

enum { NAME_BYTES = 200, PAREN_BYTES = 300, PARALLELS = 4 };

/* The bracket that closes the one at `at`, or SIZE_MAX within a bounded distance. */
static size_t close_of(struct slice text, size_t at)
{
	int depth = 0;

	for (size_t i = at; i < text.len && i - at < PAREN_BYTES; i++) {
		if (text.ptr[i] == '(' || text.ptr[i] == '[')
			depth++;
		else if ((text.ptr[i] == ')' || text.ptr[i] == ']') && --depth == 0)
			return i;
	}
	return SIZE_MAX;
}

static int year_at(struct slice text, size_t at)
{
	int year = 0;

	for (size_t i = at; i < at + 4; i++) {
		if (!is_digit_at(text, i))
			return 0;
		year = year * 10 + (text.ptr[i] - '0');
	}
	return year >= 1500 && year <= 2199 && !is_digit_at(text, at + 4) ? year : 0;
}

/* "4th Cir. 1982", "Pa. Feb. 9, 2017", "2005-06": the year, and the court before it. */
static bool read_court_and_year(struct slice inner, struct citation *citation)
{
	for (size_t at = 0; at + 4 <= inner.len; at++) {
		size_t end = at, month;
		struct word word;

		if ((at && is_digit_at(inner, at - 1)) || !year_at(inner, at))
			continue;
		if (at + 4 < inner.len && !strchr("-)] ,", inner.ptr[at + 4]))
			return false;
		citation->year = year_at(inner, at);
		/* the date's other parts are no part of the court */
		end = skip_blanks_back(inner, end, 2);
		month = end;
		while (month > 0 && (is_digit_at(inner, month - 1) || strchr(", .", inner.ptr[month - 1])))
			month--;
		word = word_before(inner, month, 0);
		if (month_named(&word))
			end = word.start;
		citation->court = slice_trim(slice_sub(inner, 0, end));
		if (!letter_at(citation->court, 0) && !is_digit_at(citation->court, 0))
			citation->court = (struct slice){0};
		return true;
	}
	return false;
}

/* "347-348", "at 62-63, 67-68", "¶¶ 38-53", "119:12-14"; a volume of the next citation is none. */
static size_t pin_end(struct slice text, size_t at)
{
	size_t end = 0;

	for (;;) {
		size_t next = at;

		for (int i = 0; i < 3 && next + 1 < text.len && !memcmp(text.ptr + next, "\xc2\xb6", 2); i++)
			next = skip_blanks(text, next + 2, 1);
		next += next < text.len && text.ptr[next] == '*';
		if (!is_digit_at(text, next) || citation_reporter_follows(text, next))
			break;
		while (is_digit_at(text, next) ||
		       (next + 1 < text.len && (text.ptr[next] == '-' || text.ptr[next] == ':') &&
			is_digit_at(text, next + 1)) ||
		       (dash_at(text, next) == 3 && is_digit_at(text, next + 3)))
			next += dash_at(text, next) ? dash_at(text, next) : 1;
		if (letter_at(text, next))
			break;
		end = next;
		if (next >= text.len || text.ptr[next] != ',')
			break;
		at = skip_blanks(text, next + 1, 2);
		if (end - at > 400 && at < end)
			break;
	}
	return end;
}

static size_t skip_at_words(struct slice text, size_t at)
{
	struct word word = word_at(text, at);

	if (word_is(&word, "at"))
		at = skip_blanks(text, word.end, 2);
	word = word_at(text, at);
	if (word_in(&word, "p|pp|page|pages"))
		at = skip_blanks(text, word.end + (word.end < text.len && text.ptr[word.end] == '.'), 2);
	return at;
}

static size_t take_pin(struct slice text, size_t at, struct citation *citation)
{
	size_t start = at, numbers, end;
	bool comma = at < text.len && text.ptr[at] == ',';

	start = skip_blanks(text, at + comma, 2);
	numbers = skip_at_words(text, start);
	if (start == at || (citation->kind == CITATION_CASE && !comma))
		return at;
	end = pin_end(text, numbers);
	if (!end)
		return at;
	citation->pin = slice_sub(text, start, end);
	return end;
}

/* Other reporters of the same decision: ", 1 S. Ct. 2, 358". */
static size_t skip_parallels(struct slice text, size_t at)
{
	for (int i = 0; i < PARALLELS; i++) {
		size_t next = at, digits;

		if (next < text.len && text.ptr[next] == ',')
			next++;
		next = skip_blanks(text, next, 2);
		next += next < text.len && (text.ptr[next] == '[' || text.ptr[next] == '(');
		if (!citation_reporter_follows(text, next))
			return at;
		while (next < text.len && next - at < 60 && !strchr("([;", text.ptr[next]))
			next++;
		digits = next;
		if (digits < text.len && text.ptr[digits] == ';')
			return at;
		at = next;
	}
	return at;
}

/* What stands behind: place, parallel citations, (court and year), (remark). */
static void look_behind(struct slice text, struct citation *citation)
{
	size_t at = citation->end, close;

	if (citation->kind == CITATION_LAW) {
		at = skip_blanks(text, at, 1);
	} else {
		if (!citation->is_short)
			at = take_pin(text, at, citation);
		else if (at < text.len && text.ptr[at] == '-')
			at = pin_end(text, citation->end - citation->page.len);
		if (citation->is_short)
			citation->pin = slice_sub(text, citation->end - citation->page.len,
						  at > citation->end ? at : citation->end);
		if (at < text.len && text.ptr[at] == '(')
			at += 0;
		at = skip_parallels(text, at);
		at = skip_blanks(text, at, 2);
	}
	for (int i = 0; i < 2 && at < text.len && (text.ptr[at] == '(' || text.ptr[at] == '['); i++) {
		struct slice inner;

		close = close_of(text, at);
		if (close == SIZE_MAX)
			return;
		inner = slice_sub(text, at + 1, close);
		if (i || citation->year || !read_court_and_year(inner, citation)) {
			if (!is_digit_at(inner, 0))
				citation->parenthetical = inner;
			return;
		}
		at = skip_blanks(text, close + 1, 2);
	}
}

static bool ends_name(char byte)
{
	return byte == ';' || byte == '(' || byte == '[' || byte == ')' || byte == ']' || byte == '"';
}

/* A word that introduces a citation and is no part of a name. */
static bool introduces(const struct word *word)
{
	return word_in(word, "see|also|in|cf|citing|quoting|accord|compare|contra|and|but|eg|under|on|by|"
			     "overruling|decision|"
			     "cases|case|court|overruled|before|that|of|speech|the|as|compelling|said");
}

/* The beginning of the plaintiff's name that ends at `end`: capitalised words, and small ones between them. */
static size_t plaintiff_start(struct slice text, size_t floor, size_t end)
{
	size_t start = end, at = end;

	while (at > floor && end - at < NAME_BYTES) {
		struct word word;
		size_t stop = skip_blanks_back(text, at, 3), tail;

		tail = stop;
		while (stop > floor && strchr(".,'&", text.ptr[stop - 1]) && tail - stop < 3)
			stop--;
		word = word_before(text, stop, floor);
		if (!word.length) {
			if (stop < tail && text.ptr[stop] == '&') {
				at = stop;
				continue;
			}
			break;
		}
		if (stop < tail && text.ptr[stop] == ',' &&
		    !word_in(&word, "inc|co|corp|ltd|llc|lp|sa|jr|sr") && start == end)
			break;
		if (stop < tail && text.ptr[stop] == '.' && start < end && word.length > 4 &&
		    !isupper((unsigned char)text.ptr[word.start + 1]) &&
		    !word_in(&word, "assoc|assn|constr|bros"))
			break; /* the end of a sentence */
		if (isupper((unsigned char)text.ptr[word.start])) {
			if (word_in(&word,
				    "see|cf|in|accord|compare|citing|quoting|under|but|also|overruled"))
				break;
			start = word.start;
		} else if (!word_in(&word, "of|the|and|for|ex|rel|de|la|d|s|et|al")) {
			break;
		}
		at = word.start;
		while (at > floor && (text.ptr[at - 1] == '-' || apostrophe_at(text, at - 1) == 1)) {
			word = word_before(text, at - 1, floor);
			if (!word.length)
				break;
			at = word.start;
			if (isupper((unsigned char)text.ptr[at]))
				start = at;
		}
	}
	return start;
}

/* Byte of " v. " in the window before `end`, the last one; SIZE_MAX: none. */
static size_t versus(struct slice text, size_t from, size_t end, size_t *after)
{
	for (size_t at = end; at > from; at--) {
		struct word word;

		if (text.ptr[at - 1] == ';')
			return SIZE_MAX;
		if ((text.ptr[at - 1] != 'v' && text.ptr[at - 1] != 'V') || letter_before(text, at - 1))
			continue;
		word = word_at(text, at - 1);
		if (!word_in(&word, "v|vs"))
			continue;
		*after = word.end + (word.end < text.len && text.ptr[word.end] == '.');
		return at - 1;
	}
	return SIZE_MAX;
}

static struct slice tidy(struct slice name)
{
	static const struct slice blank = {"\xe2\x80\x8b", 3}; /* zero width */

	for (;;) {
		struct slice before = name;

		name = slice_trim(name);
		while (name.len && strchr(",;:", name.ptr[name.len - 1]))
			name.len--;
		if (slice_ends(name, blank))
			name.len -= blank.len;
		if (name.len == before.len)
			return name;
	}
}

/* Before a volume, the reporter that has none yet: "__ U.S. __ [", "---- U.S. ----, ". */
static size_t gap_before(struct slice text, size_t floor, size_t end)
{
	size_t at = skip_blanks_back(text, end, 3), gaps = 0, star = at;

	while (star > floor && is_digit_at(text, star - 1))
		star--;
	if (star > floor && star < at && text.ptr[star - 1] == '*') /* a page of another edition */
		return star - 1;
	while (at > floor && (text.ptr[at - 1] == ',' || text.ptr[at - 1] == '['))
		at = skip_blanks_back(text, at - 1, 3);
	for (int i = 0; i < 2; i++) {
		size_t start = at;

		while (start > floor + 3 &&
		       (strchr("-_", text.ptr[start - 1]) || dash_at(text, start - 3) == 3))
			start -= strchr("-_", text.ptr[start - 1]) ? 1 : 3;
		if (start == at)
			break;
		gaps++;
		at = skip_blanks_back(text, start, 3);
		for (size_t most = at; !i && at > floor && most - at < 12 &&
				       (letter_before(text, at) == 1 || text.ptr[at - 1] == '.');)
			at--;
		at = i ? at : skip_blanks_back(text, at, 3);
	}
	return gaps == 2 ? at : end;
}

/* "(2009)" between the names and the volume, as California writes. */
static size_t year_before(struct slice text, size_t floor, size_t end, struct citation *citation)
{
	size_t at = skip_blanks_back(text, end, 3), open;

	at -= at > floor && text.ptr[at - 1] == ',';
	if (at < floor + 6 || text.ptr[at - 1] != ')')
		return end;
	for (open = at - 1; open > floor && at - open < 60 && text.ptr[open] != '('; open--)
		;
	if (text.ptr[open] != '(' || !read_court_and_year(slice_sub(text, open + 1, at - 1), citation))
		return end;
	return open;
}

void citation_antecedent(struct slice text, size_t floor, struct citation *citation)
{
	size_t end = skip_blanks_back(text, citation->start, 3), start;
	struct word word;

	while (end > floor && is_digit_at(text, end - 1))
		end--;
	if (end < citation->start && is_digit_at(text, end))
		citation->volume = slice_trim(slice_sub(text, end, citation->start));
	end = skip_blanks_back(text, end, 2);
	while (end > floor && (text.ptr[end - 1] == ',' || blank_at(text, end - 1)))
		end--;
	word = word_before(text, end, floor);
	if (word_is(&word, "supra") && citation->is_short) { /* "Kaiser, supra, 13 Cal. App. 5th at 1146" */
		end = skip_blanks_back(text, word.start, 2);
		end -= end > floor && text.ptr[end - 1] == ',';
		word = word_before(text, end, floor);
	}
	start = plaintiff_start(text, floor, end);
	if (start == end && word.length && word.end == end && !introduces(&word))
		start = word.start;
	citation->defendant = tidy(slice_sub(text, start, end));
}

/* The parties: "X v. Y", "In re X"; of a short form the one name. */
static void look_before(struct slice text, size_t floor, struct citation *citation)
{
	size_t end = year_before(text, floor, gap_before(text, floor, citation->start), citation), after = 0,
	       v, from;

	if (floor > 0 && citation->start < floor)
		return;
	from = end > floor + NAME_BYTES ? end - NAME_BYTES : floor;
	if (citation->is_short) {
		citation_antecedent(text, floor, citation);
		return;
	}
	for (size_t at = end; at > from; at--) {
		if (ends_name(text.ptr[at - 1])) {
			from = at;
			break;
		}
	}
	v = versus(text, from, end, &after);
	if (v != SIZE_MAX) {
		citation->plaintiff = tidy(slice_sub(text, plaintiff_start(text, floor, v), v));
		citation->defendant = tidy(slice_sub(text, after, end));
		return;
	}
	for (size_t at = end; at > from; at--) {
		struct word word = word_at(text, at - 1), next;

		if (letter_before(text, at - 1) || !word_in(&word, "in|ex|re"))
			continue;
		next = word_at(text, skip_blanks(text, word.end, 2));
		if ((word_is(&word, "in") && word_is(&next, "re")) ||
		    (word_is(&word, "ex") && word_is(&next, "parte"))) {
			citation->defendant = tidy(slice_sub(text, next.end, end));
			return;
		}
	}
}

void citation_surroundings(struct slice text, size_t floor, struct citation *citation)
{
	if (citation->kind == CITATION_CASE && citation->volume.len)
		look_before(text, floor, citation);
	if (citation->kind != CITATION_REFERENCE)
		look_behind(text, citation);
}
