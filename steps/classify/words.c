/* words.c - the words of a text; see words.h. */
#include "steps/classify/words.h"

#include <stdbool.h>

/* A hash under way: eight bytes wait in `group`, so that most words are mixed but once. */
struct hash {
	uint64_t sum;
	uint64_t group;
};

static inline void hash_add(struct hash *hash, unsigned char byte)
{
	if (hash->group >> 56) {
		hash->sum = word_mix(hash->sum ^ hash->group);
		hash->group = 0;
	}
	hash->group = hash->group << 8 | byte;
}

static inline uint64_t hash_end(const struct hash *hash)
{
	return word_mix(hash->sum * 3 ^ hash->group);
}

/* ASCII letters and digits, folded; zero for all other bytes, those of longer sequences included. */
static const unsigned char folded[256] = {
	['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4', ['5'] = '5', ['6'] = '6',
	['7'] = '7', ['8'] = '8', ['9'] = '9', ['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd',
	['E'] = 'e', ['F'] = 'f', ['G'] = 'g', ['H'] = 'h', ['I'] = 'i', ['J'] = 'j', ['K'] = 'k',
	['L'] = 'l', ['M'] = 'm', ['N'] = 'n', ['O'] = 'o', ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r',
	['S'] = 's', ['T'] = 't', ['U'] = 'u', ['V'] = 'v', ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y',
	['Z'] = 'z', ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd', ['e'] = 'e', ['f'] = 'f',
	['g'] = 'g', ['h'] = 'h', ['i'] = 'i', ['j'] = 'j', ['k'] = 'k', ['l'] = 'l', ['m'] = 'm',
	['n'] = 'n', ['o'] = 'o', ['p'] = 'p', ['q'] = 'q', ['r'] = 'r', ['s'] = 's', ['t'] = 't',
	['u'] = 'u', ['v'] = 'v', ['w'] = 'w', ['x'] = 'x', ['y'] = 'y', ['z'] = 'z',
};

/* A sequence that starts with a byte of 0x80 or more. */
struct sequence {
	size_t bytes;          /* taken from the text */
	bool ends;             /* white space, punctuation, symbols */
	unsigned char fold[4]; /* else what it counts as */
	size_t folds;          /* how many of `fold`; 0: passed over, as a soft hyphen is */
};

static struct sequence as(size_t bytes, size_t folds, unsigned char a, unsigned char b, unsigned char c)
{
	return (struct sequence){bytes, false, {a, b, c}, folds};
}

static struct sequence border(size_t bytes)
{
	return (struct sequence){.bytes = bytes, .ends = true};
}

/* U+00A0 to U+00FF, given by its second byte: symbols part words, letters lose their case. */
static struct sequence latin(unsigned char lead, unsigned char next)
{
	if (lead == 0xc2)
		return next == 0xad ? as(2, 0, 0, 0, 0) : border(2);
	if (next == 0x97 || next == 0xb7) /* multiplication and division signs */
		return border(2);
	return as(2, 2, lead, next < 0x9f ? (unsigned char)(next + 0x20) : next, 0);
}

/* U+F000 to U+FFFF: the ligatures U+FB00 to U+FB06; the byte order mark and the like part words. */
static struct sequence ligature(const unsigned char *p)
{
	static const char *const spelled[] = {"ff", "fi", "fl", "ffi", "ffl", "st", "st"};

	if (p[1] == 0xac && p[2] >= 0x80 && p[2] <= 0x86) {
		const char *s = spelled[p[2] - 0x80];

		return as(3, s[2] ? 3 : 2, (unsigned char)s[0], (unsigned char)s[1], (unsigned char)s[2]);
	}
	return border(3);
}

static bool is_continuation(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

static struct sequence sequence_at(const unsigned char *p, size_t left)
{
	if (left >= 2 && (p[0] == 0xc2 || p[0] == 0xc3) && is_continuation(p[1]))
		return latin(p[0], p[1]);
	if (left >= 3 && is_continuation(p[1]) && is_continuation(p[2])) {
		if (p[0] == 0xe2) /* U+2000 to U+2FFF: punctuation, currencies, arrows, boxes */
			return border(3);
		if (p[0] == 0xef)
			return ligature(p);
		if (p[0] == 0xe3 && p[1] == 0x80) /* East Asian punctuation */
			return border(3);
	}
	return as(1, 1, p[0], 0, 0);
}

/* Continue a word at `at` through one sequence. False when the sequence ends it. */
static bool sequence_hash(const struct words *words, size_t *at, struct hash *hash)
{
	struct sequence s = sequence_at(words->text + *at, words->size - *at);

	if (s.ends)
		return false;
	for (size_t i = 0; i < s.folds; i++)
		hash_add(hash, s.fold[i]);
	*at += s.bytes;
	return true;
}

/* The first byte at or after `at` that belongs to a word, or the end. */
static size_t skip(const struct words *words, size_t at)
{
	while (at < words->size && !folded[words->text[at]]) {
		struct sequence s;

		if (words->text[at] < 0x80) {
			at++;
			continue;
		}
		s = sequence_at(words->text + at, words->size - at);
		if (!s.ends && s.folds)
			break;
		at += s.bytes;
	}
	return at;
}

void words_init(struct words *words, struct slice text)
{
	words->text = (const unsigned char *)text.ptr;
	words->size = text.len < UINT32_MAX ? text.len : UINT32_MAX;
	words->at = 0;
}

size_t words_read(struct words *words, struct word *list, size_t capacity)
{
	const uint64_t number = hash_end(&(struct hash){0, '0'});
	size_t count = 0;
	size_t at = words->at;

	while (count < capacity && (at = skip(words, at)) < words->size) {
		struct hash hash = {0};
		size_t start = at;
		unsigned seen =
			0; /* bits of the word's bytes: a letter has one of the two highest, no digit has */

		while (at < words->size) {
			unsigned char byte = words->text[at];

			if (folded[byte]) {
				hash_add(&hash, folded[byte]);
				at++;
			} else if (byte < 0x80 || !sequence_hash(words, &at, &hash)) {
				break;
			}
			seen |= byte;
		}
		list[count++] =
			(struct word){seen & 0xc0 ? hash_end(&hash) : number, (uint32_t)start, (uint32_t)at};
	}
	words->at = at;
	return count;
}

void word_write(struct buf *out, struct slice text, struct word word)
{
	const unsigned char *bytes = (const unsigned char *)text.ptr;
	size_t from = out->len;
	bool number = true;

	for (size_t at = word.start; at < word.end;) {
		struct sequence s = folded[bytes[at]] ? as(1, 1, folded[bytes[at]], 0, 0)
						      : sequence_at(bytes + at, word.end - at);

		number = number && bytes[at] <= '9';
		buf_add(out, s.fold, s.folds);
		at += s.bytes;
	}
	if (number && out->data) {
		out->len = from;
		buf_add_char(out, '0');
	}
}
