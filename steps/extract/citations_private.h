/*
 * citations_private.h - between citations.c, the forms without a volume, and what stands around a citation.
 */
#ifndef STEPS_EXTRACT_CITATIONS_PRIVATE_H
#define STEPS_EXTRACT_CITATIONS_PRIVATE_H

#include "steps/extract/citations.h"

/* citation_forms.c */

/* The section at `at` and its subsections, into page and pin. */
bool citation_section(struct slice text, size_t at, struct citation *citation);
/* At a section sign: "Fla. Stat. § 120.68", back to `floor`; else a section without a code. */
bool citation_by_sign(struct slice text, size_t floor, size_t at, struct citation *citation);
/* "article L. 621-15 du code monétaire et financier", and a further one of such a list. */
bool citation_french(struct slice text, size_t at, struct citation *citation);
/* "Amick at 795", of a case named before. */
bool citation_by_name(struct slice text, size_t at, struct citation *citation);

/* citation_context.c */

/* Names, year, court, pin and remark around a citation; nothing before `floor`. */
void citation_surroundings(struct slice text, size_t floor, struct citation *citation);
/* The name before "supra" or a short form. */
void citation_antecedent(struct slice text, size_t floor, struct citation *citation);

/* citations.c: a whole citation by volume begins at `at`. */
bool citation_reporter_follows(struct slice text, size_t at);

#endif
