/* citation_forms.c - citations that no volume announces: codes by section, French articles, names. */

#include "steps/extract/calendar.h"
#include "steps/extract/citations_private.h"

#include <ctype.h>
#include <string.h>

enum { CODE_WORDS = 7, LIST_BYTES = 240, NAME_WINDOW = 6000 };

static bool is_section_byte(struct slice text, size_t at)
{
	return is_digit_at(text, at) || letter_at(text, at) == 1;
}

/* "(a)(2)", "(a)(2) and (d)", "et seq." */
static size_t subsections_end(struct slice text, size_t at)
{
	size_t end = at;
	struct word word;

	for (;;) {
		size_t next = at, close;

		word = word_at(text, skip_blanks(text, at, 1));
		if (word_in(&word, "and|or") && end > 0 && word.end < text.len)
			next = skip_blanks(text, word.end, 1);
		if (next >= text.len || text.ptr[next] != '(')
			break;
		close = next + 1;
		while (is_section_byte(text, close) && close - next <= 4)
			close++;
		if (close == next + 1 || close >= text.len || text.ptr[close] != ')')
			break;
		end = at = close + 1;
	}
	word = word_at(text, skip_blanks(text, end, 1));
	if (word_is(&word, "et")) {
		word = word_at(text, skip_blanks(text, word.end, 1));
		if (word_in(&word, "seq|suivants|suivant"))
			end = word.end + (word.end < text.len && text.ptr[word.end] == '.');
	}
	return end;
}

bool citation_section(struct slice text, size_t at, struct citation *citation)
{
	size_t end = at, pin;

	if (!is_digit_at(text, at))
		return false;
	while (end - at < 40 && (is_section_byte(text, end) ||
				 ((text.len > end + 1 && strchr(".-:", text.ptr[end]) && text.ptr[end]) &&
				  is_section_byte(text, end + 1))))
		end++;
	citation->page = slice_sub(text, at, end);
	pin = subsections_end(text, end);
	citation->pin = slice_trim(slice_sub(text, end, pin));
	citation->end = pin > end ? pin : end;
	return true;
}

/* "ch. 1, " before a section sign. */
static size_t chapter_before(struct slice text, size_t floor, size_t at, struct slice *chapter)
{
	size_t end = skip_blanks_back(text, at, 2), start;
	struct word word;

	if (end > floor && text.ptr[end - 1] == ',')
		end--;
	start = end;
	while (start > floor && end - start < 8 && is_section_byte(text, start - 1))
		start--;
	*chapter = slice_sub(text, start, end);
	at = skip_blanks_back(text, start, 2);
	if (at > floor && text.ptr[at - 1] == '.')
		at--;
	word = word_before(text, at, floor);
	return chapter->len && word_in(&word, "ch|c|tit|title|art") ? word.start : 0;
}

/* The capitalised words before `end`, of which one must say that this is a code. */
static size_t code_start(struct slice text, size_t floor, size_t end)
{
	size_t start = end, at = skip_blanks_back(text, end, 2);
	bool code = false;

	for (int i = 0; i < CODE_WORDS && at > floor; i++) {
		struct word word;

		if (text.ptr[at - 1] == ',' && i)
			at--;
		if (at > floor && text.ptr[at - 1] == '.')
			at--;
		word = word_before(text, at, floor);
		if (!word.length || word.end != at || !isupper((unsigned char)text.ptr[word.start]) ||
		    word_in(&word, "see|under|in|the|cf"))
			break;
		code = code || word_in(&word, "stat|code|laws|law|rev|gen|comp|ann");
		start = word.start;
		at = skip_blanks_back(text, word.start, 2);
	}
	return code ? start : end;
}

bool citation_by_sign(struct slice text, size_t floor, size_t at, struct citation *citation)
{
	struct slice chapter = {0};
	size_t before = chapter_before(text, floor, at, &chapter), start, next = at;

	*citation = (struct citation){.kind = CITATION_SECTION, .start = at, .end = at + 2, .court_of = ""};
	for (int i = 0; i < 3 && next + 1 < text.len && !memcmp(text.ptr + next, "\xc2\xa7", 2); i++)
		next = skip_blanks(text, next + 2, 2);
	if (!citation_section(text, next, citation))
		return true;
	start = code_start(text, floor, before ? before : at);
	if (start < (before ? before : at)) {
		citation->kind = CITATION_LAW;
		citation->start = start;
		citation->reporter = slice_trim(slice_sub(text, start, before ? before : at));
		citation->volume = before ? chapter : (struct slice){0};
	}
	return true;
}

/* "L. 621-15", "L621-15-1", "R. 54", "1240"; the end, or 0. */
static size_t article_number_at(struct slice text, size_t at, bool plain)
{
	size_t end = at;

	if (at < text.len && text.ptr[at] && strchr("LRDA", text.ptr[at])) {
		end = at + 1 + (at + 1 < text.len && text.ptr[at + 1] == '.');
		end = skip_blanks(text, end, 1);
	} else if (!plain) {
		return 0;
	}
	if (!is_digit_at(text, end))
		return 0;
	while (end - at < 24 && (is_digit_at(text, end) ||
				 (end + 1 < text.len && text.ptr[end] == '-' && is_digit_at(text, end + 1))))
		end++;
	return letter_at(text, end) ? 0 : end;
}

/* A piece of a code's name at `at`: a word, a number, "(UE)"; its end, or 0. `small`: one that ends no name. */
static size_t code_piece(struct slice text, size_t at, bool *small)
{
	struct word word = word_at(text, at);
	size_t end = at;

	*small = false;
	if (word.length) {
		*small = word_in(&word, "et|de|du|des|la|l|n|no");
		if (!*small && !month_named(&word) &&
		    !word_in(&word, "monetaire|financier|commerce|civil|penal|procedure|penale|civile|"
				    "general|generale|impots|"
				    "travail|consommation|sante|publique|environnement|propriete|"
				    "intellectuelle|assurances|"
				    "securite|sociale|justice|administrative|postes|communications|"
				    "electroniques|ue|ce|organique"))
			return 0;
		return word.end + apostrophe_at(text, word.end);
	}
	if (at + 1 < text.len && !memcmp(text.ptr + at, "\xc2\xb0", 2)) {
		*small = true;
		return at + 2;
	}
	if (at + 3 < text.len && text.ptr[at] == '(' &&
	    (!memcmp(text.ptr + at, "(UE)", 4) || !memcmp(text.ptr + at, "(CE)", 4)))
		return at + 4;
	while (is_digit_at(text, end) ||
	       (end > at && end + 1 < text.len && strchr("-/", text.ptr[end]) && is_digit_at(text, end + 1)))
		end++;
	if (end > at && word_at(text, end).length)
		end = word_at(text, end).end; /* 1er */
	return end > at ? end : 0;
}

/* The end of the name that begins with the word before `end`: "code de commerce", "loi nÂ° 78-17 du 6 janvier 1978". */
static size_t code_end(struct slice text, size_t end)
{
	size_t at = end;
	bool small;

	for (int pieces = 0; pieces < 14; pieces++) {
		size_t next = code_piece(text, skip_blanks(text, at, 1), &small);

		if (!next)
			break;
		at = next;
		if (!small)
			end = at;
	}
	return end;
}

/* The code or act that a list of articles belongs to. */
static struct slice french_code(struct slice text, size_t from)
{
	struct slice window = slice_sub(text, 0, from + LIST_BYTES);
	size_t at = from;

	while (at < window.len && !strchr(";:", text.ptr[at])) {
		struct word word = word_at(window, at);

		if (!word.length) {
			if (text.ptr[at] == '.' && !is_digit_at(text, skip_blanks(text, at + 1, 1)))
				break;
			at++;
			continue;
		}
		if (word_in(&word,
			    "code|loi|reglement|rgpd|decret|ordonnance|directive|constitution|convention"))
			return slice_sub(text, word.start, code_end(window, word.end));
		at = word.end;
	}
	return (struct slice){0};
}

bool citation_french(struct slice text, size_t at, struct citation *citation)
{
	struct word word = word_at(text, at);
	bool named = word_in(&word, "article|articles|art");
	size_t number = named ? skip_blanks(text,
					    word.end + (word.end < text.len && text.ptr[word.end] == '.'), 2)
			      : at,
	       end;
	struct slice code;

	end = article_number_at(text, number, named);
	if (!end || (!named && end - number < 5))
		return false;
	code = french_code(text, end);
	if (!code.len)
		return false;
	*citation = (struct citation){.kind = CITATION_LAW,
				      .start = at,
				      .end = end,
				      .page = slice_sub(text, number, end),
				      .reporter = code,
				      .court_of = ""};
	/* the code belongs to the place when it follows at once */
	if ((size_t)(code.ptr - text.ptr) <= end + 8)
		citation->end = (size_t)(code.ptr - text.ptr) + code.len;
	return true;
}

bool citation_by_name(struct slice text, size_t at, struct citation *citation)
{
	struct word word = word_at(text, at), next = word_at(text, skip_blanks(text, word.end, 2));
	size_t page = skip_blanks(text, next.end, 2), end = page,
	       back = at > NAME_WINDOW ? at - NAME_WINDOW : 0;
	struct slice name = slice_sub(text, at, word.end), before = slice_sub(text, back, at);
	char party[2 * WORD_MAX + 8];
	size_t length = 0;
	bool plaintiff, defendant;

	if (word_in(&next, "p|pp") && next.end < text.len && text.ptr[next.end] == '.') {
		page = skip_blanks(text, next.end + 1, 1);
		page += page < text.len && text.ptr[page] == '*';
		end = page;
	} else if (!word_is(&next, "at")) {
		return false;
	}
	if (name.len < 3 || name.len > 40 || !is_digit_at(text, page) ||
	    word_in(&word, "states|state|people|commonwealth|court|section|page|id|ibid|supra"))
		return false;
	while (is_digit_at(text, end) && end - page < 7)
		end++;
	memcpy(party, " v. ", 4);
	memcpy(party + 4, name.ptr, name.len);
	length = name.len + 4;
	defendant = slice_find(before, (struct slice){party, length}, 0) != SIZE_MAX;
	memcpy(party, name.ptr, name.len);
	memcpy(party + name.len, " v. ", 4);
	plaintiff = slice_find(before, (struct slice){party, length}, 0) != SIZE_MAX;
	if (!plaintiff && !defendant) {
		memcpy(party, "re ", 3);
		memcpy(party + 3, name.ptr, name.len);
		defendant = slice_find(before, (struct slice){party, length - 1}, 0) != SIZE_MAX;
	}
	if (!plaintiff && !defendant)
		return false;
	*citation = (struct citation){.kind = CITATION_REFERENCE,
				      .start = at,
				      .end = end,
				      .court_of = "",
				      .page = slice_sub(text, page, end),
				      .pin = slice_sub(text, next.start, end)};
	*(plaintiff ? &citation->plaintiff : &citation->defendant) = name;
	return true;
}
