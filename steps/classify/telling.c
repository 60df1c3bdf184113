/* telling.c - the words that told a label from the others; see telling.h. */
#include "steps/classify/telling.h"

/* What each feature gave, by its number. */
static double *shares_of(const struct vectors *vectors, const struct examples *examples,
			 const double *weights, size_t label)
{
	double *shares = mem_new((size_t)vectors->width * sizeof(*shares));
	size_t count = 0;

	for (size_t i = 0; i < examples->count; i++)
		count += examples->items[i].labels >> label & 1;
	for (size_t i = 0; i < examples->count; i++) {
		if (!(examples->items[i].labels >> label & 1))
			continue;
		for (const struct feature_node *node = vectors->rows[i]; node->index > 0; node++)
			shares[node->index - 1] += node->value * weights[node->index - 1] / (double)count;
	}
	return shares;
}

static size_t insert(struct telling_word *list, size_t count, size_t capacity, struct telling_word word)
{
	size_t at = count < capacity ? count : capacity - 1;

	if (count == capacity && list[at].share >= word.share)
		return count;
	for (; at > 0 && list[at - 1].share < word.share; at--)
		list[at] = list[at - 1];
	list[at] = word;
	return count < capacity ? count + 1 : count;
}

size_t telling_words(const struct vocabulary *vocabulary, const struct vectors *vectors,
		     const struct examples *examples, const double *weights, size_t label,
		     struct telling_word *list, size_t capacity)
{
	double *shares = shares_of(vectors, examples, weights + label * (size_t)vectors->width, label);
	size_t count = 0;

	for (size_t i = 0; i < vocabulary->count; i++) {
		const struct vocabulary_entry *entry = &vocabulary->entries[i];

		if (entry->kept && shares[entry->id] > 0)
			count = insert(list, count, capacity,
				       (struct telling_word){entry->words, feature_kind(entry->key),
							     shares[entry->id]});
	}
	mem_free(shares);
	return count;
}
