/*
 * review.h - extract review: the values that a person should look at, one JSON object a line.
 *
 *	records (JSON Lines, or a database of decisions) -> items below a confidence -> lines
 *
 *	{"document": ID, "field": "money", "value": {…}, "quote": "…", "span": {…}, "confidence": 0.55, "context": "…"}
 *
 * A line with a member "correct" added is a correction (steps/store/README.md): `store correct` keeps it. What was
 * reviewed already is not listed. A database is only read: its table decisions(id, record) and the texts beside it.
 *
 * Depends on lib/{opt,json,docstore,db}.
 */
#ifndef STEPS_EXTRACT_REVIEW_H
#define STEPS_EXTRACT_REVIEW_H

int review_verb(int argc, char **argv); /* argv[0] is the verb; the exit status */

#endif
