/* cues.c - the words that say what is done; see cues.h. */
#include "steps/classify/cues.h"

static size_t taken(const struct cues *cues)
{
	size_t count = 0;

	for (size_t i = 0; i < CUES_SLOTS; i++)
		count += cues->slots[i] != 0;
	return count;
}

int cues_add(struct cues *cues, struct slice word)
{
	struct words words;
	struct word list[2];
	size_t at;

	words_init(&words, word);
	if (words_read(&words, list, 2) != 1)
		return -1;
	if (cues_has(cues, list[0].hash))
		return 0;
	if (taken(cues) >= CUES_MAX)
		return -1;
	at = list[0].hash % CUES_SLOTS;
	while (cues->slots[at])
		at = (at + 1) % CUES_SLOTS;
	cues->slots[at] = list[0].hash;
	return 0;
}

bool cues_is_sound(const struct cues *cues)
{
	return taken(cues) <= CUES_MAX;
}
