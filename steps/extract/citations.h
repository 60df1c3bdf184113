/*
 * citations.h - citations of decisions, laws and articles, American and French.
 *
 * "Foo v. Bar, 550 U.S. 544, 570 (2007)", "550 U. S., at 570", "2006-Ohio-2095", "T.C. Memo. 2019-233",
 * "15 U.S.C. § 78j(b)", "Fla. Stat. § 120.68 (2007)", "77 Marq. L. Rev. 475", "Id. at 5", "Foo, supra, at 2",
 * « article L. 621-15 du code monétaire et financier ». The abbreviations are reporters.def. All slices are
 * borrowed from the text.
 *
 * Depends on words.h. No state, no allocation. Looking around a citation is bounded, so time is linear.
 */
#ifndef STEPS_EXTRACT_CITATIONS_H
#define STEPS_EXTRACT_CITATIONS_H

#include "steps/extract/words.h"

enum citation_kind {
	CITATION_CASE,      /* volume, reporter, page */
	CITATION_LAW,       /* a code with title, chapter or volume, and section or page */
	CITATION_JOURNAL,   /* volume, reporter, page */
	CITATION_ID,        /* the one before */
	CITATION_SUPRA,     /* one above, by `defendant` */
	CITATION_REFERENCE, /* a case cited before, by one party's name and a page */
	CITATION_SECTION,   /* a section sign without a code */
};

struct citation {
	enum citation_kind kind;
	size_t start, end;          /* from volume to page or section, bytes of the text */
	struct slice volume;        /* of CITATION_LAW the title or chapter; may be empty */
	struct slice reporter;      /* as written: the reporter or the code */
	const char *name;           /* its usual form, without series; NULL when only its form is known */
	struct slice series;        /* "2d" */
	struct slice page;          /* or section; empty for a page not known yet ("___") */
	struct slice pin;           /* the place in it: "347-348", "(b)", "at 5" */
	bool is_short;              /* "550 U.S., at 570": `page` is that place */
	int year;                   /* 0: not said */
	struct slice court;         /* words for the court beside the year: "4th Cir." */
	const char *court_of;       /* of a reporter that has one court: "scotus"; or "" */
	struct slice plaintiff;     /* empty: not said */
	struct slice defendant;     /* also the one name of a short form */
	struct slice parenthetical; /* remark behind: "overruling X" */
};

/* The first citation that begins at `from` or later. */
bool citation_next(struct slice text, size_t from, struct citation *citation);

const char *citation_kind_name(enum citation_kind kind); /* "case", "law" ... */

#endif
