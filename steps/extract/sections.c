/* sections.c - provisions are a number with letters and brackets; brackets alone lean on the one before. */

#include "steps/extract/sections.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static char at_or_nul(struct slice text, size_t at)
{
	return at < text.len ? text.ptr[at] : '\0';
}

static size_t skip_blanks(struct slice text, size_t at)
{
	while (at_or_nul(text, at) == ' ' || at_or_nul(text, at) == '\n')
		at++;
	return at;
}

/* End of "(a)" or "(iii)" at `at`, blanks inside allowed; `at` itself when there is none. */
static size_t bracket_end(struct slice text, size_t at)
{
	size_t end = at, inside;

	if (at_or_nul(text, end) != '(')
		return at;
	end = skip_blanks(text, end + 1);
	inside = end;
	while (isalnum((unsigned char)at_or_nul(text, end)) && end - inside < 5)
		end++;
	if (end == inside)
		return at;
	end = skip_blanks(text, end);
	return at_or_nul(text, end) == ')' ? end + 1 : at;
}

/* A year in brackets, as in "§ 6c (2012)", names the edition. */
static bool is_year(struct slice text, size_t at)
{
	return at + 5 < text.len && (text.ptr[at + 1] == '1' || text.ptr[at + 1] == '2') &&
	       isdigit((unsigned char)text.ptr[at + 2]) && isdigit((unsigned char)text.ptr[at + 3]) &&
	       isdigit((unsigned char)text.ptr[at + 4]) && text.ptr[at + 5] == ')';
}

/* Brackets after a number, with the blanks OCR puts between them, and a range "(A)-(C)". */
static size_t brackets_end(struct slice text, size_t at)
{
	for (;;) {
		size_t next = skip_blanks(text, at), end;

		if (at_or_nul(text, next) == '-' && at_or_nul(text, skip_blanks(text, next + 1)) == '(')
			next = skip_blanks(text, next + 1);
		if (next - at > 2 || (at_or_nul(text, next) == '(' && is_year(text, next)))
			return at;
		end = bracket_end(text, next);
		if (end == next)
			return at;
		at = end;
	}
}

/* A hyphen with a line's end after it, as in "78dd- 1": where the number goes on, or `at`. */
static size_t broken_hyphen(struct slice text, size_t at)
{
	size_t next = skip_blanks(text, at + 1);

	if (at_or_nul(text, at) != '-' || next == at + 1 || next - at > 3 ||
	    !isalpha((unsigned char)text.ptr[at - 1]) || !isdigit((unsigned char)at_or_nul(text, next)))
		return at;
	return next;
}

/* "78dd", "240.10b", "13a-1", "L. 8221-1": end of the part before any bracket; `at` when none starts here. */
static size_t number_end(struct slice text, size_t at)
{
	size_t end = at;

	if (strchr("LRDA", at_or_nul(text, end)) && at_or_nul(text, end)) {
		end = skip_blanks(text, end + 1 + (at_or_nul(text, end + 1) == '.'));
		end += at_or_nul(text, end) == '*';
	}
	if (!isdigit((unsigned char)at_or_nul(text, end)))
		return at;
	for (;;) {
		size_t next = end ? broken_hyphen(text, end) : end;

		if (isalnum((unsigned char)at_or_nul(text, end)) ||
		    (strchr(".-", at_or_nul(text, end)) && at_or_nul(text, end) &&
		     isalnum((unsigned char)at_or_nul(text, end + 1))))
			end++;
		else if (next > end)
			end = next;
		else
			return end;
	}
}

static int bracket_sort(const char *inside)
{
	if (isdigit((unsigned char)*inside))
		return '0';
	if (isupper((unsigned char)*inside))
		return 'A';
	return strspn(inside, "ivx") >= 1 && inside[strspn(inside, "ivx")] == ')' ? 'i' : 'a';
}

/* Where in `before` a bracket of this sort starts, the last such; its end when there is none. */
static size_t same_bracket(const char *before, int sort)
{
	const char *found = NULL;

	for (const char *at = strchr(before, '('); at; at = strchr(at + 1, '('))
		if (bracket_sort(at + 1) == sort || (sort == 'i' && bracket_sort(at + 1) == 'a'))
			found = at;
	return found ? (size_t)(found - before) : strlen(before);
}

/* A figure is never divided into figures: what stands in brackets after "(2)" is a roman figure, whose
 * letters a scan reads as 1, l or t. The roman figure, of the same length, or NULL. */
static const char *misread_roman(const char *inside, size_t size)
{
	static const char *const figures[] = {"i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"};

	for (size_t n = 0; n < sizeof(figures) / sizeof(figures[0]); n++) {
		const char *figure = figures[n];
		size_t i = 0;

		while (i < size && figure[i] &&
		       (inside[i] == figure[i] || (figure[i] == 'i' && strchr("1lIt", inside[i]))))
			i++;
		if (i == size && !figure[i])
			return figure;
	}
	return NULL;
}

static void mend_romans(char *text)
{
	for (char *open = strchr(text, '('); open; open = strchr(open + 1, '(')) {
		size_t size = strspn(open + 1, "0123456789");
		const char *figure, *close;

		if (size == 0 || open[size + 1] != ')' || open[size + 2] != '(')
			continue;
		open += size + 2;
		close = strchr(open, ')');
		figure = close ? misread_roman(open + 1, (size_t)(close - open - 1)) : NULL;
		if (figure)
			memcpy(open + 1, figure, strlen(figure));
	}
}

static void add_part(struct parts *parts, struct slice at, const char *before)
{
	struct part *part = &parts->items[parts->count];
	size_t length = 0;

	if (before) {
		size_t keep = same_bracket(before, bracket_sort(at.ptr + 1));

		length = keep < PART_TEXT ? keep : PART_TEXT - 1;
		memmove(part->text, before, length);
	}
	for (size_t i = 0; i < at.len && length + 1 < PART_TEXT; i++)
		if (at.ptr[i] != ' ' && at.ptr[i] != '\n')
			part->text[length++] = at.ptr[i];
	part->text[length] = '\0';
	mend_romans(part->text);
	part->at = at;
	parts->count++;
}

void sections_split(struct slice text, struct parts *parts)
{
	size_t at = 0;

	parts->count = 0;
	while (at < text.len && parts->count < PARTS_MAX) {
		const char *before = parts->count ? parts->items[parts->count - 1].text : NULL;
		size_t end = number_end(text, at);

		if (end > at && (at == 0 || !isalnum((unsigned char)text.ptr[at - 1]))) {
			end = brackets_end(text, end);
			add_part(parts, slice_sub(text, at, end), NULL);
			at = end;
		} else if (before && text.ptr[at] == '(' && !is_year(text, at) &&
			   bracket_end(text, at) > at) {
			end = brackets_end(text, at);
			add_part(parts, slice_sub(text, at, end), before);
			at = end;
		} else if (text.ptr[at] == '(' && is_year(text, at)) {
			at += sizeof("(2012)") - 1;
		} else {
			at++;
		}
	}
}
