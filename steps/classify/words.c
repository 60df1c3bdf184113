/* words.c - the words of a text; see words.h. */
#include "steps/classify/words.h"

#include <stdbool.h>
#include <string.h>

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

static uint64_t number_hash(void)
{
	return hash_end(&(struct hash){0, '0'});
}

/* The next word byte by byte, whatever it is made of. False at the end of the text. */
static bool read_any(struct words *words, struct word *word)
{
	struct hash hash = {0};
	size_t at = skip(words, words->at);
	size_t start = at;
	unsigned seen = 0; /* bits of the word's bytes: a letter has one of the two highest, no digit has */

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
	words->at = at;
	*word = (struct word){seen & 0xc0 ? hash_end(&hash) : number_hash(), (uint32_t)start, (uint32_t)at};
	return at > start;
}

/* ---- plain text, 64 bytes at a time
 *
 * Nearly all of a text is ASCII. One look at a block gives a bit for every letter or digit, and a word is
 * then a run of ones: where it starts and ends are two counts of bits, and its hash is taken from whole
 * groups of eight bytes. Words with other bytes and those that a block cuts are left to the ways above.
 */

enum {
	LANES = 16,
	BLOCK = 64,
	SLACK = 8, /* a group that starts in the block may reach past it */
};

typedef unsigned char lanes __attribute__((vector_size(LANES)));

struct bits {
	uint64_t plain; /* bit i: byte i is an ASCII letter or digit */
	uint64_t high;  /* bit i: byte i is no ASCII */
};

/* Eight bytes as a number, the first one lowest. */
static inline uint64_t eight_at(const void *bytes)
{
	uint64_t eight;

	memcpy(&eight, bytes, sizeof(eight));
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? eight : __builtin_bswap64(eight);
}

/* The highest bit of each lane, gathered: the factor moves bit 8i to 56 + i. */
static inline uint64_t bits_of(lanes mask)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < LANES; i += 8) {
		uint64_t eight = eight_at((const char *)&mask + i) >> 7 & 0x0101010101010101u;

		bits |= (eight * 0x0102040810204080u >> 56) << i;
	}
	return bits;
}

static inline struct bits look(const unsigned char *block)
{
	struct bits bits = {0};

	for (size_t i = 0; i < BLOCK; i += LANES) {
		lanes bytes;
		lanes letters;
		lanes digits;

		memcpy(&bytes, block + i, LANES);
		letters = (bytes | 0x20) - 'a';
		digits = bytes - '0';
		bits.plain |= bits_of((lanes)((letters < 26) | (digits < 10))) << i;
		bits.high |= bits_of(bytes) << i;
	}
	return bits;
}

/* The bit 0x20 makes a letter small and is set in every digit; 0x40 is in letters only. */
static inline uint64_t hash_plain(const unsigned char *bytes, size_t size, uint64_t number)
{
	const uint64_t small = 0x2020202020202020u;
	struct hash hash = {0};
	uint64_t seen = 0;

	for (; size > 8; size -= 8, bytes += 8) {
		hash.group = __builtin_bswap64(eight_at(bytes)) | small;
		hash.sum = word_mix(hash.sum ^ hash.group);
		seen |= hash.group;
	}
	hash.group = (__builtin_bswap64(eight_at(bytes)) | small) >> (64 - 8 * size);
	seen |= hash.group;
	return seen & 0x4040404040404040u ? hash_end(&hash) : number;
}

/* The words of the block at words->at that end in it, up to the first byte that is no ASCII. */
static size_t read_plain(struct words *words, struct word *list, size_t capacity, uint64_t number)
{
	const unsigned char *block = words->text + words->at;
	unsigned char tail[BLOCK + SLACK];
	const size_t left = words->size - words->at;
	size_t count = 0;
	size_t at = 0;
	struct bits bits;
	size_t limit;

	if (left < sizeof(tail)) {
		memset(tail, 0, sizeof(tail));
		block = memcpy(tail, block, left);
	}
	bits = look(block);
	limit = bits.high ? (size_t)__builtin_ctzll(bits.high) : BLOCK;
	while (count < capacity) {
		size_t start = bits.plain ? (size_t)__builtin_ctzll(bits.plain) : BLOCK;
		uint64_t after;

		at = start < limit ? start : limit;
		after = start < limit ? ~(bits.plain >> start) : 0;
		if (!after || start + (size_t)__builtin_ctzll(after) >= limit)
			break;
		at = start + (size_t)__builtin_ctzll(after);
		list[count++] = (struct word){hash_plain(block + start, at - start, number),
					      (uint32_t)(words->at + start), (uint32_t)(words->at + at)};
		bits.plain &= ~(uint64_t)0 << at;
	}
	words->at += at < left ? at : left;
	return count;
}

size_t words_read(struct words *words, struct word *list, size_t capacity)
{
	const uint64_t number = number_hash();
	size_t count = 0;

	while (count < capacity && words->at < words->size) {
		size_t before = words->at;

		count += read_plain(words, list + count, capacity - count, number);
		if (words->at == before && read_any(words, &list[count]))
			count++;
	}
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
