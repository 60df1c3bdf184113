/* courts.c - where a court's name stands, and what it says. */

#include "steps/extract/courts_private.h"
#include "steps/extract/calendar.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_WORDS = 32, NAME_BYTES = 320 };

void court_add(struct court *court, const char *id, const char *name)
{
	for (int i = 0; i < court->choices; i++)
		if (!strcmp(court->id[i], id))
			return;
	if (court->choices == COURT_CHOICES)
		return;
	if (!court->choices)
		snprintf(court->name, sizeof(court->name), "%s", name);
	snprintf(court->id[court->choices++], sizeof(court->id[0]), "%s", id);
}

/* The state named first; a county of the same name is none. */
static void find_state(struct court_said *said)
{
	const char *first = NULL;
	size_t longest = 0, count;
	const struct court_state *states = court_states(&count);

	for (size_t i = 0; i < count; i++) {
		for (const char *rest = states[i].names; *rest;) {
			size_t length = strcspn(rest, "|");
			const char *at = court_words_find(&said->words, rest, length);

			if (at && strncmp(at + 1 + length, " county ", 8) != 0 &&
			    strncmp(at + 1 + length, " township ", 10) != 0 &&
			    (!first || at < first || (at == first && length > longest))) {
				first = at;
				longest = length;
				said->state = &states[i];
				said->state_words = (struct slice){at + 1, length};
			}
			rest += length + (rest[length] == '|');
		}
	}
}

static void find_direction(struct court_said *said)
{
	static const char *const directions[] = {"northern", "southern", "eastern",
						 "western",  "middle",   "central"};
	const char *first = NULL;

	for (size_t i = 0; i < sizeof(directions) / sizeof(*directions); i++) {
		const char *at = court_words_find(&said->words, directions[i], strlen(directions[i]));

		if (at && (!first || at < first)) {
			first = at;
			said->direction = directions[i][0];
		}
	}
}

static void find_number(struct court_said *said)
{
	for (size_t i = 0; i < said->words.length; i++) {
		if (said->words.text[i] == ' ' && isdigit((unsigned char)said->words.text[i + 1])) {
			long number = strtol(said->words.text + i + 1, NULL, 10);

			said->number = number < 100 ? (int)number : 0;
			return;
		}
	}
}

bool court_named(struct slice words, struct court *court)
{
	struct court_said said = {0};

	*court = (struct court){0};
	court_words_read(&said.words, words);
	if (said.words.length < 3 || !strcmp(said.words.text, " court "))
		return false; /* "the Court" names none */
	said.federal = court_words_have(&said.words, "united states", 13) ||
		       court_words_have(&said.words, "states district court", 21);
	find_state(&said);
	find_direction(&said);
	find_number(&said);
	court_by_row(&said, court);
	if (!court->choices)
		court_of_federation(&said, court);
	if (!court->choices)
		court_of_place(&said, court);
	if (!court->choices)
		court_of_state(&said, court);
	return court->choices > 0;
}

/* Words that make a run of capitals the name of a court. */
static bool is_trigger(const struct word *word)
{
	return word_in(word, "court|courts|ct|cour|tribunal|tribunals|ptab|ttab|bpai|cort|colurt|conseil|"
			     "board|panel|council|councils|"
			     "bench|chamber|district|districts|commission|dist|cir|department|recorder|"
			     "representatives|commissioner|committee|"
			     "register|bureau|supreme|pleas|office|estado|house");
}

/* Words that stand beside courts and in no court's name. */
static bool is_stop(const struct word *word)
{
	return word_in(word, "attorney|attorneys|assistant|director|plaintiff|plaintiffs|defendant|"
			     "defendants|mr|ms|mrs|section|act|clerk|"
			     "counsel|v|vs|case|docket|filed|whereas|january|february|march|april|june|july|"
			     "august|september|october|"
			     "november|december|jan|feb|jun|jul|aug|sept|oct|nov|dec");
}

/* Words of French courts that are written small. */
static bool is_small_name(const struct word *word)
{
	return word_in(word, "cour|tribunal|conseil|appel|cassation|judiciaire|administratif|administrative|"
			     "commerce|grande|instance|"
			     "correctionnel|constitutionnel");
}

static bool is_joint(const struct word *word)
{
	return word_in(word, "of|the|for|in|and|to|at|on|a|de|du|des|la|le|l|d|et|s|no");
}

/* After a comma: what still belongs to the name, as "Jefferson County", "First Department", "Special Term". */
static bool goes_on(struct slice text, size_t at)
{
	for (int i = 0; i < 5; i++) {
		struct word word = word_at(text, at);

		if (word_in(&word, "county|district|division|department|dept|div|dist|term|circuit|borough|"
				   "state|part|city|ohio|york|"
				   "pennsylvania|jersey|texas|carolina|ga|virginia|court|chamber"))
			return true;
		if (word.length && isupper((unsigned char)text.ptr[at]) && word.end == text.len)
			return true;
		if (!word.length || (!isupper((unsigned char)text.ptr[at]) && !is_joint(&word)))
			return false;
		at = skip_blanks(text, word.end + (word.end < text.len && strchr(",.", text.ptr[word.end])),
				 1);
	}
	return false;
}

/* "M.D. of Pennsylvania": the D. of a district behind its direction. */
static bool is_district_initial(struct slice text, const struct word *word)
{
	size_t at = word->start;

	at -= at > 0 && (text.ptr[at - 1] == '.' || text.ptr[at - 1] == ' ');
	at -= at > 0 && text.ptr[at - 1] == '.';
	return word_is(word, "d") && at > 0 && strchr("NSEWMC", text.ptr[at - 1]) &&
	       !letter_before(text, at - 1);
}

/* A run of capitalised words that may be a name; its end, and whether a word of courts is in it. */
static size_t run_end(struct slice text, size_t start, bool *court)
{
	size_t at = start, end = start;
	int count = 0;

	*court = false;
	while (at < text.len && count < NAME_WORDS && end - start < NAME_BYTES) {
		struct word word = word_at(text, at);
		size_t number_end;

		if (ordinal_at(text, at, &number_end) && is_digit_at(text, at)) {
			end = at = number_end;
		} else if (is_digit_at(text, at) && *court) {
			while (is_digit_at(text, at))
				at++;
			end = at;
		} else if (is_stop(&word)) {
			break;
		} else if (word.length && isupper((unsigned char)text.ptr[at])) {
			*court = *court || is_trigger(&word) || is_district_initial(text, &word);
			end = at = word.end;
		} else if (word.length && word.length == 1 && text.ptr[at] == 's') {
			end = at = word.end;
		} else if (is_small_name(&word)) {
			*court = *court || is_trigger(&word);
			end = at = word.end;
		} else if (is_joint(&word) && (*court || !word_in(&word, "in|on|at|to|a"))) {
			at = word.end;
		} else {
			break;
		}
		count++;
		at += apostrophe_at(text, at);
		if (at < text.len && text.ptr[at] == '.' &&
		    (word.length <= 4 || word_in(&word, "super|bankr|supp")))
			at++;
		if (at < text.len && (text.ptr[at] == ',' || text.ptr[at] == '/') && *court &&
		    goes_on(text, skip_blanks(text, at + 1, 1)))
			at++;
		if (at < text.len && text.ptr[at] == '&')
			at++;
		at += dash_at(text, at);
		if (at + 1 < text.len && text.ptr[at] == '\n' && text.ptr[at + 1] == '\n')
			break; /* another paragraph */
		at = skip_blanks(text, at, 2);
		if (at < text.len && text.ptr[at] == '&')
			at = skip_blanks(text, at + 1, 2);
	}
	return end;
}

static bool same_courts(const struct court *a, const struct court *b)
{
	return a->choices == b->choices && !strcmp(a->id[0], b->id[0]);
}

/* Words at the end that say nothing about the court are no part of its name. */
static size_t trim_end(struct slice text, size_t start, size_t end, const struct court *court)
{
	for (int i = 0; i < 5; i++) {
		size_t at = end;
		struct court shorter;

		while (at > start && !letter_before(text, at) && !is_digit_at(text, at - 1))
			at--;
		while (at > start && (letter_before(text, at) || is_digit_at(text, at - 1)))
			at -= letter_before(text, at) ? letter_before(text, at) : 1;
		while (at > start && !letter_before(text, at) && !is_digit_at(text, at - 1))
			at--;
		if (at <= start || !court_named(slice_sub(text, start, at), &shorter) ||
		    !same_courts(&shorter, court))
			break;
		end = at;
	}
	if (end + 1 < text.len && text.ptr[end] == '.' && end >= 2 && /* an abbreviation's dot */
	    (text.ptr[end - 2] == '.' || strchr("),;", text.ptr[end + 1]) ||
	     is_digit_at(text, skip_blanks(text, end + 1, 1))))
		end++;
	return end + (end + 1 == text.len && text.ptr[end] == '.' && end >= 2 && text.ptr[end - 2] == '.');
}

/* The same at the start: "Judge Jane Doe of the U.S. District Court". */
static size_t trim_start(struct slice text, size_t start, size_t end, const struct court *court)
{
	for (int i = 0; i < 8; i++) {
		struct word word = word_at(text, start);
		struct court shorter;
		size_t at = word.end;

		if (word.length < 2 ||
		    (court_words_know((struct slice){word.text, word.length}) && !word_is(&word, "judge")))
			break;
		while (at < end && !letter_at(text, at) && !is_digit_at(text, at))
			at++;
		if (at >= end || (!is_joint(&word) && (!court_named(slice_sub(text, at, end), &shorter) ||
						       !same_courts(&shorter, court))))
			break;
		start = at;
	}
	return start;
}

bool court_next(struct slice text, size_t from, struct court *court)
{
	for (size_t at = from; at < text.len;) {
		struct word word = word_at(text, at);
		size_t end;
		bool named, begins = (word.length && isupper((unsigned char)text.ptr[at])) ||
				     word_in(&word, "cour|tribunal|conseil") ||
				     (is_digit_at(text, at) && !(at && is_digit_at(text, at - 1)) &&
				      ordinal_at(text, at, &end)); /* 2d Cir. */

		if (letter_before(text, at) || !begins) {
			at = word.length ? word.end : at + 1;
			continue;
		}
		end = run_end(text, at, &named);
		if (end <= at) {
			at++;
			continue;
		}
		if (named && court_named(slice_sub(text, at, end), court)) {
			end = trim_end(text, at, end, court);
			court->start = trim_start(text, at, end, court);
			court->end = end;
			return true;
		}
		at = end;
	}
	return false;
}
