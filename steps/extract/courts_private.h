/*
 * courts_private.h - the tables of courts.def, and what names are held against them.
 */
#ifndef STEPS_EXTRACT_COURTS_PRIVATE_H
#define STEPS_EXTRACT_COURTS_PRIVATE_H

#include "steps/extract/court_words.h"
#include "steps/extract/courts.h"

struct court_state {
	const char *code, *supreme, *appellate, *districts, *names;
};

/* What the words of a name say, before any court is chosen. */
struct court_said {
	struct court_words words;
	const struct court_state *state; /* NULL: none */
	struct slice state_words;        /* its name among the words */
	bool federal;
	int number;     /* of a circuit, district or department; 0: none */
	char direction; /* 'n', 's', 'e', 'w', 'm', 'c' of a district; 0: none */
};

/* A court of one row, of a state as such, of the federation; each adds the courts it may be. */
void court_by_row(const struct court_said *said, struct court *court);
void court_of_federation(const struct court_said *said, struct court *court);
void court_of_state(const struct court_said *said, struct court *court);
void court_of_place(const struct court_said *said, struct court *court);

const struct court_state *court_states(size_t *count);
/* True when all of a row's words are there: "a b+c|d", "!" not, "=" exactly. */
bool court_row_fits(const struct court_words *words, const char *row);
/* One more choice; `name` is taken for the first. */
void court_add(struct court *court, const char *id, const char *name);

#endif
