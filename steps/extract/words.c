/* words.c - letters of ASCII and of Latin-1 and Latin Extended-A as far as English and French need them. */

#include "steps/extract/words.h"

#include <ctype.h>
#include <string.h>

/* Base letters of U+00C0 to U+00FF; '\0' is no letter. */
static const char latin[] = "aaaaaaaceeeeiiiidnooooo\0ouuuuytsaaaaaaaceeeeiiiidnooooo\0ouuuuyty";

size_t letter_at(struct slice text, size_t at)
{
	unsigned char byte, next;

	if (at >= text.len)
		return 0;
	byte = (unsigned char)text.ptr[at];
	if (byte < 0x80)
		return isalpha(byte) ? 1 : 0;
	if (at + 1 >= text.len)
		return 0;
	next = (unsigned char)text.ptr[at + 1];
	if (byte == 0xc3)
		return next >= 0x80 && next <= 0xbf && latin[next & 0x3f] ? 2 : 0;
	return byte == 0xc5 && (next == 0x92 || next == 0x93) ? 2 : 0; /* oe */
}

size_t letter_before(struct slice text, size_t at)
{
	if (at >= 1 && at <= text.len && letter_at(text, at - 1) == 1)
		return 1;
	return at >= 2 && at <= text.len && letter_at(text, at - 2) == 2 ? 2 : 0;
}

static void fold_letter(struct slice text, size_t at, size_t size, struct word *word)
{
	unsigned char byte = (unsigned char)text.ptr[at];
	char folded[3] = "";

	if (size == 1)
		folded[0] = (char)tolower(byte);
	else if (byte == 0xc3)
		folded[0] = latin[(unsigned char)text.ptr[at + 1] & 0x3f];
	else
		memcpy(folded, "oe", 3);
	for (size_t i = 0; folded[i] && word->length < WORD_MAX; i++)
		word->text[word->length++] = folded[i];
}

struct word word_at(struct slice text, size_t at)
{
	struct word word = {.start = at, .end = at};
	size_t size;

	while ((size = letter_at(text, word.end)) > 0) {
		fold_letter(text, word.end, size, &word);
		word.end += size;
	}
	return word;
}

struct word word_before(struct slice text, size_t end, size_t floor)
{
	size_t start = end, size;

	while (start > floor && end - start < (size_t)2 * WORD_MAX &&
	       (size = letter_before(text, start)) > 0 && start - size >= floor)
		start -= size;
	return word_at((struct slice){text.ptr, end < text.len ? end : text.len}, start);
}

bool word_is(const struct word *word, const char *folded)
{
	return word->length && word->text[0] == folded[0] && !strcmp(word->text, folded);
}

bool word_in(const struct word *word, const char *choices)
{
	while (word->length && *choices) {
		size_t same = 0;

		while (same < word->length && choices[same] == word->text[same])
			same++;
		choices += same;
		if (same == word->length && (!*choices || *choices == '|'))
			return true;
		while (*choices && *choices != '|')
			choices++;
		choices += *choices == '|';
	}
	return false;
}

bool is_digit_at(struct slice text, size_t at)
{
	return at < text.len && isdigit((unsigned char)text.ptr[at]);
}

size_t blank_at(struct slice text, size_t at)
{
	if (at < text.len && strchr(" \n\t\r", text.ptr[at]) && text.ptr[at])
		return 1;
	if (at + 1 < text.len && !memcmp(text.ptr + at, "\xc2\xa0", 2))
		return 2;
	if (at + 2 < text.len &&
	    (!memcmp(text.ptr + at, "\xe2\x80\xaf", 3) || !memcmp(text.ptr + at, "\xe2\x80\x89", 3)))
		return 3;
	return 0;
}

size_t skip_blanks(struct slice text, size_t at, int max)
{
	while (max-- > 0 && blank_at(text, at))
		at += blank_at(text, at);
	return at;
}

size_t skip_blanks_back(struct slice text, size_t at, int max)
{
	while (max-- > 0) {
		size_t size = 1;

		while (size <= 3 && (at < size || blank_at(text, at - size) != size))
			size++;
		if (size > 3)
			break;
		at -= size;
	}
	return at;
}

size_t dash_at(struct slice text, size_t at)
{
	if (at < text.len && text.ptr[at] == '-')
		return 1;
	/* U+2010 to U+2015 */
	return at + 2 < text.len && !memcmp(text.ptr + at, "\xe2\x80", 2) &&
			       (unsigned char)text.ptr[at + 2] >= 0x90 &&
			       (unsigned char)text.ptr[at + 2] <= 0x95
		       ? 3
		       : 0;
}

size_t apostrophe_at(struct slice text, size_t at)
{
	if (at < text.len && text.ptr[at] == '\'')
		return 1;
	return at + 2 < text.len && !memcmp(text.ptr + at, "\xe2\x80\x99", 3) ? 3 : 0;
}
