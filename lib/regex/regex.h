/*
 * regex.h - RE2 behind a C face: one pattern, or many in one pass.
 *
 * Time is linear in the text whatever the pattern, which is why hostile documents and definitions may
 * bring both. Offsets are bytes. Patterns are RE2 syntax over UTF-8.
 *
 * A set knows the literal pieces that each of its patterns cannot match without, finds those pieces in
 * one pass over the text, and tries only the patterns whose pieces are there; regex_set_blocks says where.
 *
 * A pool compiles the same pattern once for all who ask for it. It takes no lock: whoever adds patterns to
 * it does so alone.
 *
 * Depends on lib/text, lib/diag, RE2. A compiled regex or set is read-only and safe from any thread.
 */
#ifndef LIB_REGEX_REGEX_H
#define LIB_REGEX_REGEX_H

#include "lib/diag/error.h"
#include "lib/text/text.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum regex_flags {
	REGEX_LONGEST = 1, /* leftmost-longest, as the language's text functions want (reference, 5.11) */
	REGEX_NO_CASE = 2,
	REGEX_LINES = 4, /* ^ and $ match at line borders */
};

enum { REGEX_MAX_GROUPS = 16 };

struct regex; /* opaque */

struct regex_match {
	int groups; /* how many of `group` are set: 1 + capturing groups, at most 16 */
	struct slice group[REGEX_MAX_GROUPS]; /* borrowed from the text; ptr NULL when it took no part */
};

/* NULL with ERROR_INPUT when the pattern is invalid. Memory of one program is bounded (8 MiB). */
struct regex *regex_new(struct slice pattern, unsigned flags, struct error *err);
void regex_free(struct regex *regex); /* NULL is fine */

struct regex_pool; /* opaque: compiled patterns by flags and text */

/* What was made in a pool may outlive it. */
struct regex_pool *regex_pool_new(void);
void regex_pool_free(struct regex_pool *pool); /* NULL is fine */
/* The same as regex_new; `pool` may be NULL. */
struct regex *regex_new_in(struct regex_pool *pool, struct slice pattern, unsigned flags, struct error *err);

/* First match starting at byte `from` or later; look-behind context (\b, ^) sees the text before. */
bool regex_find(const struct regex *regex, struct slice text, size_t from, struct regex_match *match);
bool regex_matches(const struct regex *regex, struct slice text); /* anywhere */
/* Number of the named group, or -1. */
int regex_group(const struct regex *regex, const char *name);

/* Many patterns, which of them occur in a text. */
struct regex_set; /* opaque */

struct regex_set *regex_set_new(unsigned flags);
/* `pool` may be NULL, and is not used after regex_set_compile. */
struct regex_set *regex_set_new_in(struct regex_pool *pool, unsigned flags);
void regex_set_free(struct regex_set *set); /* NULL is fine */
/* Index of the pattern (0, 1 ...), or -1 with ERROR_INPUT. All before regex_set_compile. */
int regex_set_add(struct regex_set *set, struct slice pattern, struct error *err);
int regex_set_compile(struct regex_set *set, struct error *err); /* once; 0 or -1 */
/* Writes the indexes of the patterns that occur, ascending, at most `capacity`; returns how many occur. */
size_t regex_set_find(const struct regex_set *set, struct slice text, int *indexes, size_t capacity);
/* The same without the final test: the patterns that may occur. None that occurs is left out. */
size_t regex_set_candidates(const struct regex_set *set, struct slice text, int *indexes, size_t capacity);
/* The same for each block of a text apart: `ends` says where blocks end, ascending, the last one at text.len.
 * may[pattern * blocks + block] becomes true where the pattern may match within the block, and is left alone
 * elsewhere. Never false for a block that a match lies in; a little less strict than regex_set_candidates. */
void regex_set_blocks(const struct regex_set *set, struct slice text, const size_t *ends, size_t blocks,
		      bool *may);
/* A pattern of the compiled set by itself; borrowed from the set. */
const struct regex *regex_set_at(const struct regex_set *set, int index);

#ifdef __cplusplus
}
#endif
#endif
