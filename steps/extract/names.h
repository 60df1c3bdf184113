/*
 * names.h - names of persons and bodies: lists taken apart, other names and titles taken off.
 *
 *   "ACME TRADING, LLC, d/b/a Acme, and JOHN Q. DOE, individually"   ACME TRADING, LLC | JOHN Q. DOE
 *
 * A comma before a legal form (Inc., LLC, N.A., S.A. ...) or Jr. does not end a name.
 *
 * Depends on parts.h, lib/text. No state.
 */
#ifndef STEPS_EXTRACT_NAMES_H
#define STEPS_EXTRACT_NAMES_H

#include "steps/extract/parts.h"

/* The names of a list, each as it stands, trimmed of what is no name (see name_trim). Never an empty one. */
void names_split(struct slice text, struct parts *parts);

/* `name` without titles and articles before it, without a/k/a, d/b/a, role and place after it. */
struct slice name_trim(struct slice name);

/* Appends the name with single blanks; a name all in capitals gets ordinary ones (legal forms and short words
 * without vowels stay). False: too short or too long to be a name. */
bool name_normalise(struct slice text, struct buf *out);

/* True when the name reads as a company's or body's rather than a person's. */
bool name_is_entity(struct slice name);

/* True for what ends a company's name: "Inc.", "LLC," ... */
bool name_is_form(struct slice word);

/* True when `name` says more of one bearer than `other`: one word becomes several, an initial a name, "Faro" or
 * "Hunter Wise" gets its legal form (never by more than three words); or when `other` has three words or more of
 * a headline before it. */
bool name_is_fuller(struct slice name, struct slice other);

/* True when both are names of one bearer: the words of one, legal forms aside, are all in the other; initials
 * stand for names. Two names with legal forms are two bodies unless their words agree. */
bool names_alike(struct slice a, struct slice b);

#endif
