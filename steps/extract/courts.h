/*
 * courts.h - courts by name: which one, and where its name stands.
 *
 * "United States District Court for the Southern District of New York", "S.D.N.Y.", "Crawford County Court of Common
 * Pleas", "Cour d'appel de Paris". A court is said by a short name, the one that public registers use. Some names
 * fit courts of several states; then all are given, the likeliest first. The words are courts.def.
 *
 *	words of the name, folded and spelled right ─▶ one court │ state and level │ federal │ kind and place
 *
 * Depends on words.h. No state, no allocation; names are bounded, so time is linear.
 */
#ifndef STEPS_EXTRACT_COURTS_H
#define STEPS_EXTRACT_COURTS_H

#include "steps/extract/words.h"

enum { COURT_CHOICES = 4, COURT_ID_MAX = 31, COURT_NAME_MAX = 127 };

struct court {
	size_t start, end; /* bytes of the text */
	int choices;       /* how many courts it may be, at least 1 */
	char id[COURT_CHOICES][COURT_ID_MAX + 1];
	char name[COURT_NAME_MAX + 1]; /* of the first, in its usual form */
};

/* The first court that is named at `from` or later. */
bool court_next(struct slice text, size_t from, struct court *court);
/* The court that these words, all of them, name; start and end are 0. */
bool court_named(struct slice words, struct court *court);

#endif
