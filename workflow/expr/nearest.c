/* nearest.c - "did you mean"; see nearest.h. */
#include "workflow/expr/nearest.h"

#include <string.h>

enum {
	MAX_WORD = 64,    /* bytes; longer words have no near ones */
	MAX_DISTANCE = 6, /* what differs in more places was not a slip of the finger */
};

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Damerau-Levenshtein distance (optimal string alignment) where it is below `limit`, else at least `limit`.
 *
 * Three rows at a time. Only the band of cells that can still lie below the limit is filled, and a row that
 * has none ends it: a definition may have a thousand unknown names and a thousand known ones, all alike.
 */
static size_t distance(struct slice a, struct slice b, size_t limit)
{
	size_t rows[3][MAX_WORD + 2];
	size_t *before = rows[0];
	size_t *above = rows[1];
	size_t *row = rows[2];

	for (size_t j = 0; j <= b.len; j++)
		above[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t first = i > limit ? i - limit : 1;
		size_t last = least(b.len, i + limit);
		size_t *freed = before;
		size_t smallest = row[first - 1] = first > 1 ? limit : i;

		for (size_t j = first; j <= last; j++) {
			size_t change = above[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);

			row[j] = least(change, least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
			smallest = least(smallest, row[j]);
		}
		row[last + 1] = limit; /* the row below reads one cell further */
		if (smallest >= limit)
			return limit;
		before = above;
		above = row;
		row = freed;
	}
	return above[b.len];
}

void nearest_init(struct nearest *nearest, struct slice word)
{
	*nearest = (struct nearest){.word = word, .distance = least(word.len / 3, MAX_DISTANCE) + 1};
	if (word.len > 0 && word.len < 3)
		nearest->distance = 2;
}

void nearest_offer(struct nearest *nearest, struct slice candidate)
{
	size_t found;

	if (nearest->word.len == 0 || nearest->word.len > MAX_WORD || candidate.len > MAX_WORD)
		return;
	if (candidate.len >= nearest->word.len + nearest->distance ||
	    nearest->word.len >= candidate.len + nearest->distance)
		return;
	found = distance(nearest->word, candidate, nearest->distance);
	if (found >= nearest->distance || found >= candidate.len)
		return;
	nearest->best = candidate;
	nearest->distance = found;
}

struct slice nearest_best(const struct nearest *nearest)
{
	return nearest->best;
}
