/* citations.c - the forms of a citation, tried where a volume, a section sign or a word of reference stands. */

#include "steps/extract/citations.h"
#include "steps/extract/citations_private.h"
#include "steps/extract/reporters.h"

#include <ctype.h>
#include <string.h>

const char *citation_kind_name(enum citation_kind kind)
{
	static const char *const names[] = {"case", "law", "journal", "id", "supra", "reference", "section"};

	return names[kind];
}

static bool is_alnum_at(struct slice text, size_t at)
{
	return is_digit_at(text, at) || letter_at(text, at);
}

/* "*528 " between volume and reporter: where a page of another edition begins. */
static size_t skip_star_page(struct slice text, size_t at)
{
	size_t end = at;

	if (at < text.len && text.ptr[at] == '*') {
		for (end = at + 1; is_digit_at(text, end) && end - at < 8;)
			end++;
		end = skip_blanks(text, end, 2);
	}
	return end;
}

static size_t count_of(struct slice text, size_t at, const char *bytes, size_t most)
{
	size_t count = 0;

	while (count < most && at + count < text.len && text.ptr[at + count] &&
	       strchr(bytes, text.ptr[at + count]))
		count++;
	return count;
}

/* A page: figures with a letter or two behind a hyphen, small Roman figures, or a gap to be filled ("___"). False: no page;
 * an empty slice: the gap. */
static bool page_at(struct slice text, size_t at, struct slice *page, size_t *end)
{
	size_t digits = count_of(text, at, "0123456789", 9), roman = count_of(text, at, "ivxlc", 8),
	       gap = count_of(text, at, "_", 12);

	*end = at + (digits ? digits : roman ? roman : gap);
	if (digits && *end + 1 < text.len && text.ptr[*end] == '-' &&
	    isupper((unsigned char)text.ptr[*end + 1]) && !is_alnum_at(text, *end + 2))
		*end += 2; /* 5243-P */
	*page = gap && !digits ? (struct slice){0} : slice_sub(text, at, *end);
	return (digits || roman > 1 || gap > 1) && !is_alnum_at(text, *end);
}

/* "at", "at p.", "at pp." before the page of a short form. */
static size_t skip_at(struct slice text, size_t at)
{
	struct word word;

	if (at < text.len && text.ptr[at] == ',')
		at++;
	at = skip_blanks(text, at, 2);
	word = word_at(text, at);
	if (!word_is(&word, "at"))
		return 0;
	at = skip_blanks(text, word.end, 2);
	word = word_at(text, at);
	if (word_in(&word, "p|pp|page|pages"))
		at = skip_blanks(text, word.end + (word.end < text.len && text.ptr[word.end] == '.'), 2);
	return at + (at < text.len && text.ptr[at] == '*');
}

static void set_reporter(struct slice text, size_t at, const struct reporter_match *match,
			 struct citation *citation)
{
	citation->reporter = slice_trim(slice_sub(text, at, match->end));
	citation->name = match->reporter ? match->reporter->name : NULL;
	citation->court_of = match->reporter ? match->reporter->court : "";
	citation->series = match->series;
	citation->end = match->end;
}

/* Behind volume and reporter: the page, or the place of a short form. */
static bool take_page(struct slice text, struct citation *citation)
{
	size_t at = skip_blanks(text, citation->end, 2), end, place = skip_at(text, citation->end);

	if (place && page_at(text, place, &citation->page, &end) && citation->page.len) {
		citation->is_short = true;
		citation->end = end;
		return true;
	}
	if (at < text.len && (text.ptr[at] == ',' || text.ptr[at] == '-'))
		at = skip_blanks(text, at + 1, text.ptr[at] == '-' ? 0 : 2);
	if (!page_at(text, at, &citation->page, &end))
		return false;
	citation->end = end;
	return true;
}

/* "15 U.S.C. § 78j(b)", "17 C.F.R. Part 240": behind title and code. */
static bool take_section(struct slice text, struct citation *citation)
{
	size_t at = skip_blanks(text, citation->end, 2);
	struct word word = word_at(text, at);

	if (word_in(&word, "section|sections|sec|secs|part|parts|pt|pts"))
		at = skip_blanks(text, word.end + (word.end < text.len && text.ptr[word.end] == '.'), 2);
	for (int i = 0; i < 3 && at + 1 < text.len && !memcmp(text.ptr + at, "\xc2\xa7", 2); i++)
		at = skip_blanks(text, at + 2, 2);
	return citation_section(text, at, citation);
}

/* Volume, reporter, page. */
static bool by_volume(struct slice text, size_t at, struct citation *citation)
{
	struct reporter_match match;
	size_t volume = count_of(text, at, "0123456789", 6), next = at + volume;
	bool joined;

	if (!volume || volume > 5 ||
	    (at && (is_alnum_at(text, at - 1) || letter_before(text, at) || text.ptr[at - 1] == '.')))
		return false;
	joined = volume == 4 && next < text.len && text.ptr[next] == '-'; /* 2006-Ohio-2095 */
	next = joined ? next + 1 : skip_star_page(text, skip_blanks(text, next, 3));
	if (next == at + volume)
		return false;
	*citation = (struct citation){
		.kind = CITATION_CASE, .start = at, .volume = slice_sub(text, at, at + volume)};
	if (journal_at(text, next, &match)) /* "Minn. L. Rev." before "Minn." */
		citation->kind = CITATION_JOURNAL;
	else if (!reporter_at(text, next, &match) || match.reporter->what == PRINTED_BEFORE)
		return false;
	set_reporter(text, next, &match, citation);
	if (match.reporter && match.reporter->what == PRINTED_CODE) {
		citation->kind = CITATION_LAW;
		return take_section(text, citation);
	}
	if (match.reporter && match.reporter->what == PRINTED_PAGES)
		citation->kind = CITATION_LAW;
	if (match.reporter && match.reporter->what == PRINTED_JOURNAL)
		citation->kind = CITATION_JOURNAL;
	return take_page(text, citation);
}

/* "T.C. Memo. 2019-233": the numbers behind. */
static bool by_reporter(struct slice text, size_t at, struct citation *citation)
{
	struct reporter_match match;
	size_t next, volume;

	if (letter_before(text, at) || !reporter_at(text, at, &match) ||
	    match.reporter->what != PRINTED_BEFORE)
		return false;
	*citation = (struct citation){.kind = CITATION_CASE, .start = at};
	set_reporter(text, at, &match, citation);
	next = skip_blanks(text, match.end, 2);
	volume = count_of(text, next, "0123456789", 5);
	citation->volume = slice_sub(text, next, next + volume);
	return volume && next + volume < text.len && text.ptr[next + volume] == '-' &&
	       page_at(text, next + volume + 1, &citation->page, &citation->end);
}

/* A word that points back: id., ibid., supra. */
static bool by_reference_word(struct slice text, size_t floor, size_t at, struct citation *citation)
{
	struct word word = word_at(text, at);
	bool dot = word.end < text.len && text.ptr[word.end] == '.';
	struct citation next;

	if (!word_in(&word, "id|ibid|supra") || letter_before(text, at))
		return false;
	*citation =
		(struct citation){.kind = CITATION_ID, .start = at, .end = word.end + dot, .court_of = ""};
	if (!word_is(&word, "supra"))
		return dot;
	citation->kind = CITATION_SUPRA;
	/* "supra, 13 Cal. App. 5th at 1146" is the short form behind it */
	if (by_volume(text,
		      skip_blanks(text, word.end + (word.end < text.len && text.ptr[word.end] == ','), 2),
		      &next))
		return false;
	citation_antecedent(text, floor, citation);
	return true;
}

static bool citation_at(struct slice text, size_t floor, size_t at, struct citation *citation)
{
	unsigned char byte = (unsigned char)text.ptr[at];

	if (isdigit(byte))
		return by_volume(text, at, citation);
	if (byte == 0xc2 && at + 1 < text.len && (unsigned char)text.ptr[at + 1] == 0xa7)
		return citation_by_sign(text, floor, at, citation);
	if (!isalpha(byte) || letter_before(text, at))
		return false;
	if (strchr("iIsS", (char)byte) && by_reference_word(text, floor, at, citation))
		return true;
	if (strchr("aALRD", (char)byte) && citation_french(text, at, citation))
		return true;
	if (!isupper(byte))
		return false;
	return ((byte == 'T' || byte == 'R') && by_reporter(text, at, citation)) ||
	       citation_by_name(text, at, citation);
}

bool citation_next(struct slice text, size_t from, struct citation *citation)
{
	for (size_t at = from; at < text.len;) {
		size_t run = at;

		if (citation_at(text, from, at, citation)) {
			citation_surroundings(text, from, citation);
			return true;
		}
		while (is_alnum_at(text, run))
			run += letter_at(text, run) ? letter_at(text, run) : 1;
		at = run > at ? run : at + 1;
	}
	return false;
}

bool citation_reporter_follows(struct slice text, size_t at)
{
	struct citation citation;

	return by_volume(text, at, &citation);
}
