/* full_names.c - words in capitals around the short name, as far as they go. */

#include "steps/extract/full_names.h"
#include "steps/extract/names.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { WORDS_BEFORE = 8, GIVEN_NAMES = 3, WORDS_AFTER = 6 };

/* Words that stand in capitals before a name and are no part of it. */
static const char *const strangers[] = {
	"the",        "a",          "an",         "in",          "on",       "at",       "by",
	"for",        "from",       "to",         "with",        "and",      "or",       "but",
	"as",         "if",         "when",       "while",       "after",    "before",   "against",
	"through",    "under",      "both",       "since",       "because",  "although", "also",
	"defendant",  "defendants", "respondent", "respondents", "mr",       "mrs",      "ms",
	"dr",         "judge",      "ambassador", "president",   "chairman", "director", "officer",
	"chief",      "former",     "executive",  "senior",      "minister", "company",  "plaintiff",
	"commission", "department", "sec",        "cftc",        "doj",      "ofac",     "bureau",
	"january",    "february",   "march",      "april",       "may",      "june",     "july",
	"august",     "september",  "october",    "november",    "december", "district", "county",
	"city",       "ceo",        "charges",    "sanctions",   "settles",  "orders",   "files",
	"fines",      "penalizes",  "imposes",    "announces",   "obtains",  "sues",     "wins",
	"seeks",      "sentences",  "convicts",   "trader",      "resident", "founder",  "owner",
	"manager",    "co",         "ex",         "attorney",    "agent",    "cfo",      "that",
	"where",      "which",      "who",        "its",         "his",      "her"};

static bool is_stranger(struct slice word)
{
	while (word.len && strchr(".,:;'\"", word.ptr[word.len - 1]))
		word.len--;
	for (size_t i = 0; i < sizeof(strangers) / sizeof(*strangers); i++)
		if (strlen(strangers[i]) == word.len && !strncasecmp(strangers[i], word.ptr, word.len))
			return true;
	return false;
}

static bool is_joint(struct slice word) /* inside a body's name */
{
	return slice_is(word, "of") || slice_is(word, "and") || slice_is(word, "&") || slice_is(word, "de");
}

static bool starts_high(struct slice word)
{
	return word.len && (isupper((unsigned char)word.ptr[0]) || (unsigned char)word.ptr[0] >= 0xc3);
}

/* The word that ends at `end`, without the blank; empty at the start of a paragraph. */
static struct slice word_before(struct slice text, size_t end)
{
	size_t start = end;

	while (start > 0 && !isspace((unsigned char)text.ptr[start - 1]) &&
	       !strchr("(\"[", text.ptr[start - 1]))
		start--;
	return slice_sub(text, start, end);
}

static struct slice word_after(struct slice text, size_t start)
{
	size_t end = start;

	while (end < text.len && !isspace((unsigned char)text.ptr[end]) && !strchr("(\"[;", text.ptr[end]))
		end++;
	return slice_sub(text, start, end);
}

/* True when a word ends what is before it: "Inc." and initials do not. */
static bool ends_phrase(struct slice word)
{
	char last = word.len ? word.ptr[word.len - 1] : ' ';

	if (last == '.')
		return word.len > 2 && !name_is_form(word);
	return last && strchr(";:!?)\"", last);
}

/* The name that ends at `end`: words in capitals, joints between them, a comma before a legal form. */
static struct slice name_ending(struct slice text, size_t end)
{
	size_t start, at;
	bool form = false;

	while (end > 0 && (text.ptr[end - 1] == ' ' || text.ptr[end - 1] == ','))
		end--;
	start = at = end;
	for (int count = 0; count < WORDS_BEFORE; count++) {
		struct slice word = word_before(text, at);
		bool comma = word.len && word.ptr[word.len - 1] == ',';

		if (!word.len || (at != end && (ends_phrase(word) || (comma && !form))))
			break;
		if (!starts_high(word) && !isdigit((unsigned char)word.ptr[0]) && !is_joint(word))
			break;
		if (is_stranger(word) && !is_joint(word))
			break;
		form = name_is_form(word);
		at = (size_t)(word.ptr - text.ptr);
		if (!is_joint(word))
			start = at;
		if (at == 0 || text.ptr[at - 1] != ' ')
			break;
		at--;
	}
	return slice_sub(text, start, end);
}

/* `Faro Technologies, Inc. ("Faro")`: the name before the bracket that the short one opens. */
static bool is_defined(struct slice text, size_t at, struct slice name, struct slice *full)
{
	size_t open = at;
	char next = at + name.len < text.len ? text.ptr[at + name.len] : '\n';

	if (open > 0 && text.ptr[open - 1] == '"')
		open--;
	if (open > 4 && !strncmp(text.ptr + open - 4, "the ", 4))
		open -= 4;
	if (open > 0 && text.ptr[open - 1] == '"')
		open--;
	if (open == 0 || text.ptr[open - 1] != '(' || !strchr("\"),", next))
		return false;
	*full = name_trim(name_ending(text, open - 1));
	return full->len > name.len && names_alike(*full, name);
}

/* `Albert Jackson "Jack" Stanley`: where the nickname that ends at `end` begins, less the blank. */
static size_t before_nickname(struct slice text, size_t end)
{
	size_t start = end;

	if (end < 3 || text.ptr[end - 1] != '"')
		return end;
	for (start = end - 1; start > 0 && isalpha((unsigned char)text.ptr[start - 1]);)
		start--;
	return start > 1 && text.ptr[start - 1] == '"' && text.ptr[start - 2] == ' ' ? start - 2 : end;
}

/* Any word has a capital there: "Later Stanley left". */
static bool starts_sentence(struct slice text, size_t at)
{
	return at < 2 || text.ptr[at - 1] == '\n' || strchr(".!?\"", text.ptr[at - 2]);
}

/* "Albert Jackson Stanley": given names right before the last one. */
static bool has_given_names(struct slice text, size_t at, struct slice name, struct slice *full)
{
	size_t start = at;
	int words = 0;

	for (; words < GIVEN_NAMES && start > 1 && text.ptr[start - 1] == ' '; words++) {
		size_t end = before_nickname(text, start - 1);
		struct slice word = word_before(text, end);
		bool initial = word.len <= 2 && word.len && isupper((unsigned char)word.ptr[0]);

		if (!starts_high(word) || is_stranger(word) || name_is_form(word) ||
		    (!initial && !isalpha((unsigned char)word.ptr[word.len - 1])) ||
		    (!initial && word.len > 1 &&
		     isupper((unsigned char)word.ptr[1]) != (isupper((unsigned char)name.ptr[1]) != 0)))
			break;
		start = (size_t)(word.ptr - text.ptr);
	}
	*full = slice_sub(text, start, at + name.len);
	return start < at && !(words == 1 && starts_sentence(text, start));
}

/* "Alcatel-Lucent, S.A.", "Hunter Wise Commodities, LLC": words in capitals up to a legal form. */
static bool has_form(struct slice text, size_t at, struct slice name, struct slice *full)
{
	size_t end = at + word_after(text, at).len;

	for (int count = 0; count < WORDS_AFTER && end + 1 < text.len && text.ptr[end] == ' '; count++) {
		struct slice word = word_after(text, end + 1);

		bool comma = text.ptr[end - 1] == ',';

		if ((!starts_high(word) && !is_joint(word)) || slice_is(word, "and") ||
		    (comma && !name_is_form(word)))
			return false;
		end += 1 + word.len;
		if (name_is_form(word)) {
			*full = name_trim(slice_sub(text, at, end));
			return full->len > name.len;
		}
		if (end > at + name.len && ends_phrase(word))
			return false;
	}
	return false;
}

bool full_name_find(struct slice text, struct slice name, struct slice *full)
{
	bool found = false, single = !memchr(name.ptr, ' ', name.len);
	size_t at = 0;

	for (int count = 0; count < FULL_NAME_PLACES; count++, at += name.len) {
		struct slice here;

		at = slice_find(text, name, at);
		if (at == SIZE_MAX || name.len < 3)
			break;
		if ((at > 0 && isalnum((unsigned char)text.ptr[at - 1])) ||
		    (at + name.len < text.len && isalnum((unsigned char)text.ptr[at + name.len])))
			continue;
		if (is_defined(text, at, name, &here)) {
			*full = here;
			return true;
		}
		if (!found &&
		    (has_form(text, at, name, full) || (single && has_given_names(text, at, name, full))))
			found = true;
	}
	return found;
}
